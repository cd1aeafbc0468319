"""Coupons on a cart: `/cart/{tenant}/carts/{cartId}/discounts[/{discountIndex}]` (docs/wire/emporix.md, 5.3).

A coupon that holds no more stays on the cart and counts nothing. Where Emporix answers 500 (the wrong currency, a
coupon that is there already) the answer here is 409 with the same sentence: a client's mistake is no server's fault.
"""

from tillroll.dialects.emporix.access.guest_limits import GuestLimits
from tillroll.dialects.emporix.cart import view as cart_view
from tillroll.dialects.emporix.cart.one_cart import Command, Handle, changing, reading
from tillroll.dialects.emporix.cart.requests import DiscountRequest, read_discount
from tillroll.dialects.emporix.wire.context import NO_CONTENT
from tillroll.dialects.emporix.wire.errors import CART, encode, respond
from tillroll.dialects.emporix.wire.secured import Call
from tillroll.dialects.emporix.wire.yrn import coupon_yrn
from tillroll.dialects.http import JSON_CONTENT, Response, Route
from tillroll.domain.cart.cart import add_coupon, remove_coupons
from tillroll.engine.cart import pricing as cart_pricing
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.coupons.coupons import coupons_max, normal_code
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.snapshot import Catalogue


def routes(catalogue: Catalogue, guests: GuestLimits) -> list[Route]:
    """The routes of discounts."""
    many = "/cart/{tenant}/carts/{cartId}/discounts"
    one = many + "/{discountIndex}"
    return [
        Route("GET", many, reading(catalogue, _show), CART),
        Route("POST", many, changing(catalogue, _adding(guests)), CART, read_discount, writes=True),
        Route("DELETE", many, changing(catalogue, _remove_many), CART, writes=True),
        Route("DELETE", one, changing(catalogue, _remove_one), CART, writes=True),
    ]


def commands(guests: GuestLimits) -> dict[str, Command]:
    """What of this may be a step of a chain, by the vendor's name for it."""
    return {
        "GetCartDiscounts": Command("GET", "/discounts", _show),
        "ApplyCartDiscount": Command("POST", "/discounts", _adding(guests), read_discount, guarded=True),
        "DeleteCartDiscounts": Command("DELETE", "/discounts", _remove_many, options=("codes",)),
        "DeleteCartDiscount": Command("DELETE", "/discounts/{discountIndex}", _remove_one),
    }


def _show(desk: Desk, call: Call, stored: StoredCart) -> Response:
    return respond(200, cart_view.discounts(cart_view.calculated(desk, call, stored)))


def _adding(guests: GuestLimits) -> Handle:
    """Adds a coupon by its code, which a guest may not guess without end."""

    def add(desk: Desk, call: Call, stored: StoredCart) -> Response:
        return guests.guess(CART, call, lambda: _add(desk, call, stored))

    return add


def _add(desk: Desk, call: Call, stored: StoredCart) -> Response:
    """POST: 201; 404 for an unknown coupon, 409 for one too many, a second time, or in another currency."""
    asked: DiscountRequest = call.inbound.command
    view, cart = desk.view(call.shop), stored.cart
    code = normal_code(view, asked.code)
    found = cart_pricing.coupons_with(desk.tx, call.shop, [code], cart).get(code)
    if found is None:
        return CART.refuse(404, message=f"Coupon with code {code} not found.")
    discount = found.coupon.discount_absolute
    if found.coupon.discount_type == "ABSOLUTE" and discount is not None and discount.currency != cart.currency:
        message = f"Discount currency is {discount.currency} and is not equal to cart currency {cart.currency}."
        return CART.refuse(409, message=message)
    refused = add_coupon(cart, code, coupons_max=coupons_max(view))
    if refused is not None:
        return CART.refuse(409, message=refused)
    stored.note("discount_added", call.now, code=code)
    index = len(cart.coupons) - 1
    body = {"yrn": coupon_yrn(call.shop, code), "discountId": str(index + 1), "discountIndex": index}
    location = f"{call.inbound.path.rstrip('/')}/{index}".encode()
    return Response(201, encode(body), (JSON_CONTENT, (b"location", location)))


def _remove_many(desk: Desk, call: Call, stored: StoredCart) -> Response:
    """DELETE: 204; those of `codes`, or all without that parameter. What is not there is removed already.

    An empty list names no coupon: a client whose selection is empty does not mean everything.
    """
    text = call.inbound.query.get("codes")
    view = desk.view(call.shop)
    codes = None
    if text is not None:
        codes = {normal_code(view, code.strip()) for code in text.split(",") if code.strip()}
    before = stored.cart.coupons
    remove_coupons(stored.cart, codes)
    for code in before:
        if code not in stored.cart.coupons:
            stored.note("discount_removed", call.now, code=code)
    return NO_CONTENT


def _remove_one(_desk: Desk, call: Call, stored: StoredCart) -> Response:
    """DELETE by place: 204; 404 where there is no such discount."""
    text, coupons = call.inbound.values["discountIndex"], stored.cart.coupons
    index = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else len(coupons)
    if index >= len(coupons):
        return CART.refuse(404, message=f"Discount not found in cart {stored.cart.id} with index {text}")
    code = coupons[index]
    stored.cart.coupons = coupons[:index] + coupons[index + 1 :]
    stored.note("discount_removed", call.now, code=code)
    return NO_CONTENT
