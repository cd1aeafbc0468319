"""What may be chosen on a page: it is in the address, it is said, and the files hold the same."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.dashboard.test_figures import SAY, Stage, minor
from tests.harness import Server, new_shop
from tests.shop import succeeded
from tests.staff import STORY, Told, order, staff

NOW = datetime.now(UTC)


def days_ago(days: int) -> str:
    """A moment at noon."""
    return (NOW - timedelta(days=days)).replace(hour=12, minute=0).isoformat()


@pytest.fixture(scope="module")
def stage(shared_server: Server) -> Iterator[Stage]:
    """A shop that has sold in two currencies, today and long ago, with a rate between them."""
    with new_shop(shared_server) as shop, staff(shared_server, shop.name, "analyst") as person:
        api = Told(shop)
        rate = {"currency": "CHF", "into": "EUR", "day": days_ago(20)[:10], "rate": "0.5", "source": "by hand"}
        succeeded(api.client.put("/v1/rates", json={"rates": [rate]}), 200)
        old = order("old", ("mug", "10.00"), visitor="v8", happened_at=days_ago(60))
        swiss = order("swiss", ("mug", "30.00"), visitor="v9", currency="CHF")
        api.tell(*STORY, old, swiss)
        yield Stage(shop, person, api)


def orders_of(stage: Stage, **query: str) -> set[str]:
    """The orders of the file of sales."""
    return {one["order"] for one in stage.rows("/sales.csv", **query)}


def test_sales_have_the_presets_of_revenue(stage: Stage) -> None:
    assert orders_of(stage) == {"1001", "1002", "1003", "old", "swiss"}
    assert orders_of(stage, period="30") == {"1001", "1002", "1003", "swiss"}
    assert orders_of(stage, period="90", currency="EUR") == {"1001", "1002", "1003", "old"}
    assert orders_of(stage, period="30", q="old") == set()
    page = stage.person.page(f"{stage.base}/sales", {"period": "30", "status": "counted"})
    assert f'href="{stage.base}/sales?status=counted&amp;period=90"' in page
    assert f'href="{stage.base}/sales?status=counted"' in page
    assert 'period=30" aria-current="true"' in page
    assert f'value="{(NOW - timedelta(days=29)).date()}"' in page
    assert "sales.csv?period=30&amp;status=counted" in page
    # Days that somebody writes go before those that have a name.
    written = days_ago(61)[:10]
    assert orders_of(stage, **{"period": "7", "from": written, "to": days_ago(59)[:10]}) == {"old"}


def test_what_sales_can_not_read_is_told_and_left_out(stage: Stage) -> None:
    text = stage.text("/sales?from=yesterday&status=lost&period=decade")
    for said in ("status is one of counted,", "from is a day, such as", "period is one of today,"):
        assert said in text
    assert "1001" in text


def test_other_currencies_are_converted_where_that_is_asked_for(stage: Stage) -> None:
    plain, converted = stage.api.revenue(), stage.api.revenue(convert="true")
    assert converted["total_minor"] == plain["total_minor"] + 1_500
    text = stage.text("", convert="true")
    assert SAY.money(converted["total_minor"], "EUR") in text
    assert "converted, by the shop's rates: CHF 30.00 at 0.5" in text
    assert "left out" not in text.partition("Figures as of")[2].partition("Who earned it")[0]
    assert "left out: 1 order in CHF" in stage.text("")
    for query, said in (({}, plain), ({"convert": "true"}, converted)):
        rows = stage.rows("/revenue.csv", by="source", **query)
        assert sum(minor(one["revenue"]) for one in rows) == said["total_minor"]
        bands = {one["source"]: one for one in stage.api.get("/v1/reports/attribution", **query)["bands"]}
        lowest = {one["source"]: minor(one["lowest"]) for one in stage.rows("/models.csv", **query)}
        assert lowest == {source: band["lowest_minor"] for source, band in bands.items()}
    page = stage.person.page(f"{stage.base}", {"convert": "true"})
    assert "convert=true&amp;period=7" in page


def test_what_no_rate_holds_for_is_said_and_added_to_nothing(stage: Stage) -> None:
    text = stage.text("", convert="true", currency="CHF")
    assert "left out, because no rate holds:" in text
    assert SAY.money(13_130, "EUR") in text


def test_the_zone_of_the_days_is_said(stage: Stage) -> None:
    for path in ("", "/models", "/carts", "/search", "/health"):
        assert "on the clock of UTC" in stage.text(path), path
    assert "To UTC" in stage.text("/sales")


def test_the_credits_of_a_sale_are_a_file(stage: Stage) -> None:
    (sale,) = stage.api.get("/v1/sales", q="1001")["items"]
    rows = stage.rows(f"/sales/{sale['id']}/credits.csv")
    for model in ("linear", "last_non_direct", "shapley"):
        assert sum(minor(one["amount"]) for one in rows if one["model"] == model) == sale["total_minor"]
    why = stage.api.get(f"/v1/sales/{sale['id']}/why", model="linear")
    given = sorted((one["source"], one["credit_minor"]) for line in why["lines"] for one in line["touches"])
    assert sorted((one["source"], minor(one["amount"])) for one in rows if one["model"] == "linear") == given


def test_what_arrives_is_a_file(stage: Stage) -> None:
    rows = stage.rows("/live.csv")
    newest = stage.api.get("/v1/events", order="desc", limit=500)["events"]
    assert [int(one["position"]) for one in rows] == [one["position"] for one in newest]
    assert {one["outcome"] for one in stage.rows("/live.csv", outcome="refused")} == set()
