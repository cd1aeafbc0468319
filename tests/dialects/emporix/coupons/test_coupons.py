"""Coupons: docs/wire/emporix.md, 10, format A."""

from typing import Any

import pytest

from tests.dialects.emporix.hostile import JSON, NUMBERS, check_doors, check_refusal, refuses
from tests.harness import Server, new_shop
from tests.shop import Shop, told

PUBLISHED: dict[str, Any] = {
    "code": "ENG2OC0",
    "name": "Winter Sale 2018",
    "description": "Great Winter Discount of 25 USD for all Orders over 50 USD",
    "discountType": "ABSOLUTE",
    "discountAbsolute": {"amount": 24.99, "currency": "USD"},
    "allowAnonymous": False,
    "maxRedemptions": -1,
    "maxRedemptionsPerCustomer": -1,
    "categoryRestricted": False,
    "segmentRestricted": False,
    "restrictions": {
        "validFor": ["C0123456789", "C0123456788"],
        "validFrom": "2014-12-01T00:00:00.000Z",
        "validUntil": "2015-01-31T23:59:59.999Z",
        "minOrderValue": {"amount": 49.99, "currency": "USD"},
    },
    "issuedTo": "C01234567989",
    "mixins": {"couponCustomAttributes": {"provenance": "Winter Sale", "suggestedAmount": 50}},
    "metadata": {"mixins": {"couponCustomAttributes": "https://example.com/couponAttributes_v1.json"}},
}
PERCENT: dict[str, Any] = {"code": "TEN", "name": "Ten", "discountType": "PERCENT", "discountPercentage": 10}


@pytest.fixture
def coupons(shop: Shop) -> str:
    return f"/coupon/{shop.name}/coupons"


def test_the_published_coupon_is_kept_as_it_was_sent(shop: Shop, coupons: str) -> None:
    created = shop.service.post(coupons, json=PUBLISHED)
    assert created.status_code == 201, told(created)
    assert created.json() == {"id": "ENG2OC0", "yrn": f"urn:yaas:saasag:coupon:coupon:{shop.name};ENG2OC0"}
    coupon = shop.service.get(f"{coupons}/ENG2OC0").json()
    own = {"status": "EXPIRED", "redemptionCount": 0, "deleted": False}
    assert {name: coupon[name] for name in own} == own
    assert coupon["metadata"].pop("version") == 1
    assert coupon["metadata"]["mixins"] == PUBLISHED["metadata"]["mixins"]
    assert {name: coupon[name] for name in PUBLISHED if name != "metadata"} == {
        name: value for name, value in PUBLISHED.items() if name != "metadata"
    }


def test_a_number_is_kept_as_one_however_it_was_sent(shop: Shop, coupons: str) -> None:
    code = shop.coupon(discountPercentage="7.50", maxRedemptions=5.0)
    assert '"discountPercentage":7.50,' in shop.service.get(f"{coupons}/{code}").text
    changed = shop.service.patch(f"{coupons}/{code}", json={"discountPercentage": "12.50", "maxRedemptions": 6.0})
    assert changed.status_code == 200, told(changed)
    shown = shop.service.get(f"{coupons}/{code}").text
    assert '"discountPercentage":12.50,' in shown
    assert '"maxRedemptions":6,' in shown


def test_a_coupon_is_changed_and_deleted(shop: Shop, coupons: str) -> None:
    shop.coupon("SAVE")
    put = shop.service.put(f"{coupons}/save", json={**PERCENT, "metadata": {"version": 1}})
    assert (put.status_code, put.content) == (200, b"")
    patched = shop.service.patch(f"{coupons}/SAVE", json={"maxRedemptions": 5})
    assert (patched.status_code, patched.content) == (200, b"")
    coupon = shop.service.get(f"{coupons}/SAVE").json()
    assert (coupon["name"], coupon["code"], coupon["maxRedemptions"]) == ("Ten", "SAVE", 5)
    assert coupon["metadata"]["version"] == 3
    partial = shop.service.put(f"{coupons}/SAVE", params={"partial": "true"}, json={"name": "Other"})
    assert partial.status_code == 200
    assert shop.service.get(f"{coupons}/SAVE").json()["discountPercentage"] == 10
    stale = shop.service.patch(f"{coupons}/SAVE", json={"metadata": {"version": 1}})
    assert (stale.status_code, stale.json()["type"]) == (409, "conflict_resource")
    assert shop.service.delete(f"{coupons}/SAVE").status_code == 204
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        body: dict[str, Any] = {"json": PERCENT} if method in ("PUT", "PATCH") else {}
        missing = shop.service.request(method, f"{coupons}/SAVE", **body)
        assert missing.status_code == 404
        assert missing.json() == {
            "status": 404,
            "type": "resource_not_found",
            "message": "Coupon with code SAVE not found.",
            "moreInfo": "",
            "details": [],
        }


