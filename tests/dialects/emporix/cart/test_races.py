"""Many hands on one cart: nothing is lost, nothing happens twice, on two server processes and both databases."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx

from tests.harness import new_shop, running_servers
from tests.shop import Shop, send, succeeded

CROWD = 40


def at_once(tries: Sequence[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    """The answers to these requests, which start together."""
    gate = Barrier(len(tries))

    def one(attempt: Callable[[], httpx.Response]) -> httpx.Response:
        gate.wait()
        return attempt()

    with ThreadPoolExecutor(len(tries)) as pool:
        return list(pool.map(one, tries))


def clients_of(shop: Shop, guest: httpx.Client, urls: Sequence[str]) -> list[httpx.Client]:
    """As many clients of one session as there are hands, spread over the servers."""
    token = guest.headers["authorization"].removeprefix("Bearer ")
    return [shop.at(urls[number % len(urls)]).client(token) for number in range(CROWD)]


def test_forty_hands_add_forty(database_url: str) -> None:
    with running_servers(database_url, 2) as servers, new_shop(servers) as shop:
        shop.standard()
        guest = shop.guest()
        cart_id = shop.cart(guest)
        path = f"/cart/{shop.name}/carts/{cart_id}/items"
        hands = clients_of(shop, guest, [server.url for server in servers])
        item = shop.item("mug")
        answers = at_once([lambda hand=hand: send(hand, "POST", path, item) for hand in hands])  # type: ignore[misc]
        assert Counter(answer.status_code for answer in answers) == {201: CROWD}
        assert {answer.json()["itemId"] for answer in answers} == {"0"}
        cart = succeeded(guest.get(f"/cart/{shop.name}/carts/{cart_id}"), 200)
        assert cart["totalUnitsCount"] == CROWD


def test_of_forty_new_carts_of_one_session_one_is_made(database_url: str) -> None:
    with running_servers(database_url, 2) as servers, new_shop(servers) as shop:
        shop.standard()
        guest = shop.guest()
        path = f"/cart/{shop.name}/carts"
        hands = clients_of(shop, guest, [server.url for server in servers])
        body = {"currency": "EUR", "siteCode": "main"}
        answers = at_once([lambda hand=hand: send(hand, "POST", path, body) for hand in hands])  # type: ignore[misc]
        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: CROWD - 1}
        guest.delete(f"{path}/{next(answer.json()['cartId'] for answer in answers if answer.status_code == 201)}")
        query = {"siteCode": "main", "create": "true"}
        found = at_once([lambda hand=hand: hand.get(path, params=query) for hand in hands])  # type: ignore[misc]
        assert Counter(answer.status_code for answer in found) == {200: CROWD}
        assert len({answer.json()["id"] for answer in found}) == 1


def test_of_forty_changes_of_one_version_one_is_made(database_url: str) -> None:
    with running_servers(database_url, 2) as servers, new_shop(servers) as shop:
        shop.standard()
        guest = shop.guest()
        path = f"/cart/{shop.name}/carts/{shop.cart(guest)}"
        hands = clients_of(shop, guest, [server.url for server in servers])
        body = {"zipCode": "10115", "metadata": {"version": 1}}
        answers = at_once([lambda hand=hand: send(hand, "PUT", path, body) for hand in hands])  # type: ignore[misc]
        assert Counter(answer.status_code for answer in answers) == {204: 1, 409: CROWD - 1}
        assert succeeded(guest.get(path), 200)["metadata"]["version"] == 2


def test_a_cart_is_bought_as_it_was_or_changed_in_time(database_url: str) -> None:
    """Every item that was added with 201 is in the order, every other one met a closed cart."""
    with running_servers(database_url, 2) as servers, new_shop(servers) as shop:
        shop.standard()
        guest = shop.guest()
        cart_id = shop.cart(guest, ["mug"])
        path = f"/cart/{shop.name}/carts/{cart_id}/items"
        hands = clients_of(shop, guest, [server.url for server in servers])
        item, request = shop.item("mug"), shop.order_request(cart_id)
        tries: list[Callable[[], httpx.Response]] = [
            lambda hand=hand: send(hand, "POST", path, item)  # type: ignore[misc]
            for hand in hands[1:]
        ]
        tries.insert(20, lambda: shop.checkout(hands[0], request))
        answers = at_once(tries)
        bought = answers.pop(20)
        assert bought.status_code == 200, bought.text
        statuses = Counter(answer.status_code for answer in answers)
        assert set(statuses) <= {201, 404}
        cart = succeeded(shop.service.get(f"/cart/{shop.name}/carts/{cart_id}"), 200)
        assert cart["totalUnitsCount"] == 1 + statuses[201]
        assert cart["orderId"] == bought.json()["orderId"]
