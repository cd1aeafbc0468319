"""A shop's rates of exchange: set, taken away and listed by people and programs; each change is an event of the ledger.

    PUT ─► event ─► rows that hold from that event on ─► table of the rates as of a position

So a report as of a position of the ledger converts by the rates of then, whatever was set since.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.events.events import Note, Origin
from tillroll.domain.money import minor_exponent
from tillroll.domain.rates.rates import HOLDS_DAYS, DayRate, RateTable, problem_of
from tillroll.engine.ledger import ledger
from tillroll.store import Transaction
from tillroll.store.ledger import rows as ledger_rows
from tillroll.store.rates import rows
from tillroll.store.rates.rows import NewRate, RateKey, RatePage, RateRow, RatesAsked

RATES_SET = "exchange_rates_set"
RATE_REMOVED = "exchange_rate_removed"
OWN_KINDS = (RATES_SET, RATE_REMOVED)

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class RateChange(Struct, frozen=True):
    """Who changes rates, under which id and when."""

    origin: Origin
    id: str
    now: int


def is_currency(code: str) -> bool:
    """Whether there is a currency of this code (ISO 4217): what nobody sells in is not asked for."""
    return minor_exponent(code) is not None


def problems(rates: Sequence[DayRate]) -> list[tuple[int, str, str]]:
    """What is wrong with these rates: which of them, its field, and why. Two of one day are wrong, too."""
    found = [(place, *problem) for place, one in enumerate(rates) if (problem := problem_of(one)) is not None]
    seen: set[tuple[str, str, int]] = set()
    for place, one in enumerate(rates):
        key = (one.currency, one.into, one.day)
        if key in seen:
            found.append((place, "day", "another rate of these currencies is of the same day"))
        seen.add(key)
    return sorted(found)


def set_rates(tx: Transaction, change: RateChange, rates: Sequence[DayRate], said: Sequence[Any]) -> None:
    """Let these rates, which have no `problems`, hold from now on; `said` is what the ledger keeps of them."""
    new = [NewRate(one.into, one.day, one.currency, f"{one.rate:f}", one.source) for one in rates]
    _change(tx, change, (RATES_SET, {"rates": said}), new)


def remove(tx: Transaction, change: RateChange, rate: DayRate, said: Any) -> bool:
    """Let there be no rate of a day from now on; whether there was one."""
    kept = rows.rate(tx, RateKey(change.origin.shop, rate.currency, rate.into, rate.day))
    if kept is None or not kept.rate:
        return False
    _change(tx, change, (RATE_REMOVED, said), [NewRate(rate.into, rate.day, rate.currency, "", "")])
    return True


def page(tx: Transaction, wanted: RatePage) -> list[RateRow]:
    """The rates that hold, the latest day first."""
    return rows.page(tx, wanted)


def table(tx: Transaction, asked: RatesAsked) -> RateTable:
    """The rates into a currency that hold on some days, as of a position of the ledger."""
    found = rows.rates_into(tx, replace(asked, first=asked.first - HOLDS_DAYS))
    latest = {(row.currency, row.day): row for row in found}
    return RateTable(
        DayRate(currency=row.currency, into=asked.into, day=row.day, rate=Decimal(row.rate), source=row.source)
        for row in latest.values()
        if row.rate
    )


def _change(tx: Transaction, change: RateChange, told: tuple[str, Any], new: Sequence[NewRate]) -> None:
    kind, said = told
    shop = change.origin.shop
    note = Note(
        shop=shop,
        dialect=change.origin.dialect,
        kind=kind,
        subject=change.id,
        visitor=None,
        happened_at=change.now,
        received_at=change.now,
        document=_ENCODER.encode(said).decode(),
    )
    ledger.note(tx, [note])
    rows.store(tx, shop, ledger_rows.newest_position_of_shop(tx, shop), new)