def test_a_deleted_coupon_is_shown_on_demand_and_its_code_stays_taken(shop: Shop, coupons: str) -> None:
    shop.coupon("GONE")
    shop.coupon("HERE")
    shop.service.delete(f"{coupons}/GONE")

    def codes(**query: str) -> list[tuple[str, bool]]:
        return [(one["code"], one["deleted"]) for one in shop.service.get(coupons, params=query).json()]

    assert codes() == [("HERE", False)]
    assert codes(showDeleted="true") == [("GONE", True), ("HERE", False)]
    taken = shop.service.post(coupons, json=PERCENT | {"code": "gone"})
    assert taken.status_code == 409
    assert (taken.json()["type"], taken.json()["message"]) == (
        "conflict_resource",
        f"Duplicate Coupon 'GONE' on tenant '{shop.name}': it is that of a deleted coupon, which its redemptions still "
        "name. Choose another code.",
    )


def test_a_code_that_is_in_use_is_a_duplicate_and_nothing_more(shop: Shop, coupons: str) -> None:
    shop.coupon("HERE")
    taken = shop.service.post(coupons, json=PERCENT | {"code": "here"})
    assert (taken.status_code, taken.json()["message"]) == (409, f"Duplicate Coupon 'HERE' on tenant '{shop.name}'")


def test_coupons_are_listed_in_pages(shop: Shop, coupons: str) -> None:
    for number in range(18):
        shop.coupon(f"C{number:02}")
    listed = shop.service.get(coupons, params={"totalCount": "true"})
    assert (len(listed.json()), listed.headers["items-count"]) == (16, "18")
    assert "items-count" not in shop.service.get(coupons).headers
    rest = shop.service.get(coupons, params={"pageNumber": "2", "pageSize": "10"}).json()
    assert [one["code"] for one in rest] == [f"C{number}" for number in range(10, 18)]
    (found,) = shop.service.get(coupons, params={"q": "code:C07"}).json()
    assert found["code"] == "C07"
    assert shop.service.get(coupons, params={"pageSize": "x"}).status_code == 400


def test_codes_are_upper_case_and_made_where_there_is_none(shop: Shop, coupons: str) -> None:
    assert shop.service.post(coupons, json=PERCENT | {"code": "spring-2026"}).json()["id"] == "SPRING-2026"
    assert shop.service.get(f"{coupons}/Spring-2026").json()["code"] == "SPRING-2026"
    made = shop.service.post(coupons, json={name: value for name, value in PERCENT.items() if name != "code"})
    code = made.json()["id"]
    assert len(code) == 12
    assert code == code.upper()
    assert shop.service.get(f"{coupons}/{code}").status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"discountType": "GIFT"}, "discountType"),
        ({"discountPercentage": None}, "discountPercentage"),
        ({"discountPercentage": 100.01}, "discountPercentage"),
        ({"discountPercentage": -1}, "discountPercentage"),
        ({"discountType": "ABSOLUTE"}, "discountAbsolute"),
        ({"discountType": None}, "discountAbsolute"),
        ({"discountAbsolute": {"amount": 1, "currency": "XYZ"}}, "discountAbsolute.currency"),
        ({"discountAbsolute": {"amount": -1, "currency": "EUR"}}, "discountAbsolute.amount"),
        ({"discountType": "FREE_SHIPPING", "categoryRestricted": True}, "categoryRestricted"),
        ({"allowAnonymous": True, "maxRedemptionsPerCustomer": 1}, "maxRedemptionsPerCustomer"),
        ({"allowAnonymous": True, "restrictions": {"validFor": ["C1"]}}, "restrictions.validFor"),
        (
            {"categoryRestricted": True, "segmentRestricted": True, "restrictions": {"segments": ["s"]}},
            "segmentRestricted",
        ),
        ({"segmentRestricted": True, "restrictions": {"segments": ["s"], "validFor": ["C1"]}}, "restrictions.validFor"),
        ({"segmentRestricted": True}, "restrictions.segments"),
        ({"restrictions": {"segments": ["s"]}}, "restrictions.segments"),
        ({"restrictions": {"includedCategories": ["c"]}}, "restrictions.includedCategories"),
        (
            {
                "categoryRestricted": True,
                "restrictions": {"includedCategories": ["c"], "excludedCategories": ["d", "c"]},
            },
            "restrictions.excludedCategories",
        ),
        ({"maxRedemptions": -2}, "maxRedemptions"),
        ({"maxRedemptions": 10**18}, "maxRedemptions"),
        ({"maxRedemptions": 1.5}, "maxRedemptions"),
        ({"restrictions": {"validFrom": "tomorrow"}}, "restrictions.validFrom"),
        ({"restrictions": {"validFrom": "2025-02-01", "validUntil": "2025-01-01"}}, "restrictions.validUntil"),
        ({"restrictions": {"minOrderValue": {"amount": "x", "currency": "EUR"}}}, "restrictions.minOrderValue.amount"),
        ({"code": "A/B"}, "code"),
        ({"code": "A" * 65}, "code"),
        ({"code": 7}, "code"),
    ],
)
def test_a_coupon_that_means_nothing_is_refused(shop: Shop, coupons: str, change: dict[str, Any], field: str) -> None:
    shop.coupon("KEPT")
    for method, path in (("POST", coupons), ("PUT", f"{coupons}/KEPT")):
        if method == "PUT" and field == "code":
            continue  # the path says which one is meant
        response = shop.service.request(method, path, json=PERCENT | change)
        assert response.status_code == 400, told(response)
        body = response.json()
        assert set(body) == {"status", "type", "message", "moreInfo", "details"}
        assert body["type"] == "validation_violation"
        assert body["message"] == "The request violates validation constraints."
        assert field in [detail["field"] for detail in body["details"]]
    assert shop.service.get(f"{coupons}/KEPT").json()["metadata"]["version"] == 1


