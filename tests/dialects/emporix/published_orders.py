"""Emporix's published orders EON1001 and EON1200 as we keep them, and the shapes that they are shown in.

The figures are those of docs/wire/emporix.md, 6.2 and 6.3; who and what they are about is shortened.
"""

import json
from decimal import Decimal as D
from typing import Any

import msgspec

from tillroll.dialects.emporix.orders.view import sales_order
from tillroll.dialects.emporix.wire.errors import encode
from tillroll.domain.orders.order import Address, Customer, Order, OrderLine, PaymentMethod, ShippingChoice
from tillroll.domain.pricing.calculation import price_cart
from tillroll.domain.pricing.shapes import (
    CouponDiscount,
    Fee,
    LineDiscount,
    PaymentFee,
    PricingLine,
    PricingRules,
    ShippingCharge,
)
from tillroll.store.orders.rows import StoredOrder

View = dict[str, Any]

BORN = 1_769_588_667_161_000  # 2026-01-28T08:24:27.161Z
STORE = msgspec.json.Encoder(decimal_format="number")

NO_FEES = {"subTotal": 0, "totalTax": 0, "total": 0}
FEES_SCHEMA = "https://res.cloudinary.com/saas-ag/raw/upload/schemata/CAAS/fees_checkout-mashup.json"


def view(order: Order, id: str, tenant: str, *, customer_id: str | None = None, **row: Any) -> View:
    """The order as the back office gets it, stored and read again; numbers as a JavaScript client would read them."""
    document = STORE.encode(order).decode()
    facts: View = {"status": "CREATED", "checkout": 1, "session_id": "s", "created_at": BORN, "modified_at": BORN}
    facts |= {"version": 1, "for_back_office": True} | row
    for_back_office = facts.pop("for_back_office")
    stored = StoredOrder(id=id, cart_id=order.cart_id, customer_id=customer_id, document=document, **facts)
    shown: View = json.loads(encode(sales_order(stored, tenant, for_back_office=for_back_office)))
    return shown


def taxed(net: float, gross: float, tax: float, code: str | None = None, rate: float | None = None) -> View:
    return {"netValue": net, "grossValue": gross, "taxValue": tax} | (
        {"taxCode": code, "taxRate": rate} if code is not None else {}
    )


def money(amount: float, currency: str) -> View:
    return {"amount": amount, "currency": currency}


def raw(document: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(document))


def tax_line(amount: float, code: str, rate: float, *, currency: str, inclusive: bool, sequence_id: int = 0) -> View:
    return money(amount, currency) | {
        "code": code,
        "name": code,
        "rate": rate,
        "sequenceId": sequence_id,
        "inclusive": inclusive,
    }


# ----------------------------------------------------------------------------------------------------------- EON1001

ADDRESS = Address(
    "Julia Nowak",
    "Kaczyniec",
    "42-500",
    "Gliwice",
    "PL",
    "BILLING",
    company_name="ThermoBrand",
    street_number="9",
    street_appendix="",
    state="",
    contact_phone="03214323412",
    metadata={"mixins": {}},
    attached={},
)
HEATER = {
    "id": "heat123",
    "code": "heat123",
    "name": {"en": "ThermoBrand Heater X200", "pl": "ThermoBrand Heater X200"},
    "description": {"pl": "ThermoBrand Heater X200 opis", "en": "ThermoBrand Heater X200 sample description"},
    "published": True,
    "taxClasses": {"PL": "STANDARD"},
}
NET_RULES = PricingRules(2, False, "PLN")
EON1001 = Order(
    cart_id="6979c71f1f08eb1365990995",
    site="PL",
    country="PL",
    rules=NET_RULES,
    customer=Customer(
        "j.nowak@thermo.com",
        id="C0001",
        title="MRS",
        first_name="Julia",
        middle_name="",
        last_name="Nowak",
        contact_phone="56432245",
        company="ThermoBrand",
        metadata={"mixins": {}},
        attached={},
    ),
    billing_address=ADDRESS,
    shipping_address=msgspec.structs.replace(ADDRESS, type="SHIPPING"),
    payment=PaymentMethod("INVOICE", "invoice"),
    shipping=ShippingChoice("inpost", "pl", "Inpost", D(0), "STANDARD"),
    lines=(
        OrderLine(
            "0",
            "heat123",
            "urn:yaas:saasag:caasproduct:product:thermodev;heat123",
            False,
            D(10),
            "69735d30318b654a97e882fe",
            D(3500),
            D(3500),
            "STANDARD",
            raw(HEATER),
        ),
    ),
    priced=price_cart(
        NET_RULES,
        [PricingLine("0", D(10), D(3500), "STANDARD", D(23))],
        shipping=ShippingCharge(D(0), "STANDARD", D(23)),
    ),
    method=raw({"id": "inpost", "name": {"en": "Inpost", "pl": "Inpost"}}),
)

