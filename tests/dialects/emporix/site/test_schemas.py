"""JSON Schemas of mixins: docs/wire/emporix.md, 14, format B."""

from typing import Any

import pytest

from tests.dialects.emporix.hostile import check_doors, refuses
from tests.harness import Server, new_shop
from tests.shop import Shop, told

GIFT: dict[str, Any] = {
    "name": {"en": "Gift", "de": "Geschenk"},
    "types": ["CART", "ORDER"],
    "definition": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "required": ["wrapping"],
        "properties": {"wrapping": {"enum": ["paper", "box"]}, "weight": {"type": "number", "minimum": 0.5}},
    },
}

# As Emporix's own example and its Terraform provider send it.
ATTRIBUTES: dict[str, Any] = {
    "id": "custom-attributes",
    "name": {"en": "Custom attributes"},
    "types": ["PRODUCT", "CUSTOMER_ADDRESS"],
    "attributes": [
        {
            "key": "weight",
            "name": {"en": "Weight"},
            "description": {"en": "In grams"},
            "type": "NUMBER",
            "metadata": {"readOnly": True, "required": True},
        },
        {
            "key": "size",
            "name": {"en": "Size"},
            "type": "ENUM",
            "metadata": {},
            "values": [{"value": "S"}, {"value": "M"}],
        },
        {"key": "slogan", "name": {"en": "Slogan"}, "type": "TEXT", "metadata": {"localized": True, "nullable": True}},
        {"key": "days", "name": {"en": "Days"}, "type": "ARRAY", "arrayType": {"type": "DATE"}, "metadata": {}},
        {
            "key": "person",
            "name": {"en": "Person"},
            "type": "OBJECT",
            "metadata": {},
            "attributes": [
                {"key": "adult", "name": {"en": "Adult"}, "type": "BOOLEAN", "metadata": {"required": True}},
            ],
        },
    ],
}

# The JSON Schema that these attributes make.
OF_ATTRIBUTES: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["weight"],
    "properties": {
        "weight": {"type": "number"},
        "size": {"type": "string", "enum": ["S", "M"]},
        "slogan": {
            "anyOf": [
                {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}]},
                {"type": "null"},
            ]
        },
        "days": {"type": "array", "items": {"type": "string", "format": "date"}},
        "person": {"type": "object", "properties": {"adult": {"type": "boolean"}}, "required": ["adult"]},
    },
}


@pytest.fixture
def schemas(shop: Shop) -> str:
    return f"/schema/{shop.name}/schemas"


def test_a_schema_is_created_read_replaced_and_deleted(shop: Shop, schemas: str) -> None:
    created = shop.service.post(schemas, json=GIFT)
    assert created.status_code == 201, told(created)
    id = created.json()["id"]
    assert created.json() == {"id": id}
    schema = shop.service.get(f"{schemas}/{id}").json()
    metadata = schema.pop("metadata")
    assert schema == GIFT | {"id": id}
    assert metadata["version"] == 1
    assert metadata["url"] == f"{shop.url}{schemas}/{id}/definition"
    replaced = shop.service.put(f"{schemas}/{id}", json=GIFT | {"types": ["CART"], "metadata": metadata})
    assert (replaced.status_code, replaced.content) == (204, b"")
    again = shop.service.get(f"{schemas}/{id}").json()
    assert (again["types"], again["metadata"]["version"]) == (["CART"], 2)
    for _ in range(2):
        assert shop.service.delete(f"{schemas}/{id}").status_code == 204
    missing = shop.service.get(f"{schemas}/{id}")
    assert missing.status_code == 404
    message = f"Resource with id '{id}' not found"
    assert missing.json() == {"resourceId": id, "code": 404, "status": "Not Found", "message": message}


def test_a_schema_is_published_for_everybody(shop: Shop, schemas: str) -> None:
    id = shop.service.post(schemas, json=GIFT | {"id": "Gift wrap (v2) ä"}).json()["id"]
    url = shop.service.get(f"{schemas}/{id}").json()["metadata"]["url"]
    assert "%20" in url
    published = shop.client().get(url)
    assert (published.status_code, published.json()) == (200, GIFT["definition"])
    assert published.headers["content-type"] == "application/json"
    for path in (
        f"{schemas}/none/definition",
        "/schema/nobody/schemas/x/definition",
        "/schema/NO/schemas/x/definition",
    ):
        missing = shop.client().get(path)
        assert missing.status_code == 404
        assert missing.json()["code"] == 404
    forwarded = {"host": "shop.example.com", "x-forwarded-proto": "https"}
    listed = shop.service.get(schemas, headers=forwarded).json()
    assert listed[0]["metadata"]["url"].startswith(f"https://shop.example.com{schemas}/")
    assert shop.service.get(schemas, headers={"host": 'a"b'}).status_code == 400


