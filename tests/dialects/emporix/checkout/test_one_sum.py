"""What a cart shows is what its checkout charges, however countries are written, and nothing else is taken unasked."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.shop import Customer, Shop, send, succeeded, told

SPELLINGS = ("de", " DE ", "De")


def final(document: dict[str, Any]) -> tuple[Decimal, Decimal]:
    """What a cart or an order costs, net and gross."""
    price = document["calculatedPrice"]["finalPrice"]
    return Decimal(str(price["netValue"])), Decimal(str(price["grossValue"]))


def shown(shop: Shop, client: httpx.Client, cart: str) -> dict[str, Any]:
    """A cart as its owner sees it."""
    return succeeded(client.get(f"/cart/{shop.name}/carts/{cart}"), 200)


def ordered(shop: Shop, answer: httpx.Response) -> dict[str, Any]:
    """The order that a checkout has made."""
    id = succeeded(answer, 200)["orderId"]
    return succeeded(shop.service.get(f"/order-v2/{shop.name}/salesorders/{id}"), 200)


def details(refused: httpx.Response) -> set[tuple[str, str]]:
    """The types and fields of a refusal."""
    assert refused.status_code == 400, told(refused)
    return {(one["type"], one["field"]) for one in refused.json()["details"]}


# ----------------------------------------------------------------------------------------------------------- countries


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("gross", [False, True])
def test_a_country_is_the_same_one_however_a_merchant_and_a_shopper_write_it(
    shop: Shop, spelling: str, *, gross: bool
) -> None:
    shop.site(country=spelling, includesTax=gross)
    assert shop.tax(spelling) == "DE"
    shop.product("mug", country=spelling)
    model = shop.price_model(includesTax=gross)
    shop.price("mug", "10.00", model=model, location={"countryCode": spelling})
    shop.zone(countries=[spelling])
    shop.method(fee=0)
    guest = shop.guest()
    cart = shop.cart(guest, ["mug"], countryCode=spelling, zipCode="10115")
    before = shown(shop, guest, cart)
    assert before["countryCode"] == "DE"
    assert before["items"][0]["calculatedPrice"]["price"]["taxCode"] == "STANDARD"
    request = shop.order_request(cart)
    for address in request["addresses"]:
        address["country"] = spelling
    order = ordered(shop, shop.checkout(guest, request))
    assert final(order) == final(before)
    assert final(before) == ((Decimal("8.40"), Decimal(10)) if gross else (Decimal(10), Decimal("11.90")))
    assert (order["countryCode"], order["billingAddress"]["country"]) == ("DE", "DE")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_documents_are_kept_with_countries_in_capitals(shop: Shop, spelling: str) -> None:
    shop.site(country=spelling)
    shop.tax(spelling)
    shop.product("mug", country=spelling)
    price = shop.price("mug", "1.00", location={"countryCode": spelling})
    price_list = shop.price_list(countries=[spelling])
    shop.zone(countries=[spelling])
    kept = {
        f"/site/{shop.name}/sites/main": ("homeBase", "address", "country"),
        f"/tax/{shop.name}/taxes/DE": ("location", "countryCode"),
        f"/price/{shop.name}/prices/{price}": ("location", "countryCode"),
    }
    for path, place in kept.items():
        document: Any = succeeded(shop.service.get(path), 200)
        for name in place:
            document = document[name]
        assert document == "DE", path
    assert succeeded(shop.service.get(f"/product/{shop.name}/products/mug"), 200)["taxClasses"] == {"DE": "STANDARD"}
    assert succeeded(shop.service.get(f"/site/{shop.name}/sites/main"), 200)["shipToCountries"] == ["DE"]
    assert succeeded(shop.service.get(f"/price/{shop.name}/price-lists/{price_list}"), 200)["countries"] == ["DE"]
    zone = succeeded(shop.service.get(f"/shipping/{shop.name}/main/zones/de"), 200)
    assert zone["shipTo"][0]["country"] == "DE"
    listed: Any = succeeded(shop.service.get(f"/price/{shop.name}/prices", params={"country": spelling}), 200)
    assert [one["id"] for one in listed] == [price]


def test_what_is_no_country_is_still_refused_and_one_is_not_named_twice(shop: Shop) -> None:
    shop.site()
    for strange in ("ß", "D", "DEU", "D E", "12", "дe"):
        body = {"location": {"countryCode": strange}, "taxClasses": [{"code": "A", "rate": 1}]}
        assert shop.service.post(f"/tax/{shop.name}/taxes", json=body).status_code == 400, strange
    twice = {"id": "mug", "code": "mug", "name": "mug", "taxClasses": {"de": "STANDARD", "DE": "REDUCED"}}
    refused = shop.service.post(f"/product/{shop.name}/products", json=twice)
    assert refused.status_code == 400, told(refused)
    assert "taxClasses" in refused.text


# ------------------------------------------------------------------------------------------- the sum that was shown


@pytest.mark.parametrize("amount", ["26.60", "0", "29.62", "24.90"])
def test_another_sum_than_the_buyer_was_shown_is_refused(shop: Shop, amount: str) -> None:
    shop.standard()
    guest = shop.guest()
    cart = shop.cart(guest, [("mug", 2)], countryCode="DE", zipCode="10115")
    assert final(shown(shop, guest, cart))[1] == Decimal("29.63")
    paid = [{"provider": "custom", "amount": Decimal(amount)}]
    refused = shop.checkout(guest, shop.order_request(cart, paymentMethods=paid))
    assert details(refused) == {("payment_amount_mismatch", "paymentMethods[0].amount")}
    assert "29.63" in refused.json()["details"][0]["message"]
    right = [{"provider": "custom", "amount": Decimal("29.63")}]
    assert final(ordered(shop, shop.checkout(guest, shop.order_request(cart, paymentMethods=right))))[1] == Decimal(
        "29.63"
    )


def test_a_shop_may_pass_over_the_amounts_of_payments(shop: Shop) -> None:
    shop.standard()
    settings = [{"key": "checkoutChecksPaymentAmount", "value": False}]
    response = send(shop.service, "POST", f"/configuration/{shop.name}/configurations", settings)
    assert response.status_code in (200, 201), told(response)
    guest = shop.guest()
    request = shop.order_request(shop.cart(guest, ["mug"]), paymentMethods=[{"provider": "none", "amount": 1}])
    succeeded(shop.checkout(guest, request), 200)


def test_what_may_be_authorised_may_be_paid_too(shop: Shop) -> None:
    shop.standard()
    settings = [{"key": "authorizedAmountUplift", "value": 30}]
    send(shop.service, "POST", f"/configuration/{shop.name}/configurations", settings)
    shop.product("cheese", weightDependent=True)
    shop.price("cheese", "10.00")
    guest = shop.guest()
    request = shop.order_request(shop.cart(guest, ["cheese"]), paymentMethods=[{"provider": "none", "amount": 18.83}])
    order = ordered(shop, shop.checkout(guest, request))
    assert (final(order)[1], order["totalAuthorizedAmount"]) == (Decimal("15.83"), 18.83)


# --------------------------------------------------------------------------------------------------- reads in chains


def test_a_read_in_a_chain_changes_nothing_of_the_cart(shop: Shop) -> None:
    shop.standard()
    guest = shop.guest()
    cart = shop.cart(guest, ["mug"])
    before = shown(shop, guest, cart)
    path = f"/cart/{shop.name}/carts/{cart}"
    commands = [
        {"type": "GetCart", "options": {"countryCode": "FR", "zipCode": "75001"}},
        {"type": "UpdateCartItem", "data": {"quantity": 2}, "options": {"itemId": "0", "partial": True}},
    ]
    results = succeeded(send(guest, "POST", f"{path}/execute", {"commands": commands}), 207)["results"]
    assert results[0]["data"]["countryCode"] == "FR"
    after = shown(shop, guest, cart)
    assert (after.get("countryCode"), after.get("zipCode")) == (before.get("countryCode"), before.get("zipCode"))
    assert after["items"][0]["quantity"] == 2


def test_a_refused_step_of_a_chain_leaves_no_trace_for_the_next_one_to_save(shop: Shop) -> None:
    shop.standard()
    guest = shop.guest()
    cart = shop.cart(guest, ["mug"])
    path = f"/cart/{shop.name}/carts/{cart}"
    commands = [
        {"type": "UpdateCart", "data": {"countryCode": "FR", "zipCode": "75001", "siteCode": "nowhere"}},
        {"type": "UpdateCartItem", "data": {"quantity": 3}, "options": {"itemId": "0", "partial": True}},
    ]
    answer = succeeded(send(guest, "POST", f"{path}/execute?onError=resume", {"commands": commands}), 207)
    assert [one["code"] for one in answer["results"]] == [400, 204]
    after = shown(shop, guest, cart)
    assert (after.get("countryCode"), after["items"][0]["quantity"]) == (None, 3)


# ------------------------------------------------------------------------------------------------- a company's coupons


def filled(shop: Shop, customer: Customer, code: str, company: str = "") -> str:
    """A cart with a mug and a coupon, for a company where one is named."""
    named = {"legalEntityId": company} if company else {}
    cart = shop.cart(customer, ["mug"], **named)
    assert send(customer, "POST", f"/cart/{shop.name}/carts/{cart}/discounts", {"code": code}).status_code == 201
    return cart


def buy(shop: Shop, customer: Customer, cart: str) -> httpx.Response:
    """Buy a cart."""
    who = {"id": customer.customer_id, "email": customer.email, "firstName": "Ada"}
    return shop.checkout(customer, shop.order_request(cart, customer=who))


def test_a_companys_limit_counts_its_checkouts_and_what_is_redeemed_by_hand_alike(shop: Shop) -> None:
    shop.standard()
    customer = shop.customer()
    company = shop.company(customer)
    code = shop.coupon(allowAnonymous=False, maxRedemptionsPerCustomer=1)
    order = ordered(shop, buy(shop, customer, filled(shop, customer, code, company)))
    assert order["legalEntityId"] == company
    exceeded = {("coupon_redemptions_exceeded", f"cart.discounts[{code}]")}
    again = filled(shop, customer, code, company)
    assert details(buy(shop, customer, again)) == exceeded
    coupon = succeeded(shop.service.get(f"/coupon/{shop.name}/coupons/{code}"), 200)
    assert coupon["legalEntityRedemptions"] == [{"legalEntityId": company, "count": 1}]
    money = {"amount": 1, "currency": "EUR"}
    by_hand: dict[str, Any] = {"orderTotal": money | {"amount": 100}, "discount": money}
    by_hand |= {"customerNumber": customer.customer_id, "legalEntityId": company}
    redemptions = f"/coupon/{shop.name}/coupons/{code}/redemptions"
    refused = send(shop.service, "POST", redemptions, by_hand)
    assert {one["type"] for one in refused.json()["details"]} == {"coupon_redemptions_exceeded"}, told(refused)
    # For themselves the customer has another count; and a declined order gives the company's back.
    succeeded(buy(shop, customer, filled(shop, customer, code)), 200)
    path = f"/order-v2/{shop.name}/salesorders/{order['id']}/transitions"
    assert send(shop.service, "POST", path, {"status": "DECLINED"}).status_code == 204
    succeeded(send(shop.service, "POST", redemptions, by_hand), 201)
    discounts: Any = succeeded(customer.get(f"/cart/{shop.name}/carts/{again}/discounts"), 200)
    assert [one["valid"] for one in discounts] == [False]
