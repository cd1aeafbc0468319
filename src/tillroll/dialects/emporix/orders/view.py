"""An order as clients see it (docs/wire/emporix.md, 7.1).

    sales_order row + its document ──► Order, legacy_totals ──► the vendor's document, deprecated figures included

What there is no data for is left out, or empty where the vendor shows it empty. Money stays exact decimals.
"""

from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec

from tillroll.dialects.emporix.orders.answers import (
    InclusiveMoney,
    OrderAddress,
    OrderCustomer,
    OrderDiscount,
    OrderHead,
    OrderMetadata,
    OrderPayment,
    OrderShipping,
    OrderShippingLine,
    OrderShippingTax,
    OrderTax,
    OrderTaxLine,
    OrderWindow,
    SalesOrder,
    SplitInfo,
    TimeRange,
)
from tillroll.dialects.emporix.orders.entries import FEES_SCHEMA, default_text, entries, localized
from tillroll.dialects.emporix.wire.amounts import NO_FEES, FeeAggregate, cart_price, fee_element, fees_total, money
from tillroll.dialects.emporix.wire.answers import told
from tillroll.dialects.emporix.wire.resources import Document, iso
from tillroll.dialects.emporix.wire.yrn import payment_method_yrn
from tillroll.domain.coupons.coupons import Coupon
from tillroll.domain.money import ZERO
from tillroll.domain.orders.order import IN_CHECKOUT, Address, Order
from tillroll.domain.payments.payment import GATEWAY, PaymentOutcome
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


def sales_order(stored: StoredOrder, tenant: str, *, for_back_office: bool) -> SalesOrder:
    """The whole order; `checkout` is the back office's to see."""
    order = stored.order()
    rules = order.rules
    legacy = legacy_totals(rules, order.priced, discounts=order.discounts, payment_fees=order.payment_fees)
    mixins = order.attached | _mixins(stored, order, legacy, tenant)
    own_payment = _payment(order, legacy, payment_id(tenant, stored.id))
    return SalesOrder(
        **_head(stored),
        **_split(order),
        quote_id=order.quote_id,
        entries=entries(order, legacy, tenant),
        discounts=_discounts(order, legacy),
        customer=_customer(stored, order),
        site_code=order.site,
        country_code=order.country,
        billing_address=_address(order.billing_address),
        shipping_address=_address(order.shipping_address),
        payments=order.payments or (told(own_payment),),
        shipping=_shipping(order, legacy),
        tax=_tax(order, legacy),
        sub_total_price=legacy.sub_total_price,
        total_price=legacy.total_price,
        total_authorized_amount=legacy.authorized_amount,
        currency=rules.currency,
        metadata=OrderMetadata(mixins=_schemas(order, mixins), version=stored.version),
        mixins=mixins,
        channel=order.channel,
        delivery_window=_delivery_window(order),
        shipments=order.shipments,
        fee_yrn_aggregate=_fee_aggregate(order, legacy, tenant),
        calculated_price=cart_price(rules, order.priced),
        restriction=order.site,
        legal_entity_id=order.legal_entity_id,
        checkout=bool(stored.checkout) if for_back_office else None,
    )


def _split(order: Order) -> dict[str, Any]:
    """What became of an order that was split, and what a part of one belongs to (docs/wire/emporix.md, 7)."""
    is_part = order.split_by is not None or order.split_value is not None
    return {
        "order_type": order.order_type,
        "master_order": order.master_order,
        "sub_orders": order.sub_orders,
        "split_info": SplitInfo(split_by=order.split_by, unique_value=order.split_value) if is_part else None,
    }


def head(stored: StoredOrder) -> Document:
    """What can be said about an order without reading its document."""
    document: Document = told(OrderHead(**_head(stored)))
    return document


def _head(stored: StoredOrder) -> dict[str, Any]:
    return {
        "id": stored.id,
        "status": stored.status,
        "created": iso(stored.created_at),
        "last_status_change": iso(stored.modified_at),
        "cart_id": stored.cart_id,
        "created_by": stored.customer_id,
    }


# ------------------------------------------------------------------------------------------------------------ people