def test_everything_that_is_wrong_is_said_at_once(shop: Shop, coupons: str) -> None:
    body = {"name": "x", "discountType": "PERCENT", "discountPercentage": 200, "maxRedemptions": -5}
    details = shop.service.post(coupons, json=body).json()["details"]
    assert [detail["field"] for detail in details] == ["discountPercentage", "maxRedemptions"]


def test_an_empty_payload_is_named(shop: Shop, coupons: str) -> None:
    response = shop.service.post(coupons)
    assert response.status_code == 400
    (detail,) = response.json()["details"]
    assert (detail["type"], detail["message"]) == ("missing_payload", "Empty payload was sent")


@pytest.mark.parametrize(
    ("restrictions", "limit", "status"),
    [
        ({}, -1, "VALID"),
        ({"validFrom": "2999-01-01T00:00:00Z"}, -1, "INACTIVE"),
        ({"validUntil": "2020-01-01"}, -1, "EXPIRED"),
        ({"validFrom": "2020-01-01", "validUntil": "2999-01-01T00:00:00.000+0200"}, 1, "VALID"),
        ({}, 0, "USED"),
    ],
)
def test_the_status_says_whether_a_coupon_can_be_used(
    shop: Shop, coupons: str, restrictions: dict[str, Any], limit: int, status: str
) -> None:
    code = shop.coupon(restrictions=restrictions, maxRedemptions=limit)
    assert shop.service.get(f"{coupons}/{code}").json()["status"] == status
    assert shop.service.get(coupons).json()[0]["status"] == status


def test_a_limit_can_not_fall_below_what_was_redeemed(shop: Shop, coupons: str) -> None:
    code = shop.coupon(maxRedemptions=5)
    shop.standard()
    for guest in (shop.guest(), shop.guest()):
        cart_id = shop.cart(guest, ["mug"])
        applied = guest.post(f"/cart/{shop.name}/carts/{cart_id}/discounts", json={"code": code})
        assert applied.status_code == 201, told(applied)
        bought = shop.checkout(guest, shop.order_request(cart_id))
        assert bought.status_code == 200, told(bought)
    refused = shop.service.patch(f"{coupons}/{code}", json={"maxRedemptions": 1})
    assert refused.status_code == 400
    (detail,) = refused.json()["details"]
    assert detail["message"] == "maxRedemptions must not be below the 2 redemptions so far, but is 1"
    assert shop.service.patch(f"{coupons}/{code}", json={"maxRedemptions": 2}).status_code == 200
    coupon = shop.service.get(f"{coupons}/{code}").json()
    assert (coupon["redemptionCount"], coupon["status"]) == (2, "USED")
    assert shop.service.delete(f"{coupons}/{code}").status_code == 204


