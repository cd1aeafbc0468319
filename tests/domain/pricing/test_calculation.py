"""The rules of docs/wire/emporix.md, 6.1, one by one."""

from collections.abc import Sequence
from decimal import Decimal as D
from decimal import localcontext
from typing import Any

import pytest

from tillroll.domain.pricing.calculation import price_cart
from tillroll.domain.pricing.discounts import spread
from tillroll.domain.pricing.legacy import legacy_totals
from tillroll.domain.pricing.shapes import (
    CouponDiscount,
    Fee,
    LineDiscount,
    PaymentFee,
    PricedCart,
    PricingLine,
    PricingRules,
    ShippingCharge,
    TaxedAmount,
)
from tillroll.domain.pricing.tax import EXACT

GROSS = PricingRules(2, True, "EUR")
NET = PricingRules(2, False, "EUR")
CENT = D("0.01")
STANDARD = ("STANDARD", D(19))


def line(line_id: str, unit_price: str, quantity: str = "1", **more: Any) -> PricingLine:
    fields = {"tax_code": "STANDARD", "tax_rate": D(19), **more}
    return PricingLine(line_id, D(quantity), D(unit_price), **fields)


def percent(value: str, coupon_id: str = "PCT", **more: Any) -> CouponDiscount:
    return CouponDiscount(coupon_id, "PERCENT", D(value), **more)


def absolute(value: str, coupon_id: str = "ABS", **more: Any) -> CouponDiscount:
    return CouponDiscount(coupon_id, "ABSOLUTE", D(value), **more)


FREE_SHIPPING = CouponDiscount("FREE", "FREE_SHIPPING")


def taken_from_lines(cart: PricedCart) -> list[list[D]]:
    """What each discount took from each line's price, in the order it was taken."""
    return [
        [entry.value for entry in priced.discounted_price.applied] if priced.discounted_price else []
        for priced in cart.lines
    ]


def both_sides(price: TaxedAmount) -> tuple[D, D]:
    return price.net, price.gross


# -------------------------------------------------------------------------------------------- rules 1 to 3: both sides


@pytest.mark.parametrize(
    ("rules", "units", "rate", "sides"),
    [
        (GROSS, ("350", "2"), "19", ("588.24", "700.00")),
        (NET, ("3500", "10"), "23", ("35000.00", "43050.00")),
        (NET, ("0.3582", "6"), "19", ("2.15", "2.56")),  # the unit is not rounded before it is multiplied
        (NET, ("0.005", "1"), "0", ("0.01", "0.01")),  # HALF_UP
        (NET, ("0.0149", "0.5"), "0", ("0.01", "0.01")),
        (GROSS, ("0", "3"), "19", ("0.00", "0.00")),
        (GROSS, ("9.99", "0"), "19", ("0.00", "0.00")),
        (PricingRules(0, True, "JPY"), ("1099", "1"), "10", ("999", "1099")),
        (PricingRules(10, True, "EUR"), ("10", "1"), "7", ("9.3457943925", "10")),
        (NET, ("999999999999.99", "999999999.999"), "10", ("999999999998990000000.00", "1099999999998889000000.00")),
    ],
)
def test_a_line_is_its_unit_times_its_quantity_and_its_other_side_by_the_rate(
    rules: PricingRules, units: tuple[str, str], rate: str, sides: tuple[str, str]
) -> None:
    cart = price_cart(rules, [line("0", *units, tax_rate=D(rate))])
    assert both_sides(cart.lines[0].price) == both_sides(cart.final_price) == (D(sides[0]), D(sides[1]))


def test_a_line_without_a_tax_has_equal_sides() -> None:
    cart = price_cart(GROSS, [line("0", "9.99", tax_code=None, tax_rate=None)])
    assert cart.final_price == TaxedAmount(D("9.99"), D("9.99"), D("0.00"))


