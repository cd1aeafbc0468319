"""The cart's coupons at a checkout: which may be redeemed, and what they take off."""

from decimal import Decimal

from msgspec import Struct

from tillroll.domain.cart.cart import Cart
from tillroll.domain.checkout.inputs import Attempt, CouponState, Facts, Ground
from tillroll.domain.coupons.coupons import CouponUse, discount_of, lines_reached, refusals
from tillroll.domain.pricing.shapes import CouponDiscount
from tillroll.domain.rejections import Reason, Rejection, Rejections


class CartValue(Struct, frozen=True):
    """What the lines are worth before discounts: on the priced side (coupons), and gross (shipping fees)."""

    priced_side: Decimal
    gross: Decimal | None


def coupon_rejections(facts: Facts, attempt: Attempt, ground: Ground, value: CartValue) -> Rejections:
    """Why coupons of the cart may not be redeemed."""
    cart = ground.cart
    for code in cart.coupons:
        state = facts.coupons.get(code)
        if state is None:
            message = f"Coupon {code} does not exist any more. Remove it from the cart."
            yield Rejection(Reason.COUPON_NOT_ACTIVE, code, message)
            continue
        lines = lines_reached(state.coupon, cart.lines, facts.categories)
        yield from refusals(
            state.coupon,
            CouponUse(
                cart.currency,
                value.priced_side,
                attempt.customer_id,
                facts.segments.get((attempt.customer_id or "", cart.site), frozenset()),
                reaches_lines=lines is None or bool(lines),
                clock=ground.terms.context.site.clock,
            ),
            redemption_count=state.redemption_count,
            customer_uses=facts.coupon_uses.get((code, attempt.customer_key), 0),
            now=facts.now,
        )


def applied_coupons(facts: Facts, cart: Cart) -> list[CouponState]:
    """The coupons of the cart that exist, in the order they were applied."""
    return [state for code in cart.coupons if (state := facts.coupons.get(code)) is not None]


def applied_discounts(facts: Facts, cart: Cart) -> list[CouponDiscount]:
    """The coupons of the cart as the price calculation takes them, each for the lines that it holds for."""
    if not cart.coupons:
        return []
    return [
        discount_of(state.coupon, lines_reached(state.coupon, cart.lines, facts.categories))
        for state in applied_coupons(facts, cart)
    ]
