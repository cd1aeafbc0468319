"""What pages and files say is what the API says, and what can not be read is told and left out."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest

from tests.dialects.doofinder.client import SearchShop
from tests.harness import Server, new_shop
from tests.owner import Owner
from tests.shop import Shop
from tests.staff import Told, order, staff, told, touch
from tillroll.dashboard.wording import Wording

SAY = Wording("en", UTC)


class Stage:
    """A shop with sales, and an analyst of it."""

    def __init__(self, shop: Shop, person: Owner, api: Told) -> None:
        self.shop, self.person, self.api = shop, person, api
        self.base = f"/dashboard/{shop.name}"

    def text(self, path: str = "", status: int = 200, **query: str) -> str:
        """A page as a reader has it, without its tags."""
        page = self.person.page(self.base + path, query or None, status=status)
        return re.sub(r"\s+", " ", unescape(re.sub(r"<script.*?</script>|<[^>]*>", " ", page, flags=re.DOTALL)))

    def rows(self, path: str, **query: str) -> list[dict[str, str]]:
        """A CSV file."""
        answer = self.person.client.get(self.base + path, params=query)
        assert answer.status_code == 200
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.fixture(scope="module")
def stage(shared_server: Server) -> Iterator[Stage]:
    with new_shop(shared_server) as shop, staff(shared_server, shop.name, "analyst") as person:
        yield Stage(shop, person, told(shop))


def cards_of(page: str) -> dict[str, str]:
    """The figures of the cards, by what they are called in the page."""
    found = re.findall(r'id="card-(\w+)">.*?<p class="value">(.*?)</p>', page, flags=re.DOTALL)
    return {key: unescape(value) for key, value in found}


@pytest.mark.parametrize("model", ["last_non_direct", "first", "linear", "shapley"])
@pytest.mark.parametrize("calendar", ["order", "refund"])
def test_the_cards_are_the_figures_of_the_api(stage: Stage, model: str, calendar: str) -> None:
    said = stage.api.revenue(model=model, calendar=calendar)
    shown = cards_of(stage.person.page(stage.base, {"model": model, "calendar": calendar}))
    assert said["total_minor"] == 13_130
    assert shown == {
        "total": SAY.money(said["total_minor"], "EUR"),
        "attributed": SAY.money(said["assisted_minor"], "EUR"),
        "direct": SAY.money(said["direct_minor"], "EUR"),
        "unattributed": SAY.money(said["unattributed_minor"], "EUR"),
        "net": SAY.money(said["net_minor"], "EUR"),
        "refunds": SAY.money(said["refunds_minor"], "EUR"),
        "orders": SAY.number(said["orders"]),
        "average": SAY.money(said["average_order_minor"], "EUR"),
        "visits": SAY.number(said["visits"]),
        "conversion": SAY.percent(said["conversion"], 2),
    }


def minor(text: str) -> int:
    """An amount of a file as cents."""
    return int(Decimal(text) * 100)


@pytest.mark.parametrize("model", ["last_non_direct", "linear"])
def test_the_files_are_the_figures_of_the_api(stage: Stage, model: str) -> None:
    for by, query in (("source", {"by": "source"}), ("source,day", {})):
        said = stage.api.revenue(model=model, by=by)["by"]
        rows = stage.rows("/revenue.csv", model=model, **query)
        shown = {(one["day"], one["source"]): minor(one["revenue"]) for one in rows}
        assert shown == {(one.get("day", ""), one["source"]): one["total_minor"] for one in said}
        assert sum(minor(one["revenue"]) for one in rows) == 13_130
    bands = {one["source"]: one for one in stage.api.get("/v1/reports/attribution")["bands"]}
    for row in stage.rows("/models.csv"):
        band = bands[row["source"]]
        assert (minor(row["lowest"]), minor(row["highest"])) == (band["lowest_minor"], band["highest_minor"])
    assert bands


def test_a_link_as_of_a_position_shows_the_same_for_ever(stage: Stage) -> None:
    page = stage.person.page(stage.base)
    link = unescape(re.findall(r'<a href="([^"]*as_of=[^"]*)">', page)[0])
    before = cards_of(page)
    stage.api.tell(order("2001", ("scale", "39.00"), visitor="v9"))
    assert cards_of(stage.person.page(stage.base)) != before
    then = cards_of(stage.person.page(link))
    # Visitors are counted as they are known now.
    unchanged = before.keys() - {"visits", "conversion"}
    assert {key: then[key] for key in unchanged} == {key: before[key] for key in unchanged}
    stage.api.tell({"id": "c-1", "kind": "order_cancelled", "order_id": "2001"})


def test_a_sale_is_explained_to_the_cent(stage: Stage) -> None:
    (sale,) = stage.api.get("/v1/sales", q="1001")["items"]
    text = stage.text(f"/sales/{sale['id']}", model="linear")
    why = stage.api.get(f"/v1/sales/{sale['id']}/why", model="linear")
    for line in why["lines"]:
        for one in line["touches"]:
            amount, source = SAY.money(one["credit_minor"], "EUR"), SAY.name(one["source"])
            assert f"{amount} went to {source}" in text
            assert "1/2 of the line" in text
    assert "€38.70 went to Newsletter" not in text
    assert "Newsletter €38.70 · Campaign: spring €38.70" in text
    alone = stage.api.get("/v1/sales", q="1003")["items"][0]["id"]
    assert "€39.00 is nobody's, because nothing is known of the buyer" in stage.text(f"/sales/{alone}")


def test_the_list_filters_as_the_api_does(stage: Stage) -> None:
    asks: list[dict[str, Any]] = [
        {},
        {"q": "#1002"},
        {"source": "newsletter"},
        {"source": "unattributed"},
        {"status": "test"},
        {"conflicts": "true"},
        {"currency": "USD"},
    ]
    for query in asks:
        said = [one["id"] for one in stage.api.get("/v1/sales", **query)["items"]]
        page = stage.person.page(f"{stage.base}/sales", query)
        assert re.findall(r"<small>(s\d+)</small></th>", page) == said, query
        assert [one["sale"] for one in stage.rows("/sales.csv", **query)] == said


def test_a_list_goes_on_page_by_page(shared_server: Server) -> None:
    with new_shop(shared_server) as shop, staff(shared_server, shop.name, "viewer") as person:
        Told(shop).tell(*(order(str(number), ("mug", "1.00"), visitor=f"v{number}") for number in range(120)))
        address, seen = f"/dashboard/{shop.name}/sales", []
        while address:
            page = person.page(address)
            seen += re.findall(r"<bdi>(\d+)</bdi></a>", page)
            further = re.findall(r'rel="next" href="([^"]*)"', page)
            address = unescape(further[0]) if further else ""
        assert sorted(map(int, seen)) == list(range(120))


def test_money_is_given_back_by_form(stage: Stage) -> None:
    (sale,) = stage.api.get("/v1/sales", q="1003")["items"]
    page = f"{stage.base}/sales/{sale['id']}"

    def send(amount: str, status: int) -> str:
        done = stage.person.send(f"{page}/refund", {"amount": amount, "reason": "cracked"}, page=page)
        assert done.status_code == status, done.text
        return done.text

    assert "is no amount of EUR" in send("ten", 422)
    assert "is no amount of EUR" in send("1.001", 422)
    assert "only €39.00 left" in send("39.01", 422)
    send("9.5", 303)
    assert "€9.50 given back" in stage.text(f"/sales/{sale['id']}")
    assert stage.api.get(f"/v1/sales/{sale['id']}")["refunded_minor"] == 950
    send("", 303)
    assert stage.api.get(f"/v1/sales/{sale['id']}")["refunded_minor"] == 3900
    assert "Everything was given back" in send("1", 422)


def test_sales_are_made_one_and_two_again_by_form(shared_server: Server) -> None:
    with new_shop(shared_server) as shop, staff(shared_server, shop.name, "analyst") as person:
        api = Told(shop)
        api.tell(order("1", ("mug", "5.00"), visitor="a"), order("2", ("mug", "5.00"), visitor="b"))
        two, one = (item["id"] for item in api.get("/v1/sales")["items"])
        page = f"/dashboard/{shop.name}/sales/{one}"
        assert "no sale s77777" in person.send(f"{page}/merge", {"sales": "s77777"}, page=page).text
        assert person.send(f"{page}/merge", {"sales": two}, page=page).status_code == 303
        api.settle()
        (merged,) = api.get("/v1/sales")["items"]
        assert merged["reports"] == 2
        (decision,) = api.get(f"/v1/sales/{one}")["decisions"]
        assert person.send(f"{page}/undo", {"decision": decision}, page=page).status_code == 303
        api.settle()
        assert len(api.get("/v1/sales")["items"]) == 2


def test_what_can_not_be_read_is_told_and_left_out(stage: Stage) -> None:
    text = stage.text(period="custom", model="guess", to="tomorrow", currency="euro", as_of="now")
    for said in ("model is one of", "to is a day", "currency is a code", "as_of is a position"):
        assert said in text
    assert "€" in text
    assert "The first day is before" in stage.text("?from=2026-05-02&to=2026-05-01")


def test_days_without_sales_say_where_there_are_some(stage: Stage) -> None:
    assert "Nothing was sold in these days" in stage.text("?from=2020-01-01&to=2020-01-02")


def test_a_new_shop_says_what_to_do_and_that_works(shared_server: Server) -> None:
    with new_shop(shared_server) as shop, staff(shared_server, shop.name, "viewer") as person:
        page = unescape(person.page(f"/dashboard/{shop.name}"))
        assert "Nothing has arrived yet" in page
        assert f"tillroll key create {shop.name} --for native" in page
        body = re.search(r"-d '(.*?)'</pre>", page, flags=re.DOTALL)
        assert body is not None
        api = Told(shop)
        answer = api.client.post("/v1/events", content=body[1], headers={"content-type": "application/json"})
        assert answer.json()["results"][0]["status"] == "stored"
        api.settle()
        assert cards_of(person.page(f"/dashboard/{shop.name}"))["total"] == "€49.90"


def test_live_shows_what_arrives_and_what_became_of_a_request(stage: Stage) -> None:
    refused = {"id": "bad", "kind": "touch"}
    result = stage.api.client.post("/v1/events", json={"events": [touch("banner"), refused]}).json()["results"]
    page = stage.text("/live")
    assert "touch" in page
    found = stage.text("/live", receipt=result[0]["receipt"])
    assert "Received" in found
    assert "nothing of such a request" in stage.text("/live", receipt="nothing")
    part = stage.person.page(f"{stage.base}/live/rows")
    assert "<html" not in part
    assert part.count("<tr>") > 5


def test_changes_are_against_as_many_days_before(stage: Stage, shared_server: Server) -> None:
    with new_shop(shared_server) as shop, staff(shared_server, shop.name, "viewer") as person:
        api = Told(shop)
        then = (datetime.now(UTC) - timedelta(days=40)).isoformat()
        earlier = order("1", ("mug", "10.00"), visitor="a", happened_at=then)
        api.tell(earlier, order("2", ("mug", "15.00"), visitor="b"))
        page = unescape(person.page(f"/dashboard/{shop.name}"))
        assert "+50.0%" in page
        assert "before: €10.00" in page
        said = api.revenue(compare="previous")
        assert said["previous"]["total_minor"] == 1000
        assert "before:" not in person.page(f"/dashboard/{shop.name}", {"compare": "none"})


def test_the_search_page_says_what_the_search_report_does(shop: Shop, shared_server: Server) -> None:
    search = SearchShop(shop, shared_server)
    with staff(shared_server, shop.name, "viewer") as person:
        assert "No search was reported" in person.page(f"/dashboard/{shop.name}/search")
        with search.http as client:
            client.headers["authorization"] = f"Token {search.key}"
            for name, more in (
                ("init", {}),
                ("click", {"dfid": f"{search.hashid}@product@{'0' * 32}", "query": "mug"}),
            ):
                said = {"session_id": "5b1d2f3c4a5e6f708192a3b4c5d6e7f8", **more}
                assert client.put(f"/6/{search.hashid}/stats/{name}", json=said).status_code == 200
        api = Told(shop)
        api.settle()
        said = api.get("/v1/reports/search")
        assert (said["sessions"], said["clicks"]) == (1, 1)
        page = person.page(f"/dashboard/{shop.name}/search")
        assert cards_of(page) == {
            "session": SAY.number(said["sessions"]),
            "click": SAY.number(said["clicks"]),
            "per_session": SAY.number(said["clicks"] / said["sessions"]),
            "banner": "0",
            "redirect": "0",
            "order": SAY.number(said["orders"]),
            "revenue": SAY.money(said["sales_minor"], "EUR"),
            "search_conversion": SAY.percent(said["conversion"], 2),
        }
        queries = list(
            csv.DictReader(
                io.StringIO(
                    person.client.get(f"/dashboard/{shop.name}/search.csv?by=queries").content.decode("utf-8-sig")
                )
            )
        )
        assert [(one["name"], one["events"]) for one in queries] == [("mug", "1")]
        assert [one["name"] for one in said["queries"]] == re.findall(r'"long"><bdi>(mug)</bdi>', page)