def test_attributes_become_a_json_schema(shop: Shop, schemas: str) -> None:
    created = shop.service.post(schemas, json=ATTRIBUTES)
    assert created.status_code == 201, told(created)
    schema = shop.service.get(f"{schemas}/custom-attributes", headers={"accept-language": "*"}).json()
    url = schema.pop("metadata")["url"]
    assert schema == ATTRIBUTES
    assert shop.client().get(url).json() == OF_ATTRIBUTES
    changed = ATTRIBUTES | {"attributes": ATTRIBUTES["attributes"][:1], "metadata": {"version": 1}}
    assert shop.service.put(f"{schemas}/custom-attributes", json=changed).status_code == 204
    assert list(shop.client().get(url).json()["properties"]) == ["weight"]


def test_ids_are_unique_and_versions_guard(shop: Shop, schemas: str) -> None:
    shop.service.post(schemas, json=GIFT | {"id": "gift"})
    repeated = shop.service.post(schemas, json=GIFT | {"id": "gift"})
    assert repeated.status_code == 409
    assert repeated.json() == {"code": 409, "status": "Conflict", "message": "Duplicated key."}
    assert shop.service.put(f"{schemas}/gift", json=GIFT).status_code == 400, "metadata.version is required"
    assert shop.service.put(f"{schemas}/gift", json=GIFT | {"metadata": {"version": 9}}).status_code == 409
    assert shop.service.put(f"{schemas}/none", json=GIFT | {"metadata": {"version": 1}}).status_code == 404


def test_lists_are_paged_counted_and_filtered_by_type(shop: Shop, schemas: str) -> None:
    for id, types in (("a", ["CART"]), ("b", ["ORDER", "CUSTOMER_ADDRESS"]), ("c", ["CART"])):
        shop.service.post(schemas, json=GIFT | {"id": id, "types": types})
    count = {"x-total-count": "true"}
    for query, ids, total in (
        ("", ["a", "b", "c"], "3"),
        ("?pageSize=2&pageNumber=2", ["c"], "3"),
        ("?type=CART&pageSize=1", ["a"], "2"),
        ("?type=CUSTOMER.ADDRESS", ["b"], "1"),
        ("?type=NONE", [], "0"),
    ):
        page = shop.service.get(schemas + query, headers=count)
        assert [schema["id"] for schema in page.json()] == ids
        assert page.headers["x-total-count"] == total
    assert shop.service.get(f"{schemas}/a", headers={"accept-language": "de"}).json()["name"] == "Geschenk"


def test_what_is_wrong_with_a_schema_is_said(shop: Shop, schemas: str) -> None:
    def defined(definition: object) -> dict[str, Any]:
        return GIFT | {"definition": definition}

    def attributed(*attributes: dict[str, Any]) -> dict[str, Any]:
        usual = {"key": "a", "name": {"en": "A"}, "type": "TEXT", "metadata": {}}
        return {"types": ["CART"], "name": "A", "attributes": [usual | attribute for attribute in attributes]}

    mistakes: list[tuple[dict[str, Any], str]] = [
        ({"types": ["CART"]}, "attributes"),
        (GIFT | {"attributes": []}, "attributes"),
        (GIFT | {"types": []}, "types"),
        (GIFT | {"types": ["cart!"]}, "types"),
        (GIFT | {"types": "CART"}, "types"),
        (GIFT | {"name": 5}, "name"),
        (GIFT | {"id": "a/b"}, "id"),
        (defined(5), "definition"),
        (defined(None), "definition"),
        (defined([]), "definition"),
        (defined({"type": "text"}), "definition"),
        (defined({"properties": {"a": {"$ref": "https://example.com/a.json"}}}), "definition/properties/a"),
        (defined({"$ref": "file:///etc/passwd"}), "definition"),
        (defined({"$ref": "#"}), "definition"),
        (defined({"pattern": "(?=a)"}), "definition"),
        (defined({"$schema": "https://json-schema.org/draft/2020-12/schema"}), "definition/$schema"),
        (defined({"description": "x" * 70_000}), "definition"),
        (
            defined(
                {"not": {"not": {"not": {"const": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}}}}
            ),
            "definition",
        ),
        (attributed({"type": "MAGIC"}), "attributes[0].type"),
        (attributed({"type": "ENUM"}), "attributes[0].values"),
        (attributed({"type": "ARRAY"}), "attributes[0].arrayType"),
        (attributed({}, {}), "attributes[1].key"),
        (attributed({"key": ""}), "attributes[0].key"),
        (
            attributed({"type": "OBJECT", "attributes": [{"key": "b", "type": "ENUM"}]}),
            "attributes[0].attributes[0].values",
        ),
    ]
    for body, field in mistakes:
        response = shop.service.post(schemas, json=body)
        assert response.status_code == 400, told(response)
        assert any(detail.startswith(f"{field}: ") for detail in response.json()["details"]), told(response)
    assert shop.service.get(schemas).json() == []


