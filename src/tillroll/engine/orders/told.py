"""What endpoints are told of orders and their payments, in the transaction in which it becomes true.

Everything about one order is one subject, its payments among it: whoever tells holds the order's lock. An order that
waits for its first payment is told of when it stands; until then nothing was sold.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from tillroll.domain.money import to_minor
from tillroll.domain.orders.order import Order, sold_items
from tillroll.domain.outbox.messages import (
    ORDER_CHANGED,
    ORDER_CREATED,
    ORDER_DELETED,
    PAYMENT_AUTHORISED,
    PAYMENT_CAPTURED,
    PAYMENT_FAILED,
    PAYMENT_REFUND_FAILED,
    PAYMENT_REFUNDED,
    OutboxMessage,
    order_subject,
)
from tillroll.domain.payments.attempt import WITHOUT_MONEY, PaymentAttempt
from tillroll.domain.payments.refund import PaymentRefund, RefundState
from tillroll.engine.outbox.outbox import Audience, audience, tell
from tillroll.store import Transaction
from tillroll.store.orders.rows import StoredOrder, awaits_payment


class OrderTold(Struct, frozen=True):
    """An order as it is from a time on (microseconds UTC)."""

    id: str
    status: str
    order: Order
    at: int


def tell_created(tx: Transaction, heard_by: Audience, orders: Sequence[OrderTold]) -> None:
    """Tell of orders that stand now."""
    if heard_by.asks_for(ORDER_CREATED):
        tell(tx, heard_by, [_message(ORDER_CREATED, one) for one in orders])


def tell_changed(tx: Transaction, shop: str, told: Callable[[], OrderTold]) -> None:
    """Tell of an order that is another one now, unless it waits for its first payment; `told` is called if anybody
    asks."""
    heard_by = audience(tx, shop)
    if not heard_by.asks_for(ORDER_CHANGED):
        return
    one = told()
    if not awaits_payment(tx, shop, one.id):
        tell(tx, heard_by, [_message(ORDER_CHANGED, one)])


def tell_stored(tx: Transaction, shop: str, kept: StoredOrder, now: int) -> None:
    """The same for an order that was put in the place of another one."""
    tell_changed(tx, shop, lambda: OrderTold(kept.id, kept.status, kept.order(), now))


def tell_deleted(tx: Transaction, shop: str, id: str, now: int) -> None:
    """Tell of an order that was taken out of sight."""
    tell(tx, audience(tx, shop), [OutboxMessage(ORDER_DELETED, order_subject(id), {"id": id}, now)])


def tell_payment(tx: Transaction, before: PaymentAttempt, after: PaymentAttempt) -> None:
    """Tell what has become of an attempt to pay; the order that it pays is locked."""
    types = [
        *([PAYMENT_AUTHORISED] if after.authorised_at is not None and before.authorised_at is None else []),
        *([PAYMENT_CAPTURED] if after.captured_minor > before.captured_minor else []),
        *([PAYMENT_FAILED] if after.state in WITHOUT_MONEY and before.state not in WITHOUT_MONEY else []),
    ]
    if not types:
        return
    facts = {
        "id": after.id,
        "order": after.order_id,
        "state": after.state.value,
        "provider": after.provider,
        "currency": after.currency,
        "amount_minor": after.amount_minor,
        "captured_minor": after.captured_minor,
        "code": after.code,
    }
    subject = order_subject(after.order_id)
    told = [OutboxMessage(type, subject, facts, after.changed_at) for type in types]
    tell(tx, audience(tx, after.shop), told)


def tell_refund(tx: Transaction, refund: PaymentRefund) -> None:
    """Tell that money of a payment has gone back, or will not; the order that it is of is locked."""
    types = {
        RefundState.SUCCEEDED: PAYMENT_REFUNDED,
        RefundState.FAILED: PAYMENT_REFUND_FAILED,
        RefundState.REFUSED: PAYMENT_REFUND_FAILED,
    }
    type = types.get(refund.state)
    if type is None:
        return
    facts = {
        "id": refund.id,
        "payment": refund.attempt_id,
        "order": refund.order_id,
        "state": refund.state.value,
        "currency": refund.currency,
        "amount_minor": refund.amount_minor,
        "reason": refund.reason,
        "code": refund.code,
    }
    tell(tx, audience(tx, refund.shop), [OutboxMessage(type, order_subject(refund.order_id), facts, refund.changed_at)])


def _message(type: str, one: OrderTold) -> OutboxMessage:
    order, currency = one.order, one.order.rules.currency
    facts = {
        "id": one.id,
        "status": one.status,
        "site": order.site,
        "currency": currency,
        "total_minor": to_minor(order.priced.final_price.gross, currency),
        "customer": order.customer.id,
        "cart": order.cart_id,
        "quote": order.quote_id,
        "lines": [
            {"product": product, "quantity": quantity, "total_minor": minor}
            for product, quantity, minor in sold_items(order)
        ],
    }
    return OutboxMessage(type, order_subject(one.id), facts, one.at)
