"""Delivery windows over the wire: offered for a cart, booked by its checkout, given back by a declined order."""

from typing import Any

import httpx
import pytest

from tests.shop import Guest, Shop, days_ahead, succeeded, told

FULL = (
    b'{"status":409,"type":"conflict_resource","message":"Something went wrong while trying reserve a slot in a '
    b'delivery window","moreInfo":"","details":[]}'
)


@pytest.fixture
def till(shop: Shop) -> Shop:
    """The standard shop, with a delivery time `daily` of one place a day."""
    shop.standard()
    shop.delivery_time("daily", capacity=1)
    return shop


def window(days: int = 1, **changes: Any) -> dict[str, Any]:
    return {"id": "daily", "slotId": "day", "deliveryDate": days_ahead(days)} | changes


def buy(shop: Shop, asked: dict[str, Any] | None, guest: Guest | None = None) -> httpx.Response:
    guest = guest or shop.guest()
    cart_id = shop.cart(guest, ["mug"], **({"deliveryWindow": asked} if asked else {}))
    return shop.checkout(guest, shop.order_request(cart_id))


def offered(shop: Shop, **query: str) -> list[dict[str, Any]]:
    guest = shop.guest()
    cart_id = shop.cart(guest, countryCode="DE", zipCode="10115")
    answer = guest.get(f"/shipping/{shop.name}/actualDeliveryWindows/{cart_id}", params=query)
    assert answer.status_code == 200, told(answer)
    found: list[dict[str, Any]] = answer.json()
    return found


def test_a_cart_is_offered_the_windows_of_its_zone(till: Shop) -> None:
    found = offered(till)
    assert [one["deliveryDate"] for one in found] == [days_ahead(days) for days in range(1, 28)]
    day = days_ahead(1)[:10]
    assert found[0] == {
        "id": "daily",
        "deliveryDate": f"{day}T12:00:00.000Z",
        "deliveryTimeRange": {"startTime": "00:00", "endTime": "24:00"},
        "deliveryCycle": f"{day}-00",
        "zoneId": "de",
        "deliveryMethod": "standard",
        "cutOffTime": f"{day}T00:00:00.000Z",
        "slotId": "day",
    }


def test_windows_are_those_of_the_most_exact_zone_of_the_postal_code(till: Shop) -> None:
    till.zone("berlin", shipTo=[{"country": "DE", "postalCode": "10*"}])
    till.method("standard", zone="berlin")
    till.delivery_time("berlin", zone="berlin")
    assert {one["id"] for one in offered(till)} == {"berlin"}
    assert {one["id"] for one in offered(till, postalCode="80331")} == {"daily"}


def test_a_window_whose_method_sleeps_is_not_offered(till: Shop) -> None:
    path = f"/shipping/{till.name}/main/zones/de/methods/standard"
    assert till.service.patch(path, json={"active": False}).status_code == 200
    assert offered(till) == []


def test_windows_need_a_place_and_a_cart_of_ones_own(till: Shop) -> None:
    guest = till.guest()
    path = f"/shipping/{till.name}/actualDeliveryWindows/{till.cart(guest)}"
    unplaced = guest.get(path)
    assert unplaced.status_code == 400
    assert {detail["field"] for detail in unplaced.json()["details"]} == {"countryCode", "zipCode"}
    for client in (till.guest(), guest):
        missing = client.get(path if client is not guest else f"{path}x")
        assert (missing.status_code, missing.json()["errorCode"]) == (404, "ENTITY-GET-404001")
    assert till.service.get(path).status_code == 400
    assert till.client().get(path).status_code == 401


def test_the_last_place_is_sold_once_and_the_next_is_told_so_byte_for_byte(till: Shop) -> None:
    assert buy(till, window()).status_code == 200
    refused = buy(till, window())
    assert (refused.status_code, refused.content) == (409, FULL)
    assert days_ahead(1) not in [one["deliveryDate"] for one in offered(till)]
    assert buy(till, window(2)).status_code == 200
    assert buy(till, None).status_code == 200


def test_a_full_window_among_other_reasons_is_one_of_them(till: Shop) -> None:
    assert buy(till, window()).status_code == 200
    guest = till.guest()
    cart_id = till.cart(guest, ["mug"], deliveryWindow=window())
    refused = till.checkout(guest, till.order_request(cart_id, currency="USD"))
    assert refused.status_code == 400
    details = {(detail["type"], detail["field"]) for detail in refused.json()["details"]}
    assert details == {
        ("currency_mismatch", "currency"),
        ("delivery_window_full", "cart.deliveryWindow.slotId"),
    }


