"""Carts: made, found, read, changed and deleted by their owners and by back offices (docs/wire/emporix.md, 5, 5.1)."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.dialects.emporix.hostile import JSON
from tests.harness import Server, known_customer, new_shop
from tests.shop import Shop, succeeded, told
from tillroll.store import open_store

FOREVER = 2**60


@pytest.fixture
def carts(shop: Shop) -> str:
    shop.standard()
    return f"/cart/{shop.name}/carts"


def customer_of(server: Server, shop: Shop, id: str = "C1") -> httpx.Client:
    """A client with a customer's token."""
    return known_customer(server, shop, id)


def events_of(server: Server, shop: Shop, cart_id: str) -> list[tuple[Any, ...]]:
    """The ledger's events about a cart: kind, visitor, document."""
    with closing(open_store(server.database_url)) as store:
        rows = store.write_now(lambda tx: tx.rows("events_of_subject", shop=shop.name, subject=cart_id))
    return [(row[2], row[3], row[6]) for row in rows]


def check_missing(response: httpx.Response, cart_id: str) -> None:
    assert response.status_code == 404, told(response)
    assert response.json() == {"code": 404, "status": "Not Found", "message": f"Cart with code {cart_id} not found."}


def test_a_new_cart_is_answered_with_its_id_place_and_version(shop: Shop, carts: str) -> None:
    guest = shop.guest()
    created = guest.post(carts, json={"currency": "EUR", "siteCode": "main"})
    assert created.status_code == 201, told(created)
    cart_id = created.json()["cartId"]
    assert created.json() == {"cartId": cart_id, "yrn": f"urn:yaas:saasag:caascart:cart:{shop.name};{cart_id}"}
    assert created.headers["location"] == f"{carts}/{cart_id}"
    assert created.headers["version"] == "1"
    cart = succeeded(guest.get(created.headers["location"]), 200)
    assert cart["id"] == cart_id
    assert (cart["siteCode"], cart["currency"], cart["sessionId"]) == ("main", "EUR", guest.session_id)
    assert cart["items"] == []
    assert cart["metadata"]["version"] == 1
    assert cart["calculatedPrice"]["finalPrice"]["grossValue"] == 0
    assert cart["totalPrice"] == {"amount": 0, "currency": "EUR"}
    assert "status" not in cart
    assert "type" not in cart


def test_a_cart_keeps_what_it_was_made_with(shop: Shop, carts: str) -> None:
    body: dict[str, Any] = {
        "currency": "EUR",
        "siteCode": "main",
        "type": "wishlist",
        "channel": {"name": "storefront", "source": "https://shop.example.com/"},
        "deliveryWindow": {"id": "w1", "slotId": "s1", "deliveryDate": "2030-06-06T12:00:00.000Z"},
        "deliveryWindowId": "w1",
        "mixins": {"deliveryTime": {"deliveryTimeId": "t1", "weight": 1.5}},
        "metadata": {"mixins": {"deliveryTime": "https://example.com/deliveryTime_v2.json"}, "version": 7},
        "sessionValidated": True,
        "restriction": "DE",
        "whatever": {"unknown": "is ignored"},
    }
    customer = shop.customer()
    body["legalEntityId"] = shop.company(customer)
    cart_id = shop.cart(customer, **body)
    cart = succeeded(customer.get(f"{carts}/{cart_id}"), 200)
    for name in ("type", "legalEntityId", "channel", "deliveryWindow", "deliveryWindowId", "mixins", "restriction"):
        assert cart[name] == body[name], name
    assert cart["metadata"]["mixins"] == body["metadata"]["mixins"]
    assert cart["metadata"]["version"] == 1
    assert "whatever" not in cart


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "currency is required"),
        ({"currency": "EURO"}, "currency must be an ISO 4217 code"),
        ({"currency": "eur"}, "currency must be an ISO 4217 code"),
        ({"currency": "EUR", "siteCode": "nowhere"}, "there is no site with the code 'nowhere'"),
        ({"currency": "EUR", "countryCode": "DEU"}, "countryCode must be an ISO 3166 code"),
        ({"currency": "EUR", "zipCode": "1" * 12}, "zipCode must have at most 11 characters"),
        ({"currency": "EUR", "type": "x" * 256}, "type must have at most 255 characters"),
        ({"currency": "EUR", "deliveryWindow": {"id": 5}}, "Expected 'str"),
        ({"currency": "EUR", "addresses": [{"type": "BILLING", "country": "Germany"}]}, "addresses[0].country"),
        ({"currency": "EUR", "mixins": {"a": "x" * 40_000}}, "mixins must not have more than 32768 bytes"),
    ],
)
def test_a_cart_that_can_not_be_made_is_refused(shop: Shop, carts: str, body: dict[str, Any], said: str) -> None:
    refused = shop.guest().post(carts, json=body)
    assert refused.status_code == 400, told(refused)
    assert refused.json()["code"] == 400
    assert said in refused.text


