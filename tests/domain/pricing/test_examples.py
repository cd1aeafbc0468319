"""The published calculations, to the last digit: EON1001 and EON1200 (docs/wire/emporix.md, 6.2 and 6.3), and the cart
of Emporix's cart tutorial, whose coupon leaves a rounding remainder for the first line.
"""

from decimal import Decimal as D

import msgspec

from tillroll.domain.pricing.calculation import price_cart
from tillroll.domain.pricing.legacy import legacy_totals
from tillroll.domain.pricing.shapes import (
    AppliedDiscount,
    CouponDiscount,
    Fee,
    LegacyDiscount,
    LegacyFee,
    LegacyTax,
    LegacyTotals,
    LineDiscount,
    PaymentFee,
    PricedCart,
    PricingLine,
    PricingRules,
    ShippingCharge,
    TaxedAmount,
)

Sides = tuple[str, str, str]


def sides(price: TaxedAmount | None) -> Sides:
    """Net, gross and tax without trailing zeros, as the published documents print them."""
    assert price is not None
    return plain(price.net), plain(price.gross), plain(price.tax)


def plain(amount: D) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def taxed_as(price: TaxedAmount | None) -> tuple[str | None, D | None]:
    assert price is not None
    return price.tax_code, price.tax_rate


def values(applied: tuple[AppliedDiscount, ...]) -> list[tuple[str, str, str]]:
    return [(entry.id, plain(entry.value), plain(entry.price.net)) for entry in applied]


STANDARD = ("STANDARD", D(19))
REDUCED = ("REDUCED", D(7))
UNLIKE = (None, None)

# ----------------------------------------------------------------------------------------------------------- EON1001

EON1001_RULES = PricingRules(2, False, "PLN")
EON1001 = price_cart(
    EON1001_RULES,
    [PricingLine("0", D(10), D(3500), "STANDARD", D(23))],
    shipping=ShippingCharge(D(0), "STANDARD", D(23)),
)


def test_eon1001_has_its_line_and_final_price() -> None:
    line = EON1001.lines[0]
    assert sides(line.unit_price) == ("3500", "4305", "805")
    for price in (line.price, line.final_price, EON1001.price, EON1001.final_price, *EON1001.tax_aggregate):
        assert sides(price) == ("35000", "43050", "8050")
        assert taxed_as(price) == ("STANDARD", D(23))
    assert len(EON1001.tax_aggregate) == 1
    assert EON1001.authorized_amount == 43050


def test_eon1001_shows_free_shipping_with_its_tax_code() -> None:
    assert EON1001.total_shipping is not None
    for price in (EON1001.shipping, EON1001.total_shipping.price):
        assert sides(price) == ("0", "0", "0")
        assert taxed_as(price) == ("STANDARD", D(23))


def test_eon1001_leaves_out_what_is_empty() -> None:
    line = EON1001.lines[0]
    assert (line.discounted_price, line.total_fee, line.total_discount, line.uplift) == (None, None, None, None)
    assert (EON1001.discounted_price, EON1001.total_fee, EON1001.total_discount) == (None, None, None)
    assert (EON1001.fees, EON1001.payment_fees, EON1001.uplift, line.fees) == (None, (), None, ())


def test_eon1001_has_its_legacy_totals() -> None:
    legacy = legacy_totals(EON1001_RULES, EON1001)
    assert (legacy.sub_total_price, legacy.total_price, legacy.authorized_amount) == (D(35000), D(35000), D(43050))
    assert legacy.tax_lines == (LegacyTax("STANDARD", D(23), D(8050)),)
    assert legacy.lines[0].tax == 8050
    assert legacy.shipping_tax == 0
    assert legacy.discounts == ()


# ----------------------------------------------------------------------------------------------------------- EON1200

PICKING_FEE = Fee("ABSOLUTE", D("3.5"), id="picking", tax_code="REDUCED", tax_rate=D(7))
GROSS_RULES = PricingRules(3, True, "EUR", uplift_percent=D(30))
GROSS_LINES = [
    PricingLine(
        "0", D(2), D(350), *STANDARD, fees=(PICKING_FEE,), discounts=(LineDiscount("2for1", "PERCENT", D(40)),)
    ),
    PricingLine("1", D(1), D(10), *REDUCED),
    PricingLine("2", D(2), D(55), *REDUCED, fees=(PICKING_FEE,), weight_dependent=True),
]
COUPON = (CouponDiscount("LS100", "ABSOLUTE", D(100), "TOTAL"),)
PAYMENT = (PaymentFee("PERCENT", D(10), tax_code="REDUCED", tax_rate=D(7)),)
EON1200 = price_cart(
    GROSS_RULES, GROSS_LINES, discounts=COUPON, shipping=ShippingCharge(D(10), *STANDARD), payment_fees=PAYMENT
)
EON1200_LEGACY = legacy_totals(GROSS_RULES, EON1200, discounts=COUPON, payment_fees=PAYMENT)


