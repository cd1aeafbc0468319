"""What a cart costs, and how it keeps up with the merchant's prices (docs/wire/emporix.md, 5, 5.4 and 6.1)."""

from typing import Any

import httpx
import pytest

from tests.shop import Shop, succeeded, told


def cart_path(shop: Shop, guest: httpx.Client, lines: list[Any]) -> str:
    return f"/cart/{shop.name}/carts/{shop.cart(guest, lines)}"


def prices_of(cart: dict[str, Any]) -> list[tuple[float, float]]:
    return [
        (item["price"]["effectiveAmount"], item["calculatedPrice"]["price"]["grossValue"]) for item in cart["items"]
    ]


def reprice(shop: Shop, product: str, amount: str) -> None:
    """Another value for a product's price."""
    price_id, _, _ = shop.prices[product]
    path = f"/price/{shop.name}/prices/{price_id}"
    document = succeeded(shop.service.get(path), 200)
    document["tierValues"] = [{"priceValue": float(amount)}]
    answer = shop.service.put(path, json={name: value for name, value in document.items() if name != "metadata"})
    assert answer.status_code in (200, 204), told(answer)


def test_a_whole_cart_adds_up(shop: Shop) -> None:
    shop.standard()
    guest = shop.guest()
    cart = succeeded(guest.get(cart_path(shop, guest, [("mug", 2), "teapot", ("tea", 3)])), 200)
    assert cart["totalUnitsCount"] == 6
    price = {"netValue": 70, "grossValue": 79.7, "taxValue": 9.7}
    assert cart["calculatedPrice"]["price"] == price
    lines = [
        {"netValue": 30, "grossValue": 32.1, "taxValue": 2.1, "taxCode": "REDUCED", "taxRate": 7},
        {"netValue": 40, "grossValue": 47.6, "taxValue": 7.6, "taxCode": "STANDARD", "taxRate": 19},
    ]
    assert cart["calculatedPrice"]["finalPrice"] == price | {"taxAggregate": {"lines": lines}}
    for name in ("totalPrice", "subTotalPrice", "totalAuthorizedAmount"):
        assert cart[name] == {"amount": 79.7, "currency": "EUR"}
    assert cart["totalDiscount"] == {"amount": 0, "currency": "EUR"}
    assert cart["taxAggregate"] == {
        "lines": [
            {"name": "REDUCED", "amount": 2.1, "rate": 7, "taxable": 32.1},
            {"name": "STANDARD", "amount": 7.6, "rate": 19, "taxable": 47.6},
        ]
    }
    assert cart["subtotalAggregate"] == {"currency": "EUR"} | price
    assert "discounts" not in cart


def test_a_cart_can_be_had_without_calculation(shop: Shop) -> None:
    shop.standard()
    guest = shop.guest()
    path = cart_path(shop, guest, ["mug"])
    plain = succeeded(guest.get(path, params={"expandCalculation": "false"}), 200)
    assert plain["items"][0]["itemYrn"].endswith(";mug")
    assert "calculatedPrice" not in plain
    assert "calculatedPrice" not in plain["items"][0]
    assert "calculatedPrice" in succeeded(guest.get(path, params={"expandCalculation": "true"}), 200)


def test_the_place_decides_the_tax(shop: Shop) -> None:
    shop.standard()
    shop.tax("FR", {"STANDARD": 20, "REDUCED": 10})
    shop.product("cup", taxClasses={"DE": "STANDARD", "FR": "STANDARD"})
    shop.price("cup", "12")
    guest = shop.guest()
    path = cart_path(shop, guest, ["cup"])

    def rate(**query: str) -> int:
        cart = succeeded(guest.get(path, params=query), 200)
        found: int = cart["items"][0]["unitPrice"]["taxRate"]
        return found

    assert rate() == 19
    assert rate(countryCode="fr", zipCode="75001") == 20
    assert rate() == 19
    for query in ({"countryCode": "FR"}, {"zipCode": "75001"}, {"countryCode": "FRA", "zipCode": "1"}):
        assert guest.get(path, params=query).status_code == 400
    guest.put(path, json={"countryCode": "FR", "zipCode": "75001"})
    assert rate() == 20
    assert rate(countryCode="DE", zipCode="10115") == 20
    guest.put(path, json={"addresses": [{"type": "SHIPPING", "country": "DE"}]})
    assert rate() == 20
    guest.put(path, json={"addresses": [{"type": "BILLING", "country": "DE"}]})
    assert rate() == 19


