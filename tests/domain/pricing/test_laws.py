"""What is true of every price calculation, whatever the cart."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, localcontext
from decimal import Decimal as D
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

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

LAW = settings(deadline=None, max_examples=60)
WIDE = Context(prec=100, rounding=ROUND_HALF_UP)

# Few draws make a case: odd values are sampled from these lists, and only prices, quantities and amounts are free.
TAXES: list[tuple[str | None, D | None]] = [
    ("STANDARD", D(19)),
    ("REDUCED", D("7.5")),
    ("ZERO", D(0)),
    ("LUXURY", D(150)),
    (None, None),
]
FEES: list[tuple[Fee, ...]] = [
    (),
    (),
    (Fee("ABSOLUTE", D("3.5"), None, None, *TAXES[1]),),
    (Fee("PERCENT", D("12.345"), None, None, *TAXES[0]), Fee("ABSOLUTE", D("0.004"))),
    (Fee("ABSOLUTE_MULTIPLY_ITEMQUANTITY", D("0.333"), None, None, *TAXES[3]),),
    (Fee("ABSOLUTE", D(7), None, None, *TAXES[0], taxable=False),),
]
LINE_DISCOUNTS: list[tuple[LineDiscount, ...]] = [
    (),
    (),
    (LineDiscount("E", "PERCENT", D("33.333")),),
    (LineDiscount("E", "ABSOLUTE", D("4.995")), LineDiscount("F", "PERCENT", D(60))),
    (LineDiscount("E", "PERCENT", D(100)),),
]
COUPONS: list[CouponDiscount] = [
    CouponDiscount("A", "ABSOLUTE"),
    CouponDiscount("B", "ABSOLUTE", basis="TOTAL"),
    CouponDiscount("C", "ABSOLUTE", basis="TOTAL", line_ids=frozenset("12")),
    CouponDiscount("D", "PERCENT", D("12.5")),
    CouponDiscount("G", "PERCENT", D("66.666"), "TOTAL"),
    CouponDiscount("H", "PERCENT", D(140), "TOTAL", frozenset("0")),
    CouponDiscount("I", "FREE_SHIPPING"),
    CouponDiscount("J", "PERCENT", D(25), line_ids=frozenset("02")),
    CouponDiscount("K", "ABSOLUTE", line_ids=frozenset()),
]
PAYMENT_FEES: list[tuple[PaymentFee, ...]] = [
    (),
    (PaymentFee("PERCENT", D("2.9"), None, None, *TAXES[0]), PaymentFee("ABSOLUTE", D("0.35"))),
]

ODD_AMOUNTS = [D(0), D("0.01"), D("0.005"), D("0.3582"), D("999999999999.9999999999")]
AMOUNTS = st.integers(0, 10**6).map(lambda cents: D(cents).scaleb(-2)) | st.sampled_from(ODD_AMOUNTS)
ODD_QUANTITIES = [D(0), D("0.001"), D("0.5"), D("999999999.999")]
QUANTITIES = st.integers(1, 9).map(D) | st.sampled_from(ODD_QUANTITIES)
TAX = st.sampled_from(TAXES)


@st.composite
def lines(draw: st.DrawFn, line_id: str, discounted: bool = True) -> PricingLine:
    return PricingLine(
        line_id,
        draw(QUANTITIES),
        draw(AMOUNTS),
        *draw(TAX),
        fees=draw(st.sampled_from(FEES)),
        discounts=draw(st.sampled_from(LINE_DISCOUNTS)) if discounted else (),
        weight_dependent=draw(st.booleans()),
    )


@st.composite
def coupons(draw: st.DrawFn, coupon_id: str) -> CouponDiscount:
    coupon = draw(st.sampled_from(COUPONS))
    return replace(coupon, id=coupon_id, value=draw(AMOUNTS) if coupon.kind == "ABSOLUTE" else coupon.value)


class Case(msgspec.Struct):
    """All that `price_cart` takes, and what it made of it."""

    rules: PricingRules
    lines: list[PricingLine]
    discounts: list[CouponDiscount]
    shipping: ShippingCharge | None
    payment_fees: list[PaymentFee]

    def priced(self) -> PricedCart:
        return price_cart(
            self.rules, self.lines, discounts=self.discounts, shipping=self.shipping, payment_fees=self.payment_fees
        )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    scale, includes_tax, uplift = (
        draw(st.integers(0, 10)),
        draw(st.booleans()),
        draw(st.sampled_from([D(0), D("12.5")])),
    )
    return Case(
        PricingRules(scale, includes_tax, "EUR", uplift),
        [draw(lines(str(number))) for number in range(draw(st.integers(0, 3)))],
        [draw(coupons(f"C{number}")) for number in range(draw(st.integers(0, 3)))],
        draw(st.none() | st.builds(lambda net, tax: ShippingCharge(net, *tax), AMOUNTS, TAX)),
        list(draw(st.sampled_from(PAYMENT_FEES))),
    )


def every_amount(value: object) -> Iterator[TaxedAmount]:
    """Every taxed amount anywhere in the result."""
    if isinstance(value, TaxedAmount):
        yield value
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from every_amount(getattr(value, field))
    elif isinstance(value, tuple):
        for item in value:
            yield from every_amount(item)


def side(case: Case, price: TaxedAmount) -> D:
    return price.gross if case.rules.includes_tax else price.net


@LAW
@given(cases())
def test_net_and_tax_are_gross_at_scale_and_nothing_is_negative(case: Case) -> None:
    with localcontext(WIDE):
        for amount in every_amount(case.priced()):
            assert amount.net + amount.tax == amount.gross
            assert min(amount.net, amount.gross, amount.tax) >= 0
            for each in (amount.net, amount.gross, amount.tax):
                assert each == round(each, case.rules.scale)


@LAW
@given(cases())
def test_the_final_price_is_the_sum_of_its_parts_and_of_the_tax_aggregate(case: Case) -> None:
    cart = case.priced()
    with localcontext(WIDE):
        parts = [line.final_price for line in cart.lines] + [fee.price for fee in cart.payment_fees]
        if cart.total_shipping:
            parts.append(cart.total_shipping.price)
        for summands in (parts, cart.tax_aggregate):
            assert sum(part.net for part in summands) == cart.final_price.net
            assert sum(part.gross for part in summands) == cart.final_price.gross
        uplift = cart.uplift.gross if cart.uplift else 0
        assert cart.authorized_amount == cart.final_price.gross + uplift
    groups = [(group.tax_code, group.tax_rate) for group in cart.tax_aggregate]
    assert len(set(groups)) == len(groups)


@LAW
@given(cases())
def test_what_discounts_took_and_what_is_left_is_the_original_price(case: Case) -> None:
    cart = case.priced()
    with localcontext(WIDE):
        pairs = [(line.price, line.discounted_price) for line in cart.lines]
        pairs += [(fee.price, fee.discounted) for line in cart.lines for fee in line.fees]
        if cart.shipping:
            pairs.append((cart.shipping, cart.total_shipping))
        taken = D(0)
        for price, discounted in pairs:
            if discounted:
                applied = sum(entry.value for entry in discounted.applied)
                assert applied + side(case, discounted.price) == side(case, price)
                assert all(entry.value == side(case, entry.price) for entry in discounted.applied)
                taken += applied
        total = cart.total_discount
        assert taken == (total.value if total else 0) == (sum(each.value for each in total.applied) if total else 0)


@LAW
@given(st.tuples(*[lines(line_id, discounted=False) for line_id in "012"]), AMOUNTS, st.booleans())
def test_an_absolute_coupon_takes_its_whole_amount_or_all_there_is(
    some: tuple[PricingLine, ...], value: D, total: bool
) -> None:
    rules, shipping = PricingRules(2, True, "EUR"), ShippingCharge(D(5), "STANDARD", D(19))
    coupon = CouponDiscount("C", "ABSOLUTE", value, "TOTAL" if total else "SUBTOTAL")
    cart = price_cart(rules, some, discounts=[coupon], shipping=shipping)
    with localcontext(WIDE):
        base = cart.price.gross
        if total:
            base += D("5.95") + (cart.fees.gross if cart.fees else 0)
        expected = min(value.quantize(D("0.01")), base)
        assert (cart.total_discount.value if cart.total_discount else 0) == expected


@LAW
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=8), st.integers(0, 2000))
def test_shares_fit_their_rooms_and_are_near_their_proportion(parts: list[tuple[int, int]], amount: int) -> None:
    weights = [D(weight).scaleb(-2) for weight, _ in parts]
    rooms = [min(D(room).scaleb(-2), weight) for (_, room), weight in zip(parts, weights, strict=True)]
    discount, cent = D(amount).scaleb(-2), D("0.01")
    with localcontext(EXACT):
        shares = spread(discount, weights, rooms, cent)
    assert all(0 <= share <= room for share, room in zip(shares, rooms, strict=True))
    assert sum(shares) == min(discount, sum(rooms))
    unfilled = [place for place, share in enumerate(shares) if share < rooms[place]]
    settled = len(parts) * cent
    for one in unfilled:
        for other in range(len(parts)):
            assert shares[other] * weights[one] <= (shares[one] + settled) * weights[other] + settled * weights[one]


@LAW
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_change_what_percentages_take(case: Case, random: Any) -> None:
    case.discounts = [coupon for coupon in case.discounts if coupon.kind != "ABSOLUTE"]
    before = case.priced()
    random.shuffle(case.lines)
    after = case.priced()
    assert (before.final_price, before.tax_aggregate) == (after.final_price, after.tax_aggregate)
    assert sorted(before.lines, key=lambda line: line.id) == sorted(after.lines, key=lambda line: line.id)


@LAW
@given(cases())
def test_a_calculation_is_repeatable_stored_without_loss_and_has_sane_legacy_totals(case: Case) -> None:
    cart = case.priced()
    assert case.priced() == cart
    assert msgspec.json.decode(msgspec.json.encode(cart), type=PricedCart) == cart
    legacy = legacy_totals(case.rules, cart, discounts=case.discounts, payment_fees=case.payment_fees)
    with localcontext(WIDE):
        coupon_total = sum(each.amount for each in legacy.discounts)
        shipping = legacy.shipping_total + legacy.shipping_discount
        assert legacy.total_price == legacy.sub_total_price - coupon_total + legacy.fees_sub_total + shipping
        assert coupon_total == sum(line.total_discount for line in legacy.lines) + legacy.shipping_discount
        assert min(legacy.total_price, legacy.shipping_total, legacy.fees_total) >= 0
