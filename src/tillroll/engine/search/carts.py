"""The carts of search sessions: what clients add, remove and buy, added up by the database.

    changes of one commit ──► lock the sessions ──► rounds: adds · removals · clearings · checkouts ──► what was bought

A cart belongs to a channel and a session (docs/wire/doofinder.md, 9). Within one session the order of arrival holds;
different sessions share the statements.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import md5
from itertools import count

import msgspec
from msgspec import Struct

from tillroll.domain.events.events import OutsideEvent, column_text
from tillroll.engine.ledger import ledger
from tillroll.store import Transaction
from tillroll.store.search import carts as rows
from tillroll.store.search.carts import NewCartLine, SearchCartKey, TakenLine

# The one dialect that has such carts.
DIALECT = "doofinder"

ADD = "add"
REMOVE = "remove"
CLEAR = "clear"
REPLACE = "replace"
BUY = "buy"

# A session counts as one visit for so long (docs/wire/doofinder.md, 9 and 16).
SESSION_MICROSECONDS = 24 * 3_600_000_000

_TITLE_CHARACTERS_MAX = 500
# Most events are about the same few items; a digest costs more than to remember it.
LINES_REMEMBERED = 4096


class SearchCartItem(Struct, frozen=True):
    """So many thousandths of an item of an index; the price is an exact decimal, or none where nobody said one."""

    index: str
    id: str
    quantity: int
    price: str | None = None
    title: str = ""
    variant: str = ""
    """What a further line of the same item is told apart by, where a whole cart has several: its price."""

    @property
    def line(self) -> str:
        """The line that it belongs to: a digest, because index and id may be of any length."""
        return line_of(f"{self.index}\0{self.variant}" if self.variant else self.index, self.id)


class CartChange(Struct, frozen=True):
    """One change of one cart: items to add, to remove or to put instead; or all of it cleared or bought."""

    place: SearchCartKey
    what: str
    now: int
    items: tuple[SearchCartItem, ...] = ()


class Bought(Struct, frozen=True):
    """What a checkout found in the cart, and the session that it ended; `repeats` one that left nothing to buy."""

    items: tuple[SearchCartItem, ...]
    repeats: bool
    started_at: int | None

    def is_in_session(self, now: int) -> bool:
        """Whether it came within the session's time."""
        return self.started_at is None or now - self.started_at <= SESSION_MICROSECONDS


@lru_cache(LINES_REMEMBERED)
def line_of(index: str, item_id: str) -> str:
    """The digest of index and item by which a line is found."""
    return md5(f"{index}\0{item_id}".encode(), usedforsecurity=False).hexdigest()


def change(tx: Transaction, changes: Sequence[CartChange]) -> list[Bought | None]:
    """Apply these changes, each session's in order; for each, what was bought, or None where nobody bought."""
    found: list[Bought | None] = [None] * len(changes)
    if not changes:
        return found
    rows.lock_sessions(tx, sorted({one.place for one in changes}))
    for members in _rounds(changes):
        _add(tx, [changes[n] for n in members if changes[n].what == ADD])
        _remove(tx, [changes[n] for n in members if changes[n].what == REMOVE])
        _replace(tx, [changes[n] for n in members if changes[n].what in (CLEAR, REPLACE)])
        for n in members:
            if changes[n].what == BUY:
                found[n] = _buy(tx, changes[n].place)
    return found


def expire_idle(tx: Transaction, before: int, now: int, limit: int) -> int:
    """Empty the carts of sessions that have reported nothing since `before`; how many lines were looked at.

    There are `limit` of them at most. Each session is asked for under its lock: who is still there keeps the cart. What
    was left in a cart stays in the ledger, as `cart_expired`. Times are microseconds UTC.
    """
    found = rows.idle(tx, before, limit)
    places = sorted(set(found))
    if places:
        rows.lock_sessions(tx, places)
        notes = [_expire(tx, place, before, now) for place in places]
        ledger.note_in_channel(tx, [note for note in notes if note is not None])
    return len(found)


