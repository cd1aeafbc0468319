"""Whether a coupon may be redeemed: docs/wire/emporix.md, 10."""

from datetime import timedelta, timezone
from decimal import Decimal as D
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillroll.domain.coupons.coupons import Coupon, CouponUse, claim_refusals, is_for, refusals, status_of
from tillroll.domain.documents import Money
from tillroll.domain.rejections import Reason
from tillroll.domain.times import instant

NOON = instant("2026-06-01T12:00:00Z") or 0
ACTIVE, EXPIRED, EXCEEDED = Reason.COUPON_NOT_ACTIVE, Reason.COUPON_EXPIRED, Reason.COUPON_REDEMPTIONS_EXCEEDED
TOO_LOW, CURRENCY = Reason.COUPON_ORDER_TOTAL_TOO_LOW, Reason.COUPON_CURRENCY_INCORRECT
FORBIDDEN = Reason.COUPON_REDEMPTION_FORBIDDEN


def coupon(**fields: Any) -> Coupon:
    body = {"code": "TEN", "name": "Ten", "discountType": "PERCENT", "discountPercentage": 10, "allowAnonymous": True}
    return msgspec.convert(body | fields, Coupon)


def refused(subject: Coupon, **facts: Any) -> list[tuple[Reason, str]]:
    usual: dict[str, Any] = {"redemption_count": 0, "customer_uses": 0, "now": NOON}
    use = CouponUse("EUR", D(100))
    use = msgspec.structs.replace(use, **{name: facts[name] for name in facts if name in use.__struct_fields__})
    found = refusals(subject, use, **usual | {name: facts[name] for name in facts if name in usual})
    assert all(one.subject == subject.code for one in found)
    return [(one.reason, one.message) for one in found]


def money(amount: object, currency: str = "EUR") -> dict[str, object]:
    return {"amount": amount, "currency": currency}


@pytest.mark.parametrize(
    ("subject", "facts", "reasons"),
    [
        (coupon(), {}, []),
        (coupon(restrictions={"validFrom": "2026-06-01T12:00:00Z"}), {}, []),
        (coupon(restrictions={"validFrom": "2026-06-01T12:00:01Z"}), {}, [ACTIVE]),
        (coupon(restrictions={"validFrom": "soon"}), {}, [ACTIVE]),
        (coupon(restrictions={"validUntil": "2026-06-01T12:00:00Z"}), {}, []),
        (coupon(restrictions={"validUntil": "2026-06-01T11:59:59.999Z"}), {}, [EXPIRED]),
        (coupon(restrictions={"validFrom": "2026-06-01", "validUntil": "2026-06-01"}), {}, []),
        (coupon(restrictions={"validUntil": "2026-06-01"}), {"clock": timezone(timedelta(hours=11))}, []),
        (coupon(restrictions={"validUntil": "2026-06-01"}), {"clock": timezone(timedelta(hours=13))}, [EXPIRED]),
        (coupon(restrictions={"validFrom": "2026-06-02"}), {"clock": timezone(timedelta(hours=11))}, [ACTIVE]),
        (coupon(restrictions={"validFrom": "2026-06-02"}), {"clock": timezone(timedelta(hours=13))}, []),
        (coupon(restrictions={"validUntil": "2026-05-31"}), {}, [EXPIRED]),
        (coupon(restrictions={"validUntil": "late"}), {}, [EXPIRED]),
        (coupon(maxRedemptions=2), {"redemption_count": 1}, []),
        (coupon(maxRedemptions=2), {"redemption_count": 2}, [EXCEEDED]),
        (coupon(maxRedemptions=0), {}, [EXCEEDED]),
        (coupon(maxRedemptions=-1), {"redemption_count": 10**9}, []),
        (coupon(maxRedemptionsPerCustomer=1), {"customer_uses": 1}, [EXCEEDED]),
        (coupon(maxRedemptionsPerCustomer=2), {"customer_uses": 1}, []),
        (coupon(restrictions={"minOrderValue": money(100)}), {}, []),
        (coupon(restrictions={"minOrderValue": money("100.01")}), {}, [TOO_LOW]),
        (coupon(restrictions={"minOrderValue": money(1, "USD")}), {}, [CURRENCY]),
        (coupon(discountType="ABSOLUTE", discountAbsolute=money(5)), {}, []),
        (coupon(discountType="ABSOLUTE", discountAbsolute=money(5, "USD")), {}, [CURRENCY]),
        (coupon(discountAbsolute=money(5, "USD")), {}, []),
        (coupon(discountType="FREE_SHIPPING"), {}, []),
        (coupon(allowAnonymous=False), {}, [FORBIDDEN]),
        (coupon(allowAnonymous=False), {"customer_id": "C1"}, []),
        (
            coupon(allowAnonymous=False, restrictions={"validFor": ["C1"]}),
            {"customer_id": "C1"},
            [],
        ),
        (
            coupon(allowAnonymous=False, restrictions={"validFor": ["C1"]}),
            {"customer_id": "C2"},
            [FORBIDDEN],
        ),
        (coupon(issuedTo="C9"), {"customer_id": "C1"}, [FORBIDDEN]),
        (coupon(issuedTo="C9"), {}, [FORBIDDEN]),
        (coupon(issuedTo="C9"), {"customer_id": "C9"}, []),
        (coupon(issuedTo="C9", referralCoupon=True), {"customer_id": "C1"}, []),
        (
            coupon(segmentRestricted=True, restrictions={"segments": ["s"]}),
            {"customer_id": "C1", "segments": frozenset({"s", "t"})},
            [],
        ),
        (coupon(segmentRestricted=True, restrictions={"segments": ["s"]}), {}, [FORBIDDEN]),
        (coupon(categoryRestricted=True), {"reaches_lines": False}, [FORBIDDEN]),
        (coupon(categoryRestricted=True), {}, []),
    ],
)
def test_each_rule_refuses_by_itself(subject: Coupon, facts: dict[str, Any], reasons: list[Reason]) -> None:
    assert [reason for reason, _ in refused(subject, **facts)] == reasons


