"""Revenue reports: what was sold in some days, whose it is, and what was given back, in one currency.

    sums of the shop ─► figures of all days · of each source · of each day        up to the newest event
    sales as they were ─► the same figures as of any earlier position of the ledger

Revenue is gross and dated at the order. Refunds are dated at the order or at the refund, as the calendar says. Amounts
of different currencies are never added: one report is about one of them, and about the others only where it is asked to
convert them, by the shop's dated rates.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.sales.credits import ALL, UNATTRIBUTED, SaleEntry
from tillroll.domain.sales.sale import Sale
from tillroll.engine.documents.snapshot import clock_of
from tillroll.engine.rates import rates
from tillroll.engine.rates.conversion import Conversion, NotConverted, UsedRate, conversion
from tillroll.engine.sales.follow import ORDER, REFUND
from tillroll.engine.sales.periods import day_of
from tillroll.engine.sales.policies import names_of
from tillroll.store import Transaction
from tillroll.store.rates.rows import RatesAsked
from tillroll.store.sales import rows
from tillroll.store.sales.rows import ModelRow, RevenuePeriod, RevenueRow

_SALE = msgspec.json.Decoder(Sale)
_ENTRIES = msgspec.json.Decoder(tuple[SaleEntry, ...])


class Asked(Struct, frozen=True, kw_only=True):
    """What a report is about: days since 1970 on the shop's clock; `as_of` is a position, None for the newest."""

    shop: str
    first: int
    last: int
    currency: str
    model: str
    calendar: str
    as_of: int | None = None
    converts: bool = False
    """Whether what was sold in other currencies is converted into this one."""


class Figures(Struct, frozen=True, kw_only=True):
    """The figures of some days, of a source of them, or of a day. `direct` is part of what is credited, and `assisted`
    does not add up: a sale is assisted by every source on its path."""

    orders: int = 0
    credited_minor: int = 0
    direct_minor: int = 0
    assisted_minor: int = 0
    refunded_minor: int = 0

    @property
    def average_minor(self) -> int | None:
        """What an order came to, rounded half up; none without orders."""
        return (2 * self.credited_minor + self.orders) // (2 * self.orders) if self.orders > 0 else None


_NOTHING = Figures()
Key = TypeVar("Key")


class Revenue(Struct, frozen=True, kw_only=True):
    """A report: `total` is what was sold, `sources` and `days` share it; all by one model."""

    as_of: int
    currency: str
    total: Figures
    sources: dict[str, Figures]
    cells: dict[tuple[int, str], Figures]
    totals_by_day: dict[int, Figures]
    visits: int
    used: Sequence[UsedRate] = ()
    missing: Sequence[NotConverted] = ()


Reckoned = Callable[[str], Sequence[RevenueRow]]
"""The figures of a model that is not kept, by currency."""
_Found = Mapping[str, Sequence[RevenueRow]]


def currency_of(tx: Transaction, asked: Asked) -> str:
    """The currency that a report is in: the one that was asked for, else the commonest of those days."""
    if asked.currency:
        return asked.currency
    found = rows.currencies(tx, asked.shop, asked.first, asked.last)
    return found[0].currency if found else ""


def other_currencies(tx: Transaction, asked: Asked, currency: str) -> list[rows.CurrencyRow]:
    """The currencies of those days that the report is not about, and how many orders are in them."""
    found = rows.currencies(tx, asked.shop, asked.first, asked.last)
    return [one for one in found if one.currency != currency]


def revenue(tx: Transaction, asked: Asked, reckoned: Reckoned | None = None) -> Revenue:
    """The figures of a model; of one that is not kept, what was `reckoned` of the newest sales for these days."""
    position = rows.position(tx, asked.shop)
    asked = replace(asked, currency=currency_of(tx, asked))
    if asked.as_of is not None and asked.as_of < position:
        position, by_currency = asked.as_of, _past(tx, asked)
    else:
        by_currency = _newest(tx, asked, reckoned)
    conversions = _conversions(tx, asked, by_currency, position)
    found = [*by_currency.get(asked.currency, ()), *(row for one in conversions for row in one.rows)]
    shown = _summed(found, position, asked, rows.visits(tx, asked.shop, asked.first, asked.last))
    used = [rate for one in conversions for rate in one.used]
    return replace(shown, used=used, missing=[one.missing for one in conversions if one.missing is not None])


def _newest(tx: Transaction, asked: Asked, reckoned: Reckoned | None) -> _Found:
    """The rows of the report by currency, as they are kept, or were reckoned."""
    days = (asked.shop, asked.first, asked.last)
    others = rows.currencies_of_figures(tx, *days) if asked.converts else []
    models = (ALL, asked.model) if reckoned is None else (ALL,)
    by_currency: dict[str, list[RevenueRow]] = {}
    for currency in dict.fromkeys((asked.currency, *others)):
        wanted = replace(asked, currency=currency)
        by_currency[currency] = [
            row
            for model in models
            for calendar in dict.fromkeys((ORDER, asked.calendar))
            for row in _rows(tx, wanted, model, calendar)
        ]
        by_currency[currency] += reckoned(currency) if reckoned is not None else ()
    return by_currency


