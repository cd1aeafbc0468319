"""Rows of stock: what is on hand of a product on a site, and the movements that add up to it.

Quantities are integer thousandths, times are microseconds UTC.
"""

from collections.abc import Iterable, Sequence
from typing import TypedDict

from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.queries import keys


class StockRow(Struct, frozen=True):
    """A record of a site's stock; `document` is JSON text."""

    product_id: str
    on_hand: int
    sellable: int
    version: int
    document: str


class LockedStock(Struct, frozen=True):
    """What a locked record has on hand, whether that may be sold, and how often the record has changed."""

    product_id: str
    on_hand: int
    sellable: int
    version: int


class StockKey(TypedDict):
    """What names a record."""

    shop: str
    site: str
    product_id: str


class StockWrite(StockKey):
    """A record as it is to be."""

    on_hand: int
    sellable: int
    document: str
    now: int


class StockChange(StockKey):
    """So much of a product is taken from what is on hand, or comes back to it."""

    quantity: int
    now: int


class StockMovement(StockChange):
    """A change of what is on hand with its sign, what caused it, and on whose account."""

    cause: str
    subject: str


def stock_of_products(tx: Transaction, shop: str, site: str, product_ids: Iterable[str]) -> list[StockRow]:
    """The records of those of these products that have one."""
    return [StockRow(*row) for row in tx.rows("availabilities", shop=shop, site=site, keys=keys(product_ids))]


def stock_of_site(tx: Transaction, shop: str, site: str, places: range) -> list[StockRow]:
    """The records of a site in the order of the products' ids: those in these places."""
    found = tx.rows("availabilities_of_site", shop=shop, site=site, limit=len(places), offset=places.start)
    return [StockRow(*row) for row in found]


def stock_count(tx: Transaction, shop: str, site: str) -> int:
    """How many records a site has."""
    row = tx.row("availability_count", shop=shop, site=site)
    return int(row[0]) if row is not None else 0


def lock_stock(tx: Transaction, shop: str, site: str, product_ids: Iterable[str]) -> list[LockedStock]:
    """What these products of a site have on hand, locked in the order of their ids; what has no record is absent."""
    return [LockedStock(*row) for row in tx.rows("lock_availabilities", shop=shop, site=site, keys=keys(product_ids))]


def insert_stock(tx: Transaction, write: StockWrite) -> None:
    """Write a record that is not there yet: of two that do, the later fails and is run again."""
    tx.run("insert_availability", **write)


def update_stock(tx: Transaction, write: StockWrite) -> None:
    """Write a record that is there, whatever it was; its version counts up, as with every change below."""
    tx.run("update_availability", **write)


def delete_stock(tx: Transaction, key: StockKey) -> None:
    """Delete a record."""
    tx.run("delete_availability", **key)


def take_stock(tx: Transaction, taken: Sequence[StockChange]) -> int:
    """Take these quantities from what is on hand; from how many records, those that have less being left alone."""
    return tx.run_many("take_stock", taken)


def return_stock(tx: Transaction, returned: StockChange) -> int:
    """Put a quantity back; how many records there were to put it to. One below zero is taken."""
    return tx.run("return_stock", **returned)


def insert_movements(tx: Transaction, movements: Sequence[StockMovement]) -> None:
    """Write down how stock moved."""
    tx.run_many("insert_stock_movement", movements)
