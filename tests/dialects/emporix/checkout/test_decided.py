"""What the vendor leaves open and was decided here, as docs/dialects/emporix.md says it."""

from decimal import Decimal
from typing import Any

import pytest

from tests.shop import Shop, succeeded

THRESHOLD = [
    {"minOrderValue": {"amount": 0, "currency": "EUR"}, "cost": {"amount": 4.9, "currency": "EUR"}},
    {"minOrderValue": {"amount": 20, "currency": "EUR"}, "cost": {"amount": 0, "currency": "EUR"}},
]


def reasons(answer: Any) -> list[str]:
    """Why a checkout was refused."""
    assert answer.status_code == 400, answer.text
    return [one["type"] for one in answer.json()["details"]]


@pytest.mark.parametrize("coupon", [{"percent": 50}, {"absolute": "20"}])
def test_shipping_is_free_for_what_the_goods_are_worth_before_any_coupon(shop: Shop, coupon: dict[str, Any]) -> None:
    shop.standard()
    shop.method("free-from-20", fees=THRESHOLD)
    guest = shop.guest()
    cart = shop.cart(guest, ["teapot"])  # 23.80
    code = shop.coupon(**coupon)
    assert guest.post(f"/cart/{shop.name}/carts/{cart}/discounts", json={"code": code}).status_code == 201
    body = shop.order_request(cart, "free-from-20")
    assert reasons(shop.checkout(guest, body)) == ["shipping_amount_mismatch"]
    body["shipping"]["amount"] = 0
    succeeded(shop.checkout(guest, body), 200)


@pytest.mark.parametrize(("provider", "status"), [("none", "CREATED"), ("custom", "IN_CHECKOUT")])
def test_an_order_with_nothing_to_pay_waits_only_where_the_client_settles_it(
    shop: Shop, provider: str, status: str
) -> None:
    shop.standard()
    shop.method("collect", fee=0)
    guest = shop.guest()
    cart = shop.cart(guest, ["mug"])
    code = shop.coupon(percent=100)
    assert guest.post(f"/cart/{shop.name}/carts/{cart}/discounts", json={"code": code}).status_code == 201
    body = shop.order_request(cart, "collect", paymentMethods=[{"provider": provider, "method": "voucher"}])
    id = succeeded(shop.checkout(guest, body), 200)["orderId"]
    order = succeeded(guest.get(f"/order-v2/{shop.name}/orders/{id}"), 200)
    assert (order["status"], order["calculatedPrice"]["finalPrice"]["grossValue"]) == (status, 0)


def test_a_price_that_is_exchanged_into_yen_is_exact_and_the_line_is_what_can_be_paid(shop: Shop) -> None:
    shop.site(currency="JPY")
    shop.tax()
    shop.product("mug")
    shop.price("mug", "10")
    shop.zone()
    shop.method(fee=0, currency="JPY")
    shop.exchange_rate("EUR", "JPY", "162.37")
    guest = shop.guest(currency="JPY", siteCode="main")
    wanted = {"items": [{"itemId": {"itemType": "PRODUCT", "id": "mug"}, "quantity": {"quantity": 3}}]}
    found = guest.post(f"/price/{shop.name}/match-prices-by-context", json=wanted).json()[0]
    assert (found["effectiveValue"], found["totalValue"]) == (1623.7, 4871.1)
    seen = {"priceId": found["priceId"], "originalAmount": Decimal("1623.7"), "effectiveAmount": Decimal("1623.7")}
    line = shop.item("mug", 3, price={**seen, "currency": "JPY"})
    cart = shop.cart(guest, [line], currency="JPY")
    id = succeeded(shop.checkout(guest, shop.order_request(cart, currency="JPY")), 200)["orderId"]
    order = succeeded(guest.get(f"/order-v2/{shop.name}/orders/{id}"), 200)
    assert order["entries"][0]["price"]["effectiveAmount"] == 1623.7
    assert order["calculatedPrice"]["finalPrice"]["grossValue"] == 4871


def test_everything_that_can_be_known_is_told_at_once(shop: Shop) -> None:
    shop.standard()
    shop.stock("mug", 1)
    guest = shop.guest()
    cart = shop.cart(guest, [("mug", 2)])
    body = shop.order_request(cart)
    body["shipping"]["amount"] = 1
    assert sorted(reasons(shop.checkout(guest, body))) == ["out_of_stock", "shipping_amount_mismatch"]


def test_the_code_of_a_deleted_coupon_stays_with_its_redemptions(shop: Shop) -> None:
    code, path = shop.coupon(), f"/coupon/{shop.name}/coupons"
    assert shop.service.delete(f"{path}/{code}").status_code == 204
    assert shop.service.get(f"{path}/{code}").status_code == 404
    again = {"code": code, "name": "n", "allowAnonymous": True, "discountType": "PERCENT", "discountPercentage": 5}
    refused = shop.service.post(path, json=again)
    assert refused.status_code == 409
    assert "it is that of a deleted coupon" in refused.text


@pytest.mark.parametrize("id", [".", ".."])
def test_an_id_that_no_path_can_hold_is_refused(shop: Shop, id: str) -> None:
    answer = shop.service.post(f"/product/{shop.name}/products", json={"id": id, "code": "c", "name": "n"})
    assert answer.status_code == 400, answer.text


def test_a_country_in_small_letters_is_one_country_in_orders_and_address_books(shop: Shop) -> None:
    shop.standard()
    customer = shop.customer()
    address = {"contactName": "Ada", "street": "S", "zipCode": "10115", "city": "Berlin", "country": "de"}
    id = succeeded(customer.post(f"/customer/{shop.name}/me/addresses", json=address), 201)["id"]
    kept = succeeded(customer.get(f"/customer/{shop.name}/me/addresses/{id}"), 200)
    assert kept["country"] == "DE"
    guest = shop.guest()
    body = shop.order_request(shop.cart(guest, ["mug"]))
    for one in body["addresses"]:
        one["country"] = "de"
    order = succeeded(shop.checkout(guest, body), 200)["orderId"]
    shown = succeeded(guest.get(f"/order-v2/{shop.name}/orders/{order}"), 200)
    assert (shown["shippingAddress"]["country"], shown["countryCode"]) == ("DE", "DE")