def test_eon1200_takes_the_other_side_from_the_line_and_not_from_the_unit() -> None:
    assert [sides(line.unit_price) for line in EON1200.lines] == [
        ("294.118", "350", "55.882"),
        ("9.346", "10", "0.654"),
        ("51.402", "55", "3.598"),
    ]
    assert [sides(line.price) for line in EON1200.lines] == [
        ("588.235", "700", "111.765"),
        ("9.346", "10", "0.654"),
        ("102.804", "110", "7.196"),
    ]
    assert sides(EON1200.price) == ("700.385", "820", "119.615")
    assert taxed_as(EON1200.price) == UNLIKE


def test_eon1200_spreads_its_coupon_over_lines_fees_and_shipping() -> None:
    first, second, third = EON1200.lines
    assert first.discounted_price
    assert second.discounted_price
    assert third.discounted_price
    assert EON1200.total_shipping
    assert values(first.discounted_price.applied) == [("2for1", "280", "235.294"), ("LS100", "83.394", "70.079")]
    assert values(second.discounted_price.applied) == [("LS100", "1.191", "1.113")]
    assert values(third.discounted_price.applied) == [("LS100", "13.105", "12.248")]
    for line in (first, third):
        assert line.fees[0].discounted
        assert values(line.fees[0].discounted.applied) == [("LS100", "0.446", "0.417")]
    assert values(EON1200.total_shipping.applied) == [("LS100", "1.418", "1.192")]


def test_eon1200_has_its_prices_after_discounts() -> None:
    discounted = [line.discounted_price.price for line in EON1200.lines if line.discounted_price]
    assert [sides(price) for price in discounted] == [
        ("282.862", "336.606", "53.744"),
        ("8.233", "8.809", "0.576"),
        ("90.556", "96.895", "6.339"),
    ]
    assert EON1200.discounted_price
    assert sides(EON1200.discounted_price.price) == ("381.651", "442.31", "60.659")
    assert values(EON1200.discounted_price.applied) == [("2for1", "280", "235.294"), ("LS100", "97.69", "83.44")]
    assert [sides(line.final_price) for line in EON1200.lines] == [
        ("285.945", "339.905", "53.96"),
        ("8.233", "8.809", "0.576"),
        ("93.639", "100.194", "6.555"),
    ]
    assert [taxed_as(line.final_price) for line in EON1200.lines] == [UNLIKE, REDUCED, REDUCED]


def test_eon1200_has_its_fees() -> None:
    for line in (EON1200.lines[0], EON1200.lines[2]):
        assert line.total_fee
        assert sides(line.fees[0].price) == ("3.5", "3.745", "0.245")
        assert sides(line.total_fee.price) == ("3.083", "3.299", "0.216")
        assert taxed_as(line.total_fee.price) == REDUCED
    assert sides(EON1200.payment_fees[0].price) == ("39.663", "42.439", "2.776")
    assert sides(EON1200.fees) == ("46.663", "49.929", "3.266")
    assert EON1200.total_fee
    assert sides(EON1200.total_fee.price) == ("45.829", "49.037", "3.208")
    assert values(EON1200.total_fee.applied) == [("LS100", "0.892", "0.834")]


def test_eon1200_has_its_shipping() -> None:
    assert EON1200.total_shipping
    assert sides(EON1200.shipping) == ("10", "11.9", "1.9")
    assert sides(EON1200.total_shipping.price) == ("8.808", "10.482", "1.674")
    assert taxed_as(EON1200.total_shipping.price) == STANDARD


def test_eon1200_sums_up_its_discounts() -> None:
    first, second, third = (line.total_discount for line in EON1200.lines)
    assert first
    assert second
    assert third
    assert EON1200.total_discount
    assert (plain(first.value), *sides(first.price)) == ("363.84", "305.79", "363.84", "58.05")
    assert values(first.applied) == [("2for1", "280", "235.294"), ("LS100", "83.84", "70.496")]
    assert [taxed_as(entry.price) for entry in first.applied] == [STANDARD, UNLIKE]
    assert [(entry.kind, entry.origin) for entry in first.applied] == [
        ("PERCENT", "EXTERNAL"),
        ("ABSOLUTE", "INTERNAL"),
    ]
    assert sides(second.price) == ("1.113", "1.191", "0.078")
    assert (plain(third.value), *sides(third.price)) == ("13.551", "12.665", "13.551", "0.886")
    assert taxed_as(third.price) == REDUCED
    total = EON1200.total_discount
    assert (plain(total.value), *sides(total.price)) == ("380", "320.76", "380", "59.24")
    assert values(total.applied) == [("2for1", "280", "235.294"), ("LS100", "100", "85.466")]


