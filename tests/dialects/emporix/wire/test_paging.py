"""Every list over the wire: pages, counts, and what is no page (docs/wire/emporix.md, 1)."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.shop import Guest, Shop, succeeded, told


class Listed(NamedTuple):
    """A list: its path below the tenant, its default size, how three are made, and how it counts."""

    path: str
    size: int
    make: Callable[[Shop, Guest, int], object]
    count_header: str = "X-Total-Count"
    counts_always: bool = False
    is_own: bool = False
    """Whether it lists what the guest has, and not what the merchant has."""


def site(shop: Shop, _guest: Guest, number: int) -> None:
    """One more site."""
    shop.site(f"site{number}")


def tax(shop: Shop, _guest: Guest, number: int) -> None:
    """One more country's taxes."""
    shop.tax(("DE", "FR", "PL")[number])


def product(shop: Shop, _guest: Guest, number: int) -> None:
    """One more product."""
    shop.product(f"product{number}")


def price_model(shop: Shop, _guest: Guest, _number: int) -> None:
    """One more price model."""
    shop.price_model()


def price(shop: Shop, _guest: Guest, number: int) -> None:
    """One more price."""
    if number == 0:
        shop.site()
    shop.price(f"product{number}", "1.00")


def stock(shop: Shop, _guest: Guest, number: int) -> None:
    """One more record."""
    if number == 0:
        shop.site()
    shop.stock(f"product{number}")


def coupon(shop: Shop, _guest: Guest, number: int) -> None:
    """One more coupon."""
    shop.coupon(f"COUPON{number}")


def schema(shop: Shop, _guest: Guest, number: int) -> None:
    """One more schema."""
    body = {"id": f"schema{number}", "types": ["CUSTOMER"], "definition": {"type": "object"}}
    succeeded(shop.service.post(f"/schema/{shop.name}/schemas", json=body), 201)


def setting(shop: Shop, _guest: Guest, number: int) -> None:
    """One more configuration value."""
    body = {"key": f"key{number}", "value": number}
    succeeded(shop.service.post(f"/configuration/{shop.name}/configurations", json=body), 201)


def order(shop: Shop, guest: Guest, number: int) -> None:
    """One more order of the guest."""
    if number == 0:
        shop.standard()
    succeeded(shop.checkout(guest, shop.order_request(shop.cart(guest, ["mug"]))), 200)


LISTS = [
    Listed("/site/{}/sites", 16, site),
    Listed("/tax/{}/taxes", 60, tax),
    Listed("/product/{}/products", 60, product),
    Listed("/price/{}/priceModels", 60, price_model),
    Listed("/price/{}/prices", 60, price),
    Listed("/availability/{}/availability/site/main", 20_000, stock, counts_always=True),
    Listed("/coupon/{}/coupons", 16, coupon, "Items-Count"),
    Listed("/schema/{}/schemas", 60, schema),
    Listed("/configuration/{}/configurations", 1000, setting, ""),
    Listed("/order-v2/{}/salesorders", 16, order),
    Listed("/order-v2/{}/orders", 16, order, counts_always=True, is_own=True),
]


@pytest.mark.parametrize("listed", LISTS, ids=lambda one: one.path)
def test_a_list_comes_in_pages_and_is_counted_where_somebody_asks(shop: Shop, listed: Listed) -> None:
    guest = shop.guest()
    for number in range(3):
        listed.make(shop, guest, number)
    client = guest if listed.is_own else shop.service
    path = listed.path.format(shop.name)
    whole = client.get(path)
    everything = whole.json()
    assert whole.status_code == 200, told(whole)
    assert len(everything) == 3
    if listed.count_header:
        assert (listed.count_header in whole.headers) == listed.counts_always
        asked = {"totalCount": "true"} if listed.count_header == "Items-Count" else {}
        counted = client.get(path, params={"pageSize": "2"} | asked, headers={"X-Total-Count": "true"})
        assert (len(counted.json()), counted.headers[listed.count_header]) == (2, "3")
    pages = [client.get(path, params={"pageSize": 1, "pageNumber": number}).json() for number in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [1, 1, 1, 0]
    assert [one for page in pages for one in page] == everything
    for name in ("pageSize", "pageNumber"):
        for value in ("0", "-1", "1.5", "x", "1_0", "\u0661", "999999999999", "1e1"):
            answer = client.get(path, params={name: value})
            assert answer.status_code == 400, told(answer)
            assert name in answer.text
    for size in (str(max(1000, listed.size)), "20001", "10000000"):  # more than stands on a page is no mistake
        assert client.get(path, params={"pageSize": size}).json() == everything
    assert client.get(path, params={"pageSize": "", "pageNumber": ""}).json() == everything


@pytest.mark.parametrize(("path", "size"), [("/site/{}/sites", 16), ("/coupon/{}/coupons", 16)])
def test_a_page_has_the_size_of_its_service_where_nobody_says_another(shop: Shop, path: str, size: int) -> None:
    make, guest = site if "site" in path else coupon, shop.guest()
    for number in range(size + 1):
        make(shop, guest, number)
    assert len(shop.service.get(path.format(shop.name)).json()) == size
    assert len(shop.service.get(path.format(shop.name), params={"pageNumber": 2}).json()) == 1
