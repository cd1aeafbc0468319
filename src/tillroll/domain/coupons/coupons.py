"""Whether a coupon may be redeemed, and if not, every reason why (docs/wire/emporix.md, 10).

INACTIVE ──validFrom──► VALID ──validUntil──► EXPIRED
                          └──maxRedemptions──► USED
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, tzinfo
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from tillroll.domain.cart.cart import CartLine
from tillroll.domain.documents import Document, Localized, Money
from tillroll.domain.money import HUNDRED, minor_exponent, rounded
from tillroll.domain.pricing.shapes import CouponDiscount
from tillroll.domain.rejections import Reason, Rejection
from tillroll.domain.times import Period


class CouponRestrictions(Document, frozen=True):
    """For whom, when, and from which order value on a coupon may be redeemed; empty lists mean everybody and all."""

    valid_for: tuple[str, ...] = ()
    valid_from: str | None = None
    valid_until: str | None = None
    min_order_value: Money | None = None
    included_categories: tuple[str, ...] = ()
    excluded_categories: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()

    def period(self, clock: tzinfo) -> Period:
        """When the coupon may be redeemed, in days of this clock."""
        return Period(self.valid_from, self.valid_until, clock)


class Coupon(Document, frozen=True):
    """A coupon (docs/wire/emporix.md, 10); limits below zero mean none. Inactive is what starts in the future."""

    code: str
    name: Localized
    discount_type: Literal["PERCENT", "ABSOLUTE", "FREE_SHIPPING"] = "ABSOLUTE"
    discount_percentage: Decimal | None = None
    discount_absolute: Money | None = None
    discount_calculation_type: Literal["SUBTOTAL", "TOTAL"] = "SUBTOTAL"
    allow_anonymous: bool = False
    max_redemptions: int = -1
    max_redemptions_per_customer: int = -1
    category_restricted: bool = False
    segment_restricted: bool = False
    restrictions: CouponRestrictions = CouponRestrictions()
    issued_to: str | None = None
    referral_coupon: bool = False


Status = Literal["INACTIVE", "VALID", "EXPIRED", "USED"]


def status_of(coupon: Coupon, *, redemption_count: int, now: int, clock: tzinfo = UTC) -> Status:
    """The status that is shown: not yet valid, no longer valid, used up, or valid. `now` is microseconds UTC.

    Days alone begin and end on the shop's clock.
    """
    period = coupon.restrictions.period(clock)
    if not period.has_begun(now):
        return "INACTIVE"
    if period.is_over(now):
        return "EXPIRED"
    return "USED" if _is_reached(coupon.max_redemptions, redemption_count) else "VALID"


def customer_key(customer_id: str, legal_entity_id: str | None) -> str:
    """Under which name a customer's uses are counted: apart for each company that they buy for (10)."""
    return f"{customer_id}@{legal_entity_id}" if legal_entity_id else customer_id


class CouponUse(Struct, frozen=True):
    """What a coupon is to be redeemed for, and by whom (None: a guest, who is in no segment).

    `order_value` is the sum of the line prices before discounts, on the side that the site's prices are on and in
    `currency`; `reaches_lines` says whether any of them is in the coupon's categories. On `clock`, that of the site,
    days begin and end.
    """

    currency: str
    order_value: Decimal
    customer_id: str | None = None
    segments: frozenset[str] = frozenset()
    reaches_lines: bool = True
    clock: tzinfo = UTC


def refusals(  # noqa: PLR0913  each fact by its name; a struct for one call would only repeat them
    coupon: Coupon, use: CouponUse, *, redemption_count: int, customer_uses: int, now: int
) -> list[Rejection]:
    """All that speaks against redeeming a coupon now, in the order of `Reason`; nothing where it may be redeemed.

    `customer_uses` counts what this customer has redeemed; `now` is microseconds UTC.
    """
    found = [
        *_refusals_by_time(coupon, now, use.clock),
        *_refusals_by_count(coupon, redemption_count, customer_uses),
        *_refusals_by_order(coupon, use.currency, use.order_value),
        *_refusals_by_customer(coupon, use),
    ]
    return [Rejection(reason, coupon.code, f"Coupon {coupon.code} {sentence}") for reason, sentence in found]


