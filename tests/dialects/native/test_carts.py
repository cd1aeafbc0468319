"""Carts over HTTP: the three cards of a storefront's page, and what became of each cart."""

import time
from typing import Any

from tests.dialects.alhena.storefront import Visitor
from tests.refusals import assert_refused
from tests.shop import Shop, succeeded

SECONDS_MAX = 20


def waited(shop: Shop, checkouts: int, **query: Any) -> dict[str, Any]:
    """The report, once so many carts were bought."""
    client = shop.client(shop.credentials["native"]["api_key"])
    deadline = time.monotonic() + SECONDS_MAX
    while True:
        found: dict[str, Any] = succeeded(client.get("/v1/reports/carts", params=query), 200)
        if found["funnel"]["checkouts"] == checkouts:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def test_the_three_cards_are_those_of_the_vendor(shop: Shop) -> None:
    shop.standard()
    first, second = Visitor(shop), Visitor(shop)
    for visitor in (first, second):
        succeeded(visitor.talk(), 200)
        succeeded(visitor.cart("ITEM_ADDED", 2), 200)
    succeeded(first.cart("ITEM_ADDED", 1, product_id="cup", value=5), 200)
    succeeded(first.cart("ITEM_REMOVED", 0, product_id="cup", value=5), 200)
    succeeded(first.buy("C-1"), 200)
    found = waited(shop, 1)
    assert (found["dialect"], found["currency"], found["active_days"]) == ("alhena", "EUR", 1)
    assert (found["added_minor"], found["removed_minor"], found["gmv_minor"]) == (5500, 500, 5000)
    assert (found["carts"], found["average_cart_minor"], found["daily_gmv_minor"]) == (2, 2500, 5000)
    assert found["funnel"] == {"carts": 2, "checkouts": 1, "orders": 1, "abandoned": 0, "abandoned_minor": 0}
    assert [(one["product_id"], one["added"], one["removed"]) for one in found["most_added"]] == [
        ("mug", "4", "0"),
        ("cup", "1", "1"),
    ]
    (day,) = found["by"]
    assert (day["gmv_minor"], day["carts"]) == (5000, 2)
    assert waited(shop, 0, dialect="doofinder")["by"] == []
    assert waited(shop, 0, currency="pln")["other_currencies"] == [{"currency": "EUR", "orders": 2}]


def test_refused_checkouts_are_counted_by_reason(shop: Shop) -> None:
    shop.standard()
    client = shop.client(shop.credentials["native"]["api_key"])
    guest = shop.guest()
    for _ in range(2):
        body = {"cartId": "none", "addresses": [], "shipping": {}, "paymentMethods": []}
        assert guest.post(f"/checkout/{shop.name}/checkouts/order", json=body).status_code == 400
    found = succeeded(client.get("/v1/reports/carts"), 200)
    assert found["refused_checkouts"] == 2
    reasons = {one["reason"]: one["checkouts"] for one in found["refused_for"]}
    assert reasons["value_missing"] == 2
    assert max(reasons.values()) == 2
    assert succeeded(client.get("/v1/reports/carts", params={"to": "2020-01-01"}), 200)["refused_for"] == []


def test_what_can_not_be_read_is_refused(shop: Shop) -> None:
    client = shop.client(shop.credentials["native"]["api_key"])
    for query in ({"dialect": "scout"}, {"from": "yesterday"}, {"form": "2026-01-01"}):
        assert_refused(client.get("/v1/reports/carts", params=query), 400, "/v1/reports")
