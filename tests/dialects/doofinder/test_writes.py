"""Every write over the wire: its errors in the documented order and words, who may report, and what carts add up to."""

import time
from typing import Any

import httpx
import jwt
import pytest
from jwt.warnings import InsecureKeyLengthWarning

from tests.dialects.doofinder.client import CAR, ORIGIN, SESSION, SearchShop
from tillroll.engine.access import admission
from tillroll.engine.search import audit as audit_search
from tillroll.engine.search import carts as search_carts
from tillroll.engine.shops import shops
from tillroll.engine.shops.shops import NewKey
from tillroll.store.access.credentials import SigningKey

MD5 = "de29f1402910db53545f1afd96e3514c"  # of "SKU 1"
LONG_SESSION = "s" * 33
LONG_USER = "u" * 37
REGISTERED = b'{"status":"registered"}'

SESSION_TEXT = "session_id should have 32 characters or less"
NO_ITEM = "Invalid cart item data"

ERRORS: list[tuple[str, str, dict[str, Any], str]] = [
    ("PUT", "init", {}, "[session_id] fields are missing"),
    ("PUT", "init", {"session_id": LONG_SESSION, "user_id": LONG_USER}, SESSION_TEXT),
    ("PUT", "init", {"session_id": SESSION, "user_id": LONG_USER}, "invalid_user_id"),
    ("PUT", "init", {"session_id": {}}, "Bad request"),
    ("PUT", "click", {}, "[dfid, session_id] fields are missing"),
    ("PUT", "click", {"session_id": SESSION}, "[dfid] fields are missing"),
    ("PUT", "click", {"session_id": LONG_SESSION, "dfid": "x"}, "Bad request, dfid is invalid"),
    (
        "PUT",
        "click",
        {"session_id": LONG_SESSION, "dfid": f"{'0' * 32}@product@{MD5}"},
        "Item hashid must be the same as search engine hashid",
    ),
    ("PUT", "click", {"session_id": LONG_SESSION, "dfid": "OWN"}, SESSION_TEXT),
    ("PUT", "click", {"session_id": SESSION, "dfid": "OWN", "position": 0}, "Bad request, position is invalid"),
    ("PUT", "click", {"session_id": SESSION, "dfid": "OWN", "position": "1.5"}, "Bad request, position is invalid"),
    ("PUT", "image", {}, "[id, session_id] fields are missing"),
    ("PUT", "image", {"session_id": SESSION, "id": "a1"}, "Invalid redirect id"),
    ("PUT", "redirect", {}, "[session_id, id] fields are missing"),
    ("PUT", "redirect", {"session_id": SESSION, "id": -1}, "Invalid redirect id"),
    ("PUT", "cart/x", {}, 'Following fields are missing: ["id", "index", "title"]'),
    ("PUT", "cart/x", {"id": "1"}, 'Following fields are missing: ["index", "title"]'),
    ("PUT", f"cart/{LONG_SESSION}", {**CAR, "amount": "x"}, SESSION_TEXT),
    ("PUT", "cart/x", {**CAR, "amount": "x"}, NO_ITEM),
    ("PUT", "cart/x", {**CAR, "amount": -1}, NO_ITEM),
    ("PUT", "cart/x", {**CAR, "amount": 1e30}, NO_ITEM),
    ("PUT", "cart/x", {**CAR, "amount": True}, NO_ITEM),
    ("PUT", "cart/x", {**CAR, "price": "free"}, NO_ITEM),
    ("PUT", "cart/x", {**CAR, "price": -0.01}, NO_ITEM),
    ("PUT", "cart/x", {**CAR, "id": []}, NO_ITEM),
    ("PUT", "cart/x", {**CAR, "title": {}}, NO_ITEM),
    ("PATCH", "cart/x", {}, 'Following fields are missing: ["id", "index", "amount"]'),
    ("DELETE", f"cart/{LONG_SESSION}", {}, SESSION_TEXT),
    ("PUT", "checkout", {}, "Bad request"),
    ("PUT", "checkout", {"session_id": LONG_SESSION, "user_id": LONG_USER}, SESSION_TEXT),
    ("PUT", "checkout", {"session_id": SESSION, "user_id": LONG_USER}, "invalid_user_id"),
    ("PUT", "checkout", {"session_id": SESSION, "sources": [1]}, "Bad request"),
    ("PUT", "checkout", {"session_id": SESSION, "sources": {}}, "Bad request"),
]