def test_a_cart_without_a_site_is_one_of_the_default_site(shop: Shop, carts: str) -> None:
    for body in ({"currency": "EUR"}, {"currency": "EUR", "siteCode": "default"}):
        guest = shop.guest()
        cart_id = succeeded(guest.post(carts, json=body), 201)["cartId"]
        assert succeeded(guest.get(f"{carts}/{cart_id}"), 200)["siteCode"] == "main"


def test_beside_an_open_cart_there_is_no_second_of_its_identity(shop: Shop, carts: str) -> None:
    guest = shop.customer()
    company = shop.company(guest)
    shop.site("other")
    first = shop.cart(guest)
    again = guest.post(carts, json={"currency": "EUR", "siteCode": "main"})
    assert (again.status_code, again.json()["message"]) == (409, "Duplicate key found for a unique index")
    others = [
        shop.cart(guest, type="wishlist"),
        shop.cart(guest, legalEntityId=company),
        shop.cart(guest, siteCode="other"),
    ]
    assert len({first, *others}) == 4
    assert shop.cart(shop.guest()) != first
    assert guest.delete(f"{carts}/{first}").status_code == 204
    assert shop.cart(guest) != first


def test_a_cart_is_found_by_what_it_is(shop: Shop, carts: str) -> None:
    guest = shop.customer()
    company = shop.company(guest)
    assert guest.get(carts, params={"siteCode": "main"}).status_code == 404
    made = succeeded(guest.get(carts, params={"siteCode": "main", "create": "true"}), 200)
    assert (made["currency"], made["metadata"]["version"]) == ("EUR", 1)
    again = succeeded(guest.get(carts, params={"siteCode": "main", "create": "true"}), 200)
    assert again["id"] == made["id"]
    own = guest.get(carts, params={"siteCode": "main", "sessionId": guest.session_id})
    assert succeeded(own, 200)["id"] == made["id"]
    wishlist = shop.cart(guest, type="wishlist", legalEntityId=company)
    asked = {"siteCode": "main", "type": "wishlist"}
    assert guest.get(carts, params=asked).status_code == 404
    assert succeeded(guest.get(carts, params=asked | {"legalEntityId": company}), 200)["id"] == wishlist
    assert guest.get(carts).status_code == 400
    assert guest.get(carts, params={"siteCode": "nowhere"}).status_code == 400
    assert guest.get(carts, params={"siteCode": "main", "sessionId": "somebody-else"}).status_code == 404
    assert guest.get(carts, params={"siteCode": "main", "customerId": "somebody-else"}).status_code == 404


def test_a_made_cart_has_the_currency_of_the_session(shop: Shop, carts: str) -> None:
    guest = shop.guest(currency="CHF")
    assert succeeded(guest.get(carts, params={"siteCode": "main", "create": "true"}), 200)["currency"] == "CHF"