def _customer(stored: StoredOrder, order: Order) -> OrderCustomer:
    """Who has bought; the id is that of the login, whatever the request claimed."""
    customer = order.customer
    names = [name for name in (customer.first_name, customer.last_name) if name]
    return OrderCustomer(
        id=stored.customer_id or None,
        name=customer.name or " ".join(names) or None,
        title=_title(customer.title) or None,
        first_name=customer.first_name or None,
        middle_name=customer.middle_name or None,
        last_name=customer.last_name or None,
        company=customer.company or None,
        email=customer.email or None,
        mixins=customer.attached or None,
        metadata=customer.metadata or None if customer.attached else None,
    )


def _title(title: str | None) -> str | None:
    """`MRS` is shown as `Mrs` (6.2); what is not all capitals is somebody's own spelling."""
    return title.capitalize() if title is not None and title.isalpha() and title.isupper() else title


def _address(address: Address) -> OrderAddress:
    return OrderAddress(
        contact_name=address.contact_name,
        company_name=address.company_name,
        street=address.street,
        street_number=address.street_number,
        street_appendix=address.street_appendix,
        zip_code=address.zip_code,
        city=address.city,
        country=address.country,
        state=address.state,
        contact_phone=address.contact_phone,
    )


# ------------------------------------------------------------------------------------------------ payment, shipping


def _method(order: Order) -> str:
    return order.payment.method or order.payment.provider


