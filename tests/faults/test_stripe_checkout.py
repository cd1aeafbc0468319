"""Checkouts that are paid at the simulated provider, over both wires: the shop's and Stripe's, with real servers.

Afterwards the provider's own books are compared with the shop's orders: no money without an order, none twice.
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.harness import Server, new_shop, run_cli, running_server
from tests.psp import Provider, running_provider
from tests.shop import Guest, Shop, succeeded
from tillroll.payments.stripe.connector import SIMULATED_KEY

TOTAL = 1773  # a mug for 11.90, its way for 4.90, and the tax on that
GOOD, BAD = "pm_card_visa", "pm_card_visa_chargeDeclinedInsufficientFunds"
WAIT_SECONDS_MAX = 60
# What a buyer waits for, and how long nobody else looks, in seconds.
SETTINGS = {"payment_request_seconds": 15, "payment_lease_seconds": 20}
CONFIRM = "payment_intents.confirm"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """A provider whose script these tests change."""
    with running_provider() as provider:
        yield provider


@pytest.fixture
def server(database_url: str) -> Iterator[Server]:
    """A server that asks soon."""
    with running_server(database_url, settings=SETTINGS) as server:
        yield server


@pytest.fixture
def shop(server: Server, provider: Provider) -> Iterator[Shop]:
    """A shop with mugs, whose payment mode leads to the provider."""
    provider.play()
    with new_shop(server) as shop:
        shop.standard()
        settings = {"Simulator/Url": provider.url, "Simulator/RedirectURL": "http://127.0.0.1:1/back"}
        shop.payment_mode("card", provider="SIMULATOR", configuration=settings)
        yield shop


def buy(shop: Shop, guest: Guest, card: str = GOOD, cart: str = "") -> Any:
    """The answer to a checkout of a mug with a card."""
    method = {"provider": "payment-gateway", "customAttributes": {"modeId": "card", "token": card}}
    return shop.checkout(guest, shop.order_request(cart or shop.cart(guest, ["mug"]), paymentMethods=[method]))


def order(shop: Shop, id: str) -> dict[str, Any]:
    """An order as the back office sees it."""
    found: dict[str, Any] = succeeded(shop.service.get(f"/order-v2/{shop.name}/salesorders/{id}"), 200)
    return found


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, which the server does by itself."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def intents(provider: Provider, shop: Shop) -> list[Any]:
    """What the provider has of a shop."""
    found = provider.sdk(SIMULATED_KEY).v1.payment_intents.list({"limit": 100}).auto_paging_iter()
    return [one for one in found if one.metadata["shop"] == shop.name]


def is_captured(shop: Shop, id: str) -> bool:
    """Whether an order's money was taken."""
    return bool(order(shop, id)["payments"][0]["status"] == "CAPTURE_SUCCESS")


def assert_audited(server: Server) -> None:
    """The till's own audit has nothing to say."""
    done = run_cli("audit", database_url=server.database_url)
    assert done.returncode == 0, done.stdout


def test_an_order_stands_with_its_money_held_and_is_captured_then(
    shop: Shop, server: Server, provider: Provider
) -> None:
    id = succeeded(buy(shop, shop.guest()), 200)["orderId"]
    assert order(shop, id)["status"] == "CREATED"
    until(lambda: is_captured(shop, id))
    (intent,) = intents(provider, shop)
    assert intent.metadata["order"] == id
    assert provider.ledger(intent.id) == [("authorise", TOTAL), ("capture", TOTAL)]
    assert_audited(server)


def test_a_declined_card_leaves_no_order_and_another_one_pays_the_same_cart(
    shop: Shop, server: Server, provider: Provider
) -> None:
    guest = shop.guest()
    cart = shop.cart(guest, ["mug"])
    declined = buy(shop, guest, BAD, cart)
    assert declined.status_code == 400
    assert "insufficient" not in declined.text
    id = succeeded(buy(shop, guest, GOOD, cart), 200)["orderId"]
    until(lambda: is_captured(shop, id))
    first, second = intents(provider, shop)[::-1]
    assert (provider.ledger(first.id), len(provider.ledger(second.id))) == ([], 2)
    assert_audited(server)


@pytest.mark.parametrize(
    "do",
    [
        {"fault": "close", "effect": True},
        {"fault": "close", "effect": False},
        {"fault": "status", "status": 500, "effect": True},
        {"fault": "timeout", "hold_ms": 100, "effect": True},
    ],
    ids=lambda do: f"{do['fault']}-{do.get('effect', '')}",
)
def test_a_lost_answer_never_makes_a_second_intent_nor_a_second_charge(
    shop: Shop, server: Server, provider: Provider, do: dict[str, Any]
) -> None:
    provider.play({"on": {"op": CONFIRM}, "nth": 1, "do": do})
    answer = buy(shop, shop.guest())
    id = succeeded(answer, 200)["orderId"]
    until(lambda: order(shop, id)["status"] == "CREATED" and is_captured(shop, id))
    (intent,) = intents(provider, shop)
    assert provider.ledger(intent.id) == [("authorise", TOTAL), ("capture", TOTAL)]
    assert_audited(server)


def test_the_command_line_lists_payments_and_compares_them_with_the_providers_books(
    shop: Shop, server: Server, provider: Provider
) -> None:
    id = succeeded(buy(shop, shop.guest()), 200)["orderId"]
    until(lambda: is_captured(shop, id))
    (listed,) = json.loads(run_cli("payments", "list", shop.name, "--json", database_url=server.database_url).stdout)
    assert (listed["order"], listed["state"], listed["captured_minor"]) == (id, "CAPTURED", TOTAL)
    words = ("payments", "show", shop.name, listed["id"])
    shown = run_cli(*words, database_url=server.database_url).stdout
    assert [word in shown for word in ("open", "authorise", "capture", "captured")] == [True] * 4
    done = run_cli("payments", "reconcile", shop.name, listed["id"], "--json", database_url=server.database_url)
    assert [one["state"] for one in json.loads(done.stdout)] == ["CAPTURED"]
    assert run_cli("payments", "show", shop.name, "nobody", database_url=server.database_url).returncode == 1
    said = run_cli("audit", "--provider", database_url=server.database_url)
    assert (said.returncode, "1 payments are those of the provider" in said.stdout) == (0, True), said.stdout
    provider.act("refund", listed["provider_id"], amount=100)
    said = run_cli("audit", "--provider", database_url=server.database_url)
    assert (said.returncode, "0 were given back here, 100 at the provider" in said.stdout) == (1, True), said.stdout