def test_a_given_line_total_replaces_unit_times_quantity() -> None:
    exact = line("0", "0.0199", "1200", price=D("23.88"))
    assert price_cart(GROSS, [exact]).lines[0].price.gross == D("23.88")
    assert price_cart(GROSS, [exact]).lines[0].calculated == "INTERNAL"


def test_a_line_whose_tax_was_calculated_outside_keeps_both_given_sides() -> None:
    given = line("0", "119", "5", price=D(595), opposite_price=D("499.99"))
    for rules, net, gross in ((GROSS, "499.99", "595"), (NET, "595", "499.99")):
        priced = price_cart(rules, [given]).lines[0]
        assert both_sides(priced.price) == (D(net), D(gross))
        assert priced.calculated == "EXTERNAL"
    coarse = PricingRules(4, True, "EUR")
    assert legacy_totals(coarse, price_cart(coarse, [given])).lines[0].tax == D("95.01")


# --------------------------------------------------------------------------------------- rules 4 to 7: taking discounts


def test_two_coupons_in_percent_both_take_from_the_original_price() -> None:
    cart = price_cart(GROSS, [line("0", "15.00")], discounts=[percent("10", "A"), percent("10", "B")])
    assert taken_from_lines(cart) == [[D("1.50"), D("1.50")]]
    assert cart.final_price.gross == D("12.00")


@pytest.mark.parametrize(("rules", "net", "gross"), [(GROSS, "92.44", "110.00"), (NET, "110.00", "130.90")])
def test_a_coupon_takes_from_the_side_that_the_site_has_its_prices_on(
    rules: PricingRules, net: str, gross: str
) -> None:
    cart = price_cart(rules, [line("0", "120.00")], discounts=[absolute("10")])
    assert both_sides(cart.final_price) == (D(net), D(gross))


def test_external_discounts_come_first_then_free_shipping_then_coupons_as_applied() -> None:
    external = line("0", "10.00", discounts=(LineDiscount("E", "ABSOLUTE", D(8)),))
    cart = price_cart(
        NET,
        [external],
        discounts=[absolute("1.50", "A"), percent("50", "B", basis="TOTAL"), FREE_SHIPPING],
        shipping=ShippingCharge(D(5), *STANDARD),
    )
    assert cart.lines[0].discounted_price
    assert cart.total_shipping
    assert [entry.id for entry in cart.lines[0].discounted_price.applied] == ["E", "A", "B"]
    assert taken_from_lines(cart) == [[D(8), D("1.50"), D("0.50")]]
    assert [(entry.id, entry.value) for entry in cart.total_shipping.applied] == [("FREE", D(5))]


@pytest.mark.parametrize(
    ("weights", "rooms", "amount", "shares"),
    [
        (["10", "20", "30"], ["10", "20", "30"], "6", ["1", "2", "3"]),
        (["10", "10", "10"], ["10", "10", "10"], "10", ["3.34", "3.33", "3.33"]),  # remainder to the first
        (["10", "10", "10"], ["10", "10", "10"], "20", ["6.66", "6.67", "6.67"]),  # also where too much was taken
        (["10", "10", "20"], ["0", "10", "20"], "3", ["0", "1", "2"]),  # a line at zero passes its share on
        (["10", "10", "20"], ["1", "10", "20"], "16", ["1", "5", "10"]),  # a line near zero passes on the rest
        (["10", "10", "10"], ["1", "2", "10"], "12", ["1", "2", "9"]),
        (["10", "10"], ["1", "10"], "6", ["1", "5"]),
        (["10", "10"], ["10", "10"], "99", ["10", "10"]),
        (["0", "10"], ["0", "10"], "4", ["0", "4"]),
        (["0.01"] * 4, ["0.01"] * 4, "0.02", ["0", "0", "0.01", "0.01"]),  # each rounds up; the first give it back
        (["0.01"] * 5, ["0.01"] * 5, "0.02", ["0.01", "0.01", "0", "0", "0"]),  # each rounds down
        (["0", "0"], ["0", "0"], "4", ["0", "0"]),
        ([], [], "4", []),
        (["10"], ["10"], "0", ["0"]),
    ],
)
def test_an_amount_is_spread_in_proportion(
    weights: Sequence[str], rooms: Sequence[str], amount: str, shares: Sequence[str]
) -> None:
    with localcontext(EXACT):
        spread_out = spread(D(amount), [D(each) for each in weights], [D(each) for each in rooms], CENT)
    assert spread_out == [D(share) for share in shares]


