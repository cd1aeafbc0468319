"""The order document: Emporix's published orders EON1001 and EON1200, key by key (contracts/emporix.md, 6.2, 6.3, 7.1).

Where the documents differ from the published ones: `createdBy` and `checkout` are always there, a price has no
metadata, discounts stand in the order in which they were taken and coupons have an id among them, and the price of a
line says `calculated`.
"""

import json
from decimal import Decimal as D
from typing import Any

import msgspec
import pytest

from tillroll.dialects.emporix.errors import encode
from tillroll.dialects.emporix.order_entries import product_copy
from tillroll.dialects.emporix.order_view import order_document
from tillroll.domain.cart import DeliveryWindow
from tillroll.domain.order import Address, Customer, Order, OrderLine, PaymentMethod, ShippingChoice
from tillroll.domain.pricing import (
    CouponDiscount,
    Fee,
    LineDiscount,
    PaymentFee,
    PricingLine,
    PricingRules,
    ShippingCharge,
    price_cart,
)
from tillroll.engine.orders import StoredOrder

View = dict[str, Any]

BORN = 1_769_588_667_161_000  # 2026-01-28T08:24:27.161Z
STORE = msgspec.json.Encoder(decimal_format="number")


def view(order: Order, id: str, tenant: str, *, customer_id: str | None = None, **row: Any) -> View:
    """The order as the back office gets it, stored and read again; numbers as a JavaScript client would read them."""
    document = STORE.encode(order).decode()
    facts: View = {"status": "CREATED", "checkout": 1, "session_id": "s", "created_at": BORN, "modified_at": BORN}
    facts |= {"version": 1, "for_back_office": True} | row
    for_back_office = facts.pop("for_back_office")
    stored = StoredOrder(id=id, cart_id=order.cart_id, customer_id=customer_id, document=document, **facts)
    shown: View = json.loads(encode(order_document(stored, tenant, for_back_office=for_back_office)))
    return shown


def taxed(net: float, gross: float, tax: float, code: str | None = None, rate: float | None = None) -> View:
    return {"netValue": net, "grossValue": gross, "taxValue": tax} | (
        {"taxCode": code, "taxRate": rate} if code is not None else {}
    )


def money(amount: float, currency: str) -> View:
    return {"amount": amount, "currency": currency}


def raw(document: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(document))


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
    mixins={},
)
SHOWN_ADDRESS = {
    "contactName": "Julia Nowak",
    "companyName": "ThermoBrand",
    "street": "Kaczyniec",
    "streetNumber": "9",
    "streetAppendix": "",
    "zipCode": "42-500",
    "city": "Gliwice",
    "country": "PL",
    "state": "",
    "contactPhone": "03214323412",
}
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
        mixins={},
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

UNIT = taxed(3500, 4305, 805, "STANDARD", 23)
WHOLE = taxed(35000, 43050, 8050, "STANDARD", 23)
NOTHING = taxed(0, 0, 0, "STANDARD", 23)
NO_FEES = {"subTotal": 0, "totalTax": 0, "total": 0}
FEES_SCHEMA = "https://res.cloudinary.com/saas-ag/raw/upload/schemata/CAAS/fees_checkout-mashup.json"
GENERAL_SCHEMA = "https://res.cloudinary.com/saas-ag/raw/upload/schemata/orderGeneralAttributesMixIn.v9.json"


def tax_line(amount: float, code: str, rate: float, *, currency: str, inclusive: bool, sequence_id: int = 0) -> View:
    return money(amount, currency) | {
        "code": code,
        "name": code,
        "rate": rate,
        "sequenceId": sequence_id,
        "inclusive": inclusive,
    }


