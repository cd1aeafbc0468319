"""`kill -9` in the middle of a load, twenty times: what was acknowledged exists once, a retry finds out the rest."""

import random
import threading
import time
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.faults.crowd import audit_passes
from tests.harness import Server, new_shop, running_server
from tests.shop import Guest, Shop

KILLS = 20
SHOPPERS = 6
LOAD_SECONDS = (0.05, 0.5)


class Purchases:
    """What the shoppers have asked for, and what they were told."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.acknowledged: dict[str, str] = {}
        self.unanswered: list[tuple[Guest, Mapping[str, Any], str]] = []

    def buy(self, shop: Shop, guest: Guest, body: Mapping[str, Any]) -> bool:
        """Check out once; whether an answer came."""
        cart_id = body["cartId"]
        try:
            answer = shop.checkout(guest, body, idempotency_key=cart_id)
        except httpx.TransportError:
            with self.lock:
                self.unanswered.append((guest, body, cart_id))
            return False
        assert answer.status_code == 200, answer.text
        with self.lock:
            known = self.acknowledged.setdefault(cart_id, answer.json()["orderId"])
        assert known == answer.json()["orderId"]
        return True


def _shop_until(shop: Shop, purchases: Purchases, stopped: threading.Event) -> None:
    while not stopped.is_set():
        try:
            guest = shop.guest()
            body = shop.order_request(shop.cart(guest, ["mug", ("tea", 2)]))
        except httpx.TransportError:
            return
        if not purchases.buy(shop, guest, body):
            return


def _kill_under_load(server: Server, shop: Shop, purchases: Purchases, seconds: float) -> None:
    stopped = threading.Event()
    failures: list[BaseException] = []

    def shopper() -> None:
        try:
            _shop_until(shop, purchases, stopped)
        except BaseException as failure:  # noqa: BLE001  told by the main thread, below
            failures.append(failure)

    threads = [threading.Thread(target=shopper) for _ in range(SHOPPERS)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)  # the load itself: how far it gets does not decide the verdict
    server.kill()
    stopped.set()
    for thread in threads:
        thread.join()
    assert not failures, failures


def _ask_again(shop: Shop, purchases: Purchases) -> None:
    """Repeat with the same keys what was never answered: it goes through, or was one order already."""
    pending, purchases.unanswered = purchases.unanswered, []
    for guest, body, _ in pending:
        again = shop.client(guest.headers["authorization"].removeprefix("Bearer "))
        assert isinstance(again, Guest)
        assert purchases.buy(shop, again, body)


@pytest.mark.timeout(600)  # twenty starts of two processes each: on a slow day that alone takes minutes, and is no hang
def test_no_acknowledged_order_is_lost_and_none_is_doubled(database_url: str) -> None:
    seed = random.randrange(2**32)
    dice = random.Random(seed)
    purchases = Purchases()
    with running_server(database_url, workers=2) as server, new_shop(server) as shop:
        shop.standard()
        shop.stock("mug", 1_000_000)
        for _ in range(KILLS):
            _kill_under_load(server, shop.at(server.url), purchases, dice.uniform(*LOAD_SECONDS))
            server.restart()
            _ask_again(shop.at(server.url), purchases)
        office = shop.at(server.url)
        found = _orders(office)
        assert found == {order_id: cart_id for cart_id, order_id in purchases.acknowledged.items()}, f"seed {seed}"
        assert office.on_hand("mug") == 1_000_000 - len(found)
    audit_passes(database_url)


def _orders(shop: Shop) -> dict[str, str]:
    """Every order and its cart, as the back office reads them."""
    found: dict[str, str] = {}
    page = 1
    while True:
        path = f"/order-v2/{shop.name}/salesorders"
        orders = shop.service.get(path, params={"pageNumber": page, "pageSize": 500}).json()
        found |= {order["id"]: order["cartId"] for order in orders}
        if len(orders) < 500:
            return found
        page += 1
