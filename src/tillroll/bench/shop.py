"""A shop to measure with: a catalogue of products in stock, guests with full carts, and their checkout requests.

Everything is made through the wire API (docs/wire/emporix.md), the guests and their carts by the load generator.
"""

import random
from collections.abc import Iterable, Sequence
from decimal import Decimal
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from tillroll.bench.load import Drive, Plan, request_bytes
from tillroll.bench.servers import BenchFailed, Running

PRODUCTS = 1000
LINES_PER_CART = 3
# More than any run sells of one product: what is measured is the sale, not the refusal.
STOCK_LEVEL = 1_000_000
SITE, COUNTRY, CURRENCY = "main", "DE", "EUR"
ZONE, METHOD, FEE = "de", "standard", Decimal("4.90")

_BULK_MAX = 200
# The same carts in every run.
_SEED = 20_260_314

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Offer(Struct, frozen=True):
    """A product with its price."""

    product_id: str
    price_id: str
    amount: Decimal


class Shop(Struct, frozen=True):
    """A shop on one server, with a token for its back office."""

    server: Running
    name: str
    storefront_client_id: str
    service_token: str
    offers: tuple[Offer, ...] = ()


def open_shop(server: Running, credentials: dict[str, Any], products: int = PRODUCTS) -> Shop:
    """Set up tax, shipping and so many products, with prices and stock, of the gross EUR site that is there."""
    keys = credentials["emporix"]
    form = {"grant_type": "client_credentials", "client_id": keys["client_id"], "client_secret": keys["client_secret"]}
    token = _ask(server, "/oauth/token", {}, urlencode(form).encode())["access_token"]
    shop = Shop(server, credentials["shop"], keys["storefront_client_id"], token)
    _post(shop, f"/tax/{shop.name}/taxes", _TAXES)
    shipping = f"/shipping/{shop.name}/{SITE}/zones"
    _post(shop, shipping, {"id": ZONE, "name": "Germany", "shipTo": [{"country": COUNTRY, "postalCode": "*"}]})
    _post(shop, f"{shipping}/{ZONE}/methods", _METHOD)
    return msgspec.structs.replace(shop, offers=_stocked_offers(shop, products))


def checkout_requests(shop: Shop, drive: Drive, count: int) -> list[bytes]:
    """So many checkouts, each of a cart of its own that an own guest has filled; nothing is ordered yet."""
    plan = Plan(port=shop.server.port, keep_bodies=True)
    query = {"tenant": shop.name, "client_id": shop.storefront_client_id, "siteCode": SITE, "currency": CURRENCY}
    login = request_bytes("GET", f"/customerlogin/auth/anonymous/login?{urlencode(query)}", ())
    tokens = [one["access_token"] for one in _drive(drive, plan, [login] * count)]
    cart = _ENCODER.encode({"siteCode": SITE, "currency": CURRENCY})
    carts = f"/cart/{shop.name}/carts"
    opened = msgspec.structs.replace(plan, expected=201)
    fresh = [request_bytes("POST", carts, _headers(shop, token), cart) for token in tokens]
    cart_ids = [one["cartId"] for one in _drive(drive, opened, fresh)]
    chance = random.Random(_SEED)
    fill = [
        request_bytes("POST", f"{carts}/{id}/itemsBatch", _headers(shop, token), _ENCODER.encode(_lines(shop, chance)))
        for id, token in zip(cart_ids, tokens, strict=True)
    ]
    for lines in _drive(drive, plan, fill):
        _all_created(lines)
    path = f"/checkout/{shop.name}/checkouts/order?siteCode={SITE}"
    return [
        request_bytes("POST", path, _headers(shop, token), _ENCODER.encode(_ORDER | {"cartId": id}))
        for id, token in zip(cart_ids, tokens, strict=True)
    ]


