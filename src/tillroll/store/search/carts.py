"""Rows of the carts of search sessions."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from tillroll.store import Transaction


class SearchCartKey(Struct, frozen=True, order=True):
    """Whose cart: a session of a channel of a shop."""

    shop: str
    channel: str
    session_id: str


class NewCartLine(Struct, frozen=True):
    """So many thousandths of an item, to be added to a line; the price is an exact decimal, or none."""

    shop: str
    channel: str
    session_id: str
    line: str
    index_name: str
    item_id: str
    quantity: int
    price: str | None
    title: str
    now: int


class TakenLine(Struct, frozen=True):
    """So many thousandths to take from a line."""

    shop: str
    channel: str
    session_id: str
    line: str
    quantity: int


class EmptiedLine(Struct, frozen=True):
    """A line as it was when its cart was emptied."""

    index_name: str
    item_id: str
    quantity: int
    price: str | None
    title: str
    added_at: int


def lock_sessions(tx: Transaction, places: Sequence[SearchCartKey]) -> None:
    """Have these sessions to oneself until the end of the transaction, be there rows of them or not."""
    names = ["\n".join((place.shop, place.channel, place.session_id)) for place in places]
    tx.rows("lock_search_sessions", places=msgspec.json.encode(names).decode())


def add_lines(tx: Transaction, lines: Sequence[NewCartLine]) -> None:
    """Add to carts, in one statement; the lines come in sorted order."""
    tx.run_many("add_to_search_cart", lines)


def take_lines(tx: Transaction, lines: Sequence[TakenLine]) -> None:
    """Take from carts what is there, and forget the lines that have nothing left."""
    tx.run_many("take_from_search_cart", lines)
    tx.run_many("delete_empty_search_cart_line", lines)


def clear(tx: Transaction, places: Sequence[SearchCartKey]) -> None:
    """Forget all lines of carts."""
    tx.run_many("clear_search_cart", places)


def empty(tx: Transaction, place: SearchCartKey) -> list[EmptiedLine]:
    """Take all lines out of a cart; they come in no particular order."""
    return [EmptiedLine(*row) for row in tx.rows("empty_search_cart", **msgspec.structs.asdict(place))]


def idle(tx: Transaction, before: int, limit: int) -> list[SearchCartKey]:
    """The carts of up to `limit` lines that are older than this, one for each line; their sessions may go on."""
    return [SearchCartKey(*row) for row in tx.rows("idle_search_carts", before=before, limit=limit)]


def touch(tx: Transaction, place: SearchCartKey, now: int) -> None:
    """Let the lines of a cart be of now."""
    tx.run("touch_search_cart", now=now, **msgspec.structs.asdict(place))


def count_checkout(tx: Transaction, place: SearchCartKey) -> int:
    """Count a session's checkout; the how-manieth it is."""
    row = tx.row("count_search_checkout", **msgspec.structs.asdict(place))
    return int(row[0]) if row is not None else 1


def first_event_at(tx: Transaction, place: SearchCartKey) -> int | None:
    """When the first accepted event of a session happened."""
    row = tx.row("first_event_of_search_session", **msgspec.structs.asdict(place))
    return int(row[0]) if row is not None else None


def last_event_at(tx: Transaction, place: SearchCartKey) -> int | None:
    """When the last accepted event of a session was received."""
    row = tx.row("last_event_of_search_session", **msgspec.structs.asdict(place))
    return int(row[0]) if row is not None else None
