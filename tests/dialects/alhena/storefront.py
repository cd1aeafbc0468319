"""A visitor of a shop's storefront, as the dialect sees one: a company key and two fingerprints."""

import time
from typing import Any
from uuid import uuid4

import httpx

from tests.shop import Shop


class Visitor:
    """One visitor, whose reports go to the shop's server."""

    def __init__(self, shop: Shop, client: httpx.Client | None = None) -> None:
        self.shop = shop
        self.client = client or shop.client()
        self.fingerprint = str(uuid4())
        self.faq = str(uuid4())

    @property
    def name(self) -> str:
        """The pair of fingerprints, as the ledger writes it."""
        return f"{self.fingerprint}/{self.faq}"

    @property
    def sender(self) -> dict[str, Any]:
        """What every report begins with."""
        return {
            "company_key": self.shop.name,
            "user_fingerprint": self.fingerprint,
            "user_faq_fingerprint": self.faq,
        }

    def send(self, path: str, headers: Any = None, **fields: Any) -> httpx.Response:
        """Report something; fields replace those of the sender, None takes one away."""
        body = {name: value for name, value in (self.sender | fields).items() if value is not None}
        return self.client.post(path, json=body, headers=headers)

    def talk(self, **fields: Any) -> httpx.Response:
        """Open a conversation."""
        return self.send("/v1/conversations", **fields)

    def cart(self, type: str = "ITEM_ADDED", quantity: Any = 1, **fields: Any) -> httpx.Response:
        """A cart event about the mug."""
        facts: dict[str, Any] = {"product_id": "mug", "product_name": "Mug", "value": 12.5, "currency": "EUR"} | fields
        return self.send("/analytics/cart_events", type=type, quantity=quantity, **facts)

    def buy(self, number: str | None = "O-1", **fields: Any) -> httpx.Response:
        """A checkout event about two mugs."""
        items = [{"product_id": "mug", "product_name": "Mug", "quantity": 2, "value": 25, "currency": "EUR"}]
        facts: dict[str, Any] = {"value": 25, "currency": "EUR", "line_items": items} | fields
        return self.send("/analytics/checkout_events", orderId=number, **facts)

    def events(self, **query: Any) -> list[dict[str, Any]]:
        """The visitor's events in the ledger, by the server's own read API."""
        key = self.shop.credentials["native"]["api_key"]
        wanted: dict[str, Any] = {"visitor": self.name, "limit": 500} | query
        response = self.client.get("/v1/events", params=wanted, headers={"authorization": f"Bearer {key}"})
        assert response.status_code == 200, response.text
        events: list[dict[str, Any]] = response.json()["events"]
        return events


def code(response: httpx.Response) -> tuple[int, str]:
    """An answer's status and its code, or what was recorded."""
    said = response.json()
    return response.status_code, said.get("error_code") or said["event_type"]


def milliseconds_ago(seconds: float) -> int:
    """A point in time as browsers tell it."""
    return int((time.time() - seconds) * 1000)