def test_a_back_office_makes_carts_for_others(shop: Shop, carts: str, shared_server: Server) -> None:
    body = {"currency": "EUR", "siteCode": "main"}
    customer = customer_of(shared_server, shop)
    of_customer = succeeded(shop.service.post(carts, json=body | {"customerId": "C1"}), 201)["cartId"]
    assert shop.service.post(carts, json=body | {"customerId": "C1"}).status_code == 409
    nobodys = {succeeded(shop.service.post(carts, json=body), 201)["cartId"] for _ in range(2)}
    assert len(nobodys) == 2
    assert succeeded(customer.get(f"{carts}/{of_customer}"), 200)["customerId"] == "C1"
    assert succeeded(customer.get(carts, params={"siteCode": "main"}), 200)["id"] == of_customer
    found = shop.service.get(carts, params={"siteCode": "main", "customerId": "C1"})
    assert succeeded(found, 200)["id"] == of_customer
    guest = shop.guest()
    asked = {"siteCode": "main", "sessionId": guest.session_id, "create": "true"}
    made = succeeded(shop.service.get(carts, params=asked), 200)
    assert succeeded(guest.get(carts, params={"siteCode": "main"}), 200)["id"] == made["id"]
    assert shop.service.get(carts, params={"siteCode": "main"}).status_code == 400
    assert shop.client(shop.service_token("site.site_read")).post(carts, json=body).status_code == 403


def test_nobody_shops_in_somebody_elses_name(shop: Shop, carts: str, shared_server: Server) -> None:
    customer = customer_of(shared_server, shop)
    for shopper in (shop.guest(), customer):
        refused = shopper.post(carts, json={"currency": "EUR", "customerId": "C2"})
        assert refused.status_code == 403, told(refused)
        assert refused.json()["message"] == "User not authorized."
    own = customer.post(carts, json={"currency": "EUR", "customerId": "C1"})
    assert own.status_code == 201
    changed = customer.put(f"{carts}/{own.json()['cartId']}", json={"customerId": "C2"})
    assert changed.status_code == 400
    assert customer.put(f"{carts}/{own.json()['cartId']}", json={"customerId": "C1"}).status_code == 204


def every_call(carts: str, cart_id: str, shop: Shop) -> Iterator[tuple[str, str, Any]]:
    """Every call there is to one cart."""
    one = f"{carts}/{cart_id}"
    item = {"itemYrn": f"urn:yaas:hybris:product:product:{shop.name};mug", "quantity": 1}
    item |= {"price": {"priceId": "p", "originalAmount": 1, "effectiveAmount": 1, "currency": "EUR"}}
    yield "GET", one, None
    yield "PUT", one, {"zipCode": "10115"}
    yield "DELETE", one, None
    yield "PUT", f"{one}/refresh", None
    yield "POST", f"{one}/changeSite", {"siteCode": "main"}
    yield "POST", f"{one}/changeCurrency", {"currency": "EUR"}
    yield "GET", f"{one}/validate", None
    yield "GET", f"{one}/items", None
    yield "POST", f"{one}/items", item
    yield "DELETE", f"{one}/items", None
    yield "GET", f"{one}/items/0", None
    yield "PUT", f"{one}/items/0", {"quantity": 2}
    yield "DELETE", f"{one}/items/0", None
    yield "POST", f"{one}/itemsBatch", [item]
    yield "PUT", f"{one}/itemsBatch", [item | {"id": "0"}]
    yield "GET", f"{one}/discounts", None
    yield "POST", f"{one}/discounts", {"code": "TEN"}
    yield "DELETE", f"{one}/discounts", None
    yield "DELETE", f"{one}/discounts/0", None


def test_another_guest_finds_nothing_on_any_route(shop: Shop, carts: str, shared_server: Server) -> None:
    owner, shop_coupon = shop.guest(), shop.coupon("TEN")
    cart_id = shop.cart(owner, ["mug"])
    succeeded(owner.post(f"{carts}/{cart_id}/discounts", json={"code": shop_coupon}), 201)
    before = succeeded(owner.get(f"{carts}/{cart_id}"), 200)
    for stranger in (shop.guest(), customer_of(shared_server, shop)):
        for method, path, body in every_call(carts, cart_id, shop):
            sent: dict[str, Any] = {"json": body} if body is not None else {}
            check_missing(stranger.request(method, path, headers={"session-id": owner.session_id}, **sent), cart_id)
    after = succeeded(owner.get(f"{carts}/{cart_id}"), 200)
    assert after | {"metadata": None} == before | {"metadata": None}
    assert after["metadata"]["version"] == before["metadata"]["version"]


