"""Reporting events of a shop's own: each item is kept, repeated or refused on its own, and counts once for ever."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.harness import Server, new_native_key, new_shop, running_servers
from tests.refusals import assert_refused
from tests.shop import Shop, send, succeeded

EVENTS = "/v1/events"
VIEW = {"kind": "product_viewed", "visitor": "v-1", "product_id": "mug"}
PURCHASE = {"kind": "checkout", "visitor": "v-1", "order_id": "A-1", "total": Decimal("25.00"), "currency": "EUR"}


class Reporter:
    """A shop's own system, with a key of the shop."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.client = shop.client(shop.credentials["native"]["api_key"])

    def post(self, items: Any, **headers: str) -> httpx.Response:
        """Report these."""
        return send(self.client, "POST", EVENTS, items, headers=headers)

    def results(self, *items: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What became of each of these."""
        found: list[dict[str, Any]] = succeeded(self.post(items), 200)["results"]
        return found

    def events(self, **query: str) -> list[dict[str, Any]]:
        """What the ledger has of the shop's own."""
        wanted = {"dialect": "native", "limit": "500"} | query
        found: list[dict[str, Any]] = succeeded(self.client.get(EVENTS, params=wanted), 200)["events"]
        return found


@pytest.fixture
def reporter(shop: Shop) -> Reporter:
    """A system of a new shop."""
    return Reporter(shop)


KINDS: Sequence[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {
            "kind": "page_viewed",
            "visitor": "v",
            "page": "https://shop.example/mugs?utm_source=mail",
            "referrer": "https://search.example/",
            "campaign": {"source": "mail", "name": "spring"},
            "click_id": {"name": "gclid", "value": "abc"},
        },
        {
            "subject": "/mugs",
            "document": {
                "page": "https://shop.example/mugs?utm_source=mail",
                "referrer": "https://search.example/",
                "campaign": {"source": "mail", "name": "spring"},
                "click_id": {"name": "gclid", "value": "abc"},
            },
        },
    ),
    ({"kind": "page_viewed", "visitor": "v"}, {"subject": "", "document": {}}),
    ({"kind": "product_viewed", "visitor": "v", "product_id": "mug"}, {"subject": "mug", "document": {}}),
    (
        {
            "kind": "nudge_shown",
            "visitor": "v",
            "nudge_id": "n",
            "text": "Need help?",
            "product_id": "mug",
            "profile": "p",
        },
        {"subject": "n", "detail": "Need help?", "document": {"product_id": "mug", "profile": "p"}},
    ),
    ({"kind": "nudge_clicked", "visitor": "v", "nudge_id": "n"}, {"subject": "n", "detail": None, "document": {}}),
    (
        {"kind": "answer_rated", "visitor": "v", "conversation_id": "c", "helpful": False},
        {"subject": "c", "document": {"helpful": False}},
    ),
    (
        {"kind": "experiment_assigned", "visitor": "v", "experiment": "chat", "group": "control"},
        {"subject": "chat", "detail": "control", "document": {"experiment": "chat", "group": "control"}},
    ),
    (
        {"kind": "touch", "visitor": "v", "source": "newsletter", "product_id": "mug"},
        {"subject": "mug", "detail": "newsletter", "document": {"source": "newsletter", "product_id": "mug"}},
    ),
    (
        {"kind": "touch", "visitor": "v", "source": "newsletter"},
        {"subject": "", "detail": "newsletter", "document": {"source": "newsletter"}},
    ),
    (
        PURCHASE | {"lines": [{"product_id": "mug", "quantity": 2, "total": 25}], "test": True},
        {
            "subject": "A-1",
            "document": {
                "order_id": "A-1",
                "total": 25,
                "currency": "EUR",
                "lines": [{"product_id": "mug", "quantity": 2, "total": 25}],
                "test": True,
            },
        },
    ),
    (
        {"kind": "refund", "order_id": "A-1", "currency": "eur", "amount": Decimal("12.5"), "reason": "broken"},
        {
            "kind": "refund_made",
            "subject": "",
            "visitor": None,
            "document": {"order_id": "A-1", "currency": "EUR", "amount_minor": 1250, "reason": "broken"},
        },
    ),
    (
        {
            "kind": "refund",
            "sale": "S",
            "currency": "JPY",
            "lines": [{"product_id": "m", "quantity": 1, "amount": 500}],
        },
        {
            "kind": "refund_made",
            "subject": "S",
            "document": {
                "sale": "S",
                "currency": "JPY",
                "lines": [{"product_id": "m", "quantity": 1, "amount_minor": 500}],
                "reason": "",
            },
        },
    ),
    ({"kind": "order_cancelled", "order_id": "A-1"}, {"subject": "A-1", "document": {"order_id": "A-1"}}),
]