def payment_id(tenant: str, order_id: str) -> str:
    """The id of an order's payment at the gateway, the same whoever asks: a UUIDv8 (RFC 9562) of the order's name."""
    digits = sha256(f"{tenant}/{order_id}".encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


def _payment(order: Order, legacy: LegacyTotals, id: str) -> OrderPayment:
    """How the order is to be paid: nothing has been paid yet, whoever the provider is (4.6)."""
    is_gateways = order.payment.provider == GATEWAY
    if order.paid is not None:
        return _paid(order, order.paid)
    return OrderPayment(
        status="PENDING",
        method=_method(order),
        payment_response="Payment is handled externally" if is_gateways else None,
        paid_amount=ZERO,
        currency=order.rules.currency,
        transaction_id=id if is_gateways else None,
        authorized_amount=legacy.authorized_amount if is_gateways else None,
        provider=order.payment.provider,
    )


# What an order's payment is told as, by the state of the attempt to pay it (4.6): whatever else is PENDING.
_TOLD = {
    "AUTHORISED": "AUTHORIZATION_SUCCESS",
    "CAPTURING": "AUTHORIZATION_SUCCESS",
    "CAPTURED": "CAPTURE_SUCCESS",
    "VOIDED": "CANCELLATION_SUCCESS",
    "DECLINED": "AUTHORIZATION_FAILURE",
    "REFUSED": "AUTHORIZATION_FAILURE",
    "ABANDONED": "AUTHORIZATION_FAILURE",
    "EXPIRED": "AUTHORIZATION_FAILURE",
}
# What is on its way back is told as neither.
_REFUNDS = {"SUCCEEDED": "REFUND_SUCCESS", "FAILED": "REFUND_FAILURE", "REFUSED": "REFUND_FAILURE"}


def _paid(order: Order, paid: PaymentOutcome) -> OrderPayment:
    """What has become of a payment whose provider was asked."""
    return OrderPayment(
        status=_REFUNDS.get(paid.refund_state or "") or _TOLD.get(paid.state, "PENDING"),
        method=_method(order),
        paid_amount=paid.captured_amount,
        refund_amount=paid.refunded_amount or None,
        currency=order.rules.currency,
        transaction_id=paid.transaction_id,
        redirect_url=paid.redirect_url,
        authorized_amount=paid.authorized_amount,
        provider=order.payment.provider,
    )


def _shipping(order: Order, legacy: LegacyTotals) -> OrderShipping:
    """What shipping costs: in all gross and after the deprecated discount, its line net and before it."""
    rules, choice, charge = order.rules, order.shipping, order.priced.shipping
    name = _METHOD.decode(order.method).get("name")
    rate = charge.tax_rate if charge is not None and charge.tax_rate is not None else ZERO
    line = OrderShippingLine(
        amount=charge.net if charge is not None else choice.amount,
        currency=rules.currency,
        code=choice.method_id,
        name=default_text(name or choice.method_name),
        localized_name=localized(name or choice.method_name),
        tax=OrderShippingTax(total=_shipping_tax(order, legacy), rate=rate),
        shipping_tax_code=charge.tax_code if charge is not None else choice.shipping_tax_code,
    )
    return OrderShipping(total=money(legacy.shipping_total, rules), lines=(line,))


def _shipping_tax(order: Order, legacy: LegacyTotals) -> InclusiveMoney:
    return InclusiveMoney(amount=legacy.shipping_tax, currency=order.rules.currency, inclusive=False)


def _delivery_window(order: Order) -> OrderWindow | None:
    """The window that was booked; orders from before there were any name what their cart named."""
    booked, window = order.delivery, order.delivery_window
    if booked is not None:
        return OrderWindow(
            id=booked.time_id,
            slot_id=booked.slot_id,
            delivery_date=booked.day,
            delivery_cycle=booked.cycle,
            delivery_cycle_name=booked.cycle_name,
            delivery_time_range=TimeRange(time_from=booked.time_from, time_to=booked.time_to),
        )
    if window is None or not window.id:
        return None
    day = _day(window.delivery_date)
    return OrderWindow(id=window.id, slot_id=window.slot_id or None, delivery_date=day or None)


def _day(date: str | None) -> str | None:
    """A point in time as its day in UTC."""
    moment = instant(date) if date else None
    return iso(moment)[: len("2025-01-31")] if moment is not None else date


# ------------------------------------------------------------------------------------------------- deprecated figures


def _tax(order: Order, legacy: LegacyTotals) -> OrderTax:
    """The deprecated tax by code; its total is that of shipping."""
    lines = (
        OrderTaxLine(
            amount=tax.amount,
            currency=order.rules.currency,
            code=tax.tax_code,
            name=tax.tax_code,
            rate=tax.tax_rate or ZERO,
            sequence_id=sequence_id,
            inclusive=False,
        )
        for sequence_id, tax in enumerate(legacy.tax_lines)
    )
    return OrderTax(lines=tuple(lines), total=_shipping_tax(order, legacy))


def _discounts(order: Order, legacy: LegacyTotals) -> tuple[OrderDiscount, ...]:
    """The coupons, behind a first entry that adds them up."""
    if not order.coupons:
        return ()
    currency = order.rules.currency
    amounts = {discount.id: discount.amount for discount in legacy.discounts}
    total = sum(amounts.values(), ZERO)
    coupons = [_COUPON.decode(document) for document in order.coupons]
    return (
        OrderDiscount(code="TOTAL", amount=total, currency=currency, sequence_id=1, category_restricted=False),
        *(
            OrderDiscount(
                code=coupon.code,
                amount=amounts.get(coupon.code, ZERO),
                currency=currency,
                name=default_text(coupon.name),
                calculation_type="ApplyDiscountBeforeTax",  # the coupon's own, which decides nothing (6.1 rule 3)
                discount_type=coupon.discount_type,
                discount_calculation_type=coupon.discount_calculation_type,
                category_restricted=coupon.category_restricted,
                discount_rate=(coupon.discount_percentage or ZERO) if coupon.discount_type == "PERCENT" else None,
            )
            for coupon in coupons
        ),
    )


def _fee_aggregate(order: Order, legacy: LegacyTotals, tenant: str) -> FeeAggregate:
    """The deprecated sum of all fees, each fee once."""
    fees: dict[str | None, PricedFee] = {}
    sums: dict[str | None, tuple[Decimal, Decimal]] = {}
    for fee, sub_total, total in _fees(order, legacy):
        fees.setdefault(fee.id, fee)
        known = sums.get(fee.id, (ZERO, ZERO))
        sums[fee.id] = (known[0] + sub_total, known[1] + total)
    return FeeAggregate(
        total=fees_total(legacy.fees_sub_total, legacy.fees_total),
        elements=tuple(fee_element(fee, tenant, fees_total(*sums[id])) for id, fee in fees.items()),
    )


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
    total = fees_total(amount, amount, ZERO)
    element: Document = {
        "paymentMethodYrn": payment_method_yrn(tenant, _method(order)),
        "total": total,
    }
    if order.priced.payment_fees:
        figures = zip(order.priced.payment_fees, legacy.payment_fees, strict=True)
        elements = tuple(fee_element(fee, tenant, fees_total(one, one, ZERO)) for fee, one in figures)
        element["fees"] = FeeAggregate(elements=elements, total=NO_FEES)
    return {"elements": [element], "total": total}


def _schemas(order: Order, mixins: dict[str, Any]) -> Document:
    """Where the order's mixins are described: the cart's by the cart, the vendor's by the vendor."""
    named = order.metadata.get("mixins")
    own = {name: address for name, address in _SCHEMAS.items() if name in mixins}
    return (named if isinstance(named, dict) else {}) | own
