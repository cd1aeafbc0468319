"""Quotes on the wire: made from a cart or by a merchant, answered by the customer, and never seen by anybody else."""

from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.quotes import ADDRESS, SHIPPING, become, bought, buyer, offered, patched, quotes_path, requested, shown
from tests.shop import PASSWORD, Customer, Shop, send, succeeded

Body = dict[str, Any]


@pytest.fixture
def ready(shop: Shop) -> tuple[Shop, Customer]:
    """The standard shop and a customer who has an address."""
    shop.standard()
    return shop, buyer(shop)


def by_hand(shop: Shop, customer: Customer, **changes: Any) -> Body:
    """A merchant's quote of two mugs at 8.00 net each, instead of 10.00."""
    address = shown(customer, shop, requested(shop, customer))["billingAddress"]["id"]
    price = {"priceId": shop.prices["mug"][0], "unitPrice": 10, "totalNetValue": 16, "tax": {"taxClass": "STANDARD"}}
    item = {"quantity": {"quantity": 2, "unitCode": "piece"}, "price": price, "product": {"productId": "mug"}}
    body = {"customerId": customer.customer_id, "billingAddressId": address, "shippingAddressId": address}
    body |= {"siteCode": "main", "currency": "EUR", "shipping": SHIPPING, "items": [item]}
    return {name: value for name, value in (body | changes).items() if value is not None}


def made(shop: Shop, body: Body) -> str:
    """The id of a quote that the merchant has made."""
    id: str = succeeded(send(shop.service, "POST", quotes_path(shop), body), 201)["id"]
    return id


def details(shop: Shop, body: Body) -> list[str]:
    """What the merchant is told is wrong with a quote; every word of it."""
    answer = send(shop.service, "POST", quotes_path(shop), body)
    assert answer.status_code == 400, answer.text
    found: list[str] = answer.json()["details"]
    assert answer.json()["code"] == 400
    return found


# ---------------------------------------------------------------------------------------------------------- from cart