@pytest.mark.parametrize(("item", "expected"), KINDS, ids=[item["kind"] for item, _ in KINDS])
def test_an_item_is_kept_as_its_kind_says(reporter: Reporter, item: dict[str, Any], expected: dict[str, Any]) -> None:
    (result,) = reporter.results(item | {"id": "1"})
    assert (result["id"], result["status"]) == ("1", "stored"), result
    (event,) = reporter.events()
    wanted = {"kind": item["kind"], "visitor": item.get("visitor"), "outcome": "accepted", "reason": ""} | expected
    assert {name: event[name] for name in wanted} == wanted
    assert event["call"] == result["receipt"]


def test_amounts_are_kept_exactly(reporter: Reporter) -> None:
    reporter.results(PURCHASE | {"id": "1", "total": Decimal("0.10"), "currency": "EUR"})
    assert '"total":0.10' in reporter.client.get(EVENTS, params={"kind": "checkout"}).text


WRONG: Sequence[tuple[dict[str, Any], str, str]] = [
    ({"id": None}, "id", "missing_field"),
    ({"id": ""}, "id", "missing_field"),
    ({"id": "x" * 129}, "id", "invalid_value"),
    ({"id": 7}, "id", "invalid_value"),
    ({"id": "a\nb"}, "id", "invalid_value"),
    ({"kind": None}, "kind", "missing_field"),
    ({"kind": "purchase"}, "kind", "invalid_value"),
    ({"kind": "refund_made"}, "kind", "invalid_value"),
    ({"visitor": None, "kind": "touch", "source": "mail"}, "visitor", "missing_field"),
    ({"visitor": ["v"]}, "visitor", "invalid_value"),
    ({"order_id": None}, "order_id", "missing_field"),
    ({"order_id": "o" * 201}, "order_id", "invalid_value"),
    ({"order_id": "o\u0000"}, "order_id", "invalid_value"),
    ({"total": None}, "total", "missing_field"),
    ({"total": "25"}, "total", "invalid_value"),
    ({"total": True}, "total", "invalid_value"),
    ({"total": -1}, "total", "invalid_value"),
    ({"total": Decimal("25.005")}, "total", "invalid_value"),
    ({"total": Decimal("0.5"), "currency": "JPY"}, "total", "invalid_value"),
    ({"total": 10**12}, "total", "invalid_value"),
    ({"total": Decimal("1e999999")}, "total", "invalid_value"),
    ({"currency": None}, "currency", "missing_field"),
    ({"currency": "EURO"}, "currency", "invalid_value"),
    ({"currency": "€€€"}, "currency", "invalid_value"),
    ({"test": "yes"}, "test", "invalid_value"),
    ({"lines": {}}, "lines", "invalid_value"),
    ({"lines": ["mug"]}, "lines[0]", "invalid_value"),
    ({"lines": [{"product_id": "mug", "quantity": 0, "total": 1}]}, "lines[0].quantity", "invalid_value"),
    ({"lines": [{"product_id": "mug", "total": 1}]}, "lines[0].quantity", "missing_field"),
    ({"lines": [{"product_id": "m", "quantity": 1, "total": 1, "sku": "1"}]}, "lines[0].sku", "unknown_field"),
    ({"orderId": "A-1"}, "orderId", "unknown_field"),
    ({"happened_at": "yesterday"}, "happened_at", "invalid_value"),
    ({"happened_at": "2026-01-01"}, "happened_at", "invalid_value"),
    ({"happened_at": 1.5}, "happened_at", "invalid_value"),
    ({"happened_at": 1}, "happened_at", "invalid_value"),
    ({"happened_at": "2999-01-01T00:00:00Z"}, "happened_at", "invalid_value"),
    ({"ids": []}, "ids", "invalid_value"),
    ({"ids": [{"dialect": "other", "id": "1"}]}, "ids[0].dialect", "invalid_value"),
    ({"ids": [{"dialect": "alhena", "id": "only one"}]}, "ids[0].id", "invalid_value"),
    ({"ids": [{"dialect": "scout", "id": True}]}, "ids[0].id", "invalid_value"),
    ({"kind": "page_viewed", "page": "/mugs"}, "page", "invalid_value"),
    ({"kind": "page_viewed", "referrer": "javascript:alert(1)"}, "referrer", "invalid_value"),
    ({"kind": "page_viewed", "campaign": "mail"}, "campaign", "invalid_value"),
    ({"kind": "answer_rated", "conversation_id": "c"}, "helpful", "missing_field"),
    ({"kind": "refund", "order_id": None}, "order_id", "missing_field"),
]