def test_every_route_asks_who_is_there(shop: Shop, carts: str, shared_server: Server) -> None:
    cart_id = shop.cart(shop.guest(), ["mug"])
    unscoped = shop.client(shop.service_token("site.site_read"))
    with new_shop(shared_server) as other:
        for method, path, body in every_call(carts, cart_id, shop):
            sent: dict[str, Any] = {"json": body} if body is not None else {}
            nobody = shop.client().request(method, path, **sent)
            assert (nobody.status_code, nobody.json()["fault"]["faultstring"]) == (401, "Invalid access token")
            for client in (unscoped, other.service, other.guest()):
                assert client.request(method, path, **sent).status_code == 403, path


def test_a_closed_cart_is_gone_for_its_owner_and_seen_by_the_back_office(shop: Shop, carts: str) -> None:
    guest = shop.guest()
    cart_id = shop.cart(guest, ["mug"])
    assert guest.put(f"{carts}/{cart_id}", json={"status": "CLOSED"}).status_code == 204
    for method, path, body in every_call(carts, cart_id, shop):
        sent: dict[str, Any] = {"json": body} if body is not None else {}
        check_missing(guest.request(method, path, **sent), cart_id)
        seen = shop.service.request(method, path, **sent)
        assert seen.status_code == (200 if method == "GET" else 404), told(seen)
    assert shop.cart(guest) != cart_id


def test_a_cart_that_became_an_order_names_it_to_the_back_office(shop: Shop, carts: str) -> None:
    guest = shop.guest()
    cart_id = shop.cart(guest, ["mug"])
    order_id = succeeded(shop.checkout(guest, shop.order_request(cart_id)), 200)["orderId"]
    check_missing(guest.get(f"{carts}/{cart_id}"), cart_id)
    check_missing(guest.put(f"{carts}/{cart_id}", json={"zipCode": "1"}), cart_id)
    assert succeeded(shop.service.get(f"{carts}/{cart_id}"), 200)["orderId"] == order_id


def test_a_put_changes_what_it_names(shop: Shop, carts: str) -> None:
    guest = shop.guest()
    cart_id = shop.cart(guest, channel={"name": "storefront"}, mixins={"a": {"b": 1}})
    window = {"id": "w1", "slotId": "s1", "deliveryDate": "2030-06-06T12:00:00.000Z"}
    put = guest.put(f"{carts}/{cart_id}", json={"countryCode": "de", "zipCode": "10115", "deliveryWindow": window})
    assert (put.status_code, put.content) == (204, b"")
    cart = succeeded(guest.get(f"{carts}/{cart_id}"), 200)
    assert (cart["countryCode"], cart["zipCode"], cart["deliveryWindow"]) == ("DE", "10115", window)
    assert (cart["channel"], cart["mixins"]) == ({"name": "storefront"}, {"a": {"b": 1}})
    assert cart["metadata"]["version"] == 2
    assert guest.put(f"{carts}/{cart_id}", json={"deliveryWindow": None, "mixins": {}}).status_code == 204
    cart = succeeded(guest.get(f"{carts}/{cart_id}"), 200)
    assert "deliveryWindow" not in cart
    assert "mixins" not in cart
    assert cart["channel"] == {"name": "storefront"}


def test_a_put_that_would_meet_another_open_cart_is_refused(shop: Shop, carts: str) -> None:
    guest = shop.guest()
    cart_id = shop.cart(guest)
    shop.cart(guest, type="wishlist")
    refused = guest.put(f"{carts}/{cart_id}", json={"type": "wishlist", "zipCode": "1"})
    assert (refused.status_code, refused.json()["message"]) == (409, "Duplicate key found for a unique index")
    assert "zipCode" not in succeeded(guest.get(f"{carts}/{cart_id}"), 200)
    assert guest.put(f"{carts}/{cart_id}", json={"type": "later"}).status_code == 204
    assert succeeded(guest.get(f"{carts}/{cart_id}"), 200)["type"] == "later"


