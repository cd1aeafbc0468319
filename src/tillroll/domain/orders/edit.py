"""How an order changes after it was made: other quantities, other lines, calculated again as it was calculated before.

    order, quantities by entry ──► lines as they were priced ──► price_cart with the order's own rules and coupons

Nothing is looked up: prices, taxes and discounts are the order's. What a whole line cost, as an outside system has
calculated it, holds for its quantity only (docs/wire/emporix.md, 7).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import asdict, replace

from tillroll.domain.delivery.delivery import DeliveryWindow
from tillroll.domain.documents import UnitQuantity
from tillroll.domain.money import ZERO, rounded
from tillroll.domain.orders.commands import AddressChange, CustomerChange, FieldsChange
from tillroll.domain.orders.order import Address, Customer, Order, OrderLine
from tillroll.domain.pricing.calculation import price_cart
from tillroll.domain.pricing.external import unit_price
from tillroll.domain.pricing.shapes import Fee, PricedLine, PricingLine, ShippingCharge
from tillroll.domain.rejections import Reason, Rejection

Part = TypeVar("Part", Customer, Address)


class EditedLine(Struct, frozen=True):
    """A line of an order and what it is priced by."""

    line: OrderLine
    pricing: PricingLine


def changed(order: Order, change: FieldsChange) -> Order | Rejection:
    """An order with the fields that may change after the purchase; its lines are not among them."""
    window = _window(order, change)
    if isinstance(window, Rejection):
        return window
    return replace(
        order,
        customer=_with_sent(order.customer, change.customer),
        billing_address=_with_sent(order.billing_address, change.billing),
        shipping_address=_with_sent(order.shipping_address, change.shipping_address),
        delivery_window=window,
        channel=change.channel if change.channel is not None else order.channel,
        shipments=change.shipments if change.shipments is not None else order.shipments,
        payments=change.payments if change.payments is not None else order.payments,
        attached=change.attached if change.attached is not None else order.attached,
        metadata={**order.metadata, **change.metadata},
    )


def _with_sent(part: Part, change: CustomerChange | AddressChange | None) -> Part:
    """A part of an order with what was sent of it."""
    sent: dict[str, Any] = asdict(change) if change is not None else {}
    return replace(part, **{name: value for name, value in sent.items() if value is not None})


def _window(order: Order, change: FieldsChange) -> DeliveryWindow | Rejection | None:
    """The window of an order: one that was booked stays, because its place can not be given to another one here."""
    asked, booked = change.delivery_window, order.delivery
    if asked is None:
        return order.delivery_window
    if booked is None:
        return asked
    if (asked.id, asked.slot_id, change.delivery_day) != (booked.time_id, booked.slot_id, booked.day):
        message = f"the order has a place on {booked.day} in the slot {booked.slot_id}: decline it, and order anew"
        return Rejection(Reason.VALUE_INVALID, "delivery_window", message)
    return order.delivery_window


def next_line_id(order: Order) -> int:
    """The first id that none of the order's lines has, nor any before them."""
    return 1 + max((int(line.line_id) for line in order.lines if line.line_id.isdigit()), default=-1)


def entry_id(line: OrderLine) -> str:
    """How clients name an entry: by its product, or a line that stands alone by itself (docs/wire/emporix.md, 7.1)."""
    return f"{line.line_id}_SLI_{line.product_id}" if line.separate else line.product_id


def with_own_names(lines: Sequence[EditedLine]) -> list[EditedLine]:
    """These lines, each under a name of its own: where two are of one product, the later one stands alone."""
    named: set[str] = set()
    found = []
    for line in lines:
        is_taken = entry_id(line.line) in named
        found.append(replace(line, line=replace(line.line, separate=True)) if is_taken else line)
        named.add(entry_id(found[-1].line))
    return found


def edited_lines(order: Order, quantities: Mapping[str, Decimal]) -> list[EditedLine]:
    """The lines with these quantities, by entry; what is not named keeps its own, and none of a line drops it."""
    found = []
    for line, priced in zip(order.lines, order.priced.lines, strict=True):
        quantity = quantities.get(entry_id(line), line.quantity)
        if quantity > 0:
            found.append(EditedLine(replace(line, quantity=quantity), _pricing(order, line, priced, quantity)))
    return found


def repriced(order: Order, lines: Sequence[EditedLine]) -> Order:
    """The order with these lines, calculated again; there has to be at least one."""
    lines = with_own_names(lines)
    charge = order.priced.shipping
    shipping = ShippingCharge(charge.net, charge.tax_code, charge.tax_rate) if charge is not None else None
    priced = price_cart(
        order.rules,
        [line.pricing for line in lines],
        discounts=order.discounts,
        shipping=shipping,
        payment_fees=order.payment_fees,
    )
    return replace(order, lines=tuple([line.line for line in lines]), priced=priced)


def _pricing(order: Order, line: OrderLine, priced: PricedLine, quantity: Decimal) -> PricingLine:
    gross = order.rules.includes_tax
    unit = unit_price(line.effective_amount, UnitQuantity(quantity=line.unit))
    shown = priced.unit_price.gross if gross else priced.unit_price.net
    total = priced.price.gross if gross else priced.price.net
    opposite = priced.price.net if gross else priced.price.gross
    if rounded(unit, order.rules.scale) != shown and line.quantity:
        unit = total / line.quantity  # an order from before the unit of a price was kept
    is_as_it_was = quantity == line.quantity
    return PricingLine(
        line.line_id,
        quantity,
        unit,
        priced.price.tax_code,
        priced.price.tax_rate,
        fees=tuple(_fees(line, priced)),
        discounts=line.external_discounts,
        weight_dependent=line.weight_dependent,
        price=total if is_as_it_was else None,
        opposite_price=opposite if is_as_it_was and priced.calculated == "EXTERNAL" else None,
    )


def _fees(line: OrderLine, priced: PricedLine) -> list[Fee]:
    """The fees of a line as they were set, at the tax that they were calculated with."""
    external = line.external.fees if line.external is not None else ()
    return [
        Fee(
            fee.fee_type,
            (fee.fee_percentage if fee.fee_type == "PERCENT" else fee.fee_absolute and fee.fee_absolute.amount) or ZERO,
            fee.id,
            fee.name,
            known.price.tax_code,
            known.price.tax_rate,
            known.price.tax_rate is not None,
            known.origin,
        )
        for fee, known in zip(external, priced.fees, strict=False)
    ]