@pytest.mark.parametrize(("change", "field", "reason"), WRONG)
def test_what_is_wrong_is_named(reporter: Reporter, change: dict[str, Any], field: str, reason: str) -> None:
    kind = change.get("kind", "checkout")
    item = {"id": "1", **(PURCHASE if kind == "checkout" else {"kind": kind, "visitor": "v"}), **change}
    refused, kept = reporter.results(item, VIEW | {"id": "2"})
    assert refused["status"] == "refused"
    assert field in [error["field"] for error in refused["errors"]], refused
    assert refused["reason"] in (reason, "missing_field")
    assert all(error["field"] in error["message"] for error in refused["errors"])
    assert kept["status"] == "stored"
    assert [(event["outcome"], event["reason"]) for event in reporter.events()] == [
        ("refused", refused["reason"]),
        ("accepted", ""),
    ]


def test_everything_that_is_wrong_is_told_at_once(reporter: Reporter) -> None:
    (refused,) = reporter.results({"id": "1", "kind": "checkout", "total": "x", "colour": "red"})
    assert [error["field"] for error in refused["errors"]] == ["order_id", "currency", "total", "colour"]


def test_an_item_counts_once_for_ever_however_it_comes_again(reporter: Reporter) -> None:
    first, twin, other = reporter.results(VIEW | {"id": "1"}, VIEW | {"id": "1"}, VIEW | {"id": "2"})
    assert [one["status"] for one in (first, twin, other)] == ["stored", "duplicate", "stored"]
    assert twin["duplicate_of"] == first["receipt"]
    again, fresh = reporter.results(VIEW | {"id": "2", "product_id": "tea"}, VIEW | {"id": "3"})
    assert (again["status"], again["duplicate_of"], fresh["status"]) == ("duplicate", first["receipt"], "stored")
    outcomes = [event["outcome"] for event in reporter.events()]
    assert outcomes == ["accepted", "repeated", "accepted", "repeated", "accepted"]
    receipt = succeeded(reporter.client.get(f"/v1/receipts/{again['receipt']}"), 200)
    assert [(event["state"], event["duplicate_of"]) for event in receipt["events"]] == [
        ("duplicate", first["receipt"]),
        ("stored", None),
    ]


def test_a_refused_item_may_be_sent_again_once_it_is_mended(reporter: Reporter) -> None:
    refused, mended = reporter.results(VIEW | {"id": "1", "product_id": ""}, VIEW | {"id": "1"})
    assert (refused["status"], mended["status"]) == ("refused", "stored")