def order_count(shop: Shop) -> int:
    """How many orders the shop has, as its back office sees it."""
    connection = HTTPConnection("127.0.0.1", shop.server.port, timeout=60)
    headers = {"authorization": f"Bearer {shop.service_token}", "x-total-count": "true"}
    connection.request("GET", f"/order-v2/{shop.name}/salesorders?pageSize=1", headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != 200:
        raise BenchFailed(f"the orders can not be counted: {response.status} {body[:600]!r}")
    return int(response.headers["x-total-count"])


def _stocked_offers(shop: Shop, count: int) -> tuple[Offer, ...]:
    ids = [f"product-{number:04}" for number in range(count)]
    amounts = [Decimal(199 + 7 * number) / 100 for number in range(count)]
    model = _post(shop, f"/price/{shop.name}/priceModels", _PRICE_MODEL)["id"]
    products = [
        {"id": id, "code": id, "name": f"The product {id}", "published": True}
        | {"taxClasses": {COUNTRY: "REDUCED" if number % 4 == 0 else "STANDARD"}}
        for number, id in enumerate(ids)
    ]
    prices = [
        {"itemId": {"itemType": "PRODUCT", "id": id}, "currency": CURRENCY, "location": {"countryCode": COUNTRY}}
        | {"restrictions": {"siteCodes": [SITE]}, "priceModelId": model, "tierValues": [{"priceValue": amount}]}
        for id, amount in zip(ids, amounts, strict=True)
    ]
    stock = [{"productId": id, "site": SITE, "stockLevel": STOCK_LEVEL, "available": True} for id in ids]
    _post_bulk(shop, f"/product/{shop.name}/products/bulk", products)
    price_ids = [told["id"] for told in _post_bulk(shop, f"/price/{shop.name}/prices/bulk", prices)]
    _post_bulk(shop, f"/availability/{shop.name}/availability/bulk", stock)
    return tuple(Offer(*parts) for parts in zip(ids, price_ids, amounts, strict=True))


def _lines(shop: Shop, chance: random.Random) -> list[dict[str, Any]]:
    """The lines of one cart: distinct products, one to three of each."""
    return [
        {
            "itemYrn": f"urn:yaas:hybris:product:product:{shop.name};{offer.product_id}",
            "quantity": chance.randint(1, 3),
            "price": {"priceId": offer.price_id, "currency": CURRENCY}
            | {"originalAmount": offer.amount, "effectiveAmount": offer.amount},
        }
        for offer in chance.sample(shop.offers, LINES_PER_CART)
    ]


def _headers(shop: Shop, token: str) -> list[tuple[str, str]]:
    """What the storefront SDK sends with every call (docs/wire/emporix.md, 20)."""
    return [("authorization", f"Bearer {token}"), ("emporix-tenant", shop.name), ("accept-language", "*")]


def _drive(drive: Drive, plan: Plan, requests: Sequence[bytes]) -> list[Any]:
    """The decoded answers, in the order of the requests; raises BenchFailed unless every one was as expected."""
    answers = drive(plan, requests)
    if answers.unexpected(plan.expected):
        raise BenchFailed(f"preparing failed: {answers.statuses}, for example {answers.samples}")
    return [msgspec.json.decode(body) for body in answers.bodies]


def _post_bulk(shop: Shop, path: str, documents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    for start in range(0, len(documents), _BULK_MAX):
        told += _post(shop, path, documents[start : start + _BULK_MAX])
    _all_created(told)
    return told


def _all_created(told: Iterable[dict[str, Any]]) -> None:
    for one in told:
        if 201 not in (one.get("code"), one.get("status")):
            raise BenchFailed(f"one of many was not created: {one}")


def _post(shop: Shop, path: str, document: Any) -> Any:
    return _ask(shop.server, path, {"authorization": f"Bearer {shop.service_token}"}, _ENCODER.encode(document))


def _ask(server: Running, path: str, headers: dict[str, str], body: bytes) -> Any:
    """The decoded answer to one POST; without credentials the body is a form. Raises BenchFailed for an error."""
    content_type = "application/json" if headers else "application/x-www-form-urlencoded"
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", path, body, headers | {"content-type": content_type})
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    if response.status not in (200, 201, 207):
        raise BenchFailed(f"POST {path} was answered {response.status} {answer[:600]!r}")
    return msgspec.json.decode(answer)


_TAXES: dict[str, Any] = {
    "location": {"countryCode": COUNTRY},
    "taxClasses": [
        {"code": "STANDARD", "name": "Standard", "order": 0, "rate": 19, "isDefault": True},
        {"code": "REDUCED", "name": "Reduced", "order": 1, "rate": 7, "isDefault": False},
    ],
}
_METHOD: dict[str, Any] = {
    "id": METHOD,
    "name": "Standard",
    "active": True,
    "shippingTaxCode": "STANDARD",
    "fees": [
        {"minOrderValue": {"amount": 0, "currency": CURRENCY}, "cost": {"amount": FEE, "currency": CURRENCY}},
    ],
}
_PRICE_MODEL: dict[str, Any] = {
    "name": "Per piece",
    "includesTax": True,
    "includesMarkup": False,
    "tierDefinition": {"tierType": "BASIC", "tiers": [{"minQuantity": {"quantity": 0, "unitCode": "pc"}}]},
    "measurementUnit": {"quantity": 1, "unitCode": "pc"},
}
_ADDRESS: dict[str, Any] = {
    "contactName": "Ada Byron",
    "companyName": "Analytical Engines",
    "street": "Torstrasse",
    "streetNumber": "140",
    "streetAppendix": "Second courtyard",
    "zipCode": "10115",
    "city": "Berlin",
    "country": COUNTRY,
    "state": "Berlin",
    "contactPhone": "+49 30 1234567",
}
_ORDER: dict[str, Any] = {
    "cartId": "",
    "currency": CURRENCY,
    "customer": {"firstName": "Ada", "lastName": "Byron", "email": "ada@example.com", "guest": True},
    "addresses": [_ADDRESS | {"type": "SHIPPING"}, _ADDRESS | {"type": "BILLING"}],
    "shipping": {"methodId": METHOD, "zoneId": ZONE, "methodName": "Standard", "amount": FEE}
    | {"shippingTaxCode": "STANDARD"},
    "paymentMethods": [{"provider": "none", "method": "invoice"}],
}
