"""Coupons for categories, segments and single customers, redeemed by hand and by checkout: docs/wire/emporix.md, 10."""

import json
from typing import Any

from tests.dialects.emporix.hostile import JSON, check_doors, check_refusal, refuses
from tests.harness import Server, new_shop
from tests.shop import Guest, Shop, number, send, succeeded, told
from tests.store.ground import opened
from tillroll.dialects.emporix.catalogue.products import PUBLISHED_SHELF
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind, Write


def category(shop: Shop, id: str, *products: str, **fields: Any) -> str:
    body = {"id": id, "localizedName": {"en": id.title()}, "published": True} | fields
    succeeded(shop.service.post(f"/category/{shop.name}/categories", json=body), 201)
    for product in products:
        path = f"/category/{shop.name}/categories/{id}/assignments"
        succeeded(shop.service.post(path, json={"ref": {"id": product, "type": "PRODUCT"}}), 201)
    return id


def restricted(shop: Shop, *included: str, excluded: tuple[str, ...] = (), **fields: Any) -> str:
    rules = {"includedCategories": list(included), "excludedCategories": list(excluded)}
    return shop.coupon(categoryRestricted=True, restrictions=rules, **fields)


def with_coupons(shop: Shop, products: list[Any], *codes: str) -> tuple[Guest, str, dict[str, Any]]:
    """A guest, the cart of these products and coupons, and what the cart shows."""
    guest = shop.guest()
    cart = shop.cart(guest, products)
    for code in codes:
        added = guest.post(f"/cart/{shop.name}/carts/{cart}/discounts", json={"code": code})
        assert added.status_code == 201, told(added)
    return guest, cart, succeeded(guest.get(f"/cart/{shop.name}/carts/{cart}"), 200)


def bought(shop: Shop, guest: Guest, cart: str) -> dict[str, Any]:
    """The order of a checkout that has to succeed."""
    placed = succeeded(shop.checkout(guest, shop.order_request(cart)), 200)
    return succeeded(guest.get(f"/order-v2/{shop.name}/orders/{placed['orderId']}"), 200)


def redemption(total: object = 100, discount: object = 5, currency: str = "EUR", **more: Any) -> dict[str, Any]:
    money = {
        "orderTotal": {"amount": total, "currency": currency},
        "discount": {"amount": discount, "currency": currency},
    }
    return {**money, "orderCode": "OUTSIDE-1"} | more


def test_categories_are_a_tree_and_products_show_theirs(shop: Shop) -> None:
    shop.standard()
    category(shop, "home", code="HOME")
    category(shop, "cups", "mug", "teapot", parentId="home")
    path = f"/category/{shop.name}/categories"
    assert [one["id"] for one in shop.guest().get(f"{path}/home/subcategories").json()] == ["cups"]
    assert [one["id"] for one in shop.service.get(f"{path}/cups/parents").json()] == ["home"]
    assigned = shop.service.get(f"{path}/cups/assignments").json()
    assert [(one["ref"]["id"], one["categoryId"]) for one in assigned] == [("mug", "cups"), ("teapot", "cups")]
    assert shop.guest().get(f"/product/{shop.name}/products/mug").json()["categoryIds"] == ["cups"]
    listed = {one["id"]: one["categoryIds"] for one in shop.service.get(f"/product/{shop.name}/products").json()}
    assert listed == {"mug": ["cups"], "teapot": ["cups"], "tea": []}
    references = f"/category/{shop.name}/assignments/references/mug"
    assert [one["id"] for one in shop.service.get(references).json()] == ["cups"]
    twice = shop.service.post(f"{path}/cups/assignments", json={"ref": {"id": "mug", "type": "PRODUCT"}})
    assert twice.status_code == 409
    assert shop.service.put(f"{path}/home", json={"localizedName": {"en": "x"}, "parentId": "cups"}).status_code == 400
    assert shop.service.put(f"{path}/home", json={"localizedName": {"en": "x"}, "parentId": "home"}).status_code == 400
    assert shop.service.post(path, json={"localizedName": {"en": "x"}, "parentId": "none"}).status_code == 400
    assert shop.service.post(path, json={"localizedName": {"en": "x"}, "code": "HOME"}).status_code == 409
    bulk = shop.service.post(
        f"{path}/home/assignments/bulk", json=[{"ref": {"id": "tea"}}, {"ref": {"id": "gone"}}, {}]
    )
    assert [line["code"] for line in bulk.json()] == [201, 400, 400]
    assert shop.service.delete(references).status_code == 204
    assert shop.service.delete(f"{path}/home").status_code == 400
    assert shop.service.delete(f"{path}/home", params={"withSubcategories": "true"}).status_code == 204
    assert shop.service.get(path).json() == []
    assert shop.guest().get(f"/product/{shop.name}/products/teapot").json()["categoryIds"] == []


