"""A country that there is not is refused by name wherever one is written, and so are customers who are not there."""

from typing import Any

import pytest

from tests.shop import Shop, send, told

ADDRESS = {"contactName": "Ada", "street": "Weg", "zipCode": "10115", "city": "Berlin"}
ITEM = {"itemType": "PRODUCT", "id": "mug"}
WRITES: dict[str, tuple[str, dict[str, Any], str]] = {
    "tax": (
        "POST /tax/{}/taxes",
        {"location": {"countryCode": "UK"}, "taxClasses": [{"code": "A", "rate": 1}]},
        "countryCode",
    ),
    "zone": ("POST /shipping/{}/main/zones", {"name": "z", "shipTo": [{"country": "UK"}]}, "shipTo[0].country"),
    "price list": (
        "POST /price/{}/price-lists",
        {"name": {"en": "n"}, "currency": "EUR", "siteCode": "main", "countries": ["DE", "UK"]},
        "countries",
    ),
    "price": (
        "POST /price/{}/prices",
        {"itemId": ITEM, "currency": "EUR", "location": {"countryCode": "UK"}, "tierValues": [{"priceValue": 1}]}
        | {"restrictions": {"siteCodes": ["main"]}},
        "location.countryCode",
    ),
    "product": ("POST /product/{}/products", {"code": "p", "name": "n", "taxClasses": {"UK": "A"}}, "taxClasses"),
    "site": (
        "POST /site/{}/sites",
        {"code": "uk", "name": "n", "currency": "GBP", "homeBase": {"address": {"country": "UK"}}},
        "country",
    ),
    "location": (
        "POST /customer-management/{}/locations",
        {"name": "n", "type": "WAREHOUSE", "contactDetails": {"countryCode": "UK"}},
        "contactDetails.countryCode",
    ),
    "customer": ("POST /customer/{}/me/addresses", ADDRESS | {"country": "UK"}, "country"),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_country_that_there_is_not_is_refused_with_the_one_that_is_meant(shop: Shop, name: str) -> None:
    shop.site()
    shop.price_model(default=True)
    call, body, field = WRITES[name]
    method, path = call.format(shop.name).split()
    refused = send(shop.customer() if "/me/" in path else shop.service, method, path, body)
    assert refused.status_code == 400, told(refused)
    assert field in refused.text
    assert "not 'UK', did you mean GB?" in refused.text


def test_a_shopper_ships_to_countries_that_there_are(shop: Shop) -> None:
    shop.standard()
    guest = shop.guest(targetLocation="XX")  # what some proxies say of an address that they do not know
    cart_id = shop.cart(guest, ["mug"])
    for refused in (
        send(guest, "PUT", f"/cart/{shop.name}/carts/{cart_id}", {"countryCode": "ZZ"}),
        send(guest, "POST", f"/shipping/{shop.name}/findSite", {"postalCode": "1", "country": "ZZ"}),
        guest.get(f"/cart/{shop.name}/carts/{cart_id}", params={"countryCode": "ZZ", "zipCode": "1"}),
    ):
        assert refused.status_code == 400, told(refused)
        assert "not 'ZZ'" in refused.text
    body = shop.order_request(cart_id)
    body["addresses"] = [one | {"country": "ZZ"} for one in body["addresses"]]
    placed = shop.checkout(guest, body)
    assert placed.status_code == 400, told(placed)
    assert "addresses[0].country must be an ISO 3166 code of two letters, not 'ZZ'" in placed.text


def test_a_cart_is_made_for_customers_that_there_are(shop: Shop) -> None:
    shop.standard()
    carts = f"/cart/{shop.name}/carts"
    body = {"currency": "EUR", "siteCode": "main", "customerId": "nobody"}
    asked = {"siteCode": "main", "customerId": "nobody"}
    for refused in (
        send(shop.service, "POST", carts, body),
        shop.service.get(carts, params=asked | {"create": "true"}),
    ):
        assert refused.status_code == 400, told(refused)
        assert "there is no customer 'nobody'" in refused.text
    assert shop.service.get(carts, params=asked).status_code == 404
    there = shop.customer().customer_id
    assert send(shop.service, "POST", carts, body | {"customerId": there}).status_code == 201


def test_a_company_is_in_customer_groups_that_have_names(shop: Shop) -> None:
    entities = f"/customer-management/{shop.name}/legal-entities"
    company = {"name": "Mills", "type": "COMPANY"}
    for groups in ([{"id": ""}], [{"id": " "}], [{"id": "a/b"}], [{"id": "vip"}] * 101):
        refused = send(shop.service, "POST", entities, company | {"customerGroups": groups})
        assert refused.status_code == 400, told(refused)
        assert "customerGroups" in refused.text
    assert send(shop.service, "POST", entities, company | {"customerGroups": [{"id": "vip"}]}).status_code == 201