def test_every_documented_error_has_its_words_and_is_kept(search: SearchShop) -> None:
    own = {"dfid": f"{search.hashid}@product@{MD5}"}
    for method, path, wrong, said in ERRORS:
        parameters = {**wrong, **(own if wrong.get("dfid") == "OWN" else {})}
        answer = search.call(method, path, json=parameters)
        assert (answer.status_code, answer.json()) == (400, {"error": said}), (method, path, parameters)
        assert answer.headers["access-control-allow-origin"] == "*"
    assert [event["outcome"] for event in search.events()] == ["refused"] * len(ERRORS)
    counted = search.read("/v1/events/outcomes")
    assert counted["calls"] == len(ERRORS)
    assert {one["outcome"] for one in counted["outcomes"]} == {"refused"}


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff", b"[" * 100_000, b'{"session_id":"\\ud800"}', b"NaN", b'"text"', b"[1]", b"%ff=1", b"1" * 5000],
)
def test_a_body_that_can_not_be_read_is_a_bad_request_and_kept(search: SearchShop, body: bytes) -> None:
    answer = search.call("PUT", "checkout", content=body)
    assert (answer.status_code, answer.content) == (400, b'{"error":"Bad request"}')
    kept = search.last()
    assert (kept["kind"], kept["reason"]) == ("checkout", "bad_request")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b'""'])
def test_nothing_in_a_body_is_no_body(search: SearchShop, body: bytes) -> None:
    assert search.call("PUT", "checkout", params={"session_id": SESSION}, content=body).content == REGISTERED


@pytest.mark.parametrize("id", ["", "\0", "é" * 300, "a" * 1000, "\u2028", "../..", "'; --", 0, 12.5])
def test_ids_may_be_anything_that_a_shop_calls_its_items(search: SearchShop, id: object) -> None:
    assert search.add(id=id, index="prod\0uct", title="").content == REGISTERED
    assert search.add(id=id, index="prod\0uct", title="").content == REGISTERED
    ((_, amount),) = search.cart_of()
    assert amount == 2


def test_parameters_come_from_the_query_a_form_or_json_and_the_body_wins(search: SearchShop) -> None:
    search.call("PUT", "init", params={"session_id": "query"}, json={"session_id": "json"})
    search.call("PUT", "init", content=b"session_id=form&user_id=u+1")
    search.call("PUT", "init", params={"session_id": "query"}, content=b"[]")
    assert [event["visitor"] for event in search.events()] == ["json", "form", "query"]
    assert search.events()[1]["person"] == "u 1"


def test_carts_add_up_subtract_stop_at_nothing_and_are_bought_once(search: SearchShop) -> None:
    for amount in (1, "2", None, 0):
        assert search.add(amount=amount).status_code == 200
    search.add(id="SKU 2", amount=2)
    search.call("PATCH", f"cart/{SESSION}", json={**CAR, "id": "SKU 2", "amount": 5})
    search.add(id="SKU 2", amount=1)
    search.call("PATCH", f"cart/{SESSION}", json={**CAR, "id": "never", "amount": 1})
    search.put("checkout", session_id=SESSION, user_id="ada", sources=["layer"])
    search.put("checkout", session_id=SESSION)
    search.add(id="SKU 3", amount=1)
    search.put("checkout", session_id=SESSION)
    first, repeat, second = search.events(kind="checkout")
    assert [(item["id"], item["amount"]) for item in first["document"]["cart"]] == [("SKU 1", 4), ("SKU 2", 1)]
    assert (first["outcome"], first["person"], first["document"]["said"]["sources"]) == ("accepted", "ada", ["layer"])
    assert (repeat["outcome"], repeat["document"]["cart"]) == ("repeated", [])
    assert (second["outcome"], [item["id"] for item in second["document"]["cart"]]) == ("accepted", ["SKU 3"])


