"""Rows of what a shop's search brought: counts by day, and by what was clicked."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.sales.rows import spans


class SearchSum(Struct, frozen=True):
    """What is to be added to a span of days of what has this name; or to a day of everything, whose `span` is 0."""

    kind: str
    span: int
    day: int
    name: str
    events: int
    minor: int


class SearchDay(Struct, frozen=True):
    """How many events of a kind there were on a day, and what they came to."""

    kind: str
    day: int
    events: int
    minor: int


class SearchName(Struct, frozen=True):
    """How often something was clicked or bought, and what that came to."""

    name: str
    events: int
    minor: int


class SearchDays(Struct, frozen=True):
    """Days of a shop."""

    shop: str
    first: int
    last: int


def add_to_sums(tx: Transaction, shop: str, rows: Sequence[SearchSum]) -> None:
    """Add to the sums, which come in sorted order."""
    tx.run_many("add_to_search_sums", [msgspec.structs.asdict(row) | {"shop": shop} for row in rows])


def by_day(tx: Transaction, days: SearchDays, kind: str) -> list[SearchDay]:
    """Day by day, how much there was of a kind."""
    return [SearchDay(*row) for row in tx.rows("search_days", kind=kind, **msgspec.structs.asdict(days))]


def by_name(tx: Transaction, days: SearchDays, kind: str, limit: int) -> list[SearchName]:
    """The names that brought most, in money and then in number."""
    found = tx.rows("search_names", shop=days.shop, kind=kind, spans=spans(days.first, days.last), limit=limit)
    return [SearchName(*row) for row in found]
