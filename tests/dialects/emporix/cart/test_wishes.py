"""What was asked for stays what was asked for, wherever lines meet: Anna's cup and Ben's are never one."""

from typing import Any

import httpx
import pytest

from tests.quotes import bought, buyer, offered, shown
from tests.shop import Shop, send, succeeded

Line = tuple[str, float]


def engraved(shop: Shop, name: str, quantity: int = 1) -> dict[str, Any]:
    return shop.item("mug", quantity, mixins={"note": {"engraving": name}})


def names_in(items: list[dict[str, Any]], quantity: str = "quantity") -> list[Line]:
    return [(item.get("mixins", {}).get("note", {}).get("engraving", ""), item[quantity]) for item in items]


def lines(shop: Shop, client: httpx.Client, cart: str) -> list[Line]:
    return names_in(succeeded(client.get(f"/cart/{shop.name}/carts/{cart}"), 200)["items"])


@pytest.fixture
def ready(shop: Shop) -> Shop:
    shop.standard()
    return shop


def test_cups_with_other_names_are_lines_of_their_own_one_by_one_in_batches_and_chains(ready: Shop) -> None:
    shop, guest = ready, ready.guest()
    anna, ben = engraved(shop, "Anna"), engraved(shop, "Ben")
    cart = shop.cart(guest, [anna, ben, anna, "mug"])
    assert lines(shop, guest, cart) == [("Anna", 2), ("Ben", 1), ("", 1)]
    path = f"/cart/{shop.name}/carts/{cart}"
    fates = send(guest, "POST", f"{path}/itemsBatch", [ben, engraved(shop, "Cleo")]).json()
    assert [fate["id"] for fate in fates] == ["1", "3"]
    commands = [{"type": "AddCartItem", "data": one} for one in (anna, engraved(shop, "Dora"))]
    results = send(guest, "POST", f"{path}/execute", {"commands": commands}).json()["results"]
    assert [result["data"]["itemId"] for result in results] == ["0", "4"]
    assert lines(shop, guest, cart) == [("Anna", 3), ("Ben", 2), ("", 1), ("Cleo", 1), ("Dora", 1)]


def test_an_item_may_be_given_another_name_but_not_that_of_another_item(ready: Shop) -> None:
    shop, guest = ready, ready.guest()
    cart = shop.cart(guest, [engraved(shop, "Anna"), engraved(shop, "Ben")])
    one = f"/cart/{shop.name}/carts/{cart}/items/1"
    assert send(guest, "PUT", one, engraved(shop, "Anna")).status_code == 400
    assert send(guest, "PUT", one, engraved(shop, "Cleo")).status_code == 204
    assert lines(shop, guest, cart) == [("Anna", 1), ("Cleo", 1)]


def test_a_login_and_a_merge_keep_the_names(ready: Shop) -> None:
    shop, customer = ready, ready.customer()
    own = shop.cart(customer, [engraved(shop, "Anna"), engraved(shop, "Ben")])
    guest = shop.guest()
    shop.cart(guest, [engraved(shop, "Ben"), engraved(shop, "Cleo"), "mug"])
    back = shop.login(customer.email, guest)
    assert lines(shop, back, own) == [("Anna", 1), ("Ben", 2), ("Cleo", 1), ("", 1)]
    other = shop.guest()
    more = shop.cart(other, [engraved(shop, "Cleo"), engraved(shop, "Dora")])
    path = f"/cart/{shop.name}/carts/{own}/merge"
    assert send(shop.service, "POST", path, {"carts": [more]}).status_code == 200
    assert lines(shop, back, own) == [("Anna", 1), ("Ben", 2), ("Cleo", 2), ("", 1), ("Dora", 1)]


def test_an_order_and_a_quote_have_an_entry_for_each_name(ready: Shop) -> None:
    shop, guest = ready, ready.guest()
    wanted = [engraved(shop, "Anna"), engraved(shop, "Ben", 2)]
    placed = succeeded(shop.checkout(guest, shop.order_request(shop.cart(guest, wanted))), 200)
    order = succeeded(guest.get(f"/order-v2/{shop.name}/orders/{placed['orderId']}"), 200)
    assert names_in(order["entries"], "amount") == [("Anna", 1), ("Ben", 2)]
    customer = buyer(shop)
    quote = offered(shop, customer, wanted)
    items = [item | {"quantity": item["quantity"]["quantity"]} for item in shown(customer, shop, quote)["items"]]
    assert names_in(items) == [("Anna", 1), ("Ben", 2)]
    placed = succeeded(bought(shop, customer, quote), 200)
    order = succeeded(customer.get(f"/order-v2/{shop.name}/orders/{placed['orderId']}"), 200)
    assert names_in(order["entries"], "amount") == [("Anna", 1), ("Ben", 2)]
    assert len({entry["id"] for entry in order["entries"]}) == 2
