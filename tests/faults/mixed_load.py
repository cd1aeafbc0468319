"""Shoppers, visitors and programs of all four dialects at once, who remember what they were told.

    load.run_until(crash)   everybody works until the crash is over
    load.ask_again()        what was not answered is asked again, in the same words, until it is
    load.compare()          what the server holds is what was acknowledged: nothing lost, nothing doubled

Each worker does one thing after the other, so at a crash each has one request at most that was never answered. A 503 is
no answer: whoever gets one does not know whether the request was done, and asks again.
"""

import itertools
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx

from tests.dialects.alhena.storefront import Visitor
from tests.harness import Server, save_redirect_uri
from tests.owner import REDIRECT, Application, Grant, Owner, new_key
from tests.shop import NO_CERTIFICATES, Shop, send, told

STOCK = 1_000_000
# Fewer than the buyers want, so that the last pieces are fought for in the middle of crashes.
SCARCE = 60
COUPONS = 40
# How long a request may go unanswered after a crash before that is a failure of its own.
ANSWER_SECONDS_MAX = 60.0

LOGIN = "/customerlogin/auth/anonymous/login"
SESSION = "0123456789abcdef0123456789abcdef"
# What a checkout is told when the last piece or the last coupon went to somebody else.
GONE = {"out_of_stock", "coupon_redemptions_exceeded"}

_ORDER_IN_CONFLICT = re.compile(r"\bEON\d+\b")


class Request(NamedTuple):
    """One request, which may be sent again in the same words."""

    worker: str
    subject: str
    """What it is about: a cart, an item of a session, an order number."""
    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    method: str = "POST"