def _expire(tx: Transaction, place: SearchCartKey, before: int, now: int) -> OutsideEvent | None:
    last = rows.last_event_at(tx, place)
    if last is not None and last >= before:
        rows.touch(tx, place, last)
        return None
    items = _emptied(tx, place)
    if not items:
        return None
    left = [{"id": item.id, "index": item.index, "title": item.title, "thousandths": item.quantity} for item in items]
    return OutsideEvent(
        shop=place.shop,
        dialect=DIALECT,
        kind="cart_expired",
        call="",
        received_at=now,
        happened_at=last if last is not None else now,
        document=msgspec.json.encode({"said": {}, "left": left}).decode(),
        subject=place.session_id,
        visitor=place.session_id,
        channel=place.channel,
    )


def _rounds(changes: Sequence[CartChange]) -> list[list[int]]:
    """The positions of the changes in rounds: a session's second change of another kind waits for the next one.

    Additions in a row commute; nothing else does, because a removal stops at nothing.
    """
    rounds: list[list[int]] = []
    reached: dict[SearchCartKey, tuple[int, str]] = {}
    for position, one in zip(count(), changes, strict=False):
        last = reached.get(one.place)
        number = 0 if last is None else last[0] if last[1] == one.what == ADD else last[0] + 1
        reached[one.place] = (number, one.what)
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(position)
    return rounds


def _add(tx: Transaction, changes: Sequence[CartChange]) -> None:
    added: dict[tuple[SearchCartKey, str], tuple[SearchCartItem, int]] = {}
    for one in changes:
        for item in one.items:
            if item.quantity:
                key = (one.place, item.line)
                known = added.get(key)
                added[key] = (item, one.now) if known is None else (_merged(known[0], item), known[1])
    lines = [
        _line(place, line, item, now) for (place, line), (item, now) in sorted(added.items(), key=lambda one: one[0])
    ]
    if lines:
        rows.add_lines(tx, lines)


def _merged(first: SearchCartItem, second: SearchCartItem) -> SearchCartItem:
    price = first.price if second.price is None else second.price
    return SearchCartItem(first.index, first.id, first.quantity + second.quantity, price, second.title, second.variant)


def _line(place: SearchCartKey, line: str, item: SearchCartItem, now: int) -> NewCartLine:
    return NewCartLine(
        shop=place.shop,
        channel=place.channel,
        session_id=place.session_id,
        line=line,
        index_name=column_text(item.index),
        item_id=column_text(item.id),
        quantity=item.quantity,
        price=item.price,
        title=item.title[:_TITLE_CHARACTERS_MAX].replace("\0", "\u2400"),
        now=now,
    )


def _remove(tx: Transaction, changes: Sequence[CartChange]) -> None:
    lines = [
        TakenLine(change.place.shop, change.place.channel, change.place.session_id, item.line, item.quantity)
        for change in changes
        for item in change.items
    ]
    if lines:
        rows.take_lines(tx, lines)


def _replace(tx: Transaction, changes: Sequence[CartChange]) -> None:
    if changes:
        rows.clear(tx, [change.place for change in changes])
        _add(tx, changes)


def _buy(tx: Transaction, place: SearchCartKey) -> Bought:
    calls = rows.count_checkout(tx, place)
    items = _emptied(tx, place)
    return Bought(items, not items and calls > 1, rows.first_event_at(tx, place))


def _emptied(tx: Transaction, place: SearchCartKey) -> tuple[SearchCartItem, ...]:
    """The items that were in a cart, which is empty now."""
    lines = sorted(rows.empty(tx, place), key=lambda line: (line.index_name, line.item_id))
    return tuple(
        [SearchCartItem(line.index_name, line.item_id, line.quantity, line.price, line.title) for line in lines]
    )
