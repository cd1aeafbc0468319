"""A coupon's days are whole days, on the clock of the shop where it is shown and of the site where it is used."""

from typing import Any

import pytest

from tests.dialects.emporix.clocks import HOME, far_clock, shop_at, today
from tests.shop import Shop, succeeded, told


def status(shop: Shop, code: str) -> Any:
    """As one coupon shows it and as the list does, which is the same."""
    path = f"/coupon/{shop.name}/coupons"
    shown = succeeded(shop.service.get(f"{path}/{code}"), 200)["status"]
    (listed,) = shop.service.get(path, params={"q": f"code:{code}"}).json()
    assert listed["status"] == shown
    return shown


@pytest.mark.parametrize("clock", [None, "Europe/Berlin", "far"])
def test_a_coupon_of_today_holds_all_day_and_is_bought_with(shop: Shop, clock: str | None) -> None:
    clock = far_clock() if clock == "far" else clock
    shop_at(shop, clock)
    day = today(clock or "UTC")
    shop.coupon("TODAY", restrictions={"validFrom": day, "validUntil": day})
    assert status(shop, "TODAY") == "VALID"
    guest = shop.guest()
    cart_id = shop.cart(guest, ["mug"])
    added = guest.post(f"/cart/{shop.name}/carts/{cart_id}/discounts", json={"code": "TODAY"})
    assert added.status_code == 201, told(added)
    assert succeeded(guest.get(f"/cart/{shop.name}/carts/{cart_id}"), 200)["totalDiscount"]["amount"] == 1.19
    bought = shop.checkout(guest, shop.order_request(cart_id))
    assert bought.status_code == 200, told(bought)


def test_yesterday_and_tomorrow_are_those_of_the_shop(shop: Shop) -> None:
    clock = far_clock()
    shop_at(shop, clock)
    shop.coupon("OVER", restrictions={"validUntil": today(clock, -1)})
    shop.coupon("LATER", restrictions={"validFrom": today(clock, 1)})
    assert (status(shop, "OVER"), status(shop, "LATER")) == ("EXPIRED", "INACTIVE")
    for code in ("OVER", "LATER"):
        body = {"orderTotal": {"amount": 10, "currency": "EUR"}, "discount": {"amount": 1, "currency": "EUR"}}
        refused = shop.service.post(f"/coupon/{shop.name}/coupons/{code}/validation", json=body)
        assert refused.status_code == 400, told(refused)


def test_a_coupon_is_redeemed_by_hand_on_its_last_day(shop: Shop) -> None:
    clock = far_clock()
    shop_at(shop, clock)
    shop.coupon("TODAY", restrictions={"validFrom": today(clock), "validUntil": today(clock)})
    body = {"orderTotal": {"amount": 10, "currency": "EUR"}, "discount": {"amount": 1, "currency": "EUR"}}
    answer = shop.service.post(f"/coupon/{shop.name}/coupons/TODAY/redemptions", json=body)
    assert answer.status_code == 201, told(answer)


@pytest.mark.parametrize(
    ("first", "last", "answer"),
    [
        ("2030-01-02", "2030-01-01", 400),
        ("2030-01-01", "2030-01-01", 201),
        ("2030-01-01T20:00:00Z", "2030-01-01", 400),
        ("2030-01-01T08:00:00Z", "2030-01-01", 201),
        ("2030-01-02", "2030-01-01T20:00:00Z", 201),
    ],
)
def test_a_period_that_can_never_hold_is_refused(shop: Shop, first: str, last: str, answer: int) -> None:
    shop.site(homeBase={"address": HOME, "timezone": "Pacific/Kiritimati"})  # where 1 January ends at 10:00 UTC
    body = {"code": "P", "name": "P", "discountType": "PERCENT", "discountPercentage": 10}
    body |= {"restrictions": {"validFrom": first, "validUntil": last}}
    created = shop.service.post(f"/coupon/{shop.name}/coupons", json=body)
    assert created.status_code == answer, told(created)
    if answer == 400:
        assert [one["field"] for one in created.json()["details"]] == ["restrictions.validUntil"]


def test_a_clock_that_nobody_knows_is_refused(shop: Shop) -> None:
    for clock, answer in (("Europe/Atlantis", 400), ("../../etc/passwd", 400), ("Europe/Berlin", 201)):
        body = {"code": "x", "name": "X", "currency": "EUR", "homeBase": {"address": HOME, "timezone": clock}}
        created = shop.service.post(f"/site/{shop.name}/sites", json=body)
        assert created.status_code == answer, told(created)
