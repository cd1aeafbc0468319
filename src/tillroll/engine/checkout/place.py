"""Placing orders: load, decide, write, for all checkouts that share a commit.

    lock quotes, carts ─► load facts, lock coupons, stock, windows ─► decide each ─► write all that follows from it
                         (in one order: `engine.locks`)

No shop's schema is run here: what it says of a mixin comes with the purchase, or nothing is decided (`Unjudged`).

What is bought is a cart, or a quote in the shape of one: both go the same way. Every write is guarded by the database
itself: stock, coupon limits and delivery windows by conditional updates and CHECKs, one order per cart and per quote by
unique indexes. A guard that strikes after the facts said yes is a fault, and nothing of the group is kept. Of checkouts
that are refused a count is kept, by their reasons.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.checkout.decide import decide, settle
from tillroll.domain.checkout.inputs import Attempt, Decision
from tillroll.domain.events.events import Note
from tillroll.domain.money import from_minor
from tillroll.domain.orders.order import Order
from tillroll.domain.payments.attempt import State
from tillroll.domain.payments.payment import PaymentOutcome
from tillroll.domain.quotes.history import author, notes_of
from tillroll.domain.rejections import Refused
from tillroll.engine.access.access import SERVICE
from tillroll.engine.checkout import load, refusals
from tillroll.engine.checkout.mixins import Question, question_of
from tillroll.engine.checkout.subjects import Purchase, Subject, Subjects, lock
from tillroll.engine.coupons import redemptions
from tillroll.engine.coupons.coupons import redemption_id
from tillroll.engine.coupons.redemptions import NewRedemption
from tillroll.engine.delivery import delivery
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue, View
from tillroll.engine.guards import BrokenGuard, expect
from tillroll.engine.ledger import ledger
from tillroll.engine.locks import Locks
from tillroll.engine.orders import numbers as order_numbers
from tillroll.engine.orders.placed import PlacedOrder, placed_note
from tillroll.engine.orders.told import OrderTold, tell_created
from tillroll.engine.outbox.outbox import audience_of
from tillroll.engine.payments import attempts as payments
from tillroll.engine.payments.attempts import NewPayment, Task
from tillroll.engine.prices import lists as price_lists
from tillroll.engine.stock.told import tell_moved
from tillroll.store import Transaction
from tillroll.store.cart.rows import CartBought, close_bought_carts
from tillroll.store.orders.rows import OrderRow, hold_orders, insert_orders
from tillroll.store.payments.rows import attempts_of_order
from tillroll.store.quotes import kept
from tillroll.store.stock.rows import StockChange, StockMovement, insert_movements, take_stock

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Placed(Struct):
    """The order exists, or will when this transaction commits; its id is known once all of the group are decided.

    With a `task` it is held, and stands once the provider of its payment has been asked.
    """

    order_id: str
    task: Task | None = None


class BeingPaid(Struct, frozen=True):
    """The cart or quote was bought, and its payment is not through: whether it becomes an order is not known yet."""

    order_id: str


class Duplicate(Struct, frozen=True):
    """The cart or quote has been bought already: as this order. `field` is `cartId` or `quoteId`."""

    field: str
    id: str
    winner: Placed


class Unjudged(Struct, frozen=True):
    """Nothing was decided and nothing changed: the purchase lacks the answer to this question about its mixins."""

    question: Question


Outcome = Placed | Duplicate | BeingPaid | Refused | Unjudged


class _Accepted(Struct):
    purchase: Purchase
    subject: Subject
    decision: Decision
    placed: Placed


def place_orders(tx: Transaction, catalogue: Catalogue, purchases: Sequence[Purchase]) -> list[Outcome]:
    """Decide and write all of these checkouts; one outcome each, in order."""
    by_shop: dict[str, list[int]] = {}
    for position, purchase in enumerate(purchases):
        by_shop.setdefault(purchase.caller.shop, []).append(position)
    outcomes: dict[int, Outcome] = {}
    for shop in sorted(by_shop):
        positions = by_shop[shop]
        found = _place_in_shop(tx, catalogue, shop, [purchases[position] for position in positions])
        outcomes.update(zip(positions, found, strict=True))
    return [outcomes[position] for position in range(len(purchases))]


def _place_in_shop(tx: Transaction, catalogue: Catalogue, shop: str, purchases: Sequence[Purchase]) -> list[Outcome]:
    view, locks = catalogue.view(tx, shop), Locks(tx, shop)
    subjects = lock(locks, purchases)
    attempts = [_attempt(view, one, subjects) for one in purchases]
    loaded = load.load(locks, view, attempts, max(one.now for one in purchases))
    outcomes: list[Outcome] = []
    accepted: dict[tuple[str, str], _Accepted] = {}
    for purchase, attempt, ground in zip(purchases, attempts, loaded.grounds, strict=True):
        subject = subjects.of(purchase)
        duplicate = _duplicate(subject, accepted)
        if duplicate is not None:
            outcomes.append(_being_paid(tx, shop, duplicate) or duplicate)
            continue
        judged = _judged(view, purchase, attempt)
        if isinstance(judged, Unjudged):
            outcomes.append(judged)
            continue
        decided = decide(loaded.facts, judged, ground)
        if isinstance(decided, list):
            outcomes.append(Refused(tuple(decided)))
            continue
        assert subject is not None
        settle(loaded.facts, decided.order.site, decided)
        placed = Placed("")
        accepted[subject.key] = _Accepted(purchase, subject, decided, placed)
        outcomes.append(placed)
    if accepted:
        _write(tx, view, list(accepted.values()))
    tried = zip(purchases, outcomes, strict=True)
    refusals.count(tx, shop, view.clock(), [(one.now, no) for one, no in tried if isinstance(no, Refused)])
    return outcomes


def _attempt(view: View, purchase: Purchase, subjects: Subjects) -> Attempt:
    if purchase.request.quote_id is not None:
        return subjects.quote_attempt(view, purchase)
    cart, customer_id = subjects.open_cart(purchase), purchase.caller.customer_id
    buyer = price_lists.buyer_of(view, customer_id, cart.legal_entity_id if cart is not None else "")
    return Attempt(purchase.request, cart, customer_id, purchase.unreadable, buyer=buyer)


def _judged(view: View, purchase: Purchase, attempt: Attempt) -> Attempt | Unjudged:
    """The attempt with what the schemas, as they are now, say of its mixins."""
    question = question_of(view, attempt.request)
    if question is None:
        return attempt
    verdicts = purchase.verdicts.get(question.key)
    return replace(attempt, verdicts=verdicts) if verdicts is not None else Unjudged(question)


def _duplicate(subject: Subject | None, accepted: dict[tuple[str, str], _Accepted]) -> Duplicate | None:
    """Whether the caller's own cart or quote has become an order, before or within this very group."""
    if subject is None:
        return None
    field, id = subject.key
    if subject.order_id is not None:
        return Duplicate(field, id, Placed(subject.order_id))
    rival = accepted.get(subject.key)
    return Duplicate(field, id, rival.placed) if rival is not None else None