def test_only_who_acts_for_a_company_has_carts_of_it(shop: Shop, carts: str) -> None:
    customer, stranger, guest = shop.customer(), shop.customer(), shop.guest()
    company = shop.company(customer)
    body = {"currency": "EUR", "siteCode": "main", "legalEntityId": company}
    asked = {"siteCode": "main", "legalEntityId": company, "create": "true"}
    anonymous = "Anonymous cart cannot be assigned to a legal entity"
    assert stranger.post(carts, json=body).status_code == 403
    assert stranger.get(carts, params=asked).status_code == 404
    assert anonymous in guest.post(carts, json=body).text
    for client in (guest, shop.service):
        refused = client.get(carts, params=asked | {"sessionId": guest.session_id})
        assert refused.status_code == 400, refused.text
        assert anonymous in refused.text
    assert shop.service.post(carts, json=body | {"legalEntityId": "nobody"}).status_code == 400
    for client, status in ((customer, 204), (stranger, 403), (guest, 400)):
        cart_id = shop.cart(client)
        assert client.put(f"{carts}/{cart_id}", json={"legalEntityId": company}).status_code == status
        cart = succeeded(client.get(f"{carts}/{cart_id}"), 200)
        assert cart.get("legalEntityId") == (company if status == 204 else None)
    assert succeeded(customer.get(carts, params=asked), 200)["legalEntityId"] == company


def test_the_version_guards_a_put(shop: Shop, carts: str) -> None:
    guest = shop.guest()
    cart_id = shop.cart(guest, ["mug"])
    version = succeeded(guest.get(f"{carts}/{cart_id}"), 200)["metadata"]["version"]
    assert guest.put(f"{carts}/{cart_id}", json={"zipCode": "1", "metadata": {"version": version}}).status_code == 204
    for sent in (
        {"json": {"zipCode": "2", "metadata": {"version": version}}},
        {"json": {"zipCode": "2"}, "headers": {"if-match": str(version)}},
    ):
        stale = guest.put(f"{carts}/{cart_id}", **sent)
        assert stale.status_code == 409
        assert stale.json()["message"] == (
            "The version of the object that you are trying to update has already changed. "
            "Please refresh and try again with the latest version!"
        )
    assert succeeded(guest.get(f"{carts}/{cart_id}"), 200)["zipCode"] == "1"


def test_addresses_are_replaced_and_leave_stubs(shop: Shop, carts: str) -> None:
    guest = shop.guest()
    billing = {"type": "BILLING", "contactName": "Ada", "street": "A", "zipCode": "8000", "city": "Z", "country": "CH"}
    shipping = billing | {"type": "SHIPPING", "country": "FR"}
    cart_id = shop.cart(guest, addresses=[billing, billing | {"city": "ignored"}, {"type": "OTHER"}])

    def addresses() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = succeeded(guest.get(f"{carts}/{cart_id}"), 200)["addresses"]
        return found

    home = {"type": "SHIPPING", "origin": "SITE", "siteCode": "main", "country": "DE", "zipCode": "10115"}
    assert addresses() == [billing | {"origin": "REQUEST"}, home]
    guest.put(f"{carts}/{cart_id}", json={"addresses": [shipping]})
    assert addresses() == [{"type": "BILLING", "origin": "REQUEST"}, shipping | {"origin": "REQUEST"}]
    guest.put(f"{carts}/{cart_id}", json={"zipCode": "1"})
    assert addresses()[1] == shipping | {"origin": "REQUEST"}
    guest.put(f"{carts}/{cart_id}", json={"addresses": []})
    assert addresses() == [{"type": type, "origin": "REQUEST"} for type in ("BILLING", "SHIPPING")]


def test_every_change_is_written_into_the_ledger(shop: Shop, carts: str, shared_server: Server) -> None:
    guest = shop.guest()
    cart_id = shop.cart(guest, [("mug", 2), "mug"])
    shop.coupon("TEN")
    succeeded(guest.post(f"{carts}/{cart_id}/discounts", json={"code": "TEN"}), 201)
    guest.put(f"{carts}/{cart_id}/items/0?partial=true", json={"quantity": 1.5})
    guest.delete(f"{carts}/{cart_id}/items/0")
    guest.put(f"{carts}/{cart_id}", json={"zipCode": "1"})
    guest.delete(f"{carts}/{cart_id}")
    guest.delete(f"{carts}/{cart_id}")
    found = events_of(shared_server, shop, cart_id)
    assert {(kind, visitor) for kind, visitor, _ in found} == {("cart_changed", f"session:{guest.session_id}")}
    documents = [httpx.Response(200, text=document).json() for _, _, document in found]
    assert [(one["action"], one.get("product"), one.get("quantity")) for one in documents] == [
        ("created", None, None),
        ("item_added", "mug", 2),
        ("item_added", "mug", 3),
        ("discount_added", None, None),
        ("item_changed", "mug", 1.5),
        ("item_removed", "mug", 0),
        ("changed", None, None),
        ("deleted", None, None),
    ]


