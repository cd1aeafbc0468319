"""Sales over HTTP: one purchase through four dialects is one sale, explained to the cent, and changed by people."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.dialects.alhena.storefront import Visitor
from tests.harness import Server, new_native_key, new_shop, save_redirect_uri
from tests.owner import REDIRECT, Application, Owner
from tests.refusals import assert_refused
from tests.shop import Shop, succeeded

SECONDS_MAX = 20


class Office:
    """Somebody with the shop's native key, who waits until the sales have followed."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.client = shop.client(shop.credentials["native"]["api_key"])

    def get(self, path: str, **query: Any) -> Any:
        """The answer of a read."""
        return succeeded(self.client.get(path, params=query), 200)

    def sales(self, **query: Any) -> list[dict[str, Any]]:
        """The sales of a page."""
        items: list[dict[str, Any]] = self.get("/v1/sales", **query)["items"]
        return items

    def wait(self, wanted: Callable[[list[dict[str, Any]]], bool], **query: Any) -> list[dict[str, Any]]:
        """The sales once they are as wanted."""
        deadline = time.monotonic() + SECONDS_MAX
        while not wanted(found := self.sales(**query)):
            assert time.monotonic() < deadline, found
            time.sleep(0.05)
        return found

    def decide(self, sale: str, verb: str, **body: Any) -> dict[str, Any]:
        """A decision about a sale."""
        answer: dict[str, Any] = succeeded(self.client.post(f"/v1/sales/{sale}/{verb}", json=body), 201)
        return answer


@pytest.fixture
def office(shop: Shop) -> Office:
    shop.standard()
    return Office(shop)


@pytest.fixture
def application(shop: Shop, shared_server: Server) -> Iterator[Application]:
    keys = shop.credentials["scout"]
    save_redirect_uri(shared_server.database_url, keys["client_id"], REDIRECT)
    with Application(shop.url, keys["client_id"], keys["api_key"]) as application:
        yield application


def bought(shop: Shop) -> str:
    """An order of two mugs for 29.63 with the shipping; its number."""
    guest = shop.guest()
    cart = shop.cart(guest, [("mug", 2)])
    order: str = succeeded(shop.checkout(guest, shop.order_request(cart)), 200)["orderId"]
    return order


def test_one_purchase_told_through_three_numbered_dialects_is_one_sale(
    office: Office, application: Application
) -> None:
    shop = office.shop
    visitor = Visitor(shop)
    succeeded(visitor.talk(), 200)
    number = bought(shop)
    items = [{"product_id": "mug", "product_name": "Mug", "quantity": 2, "value": 29.63, "currency": "EUR"}]
    succeeded(visitor.buy(f"#{number.lower()} ", value=29.63, line_items=items), 200)
    with Owner(shop.url, f"ada-{shop.name}") as owner:
        grant = application.granted(owner.sign_up(owner.name))
        body = grant.post(order_id=number, purchase_currency="eur", purchase_price=2380, tax=0, shipping_price=490)
        succeeded(application.post(body), 200)
    (item,) = office.wait(lambda found: bool(found) and found[0]["reports"] == 3)
    assert (item["order_id"], item["currency"], item["total_minor"], item["state"]) == (number, "EUR", 2963, "counted")
    sale = office.get(f"/v1/sales/{item['id']}")
    assert [one["dialect"] for one in sale["reports"]] == ["emporix", "alhena", "scout"]
    assert {one["dialect"]: one["taken"] for one in sale["reports"]}["emporix"] == [
        "lines",
        "number",
        "placed_at",
        "total",
    ]
    assert [(one["product_id"], one["quantity"], one["total_minor"]) for one in sale["lines"]] == [("mug", "2", 2963)]
    assert [(one["source"], one["credit_minor"]) for one in sale["credits"]] == [("chat", 2963)]
    why = office.get(f"/v1/sales/{item['id']}/why", model="first")
    (touch,) = why["lines"][0]["touches"]
    assert (touch["source"], touch["rule"], touch["weight"], touch["credit_minor"]) == ("chat", "taken", "1", 2963)
    report = office.get("/v1/reports/revenue", by="source")
    assert (report["total_minor"], report["unattributed_minor"], report["orders"]) == (2963, 0, 1)
    assert [(one["source"], one["total_minor"]) for one in report["by"]] == [("chat", 2963)]
    bands = {one["source"]: one for one in office.get("/v1/reports/attribution")["bands"]}
    assert (bands["chat"]["lowest_minor"], bands["chat"]["highest_minor"]) == (0, 2963)  # no search was in the session


