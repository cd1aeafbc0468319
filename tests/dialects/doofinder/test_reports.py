"""The reports of stats 2: what events add up to, as JSON and CSV, in any time zone, and only for who has the key."""

from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any

import httpx
import pytest

from tests.dialects.doofinder.client import ORIGIN, SESSION, SearchShop
from tillroll.dialects.doofinder.reports import REPORTS


def ask(search: SearchShop, report: str, **parameters: Any) -> httpx.Response:
    """One report of the days around today."""
    today = datetime.now(UTC)
    span = {"from": f"{today - timedelta(days=2):%Y%m%d}", "to": f"{today + timedelta(days=1):%Y%m%d}"}
    headers = parameters.pop("headers", search.token)
    return search.http.get(f"/api/v2/stats/{report}", params={**span, **parameters}, headers=headers)


def rows(search: SearchShop, report: str, **parameters: Any) -> list[dict[str, Any]]:
    """The rows of a report, which must be there."""
    answer = ask(search, report, **parameters)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["total_count"] == len(document["results"])
    found: list[dict[str, Any]] = document["results"]
    return found


def dfid(search: SearchShop, item: str) -> str:
    """An item as clicks name it."""
    return f"{search.hashid}@product@{md5(item.encode()).hexdigest()}"


@pytest.fixture
def busy(search: SearchShop) -> SearchShop:
    """A shop with two sessions, three clicks, a banner, a redirection and two sales of one session."""
    for session, user in ((SESSION, "ada"), ("other", "ada")):
        search.put("init", session_id=session, user_id=user)
    for item, query, position in (("a", "red shoes", 1), ("a", "red shoes", 2), ("b", "=cmd()", 1)):
        search.put(
            "click", session_id=SESSION, dfid=dfid(search, item), query=query, position=position, custom_results_id="7"
        )
    search.put("image", session_id=SESSION, id="3")
    search.http.get(f"/5/stats/img_display?hashid={search.hashid}&img_id=3", headers=search.token)
    link = "https://shop.example/sale"
    search.http.get(f"/5/stats/redirect?hashid={search.hashid}&redirection_id=4&link={link}", headers=search.token)
    search.add(id="a", amount=2, price="10.10")
    search.put("checkout", session_id=SESSION)
    search.put("checkout", session_id=SESSION)
    search.add(id="b", amount=1, price="0.80")
    search.add(id="c", amount=1, price="")
    search.put("checkout", session_id=SESSION)
    return search


def test_clicks_are_counted_by_what_was_clicked_on(busy: SearchShop) -> None:
    busy.put("click", session_id=SESSION, dfid=dfid(busy, "a"))
    busy.put("click", session_id=SESSION, dfid=dfid(busy, "a"), resource_id="widget")
    wanted = {"search": 1, "banner": 1, "custom_result": 3, "recommendation": 1, "quizz": 0, "aichat": 0}
    for product_type, clicks in wanted.items():
        answer = ask(busy, "clicks", product_type=product_type).json()
        assert (answer["total"], sum(row["count"] for row in answer["results"])) == (clicks, clicks), product_type
        assert len(answer["results"]) == 4
    assert ask(busy, "clicks").json()["total"] == 5
    refused = ask(busy, "clicks", product_type="quiz")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "bad_params")


def test_blanks_that_were_typed_or_pasted_do_not_count(busy: SearchShop) -> None:
    busy.put("click", session_id=SESSION, dfid=dfid(busy, "a"), query=" red shoes\u00a0", position=1)
    for named in ("red shoes", "\u3000red shoes "):
        assert rows(busy, "searches/top", **{"query_name[]": named}) == [{"query": "red shoes", "count": 3}]
        assert [row["count"] for row in rows(busy, "clicked_items", query=named)] == [3]
    for engine in (f" {busy.hashid}", f"{busy.hashid.upper()}\u00a0"):
        assert sum(row["count"] for row in rows(busy, "inits", tz=" Europe/Madrid ", **{"hashids[]": engine})) == 2


@pytest.mark.parametrize("asked", [{"no_results": "true"}, {"total_hits": "0"}, {"opportunities": "1"}])
def test_searches_that_no_event_tells_of_are_not_listed(busy: SearchShop, asked: dict[str, str]) -> None:
    assert rows(busy, "searches/top")
    assert rows(busy, "searches/top", **asked) == []


def test_version_5_reads_what_was_searched_and_clicked_most(busy: SearchShop) -> None:
    def top(name: str, **asked: str) -> httpx.Response:
        headers = {"Authorization": busy.key}
        return busy.http.get(f"/5/topstats/{name}", params={"hashid": busy.hashid, **asked}, headers=headers)

    assert top("searches", days="7").json()["results"][0] == {"query": "red shoes", "count": 2}
    assert top("searches", withresult="false").json()["results"] == []
    assert top("clicks").json()["results"][0]["dfid"] == dfid(busy, "a")
    assert top("clicks").headers["access-control-allow-origin"] == "*"
    for wrong in ("0", "x", "1.5", "1e9", "\0"):
        assert (top("clicks", days=wrong).status_code, top("clicks", days=wrong).json()) == (
            400,
            {"error": "Bad request"},
        )
    stranger = busy.http.get("/5/topstats/clicks", params={"hashid": busy.hashid}, headers={"Origin": ORIGIN})
    assert (stranger.status_code, stranger.json()) == (403, {"error": "request not authenticated"})


