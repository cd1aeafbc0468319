"""Revenue impact: what was sold, whose it is, and how models differ about it.

GET /dashboard/{shop}              cards, a chart and a table per source        …/revenue.csv    the same as a file
GET /dashboard/{shop}/models       every model side by side, with the band      …/models.csv
"""

from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tillroll.dashboard import figures
from tillroll.dashboard.asked import CALENDARS, PERIODS, Wanted, address, wanted
from tillroll.dashboard.figures import NOTHING
from tillroll.dashboard.files import sheet
from tillroll.dashboard.meanings import MODELS
from tillroll.dashboard.office import Office, Staff
from tillroll.dashboard.snippets import first_steps
from tillroll.dashboard.wording import major_text
from tillroll.dialects.http import Response, Route
from tillroll.domain.sales.credits import UNATTRIBUTED
from tillroll.engine.sales import report
from tillroll.engine.sales.periods import day_text
from tillroll.engine.sales.policies import names_of
from tillroll.engine.sales.report import Asked, Figures, Revenue
from tillroll.store.sales import rows


class Report(Struct, frozen=True):
    """A report that a page shows, with what it is compared with."""

    wanted: Wanted
    asked: Asked
    found: Revenue
    before: Revenue | None


def routes(office: Office) -> list[Route]:
    """The pages about revenue."""
    return [
        office.page("", _revenue, reads="report"),
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


def _revenue(staff: Staff) -> Response:
    shown, say = _report(staff), staff.words
    order = figures.source_rows(shown.found, shown.before)
    bars = figures.bars(shown.found, shown.asked, say.day)
    is_empty = not shown.found.total.orders and not shown.found.total.refunded_minor
    return staff.show(
        "revenue.html",
        **_frame(staff, shown, staff.base),
        cards=figures.cards(staff.tx, shown.asked, shown.found, shown.before, say),
        sources=order,
        bars=bars,
        chart=figures.chart(bars, order, shown.found.currency, say),
        others=report.other_currencies(staff.tx, shown.asked, shown.found.currency),
        is_empty=is_empty,
        steps=first_steps(staff) if is_empty else None,
        nobody=UNATTRIBUTED,
    )


def _frame(staff: Staff, shown: Report, here: str) -> dict[str, Any]:
    """What the bar of filters needs, on every page that has it."""
    asks, say = shown.wanted, staff.words
    fields = asks.fields()
    previous = report.previous(shown.asked)
    known = rows.currencies(staff.tx, staff.shop, -(2**31), 2**31)
    return {
        "asks": asks,
        "found": shown.found,
        "fields": fields,
        "here_is": here,
        "to": partial(address, here, fields),
        "page": lambda path: address(f"{staff.base}{path}", fields),
        "fixed": address(here, asks.fixed(), as_of=str(shown.found.as_of)),
        "thawed": address(here, {name: value for name, value in fields.items() if name != "as_of"}),
        "periods": PERIODS,
        "calendars": CALENDARS,
        "models": MODELS,
        "currencies": [one.currency for one in known],
        "first": day_text(asks.first),
        "last": day_text(asks.last),
        "span": f"{say.day(asks.first)} – {say.day(asks.last)}" if asks.first != asks.last else say.day(asks.first),
        "span_before": f"{say.day(previous.first)} – {say.day(previous.last)}",
    }


def _revenue_sheet(staff: Staff) -> Response:
    shown = _report(staff)
    currency = shown.found.currency
    name = f"revenue-{staff.shop}-{day_text(shown.asked.first)}-{day_text(shown.asked.last)}.csv"
    head = ["day", "source", "currency", "model", "orders", "revenue", "direct", "assisted", "refunds"]
    if staff.query.get("by") == "source":
        found = [("", one.source, one.figures) for one in figures.source_rows(shown.found, None)]
    else:
        found = [(day_text(day), source, one) for (day, source), one in sorted(shown.found.cells.items())]
    lines = [
        [day, source, currency, shown.asked.model, one.orders, *_amounts(one, currency)] for day, source, one in found
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
    found = bands(staff, shown)
    return staff.show("models.html", **_frame(staff, shown, f"{staff.base}/models"), bands=found, names=names_of())


def _models_sheet(staff: Staff) -> Response:
    shown = _report(staff)
    currency = shown.found.currency
    name = f"models-{staff.shop}-{day_text(shown.asked.first)}-{day_text(shown.asked.last)}.csv"
    head = ["source", "currency", *names_of(), "lowest", "highest"]
    lines = [
        [one.source, currency, *(major_text(minor, currency) for minor in (*one.amounts.values(), one.low, one.high))]
        for one in bands(staff, shown)
    ]
    return sheet(name, [head, *lines])
