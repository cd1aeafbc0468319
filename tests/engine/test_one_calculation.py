"""What a cart shows is what its checkout charges, its quote offers, and the order costs that is written down by hand.

Each is asked in its own way, in process, on a real store; the prices of made-up carts in made-up shops have to agree to
the last digit.
"""

import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as some
from msgspec import Struct
from msgspec.structs import replace

from tests.engine.priced_shops import Shop, carts, shops
from tests.store.ground import NOW, opened
from tillroll.dialects.emporix.cart_desk import Desk
from tillroll.dialects.emporix.order_compose import composed
from tillroll.dialects.emporix.order_requests import fields_of
from tillroll.dialects.emporix.quote_making import make
from tillroll.dialects.emporix.quote_requests import QuoteRequest, Shipping
from tillroll.dialects.emporix.secured import Call
from tillroll.dialects.http import Inbound
from tillroll.domain.cart import Cart
from tillroll.domain.customer import CustomerDocument, Profile
from tillroll.domain.order import Address, Customer, Order, PaymentMethod, PlaceOrder, ShippingChoice
from tillroll.domain.pricing import PricedCart
from tillroll.domain.quote import price_quote
from tillroll.engine import cart as stored_carts
from tillroll.engine import cart_pricing, customers, orders
from tillroll.engine.access import ANONYMOUS, CUSTOMER, Caller
from tillroll.engine.cart import StoredCart
from tillroll.engine.cart_pricing import Calculation
from tillroll.engine.catalogue_view import Catalogue, View
from tillroll.engine.checkout import Placed, Refused, place_orders
from tillroll.engine.checkout_subjects import Purchase
from tillroll.engine.customers import NewCustomer
from tillroll.store import Store, Transaction

_NUMBERS = itertools.count(1)
# What speaks against buying a made-up cart without saying anything of its price.
_UNBUYABLE = {
    "cart_empty",
    "price_quantity_mismatch",
    "external_discount_invalid",
    "external_discount_too_large",
    "coupon_redemption_forbidden",
}
_FEW = settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A migrated store without a shop."""
    with opened(database_url) as store:
        store.migrate()
        yield store


class Till(Struct):
    """One made-up shop inside one transaction."""

    tx: Transaction
    shop: str
    view: View
    catalogue: Catalogue

    def filled(self, cart: Cart) -> StoredCart:
        """The cart, stored, with the prices that a client finds for it; assumes that there are any."""
        found = cart_pricing.matches(self.view, cart, NOW)
        for line, match in zip(cart.lines, found, strict=True):
            if not line.is_priced_externally:
                assume(match is not None)
                line.price = cart_pricing.matched_price(match) if match is not None else None
        owner = f"customer:{cart.customer_id}" if cart.customer_id is not None else "session:s"
        stored = stored_carts.opened(cart, owner, NOW)
        assert stored_carts.insert(self.tx, self.shop, stored)
        return stored

    def shown(self, stored: StoredCart) -> Calculation:
        """What the cart shows."""
        coupons = cart_pricing.coupons_of(self.tx, self.shop, stored.cart)
        return cart_pricing.calculate(self.view, stored, coupons, NOW)

    def bought(self, stored: StoredCart, shown: PricedCart) -> Order | None:
        """The order that a checkout makes of the cart at the sum that it shows; None where it can not be bought."""
        addresses = tuple(msgspec.convert(one, Address) for one in stored.cart.addresses)
        coupons = cart_pricing.coupons_of(self.tx, self.shop, stored.cart).values()
        is_free = any(one.coupon.discount_type == "FREE_SHIPPING" for one in coupons)
        fee = shown.shipping.net if shown.shipping is not None and not is_free else Decimal(0)
        request = PlaceOrder(
            stored.cart.id,
            Customer("ada@example.com", first_name="Ada", guest=True),
            ShippingChoice("parcel", "zone", "Parcel", fee),
            addresses,
            (PaymentMethod("none", amount=shown.final_price.gross),),
        )
        caller = Caller(self.shop, ANONYMOUS, "client", frozenset(), "s", None, NOW + 1)
        (outcome,) = place_orders(self.tx, self.catalogue, [Purchase(caller, request, (), NOW)])
        if isinstance(outcome, Refused):
            reasons = {one.reason.value for one in outcome.rejections}
            assert reasons <= _UNBUYABLE, outcome.rejections
            return None
        assert isinstance(outcome, Placed)
        found = orders.find(self.tx, caller, outcome.order_id)
        assert found is not None
        return found.order()


def _till(tx: Transaction, shop: Shop) -> Till:
    id = f"shop{next(_NUMBERS)}"
    shop.put(tx, id)
    catalogue = Catalogue()
    return Till(tx, id, catalogue.view(tx, id), catalogue)


@_FEW
@given(data=some.data())
def test_a_checkout_charges_what_the_cart_has_shown(store: Store, data: Any) -> None:
    shop = data.draw(shops())
    cart = data.draw(carts(shop))

    def compare(tx: Transaction) -> None:
        till = _till(tx, shop)
        stored = till.filled(stored_carts.copy_of(cart))
        shown = till.shown(stored)
        stored.cart.coupons = [code for code in stored.cart.coupons if not shown.refused[code]]
        stored.note("discounts", NOW)
        stored_carts.save(tx, till.shop, [stored], NOW)
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
        till = _till(tx, shop)
        document = CustomerDocument(Profile(contact_email="ada@example.com"))
        customer = customers.insert(tx, till.shop, NewCustomer("ada@example.com", document), NOW)
        assert customer is not None
        stored = till.filled(replace(stored_carts.copy_of(cart), customer_id=customer, session_id=None))
        shown = till.shown(stored)
        goods = shown.priced
        assume(goods.price.gross > 0 and all(line.price.gross > 0 for line in goods.lines))
        _agree(composed(till.view, fields_of(_document(stored.cart, goods)), NOW).priced, goods)
        caller = Caller(till.shop, CUSTOMER, "client", frozenset(), "s", customer, NOW + 1)
        asked = QuoteRequest(cart_id=stored.cart.id, shipping=_shipping(goods))
        inbound = Inbound("POST", "/", {}, b"", [], b"", "", NOW, "quote", asked)
        quote = make(Desk(tx, till.catalogue), Call(inbound, caller), stored).stored.quote
        offered = price_quote(quote)
        assert (quote.country, quote.rules) == (shown.terms.country, shown.rules)
        assert offered.final_price == goods.final_price

    store.write_now(compare)


def _shipping(priced: PricedCart) -> Shipping:
    return Shipping(priced.shipping.net if priced.shipping is not None else Decimal(0), "parcel", "zone")


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
