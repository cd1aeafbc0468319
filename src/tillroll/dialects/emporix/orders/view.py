"""An order as clients see it (docs/wire/emporix.md, 7.1).

    sales_order row + its document ──► Order, legacy_totals ──► the vendor's document, deprecated figures included

What there is no data for is left out, or empty where the vendor shows it empty. Money stays exact decimals.
"""

from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec

from tillroll.dialects.emporix.orders.entries import (
    FEES_SCHEMA,
    default_text,
    entries,
    fee_element,
    fee_total,
    localized,
    tax_line,
)
from tillroll.dialects.emporix.wire.amounts import cart_price, money
from tillroll.dialects.emporix.wire.resources import Document, iso
from tillroll.dialects.emporix.wire.yrn import payment_method_yrn
from tillroll.domain.coupons.coupons import Coupon
from tillroll.domain.money import ZERO
from tillroll.domain.orders.order import IN_CHECKOUT, Address, Order
from tillroll.domain.payments.payment import GATEWAY
from tillroll.domain.pricing.legacy import legacy_totals
from tillroll.domain.pricing.shapes import LegacyTotals, PricedFee
from tillroll.domain.times import instant
from tillroll.store.orders.rows import StoredOrder

# Where the vendor's mixins are described, as its published orders name the places.
_SCHEMAS = {
    "payments": FEES_SCHEMA,
    "generalAttributes": "https://res.cloudinary.com/saas-ag/raw/upload/schemata/orderGeneralAttributesMixIn.v9.json",
    "deliveryTime": "https://res.cloudinary.com/saas-ag/raw/upload/emporix-docs/deliveryTimeMixIn.v2.json",
    "payment": "https://res.cloudinary.com/saas-ag/raw/upload/emporix-docs/paymentMixIn.v3.json",
}

_COUPON = msgspec.json.Decoder(Coupon)
_METHOD = msgspec.json.Decoder(Document, float_hook=Decimal)


def order_document(stored: StoredOrder, tenant: str, *, for_back_office: bool) -> Document:
    """The whole order; `checkout` is the back office's to see."""
    order = stored.order()
    rules = order.rules
    legacy = legacy_totals(rules, order.priced, discounts=order.discounts, payment_fees=order.payment_fees)
    mixins = order.attached | _mixins(stored, order, legacy, tenant)
    document = head(stored) | {
        "quoteId": order.quote_id,
        "entries": entries(order, legacy, tenant),
        "discounts": _discounts(order, legacy),
        "customer": _customer(stored, order),
        "siteCode": order.site,
        "countryCode": order.country,
        "billingAddress": _address(order.billing_address),
        "shippingAddress": _address(order.shipping_address),
        "payments": list(order.payments) or [_payment(order, legacy, payment_id(tenant, stored.id))],
        "shipping": _shipping(order, legacy),
        "tax": _tax(order, legacy),
        "subTotalPrice": legacy.sub_total_price,
        "totalPrice": legacy.total_price,
        "totalAuthorizedAmount": legacy.authorized_amount,
        "currency": rules.currency,
        "metadata": {"mixins": _schemas(order, mixins), "version": stored.version},
        "mixins": mixins,
        "channel": order.channel,
        "deliveryWindow": _delivery_window(order),
        "shipments": list(order.shipments) or None,
        "feeYrnAggregate": _fee_aggregate(order, legacy, tenant),
        "calculatedPrice": cart_price(rules, order.priced),
        "restriction": order.site,
        "legalEntityId": order.legal_entity_id,
        **_split(order),
    }
    if for_back_office:
        document["checkout"] = bool(stored.checkout)
    return {name: value for name, value in document.items() if value is not None}


def _split(order: Order) -> Document:
    """What became of an order that was split, and what a part of one belongs to (docs/wire/emporix.md, 7)."""
    info = {"splitBy": order.split_by, "uniqueValue": order.split_value}
    return {
        "orderType": order.order_type,
        "masterOrder": order.master_order,
        "subOrders": list(order.sub_orders) or None,
        "splitInfo": {name: value for name, value in info.items() if value is not None} or None,
    }


def head(stored: StoredOrder) -> Document:
    """What can be said about an order without reading its document."""
    document = {
        "id": stored.id,
        "status": stored.status,
        "created": iso(stored.created_at),
        "lastStatusChange": iso(stored.modified_at),
        "cartId": stored.cart_id,
        "createdBy": stored.customer_id,
    }
    return {name: value for name, value in document.items() if value is not None}


# ------------------------------------------------------------------------------------------------------------ people


