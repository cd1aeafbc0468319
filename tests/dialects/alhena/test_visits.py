"""What pages tell of a visit beside carts and conversations: it is kept, limited and answered as every report is."""

import json
from typing import Any

import httpx
import pytest

from tests.dialects.alhena.storefront import Visitor, code, milliseconds_ago
from tests.harness import Server, run_cli
from tests.shop import Shop, succeeded
from tests.test_cli import said

PAGE = {
    "page": "https://shop.example/mugs?utm_source=mail",
    "referrer": "https://search.example/?q=mug",
    "campaign": {"source": "mail", "medium": "email", "name": "spring", "term": "mug", "content": "top"},
    "click_id": {"name": "gclid", "value": "abc"},
}
NUDGE = {"nudge_id": "n-1", "text": "Is it for dishwashers?", "product_id": "mug", "profile": "sales"}
SESSION = {"dialect": "doofinder", "id": "session-1"}

TOLD: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("page_views", PAGE, {"kind": "page_viewed", "subject": "/mugs", "document": PAGE}),
    ("page_views", {}, {"kind": "page_viewed", "subject": "", "document": {}}),
    (
        "page_views",
        {"page": "https://shop.example", "campaign": {"source": "x", "other": 1}, "unknown": 1},
        {"kind": "page_viewed", "subject": "/", "document": {"campaign": {"source": "x"}}},
    ),
    ("product_views", {"product_id": "mug"}, {"kind": "product_viewed", "subject": "mug", "document": {}}),
    ("product_views", {"productId": 4711}, {"kind": "product_viewed", "subject": "4711", "document": {}}),
    (
        "nudges",
        NUDGE | {"action": "shown"},
        {
            "kind": "nudge_shown",
            "subject": "n-1",
            "detail": "Is it for dishwashers?",
            "document": {"product_id": "mug", "profile": "sales"},
        },
    ),
    ("nudges", {"nudgeId": "n", "action": "clicked"}, {"kind": "nudge_clicked", "subject": "n", "detail": None}),
    (
        "answers",
        {"conversation_id": "c-1", "helpful": False},
        {"kind": "answer_rated", "subject": "c-1", "document": {"helpful": False}},
    ),
    (
        "experiments",
        {"experiment": "chat", "group": "control"},
        {
            "kind": "experiment_assigned",
            "subject": "chat",
            "detail": "control",
            "document": {"experiment": "chat", "group": "control"},
        },
    ),
]


@pytest.mark.parametrize(("path", "fields", "expected"), TOLD)
def test_what_a_page_tells_is_one_event_of_its_visitor(
    shop: Shop, path: str, fields: dict[str, Any], expected: dict[str, Any]
) -> None:
    visitor = Visitor(shop)
    answer = visitor.send(f"/v1/{path}", **fields)
    assert code(answer) == (200, expected["kind"].upper())
    (event,) = visitor.events()
    wanted = {"detail": None} | expected | {"outcome": "accepted", "reason": "", "channel": shop.name}
    wanted["document"] = {"trusted": False, **expected.get("document", event["document"])}
    if path == "page_views" and fields.get("page"):
        wanted["document"]["page"] = fields["page"]
    assert {name: event[name] for name in wanted} == wanted


def test_a_page_says_by_which_names_its_visitor_is_known_elsewhere(shop: Shop) -> None:
    visitor = Visitor(shop)
    ids = [SESSION, {"dialect": "emporix", "id": "17"}, {"dialect": "native", "id": "v-1"}, SESSION]
    answer = visitor.send("/v1/identities", ids=ids)
    assert code(answer) == (200, "IDENTITIES_LINKED")
    (event,) = visitor.events()
    assert event["subject"] == answer.json()["link"] == event["document"]["link"]
    assert event["document"]["nodes"] == [
        f"alhena:{visitor.name}",
        "doofinder:session-1",
        "emporix:session:17",
        "native:v-1",
    ]


@pytest.mark.parametrize(
    ("path", "fields", "field"),
    [
        ("page_views", {"page": "/mugs"}, "page"),
        ("page_views", {"referrer": "javascript:alert(1)"}, "referrer"),
        ("page_views", {"campaign": "mail"}, "campaign"),
        ("page_views", {"click_id": {"value": "x"}}, "click_id.name"),
        ("product_views", {}, "product_id"),
        ("product_views", {"product_id": "x" * 201}, "product_id"),
        ("nudges", {"nudge_id": "n"}, "action"),
        ("nudges", {"nudge_id": "n", "action": "ignored"}, "action"),
        ("nudges", {"action": "shown"}, "nudge_id"),
        ("nudges", {"nudge_id": "n", "action": "shown", "text": "x" * 501}, "text"),
        ("answers", {"conversation_id": "c"}, "helpful"),
        ("answers", {"conversation_id": "c", "helpful": "yes"}, "helpful"),
        ("experiments", {"experiment": "chat"}, "group"),
        ("identities", {}, "ids"),
        ("identities", {"ids": []}, "ids"),
        ("identities", {"ids": [SESSION] * 21}, "ids"),
        ("identities", {"ids": [{"dialect": "scout", "id": "1"}]}, "ids[0]"),
        ("identities", {"ids": [{"dialect": "emporix", "id": 17}]}, "ids[0]"),
        ("identities", {"ids": [SESSION, {"dialect": "native", "id": "a\u0001"}]}, "ids[1]"),
        ("experiments", {"experiment": "chat", "group": "a", "user_fingerprint": None}, "user_fingerprint"),
    ],
)
def test_what_is_missing_or_wrong_is_named_and_kept(shop: Shop, path: str, fields: dict[str, Any], field: str) -> None:
    visitor = Visitor(shop)
    answer = visitor.send(f"/v1/{path}", **fields)
    assert code(answer) == (400, "MISSING_REQUIRED_FIELDS")
    assert answer.json()["message"] == f"Missing or invalid: {field}"
    key = shop.client(shop.credentials["native"]["api_key"])
    (event,) = succeeded(key.get("/v1/events"), 200)["events"]
    assert (event["outcome"], event["reason"]) == ("refused", "missing_required_fields")


