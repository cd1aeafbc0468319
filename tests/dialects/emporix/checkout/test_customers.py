"""A customer buys: the saas-token, the customer's own name, and what the guest had in the cart."""

from typing import Any

import jwt

from tests.shop import Customer, Guest, Shop, send, succeeded


def _request(shop: Shop, customer: Customer, cart_id: str, **overrides: Any) -> dict[str, Any]:
    buyer = {"id": customer.customer_id, "firstName": "Ada", "lastName": "Byron", "email": customer.email}
    return shop.order_request(cart_id, **({"customer": buyer} | overrides))


def _details(answer: Any) -> set[tuple[str, str]]:
    return {(one["type"], one["field"]) for one in answer.json()["details"]}


def _orders(shop: Shop, client: Guest) -> list[str]:
    return [order["id"] for order in client.get(f"/order-v2/{shop.name}/orders").json()]


def _items(shop: Shop, client: Guest, cart_id: str) -> dict[str, Any]:
    cart = succeeded(client.get(f"/cart/{shop.name}/carts/{cart_id}"), 200)
    return {item["itemYrn"].rpartition(";")[2]: item["quantity"] for item in cart["items"]}


def test_a_customer_buys_and_finds_the_order_but_the_guest_of_the_session_does_not(shop: Shop) -> None:
    shop.standard()
    guest = shop.guest()
    customer, other = shop.customer(guest=guest), shop.customer()
    cart_id = shop.cart(customer, ["mug"])
    order_id = succeeded(shop.checkout(customer, _request(shop, customer, cart_id)), 200)["orderId"]
    order = succeeded(customer.get(f"/order-v2/{shop.name}/orders/{order_id}"), 200)
    assert order["customer"]["id"] == customer.customer_id
    assert (_orders(shop, customer), _orders(shop, other), _orders(shop, guest)) == ([order_id], [], [])
    for stranger in (other, guest):
        assert stranger.get(f"/order-v2/{shop.name}/orders/{order_id}").status_code == 404
    again = shop.checkout(customer, _request(shop, customer, cart_id))
    assert again.status_code == 409
    assert again.json()["details"][1]["message"] == order_id
    assert "customer.id" not in str(shop.checkout(other, _request(shop, other, cart_id)).json())


def test_who_is_logged_in_buys_as_a_customer_whatever_the_body_calls_them(shop: Shop) -> None:
    """The token says who it is: an order of a customer that says `guest` is still theirs, and in their list."""
    shop.standard()
    customer = shop.customer()
    body = _request(shop, customer, shop.cart(customer, ["mug"]))
    body["customer"] = {"firstName": "Ada", "email": customer.email, "guest": True}
    order_id = succeeded(shop.checkout(customer, body), 200)["orderId"]
    order = succeeded(customer.get(f"/order-v2/{shop.name}/orders/{order_id}"), 200)
    assert order["customer"]["id"] == customer.customer_id
    assert not order["customer"].get("guest")
    assert _orders(shop, customer) == [order_id]


