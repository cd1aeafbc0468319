"""Orders move from status to status, and a declined one gives back what it took.

    lock all orders ─► judge each ─► give back coupons, then stock, then windows ─► statuses, transitions, events

All changes of one commit are one piece of work: what they give back is locked together, in the one order that checkouts
lock it in, too (coupons, stock, windows, each sorted), so that a crowd of both never waits in a ring. Whoever changes
an order holds its row's lock, so of two that decline it one wins, and the other is told that it is declined already.
"""

from collections.abc import Iterable, Sequence

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
from tillroll.engine.orders import orders
from tillroll.engine.orders.orders import StoredOrder
from tillroll.store import Transaction
from tillroll.store.queries import keys

DIALECT = "emporix"
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
    known = orders.lock(tx, shop, {change.order_id for change in changes})
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
    _return_coupons(tx, shop, declined)
    _return_stock(tx, shop, declined)
    _return_places(tx, shop, declined)
    for one in allowed:
        _write(tx, shop, one)
    return judged


def _write(tx: Transaction, shop: str, one: _Allowed) -> None:
    change, stored = one.change, one.stored
    tx.run("update_sales_order_status", shop=shop, id=stored.id, status=change.status, now=change.now)
    tx.run(
        "insert_order_transition",
        shop=shop,
        order_id=stored.id,
        position=stored.version + 1,  # the version it becomes: counts up under the row's lock
        status=change.status,
        comment="",
        now=change.now,
    )
    facts = {
        "from": stored.status,
        "to": change.status,
        "by": change.caller.kind,
        "stock": [(product_id, from_thousandths(quantity)) for product_id, quantity in one.stock],
        "coupons": one.coupons,
    } | ({"window": one.window} if one.window is not None else {})
    note = Note(
        shop=shop,
        dialect=DIALECT,
        kind=STATUS_CHANGED,
        subject=stored.id,
        visitor=stored.owner,
        happened_at=change.now,
        received_at=change.now,
        document=_ENCODER.encode(facts).decode(),
    )
    ledger.note(tx, [note])


def _return_coupons(tx: Transaction, shop: str, declined: Sequence[_Allowed]) -> None:
    """Take back the orders' redemptions, so that a coupon's count stays the number of its redemptions."""
    redeemed = sorted(
        (discount.id, position)
        for position, one in enumerate(declined)
        for discount in one.order.discounts
        if discount.origin == "INTERNAL"
    )
    if not redeemed:
        return
    tx.rows("lock_coupons", shop=shop, keys=keys(code for code, _ in redeemed))
    for code, position in redeemed:
        one = declined[position]
        if redemptions.give_back(tx, shop, (code, redemption_id(one.stored.id, code)), one.change.now):
            one.coupons = [*one.coupons, code]


def _return_stock(tx: Transaction, shop: str, declined: Sequence[_Allowed]) -> None:
    """Put back what the orders took, with a movement for each; a record that is gone gets nothing back."""
    counted = _locked_places(tx, shop, declined)
    for one in declined:
        for product_id, quantity in sorted(one.order.stock):
            if not quantity or (one.order.site, product_id) not in counted:
                continue
            place = {"shop": shop, "site": one.order.site, "product_id": product_id, "quantity": quantity}
            expect(1, tx.run("return_stock", now=one.change.now, **place), "the stock that an order gives back is gone")
            tx.run("insert_stock_movement", cause=RETURN, subject=one.stored.id, now=one.change.now, **place)
            one.stock = [*one.stock, (product_id, quantity)]


def _locked_places(tx: Transaction, shop: str, declined: Iterable[_Allowed]) -> set[tuple[str, str]]:
    wanted: dict[str, set[str]] = {}
    for one in declined:
        taken = {product_id for product_id, quantity in one.order.stock if quantity}
        wanted.setdefault(one.order.site, set()).update(taken)
    return {
        (site, row[0])
        for site in sorted(wanted)
        if wanted[site]
        for row in tx.rows("lock_availabilities", shop=shop, site=site, keys=keys(wanted[site]))
    }


def _return_places(tx: Transaction, shop: str, declined: Sequence[_Allowed]) -> None:
    """Give back the places that the orders have booked in delivery windows."""
    booked = [(one, one.order.delivery.window_id) for one in declined if one.order.delivery is not None]
    if not booked:
        return
    delivery.give_back(tx, shop, [(window, one.stored.id) for one, window in booked], booked[0][0].change.now)
    for one, window in booked:
        one.window = window
