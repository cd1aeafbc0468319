"""Saying that several names are of one visitor, and taking it back: both are events of the ledger."""

from typing import Any

import httpx
import pytest

from tests.dialects.alhena.storefront import Visitor
from tests.dialects.native.test_batches import Reporter
from tests.harness import Server, new_shop
from tests.refusals import assert_refused
from tests.shop import Shop, succeeded

PATH = "/v1/identify"
SESSION = {"dialect": "doofinder", "id": "session-1"}
OWN = {"dialect": "native", "id": "v-1"}
DEEP = b'{"ids":' + b"[" * 300 + b"]" * 300 + b"}"


@pytest.fixture
def reporter(shop: Shop) -> Reporter:
    """A system of a new shop."""
    return Reporter(shop)


def identify(reporter: Reporter, *ids: Any, **headers: str) -> httpx.Response:
    """Say that these are of one visitor."""
    return reporter.client.post(PATH, json={"ids": list(ids)}, headers=headers)


def test_names_become_one_link_of_nodes(reporter: Reporter, shop: Shop) -> None:
    customer = shop.customer()
    answer = identify(
        reporter,
        SESSION,
        {"dialect": "doofinder.user", "id": "u"},
        {"dialect": "alhena", "id": "a/b"},
        {"dialect": "alhena", "id": {"user_fingerprint": "c", "user_faq_fingerprint": "d"}},
        {"dialect": "emporix", "id": customer.customer_id},
        {"dialect": "emporix", "id": customer.session_id},
        {"dialect": "emporix", "id": "123456789"},
        {"dialect": "scout", "id": 17},
        {"dialect": "scout", "id": "18"},
        OWN,
        SESSION,
    )
    link = succeeded(answer, 201)["link"]
    assert link == f"lnk_{answer.headers['x-request-id']}"
    (event,) = reporter.events(kind="identities_linked")
    assert (event["subject"], event["visitor"], event["outcome"]) == (link, "v-1", "accepted")
    assert event["document"] == {
        "link": link,
        "nodes": [
            "doofinder:session-1",
            "doofinder.user:u",
            "alhena:a/b",
            "alhena:c/d",
            f"emporix:customer:{customer.customer_id}",
            f"emporix:session:{customer.session_id}",
            "emporix:session:123456789",
            "scout:17",
            "scout:18",
            "native:v-1",
        ],
    }


def test_a_link_is_taken_back_once_and_stays_so(reporter: Reporter) -> None:
    link = succeeded(identify(reporter, SESSION, OWN), 201)["link"]
    for _ in range(2):
        answer = reporter.client.delete(f"{PATH}/{link}")
        assert (answer.status_code, answer.content) == (204, b"")
    assert [(event["kind"], event["outcome"], event["subject"]) for event in reporter.events()] == [
        ("identities_linked", "accepted", link),
        ("identity_link_undone", "accepted", link),
        ("identity_link_undone", "repeated", link),
    ]
    assert reporter.events()[1]["document"] == {"link": link}


def test_a_link_that_an_item_has_made_is_taken_back_alike(reporter: Reporter) -> None:
    reporter.results({"id": "1", "kind": "touch", "visitor": "v-1", "source": "mail", "ids": [SESSION]})
    (event,) = reporter.events(kind="identities_linked")
    assert reporter.client.delete(f"{PATH}/{event['subject']}").status_code == 204


def test_a_link_that_a_page_has_made_is_taken_back_alike(reporter: Reporter, shop: Shop) -> None:
    link = succeeded(Visitor(shop).send("/v1/identities", ids=[SESSION]), 200)["link"]
    assert reporter.client.delete(f"{PATH}/{link}").status_code == 204
    assert [event["subject"] for event in reporter.events(kind="identity_link_undone")] == [link]


@pytest.mark.parametrize("link", ["none", "lnk_", "x" * 5_000, "A-1"])
def test_what_is_no_link_is_not_found(reporter: Reporter, link: str) -> None:
    reporter.results({"id": "1", "kind": "order_cancelled", "order_id": "A-1"})
    assert_refused(reporter.client.delete(f"{PATH}/{link}"), 404, PATH)


def test_another_shop_takes_nothing_back(reporter: Reporter, shared_server: Server) -> None:
    link = succeeded(identify(reporter, SESSION, OWN), 201)["link"]
    with new_shop(shared_server) as other:
        assert_refused(Reporter(other).client.delete(f"{PATH}/{link}"), 404, PATH)
    assert reporter.events(kind="identity_link_undone") == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "ids"),
        ({"ids": []}, "ids"),
        ({"ids": [SESSION]}, "ids"),
        ({"ids": [SESSION, SESSION]}, "ids"),
        ({"ids": [SESSION] * 21}, "ids"),
        ({"ids": {"a": SESSION, "b": OWN}}, "ids"),
        ({"ids": [SESSION, OWN], "link": "mine"}, "link"),
        ({"ids": [SESSION, "v-1"]}, "ids[1].dialect"),
        ({"ids": [SESSION, {"dialect": "other", "id": "1"}]}, "ids[1].dialect"),
        ({"ids": [SESSION, {"dialect": "native", "id": ""}]}, "ids[1].id"),
        ({"ids": [SESSION, {"dialect": "native", "id": 7}]}, "ids[1].id"),
        ({"ids": [SESSION, {"dialect": "native", "id": "a\u0000"}]}, "ids[1].id"),
        ({"ids": [SESSION, {"dialect": "native", "id": "x" * 201}]}, "ids[1].id"),
        ({"ids": [SESSION, {"dialect": "alhena", "id": {"user_fingerprint": 1}}]}, "ids[1].id"),
    ],
)
def test_what_is_wrong_is_named(reporter: Reporter, body: Any, field: str) -> None:
    answer = reporter.client.post(PATH, json=body)
    assert_refused(answer, 400, PATH)
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert reporter.events() == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b"[" * 50_000, b'{"ids":' + b"[" * 300 + b"]" * 300 + b"}"]
)
def test_a_body_that_is_no_object_is_malformed(reporter: Reporter, body: bytes) -> None:
    answer = reporter.client.post(PATH, content=body, headers={"content-type": "application/json"})
    assert_refused(answer, 400, PATH)


def test_a_request_that_is_repeated_by_its_key_makes_one_link(reporter: Reporter) -> None:
    first = identify(reporter, SESSION, OWN, **{"idempotency-key": "k"})
    again = identify(reporter, SESSION, OWN, **{"idempotency-key": "k"})
    assert first.content == again.content
    assert len(reporter.events()) == 1