def _customer(stored: StoredOrder, order: Order) -> Document:
    """Who has bought; the id is that of the login, whatever the request claimed."""
    customer = order.customer
    names = [name for name in (customer.first_name, customer.last_name) if name]
    document = {
        "id": stored.customer_id,
        "name": customer.name or " ".join(names),
        "title": _title(customer.title),
        "firstName": customer.first_name,
        "middleName": customer.middle_name,
        "lastName": customer.last_name,
        "company": customer.company,
        "email": customer.email,
        "mixins": customer.attached,
        "metadata": customer.metadata if customer.attached else None,
    }
    return {name: value for name, value in document.items() if value}


def _title(title: str | None) -> str | None:
    """`MRS` is shown as `Mrs` (6.2); what is not all capitals is somebody's own spelling."""
    return title.capitalize() if title is not None and title.isalpha() and title.isupper() else title


def _address(address: Address) -> Document:
    """An address without its type and mixins."""
    document: Document = {
        "contactName": address.contact_name,
        "companyName": address.company_name,
        "street": address.street,
        "streetNumber": address.street_number,
        "streetAppendix": address.street_appendix,
        "zipCode": address.zip_code,
        "city": address.city,
        "country": address.country,
        "state": address.state,
        "contactPhone": address.contact_phone,
    }
    return {name: value for name, value in document.items() if value is not None}


# ------------------------------------------------------------------------------------------------ payment, shipping


def _method(order: Order) -> str:
    return order.payment.method or order.payment.provider


