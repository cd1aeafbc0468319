"""The order document: Emporix's published order EON1001, key by key, and what is rare (docs/wire/emporix.md, 6.2, 7.1).

Where the documents differ from the published one: `createdBy` and `checkout` are always there, a price has no
metadata, discounts stand in the order in which they were taken and coupons have an id among them, and the price of a
line says `calculated`.
"""

from decimal import Decimal as D

import msgspec
import pytest

from tests.dialects.emporix.published_orders import (
    EON1001,
    EON1200,
    FEES_SCHEMA,
    NET_RULES,
    NO_FEES,
    money,
    raw,
    tax_line,
    taxed,
    view,
)
from tillroll.dialects.emporix.orders.entries import product_copy
from tillroll.domain.delivery.delivery import DeliveryWindow
from tillroll.domain.orders.order import PaymentMethod
from tillroll.domain.pricing.calculation import price_cart
from tillroll.domain.pricing.shapes import CouponDiscount, PricingLine

FIGURES = (
    "shipping",
    "tax",
    "subTotalPrice",
    "totalPrice",
    "totalAuthorizedAmount",
    "feeYrnAggregate",
    "calculatedPrice",
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
UNIT = taxed(3500, 4305, 805, "STANDARD", 23)
WHOLE = taxed(35000, 43050, 8050, "STANDARD", 23)
NOTHING = taxed(0, 0, 0, "STANDARD", 23)
GENERAL_SCHEMA = "https://res.cloudinary.com/saas-ag/raw/upload/schemata/orderGeneralAttributesMixIn.v9.json"


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


def test_eon1001_has_its_facts_and_people() -> None:
    document = view(EON1001, "EON1001", "thermodev", customer_id="C0001")
    for figures in (*FIGURES, "entries"):
        del document[figures]
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
        "restriction": "PL",
    }


def test_eon1001_has_its_figures() -> None:
    document = view(EON1001, "EON1001", "thermodev", customer_id="C0001")
    assert {name: document[name] for name in FIGURES} == {
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
        "feeYrnAggregate": {"total": NO_FEES},
        "calculatedPrice": {
            "price": WHOLE,
            "shipping": NOTHING,
            "totalShipping": NOTHING,
            "finalPrice": WHOLE | {"taxAggregate": {"lines": [WHOLE]}},
        },
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
            "transactionId": "98767d4d-dc19-8643-a700-9750814b3488",
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
        EON1001.lines[0], attached={"engraving": {"text": "Ada"}}, metadata={"mixins": {"engraving": "https://e.com/e"}}
    )
    order = msgspec.structs.replace(
        EON1001, attached={"gift": {"wrap": 0.1}}, metadata={"mixins": {"gift": "https://e.com/g"}}, lines=(line,)
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
