"""Many buyers of one delivery window at once, two server processes, both databases: no window is overbooked."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest

from tests.faults.crowd import at_once, audit_passes, statuses
from tests.harness import new_shop, running_servers
from tests.shop import Guest, Shop, days_ahead, send

FULL = (
    b'{"status":409,"type":"conflict_resource","message":"Something went wrong while trying reserve a slot in a '
    b'delivery window","moreInfo":"","details":[]}'
)
WINDOW = {"id": "daily", "slotId": "day"}


@pytest.fixture
def shops(database_url: str) -> Iterator[tuple[Shop, Shop]]:
    """The standard shop, seen through two server processes on one database; the audit passes in the end."""
    with running_servers(database_url, 2) as servers:
        with new_shop(servers) as shop:
            shop.standard()
            yield shop, shop.at(servers[1].url)
        audit_passes(database_url)


def _buyers(shops: tuple[Shop, Shop], days: list[int]) -> list[tuple[Shop, Guest, str]]:
    """Guests with a cart each for the windows of these days, every other one at the other server."""
    found = []
    for number, day in enumerate(days):
        shop = shops[number % 2]
        guest = shop.guest()
        found.append(
            (shop, guest, shop.cart(guest, ["mug"], deliveryWindow=WINDOW | {"deliveryDate": days_ahead(day)}))
        )
    return found


def test_thirty_carts_for_the_last_place_make_one_order_and_tell_the_others_so(shops: tuple[Shop, Shop]) -> None:
    shops[0].delivery_time("daily", capacity=1)
    buyers = _buyers(shops, [1] * 30)
    answers = at_once([partial(door.checkout, guest, door.order_request(cart)) for door, guest, cart in buyers])
    assert statuses(answers) == {200: 1, 409: 29}
    assert {answer.content for answer in answers if answer.status_code == 409} == {FULL}


def test_increments_and_checkouts_share_the_places_of_windows_that_nobody_has_booked_yet(
    shops: tuple[Shop, Shop],
) -> None:
    shop, other = shops
    shop.delivery_time("daily", capacity=5)
    days = [1, 2, 3] * 6
    buyers = _buyers(shops, days)
    tries = [partial(door.checkout, guest, door.order_request(cart)) for door, guest, cart in buyers]
    path = f"/shipping/{shop.name}/actualDeliveryWindows/incrementCounter"
    for number, day in enumerate(days):
        asked = {"deliveryWindowId": "daily", "slotId": "day", "deliveryDate": days_ahead(day)}
        tries.append(partial(send, (shop, other)[number % 2].service, "POST", path, asked))
    answers = at_once(tries)
    assert set(statuses(answers)) == {200, 400, 409}
    taken = Counter(day for day, answer in zip(days * 2, answers, strict=True) if answer.status_code == 200)
    assert taken == {1: 5, 2: 5, 3: 5}
    refused = [answer.json() for answer in answers if answer.status_code == 400]
    assert {body["errorCode"] for body in refused} <= {"VALIDATION-DELIVERY-WINDOW-400003"}


def test_places_that_are_given_back_while_others_buy_are_sold_again_and_never_twice(shops: tuple[Shop, Shop]) -> None:
    shop, _ = shops
    shop.delivery_time("daily", capacity=8)
    first = _buyers(shops, [1] * 8)
    placed = at_once([partial(door.checkout, guest, door.order_request(cart)) for door, guest, cart in first])
    assert statuses(placed) == {200: 8}
    declines = [
        partial(
            send,
            door.service,
            "POST",
            f"/order-v2/{door.name}/salesorders/{answer.json()['orderId']}/transitions",
            {"status": "DECLINED"},
        )
        for (door, _guest, _cart), answer in zip(first[:4], placed[:4], strict=True)
    ]
    rivals = _buyers(shops, [1] * 12)
    buying = [partial(door.checkout, guest, door.order_request(cart)) for door, guest, cart in rivals]
    answers = at_once([*declines, *buying])
    assert {answer.status_code for answer in answers[:4]} == {204}
    assert set(statuses(answers[4:])) <= {200, 409}
    assert statuses(answers[4:])[200] <= 4
    later = at_once(
        [partial(door.checkout, guest, door.order_request(cart)) for door, guest, cart in _buyers(shops, [1] * 6)]
    )
    assert statuses(answers[4:])[200] + statuses(later)[200] == 4
