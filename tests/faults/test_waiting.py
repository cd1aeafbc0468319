"""What others hold or stop for long is waited for with a limit, and by those alone who need it (PostgreSQL)."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

import httpx
import psycopg

from tests.crashable_postgres import crashable_postgres
from tests.dialects.alhena.storefront import Visitor
from tests.faults.crowd import audit_passes
from tests.harness import Server, new_shop, running_server, running_servers
from tests.shop import NO_CERTIFICATES, Guest, Shop
from tests.store.ground import WAIT_SECONDS_MAX, look

REQUEST_SECONDS = 5.0
# What a machine that is busy with other tests may add to any answer.
SLOW_DAY_SECONDS = 1.0

IN_TRANSACTION = """
    SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND backend_xid IS NOT NULL
"""
WAITS_FOR_A_ROW = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


class Told(NamedTuple):
    """An answer and how long it took."""

    status: int
    seconds: float


class Buyer(NamedTuple):
    """A guest with a cart that is ready to be bought."""

    shop: Shop
    guest: Guest
    cart_id: str

    def buy(self) -> Told:
        """Check out, with the cart's id as the key."""
        body = self.shop.order_request(self.cart_id)
        return timed(lambda: self.shop.checkout(self.guest, body, idempotency_key=self.cart_id))

    def buy_in_the_end(self) -> None:
        """Ask again until it is bought."""
        wait_for(lambda: self.buy().status == 200)


def stock_up(shop: Shop) -> None:
    """The standard shop, with a hundred mugs."""
    shop.standard()
    shop.stock("mug", 100)


def buyer(shop: Shop, product: str) -> Buyer:
    """A guest who is about to buy one of a product, and waits for answers longer than any server may."""
    guest = shop.guest()
    guest.timeout = httpx.Timeout(WAIT_SECONDS_MAX)
    return Buyer(shop, guest, shop.cart(guest, [product]))


def timed(ask: Callable[[], httpx.Response]) -> Told:
    """Ask, and look at the clock."""
    begun = time.monotonic()
    answer = ask()
    if answer.status_code == 503:
        assert answer.headers["retry-after"] == "1"
    return Told(answer.status_code, time.monotonic() - begun)


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until it says yes; fails where it does not in time."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


