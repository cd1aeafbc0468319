"""Experiments over HTTP: groups that the shop reports, and what their visitors bought."""

import time
from typing import Any

from tests.refusals import assert_refused
from tests.shop import Shop, succeeded

SECONDS_MAX = 20


def test_an_experiment_is_compared(shop: Shop) -> None:
    office = shop.client(shop.credentials["native"]["api_key"])
    items = [
        {"id": f"{group}{number}", "kind": "experiment_assigned", "experiment": "x", "group": group, "visitor": visitor}
        for number in range(2)
        for group in ("test", "control")
        for visitor in [f"{group}{number}"]
    ]
    bought = {"id": "o", "kind": "checkout", "order_id": "1", "total": 12, "currency": "EUR", "visitor": "test0"}
    succeeded(office.post("/v1/events", json=items), 200)
    succeeded(office.post("/v1/events", json=[bought]), 200)
    deadline = time.monotonic() + SECONDS_MAX
    asked = {"experiment": "x", "source": "chat"}
    while not (found := succeeded(office.get("/v1/reports/holdout", params=asked), 200))["arms"][0]["orders"]:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    test, control = found["arms"]
    assert (test["group"], test["visitors"], test["buyers"], test["revenue_minor"]) == ("test", 2, 1, 1200)
    assert (test["per_visitor_minor"], test["conversion"]) == (600, 0.5)
    assert (control["visitors"], control["revenue_minor"], control["conversion"]) == (2, 0, 0)
    assert (found["incremental_minor"], found["attributed_minor"], found["withheld"]) == (None, 0, False)
    assert found["raw"] == {"difference_minor": None, "lift": None}


def test_what_can_not_be_compared_is_refused(shop: Shop) -> None:
    office = shop.client(shop.credentials["native"]["api_key"])
    for query in (
        {},
        {"share": "1"},
        {"share": "NaN"},
        {"share": "x"},
        {"share": "1e-99999999"},
        {"share": ".0"},
        {"test": "a", "control": "a"},
    ):
        named = {"experiment": "x"} | query if query else {}
        assert_refused(office.get("/v1/reports/holdout", params=named), 400, "/v1/reports")


def test_whatever_is_asked_for_is_answered(shop: Shop) -> None:
    office = shop.client(shop.credentials["native"]["api_key"])
    for odd in ("\0", "\ud800".encode("utf-8", "surrogatepass"), "%", "é" * 300, "'"):
        for path, name in (
            ("holdout", "experiment"),
            ("holdout", "currency"),
            ("holdout", "test"),
            ("carts", "currency"),
        ):
            asked: dict[str, Any] = {"experiment": "x"} if path == "holdout" else {}
            answer = office.get(f"/v1/reports/{path}", params=asked | {name: odd})
            assert answer.status_code in (200, 400), (path, name, odd, answer.text)
