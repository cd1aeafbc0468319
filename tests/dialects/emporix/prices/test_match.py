"""Price matching: docs/wire/emporix.md, 8."""

from typing import Any

import httpx
import pytest

from tests.dialects.emporix.hostile import JSON, NUMBERS, check_doors, check_refusal, refuses
from tests.harness import Server, new_shop
from tests.shop import Shop, told


def items(*wanted: str, quantity: object = 1, **more: Any) -> list[dict[str, Any]]:
    return [{"itemId": {"itemType": "PRODUCT", "id": id}, "quantity": {"quantity": quantity} | more} for id in wanted]


def matched(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, told(response)
    found: list[dict[str, Any]] = response.json()
    return found


class Matcher:
    """Asks both routes about one shop."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def by_criteria(self, *wanted: str, quantity: object = 1, **criteria: Any) -> list[dict[str, Any]]:
        body = {"siteCode": "main", "targetCurrency": "EUR", "targetLocation": {"countryCode": "DE"}}
        body |= {"items": items(*wanted, quantity=quantity)} | criteria
        return matched(self.shop.service.post(f"/price/{self.shop.name}/match-prices", json=body))

    def by_context(self, guest: httpx.Client, *wanted: str, quantity: object = 1) -> list[dict[str, Any]]:
        body = {"items": items(*wanted, quantity=quantity)}
        return matched(guest.post(f"/price/{self.shop.name}/match-prices-by-context", json=body))


@pytest.fixture
def match(shop: Shop) -> Matcher:
    return Matcher(shop)


def test_a_match_says_everything_about_its_price(shop: Shop, match: Matcher) -> None:
    standard = shop.standard()
    mug = standard.products[0]
    (found,) = match.by_criteria(mug, quantity=3)
    price = shop.service.get(f"/price/{shop.name}/prices/{shop.prices[mug][0]}").json()
    model = found.pop("priceModel")
    assert model["id"] == standard.price_model
    assert (model["includesTax"], model["metadata"]["version"]) == (True, 1)
    assert found.pop("metadata")["version"] == 1
    assert found == {
        "priceId": price["id"],
        "itemId": {"itemType": "PRODUCT", "id": mug},
        "itemRef": {"itemType": "PRODUCT", "id": mug},
        "site": {"code": "main"},
        "currency": "EUR",
        "location": {"countryCode": "DE"},
        "originalValue": 11.9,
        "effectiveValue": 11.9,
        "totalValue": 35.7,
        "quantity": {"quantity": 3, "unitCode": "pc"},
        "includesTax": True,
        "tax": {
            "taxClass": "STANDARD",
            "taxRate": 19,
            "prices": {
                "originalValue": {"netValue": 10, "grossValue": 11.9, "taxValue": 1.9},
                "effectiveValue": {"netValue": 10, "grossValue": 11.9, "taxValue": 1.9},
                "totalValue": {"netValue": 30, "grossValue": 35.7, "taxValue": 5.7},
            },
        },
        "tierValues": price["tierValues"],
    }


def test_items_come_in_the_order_of_the_request_without_those_that_have_no_price(shop: Shop, match: Matcher) -> None:
    shop.standard()
    shop.product("priceless")
    found = match.by_criteria("tea", "priceless", "unknown", "mug", "tea")
    assert [one["itemId"]["id"] for one in found] == ["tea", "mug", "tea"]
    assert match.by_criteria("priceless", "unknown") == []
    assert match.by_criteria() == []


def test_a_session_without_wishes_gets_the_default_site(shop: Shop, match: Matcher) -> None:
    shop.standard()
    (found,) = match.by_context(shop.guest(), "mug")
    assert (found["site"], found["currency"], found["effectiveValue"]) == ({"code": "main"}, "EUR", 11.9)
    assert found == match.by_criteria("mug")[0]


def test_a_session_says_site_currency_and_country(shop: Shop, match: Matcher) -> None:
    shop.standard()
    shop.site("ch", currency="CHF", country="CH")
    shop.tax("CH", {"NORMAL": "8.1"})
    shop.product("cup", taxClasses={"DE": "STANDARD", "CH": "NORMAL"})
    everywhere: dict[str, Any] = {"restrictions": {"siteCodes": ["main", "ch"]}}
    shop.price("cup", 10, currency="CHF", location={"countryCode": "CH"}, **everywhere)
    shop.price("cup", 20, currency="EUR", location=None, **everywhere)
    assert match.by_context(shop.guest(siteCode="ch"), "cup")[0]["effectiveValue"] == 10
    assert match.by_context(shop.guest(siteCode="ch", currency="EUR"), "cup")[0]["tax"]["taxRate"] == 8.1
    assert match.by_context(shop.guest(targetLocation="CH"), "cup")[0]["effectiveValue"] == 20
    assert match.by_context(shop.guest(currency="USD"), "cup") == []
    path, body = f"/price/{shop.name}/match-prices-by-context", {"items": items("cup")}
    nowhere = shop.guest(siteCode="nowhere").post(path, json=body)
    assert nowhere.status_code == 400
    assert nowhere.json()["details"] == ["siteCode: there is no site with the code 'nowhere'"]


def test_a_shop_without_a_home_asks_for_the_country(shop: Shop, match: Matcher) -> None:
    path, body = f"/price/{shop.name}/match-prices-by-context", {"items": items("mug")}
    homeless = shop.guest().post(path, json=body)
    assert homeless.status_code == 400
    assert homeless.json()["details"] == ["TargetLocation may not be empty"]
    assert match.by_context(shop.guest(targetLocation="DE"), "mug") == []


@pytest.mark.parametrize(
    ("site_is_gross", "model_is_gross", "shown"),
    [
        (True, True, (350, True)),
        (False, True, (294.11764705882354, False)),
        (True, False, (416.5, True)),
        (False, False, (350, False)),
        (None, True, (350, True)),
        (None, False, (350, False)),
    ],
)
def test_the_site_says_whether_amounts_are_gross(
    shop: Shop, match: Matcher, site_is_gross: bool | None, model_is_gross: bool, shown: tuple[object, bool]
) -> None:
    side: Any = site_is_gross  # a site may leave it to the models
    shop.site(includesTax=side)
    shop.tax()
    shop.product("cup")
    shop.price("cup", 350, model=shop.price_model(includesTax=model_is_gross))
    (found,) = match.by_criteria("cup")
    assert (found["originalValue"], found["includesTax"]) == shown
    assert found["effectiveValue"] == found["originalValue"] == found["totalValue"]
    both = found["tax"]["prices"]["totalValue"]
    assert both["netValue" if model_is_gross else "grossValue"] == (294.11764705882354 if model_is_gross else 416.5)


def test_amounts_keep_seventeen_significant_digits(shop: Shop) -> None:
    shop.site(includesTax=False)
    shop.tax()
    shop.product("cup")
    shop.price("cup", 350)
    body = {"siteCode": "main", "targetCurrency": "EUR", "targetLocation": {"countryCode": "de"}}
    response = shop.service.post(f"/price/{shop.name}/match-prices", json=body | {"items": items("cup")})
    assert '"effectiveValue":294.11764705882353,' in response.text
    assert '"taxValue":55.88235294117647}' in response.text


def test_a_total_is_counted_in_measurement_units(shop: Shop, match: Matcher) -> None:
    shop.site()
    shop.tax()
    shop.product("cheese")
    hundred = shop.price_model(measurementUnit={"quantity": 100, "unitCode": "g"}, tierDefinition={"tierType": "BASIC"})
    shop.price("cheese", "1.99", model=hundred)
    assert match.by_criteria("cheese", quantity=1200)[0]["totalValue"] == 23.88
    assert match.by_criteria(items=items("cheese", quantity=1200, unitCode="g"))[0]["totalValue"] == 23.88
    assert match.by_criteria(items=items("cheese", quantity=1, unitCode="kg")) == []


def test_tiers_and_sales_make_the_value(shop: Shop, match: Matcher) -> None:
    shop.site()
    shop.tax()
    shop.product("cup")
    shop.price("cup", 3, 2, 1, model=shop.price_model(tiers=(0, 5, 10)), salePrice={"discountRate": 50})
    found = match.by_criteria("cup", quantity=7)[0]
    assert (found["originalValue"], found["effectiveValue"], found["totalValue"]) == (2, 1, 7)
    assert found["salePrice"] == {"discountRate": 50}


def test_the_lowest_fitting_price_wins(shop: Shop, match: Matcher) -> None:
    shop.site()
    shop.tax()
    shop.product("cup")
    shop.price("cup", 10)
    shop.price("cup", 8, restrictions={"principals": [{"type": "CUSTOMER", "id": "C1"}]})
    shop.price("cup", 5, restrictions={"validity": {"to": "2020-01-01T00:00:00Z"}})
    shop.price("cup", 4, restrictions={"siteCodes": []}, location={"countryCode": "AT"})
    assert match.by_criteria("cup")[0]["effectiveValue"] == 10
    assert match.by_criteria("cup", principal={"type": "CUSTOMER", "id": "C1"})[0]["effectiveValue"] == 8
    assert match.by_context(shop.guest(), "cup")[0]["effectiveValue"] == 10


def test_a_price_is_matched_by_its_own_id(shop: Shop, match: Matcher) -> None:
    shop.standard()
    dear = shop.price("mug", 99)
    wanted = [{"itemId": {"itemType": "PRICE", "id": id}, "quantity": {"quantity": 2}} for id in (dear, "unknown")]
    (found,) = match.by_criteria(items=wanted)
    assert (found["priceId"], found["totalValue"]) == (dear, 198)
    assert found["itemId"] == {"itemType": "PRODUCT", "id": "mug"}


def test_a_sku_is_the_code_of_a_product(shop: Shop, match: Matcher) -> None:
    shop.standard()
    shop.product("cup", code="CUP-1")
    price = shop.price("cup", "3")
    wanted = [{"itemId": {"itemType": "SKU", "id": id}} for id in ("none", "CUP-1", "mug")]
    found = match.by_criteria(items=wanted)
    assert [(one["priceId"], one["itemId"]["id"]) for one in found] == [
        (price, "cup"),
        (shop.prices["mug"][0], "mug"),
    ]


def test_without_a_tax_class_there_is_no_match(shop: Shop, match: Matcher) -> None:
    shop.standard()
    shop.product("elsewhere", country="FR")
    shop.product("odd", tax_class="LUXURY")
    for product in ("elsewhere", "odd", "never-made"):
        shop.price(product, 1)
    assert match.by_criteria("elsewhere", "odd", "never-made") == []
    assert match.by_criteria("mug", targetLocation={"countryCode": "FR"}) == []


def test_the_fallback_is_the_main_site(shop: Shop, match: Matcher) -> None:
    shop.standard()
    shop.site("second")
    assert match.by_criteria("mug", siteCode="second") == []
    shop.price("tea", 9, restrictions={"siteCodes": ["second"]})
    found = match.by_criteria("mug", "tea", "unknown", siteCode="second", useFallback=True)
    assert [(one["itemId"]["id"], one["site"]["code"]) for one in found] == [("mug", "main"), ("tea", "second")]
    assert match.by_criteria("mug", siteCode="nowhere", useFallback=True)[0]["site"]["code"] == "main"


def test_a_changed_price_is_matched_at_once(shop: Shop, match: Matcher) -> None:
    shop.standard()
    assert match.by_criteria("mug")[0]["effectiveValue"] == 11.9
    path = f"/price/{shop.name}/prices/{shop.prices['mug'][0]}"
    price = shop.service.get(path).json()
    shop.service.put(path, json=price | {"tierValues": [{"priceValue": 12}]})
    assert match.by_criteria("mug")[0]["effectiveValue"] == 12
    shop.service.delete(path)
    assert match.by_criteria("mug") == []


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"targetCurrency": ""}, "Currency may not be empty"),
        ({"targetCurrency": None}, "targetCurrency: Expected 'str', got 'null'"),
        ({"siteCode": ""}, "SiteCode may not be empty"),
        ({"targetLocation": {}}, "TargetLocation may not be empty"),
        ({"siteCode": "nowhere"}, "siteCode: there is no site with the code 'nowhere'"),
        ({"items": items(*["mug"] * 201)}, "Maximum size of the payload array is 200."),
        ({"items": [{"itemId": {"itemType": "ART", "id": "1"}}]}, "items[0].itemId.itemType: Invalid enum value 'ART'"),
        ({"items": {}}, "items: Expected 'array', got 'object'"),
        ({"items": [None]}, "items[0]: Expected 'object', got 'null'"),
        (
            {"items": items("mug", quantity=-1)},
            "items[0].quantity.quantity: items[0].quantity.quantity must be from 0 to 10^9"
            " with at most three decimal places",
        ),
    ],
)
def test_what_can_not_be_matched_is_refused(shop: Shop, change: dict[str, Any], detail: str) -> None:
    body = {"siteCode": "main", "targetCurrency": "EUR", "targetLocation": {"countryCode": "DE"}, "items": items("mug")}
    response = shop.service.post(f"/price/{shop.name}/match-prices", json=body | change)
    assert response.status_code == 400, told(response)
    refusal = response.json()
    assert refusal["details"] == [detail]
    assert refusal["message"] == f"{detail.partition(': ')[2] or detail}, see details for more info"


@pytest.mark.parametrize("value", NUMBERS)
def test_quantities_that_are_no_quantities_are_refused(shop: Shop, value: str) -> None:
    body = f'{{"items": [{{"itemId": {{"id": "mug"}}, "quantity": {{"quantity": {value}}}}}]}}'
    path = f"/price/{shop.name}/match-prices-by-context"
    check_refusal(value, shop.guest().post(path, content=body, headers=JSON))


def test_hostile_bodies_are_refused(shop: Shop) -> None:
    assert list(refuses(shop.service, "POST", f"/price/{shop.name}/match-prices"))
    assert list(refuses(shop.guest(), "POST", f"/price/{shop.name}/match-prices-by-context"))


def test_every_door_is_shut_to_strangers(shop: Shop, shared_server: Server) -> None:
    body = {"siteCode": "main", "targetCurrency": "EUR", "targetLocation": {"countryCode": "DE"}, "items": []}
    path = f"/price/{shop.name}/match-prices"
    with new_shop(shared_server) as other:
        check_doors(shop, other, [("POST", path, body)])
        for client in (other.guest(), shop.service):
            assert client.post(f"{path}-by-context", json={"items": []}).status_code == 403
    assert shop.client().post(f"{path}-by-context", json={"items": []}).status_code == 401