def test_a_net_site_shows_net_prices(shop: Shop) -> None:
    shop.site(includesTax=False)
    shop.tax()
    shop.product("mug")
    shop.price("mug", "11.90")
    shop.product("cup")
    shop.price("cup", "10", model=shop.price_model(includesTax=False))
    guest = shop.guest()
    cart = succeeded(guest.get(cart_path(shop, guest, ["mug", "cup"])), 200)
    for item in cart["items"]:
        assert item["unitPrice"]["netValue"] == 10
        assert item["unitPrice"]["grossValue"] == 11.9
    assert (cart["totalPrice"]["amount"], cart["totalAuthorizedAmount"]["amount"]) == (20, 23.8)


def test_a_refresh_reads_the_prices_again(shop: Shop) -> None:
    shop.standard()
    guest = shop.guest()
    path = cart_path(shop, guest, ["mug", "tea"])
    assert succeeded(guest.get(f"{path}/validate"), 200) == {"isValid": True}
    reprice(shop, "mug", "9.52")
    shop.service.delete(f"/product/{shop.name}/products/tea")
    invalid = succeeded(guest.get(f"{path}/validate"), 200)
    assert invalid["isValid"] is False
    assert [detail["id"] for detail in invalid["itemsValidationDetails"]] == ["0", "1"]
    price_id, _, _ = shop.prices["mug"]
    assert invalid["itemsValidationDetails"][0]["errors"] == [
        {
            "errorCode": "CART-ITEM-UNIT-PRICE-100001",
            "message": f"Item's price '{price_id}' was not found in the price match",
            "field": "items.unitPrice",
        }
    ]
    refreshed = guest.put(f"{path}/refresh")
    assert (refreshed.status_code, refreshed.content) == (204, b"")
    cart = succeeded(guest.get(path), 200)
    assert prices_of(cart) == [(9.52, 9.52), (10.7, 10.7)]
    version = cart["metadata"]["version"]
    invalid = succeeded(guest.get(f"{path}/validate"), 200)
    assert [detail["id"] for detail in invalid["itemsValidationDetails"]] == ["1"]
    assert guest.put(f"{path}/refresh", json={}).status_code == 204
    assert succeeded(guest.get(path), 200)["metadata"]["version"] == version


def test_a_refresh_finds_the_tier_of_the_quantity(shop: Shop) -> None:
    shop.standard()
    shop.product("cup")
    shop.price("cup", "10", "8", model=shop.price_model(tiers=(0, 5)))
    guest = shop.guest()
    path = cart_path(shop, guest, ["cup"])
    guest.put(f"{path}/items/0?partial=true", json={"quantity": 5})
    assert succeeded(guest.get(f"{path}/validate"), 200)["isValid"] is False
    assert prices_of(succeeded(guest.get(path), 200)) == [(10, 40)]
    guest.put(f"{path}/refresh")
    assert succeeded(guest.get(f"{path}/validate"), 200)["isValid"] is True
    assert prices_of(succeeded(guest.get(path), 200)) == [(8, 40)]


@pytest.fixture
def swiss(shop: Shop) -> Shop:
    """The standard shop with a site in Switzerland, where only the mug has a price."""
    shop.standard()
    shop.site("ch", currency="CHF", country="CH")
    shop.tax("CH", {"STANDARD": 8})
    product = succeeded(shop.service.get(f"/product/{shop.name}/products/mug"), 200)
    product["taxClasses"]["CH"] = "STANDARD"
    answer = shop.service.put(f"/product/{shop.name}/products/mug", json=product)
    assert answer.status_code in (200, 204), told(answer)
    known = shop.prices["mug"]
    shop.price("mug", "15", currency="CHF", location={"countryCode": "CH"}, restrictions={"siteCodes": ["ch"]})
    shop.price("mug", "13", currency="CHF", location={"countryCode": "DE"}, restrictions={"siteCodes": ["main"]})
    shop.prices["mug"] = known
    return shop


