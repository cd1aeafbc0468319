"""Revenue as pages show it: cards with what they were before and a small line, a table per source, and a chart.

The figures are those of the report of our own API, from the same function of the engine.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from tillroll.dashboard.cards import Course, Values, change
from tillroll.dashboard.wording import Wording
from tillroll.domain.sales.credits import UNATTRIBUTED
from tillroll.engine.sales import report
from tillroll.engine.sales.amounts import exponent_of
from tillroll.engine.sales.report import Asked, Figures, Revenue
from tillroll.store import Transaction
from tillroll.store.sales import rows

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


def course(tx: Transaction, asked: Asked, found: Revenue, before: Revenue | None) -> Course:
    """What the cards of a report show."""
    return Course(
        now=asdict(moment(found)),
        before=asdict(moment(before)) if before is not None else None,
        days=[asdict(one) for one in _by_day(tx, asked, found)],
    )


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


def course_of(source: str, asked: Asked, found: Revenue, before: Revenue | None) -> Course:
    """What the cards of one source show."""
    return Course(
        now=_of_source(found.sources.get(source, NOTHING), found.total),
        before=_of_source(before.sources.get(source, NOTHING), before.total) if before is not None else None,
        days=[
            _of_source(found.cells.get((day, source), NOTHING), found.totals_by_day.get(day, NOTHING))
            for day in range(asked.first, asked.last + 1)
        ],
    )


def _of_source(own: Figures, total: Figures) -> Values:
    return {
        "credited": own.credited_minor,
        "share": own.credited_minor / total.credited_minor if total.credited_minor else None,
        "direct": own.direct_minor,
        "assisted": own.assisted_minor,
        "refunds": own.refunded_minor,
        "net": own.credited_minor - own.refunded_minor,
        "orders": own.orders,
        "average": own.average_minor,
    }


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


def bars(found: Revenue, asked: Asked, label: Callable[[int], str], sources: Collection[str]) -> list[Bar]:
    """The days of a report with what these sources have, or weeks where there are many."""
    days = asked.last - asked.first + 1
    size = next((one for one in _BAR_DAYS if days <= BARS_MAX * one), _BAR_DAYS[-1])
    sums: dict[int, dict[str, int]] = {place: {} for place in range(0, days, size)}
    for (day, source), figures in found.cells.items():
        if source not in sources:
            continue
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