FEE = Fee("ABSOLUTE", D(10))


@pytest.mark.parametrize(
    ("more", "taken"),  # from the two lines, their two fees, and shipping
    [
        ({"basis": "SUBTOTAL"}, [10, 10, 0, 0, 0]),
        ({"basis": "TOTAL"}, [10, 10, 1, 1, 2]),
        ({"basis": "SUBTOTAL", "line_ids": frozenset("1")}, [0, 10, 0, 0, 0]),
        ({"basis": "TOTAL", "line_ids": frozenset("1")}, [0, 10, 0, 1, 0]),
        ({"basis": "TOTAL", "line_ids": frozenset()}, [0, 0, 0, 0, 0]),
    ],
)
@pytest.mark.parametrize("kind", ["PERCENT", "ABSOLUTE"])
def test_a_coupon_reaches_what_its_basis_and_its_restriction_say(
    kind: str, more: dict[str, Any], taken: list[int]
) -> None:
    coupon = percent("10", **more) if kind == "PERCENT" else absolute(str(sum(taken)), **more)
    lines = [line(each, "100", fees=(FEE,)) for each in "01"]
    cart = price_cart(NET, lines, discounts=[coupon], shipping=ShippingCharge(D(20)))
    assert cart.total_shipping
    from_lines = [sum(each) for each in taken_from_lines(cart)]
    discounted_fees = [priced.fees[0].discounted for priced in cart.lines]
    from_fees = [10 - fee.price.net if fee else 0 for fee in discounted_fees]
    assert [*from_lines, *from_fees, 20 - cart.total_shipping.price.net] == taken
    assert (cart.total_discount.value if cart.total_discount else 0) == sum(taken)


def test_a_discount_larger_than_the_cart_leaves_zero() -> None:
    cart = price_cart(
        GROSS,
        [line("0", "10", discounts=(LineDiscount("E", "ABSOLUTE", D(4)),)), line("1", "5", fees=(FEE,))],
        discounts=[absolute("1000", basis="TOTAL"), percent("50")],
        shipping=ShippingCharge(D(7), *STANDARD),
    )
    assert both_sides(cart.final_price) == (D(0), D(0))
    assert cart.total_discount
    assert cart.shipping
    assert cart.total_discount.value == cart.price.gross + 10 + cart.shipping.gross


def test_a_discount_that_takes_nothing_is_not_shown() -> None:
    cart = price_cart(GROSS, [line("0", "0.04")], discounts=[percent("1"), absolute("0"), FREE_SHIPPING])
    assert (cart.total_discount, cart.discounted_price, cart.lines[0].discounted_price) == (None, None, None)


def test_a_cart_discount_from_outside_is_shown_as_external_and_not_in_the_legacy_totals() -> None:
    discounts = [absolute("4", "OUT", origin="EXTERNAL"), absolute("1", "IN")]
    cart = price_cart(GROSS, [line("0", "10")], discounts=discounts)
    assert cart.total_discount
    assert [(each.id, each.origin) for each in cart.total_discount.applied] == [("OUT", "EXTERNAL"), ("IN", "INTERNAL")]
    assert legacy_totals(GROSS, cart, discounts=discounts).total_price == 9


# ----------------------------------------------------------------------------- rules 8 to 11: fees, shipping, payment


