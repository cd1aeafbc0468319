"""Carts of search sessions in a crowd, and events under `kill -9`: sums are exact, what was acknowledged is there."""

import threading
from collections.abc import Iterator
from functools import partial

import httpx
import pytest

from tests.dialects.doofinder.client import CAR, SESSION, SearchShop
from tests.faults.crowd import at_once, audit_passes, statuses
from tests.harness import Server, new_shop, running_server, running_servers
from tests.shop import NO_CERTIFICATES

ADDS = 40
KILLS = 5
CLIENTS = 4


@pytest.fixture
def two(database_url: str) -> Iterator[list[SearchShop]]:
    """One shop's search, seen through two server processes; the audit passes in the end."""
    with running_servers(database_url, 2) as servers:
        with new_shop(servers) as shop:
            doors = [SearchShop(shop, server) for server in servers]
            with doors[0].http, doors[1].http:
                yield doors
        audit_passes(database_url)


def test_forty_adds_of_one_session_at_once_add_up_exactly(two: list[SearchShop]) -> None:
    tries = [partial(two[n % 2].add, amount=n + 1, price=n + 1) for n in range(ADDS)]
    assert statuses(at_once(tries)) == {200: ADDS}
    assert two[0].cart_of() == [("SKU 1", ADDS * (ADDS + 1) // 2)]


def test_adds_removals_and_a_checkout_at_once_lose_and_double_nothing(two: list[SearchShop]) -> None:
    first, second = two
    for _ in range(ADDS):
        first.add()
    adds = [partial(second.add, id=f"SKU {n % 5}") for n in range(ADDS)]
    removals = [
        partial(first.call, "PATCH", f"cart/{SESSION}", json={**CAR, "id": f"SKU {n % 5}", "amount": 1})
        for n in range(10)
    ]
    checkouts = [partial(door.put, "checkout", session_id=SESSION) for door in two * 2]
    assert statuses(at_once([*adds, *removals, *checkouts])) == {200: ADDS + 10 + 4}
    first.cart_of()
    sold = sum(item["amount"] for event in first.events(kind="checkout") for item in event["document"]["cart"])
    assert 2 * ADDS - 10 <= sold <= 2 * ADDS


def _report_until_it_dies(search: SearchShop, client: int, acknowledged: set[str], lock: threading.Lock) -> None:
    """Add to a cart of one's own, again and again; note what was answered."""
    with httpx.Client(base_url=search.server.url, trust_env=False, timeout=60, verify=NO_CERTIFICATES) as http:
        for number in range(100_000):
            name = f"{client}-{number}-{len(acknowledged)}"
            path = f"/6/{search.hashid}/stats/cart/{client}"
            try:
                answer = http.put(path, json={**CAR, "id": name}, headers=search.token)
            except httpx.TransportError:
                return
            assert answer.status_code == 200, answer.text
            with lock:
                acknowledged.add(name)


def _kill_under_load(server: Server, search: SearchShop, acknowledged: set[str], seconds: float) -> None:
    lock = threading.Lock()
    threads = [
        threading.Thread(target=_report_until_it_dies, args=(search, client, acknowledged, lock))
        for client in range(CLIENTS)
    ]
    before = len(acknowledged)
    for thread in threads:
        thread.start()
    while len(acknowledged) < before + 20:
        threading.Event().wait(seconds)
    server.kill()
    for thread in threads:
        thread.join()


@pytest.mark.timeout(600)  # six starts of two processes each: on a slow day they take minutes, and are no hang
def test_no_acknowledged_event_is_lost_when_the_server_is_killed(database_url: str) -> None:
    acknowledged: set[str] = set()
    with running_server(database_url, workers=2) as server, new_shop(server) as shop:
        search = SearchShop(shop, server)
        for kill in range(KILLS):
            _kill_under_load(server, search, acknowledged, 0.01 * (kill + 1))
            server.restart()
        with search.http:
            kept: set[str] = set()
            after = 0
            while page := search.events(after=after):
                kept |= {event["document"]["said"]["id"] for event in page}
                after = page[-1]["position"]
        assert acknowledged <= kept
    audit_passes(database_url)
