"""The order document: Emporix's published order EON1200, with all that can make a price (docs/wire/emporix.md, 6.3)."""

import pytest

from tests.dialects.emporix.published_orders import (
    EON1200,
    FEES_SCHEMA,
    PAYMENT_NAME,
    PICKING_NAME,
    SHIRT_SCHEMAS,
    View,
    money,
    tax_line,
    taxed,
    view,
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
