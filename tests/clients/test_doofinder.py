"""Doofinder's own clients, unchanged, against a running server; afterwards the read API shows exactly their events."""

import json
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path
from zoneinfo import ZoneInfo

import pydoof
import pytest
from pydoof.management_api import stats as reports
from pydoof.search_api import exceptions, stats

from tests.clients.npm import run_script
from tests.dialects.doofinder.client import SESSION, SearchShop
from tillroll.dialects.doofinder import described
from tillroll.dialects.openapi import Answer

# Session, click, two additions and a checkout through the npm package `doofinder`, in Node.
SCRIPT = """
const Client = require("doofinder/lib/client");
const Stats = require("doofinder/lib/stats");
const { HASHID, KEY, ADDRESS, SESSION } = process.env;
const stats = new Stats(new Client(HASHID, { apiKey: KEY, address: ADDRESS }));
const said = [];
const step = (call) => new Promise((done) => call((error, answer) => { said.push([error || null, answer]); done(); }));
(async () => {
  await step((tell) => stats.registerSession(SESSION, tell));
  await step((tell) => stats.registerClick(SESSION, "SKU 1", "product", "red shoes", tell));
  await step((tell) => stats.addToCart(SESSION, "SKU 1", 2, { title: "Ford é", price: 8900.99 }, tell));
  await step((tell) => stats.addToCart(SESSION, "SKU 1", 1, { title: "Ford é", price: 8900.99 }, tell));
  await step((tell) => stats.registerCheckout(SESSION, tell));
  console.log(JSON.stringify(said));
})();
"""


def dfid(search: SearchShop) -> str:
    """The item's id as clicks name it."""
    return f"{search.hashid}@product@{md5(b'SKU 1').hexdigest()}"


def told(search: SearchShop) -> list[tuple[str, str, str, str | None, str | None]]:
    """What the read API shows: kind, outcome, subject, visitor and query of every event."""
    return [(one["kind"], one["outcome"], one["subject"], one["visitor"], one["detail"]) for one in search.events()]


def the_sale(search: SearchShop) -> list[tuple[str, str, float, float]]:
    """The items that the checkout logged."""
    cart = search.last()["document"]["cart"]
    return [(item["id"], item["title"], item["amount"], item["price"]) for item in cart]


def test_pydoof_goes_from_a_session_to_a_sale(search: SearchShop) -> None:
    client = {"search_url": search.server.url, "token": search.key}
    item = {"index_name": "product", "item_id": "SKU 1", "title": "Ford é", "price": 8900.99}
    answers = [
        stats.init_session(search.hashid, SESSION, **client),
        stats.click_stats(search.hashid, dfid(search), SESSION, query="red shoes", **client),
        stats.log_banner_image_click(search.hashid, "7", SESSION, **client),
        stats.log_redirect(search.hashid, "8", SESSION, query="sale", **client),
        stats.add_to_cart(search.hashid, session_id=SESSION, amount=2, **item, **client),
        stats.add_to_cart(search.hashid, session_id=SESSION, amount=1, **item, **client),
        stats.log_checkout(search.hashid, SESSION, **client),
    ]
    assert answers == [{"status": "registered"}] * 7
    assert told(search) == [
        ("init", "accepted", SESSION, SESSION, None),
        ("click", "accepted", dfid(search), SESSION, "red shoes"),
        ("banner_click", "accepted", "7", SESSION, None),
        ("redirect", "accepted", "8", SESSION, "sale"),
        ("cart_add", "accepted", dfid(search), SESSION, None),
        ("cart_add", "accepted", dfid(search), SESSION, None),
        ("checkout", "accepted", SESSION, SESSION, None),
    ]
    assert the_sale(search) == [("SKU 1", "Ford é", 3, 8900.99)]


def test_pydoof_understands_every_refusal(search: SearchShop) -> None:
    client = {"search_url": search.server.url, "token": search.key}
    with pytest.raises(exceptions.BadRequestError) as refused:
        stats.init_session(search.hashid, "s" * 33, **client)
    assert refused.value.message == "session_id should have 32 characters or less"
    with pytest.raises(exceptions.ForbiddenError) as forbidden:
        stats.log_checkout(search.hashid, SESSION, search_url=search.server.url, token="eu1-wrong")
    assert forbidden.value.message == "forbidden"
    assert pydoof.token is None
    assert [one["outcome"] for one in search.events()] == ["refused", "refused"]


def test_the_npm_package_goes_from_a_session_to_a_sale(search: SearchShop, node_modules: Path) -> None:
    environment = {"HASHID": search.hashid, "KEY": search.key, "ADDRESS": search.server.url, "SESSION": SESSION}
    said = json.loads(run_script(node_modules, SCRIPT, **environment))
    assert said == [[None, "OK"]] * 5
    assert told(search) == [
        ("init", "accepted", SESSION, SESSION, None),
        ("click", "accepted", dfid(search), SESSION, "red shoes"),
        ("cart_add", "accepted", dfid(search), SESSION, None),
        ("cart_add", "accepted", dfid(search), SESSION, None),
        ("checkout", "accepted", SESSION, SESSION, None),
    ]
    assert the_sale(search) == [("SKU 1", "Ford é", 3, 8900.99)]


def test_the_npm_package_understands_a_refusal(search: SearchShop, node_modules: Path) -> None:
    environment = {"HASHID": search.hashid, "KEY": "eu1-wrong", "ADDRESS": search.server.url, "SESSION": SESSION}
    said = json.loads(run_script(node_modules, SCRIPT, **environment))
    assert [error["statusCode"] for error, _ in said] == [403] * 5
    assert {error["error"] for error, _ in said} == {"request not authenticated"}


def test_every_success_is_200_with_a_body_of_json(search: SearchShop) -> None:
    """Anything else is an error to the npm package, and a text to pydoof, whatever its status."""
    description = described.description()
    assert {status for one in description.operations for status in one.answers if status < 300} == {200}
    for one in description.operations:
        said = one.answers.get(200)
        assert not isinstance(said, Answer) or said.content_type == "application/json", one
    for answer in (
        search.put("init", session_id=SESSION),
        search.add(),
        search.put("checkout", session_id=SESSION),
        search.call("DELETE", f"cart/{SESSION}"),
        search.http.get(f"/5/stats/init?hashid={search.hashid}&session_id={SESSION}", headers=search.token),
        search.http.get("/api/v2/stats/inits?from=20261101&to=20261102", headers=search.token),
    ):
        assert answer.status_code == 200
        assert answer.json()


def test_a_moment_that_pydoof_makes_a_day_of_is_meant_in_the_zone_that_is_named(search: SearchShop) -> None:
    """The client writes the date of a datetime as it stands, and drops its zone."""
    search.put("init", session_id=SESSION)
    now = datetime.now(UTC)
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        here = now.astimezone(ZoneInfo(zone))
        found = reports.inits(here, here, tz=zone, management_url=search.server.url, token=search.key)
        assert found["total"] == 1, zone
