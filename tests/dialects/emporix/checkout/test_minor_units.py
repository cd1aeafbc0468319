"""A currency's own minor unit decides what is charged: three places for a dinar, none for a yen or an ounce of gold."""

from decimal import Decimal
from typing import Any

import pytest

from tests.dialects.emporix.orders.test_orders import check_audit
from tests.harness import Server, new_shop
from tests.shop import Shop, number, succeeded

DINARS = ("KWD", "BHD", "OMR", "JOD", "TND", "IQD", "LYD")


def open_at(shop: Shop, currency: str, price: str, fee: str, **site: Any) -> None:
    """A shop that sells a mug in a currency, without tax, and ships it at a fee."""
    shop.site(currency=currency, includesTax=False, **site)
    shop.tax(rates={"STANDARD": 0})
    shop.price(shop.product("mug"), price, model=shop.price_model(includesTax=False), currency=currency)
    shop.zone()
    shop.method(fee=fee, currency=currency)


def bought(shop: Shop, currency: str, quantity: int = 1, *codes: str) -> dict[str, Any]:
    """The order of so many mugs, as the cart has shown it; what is paid is said by the client."""
    guest = shop.guest()
    cart = shop.cart(guest, [("mug", quantity)], currency=currency)
    for code in codes:
        succeeded(guest.post(f"/cart/{shop.name}/carts/{cart}/discounts", json={"code": code}), 201)
    address = {"countryCode": "DE", "zipCode": "10115"}
    assert guest.put(f"/cart/{shop.name}/carts/{cart}", json=address).status_code == 204
    shown = guest.get(f"/cart/{shop.name}/carts/{cart}").json()["calculatedPrice"]["finalPrice"]
    pays = [{"provider": "none", "method": "invoice", "amount": number(str(shown["grossValue"]))}]
    body = shop.order_request(cart, currency=currency, paymentMethods=pays)
    placed = succeeded(shop.checkout(guest, body), 200)
    order: dict[str, Any] = succeeded(guest.get(f"/order-v2/{shop.name}/orders/{placed['orderId']}"), 200)
    assert order["calculatedPrice"]["finalPrice"]["grossValue"] == shown["grossValue"]
    return order


def total(order: dict[str, Any]) -> Decimal:
    return number(str(order["calculatedPrice"]["finalPrice"]["grossValue"]))


@pytest.mark.parametrize("currency", DINARS)
def test_a_dinar_has_three_places_where_the_merchant_says_nothing(shared_server: Server, currency: str) -> None:
    with new_shop(shared_server, currency) as shop:
        open_at(shop, currency, "1.005", "0.255")
        order = bought(shop, currency)
        assert (total(order), order["totalPrice"], order["subTotalPrice"]) == (Decimal("1.26"), 1.26, 1.005)
        tenth, fixed = shop.coupon(percent=10), f"FIXED{currency}"
        body: dict[str, Any] = {"code": fixed, "name": fixed, "allowAnonymous": True, "discountType": "ABSOLUTE"}
        body["discountAbsolute"] = {"amount": 0.125, "currency": currency}
        succeeded(shop.service.post(f"/coupon/{shop.name}/coupons", json=body), 201)
        assert total(bought(shop, currency, 3, tenth)) == Decimal("2.968")
        assert total(bought(shop, currency, 3, fixed)) == Decimal("3.145")
        check_audit(shared_server)


def test_the_merchants_scale_goes_before_that_of_a_dinar(shared_server: Server) -> None:
    with new_shop(shared_server, "KWD") as shop:
        open_at(shop, "KWD", "1.005", "0", cartCalculationScale=2)
        assert total(bought(shop, "KWD")) == Decimal("1.01")


@pytest.mark.parametrize("currency", ["JPY", "KRW", "XAU", "XAG", "XDR", "XBA"])
def test_what_has_no_minor_unit_is_counted_whole(shared_server: Server, currency: str) -> None:
    with new_shop(shared_server, currency) as shop:
        open_at(shop, currency, "77", "5")
        assert total(bought(shop, currency, 3, shop.coupon(percent=10))) == 213
        fee = {"cost": {"amount": 0.5, "currency": currency}, "minOrderValue": {"amount": 0, "currency": currency}}
        path = f"/shipping/{shop.name}/main/zones/de/methods"
        refused = shop.service.post(path, json={"id": "half", "name": "Half", "fees": [fee]})
        assert (refused.status_code, "has no decimals" in refused.text) == (400, True)


@pytest.mark.parametrize("currency", ["HRK", "BGN", "ANG", "SLL", "ZWL", "CUC"])
def test_a_withdrawn_currency_is_still_read_bought_in_and_audited(shared_server: Server, currency: str) -> None:
    with new_shop(shared_server, currency) as shop:
        open_at(shop, currency, "1.25", "0.5")
        order = bought(shop, currency, 2)
        assert total(order) == 3
        path = f"/order-v2/{shop.name}/salesorders/{order['id']}"
        assert shop.service.post(f"{path}/transitions", json={"status": "DECLINED"}).status_code == 204
        check_audit(shared_server)
