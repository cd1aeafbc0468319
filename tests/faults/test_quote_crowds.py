"""Everybody answers one quote at once, two server processes, both databases: it becomes one order, or none."""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import pytest

from tests.faults.crowd import at_once, audit_passes, statuses
from tests.harness import new_shop, running_servers
from tests.quotes import become, bought, buyer, offered, shown
from tests.shop import Customer, Shop


class Doors(NamedTuple):
    """One shop through two servers, and one customer at both."""

    shop: Shop
    other: Shop
    customer: Customer
    twin: Customer


@pytest.fixture
def doors(database_url: str) -> Iterator[Doors]:
    """The standard shop, seen through two server processes on one database; the audit passes in the end."""
    with running_servers(database_url, 2) as servers:
        with new_shop(servers) as shop:
            shop.standard()
            shop.stock("mug", 100)
            customer, other = buyer(shop), shop.at(servers[1].url)
            twin = other.login(customer.email, other.guest())
            yield Doors(shop, other, customer, twin)
        audit_passes(database_url)


def _order_count(shop: Shop) -> int:
    path = f"/order-v2/{shop.name}/salesorders"
    return int(shop.service.get(path, headers={"X-Total-Count": "true"}).headers["x-total-count"])


def test_of_forty_checkouts_of_a_quote_one_makes_the_order_and_tells_the_others(doors: Doors) -> None:
    shop, other, customer, twin = doors
    id = offered(shop, customer, ["mug"])
    tries = [partial(bought, shop, customer, id), partial(bought, other, twin, id)] * 20
    answers = at_once(tries)
    assert statuses(answers) == {200: 1, 409: 39}
    (winner,) = [answer.json()["orderId"] for answer in answers if answer.status_code == 200]
    (told,) = {answer.content for answer in answers if answer.status_code == 409}
    assert f"Order with quoteId '{id}' and checkout=true already exists (order id: {winner})".encode() in told
    assert shown(customer, shop, id)["orderId"] == winner
    assert _order_count(shop) == 1
    assert shop.on_hand("mug") == 99


def test_acceptances_and_checkouts_of_a_quote_make_one_order(doors: Doors) -> None:
    shop, other, customer, twin = doors
    ids = [offered(shop, customer, ["mug"]) for _ in range(4)]
    for id in ids:
        accepts = [
            partial(become, shop, customer, id, "ACCEPTED"),
            partial(become, other, other.service, id, "ACCEPTED"),
        ]
        checkouts = [partial(bought, shop, customer, id), partial(bought, other, twin, id)]
        answers = at_once([*accepts, *checkouts] * 2)
        assert set(statuses(answers)) <= {200, 204, 400, 409}
        assert sum(answer.status_code in (200, 204) for answer in answers) == 1
    orders = [shown(customer, shop, id)["orderId"] for id in ids]
    assert len(set(orders)) == len(ids)
    assert _order_count(shop) == len(ids)
    assert shop.on_hand("mug") == 100 - len(ids)


def test_a_quote_is_declined_or_bought_and_never_both(doors: Doors) -> None:
    shop, other, customer, twin = doors
    for _ in range(5):
        before = _order_count(shop)
        id = offered(shop, customer, ["mug"])
        declines = [partial(become, shop, customer, id, "DECLINED"), partial(become, other, twin, id, "DECLINED")]
        checkouts = [partial(bought, shop, customer, id), partial(bought, other, twin, id)]
        answers = at_once([*declines, *checkouts])
        declined, sold = answers[:2], answers[2:]
        assert {answer.status_code for answer in declined} <= {204, 400}
        assert {answer.status_code for answer in sold} <= {200, 400, 409}
        assert sum(answer.status_code in (200, 204) for answer in answers) == 1
        quote = shown(customer, shop, id)
        is_sold = any(answer.status_code == 200 for answer in sold)
        assert quote["status"]["value"] == ("ACCEPTED" if is_sold else "DECLINED")
        assert ("orderId" in quote) is is_sold
        assert _order_count(shop) == before + is_sold


def test_a_cart_becomes_a_quote_or_an_order_and_never_both(doors: Doors) -> None:
    shop, other, customer, twin = doors
    for _ in range(5):
        cart_id = shop.cart(customer, ["mug"])
        person = {"id": customer.customer_id, "email": customer.email, "firstName": "Ada"}
        body = shop.order_request(cart_id, customer=person)
        path = f"/quote/{shop.name}/quotes"
        asks = [partial(client.post, path, json={"cartId": cart_id}) for client in (customer, twin)]
        checkouts = [partial(shop.checkout, customer, body), partial(other.checkout, twin, body)]
        answers = at_once([*asks, *checkouts])
        assert {answer.status_code for answer in answers[:2]} <= {201, 404}
        assert sum(answer.status_code in (200, 201) for answer in answers) == 1