def test_a_cart_moves_to_another_site_and_takes_its_prices(swiss: Shop) -> None:
    guest = swiss.guest()
    path = cart_path(swiss, guest, [("mug", 2)])
    moved = guest.post(f"{path}/changeSite", json={"siteCode": "ch"})
    assert (moved.status_code, moved.content) == (200, b"")
    cart = succeeded(guest.get(path), 200)
    assert (cart["siteCode"], cart["currency"]) == ("ch", "CHF")
    assert prices_of(cart) == [(15, 30)]
    assert cart["items"][0]["unitPrice"]["taxRate"] == 8
    assert succeeded(guest.get(f"{path}/validate"), 200) == {"isValid": True}
    assert guest.post(f"{path}/changeSite", json={"siteCode": "nowhere"}).status_code == 400
    assert guest.post(f"{path}/changeSite", json={}).status_code == 400


def test_a_cart_takes_another_currency(swiss: Shop) -> None:
    guest = swiss.guest()
    path = cart_path(swiss, guest, [("mug", 2)])
    assert guest.post(f"{path}/changeCurrency", json={"currency": "CHF"}).status_code == 200
    cart = succeeded(guest.get(path), 200)
    assert (cart["siteCode"], cart["currency"]) == ("main", "CHF")
    assert prices_of(cart) == [(13, 26)]
    assert guest.put(path, json={"currency": "EUR"}).status_code == 204
    assert prices_of(succeeded(guest.get(path), 200)) == [(11.9, 23.8)]
    hostile: tuple[Any, ...] = ({"currency": "XXXX"}, {"currency": "chf"}, {"currency": None}, {}, [])
    for body in hostile:
        assert guest.post(f"{path}/changeCurrency", json=body).status_code == 400


@pytest.mark.parametrize(
    ("method", "place", "body"),
    [
        ("POST", "/changeSite", {"siteCode": "ch"}),
        ("POST", "/changeCurrency", {"currency": "CHF"}),
        ("PUT", "", {"siteCode": "ch", "zipCode": "8000"}),
        ("PUT", "", {"currency": "CHF", "zipCode": "8000"}),
    ],
)
def test_a_cart_stays_where_it_is_if_a_line_has_no_price_there(swiss: Shop, method: str, place: str, body: Any) -> None:
    guest = swiss.guest()
    path = cart_path(swiss, guest, ["mug", "tea"])
    refused = guest.request(method, path + place, json=body)
    assert refused.status_code == 400, told(refused)
    assert refused.json()["message"].startswith("The items 1 have no price in CHF on the site")
    cart = succeeded(guest.get(path), 200)
    assert (cart["siteCode"], cart["currency"], cart.get("zipCode")) == ("main", "EUR", None)
    assert prices_of(cart) == [(11.9, 11.9), (10.7, 10.7)]


def test_a_cart_does_not_move_onto_another_one(swiss: Shop) -> None:
    guest = swiss.guest()
    path = cart_path(swiss, guest, ["mug"])
    swiss.cart(guest, siteCode="ch", currency="CHF")
    refused = guest.post(f"{path}/changeSite", json={"siteCode": "ch"})
    assert (refused.status_code, refused.json()["message"]) == (409, "Duplicate key found for a unique index")


def test_a_cart_whose_site_is_gone_is_still_shown(shop: Shop) -> None:
    shop.standard()
    shop.site("gone")
    guest = shop.guest()
    path = f"/cart/{shop.name}/carts/{shop.cart(guest, ['mug'], siteCode='gone')}"
    assert shop.service.delete(f"/site/{shop.name}/sites/gone").status_code == 204
    cart = succeeded(guest.get(path), 200)
    assert cart["siteCode"] == "gone"
    assert succeeded(guest.get(f"{path}/validate"), 200)["isValid"] is False
    assert guest.put(f"{path}/refresh").status_code == 204
    assert guest.post(f"{path}/changeSite", json={"siteCode": "main"}).status_code == 200
