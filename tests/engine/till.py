"""A made-up shop with its carts, asked in process what things cost there: its carts, its checkouts."""

import itertools
from decimal import Decimal

import msgspec
from msgspec import Struct

from tests.engine.priced_shops import Shop
from tests.store.ground import NOW
from tillroll.domain.cart.cart import Cart
from tillroll.domain.events.events import Origin
from tillroll.domain.orders.order import Address, Customer, Order, PaymentMethod, PlaceOrder, ShippingChoice
from tillroll.domain.pricing.shapes import PricedCart
from tillroll.domain.rejections import Refused
from tillroll.engine.access.access import ANONYMOUS, Caller
from tillroll.engine.cart import carts
from tillroll.engine.cart import pricing as cart_pricing
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.cart.pricing import Calculation
from tillroll.engine.checkout.place import Placed, place_orders
from tillroll.engine.checkout.subjects import Purchase
from tillroll.engine.documents.snapshot import Catalogue, View
from tillroll.engine.orders import orders
from tillroll.store import Transaction

_NUMBERS = itertools.count(1)
# What speaks against buying a made-up cart without saying anything of its price.
UNBUYABLE = {
    "cart_empty",
    "price_quantity_mismatch",
    "external_discount_invalid",
    "external_discount_too_large",
    "coupon_redemption_forbidden",
}


class Till(Struct):
    """One made-up shop inside one transaction."""

    tx: Transaction
    shop: str
    view: View
    catalogue: Catalogue

    def is_priced(self, cart: Cart) -> bool:
        """Whether a client finds a price for each line that the catalogue prices."""
        found = cart_pricing.matches(self.view, cart, NOW)
        pairs = zip(cart.lines, found, strict=True)
        return all(match is not None or line.is_priced_externally for line, match in pairs)

    def filled(self, cart: Cart) -> StoredCart:
        """The cart, stored, with the prices that a client finds for it."""
        found = cart_pricing.matches(self.view, cart, NOW)
        for line, match in zip(cart.lines, found, strict=True):
            if not line.is_priced_externally:
                assert match is not None, line
                line.price = cart_pricing.matched_price(match)
        owner = f"customer:{cart.customer_id}" if cart.customer_id is not None else "session:s"
        stored = carts.opened(cart, owner, NOW)
        assert carts.insert(self.tx, Origin(self.shop, "till"), stored)
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
        caller = Caller(self.shop, ANONYMOUS, "client", frozenset(), "s", None, NOW + 1, "some")
        (outcome,) = place_orders(self.tx, self.catalogue, [Purchase(caller, request, (), NOW)])
        if isinstance(outcome, Refused):
            reasons = {one.reason.value for one in outcome.rejections}
            assert reasons <= UNBUYABLE, outcome.rejections
            return None
        assert isinstance(outcome, Placed)
        found = orders.find(self.tx, caller, outcome.order_id)
        assert found is not None
        return found.order()


def till_of(tx: Transaction, shop: Shop) -> Till:
    """The till of a shop that is put into the store for it."""
    id = f"shop{next(_NUMBERS)}"
    shop.put(tx, id)
    catalogue = Catalogue()
    return Till(tx, id, catalogue.view(tx, id), catalogue)
