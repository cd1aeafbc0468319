"""Shipping zones and methods: docs/wire/emporix.md, 11, format A with an errorCode."""

from typing import Any

import pytest

from tests.dialects.emporix.hostile import JSON, NUMBERS, check_doors, check_refusal, refuses
from tests.harness import Server, new_shop
from tests.shop import Shop, told

ZONE: dict[str, Any] = {
    "id": "zone1",
    "name": {"en": "zone 1", "de": "Zone 1"},
    "default": True,
    "shipTo": [{"country": "DE", "postalCode": "70190"}, {"country": "DE", "postalCode": "12*"}, {"country": "AT"}],
}
METHOD: dict[str, Any] = {
    "id": "fedex-2dayground",
    "name": "FedEx 2Day",
    "active": True,
    "maxOrderValue": {"amount": 5000, "currency": "EUR"},
    "fees": [
        {"minOrderValue": {"amount": 0, "currency": "EUR"}, "cost": {"amount": 10, "currency": "EUR"}},
        {
            "minOrderValue": {"amount": 50, "currency": "EUR"},
            "cost": {"amount": 8.5, "currency": "EUR"},
            "shippingGroupId": "group1",
        },
    ],
    "shippingTaxCode": "STANDARD",
}
NO_PARENT = {
    "status": 404,
    "message": "The requested URI does not map to a single element resource.",
    "errorCode": "ENTITY-GET-404001",
    "moreInfo": "",
    "type": "element_resource_non_existing",
}


@pytest.fixture
def zones(shop: Shop) -> str:
    shop.site()
    return f"/shipping/{shop.name}/main/zones"


@pytest.fixture
def methods(shop: Shop, zones: str) -> str:
    assert shop.service.post(zones, json=ZONE).json() == {"id": "zone1"}
    return f"{zones}/zone1/methods"


def bare(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "metadata"}


def test_a_zone_is_created_read_replaced_and_deleted(shop: Shop, zones: str) -> None:
    created = shop.service.post(zones, json=ZONE)
    assert (created.status_code, created.json()) == (201, {"id": "zone1"})
    assert bare(shop.guest().get(f"{zones}/zone1").json()) == ZONE
    assert [bare(zone) for zone in shop.guest().get(zones).json()] == [ZONE]
    replaced = shop.service.put(f"{zones}/zone1", json=ZONE | {"name": "One"})
    assert (replaced.status_code, replaced.content) == (200, b"")
    assert shop.service.patch(f"{zones}/zone1", json={"default": False}).status_code == 200
    assert bare(shop.service.get(f"{zones}/zone1").json()) == ZONE | {"name": "One", "default": False}
    assert shop.service.delete(f"{zones}/zone1").status_code == 204
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        body: dict[str, Any] = {"json": ZONE} if method in ("PUT", "PATCH") else {}
        missing = shop.service.request(method, f"{zones}/zone1", **body)
        assert missing.status_code == 404, method
        assert missing.json() == {
            "status": 404,
            "message": "A zone with id 'zone1' does not exist.",
            "type": "resource_not_found",
        }


def test_a_zone_that_exists_is_a_conflict(shop: Shop, zones: str) -> None:
    shop.service.post(zones, json=ZONE)
    taken = shop.service.post(zones, json=ZONE)
    assert taken.status_code == 409
    assert taken.json() == {
        "status": 409,
        "type": "conflict_resource",
        "message": "A zone with id 'zone1' already exists.",
        "moreInfo": "",
        "errorCode": "ENTITY-409001",
    }


def test_a_zone_needs_its_site(shop: Shop, zones: str) -> None:
    missing = shop.service.post(f"/shipping/{shop.name}/elsewhere/zones", json=ZONE)
    assert (missing.status_code, missing.json()) == (404, NO_PARENT)
    assert shop.guest().get(f"/shipping/{shop.name}/elsewhere/zones").json() == []
    shop.site("second")
    assert shop.service.post(f"/shipping/{shop.name}/second/zones", json=ZONE).status_code == 201
    assert shop.guest().get(zones).json() == []


def test_a_method_lives_in_its_zone(shop: Shop, zones: str, methods: str) -> None:
    created = shop.service.post(methods, json=METHOD)
    assert (created.status_code, created.json()) == (201, {"id": "fedex-2dayground"})
    assert bare(shop.guest().get(f"{methods}/fedex-2dayground").json()) == METHOD
    taken = shop.service.post(methods, json=METHOD)
    assert taken.status_code == 409
    assert taken.json()["message"] == "A method with id 'fedex-2dayground' already exists."
    assert shop.service.put(f"{methods}/fedex-2dayground", json=METHOD | {"active": False}).status_code == 200
    assert shop.service.delete(f"{methods}/fedex-2dayground").status_code == 204
    missing = shop.service.delete(f"{methods}/fedex-2dayground")
    assert (missing.status_code, missing.json()["message"]) == (
        404,
        "A method with id 'fedex-2dayground' does not exist.",
    )
    for method, path in (("POST", f"{zones}/zone2/methods"), ("PUT", f"{zones}/zone2/methods/x")):
        missing = shop.service.request(method, path, json=METHOD)
        assert (missing.status_code, missing.json()) == (404, NO_PARENT), method
    assert shop.guest().get(f"{zones}/zone2/methods").json() == NO_PARENT


