"""`POST /ingest` and `POST /checkout`: who may, what is accepted, and what becomes of it (docs/wire/scout.md, 3-6)."""

import json
import re
import time
from html import unescape
from typing import Any

import httpx
import pytest

from tests.harness import Server, new_shop, run_cli, save_redirect_uri
from tests.owner import REDIRECT, SAMPLE, Application, Grant, Owner
from tests.shop import Shop
from tests.store.ground import opened
from tillroll.domain.inventory.inventory import CURRENCIES
from tillroll.engine.inventory import items as inventory
from tillroll.engine.inventory.items import ItemFilter
from tillroll.engine.ledger import ledger
from tillroll.engine.ledger.ledger import EventFilter
from tillroll.store.inventory.items import ItemCursor

OK = b'{"success":true}'


def refused(answer: httpx.Response, status: int, *said: str) -> None:
    """Fail unless the answer is Scout's own no, with this status, and names these things."""
    assert answer.status_code == status, answer.text
    document = answer.json()
    assert document.keys() == {"success", "message"}
    assert document["success"] is False
    assert all(word in document["message"] for word in said), document["message"]


def names(owner: Owner, **query: str) -> list[str]:
    """The items on the inventory's page."""
    return re.findall(r'/inventory/items/[0-9a-f]{32}"><bdi>([^<]*)', owner.page("/inventory", query))


@pytest.mark.parametrize("path", ["/ingest", "/checkout"])
def test_the_sample_is_an_item_space_after_the_token_included(
    application: Application, owner: Owner, grant: Grant, path: str
) -> None:
    answer = application.post(grant.post(access_token=f"{grant.access_token} "), path)
    assert (answer.status_code, answer.content) == (200, OK)
    assert names(owner) == [SAMPLE["name"]]
    assert "175.00 USD" in owner.page("/inventory")


def test_an_identical_repeat_is_a_success_and_no_second_item(
    application: Application, owner: Owner, grant: Grant
) -> None:
    for path in ("/ingest", "/checkout", "/ingest"):
        assert application.post(grant.post(), path).content == OK
    assert len(names(owner)) == 1
    (item,) = re.findall(r"/inventory/items/[0-9a-f]{32}", owner.page("/inventory"))
    assert "repeated 2 times" in owner.page(item)


def test_a_corrected_repeat_is_a_new_version_and_the_newest_counts(
    application: Application, owner: Owner, grant: Grant
) -> None:
    application.post(grant.post(tax=1500))
    application.post(grant.post(tax=2500))
    application.post(grant.post(tax=1500))  # the first one once more, late: no correction of the correction
    (item,) = re.findall(r"/inventory/items/[0-9a-f]{32}", owner.page("/inventory"))
    page = owner.page(item)
    assert "185.00 USD" in page
    assert "175.00 USD" in page
    assert "version 2 by ingest" in page
    assert "version 3" not in page
    assert "185.00 spent" in owner.page("/inventory")


@pytest.mark.parametrize("other", [{"size": "2"}, {"sku": "CI1173-401"}, {"color": "Black"}, {"order_id": "2"}])
def test_another_article_of_an_order_is_another_item(
    application: Application, owner: Owner, grant: Grant, other: dict[str, Any]
) -> None:
    application.post(grant.post())
    application.post(grant.post(**other))
    assert len(names(owner)) == 2


def test_without_a_sku_the_name_tells_items_apart(application: Application, owner: Owner, grant: Grant) -> None:
    for name in ("Dunk", "Dunk High", "Dunk"):
        assert application.post(grant.post(sku=None, name=name)).content == OK
    assert sorted(names(owner)) == ["Dunk", "Dunk High"]


@pytest.mark.parametrize("currency", CURRENCIES)
def test_each_of_the_ten_currencies_is_accepted(application: Application, grant: Grant, currency: str) -> None:
    assert application.post(grant.post(purchase_currency=currency)).content == OK


