"""Quotes become orders: by a checkout that names them, or by being accepted; once, and at the agreed prices."""

import time
from typing import Any

import pytest

from tests.quotes import SHIPPING, become, bought, buyer, offered, patched, quotes_path, requested, shown
from tests.shop import Customer, Shop, days_ahead, send, succeeded


@pytest.fixture
def ready(shop: Shop) -> tuple[Shop, Customer]:
    """The standard shop and a customer who has an address."""
    shop.standard()
    return shop, buyer(shop)


def reasons(answer: Any) -> set[tuple[str, str]]:
    """Field and type of every reason of a refused checkout."""
    assert answer.status_code == 400, answer.text
    return {(detail["field"], detail["type"]) for detail in answer.json()["details"]}


def order_of(shop: Shop, id: str) -> dict[str, Any]:
    """An order as the back office sees it."""
    return succeeded(shop.service.get(f"/order-v2/{shop.name}/salesorders/{id}"), 200)


def repriced(shop: Shop, id: str, net: float, item: str = "0") -> None:
    """Offer an item of a quote at another net total, and open the quote."""
    changes = [
        {"op": "replace", "path": f"/items/{item}/price", "value": {"totalNetValue": net}},
        {"op": "replace", "path": "/status", "value": "OPEN"},
    ]
    assert patched(shop, shop.service, id, changes).status_code == 204


