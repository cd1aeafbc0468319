"""Orders after the checkout: found, listed, and moved from status to status.

    lock the order ─► judge ─► DECLINED? give stock and coupons back ─► status, transition, event

All in one transaction. Whoever changes an order holds its row's lock, so of two that decline it one wins, and the other
is told that it is declined already.
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from msgspec import Struct

from tillroll.domain.money import from_thousandths
from tillroll.domain.order import DECLINED, Order, Verdict, first_status, judge_transition, next_statuses
from tillroll.engine.access import SERVICE, Caller
from tillroll.engine.coupons import redemption_id
from tillroll.store import Row, Transaction
from tillroll.store.queries import keys

DIALECT = "emporix"
STATUS_CHANGED = "order_status_changed"
RETURN = "return"  # the cause of the stock movements of a declined order

_ORDER = msgspec.json.Decoder(Order, float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


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


class Filter(Struct, frozen=True):
    """Which orders of a shop are listed; None means all. A buyer's are not filtered any further."""

    status: str | None = None
    site: str | None = None
    customer_id: str | None = None
    session_id: str | None = None


class Change(Struct, frozen=True):
    """A wish to change an order's status: whose, which order, to what, and when (microseconds UTC)."""

    caller: Caller
    order_id: str
    status: str
    now: int


class Judged(Struct, frozen=True):
    """An order as it was before a change, and what became of the change."""

    before: StoredOrder
    verdict: Verdict


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


def _visible(row: Row | None, caller: Caller) -> StoredOrder | None:
    stored = StoredOrder(*row) if row is not None else None
    return stored if stored is not None and belongs_to(stored, caller) else None


def own(caller: Caller) -> Filter:
    """A shopper's own orders: a customer's, or those that a guest has placed in this session."""
    if caller.customer_id is not None:
        return Filter(customer_id=caller.customer_id)
    return Filter(session_id=caller.session_id or "")


def page(tx: Transaction, shop: str, wanted: Filter, rows: range) -> list[StoredOrder]:
    """The orders in these places, newest first."""
    suffix, parameters = _query(wanted)
    found = tx.rows("sales_orders" + suffix, shop=shop, limit=len(rows), offset=rows.start, **parameters)
    return [StoredOrder(*row) for row in found]


def count(tx: Transaction, shop: str, wanted: Filter) -> int:
    """How many orders there are."""
    suffix, parameters = _query(wanted)
    row = tx.row("sales_order_count" + suffix, shop=shop, **parameters)
    return int(row[0]) if row is not None else 0


def _query(wanted: Filter) -> tuple[str, dict[str, str]]:
    """The end of the name of the query that finds these orders, and its parameters."""
    if wanted.customer_id is not None:
        return "_of_customer", {"owner": wanted.customer_id}
    if wanted.session_id is not None:
        return "_of_session", {"owner": wanted.session_id}
    return "", {"status": wanted.status or "", "site": wanted.site or ""}


def history(tx: Transaction, shop: str, stored: StoredOrder) -> list[Transition]:
    """Every status that the order has had, the one it was born with first."""
    born = Transition(first_status(stored.order().payment), stored.created_at)
    rows = tx.rows("order_transitions", shop=shop, order_id=stored.id)
    return [born, *(Transition(status, changed_at) for _position, status, _comment, changed_at in rows)]


def possible(stored: StoredOrder, caller: Caller) -> tuple[str, ...]:
    """The statuses that the caller may give the order now."""
    by_customer = caller.kind != SERVICE
    return next_statuses(stored.status, by_customer=by_customer, is_shipped=bool(stored.order().shipments))


def change_status(tx: Transaction, change: Change) -> Judged | None:
    """Move an order to another status, where that is allowed; None where the caller has no such order.

    A declined order gives back the stock that it took, where that is still counted, and its coupon redemptions.
    """
    caller = change.caller
    stored = _visible(tx.row("lock_sales_order", shop=caller.shop, id=change.order_id), caller)
    if stored is None:
        return None
    order = stored.order()
    by_customer = caller.kind != SERVICE
    verdict = judge_transition(stored.status, change.status, by_customer=by_customer, is_shipped=bool(order.shipments))
    if verdict is Verdict.ALLOWED:
        _write(tx, change, stored, order)
    return Judged(stored, verdict)


def _write(tx: Transaction, change: Change, stored: StoredOrder, order: Order) -> None:
    shop, now = change.caller.shop, change.now
    coupons: Sequence[str] = ()
    stock: Sequence[tuple[str, int]] = ()
    if change.status == DECLINED:
        coupons = _return_coupons(tx, change, order)
        stock = _return_stock(tx, change, order)
    tx.run("update_sales_order_status", shop=shop, id=stored.id, status=change.status, now=now)
    tx.run(
        "insert_order_transition",
        shop=shop,
        order_id=stored.id,
        position=stored.version + 1,  # the version it becomes: counts up under the row's lock
        status=change.status,
        comment="",
        now=now,
    )
    facts = {
        "from": stored.status,
        "to": change.status,
        "by": change.caller.kind,
        "stock": [(product_id, from_thousandths(quantity)) for product_id, quantity in stock],
        "coupons": coupons,
    }
    tx.run(
        "insert_event",
        shop=shop,
        dialect=DIALECT,
        kind=STATUS_CHANGED,
        subject=stored.id,
        visitor=stored.owner,
        happened_at=now,
        received_at=now,
        document=_ENCODER.encode(facts).decode(),
    )


def _return_coupons(tx: Transaction, change: Change, order: Order) -> list[str]:
    """Take back the order's redemptions, so that a coupon's count stays the number of its redemptions."""
    shop, returned = change.caller.shop, []
    for code in sorted(discount.id for discount in order.discounts):
        row = tx.row("delete_coupon_redemption", shop=shop, code=code, id=redemption_id(change.order_id, code))
        if row is not None:
            _expect_one(tx.run("return_coupon", shop=shop, code=code, now=change.now))
            _expect_one(tx.run("return_coupon_use", shop=shop, code=code, customer=row[0]))
            returned.append(code)
    return returned


def _return_stock(tx: Transaction, change: Change, order: Order) -> list[tuple[str, int]]:
    """Put back what the order took, with a movement for each; a record that is gone gets nothing back."""
    shop = change.caller.shop
    taken = {product_id: quantity for product_id, quantity in order.stock if quantity}
    if not taken:
        return []
    counted = {row[0] for row in tx.rows("lock_availabilities", shop=shop, site=order.site, keys=keys(taken))}
    returned = [(product_id, taken[product_id]) for product_id in sorted(counted)]
    for product_id, quantity in returned:
        place = {"shop": shop, "site": order.site, "product_id": product_id, "quantity": quantity, "now": change.now}
        _expect_one(tx.run("return_stock", **place))
        tx.run("insert_stock_movement", cause=RETURN, subject=change.order_id, **place)
    return returned


def _expect_one(touched: int) -> None:
    if touched != 1:
        raise AssertionError(f"what a declined order gives back must exist, but {touched} rows do")