@pytest.mark.parametrize(
    "tolerated",
    [
        {"user_id": "text"},
        {"purchase_price": 15000.0},
        {"purchase_price": "15000"},
        {"purchase_currency": "USD"},
        {"checkout_time": 1591086812000},
        {"checkout_time": "1591086812"},
        {"size": 1},
        {"tax": None},
        {"brand": "", "color": None, "store": "  "},
        {"tags": "drop"},
        {"tags": ["drop", "raffle"]},
        {"tags": []},
        {"unknown": {"deep": [1, 2.5]}},
        {"name": "Ünïcode 靴 👟"},
        {"purchase_price": 0},
        {"checkout_time": 0},
    ],
    ids=str,
)
def test_what_real_clients_send_is_understood(
    application: Application, owner: Owner, grant: Grant, tolerated: dict[str, Any]
) -> None:
    body = grant.post(**tolerated)
    if "user_id" in tolerated:
        body["user_id"] = str(grant.user_id)
    assert application.post(body).content == OK
    assert len(names(owner)) == 1


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"order_id": None}, 400),
        ({"name": ""}, 400),
        ({"size": None}, 400),
        ({"purchase_price": None}, 400),
        ({"purchase_currency": None}, 400),
        ({"checkout_time": None}, 400),
        ({"user_id": None}, 400),
        ({"access_token": None}, 400),
        ({"access_token": ["x"]}, 400),
        ({"name": {"en": "Shoe"}}, 400),
        ({"purchase_price": "a lot"}, 400),
        ({"purchase_price": True}, 400),
        ({"tags": [1]}, 400),
        ({"tags": {"a": 1}}, 400),
        ({"purchase_currency": "jpy"}, 422),
        ({"purchase_currency": "dollars"}, 422),
        ({"purchase_price": -1}, 422),
        ({"purchase_price": 150.5}, 422),
        ({"purchase_price": 10**30}, 422),
        ({"tax": -1}, 422),
        ({"shipping_price": 10**13}, 422),
        ({"checkout_time": -1}, 422),
        ({"checkout_time": 10**17}, 422),
        ({"name": "x" * 501}, 422),
        ({"tags": ["x"] * 51}, 422),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_and_leaves_nothing(
    application: Application, owner: Owner, grant: Grant, wrong: dict[str, Any], status: int
) -> None:
    (field,) = wrong
    refused(application.post(grant.post(**wrong)), status, field)
    assert names(owner) == []


def test_a_time_more_than_a_day_ahead_is_refused(application: Application, grant: Grant) -> None:
    ahead = int(time.time()) + 90_000
    refused(application.post(grant.post(checkout_time=ahead)), 422, "checkout_time")
    assert application.post(grant.post(checkout_time=ahead - 7_200)).content == OK


def test_every_problem_is_named_at_once(application: Application, grant: Grant) -> None:
    wrong = grant.post(order_id=None, purchase_price=-1, purchase_currency="jpy", name=7.5, size=[])
    refused(application.post(wrong), 400, "order_id", "purchase_price", "purchase_currency", "size")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"null",
        b"\xff\xfe",
        b'{"a":NaN}',
        b"[" * 20_000,
        b'{"name":"\\u0000"}',
        b'{"a":"\\ud800"}',
    ],
)
def test_what_is_no_json_object_is_400(application: Application, body: bytes) -> None:
    refused(application.client.post("/ingest", content=body, headers={"content-type": "application/json"}), 400)


@pytest.mark.parametrize("number", ["1e9999999", "-1e9999999", "1e999999999999999999", "1e-9999999", "9" * 4000])
def test_no_number_is_too_large_to_be_refused(application: Application, grant: Grant, number: str) -> None:
    body = json.dumps(grant.post(purchase_price=0)).replace('"purchase_price": 0', f'"purchase_price": {number}')
    answer = application.client.post("/ingest", content=body, headers={"content-type": "application/json"})
    refused(answer, answer.status_code)
    assert answer.status_code in (400, 422)


def test_a_wrong_key_is_403_before_anything_is_said_of_the_fields(
    application: Application, kith: Shop, grant: Grant
) -> None:
    for key in ("", "wrong", kith.credentials["native"]["api_key"], kith.credentials["emporix"]["client_secret"]):
        answer = application.client.post("/ingest", json={}, headers={"x-api-key": key})
        refused(answer, 403, "API key")


def test_a_wrong_token_is_403_before_anything_is_said_of_the_fields(application: Application, grant: Grant) -> None:
    refused(application.post({"user_id": grant.user_id, "access_token": "0" * 24}), 403, "access_token")
    refused(application.post(grant.post(user_id=9_999_999)), 403, "user_id")
    refused(application.post(grant.post(user_id=0)), 403)


def test_a_token_is_worth_nothing_in_the_hands_of_another_application(
    application: Application, other_application: Application, grant: Grant
) -> None:
    refused(other_application.post(grant.post()), 403, "another application")
    refused(other_application.info(grant.access_token), 403, "another application")


def test_posting_needs_the_scope_checkouts(application: Application, owner: Owner) -> None:
    grant = application.granted(owner, "username")
    refused(application.post(grant.post()), 403, "checkouts")


def test_a_wrong_method_path_or_kind_of_body_is_said_in_the_documented_statuses(application: Application) -> None:
    refused(application.client.get("/ingest"), 404)
    refused(application.client.put("/checkout", json={}), 404)
    refused(application.client.post("/ingest", content=b"a=b", headers={"content-type": "text/plain"}), 400)
    big = json.dumps({"name": "x" * 1_100_000}).encode()
    refused(application.client.post("/ingest", content=big, headers={"content-type": "application/json"}), 400)


