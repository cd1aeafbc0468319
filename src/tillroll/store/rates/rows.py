"""Rows of dated rates of exchange. A row holds from an event on, and another one for the same day takes its place."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from tillroll.store import Transaction


class NewRate(Struct, frozen=True):
    """A rate as it is set; `rate` is a decimal as text, empty for none from now on."""

    into: str
    day: int
    currency: str
    rate: str
    source: str


class DatedRate(Struct, frozen=True):
    """What a unit of a currency is from a day on."""

    currency: str
    day: int
    rate: str
    source: str


class RatesAsked(Struct, frozen=True):
    """Rates into one currency: of which days, and as of which position of the ledger."""

    shop: str
    into: str
    first: int
    last: int
    position: int


class RateRow(Struct, frozen=True):
    """A rate that holds."""

    currency: str
    into: str
    day: int
    rate: str
    source: str


class RatePage(Struct, frozen=True, kw_only=True):
    """Which rates a page shows, the latest day first: of some days, behind a place; what is empty means any."""

    shop: str
    limit: int
    first: int
    last: int
    day: int
    after_currency: str = ""
    after_into: str = ""
    currency: str = ""
    into: str = ""


class RateKey(Struct, frozen=True):
    """Of which two currencies a rate is, and from which day."""

    shop: str
    currency: str
    into: str
    day: int


class KeptRate(Struct, frozen=True):
    """The rate of a day, as text; empty for none."""

    rate: str
    source: str


def store(tx: Transaction, shop: str, since: int, rates: Sequence[NewRate]) -> None:
    """Let these rates hold from an event on."""
    tx.run_many("store_exchange_rate", [msgspec.structs.asdict(one) | {"shop": shop, "since": since} for one in rates])


def rates_into(tx: Transaction, asked: RatesAsked) -> list[DatedRate]:
    """All that was ever set by a position, the earliest first: of one day the last one holds."""
    return [DatedRate(*row) for row in tx.rows("exchange_rates_into", **msgspec.structs.asdict(asked))]


def rate(tx: Transaction, key: RateKey) -> KeptRate | None:
    """What was set last for a day; None where nothing ever was."""
    row = tx.row("exchange_rate", **msgspec.structs.asdict(key))
    return KeptRate(*row) if row is not None else None


def page(tx: Transaction, wanted: RatePage) -> list[RateRow]:
    """The rates that hold."""
    return [RateRow(*row) for row in tx.rows("exchange_rates_page", **msgspec.structs.asdict(wanted))]
