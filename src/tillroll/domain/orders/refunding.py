"""What lines of an order came to, for whoever gives their money back. Pure."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

from tillroll.domain.money import is_sane_quantity, to_minor
from tillroll.domain.orders.edit import entry_id
from tillroll.domain.orders.order import Order
from tillroll.domain.payments.refund import RefundLine


class WantedLine(Struct, frozen=True):
    """An entry of an order, and how many of its pieces are given back; None for all that are left of them."""

    id: str
    quantity: Decimal | None = None


class LineProblem(Struct, frozen=True):
    """What is wrong with one of the lines that are to be given back."""

    place: int
    message: str


def refund_lines(
    order: Order, wanted: Sequence[WantedLine], before: Iterable[RefundLine]
) -> tuple[RefundLine, ...] | LineProblem:
    """What these lines come to, gross and in minor units: the last pieces of a line bring what is left of it."""
    currency = order.rules.currency
    pieces: dict[str, Decimal] = {}
    minor: dict[str, int] = {}
    for gone in before:
        pieces[gone.line_id] = pieces.get(gone.line_id, Decimal(0)) + gone.quantity
        minor[gone.line_id] = minor.get(gone.line_id, 0) + gone.amount_minor
    known = {entry_id(line): (line, priced) for line, priced in zip(order.lines, order.priced.lines, strict=True)}
    found = []
    for place, one in enumerate(wanted):
        if one.id not in known:
            return LineProblem(place, "the order has no such entry")
        line, priced = known[one.id]
        id, whole = line.line_id, to_minor(priced.final_price.gross, currency)
        left = line.quantity - pieces.get(id, Decimal(0))
        quantity = left if one.quantity is None else one.quantity
        if not is_sane_quantity(quantity) or not 0 < quantity <= left:
            return LineProblem(place, f"of this entry {left:f} are left to be given back")
        part = int((whole * quantity / line.quantity).to_integral_value(ROUND_HALF_UP))
        amount = max(0, whole - minor.get(id, 0)) if quantity == left else part
        found.append(RefundLine(id, line.product_id, quantity, amount))
        pieces[id] = pieces.get(id, Decimal(0)) + quantity
        minor[id] = minor.get(id, 0) + amount
    return tuple(found)
