"""Every route is described, every description has a route, and together they are one valid OpenAPI document."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import pytest
import schemathesis
from jsonschema import Draft202012Validator

from tests.house.tree import ROOT
from tillroll.app import described_routes
from tillroll.dialects.explained import Texts, fields_of
from tillroll.dialects.http import Route
from tillroll.dialects.openapi import TEXT, Description, record, ref
from tillroll.dialects.published import document, encoded
from tillroll.settings import Settings

DESCRIPTIONS, ROUTES = described_routes(Settings())
DOCUMENT = document(DESCRIPTIONS, ROUTES, version="0")

NAMES_A_FILE = re.compile(r"contracts|docs/|§")

# Where routes may stand whose description is still to be written; the list may only become shorter.
NOT_YET: tuple[str, ...] = ()


def named(method: str, path: str) -> str:
    """A route's name in a failing test."""
    return f"{method} {path}"


def test_every_route_is_described() -> None:
    described = {named(one.method, one.path) for description in DESCRIPTIONS for one in description.operations}
    routes = {named(one.method, one.path) for one in ROUTES if not one.path.startswith(NOT_YET)}
    assert sorted(routes - described) == []


def test_every_description_has_a_route_and_is_written_once() -> None:
    described = [named(one.method, one.path) for description in DESCRIPTIONS for one in description.operations]
    routes = {named(one.method, one.path) for one in ROUTES}
    assert sorted(set(described) - routes) == []
    assert sorted({one for one in described if described.count(one) > 1}) == []


def test_every_reference_leads_to_a_component_and_every_component_is_referred_to() -> None:
    components = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    referred = set(references(DOCUMENT))
    assert sorted(referred - components) == []
    assert sorted(components - referred) == []


def references(value: object) -> Iterator[str]:
    """Every `$ref` in a document."""
    if isinstance(value, Mapping):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from references(inner)


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for path in DOCUMENT["paths"].values() for operation in path.values()]
    assert sorted({one for one in names if names.count(one) > 1}) == []


@pytest.mark.parametrize("description", DESCRIPTIONS, ids=lambda one: one.name)
def test_every_success_is_described(description: Description) -> None:
    silent = [one.path for one in description.operations if not any(status < 400 for status in one.answers)]
    assert silent == []


def test_every_success_names_the_id_of_its_request() -> None:
    silent = [
        f"{method} {path} {status}"
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
        for status, answer in operation["responses"].items()
        if status.startswith("2") and "X-Request-Id" not in answer.get("headers", {})
    ]
    assert silent == []


def test_a_body_is_described_where_one_is_read() -> None:
    operations = {(one.method, one.path): one for description in DESCRIPTIONS for one in description.operations}
    wrong = [
        named(route.method, route.path)
        for route in ROUTES
        if (described := operations.get((route.method, route.path))) is not None
        and reads_a_body(route) != (described.body is not None)
    ]
    assert wrong == []


def reads_a_body(route: Route) -> bool:
    """Whether a route decodes what it is sent; a GET decodes its query, and a DELETE of many its list."""
    return route.decode is not None and (route.method in ("POST", "PUT", "PATCH") or route.path.endswith("/bulk"))


def test_the_document_is_valid_openapi() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(DOCUMENT).validate()


def test_every_service_has_a_title_of_its_own_and_operations() -> None:
    titles = [tag["name"] for tag in DOCUMENT["tags"]]
    used = {tag for path in DOCUMENT["paths"].values() for operation in path.values() for tag in operation["tags"]}
    assert sorted({one for one in titles if titles.count(one) > 1 or not one[:1].isupper()}) == []
    assert sorted(used ^ set(titles)) == []
    assert [tag["name"] for tag in DOCUMENT["tags"] if not tag["description"]] == []


def test_no_value_is_offered_in_two_spellings() -> None:
    twice = [where for where, schema in schemas(DOCUMENT) if is_spelled_twice(schema.get("enum", []))]
    assert twice == []
    assert is_spelled_twice(["ADD", "add"])
    assert not is_spelled_twice(["ADD", None])


def is_spelled_twice(values: Sequence[object]) -> bool:
    """Whether some of these values differ in their letters' case alone."""
    return len({str(value).lower() for value in values}) < len(values)


def test_nothing_names_a_file_that_its_readers_do_not_have() -> None:
    named = [where for where, one in schemas(DOCUMENT) if NAMES_A_FILE.search(str(one.get("description", "")))]
    assert named == []
    assert NAMES_A_FILE.search("A price (contracts, 4.1).")
    assert NAMES_A_FILE.search("A price (docs/wire/emporix.md, 8).")