@contextmanager
def held_row(url: str, product: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A shell that has counted a product's stock and not committed."""
    with psycopg.connect(url) as shell:
        counted = shell.execute("UPDATE availability SET on_hand = on_hand WHERE product_id = %s", [product])
        assert counted.rowcount == 1
        yield shell


def test_a_row_that_a_shell_holds_stops_only_those_who_need_it(postgres_url: str) -> None:
    with (
        running_server(postgres_url, settings={"request_seconds": 2 * REQUEST_SECONDS}) as server,
        new_shop(server) as shop,
        ThreadPoolExecutor(6) as pool,
    ):
        stock_up(shop)
        visitor = Visitor(shop)
        assert visitor.talk().status_code == 200
        needing, others = [buyer(shop, "mug") for _ in range(3)], [buyer(shop, "tea") for _ in range(4)]
        with held_row(postgres_url, "mug"):
            held_up = [pool.submit(one.buy) for one in needing]
            wait_for(lambda: look(postgres_url, WAITS_FOR_A_ROW) != [(0,)])
            gone_on = [tell() for one in others for tell in (one.buy, lambda: timed(visitor.cart))]
            assert not [one for one in held_up if one.done()]  # all others were answered while these still waited
            told = [one.result() for one in held_up]
        assert [status for status, _ in gone_on] == [200] * 8, server.log
        assert [status for status, _ in told] == [503] * 3
        assert max(seconds for _, seconds in told) < 2 * REQUEST_SECONDS + SLOW_DAY_SECONDS
        for one in needing:
            one.buy_in_the_end()
        assert shop.on_hand("mug") == 97
    audit_passes(postgres_url)


def test_a_row_that_comes_free_in_time_costs_nobody_an_error(postgres_url: str) -> None:
    with running_server(postgres_url) as server, new_shop(server) as shop, ThreadPoolExecutor(6) as pool:
        stock_up(shop)
        buyers = [buyer(shop, product) for product in ("mug", "mug", "tea", "mug", "tea", "mug")]
        with held_row(postgres_url, "mug"):
            told = [pool.submit(one.buy) for one in buyers]
            wait_for(lambda: sum(one.done() for one in told) == 2)
            time.sleep(1)
        assert [one.result().status for one in told] == [200] * 6
    audit_passes(postgres_url)


def test_a_database_that_is_frozen_is_answered_for_and_nothing_is_done_twice() -> None:
    settings = {"request_seconds": 2}
    with (
        crashable_postgres() as postgres,
        running_server(postgres.url, settings=settings) as server,
        new_shop(server) as shop,
        ThreadPoolExecutor(8) as pool,
    ):
        stock_up(shop)
        buyers = [buyer(shop, "mug") for _ in range(4)]
        shop.service.timeout = httpx.Timeout(WAIT_SECONDS_MAX)
        postgres.freeze()
        try:
            told = [pool.submit(one.buy) for one in buyers]
            ready = pool.submit(
                timed, lambda: httpx.get(f"{server.url}/readyz", verify=NO_CERTIFICATES, timeout=WAIT_SECONDS_MAX)
            )
            read = pool.submit(timed, lambda: shop.service.get(f"/product/{shop.name}/products/mug"))
            alive = timed(lambda: httpx.get(f"{server.url}/healthz", verify=NO_CERTIFICATES, timeout=WAIT_SECONDS_MAX))
            frozen = [one.result() for one in [*told, read, ready]]
        finally:
            postgres.thaw()
        assert [status for status, _ in frozen] == [503] * 6
        assert max(seconds for _, seconds in frozen) < 3 + SLOW_DAY_SECONDS
        assert alive.status == 200
        assert alive.seconds < min(seconds for _, seconds in frozen)
        wait_for(
            lambda: (
                httpx.get(f"{server.url}/readyz", verify=NO_CERTIFICATES, timeout=WAIT_SECONDS_MAX).status_code == 200
            )
        )
        for one in buyers:
            one.buy_in_the_end()
        assert shop.on_hand("mug") == 96
        audit_passes(postgres.url)


def test_a_server_that_hangs_inside_a_transaction_loses_its_locks(postgres_url: str) -> None:
    with running_servers(postgres_url, 2) as servers, new_shop(servers) as shop, ThreadPoolExecutor(2) as pool:
        stock_up(shop)
        there = shop.at(servers[1].url)
        waiting = stopped_inside_a_transaction(postgres_url, servers[0], shop, pool)
        try:
            told = buyer(there, "mug").buy()
            assert told.status == 200
            assert told.seconds < REQUEST_SECONDS + SLOW_DAY_SECONDS
        finally:
            os.killpg(servers[0].process.pid, signal.SIGCONT)
        hung, result = waiting
        if result.result().status != 200:
            hung.buy_in_the_end()
    audit_passes(postgres_url)


def stopped_inside_a_transaction(
    url: str, server: Server, shop: Shop, pool: ThreadPoolExecutor
) -> "tuple[Buyer, Future[Told]]":
    """Stop a server while it waits for the stock of mugs, and let it have the lock that it can not use."""
    for _ in range(20):
        hung = buyer(shop, "mug")
        with held_row(url, "mug"):
            result = pool.submit(hung.buy)
            wait_for(lambda: look(url, WAITS_FOR_A_ROW) != [(0,)])
            os.killpg(server.process.pid, signal.SIGSTOP)
        for _ in range(50):
            if look(url, IN_TRANSACTION) != [(0,)]:
                return hung, result
            time.sleep(0.01)
        os.killpg(server.process.pid, signal.SIGCONT)  # it had just given up waiting
        result.result()
    raise AssertionError("the server was never stopped inside a transaction")
