"""Messages of what became true: their types, what each is about, and what is sent.

A message is about one subject, and of one subject no message overtakes another. What is sent is an envelope as
Standard Webhooks has it (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md):
`type`, `timestamp` and `data`.
"""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from tillroll.domain.times import text_of

ORDER_CREATED = "order.created"
ORDER_CHANGED = "order.changed"
ORDER_DELETED = "order.deleted"
PAYMENT_AUTHORISED = "payment.authorised"
PAYMENT_CAPTURED = "payment.captured"
PAYMENT_FAILED = "payment.failed"
PAYMENT_REFUNDED = "payment.refunded"
PAYMENT_REFUND_FAILED = "payment.refund_failed"
SALE_CREATED = "sale.created"
SALE_CHANGED = "sale.changed"
SALE_MERGED = "sale.merged"
STOCK_CHANGED = "stock.changed"
STOCK_OUT = "stock.out"
CART_ABANDONED = "cart.abandoned"
# What an endpoint may ask for.
TYPES = (
    *(ORDER_CREATED, ORDER_CHANGED, ORDER_DELETED),
    *(PAYMENT_AUTHORISED, PAYMENT_CAPTURED, PAYMENT_FAILED),
    *(PAYMENT_REFUNDED, PAYMENT_REFUND_FAILED),
    *(SALE_CREATED, SALE_CHANGED, SALE_MERGED),
    *(STOCK_CHANGED, STOCK_OUT, CART_ABANDONED),
)
# Sent when somebody wants to see whether anything arrives; nobody has to ask for it.
WEBHOOK_TEST = "webhook.test"

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class OutboxMessage(Struct, frozen=True):
    """What became true: the type, the subject in whose order it is told, the facts, and when (microseconds UTC)."""

    type: str
    subject: str
    facts: Mapping[str, object]
    at: int


def order_subject(id: str) -> str:
    """What everything about an order is about, its payments among it."""
    return f"order:{id}"


def cart_subject(id: str) -> str:
    """What everything about a visitor's cart is about."""
    return f"cart:{id}"


def sale_subject(id: str) -> str:
    """What everything about a sale is about."""
    return f"sale:{id}"


def stock_subject(site: str, product_id: str) -> str:
    """What everything about the stock of a product on a site is about."""
    return f"stock:{site}:{product_id}"


def webhook_subject(id: str) -> str:
    """What tests of an endpoint are about."""
    return f"webhook:{id}"


def body_of(message: OutboxMessage) -> str:
    """What is sent, and signed: the same text at every try."""
    envelope = {"type": message.type, "timestamp": text_of(message.at), "data": message.facts}
    return _ENCODER.encode(envelope).decode()
