"""Many logins at once, two server processes, both databases: one cart is taken once, and nothing in it is doubled."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.faults.crowd import at_once, audit_passes, statuses
from tests.harness import new_shop, running_servers
from tests.shop import PASSWORD, Guest, Shop, send, succeeded

# As many as one account may try at once: an attempt is counted until its password turns out to be right.
LOGINS = 10


@pytest.fixture
def shops(database_url: str) -> Iterator[tuple[Shop, Shop]]:
    """The standard shop, seen through two server processes on one database; the audit passes in the end."""
    with running_servers(database_url, 2) as servers:
        with new_shop(servers) as shop:
            shop.standard()
            yield shop, shop.at(servers[1].url)
        audit_passes(database_url)


def _quantities(shop: Shop, client: Guest, cart_id: str) -> dict[str, int]:
    cart = succeeded(client.get(f"/cart/{shop.name}/carts/{cart_id}"), 200)
    found: dict[str, int] = {}
    for item in cart["items"]:
        product = item["itemYrn"].rpartition(";")[2]
        found[product] = found.get(product, 0) + item["quantity"]
    return found


def test_logins_that_merge_one_cart_merge_it_once(shops: tuple[Shop, Shop]) -> None:
    shop, other = shops
    customer = shop.customer()
    own = shop.cart(customer, [("mug", 2)])
    guest = shop.guest()
    guests = shop.cart(guest, [("mug", 3), ("tea", 1)])
    twin = other.client(guest.headers["authorization"].removeprefix("Bearer "))
    path, body = f"/customer/{shop.name}/login", {"email": customer.email, "password": PASSWORD}
    merge = f"/cart/{shop.name}/carts/{own}/merge"
    tries = [partial(send, client, "POST", path, body) for client in (guest, twin)] * (LOGINS // 2)
    answers = at_once(tries)
    assert statuses(answers) == {200: LOGINS}
    assert _quantities(shop, customer, own) == {"mug": 5, "tea": 1}
    assert guest.get(f"/cart/{shop.name}/carts/{guests}").status_code == 404
    last = shop.client(answers[0].json()["access_token"])
    again = at_once([partial(send, last, "POST", merge, {"carts": [guests]})] * 4)
    assert statuses(again) == {200: 4}
    assert _quantities(shop, customer, own) == {"mug": 5, "tea": 1}


def test_of_several_customers_in_one_session_one_gets_the_cart(shops: tuple[Shop, Shop]) -> None:
    shop, other = shops
    customers = [shop.customer() for _ in range(6)]
    guest = shop.guest()
    cart_id = shop.cart(guest, ["mug"])
    twin = other.client(guest.headers["authorization"].removeprefix("Bearer "))
    path = f"/customer/{shop.name}/login"
    tries = [
        partial(send, (guest, twin)[number % 2], "POST", path, {"email": one.email, "password": PASSWORD})
        for number, one in enumerate(customers)
    ]
    assert statuses(at_once(tries)) == {200: 6}
    seen = [one.get(f"/cart/{shop.name}/carts/{cart_id}").status_code for one in customers]
    assert sorted(seen) == [200, *[404] * 5]


def test_one_customer_who_logs_in_from_many_sessions_has_one_cart_with_everything(shops: tuple[Shop, Shop]) -> None:
    shop, other = shops
    customer = shop.customer()
    guests = [(shop, other)[number % 2].guest() for number in range(8)]
    for guest in guests:
        shop.cart(guest, ["mug", "tea"]) if guest.base_url == shop.url else other.cart(guest, ["mug", "tea"])
    path, body = f"/customer/{shop.name}/login", {"email": customer.email, "password": PASSWORD}
    assert statuses(at_once([partial(send, guest, "POST", path, body) for guest in guests])) == {200: 8}
    found = succeeded(customer.get(f"/cart/{shop.name}/carts", params={"siteCode": "main"}), 200)
    assert _quantities(shop, customer, found["id"]) == {"mug": 8, "tea": 8}


def test_a_cart_that_is_merged_while_it_is_bought_is_merged_or_bought_and_never_both(
    shops: tuple[Shop, Shop],
) -> None:
    shop, other = shops
    customer = shop.customer()
    for _ in range(5):
        own = shop.cart(customer, ["tea"])
        guest = shop.guest()
        guests = shop.cart(guest, ["mug"])
        twin = other.client(guest.headers["authorization"].removeprefix("Bearer "))
        path, body = f"/customer/{shop.name}/login", {"email": customer.email, "password": PASSWORD}
        buy = partial(shop.checkout, guest, shop.order_request(guests))
        login = partial(send, twin, "POST", path, body)
        bought, entered = at_once([buy, login])
        assert entered.status_code == 200
        merged = _quantities(shop, customer, own)
        assert merged == ({"tea": 1} if bought.status_code == 200 else {"tea": 1, "mug": 1})
        assert customer.delete(f"/cart/{shop.name}/carts/{own}").status_code == 204


def test_an_email_that_many_sign_up_with_is_one_customers(shops: tuple[Shop, Shop]) -> None:
    shop, other = shops
    doors = [shop.guest(), other.guest()]
    path, body = f"/customer/{shop.name}/signup", {"email": "ada@example.com", "password": PASSWORD}
    answers = at_once([partial(send, doors[number % 2], "POST", path, body) for number in range(12)])
    assert statuses(answers) == {201: 1, 409: 11}


def test_a_crowd_that_guesses_gets_no_more_tries_than_one_guesser(shops: tuple[Shop, Shop]) -> None:
    shop, other = shops
    customer = shop.customer()
    doors = [shop.guest(), other.guest()]
    path, body = f"/customer/{shop.name}/login", {"email": customer.email, "password": "wrong horse"}
    answers = at_once([partial(send, doors[number % 2], "POST", path, body) for number in range(40)])
    counted = statuses(answers)
    assert set(counted) == {401, 429}
    # Ten are free; a wait of a second that ends meanwhile lets another one in.
    assert counted[429] >= 20