def test_a_zone_takes_its_methods_with_it(shop: Shop, zones: str, methods: str) -> None:
    shop.service.post(methods, json=METHOD)
    shop.service.delete(f"{zones}/zone1")
    shop.service.post(zones, json=ZONE)
    assert shop.service.get(methods).json() == []
    assert shop.service.get(f"{methods}/fedex-2dayground").status_code == 404


def test_zones_are_expanded_with_methods_and_fees(shop: Shop, zones: str, methods: str) -> None:
    shop.service.post(methods, json=METHOD)
    shop.service.post(methods, json=METHOD | {"id": "pickup", "active": False})

    def expanded(**query: str) -> list[dict[str, Any]]:
        (listed,) = shop.guest().get(zones, params=query).json()
        alone = shop.guest().get(f"{zones}/zone1", params=query).json()
        assert listed == alone
        found: list[dict[str, Any]] = [bare(method) for method in listed["methods"]]
        return found

    without_fees = {name: value for name, value in METHOD.items() if name != "fees"}
    assert [method["id"] for method in expanded(expand="methods")] == ["fedex-2dayground", "pickup"]
    assert expanded(expand="methods", activeMethods="true") == [without_fees]
    assert expanded(expand="methods,fees", activeMethods="true") == [METHOD]
    assert [method["id"] for method in expanded(expand="methods", activeMethods="false")] == ["pickup"]
    assert "methods" not in shop.guest().get(zones).json()[0]
    listed = shop.guest().get(methods, params={"active": "true"}).json()
    assert [bare(method) for method in listed] == [METHOD]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"shipTo": [{"country": "Germany"}]}, "shipTo[0].country"),
        ({"shipTo": [{"country": "DE"}, {"country": "D1"}]}, "shipTo[1].country"),
        ({"shipTo": [{"country": "DE", "postalCode": "1*2"}]}, "shipTo[0].postalCode"),
        ({"shipTo": []}, "shipTo"),
        ({"shipTo": [{}]}, "shipTo[0].country"),
        ({"shipTo": {"country": "DE"}}, "shipTo"),
        ({"name": ""}, "name"),
        ({"id": "a/b"}, "id"),
        ({"default": "yes"}, "default"),
    ],
)
def test_a_zone_that_means_nothing_is_refused(shop: Shop, zones: str, change: dict[str, Any], field: str) -> None:
    response = shop.service.post(zones, json=ZONE | change)
    assert response.status_code == 400, told(response)
    body = response.json()
    assert (body["type"], body["errorCode"]) == ("validation_violation", "ENTITY-400001")
    assert body["message"] == "The request violates validation constraints."
    assert [detail["field"] for detail in body["details"]] == [field]
    assert shop.service.get(zones).json() == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"fees": []}, "fees"),
        ({"fees": [{"minOrderValue": {"amount": 1, "currency": "EUR"}}]}, "fees[0].cost"),
        ({"fees": [{"cost": {"amount": -1, "currency": "EUR"}}]}, "fees[0].cost.amount"),
        ({"fees": [{"cost": {"amount": 1, "currency": "XXY"}}]}, "fees[0].cost.currency"),
        ({"maxOrderValue": {"amount": 10**12, "currency": "EUR"}}, "maxOrderValue.amount"),
        ({"name": ""}, "name"),
        ({"active": 1}, "active"),
    ],
)
def test_a_method_that_means_nothing_is_refused(shop: Shop, methods: str, change: dict[str, Any], field: str) -> None:
    response = shop.service.post(methods, json=METHOD | change)
    assert response.status_code == 400, told(response)
    assert [detail["field"] for detail in response.json()["details"]] == [field]


@pytest.mark.parametrize("value", NUMBERS)
def test_fees_that_are_no_amounts_are_refused(shop: Shop, methods: str, value: str) -> None:
    body = '{"id": "m", "name": "m", "fees": [{"cost": {"amount": %s, "currency": "EUR"}}]}'
    check_refusal(value, shop.service.post(methods, content=body % value, headers=JSON))


def test_hostile_bodies_are_refused(shop: Shop, zones: str, methods: str) -> None:
    for path in (zones, methods):
        for method, place in (("POST", path), ("PUT", f"{path}/x")):
            for _, response in refuses(shop.service, method, place):
                assert response.json()["status"] == response.status_code


def test_every_door_is_shut_to_strangers(shop: Shop, shared_server: Server, zones: str, methods: str) -> None:
    calls: list[tuple[str, str, Any]] = []
    for path, body in ((zones, ZONE), (methods, METHOD)):
        calls += [("POST", path, body), ("PUT", f"{path}/x", body), ("PATCH", f"{path}/x", body)]
        calls += [("DELETE", f"{path}/x", None)]
    with new_shop(shared_server) as other:
        check_doors(shop, other, calls)