def test_a_repeated_key_changes_nothing_twice(shop: Shop, carts: str) -> None:
    guest = shop.guest()
    cart_id = shop.cart(guest)
    first = guest.post(f"{carts}/{cart_id}/items", json=_plain_item(shop), headers={"idempotency-key": "1"})
    again = guest.post(f"{carts}/{cart_id}/items", json=_plain_item(shop), headers={"idempotency-key": "1"})
    assert (first.status_code, first.content) == (again.status_code, again.content) == (201, again.content)
    assert succeeded(guest.get(f"{carts}/{cart_id}"), 200)["totalUnitsCount"] == 1


def _plain_item(shop: Shop) -> dict[str, Any]:
    price_id, amount, currency = shop.prices["mug"]
    price = {"priceId": price_id, "originalAmount": float(amount), "effectiveAmount": float(amount)}
    yrn = f"urn:yaas:saasag:caasproduct:product:{shop.name};mug"
    return {"itemYrn": yrn, "quantity": 1, "price": price | {"currency": currency}}


def test_the_calls_of_a_storefront_go_through_as_it_sends_them(shop: Shop, carts: str) -> None:
    """docs/wire/emporix.md, 20, steps 1 to 5."""
    shop.coupon("X10")
    guest = shop.guest(currency="EUR", siteCode="main", targetLocation="DE")
    guest.headers.update({"emporix-tenant": shop.name, "accept-language": "*"})
    items = {"items": [{"itemId": {"itemType": "PRODUCT", "id": "mug"}, "quantity": {"quantity": 1}}]}
    (match,) = guest.post(f"/price/{shop.name}/match-prices-by-context", json=items).json()
    cart_id = succeeded(guest.post(carts, json={"currency": "EUR", "siteCode": "main"}), 201)["cartId"]
    assert succeeded(guest.get(carts, params={"siteCode": "main", "create": "true"}), 200)["id"] == cart_id
    price = {"priceId": match["priceId"], "originalAmount": match["originalValue"]}
    price |= {"effectiveAmount": match["effectiveValue"], "currency": match["currency"]}
    item = {"itemYrn": f"urn:yaas:hybris:product:product:{shop.name};mug", "quantity": 1, "price": price}
    added = guest.post(f"{carts}/{cart_id}/items", json=item)
    assert succeeded(added, 201)["itemId"] == "0"
    assert added.headers["location"] == f"{carts}/{cart_id}/items/0"
    assert succeeded(guest.post(f"{carts}/{cart_id}/discounts", json={"code": "X10"}), 201)["discountIndex"] == 0
    cart = succeeded(guest.get(f"{carts}/{cart_id}"), 200)
    assert cart["calculatedPrice"]["finalPrice"]["grossValue"] == 10.71
    assert cart["items"][0]["product"]["name"] == "The mug"
    assert cart["items"][0]["product"]["localizedName"] == {"en": "The mug"}
    assert guest.delete(f"{carts}/{cart_id}/discounts", params={"codes": "X10"}).status_code == 204
    assert succeeded(guest.get(f"{carts}/{cart_id}/validate"), 200) == {"isValid": True}
    window = {"id": "w1", "slotId": "s1", "deliveryDate": "2030-06-06T12:00:00.000Z"}
    put = guest.put(
        f"{carts}/{cart_id}",
        content=b'{"countryCode":"DE","zipCode":"10115","deliveryWindow":'
        b'{"id":"w1","slotId":"s1","deliveryDate":"2030-06-06T12:00:00.000Z"}}',
        headers=JSON,
    )
    assert (put.status_code, put.content) == (204, b"")
    cart = succeeded(guest.get(f"{carts}/{cart_id}"), 200)
    assert (cart["deliveryWindow"], cart["totalPrice"]["amount"]) == (window, 17.73)  # with shipping to this place
