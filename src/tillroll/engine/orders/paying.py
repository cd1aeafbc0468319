"""An order is paid after its checkout: it was put off, or the card before was declined and another one is tried.

    lock its attempts, the order ─► one that lives goes on, or is told of ─► else a new one is planned

Nobody pays an order twice: one attempt lives at a time, by the index on them, and what was paid is told as paid.
"""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.money import to_minor
from tillroll.domain.orders.order import IN_CHECKOUT, Order
from tillroll.domain.payments.attempt import PREPARED_WISH, WITHOUT_MONEY, PaymentAttempt
from tillroll.domain.payments.payment import GATEWAY, PaymentMode, PaymentPlan, mode_id, naming
from tillroll.engine.access.access import Caller
from tillroll.engine.locks import lock_payments
from tillroll.engine.orders import manual, orders
from tillroll.engine.payments import attempts
from tillroll.engine.payments.attempts import NewPayment, PaymentTerms, Task
from tillroll.store import Transaction
from tillroll.store.orders import rows as stored_orders
from tillroll.store.orders.rows import StoredOrder
from tillroll.store.payments import rows


class PayOrder(Struct, frozen=True):
    """Whose order is to be paid by which mode; a new attempt has this `id` (times: microseconds UTC).

    With `confirms` money is asked for, else the payment is only prepared. `amount_minor` is how much may be taken, None
    for all that the order may cost.
    """

    caller: Caller
    order_id: str
    mode: PaymentMode
    id: str
    token: str
    confirms: bool
    now: int
    lease: int
    terms: PaymentTerms
    amount_minor: int | None = None


class PayRefusal(StrEnum):
    """Why an order can not be paid like that."""

    ORDER_UNKNOWN = "order_unknown"
    TOKEN_MISSING = "token_missing"
    TOO_MUCH = "too_much"
    UNSUPPORTED = "unsupported"


class Begun(Struct, frozen=True):
    """An attempt that is under way, or was made: with a `task` its provider is asked, without one it is looked at."""

    attempt: PaymentAttempt
    task: Task | None = None


def begin(tx: Transaction, asked: PayOrder) -> Begun | PayRefusal:
    """Plan the payment of an order, or go on with the one that lives."""
    shop = asked.caller.shop
    known = lock_payments(tx, shop, asked.order_id)
    stored = orders.lock(tx, shop, [asked.order_id]).get(asked.order_id)
    if stored is None or not orders.belongs_to(stored, asked.caller):
        return PayRefusal.ORDER_UNKNOWN
    live = next((one for one in known if one.state not in WITHOUT_MONEY), None)
    if live is not None:
        return _go_on(tx, asked, live)
    order = stored.order()
    chosen = mode_id(order.payment.custom_attributes)
    is_free = order.payment.provider == GATEWAY and not order.payments and (chosen is None or bool(known))
    if not is_free or stored.status != IN_CHECKOUT:
        return PayRefusal.UNSUPPORTED
    return _try(tx, asked, (stored, order), known)


def _go_on(tx: Transaction, asked: PayOrder, live: PaymentAttempt) -> Begun | PayRefusal:
    """The attempt that lives: one that was only prepared is confirmed, any other one is told of."""
    if live.mode_id != asked.mode.id or asked.amount_minor not in (None, live.amount_minor):
        return PayRefusal.UNSUPPORTED
    if live.wish != PREPARED_WISH or not asked.confirms:
        return Begun(live)
    token = asked.token or live.token
    if not token:
        return PayRefusal.TOKEN_MISSING
    changed = {"version": live.version + 1, "check_at": asked.lease, "changed_at": asked.now}
    confirmed = replace(live, token=token, wish="", **changed)
    rows.update_attempt(tx, confirmed)
    return Begun(confirmed)


def _try(
    tx: Transaction, asked: PayOrder, bought: tuple[StoredOrder, Order], known: list[PaymentAttempt]
) -> Begun | PayRefusal:
    """A new attempt; an order whose payment was put off remembers the mode."""
    stored, order = bought
    is_held = bool(known) and stored_orders.awaits_payment(tx, asked.caller.shop, stored.id)
    hold_until = known[0].hold_until if is_held else None
    if hold_until is not None and asked.now >= hold_until:
        return PayRefusal.UNSUPPORTED
    currency = order.rules.currency
    total_minor = to_minor(order.priced.final_price.gross, currency)
    most_minor = max(to_minor(order.priced.authorized_amount, currency), total_minor)
    amount_minor = asked.amount_minor if asked.amount_minor is not None else most_minor
    if total_minor <= 0:
        return PayRefusal.UNSUPPORTED
    if amount_minor > most_minor:
        return PayRefusal.TOO_MUCH
    if asked.confirms and not asked.token:
        return PayRefusal.TOKEN_MISSING
    if not known:
        attributes = naming(order.payment.custom_attributes, asked.mode.id)
        method = order.payment.method or asked.mode.method
        payment = replace(order.payment, method=method, custom_attributes=attributes)
        manual.store(tx, asked.caller, stored, replace(order, payment=payment), asked.now)
    mode = asked.mode
    new = NewPayment(
        shop=asked.caller.shop,
        id=asked.id,
        dialect=asked.caller.dialect,
        order_id=asked.order_id,
        cart_id=order.cart_id,
        currency=currency,
        plan=PaymentPlan(mode.id, mode.provider, asked.token, mode.captures, amount_minor, total_minor),
        terms=asked.terms,
        now=asked.now,
        is_told=True,
        wish="" if asked.confirms else PREPARED_WISH,
        hold_until=hold_until,
    )
    (attempt,) = attempts.plan(tx, [new])
    return Begun(attempt, attempts.first_task(attempt, mode.settings))
