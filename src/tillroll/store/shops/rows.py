"""Rows of the shops themselves."""

from msgspec import Struct

from tillroll.store import Transaction


class ShopRow(Struct, frozen=True):
    """A shop, its currency and since when it is there."""

    id: str
    currency: str
    created_at: int


class RemovedShop(Struct, frozen=True):
    """A shop that was removed, and when."""

    id: str
    currency: str
    created_at: int
    removed_at: int


class ShopHoldings(Struct, frozen=True):
    """How much there is of a shop."""

    orders: int
    open_carts: int
    unbought_quotes: int
    customers: int
    events: int
    live_keys: int
    members: int


def insert_shop(tx: Transaction, id: str, *, currency: str, now: int) -> bool:
    """Add a shop that has set nothing; False where there is one of this name."""
    return bool(tx.run("insert_shop", id=id, currency=currency, settings="{}", now=now))


def shops(tx: Transaction) -> list[ShopRow]:
    """All shops but the removed ones, by name."""
    return [ShopRow(*row) for row in tx.rows("shops")]


def removed_shops(tx: Transaction) -> list[RemovedShop]:
    """The shops that were removed, by name."""
    return [RemovedShop(*row) for row in tx.rows("removed_shops")]


def holdings(tx: Transaction, shop: str) -> ShopHoldings:
    """How much there is of a shop."""
    return ShopHoldings(*tx.rows("holdings_of_shop", shop=shop)[0])


def remove(tx: Transaction, shop: str, now: int) -> bool:
    """Remove a shop, of which everything stays; False where there is none."""
    return bool(tx.run("remove_shop", shop=shop, now=now))


def settings(tx: Transaction, shop: str) -> str | None:
    """What a shop has set, as JSON; None where there is no such shop."""
    row = tx.row("shop_settings", shop=shop)
    return row[0] if row is not None else None


def store_settings(tx: Transaction, shop: str, document: str) -> None:
    """Set it."""
    tx.run("store_shop_settings", shop=shop, settings=document)


def currency_of(tx: Transaction, shop: str) -> str:
    """The currency of what is told without one."""
    (currency,) = tx.rows("currency_of_shop", shop=shop)[0]
    return str(currency)


def is_any(tx: Transaction) -> bool:
    """Whether there is or ever was a shop."""
    row = tx.row("is_any_shop_there")
    return row is not None and bool(row[0])