def test_what_is_not_published_is_not_there_for_shoppers(shop: Shop) -> None:
    category(shop, "secret", published=False)
    path = f"/category/{shop.name}/categories"
    assert shop.guest().get(path).json() == []
    for place in ("secret", "secret/assignments", "secret/parents"):
        assert shop.guest().get(f"{path}/{place}").status_code == 404
    assert shop.service.get(f"{path}/secret").status_code == 200


def test_a_coupon_for_a_category_takes_from_its_lines_alone(shop: Shop) -> None:
    shop.standard()
    category(shop, "home")
    category(shop, "cups", "mug", parentId="home")
    code = restricted(shop, "home", percent=50, discountCalculationType="TOTAL")
    guest, cart, shown = with_coupons(shop, ["mug", ("tea", 2)], code)
    assert shown["calculatedPrice"]["finalPrice"]["grossValue"] == 27.35
    mug, tea = shown["items"]
    assert mug["calculatedPrice"]["finalPrice"]["grossValue"] == 5.95
    assert "totalDiscount" not in tea["calculatedPrice"]
    order = bought(shop, guest, cart)
    assert order["calculatedPrice"]["finalPrice"]["grossValue"] == 33.18
    assert order["calculatedPrice"]["totalShipping"]["grossValue"] == 5.83
    assert shop.service.get(f"/coupon/{shop.name}/coupons/{code}").json()["redemptionCount"] == 1


def test_an_excluded_category_weighs_more_than_an_included_one(shop: Shop) -> None:
    shop.standard()
    category(shop, "home", "mug", "teapot")
    category(shop, "sale", "teapot")
    code = restricted(shop, "home", excluded=("sale",), absolute=5)
    _, _, shown = with_coupons(shop, ["mug", "teapot"], code)
    assert [item["calculatedPrice"]["finalPrice"]["grossValue"] for item in shown["items"]] == [6.9, 23.8]
    others = restricted(shop, excluded=("sale",), absolute=5)
    _, _, shown = with_coupons(shop, ["teapot", "tea"], others)
    assert [item["calculatedPrice"]["finalPrice"]["grossValue"] for item in shown["items"]] == [23.8, 5.7]


def test_a_coupon_for_nothing_in_the_cart_is_refused_at_checkout(shop: Shop) -> None:
    shop.standard()
    category(shop, "cups", "mug")
    code = restricted(shop, "cups", percent=50)
    guest, cart, shown = with_coupons(shop, ["tea"], code)
    assert not shown["discounts"][0]["valid"]
    assert shown["calculatedPrice"]["finalPrice"]["grossValue"] == 10.7
    refused = shop.checkout(guest, shop.order_request(cart))
    assert refused.status_code == 400, told(refused)
    (detail,) = refused.json()["details"]
    assert (detail["type"], detail["field"]) == ("coupon_redemption_forbidden", f"cart.discounts[{code}]")


