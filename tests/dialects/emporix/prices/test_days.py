"""The days of prices, price lists and segments are whole days on the clock of their site; so are those of a `q`."""

from typing import Any

import pytest

from tests.dialects.emporix.clocks import far_clock, shop_at, today
from tests.shop import Shop, succeeded, told


def matched(shop: Shop) -> list[Any]:
    body = {"siteCode": "main", "targetCurrency": "EUR", "targetLocation": {"countryCode": "DE"}}
    items = [{"itemId": {"itemType": "PRODUCT", "id": "mug"}, "quantity": {"quantity": 1}}]
    answer = shop.service.post(f"/price/{shop.name}/match-prices", json=body | {"items": items})
    assert answer.status_code == 200, told(answer)
    return [one["effectiveValue"] for one in answer.json()]


def test_a_price_of_today_holds_all_day(shop: Shop) -> None:
    clock = far_clock()
    shop_at(shop, clock)
    day, yesterday = today(clock), today(clock, -1)
    shop.price("mug", "5.00", restrictions={"siteCodes": ["main"], "validity": {"from": day, "to": day}})
    shop.price("mug", "1.00", restrictions={"siteCodes": ["main"], "validity": {"to": yesterday}})
    assert matched(shop) == [5]


def test_a_price_list_of_today_holds_all_day_and_is_listed_for_it(shop: Shop) -> None:
    clock = far_clock()
    shop_at(shop, clock)
    day, yesterday = today(clock), today(clock, -1)
    for id, amount, validity in (("now", "4.20", {"from": day, "to": day}), ("over", "0.42", {"to": yesterday})):
        shop.list_price(shop.price_list(id=id, validity=validity), "mug", amount)
    assert matched(shop) == [pytest.approx(5.00, abs=0.01)]
    lists = f"/price/{shop.name}/price-lists"

    def ids(**query: str) -> list[str]:
        return [one["id"] for one in shop.service.get(lists, params=query).json()]

    assert ids(effectiveDate=day) == ["now"]
    assert ids(effectiveDate=yesterday) == ["over"]
    assert ids(effectiveDate=f" {day} ") == ["now"]
    assert ids(q=f"validity.to:<={day}") == ["now", "over"]
    assert ids(q=f"validity.to:<{day}") == ids(q=f"validity.to:<={yesterday}") == ["over"]
    assert ids(q=f"metadata.createdAt:(>={day} AND <={day})") == ["now", "over"]
    assert ids(q=f"metadata.createdAt:<={yesterday}") == ids(q=f"metadata.createdAt:>{day}") == []


def test_a_segment_of_today_counts_all_day(shop: Shop) -> None:
    clock = far_clock()
    shop_at(shop, clock)
    segments, day = f"/customer-segment/{shop.name}/segments", today(clock)
    customer = shop.customer()
    body = {"id": "vip", "name": {"en": "VIP"}, "siteCode": "main", "status": "ACTIVE"}
    succeeded(shop.service.post(segments, json=body | {"validity": {"from": day, "to": day}}), 201)
    member = shop.service.put(f"{segments}/vip/customers/{customer.customer_id}", json={})
    assert member.status_code in (201, 204), told(member)
    code = shop.coupon(allowAnonymous=False, segmentRestricted=True, restrictions={"segments": ["vip"]})
    cart_id = shop.cart(customer, ["mug"])
    succeeded(customer.post(f"/cart/{shop.name}/carts/{cart_id}/discounts", json={"code": code}), 201)
    assert succeeded(customer.get(f"/cart/{shop.name}/carts/{cart_id}"), 200)["totalDiscount"]["amount"] == 1.19


def test_periods_that_can_never_hold_are_refused_wherever_they_are_kept(shop: Shop) -> None:
    shop_at(shop, "Pacific/Kiritimati")  # where 1 January ends at 10:00 UTC
    never = {"from": "2030-01-01T20:00:00Z", "to": "2030-01-01"}
    one_day = {"from": "2030-01-01", "to": "2030-01-01"}
    segment = {"name": {"en": "S"}, "siteCode": "main"}
    listed = {"name": {"en": "L"}, "currency": "EUR", "siteCode": "main"}
    price: dict[str, Any] = {
        "itemId": {"itemType": "PRODUCT", "id": "mug"},
        "currency": "EUR",
        "priceModelId": shop.price_model(),
    }
    price["tierValues"] = [{"priceValue": 1}]
    for path, body, place in (
        (f"/customer-segment/{shop.name}/segments", segment, ""),
        (f"/price/{shop.name}/price-lists", listed, ""),
        (f"/price/{shop.name}/prices", price, "restrictions"),
    ):
        for validity, answer in ((never, 400), (one_day, 201)):
            period = {"validity": validity}
            created = shop.service.post(path, json=body | ({place: period} if place else period))
            assert created.status_code == answer, told(created)