@pytest.mark.parametrize("pattern", ["(?=a)", r"(a)\1", "(?i)a", "a{1001}", r"\p{L}{1,100}", "("])
def test_a_pattern_that_can_not_be_run_is_refused_when_it_is_stored_and_changes_nothing(
    shop: Shop, schemas: str, pattern: str
) -> None:
    refused = {"properties": {"a": {"pattern": pattern}}}
    shop.service.post(schemas, json=GIFT | {"id": "gift"})
    before = shop.service.get(f"{schemas}/gift").json()
    current = {"metadata": {"version": 1}}
    for method, path, body in (
        ("POST", schemas, GIFT | {"definition": refused}),
        ("PUT", f"{schemas}/gift", GIFT | current | {"definition": refused}),
        ("PUT", f"{schemas}/gift?partial=true", current | {"definition": refused}),
        ("PATCH", f"{schemas}/gift", current | {"definition": refused}),
    ):
        response = shop.service.request(method, path, json=body)
        assert response.status_code == 400, told(response)
        (detail,) = response.json()["details"]
        assert detail.startswith("definition/properties/a: ")
    assert shop.service.get(schemas).json() == [before]


def test_a_change_that_leaves_the_definition_alone_needs_none(shop: Shop, schemas: str) -> None:
    shop.service.post(schemas, json=GIFT | {"id": "gift"})
    changed = shop.service.patch(f"{schemas}/gift", json={"types": ["CART"], "metadata": {"version": 1}})
    assert changed.status_code == 204, told(changed)
    assert shop.service.get(f"{schemas}/gift").json()["definition"] == GIFT["definition"]


def test_a_schema_of_attributes_is_changed_in_part(shop: Shop, schemas: str) -> None:
    shop.service.post(schemas, json=ATTRIBUTES)
    one = f"{schemas}/custom-attributes"
    named = shop.service.patch(one, json={"name": {"en": "New"}, "metadata": {"version": 1}})
    assert named.status_code == 204, told(named)
    assert shop.client().get(f"{one}/definition").json() == OF_ATTRIBUTES
    fewer = {"attributes": ATTRIBUTES["attributes"][:1], "metadata": {"version": 2}}
    assert shop.service.patch(one, json=fewer).status_code == 204
    assert list(shop.client().get(f"{one}/definition").json()["properties"]) == ["weight"]
    both = shop.service.patch(one, json={"definition": {}, "metadata": {"version": 3}})
    assert both.status_code == 400, told(both)


def test_attributes_that_are_nested_too_deeply_are_refused(shop: Shop, schemas: str) -> None:
    attribute: dict[str, Any] = {"key": "a", "type": "TEXT"}
    for _ in range(25):
        attribute = {"key": "a", "type": "OBJECT", "attributes": [attribute]}
    response = shop.service.post(schemas, json={"types": ["CART"], "name": "A", "attributes": [attribute]})
    assert response.status_code == 400, told(response)
    assert "deeper" in response.json()["message"]


def test_hostile_bodies_are_refused_on_every_route(shop: Shop, schemas: str) -> None:
    shop.service.post(schemas, json=GIFT | {"id": "gift"})
    for method, path in (("POST", schemas), ("PUT", f"{schemas}/gift"), ("PATCH", f"{schemas}/gift")):
        for name, response in refuses(shop.service, method, path):
            assert response.json()["code"] == response.status_code, name
    assert shop.service.get(f"{schemas}/gift").json()["metadata"]["version"] == 1
    for path in ("/%00", "/" + "x" * 5_000, "/%FF", "/%00/definition", "/%FF/definition"):
        assert shop.service.get(schemas + path).status_code == 404


def test_nobody_else_gets_in(shop: Shop, schemas: str, shared_server: Server) -> None:
    with new_shop(shared_server) as other:
        gift = f"{schemas}/gift"
        check_doors(shop, other, [("POST", schemas, GIFT), ("PUT", gift, GIFT), ("DELETE", gift, None)])
        for client in (other.service, other.guest(), shop.client(shop.service_token("site.site_read"))):
            assert client.get(schemas).status_code == 403
            assert client.get(gift).status_code == 403
    refused = shop.client(shop.service_token("schema.schema_read")).post(schemas, json=GIFT).json()
    assert refused == {
        "code": 403,
        "status": "Forbidden",
        "message": "You need to choose the required scope to complete this action.",
        "details": ["Required scope(s): schema.schema_manage"],
    }
