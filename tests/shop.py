"""One shop on a running server, driven over HTTP in Emporix's contract: set-up calls, guests, carts and checkouts.

The set-up methods (docs/wire/emporix.md) fail the test unless they get the documented success
status, and return the new id. Amounts are exact, also as text: `shop.price("mug", "11.90")`. Further fields of a
document are keywords in the spelling of the wire: `shop.product("mug", productType="BUNDLE")`.
"""

import ssl
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from secrets import token_hex
from types import TracebackType
from typing import Any, NamedTuple, Self

import httpx
import msgspec

Amount = Decimal | str | int
Line = str | tuple[str, Amount] | Mapping[str, Any]

# What every customer of the tests logs in with.
PASSWORD = "correct horse"

_ENCODER = msgspec.json.Encoder(decimal_format="number")
# Loading the system's certificates would cost more than most tests; the servers here speak no TLS.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Guest(httpx.Client):
    """A storefront session: a client with an anonymous token."""

    session_id: str
    refresh_token: str


def days_ahead(days: int) -> str:
    """Noon of a day that is so many days ahead, in UTC, as delivery dates are written."""
    return f"{datetime.now(UTC).date() + timedelta(days=days)}T12:00:00.000Z"


class Customer(Guest):
    """A customer's storefront session: a client with a customer's token, which sends the saas-token with every call."""

    customer_id: str
    email: str
    password: str
    saas_token: str


class Standard(NamedTuple):
    """What `Shop.standard` has set up."""

    site: str
    products: list[str]
    price_model: str
    zone: str
    method: str


