"""Customers, their addresses, and what becomes of two carts (docs/wire/emporix.md, 4.7, 5.1 and 14)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tillroll.domain.cart.cart import LINES_MAX, Cart, CartLine, CartPrice, add_line
from tillroll.domain.cart.merge import merge
from tillroll.domain.customers.customer import (
    ADDRESSES_MAX,
    CustomerAddress,
    CustomerDocument,
    Profile,
    address_for,
    is_email,
    login_name,
    put_address,
    remove_address,
)
from tillroll.domain.customers.tax_address import CompanyAddress, default_tax_address_of
from tillroll.domain.delivery.delivery import DeliveryWindow


def _customer(*addresses: tuple[str, str, bool]) -> CustomerDocument:
    """Addresses as country, tags and whether it is the default."""
    document = CustomerDocument(Profile())
    document.addresses = [
        CustomerAddress(str(number), country=country, tags=tags.split(), is_default=default)
        for number, (country, tags, default) in enumerate(addresses)
    ]
    return document


@pytest.mark.parametrize("text", ["a@b", "Ada.Byron+x@example.com", "пример@пример.рф"])
def test_an_email_has_two_sides(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize("text", ["", "a", "@b", "a@", "a @b", "a@b@c", "a@" + "b" * 319, "a@\u200bb"])
def test_what_is_no_email(text: str) -> None:
    assert not is_email(text)


def test_logins_are_compared_in_lower_case() -> None:
    assert login_name("Ada@Example.COM") == "ada@example.com"


def test_the_first_address_is_the_default_until_another_is() -> None:
    document = CustomerDocument(Profile())
    for id in "abc":
        assert put_address(document, CustomerAddress(id)) is None
    assert document.default_address is document.address("a")
    put_address(document, CustomerAddress("b", city="Berlin", is_default=True))
    assert [one.is_default for one in document.addresses] == [False, True, False]
    assert [one.id for one in document.addresses] == ["a", "b", "c"]
    assert remove_address(document, "b")
    assert not remove_address(document, "b")
    assert document.default_address is None


def test_nobody_lives_everywhere() -> None:
    document = _customer(*[("DE", "", False)] * ADDRESSES_MAX)
    assert put_address(document, CustomerAddress("more")) is not None
    assert put_address(document, CustomerAddress("0", city="Berlin")) is None
    assert len(document.addresses) == ADDRESSES_MAX


@pytest.mark.parametrize(
    ("addresses", "billing", "shipping"),
    [
        ([], None, None),
        ([("DE", "", False), ("FR", "", False)], "DE", "DE"),
        ([("DE", "", False), ("FR", "", True)], "FR", "FR"),
        ([("DE", "", True), ("FR", "SHIPPING", False)], "DE", "FR"),
        ([("DE", "BILLING", False), ("FR", "BILLING SHIPPING", True)], "FR", "FR"),
    ],
)
def test_an_address_for_a_purpose(
    addresses: list[tuple[str, str, bool]], billing: str | None, shipping: str | None
) -> None:
    found = [address_for(_customer(*addresses), purpose) for purpose in ("BILLING", "SHIPPING")]
    assert [one.country if one else None for one in found] == [billing, shipping]


def test_a_company_is_at_home_before_its_people_are() -> None:
    default_tax_address = default_tax_address_of(
        _customer(("de", "BILLING", True)), [CompanyAddress("at"), CompanyAddress("ch", ("SHIPPING",))]
    )
    assert (default_tax_address.country("BILLING"), default_tax_address.country("SHIPPING")) == ("AT", "CH")
    assert default_tax_address_of(_customer(("de", "", True))).country("SHIPPING") == "DE"
    assert default_tax_address_of(None).country("BILLING") is None


def _line(product: str, quantity: str = "1", *, price: str = "p", separate: bool = False) -> CartLine:
    return CartLine("", product, f"urn:{product}", Decimal(quantity), CartPrice(price), separate)


def _cart(*lines: CartLine, **fields: object) -> Cart:
    cart = Cart("c", "main", "EUR")
    for line in lines:
        assert isinstance(add_line(cart, line, any_price=True), CartLine)
    return replace(cart, **fields)


def _shown(cart: Cart) -> list[tuple[str, str, str, str]]:
    return [
        (line.id, line.product_id, str(line.quantity), line.price.price_id if line.price else "") for line in cart.lines
    ]


def test_lines_of_a_product_add_up_at_the_price_that_was_there_and_separate_ones_stay() -> None:
    into = _cart(_line("mug", "2", price="mine"), _line("tea", separate=True))
    source = _cart(_line("mug", "3", price="theirs"), _line("tea"), _line("mug", separate=True, price="theirs"))
    assert merge(into, source, coupons_max=1) is None
    assert _shown(into) == [
        ("0", "mug", "5", "mine"),
        ("1", "tea", "1", "p"),
        ("2", "tea", "1", "p"),
        ("3", "mug", "1", "theirs"),
    ]
    assert _shown(source)[0] == ("0", "mug", "3", "theirs")


def test_what_does_not_fit_changes_nothing() -> None:
    into = _cart(_line("mug", "600000000"), *(_line(str(number)) for number in range(LINES_MAX - 1)))
    before = _shown(into)
    assert merge(into, _cart(_line("0"), _line("new")), coupons_max=1) is not None
    assert merge(into, _cart(_line("0"), _line("mug", "600000000")), coupons_max=1) is not None
    assert _shown(into) == before


def test_coupons_come_along_while_there_is_room() -> None:
    into = _cart(coupons=["A"])
    assert merge(into, _cart(coupons=["A", "B", "C"]), coupons_max=2) is None
    assert into.coupons == ["A", "B"]


def test_the_customers_cart_wins_where_both_say_something() -> None:
    window = DeliveryWindow("w")
    source = _cart(country_code="FR", zip_code="75001", delivery_window=window, attached={"a": 1, "b": 2})
    source.addresses = [{"type": "BILLING", "city": "Paris"}, {"type": "SHIPPING", "city": "Lyon"}]
    into = _cart(attached={"a": 0}, addresses=[{"type": "BILLING", "city": "Berlin"}])
    merge(into, source, coupons_max=1)
    assert (into.country_code, into.zip_code, into.delivery_window) == ("FR", "75001", window)
    assert into.attached == {"a": 0, "b": 2}
    assert [one["city"] for one in into.addresses] == ["Berlin", "Lyon"]
    merge(into, replace(source, country_code="IT", delivery_window=DeliveryWindow("x")), coupons_max=1)
    assert (into.country_code, into.delivery_window) == ("FR", window)


lines = st.lists(
    st.builds(
        lambda product, quantity, separate: _line(product, str(quantity), separate=separate),
        st.sampled_from("abc"),
        st.integers(1, 9),
        st.booleans(),
    ),
    max_size=8,
)


@given(lines, lines)
def test_nothing_is_lost_and_nothing_is_added(mine: list[CartLine], theirs: list[CartLine]) -> None:
    into, source = _cart(*mine), _cart(*theirs)
    wanted = sum((line.quantity for line in [*into.lines, *source.lines]), Decimal(0))
    separate = sum(line.separate for line in [*into.lines, *source.lines])
    assert merge(into, source, coupons_max=1) is None
    assert sum((line.quantity for line in into.lines), Decimal(0)) == wanted
    assert sum(line.separate for line in into.lines) == separate
    joined = [line.product_id for line in into.lines if not line.separate]
    assert len(joined) == len(set(joined))
    assert len({line.id for line in into.lines}) == len(into.lines)