def test_a_declined_order_gives_its_place_back_once(till: Shop) -> None:
    first = succeeded(buy(till, window()), 200)["orderId"]
    assert buy(till, window()).status_code == 409
    path = f"/order-v2/{till.name}/salesorders/{first}/transitions"
    assert till.service.post(path, json={"status": "DECLINED"}).status_code == 204
    assert till.service.post(path, json={"status": "DECLINED"}).status_code == 400
    assert buy(till, window()).status_code == 200
    assert buy(till, window()).status_code == 409


def test_the_order_shows_the_window_that_it_has_booked(till: Shop) -> None:
    guest = till.guest()
    order_id = succeeded(buy(till, window(), guest), 200)["orderId"]
    order = guest.get(f"/order-v2/{till.name}/orders/{order_id}").json()
    day = days_ahead(1)[:10]
    assert order["deliveryWindow"] == {
        "id": "daily",
        "slotId": "day",
        "deliveryDate": day,
        "deliveryCycle": f"{day}-00",
        "deliveryTimeRange": {"timeFrom": "00:00", "timeTo": "24:00"},
    }
    assert order["mixins"]["deliveryTime"] == {
        "deliveryTimeId": "daily",
        "deliveryDate": days_ahead(1),
        "deliveryTimeFrom": "00:00",
        "deliveryTimeTo": "24:00",
        "deliveryTimeZoneId": "de",
        "deliveryTimeMethodId": "standard",
        "deliveryCosts": 4.9,
    }


@pytest.mark.parametrize(
    ("asked", "field", "type"),
    [
        (window(id="nightly"), "id", "delivery_window_invalid"),
        (window(slotId="night"), "slotId", "delivery_window_invalid"),
        (window(deliveryDate="2020-01-01T12:00:00.000Z"), "deliveryDate", "delivery_window_invalid"),
        (window(deliveryDate="9" * 5000), "deliveryDate", "delivery_window_invalid"),
        ({"id": "daily", "deliveryDate": days_ahead(1)}, "slotId", "delivery_window_incomplete"),
        ({"slotId": "day"}, "id", "delivery_window_incomplete"),
    ],
)
def test_a_window_that_does_not_exist_is_refused_and_counts_nothing(
    till: Shop, asked: dict[str, Any], field: str, type: str
) -> None:
    refused = buy(till, asked)
    assert refused.status_code == 400
    assert (f"cart.deliveryWindow.{field}", type) in {
        (detail["field"], detail["type"]) for detail in refused.json()["details"]
    }
    assert buy(till, window()).status_code == 200


def test_a_window_that_is_gone_by_is_not_in_future(till: Shop) -> None:
    refused = buy(till, window(deliveryDate="2021-01-15T12:00:00.000Z"))
    (detail,) = refused.json()["details"]
    assert detail["message"] == "DeliveryDate: 2021-01-15T12:00:00.000Z is not in future"


def test_a_lower_capacity_keeps_what_is_booked_and_sells_no_more(till: Shop) -> None:
    till.delivery_time("wide", capacity=3, day={"singleDate": days_ahead(3)})
    asked = window(3, id="wide")
    orders = [succeeded(buy(till, asked), 200)["orderId"] for _ in range(2)]
    path = f"/shipping/{till.name}/delivery-times/wide"
    patch = [{"op": "replace", "path": "/slots/0/capacity", "value": 1}]
    assert till.service.patch(path, json=patch).status_code == 200
    assert buy(till, asked).status_code == 409
    for order_id in orders:
        declined = f"/order-v2/{till.name}/salesorders/{order_id}/transitions"
        assert till.service.post(declined, json={"status": "DECLINED"}).status_code == 204
    assert buy(till, asked).status_code == 200
    assert buy(till, asked).status_code == 409


def test_a_window_is_not_sold_with_another_shipping_method(till: Shop) -> None:
    till.method("courier", fee="9.90")
    guest = till.guest()
    cart_id = till.cart(guest, ["mug"], deliveryWindow=window())
    refused = till.checkout(guest, till.order_request(cart_id, method="courier"))
    assert [detail["field"] for detail in refused.json()["details"]] == ["cart.deliveryWindow.slotId"]
    assert till.checkout(guest, till.order_request(cart_id)).status_code == 200


def test_a_delivery_time_that_is_deleted_sells_nothing_and_its_order_can_still_be_declined(till: Shop) -> None:
    order_id = succeeded(buy(till, window()), 200)["orderId"]
    assert till.service.delete(f"/shipping/{till.name}/delivery-times/daily").status_code == 204
    assert buy(till, window(2)).status_code == 400
    path = f"/order-v2/{till.name}/salesorders/{order_id}/transitions"
    assert till.service.post(path, json={"status": "DECLINED"}).status_code == 204
