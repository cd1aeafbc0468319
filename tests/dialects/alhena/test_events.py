"""Cart and checkout events over the wire: what is tolerated, what is kept, and what is answered twice."""

import gzip
from decimal import Decimal
from typing import Any

import pytest

from tests.dialects.alhena.storefront import Visitor, code, milliseconds_ago
from tests.shop import Shop, send

RECORDED = (200, "CART_EVENT_RECORDED")
BOUGHT = (200, "CHECKOUT_EVENT_RECORDED")
MISSING = (400, "MISSING_REQUIRED_FIELDS")


@pytest.fixture
def visitor(shop: Shop) -> Visitor:
    """A visitor who has talked."""
    visitor = Visitor(shop)
    assert visitor.talk().status_code == 200
    return visitor


def test_the_ledger_has_each_call_with_its_outcome(shop: Shop) -> None:
    visitor = Visitor(shop)
    assert code(visitor.cart()) == (404, "ACTIVE_TICKET_NOT_FOUND")
    visitor.talk()
    assert code(visitor.cart()) == RECORDED
    assert code(visitor.buy()) == BOUGHT
    assert code(visitor.buy()) == (409, "ORDER_ALREADY_EXISTS")
    assert code(visitor.cart(value=None)) == MISSING
    assert [(one["kind"], one["outcome"], one["reason"]) for one in visitor.events()] == [
        ("cart_event", "refused", "no_interaction"),
        ("conversation_opened", "accepted", ""),
        ("cart_event", "accepted", ""),
        ("checkout_event", "accepted", ""),
        ("checkout_event", "repeated", "order_reported_before"),
        ("cart_event", "refused", "missing_required_fields"),
    ]


def test_what_was_refused_is_credited_when_its_conversation_is_reported_late(shop: Shop) -> None:
    visitor = Visitor(shop)
    visitor.cart(event_time=milliseconds_ago(600))
    visitor.cart("QUANTITY_INCREASED", 2)
    visitor.buy()
    told = visitor.talk(event_time=milliseconds_ago(60))
    assert told.json()["credited"] == 1  # the increase lacks an addition that the conversation covers
    told = visitor.talk(event_time=milliseconds_ago(700))
    assert told.json()["credited"] == 1
    credited = visitor.events(kind="report_credited")
    refused = {one["call"]: one["kind"] for one in visitor.events(outcome="refused")}
    assert sorted(refused[one["subject"]] for one in credited) == ["cart_event", "checkout_event"]


@pytest.mark.parametrize(
    "fields",
    [
        {"value": "12.50"},
        {"quantity": "2"},
        {"quantity": 2.5},
        {"product_id": 4711},
        {"currency": "eur"},
        {"source": None},
        {"value": -3},
        {"value": 0},
        {"unknown": {"deep": [1, 2]}},
        {"product_id": None, "productId": "mug"},
        {"company_key": None, "companyKey": "{shop}"},
    ],
)
def test_what_real_clients_send_is_accepted(visitor: Visitor, fields: dict[str, Any]) -> None:
    given = {name: visitor.shop.name if value == "{shop}" else value for name, value in fields.items()}
    assert code(visitor.cart(**given)) == RECORDED


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "item_added"},
        {"type": None},
        {"value": "a lot"},
        {"value": "1_0"},
        {"value": "١٢"},
        {"value": True},
        {"value": "NaN"},
        {"value": "Infinity"},
        {"value": 10**12},
        {"value": "1e999999"},
        {"value": "0." + "1" * 60},
        {"currency": "EURO"},
        {"currency": ""},
        {"quantity": -1},
        {"quantity": "0.0001"},
        {"quantity": []},
        {"product_id": "x" * 300},
        {"product_id": "a\nb"},
        {"product_id": {}},
        {"product_name": ""},
        {"product_name": "n" * 501},
        {"user_fingerprint": ""},
        {"user_faq_fingerprint": None},
        {"user_fingerprint": ["a"]},
    ],
)
def test_what_can_not_be_read_is_named(visitor: Visitor, fields: dict[str, Any]) -> None:
    response = visitor.cart(**fields)
    assert code(response) == MISSING
    assert response.json()["message"] == f"Missing or invalid: {next(iter(fields))}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[1]",
        b'"text"',
        b"\xff\xfe",
        b'{"company_key": "\\u0000"}',
        b'{"company_key": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"value": 1e99999999999}',
        b'{"value": ' + b"9" * 5_000 + b"}",
    ],
)
@pytest.mark.parametrize("path", ["/analytics/cart_events", "/analytics/checkout_events", "/v1/conversations"])
def test_no_body_makes_the_server_fail(shop: Shop, path: str, body: bytes) -> None:
    response = shop.client().post(path, content=body, headers={"content-type": "application/json"})
    assert code(response) == MISSING


