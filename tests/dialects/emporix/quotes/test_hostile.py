"""Nothing that a client can send to the quote service is a server's fault, and nothing refused leaves a trace."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.dialects.emporix.hostile import JSON, NUMBERS, check_doors, check_refusal, refuses
from tests.harness import Server, new_shop
from tests.quotes import SHIPPING, buyer, quotes_path, requested, shown
from tests.shop import Customer, Shop, send, succeeded, told


@pytest.fixture
def asked(shop: Shop) -> tuple[Shop, Customer, str]:
    """A quote that a customer asks for."""
    shop.standard()
    customer = buyer(shop)
    return shop, customer, requested(shop, customer)


@pytest.fixture
def stranger(shared_server: Server) -> Iterator[Shop]:
    """Another shop on the same server."""
    with new_shop(shared_server) as other:
        yield other


def test_bodies_that_nobody_honest_sends(asked: tuple[Shop, Customer, str]) -> None:
    shop, customer, id = asked
    before = shown(customer, shop, id)
    for client in (shop.service, customer):
        for method, path in (("POST", quotes_path(shop)), ("PATCH", quotes_path(shop, id))):
            for _ in refuses(client, method, path):
                pass
    for _ in refuses(shop.service, "POST", f"/quote/{shop.name}/quote-reasons"):
        pass
    for _ in refuses(customer, "POST", f"/approval/{shop.name}/approval/permitted"):
        pass
    assert shown(customer, shop, id) == before
    assert len(shop.service.get(quotes_path(shop)).json()) == 1


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_that_nobody_can_calculate_with(asked: tuple[Shop, Customer, str], number: str) -> None:
    shop, customer, id = asked
    before = shown(customer, shop, id)
    item = '{"product":{"productId":"mug"},"quantity":%s,"price":{"unitPrice":%s}}'
    values = {
        "/items/0/price": f'{{"totalNetValue": {number}}}',
        "/items": item % (number, 1),
        "/items/0": item % (1, number),
        "/shipping": f'{{"value":{number},"methodId":"standard","zoneId":"de"}}',
        "/validTo": number,
    }
    for path, value in values.items():
        body = f'{{"op":"ADD","path":"{path}","value":{value}}}'
        if path != "/items":
            body = body.replace("ADD", "REPLACE")
        answer = shop.service.patch(quotes_path(shop, id), content=body, headers=JSON)
        check_refusal(path, answer)
    cart_id = shop.cart(customer, ["mug"])
    body = f'{{"cartId":"{cart_id}","shipping":{{"value":{number},"methodId":"standard","zoneId":"de"}}}}'
    check_refusal("cart", customer.post(quotes_path(shop), content=body, headers=JSON))
    assert shown(customer, shop, id) == before


def test_a_tiny_price_is_calculated_and_a_huge_sum_refused(
    asked: tuple[Shop, Customer, str],
) -> None:
    shop, customer, id = asked

    def added(quantity: str, unit: str) -> httpx.Response:
        item = f'{{"product":{{"productId":"mug"}},"quantity":{quantity},"price":{{"unitPrice":{unit}}}}}'
        body = f'{{"op":"ADD","path":"/items","value":{item}}}'
        return shop.service.patch(quotes_path(shop, id), content=body, headers=JSON)

    assert added("999999999.999", "999999999999").status_code == 400
    assert added("999999999.999", "0.00000000000000000001").status_code == 204
    assert added("0.001", "999999999999.99").status_code == 204
    assert len(shown(customer, shop, id)["items"]) == 3
    cheap = {"op": "replace", "path": "/items/1/price", "value": {"totalNetValue": 999999999999}}
    answer = send(shop.service, "PATCH", quotes_path(shop, id), cheap)
    assert answer.status_code in (204, 400), told(answer)
    assert customer.get(quotes_path(shop, id)).status_code == 200


def test_the_price_of_one_is_no_new_price_of_an_item_and_the_refusal_says_what_is(
    asked: tuple[Shop, Customer, str],
) -> None:
    shop, _, id = asked
    price = {"op": "replace", "path": "/items/0/price", "value": {"unitPrice": 5}}
    refused = send(shop.service, "PATCH", quotes_path(shop, id), price)
    assert refused.status_code == 400
    assert "items[0].price.unitPrice" in refused.text
    assert "send totalNetValue" in refused.text


def test_ids_that_no_quote_has(asked: tuple[Shop, Customer, str]) -> None:
    shop, customer, _ = asked
    for id in ("%00", "%ff", "a" * 5000, "..", "%F0%9F%A6%84", "' OR 1=1 --"):
        for client in (shop.service, customer):
            answer = client.get(quotes_path(shop, id))
            assert answer.status_code == 404, told(answer)
    answer = send(shop.service, "POST", quotes_path(shop), {"id": "a/b", "cartId": "c"})
    assert answer.status_code == 400
    body: dict[str, Any] = {"cartId": "\ud7ff" * 3000, "shipping": SHIPPING}
    assert send(customer, "POST", quotes_path(shop), body).status_code == 404


def test_growing_a_quote_without_end_is_refused(asked: tuple[Shop, Customer, str]) -> None:
    shop, customer, id = asked
    large = {"op": "ADD", "path": "/mixins/a", "value": {"text": "x" * 600_000}}
    assert send(shop.service, "PATCH", quotes_path(shop, id), large).status_code == 204
    answer = send(shop.service, "PATCH", quotes_path(shop, id), large | {"path": "/mixins/b"})
    assert answer.status_code == 400
    deep: Any = 1
    for _ in range(55):
        deep = {"a": deep}
    first = {"op": "ADD", "path": "/mixins/a", "value": deep}
    assert send(shop.service, "PATCH", quotes_path(shop, id), first).status_code == 204
    deeper = {"op": "ADD", "path": "/mixins" + "/b" * 15, "value": deep}
    assert send(shop.service, "PATCH", quotes_path(shop, id), deeper).status_code == 400
    assert set(shown(customer, shop, id)["mixins"]) == {"a"}


def test_every_write_is_refused_to_strangers(asked: tuple[Shop, Customer, str], stranger: Shop) -> None:
    shop, customer, id = asked
    reasons = f"/quote/{shop.name}/quote-reasons"
    body = {"type": "CHANGE", "code": "A", "message": {"en": "A"}}
    step = {"op": "replace", "path": "/status", "value": "OPEN"}
    calls: list[tuple[str, str, Any]] = [
        ("POST", quotes_path(shop), {"cartId": "c"}),
        ("PATCH", quotes_path(shop, id), step),
        ("DELETE", quotes_path(shop, id), None),
        ("POST", reasons, body),
        ("PUT", f"{reasons}/r", body),
        ("DELETE", f"{reasons}/r", None),
    ]
    check_doors(shop, stranger, calls)
    path = f"/approval/{shop.name}/approval/permitted"
    question = {"resourceType": "QUOTE", "resourceId": id, "action": "CHECKOUT"}
    assert shop.service.post(path, json=question).status_code == 403
    assert succeeded(customer.get(quotes_path(shop, id)), 200)["status"] == {"value": "AWAITING"}