def _conversions(tx: Transaction, asked: Asked, by_currency: _Found, position: int) -> list[Conversion]:
    """What was sold in other currencies, in that of the report."""
    others = sorted(by_currency.keys() - {asked.currency}) if asked.converts else []
    if not others:
        return []
    table = rates.table(tx, RatesAsked(asked.shop, asked.currency, asked.first, asked.last, position))
    return [conversion(currency, by_currency[currency], table) for currency in others]


def models(tx: Transaction, asked: Asked) -> dict[str, dict[str, Figures]]:
    """The figures of every source under every model, by model."""
    if asked.converts:
        shown = {model: revenue(tx, replace(asked, model=model)).sources for model in sorted(names_of())}
        return {model: sources for model, sources in shown.items() if sources}
    period = RevenuePeriod(asked.shop, "order", currency_of(tx, asked), asked.first, asked.last)
    found: dict[str, dict[str, Figures]] = {}
    for row in rows.revenue_of_models(tx, period):
        if row.model != ALL and _figures(row) != _NOTHING:
            found.setdefault(row.model, {})[row.source] = _figures(row)
    return found


def previous(asked: Asked) -> Asked:
    """As many days before."""
    days = asked.last - asked.first + 1
    return replace(asked, first=asked.first - days, last=asked.last - days)


def _rows(tx: Transaction, asked: Asked, model: str, calendar: str) -> Iterable[RevenueRow]:
    """The rows of one calendar: money is dated at the order, and refunds as the report's calendar says."""
    period = RevenuePeriod(asked.shop, calendar, asked.currency, asked.first, asked.last)
    for row in rows.revenue(tx, period, model):
        yield row if calendar == asked.calendar else replace(row, refunded_minor=0)


def _past(tx: Transaction, asked: Asked) -> _Found:
    """The same rows out of sales as they were."""
    clock = clock_of(tx, asked.shop)
    by_currency: dict[str, list[RevenueRow]] = {}
    assert asked.as_of is not None
    for kept in rows.past(tx, asked.shop, asked.as_of):
        sale = _SALE.decode(kept.document)
        if sale.currency != asked.currency and not asked.converts:
            continue
        placed = day_of(sale.placed_at, clock)
        for one in _ENTRIES.decode(kept.entries):
            is_refund = one.refund_at is not None
            day = day_of(one.refund_at, clock) if one.refund_at is not None and asked.calendar == REFUND else placed
            if one.model in (ALL, asked.model) and asked.first <= day <= asked.last:
                by_currency.setdefault(sale.currency, []).append(row_of(one, day, is_refund=is_refund))
    return by_currency


def row_of(entry: SaleEntry, day: int, *, is_refund: bool) -> RevenueRow:
    """What a sale adds to the figures of a day."""
    refunded = entry.refunded_minor if is_refund else 0
    return RevenueRow(
        entry.model,
        day,
        entry.source,
        entry.orders,
        entry.credited_minor,
        entry.direct_minor,
        entry.assisted_minor,
        refunded,
    )


def _summed(found: Sequence[RevenueRow], position: int, asked: Asked, visits: int) -> Revenue:
    whole = [row for row in found if row.model == ALL]
    shared = [row for row in found if row.model != ALL]
    sources = _by(lambda row: row.source, shared)
    cells = _by(lambda row: (row.day, row.source), shared)
    days = _by(lambda row: row.day, whole)
    total = Figures()
    for row in whole:
        total = _added(total, row)
    return Revenue(
        as_of=position,
        currency=asked.currency,
        total=total,
        sources={source: figures for source, figures in sorted(sources.items()) if figures != _NOTHING},
        cells={key: figures for key, figures in cells.items() if figures != _NOTHING},
        totals_by_day={day: figures for day, figures in days.items() if figures != _NOTHING},
        visits=visits,
    )


def _by(key: Callable[[RevenueRow], Key], chosen: Iterable[RevenueRow]) -> dict[Key, Figures]:
    """Figures added up by a key."""
    sums: dict[Key, Figures] = {}
    for row in chosen:
        sums[key(row)] = _added(sums.get(key(row), _NOTHING), row)
    return sums


def _figures(row: ModelRow | RevenueRow) -> Figures:
    return Figures(
        orders=row.orders,
        credited_minor=row.credited_minor,
        direct_minor=row.direct_minor,
        assisted_minor=row.assisted_minor,
        refunded_minor=row.refunded_minor,
    )


def _added(figures: Figures, row: RevenueRow) -> Figures:
    return Figures(
        orders=figures.orders + row.orders,
        credited_minor=figures.credited_minor + row.credited_minor,
        direct_minor=figures.direct_minor + row.direct_minor,
        assisted_minor=figures.assisted_minor + row.assisted_minor,
        refunded_minor=figures.refunded_minor + row.refunded_minor,
    )


def unattributed(report: Revenue) -> int:
    """What nobody has earned."""
    found = report.sources.get(UNATTRIBUTED)
    return found.credited_minor if found is not None else 0