def test_amounts_are_kept_exactly(visitor: Visitor) -> None:
    facts = visitor.sender | {"value": Decimal("199.970000000000001"), "currency": "USD", "line_items": []}
    response = send(visitor.client, "POST", "/analytics/checkout_events", facts)
    assert code(response) == BOUGHT
    key = visitor.shop.credentials["native"]["api_key"]
    read = visitor.client.get(
        "/v1/events",
        params={"visitor": visitor.name, "kind": "checkout_event"},
        headers={"authorization": f"Bearer {key}"},
    )
    assert '"value":199.970000000000001' in read.text


def test_a_report_with_an_event_id_is_recorded_once_and_answered_alike(visitor: Visitor) -> None:
    first = visitor.buy(event_id="r-1", sent_at=1)
    again = visitor.buy(event_id="r-1", sent_at=2)
    assert code(first) == BOUGHT
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert len(visitor.events(kind="checkout_event")) == 1
    assert code(visitor.buy(event_id="r-1", value=26)) == (422, "KEY_REUSED")


def test_what_says_something_else_of_an_order_is_not_called_identical(visitor: Visitor) -> None:
    stranger = Visitor(visitor.shop)
    stranger.talk()
    assert code(visitor.buy(value="25")) == BOUGHT
    assert visitor.buy(value="25.00").json()["identical"] is True
    assert "identical" not in visitor.buy(source="WEB").json()
    assert "identical" not in stranger.buy(value="25").json()


def test_a_backslash_is_no_nul(visitor: Visitor) -> None:
    assert code(visitor.cart(product_name="C:\\u0000dir")) == RECORDED


def test_an_idempotency_key_does_the_same(visitor: Visitor) -> None:
    headers = {"idempotency-key": "k-1"}
    first, again = (visitor.buy(headers=headers) for _ in range(2))
    assert (again.status_code, again.content) == (200, first.content)
    assert len(visitor.events(kind="checkout_event")) == 1


def test_a_checkout_without_an_order_id_is_counted_once_where_it_says_the_same(visitor: Visitor) -> None:
    assert code(visitor.buy(None)) == BOUGHT
    assert code(visitor.buy(None)) == BOUGHT
    assert code(visitor.buy(None, value=26)) == BOUGHT
    outcomes = [one["outcome"] for one in visitor.events(kind="checkout_event")]
    assert outcomes == ["accepted", "repeated", "accepted"]


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({}, None),
        ({"value": -25}, ["negative_value", "lines_do_not_add_up"]),
        ({"value": 50}, ["line_values_read_otherwise"]),
        ({"value": 30}, ["lines_do_not_add_up"]),
        ({"value": 2500}, ["lines_do_not_add_up", "cents_and_units_mixed"]),
        ({"order_id": "O-2"}, ["two_order_ids"]),
    ],
)
def test_what_is_odd_is_flagged(visitor: Visitor, fields: dict[str, Any], flags: list[str] | None) -> None:
    assert code(visitor.buy("O-1", **fields)) == BOUGHT
    (event,) = visitor.events(kind="checkout_event")
    assert event["document"].get("flags") == flags


def test_events_of_two_shops_do_not_meet(visitor: Visitor, shared_server: Any) -> None:
    from tests.harness import new_shop  # noqa: PLC0415  a second shop is this test's alone

    assert code(visitor.buy("SAME")) == BOUGHT
    with new_shop(shared_server) as other:
        stranger = Visitor(other)
        stranger.fingerprint, stranger.faq = visitor.fingerprint, visitor.faq
        assert code(stranger.cart()) == (404, "ACTIVE_TICKET_NOT_FOUND")
        stranger.talk()
        assert code(stranger.buy("SAME")) == BOUGHT


@pytest.mark.parametrize("path", ["/sdk/tillroll.js", "/sdk/gleenWidget.js"])
def test_the_script_is_small_and_cached(shop: Shop, path: str) -> None:
    client = shop.client()
    with client.stream("GET", path, headers={"accept-encoding": "gzip"}) as response:
        raw = b"".join(response.iter_raw())
    assert response.headers["content-encoding"] == "gzip"
    assert len(raw) < 8 * 1024
    assert gzip.decompress(raw) == client.get(path, headers={"accept-encoding": "identity"}).content
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    known = client.get(path, headers={"if-none-match": response.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


def test_the_quantity_of_a_line_is_the_one_after_the_event(visitor: Visitor) -> None:
    assert code(visitor.cart(quantity="1.5")) == RECORDED
    (event,) = visitor.events(kind="cart_event")
    assert Decimal(str(event["document"]["quantity"])) == Decimal("1.5")


def test_a_company_key_may_be_pasted_with_blanks_and_in_capitals(shop: Shop) -> None:
    visitor = Visitor(shop)
    for key in (f" {shop.name} ", shop.name.upper()):
        assert visitor.talk(company_key=key).status_code == 200
