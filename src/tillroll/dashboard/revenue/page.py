"""Revenue impact: what was sold, whose it is, and how models differ about it.

GET /dashboard/{shop}              cards, a chart and a table per source        …/revenue.csv    the same as a file
GET /dashboard/{shop}/models       every model side by side, with the band      …/models.csv
"""

from collections.abc import Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from tillroll.dashboard import carts, filters
from tillroll.dashboard.asked import Wanted, address, wanted
from tillroll.dashboard.cards import Card, cards
from tillroll.dashboard.files import sheet
from tillroll.dashboard.filters import AS_OF, CALENDAR, COMPARE, CONVERT, CURRENCY, MODEL, SOURCE
from tillroll.dashboard.meanings import CARDS, CART_CARDS, MODELS, SOURCE_CARDS
from tillroll.dashboard.office import Office, Staff
from tillroll.dashboard.revenue import figures, holdouts
from tillroll.dashboard.revenue.figures import NOTHING, SourceRow
from tillroll.dashboard.snippets import first_steps
from tillroll.dashboard.wording import major_text
from tillroll.dialects.http import Response, Route
from tillroll.domain.sales.credits import UNATTRIBUTED
from tillroll.engine.sales import report
from tillroll.engine.sales.periods import day_text
from tillroll.engine.sales.policies import names_of
from tillroll.engine.sales.report import Asked, Figures, Revenue

REVENUE_SHOWS = (MODEL, SOURCE, CURRENCY, CONVERT, CALENDAR, COMPARE, AS_OF)
MODELS_SHOWS = (SOURCE, CURRENCY, CONVERT)


class Report(Struct, frozen=True):
    """A report that a page shows, with what it is compared with."""

    wanted: Wanted
    asked: Asked
    found: Revenue
    before: Revenue | None


def routes(office: Office) -> list[Route]:
    """The pages about revenue."""
    return [
        office.page("", partial(_revenue, office), reads="report"),
        office.page("/revenue.csv", _revenue_sheet, reads="report"),
        office.page("/models", _models, reads="report"),
        office.page("/models.csv", _models_sheet, reads="report"),
    ]


def _report(staff: Staff) -> Report:
    asks = wanted(staff.query, staff.visit.now, staff.words.clock)
    asked = asks.asked(staff.shop)
    found = report.revenue(staff.tx, asked)
    asked = replace(asked, currency=found.currency)
    before = report.revenue(staff.tx, report.previous(asked)) if asks.compares else None
    return Report(asks, asked, found, before)


def _revenue(office: Office, staff: Staff) -> Response:
    shown, say = _report(staff), staff.words
    asks, asked, found = shown.wanted, shown.asked, shown.found
    every = figures.source_rows(found, shown.before)
    order = [one for one in every if asks.source in ("", one.source)]
    bars = figures.bars(found, asked, say.day, [one.source for one in order])
    is_empty = not found.total.orders and not found.total.refunded_minor
    previous = report.previous(asked)
    carted = carts.shown(staff, office.witnesses.cart_dialects, asks)
    bar = filters.bar(staff, asks, staff.base, REVENUE_SHOWS, sources=sources_of(every, asks.source))
    return staff.show(
        "revenue/revenue.html",
        bar=bar,
        found=found,
        cards=_cards(staff, shown),
        cart_cards=cards(CART_CARDS, carted.course, carted.period.currency, say) if carted.period.currency else [],
        cart_period=carted.period,
        holdout=holdouts.beside(office, staff, asked, every),
        sources=order,
        bars=bars,
        chart=figures.chart(bars, order, found.currency, say),
        others=[] if asks.converts else report.other_currencies(staff.tx, asked, found.currency),
        fixed=address(staff.base, bar.fields | asks.fixed(), as_of=str(found.as_of)),
        span_before=say.span_of(previous.first, previous.last),
        is_empty=is_empty,
        steps=first_steps(staff) if is_empty else None,
        nobody=UNATTRIBUTED,
    )


