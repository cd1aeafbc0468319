"""What is wrong with a cart by the time it is bought: each check over the wire, its field naming the cart's part."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.dialects.emporix.orders.test_orders import check_audit
from tests.harness import Server, new_shop
from tests.shop import Guest, Shop, send, succeeded

Body = dict[str, Any]


class Till:
    """A shop with a guest who is about to buy one mug."""

    def __init__(self, shop: Shop) -> None:
        shop.standard()
        self.shop = shop
        self.guest: Guest = shop.guest()
        self.cart_id = shop.cart(self.guest, ["mug"])
        self.body = shop.order_request(self.cart_id)

    def change_cart(self, **fields: Any) -> None:
        """Put fields on the cart."""
        answer = send(self.guest, "PUT", f"/cart/{self.shop.name}/carts/{self.cart_id}", fields)
        assert answer.status_code == 204, answer.text

    def change(self, path: str, **fields: Any) -> None:
        """Change a document of the shop's set-up."""
        answer = send(self.shop.service, "PUT", path, fields, params={"partial": "true"})
        assert answer.status_code in (200, 204), answer.text

    def redeem(self, **fields: Any) -> str:
        """A coupon with these fields, on the cart."""
        code = self.shop.coupon("HELLO", **fields)
        path = f"/cart/{self.shop.name}/carts/{self.cart_id}/discounts"
        answer = send(self.guest, "POST", path, {"code": code})
        assert answer.status_code == 201, answer.text
        return code

    def change_coupon(self, **fields: Any) -> None:
        """Change the coupon, as the merchant may at any time."""
        answer = send(self.shop.service, "PATCH", f"/coupon/{self.shop.name}/coupons/HELLO", fields)
        assert answer.status_code in (200, 204), answer.text

    def reprice(self, **fields: Any) -> None:
        """Change the price of the mug."""
        path = f"/price/{self.shop.name}/prices/{self.shop.prices['mug'][0]}"
        document = self.shop.service.get(path).json()
        document.pop("metadata", None)
        answer = send(self.shop.service, "PUT", path, document | fields)
        assert answer.status_code in (200, 204), answer.text


def _expired_coupon(till: Till) -> None:
    till.redeem()
    till.change_coupon(restrictions={"validUntil": "2020-01-01T00:00:00Z"})


def _early_coupon(till: Till) -> None:
    till.redeem()
    till.change_coupon(restrictions={"validFrom": "2099-01-01T00:00:00Z"})


def _members_coupon(till: Till) -> None:
    till.redeem()
    till.change_coupon(allowAnonymous=False)


def _dear_coupon(till: Till) -> None:
    till.redeem()
    till.change_coupon(restrictions={"minOrderValue": {"amount": 1000, "currency": "EUR"}})


def _foreign_coupon(till: Till) -> None:
    till.redeem()
    till.change_coupon(restrictions={"minOrderValue": {"amount": 1, "currency": "CHF"}})


def _used_coupon(till: Till) -> None:
    till.redeem(maxRedemptions=1)
    rival = till.shop.guest()
    cart_id = till.shop.cart(rival, ["tea"])
    path = f"/cart/{till.shop.name}/carts/{cart_id}/discounts"
    assert send(rival, "POST", path, {"code": "HELLO"}).status_code == 201
    assert till.shop.checkout(rival, till.shop.order_request(cart_id)).status_code == 200


def _untaxed(till: Till) -> None:
    till.change(f"/product/{till.shop.name}/products/mug", taxClasses={"DE": "LUXURY"})


def _unpublished(till: Till) -> None:
    till.change(f"/product/{till.shop.name}/products/mug", published=False)


def _elsewhere(till: Till) -> None:
    till.shop.site("other")
    till.reprice(restrictions={"siteCodes": ["other"]})


def _long_ago(till: Till) -> None:
    till.reprice(restrictions={"siteCodes": ["main"], "validity": {"to": "2020-01-01T00:00:00Z"}})


def _dearer(till: Till) -> None:
    till.reprice(tierValues=[{"priceValue": 12}])


def _priceless(till: Till) -> None:
    path = f"/price/{till.shop.name}/prices/{till.shop.prices['mug'][0]}"
    assert till.shop.service.delete(path).status_code == 204


def _wrong_tier(till: Till) -> None:
    model = till.shop.price_model(tiers=[0, 10])
    till.shop.price("teapot", "20.00", "18.00", model=model)
    price_id = till.shop.prices["teapot"][0]
    price = {"priceId": price_id, "originalAmount": 20, "effectiveAmount": 20, "currency": "EUR"}
    item = till.shop.item("teapot", 10) | {"price": price}
    items = f"/cart/{till.shop.name}/carts/{till.cart_id}/items"
    assert send(till.guest, "POST", items, item).status_code == 201


def _free_shipping(till: Till) -> None:
    till.redeem()
    till.change_coupon(discountType="FREE_SHIPPING")


