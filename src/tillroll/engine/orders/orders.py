"""Orders after the checkout: found and listed. How they change is in `orders.status`."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec
from msgspec import Struct

from tillroll.domain.orders.order import Order, first_status, next_statuses
from tillroll.engine.access.access import SERVICE, Caller
from tillroll.store import Row, Transaction
from tillroll.store.queries import keys

_ORDER = msgspec.json.Decoder(Order, float_hook=Decimal)


class StoredOrder(Struct, frozen=True):
    """An order's row; `document` is the JSON text of its `Order`, times are microseconds UTC.

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
        """Who has bought, in the words of `Caller.owner`."""
        return f"customer:{self.customer_id}" if self.customer_id else f"session:{self.session_id}"


class OrderFilter(Struct, frozen=True):
    """Which orders of a shop are listed; None means all. A buyer's are not filtered any further."""

    status: str | None = None
    site: str | None = None
    customer_id: str | None = None
    session_id: str | None = None
    legal_entity_id: str | None = None


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
    return _visible(tx.row("sales_order", shop=caller.shop, id=id), caller)


def lock(tx: Transaction, shop: str, ids: Iterable[str]) -> dict[str, StoredOrder]:
    """Those of these orders that exist, by id, locked in one sorted order until the end of the transaction."""
    return {row[0]: StoredOrder(*row) for row in tx.rows("lock_sales_orders", shop=shop, keys=keys(ids))}


def _visible(row: Row | None, caller: Caller) -> StoredOrder | None:
    stored = StoredOrder(*row) if row is not None else None
    return stored if stored is not None and belongs_to(stored, caller) else None


def own(caller: Caller) -> OrderFilter:
    """A shopper's own orders: a customer's, or those that a guest has placed in this session."""
    if caller.customer_id is not None:
        return OrderFilter(customer_id=caller.customer_id)
    return OrderFilter(session_id=caller.session_id or "")


def page(tx: Transaction, shop: str, wanted: OrderFilter, rows: range) -> list[StoredOrder]:
    """The orders in these places, newest first."""
    suffix, parameters = _query(wanted)
    found = tx.rows("sales_orders" + suffix, shop=shop, limit=len(rows), offset=rows.start, **parameters)
    return [StoredOrder(*row) for row in found]


def count(tx: Transaction, shop: str, wanted: OrderFilter) -> int:
    """How many orders there are."""
    suffix, parameters = _query(wanted)
    row = tx.row("sales_order_count" + suffix, shop=shop, **parameters)
    return int(row[0]) if row is not None else 0


def _query(wanted: OrderFilter) -> tuple[str, dict[str, str]]:
    """The end of the name of the query that finds these orders, and its parameters."""
    if wanted.customer_id is not None:
        return "_of_customer", {"owner": wanted.customer_id}
    if wanted.legal_entity_id is not None:
        return "_of_legal_entity", {"owner": wanted.legal_entity_id}
    if wanted.session_id is not None:
        return "_of_session", {"owner": wanted.session_id}
    return "", {"status": wanted.status or "", "site": wanted.site or ""}


def history(tx: Transaction, shop: str, stored: StoredOrder) -> list[Transition]:
    """Every status that the order has had, the one it was born with first."""
    order = stored.order()
    born = Transition(order.born or first_status(order.payment), stored.created_at)
    rows = tx.rows("order_transitions", shop=shop, order_id=stored.id)
    return [born, *(Transition(status, changed_at) for _position, status, _comment, changed_at in rows)]


def possible(stored: StoredOrder, caller: Caller) -> tuple[str, ...]:
    """The statuses that the caller may give the order now."""
    by_customer = caller.kind != SERVICE
    return next_statuses(stored.status, by_customer=by_customer, is_shipped=bool(stored.order().shipments))
