"""Rates of exchange over HTTP: set, listed, taken away, and what reports make of them."""

from typing import Any

import pytest

from tests.dialects.native.test_sales import Office
from tests.harness import Server, new_shop
from tests.refusals import assert_refused
from tests.shop import Shop, succeeded

RATE = {"currency": "PLN", "into": "EUR", "day": "2026-11-30", "rate": 0.2351, "source": "ECB"}


@pytest.fixture
def office(shop: Shop) -> Office:
    return Office(shop)


def test_rates_are_set_listed_and_taken_away(office: Office, shared_server: Server) -> None:
    client = office.client
    older = RATE | {"day": "2026-10-31", "rate": 0.000000000000000001, "currency": " pln"}
    said = {"rates": [RATE, older, RATE | {"currency": "USD"}]}
    assert succeeded(client.put("/v1/rates", json=said), 200) == {"stored": 3}
    page = office.get("/v1/rates", limit=2)
    assert page["items"] == [RATE, RATE | {"currency": "USD"}]
    rest = office.get("/v1/rates", limit=2, cursor=page["next"])
    assert rest == {"items": [older | {"currency": "PLN"}], "next": None}
    changed = RATE | {"rate": 0.24, "source": ""}
    succeeded(client.put("/v1/rates", json={"rates": [changed]}), 200)
    assert office.get("/v1/rates", currency="pln", to="2026-11-30", **{"from": "2026-11-01"})["items"] == [changed]
    gone = client.delete("/v1/rates/PLN/EUR/2026-11-30")
    assert (gone.status_code, gone.content) == (204, b"")
    for path in ("PLN/EUR/2026-11-30", "PLN/EUR/2020-01-01", "PLN/EUR/never", "X/Y/2026-11-30"):
        assert_refused(client.delete(f"/v1/rates/{path}"), 404, "/v1/rates")
    assert len(office.get("/v1/rates")["items"]) == 2
    kinds = [one["kind"] for one in office.get("/v1/events")["events"]]
    assert kinds == ["exchange_rates_set", "exchange_rates_set", "exchange_rate_removed"]
    with new_shop(shared_server) as neighbour:
        other = Office(neighbour)
        assert other.get("/v1/rates")["items"] == []
        assert_refused(other.client.delete("/v1/rates/USD/EUR/2026-11-30"), 404, "/v1/rates")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"currency": "XYZ"}, "rates[1].currency"),
        ({"into": "pln"}, "rates[1].into"),
        ({"day": "30.11.2026"}, "rates[1].day"),
        ({"day": "2026-11-30"}, "rates[1].day"),
        ({"rate": 0}, "rates[1].rate"),
        ({"rate": -1}, "rates[1].rate"),
        ({"rate": "x"}, "rates[1].rate"),
        ({"rte": 1}, "rates[1].rte"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(f"{k} {v}" for k, v in value.items()),
)
def test_what_is_no_rate_is_refused_and_none_is_kept(office: Office, change: dict[str, Any], field: str) -> None:
    refused = office.client.put("/v1/rates", json={"rates": [RATE, RATE | {"day": "2026-11-29"} | change]})
    assert_refused(refused, 400, "/v1/rates")
    assert [one["field"] for one in refused.json()["errors"]] == [field]
    assert office.get("/v1/rates")["items"] == []


def test_a_report_converts_by_them_and_says_so(office: Office) -> None:
    for name in ("currency", "into", "from", "to", "cursor", "limit"):
        assert office.client.get("/v1/rates", params={name: "\ud800".encode("utf-8", "surrogatepass")}).status_code in (
            200,
            400,
        )
    orders = [("1", 10, "EUR"), ("2", 20, "PLN"), ("3", 30, "USD")]
    items = [
        {"id": id, "kind": "checkout", "order_id": id, "total": total, "currency": currency, "visitor": "ada"}
        for id, total, currency in orders
    ]
    succeeded(office.client.post("/v1/events", json=items), 200)
    office.wait(lambda found: len(found) == 3)
    day = office.get("/v1/reports/revenue", currency="EUR")["to"]
    succeeded(office.client.put("/v1/rates", json={"rates": [RATE | {"day": day}]}), 200)
    asked = {"currency": "EUR", "convert": "true", "by": "source", "compare": "previous"}
    office.wait(lambda _: bool(office.get("/v1/reports/revenue", **asked)["converted"]))
    for more in ({}, {"model": "markov"}):
        found = office.get("/v1/reports/revenue", **asked | more)
        assert (found["total_minor"], found["orders"], found["unattributed_minor"]) == (1000 + 470, 2, 1470)
        told = {"orders": 1, "total_minor": 2000, "refunds_minor": 0, "converted_minor": 470}
        rate = {name: RATE[name] for name in ("currency", "rate", "source")} | {"day": day}
        assert found["converted"] == [rate | told | {"converted_refunds_minor": 0}]
        assert found["not_converted"] == [
            {"currency": "USD", "orders": 1, "total_minor": 3000, "refunds_minor": 0},
        ]
    models = office.get("/v1/reports/attribution", currency="EUR", convert="true", model="markov")
    assert {sum(one["total_minor"] for one in model["sources"]) for model in models["models"]} == {1470}
    assert (models["converted"], models["not_converted"]) == (found["converted"], found["not_converted"])
    plain = office.get("/v1/reports/revenue", currency="EUR")
    assert (plain["total_minor"], plain["converted"], plain["not_converted"]) == (1000, [], [])
