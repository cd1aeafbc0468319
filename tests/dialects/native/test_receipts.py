"""Every answer bears the id of its request, and by it the shop learns what became of the request."""

import time
from typing import Any

import httpx
import pytest

from tests.dialects.alhena.storefront import Visitor, milliseconds_ago
from tests.dialects.native.test_sales import Office
from tests.harness import Server, new_shop
from tests.refusals import assert_refused
from tests.shop import Shop, succeeded
from tillroll.domain.events.request_ids import request_id

ID = "x-request-id"


def receipt(shop: Shop, answer: httpx.Response) -> dict[str, Any]:
    """What became of the request that had this answer."""
    client = shop.client(shop.credentials["native"]["api_key"])
    found: dict[str, Any] = succeeded(client.get(f"/v1/receipts/{answer.headers[ID]}"), 200)
    assert found["request"] == answer.headers[ID]
    return found


def told(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Dialect, kind and state of each event of a receipt."""
    return [(event["dialect"], event["kind"], event["state"]) for event in found["events"]]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/healthz"),
        ("HEAD", "/healthz"),
        ("GET", "/docs"),
        ("GET", "/nothing"),
        ("PUT", "/v1/events"),
        ("GET", "/v1/events"),
        ("OPTIONS", "/analytics/cart_events"),
        ("POST", "/analytics/cart_events"),
        ("PUT", "/6/none/stats/init"),
        ("GET", "/6/none/nothing"),
        ("GET", "/cart/acme/carts"),
        ("POST", "/ingest"),
        ("GET", "/login"),
        ("GET", "/inventory"),
        ("POST", "/oauth/token"),
        ("GET", "/sdk/tillroll.js"),
    ],
)
def test_every_answer_bears_an_id_of_its_own(shop: Shop, method: str, path: str) -> None:
    client = shop.client()
    ids = [client.request(method, path).headers[ID] for _ in range(2)]
    assert [request_id(id) for id in ids] == ids
    assert ids[0] < ids[1]


def test_pages_of_other_origins_may_read_the_id(shop: Shop) -> None:
    exposed = shop.client().post("/analytics/cart_events", json={}).headers["access-control-expose-headers"]
    assert "X-Request-Id" in exposed.split(", ")
    assert "access-control-expose-headers" not in shop.client().get("/v1/events").headers


def test_a_refused_report_shows_its_credit_when_its_conversation_is_told_late(shop: Shop) -> None:
    visitor = Visitor(shop)
    refused = visitor.cart(event_time=milliseconds_ago(60))
    found = receipt(shop, refused)
    assert told(found) == [("alhena", "cart_event", "kept")]
    (event,) = found["events"]
    assert (event["outcome"], event["reason"], event["subject"]) == ("refused", "no_interaction", "mug")
    assert (event["duplicate_of"], event["sale"], found["credits"]) == (None, None, [])
    touched = visitor.talk(event_time=milliseconds_ago(120))
    found = receipt(shop, refused)
    assert told(found) == [("alhena", "cart_event", "credited")]
    assert [credit["by"] for credit in found["credits"]] == [touched.headers[ID]]
    assert told(receipt(shop, touched)) == [
        ("alhena", "conversation_opened", "stored"),
        ("alhena", "report_credited", "stored"),
    ]


def test_an_order_that_is_reported_twice_names_the_report_that_counts(shop: Shop) -> None:
    visitor = Visitor(shop)
    visitor.talk()
    first, again = visitor.buy(), visitor.buy()
    assert told(receipt(shop, first)) == [("alhena", "checkout_event", "stored")]
    (event,) = receipt(shop, again)["events"]
    assert (event["state"], event["duplicate_of"]) == ("duplicate", first.headers[ID])


def test_an_order_is_found_by_its_checkout(shop: Shop) -> None:
    shop.standard()
    guest = shop.guest()
    placed = shop.checkout(guest, shop.order_request(shop.cart(guest, ["mug"])))
    found = receipt(shop, placed)
    assert ("emporix", "order_placed", "stored") in told(found)
    assert {event["subject"] for event in found["events"]} >= {placed.json()["orderId"]}
    refused = shop.checkout(guest, shop.order_request("none"))
    missing = shop.client(shop.credentials["native"]["api_key"]).get(f"/v1/receipts/{refused.headers[ID]}")
    assert_refused(missing, 404, "/v1/receipts")


def test_a_receipt_names_the_sale_that_its_report_is_counted_in(shop: Shop) -> None:
    shop.standard()
    office = Office(shop)
    guest = shop.guest()
    placed = shop.checkout(guest, shop.order_request(shop.cart(guest, ["mug"])))
    item = {"id": "1", "kind": "checkout", "order_id": placed.json()["orderId"], "total": 99, "currency": "EUR"}
    listed = office.client.post("/v1/events", json=[item])
    other = office.client.post("/v1/events", json=[{"id": "2", "kind": "touch", "visitor": "v", "source": "mail"}])
    (sale,) = office.wait(lambda found: bool(found) and found[0]["reports"] == 2)
    for answer, expected in ((placed, {sale["id"]}), (listed, {sale["id"]}), (other, set())):
        assert {event["sale"] for event in receipt(shop, answer)["events"]} - {None} == expected


def test_a_report_leads_to_its_sale_and_says_whether_it_counts(shop: Shop) -> None:
    visitor = Visitor(shop)
    waiting, talked = visitor.buy("R-1", event_time=milliseconds_ago(60)), Visitor(shop)
    talked.talk()
    counted, again = talked.buy("R-2"), talked.buy("R-2")
    deadline = time.monotonic() + 20
    while receipt(shop, again)["events"][0]["sale"] is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (first,), (second,), (third,) = (receipt(shop, one)["events"] for one in (waiting, counted, again))
    assert [first["counts"], second["counts"], third["counts"]] == [False, True, False]
    assert first["sale"] != second["sale"] == third["sale"]
    (touch,) = receipt(shop, visitor.talk(event_time=milliseconds_ago(120)))["events"][:1]
    assert (touch["sale"], touch["counts"]) == (None, None)


def test_a_search_session_has_its_receipts(shop: Shop) -> None:
    keys = shop.credentials["doofinder"]
    headers = {"authorization": f"Token {keys['api_key']}"}
    body = {"session_id": "0" * 32}
    answer = shop.client().put(f"/6/{keys['hashid']}/stats/init", headers=headers, json=body)
    assert told(receipt(shop, answer)) == [("doofinder", "init", "stored")]


def test_another_shop_learns_nothing(shop: Shop, shared_server: Server) -> None:
    answer = Visitor(shop).talk()
    with new_shop(shared_server) as other:
        key = other.credentials["native"]["api_key"]
        assert_refused(other.client(key).get(f"/v1/receipts/{answer.headers[ID]}"), 404, "/v1/receipts")
    assert told(receipt(shop, answer)) == [("alhena", "conversation_opened", "stored")]


@pytest.mark.parametrize("id", ["none", "0" * 32, "x" * 5_000, "%00", "019ae2b4-c0de-7abc-8123-456089abcdef"])
def test_an_id_of_nothing_is_not_found(shop: Shop, id: str) -> None:
    answer = shop.client(shop.credentials["native"]["api_key"]).get(f"/v1/receipts/{id}")
    assert_refused(answer, 404, "/v1/receipts")
