"""Health on a page: what came in and how it ended, how far the sales are, and the audit of one shop."""

import re
import time
from datetime import UTC, datetime, timedelta
from html import unescape

from tests.dashboard.test_figures import Stage, cards_of
from tests.harness import Server, new_shop
from tests.staff import Told, let_in, staff, touch


def test_what_came_in_and_how_it_ended_is_what_the_api_says(shared_server: Server) -> None:
    with new_shop(shared_server) as shop, staff(shared_server, shop.name, "admin") as person:
        stage = Stage(shop, person, Told(shop))
        assert "none yet" in stage.text("/health")
        assert "No call came in these days" in stage.text("/health")
        stage.api.tell(touch("banner"), touch("banner") | {"happened_at": "2026-01-01T00:00:00Z"})
        refused = stage.api.client.post("/v1/events", json={"events": [{"id": "bad", "kind": "touch"}]})
        assert refused.json()["results"][0]["status"] != "stored"
        stage.api.settle()
        page = stage.person.page(f"{stage.base}/health")
        assert cards_of(page)["behind"] == "nothing"
        said = stage.rows("/health.csv")
        assert {(one["dialect"], one["outcome"]): one["calls"] for one in said} == {
            ("native", "accepted"): "2",
            ("native", "refused"): "1",
        }
        (ended,) = re.findall(r'id="ended">.*?<tbody>(.*?)</tbody>', page, flags=re.DOTALL)
        assert re.findall(r'<td class="number"[^>]*>(.*?)</td>', ended) == ["2", "0", "1", "33.3%"]
        (reason,) = [one["reason"] for one in said if one["outcome"] == "refused"]
        assert reason.replace("_", " ").capitalize() in unescape(page)
        assert "1 more than a minute" in stage.text("/health")


def test_rows_of_live_are_of_the_shop_and_the_outcome_and_a_second_old_at_most(shared_server: Server) -> None:
    with (
        new_shop(shared_server) as shop,
        new_shop(shared_server) as other,
        staff(shared_server, shop.name, "viewer") as person,
    ):
        let_in(shared_server, other.name, person.name, "viewer")
        paths = [f"/dashboard/{one.name}/live/rows" for one in (shop, other)]
        Told(shop).tell(touch("banner"))
        first, second = (person.page(path) for path in paths)
        assert ("touch" in first, "touch" in second) == (True, False)
        assert "touch" not in person.page(paths[0], {"outcome": "refused"})
        Told(other).tell(touch("banner"))
        deadline = time.monotonic() + 20
        while "touch" not in person.page(paths[1]):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_the_audit_of_a_shop_proves_its_promises(shared_server: Server) -> None:
    with new_shop(shared_server) as shop, staff(shared_server, shop.name, "admin") as person:
        stage = Stage(shop, person, Told(shop))
        assert "Nobody has asked for one yet" in stage.text("/health/audit")
        assert cards_of(person.page(f"{stage.base}/health"))["audit"] == "none yet"
        path = f"{stage.base}/health/audit"
        assert person.send(path).headers["location"] == path
        page = stage.text("/health/audit")
        assert re.search(r"All \d+ promises hold", page)
        assert f"as {person.name} asked on" in page
        assert "no stock is below zero" in page
        assert cards_of(person.page(f"{stage.base}/health"))["audit"] == "holds"


def test_how_late_events_were_told_is_drawn_and_stands_in_a_table(shared_server: Server) -> None:
    with new_shop(shared_server) as shop, staff(shared_server, shop.name, "viewer") as person:
        stage = Stage(shop, person, Told(shop))
        hour = {"happened_at": (datetime.now(UTC) - timedelta(minutes=30)).isoformat()}
        stage.api.tell(touch("banner"), touch("banner"), touch("banner") | hour)
        page = person.page(f"{stage.base}/health")
        (late,) = re.findall(r'id="late">.*?<tbody>(.*?)</tbody>', page, flags=re.DOTALL)
        told = re.findall(r'<th scope="row">(.*?)</th><td class="number">(.*?)</td>', late)
        assert told == [("within a second", "2"), ("an hour", "1")]
        (received,) = re.findall(r'id="received">.*?<tbody>(.*?)</tbody>', page, flags=re.DOTALL)
        assert sum(int(events) for events in re.findall(r'<td class="number">(.*?)</td>', received)) == 3