def test_no_word_of_an_older_openapi_is_left() -> None:
    old = [where for where, one in schemas(DOCUMENT) if isinstance(one.get("nullable"), bool)]
    assert old == []


def schemas(value: object, where: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every object in a document, with its place."""
    if isinstance(value, Mapping):
        yield where, value
        for name, inner in value.items():
            yield from schemas(inner, f"{where}/{name}")
    elif isinstance(value, list | tuple):
        for position, inner in enumerate(value):
            yield from schemas(inner, f"{where}/{position}")


def test_what_is_missing_or_in_conflict_is_said() -> None:
    silent = [
        f"{method} {path} {status}"
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
        for status in ("404", "409")
        if operation["responses"].get(status, {}).get("description") in ("", "Not Found", "Conflict")
    ]
    assert silent == []


def test_every_path_parameter_says_what_it_names() -> None:
    silent = [
        f"{method} {path} {one['name']}"
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
        for one in operation["parameters"]
        if one["in"] == "path" and not one.get("description")
    ]
    assert silent == []


def test_every_field_and_every_parameter_is_explained() -> None:
    silent = [place for place, one in explainable(DOCUMENT) if not one.get("description")]
    assert silent == []


def explainable(whole: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every field of every body and answer, and every parameter, each with its place."""
    for name, shape in whole["components"]["schemas"].items():
        yield from placed(name, shape)
    for path, operations in whole["paths"].items():
        for method, operation in operations.items():
            name = f"{method} {path}"
            yield from ((f"{name} {one['name']}", one) for one in operation["parameters"])
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield from placed(name, content["schema"])
            for status, answer in operation["responses"].items():
                for content in answer.get("content", {}).values():
                    yield from placed(f"{name} {status}", content["schema"])


def placed(name: str, shape: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The fields of a shape, each with its place."""
    return ((" ".join((name, *path)), one) for path, one in fields_of(shape, ()))


def test_a_field_that_nobody_explains_is_found() -> None:
    silent = {"get": {"parameters": [], "responses": {"200": {"content": {"a": {"schema": record({"id": TEXT})}}}}}}
    found = [place for place, _ in explainable({"components": {"schemas": {}}, "paths": {"/x": silent}})]
    assert found == ["get /x 200 id"]


def test_every_body_has_an_example() -> None:
    assert [name for name, content in bodies(DOCUMENT) if "example" not in content] == []


def test_every_example_has_the_shape_that_is_described() -> None:
    wrong = [(name, error) for name, one in bodies(DOCUMENT) if (error := misfit(one["schema"], one["example"]))]
    assert wrong == []
    assert misfit({"type": "string"}, 1)


def bodies(whole: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What each operation takes, in each of its content types."""
    for path, operations in whole["paths"].items():
        for method, operation in operations.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield f"{method} {path}", content


def misfit(schema: Mapping[str, Any], value: object) -> str:
    """What of a value does not fit a schema of the document; empty where all does."""
    whole = json.loads(encoded({**schema, "components": DOCUMENT["components"]}))
    return next((error.message for error in Draft202012Validator(whole).iter_errors(value)), "")


def test_every_text_that_is_written_is_published() -> None:
    published = {one["description"] for _, one in schemas(DOCUMENT) if isinstance(one.get("description"), str)}
    names = {f"{one.method} {one.path}" for description in DESCRIPTIONS for one in description.operations}
    for path in sorted((ROOT / "src").rglob("described*.toml")):
        texts = msgspec.toml.decode(path.read_bytes(), type=Texts)
        assert [name for name, text in texts.fields.items() if text not in published] == [], path
        assert sorted({*texts.missing, *texts.conflict, *texts.examples} - names) == [], path


def test_a_scope_that_is_asked_for_can_be_granted() -> None:
    scheme = DOCUMENT["components"]["securitySchemes"]["backOffice"]
    granted = scheme["flows"]["clientCredentials"]["scopes"]
    asked = {
        scope
        for path in DOCUMENT["paths"].values()
        for operation in path.values()
        for one in operation["security"]
        for scope in one.get("backOffice", ())
    }
    assert sorted(asked - set(granted)) == []
    assert all(granted.values())


def test_a_checkout_is_of_a_cart_or_of_a_quote() -> None:
    shapes = DOCUMENT["components"]["schemas"]
    assert shapes["checkout.PlaceOrder"]["oneOf"] == [ref("checkout.BuyCart"), ref("checkout.BuyQuote")]
    assert shapes["checkout.BuyQuote"]["required"] == ["quoteId", "paymentMethods"]
    assert shapes["checkout.BuyCart"]["required"] == ["cartId", "customer", "shipping", "addresses", "paymentMethods"]
