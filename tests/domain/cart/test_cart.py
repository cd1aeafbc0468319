"""The rules by which a cart changes (docs/wire/emporix.md, 5.2 and 5.3)."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tillroll.domain.cart.cart import (
    LINES_MAX,
    Cart,
    CartLine,
    CartPrice,
    add_coupon,
    add_line,
    duplicate_prices,
    is_same_amount,
    remove_coupons,
    remove_line,
    replace_line,
)
from tillroll.domain.cart.merge import merge
from tillroll.domain.documents import Money
from tillroll.domain.pricing.external import External, ExternalDiscount, ExternalFee


def cart_of(*lines: CartLine) -> Cart:
    cart = Cart("c", "main", "EUR")
    for line in lines:
        held = add_line(cart, line)
        assert isinstance(held, CartLine), held
    return cart


def line_of(product: str, quantity: str = "1", *, price: str = "p1", separate: bool = False) -> CartLine:
    return CartLine("", product, f"urn:{product}", Decimal(quantity), CartPrice(price), separate)


def shown(cart: Cart) -> list[tuple[str, str, str]]:
    return [(line.id, line.product_id, str(line.quantity)) for line in cart.lines]


def test_the_same_product_is_one_line_and_quantities_add_up() -> None:
    cart = cart_of(line_of("mug"), line_of("tea", "0.5"), line_of("mug", "2"), line_of("tea", "0.25"))
    assert shown(cart) == [("0", "mug", "3"), ("1", "tea", "0.75")]


def test_a_line_of_its_own_is_never_merged() -> None:
    cart = cart_of(line_of("mug"), line_of("mug", separate=True), line_of("mug", separate=True), line_of("mug"))
    assert shown(cart) == [("0", "mug", "2"), ("1", "mug", "1"), ("2", "mug", "1")]


def test_an_id_is_never_given_twice() -> None:
    cart = cart_of(line_of("mug"), line_of("tea"))
    assert remove_line(cart, "1")
    assert not remove_line(cart, "1")
    add_line(cart, line_of("tea"))
    assert shown(cart) == [("0", "mug", "1"), ("2", "tea", "1")]


@pytest.mark.parametrize("separate", [False, True])
def test_two_prices_of_a_product_are_refused_unless_any_price_may_be(separate: bool) -> None:
    cart = cart_of(line_of("mug", price="p1"))
    refused = add_line(cart, line_of("mug", price="p2", separate=separate))
    assert isinstance(refused, str)
    assert "price p1" in refused
    assert "not p2" in refused
    assert shown(cart) == [("0", "mug", "1")]
    held = add_line(cart, line_of("mug", price="p2", separate=separate), any_price=True)
    assert isinstance(held, CartLine)
    assert held.price == CartPrice("p2")
    assert duplicate_prices(cart, held) == (["p1", "p2"] if separate else [])


def test_a_line_takes_over_the_price_of_the_last_addition() -> None:
    first, second = line_of("mug"), line_of("mug")
    second.price = CartPrice("p1", Decimal(2), Decimal(1), "EUR")
    cart = cart_of(first, second)
    assert cart.lines[0].price == second.price


PRICED = External(priced=True, tax_code="STANDARD")
FEE = ExternalFee("ABSOLUTE", id="fee1", name="Wrap", fee_absolute=Money(Decimal(2), "EUR"))
WISHES: dict[str, dict[str, Any]] = {
    "an engraving": {"attached": {"note": {"engraving": "Anna"}}},
    "another engraving": {"attached": {"note": {"engraving": "Ben"}}},
    "an engraving and a wrapping": {"attached": {"note": {"engraving": "Anna"}, "gift": {"wrapped": True}}},
    "a note": {"metadata": {"note": "for the garden"}},
    "another schema": {"metadata": {"mixins": {"note": "https://example.com/v2.json"}}},
    "an outside price": {"external": PRICED, "price": CartPrice("", effective_amount=Decimal(8))},
    "another outside price": {"external": PRICED, "price": CartPrice("", effective_amount=Decimal(7))},
    "another outside tax": {"external": replace(PRICED, tax_code="REDUCED"), "price": CartPrice("")},
    "a fee": {"external": External(fees=(FEE,))},
    "another fee": {"external": External(fees=(replace(FEE, name="Box"),))},
    "a discount": {"external": External(discounts=(ExternalDiscount("d", "PERCENT", Decimal(10)),))},
    "nothing": {},
}


def wish(name: str, quantity: str = "1") -> CartLine:
    return replace(line_of("mug", quantity), **WISHES[name])


def test_lines_that_differ_in_what_was_asked_for_stay_apart_and_equal_ones_add_up() -> None:
    cart = cart_of(*[wish(name) for name in WISHES], *[wish(name, "2") for name in reversed(WISHES)])
    assert shown(cart) == [(str(number), "mug", "3") for number in range(len(WISHES))]
    assert [line.wishes for line in cart.lines] == [wish(name).wishes for name in WISHES]
    assert [line.price for line in cart.lines] == [wish(name).price for name in WISHES]


def test_the_ids_of_fees_and_empty_attachments_do_not_keep_lines_apart() -> None:
    one = replace(wish("a fee"), attached={"note": {}}, metadata={"version": 3})
    cart = cart_of(one, replace(wish("a fee"), external=External(fees=(replace(FEE, id="fee2"),))))
    assert shown(cart) == [("0", "mug", "2")]


def test_a_merge_keeps_apart_what_an_addition_keeps_apart() -> None:
    into, source = cart_of(*[wish(name) for name in WISHES]), cart_of(*[wish(name, "2") for name in WISHES])
    for line in source.lines:
        line.price = replace(line.price, price_id="p2") if line.external is None and line.price else line.price
    assert merge(into, source, coupons_max=1) is None
    assert shown(into) == [(str(number), "mug", "3") for number in range(len(WISHES))]
    assert [line.price for line in into.lines] == [wish(name).price for name in WISHES]
    other = replace(wish("an engraving"), attached={"note": {"engraving": "Cleo"}})
    assert merge(into, cart_of(other), coupons_max=1) is None
    assert into.lines[-1].wishes == other.wishes


def test_a_changed_line_may_differ_from_one_of_its_product_but_not_be_the_same() -> None:
    cart = cart_of(wish("an engraving"), wish("another engraving"))
    same = replace(cart.lines[1], attached=cart.lines[0].attached)
    assert "item 0" in (replace_line(cart, same) or "")
    assert replace_line(cart, replace(same, attached={"note": {"engraving": "Cleo"}})) is None


def test_a_quantity_does_not_grow_beyond_what_the_store_can_count() -> None:
    cart = cart_of(line_of("mug", "999999999"))
    refused = add_line(cart, line_of("mug", "1"))
    assert isinstance(refused, str)
    assert shown(cart) == [("0", "mug", "999999999")]


def test_a_cart_has_an_end() -> None:
    cart = cart_of(*[line_of(str(number)) for number in range(LINES_MAX)])
    assert add_line(cart, line_of("one more")) == f"A cart holds at most {LINES_MAX} lines."
    assert isinstance(add_line(cart, line_of("1")), CartLine)


def test_a_changed_line_must_not_become_a_second_one_of_its_product() -> None:
    cart = cart_of(line_of("mug"), line_of("tea"))
    changed = msgspec.structs.replace(cart.lines[1], product_id="mug")
    refused = replace_line(cart, changed)
    assert refused is not None
    assert "item 0" in refused
    assert replace_line(cart, msgspec.structs.replace(changed, separate=True)) is None
    assert shown(cart) == [("0", "mug", "1"), ("1", "mug", "1")]


def test_coupons_are_limited_and_taken_off() -> None:
    cart = cart_of()
    assert add_coupon(cart, "TEN", coupons_max=1) is None
    assert add_coupon(cart, "TEN", coupons_max=1) == "Discount code TEN already exists in cart."
    other = add_coupon(cart, "FIVE", coupons_max=1)
    assert other == "Another discount already exists in cart. Discount code found: TEN"
    assert add_coupon(cart, "FIVE", coupons_max=2) is None
    remove_coupons(cart, {"TEN", "UNKNOWN"})
    assert cart.coupons == ["FIVE"]
    remove_coupons(cart, None)
    assert cart.coupons == []


@pytest.mark.parametrize(
    ("claimed", "effective", "same"),
    [
        ("11.90", "11.9", True),
        ("294.11764705882354", "294.117647058823529411764705882", True),
        ("294.12", "294.117647058823529411764705882", True),
        ("294.11", "294.117647058823529411764705882", False),
        ("0", "0.001", True),
        ("0", "0.01", False),
    ],
)
def test_an_amount_is_the_price_as_a_double_or_rounded(claimed: str, effective: str, same: bool) -> None:
    assert is_same_amount(Decimal(claimed), Decimal(effective), 2) is same


def test_a_cart_is_stored_without_loss() -> None:
    cart = cart_of(line_of("mug", "1.5"), line_of("mug", separate=True))
    cart.type, cart.attached = "", {"gift": {"wrapped": True}}
    text = msgspec.json.Encoder(decimal_format="number").encode(cart)
    assert msgspec.json.decode(text, type=Cart) == cart
