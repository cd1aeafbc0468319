"""Quotes on a running server: customers who ask for them, and a merchant who answers."""

from collections.abc import Iterable
from secrets import token_hex
from typing import Any

import httpx

from tests.shop import PASSWORD, Customer, Line, Shop, send, succeeded

ADDRESS = {
    "contactName": "Ada Byron",
    "street": "Torstrasse",
    "streetNumber": "1",
    "zipCode": "10115",
    "city": "Berlin",
    "country": "DE",
    "tags": ["BILLING", "SHIPPING"],
}
SHIPPING = {"value": 4.90, "methodId": "standard", "zoneId": "de", "shippingTaxCode": "STANDARD"}
INVOICE = [{"provider": "none", "method": "invoice"}]


def buyer(shop: Shop) -> Customer:
    """A customer with an address, logged in."""
    email = f"ada-{token_hex(6)}@example.com"
    details = {"firstName": "Ada", "lastName": "Byron"}
    signup = {"email": email, "password": PASSWORD, "customerDetails": details, "customerAddress": ADDRESS}
    path = f"/customer/{shop.name}/signup"
    id: str = succeeded(send(shop.guest(), "POST", path, signup), 201)["id"]
    customer = shop.login(email)
    customer.customer_id = id
    return customer


def quotes_path(shop: Shop, id: str = "") -> str:
    """Where quotes are, or the one with this id."""
    return f"/quote/{shop.name}/quotes" + (f"/{id}" if id else "")


def requested(shop: Shop, customer: Customer, lines: Iterable[Line] = ("mug",), **fields: Any) -> str:
    """A quote that a customer asks for: the id of one that is AWAITING."""
    body = {"cartId": shop.cart(customer, lines), "shipping": SHIPPING} | fields
    id: str = succeeded(send(customer, "POST", quotes_path(shop), body), 201)["id"]
    return id


def offered(shop: Shop, customer: Customer, lines: Iterable[Line] = ("mug",), **fields: Any) -> str:
    """A quote that a customer has asked for and the merchant has opened."""
    id = requested(shop, customer, lines, **fields)
    answer = become(shop, shop.service, id, "OPEN")
    assert answer.status_code == 204, answer.text
    return id


def become(shop: Shop, client: httpx.Client, id: str, status: str, **value: str) -> httpx.Response:
    """The answer to a step of a quote's life."""
    change = {"op": "replace", "path": "/status", "value": {"value": status} | value}
    return patched(shop, client, id, [change])


def patched(shop: Shop, client: httpx.Client, id: str, body: object) -> httpx.Response:
    """The answer to a PATCH."""
    return send(client, "PATCH", quotes_path(shop, id), body)


def shown(client: httpx.Client, shop: Shop, id: str) -> dict[str, Any]:
    """A quote as somebody sees it."""
    return succeeded(client.get(quotes_path(shop, id)), 200)


def bought(shop: Shop, client: httpx.Client, id: str, **fields: Any) -> httpx.Response:
    """The answer to a checkout of a quote."""
    return shop.checkout(client, {"quoteId": id, "paymentMethods": INVOICE} | fields)
