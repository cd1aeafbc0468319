"""One purchase that four parties tell of at once, through two processes, is one sale: its revenue counts once."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.dialects.alhena.storefront import Visitor
from tests.dialects.doofinder.client import SearchShop
from tests.harness import new_shop, running_server, save_redirect_uri
from tests.owner import REDIRECT, Application, Owner
from tests.shop import Shop, succeeded

PURCHASES = 6
SECONDS_MAX = 60


class Buyer:
    """One purchase, as each of the four parties can tell of it once the order is there."""

    def __init__(self, search: SearchShop, application: Application, place: int) -> None:
        self.shop, self.search, self.application = search.shop, search, application
        self.visitor, self.session = Visitor(self.shop), f"{place:032x}"
        with Owner(self.shop.url) as owner:
            self.grant = application.granted(owner.sign_up(f"buyer-{place}-{self.shop.name}"))
        self.guest = self.shop.guest()
        succeeded(self.visitor.talk(), 200)
        office = self.shop.client(self.shop.credentials["native"]["api_key"])
        ids = [{"dialect": "doofinder", "id": self.session}, {"dialect": "alhena", "id": self.visitor.name}]
        succeeded(office.post("/v1/identify", json={"ids": ids}), 201)
        succeeded(search.put("click", dfid=f"{search.hashid}@product@{'0' * 32}", session_id=self.session), 200)
        succeeded(search.add(self.session, id="mug", price="11.90", amount=2), 200)
        cart = self.shop.cart(self.guest, [("mug", 2)])
        self.order: str = succeeded(self.shop.checkout(self.guest, self.shop.order_request(cart)), 200)["orderId"]

    def tell(self, party: str) -> None:
        """Report the purchase as one of the parties."""
        if party == "alhena":
            items = [{"product_id": "mug", "product_name": "Mug", "quantity": 2, "value": 23.8, "currency": "EUR"}]
            succeeded(self.visitor.buy(self.order.lower(), value=29.63, line_items=items), 200)
        elif party == "scout":
            post = self.grant.post(order_id=f"#{self.order}", purchase_currency="eur", purchase_price=2380)
            succeeded(self.application.post(post), 200)
        else:
            succeeded(self.search.put("checkout", session_id=self.session), 200)


def test_what_four_parties_tell_at_once_through_two_processes_counts_once(database_url: str) -> None:
    with running_server(database_url, workers=2) as server, new_shop(server) as shop:
        shop.standard()
        keys = shop.credentials["scout"]
        save_redirect_uri(database_url, keys["client_id"], REDIRECT)
        search = SearchShop(shop, server)
        with search.http, Application(shop.url, keys["client_id"], keys["api_key"]) as application:
            buyers = [Buyer(search, application, place) for place in range(PURCHASES)]
            with ThreadPoolExecutor(12) as pool:
                parties = ("doofinder", "scout", "alhena")
                told = [pool.submit(buyer.tell, party) for party in parties for buyer in buyers]
                for one in told:
                    one.result()
        sales = settled(shop)
        assert sorted(one["order_id"] for one in sales) == sorted(buyer.order for buyer in buyers)
        assert {(one["reports"], one["total_minor"], one["currency"]) for one in sales} == {(4, 2963, "EUR")}
        report = read(shop, "/v1/reports/revenue", by="source")
        assert (report["total_minor"], report["orders"]) == (PURCHASES * 2963, PURCHASES)
        assert sum(one["total_minor"] for one in report["by"]) == PURCHASES * 2963


def settled(shop: Shop) -> list[dict[str, Any]]:
    """The sales, once all that was told has been followed."""
    deadline = time.monotonic() + SECONDS_MAX
    while True:
        found: list[dict[str, Any]] = read(shop, "/v1/sales")["items"]
        if sum(one["reports"] for one in found) == 4 * PURCHASES and len(found) == PURCHASES:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def read(shop: Shop, path: str, **query: str) -> Any:
    """An answer to the shop's native key."""
    return succeeded(shop.client(shop.credentials["native"]["api_key"]).get(path, params=query), 200)
