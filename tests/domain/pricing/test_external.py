"""External prices, fees and discounts as rules, without a cart around them (docs/wire/emporix.md, 5.2 and 5.4)."""

from decimal import Decimal as D

import pytest

from tillroll.domain.documents import Money
from tillroll.domain.prices.taxes import TaxClass, TaxLocation, TaxTable
from tillroll.domain.pricing.calculation import price_cart
from tillroll.domain.pricing.external import (
    External,
    ExternalDiscount,
    ExternalFee,
    ExternalTax,
    amount_of,
    discount_refusals,
    fee_refusals,
    line_discounts,
    line_tax_of,
    with_external,
)
from tillroll.domain.pricing.shapes import PricingLine, PricingRules
from tillroll.domain.rejections import Reason

GERMANY = TaxTable(TaxLocation("DE"), (TaxClass("STANDARD", D(19)), TaxClass("REDUCED", D(7))))
LINE = PricingLine("0", D(2), D("9.52"), "STANDARD", D(19))
GROSS = PricingRules(2, True, "EUR")


@pytest.mark.parametrize(
    ("external", "expected"),
    [
        (External(priced=True, tax=ExternalTax("OWN", D(5))), ("OWN", D(5))),
        (External(priced=True, tax=ExternalTax(rate=D(5)), tax_code="OWN"), ("OWN", D(5))),
        (External(priced=True, line_tax=ExternalTax("LINE", D(3)), tax=ExternalTax("OWN", D(5))), ("LINE", D(3))),
        (External(priced=True, tax_code="REDUCED"), ("REDUCED", D(7))),
        (External(priced=True, tax=ExternalTax("REDUCED")), ("REDUCED", D(7))),
        (External(priced=True, tax_code="UNKNOWN"), ("UNKNOWN", None)),
        (External(priced=True), (None, None)),
    ],
)
def test_the_tax_of_an_external_line_is_what_it_names(external: External, expected: tuple[str, D]) -> None:
    assert line_tax_of(external, GERMANY) == expected


def test_an_external_price_is_taken_on_the_side_of_the_site() -> None:
    both = External(priced=True, tax=ExternalTax("STANDARD", D(19), D(8), D("9.52")))
    assert amount_of(both, D(1), includes_tax=True) == D("9.52")
    assert amount_of(both, D(1), includes_tax=False) == D(8)
    assert amount_of(External(priced=True), D(1), includes_tax=True) == D(1)


@pytest.mark.parametrize("includes_tax", [True, False])
def test_line_values_replace_what_would_be_calculated(includes_tax: bool) -> None:
    values = External(priced=True, line_tax=ExternalTax("STANDARD", D(19), D(16), D("19.05")))
    line = with_external(LINE, values, GERMANY, includes_tax=includes_tax)
    (priced,) = price_cart(PricingRules(2, includes_tax, "EUR"), [line]).lines
    assert (priced.price.net, priced.price.gross, priced.calculated) == (D(16), D("19.05"), "EXTERNAL")


def test_fees_are_net_and_taxed_where_they_say_so() -> None:
    fees = (
        ExternalFee("ABSOLUTE", "a", fee_absolute=Money(D(2), "EUR"), taxable=True, tax_code="REDUCED"),
        ExternalFee("ABSOLUTE_MULTIPLY_ITEMQUANTITY", "b", fee_absolute=Money(D(1), "EUR"), tax_code="REDUCED"),
        ExternalFee("PERCENT", "c", fee_percentage=D(10)),
    )
    line = with_external(LINE, External(fees=fees), GERMANY, includes_tax=True)
    (priced,) = price_cart(GROSS, [line]).lines
    assert [(fee.price.net, fee.price.gross, fee.origin) for fee in priced.fees] == [
        (D(2), D("2.14"), "EXTERNAL"),
        (D(2), D(2), "EXTERNAL"),
        (D("1.60"), D("1.60"), "EXTERNAL"),
    ]


def test_discounts_are_taken_in_their_sequence() -> None:
    sent = [
        ExternalDiscount("last", "PERCENT", D(1)),
        ExternalDiscount("second", "PERCENT", D(1), sequence=2),
        ExternalDiscount("first", "PERCENT", D(1), sequence=-1),
    ]
    assert [one.id for one in line_discounts(sent)] == ["first", "second", "last"]


def test_an_absolute_discount_with_fees_is_spread_over_both_and_takes_exactly_its_amount() -> None:
    fee = ExternalFee("ABSOLUTE", "a", fee_absolute=Money(D(2), "EUR"))
    discount = ExternalDiscount("all", "ABSOLUTE", D(10), include_fees=True)
    line = with_external(LINE, External(fees=(fee,), discounts=(discount,)), GERMANY, includes_tax=True)
    (priced,) = price_cart(GROSS, [line]).lines
    assert priced.total_discount is not None
    assert priced.total_discount.value == D(10)
    assert priced.final_price.gross == D("11.04")


@pytest.mark.parametrize(
    ("discounts", "reasons"),
    [
        ([ExternalDiscount("a", "PERCENT", D(100))], []),
        ([ExternalDiscount("a", "PERCENT", D("100.01"))], [Reason.EXTERNAL_DISCOUNT_INVALID]),
        ([ExternalDiscount("a", "ABSOLUTE", D(10))], []),
        ([ExternalDiscount("a", "ABSOLUTE", D("10.01"))], [Reason.EXTERNAL_DISCOUNT_TOO_LARGE]),
        ([ExternalDiscount("a", "PERCENT", D(1))] * 2, [Reason.EXTERNAL_DISCOUNT_INVALID]),
        (
            [ExternalDiscount("a", "PERCENT", D(1), sequence=1), ExternalDiscount("b", "PERCENT", D(1), sequence=1)],
            [Reason.EXTERNAL_DISCOUNT_INVALID],
        ),
        ([ExternalDiscount("a", "PERCENT", D(1)), ExternalDiscount("b", "PERCENT", D(1))], []),
    ],
)
def test_discounts_that_can_not_be_are_named(discounts: list[ExternalDiscount], reasons: list[Reason]) -> None:
    external = External(discounts=tuple(discounts))
    assert [one.reason for one in discount_refusals("0", external, D(10))] == reasons


def test_a_taxable_fee_needs_a_class_that_the_country_has() -> None:
    fee = ExternalFee("ABSOLUTE", "a", fee_absolute=Money(D(2), "EUR"), taxable=True, tax_code="LUXURY")
    assert [one.reason for one in fee_refusals("0", External(fees=(fee,)), GERMANY)] == [Reason.TAX_CODE_INVALID]
    assert [one.reason for one in fee_refusals("0", External(fees=(fee,)), None)] == [Reason.TAX_CODE_INVALID]
    assert list(fee_refusals("0", External(fees=(ExternalFee("ABSOLUTE", "b"),)), None)) == []
