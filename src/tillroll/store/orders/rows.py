"""Rows of orders: the orders, the statuses that they have had, and the sequences that number them.

Documents are JSON texts, times are microseconds UTC.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TypedDict

import msgspec
from msgspec import Struct

from tillroll.domain.orders.order import Order
from tillroll.store import Transaction
from tillroll.store.queries import keys

_ORDER = msgspec.json.Decoder(Order, float_hook=Decimal)


class StoredOrder(Struct, frozen=True):
    """An order's row; `document` is the JSON text of its `Order`.

    `checkout` is 1 for the order that a cart became, 0 for one that somebody wrote down.
    """

    id: str
    cart_id: str | None
    status: str
    customer_id: str | None
    session_id: str | None
    checkout: int
    version: int
    document: str
    created_at: int
    modified_at: int

    def order(self) -> Order:
        """The order itself, decoded anew with every call."""
        return _ORDER.decode(self.document)

    @property
    def owner(self) -> str:
        """Who has bought: a customer, or the session of a guest."""
        return f"customer:{self.customer_id}" if self.customer_id else f"session:{self.session_id}"


class OrderFilter(Struct, frozen=True):
    """Which orders of a shop are listed; None means all. A buyer's are not filtered any further."""

    status: str | None = None
    site: str | None = None
    customer_id: str | None = None
    session_id: str | None = None
    legal_entity_id: str | None = None


class StoredTransition(Struct, frozen=True):
    """A status that an order came to, and when."""

    position: int
    status: str
    comment: str
    changed_at: int


class Refusals(Struct, frozen=True):
    """Checkouts of a day that were refused for a reason, to be added to one of the rows of their count."""

    shop: str
    day: int
    reason: str
    stripe: int
    checkouts: int


class RefusedCheckouts(Struct, frozen=True):
    """How many checkouts were refused for a reason; for any where it is empty."""

    reason: str
    checkouts: int


class OrderRow(TypedDict):
    """An order to be written; `checkout` as in `StoredOrder`."""

    shop: str
    number: int
    id: str
    cart_id: str | None
    quote_id: str | None
    checkout: int
    status: str
    customer_id: str | None
    session_id: str | None
    site: str
    currency: str
    total_minor: int
    legal_entity_id: str | None
    document: str
    now: int


class OrderUpdate(TypedDict):
    """An order to be replaced; its status stays, and when that changed."""

    shop: str
    id: str
    customer_id: str | None
    session_id: str | None
    total_minor: int
    document: str


class OrderStatus(TypedDict):
    """The status that an order comes to."""

    shop: str
    id: str
    status: str
    now: int


class Numbering(TypedDict):
    """So many numbers of a sequence, which starts at `first`; below zero they are given back."""

    shop: str
    name: str
    first: int
    count: int


def stored_order(tx: Transaction, shop: str, id: str) -> StoredOrder | None:
    """One order."""
    row = tx.row("sales_order", shop=shop, id=id)
    return StoredOrder(*row) if row is not None else None


def lock_orders(tx: Transaction, shop: str, ids: Iterable[str]) -> list[StoredOrder]:
    """Those of these orders that exist, locked in the order of their ids."""
    return [StoredOrder(*row) for row in tx.rows("lock_sales_orders", shop=shop, keys=keys(ids))]


def orders_page(tx: Transaction, shop: str, wanted: OrderFilter, places: range) -> list[StoredOrder]:
    """The orders in these places, newest first."""
    window = {"shop": shop, "limit": len(places), "offset": places.start}
    if wanted.customer_id is not None:
        found = tx.rows("sales_orders_of_customer", owner=wanted.customer_id, **window)
    elif wanted.legal_entity_id is not None:
        found = tx.rows("sales_orders_of_legal_entity", owner=wanted.legal_entity_id, **window)
    elif wanted.session_id is not None:
        found = tx.rows("sales_orders_of_session", owner=wanted.session_id, **window)
    else:
        found = tx.rows("sales_orders", status=wanted.status or "", site=wanted.site or "", **window)
    return [StoredOrder(*row) for row in found]


