"""Carts, checkouts, quotes and orders by hand on one sum: the examples in which they did not agree."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from tests.engine.priced_shops import Document, Shop
from tests.engine.till import Till, till_of
from tests.store.ground import NOW, opened
from tillroll.dialects.emporix.orders.compose import written_order
from tillroll.dialects.emporix.orders.requests import fields_of
from tillroll.domain.cart.cart import Cart, CartLine, CartPrice
from tillroll.domain.documents import Money, UnitQuantity
from tillroll.domain.orders.order import Order
from tillroll.domain.pricing.external import External, ExternalFee
from tillroll.engine.documents.documents import Kind
from tillroll.engine.orders.compose import compose
from tillroll.store import Store, Transaction

FREE = {"cost": {"amount": 0, "currency": "EUR"}}
BERLIN = {"country": "de", "zipCode": "10115", "city": "Berlin", "contactName": "Ada", "street": "Torstr. 1"}
PARIS = BERLIN | {"country": "FR", "city": "Paris"}


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A migrated store without a shop."""
    with opened(database_url) as store:
        store.migrate()
        yield store


def product(id: str, amount: str, *, gross: bool, per: int = 1, **price: Any) -> list[tuple[Kind, str, Document, str]]:
    """A product with one price, for so many pieces."""
    taxes = {"de": "STANDARD", "FR": "STANDARD"}
    document = {"id": id, "code": id, "name": id, "published": True, "taxClasses": taxes}
    model = {"id": f"{id}-model", "includesTax": gross, "measurementUnit": {"quantity": per}}
    priced = {"id": f"{id}-price", "itemId": {"itemType": "PRODUCT", "id": id}, "currency": "EUR"}
    priced |= {"priceModelId": f"{id}-model", "tierValues": [{"priceValue": Decimal(amount)}]} | price
    return [
        (Kind.PRODUCT, id, document, "published"),
        (Kind.PRICE_MODEL, f"{id}-model", model, ""),
        (Kind.PRICE, f"{id}-price", priced, id),
    ]


def shop_with(*products: list[tuple[Kind, str, Document, str]], **site: Any) -> Shop:
    """A shop at home in Germany with these products; its countries are written in small letters."""
    home = {"address": {"country": "de", "zipCode": "10115"}}
    document = {"code": "main", "currency": "EUR", "homeBase": home} | site
    zone = {"id": "zone", "name": "Zone", "shipTo": [{"country": "de"}, {"country": "fr"}]}
    documents = [
        (Kind.SITE, "main", document, ""),
        (Kind.TAX, "DE", _taxes("de", 19), ""),
        (Kind.TAX, "FR", _taxes("fr", 20), ""),
        (Kind.ZONE, "main/zone", zone, "main"),
        (Kind.METHOD, "main/zone/parcel", {"id": "parcel", "name": "Parcel", "fees": [FREE]}, "main/zone"),
        *(one for documents in products for one in documents),
    ]
    return Shop(document, tuple(documents), (), (), "EUR", "DE")


def _taxes(country: str, rate: int) -> Document:
    return {
        "location": {"countryCode": country},
        "taxClasses": [{"code": "STANDARD", "rate": rate, "isDefault": True}, {"code": "REDUCED", "rate": 7}],
    }


def cart_of(*lines: CartLine) -> Cart:
    """A guest's cart that is billed and shipped to Berlin."""
    addresses = [BERLIN | {"type": type} for type in ("BILLING", "SHIPPING")]
    return Cart("cart", "main", "EUR", session_id="s", lines=list(lines), lines_made=9, addresses=addresses)


def both(till: Till, cart: Cart) -> Decimal:
    """What a cart costs, as it shows and as its checkout charges: gross, or net on a net site."""
    stored = till.filled(cart)
    shown = till.shown(stored)
    order = till.bought(stored, shown.priced)
    assert order is not None
    assert order.priced.final_price == shown.priced.final_price
    price = order.priced.final_price
    return price.gross if order.rules.includes_tax else price.net


def by_hand(till: Till, *entries: Document, **fields: Any) -> Order:
    """An order that somebody writes down for Ada in Berlin."""
    document: Document = {"siteCode": "main", "customer": {"email": "ada@example.com"}, "entries": list(entries)}
    document |= {"billingAddress": BERLIN, "shippingAddress": BERLIN} | fields
    order = compose(till.view, written_order(fields_of(document), till.shop), NOW)
    assert isinstance(order, Order), order
    return order


def test_a_line_of_none_costs_nothing_whatever_fees_it_has(store: Store) -> None:
    fee = External(fees=(ExternalFee("ABSOLUTE", "fee", fee_absolute=Money(Decimal(5), "EUR")),))
    lines = (CartLine("0", "tea", "", Decimal(1)), CartLine("1", "tea", "", Decimal(0), separate=True, external=fee))
    shop = shop_with(product("tea", "10.00", gross=True), includesTax=True)
    assert store.write_now(lambda tx: both(till_of(tx, shop), cart_of(*lines))) == Decimal("10.00")


