"""Messages arrive at least once and in order of their subject, whatever the receiver, the server or the network does.

Receivers are processes of their own (`receiver.py`), servers are real ones on both databases.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.harness import Server, new_shop, running_server, running_servers
from tests.refusals import assert_refused
from tests.shop import Shop, succeeded
from tests.webhooks.receiver import LATER_SECONDS, WAIT_SECONDS_MAX, Receiver, received, verified

# A delivery may take a second here, so that a claim of a process that died ends after some more.
SETTINGS = {"webhook_private_targets": True, "webhook_call_seconds": 1}
ORDERS = ["order.created", "order.changed"]


class Subscriber:
    """A shop's own system, which registers an endpoint and looks after it."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.client: httpx.Client = shop.client(shop.credentials["native"]["api_key"])
        self.id = self.secret = ""

    def register(self, url: str, *types: str) -> str:
        """Register an endpoint; its id."""
        body = {"url": url, "types": types or ORDERS}
        made = succeeded(self.client.post("/v1/webhooks", json=body), 201)
        self.id, self.secret = made["webhook"]["id"], made["secret"]
        return self.id

    def deliveries(self, status: str = "") -> list[dict[str, Any]]:
        """The messages of the endpoint, the newest first."""
        query = {"status": status} if status else {}
        answer = self.client.get(f"/v1/webhooks/{self.id}/deliveries", params=query)
        found: list[dict[str, Any]] = succeeded(answer, 200)["items"]
        return found

    def settled(self, count: int) -> list[dict[str, Any]]:
        """The messages of the endpoint, once so many were delivered or given up."""
        return self.wait(lambda found: sum(one["settled_at"] is not None for one in found) >= count)

    def wait(self, wanted: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """The messages of the endpoint, once they are as wanted."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while not wanted(found := self.deliveries()):
            assert time.monotonic() < deadline, found
            time.sleep(0.05)
        return found

    def buy(self) -> str:
        """Buy a mug; the order's id."""
        guest = self.shop.guest()
        cart = self.shop.cart(guest, ["mug"])
        answer = self.shop.checkout(guest, self.shop.order_request(cart))
        return str(succeeded(answer, 200)["orderId"])

    def move(self, order: str, *statuses: str) -> None:
        """Let an order take these statuses, one after the other."""
        for status in statuses:
            path = f"/order-v2/{self.shop.name}/salesorders/{order}"
            answer = self.shop.service.patch(path, json={"status": status})
            assert answer.status_code in (200, 204), answer.text


@contextmanager
def subscribed(servers: Server | Sequence[Server], receiver: Receiver, *types: str) -> Iterator[Subscriber]:
    """A shop with an endpoint at the receiver."""
    with new_shop(servers) as shop:
        shop.standard()
        subscriber = Subscriber(shop)
        subscriber.register(receiver.url, *types)
        yield subscriber


@pytest.fixture
def server(database_url: str) -> Iterator[Server]:
    """A server that sends to this machine, and takes no more than a second for it."""
    with running_server(database_url, settings=SETTINGS) as server:
        yield server


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    """A receiver that takes what comes."""
    with received(tmp_path / "receiver") as receiver:
        yield receiver


@pytest.fixture
def subscriber(server: Server, receiver: Receiver) -> Iterator[Subscriber]:
    """A shop whose orders are told to the receiver."""
    with subscribed(server, receiver) as subscriber:
        yield subscriber


def statuses(told: list[dict[str, Any]], order: str) -> list[str]:
    """What was told of an order, each message once, in the order in which it was told first."""
    seen = dict.fromkeys((one["id"], one["data"]["status"]) for one in told if one["data"]["id"] == order)
    return [status for _, status in seen]


def test_an_order_is_told_signed_and_in_order(subscriber: Subscriber, receiver: Receiver) -> None:
    order = subscriber.buy()
    subscriber.move(order, "CONFIRMED", "DECLINED")
    told = receiver.wait(lambda told: len(told) == 3)
    assert statuses(told, order) == ["CREATED", "CONFIRMED", "DECLINED"]
    assert [one["type"] for one in told] == ["order.created", "order.changed", "order.changed"]
    assert all(verified(subscriber.secret, one) for one in told)
    assert {one["path"] for one in told} == {"/hook?shop=1"}
    found = subscriber.settled(3)
    assert {(one["status"], one["tries"], one["answer_status"]) for one in found} == {("delivered", 1, 204)}
    assert [one["id"] for one in reversed(found)] == [one["id"] for one in told]


def test_what_goes_wrong_is_tried_again_and_nothing_overtakes_it(subscriber: Subscriber, receiver: Receiver) -> None:
    receiver.behave("500", "cut")
    order = subscriber.buy()
    subscriber.move(order, "CONFIRMED")
    told = receiver.wait(lambda told: len(told) == 4)
    assert [one["manner"] for one in told] == ["500", "cut", "204", "204"]
    assert len({one["id"] for one in told[:3]}) == len({one["body"] for one in told[:3]}) == 1
    assert statuses(told, order) == ["CREATED", "CONFIRMED"]
    assert {one["tries"] for one in subscriber.settled(2)} == {3, 1}


def test_a_redirect_is_not_followed_and_nobody_is_waited_for(subscriber: Subscriber, receiver: Receiver) -> None:
    receiver.behave("elsewhere", "slow")
    subscriber.buy()
    told = receiver.wait(lambda told: len(told) == 3)
    assert [one["manner"] for one in told] == ["elsewhere", "slow", "204"]
    assert {one["path"] for one in told} == {"/hook?shop=1"}


def test_of_a_long_answer_only_the_beginning_is_read(subscriber: Subscriber, receiver: Receiver) -> None:
    receiver.behave("long")
    subscriber.buy()
    (found,) = subscriber.settled(1)
    assert (found["status"], found["answer_status"], found["tries"]) == ("delivered", 200, 1)
    assert set(found["answer"]) == {"x"}


def test_an_endpoint_that_asks_for_patience_is_left_alone(subscriber: Subscriber, receiver: Receiver) -> None:
    receiver.behave("later")
    subscriber.buy()
    subscriber.wait(lambda found: found[0]["answer_status"] == 429)
    subscriber.buy()
    first, *others = receiver.wait(lambda told: len(told) == 3)
    assert min(one["at"] for one in others) >= first["at"] + LATER_SECONDS - 1  # the header has whole seconds


def test_an_endpoint_that_is_gone_is_told_nothing_until_it_is_back(subscriber: Subscriber, receiver: Receiver) -> None:
    receiver.behave("410")
    order = subscriber.buy()
    path = f"/v1/webhooks/{subscriber.id}"
    subscriber.wait(lambda found: found[0]["answer_status"] == 410)
    off = succeeded(subscriber.client.get(path), 200)
    assert (off["status"], off["reason"]) == ("disabled", "gone")
    subscriber.move(order, "CONFIRMED")
    assert len(subscriber.deliveries()) == 1
    assert_refused(subscriber.client.post(f"{path}/test"), 409, path)
    back = succeeded(subscriber.client.patch(path, json={"status": "enabled"}), 200)
    assert (back["status"], back["reason"]) == ("enabled", None)
    subscriber.move(order, "DECLINED")
    told = receiver.wait(lambda told: len(told) == 3)
    assert statuses(told, order) == ["CREATED", "DECLINED"]


def test_a_receiver_that_died_is_told_in_order_when_it_is_back_and_delays_no_other(
    server: Server, tmp_path: Path
) -> None:
    with received(tmp_path / "living") as living, received(tmp_path / "dying") as dying:
        port = dying.port
        with subscribed(server, living) as subscriber:
            succeeded(subscriber.client.post("/v1/webhooks", json={"url": dying.url, "types": ORDERS}), 201)
            order = subscriber.buy()
            dying.wait(lambda told: len(told) == 1)
            dying.die()
            subscriber.move(order, "CONFIRMED", "DECLINED")
            living.wait(lambda told: len(told) == 3)
            with received(tmp_path / "dying", port) as back:
                assert statuses(back.wait(lambda told: len(told) >= 3), order) == ["CREATED", "CONFIRMED", "DECLINED"]


def test_two_processes_send_each_message_once_and_each_order_in_order(database_url: str, receiver: Receiver) -> None:
    with running_servers(database_url, 2, settings=SETTINGS) as servers, subscribed(servers, receiver) as subscriber:
        orders = [subscriber.buy() for _ in range(6)]
        for order in orders:
            subscriber.move(order, "CONFIRMED", "DECLINED")
        subscriber.settled(18)
        told = receiver.told()
        assert len(told) == len({one["id"] for one in told}) == 18
        for order in orders:
            assert statuses(told, order) == ["CREATED", "CONFIRMED", "DECLINED"]


def test_nothing_is_lost_and_nothing_overtakes_when_the_server_is_killed(
    server: Server, subscriber: Subscriber, receiver: Receiver
) -> None:
    # Between the delivery and its note: the receiver has it, and keeps the server waiting for the answer.
    receiver.behave("slow")
    first = subscriber.buy()
    receiver.wait(lambda told: len(told) == 1)
    server.kill()
    server.start()
    subscriber.move(first, "CONFIRMED")
    # Between the commit and the delivery, which nobody begins sooner than the answer is there.
    second = subscriber.buy()
    server.kill()
    server.start()
    subscriber.move(second, "CONFIRMED")
    found = subscriber.settled(4)
    told = receiver.told()
    assert {one["status"] for one in found} == {"delivered"}
    assert {one["id"] for one in found} == {one["id"] for one in told}
    for order in (first, second):
        assert statuses(told, order) == ["CREATED", "CONFIRMED"]
    assert len([one for one in told if one["data"]["id"] == first]) == 3