def _being_paid(tx: Transaction, shop: str, duplicate: Duplicate) -> BeingPaid | None:
    """Whether the order of a cart may still be withdrawn, so that nobody is told of it yet."""
    id = duplicate.winner.order_id
    attempts = attempts_of_order(tx, shop, id) if id else []
    is_open = any(not one.is_told and one.authorised_at is None and not one.is_final for one in attempts)
    return BeingPaid(id) if is_open else None


def _write(tx: Transaction, view: View, accepted: list[_Accepted]) -> None:
    shop = view.head.shop
    _take_stock(tx, shop, accepted)
    numbers = order_numbers.take(tx, view, [one.decision.order.site for one in accepted], accepted[0].purchase.now)
    for (_number, id), one in zip(numbers, accepted, strict=True):
        one.placed.order_id = id
    rows = [_order_row(shop, number, one) for (number, _id), one in zip(numbers, accepted, strict=True)]
    insert_orders(tx, rows)
    _plan_payments(tx, view, [one for one in accepted if one.decision.payment is not None])
    movements = [row for one in accepted for row in _movement_rows(shop, one)]
    insert_movements(tx, movements)
    _redeem_coupons(tx, shop, accepted)
    _book_windows(tx, shop, accepted)
    _close_carts(tx, shop, accepted)
    _sell_quotes(tx, shop, accepted)
    standing = [one for one in accepted if one.decision.payment is None]
    ledger.note(tx, [_note(shop, one) for one in standing])
    heard_by = audience_of(view)
    tell_moved(tx, heard_by, movements)
    tell_created(tx, heard_by, [_told(one) for one in standing] if heard_by.by_type else [])


def _plan_payments(tx: Transaction, view: View, accepted: list[_Accepted]) -> None:
    """Hold the orders whose provider is yet to be asked; what the ledger tells of them it tells when they stand."""
    if not accepted:
        return
    shop = view.head.shop
    hold_orders(tx, shop, [one.placed.order_id for one in accepted])
    planned = payments.plan(tx, [_new_payment(shop, one) for one in accepted])
    for one, attempt in zip(accepted, planned, strict=True):
        mode = view.loaded(Kind.PAYMENT_MODE, attempt.mode_id)
        one.placed.task = payments.first_task(attempt, mode.value.settings if mode is not None else {})


def _new_payment(shop: str, one: _Accepted) -> NewPayment:
    order, plan = one.decision.order, one.decision.payment
    assert plan is not None
    return NewPayment(
        shop=shop,
        id=one.purchase.id,
        dialect=one.purchase.caller.dialect,
        order_id=one.placed.order_id,
        cart_id=order.cart_id,
        currency=order.rules.currency,
        plan=plan,
        terms=one.purchase.terms,
        now=one.purchase.now,
    )