def test_eon1200_has_its_final_price_tax_aggregate_and_authorisation() -> None:
    assert sides(EON1200.final_price) == ("436.288", "501.829", "65.541")
    assert taxed_as(EON1200.final_price) == UNLIKE
    assert [(*sides(part), *taxed_as(part)) for part in EON1200.tax_aggregate] == [
        ("144.618", "154.741", "10.123", *REDUCED),
        ("291.67", "347.088", "55.418", *STANDARD),
    ]
    assert [line.uplift is None for line in EON1200.lines] == [True, True, False]
    assert sides(EON1200.lines[2].uplift) == sides(EON1200.uplift) == ("30.841", "33", "2.159")
    assert taxed_as(EON1200.uplift) == REDUCED
    assert EON1200.authorized_amount == D("534.829")


def test_eon1200_has_its_legacy_totals() -> None:
    legacy = EON1200_LEGACY
    assert (legacy.sub_total_price, legacy.total_price) == (D(820), D("812.79"))
    assert legacy.authorized_amount == D("534.829")
    assert legacy.discounts == (LegacyDiscount("LS100", D(100)),)
    assert (legacy.payment_fees, legacy.fees_sub_total, legacy.fees_total) == (
        (D("73.89"),),
        D("80.89"),
        D("80.05"),
    )
    assert (legacy.shipping_discount, legacy.shipping_total) == (D("1.19"), D("10.71"))


def test_eon1200_has_its_legacy_lines() -> None:
    lines = EON1200_LEGACY.lines
    assert [line.total_price for line in lines] == [700, 10, 110]
    assert [line.authorized_amount for line in lines] == [700, 10, 143]
    assert [line.total_discount for line in lines] == [D("84.06"), D("1.19"), D("13.56")]
    assert [line.discounts for line in lines] == [(LegacyDiscount("LS100", line.total_discount),) for line in lines]
    fee = LegacyFee(D("3.5"), D("3.08"), D("0.42"))
    assert [(line.fees, line.fee_total) for line in lines] == [((fee,), fee), ((), None), ((fee,), fee)]


def test_eon1200_has_its_legacy_tax() -> None:
    assert [line.tax for line in EON1200_LEGACY.lines] == [D("111.76"), D("0.65"), D("7.2")]
    assert EON1200_LEGACY.tax_lines == (
        LegacyTax("REDUCED", D(7), D("7.85")),
        LegacyTax("STANDARD", D(19), D("113.66")),
    )
    assert EON1200_LEGACY.shipping_tax == D("1.9")


def test_results_survive_being_stored_as_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(EON1200), type=PricedCart) == EON1200
    assert msgspec.json.decode(msgspec.json.encode(EON1200_LEGACY), type=LegacyTotals) == EON1200_LEGACY


# ------------------------------------------------------------------------------------------------- the tutorial's cart

TUTORIAL = price_cart(GROSS_RULES, GROSS_LINES, discounts=COUPON, shipping=ShippingCharge(D("7.22"), *REDUCED))


def test_the_tutorial_cart_gives_the_remainder_of_its_coupon_to_the_first_line() -> None:
    discounted = [line.discounted_price for line in TUTORIAL.lines if line.discounted_price]
    assert [values(each.applied)[-1] for each in discounted] == [
        ("LS100", "83.812", "70.43"),
        ("LS100", "1.197", "1.119"),
        ("LS100", "13.17", "12.308"),
    ]
    assert [sides(each.price) for each in discounted] == [
        ("282.511", "336.188", "53.677"),
        ("8.227", "8.803", "0.576"),
        ("90.495", "96.83", "6.335"),
    ]


def test_the_tutorial_cart_has_its_totals() -> None:
    assert TUTORIAL.total_fee
    assert TUTORIAL.total_shipping
    assert TUTORIAL.total_discount
    assert [sides(line.final_price) for line in TUTORIAL.lines] == [
        ("285.592", "339.485", "53.893"),
        ("8.227", "8.803", "0.576"),
        ("93.576", "100.127", "6.551"),
    ]
    assert (sides(TUTORIAL.fees), sides(TUTORIAL.total_fee.price)) == (
        ("7", "7.49", "0.49"),
        ("6.162", "6.594", "0.432"),
    )
    assert (sides(TUTORIAL.shipping), sides(TUTORIAL.total_shipping.price)) == (
        ("7.22", "7.725", "0.505"),
        ("6.355", "6.8", "0.445"),
    )
    assert sides(TUTORIAL.total_discount.price) == ("320.853", "380", "59.147")
    assert sides(TUTORIAL.final_price) == ("393.75", "455.215", "61.465")
    assert [sides(part) for part in TUTORIAL.tax_aggregate] == [
        ("111.239", "119.027", "7.788"),
        ("282.511", "336.188", "53.677"),
    ]


def test_the_tutorial_cart_has_its_legacy_discounts() -> None:
    legacy = legacy_totals(GROSS_RULES, TUTORIAL, discounts=COUPON)
    assert [line.total_discount for line in legacy.lines] == [D("84.32"), D("1.2"), D("13.61")]
    assert legacy.shipping_discount == D("0.87")
    assert legacy.fees_sub_total - legacy.fees_total == D("0.84")
