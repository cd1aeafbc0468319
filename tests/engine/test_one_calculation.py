"""What a cart shows is what its checkout charges, its quote offers, and the order costs that is written down by hand.

Each is asked in its own way, in process, on a real store; the prices of made-up carts in made-up shops have to agree to
the last digit.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from tests.engine.priced_shops import carts, shops
from tests.engine.till import till_of
from tests.store.ground import NOW, opened
from tillroll.dialects.emporix.orders.compose import written_order
from tillroll.dialects.emporix.orders.requests import fields_of
from tillroll.domain.cart.cart import Cart
from tillroll.domain.customers.customer import CustomerDocument, Profile
from tillroll.domain.events.events import Origin
from tillroll.domain.orders.order import Order
from tillroll.domain.pricing.shapes import PricedCart
from tillroll.domain.quotes.commands import NewQuote, OfferedShipping
from tillroll.domain.quotes.quote import price_quote
from tillroll.engine.access.access import CUSTOMER, Caller
from tillroll.engine.cart import carts as stored_carts
from tillroll.engine.customers import customers
from tillroll.engine.customers.customers import NewCustomer
from tillroll.engine.documents.desk import Desk
from tillroll.engine.orders.compose import compose
from tillroll.engine.quotes.create import CreateQuote, made
from tillroll.engine.quotes.terms import Offerer
from tillroll.store import Store, Transaction

_FEW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A migrated store without a shop."""
    with opened(database_url) as store:
        store.migrate()
        yield store


@_FEW
@given(data=some.data())
def test_a_checkout_charges_what_the_cart_has_shown(store: Store, data: Any) -> None:
    shop = data.draw(shops())
    cart = data.draw(carts(shop))

    def compare(tx: Transaction) -> None:
        till = till_of(tx, shop)
        assume(till.is_priced(cart))
        stored = till.filled(stored_carts.copy_of(cart))
        shown = till.shown(stored)
        stored.cart.coupons = [code for code in stored.cart.coupons if not shown.refused[code]]
        stored.note("discounts", NOW)
        stored_carts.save(tx, Origin(till.shop, "till"), [stored], NOW)
        order = till.bought(stored, shown.priced)
        event("bought" if order is not None else "refused")
        if order is not None:
            assert order.country == shown.terms.country
            assert order.rules == shown.rules
            _agree(order.priced, shown.priced)

    store.write_now(compare)


def _agree(charged: PricedCart, shown: PricedCart) -> None:
    assert charged.final_price == shown.final_price
    assert charged.authorized_amount == shown.authorized_amount
    assert [line.final_price for line in charged.lines] == [line.final_price for line in shown.lines if line.quantity]


@_FEW
@given(data=some.data())
def test_a_quote_and_an_order_by_hand_cost_what_the_cart_has_shown(store: Store, data: Any) -> None:
    shop = data.draw(shops())
    cart = data.draw(carts(shop, plain=True))

    def compare(tx: Transaction) -> None:
        till = till_of(tx, shop)
        assume(till.is_priced(cart))
        document = CustomerDocument(Profile(contact_email="ada@example.com"))
        customer = customers.insert(tx, till.shop, NewCustomer("ada@example.com", document), NOW)
        assert customer is not None
        stored = till.filled(replace(stored_carts.copy_of(cart), customer_id=customer, session_id=None))
        shown = till.shown(stored)
        goods = shown.priced
        assume(goods.price.gross > 0 and all(line.price.gross > 0 for line in goods.lines))
        written = written_order(fields_of(_document(stored.cart, goods)), till.shop)
        order = compose(till.view, written, NOW)
        assert isinstance(order, Order), order
        _agree(order.priced, goods)
        caller = Caller(till.shop, CUSTOMER, "client", frozenset(), "s", customer, NOW + 1, "some")
        wanted = NewQuote(id="quote", cart_id=stored.cart.id, shipping=_shipping(goods))
        wish = CreateQuote(Offerer(caller, NOW, manages=False, may_price=False), wanted)
        quote = made(Desk(tx, till.catalogue), wish, stored)
        offered = price_quote(quote)
        assert (quote.country, quote.rules) == (shown.terms.country, shown.rules)
        assert offered.final_price == goods.final_price

    store.write_now(compare)


def _shipping(priced: PricedCart) -> OfferedShipping:
    return OfferedShipping(priced.shipping.net if priced.shipping is not None else Decimal(0), "parcel", "zone")


def _document(cart: Cart, priced: PricedCart) -> dict[str, Any]:
    """The order that somebody writes down who reads what the cart holds, and how it would be shipped."""
    charge = priced.shipping
    line: dict[str, Any] = {
        "code": "parcel",
        "name": "Parcel",
        "amount": charge.net if charge is not None else Decimal(0),
    }
    if charge is not None and charge.tax_code is not None:
        line["shippingTaxCode"] = charge.tax_code
    places = {one["type"]: {name: one[name] for name in ("country", "zipCode", "city")} for one in cart.addresses}
    return {
        "siteCode": cart.site,
        "customer": {"id": cart.customer_id, "email": "ada@example.com"},
        "entries": [
            {"id": one.product_id, "amount": one.quantity, "keepAsSeparateLineItem": True} for one in cart.lines
        ],
        "billingAddress": places["BILLING"],
        "shippingAddress": places["SHIPPING"],
        "shipping": {"lines": [line]},
    }
