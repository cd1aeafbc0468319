"""Carts and experiments on pages: what they show is what the API says."""

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from tests.dashboard.test_figures import SAY, Stage, cards_of
from tests.dialects.alhena.storefront import Visitor
from tests.harness import Server, new_shop
from tests.shop import succeeded
from tests.staff import Told, order, staff

CARDS = ("cart_average", "cart_daily", "cart_gmv")


@pytest.fixture(scope="module")
def stage(shared_server: Server) -> Iterator[Stage]:
    """A shop with two carts, one of them bought, and a checkout that was refused."""
    with new_shop(shared_server) as shop, staff(shared_server, shop.name, "viewer") as person:
        shop.standard()
        for number in range(2):
            visitor = Visitor(shop)
            succeeded(visitor.talk(), 200)
            succeeded(visitor.cart("ITEM_ADDED", 2 + number), 200)
            succeeded(visitor.cart("ITEM_ADDED", 1, product_id="cup", value=5), 200)
            succeeded(visitor.cart("ITEM_REMOVED", 0, product_id="cup", value=5), 200)
        succeeded(visitor.buy("C-1"), 200)
        empty = {"cartId": "none", "addresses": [], "shipping": {}, "paymentMethods": []}
        assert shop.guest().post(f"/checkout/{shop.name}/checkouts/order", json=empty).status_code == 400
        api = Told(shop)
        api.settle()
        yield Stage(shop, person, api)


def test_the_page_of_carts_says_what_the_report_does(stage: Stage) -> None:
    said = stage.api.get("/v1/reports/carts")
    page = stage.person.page(f"{stage.base}/carts")
    shown = cards_of(page)
    assert [shown[key] for key in CARDS] == [
        SAY.money(said["average_cart_minor"], "EUR"),
        SAY.money(said["daily_gmv_minor"], "EUR"),
        SAY.money(said["gmv_minor"], "EUR"),
    ]
    assert (shown["abandoned"], shown["abandoned_value"]) == ("0", "€0.00")
    assert shown["refused"] == SAY.number(said["refused_checkouts"]) == "1"
    steps = re.findall(r'<span class="band-figures"><strong>(.*?)</strong>', page)
    assert steps == [SAY.number(said["funnel"][step]) for step in ("carts", "checkouts", "orders")] == ["2", "1", "1"]
    assert listed(page, "added") == [one["product_id"] for one in said["most_added"]] == ["mug", "cup"]
    assert listed(page, "removed") == [one["product_id"] for one in said["most_removed"]] == ["cup"]
    reasons = [one["reason"].replace("_", " ").capitalize() for one in said["refused_for"]]
    assert listed(page, "refused") == reasons
    assert "Value missing" in reasons


def listed(page: str, table: str) -> list[str]:
    """What the rows of a table are about."""
    found = re.search(rf'<table[^>]* id="{table}">(.*?)</table>', page, flags=re.DOTALL)
    assert found is not None
    return [unescape(one) for one in re.findall(r'<th scope="row"[^>]*>(?:<bdi>)?(.*?)(?:</bdi>)?</th>', found[1])]


def test_the_files_of_carts_say_the_same(stage: Stage) -> None:
    said = stage.api.get("/v1/reports/carts")
    (day,) = stage.rows("/carts.csv")
    assert (day["gmv"], day["carts"], day["told_by"]) == ("62.50", "2", "alhena")
    products = stage.rows("/carts.csv", by="product")
    assert [(one["product"], one["added"]) for one in products] == [("mug", "5"), ("cup", "2")]
    reasons = stage.rows("/carts.csv", by="reason")
    assert {one["reason"]: int(one["checkouts"]) for one in reasons} == {
        one["reason"]: one["checkouts"] for one in said["refused_for"]
    }
    assert stage.rows("/carts.csv", by="abandoned") == []


