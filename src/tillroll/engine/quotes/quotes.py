"""Quotes as the store keeps them: found, locked, and saved together with the history of what changed.

    lock (one query, sorted) ──► change in memory, one call after the other ──► save: one update per quote, one row of
                                                                                     history per change, one event

Whoever changes or buys a quote holds its row's lock, so that acceptance, decline and checkout of one never meet.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.events.events import Note
from tillroll.domain.quotes import quote as rules
from tillroll.domain.quotes.quote import ACCEPTED, EXPIRED, Quote
from tillroll.engine.access.access import SERVICE, Caller
from tillroll.engine.ledger import ledger
from tillroll.engine.locks import LockedRows, Locks, Plan
from tillroll.store import Transaction
from tillroll.store.quotes import rows as stored_quotes
from tillroll.store.quotes.rows import NewQuoteChange, QuoteInsert, QuoteRow, QuoteUpdate

DIALECT = "emporix"
QUOTE_CHANGED = "quote_changed"

# Room for the changes of one save in the history's positions.
CHANGES_MAX = 1000

_DECODER = msgspec.json.Decoder(Quote, float_hook=Decimal)
_VALUE = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Author(Struct, frozen=True):
    """Who changes a quote, as its history tells it: an EMPLOYEE, a CUSTOMER or the SYSTEM."""

    type: str
    id: str


SYSTEM = Author("SYSTEM", "system")


def author_of(caller: Caller) -> Author:
    """The author behind a caller."""
    if caller.kind == SERVICE:
        return Author("EMPLOYEE", caller.client_id)
    return Author("CUSTOMER", caller.customer_id or "")


class QuoteStep(Struct, frozen=True):
    """A step of a quote's life: the status that it takes, and why."""

    status: str
    comment: str | None = None
    reason: dict[str, Any] | None = None


class QuoteChange(Struct, frozen=True):
    """One change: an operation on a path, with the values after and before in the words of the wire."""

    op: str
    path: str
    new_value: Any
    previous_value: Any
    author: Author
    changed_at: int


class StoredQuote(Struct):
    """A quote and what stands beside it; `version` is that of the row, times are microseconds UTC.

    `changes` are those of this transaction that `save` has yet to write.
    """

    quote: Quote
    status: str
    customer_id: str
    order_id: str | None
    version: int
    created_at: int
    modified_at: int
    changes: list[QuoteChange] = []

    def note(self, change: QuoteChange) -> None:
        """Remember a change."""
        self.changes = [*self.changes, change]

    def become(self, step: QuoteStep, author: Author, now: int) -> None:
        """Take a step of the quote's life; comment and reason of the step before are over."""
        before = status_value(self)
        self.status = step.status
        self.quote.status_comment, self.quote.status_reason = step.comment, step.reason
        self.note(QuoteChange("REPLACE", "/status", status_value(self), before, author, now))


def status_value(stored: StoredQuote) -> dict[str, Any]:
    """A quote's status as its document and its history show it."""
    shown = {
        "value": stored.status,
        "comment": stored.quote.status_comment,
        "quoteReason": stored.quote.status_reason,
    }
    return {name: value for name, value in shown.items() if value is not None}


def belongs_to(stored: StoredQuote, caller: Caller) -> bool:
    """Whether a caller may see this quote: it is a customer's own, and every back office's; guests have none."""
    return caller.kind == SERVICE or (caller.customer_id is not None and caller.customer_id == stored.customer_id)


def copy_of(stored: StoredQuote) -> StoredQuote:
    """A copy to be changed, so that a change which is refused half-way leaves nothing."""
    return replace(stored, quote=_DECODER.decode(_ENCODER.encode(stored.quote)))


def find(tx: Transaction, shop: str, id: str, now: int) -> StoredQuote | None:
    """A quote with the status that it has now."""
    row = stored_quotes.quote(tx, shop, id)
    return _seen(row, now) if row is not None else None


def lock(tx: Transaction, shop: str, ids: Iterable[str], now: int) -> dict[str, StoredQuote]:
    """Those of these quotes that exist, by id, locked in one sorted order; one whose time has passed has expired."""
    return held(Locks(tx, shop).take(Plan(quotes=set(ids))), now)


def held(locked: LockedRows, now: int) -> dict[str, StoredQuote]:
    """The quotes among what is locked, by id; one whose time has passed has expired."""
    found = {row.id: _stored(row) for row in locked.quotes}
    for stored in found.values():
        _expire(stored, now)
    return found


def _stored(row: QuoteRow) -> StoredQuote:
    quote = _DECODER.decode(row.document)
    return StoredQuote(quote, row.status, row.customer_id, row.order_id, row.version, row.created_at, row.modified_at)


def _seen(row: QuoteRow, now: int) -> StoredQuote:
    stored = _stored(row)
    stored.status = rules.status_at(stored.status, stored.quote.valid_to, now)
    return stored


def _expire(stored: StoredQuote, now: int) -> None:
    if rules.status_at(stored.status, stored.quote.valid_to, now) != stored.status:
        stored.become(QuoteStep(EXPIRED), SYSTEM, now)


def page(tx: Transaction, shop: str, customer_id: str | None, rows: range, now: int) -> list[StoredQuote]:  # noqa: PLR0913  whose, which, and the time that decides what has expired
    """The quotes in these places, newest first; a customer's own where one is named."""
    return [_seen(row, now) for row in stored_quotes.quotes_page(tx, shop, customer_id, rows)]