def test_a_hashid_that_is_part_of_another_is_not_the_other(search: SearchShop) -> None:
    engines = [f"{search.shop.name}-{name}" for name in ("a", 'a"b', "aa")]
    for engine in engines:
        search.add_engine(engine)
        search.http.get("/5/stats/init", params={"hashid": engine, "session_id": SESSION}, headers=search.token)
    for wanted in (engines[:1], engines[1:2], engines[2:], engines[:2], []):
        counted = sum(row["count"] for row in rows(search, "inits", **{"hashids[]": wanted}))
        assert counted == (len(wanted) or 3), wanted


def test_every_report_shows_what_the_events_add_up_to(busy: SearchShop) -> None:
    counts = {name: [row["count"] for row in rows(busy, name)] for name in ("inits", "clicks", "checkouts")}
    assert {name: (len(days), sum(days)) for name, days in counts.items()} == {
        "inits": (4, 2),
        "clicks": (4, 3),
        "checkouts": (4, 2),
    }
    assert [row["count"] for row in rows(busy, "clicks", aggregate="true")] == [3]
    assert ask(busy, "sales").json() == {
        "results": [{"session": SESSION, "amount": 21.0}],
        "total": 21.0,
        "total_count": 1,
        "total_amount": 21.0,
    }
    assert [(row["dfid"], row["sum_amount"], row.get("avg_price")) for row in rows(busy, "top-sales")] == [
        (dfid(busy, "a"), 2, 10.1),
        *sorted([(dfid(busy, "b"), 1, 0.8), (dfid(busy, "c"), 1, None)]),
    ]
    popular = [{"query": "red shoes", "count": 2}, {"query": "=cmd()", "count": 1}]
    assert rows(busy, "searches/popular") == rows(busy, "searches/top") == popular
    assert rows(busy, "searches/top", **{"query_name[]": "red shoes"}) == popular[:1]
    assert [(row["dfid"], row["count"]) for row in rows(busy, "clicked_items")] == [
        (dfid(busy, "a"), 2),
        (dfid(busy, "b"), 1),
    ]
    assert [row["dfid"] for row in rows(busy, "clicked_items", query="=cmd()")] == [dfid(busy, "b")]
    assert rows(busy, "clicked_items/searches", dfid=dfid(busy, "a")) == popular[:1]
    assert sorted(row["position"] for row in rows(busy, "clicked_items/position")) == [1, 1, 2]
    assert rows(busy, "clicks/users") == [{"clicks": 3, "product_clicks": 3, "users": 0}]
    assert rows(busy, "inits/users") == [{"sessions": 2, "unique_sessions": 2, "users": 1}]
    assert rows(busy, "banners") == [{"id": "3", "displays": 1, "clicks": 1}]
    assert rows(busy, "redirects") == [{"id": "4", "link": "https://shop.example/sale", "count": 1}]
    assert rows(busy, "custom-results") == [{"id": "7", "displays": 0, "clicks": 3}]


def test_every_filter_of_a_report_filters(busy: SearchShop) -> None:
    link = {"hashid": busy.hashid, "redirection_id": "5", "query": "sale"}
    busy.http.get("/5/stats/redirect", params=link, headers=busy.token)
    a, b = dfid(busy, "a"), dfid(busy, "b")
    red = {"query": "red shoes", "count": 2}
    assert rows(busy, "searches/top", query="red shoes") == rows(busy, "searches/top", dfid=a) == [red]
    assert rows(busy, "searches/popular", dfid=b, query="red shoes") == []
    assert rows(busy, "clicked_items/searches", dfid=a, query="red shoes") == [red]
    assert [row["dfid"] for row in rows(busy, "clicked_items", dfid=b)] == [b]
    assert rows(busy, "clicked_items", dfid=b, query="red shoes") == []
    assert rows(busy, "clicked_items/position", query="=cmd()") == [{"product": b, "position": 1, "clicks": 1}]
    assert sorted(row["position"] for row in rows(busy, "clicked_items/position", dfid=a)) == [1, 2]
    assert [row["id"] for row in rows(busy, "redirects", query="sale")] == ["5"]
    assert len(rows(busy, "redirects")) == 2


def test_older_clients_find_their_reports_where_they_used_to_be(busy: SearchShop) -> None:
    a = dfid(busy, "a")
    assert rows(busy, "clicks/top") == rows(busy, "clicked_items")
    assert rows(busy, "clicks/by-query/red%20shoes") == [{"dfid": a, "title": "", "link": "", "count": 2}]
    assert rows(busy, f"clicks/{a}/searches/top") == [{"query": "red shoes", "count": 2}]
    assert rows(busy, "banners/clicks") == rows(busy, "banners/displays") == [{"id": "3", "count": 1}]


