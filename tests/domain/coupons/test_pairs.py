"""What speaks against a coupon, two reasons at a time: each says its own, whatever the other one says."""

from decimal import Decimal as D
from itertools import combinations
from typing import Any, NamedTuple

import pytest

from tests.domain.coupons.test_coupons import coupon, money, refused
from tillroll.domain.coupons.coupons import claim_refusals
from tillroll.domain.documents import Money
from tillroll.domain.rejections import Reason


class Cause(NamedTuple):
    """What a coupon and its use have to be for one refusal."""

    name: str
    coupon: dict[str, Any]
    use: dict[str, Any]


# Of the three that say that it is somebody else's, the first alone is told; the others may come with any.
CAUSES = [
    Cause("too early", {"restrictions": {"validFrom": "2026-06-02T00:00:00Z"}}, {}),
    Cause("too late", {"restrictions": {"validUntil": "2026-05-31T00:00:00Z"}}, {}),
    Cause("used up", {"maxRedemptions": 2}, {"redemption_count": 2}),
    Cause("used up by the customer", {"maxRedemptionsPerCustomer": 1}, {"customer_uses": 1}),
    Cause("too little", {"restrictions": {"minOrderValue": money("100.01")}}, {}),
    Cause("another currency", {"discountType": "ABSOLUTE", "discountAbsolute": money(5, "USD")}, {}),
    Cause("a guest", {"allowAnonymous": False}, {}),
    Cause("no segment", {"segmentRestricted": True, "restrictions": {"segments": ["vip"]}}, {}),
    Cause(
        "no category",
        {"categoryRestricted": True, "restrictions": {"includedCategories": ["cups"]}},
        {"reaches_lines": False},
    ),
]


def told(*causes: Cause) -> list[tuple[Reason, str]]:
    """What is refused where all of these hold."""
    fields: dict[str, Any] = {}
    use: dict[str, Any] = {}
    for cause in causes:
        restrictions = fields.get("restrictions", {}) | cause.coupon.get("restrictions", {})
        fields |= cause.coupon | {"restrictions": restrictions}
        use |= cause.use
    return refused(coupon(**fields), **use)


@pytest.mark.parametrize("cause", CAUSES, ids=[cause.name for cause in CAUSES])
def test_each_cause_is_refused_once(cause: Cause) -> None:
    assert len(told(cause)) == 1


@pytest.mark.parametrize("pair", list(combinations(CAUSES, 2)), ids=lambda pair: f"{pair[0].name}, {pair[1].name}")
def test_two_causes_are_refused_as_each_alone(pair: tuple[Cause, Cause]) -> None:
    first, second = pair
    assert told(first, second) == told(first) + told(second)


def test_all_causes_are_refused_together() -> None:
    assert told(*CAUSES) == [refusal for cause in CAUSES for refusal in told(cause)]
    assert len({sentence for _, sentence in told(*CAUSES)}) == len(CAUSES)


def test_a_claimed_discount_may_be_all_that_the_coupon_gives_and_no_more() -> None:
    total = Money(D(100), "EUR")
    for subject, most in ((coupon(), "10"), (coupon(discountType="ABSOLUTE", discountAbsolute=money(500)), "100")):
        assert claim_refusals(subject, total, Money(D(most), "EUR")) == []
        assert len(claim_refusals(subject, total, Money(D(most) + D("0.01"), "EUR"))) == 1