class MixedLoad:
    """What everybody has asked for and was told; the shop is set up here."""

    def __init__(self, shop: Shop, grant: Grant, bot: Application, inventory_key: str) -> None:
        self.shop = shop
        self.orders: dict[str, str | None] = {}
        """By cart; None for what the shop refused for good: sold out, or no coupons left."""
        self.answered: dict[str, Counter[str]] = {"grower": Counter(), "visitor": Counter(), "search": Counter()}
        self.answered["bot"] = Counter()
        self._grant, self._bot_headers = grant, {"x-api-key": bot.client.headers["x-api-key"]}
        self._inventory_headers = {"authorization": f"Bearer {inventory_key}"}
        self._lock = threading.Lock()
        self._unanswered: list[Request] = []
        self._numbers = itertools.count(1)
        _set_up(shop)
        self._visitor = Visitor(shop)
        assert self._visitor.talk().status_code == 200
        self._grower = shop.guest()
        self._grown_cart = shop.cart(self._grower)

    def run_until(self, crash: Callable[[], None]) -> None:
        """Let everybody work until `crash` has returned."""
        stopped = threading.Event()
        failures: list[BaseException] = []

        def work(step: Callable[[httpx.Client], Request | None]) -> None:
            try:
                with self._client() as client:
                    while not stopped.is_set():
                        self._one_step(client, step)
            except BaseException as failure:  # noqa: BLE001  told by the main thread, below
                failures.append(failure)

        steps = [self._purchase, self._purchase, self._purchase, self._growth, self._visit, self._search, self._post]
        threads = [threading.Thread(target=work, args=[step]) for step in steps]
        for thread in threads:
            thread.start()
        try:
            crash()
        finally:
            stopped.set()
            for thread in threads:
                thread.join()
        assert not failures, failures

    def ask_again(self) -> None:
        """Send again, in the same words, whatever was never answered."""
        pending, self._unanswered = self._unanswered, []
        with self._client() as client:
            for request in pending:
                give_up_at = time.monotonic() + ANSWER_SECONDS_MAX
                while not self._is_answered(client, request):
                    assert time.monotonic() < give_up_at, f"never answered: {request}"
                    time.sleep(0.05)

    def compare(self) -> None:
        """Fail unless the server holds exactly what was acknowledged."""
        placed = {order: cart for cart, order in self.orders.items() if order is not None}
        found = orders_of(self.shop)
        assert {order["id"]: order["cartId"] for order in found} == placed
        sold: Counter[str] = Counter()
        for order in found:
            sold.update({entry["itemYrn"].rpartition(";")[2]: entry["amount"] for entry in order["entries"]})
        assert self.shop.on_hand("mug") == STOCK - sold["mug"]
        assert self.shop.on_hand("scarce") == SCARCE - sold["scarce"]
        assert sum(1 for order in found if order.get("discounts")) <= COUPONS
        for worker, kept in self._kept().items():
            lost, doubled = self.answered[worker] - kept, kept - self.answered[worker]
            assert not lost, f"{worker}: lost {lost}"
            assert not doubled, f"{worker}: doubled, or never asked for, {doubled}"

    @property
    def units(self) -> int:
        """How many requests were acknowledged."""
        return len(self.orders) + sum(counted.total() for counted in self.answered.values())

    def _one_step(self, client: httpx.Client, step: Callable[[httpx.Client], Request | None]) -> None:
        try:
            request = step(client)
        except (httpx.TransportError, Unavailable):  # what only prepares a request is not missed
            request = None
        if request is None:
            time.sleep(0.02)
        elif not self._is_answered(client, request):
            with self._lock:
                self._unanswered.append(request)
            time.sleep(0.02)

    def _is_answered(self, client: httpx.Client, request: Request) -> bool:
        """Send it; False where no answer came, or one that says to try again."""
        try:
            answer = send(client, request.method, self.shop.url + request.path, request.body, headers=request.headers)
        except httpx.TransportError:
            return False
        if answer.status_code == 503:
            assert "retry-after" in answer.headers, told(answer)
            return False
        with self._lock:
            if request.worker == "buyer":
                self.orders[request.subject] = _order_of(answer)
            else:
                assert answer.status_code in (200, 201), told(answer)
                self.answered[request.worker][request.subject] += 1
        return True

    def _purchase(self, client: httpx.Client) -> Request | None:
        """A cart of one or two products, three of ten without a key, some with the scarce product or the coupon."""
        number = next(self._numbers)
        query = {"tenant": self.shop.name, "client_id": self.shop.credentials["emporix"]["storefront_client_id"]}
        guest = {"authorization": "Bearer " + self._prepared(client, "GET", LOGIN, None, params=query)["access_token"]}
        carts = f"/cart/{self.shop.name}/carts"
        body = {"currency": "EUR", "siteCode": "main"}
        cart: str = self._prepared(client, "POST", carts, body, headers=guest)["cartId"]
        for product in ("mug", *(("scarce",) if number % 4 == 0 else ())):
            self._prepared(client, "POST", f"{carts}/{cart}/items", self.shop.item(product), headers=guest)
        if number % 6 == 0:
            self._prepared(client, "POST", f"{carts}/{cart}/discounts", {"code": "FEW"}, headers=guest)
        keyed = {"idempotency-key": cart} if number % 10 < 7 else {}
        path = f"/checkout/{self.shop.name}/checkouts/order?siteCode=main"
        return Request("buyer", cart, path, self.shop.order_request(cart), guest | keyed)

    def _growth(self, _client: httpx.Client) -> Request:
        """One more mug in a cart that only grows."""
        key = f"grow-{next(self._numbers)}"
        path = f"/cart/{self.shop.name}/carts/{self._grown_cart}/items"
        token = self._grower.headers["authorization"]
        return Request("grower", key, path, self.shop.item("mug"), {"authorization": token, "idempotency-key": key})

    def _visit(self, _client: httpx.Client) -> Request:
        """A visitor puts something into the cart of the storefront."""
        product = f"product-{next(self._numbers)}"
        facts = {"type": "ITEM_ADDED", "product_id": product, "product_name": "A thing", "value": 12.5}
        facts |= {"currency": "EUR", "quantity": 1, "event_id": product}
        return Request("visitor", product, "/analytics/cart_events", self._visitor.sender | facts, {})

    def _search(self, _client: httpx.Client) -> Request:
        """A search session puts an item into its cart."""
        item = f"item-{next(self._numbers)}"
        keys = self.shop.credentials["doofinder"]
        body = {"id": item, "index": "product", "title": "A thing", "price": "5.00", "amount": 1}
        headers = {"authorization": f"Token {keys['api_key']}", "idempotency-key": item}
        return Request("search", item, f"/6/{keys['hashid']}/stats/cart/{SESSION}", body, headers, "PUT")

    def _post(self, _client: httpx.Client) -> Request:
        """A program posts a purchase into its owner's inventory."""
        number = str(next(self._numbers))
        return Request("bot", number, "/ingest", self._grant.post(order_id=number), self._bot_headers)

    def _prepared(self, client: httpx.Client, method: str, path: str, body: object, **more: Any) -> Any:
        answer = send(client, method, self.shop.url + path, body, **more)
        if answer.status_code == 503:
            raise Unavailable
        assert answer.status_code in (200, 201), told(answer)
        return answer.json()

    def _client(self) -> httpx.Client:
        return httpx.Client(verify=NO_CERTIFICATES, trust_env=False, timeout=30)

    def _kept(self) -> dict[str, Counter[str]]:
        """What the server holds of all that is no order, by worker; the grown cart knows only how much is in it."""
        with self._client() as client:
            path = f"{self.shop.url}/cart/{self.shop.name}/carts/{self._grown_cart}"
            cart = client.get(path, headers={"authorization": self._grower.headers["authorization"]}).json()
            grown = sum(item["quantity"] for item in cart.get("items", []))
            assert grown == self.answered["grower"].total()
            return {
                "grower": self.answered["grower"],
                "visitor": self._ledger(client, "alhena", "cart_event"),
                "search": self._ledger(client, "doofinder", "cart_add"),
                "bot": self._inventory(client),
            }

    def _ledger(self, client: httpx.Client, dialect: str, kind: str) -> Counter[str]:
        """What was recorded in a dialect, by what it is about."""
        headers = {"authorization": f"Bearer {self.shop.credentials['native']['api_key']}"}
        query: dict[str, Any] = {"dialect": dialect, "kind": kind, "outcome": "accepted", "limit": 500, "after": 0}
        found: Counter[str] = Counter()
        while True:
            page = client.get(f"{self.shop.url}/v1/events", params=query, headers=headers).json()
            found.update(_subject(event) for event in page["events"])
            if not page["events"]:
                return found
            query["after"] = page["events"][-1]["position"]

    def _inventory(self, client: httpx.Client) -> Counter[str]:
        found: Counter[str] = Counter()
        query = {"size": "200"}
        while True:
            page = client.get(f"{self.shop.url}/v1/inventory", params=query, headers=self._inventory_headers).json()
            found.update(item["order_id"] for item in page["items"])
            if page["next"] is None:
                return found
            query["after"] = page["next"]


