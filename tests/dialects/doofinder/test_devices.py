"""Devices of visitors: what browsers say in their headers, as reports of one device and our own read show it."""

from typing import Any

import httpx
import pytest

from tests.dialects.doofinder.client import ORIGIN, SESSION, SearchShop
from tests.dialects.doofinder.test_reports import ask, dfid, rows

PHONE = {
    "Sec-CH-UA-Mobile": "?1",
    "User-Agent": "Mozilla/5.0 (Linux; Android 10; K) Chrome/131.0.0.0 Mobile Safari/537.36",
}
DESK = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"}
SERVER: dict[str, str] = {}


@pytest.fixture
def three(search: SearchShop) -> SearchShop:
    """Three sessions that each bought what they had clicked on: of a phone, of a desk, of a server."""
    search.admit_origin()
    for name, browser in (("phone", PHONE), ("desk", DESK), ("server", SERVER)):
        headers = browser | ({"Origin": ORIGIN} if browser else search.token)
        visit = {"session_id": name, "user_id": name}
        clicked = {**visit, "dfid": dfid(search, name), "query": name, "position": 1, "custom_results_id": name}
        for method, path, said in (
            ("PUT", "init", visit),
            ("PUT", "click", clicked),
            ("PUT", "image", {**visit, "id": "3"}),
            ("PUT", "redirect", {**visit, "id": "4"}),
            ("PUT", f"cart/{name}", {"id": name, "index": "product", "title": name, "price": 5}),
            ("PUT", "checkout", visit),
        ):
            assert search.call(method, path, json=said, headers=headers).status_code == 200
    return search


def figures(search: SearchShop, **asked: str) -> dict[str, Any]:
    """What the reports say of one device, or of all."""
    days = ("inits", "clicks", "checkouts")
    return {
        **{name: ask(search, name, **asked).json()["total"] for name in days},
        "custom": ask(search, "clicks", product_type="custom_result", **asked).json()["total"],
        "sales": {row["session"]: row["amount"] for row in rows(search, "sales", **asked)},
        "sold": {row["title"] for row in rows(search, "top-sales", **asked)},
        "queries": {row["query"] for row in rows(search, "searches/top", **asked)},
        "items": {row["dfid"] for row in rows(search, "clicked_items", **asked)},
        "positions": {row["product"] for row in rows(search, "clicked_items/position", **asked)},
        "of items": {row["query"] for row in rows(search, "clicked_items/searches", **asked)},
        "users": rows(search, "clicks/users", **asked)[0]["clicks"],
        "sessions": rows(search, "inits/users", **asked)[0]["users"],
        "banners": [row["clicks"] for row in rows(search, "banners", **asked)],
        "redirects": [row["count"] for row in rows(search, "redirects", **asked)],
        "custom results": {row["id"] for row in rows(search, "custom-results", **asked)},
    }


def expected(search: SearchShop, *names: str) -> dict[str, Any]:
    """The same, when these sessions are what counts."""
    n, of, items = len(names), set(names), {dfid(search, name) for name in names}
    numbers = dict.fromkeys(("inits", "clicks", "checkouts", "custom", "users", "sessions"), n)
    texts = dict.fromkeys(("sold", "queries", "of items", "custom results"), of)
    sales = dict.fromkeys(names, 5)
    return {**numbers, **texts, "sales": sales, "items": items, "positions": items, "banners": [n], "redirects": [n]}


def test_a_report_of_one_device_counts_what_browsers_of_it_reported(three: SearchShop) -> None:
    assert figures(three, device="mobile") == expected(three, "phone")
    assert figures(three, device="desktop") == expected(three, "desk")
    assert figures(three) == expected(three, "phone", "desk", "server")
    assert ask(three, "inits", device="").status_code == 400


def test_events_show_the_device_and_nothing_else_of_the_browser(three: SearchShop) -> None:
    shown = {(event["visitor"], event["device"]) for event in three.events()}
    assert shown == {("phone", "mobile"), ("desk", "desktop"), ("server", None)}
    assert "Mozilla" not in str(three.events())


def test_every_generation_of_clients_notes_the_device(search: SearchShop) -> None:
    def get(version: int) -> httpx.Response:
        asked = {"hashid": search.hashid, "session_id": SESSION}
        return search.http.get(f"/{version}/stats/init", params=asked, headers=search.token | PHONE)

    assert [get(version).status_code for version in (5, 6)] == [200, 200]
    for path, said in (
        ("carts", {"hashid": search.hashid, "session_id": SESSION, "checkout_json": "[]"}),
        ("sales", {"hashid": search.hashid, "session_id": SESSION}),
        ("visit", {"store": "s", "session_id": SESSION}),
    ):
        sent = search.http.post(f"/api/v2/stats/{path}", json=said, headers=search.token | PHONE)
        assert sent.status_code == 200, sent.text
    refused = search.call("PUT", "init", json={}, headers=search.token | PHONE)
    assert refused.status_code == 400
    assert [event["device"] for event in search.events()] == ["mobile"] * 6