def test_an_open_quote_is_bought_at_its_agreed_prices(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    shop.stock("mug", 5)
    id = requested(shop, customer, [("mug", 2), "tea"])
    repriced(shop, id, 16)  # instead of 20: 19.04 gross
    offer = shown(customer, shop, id)
    answer = bought(shop, customer, id)
    assert answer.content == b'{"orderId":"EON1001","paymentDetails":null,"checkoutId":""}', answer.text
    order = order_of(shop, "EON1001")
    assert (order["quoteId"], order["checkout"], order["status"]) == (id, True, "CREATED")
    assert "cartId" not in order
    assert order["customer"]["id"] == customer.customer_id
    assert order["customer"]["email"] == customer.email
    assert (order["billingAddress"]["street"], order["shippingAddress"]["zipCode"]) == ("Torstrasse", "10115")
    final = order["calculatedPrice"]["finalPrice"]
    assert (final["netValue"], final["grossValue"]) == (30.90, 35.57)
    assert final["grossValue"] == offer["totalPrice"]["grossValue"]
    mug = order["entries"][0]
    assert (mug["product"]["id"], mug["amount"]) == ("mug", 2)
    assert mug["calculatedPrice"]["finalPrice"]["netValue"] == 16.00
    assert order["shipping"]["lines"][0]["amount"] == 4.90
    assert shop.on_hand("mug") == 3
    quote = shown(customer, shop, id)
    assert (quote["status"], quote["orderId"]) == ({"value": "ACCEPTED"}, "EON1001")
    assert succeeded(customer.get(f"/order-v2/{shop.name}/orders/EON1001"), 200)["quoteId"] == id
    history = shop.service.get(quotes_path(shop, id) + "/history").json()
    assert [(one["op"], one["path"], one["userType"]) for one in history[-2:]] == [
        ("REPLACE", "/status", "CUSTOMER"),
        ("ADD", "/orderId", "SYSTEM"),
    ]


def test_a_second_checkout_of_a_quote_is_told_the_first_one(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    id = offered(shop, customer)
    assert bought(shop, customer, id).status_code == 200
    for _ in range(2):
        answer = bought(shop, customer, id)
        assert answer.status_code == 409
        assert answer.text == (
            f'{{"status":409,"type":"Conflict","message":"Order with quoteId \'{id}\' and checkout=true already exists '
            f'(order id: EON1001)","moreInfo":null,"details":[{{"field":"quoteId",'
            f'"type":"unique_checkout_quoteId_index","message":"{id}","moreInfo":null}},{{"field":"existingOrderId",'
            f'"type":"unique_checkout_quoteId_index","message":"EON1001","moreInfo":null}}]}}'
        )


def test_accepting_makes_the_order_and_the_checkout_is_told_it(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    shop.stock("mug", 5)
    id = offered(shop, customer)
    assert become(shop, customer, id, "ACCEPTED", comment="Fine").status_code == 204
    quote = shown(customer, shop, id)
    assert (quote["status"], quote["orderId"]) == ({"value": "ACCEPTED", "comment": "Fine"}, "EON1001")
    order = order_of(shop, "EON1001")
    assert (order["payments"][0]["provider"], order["payments"][0]["method"]) == ("none", "invoice")
    assert (order["quoteId"], order["createdBy"]) == (id, customer.customer_id)
    assert shop.on_hand("mug") == 4
    assert bought(shop, customer, id).status_code == 409
    assert become(shop, customer, id, "ACCEPTED").status_code == 400
    assert become(shop, customer, id, "DECLINED").status_code == 400
    kept = shop.service.delete(quotes_path(shop, id))
    assert (kept.status_code, kept.json()["code"]) == (409, 409)


def test_a_merchant_accepts_for_the_customer_who_then_owns_the_order(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    id = offered(shop, customer)
    assert become(shop, shop.service, id, "ACCEPTED").status_code == 204
    assert customer.get(f"/order-v2/{shop.name}/orders/EON1001").status_code == 200
    history = shop.service.get(quotes_path(shop, id) + "/history").json()
    assert history[-2]["userType"] == "EMPLOYEE"


def test_an_acceptance_that_can_not_be_sold_leaves_the_quote_as_it_was(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    shop.stock("mug", 1)
    id = offered(shop, customer, [("mug", 2)])
    before = shown(customer, shop, id)
    changes = [
        {"op": "replace", "path": "/comment", "value": "Gone"},
        {"op": "replace", "path": "/status", "value": "ACCEPTED"},
    ]
    answer = patched(shop, shop.service, id, changes)
    assert answer.status_code == 400
    assert "1 of the product mug are left" in answer.json()["details"][0]
    assert shown(customer, shop, id) == before
    assert reasons(bought(shop, customer, id)) == {("cart.items[0].quantity", "out_of_stock")}
    shop.stocked("mug", 2)
    assert become(shop, customer, id, "ACCEPTED").status_code == 204


def test_a_quote_that_lacks_shipping_is_accepted_first_and_bought_later(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    cart_id = shop.cart(customer, ["mug"])
    id = succeeded(send(customer, "POST", quotes_path(shop), {"cartId": cart_id}), 201)["id"]
    assert become(shop, shop.service, id, "OPEN").status_code == 204
    assert become(shop, customer, id, "ACCEPTED").status_code == 204
    quote = shown(customer, shop, id)
    assert quote["status"] == {"value": "ACCEPTED"}
    assert "orderId" not in quote
    assert reasons(bought(shop, customer, id)) == {("quote.shipping", "missing_value")}
    cheaper = {"op": "replace", "path": "/items/0/price", "value": {"totalNetValue": 1}}
    assert patched(shop, shop.service, id, cheaper).status_code == 400
    shipping = {"op": "replace", "path": "/shipping", "value": SHIPPING}
    assert patched(shop, shop.service, id, shipping).status_code == 204
    assert patched(shop, shop.service, id, shipping).status_code == 400
    assert bought(shop, customer, id).status_code == 200


def test_a_shop_may_let_accepted_quotes_wait_for_their_checkout(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    entry = {"key": "acceptedQuoteBecomesOrder", "value": False, "version": 1}
    path = f"/configuration/{shop.name}/configurations"
    succeeded(send(shop.service, "POST", path, [entry]), 201)
    id = offered(shop, customer)
    assert become(shop, customer, id, "ACCEPTED").status_code == 204
    assert "orderId" not in shown(customer, shop, id)
    answer = bought(shop, customer, id, paymentMethods=[{"provider": "custom", "method": "card"}])
    assert answer.status_code == 200
    assert order_of(shop, "EON1001")["status"] == "IN_CHECKOUT"


@pytest.mark.parametrize("status", ["AWAITING", "IN_PROGRESS", "DECLINED", "DECLINED_BY_MERCHANT"])
def test_only_an_open_or_accepted_quote_is_bought(ready: tuple[Shop, Customer], status: str) -> None:
    shop, customer = ready
    id = requested(shop, customer)
    if status in ("IN_PROGRESS", "DECLINED"):
        assert become(shop, shop.service, id, "OPEN").status_code == 204
    if status != "AWAITING":
        assert become(shop, shop.service, id, status).status_code == 204
    assert reasons(bought(shop, customer, id)) == {("quoteId", "quote_not_open")}


def test_a_quote_whose_time_has_passed_has_expired(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    id = requested(shop, customer)
    soon = time.time() + 1
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(soon)) + ".000Z"
    changes = [
        {"op": "replace", "path": "/status", "value": "OPEN"},
        {"op": "replace", "path": "/validTo", "value": text},
    ]
    assert patched(shop, shop.service, id, changes).status_code == 204
    while time.time() <= soon:
        time.sleep(0.05)
    assert shown(customer, shop, id)["status"] == {"value": "EXPIRED"}
    listed = customer.get(quotes_path(shop), params={"q": "status.value:EXPIRED"}).json()
    assert [one["id"] for one in listed] == [id]
    assert reasons(bought(shop, customer, id)) == {("quoteId", "quote_not_open")}
    assert become(shop, customer, id, "ACCEPTED").status_code == 400
    assert "validTo" in become(shop, shop.service, id, "OPEN").json()["details"][0]
    later = {"op": "replace", "path": "/validTo", "value": "2040-01-01T00:00:00.000Z"}
    opened = [later, {"op": "replace", "path": "/status", "value": "OPEN"}]
    assert patched(shop, shop.service, id, opened).status_code == 204
    history = shop.service.get(quotes_path(shop, id) + "/history").json()
    assert ("REPLACE", "SYSTEM", {"value": "EXPIRED"}) in [
        (one["op"], one["userType"], one.get("newValue")) for one in history
    ]
    assert bought(shop, customer, id).status_code == 200


def test_nobody_buys_somebody_elses_quote(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    id = offered(shop, customer)
    for stranger in (buyer(shop), shop.guest()):
        assert reasons(bought(shop, stranger, id)) == {("quoteId", "quote_not_found")}
    assert reasons(bought(shop, customer, "")) == {("quoteId", "quote_not_found")}
    assert "orderId" not in shown(customer, shop, id)


def test_what_is_wrong_with_the_request_is_told_together_with_the_rest(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    shop.stock("mug", 0)
    id = offered(shop, customer)
    both = {("paymentMethods", "invalid_payment_methods"), ("cart.items[0].quantity", "out_of_stock")}
    assert reasons(bought(shop, customer, id, paymentMethods=[])) == both
    gateway = [{"provider": "payment-gateway"}]
    assert ("paymentMethods[0].customAttributes.modeId", "invalid_payment_methods") in reasons(
        bought(shop, customer, id, paymentMethods=gateway)
    )
    assert reasons(bought(shop, customer, id, paymentMethods=None)) >= {("paymentMethods", "missing_value")}
    assert reasons(bought(shop, customer, id, deliveryWindowId="w")) >= {
        ("cart.deliveryWindow.slotId", "delivery_window_incomplete")
    }
    for wrong in (5, ["q"], {"id": id}):
        answer = shop.checkout(customer, {"quoteId": wrong, "paymentMethods": []})
        assert ("quoteId", "invalid_value") in reasons(answer)


def test_a_request_that_names_both_buys_the_quote_and_null_names_nothing(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    id = offered(shop, customer)
    cart_id = shop.cart(customer, ["tea"])
    body = shop.order_request(cart_id, customer={"id": customer.customer_id, "email": customer.email, "firstName": "A"})
    assert shop.checkout(customer, body | {"quoteId": id}).json()["orderId"] == "EON1001"
    assert order_of(shop, "EON1001")["quoteId"] == id
    answer = shop.checkout(customer, body | {"quoteId": None})
    assert answer.status_code == 200, answer.text
    assert order_of(shop, "EON1002")["cartId"] == cart_id


def test_the_cart_of_a_quote_is_not_bought_as_well(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    cart_id = shop.cart(customer, ["mug"])
    body = {"cartId": cart_id, "shipping": SHIPPING}
    id = succeeded(send(customer, "POST", quotes_path(shop), body), 201)["id"]
    person = {"id": customer.customer_id, "email": customer.email, "firstName": "Ada"}
    refused = shop.checkout(customer, shop.order_request(cart_id, customer=person))
    assert reasons(refused) == {("cartId", "cart_not_found")}
    assert become(shop, shop.service, id, "OPEN").status_code == 204
    assert bought(shop, customer, id).status_code == 200


def test_the_window_of_the_quotes_cart_is_booked_with_the_order(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    shop.delivery_time("daily", capacity=1)
    window = {"id": "daily", "slotId": "day", "deliveryDate": days_ahead(1)}
    ids = []
    for _ in range(2):
        cart_id = shop.cart(customer, ["mug"], deliveryWindow=window)
        body = {"cartId": cart_id, "shipping": SHIPPING}
        ids.append(succeeded(send(customer, "POST", quotes_path(shop), body), 201)["id"])
        assert become(shop, shop.service, ids[-1], "OPEN").status_code == 204
    assert reasons(bought(shop, customer, ids[0], deliveryWindowId="other")) >= {
        ("cart.deliveryWindow.slotId", "delivery_window_incomplete")
    }
    assert bought(shop, customer, ids[0], deliveryWindowId="daily").status_code == 200
    assert order_of(shop, "EON1001")["deliveryWindow"]["slotId"] == "day"
    full = bought(shop, customer, ids[1])
    assert (full.status_code, full.json()["type"]) == (409, "conflict_resource")
    assert become(shop, customer, ids[1], "ACCEPTED").status_code == 400
    assert shown(customer, shop, ids[1])["status"] == {"value": "OPEN"}


def test_a_new_tax_rate_does_not_change_what_was_agreed_on(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    id = offered(shop, customer)
    table = succeeded(shop.service.get(f"/tax/{shop.name}/taxes/DE"), 200)
    for one in table["taxClasses"]:
        one["rate"] = 25
    assert send(shop.service, "PUT", f"/tax/{shop.name}/taxes/DE", table).status_code == 204
    assert reasons(bought(shop, customer, id)) == {("quoteId", "quote_outdated")}
    address = shown(customer, shop, id)["billingAddress"]["id"]
    renewed = {"op": "replace", "path": "/billingAddressId", "value": address}
    assert patched(shop, shop.service, id, renewed).status_code == 204  # which puts the quote under today's taxes
    assert bought(shop, customer, id).status_code == 200


def test_a_price_that_is_gone_from_the_list_is_still_agreed_on(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    id = offered(shop, customer)
    assert shop.service.delete(f"/price/{shop.name}/prices/{shop.prices['mug'][0]}").status_code == 204
    assert bought(shop, customer, id).status_code == 200
    other = requested(shop, customer, ["tea"])
    assert shop.service.delete(f"/product/{shop.name}/products/tea").status_code == 204
    assert become(shop, shop.service, other, "OPEN").status_code == 204
    assert reasons(bought(shop, customer, other)) == {("cart.items[0].itemYrn", "product_not_found")}


def test_a_retry_with_its_key_gets_the_first_answer(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    id = offered(shop, customer)
    body = {"quoteId": id, "paymentMethods": [{"provider": "none"}]}
    first = shop.checkout(customer, body, idempotency_key="once")
    again = shop.checkout(customer, body, idempotency_key="once")
    assert (first.status_code, first.content) == (again.status_code, again.content)


def test_permitted_is_what_the_caller_could_check_out(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    path = f"/approval/{shop.name}/approval/permitted"

    def permitted(client: Any, type: str, id: str) -> bool:
        body = {"resourceType": type, "resourceId": id, "action": "CHECKOUT"}
        answer = succeeded(send(client, "POST", path, body), 200)
        assert set(answer) == {"action", "permitted"}
        assert answer["action"] == "CHECKOUT"
        return bool(answer["permitted"])

    guest = shop.guest()
    cart_id = shop.cart(guest, ["mug"])
    assert permitted(guest, "CART", cart_id)
    assert not permitted(customer, "CART", cart_id)
    assert not permitted(guest, "CART", "none")
    assert shop.checkout(guest, shop.order_request(cart_id)).status_code == 200
    assert not permitted(guest, "CART", cart_id)
    id = requested(shop, customer)
    assert not permitted(customer, "QUOTE", id)
    assert become(shop, shop.service, id, "OPEN").status_code == 204
    assert permitted(customer, "QUOTE", id)
    assert not permitted(buyer(shop), "QUOTE", id)
    assert bought(shop, customer, id).status_code == 200
    assert not permitted(customer, "QUOTE", id)
    wrong = send(customer, "POST", path, {"resourceType": "ORDER", "resourceId": id, "action": "CHECKOUT"})
    assert wrong.status_code == 400
    assert (wrong.json()["message"], wrong.json()["errorCode"]) == ("Problem with validation", "APPROVAL-400001")
    assert wrong.json()["details"][0]["message"].startswith("resourceType: ")
    assert shop.service.post(path, json={}).status_code in (400, 403)
