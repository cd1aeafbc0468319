"""The checkout on the wire: what is answered, byte for byte, and which detail names which part of request or cart."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.shop import Guest, Shop, send
from tillroll.dialects.emporix.wire.rejections import CHECKOUT_DETAILS
from tillroll.domain.rejections import Reason

Body = dict[str, Any]


@pytest.fixture
def ready(shop: Shop) -> tuple[Shop, Guest, Body]:
    """A standard shop, a guest with a cart, and the request that would buy it."""
    shop.standard()
    guest = shop.guest()
    return shop, guest, shop.order_request(shop.cart(guest, ["mug", ("tea", 2)]))


def _details(shop: Shop, guest: Guest, body: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Field and type of each detail of a refusal, whose frame is checked on the way."""
    answer = shop.checkout(guest, body)
    assert answer.status_code == 400, answer.text
    document = answer.json()
    assert (document["status"], document["type"]) == (400, "validation_violation")
    assert document["message"] == "There are validation problems, see details section for more information"
    assert document["moreInfo"] == ""
    assert all(set(detail) == {"field", "type", "message", "moreInfo"} for detail in document["details"])
    assert all(detail["message"] for detail in document["details"])
    return {(detail["field"], detail["type"]) for detail in document["details"]}


def test_an_order_is_answered_with_its_id(ready: tuple[Shop, Guest, Body]) -> None:
    shop, guest, body = ready
    answer = shop.checkout(guest, body)
    assert answer.status_code == 200
    assert answer.content == b'{"orderId":"EON1001","paymentDetails":null,"checkoutId":""}'
    assert answer.headers["content-type"] == "application/json"
    assert "location" not in answer.headers


def test_the_plural_path_is_the_same_checkout(ready: tuple[Shop, Guest, Body]) -> None:
    shop, guest, body = ready
    assert send(guest, "POST", f"/checkout/{shop.name}/checkouts/orders", body).status_code == 200
    assert shop.checkout(guest, body).status_code == 409


def test_a_cart_that_is_an_order_is_refused_with_the_winner(ready: tuple[Shop, Guest, Body]) -> None:
    shop, guest, body = ready
    shop.checkout(guest, body)
    answer = shop.checkout(guest, body)
    assert answer.status_code == 409
    cart_id = body["cartId"]
    assert answer.text == (
        f'{{"status":409,"type":"Conflict","message":"Order with cartId \'{cart_id}\' and checkout=true already exists '
        f'(order id: EON1001)","moreInfo":null,"details":[{{"field":"cartId","type":"unique_checkout_cartId_index",'
        f'"message":"{cart_id}","moreInfo":null}},{{"field":"existingOrderId",'
        f'"type":"unique_checkout_cartId_index","message":"EON1001","moreInfo":null}}]}}'
    )


def test_the_cart_of_another_guest_does_not_exist(ready: tuple[Shop, Guest, Body]) -> None:
    shop, guest, body = ready
    assert _details(shop, shop.guest(), body) == {("cartId", "cart_not_found")}
    shop.checkout(guest, body)
    assert _details(shop, shop.guest(), body) == {("cartId", "cart_not_found")}


def test_fields_that_clients_send_beyond_the_schema_are_passed_over(ready: tuple[Shop, Guest, Body]) -> None:
    shop, guest, body = ready
    body |= {"deliveryWindowId": "w", "anything": [1]}
    body["addresses"] = [address | {"id": "a", "isDefault": True} for address in body["addresses"]]
    body["customer"] |= {"customerNumber": "1", "accounts": []}
    body["paymentMethods"][0] |= {"displayName": "Invoice", "customAttributes": {"deferred": True, "customer": {}}}
    assert shop.checkout(guest, body).status_code == 200


def _without(*path: str | int) -> Callable[[Body], None]:
    def change(body: Body) -> None:
        part: Any = body
        for step in path[:-1]:
            part = part[step]
        del part[path[-1]]

    return change


def _with(value: object, *path: str | int) -> Callable[[Body], None]:
    def change(body: Body) -> None:
        part: Any = body
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = value

    return change


SHAPES: list[tuple[Callable[[Body], None], str, str]] = [
    (_without("cartId"), "cartId", "missing_value"),
    (_with(None, "cartId"), "cartId", "missing_value"),
    (_with(None, "customer"), "customer", "missing_value"),
    (_with(None, "shipping"), "shipping", "missing_value"),
    (_with("a" * 9000 + "@b.c", "customer", "email"), "customer.email", "invalid_value"),
    (_without("customer"), "customer", "missing_value"),
    (_without("shipping"), "shipping", "missing_value"),
    (_without("addresses"), "addresses", "missing_value"),
    (_without("paymentMethods"), "paymentMethods", "missing_value"),
    (_with(7, "cartId"), "cartId", "invalid_value"),
    (_with([], "customer"), "customer", "invalid_value"),
    (_with({}, "addresses"), "addresses", "invalid_value"),
    (_with("x", "addresses", 1), "addresses[1]", "invalid_value"),
    (_with(7, "currency"), "currency", "invalid_value"),
    (_without("addresses", 1, "zipCode"), "addresses[1].zipCode", "missing_value"),
    (_with(10115, "addresses", 0, "zipCode"), "addresses[0].zipCode", "invalid_value"),
    (_with("1234567890ab", "addresses", 0, "zipCode"), "addresses[0].zipCode", "invalid_value"),
    (_with("Germany", "addresses", 0, "country"), "addresses[0].country", "invalid_value"),
    (_without("addresses", 0, "contactName"), "addresses[0].contactName", "missing_value"),
    (_without("customer", "email"), "customer.email", "missing_value"),
    (_with("nobody", "customer", "email"), "customer.email", "invalid_value"),
    (_with("yes", "customer", "guest"), "customer.guest", "invalid_value"),
    (_without("shipping", "zoneId"), "shipping.zoneId", "missing_value"),
    (_with("free", "shipping", "amount"), "shipping.amount", "invalid_value"),
    (_with(-1, "shipping", "amount"), "shipping.amount", "invalid_value"),
    (_without("paymentMethods", 0, "provider"), "paymentMethods[0].provider", "missing_value"),
    (_with([], "paymentMethods"), "paymentMethods", "invalid_payment_methods"),
    (_with("payment-gateway", "paymentMethods", 0, "provider"), "paymentMethods[0].customAttributes.modeId",
     "invalid_payment_methods"),
    (_with("none", "cartId"), "cartId", "cart_not_found"),
    (_with("FR", "addresses", 0, "country"), "shipping.zoneId", "shipping_zone_not_found"),
    (_with("drone", "shipping", "methodId"), "shipping.methodId", "shipping_method_not_found"),
    (_with(0, "shipping", "amount"), "shipping.amount", "shipping_amount_mismatch"),
    (_with("USD", "currency"), "currency", "currency_mismatch"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "field", "type"), SHAPES)
