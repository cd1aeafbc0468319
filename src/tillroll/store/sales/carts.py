"""Rows of carts: those that visitors have and had, and the sums of what was added and taken away."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.queries import keys

# A cart of dozens of lines: together with the limit of carts it bounds what a report reads.
DOCUMENT_CHARACTERS_MAX = 8_000


class OpenCart(Struct, frozen=True):
    """The cart that a visitor has now; the day is 0 while nothing was put into it."""

    node: str
    opened_day: int
    document: str


class FollowedCart(Struct, frozen=True, kw_only=True):
    """A cart of a visitor; `closed` is the position of the event that ended it, 0 where none has."""

    node: str
    closed: int
    dialect: str
    currency: str
    opened_day: int
    changed_at: int
    bought_at: int
    worth_minor: int
    document: str


class LeftCart(Struct, frozen=True):
    """A cart that nobody has changed for long: whose it is, what is in it and when it was changed last."""

    node: str
    dialect: str
    currency: str
    worth_minor: int
    changed_at: int
    document: str


class CartSum(Struct, frozen=True):
    """What is to be added to a day, of a product, or of all (`is_whole`)."""

    dialect: str
    currency: str
    is_whole: int
    day: int
    product: str
    added: int
    removed: int
    added_minor: int
    removed_minor: int
    carts: int = 0


class CartPeriod(Struct, frozen=True):
    """Days of a shop, in one dialect's words and one currency."""

    shop: str
    dialect: str
    currency: str
    first: int
    last: int


class CartDay(Struct, frozen=True):
    """What was added and taken away on a day, and in how many carts."""

    day: int
    added_minor: int
    removed_minor: int
    carts: int


class CartProduct(Struct, frozen=True):
    """How much of a product was added and taken away, in thousandths and in minor units."""

    product: str
    added: int
    removed: int
    added_minor: int
    removed_minor: int


class CartCurrency(Struct, frozen=True):
    """In how many carts of a day there was a currency."""

    currency: str
    carts: int


class CartFunnel(Struct, frozen=True):
    """What became of the carts that were begun in some days."""

    carts: int
    checkouts: int
    orders: int
    abandoned: int
    abandoned_minor: int


def open_carts(tx: Transaction, shop: str, nodes: Iterable[str]) -> list[OpenCart]:
    """The carts that these visitors have."""
    return [OpenCart(*row) for row in tx.rows("followed_carts", shop=shop, keys=keys(nodes))]


def store(tx: Transaction, shop: str, rows: Sequence[FollowedCart]) -> None:
    """Keep carts as they are."""
    tx.run_many("store_followed_cart", [msgspec.structs.asdict(row) | {"shop": shop} for row in rows])


def note_carts(tx: Transaction, shop: str, seen: Mapping[tuple[str, str, int], Iterable[str]]) -> list[CartSum]:
    """Note which carts were changed in a dialect, a currency and on a day; how many of them are new there."""
    found = []
    for (dialect, currency, day), nodes in sorted(seen.items()):
        shared = {"shop": shop, "dialect": dialect, "currency": currency, "day": day}
        new = tx.run_many("insert_cart_day", [{**shared, "node": node} for node in sorted(nodes)])
        found.append(CartSum(dialect, currency, 1, day, "", 0, 0, 0, 0, new))
    return found


def add_to_sums(tx: Transaction, shop: str, rows: Sequence[CartSum]) -> None:
    """Add to the sums, which come in sorted order."""
    tx.run_many("add_to_cart_sums", [msgspec.structs.asdict(row) | {"shop": shop} for row in rows])


def days(tx: Transaction, period: CartPeriod) -> list[CartDay]:
    """The days on which anything was added or taken away."""
    return [CartDay(*row) for row in tx.rows("cart_days", **msgspec.structs.asdict(period))]


def products(tx: Transaction, period: CartPeriod, limit: int, *, by_removed: bool = False) -> list[CartProduct]:
    """The products that were added most, or taken away most."""
    asked = msgspec.structs.asdict(period) | {"removed": int(by_removed), "limit": limit}
    return [CartProduct(*row) for row in tx.rows("cart_products", **asked)]


def currencies(tx: Transaction, period: CartPeriod) -> list[CartCurrency]:
    """The currencies of these days' carts, the commonest first, whatever the period's own is."""
    asked = msgspec.structs.asdict(period)
    del asked["currency"]
    return [CartCurrency(*row) for row in tx.rows("cart_currencies", **asked)]


def funnel(tx: Transaction, period: CartPeriod, before: int) -> CartFunnel:
    """What became of the carts that were begun in these days; abandoned is what nobody has changed since `before`."""
    (row,) = tx.rows("cart_funnel", **msgspec.structs.asdict(period), before=before)
    return CartFunnel(*row)


def abandoned(tx: Transaction, period: CartPeriod, before: int, limit: int) -> list[str]:
    """The latest of these carts, as documents; those with more lines than anybody needs are passed over."""
    asked = msgspec.structs.asdict(period) | {"before": before, "limit": limit, "characters": DOCUMENT_CHARACTERS_MAX}
    return [str(document) for (document,) in tx.rows("abandoned_carts", **asked)]


def left(tx: Transaction, shop: str, changed: tuple[int, int], limit: int) -> list[LeftCart]:
    """Carts that were changed last between two times, and that nobody was told of."""
    since, before = changed
    return [LeftCart(*row) for row in tx.rows("carts_left", shop=shop, since=since, before=before, limit=limit)]


def claim_told(tx: Transaction, shop: str, cart: LeftCart) -> bool:
    """Note that endpoints are told of a cart as it is; False where somebody else has."""
    return tx.run("claim_told_cart", shop=shop, node=cart.node, changed_at=cart.changed_at) > 0