def count(tx: Transaction, shop: str, customer_id: str | None) -> int:
    """How many quotes there are; a customer's own where one is named."""
    return stored_quotes.quote_count(tx, shop, customer_id)


def insert(tx: Transaction, shop: str, stored: StoredQuote, author: Author) -> bool:
    """Store a new quote, with its making as the first line of its history; False where its id is taken."""
    quote, now = stored.quote, stored.created_at
    new = QuoteInsert(
        shop=shop,
        id=quote.id,
        customer_id=stored.customer_id,
        status=stored.status,
        valid_to=quote.valid_to,
        cart_id=quote.cart_id,
        document=_text(quote),
        now=now,
    )
    if not stored_quotes.insert_quote(tx, new):
        return False
    made = QuoteChange("CREATE", "/quote", {"id": quote.id, "status": stored.status}, None, author, now)
    _write_changes(tx, shop, [(stored, stored.version, [made])])
    return True


def save(tx: Transaction, shop: str, quotes: Iterable[StoredQuote], now: int) -> None:
    """Write those of these locked quotes that have changed, once each, their history, and an event for each."""
    changed = sorted((stored for stored in quotes if stored.changes), key=lambda stored: stored.quote.id)
    updates: list[QuoteUpdate] = [
        {
            "shop": shop,
            "id": stored.quote.id,
            "customer_id": stored.customer_id,
            "status": stored.status,
            "valid_to": stored.quote.valid_to,
            "order_id": stored.order_id,
            "document": _text(stored.quote),
            "version": stored.version,
            "now": now,
        }
        for stored in changed
    ]
    if stored_quotes.update_quotes(tx, updates) != len(updates):
        raise AssertionError(f"a locked quote has changed its version: {[one['id'] for one in updates]}")
    _write_changes(tx, shop, [(stored, stored.version + 1, stored.changes) for stored in changed])
    for stored in changed:
        stored.version, stored.modified_at, stored.changes = stored.version + 1, now, []


def _write_changes(
    tx: Transaction, shop: str, written: Sequence[tuple[StoredQuote, int, Sequence[QuoteChange]]]
) -> None:
    rows, events = list[NewQuoteChange](), list[Note]()
    for stored, version, changes in written:
        for place, change in enumerate(changes):
            rows.append(
                {
                    "shop": shop,
                    "quote_id": stored.quote.id,
                    "position": version * CHANGES_MAX + place,
                    "op": change.op,
                    "path": change.path,
                    "new_value": _json(change.new_value),
                    "previous_value": _json(change.previous_value),
                    "user_type": change.author.type,
                    "user_id": change.author.id,
                    "now": change.changed_at,
                }
            )
        now = changes[-1].changed_at
        facts = {
            "status": stored.status,
            "orderId": stored.order_id,
            "changes": [f"{change.op} {change.path}" for change in changes],
            "by": changes[-1].author.type,
        }
        events.append(
            Note(
                shop=shop,
                dialect=DIALECT,
                kind=QUOTE_CHANGED,
                subject=stored.quote.id,
                visitor=f"customer:{stored.customer_id}",
                happened_at=now,
                received_at=now,
                document=_ENCODER.encode(facts).decode(),
            )
        )
    stored_quotes.insert_quote_changes(tx, rows)
    ledger.note(tx, events)


def history(tx: Transaction, shop: str, id: str) -> list[tuple[int, QuoteChange]]:
    """Every change of a quote with its position, its making first."""
    return [
        (
            row.position,
            QuoteChange(
                row.op,
                row.path,
                _parsed(row.new_value),
                _parsed(row.previous_value),
                Author(row.user_type, row.user_id),
                row.changed_at,
            ),
        )
        for row in stored_quotes.quote_changes(tx, shop, id)
    ]


def delete(tx: Transaction, shop: str, id: str) -> bool:
    """Delete a quote and its history; False where there is none that could be: one with an order stays."""
    if not stored_quotes.delete_quote(tx, shop, id):
        return False
    stored_quotes.delete_quote_changes(tx, shop, id)
    return True


def expire_some(tx: Transaction, now: int, limit: int) -> int:
    """Let up to `limit` open quotes expire whose time has passed; how many there were."""
    found = stored_quotes.expiring_quotes(tx, now, limit)
    by_shop: dict[str, list[str]] = {}
    for shop, id in found:
        by_shop.setdefault(shop, []).append(id)
    for shop in sorted(by_shop):
        save(tx, shop, lock(tx, shop, by_shop[shop], now).values(), now)
    return len(found)


def sell(stored: StoredQuote, order_id: str, author: Author, now: int) -> None:
    """Make a locked quote the order that it has become: accepted, where it was not accepted before."""
    stored.order_id = order_id
    if stored.status != ACCEPTED:
        stored.become(QuoteStep(ACCEPTED), author, now)
    stored.note(QuoteChange("ADD", "/orderId", order_id, None, SYSTEM, now))


def _json(value: Any) -> str | None:
    return _ENCODER.encode(value).decode() if value is not None else None


def _parsed(text: str | None) -> Any:
    return _VALUE.decode(text) if text is not None else None


def _text(quote: Quote) -> str:
    return _ENCODER.encode(quote).decode()
