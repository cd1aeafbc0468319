"""A visitor of a shop's storefront, as the dialect sees one: a company key and two fingerprints."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import httpx

from tests.shop import Shop

# The vendor's two snippets as their documents have them, with another host.
VENDOR = """
<script>
  !(function (w) {{ w._alhenaEventQueue = w._alhenaEventQueue || []; w.trackAlhenaEvent = w.trackAlhenaEvent ||
    function (method, data) {{ w._alhenaEventQueue.push({{ method: method, args: data }}); }}; }})(window);
  trackAlhenaEvent("sendCartEvent", {{ type: "ITEM_ADDED", productId: "early", productName: "Early", value: 1,
    currency: "EUR", quantity: 1 }});
  document.gleenConfig = {{ company: "{company}", apiBaseUrl: "{url}" }};
</script>
<script src="{url}/sdk/gleenWidget.js"></script>
"""
OURS = '<script src="{url}/sdk/tillroll.js" data-company-key="{company}"></script>'


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


@contextmanager
def pages(head: str) -> Iterator[str]:
    """A storefront: every path is a page with this head, at the address that is given."""

    class Storefront(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f'<!doctype html><title>Shop</title><link rel="icon" href="data:,">{head}<a href="/next">Next</a>'
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Storefront) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