def test_all_reasons_are_given_in_their_order() -> None:
    subject = coupon(
        discountType="ABSOLUTE",
        discountAbsolute=money(5, "USD"),
        allowAnonymous=False,
        maxRedemptions=3,
        restrictions={"validFrom": "2027-01-01", "validUntil": "2026-01-01", "minOrderValue": money(500)},
    )
    found = refused(subject, redemption_count=3)
    assert found == [
        (ACTIVE, "Coupon TEN is not active before 2027-01-01. Redeem it later."),
        (EXPIRED, "Coupon TEN expired at 2026-01-01. Remove it from the cart."),
        (EXCEEDED, "Coupon TEN is used up: 3 of 3 redemptions are used. Remove it from the cart."),
        (
            TOO_LOW,
            "Coupon TEN needs an order value of at least 500 EUR, but the order value is 100 EUR. Add to the cart.",
        ),
        (
            CURRENCY,
            "Coupon TEN gives a discount in USD, but the order is in EUR. Use a coupon in EUR.",
        ),
        (FORBIDDEN, "Coupon TEN can not be redeemed by a guest. Log in first."),
    ]
    order = list(Reason)
    assert [order.index(reason) for reason, _ in found] == sorted(order.index(reason) for reason, _ in found)


@pytest.mark.parametrize(
    ("subject", "count", "status"),
    [
        (coupon(), 0, "VALID"),
        (coupon(restrictions={"validFrom": "2027-01-01"}, maxRedemptions=0), 0, "INACTIVE"),
        (coupon(restrictions={"validUntil": "2026-01-01"}, maxRedemptions=0), 0, "EXPIRED"),
        (coupon(maxRedemptions=1), 0, "VALID"),
        (coupon(maxRedemptions=1), 1, "USED"),
    ],
)
def test_the_status_is_the_first_thing_that_is_in_the_way(subject: Coupon, count: int, status: str) -> None:
    assert status_of(subject, redemption_count=count, now=NOON) == status


@given(st.integers(-1, 5), st.integers(0, 6), st.sampled_from(["2025-01-01", "2027-01-01"]), st.booleans())
def test_a_coupon_is_valid_exactly_while_time_and_count_allow_it(
    limit: int, count: int, moment: str, is_end: bool
) -> None:
    subject = coupon(maxRedemptions=limit, restrictions={"validUntil" if is_end else "validFrom": moment})
    by_time_or_count = {ACTIVE, EXPIRED, EXCEEDED}
    reasons = {reason for reason, _ in refused(subject, redemption_count=count)}
    is_valid = status_of(subject, redemption_count=count, now=NOON) == "VALID"
    assert is_valid == (not reasons & by_time_or_count)


@given(
    st.frozensets(st.sampled_from("abc")), st.frozensets(st.sampled_from("abc")), st.frozensets(st.sampled_from("abcd"))
)
def test_a_coupon_is_for_what_is_included_and_not_excluded(
    included: frozenset[str], excluded: frozenset[str], categories: frozenset[str]
) -> None:
    rules = {"includedCategories": sorted(included), "excludedCategories": sorted(excluded)}
    subject = coupon(categoryRestricted=True, restrictions=rules)
    expected = not (categories & excluded) and (not included or bool(categories & included))
    assert is_for(subject, categories) is expected
    assert is_for(coupon(restrictions=rules), categories)


@given(st.decimals("0", "1000", places=2), st.decimals("0", "100", places=2), st.decimals("0", "1000", places=2))
def test_a_claimed_discount_is_never_more_than_the_coupon_gives(total: D, percent: D, claimed: D) -> None:
    subject = coupon(discountPercentage=percent)
    refused_claim = claim_refusals(subject, Money(total, "EUR"), Money(claimed, "EUR"))
    if not refused_claim:
        assert claimed <= total * percent / 100 + D("0.005")
    else:
        assert claimed > total * percent / 100 - D("0.005")
