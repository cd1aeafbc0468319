"""Nobody touches what is somebody else's: every route, with the tokens of another customer, guest and shop."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.harness import Server, new_shop
from tests.shop import Shop, send, succeeded, told
from tillroll.dialects.emporix import routes as emporix
from tillroll.dialects.passwords import Passwords
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.settings import Settings

# Stands in everything that the victim has written; no stranger's answer may hold it.
MARK = "Victim-Street-9f3a"


def _bodies(shop: Shop) -> dict[str, Any]:
    """Bodies that would do what the route is for, by the end of its path; any other route gets an empty object."""
    item = shop.item("mug")
    return {
        "/items": item,
        "/items/{itemId}": item,
        "/itemsBatch": [item],
        "/discounts": {"code": "ANY"},
        "/changeSite": {"siteCode": "main"},
        "/changeCurrency": {"currency": "EUR"},
        "/merge": {"carts": ["another"]},
        "/transitions": {"status": "DECLINED"},
        "/checkouts/order": None,
        "/checkouts/orders": None,
    }


class Victim:
    """A customer with a profile, an address, an order and a cart, each with the mark in it."""

    def __init__(self, shop: Shop) -> None:
        shop.standard()
        self.shop, self.customer = shop, shop.customer(company=MARK)
        me = f"/customer/{shop.name}/me"
        address = {"contactName": MARK, "street": MARK, "zipCode": "10115", "city": "Berlin", "country": "DE"}
        self.address_id = succeeded(send(self.customer, "POST", me + "/addresses", address), 201)["id"]
        bought = shop.cart(self.customer, ["mug"])
        typed = [address | {"type": type} for type in ("SHIPPING", "BILLING")]
        buyer = {"id": self.customer.customer_id, "firstName": MARK, "email": self.customer.email}
        order = shop.checkout(self.customer, shop.order_request(bought, addresses=typed, customer=buyer))
        self.order_id = succeeded(order, 200)["orderId"]
        self.cart_id = shop.cart(self.customer, ["mug"], mixins={"note": {"mark": MARK}})

    def state(self) -> list[Any]:
        """All that the victim has, as the victim sees it."""
        name = self.shop.name
        paths = (
            f"/customer/{name}/me?expand=addresses",
            f"/cart/{name}/carts/{self.cart_id}",
            f"/order-v2/{name}/orders/{self.order_id}",
            f"/session-context/{name}/me/context",
        )
        found = [succeeded(self.customer.get(path), 200) for path in paths]
        found[1]["metadata"].pop("calculatedAt")  # the one thing that changes by being looked at
        return found

    def calls(self) -> Iterator[tuple[str, str, Any]]:
        """Every route that could be about the victim's things, aimed at them: method, path, body."""
        bodies = _bodies(self.shop)
        values = {
            "tenant": self.shop.name,
            "cartId": self.cart_id,
            "itemId": "0",
            "discountIndex": "0",
            "customerNumber": self.customer.customer_id,
            "addressId": self.address_id,
            "sessionId": self.customer.session_id,
            "name": "any",
            "id": self.order_id,
        }
        for route in emporix.routes(Settings(), Catalogue(), Passwords(1)):
            if not route.path.startswith(("/cart/", "/order-v2/", "/checkout/", "/customer/", "/session-context/")):
                continue
            if not re.search(r"\{(cartId|id|customerNumber|addressId|sessionId)\}|/checkouts/", route.path):
                continue
            path = "/".join(values.get(part[1:-1], "0") if part[:1] == "{" else part for part in route.path.split("/"))
            body: Any = next((body for end, body in bodies.items() if route.path.endswith(end)), {})
            if "/checkouts/" in path:
                buyer = {"id": self.customer.customer_id, "firstName": "Eve", "email": "eve@example.com"}
                body = self.shop.order_request(self.cart_id, customer=buyer)
            yield route.method, path + ("?tags=A" if path.endswith("/tags") else ""), body


def _ask(client: httpx.Client, method: str, path: str, body: Any) -> httpx.Response:
    return client.get(path) if method == "GET" else send(client, method, path, body)


@pytest.fixture
def victim(shop: Shop) -> Victim:
    return Victim(shop)


