"""Nobody writes over what somebody else has changed: a version that is sent has to be the latest.

So on every resource that shows one and takes it back.
"""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.dialects.emporix.coupons.test_restricted import category
from tests.shop import Shop, send, succeeded, told

Body = dict[str, Any]


def _created(shop: Shop, path: str, body: Body, id_field: str = "id") -> str:
    id: str = succeeded(send(shop.service, "POST", path, body), 201)[id_field]
    return f"{path}/{id}"


def _managed(shop: Shop, what: str, body: Body) -> str:
    return _created(shop, f"/customer-management/{shop.name}/{what}", body)


def _list_price(shop: Shop) -> str:
    price_list = shop.price_list()
    return f"/price/{shop.name}/price-lists/{price_list}/prices/{shop.list_price(price_list, 'mug', 5)}"


def _exchange(shop: Shop) -> str:
    return f"/currency/{shop.name}/exchanges/{shop.exchange_rate('EUR', 'USD', '1.1')}"


def _group(shop: Shop) -> str:
    return _created(shop, f"/shipping/{shop.name}/main/groups", {"id": "vip", "name": "Friends"})


def _relation(shop: Shop) -> str:
    _group(shop)
    path = f"/shipping/{shop.name}/main/cgrelations"
    succeeded(send(shop.service, "POST", path, {"customerId": "C1", "groupId": "vip"}), 201)
    return f"{path}/C1"


def _assignment(shop: Shop) -> str:
    company = shop.company()
    customer = {"id": shop.customer().customer_id}
    return _managed(
        shop, "contact-assignments", {"legalEntity": {"id": company}, "customer": customer, "type": "PRIMARY"}
    )


def _segment(shop: Shop) -> str:
    return _created(shop, f"/customer-segment/{shop.name}/segments", {"id": "vip", "name": {"en": "Friends"}})


def _member(shop: Shop) -> str:
    path = f"{_segment(shop)}/customers/{shop.customer().customer_id}"
    succeeded(send(shop.service, "PUT", path, {}), 201)
    return path


def _stock(shop: Shop) -> str:
    return f"/availability/{shop.name}/availability/{shop.stock('mug', 10)}/main"


def _order(shop: Shop) -> str:
    guest = shop.guest()
    placed = succeeded(shop.checkout(guest, shop.order_request(shop.cart(guest, ["mug"]))), 200)
    return f"/order-v2/{shop.name}/salesorders/{placed['orderId']}"


ADDRESS = {"street": "Weg", "zipCode": "10115", "city": "Berlin", "countryCode": "DE"}
NAMES = {"en": "A name"}
RESOURCES: dict[str, Callable[[Shop], str]] = {
    "site": lambda shop: f"/site/{shop.name}/sites/main",
    "tax": lambda shop: f"/tax/{shop.name}/taxes/DE",
    "product": lambda shop: f"/product/{shop.name}/products/mug",
    "price model": lambda shop: f"/price/{shop.name}/priceModels/{shop.price_model()}",
    "price": lambda shop: f"/price/{shop.name}/prices/{shop.prices['mug'][0]}",
    "price list": lambda shop: f"/price/{shop.name}/price-lists/{shop.price_list()}",
    "list price": _list_price,
    "currency": lambda shop: _created(
        shop, f"/currency/{shop.name}/currencies", {"code": "USD", "name": NAMES}, "code"
    ),
    "exchange rate": _exchange,
    "zone": lambda shop: f"/shipping/{shop.name}/main/zones/de",
    "method": lambda shop: f"/shipping/{shop.name}/main/zones/de/methods/standard",
    "delivery time": lambda shop: f"/shipping/{shop.name}/delivery-times/{shop.delivery_time('daily')}",
    "shipping group": _group,
    "relation": _relation,
    "legal entity": lambda shop: _managed(shop, "legal-entities", {"name": "Mills", "type": "COMPANY"}),
    "location": lambda shop: _managed(
        shop, "locations", {"name": "Mill", "type": "WAREHOUSE", "contactDetails": ADDRESS}
    ),
    "contact assignment": _assignment,
    "category": lambda shop: f"/category/{shop.name}/categories/{category(shop, 'cups')}",
    "segment": _segment,
    "member": _member,
    "coupon": lambda shop: f"/coupon/{shop.name}/coupons/{shop.coupon()}",
    "payment mode": lambda shop: f"/payment-gateway/{shop.name}/paymentmodes/config/{shop.payment_mode()}",
    "reason": lambda shop: _created(
        shop, f"/quote/{shop.name}/quote-reasons", {"type": "DECLINE", "code": "late", "message": NAMES}
    ),
    "schema": lambda shop: _created(
        shop,
        f"/schema/{shop.name}/schemas",
        {"id": "size", "name": NAMES, "types": ["CUSTOMER"], "attributes": [{"key": "size", "type": "NUMBER"}]},
    ),
    "configuration": lambda shop: _created(
        shop, f"/configuration/{shop.name}/configurations", {"key": "colour", "value": "red"}, "key"
    ),
    "customer": lambda shop: f"/customer/{shop.name}/customers/{shop.customer().customer_id}",
    "stock": _stock,
    "order": _order,
    "cart": lambda shop: f"/cart/{shop.name}/carts/{shop.cart(shop.guest(), ['mug'])}",
}


def versioned(document: Body, version: object) -> Body:
    """The document as it was read, with this version where the resource has it."""
    if "version" in document:
        return document | {"version": version}
    return document | {"metadata": document["metadata"] | {"version": version}}


def version_of(document: Body) -> int:
    found = document["version"] if "version" in document else document["metadata"]["version"]
    assert isinstance(found, int)
    return found


@pytest.mark.parametrize("name", RESOURCES)
def test_what_was_read_before_a_change_does_not_come_back(shop: Shop, name: str) -> None:
    shop.standard()
    path = RESOURCES[name](shop)
    read = succeeded(shop.service.get(path, headers={"accept-language": "*"}), 200)
    version = version_of(read)

    def put(sent: object) -> httpx.Response:
        return send(shop.service, "PUT", path, versioned(read, sent))

    for stale in (version - 1, version + 7, str(version + 1), "nonsense", f"{version}.5"):
        answer = put(stale)
        assert answer.status_code == 409, (stale, told(answer))
    assert version_of(succeeded(shop.service.get(path), 200)) == version
    answer = put(version)
    assert answer.status_code in (200, 204), told(answer)
    assert version_of(succeeded(shop.service.get(path), 200)) > version
    assert put(version).status_code == 409


def test_a_session_context_knows_a_version_in_every_spelling(shop: Shop) -> None:
    guest = shop.guest()
    path = f"/session-context/{shop.name}/me/context"
    version = succeeded(guest.get(path), 200)["metadata"]["version"]
    assert guest.patch(path, json={"language": "de", "metadata": {"version": version + 1}}).status_code == 409
    assert guest.patch(path, json={"language": "de"}).status_code == 400
    assert guest.patch(path, json={"language": "de", "metadata": {"version": float(version)}}).status_code == 204
    assert guest.patch(path, json={"language": "de", "metadata": {"version": str(version)}}).status_code == 409
