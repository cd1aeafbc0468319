"""Configuration values: docs/wire/emporix.md, 18, format B."""

from typing import Any

import pytest

from tests.dialects.emporix.hostile import BODIES, JSON, check_doors, check_refusal, refuses
from tests.harness import Server, new_shop
from tests.shop import Shop, told

LIMIT: dict[str, Any] = {"key": "maxNumberOfCouponsPerCart", "value": "3", "secured": False, "version": 1}


@pytest.fixture
def configurations(shop: Shop) -> str:
    return f"/configuration/{shop.name}/configurations"


def test_values_are_created_read_replaced_and_deleted(shop: Shop, configurations: str) -> None:
    languages = {"key": "project_lang", "value": [{"id": "en", "default": True}], "description": "Languages"}
    created = shop.service.post(configurations, json=[LIMIT, languages])
    assert created.status_code == 201, told(created)
    assert created.json() == [LIMIT, languages | {"secured": False, "version": 1}]
    one = f"{configurations}/maxNumberOfCouponsPerCart"
    assert shop.service.get(one).json() == LIMIT
    replaced = shop.service.put(one, json=LIMIT | {"value": {"anything": [1.5, None]}})
    assert replaced.status_code == 200, told(replaced)
    assert replaced.json() == LIMIT | {"value": {"anything": [1.5, None]}, "version": 2}
    assert shop.service.get(one).json() == replaced.json()
    deleted = shop.service.delete(one)
    assert (deleted.status_code, deleted.content) == (204, b"")
    missing = shop.service.get(one)
    assert missing.status_code == 404
    place = f"the propertyKey 'maxNumberOfCouponsPerCart' for the tenant '{shop.name}'"
    assert missing.json() == {
        "code": 404,
        "status": "Not Found",
        "message": "Configuration not found",
        "details": [f"Could not find the tenant configuration with {place}"],
    }
    again = shop.service.delete(one)
    assert (again.status_code, again.json()["message"]) == (404, "Tenant configuration could not be found")


def test_a_single_value_is_created_without_a_list(shop: Shop, configurations: str) -> None:
    created = shop.service.post(configurations, json={"key": "a", "value": True})
    assert created.status_code == 201, told(created)
    assert created.json() == {"key": "a", "value": True, "secured": False, "version": 1}


def test_creating_is_all_or_nothing(shop: Shop, configurations: str) -> None:
    shop.service.post(configurations, json=[LIMIT])
    taken = shop.service.post(configurations, json=[{"key": "new", "value": 1}, LIMIT])
    assert taken.status_code == 409, told(taken)
    assert taken.json()["message"] == "Tenant configuration could not be created"
    assert shop.service.post(configurations, json=[{"key": "new", "value": 1}] * 2).status_code == 400
    assert [one["key"] for one in shop.service.get(configurations).json()] == [LIMIT["key"]]


def test_lists_hold_everything_or_the_keys_asked_for(shop: Shop, configurations: str) -> None:
    shop.service.post(configurations, json=[{"key": f"k.{number}", "value": number} for number in range(5)])
    for query, keys in (
        ("", "01234"),
        ("?keys=k.3,nothing,k.1,k.3", "31"),
        ("?pageSize=2&pageNumber=2", "23"),
        ("?keys=", ""),
        ("?keys[]=", ""),
        ("?keys=,", ""),
    ):
        assert [one["key"] for one in shop.service.get(configurations + query).json()] == [f"k.{key}" for key in keys]


def test_a_replacement_must_meet_its_key(shop: Shop, configurations: str) -> None:
    missing = shop.service.put(f"{configurations}/{LIMIT['key']}", json=LIMIT)
    assert (missing.status_code, missing.json()["message"]) == (400, "Tenant configuration could not be updated")
    shop.service.post(configurations, json=[LIMIT])
    other = shop.service.put(f"{configurations}/{LIMIT['key']}", json=LIMIT | {"key": "other"})
    assert (other.status_code, other.json()["message"]) == (400, "Invalid Parameters")


def test_what_is_read_only_or_restricted_stays(shop: Shop, configurations: str) -> None:
    locked = {"key": "a", "value": 1, "readOnly": True, "restricted": True}
    shop.service.post(configurations, json=locked)
    assert shop.service.put(f"{configurations}/a", json=locked | {"value": 2}).status_code == 400
    assert shop.service.delete(f"{configurations}/a").status_code == 400
    assert shop.service.get(f"{configurations}/a").json()["value"] == 1


def test_what_is_wrong_with_a_value_is_said(shop: Shop, configurations: str) -> None:
    for body, said in (
        ({"value": 1}, "key is required"),
        ({"key": "a"}, "value is required"),
        ({"key": "", "value": 1}, "key must be"),
        ({"key": "a/b", "value": 1}, "key must be"),
        ({"key": 5, "value": 1}, "Expected"),
        ({"key": "x" * 300, "value": 1}, "key must be"),
        ([5], "Expected"),
        ([], "Send 1 to 200"),
        ([{"key": f"k{number}", "value": 1} for number in range(201)], "Send 1 to 200"),
        ({"key": "a", "value": 1, "readOnly": "yes"}, "Expected"),
    ):
        response = shop.service.post(configurations, json=body)
        assert response.status_code == 400, told(response)
        assert said in response.json()["message"], told(response)
    assert shop.service.get(configurations).json() == []


def test_hostile_bodies_are_refused_on_every_route(shop: Shop, configurations: str) -> None:
    shop.service.post(configurations, json=LIMIT)
    for method, path in (("POST", configurations), ("PUT", f"{configurations}/{LIMIT['key']}")):
        for name, response in refuses(shop.service, method, path):
            assert response.json()["code"] == response.status_code, name
    for name in ("deep", "nested"):
        body = b'[{"key": "a", "value": ' + BODIES[name].removeprefix(b'{"mixins": ') + b"]"
        check_refusal(name, shop.service.post(configurations, content=body, headers=JSON))
    huge = b'{"key": "huge", "value": [1e400, 1000000000000000000000000000000]}'
    assert shop.service.post(configurations, content=huge, headers=JSON).status_code == 201
    assert '"value":[1E+400,1000000000000000000000000000000]' in shop.service.get(f"{configurations}/huge").text
    for path in ("/%00", "/" + "x" * 5_000, "/%FF"):
        assert shop.service.get(configurations + path).status_code == 404


def test_nobody_else_gets_in(shop: Shop, configurations: str, shared_server: Server) -> None:
    with new_shop(shared_server) as other:
        one = f"{configurations}/{LIMIT['key']}"
        calls = [("POST", configurations, LIMIT), ("PUT", one, LIMIT), ("DELETE", one, None)]
        check_doors(shop, other, calls)
        for scope in ("configuration.configuration_read", "configuration.configuration_view"):
            reader = shop.client(shop.service_token(scope))
            assert reader.get(configurations).status_code == 200
            assert reader.post(configurations, json=LIMIT).status_code == 403
        for client in (other.service, other.guest(), shop.client(shop.service_token("site.site_read"))):
            for path in (configurations, one):
                assert client.get(path).status_code == 403