def test_a_cleared_cart_is_empty_and_another_session_is_another_cart(search: SearchShop) -> None:
    search.add()
    search.add(session="other")
    assert search.call("DELETE", f"cart/{SESSION}").content == REGISTERED
    assert search.call("DELETE", "cart/never-seen").content == REGISTERED
    assert search.cart_of() == []
    assert search.cart_of("other") == [("SKU 1", 1)]


def test_the_price_that_was_said_last_holds_and_none_is_unknown(search: SearchShop) -> None:
    search.add(price="10.10")
    search.add(price=9.90)
    search.add(price=None)
    search.add(id="SKU 2", price="")
    search.cart_of()
    assert [item["price"] for item in search.last()["document"]["cart"]] == [9.9, None]


def test_a_click_and_a_cart_name_one_item(search: SearchShop) -> None:
    dfid = f"{search.hashid}@product@{MD5}"
    search.put("click", session_id=SESSION, dfid=dfid.upper().replace("PRODUCT", "product"), query="red", position="1")
    search.add()
    click, added = search.events(subject=dfid)
    assert (click["kind"], click["detail"], added["kind"]) == ("click", "red", "cart_add")


def answer_to(search: SearchShop, **headers: str | bytes) -> httpx.Response:
    """What an init with these headers alone gets."""
    return search.call("PUT", "init", params={"session_id": SESSION}, headers=headers)


def test_keys_admit_with_and_without_zone_and_scheme(search: SearchShop) -> None:
    bare = search.key.removeprefix("eu1-")
    for header in (f"Token {search.key}", f"Token {bare}", f"token us1-{bare}", search.key, bare):
        assert answer_to(search, Authorization=header).status_code == 200, header
    for wrong in ("Token", "Token x", f"Basic {bare}", f"Bearer {bare}", search.native_key, b"\xff"):
        answer = answer_to(search, Authorization=wrong)
        assert (answer.status_code, answer.content) == (403, b'{"error":"forbidden"}'), wrong
    assert answer_to(search).status_code == 403


def test_browsers_are_admitted_by_their_origin(search: SearchShop) -> None:
    assert answer_to(search, Origin=ORIGIN).status_code == 403
    assert search.last()["reason"] == "origin_not_allowed"
    search.admit_origin()
    assert answer_to(search, Origin=ORIGIN).status_code == 200
    assert answer_to(search, Origin="https://elsewhere.example").status_code == 403
    assert answer_to(search, Origin=ORIGIN, Authorization="Token wrong").status_code == 403


def test_a_client_of_version_5_that_is_told_to_speak_6_is_understood(search: SearchShop) -> None:
    def get(name: str, **said: str) -> httpx.Response:
        params = {"hashid": search.hashid, "random": "1", **said}
        return search.http.get(f"/6/stats/{name}", params=params, headers={"Authorization": search.key})

    calls = [get("init", session_id=SESSION), get("img_click", img_id="3"), get("anything", session_id=SESSION)]
    calls += [get("add-to-cart", session_id=SESSION, item_id="SKU 1", amount="2", title="Ford")]
    for answer in calls:
        assert (answer.status_code, answer.content) == (200, b'{"status":"registered"}')
        assert answer.headers["cache-control"] == "no-store"
    assert [event["kind"] for event in search.events()] == ["init", "banner_click", "other", "cart_add"]
    assert search.cart_of() == [("SKU 1", 2)]
    refused = get("init")
    assert (refused.status_code, refused.json()) == (400, {"error": "[session_id] fields are missing"})
    unknown = get("init", session_id=SESSION, hashid="0" * 32)
    assert (unknown.status_code, unknown.json()) == (403, {"error": "forbidden"})