def test_what_is_wrong_with_a_request_is_named_by_its_path(
    ready: tuple[Shop, Guest, Body], change: Callable[[Body], None], field: str, type: str
) -> None:
    shop, guest, body = ready
    change(body)
    assert (field, type) in _details(shop, guest, body)
    assert guest.get(f"/order-v2/{shop.name}/orders").json() == []


def test_what_can_not_be_read_and_what_is_not_true_are_told_together(ready: tuple[Shop, Guest, Body]) -> None:
    shop, guest, body = ready
    shop.stock("mug", 0)
    shop.service.delete(f"/product/{shop.name}/products/tea")
    del body["addresses"][1]["zipCode"]
    del body["addresses"][1]["city"]
    body["customer"]["guest"] = "maybe"
    body["shipping"]["amount"] = 1
    assert _details(shop, guest, body) == {
        ("addresses[1].zipCode", "missing_value"),
        ("addresses[1].city", "missing_value"),
        ("customer.guest", "invalid_value"),
        ("cart.items[0].quantity", "out_of_stock"),
        ("cart.items[1].itemYrn", "product_not_found"),
    }


def test_a_refused_checkout_leaves_nothing(ready: tuple[Shop, Guest, Body]) -> None:
    shop, guest, body = ready
    shop.stock("mug", 1)
    code = shop.coupon(maxRedemptions=1)
    send(guest, "POST", f"/cart/{shop.name}/carts/{body['cartId']}/discounts", {"code": code})
    assert _details(shop, guest, body | {"paymentMethods": []}) == {("paymentMethods", "invalid_payment_methods")}
    assert shop.on_hand("mug") == 1
    assert shop.service.get(f"/coupon/{shop.name}/coupons/{code}").json()["redemptionCount"] == 0
    assert shop.checkout(guest, body).status_code == 200
    assert shop.on_hand("mug") == 0
    assert shop.service.get(f"/coupon/{shop.name}/coupons/{code}").json()["redemptionCount"] == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff\xfe",
        b'{"cartId": "\\u0000"}',
        b'{"cartId": "\\ud800"}',
        b"[" * 100_000,
        b'{"cartId":"x","shipping":{"amount":1e999999999}}',
        b'{"cartId":"x","shipping":{"methodId":"a","zoneId":"b","methodName":"c","amount":' + b"9" * 5000 + b"}}",
        b'{"cartId":"x","customer":{"mixins":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}}",
        json.dumps({"cartId": "x" * 100_000, "addresses": [{}] * 1000, "paymentMethods": [None] * 40}).encode(),
    ],
)
def test_hostile_bodies_are_refused_in_the_checkouts_own_shape(shop: Shop, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = shop.guest().post(f"/checkout/{shop.name}/checkouts/order", content=content, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["type"] == "validation_violation"
    assert answer.json()["details"]


def test_a_schema_address_with_a_nul_names_no_schema(ready: tuple[Shop, Guest, Body]) -> None:
    shop, guest, body = ready
    body["customer"] |= {"mixins": {"m": {}}, "metadata": {"mixins": {"m": "x/%00.json"}}}
    assert _details(shop, guest, body) == {("customer.mixins.m", "schema_violation")}


def test_a_currency_of_null_is_none_whatever_else_is_sent(ready: tuple[Shop, Guest, Body]) -> None:
    shop, guest, body = ready
    body["currency"] = None
    body["paymentMethods"][0]["customAttributes"] = {"paymentType": "paymentByCredit"}
    assert shop.checkout(guest, body).status_code == 200


def test_what_is_nested_too_deeply_is_not_kept(ready: tuple[Shop, Guest, Body]) -> None:
    shop, guest, body = ready
    deep: Any = 1
    for _ in range(100):
        deep = [deep]
    body["paymentMethods"][0]["customAttributes"] = {"deep": deep}
    answer = shop.checkout(guest, body)
    assert (answer.status_code, answer.json()["type"]) == (400, "validation_violation")


def test_a_back_office_does_not_check_out(ready: tuple[Shop, Guest, Body]) -> None:
    shop, _, body = ready
    answer = send(shop.service, "POST", f"/checkout/{shop.name}/checkouts/order", body)
    assert answer.status_code == 403
    assert answer.json()["type"] == "insufficient_permissions"


def test_every_reason_has_its_words() -> None:
    assert set(CHECKOUT_DETAILS) == set(Reason)