def claim_refusals(coupon: Coupon, total: Money, discount: Money) -> list[Rejection]:
    """What speaks against a discount that an outside system says it gave on an order of this value (10)."""
    given = coupon.discount_absolute
    if discount.currency != total.currency or (
        coupon.discount_type == "ABSOLUTE" and given is not None and discount.currency != given.currency
    ):
        sentence = f"can not give a discount in {discount.currency} on an order in {total.currency}."
        return [Rejection(Reason.COUPON_DISCOUNT_CURRENCY_INCORRECT, coupon.code, f"Coupon {coupon.code} {sentence}")]
    most = _most(coupon, total)
    if most is None or discount.amount <= most:
        return []
    sentence = f"gives {most} {total.currency} at most on this order, not {discount.amount}."
    return [Rejection(Reason.COUPON_DISCOUNT_AMOUNT_INCORRECT, coupon.code, f"Coupon {coupon.code} {sentence}")]


def _most(coupon: Coupon, total: Money) -> Decimal | None:
    """The most that a coupon takes from a value; None for free shipping, whose price the value does not hold."""
    if coupon.discount_type == "PERCENT":
        share = total.amount * (coupon.discount_percentage or Decimal(0)) / HUNDRED
        return rounded(share, minor_exponent(total.currency) or 0)
    if coupon.discount_type == "ABSOLUTE" and coupon.discount_absolute is not None:
        return min(coupon.discount_absolute.amount, total.amount)
    return None


def is_for(coupon: Coupon, categories: frozenset[str]) -> bool:
    """Whether a coupon holds for something in these categories; an excluded one weighs more than an included one."""
    rules = coupon.restrictions
    if not coupon.category_restricted:
        return True
    if not categories.isdisjoint(rules.excluded_categories):
        return False
    return not rules.included_categories or not categories.isdisjoint(rules.included_categories)


def lines_reached(
    coupon: Coupon, lines: Iterable[CartLine], categories: Mapping[str, frozenset[str]]
) -> frozenset[str] | None:
    """The ids of the lines that a coupon holds for, by the categories of their products; None for every coupon that
    is for the whole cart."""
    if not coupon.category_restricted:
        return None
    return frozenset(
        line.id for line in lines if line.quantity > 0 and is_for(coupon, categories.get(line.product_id, frozenset()))
    )


def discount_of(coupon: Coupon, line_ids: frozenset[str] | None = None) -> CouponDiscount:
    """The coupon as the price calculation takes it, for these lines alone (docs/wire/emporix.md, 6.1 rules 3 to 7)."""
    value = Decimal(0)
    if coupon.discount_type == "PERCENT":
        value = coupon.discount_percentage or value
    elif coupon.discount_absolute is not None:
        value = coupon.discount_absolute.amount
    return CouponDiscount(coupon.code, coupon.discount_type, value, coupon.discount_calculation_type, line_ids)


_Refusals = Iterator[tuple[Reason, str]]


def _refusals_by_time(coupon: Coupon, now: int, clock: tzinfo) -> _Refusals:
    restrictions, period = coupon.restrictions, coupon.restrictions.period(clock)
    if not period.has_begun(now):
        yield Reason.COUPON_NOT_ACTIVE, f"is not active before {restrictions.valid_from}. Redeem it later."
    if period.is_over(now):
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


def _refusals_by_customer(coupon: Coupon, use: CouponUse) -> _Refusals:
    rules, theirs = coupon.restrictions, use.customer_id
    if theirs is None and not coupon.allow_anonymous:
        yield Reason.COUPON_REDEMPTION_FORBIDDEN, "can not be redeemed by a guest. Log in first."
    elif rules.valid_for and theirs not in rules.valid_for:
        yield Reason.COUPON_REDEMPTION_FORBIDDEN, "was issued to other customers. Remove it from the cart."
    elif coupon.issued_to and not coupon.referral_coupon and theirs != coupon.issued_to:
        yield Reason.COUPON_REDEMPTION_FORBIDDEN, "was issued to another customer. Remove it from the cart."
    if coupon.segment_restricted and use.segments.isdisjoint(rules.segments):
        what = "is for customer segments that this customer is not in. Remove it from the cart."
        yield Reason.COUPON_REDEMPTION_FORBIDDEN, what
    if coupon.category_restricted and not use.reaches_lines:
        yield Reason.COUPON_REDEMPTION_FORBIDDEN, "is for categories that no item is in. Remove it from the cart."


def _wrong_currency(what: str, theirs: str, ours: str) -> str:
    return f"{what} in {theirs}, but the order is in {ours}. Use a coupon in {ours}."


def _is_reached(limit: int, count: int) -> bool:
    return 0 <= limit <= count