def test_two_coupons_each_take_their_share_of_the_original_price(shop: Shop) -> None:
    shop.standard()
    setting = {"key": "maxNumberOfCouponsPerCart", "value": 3}
    succeeded(shop.service.post(f"/configuration/{shop.name}/configurations", json=setting), 201)
    shop.product("cup")
    shop.price("cup", "15.00")
    first, second = shop.coupon(percent=10), shop.coupon(percent=10)
    guest, cart, shown = with_coupons(shop, ["cup"], first, second)
    assert shown["calculatedPrice"]["finalPrice"]["grossValue"] == 12
    applied = shown["calculatedPrice"]["totalDiscount"]["appliedDiscounts"]
    assert {one["id"]: one["value"] for one in applied} == {first: 1.5, second: 1.5}
    assert bought(shop, guest, cart)["calculatedPrice"]["finalPrice"]["grossValue"] == 17.83
    category(shop, "cups", "mug")
    all_of_it, ten = restricted(shop, "cups", percent=100), shop.coupon(absolute=10)
    guest, cart, shown = with_coupons(shop, ["mug", "teapot"], all_of_it, ten)
    assert [item["calculatedPrice"]["finalPrice"]["grossValue"] for item in shown["items"]] == [0, 13.8]
    assert bought(shop, guest, cart)["calculatedPrice"]["finalPrice"]["grossValue"] == 19.63


def test_segments_have_members_for_a_time_and_a_site(shop: Shop) -> None:
    shop.site()
    path = f"/customer-segment/{shop.name}/segments"
    body = {"id": "vip", "name": {"en": "VIP"}, "siteCode": "main", "status": "ACTIVE"}
    succeeded(shop.service.post(path, json=body), 201)
    assert shop.service.put(f"{path}/vip/customers/C1", json={}).status_code == 201
    assert shop.service.put(f"{path}/vip/customers/C1", json={}).status_code == 204
    assert [one["customer"]["id"] for one in shop.service.get(f"{path}/vip/customers").json()] == ["C1"]
    assert [one["id"] for one in shop.service.get(path, params={"customerId": "C1"}).json()] == ["vip"]
    assert shop.service.get(path, params={"customerId": "C2"}).json() == []
    assert shop.service.put(f"{path}/none/customers/C1", json={}).status_code == 404
    code = shop.coupon(allowAnonymous=False, segmentRestricted=True, restrictions={"segments": ["vip"]})
    validation = f"/coupon/{shop.name}/coupons/{code}/validation"
    assert shop.service.post(validation, json=redemption(customerNumber="C1")).status_code == 200
    assert shop.service.post(validation, json=redemption(customerNumber="C2")).status_code == 400
    shop.service.put(f"{path}/vip", json=body | {"validity": {"to": "2020-01-01T00:00:00Z"}})
    assert shop.service.post(validation, json=redemption(customerNumber="C1")).status_code == 400
    shop.service.put(f"{path}/vip", json=body | {"status": "INACTIVE"})
    assert shop.service.post(validation, json=redemption(customerNumber="C1")).status_code == 400
    assert shop.service.delete(f"{path}/vip").status_code == 400
    assert shop.service.delete(f"{path}/vip", params={"forceDelete": "true"}).status_code == 204
    assert shop.service.get(path).json() == []


VALIDATED: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({}, {}, []),
    ({"restrictions": {"validFrom": "2999-01-01T00:00:00Z"}}, {}, ["coupon_not_active"]),
    ({"restrictions": {"validUntil": "2020-01-01T00:00:00Z"}}, {}, ["coupon_expired"]),
    ({"maxRedemptions": 0}, {}, ["coupon_redemptions_exceeded"]),
    ({"allowAnonymous": False}, {}, ["coupon_redemption_forbidden"]),
    ({"allowAnonymous": False}, {"customerNumber": "C1"}, []),
    ({"allowAnonymous": False, "issuedTo": "C2"}, {"customerNumber": "C1"}, ["coupon_redemption_forbidden"]),
    ({"allowAnonymous": False, "issuedTo": "C1"}, {"customerNumber": "C1"}, []),
    (
        {"allowAnonymous": False, "restrictions": {"validFor": ["C2"]}},
        {"customerNumber": "C1"},
        ["coupon_redemption_forbidden"],
    ),
    (
        {"restrictions": {"minOrderValue": {"amount": 100.01, "currency": "EUR"}}},
        {},
        ["coupon_order_total_too_low"],
    ),
    ({"restrictions": {"minOrderValue": {"amount": 1, "currency": "USD"}}}, {}, ["coupon_currency_incorrect"]),
    ({}, {"discount": {"amount": 5, "currency": "USD"}}, ["coupon_discount_currency_incorrect"]),
    ({}, {"discount": {"amount": 10, "currency": "EUR"}}, []),
    ({}, {"discount": {"amount": 10.01, "currency": "EUR"}}, ["coupon_discount_amount_incorrect"]),
]