def test_codes_may_be_told_apart_by_case(shop: Shop, coupons: str) -> None:
    setting = {"key": "enableCouponCodeCaseSensitivity", "value": True}
    set_up = shop.service.post(f"/configuration/{shop.name}/configurations", json=[setting])
    assert set_up.status_code == 201, told(set_up)
    assert [shop.coupon(code) for code in ("ten", "TEN")] == ["ten", "TEN"]
    assert shop.service.get(f"{coupons}/ten").json()["code"] == "ten"
    assert shop.service.get(f"{coupons}/Ten").status_code == 404


def test_what_the_server_computes_can_not_be_set(shop: Shop, coupons: str) -> None:
    code = shop.coupon(status="VALID", redemptionCount=99, deleted=True, maxRedemptions=0)
    shop.service.patch(f"{coupons}/{code}", json={"redemptionCount": 5, "deleted": True, "status": "VALID"})
    coupon = shop.service.get(f"{coupons}/{code}").json()
    assert (coupon["redemptionCount"], coupon["deleted"], coupon["status"]) == (0, False, "USED")


def test_a_shopper_sees_what_is_for_shoppers(shop: Shop, coupons: str) -> None:
    shop.coupon("OPEN", maxRedemptions=3)
    seen = shop.guest().get(f"{coupons}/open").json()
    assert seen["discountPercentage"] == 10
    assert not {"issuedTo", "maxRedemptions", "redemptionCount", "deleted"} & set(seen)
    customer = shop.customer()
    shop.coupon("MINE", issuedTo=customer.customer_id)
    assert customer.get(f"{coupons}/MINE").status_code == 200
    for stranger in (shop.guest(), shop.customer()):
        assert stranger.get(f"{coupons}/MINE").status_code == 403
    shop.coupon("THEIRS", allowAnonymous=False, restrictions={"validFor": ["C1"]})
    refused = shop.guest().get(f"{coupons}/THEIRS")
    assert refused.status_code == 403
    assert refused.json()["message"] == "Insufficient permissions to retrieve the coupon with Id THEIRS"
    assert refused.json()["type"] == "insufficient_permissions"
    assert shop.guest().get(coupons).status_code == 403


@pytest.mark.parametrize("value", NUMBERS)
def test_numbers_that_are_no_numbers_are_refused(shop: Shop, coupons: str, value: str) -> None:
    bodies = [
        '{"name": "x", "discountType": "PERCENT", "discountPercentage": %s}',
        '{"name": "x", "discountAbsolute": {"amount": %s, "currency": "EUR"}}',
        '{"name": "x", "discountType": "PERCENT", "discountPercentage": 1, "maxRedemptionsPerCustomer": %s}',
    ]
    for body in bodies:
        if value != "-1" or "Customer" not in body:
            check_refusal(value, shop.service.post(coupons, content=body % value, headers=JSON))


def test_hostile_bodies_are_refused(shop: Shop, coupons: str) -> None:
    shop.coupon("KEPT")
    for method, path in (("POST", coupons), ("PUT", f"{coupons}/KEPT"), ("PATCH", f"{coupons}/KEPT")):
        for _, response in refuses(shop.service, method, path):
            assert response.json()["status"] == response.status_code


def test_every_door_is_shut_to_strangers(shop: Shop, shared_server: Server, coupons: str) -> None:
    calls: list[tuple[str, str, Any]] = [("POST", coupons, PERCENT), ("DELETE", f"{coupons}/X", None)]
    calls += [(method, f"{coupons}/X", PERCENT) for method in ("PUT", "PATCH")]
    with new_shop(shared_server) as other:
        check_doors(shop, other, calls)


def test_a_code_that_stands_in_addresses_has_no_slash_and_either_case(shop: Shop) -> None:
    path = f"/coupon/{shop.name}/coupons"
    coupon = {"name": "n", "allowAnonymous": True, "discountType": "PERCENT", "discountPercentage": 5}
    refused = shop.service.post(path, json={"code": "A/B", **coupon})
    assert (refused.status_code, "without slashes" in refused.text) == (400, True)
    assert shop.service.post(path, json={"code": "AbC", **coupon}).status_code == 201
    assert shop.service.get(f"{path}/aBc").status_code == 200