def test_no_stranger_reads_or_changes_anything_of_a_customer(victim: Victim, shared_server: Server) -> None:
    shop = victim.shop
    with new_shop(shared_server) as other:
        other.standard()
        own = other.customer()
        strangers = {
            "another customer": shop.customer(),
            "another guest": shop.guest(),
            "another shop's customer": own,
            "another shop's guest": other.guest(),
            "another shop's back office": other.service,
            "nobody": shop.client(),
        }
        before, calls = victim.state(), list(victim.calls())
        assert len(calls) > 40
        for who, client in strangers.items():
            for method, path, body in calls:
                answer = _ask(client, method, path, body)
                assert 400 <= answer.status_code < 500, f"{who}: {told(answer)}"
                assert MARK not in answer.text, f"{who}: {told(answer)}"
                if who.startswith("another shop's"):
                    assert answer.status_code == 403, f"{who}: {told(answer)}"
                if who == "nobody":
                    assert answer.status_code == 401, told(answer)
        assert victim.state() == before


def test_lists_hold_what_is_the_callers_own_and_nothing_else(victim: Victim) -> None:
    shop = victim.shop
    name = shop.name
    lists = (
        f"/order-v2/{name}/orders",
        f"/customer/{name}/me/addresses",
        f"/customer-management/{name}/legal-entities",
    )
    for path in lists:
        assert shop.customer().get(path).text == "[]"
        assert shop.guest().get(path).status_code in (200, 403)
        assert MARK not in shop.guest().get(path).text
    for query in (
        {"siteCode": "main"},
        {"siteCode": "main", "customerId": victim.customer.customer_id},
        {"siteCode": "main", "sessionId": victim.customer.session_id},
        {"siteCode": "main", "customerId": victim.customer.customer_id, "create": "true"},
    ):
        for stranger in (shop.customer(), shop.guest()):
            assert stranger.get(f"/cart/{name}/carts", params=query).status_code == 404, query


def test_a_cart_is_not_merged_by_strangers(victim: Victim) -> None:
    shop = victim.shop
    guest = shop.guest()
    guests = shop.cart(guest, ["mug"])
    for stranger in (shop.customer(), shop.guest()):
        own = shop.cart(stranger, ["tea"])
        for wanted in (victim.cart_id, guests):
            path = f"/cart/{shop.name}/carts/{own}/merge"
            assert send(stranger, "POST", path, {"carts": [wanted]}).status_code == 404
    assert succeeded(guest.get(f"/cart/{shop.name}/carts/{guests}"), 200)["items"]


def test_a_merge_tells_what_can_not_be_merged(shop: Shop) -> None:
    shop.standard()
    euros = shop.prices["mug"]
    shop.price("mug", "50.00", currency="PLN")
    customer = shop.customer()
    own = shop.cart(customer, ["tea"])
    path = f"/cart/{shop.name}/carts/{own}/merge"

    def refusal(body: object, status: int = 400, of: Any = customer, at: str = path) -> str:
        said: str = succeeded(send(of, "POST", at, body), status)["message"]
        return said

    assert refusal({"carts": [own]}) == "Cart cannot be merged into itself"
    assert refusal({"carts": ["nobody"]}, 404) == "Cart with code nobody not found."
    foreign = shop.cart(customer, ["mug"], type="wishlist", currency="PLN")
    assert refusal({"carts": [foreign]}) == "All the items must have the same currency when merging carts"
    shop.prices["mug"] = euros
    guest = shop.guest()
    of_company = shop.cart(shop.service, ["tea"], legalEntityId=shop.company())
    guests = shop.cart(guest, ["mug"])
    assert refusal({"carts": [guests]}, of=shop.service, at=path.replace(own, of_company)) == (
        "Anonymous cart cannot be assigned to a legal entity"
    )
    wrongs: tuple[Any, ...] = ({}, {"carts": []}, {"carts": [1]}, {"carts": ["x"] * 51}, [])
    for wrong in wrongs:
        assert send(customer, "POST", path, wrong).status_code == 400, wrong
    mine = shop.cart(customer, ["tea", "teapot"], type="wishlist2")
    assert send(customer, "POST", path, {"carts": [mine]}, headers={"if-match": "1"}).status_code == 409
    assert send(customer, "POST", path, {"carts": [mine, mine]}).status_code == 200
    assert send(customer, "POST", path, {"carts": [mine]}).status_code == 200
    cart = succeeded(customer.get(f"/cart/{shop.name}/carts/{own}"), 200)
    assert [item["quantity"] for item in cart["items"]] == [2, 1]
    assert customer.get(f"/cart/{shop.name}/carts/{mine}").status_code == 404