def test_a_customer_asks_for_a_quote_of_the_cart_which_is_closed(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    cart_id = shop.cart(customer, ["mug", ("tea", 2)])
    body = {"cartId": cart_id, "shipping": SHIPPING, "customerReference": "PO 7", "customerComment": "Cheaper?"}
    answer = send(customer, "POST", quotes_path(shop), body)
    assert answer.status_code == 201, answer.text
    id = answer.json()["id"]
    assert answer.headers["location"].endswith(f"/quotes/{id}")
    quote = shown(customer, shop, id)
    assert quote["status"] == {"value": "AWAITING"}
    assert (quote["cartId"], quote["siteCode"], quote["currency"], quote["businessModel"]) == (
        cart_id,
        "main",
        "EUR",
        "B2C",
    )
    assert quote["customer"] == {
        "customerId": customer.customer_id,
        "firstName": "Ada",
        "lastName": "Byron",
        "contactEmail": customer.email,
    }
    assert (quote["customerReference"], quote["comment"]) == ("PO 7", {"customerComment": "Cheaper?"})
    # Two gross prices: 11.90 at 19 %, 2 x 10.70 at 7 %; 4.90 net shipping is 5.83 gross.
    assert quote["subtotalPrice"] == {"currency": "EUR", "netValue": 30.00, "grossValue": 33.30, "taxValue": 3.30}
    assert quote["totalPrice"] == {"currency": "EUR", "netValue": 34.90, "grossValue": 39.13, "taxValue": 4.23}
    assert quote["taxAggregate"]["lines"] == [
        {"name": "REDUCED", "amount": 1.40, "rate": 7, "taxable": 21.40},
        {"name": "STANDARD", "amount": 2.83, "rate": 19, "taxable": 17.73},
    ]
    assert quote["shipping"] == {
        "value": 4.90,
        "grossValue": 5.83,
        "methodId": "standard",
        "zoneId": "de",
        "methodName": "Standard",
        "shippingTaxCode": "STANDARD",
    }
    assert quote["billingAddress"] == {
        "id": quote["billingAddress"]["id"],
        "name": "Ada Byron",
        "addressLine1": "Torstrasse 1",
        "city": "Berlin",
        "countryCode": "DE",
        "postcode": "10115",
    }
    mug, tea = quote["items"]
    assert mug["quantity"] == {"quantity": 1}
    assert mug["price"] == {
        "type": "INTERNAL",
        "priceId": shop.prices["mug"][0],
        "unitPrice": 10,
        "newUnitPrice": 10,
        "discount": 0,
        "totalNetValue": 10.00,
        "tax": {"taxClass": "STANDARD", "taxRate": 19, "prices": {"grossValue": 11.90, "netValue": 10.00}},
    }
    assert mug["product"]["productId"] == "mug"
    assert mug["product"]["name"] == "The mug"
    assert (tea["price"]["unitPrice"], tea["price"]["totalNetValue"]) == (10, 20.00)
    assert customer.get(f"/cart/{shop.name}/carts/{cart_id}").status_code == 404
    cart = succeeded(shop.service.get(f"/cart/{shop.name}/carts/{cart_id}"), 200)
    assert cart["quoteId"] == id
    assert shop.cart(customer, ["mug"]) != cart_id


def test_a_cart_becomes_one_quote(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    cart_id = shop.cart(customer, ["mug"])
    body = {"cartId": cart_id}
    assert send(customer, "POST", quotes_path(shop), body).status_code == 201
    again = send(customer, "POST", quotes_path(shop), body)
    assert again.status_code == 404
    assert again.json() == {
        "resourceId": cart_id,
        "code": 404,
        "status": "Not Found",
        "message": "Error while getting resource",
        "details": [f"Resource with id '{cart_id}' not found"],
    }


def test_a_cart_that_can_not_be_sold_is_not_offered_and_stays_open(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    item = shop.item("mug")
    item["price"] |= {"effectiveAmount": 1, "originalAmount": 1}
    cart_id = shop.cart(customer, [item])
    answer = send(customer, "POST", quotes_path(shop), {"cartId": cart_id, "shipping": SHIPPING | {"value": 1}})
    assert answer.status_code == 400
    assert [detail.partition(": ")[0] for detail in answer.json()["details"]] == ["cart.items[0].price"]
    assert customer.get(f"/cart/{shop.name}/carts/{cart_id}").status_code == 200


def test_a_customer_does_not_say_what_shipping_costs_and_a_merchant_does(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    cart_id = shop.cart(customer, ["mug"])
    body = {"cartId": cart_id, "shipping": SHIPPING | {"value": 0.01}}
    answer = send(customer, "POST", quotes_path(shop), body)
    assert answer.status_code == 400
    assert answer.json()["details"][0].startswith("shipping.amount: shipping.amount is 0.01")
    id = made(shop, body)
    quote = shown(customer, shop, id)
    assert (quote["status"]["value"], quote["shipping"]["value"]) == ("OPEN", 0.01)
    assert quote["employee"] == {"employeeId": shop.credentials["emporix"]["client_id"]}


def test_nobody_gets_a_quote_of_somebody_elses_cart(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    cart_id = shop.cart(customer, ["mug"])
    assert send(buyer(shop), "POST", quotes_path(shop), {"cartId": cart_id}).status_code == 404
    guest = shop.guest()
    cart_id = shop.cart(guest, ["mug"])
    answer = send(guest, "POST", quotes_path(shop), {"cartId": cart_id})
    assert (answer.status_code, answer.json()) == (
        403,
        {
            "code": 403,
            "status": "Forbidden",
            "message": "You need a scope for this action.",
            "details": ["Required scope(s): quote.quote_manage, quote.quote_manage_own"],
        },
    )
    answer = send(shop.service, "POST", quotes_path(shop), {"cartId": cart_id})
    assert answer.status_code == 400
    assert "a quote is for a customer" in answer.json()["details"][0]


# ------------------------------------------------------------------------------------------------------------ by hand


def test_a_merchant_offers_items_at_prices_of_their_own(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    body = by_hand(shop, customer, validTo="2040-01-01T00:00:00.000Z", companyName="ABC", id="q-1")
    assert made(shop, body) == "q-1"
    quote = shown(customer, shop, "q-1")
    assert quote["status"] == {"value": "OPEN"}
    assert (quote["validTo"], quote["company"], quote["businessModel"]) == (
        "2040-01-01T00:00:00.000Z",
        {"name": "ABC"},
        "B2B",
    )
    assert quote["items"][0]["quantity"] == {"quantity": 2, "unitCode": "piece"}
    assert quote["items"][0]["price"] == {
        "type": "INTERNAL",
        "priceId": shop.prices["mug"][0],
        "unitPrice": 10,
        "newUnitPrice": 8,
        "discount": 20,
        "totalNetValue": 16.00,
        "tax": {"taxClass": "STANDARD", "taxRate": 19, "prices": {"grossValue": 19.04, "netValue": 16.00}},
    }
    assert quote["totalPrice"]["grossValue"] == 24.87
    answer = send(shop.service, "POST", quotes_path(shop), body)
    assert (answer.status_code, answer.json()) == (
        409,
        {"code": 409, "status": "Conflict", "message": "Duplicated key"},
    )


def test_a_quote_without_items_is_being_made_until_it_has_some(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    body = by_hand(shop, customer)
    id = made(shop, body | {"items": []})
    assert shown(shop.service, shop, id)["status"] == {"value": "CREATING"}
    assert become(shop, shop.service, id, "OPEN").status_code == 400
    changes = [
        {"op": "ADD", "path": "/items", "value": body["items"][0]},
        {"op": "REPLACE", "path": "/status", "value": "OPEN"},
    ]
    assert patched(shop, shop.service, id, changes).status_code == 204
    assert shown(customer, shop, id)["status"] == {"value": "OPEN"}


def test_the_last_item_of_an_open_quote_stays(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    id = made(shop, by_hand(shop, customer))
    items = shown(shop.service, shop, id)["items"]
    changes = [{"op": "REMOVE", "path": f"/items/{item['id']}"} for item in items]
    assert patched(shop, shop.service, id, changes).status_code == 400
    assert shown(customer, shop, id)["items"] == items


def test_a_customer_writes_no_items(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    answer = send(customer, "POST", quotes_path(shop), by_hand(shop, customer))
    assert answer.status_code == 403
    assert answer.json()["details"] == ["Required scope(s): quote.quote_manage"]


def test_what_is_wrong_with_a_quote_by_hand_is_named(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    good = by_hand(shop, customer)
    item = good["items"][0]

    def with_item(**changes: Any) -> Body:
        return good | {"items": [item | changes]}

    wrong = {
        "customerId": good | {"customerId": "nobody"},
        "customerEmail": good | {"customerId": None, "customerEmail": "nobody@example.com"},
        "siteCode": good | {"siteCode": "mars"},
        "currency": good | {"currency": "PLN"},
        "billingAddressId": good | {"billingAddressId": "nowhere"},
        "shippingAddressId": good | {"shippingAddressId": None},
        "validTo": good | {"validTo": "2020-01-01"},
        "shipping.zoneId": good | {"shipping": SHIPPING | {"zoneId": "mars"}},
        "shipping.methodId": good | {"shipping": SHIPPING | {"methodId": "rocket"}},
        "shipping.value": good | {"shipping": SHIPPING | {"value": -1}},
        "items[0].product.productId": with_item(product={"productId": "gone"}),
        "items[0].quantity": with_item(quantity={"quantity": 0, "unitCode": "piece"}),
        "items[0].price.unitPrice": with_item(price={"tax": {"taxClass": "STANDARD"}}),
        "items[0].price.priceId": with_item(price=item["price"] | {"priceId": "free"}),
        "items[0].price.tax.taxClass": with_item(price=item["price"] | {"tax": {"taxClass": "NONE"}}),
        "items[0].price.tax.taxRate": with_item(price=item["price"] | {"tax": {"taxClass": "STANDARD", "taxRate": 5}}),
        "items[0].price.totalNetValue": with_item(price={"unitPrice": 10**11, "tax": {}}, quantity=100),
        "items[1].itemId": good | {"items": [item | {"itemId": "a"}] * 2},
    }
    for field, body in wrong.items():
        assert [detail.partition(": ")[0] for detail in details(shop, body)] == [field]


def test_prices_and_products_from_outside_need_their_scope(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    price = {"type": "EXTERNAL", "unitPrice": 100, "tax": {"taxClass": "STANDARD"}}
    engraving = {"product": {"type": "EXTERNAL", "name": {"en": "Engraving"}}, "price": price, "quantity": 1}
    body = by_hand(shop, customer, items=[engraving])
    scopes = "quote.quote_read quote.quote_manage"
    client = shop.client(shop.service_token(scopes))
    answer = send(client, "POST", quotes_path(shop), body)
    assert answer.status_code == 403
    assert answer.json()["details"] == ["Required scope(s): cart.cart_manage_external_prices"]


# ------------------------------------------------------------------------------------------------------------- steps


def test_every_documented_spelling_of_a_step_is_understood(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    value = {"value": "OPEN", "comment": "new comment"}
    spellings: list[Any] = [
        {"op": "replace", "path": "/status", "value": value},
        {"op": "REPLACE", "path": "/status", "value": value},
        [{"op": "replace", "path": "/status", "value": value}],
        [{"op": "REPLACE", "path": "/status", "value": value}],
        [{"op": "replace", "path": "/status", "value": "OPEN"}],
    ]
    for spelling in spellings:
        id = requested(shop, customer)
        answer = patched(shop, shop.service, id, spelling)
        assert (answer.status_code, answer.content) == (204, b"")
        plain = {"value": "OPEN"}
        asked = spelling[0]["value"] if isinstance(spelling, list) else spelling["value"]
        assert shown(customer, shop, id)["status"] == (plain if asked == "OPEN" else value)


def test_a_customer_declines_with_a_reason_or_asks_for_changes(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    reasons = f"/quote/{shop.name}/quote-reasons"
    message = {"en": "The price is too high", "de": "Der Preis ist zu hoch"}
    ids = {}
    for type in ("DECLINE", "CHANGE"):
        body = {"type": type, "code": "PRICE_TOO_HIGH", "message": message}
        ids[type] = succeeded(send(shop.service, "POST", reasons, body), 201)["id"]
    id = offered(shop, customer)
    wrong = become(shop, customer, id, "DECLINED", quoteReasonId=ids["CHANGE"])
    assert wrong.status_code == 400
    assert wrong.json()["details"][0].startswith("status.quoteReasonId: ")
    assert become(shop, customer, id, "IN_PROGRESS", quoteReasonId="none").status_code == 400
    assert become(shop, customer, id, "IN_PROGRESS", quoteReasonId=ids["CHANGE"]).status_code == 204
    assert become(shop, shop.service, id, "OPEN", quoteReasonId=ids["CHANGE"]).status_code == 400
    assert become(shop, shop.service, id, "OPEN").status_code == 204
    assert shown(customer, shop, id)["status"] == {"value": "OPEN"}
    answer = become(shop, customer, id, "DECLINED", comment="50 cheaper?", quoteReasonId=ids["DECLINE"])
    assert answer.status_code == 204
    status = succeeded(customer.get(quotes_path(shop, id), headers={"accept-language": "de"}), 200)["status"]
    assert status == {
        "value": "DECLINED",
        "comment": "50 cheaper?",
        "quoteReason": {
            "id": ids["DECLINE"],
            "code": "PRICE_TOO_HIGH",
            "type": "DECLINE",
            "message": "Der Preis ist zu hoch",
        },
    }
    last = become(shop, shop.service, id, "OPEN")
    assert last.status_code == 400
    assert "possible now: nothing" in last.json()["details"][0]


def test_customers_take_their_own_steps_and_change_nothing_else(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    id = requested(shop, customer)
    forbidden = {
        "code": 403,
        "status": "Forbidden",
        "message": "You need a scope for this action.",
        "details": ["Required scope(s): quote.quote_manage"],
    }
    for step in ("OPEN", "DECLINED_BY_MERCHANT"):
        answer = become(shop, customer, id, step)
        assert (answer.status_code, answer.json()) == (403, forbidden)
    assert become(shop, customer, id, "ACCEPTED").status_code == 400
    prices = [{"op": "replace", "path": "/items/0/price", "value": {"totalNetValue": 0.01}}]
    assert patched(shop, customer, id, prices).json() == forbidden
    assert customer.delete(quotes_path(shop, id)).json() == forbidden
    assert customer.get(quotes_path(shop, id) + "/history").status_code == 403
    assert shown(customer, shop, id)["items"][0]["price"]["totalNetValue"] == 10


def test_a_quote_until_a_day_holds_to_its_end_on_the_clock_of_its_site(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    home = {"address": {"country": "DE", "zipCode": "10115"}, "timezone": "Pacific/Pago_Pago"}
    changed = shop.service.patch(f"/site/{shop.name}/sites/main", json={"homeBase": home})
    assert changed.status_code == 200, changed.text
    id = made(shop, by_hand(shop, customer, validTo="2040-01-01"))
    assert shown(customer, shop, id)["validTo"] == "2040-01-02T10:59:59.999Z"
    answer = patched(shop, shop.service, id, [{"op": "REPLACE", "path": "/validTo", "value": "2040-01-03"}])
    assert answer.status_code == 204, answer.text
    assert shown(customer, shop, id)["validTo"] == "2040-01-04T10:59:59.999Z"
    today = datetime.now(ZoneInfo("Pacific/Pago_Pago")).date()
    assert shown(customer, shop, made(shop, by_hand(shop, customer, validTo=f"{today}")))["status"]["value"] == "OPEN"
    over = by_hand(shop, customer, validTo=f"{today - timedelta(days=1)}")
    assert any("validTo" in detail for detail in details(shop, over))


# ------------------------------------------------------------------------------------------------------------ changes


def test_a_merchant_changes_what_is_offered_and_the_history_tells_it(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    id = requested(shop, customer, ["mug", "tea"])
    item = {"quantity": {"quantity": 3, "unitCode": "piece"}, "product": {"productId": "teapot"}}
    item |= {"itemId": "new", "price": {"unitPrice": 20, "tax": {"taxClass": "STANDARD"}}}
    changes: list[Body] = [
        {"op": "ADD", "path": "/items", "value": item},
        {"op": "REPLACE", "path": "/items/0/price", "value": {"totalNetValue": 8}},
        {"op": "REMOVE", "path": "/items/1"},
        {"op": "REPLACE", "path": "/validTo", "value": "2040-04-02T13:06:15.280Z"},
        {"op": "REPLACE", "path": "/comment", "value": "As discussed"},
        {"op": "REPLACE", "path": "/companyName", "value": "ABC"},
        {"op": "REPLACE", "path": "/shipping", "value": SHIPPING | {"value": 0}},
        {"op": "ADD", "path": "/mixins/customAttributes", "value": {"value": 12, "unit": "kg"}},
        {"op": "REPLACE", "path": "/mixins/customAttributes/unit", "value": "g"},
        {"op": "ADD", "path": "/items/new/product/mixins/design", "value": {"shelves": 3}},
        {"op": "REPLACE", "path": "/status", "value": {"value": "OPEN"}},
    ]
    answer = patched(shop, shop.service, id, changes)
    assert answer.status_code == 204, answer.text
    quote = shown(customer, shop, id)
    assert [(one["id"], one["price"]["totalNetValue"]) for one in quote["items"]] == [("0", 8.00), ("new", 60.00)]
    assert quote["items"][0]["price"]["newUnitPrice"] == 8
    assert quote["items"][1]["product"]["mixins"] == {"design": {"shelves": 3}}
    assert quote["mixins"] == {"customAttributes": {"value": 12, "unit": "g"}}
    assert quote["totalPrice"]["netValue"] == 68.00
    assert (quote["validTo"], quote["comment"]) == ("2040-04-02T13:06:15.280Z", {"employeeComment": "As discussed"})
    assert quote["metadata"]["version"] == 2
    history: list[Body] = shop.service.get(quotes_path(shop, id) + "/history").json()
    told: list[object] = [(one["op"], one["path"], one["userType"]) for one in history]
    assert told == [
        ("CREATE", "/quote", "CUSTOMER"),
        *((change["op"], change["path"], "EMPLOYEE") for change in changes),
    ]
    assert history[0]["userId"] == customer.customer_id
    assert history[0]["userFirstName"] == "Ada"
    assert history[2]["previousValue"]["price"]["totalNetValue"] == 10.00
    assert history[2]["newValue"]["price"]["totalNetValue"] == 8.00
    assert (history[-1]["previousValue"], history[-1]["newValue"]) == ({"value": "AWAITING"}, {"value": "OPEN"})
    assert len({one["id"] for one in history}) == len(history)


def test_of_several_operations_all_are_done_or_none(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    id = requested(shop, customer)
    before = shown(customer, shop, id)
    wrong: list[tuple[str, Any]] = [
        ("/items/none", {}),
        ("/items/0/price", {"totalNetValue": -1}),
        ("/items/0/price", {"totalNetValue": 10**30}),
        ("/items", {"product": {"productId": "gone"}, "price": {"unitPrice": 1}}),
        ("/validTo", "tomorrow"),
        ("/validTo", None),
        ("/comment", 5),
        ("/customerId", "nobody"),
        ("/billingAddressId", "nowhere"),
        ("/shipping", {"value": 1}),
        ("/status", {"value": "SHIPPED"}),
        ("/status", None),
        ("/currency", "PLN"),
        ("/metadata/version", 7),
        ("/mixins/none/inside", 1),
        ("/mixins", 1),
        ("/", 1),
        ("/mixins" + "/a" * 50, 1),
    ]
    for path, value in wrong:
        changes = [
            {"op": "replace", "path": "/items/0/price", "value": {"totalNetValue": 5}},
            {"op": "replace", "path": path, "value": value},
        ]
        answer = patched(shop, shop.service, id, changes)
        assert answer.status_code == 400, (path, answer.text)
        assert answer.json()["details"]
    for body in ([], [1], {}, {"op": "move", "path": "/status"}, {"op": "add", "path": "status"}, "x", None):
        assert patched(shop, shop.service, id, body).status_code == 400, body
    assert shown(customer, shop, id) == before


def test_what_was_answered_is_changed_no_more(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    id = offered(shop, customer)
    assert become(shop, customer, id, "DECLINED").status_code == 204
    answer = patched(shop, shop.service, id, {"op": "replace", "path": "/comment", "value": "But"})
    assert answer.status_code == 400
    assert "DECLINED" in answer.json()["details"][0]


def test_another_customer_gets_the_quote_with_an_address_of_their_own(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    other = buyer(shop)
    id = requested(shop, customer)
    change = {"op": "replace", "path": "/customerId", "value": other.customer_id}
    assert patched(shop, shop.service, id, change).status_code == 204
    assert customer.get(quotes_path(shop, id)).status_code == 404
    quote = shown(other, shop, id)
    assert quote["customer"]["contactEmail"] == other.email
    assert quote["billingAddress"]["addressLine1"] == f"{ADDRESS['street']} {ADDRESS['streetNumber']}"


# -------------------------------------------------------------------------------------------------------- who sees it


def test_a_quote_is_its_customers_and_the_back_offices(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    id, other = requested(shop, customer), buyer(shop)
    missing = {
        "resourceId": id,
        "code": 404,
        "status": "Not Found",
        "message": "Error while getting resource",
        "details": [f"Resource with id '{id}' not found"],
    }
    answer = other.get(quotes_path(shop, id))
    assert (answer.status_code, answer.json()) == (404, missing)
    answer = become(shop, other, id, "DECLINED")
    assert (answer.status_code, answer.json()) == (404, missing)
    assert other.get(quotes_path(shop)).json() == []
    needed = {
        "code": 403,
        "status": "Forbidden",
        "message": "You need a scope for this action.",
        "details": ["Required scope(s): quote.quote_read"],
    }
    for client in (shop.guest(), shop.client(shop.service_token("quote.quote_manage"))):
        for path in (quotes_path(shop), quotes_path(shop, id)):
            answer = client.get(path)
            assert (answer.status_code, answer.json()) == (403, needed)
    assert shown(shop.service, shop, id)["id"] == id


def test_lists_are_paged_counted_searched_sorted_and_cut(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    other = buyer(shop)
    first, second = requested(shop, customer, ["mug"]), offered(shop, customer, ["teapot"])
    third = requested(shop, other, ["tea"])

    def ids(client: Any = shop.service, **query: Any) -> list[str]:
        answer = client.get(quotes_path(shop), params=query, headers={"X-Total-Count": "true"})
        assert answer.status_code == 200, answer.text
        assert int(answer.headers["x-total-count"]) >= len(answer.json())
        return [one["id"] for one in answer.json()]

    assert ids() == [third, second, first]
    assert ids(customer) == [second, first]
    assert ids(pageSize=1, pageNumber=2) == [second]
    assert ids(q="status.value:OPEN") == [second]
    assert ids(customer, q="status.value:AWAITING") == [first]
    assert ids(q=f"customer.customerId:{other.customer_id}") == [third]
    assert ids(customer, q=f"customer.customerId:{other.customer_id}") == []
    assert ids(q="items.product.productId:tea") == [third]
    assert ids(sort="totalPrice.grossValue:desc") == [second, first, third]
    answer = shop.service.get(quotes_path(shop), params={"fields": "siteCode", "pageSize": 1})
    assert answer.json() == [{"id": third, "siteCode": "main"}]
    assert shop.service.get(quotes_path(shop), params={"q": "("}).status_code == 400


def test_a_deleted_quote_is_gone(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    id = requested(shop, customer)
    for _ in range(2):
        assert shop.service.delete(quotes_path(shop, id)).status_code == 204
    assert customer.get(quotes_path(shop, id)).status_code == 404


def test_reasons_are_kept_read_replaced_and_deleted(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    path = f"/quote/{shop.name}/quote-reasons"
    body = {"id": "r", "type": "CHANGE", "code": "WRONG_SIZE", "message": {"en": "Too small", "de": "Zu klein"}}
    assert succeeded(send(shop.service, "POST", path, body), 201) == {"id": "r"}
    assert send(shop.service, "POST", path, body).json()["message"] == "Duplicated key"
    assert send(shop.service, "POST", path, body | {"id": "s", "type": "OTHER"}).status_code == 400
    assert send(customer, "POST", path, body).status_code == 403
    assert shop.guest().get(path).status_code == 403
    (listed,) = customer.get(path).json()
    assert (listed["id"], listed["message"], listed["metadata"]["version"]) == ("r", body["message"], 1)
    german = succeeded(customer.get(f"{path}/r", headers={"accept-language": "de"}), 200)
    assert german["message"] == "Zu klein"
    assert send(shop.service, "PUT", f"{path}/r", body).status_code == 400
    replaced = body | {"code": "TOO_SMALL", "metadata": {"version": 1}}
    assert send(shop.service, "PUT", f"{path}/r", replaced).status_code == 204
    assert send(shop.service, "PUT", f"{path}/r", replaced).status_code == 409
    assert shop.service.delete(f"{path}/r").status_code == 204
    missing = customer.get(f"{path}/r")
    assert (missing.status_code, missing.json()["resourceId"]) == (404, "r")


def test_a_merchant_quotes_a_cart_to_its_own_customer_only(ready: tuple[Shop, Customer]) -> None:
    shop, customer = ready
    cart_id, other = shop.cart(customer, ["mug"]), shop.customer()
    body = {"cartId": cart_id, "shipping": SHIPPING, "customerId": other.customer_id}
    refused = send(shop.service, "POST", quotes_path(shop), body)
    assert refused.status_code == 400, refused.text
    assert "leave customerId out" in refused.text
    answer = send(shop.service, "POST", quotes_path(shop), body | {"customerId": customer.customer_id})
    assert answer.status_code == 201, answer.text


def test_a_customer_without_a_name_buys_a_quote_in_that_of_the_contact(shop: Shop) -> None:
    shop.standard()
    email = f"nameless-{token_hex(4)}@example.com"
    signup = {"email": email, "password": PASSWORD, "customerAddress": ADDRESS}
    succeeded(send(shop.guest(), "POST", f"/customer/{shop.name}/signup", signup), 201)
    customer = shop.login(email)
    placed = succeeded(bought(shop, customer, offered(shop, customer)), 200)
    order = succeeded(customer.get(f"/order-v2/{shop.name}/orders/{placed['orderId']}"), 200)
    assert (order["customer"]["email"], order["customer"]["name"]) == (email, "Ada Byron")


def test_an_item_at_the_price_of_the_list_has_no_discount_below_zero(shop: Shop) -> None:
    shop.standard()
    shop.price(shop.product("vase"), "1190.07")
    customer = buyer(shop)
    text = customer.get(quotes_path(shop, offered(shop, customer, ["vase"]))).text
    assert '"discount":0,' in text
