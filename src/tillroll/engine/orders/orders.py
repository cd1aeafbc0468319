"""Orders after the checkout: found and listed. How they change is in `orders.status`."""

from collections.abc import Iterable

from msgspec import Struct

from tillroll.domain.orders.order import first_status, next_statuses
from tillroll.domain.rejections import Reason, Rejection
from tillroll.engine.access.access import SERVICE, Caller
from tillroll.engine.locks import Locks, Plan
from tillroll.store import Transaction
from tillroll.store.orders import rows as stored_orders
from tillroll.store.orders.rows import OrderFilter, StoredOrder


class Transition(Struct, frozen=True):
    """A status that an order has had, and since when (microseconds UTC)."""

    status: str
    changed_at: int


def belongs_to(stored: StoredOrder, caller: Caller) -> bool:
    """Whether a caller may see this order: it is a shopper's own, and every back office's.

    What a customer has bought is not shown to a guest, not even in the very session of the login.
    """
    if caller.kind == SERVICE:
        return True
    if caller.customer_id is not None or stored.customer_id is not None:
        return stored.customer_id == caller.customer_id
    return stored.session_id is not None and stored.session_id == caller.session_id


def find(tx: Transaction, caller: Caller, id: str) -> StoredOrder | None:
    """An order that the caller may see."""
    stored = stored_orders.stored_order(tx, caller.shop, id)
    return stored if stored is not None and belongs_to(stored, caller) else None


def lock(tx: Transaction, shop: str, ids: Iterable[str]) -> dict[str, StoredOrder]:
    """Those of these orders that exist, by id, locked in one sorted order until the end of the transaction."""
    return Locks(tx, shop).take(Plan(orders=set(ids))).orders


def id_of_cart(tx: Transaction, shop: str, cart_id: str) -> str | None:
    """The id of the order that a cart has become in a checkout."""
    return stored_orders.order_of_cart(tx, shop, cart_id)


def own(caller: Caller) -> OrderFilter:
    """A shopper's own orders: a customer's, or those that a guest has placed in this session."""
    if caller.customer_id is not None:
        return OrderFilter(customer_id=caller.customer_id)
    return OrderFilter(session_id=caller.session_id or "")


def page(tx: Transaction, shop: str, wanted: OrderFilter, rows: range) -> list[StoredOrder]:
    """The orders in these places, newest first."""
    return stored_orders.orders_page(tx, shop, wanted, rows)


def count(tx: Transaction, shop: str, wanted: OrderFilter) -> int:
    """How many orders there are."""
    return stored_orders.order_count(tx, shop, wanted)


def history(tx: Transaction, shop: str, stored: StoredOrder) -> list[Transition]:
    """Every status that the order has had, the one it was born with first."""
    order = stored.order()
    born = Transition(order.born or first_status(order.payment), stored.created_at)
    later = stored_orders.transitions(tx, shop, stored.id)
    return [born, *(Transition(one.status, one.changed_at) for one in later)]


def possible(stored: StoredOrder, caller: Caller) -> tuple[str, ...]:
    """The statuses that the caller may give the order now."""
    by_customer = caller.kind != SERVICE
    return next_statuses(stored.status, by_customer=by_customer, is_shipped=bool(stored.order().shipments))


def needs_shipments() -> Rejection:
    """Why an order can not be SHIPPED."""
    message = "the order has no shipments, which it needs to become SHIPPED"
    return Rejection(Reason.VALUE_MISSING, "shipments", message)
