"""What outside systems say of a line: what is sent comes on top, what it does not fit any more goes."""

from decimal import Decimal
from typing import Any

import pytest

from tillroll.domain.cart.cart import CartLine
from tillroll.domain.pricing.external import External, ExternalDiscount, ExternalFee, ExternalLinePrice, ExternalTax
from tillroll.engine.cart.external import ExternalChange, SentExternal, applied, changed

FEE = ExternalFee("ABSOLUTE")
DISCOUNT = ExternalDiscount("d", "PERCENT", Decimal(10))
LINE_PRICE = ExternalLinePrice(Decimal(20), Decimal(18), "EUR")
LINE_TAX = ExternalTax("VAT", Decimal(19), Decimal(18), Decimal(20))
PRICED = External(priced=True, product={"id": "pen"}, line_price=LINE_PRICE, line_tax=LINE_TAX, discounts=(DISCOUNT,))
LINE = CartLine("0", "pen", "", Decimal(2), external=PRICED)


def change(sent: SentExternal | None = None, **beside: Any) -> ExternalChange:
    """A partial change by somebody who may set prices, unless it is said otherwise."""
    usual: dict[str, Any] = {
        "is_partial": True,
        "may_price": True,
        "quantity": None,
        "product_id": None,
        "has_price": False,
    }
    return ExternalChange(sent=sent, **usual | beside)


def test_fees_without_an_id_are_told_apart() -> None:
    external = applied(None, SentExternal(fees=(FEE, FEE, ExternalFee("PERCENT", id="own"))), "m")
    assert external is not None
    assert [fee.id for fee in external.fees] == ["m00", "m01", "own"]


def test_what_was_not_sent_stays_and_what_is_emptied_goes() -> None:
    assert applied(PRICED, SentExternal(), "m") == PRICED
    external = applied(PRICED, SentExternal(discounts=(), line_price=None), "m")
    assert external == External(priced=True, product={"id": "pen"}, line_tax=LINE_TAX)


def test_a_line_that_is_priced_by_the_shop_keeps_fees_and_discounts_only() -> None:
    assert applied(PRICED, SentExternal(priced=False), "m") == External(discounts=(DISCOUNT,))
    assert applied(PRICED, SentExternal(priced=False, discounts=()), "m") is None


@pytest.mark.parametrize(
    ("priced", "names_product", "kept"), [(True, False, {"id": "cup"}), (True, True, None), (False, False, None)]
)
def test_a_foreign_product_counts_only_in_a_line_priced_outside_that_names_no_other(
    priced: bool, names_product: bool, kept: dict[str, str] | None
) -> None:
    sent = SentExternal(priced=priced, product={"id": "cup"}, names_product=names_product, discounts=(DISCOUNT,))
    external = applied(None, sent, "m")
    assert external is not None
    assert external.product == kept


def test_a_whole_change_leaves_only_what_it_sends() -> None:
    assert changed(LINE, change(is_partial=False), "m") is None
    assert changed(LINE, change(SentExternal(fees=(FEE,)), is_partial=False), "m") == External(
        fees=(ExternalFee("ABSOLUTE", id="m00"),)
    )


def test_another_quantity_ends_what_was_calculated_for_the_whole_line() -> None:
    assert changed(LINE, change(SentExternal(), quantity=Decimal(2)), "m") == PRICED
    assert changed(LINE, change(SentExternal(), quantity=Decimal(3)), "m") == PRICED.without_line_values()


@pytest.mark.parametrize(
    ("beside", "stays"),
    [
        ({}, True),
        ({"quantity": Decimal(2), "product_id": "pen"}, True),
        ({"quantity": Decimal(3)}, False),
        ({"product_id": "cup"}, False),
        ({"has_price": True}, False),
    ],
)
def test_whoever_may_not_set_prices_keeps_them_or_ends_them(beside: dict[str, Any], stays: bool) -> None:
    assert changed(LINE, change(may_price=False, **beside), "m") == (PRICED if stays else None)
