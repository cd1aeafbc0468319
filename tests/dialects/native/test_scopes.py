"""Who may call which route below `/v1` with a key of our own: each scope, each route."""

import re

import pytest

from tests.harness import Server, new_native_key
from tests.refusals import assert_refused
from tests.shop import Shop
from tillroll.app import witnesses
from tillroll.dialects import native
from tillroll.dialects.http import Route
from tillroll.dialects.native.callers import Scoped
from tillroll.engine.access.native_keys import SCOPES

ROUTES = [route for route in native.routes(witnesses=witnesses()) if route.path.startswith("/v1/")]


def test_every_route_below_v1_asks_for_a_scope() -> None:
    assert [route.path for route in ROUTES if not (isinstance(route.run, Scoped) and route.run.scope in SCOPES)] == []


def test_each_scope_opens_its_routes_and_no_other(shop: Shop, shared_server: Server) -> None:
    wrong = []
    for scope in SCOPES:
        client = shop.client(new_native_key(shared_server.database_url, shop.name, scope))
        for route in ROUTES:
            assert isinstance(route.run, Scoped)
            answer = client.request(route.method, re.sub(r"\{\w+\}", "none", route.path))
            if (answer.status_code in (401, 403)) != (route.run.scope != scope):
                wrong.append(f"{scope}: {route.method} {route.path}: {answer.status_code}")
    assert wrong == []


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_strangers_learn_nothing_but_what_they_lack(shop: Shop, shared_server: Server, route: Route) -> None:
    path = re.sub(r"\{\w+\}", "none", route.path)
    for token in (None, "wrong", shop.service_token()):
        refused = shop.client(token).request(route.method, path, content=b"{", params={"limit": "none"})
        assert_refused(refused, 401, path)
        assert (refused.json()["type"], refused.headers["www-authenticate"]) == (
            "/docs/native#unauthenticated",
            "Bearer",
        )
    assert isinstance(route.run, Scoped)
    others = [scope for scope in SCOPES if scope != route.run.scope]
    client = shop.client(new_native_key(shared_server.database_url, shop.name, *others))
    refused = client.request(route.method, path, content=b"{", params={"limit": "none"})
    assert_refused(refused, 403, path)
    assert refused.json()["type"] == "/docs/native#missing_scope"
    assert route.run.scope in refused.json()["detail"]
    assert refused.headers["www-authenticate"] == f'Bearer error="insufficient_scope", scope="{route.run.scope}"'


def test_a_wrong_parameter_is_named(shop: Shop) -> None:
    answer = shop.client(shop.credentials["native"]["api_key"]).get("/v1/events", params={"limit": "none"})
    assert_refused(answer, 400, "/v1/events")
    assert answer.json() == {
        "type": "/docs/native#malformed",
        "title": "The request can not be understood.",
        "status": 400,
        "detail": "limit is a whole number from 1 to 500",
        "errors": [{"field": "limit", "message": "limit is a whole number from 1 to 500"}],
    }


def test_another_address_and_another_method_are_problems_too(shop: Shop) -> None:
    client = shop.client()
    assert_refused(client.get("/v1/nothing"), 404, "/v1/nothing")
    refused = client.put("/v1/events")
    assert_refused(refused, 405, "/v1/events")
    assert "GET" in refused.headers["allow"]
