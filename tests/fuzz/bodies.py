"""Bodies that are in order, and what becomes of them when something in them is changed."""

import copy
import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from hypothesis import strategies as st

from tests.shop import Shop

# What a client may send where something else belongs.
JUNK: tuple[Any, ...] = (
    *(None, True, 0, -1, 10**30, 1.5, 1e300, "", " ", "x" * 300, "1_0", "\u0661", "NaN", "EUR", "*", "null"),
    *([], [None], [[]], {}, {"": ""}, {"en": "x"}, {"amount": 1, "currency": "EUR"}, "\u0000", "a/b", "%2e%2e", "✓"),
)
CHANGES_MAX = 2


def body_makers(shop: Shop) -> dict[tuple[str, str], Callable[[], Any]]:
    """For operations that take a body, by method and path: a function that makes one which would be accepted."""
    found: dict[tuple[str, str], Callable[[], Any]] = {}
    for path, make in {**_set_up(shop), **_shopping(shop)}.items():
        found |= {(method, path): make for method in ("POST", "PUT", "PATCH")}
    return found | _others(shop)


def _set_up(shop: Shop) -> dict[str, Callable[[], Any]]:
    """What a merchant sets up, by the path of the list and of one."""
    name = {"en": "A name", "de": "Ein Name"}
    money = {"amount": 1.5, "currency": "EUR"}
    site = {"name": name, "currency": "EUR", "includesTax": True, "homeBase": {"address": {"country": "DE"}}}
    classes = [{"code": "STANDARD", "name": name, "rate": 19, "order": 1, "isDefault": True}]
    tax = {"location": {"countryCode": "FR"}, "taxClasses": classes, "metadata": {"version": 1}}
    product = {"code": "new", "name": name, "published": True, "taxClasses": {"DE": "STANDARD"}, "media": []}
    model = {"name": name, "includesTax": True, "measurementUnit": {"quantity": 1, "unitCode": "pc"}}
    model |= {"tierDefinition": {"tierType": "BASIC", "tiers": [{"minQuantity": {"quantity": 0, "unitCode": "pc"}}]}}
    zone = {"name": name, "default": True, "shipTo": [{"country": "DE", "postalCode": "1*"}]}
    method = {"name": name, "active": True, "fees": [{"minOrderValue": money, "cost": money}]}
    method |= {"shippingTaxCode": "STANDARD", "maxOrderValue": money}
    schema = {"name": name, "types": ["CUSTOMER"], "attributes": [{"key": "size", "type": "NUMBER"}]}
    coupon = {"name": name, "discountType": "PERCENT", "discountPercentage": 10, "allowAnonymous": True}
    coupon |= {"restrictions": {"validFrom": "2026-01-01T00:00:00Z", "minOrderValue": money}, "maxRedemptions": 9}
    return {
        **_kind("/site/{tenant}/sites", site),
        **_kind("/tax/{tenant}/taxes", tax),
        **_kind("/product/{tenant}/products", product),
        **_kind("/price/{tenant}/priceModels", model),
        **_kind("/price/{tenant}/prices", _price(shop)),
        **_kind("/shipping/{tenant}/{site}/zones", zone),
        **_kind("/shipping/{tenant}/{site}/zones/{zone}/methods", method),
        **_kind("/schema/{tenant}/schemas", schema | {"metadata": {"version": 1}}),
        **_kind("/coupon/{tenant}/coupons", coupon, one="{code}"),
    }


def _kind(path: str, body: Any, *, one: str = "{id}") -> dict[str, Callable[[], Any]]:
    def make() -> Any:
        return copy.deepcopy(body)

    return {path: make, f"{path}/{one}": make, f"{path}/bulk": lambda: [make()]}


def _price(shop: Shop) -> dict[str, Any]:
    model = shop.price_model()
    price = {"itemId": {"itemType": "PRODUCT", "id": "mug"}, "currency": "EUR", "location": {"countryCode": "DE"}}
    price |= {"restrictions": {"siteCodes": ["main"], "validity": {"from": "2026-01-01T00:00:00Z"}}}
    return price | {"priceModelId": model, "tierValues": [{"priceValue": 9.5}], "salePrice": {"discountRate": 10}}


