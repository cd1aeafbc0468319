"""From the fields of an order's document to what is written down, or to what a known order becomes (contracts, 7)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from tillroll.dialects.emporix.orders.requests import Entry, OrderFields, Payment, Person, Place, product_copy
from tillroll.dialects.emporix.wire.resources import Document, expected_version, iso
from tillroll.dialects.emporix.wire.yrn import product_yrn
from tillroll.domain.customers.customer import BILLING, SHIPPING
from tillroll.domain.delivery.delivery import DeliveryWindow
from tillroll.domain.orders.commands import (
    AddressChange,
    BothSides,
    CustomerChange,
    FieldsChange,
    SentLine,
    WrittenLine,
    WrittenOrder,
    WrittenShipping,
)
from tillroll.domain.orders.order import CREATED, Address, Customer, PaymentMethod
from tillroll.domain.rejections import Reason, Rejection
from tillroll.domain.times import instant


def written_order(fields: OrderFields, tenant: str) -> WrittenOrder:
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
        lines=tuple([written_line(entry, tenant) for entry in fields.entries or ()]),
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
        attached=own_mixins(fields.mixins),
        metadata=_metadata(fields),
        bought=bool(fields.checkout),
        unreadable=_window(fields).unreadable,
    )


class _AskedWindow(Struct, frozen=True):
    """The window that an order names, and the day that it is on: or why that is none."""

    window: DeliveryWindow | None = None
    day: str | None = None
    unreadable: tuple[Rejection, ...] = ()


def _window(fields: OrderFields) -> _AskedWindow:
    window = fields.delivery_window
    if window is None or window.delivery_date is None:
        return _AskedWindow(window)
    moment = instant(window.delivery_date)
    if moment is None:
        field = "deliveryWindow.deliveryDate"
        message = f"{field} must be a day, not '{window.delivery_date[:40]}'"
        return _AskedWindow(window, unreadable=(Rejection(Reason.VALUE_INVALID, field, message),))
    return _AskedWindow(window, iso(moment).partition("T")[0])


def fields_change(fields: OrderFields, document: Document, tenant: str, *, recalculates: bool) -> FieldsChange:
    """A whole document of a known order as what changes in it."""
    asked, entries = _window(fields), fields.entries
    return FieldsChange(
        status=fields.status,
        customer=_customer_change(fields.customer),
        billing=_address_change(fields.billing_address),
        shipping_address=_address_change(fields.shipping_address),
        delivery_window=asked.window,
        delivery_day=asked.day,
        channel=fields.channel,
        shipments=fields.shipments,
        payments=_payments(fields.payments) if fields.payments is not None else None,
        attached=own_mixins(fields.mixins) if fields.mixins is not None else None,
        metadata=_metadata(fields),
        lines=tuple([SentLine(entry.id, written_line(entry, tenant)) for entry in entries])
        if entries is not None
        else None,
        version=expected_version(document),
        recalculates=recalculates,
        unreadable=asked.unreadable,
    )


def _customer_change(person: Person | None) -> CustomerChange | None:
    return CustomerChange(**asdict(person)) if person is not None else None


def _address_change(place: Place | None) -> AddressChange | None:
    return AddressChange(**asdict(place)) if place is not None else None


def written_line(entry: Entry, tenant: str) -> WrittenLine:
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
        attached=person.attached,
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


def _metadata(fields: OrderFields) -> dict[str, Any]:
    """What the order keeps beside the client's own mixins: where they are described."""
    schemas = _named_schemas(fields)
    return {"mixins": schemas} if schemas else {}


def _named_schemas(fields: OrderFields) -> dict[str, Any]:
    named = (fields.metadata or {}).get("mixins")
    return own_mixins(named) if isinstance(named, dict) else {}