def order_count(tx: Transaction, shop: str, wanted: OrderFilter) -> int:
    """How many orders there are."""
    if wanted.customer_id is not None:
        row = tx.row("sales_order_count_of_customer", shop=shop, owner=wanted.customer_id)
    elif wanted.legal_entity_id is not None:
        row = tx.row("sales_order_count_of_legal_entity", shop=shop, owner=wanted.legal_entity_id)
    elif wanted.session_id is not None:
        row = tx.row("sales_order_count_of_session", shop=shop, owner=wanted.session_id)
    else:
        row = tx.row("sales_order_count", shop=shop, status=wanted.status or "", site=wanted.site or "")
    return int(row[0]) if row is not None else 0


def order_of_cart(tx: Transaction, shop: str, cart_id: str) -> str | None:
    """The id of the order that a cart has become."""
    row = tx.row("checkout_order_of_cart", shop=shop, cart_id=cart_id)
    return row[0] if row is not None else None


def taken_ids(tx: Transaction, shop: str, ids: Iterable[str]) -> set[str]:
    """Those of these ids that orders have, deleted ones included."""
    return {id for (id,) in tx.rows("sales_order_ids", shop=shop, keys=keys(ids))}


def insert_orders(tx: Transaction, orders: Sequence[OrderRow]) -> None:
    """Write orders, in their first version."""
    tx.run_many("insert_sales_order", orders)


def update_order(tx: Transaction, changed: OrderUpdate) -> None:
    """Replace an order; its version counts up."""
    tx.run("update_sales_order", **changed)


def update_order_status(tx: Transaction, changed: OrderStatus) -> None:
    """Let an order come to a status; its version counts up."""
    tx.run("update_sales_order_status", **changed)


def hold_orders(tx: Transaction, shop: str, ids: Iterable[str]) -> None:
    """Let orders wait for the first money that is held for them."""
    tx.run_many("hold_sales_orders", [{"shop": shop, "id": id} for id in ids])


def awaits_payment(tx: Transaction, shop: str, id: str) -> bool:
    """Whether an order waits for the first money that is held for it."""
    row = tx.row("sales_order_awaits", shop=shop, id=id)
    return row is not None and bool(row[0])


def place_held_order(tx: Transaction, shop: str, id: str) -> bool:
    """Let an order wait no longer; False for one that did not wait."""
    return tx.run("place_held_sales_order", shop=shop, id=id) > 0


def withdraw_order(tx: Transaction, shop: str, id: str, now: int) -> bool:
    """Take an order back that waits for its money: nobody sees it, and what it was made of can be bought again."""
    return tx.run("withdraw_sales_order", shop=shop, id=id, now=now) > 0


def delete_order(tx: Transaction, shop: str, id: str) -> bool:
    """Mark an order as deleted; False where there is none."""
    return tx.run("delete_sales_order", shop=shop, id=id) > 0


def insert_transition(tx: Transaction, shop: str, order_id: str, transition: StoredTransition) -> None:
    """Write down that an order has come to a status."""
    tx.run(
        "insert_order_transition",
        shop=shop,
        order_id=order_id,
        position=transition.position,
        status=transition.status,
        comment=transition.comment,
        now=transition.changed_at,
    )


def transitions(tx: Transaction, shop: str, order_id: str) -> list[StoredTransition]:
    """The statuses that an order has come to, in order."""
    return [StoredTransition(*row) for row in tx.rows("order_transitions", shop=shop, order_id=order_id)]


def take_numbers(tx: Transaction, taken: Numbering) -> int:
    """Count a sequence up, or down where numbers are given back; the number after the last that is taken now.

    The sequence's row stays locked until the end of the transaction: it is the last that a use case locks.
    """
    row = tx.row("take_numbers", **taken)
    assert row is not None
    return int(row[0])


def next_number(tx: Transaction, shop: str, name: str) -> int | None:
    """The number that a sequence gives next; None where it has given none yet."""
    row = tx.row("sequence_next", shop=shop, name=name)
    return int(row[0]) if row is not None else None


def add_refusals(tx: Transaction, refusals: Sequence[Refusals]) -> None:
    """Add to counts, which come in sorted order."""
    tx.run_many("add_refused_checkouts", refusals)


def refused_checkouts(tx: Transaction, shop: str, first: int, last: int) -> list[RefusedCheckouts]:
    """Why checkouts were refused in these days, the commonest first."""
    return [RefusedCheckouts(*row) for row in tx.rows("refused_checkouts", shop=shop, first=first, last=last)]