def test_the_three_cards_of_carts_stand_with_revenue(stage: Stage) -> None:
    shown = cards_of(stage.person.page(stage.base))
    carts = cards_of(stage.person.page(f"{stage.base}/carts"))
    assert {key: shown[key] for key in CARDS} == {key: carts[key] for key in CARDS}
    assert "days without count for nothing" in stage.text()


def test_a_dialect_that_tells_nothing_shows_what_to_paste(stage: Stage) -> None:
    text = stage.text("/carts", dialect="doofinder")
    assert "No cart was told of in these days" in text
    assert f'data-company-key="{stage.shop.name}"' in unescape(
        stage.person.page(f"{stage.base}/carts?dialect=doofinder")
    )
    assert "Why checkouts were refused" in text
    assert "dialect is one of" in stage.text("/carts", dialect="fax")


def test_one_source_alone_is_shown_with_its_own_cards(shared_server: Server) -> None:
    with new_shop(shared_server) as shop, staff(shared_server, shop.name, "viewer") as person:
        api = Told(shop)
        touched = {"id": "t", "kind": "touch", "source": "newsletter", "visitor": "a"}
        api.tell(touched, order("1", ("mug", "10.00"), visitor="a"), order("2", ("mug", "30.00"), visitor="b"))
        page = person.page(f"/dashboard/{shop.name}", {"source": "newsletter"})
        shown = cards_of(page)
        (said,) = [one for one in api.revenue(by="source")["by"] if one["source"] == "newsletter"]
        assert shown["credited"] == SAY.money(said["total_minor"], "EUR") == "€10.00"
        assert (shown["share"], shown["orders"]) == ("25.00%", "1")
        assert "total" not in shown
        answer = person.client.get(f"/dashboard/{shop.name}/revenue.csv", params={"source": "newsletter"})
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert [(one["source"], one["revenue"]) for one in rows] == [("newsletter", "10.00")]
        links = re.findall(r'<a href="([^"]*)"[^>]*>7 days</a>', page)
        assert links == [f"/dashboard/{shop.name}?source=newsletter&amp;period=7"]


def test_an_experiment_stands_beside_what_is_credited(shared_server: Server) -> None:
    with new_shop(shared_server) as shop, staff(shared_server, shop.name, "viewer") as person:
        api = Told(shop)
        base = f"/dashboard/{shop.name}"
        assert "What an experiment proves" not in person.page(base)
        api.tell(*experiment())
        said = api.get("/v1/reports/holdout", experiment="x", source="chatbot")
        page = person.page(base)
        verdict = re.search(r'id="verdict"><strong>(.*?)</strong>', page)
        assert verdict is not None
        assert f"Chatbot is credited with {SAY.money(said['attributed_minor'], 'EUR')}" in verdict[1]
        ends = (SAY.money(round(said["incremental_minor"][end]), "EUR") for end in ("low", "high"))
        assert " to ".join(ends) in verdict[1]
        arms = re.search(r'id="arms">(.*?)</table>', page, flags=re.DOTALL)
        assert arms is not None
        visitors = re.findall(r'<th scope="row">(\w+)</th><td class="number">(\d+)</td>', arms[1])
        assert visitors == [("Test", "40"), ("Control", "40")]
        withheld = person.page(base, {"experiment": "x", "share": "0.01"})
        assert "chance hardly makes" in withheld
        assert "A part of one is" in person.page(base, {"experiment": "x", "share": "half"})


def experiment() -> list[dict[str, Any]]:
    """Forty visitors in each arm; those in test meet a chatbot and buy more."""
    items: list[dict[str, Any]] = []
    for number in range(40):
        for group in ("test", "control"):
            visitor = f"{group}{number}"
            said = {"kind": "experiment_assigned", "experiment": "x", "group": group, "visitor": visitor}
            items.append({"id": f"e-{visitor}", **said})
            if group == "test":
                items.append({"id": f"t-{visitor}", "kind": "touch", "source": "chatbot", "visitor": visitor})
            price = f"{20 if group == 'test' else 10}.{number:02}"
            if number % 2 == 0:
                items.append(order(visitor, ("mug", price), visitor=visitor))
    return items
