"""Every route is described, every description has a route, and together they are one valid OpenAPI document."""

from collections.abc import Iterator, Mapping

import pytest
import schemathesis

from tillroll.app import described_routes
from tillroll.dialects.http import Route
from tillroll.dialects.openapi import Description, document
from tillroll.settings import Settings

DESCRIPTIONS, ROUTES = described_routes(Settings())
DOCUMENT = document(DESCRIPTIONS, ROUTES, version="0")

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
    schemathesis.openapi.from_dict(DOCUMENT).validate()
