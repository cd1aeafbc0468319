"""Many buyers at once, two server processes, both databases: nothing is sold, redeemed or ordered twice."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.faults.crowd import at_once, audit_passes, detail_types, no_group_fell_apart, statuses
from tests.harness import new_shop, running_servers
from tests.shop import Guest, Shop, send


@pytest.fixture
def shops(database_url: str) -> Iterator[tuple[Shop, Shop]]:
    """The standard shop, seen through two server processes on one database; the audit passes in the end."""
    with running_servers(database_url, 2) as servers:
        with new_shop(servers) as shop:
            shop.standard()
            yield shop, shop.at(servers[1].url)
        no_group_fell_apart(servers)
        audit_passes(database_url)


def _buyers(shops: tuple[Shop, Shop], count: int, product: str, coupon: str = "") -> list[tuple[Shop, Guest, str]]:
    """Guests with a cart each, every other one at the other server."""
    found = []
    for number in range(count):
        shop = shops[number % 2]
        guest = shop.guest()
        cart_id = shop.cart(guest, [product])
        if coupon:
            path = f"/cart/{shop.name}/carts/{cart_id}/discounts"
            assert send(guest, "POST", path, {"code": coupon}).status_code == 201
        found.append((shop, guest, cart_id))
    return found


def _order_count(shop: Shop) -> int:
    path = f"/order-v2/{shop.name}/salesorders"
    return int(shop.service.get(path, headers={"X-Total-Count": "true"}).headers["x-total-count"])


def test_fifty_checkouts_of_one_cart_make_one_order_and_tell_the_others_its_id(shops: tuple[Shop, Shop]) -> None:
    shop, other = shops
    guest = shop.guest()
    cart_id = shop.cart(guest, ["mug", ("tea", 2)])
    twin = other.client(guest.headers["authorization"].removeprefix("Bearer "))
    body = shop.order_request(cart_id)
    doors = [(shop, guest), (other, twin)]
    answers = at_once([partial(door.checkout, client, body) for door, client in doors * 25])
    assert statuses(answers) == {200: 1, 409: 49}
    (winner,) = [answer.json()["orderId"] for answer in answers if answer.status_code == 200]
    losers = {answer.content for answer in answers if answer.status_code == 409}
    assert losers == {
        (
            f'{{"status":409,"type":"Conflict","message":"Order with cartId \'{cart_id}\' and checkout=true already '
            f'exists (order id: {winner})","moreInfo":null,"details":[{{"field":"cartId",'
            f'"type":"unique_checkout_cartId_index","message":"{cart_id}","moreInfo":null}},'
            f'{{"field":"existingOrderId","type":"unique_checkout_cartId_index","message":"{winner}",'
            f'"moreInfo":null}}]}}'
        ).encode()
    }
    assert _order_count(shop) == 1


def test_two_hundred_buyers_of_fifty_pieces_leave_nothing_and_owe_nothing(shops: tuple[Shop, Shop]) -> None:
    shop, _ = shops
    shop.stock("mug", 50)
    buyers = _buyers(shops, 200, "mug")
    tries = [partial(door.checkout, guest, door.order_request(cart)) for door, guest, cart in buyers]
    answers = at_once(tries)
    assert statuses(answers) == {200: 50, 400: 150}
    assert {frozenset(detail_types(answer)) for answer in answers if answer.status_code == 400} == {
        frozenset({"out_of_stock"})
    }
    assert len({answer.json()["orderId"] for answer in answers if answer.status_code == 200}) == 50
    assert shop.on_hand("mug") == 0
    assert _order_count(shop) == 50


def test_ten_redemptions_for_forty_carts_make_ten_orders(shops: tuple[Shop, Shop]) -> None:
    shop, _ = shops
    code = shop.coupon(maxRedemptions=10)
    buyers = _buyers(shops, 40, "teapot", coupon=code)
    tries = [partial(door.checkout, guest, door.order_request(cart)) for door, guest, cart in buyers]
    answers = at_once(tries)
    assert statuses(answers) == {200: 10, 400: 30}
    refused = [detail_types(answer) for answer in answers if answer.status_code == 400]
    assert all(types == {"coupon_redemptions_exceeded"} for types in refused)
    kept = shop.service.get(f"/coupon/{shop.name}/coupons/{code}").json()
    assert kept["redemptionCount"] == 10


def test_a_cart_that_is_edited_while_it_is_bought_sells_what_was_paid_for(shops: tuple[Shop, Shop]) -> None:
    """The third of the ACIDRain attacks: add to the cart between the total and the order."""
    shop, other = shops
    for _ in range(10):
        guest = shop.guest()
        cart_id = shop.cart(guest, ["mug"])
        twin = other.client(guest.headers["authorization"].removeprefix("Bearer "))
        items = f"/cart/{shop.name}/carts/{cart_id}/items"
        body = shop.order_request(cart_id)
        adds = [partial(send, twin, "POST", items, other.item("teapot", 3))] * 4
        bought, *added = at_once([partial(shop.checkout, guest, body), *adds])
        assert bought.status_code == 200, bought.text
        assert {answer.status_code for answer in added} <= {201, 404}
        order = guest.get(f"/order-v2/{shop.name}/orders/{bought.json()['orderId']}").json()
        quantities = {entry["id"]: entry["amount"] for entry in order["entries"]}
        in_time = sum(answer.status_code == 201 for answer in added)
        assert quantities.get("teapot", 0) == 3 * in_time
        paid = order["calculatedPrice"]["finalPrice"]["grossValue"]
        assert paid == pytest.approx(11.90 + 3 * in_time * 23.80 + 5.83)
        assert guest.get(f"/cart/{shop.name}/carts/{cart_id}").status_code == 404


def test_one_idempotency_key_at_two_servers_makes_one_order(shops: tuple[Shop, Shop]) -> None:
    shop, other = shops
    guest = shop.guest()
    cart_id = shop.cart(guest, ["tea"])
    twin = other.client(guest.headers["authorization"].removeprefix("Bearer "))
    body = shop.order_request(cart_id)
    doors = [(shop, guest), (other, twin)]
    answers = at_once([partial(door.checkout, client, body, idempotency_key="once") for door, client in doors * 10])
    assert set(statuses(answers)) <= {200, 409}
    assert len({answer.content for answer in answers if answer.status_code == 200}) == 1
    in_flight = [answer for answer in answers if answer.status_code == 409]
    assert all("retry-after" in answer.headers for answer in in_flight)
    assert _order_count(shop) == 1


def test_checkouts_and_redemptions_by_hand_never_take_more_than_there_are(shops: tuple[Shop, Shop]) -> None:
    shop, other = shops
    category = {"id": "cups", "localizedName": {"en": "Cups"}, "published": True}
    assert shop.service.post(f"/category/{shop.name}/categories", json=category).status_code == 201
    path = f"/category/{shop.name}/categories/cups/assignments"
    assert shop.service.post(path, json={"ref": {"id": "mug", "type": "PRODUCT"}}).status_code == 201
    rules = {"includedCategories": ["cups"]}
    code = shop.coupon(maxRedemptions=5, categoryRestricted=True, restrictions=rules)
    buyers = _buyers(shops, 20, "mug", coupon=code)
    money = {"amount": 100, "currency": "EUR"}
    body = {"orderTotal": money, "discount": {"amount": 10, "currency": "EUR"}}
    many = f"/coupon/{shop.name}/coupons/{code}/redemptions"
    by_hand = [partial(door.service.post, many, json=body) for door in (shop, other) * 10]
    tries = [partial(door.checkout, guest, door.order_request(cart)) for door, guest, cart in buyers]
    answers = at_once([one for pair in zip(tries, by_hand, strict=True) for one in pair])
    counts = statuses(answers)
    assert counts[200] + counts[201] == 5
    assert counts[400] == 35
    refused = [detail_types(answer) for answer in answers if answer.status_code == 400]
    assert all(types == {"coupon_redemptions_exceeded"} for types in refused)
    assert _order_count(shop) == counts[200]
    kept = shop.service.get(many, params={"pageSize": "100"}).json()
    assert len(kept) == shop.service.get(f"/coupon/{shop.name}/coupons/{code}").json()["redemptionCount"] == 5
    given_back = at_once([partial(door.service.delete, f"{many}/{kept[0]['id']}") for door in (shop, other) * 5])
    assert statuses(given_back) == {204: 1, 404: 9}
    assert shop.service.get(f"/coupon/{shop.name}/coupons/{code}").json()["redemptionCount"] == 4