# ----------------------------------------------------------------------------------------------------------- EON1200

PICKING_NAME = {"de": "Apple Picking Fee", "en": "Apple Picking Fee"}
PAYMENT_NAME = {"de": "Payment fee", "en": "Payment fee"}
PICKING = Fee("ABSOLUTE", D("3.5"), id="677d49ca3a421b451eab23f2", name=PICKING_NAME, tax_code="REDUCED", tax_rate=D(7))
PAYMENT = PaymentFee(
    "PERCENT", D(10), id="678f552a949c723de46bdb14", name=PAYMENT_NAME, tax_code="REDUCED", tax_rate=D(7)
)
FREE_PHONE = LineDiscount("buy-2-get-1-free", "PERCENT", D(40))
COUPON = CouponDiscount("LS100EUROTOTAL", "ABSOLUTE", D(100), "TOTAL")
GROSS_RULES = PricingRules(3, True, "EUR", uplift_percent=D(30))


def gross_line(id: str, product: View, amount: int, *, quantity: int, tax_code: str) -> OrderLine:
    yrn = f"urn:yaas:saasag:caasproduct:product:b2b2cstage;{product['id']}"
    price = D(amount)
    return OrderLine(
        id, product["id"], yrn, id != "1", D(quantity), f"price-{id}", price, price, tax_code, raw(product)
    )


PHONE = {
    "id": "galaxy-s24",
    "code": "Galaxy S24",
    "name": {"en": "Galaxy s24"},
    "published": True,
    "media": [{"id": "67169928", "url": "http://res.cloudinary.com/saas-ag/media/67169928"}, {"id": "no address"}, 7],
}
SHIRT_SCHEMAS = {"productVariantAttributes": "https://example.com/variantAttributes_v1.json"}
SHIRT = {
    "id": "shirt--1",
    "code": "shirt--red",
    "name": {"en": "shirt"},
    "description": {"en": "", "de": "", "pl": ""},
    "published": True,
    "productType": "VARIANT",
    "parentVariantId": "shirt",
    "mixins": {"productVariantAttributes": {"color": "red"}},
    "metadata": {"mixins": SHIRT_SCHEMAS},
}
WEIGHED = {"id": "galaxy-s27", "code": "galaxy-s27", "name": "galaxy-s27", "description": "heavy", "published": True}
BUYER = Address("Dom", "Kochanowskiego", "44-122", "Gliwice", "DE", "BILLING")
EON1200 = Order(
    cart_id="68481e9e8bf22744fc578572",
    site="GrossSite",
    country="DE",
    rules=GROSS_RULES,
    customer=Customer("cartb2c.emporix@yopmail.com", first_name="John", last_name="Dutton"),
    billing_address=BUYER,
    shipping_address=BUYER,
    payment=PaymentMethod("stripe", "invoice"),
    shipping=ShippingChoice("Pickup", "de", "Pickup", D(10), "STANDARD"),
    lines=(
        msgspec.structs.replace(
            gross_line("0", PHONE, 350, quantity=2, tax_code="STANDARD"), external_discounts=(FREE_PHONE,)
        ),
        gross_line("1", SHIRT, 10, quantity=1, tax_code="REDUCED"),
        gross_line("2", WEIGHED, 55, quantity=2, tax_code="REDUCED"),
    ),
    priced=price_cart(
        GROSS_RULES,
        [
            PricingLine("0", D(2), D(350), "STANDARD", D(19), fees=(PICKING,), discounts=(FREE_PHONE,)),
            PricingLine("1", D(1), D(10), "REDUCED", D(7)),
            PricingLine("2", D(2), D(55), "REDUCED", D(7), fees=(PICKING,), weight_dependent=True),
        ],
        discounts=(COUPON,),
        shipping=ShippingCharge(D(10), "STANDARD", D(19)),
        payment_fees=(PAYMENT,),
    ),
    discounts=(COUPON,),
    coupons=(
        raw(
            {
                "code": "LS100EUROTOTAL",
                "name": {"en": "LS100EUROTOTAL"},
                "discountType": "ABSOLUTE",
                "discountAbsolute": {"amount": 100, "currency": "EUR"},
                "discountCalculationType": "TOTAL",
            }
        ),
    ),
    payment_fees=(PAYMENT,),
    method=raw({"id": "Pickup", "name": {"en": "Pickup"}}),
    channel={"name": "storefront", "source": "https://your-storefront.com/"},
)
