"""From when to when something holds, in every document that says it: read alike, and refused alike where nothing could.

A day may be pasted with its blanks; a week, a day as people write it in a letter, and a number are no day.
"""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.shop import Shop, send, told

Body = dict[str, Any]


def _price(first: object, last: object) -> Body:
    restrictions = {"siteCodes": ["main"], "validity": {"from": first, "to": last}}
    return {"itemId": {"itemType": "PRODUCT", "id": "mug"}, "currency": "EUR", "tierValues": [{"priceValue": 1}]} | {
        "restrictions": restrictions
    }


def _coupon(first: object, last: object) -> Body:
    rules = {"validFrom": first, "validUntil": last}
    return {"code": "C", "name": "n", "discountType": "FREE_SHIPPING", "allowAnonymous": True, "restrictions": rules}


def _time(first: object, last: object) -> Body:
    day = {"datePeriod": {"dateFrom": first, "dateTo": last}}
    return {"siteCode": "main", "isDeliveryDay": False, "zoneId": "de", "timeZoneId": "UTC", "day": day}


def _named(**fields: Any) -> Callable[[object, object], Body]:
    return lambda first, last: {"name": {"en": "n"}, **fields, "validity": {"from": first, "to": last}}


PERIODS: dict[str, tuple[str, Callable[[object, object], Body]]] = {
    "coupon": ("/coupon/{}/coupons", _coupon),
    "price": ("/price/{}/prices", _price),
    "price list": ("/price/{}/price-lists", _named(currency="EUR", siteCode="main")),
    "segment": ("/customer-segment/{}/segments", _named(siteCode="main")),
    "category": ("/category/{}/categories", _named(localizedName={"en": "n"})),
    "delivery time": ("/shipping/{}/delivery-times", _time),
}


@pytest.mark.parametrize("name", PERIODS)
def test_a_period_is_read_alike_wherever_it_stands(shop: Shop, name: str) -> None:
    shop.standard()
    shop.price_model(default=True)
    path, body = PERIODS[name]

    def sent(first: object, last: object) -> httpx.Response:
        return send(shop.service, "POST", path.format(shop.name), body(first, last))

    for first, last in (
        ("2026-12-24", "2026-12-23"),
        ("2026-12-24T10:00:00Z", "2026-12-24T09:59:00Z"),
        ("24.12.2026", "2026-12-24"),
        ("2026-12-24", "12/24/2026"),
        ("2026-12-24", "2026-W52"),
        ("2026-12-24", "2026-13-01"),
        ("2026-12-24", ""),
        ("2026-12-24", 20261224),
    ):
        if name == "delivery time" and "T" in first:
            continue  # it is of days, whatever hour they are written with
        refused = sent(first, last)
        assert refused.status_code == 400, (first, last, told(refused))
    assert sent(" 2026-12-24", "2026-12-24\u00a0").status_code == 201
