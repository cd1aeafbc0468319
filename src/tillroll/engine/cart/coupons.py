"""Coupons on a cart: put on and taken off (docs/wire/emporix.md, 5.3).

A coupon that holds no more stays on the cart and counts nothing.
"""

from collections.abc import Iterable

from tillroll.domain.cart.cart import add_coupon, remove_coupons
from tillroll.domain.rejections import Reason, Refused, Rejection
from tillroll.engine.cart import pricing
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.coupons.coupons import coupons_max, normal_code
from tillroll.engine.documents.snapshot import View


def put_on(view: View, stored: StoredCart, code: str, now: int) -> str | Refused:
    """Put a coupon on a locked cart, as the last one: its code as the shop writes it, or why it can not be."""
    cart, code = stored.cart, normal_code(view, code)
    found = pricing.coupons_with(view.tx, view.head.shop, [code], cart).get(code)
    if found is None:
        return _refused(Reason.COUPON_NOT_FOUND, code, f"Coupon with code {code} not found.")
    discount = found.coupon.discount_absolute
    if found.coupon.discount_type == "ABSOLUTE" and discount is not None and discount.currency != cart.currency:
        message = f"Discount currency is {discount.currency} and is not equal to cart currency {cart.currency}."
        return _refused(Reason.COUPON_CURRENCY_INCORRECT, code, message)
    refused = add_coupon(cart, code, coupons_max=coupons_max(view))
    if refused is not None:
        return _refused(Reason.COUPON_REFUSED, code, refused)
    stored.note("discount_added", now, code=code)
    return code


def take_off(view: View, stored: StoredCart, codes: Iterable[str] | None, now: int) -> None:
    """Take these coupons off a locked cart, or all of them (None); what is not there is taken off already."""
    before = stored.cart.coupons
    remove_coupons(stored.cart, None if codes is None else {normal_code(view, code) for code in codes})
    for code in before:
        if code not in stored.cart.coupons:
            stored.note("discount_removed", now, code=code)


def take_off_at(stored: StoredCart, place: int, now: int) -> None:
    """Take the coupon at a place off a locked cart."""
    code = stored.cart.coupons[place]
    stored.cart.coupons = stored.cart.coupons[:place] + stored.cart.coupons[place + 1 :]
    stored.note("discount_removed", now, code=code)


def _refused(reason: Reason, subject: str, message: str) -> Refused:
    return Refused((Rejection(reason, subject, message),))