def test_an_abandoned_cart_is_emptied_and_one_whose_session_is_still_there_is_kept(search: SearchShop) -> None:
    for session in ("abandoned", "used", "bought"):
        search.add(session, id="a", amount=2)
    search.put("checkout", session_id="bought")
    deadline = time.time_ns() // 1000
    search.add("used", id="b")
    seen: list[int] = []
    for _ in range(2):
        search.change(lambda tx: seen.append(search_carts.expire_idle(tx, deadline, deadline, 10_000)))
    assert seen[1] == 0
    expired = search.events(kind="cart_expired")
    assert [(one["visitor"], one["channel"], one["outcome"]) for one in expired] == [
        ("abandoned", search.hashid, "accepted")
    ]
    left = {"id": "a", "index": "product", "title": CAR["title"], "thousandths": 2000}
    assert expired[0]["document"]["left"] == [left]
    faults: list[str] = []
    search.change(lambda tx: faults.extend(audit_search.problems_of_carts(tx)))
    assert faults == []
    assert search.cart_of("used") == [("a", 2), ("b", 1)]
    assert search.cart_of("abandoned") == []


def test_a_banned_address_is_refused_in_its_words_whatever_key_it_has(search: SearchShop) -> None:
    search.change(lambda tx: admission.ban(tx, search.shop.name, "127.0.0.0/8", 0))
    answer = search.put("init", session_id=SESSION)
    assert (answer.status_code, answer.content) == (403, b'{"error":"banned ip"}')
    assert search.last()["reason"] == "banned_ip"
    headers = {**search.token, "x-forwarded-for": "203.0.113.7"}  # whose word nobody has asked the server to believe
    assert search.call("PUT", "init", json={"session_id": SESSION}, headers=headers).status_code == 403
    search.change(lambda tx: admission.lift_ban(tx, search.shop.name, "127.0.0.0/8"))
    assert search.put("init", session_id=SESSION).status_code == 200


def test_an_engine_of_nobody_and_another_shops_key_are_refused(search: SearchShop, shop: Any) -> None:
    second = "f" * 31 + "0"
    search.change(lambda tx: admission.add_channel(tx, shop.name, ("doofinder", second, ""), 0))
    for hashid, status in ((second, 200), (f"{second}-old", 200), ("e" * 32, 403), ("x", 403)):
        path = f"/6/{hashid}/stats/init"
        assert search.http.put(path, params={"session_id": "s"}, headers=search.token).status_code == status
    for path, status, said in (
        ("/5/stats/init?session_id=s&hashid=x", 404, {"error": "search engine not found"}),
        ("/5/stats/init?session_id=s", 404, {"error": "search engine not found"}),
    ):
        answer = search.http.get(path, headers=search.token)
        assert (answer.status_code, answer.json()) == (status, said)
    search.change(lambda tx: admission.remove_channel(tx, shop.name, "doofinder", second))
    assert {event["channel"] for event in search.events()} == {second}


def test_a_repeated_key_has_one_effect_and_is_kept_as_a_repeat(search: SearchShop) -> None:
    keyed = {**search.token, "Idempotency-Key": "once"}
    answers = [search.call("PUT", f"cart/{SESSION}", json=CAR, headers=keyed) for _ in range(3)]
    assert {answer.content for answer in answers} == {REGISTERED}
    other = search.call("PUT", f"cart/{SESSION}", json={**CAR, "amount": 7}, headers=keyed)
    assert other.status_code == 422
    assert [event["outcome"] for event in search.events()] == ["accepted", "repeated", "repeated", "refused"]
    assert search.cart_of() == [("SKU 1", 1)]