def test_eon1001_has_its_entry() -> None:
    (entry,) = view(EON1001, "EON1001", "thermodev", customer_id="C0001")["entries"]
    assert entry == {
        "id": "heat123",
        "itemYrn": "urn:yaas:saasag:caasproduct:product:thermodev;heat123",
        "keepAsSeparateLineItem": False,
        "type": "INTERNAL",
        "amount": 10,
        "orderedAmount": 10,
        "effectiveQuantity": 10,
        "originalAmount": 3500,
        "originalPrice": 3500,
        "unitPrice": 3500,
        "calculatedUnitPrice": UNIT,
        "totalPrice": 35000,
        "product": {
            "id": "heat123",
            "sku": "heat123",
            "name": "ThermoBrand Heater X200",
            "localizedName": {"en": "ThermoBrand Heater X200", "pl": "ThermoBrand Heater X200"},
            "description": "[en:ThermoBrand Heater X200 sample description, pl:ThermoBrand Heater X200 opis]",
            "published": True,
            "images": [],
            "productType": "BASIC",
        },
        "tax": {
            "lines": [tax_line(8050, "STANDARD", 23, currency="PLN", inclusive=False)],
            "total": money(0, "PLN") | {"inclusive": False},
        },
        "price": {
            "priceId": "69735d30318b654a97e882fe",
            "currency": "PLN",
            "originalAmount": 3500,
            "effectiveAmount": 3500,
            "basePrice": {},
            "presentationPrice": {},
            "metadata": {},
        },
        "totalDiscount": money(0, "PLN"),
        "fees": {"total": NO_FEES},
        "metadata": {"mixins": {"fees": FEES_SCHEMA}},
        "mixins": {"fees": {"total": NO_FEES | {"discount": 0}}},
        "calculatedPrice": {"price": WHOLE | {"calculated": "INTERNAL"}, "finalPrice": WHOLE},
        "priceMatchDetails": UNIT | {"taxCountry": "PL"},
    }


def test_eon1001_is_its_published_document() -> None:
    document = view(EON1001, "EON1001", "thermodev", customer_id="C0001")
    del document["entries"]
    assert document == {
        "id": "EON1001",
        "status": "CREATED",
        "created": "2026-01-28T08:24:27.161Z",
        "lastStatusChange": "2026-01-28T08:24:27.161Z",
        "cartId": "6979c71f1f08eb1365990995",
        "createdBy": "C0001",
        "checkout": True,
        "discounts": [],
        "customer": {
            "id": "C0001",
            "name": "Julia Nowak",
            "title": "Mrs",
            "firstName": "Julia",
            "lastName": "Nowak",
            "company": "ThermoBrand",
            "email": "j.nowak@thermo.com",
        },
        "siteCode": "PL",
        "countryCode": "PL",
        "billingAddress": SHOWN_ADDRESS,
        "shippingAddress": SHOWN_ADDRESS,
        "payments": [
            {"status": "PENDING", "method": "invoice", "paidAmount": 0, "currency": "PLN", "provider": "INVOICE"}
        ],
        "shipping": {
            "total": money(0, "PLN"),
            "lines": [
                money(0, "PLN")
                | {
                    "code": "inpost",
                    "name": "Inpost",
                    "localizedName": {"en": "Inpost", "pl": "Inpost"},
                    "tax": {"total": money(0, "PLN") | {"inclusive": False}, "rate": 23},
                    "shippingTaxCode": "STANDARD",
                }
            ],
        },
        "tax": {
            "lines": [tax_line(8050, "STANDARD", 23, currency="PLN", inclusive=False)],
            "total": money(0, "PLN") | {"inclusive": False},
        },
        "subTotalPrice": 35000,
        "totalPrice": 35000,
        "totalAuthorizedAmount": 43050,
        "currency": "PLN",
        "metadata": {"mixins": {"payments": FEES_SCHEMA, "generalAttributes": GENERAL_SCHEMA}, "version": 1},
        "mixins": {
            "payments": {
                "elements": [
                    {
                        "paymentMethodYrn": "urn:yaas:hybris:payments:payment-method:thermodev;invoice",
                        "total": NO_FEES | {"discount": 0},
                    }
                ],
                "total": NO_FEES | {"discount": 0},
            },
            "generalAttributes": {
                "extendedOrderStatus": "10",
                "customerFirstOrder": False,
                "orderNumber": "EON1001",
            },
        },
        "feeYrnAggregate": {"total": NO_FEES},
        "calculatedPrice": {
            "price": WHOLE,
            "shipping": NOTHING,
            "totalShipping": NOTHING,
            "finalPrice": WHOLE | {"taxAggregate": {"lines": [WHOLE]}},
        },
        "restriction": "PL",
    }


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


@pytest.fixture
def gross() -> View:
    return view(EON1200, "EON1200", "b2b2cstage", customer_id="45620894")


def coupon(value: float, price: View) -> View:
    rest = {"value": value, "price": price, "discountType": "ABSOLUTE", "origin": "INTERNAL"}
    return {"id": "LS100EUROTOTAL"} | rest