def test_a_validation_says_every_reason_why_not(shop: Shop) -> None:
    for fields, claim, reasons in VALIDATED:
        code = shop.coupon(**fields)
        path = f"/coupon/{shop.name}/coupons/{code}/validation"
        response = shop.service.post(path, json=redemption() | claim)
        assert response.status_code == (400 if reasons else 200), told(response)
        if reasons:
            assert [one["type"] for one in response.json()["details"]] == reasons
            assert response.json()["type"] == "validation_violation"
        else:
            assert response.content == b""
        kept = shop.service.get(f"/coupon/{shop.name}/coupons/{code}").json()
        assert kept["redemptionCount"] == 0
    absolute = shop.coupon(absolute=5)
    path = f"/coupon/{shop.name}/coupons/{absolute}/validation"
    types = [one["type"] for one in shop.service.post(path, json=redemption(100, "5.01")).json()["details"]]
    assert types == ["coupon_discount_amount_incorrect"]
    assert shop.service.post(f"/coupon/{shop.name}/coupons/NONE/validation", json=redemption()).status_code == 404
    assert shop.guest().post(path, json=redemption()).status_code == 200
    assert shop.guest().post(path, json=redemption(customerNumber="C1")).status_code == 403


def test_a_redemption_by_hand_counts_and_can_be_given_back(shop: Shop) -> None:
    code = shop.coupon(allowAnonymous=False, maxRedemptions=3, maxRedemptionsPerCustomer=1)
    coupon, many = f"/coupon/{shop.name}/coupons/{code}", f"/coupon/{shop.name}/coupons/{code}/redemptions"

    def redeemed(**who: Any) -> Any:
        return send(shop.service, "POST", many, redemption(100, "9.99", **who))

    first = succeeded(redeemed(customerNumber="C1"), 201)["id"]
    again = redeemed(customerNumber="C1")
    assert [one["type"] for one in again.json()["details"]] == ["coupon_redemptions_exceeded"]
    for company in ("acme", "beta"):
        succeeded(redeemed(customerNumber="C1", legalEntityId=company), 201)
    shown = shop.service.get(coupon).json()
    assert (shown["redemptionCount"], shown["status"]) == (3, "USED")
    assert shown["legalEntityRedemptions"] == [
        {"legalEntityId": "acme", "count": 1},
        {"legalEntityId": "beta", "count": 1},
    ]
    assert redeemed(customerNumber="C2").status_code == 400
    kept = shop.service.get(f"{many}/{first}").json()
    assert (kept["customerNumber"], kept["orderCode"], kept["discount"]["amount"]) == ("C1", "OUTSIDE-1", 9.99)
    assert len(shop.service.get(many).json()) == 3
    assert shop.service.delete(f"{many}/{first}").status_code == 204
    assert shop.service.delete(f"{many}/{first}").status_code == 404
    assert shop.service.get(coupon).json()["redemptionCount"] == 2
    succeeded(redeemed(customerNumber="C1"), 201)


def test_an_orders_redemption_is_among_them_and_can_be_given_back(shop: Shop) -> None:
    shop.standard()
    code = shop.coupon(maxRedemptions=1)
    guest, cart, _ = with_coupons(shop, ["mug"], code)
    order = bought(shop, guest, cart)
    many = f"/coupon/{shop.name}/coupons/{code}/redemptions"
    (kept,) = shop.service.get(many).json()
    assert (kept["orderCode"], kept["discount"]) == (order["id"], {"amount": 1.19, "currency": "EUR"})
    assert kept["orderTotal"]["amount"] == order["calculatedPrice"]["finalPrice"]["grossValue"]
    assert shop.service.post(f"/coupon/{shop.name}/coupons/{code}/validation", json=redemption()).status_code == 400
    assert shop.service.delete(f"{many}/{kept['id']}").status_code == 204
    assert shop.service.post(f"/coupon/{shop.name}/coupons/{code}/validation", json=redemption()).status_code == 200
    transitions = f"/order-v2/{shop.name}/salesorders/{order['id']}/transitions"
    assert shop.service.post(transitions, json={"status": "DECLINED"}).status_code == 204
    assert shop.service.get(f"/coupon/{shop.name}/coupons/{code}").json()["redemptionCount"] == 0


