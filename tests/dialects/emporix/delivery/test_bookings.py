"""Windows for shops that check out by themselves, and what else is asked about windows."""

from typing import Any

import pytest

from tests.dialects.emporix.hostile import check_refusal, refuses
from tests.shop import Shop, days_ahead, send, told

HOURS = {"timeFrom": "10:00", "timeTo": "12:00"}


@pytest.fixture
def till(shop: Shop) -> Shop:
    """The standard shop, with a delivery time `daily` of two places a day."""
    shop.standard()
    shop.delivery_time("daily", capacity=2)
    return shop


def asked(days: int = 1, **changes: Any) -> dict[str, Any]:
    return {"deliveryWindowId": "daily", "deliveryDate": days_ahead(days), "slotId": "day"} | changes


def validate(till: Shop, body: Any) -> Any:
    return send(till.guest(), "POST", f"/shipping/{till.name}/deliveryWindowValidation", body)


def increment(till: Shop, body: Any, **headers: str) -> Any:
    path = f"/shipping/{till.name}/actualDeliveryWindows/incrementCounter"
    return send(till.service, "POST", path, body, headers=headers)


def test_a_window_is_valid_until_its_places_are_taken(till: Shop) -> None:
    for _ in range(2):
        assert validate(till, asked()).content == b"true"
        taken = increment(till, asked())
        assert (taken.status_code, taken.content) == (200, b"true")
    for refused in (validate(till, asked()), increment(till, asked())):
        assert refused.status_code == 400
        assert refused.json()["errorCode"] == "VALIDATION-DELIVERY-WINDOW-400003"
        assert "fully booked" in refused.json()["message"]
    assert validate(till, asked(2)).status_code == 200


def test_increments_and_checkouts_share_the_places(till: Shop) -> None:
    assert increment(till, asked()).status_code == 200
    window = {"id": "daily", "slotId": "day", "deliveryDate": days_ahead(1)}
    statuses = []
    for _ in range(2):
        guest = till.guest()
        cart_id = till.cart(guest, ["mug"], deliveryWindow=window)
        statuses.append(till.checkout(guest, till.order_request(cart_id)).status_code)
    assert statuses == [200, 409]
    assert increment(till, asked()).status_code == 400


def test_an_increment_that_is_repeated_with_its_key_takes_one_place(till: Shop) -> None:
    for _ in range(3):
        assert increment(till, asked(), **{"Idempotency-Key": "order-17"}).content == b"true"
    assert increment(till, asked(), **{"Idempotency-Key": "order-18"}).content == b"true"
    assert increment(till, asked()).status_code == 400


def test_nobody_but_a_back_office_takes_places_without_buying(till: Shop) -> None:
    path = f"/shipping/{till.name}/actualDeliveryWindows/incrementCounter"
    assert till.guest().post(path, json=asked()).status_code == 403
    assert till.client().post(path, json=asked()).status_code == 401
    unscoped = till.client(till.service_token("site.site_read"))
    assert unscoped.post(path, json=asked()).status_code == 200


@pytest.mark.parametrize(
    ("body", "number", "field"),
    [
        (asked(slotId=None), 1, "slotId"),
        (asked(slotId=""), 1, "slotId"),
        (asked(deliveryDate="tomorrow"), 2, "deliveryDate"),
        (asked(deliveryDate="2030-02-30T12:00:00.000Z"), 2, "deliveryDate"),
        (asked(deliveryDate=""), 2, "deliveryDate"),
        (asked(deliveryWindowId="nightly"), 3, "deliveryWindowId"),
        (asked(slotId="night"), 3, "slotId"),
        (asked(deliveryDate="2021-01-15T12:00:00.000Z"), 3, "deliveryDate"),
        (asked(deliveryDate="9999-12-31T23:59:59.999Z"), 3, "deliveryDate"),
        (asked(0), 3, "deliveryDate"),
    ],
)
def test_a_window_that_can_not_be_had_is_refused_by_its_code(till: Shop, body: Any, number: int, field: str) -> None:
    for refused in (validate(till, body), increment(till, body)):
        assert refused.status_code == 400, told(refused)
        assert refused.json()["errorCode"] == f"VALIDATION-DELIVERY-WINDOW-40000{number}"
        assert [one["field"] for one in refused.json()["details"]] == [field]


def test_a_window_in_the_past_is_refused_in_the_documented_words(till: Shop) -> None:
    refused = validate(till, asked(deliveryDate="2021-01-15T12:00:00.000Z")).json()
    assert refused["message"] == "DeliveryDate: 2021-01-15T12:00:00.000Z is not in future"
    assert (refused["status"], refused["type"], refused["moreInfo"]) == (400, "validation_violation", "")