EXTERNAL = {
    "id": "buy-2-get-1-free",
    "value": 280,
    "price": taxed(235.294, 280, 44.706, "STANDARD", 19),
    "discountType": "PERCENT",
    "origin": "EXTERNAL",
}
FEE_COUPON = coupon(0.446, taxed(0.417, 0.446, 0.029, "REDUCED", 7))
PRICED_FEE = {
    "id": "677d49ca3a421b451eab23f2",
    "type": "ABSOLUTE",
    "origin": "INTERNAL",
    "name": PICKING_NAME,
    "price": taxed(3.5, 3.745, 0.245, "REDUCED", 7),
    "discountedPrice": taxed(3.083, 3.299, 0.216, "REDUCED", 7) | {"appliedDiscounts": [FEE_COUPON]},
}
AFTER_TAX = {"calculationType": "ApplyDiscountAfterTax"}


def fee_of(id: str, name: View, total: View) -> View:
    return {"yrn": f"urn:yaas:saasag:fee:fee:b2b2cstage;{id}", "name": name, "taxCode": "REDUCED", "total": total}


def fee_sum(sub_total: float, total: float) -> View:
    return {"subTotal": sub_total, "totalTax": 0, "total": total}


def test_eon1200_has_its_first_entry(gross: View) -> None:
    entry = gross["entries"][0]
    one = fee_sum(3.5, 3.08)
    phone = {"id": "67169928", "url": "http://res.cloudinary.com/saas-ag/media/67169928", "stored": False}
    assert entry.pop("product")["images"] == [phone]
    details = entry.pop("priceMatchDetails")
    assert details == taxed(294.11764705882354, 350, 55.88235294117647, "STANDARD", 19) | {"taxCountry": "DE"}
    assert entry.pop("calculatedPrice") == {
        "price": taxed(588.235, 700, 111.765, "STANDARD", 19) | {"calculated": "INTERNAL"},
        "discountedPrice": taxed(282.862, 336.606, 53.744, "STANDARD", 19)
        | {"appliedDiscounts": [EXTERNAL, coupon(83.394, taxed(70.079, 83.394, 13.315, "STANDARD", 19))]},
        "fees": [PRICED_FEE],
        "totalFee": PRICED_FEE["discountedPrice"],
        "totalDiscount": AFTER_TAX
        | {"value": 363.84, "price": taxed(305.79, 363.84, 58.05)}
        | {"appliedDiscounts": [EXTERNAL, coupon(83.84, taxed(70.496, 83.84, 13.344))]},
        "finalPrice": taxed(285.945, 339.905, 53.96),
    }
    assert entry == {
        "id": "0_SLI_galaxy-s24",
        "itemYrn": "urn:yaas:saasag:caasproduct:product:b2b2cstage;galaxy-s24",
        "keepAsSeparateLineItem": True,
        "type": "INTERNAL",
        "amount": 2,
        "orderedAmount": 2,
        "effectiveQuantity": 2,
        "originalAmount": 350,
        "originalPrice": 350,
        "unitPrice": 350,
        "calculatedUnitPrice": taxed(294.118, 350, 55.882, "STANDARD", 19),
        "totalPrice": 700,
        "authorizedAmount": 700,
        "tax": {
            "lines": [tax_line(111.76, "STANDARD", 19, currency="EUR", inclusive=True)],
            "total": money(0, "EUR") | {"inclusive": True},
        },
        "price": {
            "priceId": "price-0",
            "currency": "EUR",
            "originalAmount": 350,
            "effectiveAmount": 350,
            "basePrice": {},
            "presentationPrice": {},
            "metadata": {},
        },
        "totalDiscount": money(84.06, "EUR"),
        "fees": {"elements": [fee_of("677d49ca3a421b451eab23f2", PICKING_NAME, one)], "total": one},
        "metadata": {"mixins": {"fees": FEES_SCHEMA}},
        "mixins": {
            "fees": {
                "elements": [fee_of("677d49ca3a421b451eab23f2", PICKING_NAME, one | {"discount": 0.42})],
                "total": one | {"discount": 0.42},
            }
        },
        "externalDiscounts": [{"id": "buy-2-get-1-free", "discountType": "PERCENT", "value": 40, "sequence": 1}],
    }


