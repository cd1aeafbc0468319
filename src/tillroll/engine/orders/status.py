"""Orders move from status to status, and a declined one gives back what it took.

    lock all orders ─► judge each ─► lock what they give back ─► coupons, stock, windows ─► statuses and transitions

All changes of one commit are one piece of work: what they give back is locked together, in the order that checkouts
lock it in, too (`engine.locks`), so that a crowd of both never waits in a ring. Whoever changes
an order holds its row's lock, so of two that decline it one wins, and the other is told that it is declined already.
"""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from tillroll.domain.events.events import Note
from tillroll.domain.money import from_thousandths
from tillroll.domain.orders.order import DECLINED, Order, Verdict, judge_transition
from tillroll.engine.access.access import SERVICE, Caller
from tillroll.engine.coupons import redemptions
from tillroll.engine.coupons.coupons import redemption_id
from tillroll.engine.delivery import delivery
from tillroll.engine.guards import expect
from tillroll.engine.ledger import ledger
from tillroll.engine.locks import Locks, Plan, lock_payments
from tillroll.engine.orders import orders
from tillroll.engine.orders.told import OrderTold, tell_changed
from tillroll.engine.outbox.outbox import audience
from tillroll.engine.payments import wishes
from tillroll.engine.stock.told import tell_moved
from tillroll.store import Transaction
from tillroll.store.orders import rows as stored_orders
from tillroll.store.orders.rows import StoredOrder, StoredTransition
from tillroll.store.stock.rows import LockedStock, StockMovement, insert_movements, return_stock

STATUS_CHANGED = "order_status_changed"
RETURN = "return"  # the cause of the stock movements of a declined order

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class StatusChange(Struct, frozen=True):
    """A wish to change an order's status: whose, which order, to what, and when (microseconds UTC)."""

    caller: Caller
    order_id: str
    status: str
    now: int


class JudgedChange(Struct, frozen=True):
    """An order as it was before a change, and what became of the change."""

    before: StoredOrder
    verdict: Verdict


class _Allowed(Struct):
    """A change that will be made, and what the order gives back with it."""

    change: StatusChange
    stored: StoredOrder
    order: Order
    coupons: list[str] = []
    stock: list[tuple[str, int]] = []
    window: str | None = None


def change_statuses(tx: Transaction, changes: Sequence[StatusChange]) -> list[JudgedChange | None]:
    """Move orders to other statuses, where that is allowed; None for each that its caller has no such order of.

    A declined order gives back the stock that it took, where that is still counted, its coupon redemptions, and its
    place in a delivery window.
    """
    by_shop: dict[str, list[int]] = {}
    for position, change in enumerate(changes):
        by_shop.setdefault(change.caller.shop, []).append(position)
    judged: dict[int, JudgedChange | None] = {}
    for shop in sorted(by_shop):
        positions = by_shop[shop]
        found = _change_in_shop(tx, shop, [changes[position] for position in positions])
        judged.update(zip(positions, found, strict=True))
    return [judged[position] for position in range(len(changes))]


def _change_in_shop(tx: Transaction, shop: str, changes: Sequence[StatusChange]) -> list[JudgedChange | None]:
    leaving = sorted({change.order_id for change in changes if change.status == DECLINED})
    paid = {id: lock_payments(tx, shop, id) for id in leaving}  # attempts are locked before orders
    locks = Locks(tx, shop)
    known = locks.take(Plan(orders={change.order_id for change in changes})).orders
    judged: list[JudgedChange | None] = []
    allowed: list[_Allowed] = []
    for change in changes:
        stored = known.get(change.order_id)
        if stored is None or not orders.belongs_to(stored, change.caller):
            judged.append(None)
            continue
        order = stored.order()
        verdict = judge_transition(
            stored.status,
            change.status,
            by_customer=change.caller.kind != SERVICE,
            is_shipped=bool(order.shipments),
        )
        judged.append(JudgedChange(stored, verdict))
        if verdict is Verdict.ALLOWED:
            allowed.append(_Allowed(change, stored, order))
            moved = {"status": change.status, "version": stored.version + 1, "modified_at": change.now}
            known[stored.id] = msgspec.structs.replace(stored, **moved)
    declined = [one for one in allowed if one.change.status == DECLINED]
    held = locks.take(_given_back(declined))
    _return_coupons(tx, shop, declined)
    _return_stock(tx, shop, declined, held.stock)
    _return_places(tx, shop, declined)
    for one in declined:
        wishes.let_go(tx, paid[one.stored.id], one.change.now)
    for one in allowed:
        _write(tx, shop, one)
    return judged


