"""From the fields of an order's document to what is written down, or to a known order's changes (contracts, 7)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from tillroll.dialects.emporix.orders.requests import Entry, OrderFields, Payment, Person, Place, product_copy
from tillroll.dialects.emporix.wire.rejections import detail_of, rejections_of
from tillroll.dialects.emporix.wire.resources import iso
from tillroll.dialects.emporix.wire.yrn import product_yrn
from tillroll.dialects.http import Malformed, Problem
from tillroll.domain.customers.customer import BILLING, SHIPPING
from tillroll.domain.delivery.delivery import DeliveryWindow
from tillroll.domain.orders.commands import BothSides, WrittenLine, WrittenOrder, WrittenShipping
from tillroll.domain.orders.edit import EditedLine
from tillroll.domain.orders.order import CREATED, Address, Customer, Order, PaymentMethod
from tillroll.domain.pricing.terms import PricingTerms
from tillroll.domain.rejections import Refused, Rejection
from tillroll.domain.times import instant
from tillroll.engine.documents.snapshot import View
from tillroll.engine.orders.compose import compose, new_lines


def composed(view: View, fields: OrderFields, now: int) -> Order:
    """A new order; raises Malformed with all that is missing or does not add up."""
    order = compose(view, _written(fields, view.head.shop), now)
    if isinstance(order, Refused):
        raise Malformed([detail_of(rejection) for rejection in order.rejections])
    schemas = _named_schemas(fields)
    return replace(order, mixins=own_mixins(fields.mixins), metadata={"mixins": schemas} if schemas else {})


def entry_lines(view: View, terms: PricingTerms, entries: Sequence[Entry], first_id: int = 0) -> list[EditedLine]:
    """New lines of an order; raises Malformed with what each of them lacks."""
    made = new_lines(view, terms, [_written_line(entry, view.head.shop) for entry in entries], first_id)
    if isinstance(made, Refused):
        raise Malformed([detail_of(rejection) for rejection in made.rejections])
    return made


def _written(fields: OrderFields, tenant: str) -> WrittenOrder:
    """The fields of a new order as it is written down."""
    final = fields.calculated_price.final_price if fields.calculated_price is not None else None
    payments = fields.payments or ()
    return WrittenOrder(
        site_code=fields.site_code,
        country_code=fields.country_code,
        currency=fields.currency,
        customer=_customer(fields.customer) if fields.customer is not None else None,
        legal_entity_id=fields.legal_entity_id,
        billing=_address(fields.billing_address or fields.shipping_address, BILLING),
        shipping_address=_address(fields.shipping_address or fields.billing_address, SHIPPING),
        has_address=bool(fields.billing_address or fields.shipping_address),
        lines=tuple([_written_line(entry, tenant) for entry in fields.entries or ()]),
        shipping=_written_shipping(fields),
        payment=_payment_method(payments),
        stated=BothSides(final.net_value, final.gross_value) if final is not None else BothSides(),
        born=fields.status or CREATED,
        cart_id=fields.cart_id,
        quote_id=fields.quote_id,
        channel=fields.channel,
        delivery_window=fields.delivery_window,
        shipments=fields.shipments or (),
        payments=_payments(payments),
        unreadable=_unreadable(fields),
    )


def _unreadable(fields: OrderFields) -> tuple[Rejection, ...]:
    try:
        if fields.delivery_window is not None:
            _day(fields.delivery_window)
    except Malformed as malformed:
        return rejections_of(malformed)
    return ()


def _written_line(entry: Entry, tenant: str) -> WrittenLine:
    """An entry as a line that is written down."""
    product_id, price, tax = entry.product_id(tenant), entry.price, entry.taxed()
    unit = entry.calculated_unit_price
    whole = entry.calculated_price.price if entry.calculated_price is not None else None
    schemas = _schemas_of(entry)
    return WrittenLine(
        product_id=product_id,
        reference=entry.item_yrn,
        own_reference=product_yrn(tenant, product_id or ""),
        product=product_copy(entry.product, product_id or ""),
        quantity=entry.quantity,
        separate=entry.keep_as_separate_line_item,
        price_id=price.price_id if price is not None else None,
        original_amount=price.original_amount if price is not None else None,
        unit=entry.stated_unit,
        unit_sides=BothSides(unit.net_value, unit.gross_value) if unit is not None else None,
        total=BothSides(whole.net_value, whole.gross_value) if whole is not None else BothSides(),
        tax_code=tax.tax_code,
        tax_rate=tax.tax_rate,
        attached=_without_fees(entry.mixins),
        metadata={"mixins": schemas} if schemas else {},
    )


def _written_shipping(fields: OrderFields) -> WrittenShipping | None:
    line = fields.shipping.lines[0] if fields.shipping is not None and fields.shipping.lines else None
    if line is None:
        return None
    name = line.name if isinstance(line.name, str) else next(iter(line.name.values()), "")
    rate = line.tax.rate if line.tax is not None else None
    return WrittenShipping(line.amount, line.code, name, line.shipping_tax_code, rate)


def _payments(payments: Sequence[Payment]) -> tuple[dict[str, Any], ...]:
    return tuple(msgspec.to_builtins(payment, builtin_types=(Decimal,)) for payment in payments)


def changed(order: Order, fields: OrderFields) -> Order:
    """A known order with the fields that may change after the purchase; entries are not among them."""
    changes: dict[str, Any] = {}
    if fields.customer is not None:
        changes["customer"] = replace(order.customer, **_sent(fields.customer))
    if fields.billing_address is not None:
        changes["billing_address"] = replace(order.billing_address, **_sent(fields.billing_address))
    if fields.shipping_address is not None:
        changes["shipping_address"] = replace(order.shipping_address, **_sent(fields.shipping_address))
    if fields.delivery_window is not None:
        changes["delivery_window"] = _window(order, fields.delivery_window)
    for name in ("channel", "shipments"):
        if (value := getattr(fields, name)) is not None:
            changes[name] = value
    if fields.mixins is not None:
        changes["mixins"] = own_mixins(fields.mixins)
    if _named_schemas(fields):
        changes["metadata"] = {**order.metadata, "mixins": _named_schemas(fields)}
    if fields.payments is not None:
        changes["payments"] = _payments(fields.payments)
    return replace(order, **changes)


def _sent(part: Person | Place) -> dict[str, Any]:
    """The fields of a part that were sent: the others stay as they are."""
    return {name: value for name in part.__struct_fields__ if (value := getattr(part, name)) is not None}


def _window(order: Order, asked: DeliveryWindow) -> DeliveryWindow | None:
    """The window of an order: one that was booked stays, because its place can not be given to another one here.

    Raises Malformed.
    """
    day, booked = _day(asked), order.delivery
    if booked is None:
        return asked
    if (asked.id, asked.slot_id, day) != (booked.time_id, booked.slot_id, booked.day):
        message = f"the order has a place on {booked.day} in the slot {booked.slot_id}: decline it, and order anew"
        raise Malformed([Problem("deliveryWindow", "invalid_value", message)])
    return order.delivery_window


def _day(window: DeliveryWindow) -> str | None:
    """The day of a window as `yyyy-MM-dd` in UTC; raises Malformed for what is none."""
    if window.delivery_date is None:
        return None
    moment = instant(window.delivery_date)
    if moment is None:
        message = f"deliveryWindow.deliveryDate must be a day, not '{window.delivery_date[:40]}'"
        raise Malformed([Problem("deliveryWindow.deliveryDate", "invalid_value", message)])
    return iso(moment).partition("T")[0]


def _payment_method(payments: Sequence[Payment]) -> PaymentMethod:
    first = payments[0] if payments else None
    return PaymentMethod("none" if first is None else first.provider or "none", first.method if first else None)


def _customer(person: Person) -> Customer:
    return Customer(
        person.email or "",
        person.id,
        person.name,
        person.title,
        person.first_name,
        person.middle_name,
        person.last_name,
        person.contact_phone,
        person.company,
        metadata=person.metadata,
        mixins=person.mixins,
    )


def _address(place: Place | None, type: str) -> Address:
    sent = place or Place()
    return Address(
        sent.contact_name or "",
        sent.street or "",
        sent.zip_code or "",
        sent.city or "",
        sent.country or "",
        type,
        sent.company_name,
        sent.street_number,
        sent.street_appendix,
        sent.state,
        sent.contact_phone,
    )


def own_mixins(mixins: dict[str, Any] | None) -> dict[str, Any]:
    """The mixins that are the client's own: those that an order's view adds are made anew for each view."""
    made = ("payments", "generalAttributes", "deliveryTime", "payment")
    return {name: value for name, value in (mixins or {}).items() if name not in made}


def _without_fees(mixins: dict[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (mixins or {}).items() if name != "fees"}


def _schemas_of(entry: Entry) -> dict[str, Any]:
    named = (entry.metadata or {}).get("mixins")
    return {name: value for name, value in named.items() if name != "fees"} if isinstance(named, dict) else {}


def _named_schemas(fields: OrderFields) -> dict[str, Any]:
    named = (fields.metadata or {}).get("mixins")
    return own_mixins(named) if isinstance(named, dict) else {}