def test_money_that_was_given_back_and_figures_of_before(office: Office) -> None:
    number = bought(office.shop)
    (item,) = office.wait(lambda found: len(found) == 1)
    before = office.get("/v1/reports/revenue")
    answer = office.decide(item["id"], "refunds", amount_minor=1000, reason="late")
    assert (answer["sale"], answer["amount_minor"], answer["excess_minor"]) == (item["id"], 1000, 0)
    office.wait(lambda found: found[0]["refunded_minor"] == 1000)
    answer = office.decide(item["id"], "refunds", lines=[{"product_id": "mug", "quantity": 1}])
    assert (answer["amount_minor"], answer["excess_minor"]) == (1190, 0)
    answer = office.decide(item["id"], "refunds", amount_minor=9000)
    assert (answer["amount_minor"], answer["excess_minor"]) == (773, 8227)
    office.wait(lambda found: found[0]["refunded_minor"] == 2963, q=number.lower())
    after = office.get("/v1/reports/revenue")
    assert (after["total_minor"], after["refunds_minor"], after["net_minor"]) == (2963, 2963, 0)
    assert office.get("/v1/reports/revenue", as_of=before["as_of"]) == before
    for body, field in (
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount_minor": 1, "currency": "PLN"}, "currency"),
        ({"lines": [{"product_id": "no"}]}, "lines[0].product_id"),
        ({"lines": [{"product_id": "mug", "quantity": -1}]}, "lines[0].quantity"),
        ({"amuont_minor": 1}, "amuont_minor"),
        ({"lines": [{"product_id": "mug", "pieces": 1}]}, "lines[0].pieces"),
    ):
        refused = office.client.post(f"/v1/sales/{item['id']}/refunds", json=body)
        assert_refused(refused, 400, "/v1/sales")
        assert refused.json()["errors"][0]["field"] == field


def test_removal_effects_share_the_same_money(office: Office) -> None:
    visitor = Visitor(office.shop)
    succeeded(visitor.talk(), 200)
    items = [{"product_id": "mug", "product_name": "Mug", "quantity": 1, "value": 12.5, "currency": "EUR"}]
    succeeded(visitor.buy("77", value=12.5, line_items=items), 200)
    succeeded(Visitor(office.shop).talk(), 200)
    bought(office.shop)
    office.wait(lambda found: len(found) == 2)
    report = office.get("/v1/reports/revenue", model="markov", by="source,day", compare="previous")
    assert (report["model"], report["total_minor"], report["orders"]) == ("markov", 4213, 2)
    shared = {one["source"]: one["total_minor"] for one in report["by"]}
    assert shared == {"chat": 1250, "unattributed": 2963}
    assert (report["previous"]["total_minor"], report["unattributed_minor"]) == (0, 2963)
    plain = office.get("/v1/reports/attribution")
    assert plain["removal"] is None
    more = office.get("/v1/reports/attribution", model="markov")
    assert more["models"][:-1] == plain["models"]
    assert {one["source"]: one["total_minor"] for one in more["models"][-1]["sources"]} == shared
    effects = [{"source": "chat", "effect": 0.5}]
    assert more["removal"] == {"converting": 2, "lost": 1, "effects": effects}


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("reports/revenue", {"model": "markov", "as_of": 1}, "as_of"),
        ("reports/revenue", {"model": "markov", "calendar": "refund"}, "calendar"),
        ("reports/attribution", {"model": "first"}, "model"),
        ("reports/holdout", {"experiment": "x", "model": "markov"}, "model"),
        ("sales/s1/why", {"model": "markov"}, "model"),
        ("sales/s1", {"model": "markov"}, "model"),
    ],
    ids=lambda value: value if isinstance(value, str) else "query",
)
def test_removal_effects_are_refused_where_there_are_none(
    office: Office, path: str, query: dict[str, Any], field: str
) -> None:
    refused = office.client.get(f"/v1/{path}", params=query)
    assert_refused(refused, 400, "/v1/sales")
    assert [one["field"] for one in refused.json()["errors"]] == [field]
    assert "markov" in refused.json()["errors"][0]["message"]