def test_a_referral_coupon_is_made_once_for_a_customer(shop: Shop) -> None:
    path = f"/coupon/{shop.name}/referral-coupons/C1"
    assert shop.service.get(path).status_code == 404
    assert shop.service.post(path).status_code == 400
    template = {"discountType": "PERCENT", "discountPercentage": 5, "allowAnonymous": True, "name": "Friends"}
    setting = {"key": "referralCouponTemplate", "value": template}
    succeeded(shop.service.post(f"/configuration/{shop.name}/configurations", json=setting), 201)
    assert succeeded(shop.service.post(path), 201) == {"code": "REF-C1"}
    assert shop.service.post(path, json={"name": "again"}).status_code == 409
    shown = succeeded(shop.service.get(path), 200)
    assert (shown["issuedTo"], shown["referralCoupon"], shown["name"]) == ("C1", True, "Friends")
    validation = f"/coupon/{shop.name}/coupons/REF-C1/validation"
    assert shop.guest().post(validation, json=redemption(100, 5)).status_code == 200
    assert shop.guest().get(path).status_code == 403


def test_hostile_bodies_are_refused(shop: Shop) -> None:
    code = shop.coupon()
    category(shop, "kept")
    bodies = [("POST", f"/coupon/{shop.name}/coupons/{code}/{word}") for word in ("validation", "redemptions")]
    bodies += [("POST", f"/category/{shop.name}/categories"), ("PUT", f"/category/{shop.name}/categories/kept")]
    bodies += [("POST", f"/category/{shop.name}/categories/kept/assignments")]
    bodies += [("POST", f"/customer-segment/{shop.name}/segments")]
    for method, path in bodies:
        assert list(refuses(shop.service, method, path))
    for value in ("1e400", "-1", '"NaN"', "1e30", "null"):
        body = '{"orderTotal": {"amount": %s, "currency": "EUR"}, "discount": {"amount": 1, "currency": "EUR"}}'
        path = f"/coupon/{shop.name}/coupons/{code}/redemptions"
        check_refusal(value, shop.service.post(path, content=body % value, headers=JSON))


def test_every_door_is_shut_to_strangers(shop: Shop, shared_server: Server) -> None:
    coupon, tree = f"/coupon/{shop.name}/coupons/X", f"/category/{shop.name}/categories"
    calls: list[tuple[str, str, Any]] = [("POST", f"{coupon}/redemptions", redemption())]
    calls += [("GET", f"{coupon}/redemptions", None), ("DELETE", f"{coupon}/redemptions/1", None)]
    calls += [("POST", f"/coupon/{shop.name}/referral-coupons/C1", {})]
    calls += [("POST", tree, {"localizedName": {"en": "x"}}), ("DELETE", f"{tree}/x", None)]
    calls += [("POST", f"{tree}/x/assignments", {"ref": {"id": "mug"}})]
    calls += [("GET", f"/customer-segment/{shop.name}/segments", None)]
    calls += [("PUT", f"/customer-segment/{shop.name}/segments/x/customers/c", {})]
    with new_shop(shared_server) as other:
        check_doors(shop, other, calls)