def sources_of(rows: Sequence[SourceRow], chosen: str) -> list[str]:
    """The sources that a reader may choose from, with the one that was chosen."""
    return sorted({one.source for one in rows} | ({chosen} if chosen else set()))


def _cards(staff: Staff, shown: Report) -> list[Card]:
    """The cards of all revenue, or of the source that was chosen."""
    source, say, currency = shown.wanted.source, staff.words, shown.found.currency
    if source:
        return cards(SOURCE_CARDS, figures.course_of(source, shown.asked, shown.found, shown.before), currency, say)
    return cards(CARDS, figures.course(staff.tx, shown.asked, shown.found, shown.before), currency, say)


def _revenue_sheet(staff: Staff) -> Response:
    shown = _report(staff)
    currency, source = shown.found.currency, shown.wanted.source
    name = f"revenue-{staff.shop}-{day_text(shown.asked.first)}-{day_text(shown.asked.last)}.csv"
    head = ["day", "source", "currency", "model", "orders", "revenue", "direct", "assisted", "refunds"]
    if staff.query.get("by") == "source":
        found = [("", one.source, one.figures) for one in figures.source_rows(shown.found, None)]
    else:
        found = [(day_text(day), name, one) for (day, name), one in sorted(shown.found.cells.items())]
    lines = [
        [day, whose, currency, shown.asked.model, one.orders, *_amounts(one, currency)]
        for day, whose, one in found
        if source in ("", whose)
    ]
    return sheet(name, [head, *lines])


def _amounts(one: Figures, currency: str) -> list[str]:
    amounts = (one.credited_minor, one.direct_minor, one.assisted_minor, one.refunded_minor)
    return [major_text(amount, currency) for amount in amounts]


class Band(Struct, frozen=True, kw_only=True):
    """One source under all models: what each gives it, and how far they are apart."""

    source: str
    colour: str
    amounts: dict[str, int]
    low: int
    high: int
    start: float
    width: float


def bands(staff: Staff, shown: Report) -> list[Band]:
    """Every source, with the lowest and the highest that a model gives it."""
    found = report.models(staff.tx, shown.asked)
    names = sorted({source for by_source in found.values() for source in by_source})
    colours = figures.colours_of(dict.fromkeys(names))
    top = max((one.credited_minor for by_source in found.values() for one in by_source.values()), default=0)
    made = []
    for source in names:
        amounts = {model: found.get(model, {}).get(source, NOTHING).credited_minor for model in names_of()}
        low, high = min(amounts.values()), max(amounts.values())
        made.append(
            Band(
                source=source,
                colour=colours[source],
                amounts=amounts,
                low=low,
                high=high,
                start=round(100 * max(low, 0) / top, 2) if top > 0 else 0,
                width=round(100 * (high - max(low, 0)) / top, 2) if top > 0 else 0,
            )
        )
    return sorted(made, key=lambda one: (one.source == UNATTRIBUTED, -one.high, one.source))


def _models(staff: Staff) -> Response:
    shown = _report(staff)
    asks, every = shown.wanted, bands(staff, shown)
    names = sorted({one.source for one in every} | ({asks.source} if asks.source else set()))
    return staff.show(
        "revenue/models.html",
        bar=filters.bar(staff, asks, f"{staff.base}/models", MODELS_SHOWS, sources=names),
        found=shown.found,
        models=MODELS,
        bands=[one for one in every if asks.source in ("", one.source)],
        names=names_of(),
    )


def _models_sheet(staff: Staff) -> Response:
    shown = _report(staff)
    currency = shown.found.currency
    name = f"models-{staff.shop}-{day_text(shown.asked.first)}-{day_text(shown.asked.last)}.csv"
    head = ["source", "currency", *names_of(), "lowest", "highest"]
    lines = [
        [one.source, currency, *(major_text(minor, currency) for minor in (*one.amounts.values(), one.low, one.high))]
        for one in bands(staff, shown)
        if shown.wanted.source in ("", one.source)
    ]
    return sheet(name, [head, *lines])