def test_a_key_stands_for_what_its_query_string_says(search: SearchShop) -> None:
    keyed = {**search.token, "Idempotency-Key": "once"}
    said = {name: value for name, value in CAR.items() if name != "price"}

    def add(amount: str) -> httpx.Response:
        return search.call("PUT", f"cart/{SESSION}", params={**said, "amount": amount}, headers=keyed)

    assert [add("1").status_code, add("1").status_code, add("7").status_code] == [200, 200, 422]
    assert [event["outcome"] for event in search.events()] == ["accepted", "repeated", "refused"]
    assert search.cart_of() == [("SKU 1", 1)]


def test_stats_v2_takes_tokens_that_a_kept_key_has_signed(search: SearchShop) -> None:
    secret = "eu1-" + "5" * 40
    now = int(time.time())
    claims = {"iat": now, "exp": now + 3600, "name": "back office"}

    def status(payload: dict[str, Any], key: str = secret, algorithm: str = "HS256") -> int:
        headers = {"Authorization": f"Bearer {jwt.encode(payload, key, algorithm)}"}
        body = {"hashid": search.hashid, "session_id": "s"}
        return search.http.post("/api/v2/stats/sales", json=body, headers=headers).status_code

    assert status(claims) == 401
    key = NewKey("doofinder", "signing", secret.removeprefix("eu1-"))
    search.change(lambda tx: shops.add_key(tx, search.shop.name, key, 0))
    search.change(lambda tx: shops.keep_signing_key(tx, SigningKey(search.shop.name, "signing", secret), 0))
    assert status(claims) == 200
    assert status(claims, secret.removeprefix("eu1-")) == 200
    for wrong in (
        {**claims, "exp": now - 1},
        {**claims, "exp": now + 8 * 86_400},
        {**claims, "iat": now + 3600},
        {**claims, "iat": "now"},
        {"exp": now + 3600},
        {"iat": now},
    ):
        assert status(wrong) == 401, wrong
    assert status(claims, "6" * 40) == 401
    with pytest.warns(InsecureKeyLengthWarning):
        assert status(claims, algorithm="HS512") == 401


@pytest.mark.parametrize(
    ("price", "counted"),
    [("$1,299.00", 1299.0), ("12,50 €", 12.5), ("1.299,00 €", 1299.0), ("CHF 1'299.00", 1299.0), ("$12.50", 12.5)],
)
def test_a_price_is_read_as_its_locale_writes_it(search: SearchShop, price: str, counted: float) -> None:
    assert search.add(price=price).status_code == 200
    lines = [{"id": "2", "quantity": 1, "price": price}]
    whole = {"hashid": search.hashid, "session_id": "other", "checkout_json": lines}
    answer = search.http.post("/api/v2/stats/carts", json=whole, headers=search.token)
    assert answer.status_code == 200, answer.text
    assert search.put("checkout", session_id=SESSION).status_code == 200
    assert [item["price"] for item in search.last()["document"]["cart"]] == [counted]


@pytest.mark.parametrize("price", ["1.299 €", "$1,299", "1,299"])
def test_a_price_of_two_meanings_is_refused_by_name(search: SearchShop, price: str) -> None:
    answer = search.add(price=price)
    assert (answer.status_code, "can be" in answer.text) == (400, True)
    assert search.cart_of() == []


@pytest.mark.parametrize("packed", ["sources=a&sources=b", "sources[]=a&sources[]=b", "sources[0]=a&sources[1]=b"])
@pytest.mark.parametrize("place", ["query", "form"])
def test_sources_are_a_list_however_they_are_packed(search: SearchShop, packed: str, place: str) -> None:
    assert search.add().status_code == 200
    if place == "query":
        answer = search.call("PUT", f"checkout?session_id={SESSION}&{packed}")
    else:
        answer = search.call("PUT", "checkout", content=f"session_id={SESSION}&{packed}".encode())
    assert answer.status_code == 200
    assert search.last()["document"]["said"]["sources"] == ["a", "b"]
