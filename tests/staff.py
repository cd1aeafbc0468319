"""People of a shop at a browser, and a shop that has something to show.

staff(server, shop.name, "analyst")     a client that is logged in, and belongs to the shop in this role
told(shop)                              a few purchases, refunds and touches, once the sales have followed them
"""

import time
from decimal import Decimal
from secrets import token_hex
from typing import Any

from tests.harness import Server
from tests.owner import Owner
from tests.shop import Shop, succeeded
from tillroll.engine.inventory import users
from tillroll.engine.shops import members
from tillroll.store import Transaction, open_store
from tillroll.store.shops.members import Member

SECONDS_MAX = 20


def staff(server: Server, shop: str, role: str) -> Owner:
    """Somebody new, logged in, who belongs to the shop in this role."""
    person = Owner(server.url).sign_up(f"{role}-{token_hex(6)}")
    let_in(server, shop, person.name, role)
    return person


def let_in(server: Server, shop: str, name: str, role: str) -> None:
    """Let a user belong to a shop, as `tillroll user role` does, without the time of a process."""

    def put(tx: Transaction) -> None:
        user = users.by_name(tx, name)
        assert user is not None
        members.put(tx, shop, Member(user.id, user.name, role, time.time_ns() // 1000))

    store = open_store(server.database_url)
    try:
        store.write_now(put)
    finally:
        store.close()


def order(number: str, *lines: tuple[str, str], visitor: str = "v1", **more: Any) -> dict[str, Any]:
    """An order of the shop's own list, of products at what they came to."""
    items = [{"product_id": product, "quantity": 1, "total": float(total)} for product, total in lines]
    total = float(sum(Decimal(total) for _, total in lines))
    fields = {"order_id": number, "total": total, "currency": "EUR", "lines": items, "visitor": visitor}
    return {"id": f"o-{number}", "kind": "checkout", **fields, **more}


def touch(source: str, visitor: str = "v1", product: str | None = None) -> dict[str, Any]:
    """Something that may have led to a purchase."""
    said = {"id": token_hex(8), "kind": "touch", "source": source, "visitor": visitor}
    return said if product is None else {**said, "product_id": product}


STORY: tuple[dict[str, Any], ...] = (
    touch("newsletter", "v1"),
    touch("campaign:spring", "v1", "mug"),
    order("1001", ("mug", "12.50"), ("kettle", "64.90"), visitor="v1"),
    touch("newsletter", "v2"),
    order("1002", ("beans", "14.90"), visitor="v2"),
    order("1003", ("scale", "39.00"), visitor="v3"),
    {"id": "r-1", "kind": "refund", "order_id": "1002", "currency": "EUR", "amount": 5.0, "reason": "late"},
)


class Told:
    """A shop's own API, of somebody who waits until the sales have followed."""

    def __init__(self, shop: Shop) -> None:
        self.client = shop.client(shop.credentials["native"]["api_key"])

    def get(self, path: str, **query: Any) -> Any:
        """The answer of a read."""
        return succeeded(self.client.get(path, params=query), 200)

    def revenue(self, **query: Any) -> Any:
        """The report."""
        return self.get("/v1/reports/revenue", **query)

    def tell(self, *events: dict[str, Any]) -> None:
        """Report events, and wait for what follows from them."""
        results = succeeded(self.client.post("/v1/events", json={"events": list(events)}), 200)["results"]
        assert {one["status"] for one in results} == {"stored"}, results
        self.settle()

    def settle(self) -> None:
        """Wait until the sales have followed the newest event."""
        newest = self.get("/v1/events", order="desc", limit=1)["events"][0]["position"]
        deadline = time.monotonic() + SECONDS_MAX
        while self.revenue()["as_of"] < newest:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def told(shop: Shop) -> Told:
    """A shop with the story."""
    found = Told(shop)
    found.tell(*STORY)
    return found