def test_a_window_whose_zone_is_gone_is_refused_as_that(till: Shop) -> None:
    assert till.service.delete(f"/shipping/{till.name}/main/zones/de").status_code == 204
    assert validate(till, asked()).json()["errorCode"] == "VALIDATION-DELIVERY-WINDOW-400004"


def test_hostile_windows_are_refused(till: Shop) -> None:
    base = f"/shipping/{till.name}"
    for path in ("deliveryWindowValidation", "actualDeliveryWindows/incrementCounter", "delivery-cycles/generate"):
        for name, _ in refuses(till.service, "POST", f"{base}/{path}"):
            assert name
    values: list[Any] = [5, [], "x" * 10_000, "a/b", "\u00e9", None]
    for value in values:
        for name in asked():
            check_refusal(f"{name} {value}", validate(till, asked() | {name: value}))


# ------------------------------------------------------------------------------------------------- cycles and areas


def test_a_cycle_is_named_after_its_day_and_its_cut_off(till: Shop) -> None:
    slot = {"id": "s", "shippingMethod": "standard", "deliveryTimeRange": HOURS, "capacity": 1}
    slot |= {"cutOffTime": {"time": "2023-06-12T06:00:00.000Z", "deliveryCycleName": "morning"}}
    till.delivery_time("w", day={"weekday": "FRIDAY"}, timeZoneId="Europe/Warsaw", slots=[slot])
    path = f"/shipping/{till.name}/delivery-cycles/generate"

    def cycle(**changes: str) -> Any:
        body = {"deliveryTimeId": "w", "slotId": "s", "deliveryDate": "2026-01-02T12:00:00.000Z"} | changes
        return till.service.post(path, json=body)

    assert (cycle().status_code, cycle().json()) == (201, "2026-01-02-07-morning")
    assert cycle(deliveryDate="2026-07-03T12:00:00.000Z").json() == "2026-07-03-06-morning"
    assert cycle(deliveryTimeId="x").json()["errorCode"] == "DELIVERY-TIME-404002"
    assert cycle(slotId="x").json()["errorCode"] == "DELIVERY-TIME-SLOT-404001"
    for date in ("x", "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.000Z", "2026-01-03"):
        check_refusal(date, cycle(deliveryDate=date))
    assert till.guest().post(path, json={}).status_code == 403


def test_an_area_is_a_zone_whose_windows_have_local_cut_offs(till: Shop) -> None:
    slot = {"id": "s", "shippingMethod": "standard", "deliveryTimeRange": HOURS, "capacity": 1}
    till.zone("pl", countries=["PL"])
    till.method(zone="pl")
    day = days_ahead(3)[:10]
    slots = [slot | {"cutOffTime": {"time": "06:00"}}]
    till.delivery_time("w", zone="pl", timeZoneId="Europe/Warsaw", day={"singleDate": day}, slots=slots)
    guest = till.guest()
    cart_id = till.cart(guest)
    path = f"/shipping/{till.name}/areaDeliveryTimes/pl/{cart_id}"
    (window,) = guest.get(path).json()
    assert window.pop("deliveryDate")[:10] == day
    assert window == {
        "id": "w",
        "deliveryTimeRange": {"startTime": "10:00", "endTime": "12:00"},
        "deliveryMethod": "standard",
        "cutOffTime": "06:00",
        "slotId": "s",
    }
    assert till.guest().get(path).status_code == 404
    assert guest.get(f"/shipping/{till.name}/areaDeliveryTimes/fr/{cart_id}").status_code == 404
    assert guest.get(path, params={"siteCode": "nowhere"}).status_code == 404


def test_a_cart_is_told_its_lead_time_and_the_days_that_are_closed(till: Shop) -> None:
    guest = till.guest()
    cart_id = till.cart(guest)
    path = f"/cart/{till.name}/carts/{cart_id}/dtRestrictions"
    assert guest.get(path).json() == {"leadTime": 1, "nonDelivery": []}
    closed = {"siteCode": "main", "isDeliveryDay": False, "timeZoneId": "UTC", "isForAllZones": True}
    for number in (1, 2):
        body = closed | {"day": {"singleDate": days_ahead(number)}}
        assert till.service.post(f"/shipping/{till.name}/delivery-times", json=body).status_code == 201
    days = [days_ahead(1)[:10], days_ahead(2)[:10]]
    assert guest.get(path).json() == {"leadTime": 3, "nonDelivery": days}
    assert (
        guest.put(f"/cart/{till.name}/carts/{cart_id}", json={"countryCode": "FR", "zipCode": "1"}).status_code == 204
    )
    assert guest.get(path).json() == {"leadTime": 0, "nonDelivery": []}
    assert till.guest().get(path).status_code == 404
