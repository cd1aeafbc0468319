"""Quotes as they are kept: found, and written together with the history of what changed in them.

rows ──► StoredQuote ──► changed in memory, under its lock ──► one update per quote, one row of history per change
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from tillroll.domain.quotes import quote as rules
from tillroll.domain.quotes.history import Author, QuoteChange, StoredQuote, WrittenChanges
from tillroll.domain.quotes.quote import Quote
from tillroll.store import Transaction
from tillroll.store.quotes import rows
from tillroll.store.quotes.rows import NewQuoteChange, QuoteInsert, QuoteRow, QuoteUpdate

# Room for the changes of one save in the history's positions.
CHANGES_MAX = 1000

_DECODER = msgspec.json.Decoder(Quote, float_hook=Decimal)
_VALUE = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def locked_quotes(locked: Iterable[QuoteRow], now: int) -> dict[str, StoredQuote]:
    """The quotes of rows that are locked, by id; one whose time has passed has expired."""
    found = {row.id: _stored(row) for row in locked}
    for stored in found.values():
        stored.expire(now)
    return found


def copy_of(stored: StoredQuote) -> StoredQuote:
    """A copy to be changed, so that a change which is refused half-way leaves nothing."""
    return replace(stored, quote=_DECODER.decode(_ENCODER.encode(stored.quote)))


def find(tx: Transaction, shop: str, id: str, now: int) -> StoredQuote | None:
    """A quote with the status that it has now."""
    row = rows.quote(tx, shop, id)
    return _seen(row, now) if row is not None else None


def page(tx: Transaction, shop: str, customer_id: str | None, places: range, now: int) -> list[StoredQuote]:  # noqa: PLR0913  whose, which, and the time that decides what has expired
    """The quotes in these places, newest first; a customer's own where one is named."""
    return [_seen(row, now) for row in rows.quotes_page(tx, shop, customer_id, places)]


def insert(tx: Transaction, shop: str, stored: StoredQuote, author: Author) -> list[WrittenChanges]:
    """Store a new quote, with its making as the first line of its history; nothing where its id is taken."""
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
    if not rows.insert_quote(tx, new):
        return []
    made = QuoteChange("CREATE", "/quote", {"id": quote.id, "status": stored.status}, None, author, now)
    return _write_changes(tx, shop, [WrittenChanges(stored, stored.version, [made])])


def save(tx: Transaction, shop: str, quotes: Iterable[StoredQuote], now: int) -> list[WrittenChanges]:
    """Write those of these locked quotes that have changed, once each, and their history; what was written of each."""
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
    if rows.update_quotes(tx, updates) != len(updates):
        raise AssertionError(f"a locked quote has changed its version: {[update['id'] for update in updates]}")
    written = _write_changes(
        tx, shop, [WrittenChanges(stored, stored.version + 1, stored.changes) for stored in changed]
    )
    for stored in changed:
        stored.version, stored.modified_at, stored.changes = stored.version + 1, now, []
    return written


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
        for row in rows.quote_changes(tx, shop, id)
    ]


def delete(tx: Transaction, shop: str, id: str) -> bool:
    """Delete a quote and its history; False where there is none that could be: one with an order stays."""
    if not rows.delete_quote(tx, shop, id):
        return False
    rows.delete_quote_changes(tx, shop, id)
    return True


def _stored(row: QuoteRow) -> StoredQuote:
    quote = _DECODER.decode(row.document)
    return StoredQuote(quote, row.status, row.customer_id, row.order_id, row.version, row.created_at, row.modified_at)


def _seen(row: QuoteRow, now: int) -> StoredQuote:
    stored = _stored(row)
    stored.status = rules.status_at(stored.status, stored.quote.valid_to, now)
    return stored


def _write_changes(tx: Transaction, shop: str, written: Sequence[WrittenChanges]) -> list[WrittenChanges]:
    """Write the history of these quotes; the same again."""
    new: list[NewQuoteChange] = [
        {
            "shop": shop,
            "quote_id": one.stored.quote.id,
            "position": one.version * CHANGES_MAX + place,
            "op": change.op,
            "path": change.path,
            "new_value": _json(change.new_value),
            "previous_value": _json(change.previous_value),
            "user_type": change.author.type,
            "user_id": change.author.id,
            "now": change.changed_at,
        }
        for one in written
        for place, change in enumerate(one.changes)
    ]
    rows.insert_quote_changes(tx, new)
    return list(written)


def _json(value: Any) -> str | None:
    return _ENCODER.encode(value).decode() if value is not None else None


def _parsed(text: str | None) -> Any:
    return _VALUE.decode(text) if text is not None else None


def _text(quote: Quote) -> str:
    return _ENCODER.encode(quote).decode()
