"""What strangers may send: NUL characters, moments at the ends of time, sloppy spellings, and who reads from where."""

import time
from typing import Any

import jwt
import pytest

from tests.dialects.doofinder.client import SESSION, SearchShop
from tests.dialects.doofinder.test_reports import ask, dfid
from tests.staff import Told
from tests.store.ground import opened
from tillroll.engine.access import admission
from tillroll.engine.ledger import ledger
from tillroll.engine.shops import shops
from tillroll.engine.shops.shops import NewKey
from tillroll.store.access.credentials import SigningKey

VISIT = "/api/v2/stats/visit"


def click(search: SearchShop, item: str, query: str, **more: Any) -> None:
    """One click that must be taken."""
    answer = search.put("click", session_id=SESSION, dfid=dfid(search, item), query=query, **more)
    assert answer.status_code == 200, answer.text


def test_a_visit_of_a_store_with_a_nul_is_refused_and_kept_as_a_stray(search: SearchShop) -> None:
    store = f"{search.shop.name}\0b"
    answer = search.http.post(VISIT, json={"store": store, "page_type": "a\0b"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    with opened(search.server.database_url) as opened_store:
        found = opened_store.write_now(lambda tx: ledger.strays(tx, "doofinder", store, 10))
    assert [stray.kind for stray in found] == ["visit"]


NULS: list[tuple[str, str, dict[str, Any]]] = [
    ("PUT", "init", {"session_id": "a\0b", "user_id": "a\0b"}),
    ("PUT", "click", {"session_id": "a\0b", "dfid": "OWN", "query": "a\0b", "x\0y": "a\0b"}),
    ("PUT", "redirect", {"session_id": "a\0b", "id": "1", "query": "\0", "link": "\0"}),
    ("PUT", "cart/x", {"id": "a\0b", "index": "a\0b", "title": "a\0b", "price": "1"}),
    ("PUT", "checkout", {"session_id": "x", "sources": ["a\0b"]}),
]


@pytest.mark.parametrize(("method", "path", "said"), NULS)
def test_a_nul_in_any_text_of_a_write_is_no_trouble(
    search: SearchShop, method: str, path: str, said: dict[str, Any]
) -> None:
    if said.get("dfid") == "OWN":
        said = {**said, "dfid": dfid(search, "a")}
    assert search.call(method, path, json=said).status_code == 200
    assert search.last()["outcome"] == "accepted"


def test_a_nul_in_what_is_bought_keeps_no_sales_waiting(search: SearchShop) -> None:
    assert search.add(id="a\0b", index="c\0d", title="", amount=1, price="1").status_code == 200
    assert search.put("checkout", session_id=SESSION).status_code == 200
    office = Told(search.shop)
    office.settle()
    assert office.get("/v1/reports/search")["checkouts"] == 1


def test_stats_2_takes_a_nul_in_any_text(search: SearchShop) -> None:
    line = {"id": "a\0b", "quantity": 1, "price": "1", "title": "a\0b"}
    for name, said in (
        ("carts", {"checkout_json": [line], "currency": "\0", "session_id": "a\0b"}),
        ("sales", {"session_id": "a\0b"}),
        ("visit", {"store": "a\0b", "page_type": "a\0b"}),
    ):
        body = {"hashid": search.hashid, **said}
        answer = search.http.post(f"/api/v2/stats/{name}", json=body, headers=search.token)
        assert answer.status_code == 200, (name, answer.text)
    for hashid in ("a\0b", f"{search.hashid}\0"):
        body = {"hashid": hashid, "session_id": "x"}
        answer = search.http.post("/api/v2/stats/sales", json=body, headers=search.token)
        assert answer.status_code == 404, answer.text


@pytest.mark.parametrize(
    ("report", "wrong"),
    [
        ("clicked_items", {"query": "\0"}),
        ("clicked_items/searches", {"dfid": "a\0"}),
        ("searches/top", {"query_name[]": "a\0"}),
        ("inits", {"hashids[]": "a\0"}),
        ("inits", {"x\0": "1"}),
        ("inits", {"from": "00010101", "to": "00010102", "tz": "Asia/Tokyo"}),
        ("inits", {"from": "19691230", "to": "19700101"}),
        ("inits", {"from": "99991230", "to": "99991231", "tz": "America/New_York"}),
        ("clicks", {"from": "99990101", "to": "99991231", "tz": "Asia/Tokyo", "aggregate": "1"}),
    ],
)
def test_nul_characters_and_the_ends_of_time_are_bad_parameters(
    search: SearchShop, report: str, wrong: dict[str, str]
) -> None:
    answer = ask(search, report, **wrong)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_params")


def test_the_first_day_of_time_is_one_in_every_zone(search: SearchShop) -> None:
    for zone in ("Asia/Tokyo", "America/New_York", "Pacific/Kiritimati"):
        answer = ask(search, "inits", **{"from": "19700101", "to": "19700102", "tz": zone})
        assert (answer.status_code, len(answer.json()["results"])) == (200, 2), zone


def test_names_of_queries_are_chosen_before_the_limit(search: SearchShop) -> None:
    for query in ("red", "red", "red", "blue", "blue", "green"):
        click(search, "a", query)
    chosen = ask(search, "searches/top", **{"query_name[]": ["green", "blue"], "limit": "1"}).json()
    assert chosen == {"results": [{"query": "blue", "count": 2}], "total": 3, "total_count": 2}
    assert ask(search, "searches/top", **{"query_name": ["gree", "lue\x1f"]}).json()["results"] == []


def test_totals_are_of_everything_whatever_the_limit(search: SearchShop) -> None:
    for item, query, position in (("a", "red", 1), ("a", "blue", 1), ("b", "red", 2), ("c", "red", 3)):
        click(search, item, query, position=position)
        search.add(id=item, amount=1, price="1")
    search.put("checkout", session_id=SESSION)
    expected = {
        "clicked_items": (4, 3),
        "clicked_items/searches": (4, 2),
        "searches/top": (4, 2),
        "clicked_items/position": (4, 3),
        "top-sales": (4, 3),
    }
    for report, totals in expected.items():
        for limit in (0, 1, 100):
            found = ask(search, report, limit=str(limit)).json()
            assert (found["total"], found["total_count"]) == totals, (report, limit)
            assert len(found["results"]) == min(limit, totals[1])


def test_a_position_is_one_however_it_is_written(search: SearchShop) -> None:
    for position in (1, "1.0", "1e0", " 1 ", 1.0, 2, None, ""):
        click(search, "a", "red", position=position)
    rows = ask(search, "clicked_items/position").json()["results"]
    assert [(row["position"], row["clicks"]) for row in rows] == [(1, 5), (2, 1)]


def test_a_visit_needs_only_the_store_and_the_key_names_the_shop(search: SearchShop) -> None:
    answer = search.http.post(VISIT, json={"store": "main street", "page_type": "product"}, headers=search.token)
    assert answer.status_code == 200, answer.text
    kept = search.last()
    assert (kept["kind"], kept["outcome"], kept["channel"]) == ("visit", "accepted", "main street")
    assert search.http.post(VISIT, json={}, headers=search.token).status_code == 400
    assert search.last()["reason"] == "missing_fields"
    wrong = search.http.post(VISIT, json={"store": "main street"}, headers={"Authorization": "Token wrong"})
    assert wrong.status_code == 404
    search.change(lambda tx: admission.ban(tx, search.shop.name, "127.0.0.0/8", 0))
    assert search.http.post(VISIT, json={"store": "main street"}, headers=search.token).status_code == 403


def test_a_newline_after_an_id_is_not_part_of_it(search: SearchShop) -> None:
    for path, said in (
        ("click", {"dfid": dfid(search, "a") + "\n"}),
        ("image", {"id": "3\n"}),
        ("redirect", {"id": "3\n"}),
    ):
        assert search.put(path, session_id=SESSION, **said).status_code == 400, path
    body = {"hashid": f"{search.hashid}\n", "session_id": "x"}  # which somebody has pasted
    assert search.http.post("/api/v2/stats/sales", json=body, headers=search.token).status_code == 200
    assert search.last()["channel"] == search.hashid


def test_hashids_may_be_repeated_without_brackets(search: SearchShop) -> None:
    second = search.hashid[::-1]
    search.change(lambda tx: admission.add_channel(tx, search.shop.name, ("doofinder", second, ""), 0))
    search.put("init", session_id="a")
    path = f"/6/{second}/stats/init"
    assert search.http.put(path, params={"session_id": "b"}, headers=search.token).status_code == 200
    for chosen, inits in (([search.hashid, second], 2), ([second, search.hashid], 2), ([second], 1)):
        assert ask(search, "inits", hashids=chosen).json()["total"] == inits
    search.change(lambda tx: admission.remove_channel(tx, search.shop.name, "doofinder", second))


def test_a_banned_address_reads_no_reports(search: SearchShop) -> None:
    search.change(lambda tx: admission.ban(tx, search.shop.name, "127.0.0.0/8", 0))
    for chosen in ({}, {"hashids[]": search.hashid}):
        answer = ask(search, "inits", **chosen)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "access_denied"), chosen
    search.change(lambda tx: admission.lift_ban(tx, search.shop.name, "127.0.0.0/8"))
    assert ask(search, "inits").status_code == 200


def test_a_wrong_method_has_a_code_of_its_own(search: SearchShop) -> None:
    answer = search.http.delete("/api/v2/stats/inits", headers=search.token)
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")


def test_a_token_does_not_hold_before_it_begins(search: SearchShop) -> None:
    secret = "7" * 40
    search.change(lambda tx: shops.add_key(tx, search.shop.name, NewKey("doofinder", "later", secret), 0))
    search.change(lambda tx: shops.keep_signing_key(tx, SigningKey(search.shop.name, "later", secret), 0))
    now = int(time.time())
    for begins, status in ((now, 200), (now + 1800, 401), ("now", 401)):
        token = jwt.encode({"iat": now, "exp": now + 3600, "nbf": begins}, secret, "HS256")
        assert ask(search, "inits", headers={"Authorization": f"Bearer {token}"}).status_code == status, begins