def test_the_checkout_of_emporix_is_still_there_beside_it(application: Application, kith: Shop) -> None:
    answer = application.client.post(f"/checkout/{kith.name}/checkouts/order", json={})
    assert answer.status_code == 401


def test_the_ledger_has_each_call_with_its_outcome_and_without_the_token(
    application: Application, kith: Shop, grant: Grant
) -> None:
    for body in (grant.post(), grant.post(), grant.post(purchase_currency="jpy"), grant.post(access_token="f" * 24)):
        application.post(body)
    key = {"authorization": f"Bearer {kith.credentials['native']['api_key']}"}
    answer = application.client.get(
        "/v1/events", headers=key, params={"dialect": "scout", "visitor": str(grant.user_id)}
    )
    assert answer.status_code == 200, answer.text
    assert grant.access_token not in answer.text
    events = answer.json()["events"]
    assert [(one["kind"], one["outcome"], one["reason"]) for one in events] == [
        ("purchase", "accepted", ""),
        ("purchase", "repeated", ""),
        ("purchase", "refused", "unprocessable"),
        ("purchase", "refused", "wrong_token"),
    ]


def test_a_nul_character_is_refused_at_any_depth_and_its_name_in_letters_is_text(
    application: Application, owner: Owner, grant: Grant
) -> None:
    body = grant.post(name="NAME", sku=None)
    for place in ({"name": "a\0b"}, {"name": "\0"}, {"note": [{"\0": 1}]}, {"note": {"deep": ["\0"]}}):
        refused = application.post({**body, **place})
        assert refused.status_code == 400
        assert refused.json() == {"success": False, "message": "The body holds a NUL character, which no field may."}
    for name in (r"C:\u0000", r"\\u0000", "%00"):
        assert application.post({**body, "name": name}).json() == {"success": True}
        assert name in unescape(owner.page("/inventory"))


def test_what_nobody_knows_of_a_post_is_kept_once_and_not_without_end(
    application: Application, kith: Shop, grant: Grant, shared_server: Server
) -> None:
    post = grant.post(order_id="once", note="kept", endless="x" * 300_000)
    assert application.post(post).status_code == 200
    assert application.post(post).status_code == 200
    assert application.post({**post, "purchase_currency": "xxx", "name": "y" * 300_000}).status_code == 422
    with opened(shared_server.database_url) as store:
        wanted = EventFilter(visitor=str(grant.user_id), limit=500)
        accepted, repeated, refused_post = store.write_now(lambda tx: ledger.events(tx, kith.name, wanted))
        (item,) = store.write_now(lambda tx: inventory.page(tx, grant.user_id, ItemFilter(), (9, ItemCursor())))
        (version,) = store.write_now(lambda tx: inventory.versions(tx, item.id))
    assert "kept" not in accepted.document
    assert all('"note":"kept"' in one for one in (version.raw, repeated.document, refused_post.document))
    assert all('"truncated":' in one for one in (version.raw, repeated.document, refused_post.document))
    assert max(len(one) for one in (version.raw, accepted.document, repeated.document, refused_post.document)) < 8_000


def test_a_post_names_the_fields_that_nobody_reads_and_a_strict_shop_refuses_them(
    shared_server: Server, owner: Owner
) -> None:
    with new_shop(shared_server) as shop:
        keys = shop.credentials["scout"]
        save_redirect_uri(shared_server.database_url, keys["client_id"], REDIRECT)
        with Application(shop.url, keys["client_id"], keys["api_key"]) as application:
            grant = application.granted(owner)
            answer = application.post(grant.post(colour="blue", Size="2"))
            assert (answer.status_code, answer.headers["tillroll-ignored"]) == (200, "colour, Size")
            assert "tillroll-ignored" not in application.post(grant.post()).headers
            done = run_cli("shop", "set", shop.name, "--strict-fields", database_url=shared_server.database_url)
            assert (done.returncode, done.stdout) == (0, "strict_fields  yes\n")
            refused(
                application.post(grant.post(colour="blue", order_id="2")),
                400,
                "There is no field colour, did you mean color?",
            )
            assert application.post(grant.post(order_id="2")).content == OK
    assert len(names(owner)) == 2


def test_a_program_is_told_of_a_wrong_field(program: httpx.Client) -> None:
    goods = {"purchase_currency": "eur", "purchase_price": 100, "name": "Mug", "size": "1"}
    goods |= {"checkout_time": 1591086812, "colour": "blue"}
    answer = program.post("/v1/inventory/items", json=goods)
    assert (answer.status_code, answer.headers["tillroll-ignored"]) == (201, "colour")
