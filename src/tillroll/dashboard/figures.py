"""Revenue as pages show it: cards with what they were before and a small line, a table per source, and a chart.

The figures are those of the report of our own API, from the same function of the engine.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from tillroll.dashboard.meanings import CARDS
from tillroll.dashboard.wording import Wording
from tillroll.domain.sales.credits import UNATTRIBUTED
from tillroll.engine.sales import report
from tillroll.engine.sales.amounts import exponent_of
from tillroll.engine.sales.report import Asked, Figures, Revenue
from tillroll.store import Transaction
from tillroll.store.sales import rows

# How wide and high a small line is drawn, in units of its own.
LINE_WIDTH, LINE_HEIGHT = 100.0, 28.0
# More bars than these nobody tells apart: then a bar is a week, then four.
BARS_MAX = 95
_BAR_DAYS = (1, 7, 28)
COLOURS = 10

NOTHING = Figures()


class Moment(Struct, frozen=True, kw_only=True):
    """The figures of some days by name, in minor units or as they are."""

    total: int
    attributed: int
    direct: int
    unattributed: int
    net: int
    refunds: int
    orders: int
    average: int | None
    visits: int
    conversion: float | None


class Card(Struct, frozen=True, kw_only=True):
    """One figure: what it is, what it was before, how it went day by day, and what it means."""

    key: str
    title: str
    value: str
    before: str
    change: str
    trend: str
    line: str
    note: str
    formula: str


_MONEY = ("total", "attributed", "direct", "unattributed", "net", "refunds", "average")
_BETTER_LOW = ("refunds", "unattributed")


def moment(found: Revenue) -> Moment:
    """A report's figures by the names of the cards."""
    total, nobodys = found.total, report.unattributed(found)
    return Moment(
        total=total.credited_minor,
        attributed=total.credited_minor - nobodys,
        direct=sum(one.direct_minor for one in found.sources.values()),
        unattributed=nobodys,
        net=total.credited_minor - total.refunded_minor,
        refunds=total.refunded_minor,
        orders=total.orders,
        average=total.average_minor,
        visits=found.visits,
        conversion=total.orders / found.visits if found.visits else None,
    )


def cards(tx: Transaction, asked: Asked, found: Revenue, before: Revenue | None, say: Wording) -> list[Card]:  # noqa: PLR0913
    """The cards of a report, beside those of the days before."""
    now, then = moment(found), moment(before) if before is not None else None
    days = _by_day(tx, asked, found)
    shown = []
    for key, (title, note, formula) in CARDS.items():
        value, was = getattr(now, key), getattr(then, key) if then is not None else None
        share = change(value, was)
        shown.append(
            Card(
                key=key,
                title=title,
                value=_written(key, value, found.currency, say),
                before=_written(key, was, found.currency, say) if then is not None else "",
                change=say.change(share),
                trend=trend(key, share),
                line=line([getattr(one, key) or 0 for one in days]),
                note=note,
                formula=formula,
            )
        )
    return shown


def change(value: float | None, was: float | None) -> float | None:
    """By which share something has become more or less; None where nothing can be said."""
    return value / was - 1 if value is not None and was else None


def trend(key: str, share: float | None) -> str:
    """Whether a change is good news, bad news or none."""
    if share is None or abs(share) < 0.0005:
        return "flat"
    return "good" if (share > 0) != (key in _BETTER_LOW) else "bad"


def _written(key: str, value: Any, currency: str, say: Wording) -> str:
    if key in _MONEY:
        return say.money(value, currency)
    return say.percent(value, 2) if key == "conversion" else say.number(value)


def _by_day(tx: Transaction, asked: Asked, found: Revenue) -> list[Moment]:
    visits = rows.visits_by_day(tx, asked.shop, asked.first, asked.last)
    by_source: dict[int, dict[str, Figures]] = {}
    for (day, source), figures in found.cells.items():
        by_source.setdefault(day, {})[source] = figures
    return [
        moment(
            Revenue(
                as_of=found.as_of,
                currency=found.currency,
                total=found.totals_by_day.get(day, NOTHING),
                sources=by_source.get(day, {}),
                cells={},
                totals_by_day={},
                visits=visits.get(day, 0),
            )
        )
        for day in range(asked.first, asked.last + 1)
    ]


def line(values: Sequence[float]) -> str:
    """The points of a small line through these values; none where there is nothing to see."""
    low, high = min([0, *values]), max([0, *values])
    if len(values) < 2 or low == high:
        return ""
    step, scale = LINE_WIDTH / (len(values) - 1), (LINE_HEIGHT - 3) / (high - low)
    points = [(place * step, LINE_HEIGHT - 1.5 - (float(value) - low) * scale) for place, value in enumerate(values)]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


class SourceRow(Struct, frozen=True, kw_only=True):
    """A source in a table: its figures, its share of the total, and what it was before."""

    source: str
    colour: str
    figures: Figures
    share: float | None
    change: float | None


def source_rows(found: Revenue, before: Revenue | None) -> list[SourceRow]:
    """The sources of a report, whoever has most first, nobody last."""
    colours = colours_of(found.sources)
    total = found.total.credited_minor
    shown = []
    for source, figures in found.sources.items():
        was = before.sources.get(source, NOTHING).credited_minor if before is not None else None
        share = figures.credited_minor / total if total else None
        shown.append(
            SourceRow(
                source=source,
                colour=colours[source],
                figures=figures,
                share=share,
                change=change(figures.credited_minor, was),
            )
        )
    return sorted(shown, key=lambda one: (one.source == UNATTRIBUTED, -one.figures.credited_minor, one.source))


def colours_of(sources: Mapping[str, object]) -> dict[str, str]:
    """A colour for each source, the same as long as there are the same sources."""
    names = sorted(one for one in sources if one != UNATTRIBUTED)
    return {name: f"c{place % COLOURS}" for place, name in enumerate(names)} | {UNATTRIBUTED: "c-none"}


class Bar(Struct, frozen=True):
    """Some days of a chart: what they are called, and what each source has, in minor units."""

    label: str
    figures: Mapping[str, int]
    total: int


def bars(found: Revenue, asked: Asked, label: Callable[[int], str]) -> list[Bar]:
    """The days of a report, or weeks where there are many."""
    days = asked.last - asked.first + 1
    size = next((one for one in _BAR_DAYS if days <= BARS_MAX * one), _BAR_DAYS[-1])
    sums: dict[int, dict[str, int]] = {place: {} for place in range(0, days, size)}
    for (day, source), figures in found.cells.items():
        held = sums[(day - asked.first) // size * size]
        held[source] = held.get(source, 0) + figures.credited_minor
    return [Bar(label(asked.first + place), held, sum(held.values())) for place, held in sums.items()]


def chart(shown: Sequence[Bar], order: Sequence[SourceRow], currency: str, say: Wording) -> dict[str, Any]:
    """What the script draws: one stack for each bar. Fractions are for drawing alone."""
    places = exponent_of(currency)
    return {
        "labels": [one.label for one in shown],
        "currency": currency,
        "places": places,
        "locale": say.locale.replace("_", "-"),
        "series": [
            {
                "name": say.name(row.source),
                "colour": row.colour,
                "values": [float(Decimal(one.figures.get(row.source, 0)).scaleb(-places)) for one in shown],
            }
            for row in order
        ],
    }