def test_a_checkout_of_a_customer_needs_the_saas_token_of_that_customer(shop: Shop) -> None:
    shop.standard()
    customer, other = shop.customer(), shop.customer()
    body = _request(shop, customer, shop.cart(customer, ["mug"]))
    own = customer.headers.pop("saas-token")
    missing = shop.checkout(customer, body, idempotency_key="one")
    assert missing.status_code == 403
    assert _details(missing) == {("missing_header", "saas-token")}
    foreign = shop.checkout(customer, body, saas_token=other.saas_token)
    assert foreign.status_code == 403
    assert _details(foreign) == {("invalid_header", "saas-token")}
    claims = {"sub": customer.customer_id, "exp": 4_000_000_000}
    head, payload, signature = own.split(".")
    forged = [
        "nonsense",
        f"{head}.{payload}.",
        f"{head}.{other.saas_token.split('.')[1]}.{signature}",
        jwt.encode(claims, "another shop's secret, which is as long as ours", algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        "x" * 10_000,
        own[:-4],
    ]
    for token in forged:
        refused = shop.checkout(customer, body, saas_token=token)
        assert refused.status_code == 401, token
        assert refused.json()["fault"]["detail"]["errorcode"] == "oauth.v2.InvalidAccessToken"
    assert shop.checkout(customer, body, saas_token=own, idempotency_key="one").status_code == 200


def test_nobody_buys_in_the_name_of_somebody_else(shop: Shop) -> None:
    shop.standard()
    customer, other, guest = shop.customer(), shop.customer(), shop.guest()
    refused = shop.checkout(customer, shop.order_request(shop.cart(customer, ["mug"]), customer=_of(other)))
    assert refused.status_code == 400
    assert _details(refused) == {("invalid_value", "customer.id")}
    refused = shop.checkout(guest, shop.order_request(shop.cart(guest, ["mug"]), customer=_of(other)))
    assert _details(refused) == {("invalid_value", "customer.id")}
    for stranger in (other, guest):
        cart_id = shop.cart(shop.customer(), ["mug"])
        assert _details(shop.checkout(stranger, shop.order_request(cart_id))) == {("cart_not_found", "cartId")}


def _of(customer: Customer) -> dict[str, Any]:
    return {"id": customer.customer_id, "firstName": "Eve", "email": customer.email}


def test_a_coupon_is_redeemed_once_per_customer_who_is_a_customer(shop: Shop) -> None:
    shop.standard()
    code = shop.coupon(maxRedemptionsPerCustomer=1, allowAnonymous=False)
    ada, bob = shop.customer(), shop.customer()

    def buy(customer: Customer) -> Any:
        cart_id = shop.cart(customer, ["mug"])
        path = f"/cart/{shop.name}/carts/{cart_id}/discounts"
        assert send(customer, "POST", path, {"code": code}).status_code == 201
        answer = shop.checkout(customer, _request(shop, customer, cart_id))
        if answer.status_code != 200:
            assert customer.delete(f"/cart/{shop.name}/carts/{cart_id}").status_code == 204
        return answer

    assert [buy(ada).status_code, buy(bob).status_code] == [200, 200]
    assert _details(buy(ada)) == {("coupon_redemptions_exceeded", f"cart.discounts[{code}]")}


def test_a_login_takes_the_guests_cart_over(shop: Shop) -> None:
    shop.standard()
    guest = shop.guest()
    cart_id = shop.cart(guest, ["mug", ("tea", 2)])
    customer = shop.customer(guest=guest)
    cart = succeeded(customer.get(f"/cart/{shop.name}/carts/{cart_id}"), 200)
    assert cart["customerId"] == customer.customer_id
    assert guest.get(f"/cart/{shop.name}/carts/{cart_id}").status_code == 404
    found = customer.get(f"/cart/{shop.name}/carts", params={"siteCode": "main", "create": "true"})
    assert succeeded(found, 200)["id"] == cart_id
    assert shop.checkout(customer, _request(shop, customer, cart_id)).status_code == 200


def test_a_login_merges_the_guests_cart_into_the_customers(shop: Shop) -> None:
    shop.standard()
    customer = shop.customer()
    own = shop.cart(customer, [("mug", 2)])
    guest = shop.guest()
    other_type = shop.cart(guest, ["tea"], type="wishlist")
    guests = shop.cart(guest, ["mug", ("teapot", 3), shop.item("mug", 1, keepAsSeparateLineItem=True)])
    code = shop.coupon()
    assert send(guest, "POST", f"/cart/{shop.name}/carts/{guests}/discounts", {"code": code}).status_code == 201
    again = shop.login(customer.email, guest)
    cart = succeeded(again.get(f"/cart/{shop.name}/carts/{own}"), 200)
    assert sorted((item["itemYrn"].rpartition(";")[2], item["quantity"]) for item in cart["items"]) == [
        ("mug", 1),
        ("mug", 3),
        ("teapot", 3),
    ]
    discounts = again.get(f"/cart/{shop.name}/carts/{own}/discounts").json()
    assert [one["code"] for one in discounts] == [code]
    assert _items(shop, again, other_type) == {"tea": 1}
    for client in (guest, again):
        assert client.get(f"/cart/{shop.name}/carts/{guests}").status_code == 404
    kept = succeeded(shop.service.get(f"/cart/{shop.name}/carts/{guests}"), 200)
    assert len(kept["items"]) == 3


def test_a_cart_in_another_currency_comes_at_the_prices_that_hold_there(shop: Shop) -> None:
    shop.standard()
    euros, zlotys = shop.prices["mug"], shop.price("mug", "50.00", currency="PLN")
    customer = shop.customer()
    own = shop.cart(customer, currency="PLN")
    shop.prices["mug"] = euros
    guest = shop.guest()
    shop.cart(guest, [("mug", 2), "tea"])
    again = shop.login(customer.email, guest)
    cart = succeeded(again.get(f"/cart/{shop.name}/carts/{own}"), 200)
    assert [(item["price"]["priceId"], item["quantity"]) for item in cart["items"]] == [(zlotys, 2)]


def test_who_no_longer_acts_for_a_company_buys_nothing_in_its_name(shop: Shop) -> None:
    shop.standard()
    customer = shop.customer()
    company = shop.company(customer)
    cart_id = shop.cart(customer, ["mug"], legalEntityId=company)
    path = f"/customer-management/{shop.name}/contact-assignments"
    (assignment,) = shop.service.get(path).json()
    assert shop.service.delete(f"{path}/{assignment['id']}").status_code == 204
    refused = shop.checkout(customer, _request(shop, customer, cart_id))
    assert refused.status_code == 400
    assert _details(refused) == {("legal_entity_not_assigned", "cart.legalEntityId")}
    body = {"legalEntity": {"id": company}, "customer": {"id": customer.customer_id}, "type": "PRIMARY"}
    succeeded(send(shop.service, "POST", path, body), 201)
    order_id = succeeded(shop.checkout(customer, _request(shop, customer, cart_id)), 200)["orderId"]
    order = succeeded(customer.get(f"/order-v2/{shop.name}/orders/{order_id}"), 200)
    assert order["legalEntityId"] == company


def test_a_shop_may_ask_who_has_an_account_to_log_in(shop: Shop) -> None:
    shop.standard()
    customer, guest = shop.customer(), shop.guest()
    email = customer.email.upper()
    body = shop.order_request(shop.cart(guest, ["mug"]), customer={"firstName": "A", "email": email, "guest": True})
    path = f"/configuration/{shop.name}/configurations"
    key = "allowAnonymousCheckoutWithExistingCustomerEmail"
    succeeded(send(shop.service, "POST", path, [{"key": key, "value": False}]), 201)
    refused = shop.checkout(guest, body)
    assert (refused.status_code, _details(refused)) == (400, {("invalid_value", "customer.email")})
    assert shop.service.delete(f"{path}/{key}").status_code == 204
    succeeded(shop.checkout(guest, body), 200)