def payment_id(tenant: str, order_id: str) -> str:
    """The id of an order's payment at the gateway, the same whoever asks: a UUIDv8 (RFC 9562) of the order's name."""
    digits = sha256(f"{tenant}/{order_id}".encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


def _payment(order: Order, legacy: LegacyTotals, id: str) -> Document:
    """How the order is to be paid: nothing has been paid yet, whoever the provider is (4.6)."""
    is_gateways = order.payment.provider == GATEWAY
    document = {
        "status": "PENDING",
        "method": _method(order),
        "paymentResponse": "Payment is handled externally" if is_gateways else None,
        "paidAmount": ZERO,
        "currency": order.rules.currency,
        "transactionId": id if is_gateways else None,
        "authorizedAmount": legacy.authorized_amount if is_gateways else None,
        "provider": order.payment.provider,
    }
    return {name: value for name, value in document.items() if value is not None}


def _shipping(order: Order, legacy: LegacyTotals) -> Document:
    """What shipping costs: in all gross and after the deprecated discount, its line net and before it."""
    rules, choice, charge = order.rules, order.shipping, order.priced.shipping
    name = _METHOD.decode(order.method).get("name")
    line: Document = {
        **money(charge.net if charge is not None else choice.amount, rules),
        "code": choice.method_id,
        "name": default_text(name or choice.method_name),
        "localizedName": localized(name or choice.method_name),
        "tax": {
            "total": {**money(legacy.shipping_tax, rules), "inclusive": False},
            "rate": charge.tax_rate if charge is not None and charge.tax_rate is not None else ZERO,
        },
    }
    tax_code = charge.tax_code if charge is not None else choice.shipping_tax_code
    if tax_code is not None:
        line["shippingTaxCode"] = tax_code
    return {"total": money(legacy.shipping_total, rules), "lines": [line]}


def _delivery_window(order: Order) -> Document | None:
    """The window that was booked; orders from before there were any name what their cart named."""
    booked, window = order.delivery, order.delivery_window
    if booked is not None:
        document: Document = {
            "id": booked.time_id,
            "slotId": booked.slot_id,
            "deliveryDate": booked.day,
            "deliveryCycle": booked.cycle,
            "deliveryCycleName": booked.cycle_name,
            "deliveryTimeRange": {"timeFrom": booked.time_from, "timeTo": booked.time_to},
        }
        return {name: value for name, value in document.items() if value is not None}
    if window is None or not window.id:
        return None
    document = {"id": window.id, "slotId": window.slot_id, "deliveryDate": _day(window.delivery_date)}
    return {name: value for name, value in document.items() if value}


def _day(date: str | None) -> str | None:
    """A point in time as its day in UTC."""
    moment = instant(date) if date else None
    return iso(moment)[: len("2025-01-31")] if moment is not None else date


# ------------------------------------------------------------------------------------------------- deprecated figures


def _tax(order: Order, legacy: LegacyTotals) -> Document:
    """The deprecated tax by code; its total is that of shipping."""
    lines = [
        tax_line(one.tax_code, one.tax_rate, money(one.amount, order.rules), sequence_id)
        for sequence_id, one in enumerate(legacy.tax_lines)
    ]
    return {"lines": lines, "total": {**money(legacy.shipping_tax, order.rules), "inclusive": False}}


def _discounts(order: Order, legacy: LegacyTotals) -> list[Document]:
    """The coupons, behind a first entry that adds them up."""
    if not order.coupons:
        return []
    rules = order.rules
    amounts = {one.id: one.amount for one in legacy.discounts}
    total = money(sum(amounts.values(), ZERO), rules)
    found: list[Document] = [{"code": "TOTAL", **total, "sequenceId": 1, "categoryRestricted": False}]
    for coupon in (_COUPON.decode(document) for document in order.coupons):
        one: Document = {
            "code": coupon.code,
            **money(amounts.get(coupon.code, ZERO), rules),
            "name": default_text(coupon.name),
            "calculationType": "ApplyDiscountBeforeTax",  # the coupon's own, which decides nothing (6.1 rule 3)
            "discountType": coupon.discount_type,
            "discountCalculationType": coupon.discount_calculation_type,
            "categoryRestricted": coupon.category_restricted,
        }
        if coupon.discount_type == "PERCENT":
            one["discountRate"] = coupon.discount_percentage or ZERO
        found.append(one)
    return found


def _fee_aggregate(order: Order, legacy: LegacyTotals, tenant: str) -> Document:
    """The deprecated sum of all fees, each fee once."""
    fees: dict[str | None, PricedFee] = {}
    sums: dict[str | None, tuple[Decimal, Decimal]] = {}
    for fee, sub_total, total in _fees(order, legacy):
        fees.setdefault(fee.id, fee)
        known = sums.get(fee.id, (ZERO, ZERO))
        sums[fee.id] = (known[0] + sub_total, known[1] + total)
    document: Document = {"total": fee_total(legacy.fees_sub_total, legacy.fees_total)}
    if fees:
        document["elements"] = [fee_element(fee, tenant, fee_total(*sums[id])) for id, fee in fees.items()]
    return document


def _fees(order: Order, legacy: LegacyTotals) -> Iterator[tuple[PricedFee, Decimal, Decimal]]:
    """Every fee of the order with its deprecated amounts before and after discounts; payment fees have no discount."""
    for priced, line in zip(order.priced.lines, legacy.lines, strict=True):
        for fee, figures in zip(priced.fees, line.fees, strict=True):
            yield fee, figures.sub_total, figures.total
    for fee, amount in zip(order.priced.payment_fees, legacy.payment_fees, strict=True):
        yield fee, amount, amount


# ------------------------------------------------------------------------------------------------------------ mixins


def _mixins(stored: StoredOrder, order: Order, legacy: LegacyTotals, tenant: str) -> Document:
    """What the checkout adds to the cart's own mixins."""
    mixins: Document = {
        "payments": _payments_mixin(order, legacy, tenant),
        "generalAttributes": {
            "extendedOrderStatus": "05" if stored.status == IN_CHECKOUT else "10",
            "customerFirstOrder": False,
            "orderNumber": stored.id,
        },
    }
    window = order.delivery_window
    if window is not None and window.id:
        charge = order.priced.shipping
        booked = order.delivery
        hours = {"deliveryTimeFrom": booked.time_from, "deliveryTimeTo": booked.time_to} if booked is not None else {}
        mixins["deliveryTime"] = {
            "deliveryTimeId": window.id,
            "deliveryDate": window.delivery_date,
            **hours,
            "deliveryTimeZoneId": order.shipping.zone_id,
            "deliveryTimeMethodId": order.shipping.method_id,
            "deliveryCosts": charge.net if charge is not None else order.shipping.amount,
        }
    payment_type = (order.payment.custom_attributes or {}).get("paymentType")
    if payment_type is not None:
        mixins["payment"] = {"paymentType": payment_type}
    return mixins


def _payments_mixin(order: Order, legacy: LegacyTotals, tenant: str) -> Document:
    """What paying this way costs; the inner total of the fees is zero in the vendor's orders, too."""
    amount = sum(legacy.payment_fees, ZERO)
    total = fee_total(amount, amount, ZERO)
    element: Document = {
        "paymentMethodYrn": payment_method_yrn(tenant, _method(order)),
        "total": total,
    }
    if order.priced.payment_fees:
        figures = zip(order.priced.payment_fees, legacy.payment_fees, strict=True)
        element["fees"] = {
            "elements": [fee_element(fee, tenant, fee_total(one, one, ZERO)) for fee, one in figures],
            "total": fee_total(ZERO, ZERO, ZERO),
        }
    return {"elements": [element], "total": total}


def _schemas(order: Order, mixins: dict[str, Any]) -> Document:
    """Where the order's mixins are described: the cart's by the cart, the vendor's by the vendor."""
    named = order.metadata.get("mixins")
    own = {name: address for name, address in _SCHEMAS.items() if name in mixins}
    return (named if isinstance(named, dict) else {}) | own