@pytest.mark.parametrize(
    ("fee", "net", "gross"),
    [
        (Fee("PERCENT", D(10), tax_code="REDUCED", tax_rate=D(7)), "20.00", "21.40"),
        (Fee("ABSOLUTE", D("3.5"), tax_code="REDUCED", tax_rate=D(7)), "3.50", "3.75"),
        (Fee("ABSOLUTE_MULTIPLY_ITEMQUANTITY", D("3.5"), tax_code="REDUCED", tax_rate=D(7)), "7.00", "7.49"),
        (Fee("ABSOLUTE", D("3.5"), tax_code="REDUCED", tax_rate=D(7), taxable=False), "3.50", "3.50"),
        (Fee("ABSOLUTE", D("3.5")), "3.50", "3.50"),
    ],
)
@pytest.mark.parametrize("rules", [GROSS, NET])
def test_a_fee_is_net_and_taxed_by_its_own_code(rules: PricingRules, fee: Fee, net: str, gross: str) -> None:
    price = "119" if rules.includes_tax else "100"
    cart = price_cart(rules, [line("0", price, "2", fees=(fee,))])
    assert cart.fees
    assert cart.total_fee
    assert both_sides(cart.lines[0].fees[0].price) == both_sides(cart.fees) == (D(net), D(gross))
    assert both_sides(cart.final_price) == (D(net) + 200, D(gross) + 238)


@pytest.mark.parametrize("rules", [GROSS, NET])
def test_a_line_of_none_costs_nothing_and_has_nothing_that_a_discount_could_take(rules: PricingRules) -> None:
    fee = Fee("ABSOLUTE", D(4), tax_code="REDUCED", tax_rate=D("7.5"))
    none = line("none", "3", "0", fees=(fee,), price=D(9), opposite_price=D(10))
    some = price_cart(rules, [line("one", "1"), none], discounts=[absolute("5", basis="TOTAL")])
    assert both_sides(some.lines[1].final_price) == (D(0), D(0))
    assert (some.lines[1].fees, some.fees) == ((), None)
    assert some.total_discount
    assert (some.total_discount.value, some.final_price.gross) == (D(1), D(0))
    assert price_cart(rules, [none]).final_price.gross == 0


@pytest.mark.parametrize("rules", [GROSS, NET])
def test_shipping_is_net_on_either_kind_of_site(rules: PricingRules) -> None:
    cart = price_cart(rules, [], shipping=ShippingCharge(D(10), *STANDARD))
    assert both_sides(cart.final_price) == (D(10), D("11.90"))


@pytest.mark.parametrize(
    ("fee", "net", "gross"),
    [
        (PaymentFee("ABSOLUTE", D(2), tax_code="STANDARD", tax_rate=D(19)), "2.00", "2.38"),
        (PaymentFee("PERCENT", D(10), tax_code="STANDARD", tax_rate=D(19)), "10.00", "11.90"),
        (PaymentFee("PERCENT", D(10), tax_code="STANDARD", tax_rate=D(19), taxable=False), "10.00", "10.00"),
    ],
)
def test_a_payment_fee_is_of_the_discounted_net_and_never_discounted_itself(
    fee: PaymentFee, net: str, gross: str
) -> None:
    cart = price_cart(
        NET,
        [line("0", "160")],
        discounts=[percent("50", basis="TOTAL")],
        shipping=ShippingCharge(D(40)),
        payment_fees=[fee],
    )
    assert both_sides(cart.payment_fees[0].price) == (D(net), D(gross))
    assert cart.final_price.net == 100 + D(net)
    assert cart.total_fee
    assert cart.total_fee.applied == ()


# ------------------------------------------------------------------------- rules 12 to 14: aggregate, uplift, omissions


def test_the_tax_aggregate_groups_by_code_and_rate_with_untaxed_last() -> None:
    lines = [
        line("0", "1", tax_code=None, tax_rate=None),
        line("1", "2"),
        line("2", "4", tax_code="REDUCED", tax_rate=D(7)),
        line("3", "8", tax_rate=D("19.00")),
        line("4", "16", tax_rate=D(20)),
        line("5", "32", tax_code="ZERO", tax_rate=D(0)),
    ]
    groups = [(each.tax_code, each.tax_rate, each.gross) for each in price_cart(GROSS, lines).tax_aggregate]
    assert groups == [
        ("REDUCED", D(7), D(4)),
        ("STANDARD", D(19), D(10)),
        ("STANDARD", D(20), D(16)),
        ("ZERO", D(0), D(32)),
        (None, None, D(1)),
    ]


