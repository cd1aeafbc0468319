"""What a shop begins with that `tillroll shop add` has made: set-up tools and tutorials can go on with it."""

import json
from typing import Any

import pytest

from tests.harness import Server, new_shop_name, run_cli
from tests.shop import Shop, send, succeeded, told
from tillroll.dialects.emporix.site.defaults import Beginning


def fresh(server: Server, *options: str) -> Shop:
    """A shop that an operator has just added."""
    added = run_cli("shop", "add", new_shop_name(), "--json", *options, database_url=server.database_url)
    assert added.returncode == 0, added.stderr
    return Shop(server.url, json.loads(added.stdout))


def configured(shop: Shop, key: str) -> Any:
    """What is configured under a key."""
    return succeeded(shop.service.get(f"/configuration/{shop.name}/configurations/{key}"), 200)["value"]


def test_a_fresh_shop_sells_as_soon_as_it_has_taxes_and_a_price(shared_server: Server) -> None:
    with fresh(shared_server) as shop:
        site = succeeded(shop.service.get(f"/site/{shop.name}/sites/main"), 200)
        assert (site["currency"], site["default"], site["homeBase"]["address"]["country"]) == ("EUR", True, "DE")
        assert [one["code"] for one in shop.guest().get(f"/currency/{shop.name}/currencies").json()] == ["EUR"]
        assert json.loads(configured(shop, "project_lang"))[0]["id"] == "en"
        assert json.loads(configured(shop, "project_curr"))[0]["id"] == "EUR"
        assert configured(shop, "project_country") == "DE"
        for key in ("taxConfiguration", "packagingConf", "storefront.host", "cust.notification.email.from"):
            path = f"/configuration/{shop.name}/configurations/{key}"
            changed = shop.service.put(path, json={"key": key, "value": "changed", "version": 1})
            assert changed.status_code == 200, told(changed)
        shop.tax()
        shop.product("mug")
        price = {"itemId": {"itemType": "PRODUCT", "id": "mug"}, "currency": "EUR", "tierValues": [{"priceValue": 12}]}
        price["restrictions"] = {"siteCodes": ["main"]}
        id = succeeded(send(shop.service, "POST", f"/price/{shop.name}/prices", price), 201)["id"]
        asked = {"items": [{"itemId": price["itemId"], "quantity": {"quantity": 2}}]}
        guest = shop.guest(currency="EUR", siteCode="main", targetLocation="DE")
        matched = guest.post(f"/price/{shop.name}/match-prices-by-context", json=asked).json()
        assert [(one["priceId"], one["totalValue"], one["includesTax"]) for one in matched] == [(id, 24, True)]
    shared_server.check_log()


def test_a_fresh_shop_is_at_home_where_it_says(shared_server: Server) -> None:
    with fresh(shared_server, "--currency", "USD", "--country", "ca") as shop:
        site = succeeded(shop.service.get(f"/site/{shop.name}/sites/main"), 200)
        assert (site["currency"], site["homeBase"]["address"]["country"], site["shipToCountries"]) == (
            "USD",
            "CA",
            ["CA"],
        )
    refused = run_cli("shop", "add", new_shop_name(), "--country", "Germany", database_url=shared_server.database_url)
    assert (refused.returncode, "ISO 3166" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("currency", "home"), [("EUR", "DE"), ("USD", "US"), ("CHF", "CH"), ("JPY", "JP"), ("XAF", "CM")]
)
def test_without_a_country_a_shop_is_at_home_where_its_currency_is(currency: str, home: str) -> None:
    assert Beginning(currency, "").home == home
    assert Beginning(currency, "", "FR").home == "FR"