def test_a_price_for_several_pieces_is_divided_once(store: Store) -> None:
    price = CartPrice("outside", None, Decimal("0.005"), "EUR", UnitQuantity(quantity=Decimal(3)))
    outside = External(priced=True, product={"name": "Nails"}, tax_code="STANDARD")
    line = CartLine("0", "nails", "", Decimal(3), price, external=outside)
    shop = shop_with(includesTax=False)
    assert store.write_now(lambda tx: both(till_of(tx, shop), cart_of(line))) == Decimal("0.01")


def test_a_line_of_none_has_no_tax_either(store: Store) -> None:
    low = External(priced=True, product={"name": "Book"}, tax_code="REDUCED")
    price = CartPrice("outside", None, Decimal("0.01"), "EUR")
    lines = (CartLine("0", "tea", "", Decimal(0)), CartLine("1", "book", "", Decimal(1), price, external=low))
    shop = shop_with(product("tea", "10.00", gross=True), includesTax=True)
    assert store.write_now(lambda tx: both(till_of(tx, shop), cart_of(*lines))) == Decimal("0.01")


@pytest.mark.parametrize(("first", "sum"), [("net", "20.00"), ("gross", "23.80")])
def test_prices_of_both_sides_meet_on_that_of_the_first(store: Store, first: str, sum: str) -> None:
    shop = shop_with(product("net", "10.00", gross=False), product("gross", "11.90", gross=True))
    second = "gross" if first == "net" else "net"
    lines = (CartLine("0", first, "", Decimal(1)), CartLine("1", second, "", Decimal(1)))
    assert store.write_now(lambda tx: both(till_of(tx, shop), cart_of(*lines))) == Decimal(sum)


def test_an_order_by_hand_costs_what_is_priced_per_hundred_grams(store: Store) -> None:
    shop = shop_with(product("tea", "1.99", gross=True, per=100), includesTax=True)
    order = store.write_now(lambda tx: by_hand(till_of(tx, shop), {"id": "tea", "amount": 1200}))
    assert order.priced.final_price.gross == Decimal("23.88")
    assert (order.lines[0].effective_amount, order.lines[0].unit) == (Decimal("1.99"), Decimal(100))


@pytest.mark.parametrize("entry", [{"id": "tea", "amount": 1}, {"id": "tea", "amount": 1, "unitPrice": 11.90}])
def test_an_order_by_hand_is_on_the_side_of_its_prices_where_the_site_says_none(store: Store, entry: Document) -> None:
    shop = shop_with(product("tea", "11.90", gross=True))
    named = entry | {"price": {"priceId": "tea-price"}}
    order = store.write_now(lambda tx: by_hand(till_of(tx, shop), named))
    assert order.rules.includes_tax
    assert (order.priced.final_price.net, order.priced.final_price.gross) == (Decimal("10.00"), Decimal("11.90"))


def test_an_order_by_hand_finds_the_prices_that_are_its_customers_alone(store: Store) -> None:
    mine = {"principals": [{"type": "CUSTOMER", "id": "C1"}]}
    shop = shop_with(product("tea", "7.00", gross=True, restrictions=mine), includesTax=True)
    customer = {"id": "C1", "email": "ada@example.com"}
    order = store.write_now(lambda tx: by_hand(till_of(tx, shop), {"id": "tea", "amount": 1}, customer=customer))
    assert order.priced.final_price.gross == Decimal("7.00")


def test_an_order_by_hand_is_taxed_where_the_site_says(store: Store) -> None:
    shop = shop_with(product("tea", "10.00", gross=False), includesTax=False)
    shipped = shop_with(
        product("tea", "10.00", gross=False), includesTax=False, taxDeterminationBasedOn="SHIPPING_ADDRESS"
    )
    entry = {"id": "tea", "amount": 1}

    def abroad(one: Shop, tx: Transaction) -> Order:
        return by_hand(till_of(tx, one), entry, shippingAddress=PARIS)

    for one, gross in ((shop, "11.90"), (shipped, "12.00")):
        order = store.write_now(partial(abroad, one))
        assert order.priced.final_price.gross == Decimal(gross)
    stated = store.write_now(lambda tx: by_hand(till_of(tx, shop), entry, countryCode=" fr "))
    assert (stated.country, stated.priced.final_price.gross) == ("FR", Decimal("12.00"))


def test_shipping_of_an_order_by_hand_that_names_no_tax_has_the_countrys_default_one(store: Store) -> None:
    shop = shop_with(product("tea", "10.00", gross=False), includesTax=False)
    shipping = {"lines": [{"code": "parcel", "name": "Parcel", "amount": 10}]}
    order = store.write_now(lambda tx: by_hand(till_of(tx, shop), {"id": "tea", "amount": 1}, shipping=shipping))
    assert order.priced.final_price.gross == Decimal("23.80")
    untaxed = {"lines": [shipping["lines"][0] | {"tax": {"rate": 0}}]}
    order = store.write_now(lambda tx: by_hand(till_of(tx, shop), {"id": "tea", "amount": 1}, shipping=untaxed))
    assert order.priced.final_price.gross == Decimal("21.90")