def test_eon1200_has_its_other_entries(gross: View) -> None:
    _, shirt, weighed = gross["entries"]
    assert (shirt["id"], weighed["id"]) == ("shirt--1", "2_SLI_galaxy-s27")
    assert shirt["product"] == {
        "id": "shirt--1",
        "sku": "shirt--red",
        "name": "shirt",
        "localizedName": {"en": "shirt"},
        "description": "[de:, en:, pl:]",
        "published": True,
        "images": [],
        "productType": "VARIANT",
        "parentVariantId": "shirt",
        "mixins": {"productVariantAttributes": {"color": "red"}},
        "metadata": {"mixins": SHIRT_SCHEMAS},
    }
    assert "externalDiscounts" not in shirt
    assert shirt["fees"] == {"total": fee_sum(0, 0)}
    assert shirt["mixins"] == {"fees": {"total": fee_sum(0, 0) | {"discount": 0}}}
    assert shirt["calculatedPrice"] == {
        "price": taxed(9.346, 10, 0.654, "REDUCED", 7) | {"calculated": "INTERNAL"},
        "discountedPrice": taxed(8.233, 8.809, 0.576, "REDUCED", 7)
        | {"appliedDiscounts": [coupon(1.191, taxed(1.113, 1.191, 0.078, "REDUCED", 7))]},
        "totalDiscount": AFTER_TAX
        | {"value": 1.191, "price": taxed(1.113, 1.191, 0.078, "REDUCED", 7)}
        | {"appliedDiscounts": [coupon(1.191, taxed(1.113, 1.191, 0.078, "REDUCED", 7))]},
        "finalPrice": taxed(8.233, 8.809, 0.576, "REDUCED", 7),
    }
    assert weighed["product"]["description"] == "[en:heavy]"
    assert weighed["product"]["localizedName"] == {"en": "galaxy-s27"}
    assert weighed["calculatedPrice"]["upliftValue"] == taxed(30.841, 33, 2.159, "REDUCED", 7)
    assert weighed["calculatedPrice"]["finalPrice"] == taxed(93.639, 100.194, 6.555, "REDUCED", 7)
    assert [entry["totalPrice"] for entry in gross["entries"]] == [700, 10, 110]
    assert [entry["authorizedAmount"] for entry in gross["entries"]] == [700, 10, 143]
    assert [entry["totalDiscount"]["amount"] for entry in gross["entries"]] == [84.06, 1.19, 13.56]
    assert [entry["tax"]["lines"][0]["amount"] for entry in gross["entries"]] == [111.76, 0.65, 7.2]
    assert [entry["priceMatchDetails"]["netValue"] for entry in gross["entries"]] == [
        294.11764705882354,
        9.345794392523365,
        51.401869158878505,
    ]


def test_eon1200_has_its_calculated_price(gross: View) -> None:
    assert gross["calculatedPrice"] == {
        "price": taxed(700.385, 820, 119.615),
        "upliftValue": taxed(30.841, 33, 2.159, "REDUCED", 7),
        "discountedPrice": taxed(381.651, 442.31, 60.659)
        | {"appliedDiscounts": [EXTERNAL, coupon(97.69, taxed(83.44, 97.69, 14.25))]},
        "paymentFees": [
            {
                "id": "678f552a949c723de46bdb14",
                "type": "PERCENT",
                "origin": "INTERNAL",
                "name": PAYMENT_NAME,
                "price": taxed(39.663, 42.439, 2.776, "REDUCED", 7),
            }
        ],
        "fees": taxed(46.663, 49.929, 3.266, "REDUCED", 7),
        "totalFee": taxed(45.829, 49.037, 3.208, "REDUCED", 7)
        | {"appliedDiscounts": [coupon(0.892, taxed(0.834, 0.892, 0.058, "REDUCED", 7))]},
        "shipping": taxed(10, 11.9, 1.9, "STANDARD", 19),
        "totalShipping": taxed(8.808, 10.482, 1.674, "STANDARD", 19)
        | {"appliedDiscounts": [coupon(1.418, taxed(1.192, 1.418, 0.226, "STANDARD", 19))]},
        "totalDiscount": AFTER_TAX
        | {"value": 380, "price": taxed(320.76, 380, 59.24)}
        | {"appliedDiscounts": [EXTERNAL, coupon(100, taxed(85.466, 100, 14.534))]},
        "finalPrice": taxed(436.288, 501.829, 65.541)
        | {
            "taxAggregate": {
                "lines": [
                    taxed(144.618, 154.741, 10.123, "REDUCED", 7),
                    taxed(291.67, 347.088, 55.418, "STANDARD", 19),
                ]
            }
        },
    }


