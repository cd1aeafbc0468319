"""The demo: a seeded shop, and one purchase over real HTTP, shown step by step.

tillroll demo          seeds ./tillroll-demo.db, buys once, then serves until Ctrl-C
tillroll demo --exit   the same on a throw-away database, then stops
"""

import contextlib
import http.client
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlencode

from msgspec import Struct

from tillroll.engine import access, shops
from tillroll.engine.shops import NewKey, NewShop, ShopKeys
from tillroll.keymaker import new_shop_keys
from tillroll.store import Transaction, open_store

SHOP = "demo"
READY_SECONDS_MAX = 30.0
_LISTENING = re.compile(r"running on http://[^:]+:(\d+)")

_LONG_ID = re.compile(r"[0-9a-f]{32}")

PRODUCTS = (
    ("espresso", "Espresso beans, 1 kg", "REDUCED", "18.90", 500),
    ("grinder", "Hand grinder", "STANDARD", "79.00", 40),
    ("cup", "Stoneware cup", "STANDARD", "12.50", 200),
)


class DemoFailed(Exception):
    """A step of the demo did not go as it should."""


class DemoServer(Struct, frozen=True):
    """A server process and the address that it listens on."""

    process: subprocess.Popen[str]
    host: str
    port: int


class Browser(Struct):
    """One HTTP client with a bearer token, telling each call on the screen."""

    server: DemoServer
    bearer: str = ""
    is_quiet: bool = False

    def call(self, method: str, path: str, body: Any = None, *, says: str = "") -> Any:
        """Send one request; the decoded answer. Raises DemoFailed for anything but a 2xx (or a 409 while seeding)."""
        headers = {"authorization": f"Bearer {self.bearer}"} if self.bearer else {}
        data = None
        if isinstance(body, str):
            headers["content-type"], data = "application/x-www-form-urlencoded", body.encode()
        elif body is not None:
            headers["content-type"], data = "application/json", json.dumps(body).encode()
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=30)
        try:
            connection.request(method, path, data, headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        known_already = self.is_quiet and response.status == 409
        if not 200 <= response.status < 300 and not known_already:
            raise DemoFailed(f"{method} {path} answered {response.status}: {content.decode(errors='replace')}")
        if not self.is_quiet:
            shown = _LONG_ID.sub("…", path.partition("?")[0])
            _tell(f"  {method:<5}{shown:<46} {response.status}  {says}")
        return json.loads(content) if content else None


def run(db: str, host: str, port: int, *, exits: bool) -> None:
    """Seed, serve, buy once, and go on serving unless `exits`; raises DemoFailed."""
    with contextlib.ExitStack() as stack:
        if exits:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tillroll-demo-"))
            db, port = f"sqlite:///{Path(folder) / 'demo.db'}", 0
        keys = _keys(db)
        server = stack.enter_context(_served(db, host, port))
        _tell(f"\nThe shop '{SHOP}' is served at http://{server.host}:{server.port} from {db}\n")
        _seed(Browser(server, _service_token(server, keys), is_quiet=True))
        _tell("A guest buys two bags of beans and a grinder:")
        _show(_buy(server, keys))
        if exits:
            return
        _tell(_invitation(server, keys))
        with contextlib.suppress(KeyboardInterrupt):
            server.process.wait()


def _keys(db: str) -> ShopKeys:
    """Fresh credentials for the demo shop, which is created where it does not exist."""
    store = open_store(db)
    try:
        store.migrate()
        keys = new_shop_keys()
        now = time.time_ns() // 1000
        if not store.write_now(lambda tx: shops.add_shop(tx, NewShop(SHOP, "EUR", keys), now)):
            store.write_now(lambda tx: _add_keys(tx, keys, now))
        return keys
    finally:
        store.close()


def _add_keys(tx: Transaction, keys: ShopKeys, now: int) -> None:
    """New keys for a demo shop of an earlier run, whose secrets were shown only then."""
    service = NewKey(access.SERVICE, keys.client_id, keys.client_secret, shops.EVERY_SCOPE)
    for key in (service, NewKey("storefront", keys.storefront_client_id)):
        shops.add_key(tx, SHOP, key, now)


@contextlib.contextmanager
def _served(db: str, host: str, port: int) -> Iterator[DemoServer]:
    """A server process of its own, ready to answer; stopped at the end."""
    command = [sys.executable, "-m", "tillroll", "serve", "--db", db, "--host", host, "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        yield DemoServer(process, host, _port_of(process))
    finally:
        process.terminate()
        process.wait(timeout=15)


def _port_of(process: "subprocess.Popen[str]") -> int:
    """The port that the server says it listens on; raises DemoFailed where it does not come up."""
    assert process.stderr is not None
    said: list[str] = []
    give_up_at = time.monotonic() + READY_SECONDS_MAX
    for line in process.stderr:
        said.append(line)
        found = _LISTENING.search(line)
        if found is not None:
            threading.Thread(target=_pass_on, args=(process.stderr,), daemon=True).start()
            return int(found[1])
        if time.monotonic() > give_up_at:
            break
    raise DemoFailed("the server did not come up:\n" + "".join(said))


def _pass_on(log: IO[str]) -> None:
    """Show what the server complains about from now on; that it starts and stops is no news."""
    for line in log:
        if not line.startswith("INFO:"):
            sys.stderr.write(line)


def _service_token(server: DemoServer, keys: ShopKeys) -> str:
    form = {"grant_type": "client_credentials", "client_id": keys.client_id, "client_secret": keys.client_secret}
    token: str = Browser(server, is_quiet=True).call("POST", "/oauth/token", urlencode(form))["access_token"]
    return token


def _seed(office: Browser) -> None:
    """Set the shop up as a back office would: site, taxes, products, prices, stock, shipping, a coupon."""
    home = {"address": {"country": "DE", "zipCode": "10115"}}
    site = {"code": "main", "name": "Demo", "currency": "EUR", "includesTax": True, "default": True, "homeBase": home}
    office.call("POST", f"/site/{SHOP}/sites", site)
    classes = [{"code": "STANDARD", "rate": 19}, {"code": "REDUCED", "rate": 7}]
    office.call("POST", f"/tax/{SHOP}/taxes", {"location": {"countryCode": "DE"}, "taxClasses": classes})
    model = {"id": "gross", "name": "Gross", "includesTax": True, "tierDefinition": {"tierType": "BASIC"}}
    model["measurementUnit"] = {"quantity": 1, "unitCode": "pc"}
    model["tierDefinition"] = {"tierType": "BASIC", "tiers": [{"minQuantity": {"quantity": 0, "unitCode": "pc"}}]}
    office.call("POST", f"/price/{SHOP}/priceModels", model)
    for id, name, tax_class, price, stock in PRODUCTS:
        product = {"id": id, "code": id, "name": name, "published": True, "taxClasses": {"DE": tax_class}}
        office.call("POST", f"/product/{SHOP}/products", product)
        entry = {"id": f"{id}-price", "itemId": {"itemType": "PRODUCT", "id": id}, "currency": "EUR"}
        entry |= {"priceModelId": "gross", "restrictions": {"siteCodes": ["main"]}}
        office.call("POST", f"/price/{SHOP}/prices", entry | {"tierValues": [{"priceValue": float(price)}]})
        level = {"stockLevel": stock, "available": True}
        for verb in ("POST", "PUT"):  # the second fills up what earlier runs have sold
            office.call(verb, f"/availability/{SHOP}/availability/{id}/main", level)
    zone = {"id": "germany", "name": "Germany", "shipTo": [{"country": "DE", "postalCode": "*"}]}
    office.call("POST", f"/shipping/{SHOP}/main/zones", zone)
    fees = [{"minOrderValue": {"amount": 0, "currency": "EUR"}, "cost": {"amount": 4.9, "currency": "EUR"}}]
    method = {"id": "parcel", "name": "Parcel", "active": True, "fees": fees, "shippingTaxCode": "STANDARD"}
    office.call("POST", f"/shipping/{SHOP}/main/zones/germany/methods", method)
    coupon = {"code": "WELCOME10", "name": "Ten percent", "discountType": "PERCENT", "discountPercentage": 10}
    office.call("POST", f"/coupon/{SHOP}/coupons", coupon | {"allowAnonymous": True})


def _buy(server: DemoServer, keys: ShopKeys) -> Any:
    """One purchase, as a storefront makes it; the order as the guest reads it."""
    guest = Browser(server)
    login = {"tenant": SHOP, "client_id": keys.storefront_client_id}
    context = {"currency": "EUR", "siteCode": "main", "targetLocation": "DE"}
    path = f"/customerlogin/auth/anonymous/login?{urlencode(login | context)}"
    guest.bearer = guest.call("GET", path, says="a guest's session")["access_token"]
    wanted = {"espresso": 2, "grinder": 1}
    items = [{"itemId": {"itemType": "PRODUCT", "id": id}, "quantity": {"quantity": n}} for id, n in wanted.items()]
    matches = guest.call("POST", f"/price/{SHOP}/match-prices-by-context", {"items": items}, says="today's prices")
    prices = {match["itemId"]["id"]: match for match in matches}
    cart_id = guest.call("POST", f"/cart/{SHOP}/carts", {"siteCode": "main", "currency": "EUR"}, says="a cart")[
        "cartId"
    ]
    for id, count in wanted.items():
        price = {"priceId": prices[id]["priceId"], "currency": "EUR"}
        price |= {"originalAmount": prices[id]["originalValue"], "effectiveAmount": prices[id]["effectiveValue"]}
        item = {"itemYrn": f"urn:yaas:hybris:product:product:{SHOP};{id}", "quantity": count, "price": price}
        guest.call("POST", f"/cart/{SHOP}/carts/{cart_id}/items", item, says=f"{count} x {id}")
    guest.call("POST", f"/cart/{SHOP}/carts/{cart_id}/discounts", {"code": "WELCOME10"}, says="10 % off")
    placed = guest.call("POST", f"/checkout/{SHOP}/checkouts/order", _checkout(cart_id), says="ORDERED, on disk")
    return guest.call("GET", f"/order-v2/{SHOP}/orders/{quote(placed['orderId'])}", says="the order")


def _checkout(cart_id: str) -> dict[str, Any]:
    address = {"contactName": "Ada Example", "street": "Invalidenstr. 1", "zipCode": "10115"}
    address |= {"city": "Berlin", "country": "DE"}
    return {
        "cartId": cart_id,
        "customer": {"firstName": "Ada", "lastName": "Example", "email": "ada@example.com", "guest": True},
        "shipping": {"methodId": "parcel", "zoneId": "germany", "methodName": "Parcel", "amount": 4.9},
        "addresses": [address | {"type": "SHIPPING"}, address | {"type": "BILLING"}],
        "paymentMethods": [{"provider": "none", "method": "invoice"}],
    }


def _show(order: Any) -> None:
    _tell(f"\nOrder {order['id']}  {order['status']}")
    for entry in order["entries"]:
        final = entry["calculatedPrice"]["finalPrice"]
        _tell(f"  {entry['amount']} x {entry['product']['name']:<28}{final['grossValue']:>10.2f} {order['currency']}")
    calculated = order["calculatedPrice"]
    shipping, total = calculated["totalShipping"], calculated["finalPrice"]
    shipping = shipping.get("price", shipping)
    _tell(f"  {'shipping':<32}{shipping['grossValue']:>10.2f} {order['currency']}")
    _tell(f"  {'total':<32}{total['grossValue']:>10.2f} {order['currency']}  of it tax {total['taxValue']:.2f}\n")


def _invitation(server: DemoServer, keys: ShopKeys) -> str:
    return (
        f"Buy with curl: the README shows how. This shop's keys:\n"
        f"  tenant                {SHOP}\n"
        f"  client_id             {keys.client_id}\n"
        f"  client_secret         {keys.client_secret}\n"
        f"  storefront_client_id  {keys.storefront_client_id}\n"
        f"Serving at http://{server.host}:{server.port} until Ctrl-C.\n"
    )


def _tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