def _close_carts(tx: Transaction, shop: str, accepted: list[_Accepted]) -> None:
    closed: list[CartBought] = [
        {
            "shop": shop,
            "id": one.subject.cart.cart.id,
            "order_id": one.placed.order_id,
            "version": one.subject.cart.version,
            "now": one.purchase.now,
        }
        for one in accepted
        if one.subject.cart is not None
    ]
    expect(len(closed), close_bought_carts(tx, closed), "a cart was changed while it was bought")


def _sell_quotes(tx: Transaction, shop: str, accepted: list[_Accepted]) -> None:
    sold = [one for one in accepted if one.subject.quote is not None]
    if not sold:
        return
    for one in sold:
        assert one.subject.quote is not None
        caller = one.purchase.caller
        buyer = author(caller.client_id, caller.customer_id, is_employee=caller.kind == SERVICE)
        one.subject.quote.sell(one.placed.order_id, buyer, one.purchase.now)
    changed = [one.subject.quote for one in sold if one.subject.quote is not None]
    ledger.note(tx, notes_of(sold[0].purchase.caller.origin, kept.save(tx, shop, changed, sold[0].purchase.now)))


def _take_stock(tx: Transaction, shop: str, accepted: list[_Accepted]) -> None:
    taken: dict[tuple[str, str], int] = {}
    for one in accepted:
        for product_id, quantity in one.decision.order.stock:
            key = (one.decision.order.site, product_id)
            taken[key] = taken.get(key, 0) + quantity
    now = accepted[0].purchase.now
    rows: list[StockChange] = [
        {"shop": shop, "site": site, "product_id": product_id, "quantity": quantity, "now": now}
        for (site, product_id), quantity in sorted(taken.items())
    ]
    if rows:
        expect(len(rows), take_stock(tx, rows), "stock ran out under its lock")


def _book_windows(tx: Transaction, shop: str, accepted: list[_Accepted]) -> None:
    bookings = [
        delivery.booking_of(one.decision.order.delivery, one.placed.order_id)
        for one in accepted
        if one.decision.order.delivery is not None
    ]
    if bookings and not delivery.take(tx, shop, bookings, accepted[0].purchase.now):
        raise BrokenGuard("a delivery window filled up under its lock")


def _redeem_coupons(tx: Transaction, shop: str, accepted: list[_Accepted]) -> None:
    new = [
        NewRedemption(
            redemption.code,
            redemption_id(one.placed.order_id, redemption.code),
            redemption.customer,
            redemption.uses_max,
            _redemption_document(one, redemption.discount_minor),
            one.decision.order.legal_entity_id,
            one.placed.order_id,
        )
        for one in accepted
        for redemption in one.decision.redemptions
    ]
    redemptions.redeem(tx, shop, new, accepted[0].purchase.now)


def _redemption_document(one: _Accepted, discount_minor: int) -> str:
    currency = one.decision.order.rules.currency
    facts = {"discountMinor": discount_minor, "orderTotalMinor": one.decision.total_minor, "currency": currency}
    return _ENCODER.encode(facts).decode()


def _order_row(shop: str, number: int, one: _Accepted) -> OrderRow:
    order, caller = one.decision.order, one.purchase.caller
    return {
        "shop": shop,
        "number": number,
        "id": one.placed.order_id,
        "cart_id": order.cart_id,
        "quote_id": order.quote_id,
        "checkout": 1,
        "status": one.decision.status,
        "customer_id": caller.customer_id,
        "session_id": caller.session_id,
        "site": order.site,
        "currency": order.rules.currency,
        "total_minor": one.decision.total_minor,
        "legal_entity_id": order.legal_entity_id,
        "document": _ENCODER.encode(_with_outcome(one, order)).decode(),
        "now": one.purchase.now,
    }


def _with_outcome(one: _Accepted, order: Order) -> Order:
    plan = one.decision.payment
    if plan is None:
        return order
    amount = from_minor(plan.amount_minor, order.rules.currency)
    return replace(order, paid=PaymentOutcome(one.purchase.id, State.PLANNED.value, amount))


def _movement_rows(shop: str, one: _Accepted) -> list[StockMovement]:
    return [
        {
            "shop": shop,
            "site": one.decision.order.site,
            "product_id": product_id,
            "cause": "order",
            "subject": one.placed.order_id,
            "quantity": -quantity,
            "now": one.purchase.now,
        }
        for product_id, quantity in one.decision.order.stock
    ]


def _told(one: _Accepted) -> OrderTold:
    return OrderTold(one.placed.order_id, one.decision.status, one.decision.order, one.purchase.now)


def _note(shop: str, one: _Accepted) -> Note:
    caller, total = one.purchase.caller, one.decision.total_minor
    placed = PlacedOrder(shop, caller.dialect, one.placed.order_id, caller.owner, total, one.purchase.now)
    return placed_note(placed, one.decision.order)
