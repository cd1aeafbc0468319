"""Figures of other currencies in that of a report, day by day, each by the rate that holds on its day.

    figures of a day ─► its rate ─► the day's whole, HALF_UP ─► its sources by largest remainder
                          └──► none: told as not converted, and never added

Sales are of the day on which they were placed; refunds of the day that the report's calendar counts them on.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from msgspec import Struct

from tillroll.domain.rates.rates import DayRate, RateTable, converted, converted_parts, factor
from tillroll.store.sales.rows import RevenueRow


class UsedRate(Struct, frozen=True, kw_only=True):
    """A rate, and what was converted by it: in minor units of the one currency and of the other one."""

    rate: DayRate
    orders: int
    total_minor: int
    refunded_minor: int
    converted_minor: int
    converted_refunds_minor: int


class NotConverted(Struct, frozen=True, kw_only=True):
    """What there was no rate for, in minor units of its own currency."""

    currency: str
    orders: int
    total_minor: int
    refunded_minor: int


class Conversion(Struct, frozen=True):
    """Figures of one currency in another one."""

    rows: Sequence[RevenueRow]
    used: Sequence[UsedRate]
    missing: NotConverted | None


def conversion(currency: str, rows: Iterable[RevenueRow], table: RateTable) -> Conversion:
    """Convert the figures of a currency; those of sales as a whole have no model."""
    days: dict[int, dict[tuple[str, str], RevenueRow]] = {}
    for row in rows:
        of_day = days.setdefault(row.day, {})
        key = (row.model, row.source)
        of_day[key] = _added(of_day[key], row) if key in of_day else row
    found: list[RevenueRow] = []
    used: dict[DayRate, list[tuple[RevenueRow, RevenueRow]]] = {}
    missing: list[RevenueRow] = []
    for day, of_day in sorted(days.items()):
        whole = [row for row in of_day.values() if not row.model]
        rate = table.of(currency, day)
        if rate is None:
            missing += whole
            continue
        into = _of_day(of_day, factor(rate))
        found += into
        used.setdefault(rate, []).extend(zip(whole, (row for row in into if not row.model), strict=True))
    return Conversion(found, [_used(rate, pairs) for rate, pairs in used.items()], _missing(currency, missing))


def _of_day(of_day: Mapping[tuple[str, str], RevenueRow], by: Fraction) -> list[RevenueRow]:
    """A day's figures; the sources of a model add up to what the model shares."""
    found: list[RevenueRow] = []
    for model in sorted({row.model for row in of_day.values()}):
        ours = sorted((row for row in of_day.values() if row.model == model), key=lambda row: row.source)
        credited = converted_parts([row.credited_minor for row in ours], by)
        refunded = converted_parts([row.refunded_minor for row in ours], by)
        for row, minor, back in zip(ours, credited, refunded, strict=True):
            direct = converted(row.direct_minor, by)
            found.append(
                RevenueRow(
                    *(row.model, row.day, row.source, row.orders),
                    credited_minor=minor,
                    direct_minor=minor if row.direct_minor == row.credited_minor else direct,
                    assisted_minor=converted(row.assisted_minor, by),
                    refunded_minor=back,
                )
            )
    return found


def _used(rate: DayRate, pairs: Sequence[tuple[RevenueRow, RevenueRow]]) -> UsedRate:
    return UsedRate(
        rate=rate,
        orders=sum(before.orders for before, _ in pairs),
        total_minor=sum(before.credited_minor for before, _ in pairs),
        refunded_minor=sum(before.refunded_minor for before, _ in pairs),
        converted_minor=sum(after.credited_minor for _, after in pairs),
        converted_refunds_minor=sum(after.refunded_minor for _, after in pairs),
    )


def _missing(currency: str, rows: Sequence[RevenueRow]) -> NotConverted | None:
    total = sum(row.credited_minor for row in rows)
    orders, refunded = sum(row.orders for row in rows), sum(row.refunded_minor for row in rows)
    if not (orders or total or refunded):
        return None
    return NotConverted(currency=currency, orders=orders, total_minor=total, refunded_minor=refunded)


def _added(row: RevenueRow, other: RevenueRow) -> RevenueRow:
    return RevenueRow(
        *(row.model, row.day, row.source, row.orders + other.orders),
        credited_minor=row.credited_minor + other.credited_minor,
        direct_minor=row.direct_minor + other.direct_minor,
        assisted_minor=row.assisted_minor + other.assisted_minor,
        refunded_minor=row.refunded_minor + other.refunded_minor,
    )
