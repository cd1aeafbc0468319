"""How a shop takes Alhena's events, set on the command line and heeded by a running server."""

import json
from typing import Any

import pytest

from tests.dialects.alhena.storefront import Visitor, code, milliseconds_ago
from tests.harness import Server, new_native_key, run_cli
from tests.shop import Shop
from tests.test_cli import said
from tillroll.engine.access.native_keys import EVENTS_READ, EVENTS_WRITE


def settings_of(shop: Shop, server: Server, *options: str) -> dict[str, Any]:
    """What `tillroll shop alhena` prints for scripts."""
    done = run_cli("shop", "alhena", shop.name, *options, "--json", database_url=server.database_url)
    settings: dict[str, Any] = json.loads(said(done, 0))
    return settings


def test_a_lenient_shop_records_what_others_refuse(shop: Shop, shared_server: Server) -> None:
    visitor = Visitor(shop)
    assert code(visitor.cart("QUANTITY_INCREASED")) == (404, "ACTIVE_TICKET_NOT_FOUND")
    assert settings_of(shop, shared_server, "--mode", "lenient")["mode"] == "lenient"
    assert code(visitor.cart("QUANTITY_INCREASED")) == (200, "CART_EVENT_RECORDED")
    assert code(visitor.cart(user_faq_fingerprint=None)) == (200, "CART_EVENT_RECORDED")
    assert code(visitor.buy(line_items=None)) == (200, "CHECKOUT_EVENT_RECORDED")
    assert code(visitor.buy()) == (409, "ORDER_ALREADY_EXISTS")
    assert code(visitor.cart(value=None)) == (400, "MISSING_REQUIRED_FIELDS")
    forgiven = [one["reason"] for one in visitor.events(outcome="accepted")]
    assert forgiven == ["no_interaction", "no_interaction"]


def test_statuses_and_the_envelope_are_the_shops(shop: Shop, shared_server: Server) -> None:
    envelope = '{"ok": false, "errors": [{"code": "$CODE", "text": "Sorry: $MESSAGE"}]}'
    settings_of(shop, shared_server, "--status", "ACTIVE_TICKET_NOT_FOUND=422", "--envelope", envelope)
    response = Visitor(shop).cart()
    assert response.status_code == 422
    text = "Sorry: The visitor has no active conversation or FAQ interaction."
    assert response.json() == {"ok": False, "errors": [{"code": "ACTIVE_TICKET_NOT_FOUND", "text": text}]}
    settings_of(shop, shared_server, "--envelope", "{}")
    assert code(Visitor(shop).cart()) == (422, "ACTIVE_TICKET_NOT_FOUND")


def test_a_shop_can_ask_for_a_key_and_for_origins(shop: Shop, shared_server: Server) -> None:
    visitor = Visitor(shop)
    key = {"x-tillroll-key": shop.credentials["native"]["api_key"]}
    settings_of(shop, shared_server, "--key")
    assert code(visitor.talk()) == (403, "FORBIDDEN")
    assert visitor.send("/v1/conversations", key).status_code == 200
    assert visitor.send("/v1/conversations", {"x-tillroll-key": "wrong"}).status_code == 403
    for scope, status in ((EVENTS_WRITE, 200), (EVENTS_READ, 403)):
        of_scope = {"x-tillroll-key": new_native_key(shared_server.database_url, shop.name, scope)}
        assert visitor.send("/v1/conversations", of_scope).status_code == status
    settings_of(shop, shared_server, "--no-key")
    origin = "https://shop.example"
    said(run_cli("shop", "origin", "add", shop.name, origin, database_url=shared_server.database_url), 0)
    assert visitor.talk().status_code == 200
    assert visitor.send("/v1/conversations", {"origin": origin}).status_code == 200
    foreign = visitor.send("/v1/conversations", {"origin": "https://elsewhere.example"})
    assert (foreign.status_code, foreign.headers["access-control-allow-origin"]) == (403, "*")
    said(run_cli("shop", "ban", "add", shop.name, "127.0.0.1", database_url=shared_server.database_url), 0)
    assert code(visitor.talk()) == (403, "FORBIDDEN")
    reasons = [one["reason"] for one in visitor.events(outcome="refused")]
    assert reasons == ["wrong_key", "wrong_key", "wrong_key", "origin_not_allowed", "banned"]
    assert [one["document"]["trusted"] for one in visitor.events(outcome="accepted")] == [True, True, False, False]


def test_the_window_is_the_shops(shop: Shop, shared_server: Server) -> None:
    early, late = Visitor(shop), Visitor(shop)
    early.talk(event_time=milliseconds_ago(2 * 3600))
    assert code(early.cart()) == (200, "CART_EVENT_RECORDED")
    assert settings_of(shop, shared_server, "--window-hours", "1")["window_hours"] == 1
    late.talk(event_time=milliseconds_ago(2 * 3600))
    assert code(late.cart()) == (404, "ACTIVE_TICKET_NOT_FOUND")


@pytest.mark.parametrize(
    "options",
    [
        ("--status", "ACTIVE_TICKET_NOT_FOUND=200"),
        ("--status", "NONE=404"),
        ("--envelope", "[]"),
        ("--envelope", "{"),
        ("--mode", "loose"),
        ("--window-hours", "0"),
    ],
)
def test_what_makes_no_sense_is_refused(shop: Shop, shared_server: Server, options: tuple[str, str]) -> None:
    done = run_cli("shop", "alhena", shop.name, *options, database_url=shared_server.database_url)
    assert done.returncode == 2
    assert options[0] in done.stderr
