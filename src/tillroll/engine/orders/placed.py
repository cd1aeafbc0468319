"""What the ledger tells of an order that was placed."""

import msgspec
from msgspec import Struct

from tillroll.domain.events.events import Note
from tillroll.domain.orders.order import Order, sold_items

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class PlacedOrder(Struct, frozen=True):
    """An order that stands now: whose it is, what it comes to, and since when (microseconds UTC)."""

    shop: str
    dialect: str
    id: str
    visitor: str
    total_minor: int
    now: int


def placed_note(placed: PlacedOrder, order: Order) -> Note:
    """The note of an order, in the transaction by which it stands."""
    facts = {
        "cartId": order.cart_id,
        "quoteId": order.quote_id,
        "totalMinor": placed.total_minor,
        "currency": order.rules.currency,
        "items": sold_items(order),
        "coupons": [discount.id for discount in order.discounts if discount.origin == "INTERNAL"],
    }
    return Note(
        shop=placed.shop,
        dialect=placed.dialect,
        kind="order_placed",
        subject=placed.id,
        visitor=placed.visitor,
        happened_at=placed.now,
        received_at=placed.now,
        document=_ENCODER.encode(facts).decode(),
    )