def test_ids_of_one_shop_are_no_ids_of_another(reporter: Reporter, shared_server: Server) -> None:
    assert reporter.results(VIEW | {"id": "1"})[0]["status"] == "stored"
    with new_shop(shared_server) as other:
        assert Reporter(other).results(VIEW | {"id": "1"})[0]["status"] == "stored"


def test_items_may_come_as_an_object_or_as_lines(reporter: Reporter) -> None:
    assert succeeded(reporter.post({"events": [VIEW | {"id": "1"}]}), 200)["results"][0]["status"] == "stored"
    lines = b"\n".join(
        [json.dumps(VIEW | {"id": "2"}).encode(), b"", b"{", b"[]", json.dumps(VIEW | {"id": "3"}).encode()]
    )
    answer = reporter.client.post(EVENTS, content=lines, headers={"content-type": "application/x-ndjson"})
    results = succeeded(answer, 200)["results"]
    assert [(one["id"], one["status"]) for one in results] == [
        ("2", "stored"),
        (None, "refused"),
        (None, "refused"),
        ("3", "stored"),
    ]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"7", b"{}", b'{"events": 7}', b"[]", b'{"events": []}', b'{"events": [{}], "sent_at": "now"}',
     b'{"events": [{}], "other": 1}', b"\xff", b"[" * 50_000, b"[" + b",".join([b"{}"] * 1_001) + b"]"],
)  # fmt: skip
def test_a_body_without_items_is_malformed(reporter: Reporter, body: bytes) -> None:
    answer = reporter.client.post(EVENTS, content=body, headers={"content-type": "application/json"})
    assert_refused(answer, 400, EVENTS)
    assert reporter.events() == []


def test_odd_items_do_no_harm(reporter: Reporter) -> None:
    deep = '{"a":' * 500 + "1" + "}" * 500
    odd = [
        "7",
        "null",
        '"x"',
        "{}",
        '{"id":"\\u0000"}',
        '{"\\u0000":1}',
        deep,
        '{"id":1e999999999}',
        '{"id":' + "9" * 400 + "}",
    ]
    body = f"[{','.join(odd)}]".encode()
    answer = reporter.client.post(EVENTS, content=body, headers={"content-type": "application/json"})
    assert [one["status"] for one in succeeded(answer, 200)["results"]] == ["refused"] * len(odd)
    assert len(reporter.events(outcome="refused")) == len(odd)


def test_a_thousand_items_are_one_request(reporter: Reporter) -> None:
    items = [VIEW | {"id": f"i{number}"} for number in range(1_000)]
    assert {one["status"] for one in reporter.results(*items)} == {"stored"}
    assert {one["status"] for one in reporter.results(*items)} == {"duplicate"}
    counted = succeeded(reporter.client.get("/v1/events/outcomes"), 200)
    assert [(one["outcome"], one["calls"]) for one in counted["outcomes"]] == [("accepted", 1_000), ("repeated", 1_000)]


def test_a_clock_is_believed_where_it_is_right_and_corrected_where_it_is_wrong(reporter: Reporter) -> None:
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    body = {
        "sent_at": (now + 3 * hour).isoformat(),
        "events": [VIEW | {"id": "1", "happened_at": (now + 2 * hour).isoformat()}],
    }
    assert succeeded(reporter.post(body), 200)["results"][0]["status"] == "stored"
    old = (now - timedelta(days=400)).isoformat()
    micros = int((now - hour).timestamp() * 1_000_000)
    reporter.results(
        VIEW | {"id": "2", "happened_at": old}, VIEW | {"id": "3", "happened_at": micros}, VIEW | {"id": "4"}
    )
    corrected, old_one, precise, untimed = reporter.events()
    assert abs(datetime.fromisoformat(corrected["happened_at"]) - (now - hour)) < timedelta(seconds=30)
    assert abs(datetime.fromisoformat(old_one["happened_at"]) - datetime.fromisoformat(old)) < timedelta(seconds=1)
    assert int(datetime.fromisoformat(precise["happened_at"]).timestamp() * 1_000_000) == micros
    assert untimed["happened_at"] == untimed["received_at"]