def test_a_customers_own_coupons_hold_for_that_customer_alone(shop: Shop) -> None:
    shop.standard()
    ada, bob = shop.customer(), shop.customer()
    once = shop.coupon(allowAnonymous=False, maxRedemptionsPerCustomer=1)
    hers = shop.coupon(allowAnonymous=False, issuedTo=ada.customer_id)
    path = f"/customer-segment/{shop.name}/segments"
    segment = {"id": "vip", "name": {"en": "VIP"}, "siteCode": "main", "status": "ACTIVE"}
    succeeded(shop.service.post(path, json=segment), 201)
    assert shop.service.put(f"{path}/vip/customers/{ada.customer_id}", json={}).status_code == 201
    vips = shop.coupon(allowAnonymous=False, segmentRestricted=True, restrictions={"segments": ["vip"]})

    def reasons(customer: Any, code: str) -> set[str]:
        cart = shop.cart(customer, ["mug"])
        assert customer.post(f"/cart/{shop.name}/carts/{cart}/discounts", json={"code": code}).status_code == 201
        who = {"id": customer.customer_id, "email": customer.email, "firstName": "Ada", "lastName": "Byron"}
        answer = shop.checkout(customer, shop.order_request(cart, customer=who))
        customer.delete(f"/cart/{shop.name}/carts/{cart}")
        return {detail["type"] for detail in answer.json().get("details", [])}

    assert reasons(ada, once) == set()
    assert reasons(ada, once) == {"coupon_redemptions_exceeded"}
    assert reasons(bob, once) == set()
    assert reasons(ada, hers) == reasons(ada, vips) == set()
    assert reasons(bob, hers) == reasons(bob, vips) == {"coupon_redemption_forbidden"}
    validation = f"/coupon/{shop.name}/coupons/{hers}/validation"
    assert ada.post(validation, json=redemption()).status_code == 200
    assert bob.post(validation, json=redemption()).status_code == 400
    assert bob.post(validation, json=redemption(customerNumber=ada.customer_id)).status_code == 403
    redemptions = f"/coupon/{shop.name}/coupons/{once}/redemptions"
    kept = shop.service.get(redemptions).json()
    assert [one["customerNumber"] for one in kept] == [ada.customer_id, bob.customer_id]
    assert bob.post(redemptions, json=redemption()).status_code == 400


def family(shop: Shop) -> None:
    """A parent in `shirts`, below `clothes`, and in `sale`; a variant that is in nothing, and one in `rest` itself."""
    shop.standard()
    shop.product("shirt", productType="PARENT_VARIANT")
    for variant in ("shirt-m", "shirt-l"):
        shop.product(variant, productType="VARIANT", parentVariantId="shirt", taxClasses={})
        shop.price(variant, "20")
    category(shop, "clothes")
    category(shop, "shirts", "shirt", parentId="clothes")
    category(shop, "sale", "shirt")
    category(shop, "rest", "shirt-l")


def test_a_coupon_for_what_is_not_there_is_refused_by_its_name(shop: Shop) -> None:
    category(shop, "cups"), category(shop, "plates")
    base = {"name": "x", "discountType": "PERCENT", "discountPercentage": 10, "categoryRestricted": True}
    path = f"/coupon/{shop.name}/coupons"
    for body, told_of in (
        ({**base, "restrictions": {"includedCategories": ["cups", "cusp"]}}, [("includedCategories", "'cusp'")]),
        ({**base, "restrictions": {"excludedCategories": ["plate", "Cups"]}}, [("excludedCategories", "'Cups'")] * 1),
        (
            {**base, "categoryRestricted": False, "segmentRestricted": True, "restrictions": {"segments": ["vip"]}},
            [("segments", "segment 'vip'")],
        ),
    ):
        refused = shop.service.post(path, json=body)
        assert refused.status_code == 400, refused.text
        details = [(one["field"], one["message"]) for one in refused.json()["details"]]
        for field, word in told_of:
            assert any(name == f"restrictions.{field}" and word in message for name, message in details), details
    code = restricted(shop, "cups", excluded=("plates",))
    wrong = shop.service.patch(f"{path}/{code}", json={"restrictions": {"includedCategories": ["cups", "cusp"]}})
    assert "there is no category 'cusp'" in wrong.text
    # What was named before and is gone meanwhile keeps nobody from changing the rest.
    assert shop.service.delete(f"/category/{shop.name}/categories/plates").status_code == 204
    assert shop.service.patch(f"{path}/{code}", json={"name": "Cups only"}).status_code == 200
    shown = succeeded(shop.service.get(f"{path}/{code}"), 200)
    assert shown["restrictions"]["excludedCategories"] == ["plates"]