class Shop:
    """One shop, as its back office (`service`) and its shoppers (`guest()`) see it through one server."""

    def __init__(self, url: str, credentials: Mapping[str, Any]) -> None:
        self.url = url
        self.credentials = credentials
        self.name: str = credentials["shop"]
        self.site_code = "main"
        self.prices: dict[str, tuple[str, Decimal, str]] = {}
        self.methods: dict[str, tuple[str, Decimal, str]] = {}
        self._clients: list[httpx.Client] = []
        self._service: httpx.Client | None = None
        self.made_standard: Callable[[Shop], Standard] | None = None
        """How it is set up without asking the server, where that is known; see `tests/standard_shops.py`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            client.close()

    @property
    def service(self) -> httpx.Client:
        """The back office: a client with a service token."""
        if self._service is None:
            self._service = self.client(self.service_token())
        return self._service

    def client(self, token: str | None = None) -> httpx.Client:
        """A client of this server, with a bearer token where one is given; closed together with the shop."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        client = Guest(base_url=self.url, headers=headers, verify=NO_CERTIFICATES, trust_env=False, timeout=30)
        self._clients.append(client)
        return client

    def at(self, url: str) -> "Shop":
        """The same shop through another server."""
        other = Shop(url, self.credentials)
        other.site_code, other.prices, other.methods = self.site_code, self.prices, self.methods
        other._clients, other.made_standard = self._clients, self.made_standard
        return other

    def service_token(self, scope: str = "") -> str:
        """A fresh service token, with all scopes of the shop's key unless some are named."""
        keys = self.credentials["emporix"]
        form = {"client_id": keys["client_id"], "client_secret": keys["client_secret"]}
        form |= {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        token: str = succeeded(self.client().post("/oauth/token", data=form), 200)["access_token"]
        return token

    def guest(self, **context: str) -> Guest:
        """A new anonymous session; `context` may say currency, siteCode, targetLocation and language."""
        query = {"tenant": self.name, "client_id": self.credentials["emporix"]["storefront_client_id"], **context}
        answer = succeeded(self.client().get("/customerlogin/auth/anonymous/login", params=query), 200)
        guest = self.client(answer["access_token"])
        assert isinstance(guest, Guest)
        guest.session_id, guest.refresh_token = answer["sessionId"], answer["refresh_token"]
        return guest

    def customer(self, email: str = "", guest: httpx.Client | None = None, **details: Any) -> Customer:
        """A new customer who has just logged in, in the session of `guest` where one is given."""
        guest = guest or self.guest()
        email = email or f"customer-{token_hex(6)}@example.com"
        details = {"firstName": "Ada", "lastName": "Byron"} | details
        signup = {"email": email, "password": PASSWORD, "customerDetails": details}
        id: str = succeeded(send(guest, "POST", f"/customer/{self.name}/signup", signup), 201)["id"]
        customer = self.login(email, guest)
        customer.customer_id = id
        return customer

    def login(self, email: str, guest: httpx.Client | None = None, password: str = "") -> Customer:
        """A client for a customer who exists, logged in, in the session of `guest` where one is given."""
        password = password or PASSWORD
        body = {"email": email, "password": password}
        answer = succeeded(send(guest or self.guest(), "POST", f"/customer/{self.name}/login", body), 200)
        headers = {"authorization": f"Bearer {answer['access_token']}", "saas-token": answer["saas_token"]}
        customer = Customer(base_url=self.url, headers=headers, verify=NO_CERTIFICATES, trust_env=False, timeout=30)
        self._clients.append(customer)
        customer.email, customer.password = email, password
        customer.saas_token, customer.refresh_token = answer["saas_token"], answer["refresh_token"]
        customer.session_id = answer["session_id"]
        return customer

    def company(self, *customers: Customer, name: str = "Mills") -> str:
        """A new legal entity that these customers act for; its id."""
        base = f"/customer-management/{self.name}"
        id = self._created(f"{base}/legal-entities", {"name": name, "type": "COMPANY"}, "id")
        for customer in customers:
            assignment = {"legalEntity": {"id": id}, "customer": {"id": customer.customer_id}, "type": "PRIMARY"}
            self._created(f"{base}/contact-assignments", assignment, "id")
        return id

    def site(
        self, code: str = "main", *, currency: str = "EUR", country: str = "DE", includesTax: bool = True, **fields: Any
    ) -> str:
        """A site at home in `country`, with gross prices unless said otherwise."""
        body = {"code": code, "name": code.title(), "active": True, "default": code == "main", "currency": currency}
        body |= {"includesTax": includesTax, "defaultLanguage": "en", "languages": ["en"]}
        body |= {"homeBase": {"address": {"country": country, "zipCode": "10115"}}, "shipToCountries": [country]}
        return self._created(f"/site/{self.name}/sites", body | fields, "code")

    def tax(self, country: str = "DE", rates: Mapping[str, Amount] | None = None, **fields: Any) -> str:
        """The tax table of a country, rates in percent; without any, Germany's STANDARD 19 and REDUCED 7."""
        classes = [
            {"code": code, "name": code.title(), "order": order, "rate": number(rate), "isDefault": order == 0}
            for order, (code, rate) in enumerate((rates or {"STANDARD": 19, "REDUCED": 7}).items())
        ]
        body = {"location": {"countryCode": country}, "taxClasses": classes} | fields
        return self._created(f"/tax/{self.name}/taxes", body, "locationCode")

    def product(self, id: str = "", *, tax_class: str = "STANDARD", country: str = "DE", **fields: Any) -> str:
        """A published product."""
        id = id or f"product-{token_hex(4)}"
        body = {"id": id, "code": id, "name": f"The {id}", "published": True, "taxClasses": {country: tax_class}}
        return self._created(f"/product/{self.name}/products", body | fields, "id")

    def price_model(self, *, includesTax: bool = True, tiers: Iterable[Amount] = (0,), **fields: Any) -> str:
        """A price model; `tiers` are the quantities from which they hold. BASIC with one tier, VOLUME with more."""
        tier_list: list[dict[str, Any]] = [
            {"minQuantity": {"quantity": number(tier), "unitCode": "pc"}} for tier in tiers
        ]
        definition = {"tierType": "BASIC" if len(tier_list) == 1 else "VOLUME", "tiers": tier_list}
        body = {"name": "Per piece", "includesTax": includesTax, "includesMarkup": False, "tierDefinition": definition}
        body |= {"measurementUnit": {"quantity": 1, "unitCode": "pc"}}
        return self._created(f"/price/{self.name}/priceModels", body | fields, "id")

    def price(self, product_id: str, *amounts: Amount, model: str = "", currency: str = "EUR", **fields: Any) -> str:
        """A price of a product on this shop's site, one amount per tier of the model; without a model, a gross one."""
        body: dict[str, Any] = {"itemId": {"itemType": "PRODUCT", "id": product_id}, "currency": currency}
        body |= {"location": {"countryCode": "DE"}, "restrictions": {"siteCodes": [self.site_code]}}
        body |= {"priceModelId": model or self.price_model()}
        body |= {"tierValues": [{"priceValue": number(amount)} for amount in amounts]}
        id = self._created(f"/price/{self.name}/prices", body | fields, "id")
        self.prices[product_id] = (id, number(amounts[0]), currency)
        return id

    def price_list(self, *, currency: str = "EUR", **fields: Any) -> str:
        """A price list of this shop's site, for everybody unless said otherwise."""
        body = {"name": {"en": "A list"}, "currency": currency, "siteCode": self.site_code}
        return self._created(f"/price/{self.name}/price-lists", body | fields, "id")

    def list_price(self, price_list: str, product_id: str, *amounts: Amount, model: str = "", **fields: Any) -> str:
        """A net price of a product in a price list, one amount per tier of the model."""
        body: dict[str, Any] = {"itemId": {"itemType": "PRODUCT", "id": product_id}}
        body |= {"priceModelId": model or self.price_model()}
        body |= {"tierValues": [{"priceValue": number(amount)} for amount in amounts]}
        return self._created(f"/price/{self.name}/price-lists/{price_list}/prices", body | fields, "id")

    def exchange_rate(self, source: str, target: str, rate: str) -> str:
        """A stored exchange rate, with its two currencies."""
        for code in (source, target):
            body = {"code": code, "name": {"en": code}}
            assert self.service.post(f"/currency/{self.name}/currencies", json=body).status_code in (201, 409)
        body = {"sourceCurrency": source, "targetCurrency": target, "rate": rate}
        return self._created(f"/currency/{self.name}/exchanges", body, "code")

    def stock(self, product_id: str, level: Amount = 10, *, site: str = "", **fields: Any) -> str:
        """The availability of a product on a site, where there was none yet; the product's id."""
        body = {"stockLevel": number(level), "available": True} | fields
        succeeded(self._send("POST", self._availability(product_id, site), body), 201)
        return product_id

    def stocked(self, product_id: str, on_hand: Amount) -> str:
        """Set what is on hand of a product, whatever it was before; the product's id."""
        path = self._availability(product_id, "")
        known = self.service.get(path)
        if known.status_code == 404:
            return self.stock(product_id, on_hand)
        body = {"stockLevel": number(on_hand), "available": True}
        response = self._send("PUT", path, body)
        assert response.status_code in (200, 201, 204), told(response)
        return product_id

    def on_hand(self, product_id: str) -> Decimal:
        """What is on hand of a product on this shop's site."""
        return number(str(succeeded(self.service.get(self._availability(product_id, "")), 200)["stockLevel"]))

    def zone(self, id: str = "de", *, countries: Iterable[str] = ("DE",), site: str = "", **fields: Any) -> str:
        """A shipping zone that reaches all of these countries."""
        ship_to = [{"country": country, "postalCode": "*"} for country in countries]
        body = {"id": id, "name": id.upper(), "default": True, "shipTo": ship_to} | fields
        return self._created(f"/shipping/{self.name}/{site or self.site_code}/zones", body, "id")

    def method(
        self, id: str = "standard", *, zone: str = "de", fee: Amount = "4.90", currency: str = "EUR", **fields: Any
    ) -> str:
        """A shipping method of a zone with one net fee for all order values."""
        costs = {"minOrderValue": {"amount": 0, "currency": currency}}
        costs |= {"cost": {"amount": number(fee), "currency": currency}}
        body = {"id": id, "name": id.title(), "active": True, "fees": [costs], "shippingTaxCode": "STANDARD"}
        path = f"/shipping/{self.name}/{self.site_code}/zones/{zone}/methods"
        self.methods[id] = (zone, number(fee), id.title())
        return self._created(path, body | fields, "id")

    def delivery_time(self, id: str = "", *, capacity: int = 10, zone: str = "de", **fields: Any) -> str:
        """A delivery time of every day of the next year with one slot `day` that can be booked until it begins."""
        hours = {"timeFrom": "00:00", "timeTo": "24:00"}
        slot = {"id": "day", "shippingMethod": "standard", "deliveryTimeRange": hours, "capacity": capacity}
        slot |= {"cutOffTime": {"time": "00:00"}}
        period = {"dateFrom": "2020-01-01T12:00:00.000Z", "dateTo": "2099-12-31T12:00:00.000Z"}
        body = {"siteCode": self.site_code, "isDeliveryDay": True, "zoneId": zone, "timeZoneId": "UTC"}
        body |= {"day": {"datePeriod": period}, "slots": [slot]} | ({"id": id} if id else {})
        return self._created(f"/shipping/{self.name}/delivery-times", body | fields, "id")

    def coupon(
        self, code: str = "", *, percent: Amount | None = None, absolute: Amount | None = None, **fields: Any
    ) -> str:
        """A coupon that guests may use, 10 percent off unless said otherwise; its code."""
        code = code or f"SAVE{token_hex(3).upper()}"
        body: dict[str, Any] = {"code": code, "name": code, "allowAnonymous": True}
        if absolute is not None:
            money = {"amount": number(absolute), "currency": "EUR"}
            body |= {"discountType": "ABSOLUTE", "discountAbsolute": money}
        else:
            body |= {"discountType": "PERCENT", "discountPercentage": number(10 if percent is None else percent)}
        self._created(f"/coupon/{self.name}/coupons", body | fields, "id")
        return code

    def payment_mode(self, id: str = "", *, provider: str = "INVOICE", **fields: Any) -> str:
        """A payment mode; its id."""
        body = {"id": id or f"mode-{token_hex(3)}", "code": f"code-{token_hex(3)}", "provider": provider} | fields
        made = succeeded(self.service.post(f"/payment-gateway/{self.name}/paymentmodes/config", json=body), 200)
        return str(made["id"])

    def standard(self) -> Standard:
        """A gross EUR site `main` in Germany, three products (11.90, 23.80 at 19 % and 10.70 at 7 %), shipping 4.90."""
        if self.made_standard is not None and self.site_code == "main":
            return self.made_standard(self)
        return self.set_up()

    def set_up(self) -> Standard:
        """The same over HTTP, call by call."""
        site = self.site()
        self.tax()
        model = self.price_model()
        products = [
            self.product("mug"),
            self.product("teapot"),
            self.product("tea", tax_class="REDUCED"),
        ]
        for product, amount in zip(products, ("11.90", "23.80", "10.70"), strict=True):
            self.price(product, amount, model=model)
        zone = self.zone()
        return Standard(site, products, model, zone, self.method(zone=zone))

    def cart(self, guest: httpx.Client, lines: Iterable[Line] = (), **fields: Any) -> str:
        """A new cart with these lines: products, pairs of product and quantity, or whole items as on the wire."""
        body = {"currency": "EUR", "siteCode": self.site_code} | fields
        cart_id: str = succeeded(send(guest, "POST", f"/cart/{self.name}/carts", body), 201)["cartId"]
        for line in lines:
            item = line if isinstance(line, Mapping) else self.item(*((line,) if isinstance(line, str) else line))
            succeeded(send(guest, "POST", f"/cart/{self.name}/carts/{cart_id}/items", item), 201)
        return cart_id

    def item(self, product_id: str, quantity: Amount = 1, **fields: Any) -> dict[str, Any]:
        """A cart item as storefronts send it, at the price that `price` has set."""
        price_id, amount, currency = self.prices[product_id]
        price = {"priceId": price_id, "originalAmount": amount, "effectiveAmount": amount, "currency": currency}
        yrn = f"urn:yaas:hybris:product:product:{self.name};{product_id}"
        return {"itemYrn": yrn, "quantity": number(quantity), "price": price} | fields

    def order_request(self, cart_id: str, method: str = "standard", **overrides: Any) -> dict[str, Any]:
        """A valid guest checkout of a cart; `overrides` replace whole fields, and None takes one out."""
        zone, fee, name = self.methods[method]
        address = {"contactName": "Ada Byron", "street": "Torstrasse", "streetNumber": "1", "zipCode": "10115"}
        address |= {"city": "Berlin", "country": "DE"}
        body = {
            "cartId": cart_id,
            "currency": "EUR",
            "customer": {"firstName": "Ada", "lastName": "Byron", "email": "ada@example.com", "guest": True},
            "addresses": [address | {"type": "SHIPPING"}, address | {"type": "BILLING"}],
            "shipping": {"methodId": method, "zoneId": zone, "methodName": name, "amount": fee}
            | {"shippingTaxCode": "STANDARD"},
            "paymentMethods": [{"provider": "none", "method": "invoice"}],
        }
        return {field: value for field, value in (body | overrides).items() if value is not None}

    def checkout(self, guest: httpx.Client, body: Mapping[str, Any], **headers: str) -> httpx.Response:
        """The answer to a checkout; headers as keywords: `idempotency_key="1"`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        path = f"/checkout/{self.name}/checkouts/order"
        return send(guest, "POST", path, body, params={"siteCode": self.site_code}, headers=named)

    def _availability(self, product_id: str, site: str) -> str:
        return f"/availability/{self.name}/availability/{product_id}/{site or self.site_code}"

    def _created(self, path: str, body: Mapping[str, Any], id_field: str) -> str:
        id: str = succeeded(self._send("POST", path, body), 201)[id_field]
        return id

    def _send(self, method: str, path: str, body: object) -> httpx.Response:
        return send(self.service, method, path, body)


def send(
    client: httpx.Client,
    method: str,
    path: str,
    body: object,
    *,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """Send a document as JSON, decimals as exact numbers."""
    content = _ENCODER.encode(body)
    json_headers = {"content-type": "application/json"} | dict(headers or {})
    return client.request(method, path, content=content, params=params, headers=json_headers)


def succeeded(response: httpx.Response, status: int) -> dict[str, Any]:
    """The body of an answer that has this status; fails the test with what was said otherwise."""
    assert response.status_code == status, told(response)
    document: dict[str, Any] = response.json() if response.content else {}
    return document


def told(response: httpx.Response) -> str:
    """A request and its answer in one line each, for a failing test."""
    return f"{response.request.method} {response.request.url}\n{response.status_code} {response.text}"


def number(value: Amount) -> Decimal:
    """An exact number; text and whole numbers only, because a float would not be exact."""
    return Decimal(value)