def test_eon1200_has_its_deprecated_totals(gross: View) -> None:
    assert (gross["subTotalPrice"], gross["totalPrice"], gross["totalAuthorizedAmount"]) == (820, 812.79, 534.829)
    assert gross["discounts"] == [
        {"code": "TOTAL", "amount": 100, "currency": "EUR", "sequenceId": 1, "categoryRestricted": False},
        {
            "code": "LS100EUROTOTAL",
            "amount": 100,
            "currency": "EUR",
            "name": "LS100EUROTOTAL",
            "calculationType": "ApplyDiscountBeforeTax",
            "discountType": "ABSOLUTE",
            "discountCalculationType": "TOTAL",
            "categoryRestricted": False,
        },
    ]
    assert gross["shipping"] == {
        "total": money(10.71, "EUR"),
        "lines": [
            money(10, "EUR")
            | {
                "code": "Pickup",
                "name": "Pickup",
                "localizedName": {"en": "Pickup"},
                "tax": {"total": money(1.9, "EUR") | {"inclusive": False}, "rate": 19},
                "shippingTaxCode": "STANDARD",
            }
        ],
    }
    assert gross["tax"] == {
        "lines": [
            tax_line(7.85, "REDUCED", 7, currency="EUR", inclusive=False),
            tax_line(113.66, "STANDARD", 19, currency="EUR", inclusive=False, sequence_id=1),
        ],
        "total": money(1.9, "EUR") | {"inclusive": False},
    }
    assert gross["feeYrnAggregate"] == {
        "elements": [
            fee_of("677d49ca3a421b451eab23f2", PICKING_NAME, fee_sum(7, 6.16)),
            fee_of("678f552a949c723de46bdb14", PAYMENT_NAME, fee_sum(73.89, 73.89)),
        ],
        "total": fee_sum(80.89, 80.05),
    }


def test_eon1200_has_its_mixins_payment_and_channel(gross: View) -> None:
    paid = fee_sum(73.89, 73.89) | {"discount": 0}
    element = {"paymentMethodYrn": "urn:yaas:hybris:payments:payment-method:b2b2cstage;invoice", "total": paid} | {
        "fees": {
            "elements": [fee_of("678f552a949c723de46bdb14", PAYMENT_NAME, paid)],
            "total": fee_sum(0, 0) | {"discount": 0},
        }
    }
    assert gross["mixins"]["payments"] == {"elements": [element], "total": paid}
    assert gross["payments"] == [
        {"status": "PENDING", "method": "invoice", "paidAmount": 0, "currency": "EUR", "provider": "stripe"}
    ]
    assert gross["channel"] == {"name": "storefront", "source": "https://your-storefront.com/"}
    assert gross["customer"] == {
        "id": "45620894",
        "name": "John Dutton",
        "firstName": "John",
        "lastName": "Dutton",
        "email": "cartb2c.emporix@yopmail.com",
    }


# ------------------------------------------------------------------------------------------------------- what is rare


def test_a_shopper_does_not_see_what_is_the_back_offices() -> None:
    assert "checkout" not in view(EON1001, "EON1001", "thermodev", for_back_office=False)


def test_a_guest_has_no_id_whatever_the_request_claimed() -> None:
    document = view(EON1001, "EON1001", "thermodev", customer_id=None)
    assert "id" not in document["customer"]
    assert "createdBy" not in document


@pytest.mark.parametrize(
    ("title", "shown"),
    [("MRS", "Mrs"), ("MR", "Mr"), ("Dr. med.", "Dr. med."), ("McX", "McX"), (None, None), ("", None)],
)
def test_titles_are_written_as_words(title: str | None, shown: str | None) -> None:
    customer = msgspec.structs.replace(EON1001.customer, title=title)
    document = view(msgspec.structs.replace(EON1001, customer=customer), "EON1", "thermodev")
    assert document["customer"].get("title") == shown


def test_an_order_in_checkout_says_so_in_its_attributes() -> None:
    document = view(EON1001, "EON1", "thermodev", status="IN_CHECKOUT")
    assert document["mixins"]["generalAttributes"]["extendedOrderStatus"] == "05"
    assert document["status"] == "IN_CHECKOUT"


