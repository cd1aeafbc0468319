"""Coupons on carts (docs/wire/emporix.md, 5.3)."""

from typing import Any

import pytest

from tests.shop import Guest, Shop, succeeded, told


class Till:
    """A guest's cart with a mug (11.90) and two teas (21.40)."""

    def __init__(self, shop: Shop) -> None:
        shop.standard()
        self.shop = shop
        self.guest: Guest = shop.guest()
        self.id = shop.cart(self.guest, ["mug", ("tea", 2)])
        self.path = f"/cart/{shop.name}/carts/{self.id}"
        self.discounts = f"{self.path}/discounts"

    def add(self, code: str, **fields: Any) -> Any:
        return self.guest.post(self.discounts, json={"code": code} | fields)

    def total(self) -> float:
        total: float = succeeded(self.guest.get(self.path), 200)["calculatedPrice"]["finalPrice"]["grossValue"]
        return total

    def listed(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.guest.get(self.discounts).json()
        return listed


@pytest.fixture
def till(shop: Shop) -> Till:
    return Till(shop)


def configure(shop: Shop, key: str, value: object) -> None:
    succeeded(shop.service.post(f"/configuration/{shop.name}/configurations", json={"key": key, "value": value}), 201)


def test_a_coupon_is_added_shown_and_taken_off(till: Till) -> None:
    till.shop.coupon("X10")
    added = till.add("x10", name="of the client", amount=1000, links=[])
    assert added.status_code == 201, told(added)
    yrn = f"urn:yaas:saasag:coupon:coupon:{till.shop.name};X10"
    assert added.json() == {"yrn": yrn, "discountId": "1", "discountIndex": 0}
    assert added.headers["location"] == f"{till.discounts}/0"
    assert till.total() == 29.97
    (shown,) = till.listed()
    assert shown == succeeded(till.guest.get(till.path), 200)["discounts"][0]
    assert {name: shown[name] for name in ("id", "code", "name", "valid", "discountType", "discountRate")} == {
        "id": "0",
        "code": "X10",
        "name": "X10",
        "valid": True,
        "discountType": "PERCENT",
        "discountRate": 10,
    }
    assert [link["rel"] for link in shown["links"]] == ["validate", "redeem"]
    assert (shown["discountCalculationType"], shown["categoryRestricted"]) == ("SUBTOTAL", False)
    assert till.guest.delete(f"{till.discounts}/0").status_code == 204
    assert till.listed() == []
    assert till.total() == 33.3
    assert till.guest.delete(f"{till.discounts}/0").status_code == 404
    assert till.guest.delete(f"{till.discounts}/first").status_code == 404


def test_an_unknown_coupon_is_not_found(till: Till) -> None:
    gone = till.shop.coupon("GONE")
    till.shop.service.delete(f"/coupon/{till.shop.name}/coupons/{gone}")
    for code in ("NONE", gone):
        missing = till.add(code)
        assert missing.status_code == 404
        assert missing.json() == {
            "code": 404,
            "status": "Not Found",
            "message": f"Coupon with code {code} not found.",
        }


def test_one_coupon_is_the_limit_unless_the_shop_says_otherwise(till: Till) -> None:
    for code in ("15OFF", "FIVE"):
        till.shop.coupon(code)
    till.add("15OFF")
    second = till.add("FIVE")
    assert (second.status_code, second.json()["message"]) == (
        409,
        "Another discount already exists in cart. Discount code found: 15OFF",
    )
    configure(till.shop, "maxNumberOfCouponsPerCart", 2)
    again = till.add("15off")
    assert (again.status_code, again.json()["message"]) == (409, "Discount code 15OFF already exists in cart.")
    assert till.add("FIVE").json()["discountIndex"] == 1
    assert [one["code"] for one in till.listed()] == ["15OFF", "FIVE"]
    assert till.total() == 26.64
    assert till.guest.delete(f"{till.discounts}/0").status_code == 204
    assert [(one["id"], one["code"]) for one in till.listed()] == [("0", "FIVE")]


def test_the_coupons_that_are_named_are_taken_off_and_without_names_all(till: Till) -> None:
    configure(till.shop, "maxNumberOfCouponsPerCart", "3")
    codes = [till.shop.coupon(code) for code in ("A1", "B2", "C3")]
    for code in codes:
        assert till.add(code).status_code == 201
    assert till.guest.delete(till.discounts, params={"codes": "a1, C3,unknown"}).status_code == 204
    assert [one["code"] for one in till.listed()] == ["B2"]
    assert till.guest.delete(till.discounts).status_code == 204
    assert till.guest.delete(till.discounts).status_code == 204
    assert till.listed() == []


def test_a_coupon_in_another_currency_is_a_conflict(till: Till) -> None:
    till.shop.coupon("CAD", absolute=5, discountAbsolute={"amount": 5, "currency": "CAD"})
    refused = till.add("CAD")
    assert (refused.status_code, refused.json()["message"]) == (
        409,
        "Discount currency is CAD and is not equal to cart currency EUR.",
    )


def test_a_coupon_that_does_not_hold_stays_and_counts_nothing(till: Till) -> None:
    minimum = {"minOrderValue": {"amount": 50, "currency": "EUR"}}
    till.shop.coupon("BIG", absolute="10", restrictions=minimum)
    assert till.add("BIG").status_code == 201
    (shown,) = till.listed()
    assert (shown["valid"], shown["amount"], shown["currency"]) == (False, 10, "EUR")
    (reason,) = shown["discountValidationDetails"]["details"]
    assert reason.startswith("Coupon BIG needs an order value of at least 50 EUR")
    assert till.total() == 33.3
    item = till.shop.item("teapot")
    item["price"] = {name: str(value) for name, value in item["price"].items()}
    succeeded(till.guest.post(f"{till.path}/items", json=item | {"quantity": "1"}), 201)
    (shown,) = till.listed()
    assert shown["valid"] is True
    assert "discountValidationDetails" not in shown
    assert till.total() == 47.1
    till.shop.service.delete(f"/coupon/{till.shop.name}/coupons/BIG")
    (shown,) = till.listed()
    assert (shown["code"], shown["valid"]) == ("BIG", False)
    assert till.total() == 57.1


def test_a_coupon_for_customers_does_not_count_for_a_guest(till: Till) -> None:
    till.shop.coupon("LOGIN", allowAnonymous=False)
    assert till.add("LOGIN").status_code == 201
    (shown,) = till.listed()
    assert shown["valid"] is False
    assert "guest" in shown["discountValidationDetails"]["details"][0]


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": 5}, {"code": "x" * 151}, []])
def test_a_discount_without_a_code_is_refused(till: Till, body: object) -> None:
    assert till.guest.post(till.discounts, json=body).status_code == 400


def test_a_discount_is_shown_once_for_every_part_that_it_touches(till: Till) -> None:
    till.shop.coupon("TEN", absolute="10")
    till.add("TEN")
    cart = succeeded(till.guest.get(till.path), 200)
    total = cart["calculatedPrice"]["totalDiscount"]
    assert (total["value"], total["calculationType"]) == (10, "ApplyDiscountAfterTax")
    assert [one["id"] for one in total["appliedDiscounts"]] == ["TEN"]
    shares = [item["calculatedPrice"]["totalDiscount"]["value"] for item in cart["items"]]
    assert round(sum(shares), 2) == 10
    assert [item["couponDiscounts"] for item in cart["items"]] == [
        [{"couponId": "TEN", "value": share}] for share in shares
    ]
    assert (cart["totalDiscount"]["amount"], cart["totalPrice"]["amount"]) == (10, 23.3)


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("", []),
        ("?codes=", ["A", "B"]),
        ("?codes=,", ["A", "B"]),
        ("?codes[]=", ["A", "B"]),
        ("?codes=none", ["A", "B"]),
        ("?codes[]=a", ["B"]),
        ("?codes%5B%5D=A&codes%5B%5D=B", []),
        ("?codes[0]=A", ["B"]),
        ("?codes=A&codes=B", []),
        ("?codes=A,%20B", []),
    ],
)
def test_only_those_that_a_list_names_are_removed_and_an_empty_list_names_none(
    till: Till, query: str, left: list[str]
) -> None:
    configure(till.shop, "maxNumberOfCouponsPerCart", 2)
    for code in ("A", "B"):
        till.shop.coupon(code)
        assert till.add(code).status_code == 201
    assert till.guest.delete(f"{till.discounts}{query}").status_code == 204
    assert [coupon["code"] for coupon in till.listed()] == left


@pytest.mark.parametrize(("options", "left"), [({"codes": []}, ["A"]), ({"codes": ["a"]}, []), ({}, []), (None, [])])
def test_a_step_of_a_chain_means_the_same_by_its_list(till: Till, options: Any, left: list[str]) -> None:
    till.shop.coupon("A")
    assert till.add("A").status_code == 201
    command = {"type": "DeleteCartDiscounts"} | ({} if options is None else {"options": options})
    answer = till.guest.post(f"{till.path}/execute", json={"commands": [command]})
    assert answer.status_code == 207, answer.text
    assert [coupon["code"] for coupon in till.listed()] == left


def test_a_parameter_of_one_value_is_not_given_two(till: Till) -> None:
    assert till.guest.get(f"{till.path}?zipCode=10115&zipCode=80331").status_code == 400
    assert till.guest.get(f"{till.path}?zipCode=10115&zipCode=10115&countryCode=DE").status_code == 200
