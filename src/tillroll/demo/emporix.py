"""The back office that seeds the shop, and a guest's purchase, which Tillroll executes itself, by Emporix's API."""

from typing import Any
from urllib.parse import quote, urlencode

from tillroll.demo.browser import SHOP, Browser, DemoServer, tell
from tillroll.engine.shops.shops import ShopKeys

PRODUCTS = (
    ("espresso", "Espresso beans, 1 kg", "REDUCED", "18.90", 500),
    ("grinder", "Hand grinder", "STANDARD", "79.00", 40),
    ("cup", "Stoneware cup", "STANDARD", "12.50", 200),
)


def seed(server: DemoServer, keys: ShopKeys) -> None:
    """Set the shop up as a back office would: site, taxes, products, prices, stock, shipping, a coupon."""
    office = Browser(server, _bearer(_service_token(server, keys)), is_quiet=True)
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


def buy(server: DemoServer, keys: ShopKeys) -> None:
    """One purchase, as a storefront makes it."""
    guest = Browser(server)
    login = {"tenant": SHOP, "client_id": keys.storefront_client_id}
    context = {"currency": "EUR", "siteCode": "main", "targetLocation": "DE"}
    path = f"/customerlogin/auth/anonymous/login?{urlencode(login | context)}"
    guest.headers = _bearer(guest.call("GET", path, says="a guest's session")["access_token"])
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
    _show(guest.call("GET", f"/order-v2/{SHOP}/orders/{quote(placed['orderId'])}", says="the order"))


def _show(order: Any) -> None:
    tell(f"\nOrder {order['id']}  {order['status']}")
    for entry in order["entries"]:
        final = entry["calculatedPrice"]["finalPrice"]
        tell(f"  {entry['amount']} x {entry['product']['name']:<28}{final['grossValue']:>10.2f} {order['currency']}")
    calculated = order["calculatedPrice"]
    shipping, total = calculated["totalShipping"], calculated["finalPrice"]
    shipping = shipping.get("price", shipping)
    tell(f"  {'shipping':<32}{shipping['grossValue']:>10.2f} {order['currency']}")
    tell(f"  {'total':<32}{total['grossValue']:>10.2f} {order['currency']}  of it tax {total['taxValue']:.2f}")


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


def _service_token(server: DemoServer, keys: ShopKeys) -> str:
    form = {"grant_type": "client_credentials", "client_id": keys.client_id, "client_secret": keys.client_secret}
    token: str = Browser(server, is_quiet=True).form("POST", "/oauth/token", form).json["access_token"]
    return token


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