def test_the_gateways_payment_says_what_is_authorised() -> None:
    gateway = PaymentMethod("payment-gateway", "invoice", custom_attributes={"paymentType": "invoice"})
    document = view(msgspec.structs.replace(EON1001, payment=gateway), "EON1", "thermodev")
    assert document["payments"] == [
        {
            "status": "PENDING",
            "method": "invoice",
            "paymentResponse": "Payment is handled externally",
            "paidAmount": 0,
            "currency": "PLN",
            "authorizedAmount": 43050,
            "provider": "payment-gateway",
        }
    ]
    assert document["mixins"]["payment"] == {"paymentType": "invoice"}
    assert document["metadata"]["mixins"]["payment"].endswith("paymentMixIn.v3.json")


def test_a_payment_without_a_method_is_named_after_its_provider() -> None:
    document = view(msgspec.structs.replace(EON1001, payment=PaymentMethod("custom")), "EON1", "thermodev")
    assert document["payments"][0]["method"] == "custom"


def test_a_delivery_window_is_shown_with_its_day_and_as_a_mixin() -> None:
    window = DeliveryWindow("w1", "s1", "2030-02-07T23:30:00.000-02:00")
    document = view(msgspec.structs.replace(EON1200, delivery_window=window), "EON1", "acme")
    assert document["deliveryWindow"] == {"id": "w1", "slotId": "s1", "deliveryDate": "2030-02-08"}
    assert document["mixins"]["deliveryTime"] == {
        "deliveryTimeId": "w1",
        "deliveryDate": "2030-02-07T23:30:00.000-02:00",
        "deliveryTimeZoneId": "de",
        "deliveryTimeMethodId": "Pickup",
        "deliveryCosts": 10,
    }


def test_the_carts_mixins_and_their_schemas_stay_beside_the_vendors() -> None:
    line = msgspec.structs.replace(
        EON1001.lines[0], mixins={"engraving": {"text": "Ada"}}, metadata={"mixins": {"engraving": "https://e.com/e"}}
    )
    order = msgspec.structs.replace(
        EON1001, mixins={"gift": {"wrap": 0.1}}, metadata={"mixins": {"gift": "https://e.com/g"}}, lines=(line,)
    )
    document = view(order, "EON1", "thermodev")
    assert document["mixins"]["gift"] == {"wrap": 0.1}
    assert set(document["metadata"]["mixins"]) == {"gift", "payments", "generalAttributes"}
    assert set(document["entries"][0]["mixins"]) == {"engraving", "fees"}
    assert document["entries"][0]["metadata"] == {"mixins": {"engraving": "https://e.com/e", "fees": FEES_SCHEMA}}


def test_a_copied_variant_keeps_what_makes_it_one() -> None:
    copy = product_copy(
        msgspec.json.encode(
            {
                "id": "v",
                "code": "V",
                "name": "V",
                "productType": "DYNAMIC_VARIANT",
                "parentVariantId": "p",
                "parentVariantPath": ["p"],
                "ownVariantAttributes": {"size": 43},
                "inheritedVariantAttributes": {},
                "sellable": False,
                "vendor": {"id": "vendor"},
            }
        )
    )
    assert copy["sellable"] is False
    assert copy["ownVariantAttributes"] == {"size": 43}
    assert copy["vendor"] == {"id": "vendor"}
    assert "inheritedVariantAttributes" not in copy


def test_percentages_are_shown_as_a_rate_and_shipments_where_there_are_any() -> None:
    ten = raw({"code": "TEN", "name": "Ten", "discountType": "PERCENT", "discountPercentage": 10})
    discounts = (CouponDiscount("TEN", "PERCENT", D(10)),)
    lines = [PricingLine("0", D(10), D(3500), "STANDARD", D(23))]
    priced = price_cart(NET_RULES, lines, discounts=discounts)
    shipments = ({"carrier": "Post", "shippedDate": "2030-01-01"},)
    order = msgspec.structs.replace(EON1001, discounts=discounts, coupons=(ten,), priced=priced, shipments=shipments)
    document = view(order, "EON1", "thermodev")
    assert [one.get("discountRate") for one in document["discounts"]] == [None, 10]
    assert [one["amount"] for one in document["discounts"]] == [3500, 3500]
    assert document["shipments"] == list(shipments)
    assert document["shipping"]["lines"][0]["tax"]["rate"] == 0
    assert "totalShipping" not in document["calculatedPrice"]