def test_a_variant_is_in_the_categories_of_its_parent_for_coupons(shop: Shop) -> None:
    family(shop)
    branch, twig = restricted(shop, "clothes"), restricted(shop, "shirts")
    without, own = restricted(shop, excluded=("sale",)), restricted(shop, "rest")
    for code, paid in ((branch, 18), (twig, 18), (own, None)):
        guest, cart, shown = with_coupons(shop, ["shirt-m"], code)
        if paid is None:
            refused = shop.checkout(guest, shop.order_request(cart))
            assert (refused.status_code, "coupon_redemption_forbidden" in refused.text) == (400, True)
        else:
            assert shown["calculatedPrice"]["finalPrice"]["grossValue"] == paid
            order = bought(shop, guest, cart)
            assert number(str(order["calculatedPrice"]["finalPrice"]["grossValue"])) == paid + number("5.83")
    _, _, mixed = with_coupons(shop, ["shirt-m", "mug"], without)
    discounts = [item["calculatedPrice"].get("totalDiscount") is not None for item in mixed["items"]]
    assert discounts == [False, True]
    guest, cart, _ = with_coupons(shop, ["shirt-l"], own)
    bought(shop, guest, cart)


def test_a_variant_leaves_a_category_with_its_parent(shop: Shop) -> None:
    family(shop)
    code = restricted(shop, "shirts")
    guest, cart, _ = with_coupons(shop, ["shirt-m"], code)
    path = f"/category/{shop.name}/categories/shirts/assignments/shirt"
    assert shop.service.delete(path).status_code == 204
    assert "coupon_redemption_forbidden" in shop.checkout(guest, shop.order_request(cart)).text


def test_a_variant_shows_its_own_categories_and_those_of_its_parent(shop: Shop) -> None:
    family(shop)
    shown = shop.service.get(f"/product/{shop.name}/products/shirt-l").json()
    assert shown["categoryIds"] == ["rest", "shirts", "sale"]
    listed = {one["id"]: one["categoryIds"] for one in shop.service.get(f"/product/{shop.name}/products").json()}
    assert (listed["shirt"], listed["shirt-m"]) == (["shirts", "sale"], ["shirts", "sale"])
    references = f"/category/{shop.name}/assignments/references/shirt-m"
    assert [one["id"] for one in shop.service.get(references).json()] == ["shirts", "sale"]
    assigned = shop.service.get(f"/category/{shop.name}/categories/shirts/assignments").json()
    assert [one["ref"]["id"] for one in assigned] == ["shirt"]


def test_a_variant_has_the_tax_class_of_its_parent_unless_it_has_one(shop: Shop) -> None:
    family(shop)
    path = f"/product/{shop.name}/products"
    assert shop.service.patch(f"{path}/shirt-l", json={"taxClasses": {"DE": "REDUCED"}}).status_code == 204
    guest = shop.guest()
    order = bought(shop, guest, shop.cart(guest, ["shirt-m", "shirt-l"]))
    assert [entry["calculatedPrice"]["price"]["taxRate"] for entry in order["entries"]] == [19, 7]
    assert shop.service.patch(f"{path}/shirt", json={"taxClasses": {"DE": "REDUCED"}}).status_code == 204
    order = bought(shop, guest, shop.cart(guest, ["shirt-m"]))
    assert order["entries"][0]["calculatedPrice"]["price"]["taxRate"] == 7


def test_variants_that_are_each_others_parents_end_somewhere(shop: Shop, shared_server: Server) -> None:
    shop.standard()
    shop.product("egg", productType="VARIANT", parentVariantId="hen")
    # From before such a parent was refused.
    hen = {"id": "hen", "code": "hen", "name": "Hen", "published": True, "taxClasses": {"DE": "STANDARD"}}
    hen |= {"productType": "VARIANT", "parentVariantId": "egg"}
    write = Write(Kind.PRODUCT, "hen", json.dumps(hen), "hen", PUBLISHED_SHELF)
    with opened(shared_server.database_url) as store:
        store.write_now(lambda tx: documents.insert(tx, shop.name, write, 0))
    for one in ("egg", "hen"):
        shop.price(one, "2")
    category(shop, "farm", "hen")
    guest, cart, _ = with_coupons(shop, ["egg"], restricted(shop, "farm"))
    bought(shop, guest, cart)