@pytest.mark.parametrize(("rules", "authorized"), [(GROSS, "130.00"), (NET, "154.70")])
def test_the_uplift_is_of_weight_dependent_lines_before_discounts(rules: PricingRules, authorized: str) -> None:
    rules = PricingRules(rules.scale, rules.includes_tax, rules.currency, uplift_percent=D(30))
    lines = [line("0", "100", weight_dependent=True), line("1", "50")]
    cart = price_cart(rules, lines, discounts=[absolute("50", line_ids=frozenset("1"))])
    assert cart.authorized_amount == D(authorized)
    assert [priced.uplift is None for priced in cart.lines] == [False, True]
    assert price_cart(GROSS, lines).uplift is None


def test_an_empty_cart_costs_nothing() -> None:
    cart = price_cart(GROSS, [], discounts=[absolute("5"), percent("5"), FREE_SHIPPING])
    assert both_sides(cart.final_price) == both_sides(cart.price) == (D(0), D(0))
    assert (len(cart.lines), len(cart.tax_aggregate), cart.total_shipping) == (0, 0, None)
    assert cart.authorized_amount == 0
    assert legacy_totals(GROSS, cart, discounts=[absolute("5")]).total_price == 0


# --------------------------------------------------------------------------------------------- rules 15 and 16: legacy


@pytest.mark.parametrize(("rules", "total", "shipping"), [(GROSS, "115.90", "11.90"), (NET, "114.00", "10.00")])
def test_legacy_totals_are_on_the_priced_side(rules: PricingRules, total: str, shipping: str) -> None:
    cart = price_cart(
        rules, [line("0", "100", fees=(Fee("ABSOLUTE", D(4)),))], shipping=ShippingCharge(D(10), *STANDARD)
    )
    legacy = legacy_totals(rules, cart)
    assert (legacy.total_price, legacy.shipping_total) == (D(total), D(shipping))


@pytest.mark.parametrize("rules", [GROSS, NET])
def test_legacy_shipping_that_is_free_is_free_of_its_tax_too(rules: PricingRules) -> None:
    cart = price_cart(rules, [line("0", "100")], discounts=[FREE_SHIPPING], shipping=ShippingCharge(D(10), *STANDARD))
    legacy = legacy_totals(rules, cart, discounts=[FREE_SHIPPING])
    assert (legacy.total_price, legacy.shipping_total) == (D(100), D(0))


def test_legacy_figures_are_never_finer_than_the_site_calculates() -> None:
    rules = PricingRules(0, True, "JPY")
    legacy = legacy_totals(rules, price_cart(rules, [line("0", "1099", tax_rate=D(10))]))
    assert legacy.lines[0].tax == 100


def test_legacy_payment_fees_may_be_absolute() -> None:
    fees = [PaymentFee("ABSOLUTE", D("2.5"), tax_code="STANDARD", tax_rate=D(19))]
    cart = price_cart(GROSS, [line("0", "100")], payment_fees=fees)
    legacy = legacy_totals(GROSS, cart, payment_fees=fees)
    assert (legacy.payment_fees, legacy.total_price) == ((D("2.50"),), D("102.50"))


# ------------------------------------------------------------------------------------------------------------ contexts


def test_the_callers_decimal_context_neither_matters_nor_changes() -> None:
    lines = [line("0", "123456789.99", "3"), line("1", "0.07", "7")]
    expected = price_cart(GROSS, lines, discounts=[absolute("1.01")])
    with localcontext(prec=3, rounding="ROUND_DOWN") as context:
        assert price_cart(GROSS, lines, discounts=[absolute("1.01")]) == expected
        assert (context.prec, context.rounding) == (3, "ROUND_DOWN")