CASES: list[tuple[Callable[[Till], object], str, str]] = [
    (lambda till: till.shop.stock("mug", 0), "cart.items[0].quantity", "out_of_stock"),
    (_unpublished, "cart.items[0].itemYrn", "product_not_found"),
    (_untaxed, "cart.items[0].taxCode", "tax_code_invalid"),
    (_priceless, "cart.items[0].price", "price_not_found"),
    (_long_ago, "cart.items[0].price", "price_not_valid_now"),
    (_elsewhere, "cart.items[0].price", "price_not_applicable"),
    (_wrong_tier, "cart.items[1].price", "price_quantity_mismatch"),
    (_dearer, "cart.items[0].price", "price_changed"),
    (_early_coupon, "cart.discounts[HELLO]", "coupon_not_active"),
    (_expired_coupon, "cart.discounts[HELLO]", "coupon_expired"),
    (_used_coupon, "cart.discounts[HELLO]", "coupon_redemptions_exceeded"),
    (_dear_coupon, "cart.discounts[HELLO]", "coupon_order_total_too_low"),
    (_foreign_coupon, "cart.discounts[HELLO]", "coupon_currency_incorrect"),
    (_members_coupon, "cart.discounts[HELLO]", "coupon_redemption_forbidden"),
    (_free_shipping, "shipping.amount", "free_shipping_not_applied"),
    (
        lambda till: till.change_cart(
            deliveryWindow={"id": till.shop.delivery_time(), "deliveryDate": "2099-01-01T12:00:00.000Z"}
        ),
        "cart.deliveryWindow.slotId",
        "delivery_window_incomplete",
    ),
    (
        lambda till: till.change_cart(
            deliveryWindow={
                "id": till.shop.delivery_time(),
                "slotId": "day",
                "deliveryDate": "2020-01-01T12:00:00.000Z",
            }
        ),
        "cart.deliveryWindow.deliveryDate",
        "delivery_window_invalid",
    ),
    (
        lambda till: till.change(f"/site/{till.shop.name}/sites/main", currency="CHF"),
        "currency",
        "currency_mismatch",
    ),
    (
        lambda till: till.guest.delete(f"/cart/{till.shop.name}/carts/{till.cart_id}/items"),
        "cart.items",
        "cart_empty",
    ),
]


@pytest.mark.parametrize(("breaks", "field", "type"), CASES, ids=[f"{row[1]} {row[2]}" for row in CASES])
def test_what_went_wrong_with_a_cart_is_named_by_its_part(
    shop: Shop, breaks: Callable[[Till], object], field: str, type: str
) -> None:
    till = Till(shop)
    breaks(till)
    answer = shop.checkout(till.guest, till.body)
    assert answer.status_code == 400, answer.text
    found = {(detail["field"], detail["type"]) for detail in answer.json()["details"]}
    assert found == {(field, type)}
    assert till.guest.get(f"/order-v2/{shop.name}/orders").json() == []


def test_customer_and_address_mixins_are_held_against_the_shops_own_schemas(shop: Shop) -> None:
    till = Till(shop)
    definition = {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]}
    schema = {"id": "loyalty", "name": "Loyalty", "types": ["CUSTOMER"], "definition": definition}
    answer = send(shop.service, "POST", f"/schema/{shop.name}/schemas", schema)
    assert answer.status_code == 201, answer.text
    url = f"https://elsewhere.example/schema/{shop.name}/schemas/loyalty/definition"
    metadata = {"mixins": {"loyalty": url}}
    wrong = {"metadata": metadata, "mixins": {"loyalty": {"number": "seven"}}}
    right = {"metadata": metadata, "mixins": {"loyalty": {"number": 7}}}
    body = till.body | {"customer": till.body["customer"] | wrong}
    body["addresses"] = [till.body["addresses"][0], till.body["addresses"][1] | wrong]
    answer = shop.checkout(till.guest, body)
    assert {(one["field"], one["type"]) for one in answer.json()["details"]} == {
        ("customer.mixins.loyalty.number", "schema_violation"),
        ("addresses[1].mixins.loyalty.number", "schema_violation"),
    }
    body["customer"] = till.body["customer"] | right
    body["addresses"] = [till.body["addresses"][0], till.body["addresses"][1] | right]
    assert shop.checkout(till.guest, body).status_code == 200


def test_a_sum_in_a_currency_without_minor_units_has_no_decimals(shared_server: Server) -> None:
    with new_shop(shared_server, "JPY") as shop:
        shop.site(currency="JPY", country="JP", includesTax=False)
        shop.tax("JP", {"STANDARD": 10})
        model = shop.price_model(includesTax=False)
        mug = shop.product("mug", country="JP")
        shop.price(mug, "77", model=model, currency="JPY", location={"countryCode": "JP"})
        shop.zone(countries=["JP"])
        shop.method(fee="0", currency="JPY")
        guest = shop.guest()
        cart_id = shop.cart(guest, [("mug", 3)], currency="JPY")
        cart = succeeded(guest.get(f"/cart/{shop.name}/carts/{cart_id}"), 200)
        body = shop.order_request(cart_id, currency="JPY")
        for address in body["addresses"]:
            address["country"] = "JP"
        order_id = succeeded(shop.checkout(guest, body), 200)["orderId"]
        order = succeeded(guest.get(f"/order-v2/{shop.name}/orders/{order_id}"), 200)
        # 231 and a tax of 23.1, which nobody can pay to the tenth.
        for priced in (cart["calculatedPrice"], order["calculatedPrice"]):
            final = priced["finalPrice"]
            assert (final["netValue"], final["taxValue"], final["grossValue"]) == (231, 23, 254)
        assert order["totalPrice"] == 231  # the net side, as the site is priced
        check_audit(shared_server)
