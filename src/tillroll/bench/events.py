"""Durable single events: additions to carts of search sessions, each one call, one row of the ledger and one line."""

from collections.abc import Sequence
from http.client import HTTPConnection
from typing import Any

import msgspec

from tillroll.bench.load import request_bytes
from tillroll.bench.servers import BenchFailed, Running

# Sessions and items, so that some additions meet a line that is there and some make a new one.
SESSIONS = 1000
ITEMS = 50


def cart_requests(credentials: dict[str, Any], count: int) -> list[bytes]:
    """So many additions of one piece, as Doofinder's PHP client sends them (docs/wire/doofinder.md, 12)."""
    keys = credentials["doofinder"]
    headers = [("authorization", f"Token {keys['api_key']}")]
    return [
        request_bytes(
            "PUT",
            f"/6/{keys['hashid']}/stats/cart/{number % SESSIONS:032x}",
            headers,
            msgspec.json.encode(
                {"amount": 1, "id": f"SKU {number % ITEMS}", "index": "product", "price": 8.99, "title": "Ford Fiesta"}
            ),
        )
        for number in range(count)
    ]


def call_count(server: Running, credentials: dict[str, Any]) -> int:
    """How many calls the ledger has taken, as the shop's own key sees it."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"authorization": f"Bearer {credentials['native']['api_key']}"}
    connection.request("GET", "/v1/events/outcomes", headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != 200:
        raise BenchFailed(f"the events can not be counted: {response.status} {body[:600]!r}")
    outcomes: Sequence[dict[str, Any]] = msgspec.json.decode(body)["outcomes"]
    return sum(one["calls"] for one in outcomes if one["outcome"] == "accepted")