class Unavailable(Exception):
    """A request that only prepares another one was told 503."""


@contextmanager
def mixed_load(server: Server, shop: Shop) -> Iterator[MixedLoad]:
    """A load on this server's shop, with a user who lets the shop's application post."""
    keys = shop.credentials["scout"]
    save_redirect_uri(server.database_url, keys["client_id"], REDIRECT)
    with Application(server.url, keys["client_id"], keys["api_key"]) as bot, Owner(server.url) as owner:
        owner.sign_up(f"ada{shop.name}"[:20])
        yield MixedLoad(shop, bot.granted(owner), bot, new_key(owner))


def orders_of(shop: Shop) -> list[dict[str, Any]]:
    """Every order, as the back office reads them."""
    found: list[dict[str, Any]] = []
    for page in itertools.count(1):
        path = f"/order-v2/{shop.name}/salesorders"
        orders = shop.service.get(path, params={"pageNumber": page, "pageSize": 500}).json()
        found += orders
        if len(orders) < 500:
            break
    return found


def _set_up(shop: Shop) -> None:
    shop.standard()
    shop.stock("mug", STOCK)
    shop.price(shop.product("scarce"), "5.00")
    shop.stock("scarce", SCARCE)
    shop.coupon("FEW", percent=10, maxRedemptions=COUPONS)


def _order_of(answer: httpx.Response) -> str | None:
    """The order that a checkout made now or before; None where it was refused for good."""
    if answer.status_code == 200:
        order: str = answer.json()["orderId"]
        return order
    if answer.status_code == 409:
        named = _ORDER_IN_CONFLICT.search(answer.text)
        assert named is not None, told(answer)
        return named[0]
    assert answer.status_code == 400, told(answer)
    assert {detail["type"] for detail in answer.json()["details"]} <= GONE, told(answer)
    return None


def _subject(event: Mapping[str, Any]) -> str:
    subject: str = event["document"]["said"]["id"] if event["dialect"] == "doofinder" else event["subject"]
    return subject
