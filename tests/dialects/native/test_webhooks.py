"""Webhook endpoints over HTTP: registered, changed, removed, refused, and unseen by others.

What is sent, and when: tests/webhooks.
"""

from typing import Any

import httpx
import pytest

from tests.harness import Server, new_shop, running_server
from tests.refusals import assert_refused
from tests.shop import Shop, succeeded
from tests.webhooks.receiver import free_port
from tillroll.engine.outbox.endpoints import ENDPOINTS_MAX

PATH = "/v1/webhooks"
TYPES = ["order.created", "stock.out"]


@pytest.fixture
def client(shop: Shop) -> httpx.Client:
    return native(shop)


def native(shop: Shop) -> httpx.Client:
    """A client with the shop's native key."""
    return shop.client(shop.credentials["native"]["api_key"])


def nowhere() -> str:
    """A URL on this machine at which nobody listens."""
    return f"http://127.0.0.1:{free_port()}/hook"


def made(client: httpx.Client, **more: Any) -> dict[str, Any]:
    """A new endpoint."""
    body = {"url": nowhere(), "types": TYPES} | more
    return succeeded(client.post(PATH, json=body), 201)


def test_an_endpoint_is_registered_shown_changed_and_removed(client: httpx.Client) -> None:
    first = made(client, description="Warehouse", types=[*TYPES, *TYPES])
    webhook, path = first["webhook"], f"{PATH}/{first['webhook']['id']}"
    assert first["secret"].startswith("whsec_")
    shown = (webhook["types"], webhook["description"], webhook["status"], webhook["reason"])
    assert shown == (TYPES, "Warehouse", "enabled", None)
    second = made(client)["webhook"]
    assert succeeded(client.get(PATH), 200) == {"items": [webhook, second]}
    assert succeeded(client.get(path), 200) == webhook
    url = nowhere()
    changed = succeeded(client.patch(path, json={"url": url, "types": ["order.changed"], "status": "disabled"}), 200)
    assert (changed["url"], changed["types"], changed["status"]) == (url, ["order.changed"], "disabled")
    assert (changed["description"], changed["reason"]) == ("Warehouse", "by_hand")
    same = succeeded(client.patch(path, json={}), 200)
    assert same == changed
    gone = client.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert succeeded(client.get(PATH), 200)["items"] == [second]
    for method, verb in ROUTES:
        assert_refused(client.request(method, f"{path}{verb}", json=BODIES.get(verb)), 404, PATH)


ROUTES = [
    *(("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/secrets"), ("POST", "/test"), ("GET", "/deliveries")),
    *(("POST", "/deliveries/msg_1/replay"), ("POST", "/replay")),
]
BODIES: dict[str, Any] = {"/replay": {"since": "2026-12-01"}, "": {}}


