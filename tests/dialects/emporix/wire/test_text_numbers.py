"""Numbers that come as text: what is plainly a number is one, and nothing else is read as one."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.shop import Shop, send, succeeded, told

ODD = ["1_0", "\uff11\uff10", "\u0661", " 1", "1 ", "+1", ".5", "5.", "0x1", "Infinity", "NaN", "", "ten"]

Write = Callable[[Shop, Any], httpx.Response]


def price(shop: Shop, amount: Any) -> httpx.Response:
    """A price of this amount."""
    body = {"itemId": {"itemType": "PRODUCT", "id": "mug"}, "currency": "EUR", "priceModelId": shop.price_model()}
    return shop.service.post(f"/price/{shop.name}/prices", json=body | {"tierValues": [{"priceValue": amount}]})


def tax(shop: Shop, rate: Any) -> httpx.Response:
    """A tax table with this rate."""
    body = {"location": {"countryCode": "FR"}, "taxClasses": [{"code": "STANDARD", "name": "S", "rate": rate}]}
    return shop.service.post(f"/tax/{shop.name}/taxes", json=body)


def stock(shop: Shop, level: Any) -> httpx.Response:
    """A count of this many."""
    return shop.service.put(f"/availability/{shop.name}/availability/mug/main", json={"stockLevel": level})


def coupon(shop: Shop, percentage: Any) -> httpx.Response:
    """A coupon of this many percent."""
    body = {"name": "x", "discountType": "PERCENT", "discountPercentage": percentage}
    return shop.service.post(f"/coupon/{shop.name}/coupons", json=body)


def item(shop: Shop, quantity: Any) -> httpx.Response:
    """This many mugs in a new cart."""
    guest = shop.guest()
    path = f"/cart/{shop.name}/carts/{shop.cart(guest)}/items"
    return send(guest, "POST", path, shop.item("mug") | {"quantity": quantity})


def match(shop: Shop, quantity: Any) -> httpx.Response:
    """The best price of this many mugs."""
    body = {"items": [{"itemId": {"itemType": "PRODUCT", "id": "mug"}, "quantity": {"quantity": quantity}}]}
    return shop.guest().post(f"/price/{shop.name}/match-prices-by-context", json=body)


WRITES: list[Write] = [price, tax, stock, coupon, item, match]


@pytest.mark.parametrize("write", WRITES, ids=lambda one: one.__name__)
def test_text_that_is_no_plain_number_is_refused(shop: Shop, write: Write) -> None:
    shop.standard()
    for text in ODD:
        answer = write(shop, text)
        assert answer.status_code == 400, (text, told(answer))
    assert write(shop, "7").is_success


def test_a_checkout_reads_no_odd_amount(shop: Shop) -> None:
    shop.standard()
    guest = shop.guest()
    order = shop.order_request(shop.cart(guest, ["mug"]))
    for text in ODD:
        answer = shop.checkout(guest, order | {"shipping": order["shipping"] | {"amount": text}})
        assert answer.status_code == 400, told(answer)
        assert [one["field"] for one in answer.json()["details"]] == ["shipping.amount"], text
    noted = order["customer"] | {"mixins": {"note": {"amount": "1_0"}}}  # the client's own text, and no amount of ours
    plain = order["shipping"] | {"amount": "4.90"}
    succeeded(shop.checkout(guest, order | {"customer": noted, "shipping": plain}), 200)


def test_a_number_that_came_as_text_is_shown_as_a_number(shop: Shop) -> None:
    shop.standard()
    succeeded(tax(shop, "5.5"), 201)
    shown = succeeded(shop.service.get(f"/tax/{shop.name}/taxes/FR"), 200)
    assert Decimal(str(shown["taxClasses"][0]["rate"])) == Decimal("5.5")
    assert not isinstance(shown["taxClasses"][0]["rate"], str)