def _shopping(shop: Shop) -> dict[str, Callable[[], Any]]:
    """What shoppers send."""
    cart = "/cart/{tenant}/carts/{cartId}"
    address = {"contactName": "Ada", "street": "Weg", "zipCode": "10115", "city": "Berlin", "country": "DE"}
    fields: dict[str, Any] = {"countryCode": "DE", "zipCode": "10115", "addresses": [{**address, "type": "BILLING"}]}
    fields |= {"mixins": {"a": {"b": 1}}, "metadata": {"mixins": {}}, "channel": {"name": "web"}}
    fields |= {"deliveryWindow": {"id": "w", "slotId": "s", "deliveryDate": "2027-01-01T10:00:00.000Z"}}

    def item() -> Any:
        made = shop.item("mug", 1, mixins={"note": {"text": "x"}})
        price = {name: float(value) if "Amount" in name else value for name, value in made["price"].items()}
        return made | {"quantity": 2, "price": price}

    money = {"amount": 2, "currency": "EUR"}
    fee: dict[str, Any] = {
        "feeType": "ABSOLUTE",
        "feeAbsolute": money,
        "taxable": True,
        "taxCode": "STANDARD",
        "name": "Wrap",
    }
    cut: dict[str, Any] = {"id": "d", "discountType": "PERCENT", "value": 10, "includeFees": True, "sequence": 1}
    line = {"originalAmount": 8, "effectiveAmount": 7.5, "currency": "EUR"}
    outside: dict[str, Any] = {
        "itemType": "EXTERNAL",
        "product": {"name": "A thing"},
        "tax": {"name": "STANDARD", "rate": 19},
    }
    outside |= {"externalFees": [fee], "externalDiscounts": [cut], "linePrice": line, "lineTax": {"rate": 19}}
    kinds: Iterator[dict[str, Any]] = itertools.cycle(
        [{}, {"externalFees": [fee]}, {"externalDiscounts": [cut]}, outside]
    )

    def any_item() -> Any:
        return item() | copy.deepcopy(next(kinds))

    return {
        "/cart/{tenant}/carts/search": lambda: {"q": "status:OPEN"},
        "/cart/{tenant}/carts": lambda: {"siteCode": "main", "currency": "EUR", "type": "t", **copy.deepcopy(fields)},
        cart: lambda: copy.deepcopy(fields),
        f"{cart}/items": any_item,
        f"{cart}/items/{{itemId}}": any_item,
        f"{cart}/itemsBatch": lambda: [item() | {"id": "0"}],
        f"{cart}/discounts": lambda: {"code": "SAVE10"},
        f"{cart}/changeSite": lambda: {"siteCode": "main"},
        f"{cart}/changeCurrency": lambda: {"currency": "EUR"},
    }


def _others(shop: Shop) -> dict[tuple[str, str], Callable[[], Any]]:
    """Bodies that only one operation takes."""
    stock = {"stockLevel": 1000, "available": True, "popularity": 1, "distributionChannel": "PICKUP"}
    record, bulk = "/availability/{tenant}/availability/{productId}/{site}", "/availability/{tenant}/availability/bulk"
    keyed = [{**stock, "productId": "tea", "site": "main"}]
    line = {"itemId": {"itemType": "PRODUCT", "id": "mug"}, "quantity": {"quantity": 2, "unitCode": "pc"}}
    match = {"siteCode": "main", "targetCurrency": "EUR", "targetLocation": {"countryCode": "DE"}, "items": [line]}
    setting = {"key": "any", "value": {"a": 1}, "description": "x"}
    moves = {"status": "DECLINED"}
    bodies: dict[tuple[str, str], Any] = {
        **{(method, record): stock for method in ("POST", "PUT")},
        **{(method, bulk): keyed for method in ("POST", "PUT", "DELETE")},
        ("POST", "/availability/{tenant}/availability/search"): ["mug", "tea"],
        ("POST", "/price/{tenant}/match-prices"): match,
        ("POST", "/price/{tenant}/match-prices-by-context"): {"items": [line]},
        ("POST", "/price/{tenant}/prices/search"): {"itemIds": ["mug"], "currency": "EUR"},
        ("POST", "/product/{tenant}/products/search"): {"q": "code:mug"},
        ("POST", "/configuration/{tenant}/configurations"): setting,
        ("PUT", "/configuration/{tenant}/configurations/{key}"): setting,
        ("POST", "/order-v2/{tenant}/orders/{id}/transitions"): moves,
        ("POST", "/order-v2/{tenant}/salesorders/{id}/transitions"): moves,
    }
    return {key: partial(copy.deepcopy, body) for key, body in bodies.items()}


def changed(data: st.DataObject, body: Any) -> Any:
    """The body as it is, or with something in it left out, replaced, or put into its neighbour's place."""
    for _ in range(data.draw(st.integers(0, CHANGES_MAX))):
        places = [*_places(body)]
        if not places:
            return data.draw(st.sampled_from(JUNK))
        holder, key = data.draw(st.sampled_from(places))
        if isinstance(holder, dict) and data.draw(st.integers(0, 3)) == 0:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(data.draw(st.sampled_from(JUNK)))
    return body


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document where something stands: what holds it, and under which key."""
    keyed = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in keyed:
        yield value, key
        yield from _places(inner)
