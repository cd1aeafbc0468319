"""Row locks: the one order in which they are taken, and the one module that takes them.

    payments ─► quotes ─► carts ─► orders ─► coupons ─► stock, site by site ─► windows           each sorted by its key

Whoever locks in this order queues up behind a rival; two that locked in two orders would wait for each other in a ring.
A use case says what it needs as a plan. Where it knows what it needs only once it has read what it has locked, it takes
its plan in steps, and each step goes on where the one before ended. All that share a commit are one plan.

On SQLite there is one writer at a time, and nothing to lock.
"""

from collections.abc import Collection, Mapping

from msgspec import Struct

from tillroll.domain.payments.attempt import PaymentAttempt
from tillroll.store import Transaction
from tillroll.store.cart.rows import CartRow, lock_carts
from tillroll.store.coupons.rows import CountedCoupon, lock_coupons
from tillroll.store.delivery.rows import NewCounter, booked, lock_counters, open_counters
from tillroll.store.orders.rows import StoredOrder, lock_orders
from tillroll.store.payments.rows import lock_attempt, lock_attempts_of_order
from tillroll.store.quotes.rows import QuoteRow, lock_quotes
from tillroll.store.stock.rows import LockedStock, lock_stock


def lock_payment(tx: Transaction, shop: str, id: str) -> PaymentAttempt | None:
    """One attempt to pay, locked: before anything else."""
    return lock_attempt(tx, shop, id)


def lock_payments(tx: Transaction, shop: str, order_id: str) -> list[PaymentAttempt]:
    """All attempts to pay an order, locked: before anything else."""
    return lock_attempts_of_order(tx, shop, order_id)


class Plan(Struct, frozen=True):
    """The rows of one shop that a use case needs, by kind, the kinds in the order in which they are locked.

    Stock is named by site and product, a window by its id: with the counter to be opened where it may have none yet.
    """

    quotes: Collection[str] = ()
    carts: Collection[str] = ()
    orders: Collection[str] = ()
    coupons: Collection[str] = ()
    stock: Collection[tuple[str, str]] = ()
    windows: Mapping[str, NewCounter | None] = {}


class LockedRows(Struct, frozen=True):
    """What was found of a plan, locked until the end of the transaction; what is not there is absent.

    Coupons that are deleted are not there. Of a window it is the number of places that are booked.
    """

    quotes: list[QuoteRow]
    carts: list[CartRow]
    orders: dict[str, StoredOrder]
    coupons: dict[str, CountedCoupon]
    stock: dict[tuple[str, str], LockedStock]
    windows: dict[str, int]


class Locks:
    """The locks that one use case takes in one shop, step by step."""

    __slots__ = ("_last", "_shop", "_tx")

    def __init__(self, tx: Transaction, shop: str) -> None:
        self._tx = tx
        self._shop = shop
        self._last = -1

    def take(self, plan: Plan) -> LockedRows:
        """Lock what the plan needs, one query for each kind and site; raises AssertionError for a step back."""
        self._go_on(plan)
        tx, shop = self._tx, self._shop
        return LockedRows(  # in this order
            quotes=lock_quotes(tx, shop, plan.quotes) if plan.quotes else [],
            carts=lock_carts(tx, shop, plan.carts) if plan.carts else [],
            orders={order.id: order for order in lock_orders(tx, shop, plan.orders)} if plan.orders else {},
            coupons={coupon.code: coupon for coupon in lock_coupons(tx, shop, plan.coupons)} if plan.coupons else {},
            stock=_lock_stock(tx, shop, plan.stock) if plan.stock else {},
            windows=_lock_windows(tx, shop, plan.windows) if plan.windows else {},
        )

    def _go_on(self, plan: Plan) -> None:
        for place, kind in enumerate(Plan.__struct_fields__):
            if getattr(plan, kind):
                if place <= self._last:
                    last = Plan.__struct_fields__[self._last]
                    raise AssertionError(f"{kind} can not be locked after {last} in the order of locks")
                self._last = place


def _lock_stock(tx: Transaction, shop: str, places: Collection[tuple[str, str]]) -> dict[tuple[str, str], LockedStock]:
    by_site: dict[str, set[str]] = {}
    for site, product_id in places:
        by_site.setdefault(site, set()).add(product_id)
    return {
        (site, record.product_id): record
        for site in sorted(by_site)
        for record in lock_stock(tx, shop, site, by_site[site])
    }


def _lock_windows(tx: Transaction, shop: str, windows: Mapping[str, NewCounter | None]) -> dict[str, int]:
    new = {id: counter for id, counter in windows.items() if counter is not None}
    if new:
        known = booked(tx, shop, new)
        open_counters(tx, [new[id] for id in sorted(new) if id not in known])
    return lock_counters(tx, shop, windows)
