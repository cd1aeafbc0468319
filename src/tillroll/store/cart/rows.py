"""Rows of carts.

Documents are JSON texts, times are microseconds UTC.
"""

from collections.abc import Iterable, Sequence
from typing import TypedDict

from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.queries import keys


class CartRow(Struct, frozen=True):
    """A cart's row."""

    id: str
    site: str
    type: str
    legal_entity_id: str
    owner: str
    status: str
    order_id: str | None
    version: int
    document: str
    created_at: int
    modified_at: int


class CartKey(TypedDict):
    """Of each of these there is at most one open cart."""

    owner: str
    site: str
    type: str
    legal_entity_id: str


class NewCart(CartKey):
    """A cart to be written, open and in its first version."""

    shop: str
    id: str
    document: str
    now: int


class CartUpdate(CartKey):
    """A cart to be replaced, where it still has this version; that counts up by `changes`."""

    shop: str
    id: str
    status: str
    document: str
    version: int
    changes: int
    now: int


class CartBought(TypedDict):
    """An open cart that becomes an order, where it still has this version."""

    shop: str
    id: str
    order_id: str
    version: int
    now: int


def carts(tx: Transaction, shop: str, ids: Iterable[str]) -> list[CartRow]:
    """Those of these carts that exist."""
    return [CartRow(*row) for row in tx.rows("carts", shop=shop, keys=keys(ids))]


def lock_carts(tx: Transaction, shop: str, ids: Iterable[str]) -> list[CartRow]:
    """Those of these carts that exist, locked in the order of their ids."""
    return [CartRow(*row) for row in tx.rows("lock_carts", shop=shop, keys=keys(ids))]


def open_cart(tx: Transaction, shop: str, key: CartKey) -> str | None:
    """The id of the open cart with this key."""
    row = tx.row("open_cart", shop=shop, **key)
    return row[0] if row is not None else None


def open_carts_of_owners(tx: Transaction, shop: str, owners: Iterable[str]) -> list[str]:
    """The ids of the open carts of these owners, in order."""
    return [id for (id,) in tx.rows("open_carts_of_owners", shop=shop, keys=keys(owners))]


def carts_page(tx: Transaction, shop: str, status: str, places: range) -> list[CartRow]:
    """The carts in these places, newest first; an empty status stands for all."""
    found = tx.rows("carts_page", shop=shop, status=status, limit=len(places), offset=places.start)
    return [CartRow(*row) for row in found]


def carts_of_owner(tx: Transaction, shop: str, whose: tuple[str, str], places: range) -> list[CartRow]:
    """The same of one owner; `whose` is the owner and the status."""
    owner, status = whose
    window = {"limit": len(places), "offset": places.start}
    return [CartRow(*row) for row in tx.rows("carts_of_owner", shop=shop, owner=owner, status=status, **window)]


def idle_carts(tx: Transaction, oldest: str, before: int, limit: int) -> list[tuple[str, str]]:
    """Open carts of all shops whose ids come before `oldest` and that nobody has touched since `before`: shop, id."""
    found = tx.rows("idle_carts", oldest=oldest, before=before, limit=limit)
    return [(shop, id) for shop, id in found]


def insert_cart(tx: Transaction, new: NewCart) -> None:
    """Write a cart."""
    tx.run("insert_cart", **new)


def update_carts(tx: Transaction, changed: Sequence[CartUpdate]) -> int:
    """Replace carts; how many still had their version."""
    return tx.run_many("update_cart", changed)


def close_bought_carts(tx: Transaction, bought: Sequence[CartBought]) -> int:
    """Close carts that have become orders; how many were still open and had their version."""
    return tx.run_many("close_cart", bought)


def reopen_cart(tx: Transaction, shop: str, bought: tuple[str, str], now: int) -> bool:
    """Take back that a cart became an order (`bought` names both): it is open, unless its owner has another one."""
    cart_id, order_id = bought
    return tx.run("reopen_cart", shop=shop, id=cart_id, order_id=order_id, now=now) > 0


def delete_cart(tx: Transaction, shop: str, id: str) -> None:
    """Delete a cart."""
    tx.run("delete_cart", shop=shop, id=id)
