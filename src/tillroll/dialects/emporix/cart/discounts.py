"""Coupons on a cart: `/cart/{tenant}/carts/{cartId}/discounts[/{discountIndex}]` (docs/wire/emporix.md, 5.3).

A coupon that holds no more stays on the cart and counts nothing. Where Emporix answers 500 (the wrong currency, a
coupon that is there already) the answer here is 409 with the same sentence: a client's mistake is no server's fault.
"""

from tillroll.dialects.emporix.access.guest_limits import GuestLimits
from tillroll.dialects.emporix.cart import view as cart_view
from tillroll.dialects.emporix.cart.errors import refusal_of
from tillroll.dialects.emporix.cart.one_cart import Command, Handle, changing, reading
from tillroll.dialects.emporix.cart.requests import DiscountRequest, read_discount
from tillroll.dialects.emporix.wire.errors import CART, NO_CONTENT, Reply, encode, respond
from tillroll.dialects.emporix.wire.secured import Call
from tillroll.dialects.emporix.wire.yrn import coupon_yrn
from tillroll.dialects.http import JSON_CONTENT, Response, Route
from tillroll.domain.rejections import Refused
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.cart.coupons import put_on, take_off, take_off_at
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

    def add(desk: Desk, call: Call, stored: StoredCart) -> Reply:
        return guests.guess(CART, call, lambda: _add(desk, call, stored))

    return add


def _add(desk: Desk, call: Call, stored: StoredCart) -> Reply:
    """POST: 201; 404 for an unknown coupon, 409 for one too many, a second time, or in another currency."""
    asked: DiscountRequest = call.inbound.command
    code = put_on(desk.view(call.shop), stored, asked.code, call.now)
    if isinstance(code, Refused):
        return refusal_of(code)
    index = len(stored.cart.coupons) - 1
    body = {"yrn": coupon_yrn(call.shop, code), "discountId": str(index + 1), "discountIndex": index}
    location = f"{call.inbound.path.rstrip('/')}/{index}".encode()
    return Response(201, encode(body), (JSON_CONTENT, (b"location", location)))


def _remove_many(desk: Desk, call: Call, stored: StoredCart) -> Response:
    """DELETE: 204; those of `codes`, or all without that parameter. What is not there is removed already.

    An empty list names no coupon: a client whose selection is empty does not mean everything.
    """
    text = call.inbound.query.get("codes")
    codes = None if text is None else [code.strip() for code in text.split(",") if code.strip()]
    take_off(desk.view(call.shop), stored, codes, call.now)
    return NO_CONTENT


def _remove_one(_desk: Desk, call: Call, stored: StoredCart) -> Reply:
    """DELETE by place: 204; 404 where there is no such discount."""
    text, coupons = call.inbound.values["discountIndex"], stored.cart.coupons
    index = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else len(coupons)
    if index >= len(coupons):
        return CART.refusal(404, message=f"Discount not found in cart {stored.cart.id} with index {text}")
    take_off_at(stored, index, call.now)
    return NO_CONTENT
