"""Rows of carts: those that visitors have and had, and the sums of what was added and taken away."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.queries import keys
from tillroll.store.sales.rows import spans

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
    """What is to be added to a span of days, of a product; or to a day of all of them, whose `span` is 0."""

    dialect: str
    span: int
    currency: str
    day: int
    product: str
    added: int
    removed: int
    added_minor: int
    removed_minor: int
    carts: int = 0


class CartOutcome(Struct, frozen=True):
    """What is to be added to what became of the carts that were begun on a day."""

    dialect: str
    currency: str
    day: int
    carts: int = 0
    checkouts: int = 0
    orders: int = 0
    unbought: int = 0
    unbought_minor: int = 0


class CartOutcomes(Struct, frozen=True):
    """What became of the carts that were begun on some days; what is unbought has something in it."""

    carts: int
    checkouts: int
    orders: int
    unbought: int
    unbought_minor: int


class FreshCarts(Struct, frozen=True):
    """How many carts somebody has changed lately, and what is in them."""

    carts: int
    worth_minor: int


class EndedCart(Struct, frozen=True):
    """A cart that the event at a position has ended; `bought_at` is 0 where nobody has bought it."""

    closed: int
    dialect: str
    currency: str
    opened_day: int
    bought_at: int


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
        found.append(CartSum(dialect, 0, currency, day, "", 0, 0, 0, 0, new))
    return found


def add_to_sums(tx: Transaction, shop: str, rows: Sequence[CartSum]) -> None:
    """Add to the sums, which come in sorted order."""
    tx.run_many("add_to_cart_sums", [msgspec.structs.asdict(row) | {"shop": shop} for row in rows])


def days(tx: Transaction, period: CartPeriod) -> list[CartDay]:
    """The days on which anything was added or taken away."""
    return [CartDay(*row) for row in tx.rows("cart_days", **msgspec.structs.asdict(period))]


def products(tx: Transaction, period: CartPeriod, limit: int, *, by_removed: bool = False) -> list[CartProduct]:
    """The products that were added most, or taken away most."""
    asked = msgspec.structs.asdict(period) | {"spans": spans(period.first, period.last)}
    del asked["first"], asked["last"]
    return [CartProduct(*row) for row in tx.rows("cart_products", removed=int(by_removed), limit=limit, **asked)]


def currencies(tx: Transaction, period: CartPeriod) -> list[CartCurrency]:
    """The currencies of these days' carts, the commonest first, whatever the period's own is."""
    asked = msgspec.structs.asdict(period)
    del asked["currency"]
    return [CartCurrency(*row) for row in tx.rows("cart_currencies", **asked)]


def add_to_outcomes(tx: Transaction, shop: str, rows: Sequence[CartOutcome]) -> None:
    """Add to what became of carts, in sorted order."""
    tx.run_many("add_to_cart_outcomes", [msgspec.structs.asdict(row) | {"shop": shop} for row in rows])


def ended(tx: Transaction, shop: str, positions: Iterable[int]) -> list[EndedCart]:
    """The carts that the events at these positions have ended."""
    return [EndedCart(*row) for row in tx.rows("ended_carts", shop=shop, keys=keys(map(str, positions)))]


def outcomes(tx: Transaction, period: CartPeriod) -> CartOutcomes:
    """What became of the carts that were begun in these days."""
    (row,) = tx.rows("cart_outcomes", **msgspec.structs.asdict(period))
    return CartOutcomes(*row)


def fresh(tx: Transaction, period: CartPeriod, since: int) -> FreshCarts:
    """Of these carts, those with something in them that somebody has changed since a time."""
    (row,) = tx.rows("fresh_carts", **msgspec.structs.asdict(period), since=since)
    return FreshCarts(*row)


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
