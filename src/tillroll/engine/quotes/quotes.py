"""Quotes as their use cases need them: locked, and saved together with what the ledger is told of them.

    lock (one query, sorted) ──► change in memory, one call after the other ──► save: the quotes, their history, one
                                                                                     event for each

Whoever changes or buys a quote holds its row's lock, so that acceptance, decline and checkout of one never meet. How
quotes are kept is `store.quotes.kept`, which the checkout knows as well.
"""

from collections.abc import Iterable

from tillroll.domain.events.events import Origin
from tillroll.domain.quotes.history import Author, QuoteChange, StoredQuote, author, notes_of
from tillroll.engine.access.access import SERVICE, Caller
from tillroll.engine.ledger import ledger
from tillroll.engine.locks import Locks, Plan
from tillroll.store import Transaction
from tillroll.store.quotes import kept
from tillroll.store.quotes.rows import expiring_quotes, quote_count


def author_of(caller: Caller) -> Author:
    """The author behind a caller."""
    return author(caller.client_id, caller.customer_id, is_employee=caller.kind == SERVICE)


def belongs_to(stored: StoredQuote, caller: Caller) -> bool:
    """Whether a caller may see this quote: it is a customer's own, and every back office's; guests have none."""
    return caller.kind == SERVICE or stored.is_of(caller.customer_id)


def find(tx: Transaction, shop: str, id: str, now: int) -> StoredQuote | None:
    """A quote with the status that it has now."""
    return kept.find(tx, shop, id, now)


def lock(tx: Transaction, shop: str, ids: Iterable[str], now: int) -> dict[str, StoredQuote]:
    """Those of these quotes that exist, by id, locked in one sorted order; one whose time has passed has expired."""
    return kept.locked_quotes(Locks(tx, shop).take(Plan(quotes=set(ids))).quotes, now)


def page(tx: Transaction, shop: str, customer_id: str | None, rows: range, now: int) -> list[StoredQuote]:  # noqa: PLR0913  whose, which, and the time that decides what has expired
    """The quotes in these places, newest first; a customer's own where one is named."""
    return kept.page(tx, shop, customer_id, rows, now)


def count(tx: Transaction, shop: str, customer_id: str | None) -> int:
    """How many quotes there are; a customer's own where one is named."""
    return quote_count(tx, shop, customer_id)


def insert(tx: Transaction, origin: Origin, stored: StoredQuote, made_by: Author) -> bool:
    """Store a new quote, with its making as the first line of its history; False where its id is taken."""
    written = kept.insert(tx, origin.shop, stored, made_by)
    ledger.note(tx, notes_of(origin, written))
    return bool(written)


def save(tx: Transaction, origin: Origin, quotes: Iterable[StoredQuote], now: int) -> None:
    """Write those of these locked quotes that have changed, once each, their history, and an event for each."""
    ledger.note(tx, notes_of(origin, kept.save(tx, origin.shop, quotes, now)))


def history(tx: Transaction, shop: str, id: str) -> list[tuple[int, QuoteChange]]:
    """Every change of a quote with its position, its making first."""
    return kept.history(tx, shop, id)


def delete(tx: Transaction, shop: str, id: str) -> bool:
    """Delete a quote and its history; False where there is none that could be: one with an order stays."""
    return kept.delete(tx, shop, id)


def expire_some(tx: Transaction, dialect: str, now: int, limit: int) -> int:
    """Let up to `limit` open quotes expire whose time has passed; how many there were."""
    found = expiring_quotes(tx, now, limit)
    by_shop: dict[str, list[str]] = {}
    for shop, id in found:
        by_shop.setdefault(shop, []).append(id)
    for shop in sorted(by_shop):
        save(tx, Origin(shop, dialect), lock(tx, shop, by_shop[shop], now).values(), now)
    return len(found)