def take_back(tx: Transaction, locks: Locks, stored: StoredOrder, change: StatusChange) -> None:
    """Give back what a locked order has taken, as if it were declined; its status stays."""
    shop, one = change.caller.shop, _Allowed(change, stored, stored.order())
    held = locks.take(_given_back([one]))
    _return_coupons(tx, shop, [one])
    _return_stock(tx, shop, [one], held.stock)
    _return_places(tx, shop, [one])


def _given_back(declined: Sequence[_Allowed]) -> Plan:
    """What declined orders give back."""
    return Plan(
        coupons={code for one in declined for code in _redeemed(one.order)},
        stock={
            (one.order.site, product_id) for one in declined for product_id, quantity in one.order.stock if quantity
        },
        windows={one.order.delivery.window_id: None for one in declined if one.order.delivery is not None},
    )


def _redeemed(order: Order) -> list[str]:
    """The shop's own coupons that an order has redeemed."""
    return [discount.id for discount in order.discounts if discount.origin == "INTERNAL"]


def _write(tx: Transaction, shop: str, one: _Allowed) -> None:
    change, stored = one.change, one.stored
    stored_orders.update_order_status(tx, {"shop": shop, "id": stored.id, "status": change.status, "now": change.now})
    # The position is the version that the order becomes: it counts up under the row's lock.
    transition = StoredTransition(stored.version + 1, change.status, "", change.now)
    stored_orders.insert_transition(tx, shop, stored.id, transition)
    facts = {
        "from": stored.status,
        "to": change.status,
        "by": change.caller.kind,
        "stock": [(product_id, from_thousandths(quantity)) for product_id, quantity in one.stock],
        "coupons": one.coupons,
    } | ({"window": one.window} if one.window is not None else {})
    note = Note(
        shop=shop,
        dialect=change.caller.dialect,
        kind=STATUS_CHANGED,
        subject=stored.id,
        visitor=stored.owner,
        happened_at=change.now,
        received_at=change.now,
        document=_ENCODER.encode(facts).decode(),
    )
    ledger.note(tx, [note])
    tell_changed(tx, shop, lambda: OrderTold(stored.id, change.status, one.order, change.now))


def _return_coupons(tx: Transaction, shop: str, declined: Sequence[_Allowed]) -> None:
    """Take back the orders' redemptions, so that a coupon's count stays the number of its redemptions."""
    redeemed = sorted((code, position) for position, one in enumerate(declined) for code in _redeemed(one.order))
    for code, position in redeemed:
        one = declined[position]
        if redemptions.give_back(tx, shop, (code, redemption_id(one.stored.id, code)), one.change.now):
            one.coupons = [*one.coupons, code]


def _return_stock(
    tx: Transaction, shop: str, declined: Sequence[_Allowed], counted: Mapping[tuple[str, str], LockedStock]
) -> None:
    """Put back what the orders took, with a movement for each; a record that is gone gets nothing back."""
    moved: list[StockMovement] = []
    for one in declined:
        for product_id, quantity in sorted(one.order.stock):
            if not quantity or (one.order.site, product_id) not in counted:
                continue
            movement: StockMovement = {
                "shop": shop,
                "site": one.order.site,
                "product_id": product_id,
                "quantity": quantity,
                "now": one.change.now,
                "cause": RETURN,
                "subject": one.stored.id,
            }
            expect(1, return_stock(tx, movement), "the stock that an order gives back is gone")
            insert_movements(tx, [movement])
            moved.append(movement)
            one.stock = [*one.stock, (product_id, quantity)]
    if moved:
        tell_moved(tx, audience(tx, shop), moved)


def _return_places(tx: Transaction, shop: str, declined: Sequence[_Allowed]) -> None:
    """Give back the places that the orders have booked in delivery windows."""
    booked = [(one, one.order.delivery.window_id) for one in declined if one.order.delivery is not None]
    if not booked:
        return
    delivery.give_back(tx, shop, [(window, one.stored.id) for one, window in booked], booked[0][0].change.now)
    for one, window in booked:
        one.window = window