def test_days_add_up_to_weeks_and_months(search: SearchShop) -> None:
    """From Sunday, the first of March 2026, to Monday, the second."""
    for day in ("2026-03-01", "2026-03-02"):
        search.put("init", session_id=day)
    span = {"from": "20260225", "to": "20260304"}

    def first_days(**asked: str) -> list[str]:
        found = rows(search, "inits", **span, **asked)
        return [f"{datetime.fromtimestamp(row['timestamp'] / 1000, UTC):%m-%d %H}" for row in found]

    assert len(first_days()) == len(first_days(interval="1d")) == 8
    assert first_days(interval="1w") == ["02-23 00", "03-02 00"]
    assert first_days(interval="1M") == ["02-01 00", "03-01 00"]
    assert first_days(interval="1M", tz="+02:00") == ["01-31 22", "02-28 22"]
    today = rows(search, "inits", interval="1M")
    assert sum(row["count"] for row in today) == 2


@pytest.mark.parametrize("offset", ["+02:00", "%2B02:00", "+0200", "-05:30", "+00:00"])
def test_an_offset_is_a_time_zone(search: SearchShop, offset: str) -> None:
    """A plus that a client does not encode arrives as a blank."""
    path = f"/api/v2/stats/inits?from=20250329&to=20250329&tz={offset}"
    answer = search.http.get(path, headers=search.token)
    assert answer.status_code == 200, answer.text
    day = datetime.fromtimestamp(answer.json()["results"][0]["timestamp"] / 1000, UTC)
    wanted = {"-05:30": "29 05:30", "+00:00": "29 00:00"}.get(offset, "28 22:00")
    assert f"{day:%d %H:%M}" == wanted


def test_a_report_as_csv_has_a_heading_and_runs_nothing(busy: SearchShop) -> None:
    answer = ask(busy, "searches/top", format="csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text == "query,count\r\nred shoes,2\r\n'=cmd(),1\r\n"


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_is_well_formed_without_events(search: SearchShop, report: str) -> None:
    path = report.replace("{name}", "fashion")
    document = ask(search, path, **{"hashids[]": search.hashid}).json()
    assert document["total_count"] == len(document["results"])
    assert ask(search, path, format="csv").status_code == 200


def test_days_are_those_of_the_time_zone(search: SearchShop) -> None:
    answer = ask(search, "inits", **{"from": "20250329", "to": "20250331", "tz": "Europe/Madrid"})
    days = [datetime.fromtimestamp(row["timestamp"] / 1000, UTC) for row in answer.json()["results"]]
    assert [f"{day:%d %H}" for day in days] == ["28 23", "29 23", "30 22"]
    for span in ({"from": "1743202800", "to": "1743285600"}, {"from": "1743202800000", "to": "1743285600000"}):
        assert len(rows(search, "inits", **span, tz="Europe/Madrid")) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": ""},
        {"from": "yesterday"},
        {"from": "20251340"},
        {"from": "20200101"},
        {"to": "20200101"},
        {"to": "9" * 30},
        {"tz": "Europe"},
        {"tz": "../../etc/passwd"},
        {"tz": "No/Where"},
        {"format": "xml"},
        {"device": "fridge"},
        {"interval": "1h"},
        {"tz": "+25:00"},
    ],
)
def test_a_wrong_parameter_is_named(search: SearchShop, wrong: dict[str, str]) -> None:
    answer = ask(search, "inits", **wrong)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "bad_params"
    assert any(error["message"].startswith(name) for name in (*wrong, "to"))
    assert "YYYYMMDD" not in error["message"] or "YYYY-MM-DD" in error["message"]


def test_reports_are_for_who_has_the_key(search: SearchShop) -> None:
    search.admit_origin()
    for headers in ({}, {"Origin": ORIGIN}, {"Authorization": "Token wrong"}, {"Authorization": "Bearer a.b.c"}):
        for chosen in ({}, {"hashids[]": search.hashid}):
            answer = ask(search, "inits", headers=headers, **chosen)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_authenticated")
    for hashids in ([search.hashid, "e" * 32], ["e" * 32]):  # the key is right, what it is asked about is not there
        unknown = ask(search, "inits", **{"hashids[]": hashids})
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "not_found")
        stranger = ask(search, "inits", headers={"Authorization": "Token wrong"}, **{"hashids[]": hashids})
        assert (stranger.status_code, stranger.json()["error"]["code"]) == (401, "not_authenticated")


def test_a_whole_cart_may_have_one_item_at_two_prices(search: SearchShop) -> None:
    lines = [{"id": "shirt", "quantity": 2, "price": 10}, {"id": "shirt", "quantity": 1, "price": 4}]
    for path, more in (("carts", {"checkout_json": lines}), ("sales", {})):
        body = {"hashid": search.hashid, "session_id": SESSION, **more}
        answer = search.http.post(f"/api/v2/stats/{path}", json=body, headers=search.token)
        assert answer.status_code == 200, answer.text
    (sale,) = rows(search, "sales")
    assert (sale["session"], sale["amount"]) == (SESSION, 24)
    (top,) = rows(search, "top-sales")
    assert top["sum_amount"] == 3