def test_the_endpoint_of_another_shop_is_unseen(shop: Shop, client: httpx.Client, shared_server: Server) -> None:
    webhook = made(client)["webhook"]
    sent = succeeded(client.post(f"{PATH}/{webhook['id']}/test"), 202)["message"]
    with new_shop(shared_server) as neighbour:
        stranger = native(neighbour)
        assert succeeded(stranger.get(PATH), 200)["items"] == []
        for method, verb in ROUTES:
            path = f"{PATH}/{webhook['id']}{verb.replace('msg_1', sent)}"
            assert_refused(stranger.request(method, path, json=BODIES.get(verb)), 404, PATH)
        own = made(stranger)["webhook"]["id"]
        assert_refused(stranger.post(f"{PATH}/{own}/deliveries/{sent}/replay"), 404, PATH)
    assert succeeded(client.get(f"{PATH}/{webhook['id']}"), 200) == webhook


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://user@127.0.0.1/"}, "url"),
        ({"url": "ftp://127.0.0.1/"}, "url"),
        ({"url": "https://no-such-host.invalid/"}, "url"),
        ({"url": ""}, "url"),
        ({"url": 7}, "url"),
        ({"types": []}, "types"),
        ({"types": ["order.created", "order.lost"]}, "types[1]"),
        ({"types": "order.created"}, "types"),
        ({"description": "x" * 501}, "description"),
        ({"descripton": ""}, "descripton"),
        ({"description": "\0"}, "body"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_what_is_no_endpoint_is_refused(client: httpx.Client, change: dict[str, Any], field: str) -> None:
    body = {"url": nowhere(), "types": TYPES}
    refused = client.post(PATH, json=body | change)
    assert_refused(refused, 400, PATH)
    assert [one["field"] for one in refused.json()["errors"]] == [field]
    webhook = made(client)["webhook"]
    refused = client.patch(f"{PATH}/{webhook['id']}", json=change)
    assert_refused(refused, 400, PATH)
    assert succeeded(client.get(PATH), 200)["items"] == [webhook]


def test_private_targets_are_refused_unless_the_operator_allows_them(database_url: str) -> None:
    with running_server(database_url) as server, new_shop(server) as shop:
        client = native(shop)
        for url in (
            "https://127.0.0.1/",
            "https://localhost/",
            "https://[::1]/",
            "https://169.254.169.254/",
            nowhere(),
        ):
            refused = client.post(PATH, json={"url": url, "types": TYPES})
            assert_refused(refused, 400, PATH)
            assert [one["field"] for one in refused.json()["errors"]] == ["url"]
        assert succeeded(client.get(PATH), 200) == {"items": []}


def test_a_shop_has_so_many_endpoints_and_no_more(client: httpx.Client) -> None:
    ids = [made(client)["webhook"]["id"] for _ in range(ENDPOINTS_MAX)]
    refused = client.post(PATH, json={"url": nowhere(), "types": TYPES})
    assert_refused(refused, 409, PATH)
    assert refused.json()["type"] == "/docs/native#limit_reached"
    assert client.delete(f"{PATH}/{ids[0]}").status_code == 204
    made(client)


def test_a_test_message_is_listed_page_by_page(client: httpx.Client) -> None:
    path = f"{PATH}/{made(client)['webhook']['id']}"
    sent = [succeeded(client.post(f"{path}/test"), 202)["message"] for _ in range(3)]
    first = succeeded(client.get(f"{path}/deliveries", params={"limit": 2}), 200)
    rest = succeeded(client.get(f"{path}/deliveries", params={"limit": 2, "cursor": first["next"]}), 200)
    assert [one["id"] for one in first["items"] + rest["items"]] == sent[::-1]
    assert rest["next"] is None
    assert {one["type"] for one in first["items"]} == {"webhook.test"}
    pending = succeeded(client.get(f"{path}/deliveries", params={"status": "pending"}), 200)["items"]
    assert [one["id"] for one in pending] == sent[::-1]
    assert succeeded(client.get(f"{path}/deliveries", params={"status": "dead"}), 200)["items"] == []
    for query in ({"status": "lost"}, {"limit": "0"}, {"cursor": "x"}):
        assert_refused(client.get(f"{path}/deliveries", params=query), 400, PATH)


def test_a_message_that_waits_is_not_replayed_and_one_that_is_none_neither(client: httpx.Client) -> None:
    path = f"{PATH}/{made(client)['webhook']['id']}"
    sent = succeeded(client.post(f"{path}/test"), 202)["message"]
    waiting = succeeded(client.post(f"{path}/deliveries/{sent}/replay"), 202)
    assert waiting == {"replayed": 0, "next": None}
    for message in ("msg_0", "msg_", "msg_x", "17", f"msg_{'9' * 30}", "msg_٣"):
        assert_refused(client.post(f"{path}/deliveries/{message}/replay"), 404, PATH)
    nothing = succeeded(client.post(f"{path}/replay", json={"since": "2020-01-01", "status": "delivered"}), 202)
    assert nothing == {"replayed": 0, "next": None}
    for body in (
        {},
        {"since": "yesterday"},
        {"since": "2026-12-01", "status": "pending"},
        {"since": "2026-12-01", "after": "x"},
    ):
        assert_refused(client.post(f"{path}/replay", json=body), 400, PATH)


def test_a_removed_endpoint_is_told_nothing_more(client: httpx.Client) -> None:
    path = f"{PATH}/{made(client)['webhook']['id']}"
    succeeded(client.post(f"{path}/test"), 202)
    assert client.delete(path).status_code == 204
    assert_refused(client.get(f"{path}/deliveries"), 404, PATH)