def test_names_of_one_visitor_are_linked(reporter: Reporter, shop: Shop) -> None:
    customer = shop.customer()
    ids = [
        {"dialect": "doofinder", "id": "session-1"},
        {"dialect": "alhena", "id": {"user_fingerprint": "a", "user_faq_fingerprint": "b"}},
        {"dialect": "emporix", "id": customer.customer_id},
        {"dialect": "emporix", "id": "99999999"},
    ]
    results = reporter.results(
        VIEW | {"id": "1", "ids": ids}, VIEW | {"id": "2", "ids": ids}, VIEW | {"id": "1", "ids": ids[:1]}
    )
    assert [one["status"] for one in results] == ["stored", "stored", "duplicate"]
    (link,) = reporter.events(kind="identities_linked")
    assert link["document"]["nodes"] == [
        "native:v-1",
        "doofinder:session-1",
        "alhena:a/b",
        f"emporix:customer:{customer.customer_id}",
        "emporix:session:99999999",
    ]
    assert link["document"]["link"] == link["subject"]
    assert link["subject"].startswith(f"lnk_{results[0]['receipt']}")
    assert link["visitor"] == "v-1"


def test_a_visitor_without_an_own_name_is_known_by_the_first_of_the_others(reporter: Reporter) -> None:
    item = {"id": "1", "kind": "touch", "source": "mail", "ids": [{"dialect": "doofinder", "id": "s"}]}
    assert reporter.results(item)[0]["status"] == "stored"
    (event,) = reporter.events(kind="touch")
    (link,) = reporter.events(kind="identities_linked")
    assert event["visitor"] == "doofinder:s"
    assert link["document"]["nodes"] == ["native:doofinder:s", "doofinder:s"]


def test_a_request_with_an_idempotency_key_is_answered_alike(reporter: Reporter) -> None:
    headers = {"idempotency-key": "k"}
    first = reporter.post([VIEW | {"id": "1"}], **headers)
    again = reporter.post([VIEW | {"id": "1"}], **headers)
    assert first.content == again.content
    assert_refused(reporter.post([VIEW | {"id": "2"}], **headers), 422, EVENTS)
    assert len(reporter.events()) == 1


def test_a_key_without_the_scope_reports_nothing(shop: Shop, shared_server: Server) -> None:
    client = shop.client(new_native_key(shared_server.database_url, shop.name, "events:read"))
    assert_refused(client.post(EVENTS, json=[VIEW | {"id": "1"}]), 403, EVENTS)


@pytest.fixture
def servers(database_url: str) -> Iterator[list[Server]]:
    """Two servers on one database."""
    with running_servers(database_url, 2) as servers:
        yield servers


def test_of_many_that_report_the_same_at_once_each_item_counts_once(servers: list[Server]) -> None:
    with new_shop(servers) as shop:
        reporters = [Reporter(shop.at(server.url)) for server in servers for _ in range(4)]
        items = [VIEW | {"id": f"i{number}"} for number in range(60)]
        batches = [items[start : start + 40] for start in (0, 10, 20)] * 4

        def post(place: int) -> list[dict[str, Any]]:
            batch = batches[place % len(batches)]
            return reporters[place % len(reporters)].results(*(reversed(batch) if place % 2 else batch))

        with ThreadPoolExecutor(8) as pool:
            results = [one for found in pool.map(post, range(24)) for one in found]
        stored = {one["id"]: one["receipt"] for one in results if one["status"] == "stored"}
        assert sorted(stored) == sorted(item["id"] for item in items)
        assert sum(one["status"] == "stored" for one in results) == len(items)
        assert {one["duplicate_of"] == stored[one["id"]] for one in results if one["status"] == "duplicate"} == {True}
        kept = Reporter(shop).events(outcome="accepted")
        assert len(kept) == len(items)