@pytest.mark.parametrize("path", sorted({path for path, _, _ in TOLD} | {"identities"}))
def test_pages_of_any_origin_may_call_and_bodies_do_no_harm(shop: Shop, path: str) -> None:
    client = shop.client()
    preflight = client.options(f"/v1/{path}", headers={"origin": "https://shop.example"})
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "*")
    for body in (b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"company_key": "\\u0000"}', b'{"ids":[1]}'):
        answer = client.post(f"/v1/{path}", content=body, headers={"content-type": "text/plain"})
        assert code(answer) == (400, "MISSING_REQUIRED_FIELDS")
        assert answer.headers["access-control-allow-origin"] == "*"
    unknown = Visitor(shop).send(f"/v1/{path}", company_key="nobody", **(TOLD[0][1] | NUDGE))
    assert unknown.status_code in (400, 404)


def test_an_event_id_makes_a_repetition_harmless(shop: Shop) -> None:
    visitor = Visitor(shop)
    answers = [visitor.send("/v1/identities", ids=[SESSION], event_id="e-1") for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert len(visitor.events()) == 1


def test_a_click_on_a_nudge_is_an_interaction_and_a_look_at_one_is_none(shop: Shop) -> None:
    visitor = Visitor(shop)
    visitor.send("/v1/nudges", action="shown", **NUDGE)
    assert code(visitor.cart(event_time=milliseconds_ago(60))) == (404, "ACTIVE_TICKET_NOT_FOUND")
    clicked = visitor.send("/v1/nudges", action="clicked", event_time=milliseconds_ago(120), **NUDGE)
    assert succeeded(clicked, 200)["credited"] == 1
    assert code(visitor.cart()) == (200, "CART_EVENT_RECORDED")
    kinds = [event["kind"] for event in visitor.events()]
    assert kinds == ["nudge_shown", "cart_event", "nudge_clicked", "report_credited", "cart_event"]


def test_an_answer_that_did_not_help_ends_its_conversation_until_one_does(shop: Shop) -> None:
    visitor = Visitor(shop)
    talk = visitor.talk().json()["conversation_id"]
    assert code(visitor.cart()) == (200, "CART_EVENT_RECORDED")
    assert code(visitor.send("/v1/answers", conversation_id=talk, helpful=False)) == (200, "ANSWER_RATED")
    assert code(visitor.cart()) == (404, "ACTIVE_TICKET_NOT_FOUND")
    rated = visitor.send("/v1/answers", conversation_id=talk, helpful=True)
    assert code(rated) == (200, "ANSWER_RATED")
    assert code(visitor.cart()) == (200, "CART_EVENT_RECORDED")
    visitor.send(f"/v1/conversations/{talk}/messages", helpful=False, profile="sales")
    assert code(visitor.cart()) == (404, "ACTIVE_TICKET_NOT_FOUND")
    document = visitor.events(kind="conversation_continued")[0]["document"]
    assert (document["helpful"], document["profile"]) == (False, "sales")


def test_a_shop_may_count_answers_that_did_not_help(shop: Shop, shared_server: Server) -> None:
    settings = run_cli("shop", "alhena", shop.name, "--any-answer", "--json", database_url=shared_server.database_url)
    assert json.loads(said(settings, 0))["helpful_only"] is False
    visitor = Visitor(shop)
    talk = visitor.talk().json()["conversation_id"]
    visitor.send("/v1/answers", conversation_id=talk, helpful=False)
    visitor.send("/v1/faq_questions", question="Why?", helpful=False)
    assert code(visitor.cart()) == (200, "CART_EVENT_RECORDED")


def test_the_headers_of_a_browser_tell_device_and_language(shop: Shop) -> None:
    visitor = Visitor(shop)
    phone = {"user-agent": "Mozilla/5.0 (Linux; Android 14) Mobile", "accept-language": "de-CH,de;q=0.9,en;q=0.8"}
    visitor.talk(headers=phone)
    visitor.cart(headers={"sec-ch-ua-mobile": "?0", "accept-language": "*"})
    visitor.buy(headers={"user-agent": "curl/8"})
    visitor.send("/v1/page_views", phone)
    told = [(event["kind"], event["device"], event["document"].get("language")) for event in visitor.events()]
    assert told == [
        ("conversation_opened", "mobile", "de-CH"),
        ("cart_event", "desktop", None),
        ("checkout_event", None, None),
        ("page_viewed", "mobile", "de-CH"),
    ]


def test_who_is_banned_tells_nothing_of_visits(shop: Shop, shared_server: Server) -> None:
    said(run_cli("shop", "ban", "add", shop.name, "127.0.0.1", database_url=shared_server.database_url), 0)
    answer: httpx.Response = Visitor(shop).send("/v1/page_views", **PAGE)
    assert code(answer) == (403, "FORBIDDEN")
