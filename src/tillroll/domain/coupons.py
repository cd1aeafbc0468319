"""Whether a coupon may be redeemed, and if not, every reason why (contracts/emporix.md, 10).

INACTIVE ──validFrom──► VALID ──validUntil──► EXPIRED
                          └──maxRedemptions──► USED
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from tillroll.domain.catalogue import Coupon
from tillroll.domain.pricing_shapes import CouponDiscount
from tillroll.domain.rejections import Reason, Rejection
from tillroll.domain.times import instant

Status = Literal["INACTIVE", "VALID", "EXPIRED", "USED"]


def status_of(coupon: Coupon, *, redemption_count: int, now: int) -> Status:
    """The status that is shown: not yet valid, no longer valid, used up, or valid. `now` is microseconds UTC."""
    if not _has_begun(coupon, now):
        return "INACTIVE"
    if _is_over(coupon, now):
        return "EXPIRED"
    return "USED" if _is_reached(coupon.max_redemptions, redemption_count) else "VALID"


def refusals(  # noqa: PLR0913  each fact by its name; a struct for one call would only repeat them
    coupon: Coupon,
    *,
    redemption_count: int,
    customer_uses: int,
    now: int,
    currency: str,
    order_value: Decimal,
    is_guest: bool,
    customer_id: str | None,
) -> list[Rejection]:
    """All that speaks against redeeming a coupon now, in the order of `Reason`; nothing where it may be redeemed.

    `order_value` is the sum of the line prices before discounts, on the side that the site's prices are on and in
    `currency`; `customer_uses` counts what this customer has redeemed; `now` is microseconds UTC.
    """
    found = [
        *_refusals_by_time(coupon, now),
        *_refusals_by_count(coupon, redemption_count, customer_uses),
        *_refusals_by_order(coupon, currency, order_value),
        *_refusals_by_customer(coupon, is_guest, customer_id),
    ]
    return [Rejection(reason, coupon.code, f"Coupon {coupon.code} {sentence}") for reason, sentence in found]


def discount_of(coupon: Coupon) -> CouponDiscount:
    """The coupon as the price calculation takes it (contracts/emporix.md, 6.1 rules 3 to 7)."""
    value = Decimal(0)
    if coupon.discount_type == "PERCENT":
        value = coupon.discount_percentage or value
    elif coupon.discount_absolute is not None:
        value = coupon.discount_absolute.amount
    return CouponDiscount(coupon.code, coupon.discount_type, value, coupon.discount_calculation_type)


_Refusals = Iterator[tuple[Reason, str]]


def _refusals_by_time(coupon: Coupon, now: int) -> _Refusals:
    restrictions = coupon.restrictions
    if not _has_begun(coupon, now):
        yield Reason.COUPON_NOT_ACTIVE, f"is not active before {restrictions.valid_from}. Redeem it later."
    if _is_over(coupon, now):
        yield Reason.COUPON_EXPIRED, f"expired at {restrictions.valid_until}. Remove it from the cart."


def _refusals_by_count(coupon: Coupon, redemption_count: int, customer_uses: int) -> _Refusals:
    if _is_reached(coupon.max_redemptions, redemption_count):
        limits = f"{redemption_count} of {coupon.max_redemptions} redemptions are used"
        yield Reason.COUPON_REDEMPTIONS_EXCEEDED, f"is used up: {limits}. Remove it from the cart."
    if _is_reached(coupon.max_redemptions_per_customer, customer_uses):
        limits = f"{customer_uses} of {coupon.max_redemptions_per_customer} redemptions per customer are used"
        yield Reason.COUPON_REDEMPTIONS_EXCEEDED, f"is used up for this customer: {limits}. Remove it from the cart."


def _refusals_by_order(coupon: Coupon, currency: str, order_value: Decimal) -> _Refusals:
    minimum, discount = coupon.restrictions.min_order_value, coupon.discount_absolute
    if minimum is not None and minimum.currency == currency and order_value < minimum.amount:
        missing = f"the order value is {order_value} {currency}"
        yield (
            Reason.COUPON_ORDER_TOTAL_TOO_LOW,
            f"needs an order value of at least {minimum.amount} {currency}, but {missing}. Add to the cart.",
        )
    if minimum is not None and minimum.currency != currency:
        yield Reason.COUPON_CURRENCY_INCORRECT, _wrong_currency("has a minimum order value", minimum.currency, currency)
    if coupon.discount_type == "ABSOLUTE" and discount is not None and discount.currency != currency:
        yield Reason.COUPON_CURRENCY_INCORRECT, _wrong_currency("gives a discount", discount.currency, currency)


def _refusals_by_customer(coupon: Coupon, is_guest: bool, customer_id: str | None) -> _Refusals:
    valid_for = coupon.restrictions.valid_for
    if is_guest and not coupon.allow_anonymous:
        yield Reason.COUPON_REDEMPTION_FORBIDDEN, "can not be redeemed by a guest. Log in first."
    elif valid_for and customer_id not in valid_for:
        yield Reason.COUPON_REDEMPTION_FORBIDDEN, "was issued to other customers. Remove it from the cart."
    # Neither of these is kept here, and a discount that nobody can check is not given.
    restricted = {"customer segments": coupon.segment_restricted, "categories": coupon.category_restricted}
    for what in (what for what, is_restricted in restricted.items() if is_restricted):
        message = f"is for {what}, which this shop does not keep. Remove it from the cart."
        yield Reason.COUPON_REDEMPTION_FORBIDDEN, message


def _wrong_currency(what: str, theirs: str, ours: str) -> str:
    return f"{what} in {theirs}, but the order is in {ours}. Use a coupon in {ours}."


def _has_begun(coupon: Coupon, now: int) -> bool:
    """Whether `validFrom` has passed; one that can not be read never has."""
    text = coupon.restrictions.valid_from
    if text is None:
        return True
    begins_at = instant(text)
    return begins_at is not None and begins_at <= now


def _is_over(coupon: Coupon, now: int) -> bool:
    """Whether `validUntil` has passed; one that can not be read has."""
    text = coupon.restrictions.valid_until
    if text is None:
        return False
    ends_at = instant(text)
    return ends_at is None or ends_at < now


def _is_reached(limit: int, count: int) -> bool:
    return 0 <= limit <= count
