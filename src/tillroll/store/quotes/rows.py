"""Rows of quotes: the quotes, and the history of what changed in them.

Documents are JSON texts, times are microseconds UTC.
"""

from collections.abc import Iterable, Sequence
from typing import TypedDict

from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.queries import keys


class QuoteRow(Struct, frozen=True):
    """A quote's row."""

    id: str
    status: str
    customer_id: str
    order_id: str | None
    version: int
    document: str
    created_at: int
    modified_at: int


class QuoteChangeRow(Struct, frozen=True):
    """One change of a quote: values are JSON texts."""

    position: int
    op: str
    path: str
    new_value: str | None
    previous_value: str | None
    user_type: str
    user_id: str
    changed_at: int


class QuoteInsert(TypedDict):
    """A quote to be written."""

    shop: str
    id: str
    customer_id: str
    status: str
    valid_to: int | None
    cart_id: str | None
    document: str
    now: int


class QuoteUpdate(TypedDict):
    """A quote to be replaced, where it still has this version."""

    shop: str
    id: str
    customer_id: str
    status: str
    valid_to: int | None
    order_id: str | None
    document: str
    version: int
    now: int


class NewQuoteChange(TypedDict):
    """A change to be written down."""

    shop: str
    quote_id: str
    position: int
    op: str
    path: str
    new_value: str | None
    previous_value: str | None
    user_type: str
    user_id: str
    now: int


def quote(tx: Transaction, shop: str, id: str) -> QuoteRow | None:
    """One quote."""
    row = tx.row("quote", shop=shop, id=id)
    return QuoteRow(*row) if row is not None else None


def lock_quotes(tx: Transaction, shop: str, ids: Iterable[str]) -> list[QuoteRow]:
    """Those of these quotes that exist, locked in the order of their ids."""
    return [QuoteRow(*row) for row in tx.rows("lock_quotes", shop=shop, keys=keys(ids))]


def quotes_page(tx: Transaction, shop: str, customer_id: str | None, places: range) -> list[QuoteRow]:
    """The quotes in these places, newest first; a customer's own where one is named."""
    window = {"shop": shop, "limit": len(places), "offset": places.start}
    if customer_id is None:
        return [QuoteRow(*row) for row in tx.rows("quotes_page", **window)]
    return [QuoteRow(*row) for row in tx.rows("quotes_page_of_customer", customer=customer_id, **window)]


def quote_count(tx: Transaction, shop: str, customer_id: str | None) -> int:
    """How many quotes there are; a customer's own where one is named."""
    if customer_id is None:
        row = tx.row("quote_count", shop=shop)
    else:
        row = tx.row("quote_count_of_customer", shop=shop, customer=customer_id)
    return int(row[0]) if row is not None else 0


def insert_quote(tx: Transaction, new: QuoteInsert) -> bool:
    """Write a quote; False where its id is taken."""
    return tx.run("insert_quote", **new) > 0


def update_quotes(tx: Transaction, changed: Sequence[QuoteUpdate]) -> int:
    """Replace quotes; how many still had their version, which counts up."""
    return tx.run_many("update_quote", changed)


def delete_quote(tx: Transaction, shop: str, id: str) -> bool:
    """Delete a quote; False where there is none that has not become an order."""
    return tx.run("delete_quote", shop=shop, id=id) > 0


def insert_quote_changes(tx: Transaction, changes: Sequence[NewQuoteChange]) -> None:
    """Write down what changed."""
    tx.run_many("insert_quote_change", changes)


def quote_changes(tx: Transaction, shop: str, id: str) -> list[QuoteChangeRow]:
    """Every change of a quote, oldest first."""
    return [QuoteChangeRow(*row) for row in tx.rows("quote_changes", shop=shop, quote_id=id)]


def delete_quote_changes(tx: Transaction, shop: str, id: str) -> None:
    """Delete a quote's history."""
    tx.run("delete_quote_changes", shop=shop, id=id)


def expiring_quotes(tx: Transaction, now: int, limit: int) -> list[tuple[str, str]]:
    """Open quotes whose time has passed, of all shops: shop, id."""
    return [(shop, id) for shop, id in tx.rows("expiring_quotes", now=now, limit=limit)]


def release_quote(tx: Transaction, shop: str, bought: tuple[str, str], now: int) -> bool:
    """Take back that a quote became an order (`bought` names both)."""
    quote_id, order_id = bought
    return tx.run("release_quote", shop=shop, id=quote_id, order_id=order_id, now=now) > 0