def test_a_field_that_is_none_is_told_which_there_are(office: Office) -> None:
    bought(office.shop)
    (item,) = office.wait(lambda found: len(found) == 1)
    for verb, body, said in (
        ("refunds", {"amount": 1}, "there is no field amount, did you mean amount_minor?"),
        ("refunds", {"x": 1}, "there is no field x; there are amount_minor, lines, currency, reason"),
        (
            "refunds",
            {"lines": [{"product_id": "mug", "x": 1}]},
            "there is no field x; there are product_id, quantity, amount_minor",
        ),
        ("merge", {"sales": ["s1"], "sale": "s1"}, "there is no field sale, did you mean sales?"),
        ("split", {"positions": [1]}, "there is no field positions; there are reports"),
        ("undo", {"id": "s1"}, "there is no field id; there are decision"),
    ):
        refused = office.client.post(f"/v1/sales/{item['id']}/{verb}", json=body)
        assert_refused(refused, 400, "/v1/sales")
        assert refused.json()["detail"] == said


def test_people_make_one_of_two_and_take_it_back(office: Office) -> None:
    visitor = Visitor(office.shop)
    succeeded(visitor.talk(), 200)
    number = bought(office.shop)
    succeeded(visitor.buy("SOMETHING-ELSE", value=29.63), 200)
    first, second = office.wait(lambda found: len(found) == 2)
    merged = office.decide(first["id"], "merge", sales=[second["id"]])
    (one,) = office.wait(lambda found: len(found) == 1)
    assert (one["order_id"], one["total_minor"], one["reports"]) == (number, 2963, 2)
    assert office.get(f"/v1/sales/{first['id']}")["id"] == office.get(f"/v1/sales/{second['id']}")["id"] == one["id"]
    office.decide(one["id"], "undo", decision=merged["decision"])
    assert len(office.wait(lambda found: len(found) == 2)) == 2
    for verb, body in (("merge", {"sales": [first["id"]]}), ("split", {"reports": [1]}), ("undo", {"decision": "no"})):
        assert_refused(office.client.post(f"/v1/sales/{first['id']}/{verb}", json=body), 400, "/v1/sales")


def test_a_list_of_sales_is_narrowed_and_paged(office: Office) -> None:
    numbers = [bought(office.shop) for _ in range(3)]
    office.wait(lambda found: len(found) == 3)
    found, cursor = [], ""
    for _ in numbers:
        page = office.get("/v1/sales", limit=1, cursor=cursor)
        found += page["items"]
        cursor = page["next"] or ""
    assert [one["order_id"] for one in found] == numbers[::-1]
    assert cursor == ""
    assert [one["order_id"] for one in office.sales(q=f" {numbers[1].lower()} ")] == [numbers[1]]
    assert office.sales(currency="pln") == office.sales(source="chat") == office.sales(status="refused") == []
    assert len(office.sales(source="unattributed", currency="eur", status="counted")) == 3
    for query in (
        {"limit": "0"},
        {"cursor": "%%"},
        {"from": "soon"},
        {"status": "odd"},
        {"from": "2026-02-02", "to": "2026-01-01"},
    ):
        assert_refused(office.client.get("/v1/sales", params=query), 400, "/v1/sales")


def test_another_shop_sees_nothing_of_it(office: Office, shared_server: Server) -> None:
    bought(office.shop)
    (item,) = office.wait(lambda found: len(found) == 1)
    with new_shop(shared_server) as other:
        key = new_native_key(shared_server.database_url, other.name)
        client: httpx.Client = other.client(key)
        assert client.get("/v1/sales").json()["items"] == []
        assert_refused(client.get(f"/v1/sales/{item['id']}"), 404, "/v1/sales")
        assert_refused(client.post(f"/v1/sales/{item['id']}/refunds", json={"amount_minor": 1}), 404, "/v1/sales")
