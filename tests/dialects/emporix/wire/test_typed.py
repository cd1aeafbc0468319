"""What is typed or pasted into a call is compared as people mean it; tokens and passwords are as they are."""

import pytest

from tests.dialects.emporix.clocks import shop_at
from tests.shop import PASSWORD, Shop, send, succeeded, told

PASTED = ("SAVE10 ", " save10", "\u3000Save10\u00a0", "\ufeffSAVE10\n")


def test_a_coupon_code_may_be_pasted_with_its_blanks(shop: Shop) -> None:
    shop_at(shop, None)
    shop.coupon("SAVE10")
    for code in PASTED:
        guest = shop.guest()
        cart_id = shop.cart(guest, ["mug"])
        path = f"/cart/{shop.name}/carts/{cart_id}/discounts"
        added = send(guest, "POST", path, {"code": code})
        assert added.status_code == 201, told(added)
        assert [one["code"] for one in guest.get(path).json()] == ["SAVE10"]
        assert guest.delete(path, params={"codes": code}).status_code == 204
        assert guest.get(path).json() == []


@pytest.mark.parametrize("verb", ["validation", "redemptions"])
def test_a_coupon_is_redeemed_by_hand_by_the_code_that_is_pasted(shop: Shop, verb: str) -> None:
    shop.coupon("SAVE10")
    body = {"orderTotal": {"amount": 10, "currency": "EUR"}, "discount": {"amount": 1, "currency": "EUR"}}
    answer = shop.service.post(f"/coupon/{shop.name}/coupons/save10%20/{verb}", json=body)
    assert answer.status_code in (200, 201), told(answer)


def test_a_code_of_letters_with_marks_is_one_code_on_every_machine(shop: Shop) -> None:
    coupons = f"/coupon/{shop.name}/coupons"
    shop.coupon("FRU\u0308HLING")
    assert shop.service.get(f"{coupons}/fr\u00fchling").json()["code"] == "FR\u00dcHLING"
    again = shop.service.post(coupons, json={"code": "FR\u00dcHLING", "name": "x", "discountType": "FREE_SHIPPING"})
    assert again.status_code == 409


def test_where_letters_differ_blanks_still_do_not(shop: Shop) -> None:
    keys = f"/configuration/{shop.name}/configurations"
    body = [{"key": "enableCouponCodeCaseSensitivity", "value": True}]
    succeeded(shop.service.post(keys, json=body), 201)
    shop.coupon("Save10")
    for code, status in (("Save10%20", 200), ("%20Save10", 200), ("SAVE10", 404)):
        assert shop.service.get(f"/coupon/{shop.name}/coupons/{code}").status_code == status, code


def test_an_e_mail_logs_in_with_the_blanks_that_were_pasted_and_a_password_does_not(shop: Shop) -> None:
    shop.customer("ada@example.com")
    for email in ("ada@example.com ", "\tADA@example.com", "\u00a0ada@example.com\u3000"):
        assert shop.login(email).email == email
    for password in (f"{PASSWORD} ", f" {PASSWORD}"):
        body = {"email": "ada@example.com", "password": password}
        assert send(shop.guest(), "POST", f"/customer/{shop.name}/login", body).status_code == 401


def test_a_password_is_reset_for_the_e_mail_that_was_pasted(shop: Shop) -> None:
    shop.customer("ada@example.com")
    answer = send(shop.service, "POST", f"/customer/{shop.name}/password/reset", {"email": "Ada@example.com "})
    assert answer.status_code in (200, 400), told(answer)
    if answer.status_code == 400:
        assert "email" in told(answer)


def test_a_client_id_may_be_pasted_with_a_blank_and_a_secret_may_not(shop: Shop) -> None:
    keys = shop.credentials["emporix"]
    form = {"grant_type": "client_credentials", "client_secret": keys["client_secret"]}
    for id in (keys["client_id"], f" {keys['client_id']}", f"{keys['client_id']}\u00a0"):
        assert shop.client().post("/oauth/token", data=form | {"client_id": id}).status_code == 200
    wrong = form | {"client_id": keys["client_id"], "client_secret": form["client_secret"] + " "}
    assert shop.client().post("/oauth/token", data=wrong).status_code == 401
    query = {"tenant": f"{shop.name} ", "client_id": f"{keys['storefront_client_id']} "}
    assert shop.client().get("/customerlogin/auth/anonymous/login", params=query).status_code == 200


@pytest.mark.parametrize("typed", ["IV51 9HP", "iv51 9hp", "iv519hp", " IV51 9HP"])
def test_an_island_is_not_shipped_to_at_the_mainlands_price_however_its_code_is_typed(shop: Shop, typed: str) -> None:
    shop.site(country="GB")
    shop.tax("GB", {"STANDARD": 20})
    shop.product("mug", country="GB")
    shop.price("mug", "12.00", location={"countryCode": "GB"})
    shop.stock("mug")
    for zone, codes, method, fee in (("isl", "IV*", "ferry", "25"), ("z", "*", "parcel", "0")):
        shop.zone(zone, shipTo=[{"country": "GB", "postalCode": codes}])
        shop.method(method, zone=zone, fee=fee, shippingTaxCode=None)
    place = {"zipCode": typed, "country": "gb"}
    quoted = send(
        shop.guest(),
        "POST",
        f"/shipping/{shop.name}/main/quote",
        {"cartTotal": {"amount": 12, "currency": "EUR"}, "shipToAddress": place},
    )
    assert [one["zone"]["id"] for one in quoted.json()] == ["isl"], told(quoted)
    (site,) = shop.guest().post(f"/shipping/{shop.name}/findSite", json={"postalCode": typed, "country": " gb"}).json()
    assert [zone["id"] for zone in site["zones"]] == ["isl"]
    guest = shop.guest()
    body = shop.order_request(shop.cart(guest, ["mug"]), "parcel")
    body["shipping"].pop("shippingTaxCode")
    body["addresses"] = [one | place for one in body["addresses"]]
    refused = shop.checkout(guest, body)
    assert refused.status_code == 400, told(refused)
    assert "shipping_zone_not_found" in refused.text


def test_numbers_and_names_in_an_address_may_have_blanks_around_them(shop: Shop) -> None:
    shop.standard()
    prices = f"/price/{shop.name}/prices"
    found = shop.service.get(prices, params={"itemId": " mug ", "currency": "EUR ", "pageSize": " 5", "country": " de"})
    assert [one["itemId"]["id"] for one in found.json()] == ["mug"], told(found)
    guest = shop.guest()
    cart_id = shop.cart(guest, ["mug"])
    carts = f"/cart/{shop.name}/carts"
    assert guest.get(carts, params={"siteCode": "main "}).json()["id"] == cart_id
    assert shop.service.get(f"/currency/{shop.name}/currencies", params={"code": " eur "}).status_code == 200


def test_prices_are_matched_in_the_currency_that_is_typed_and_never_in_none(shop: Shop) -> None:
    shop.standard()
    items = [{"itemId": {"itemType": "PRODUCT", "id": "mug"}, "quantity": {"quantity": 1}}]
    body = {"siteCode": "main", "targetLocation": {"countryCode": " de"}, "items": items}
    path = f"/price/{shop.name}/match-prices"
    for currency in ("EUR", "eur", " Eur "):
        found = send(shop.service, "POST", path, body | {"targetCurrency": currency})
        assert [(one["effectiveValue"], one["currency"]) for one in found.json()] == [(11.9, "EUR")], told(found)
    refused = send(shop.service, "POST", path, body | {"targetCurrency": "eu"})
    assert (refused.status_code, "ISO 4217" in refused.text) == (400, True), told(refused)
