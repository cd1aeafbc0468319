"""Writes that are put off: worked on outside of their transaction, in a line for each shop, and never for ever."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import httpx
import pytest

from tillroll.dialects.aside import WAITING_MAX, Aside
from tillroll.dialects.emporix.wire.errors import CHECKOUT
from tillroll.dialects.http import TRIES_MAX, Area, Door, Inbound, Postponed, Response, Route
from tillroll.settings import Settings
from tillroll.store import Overloaded, Store, Transaction, open_store


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    store = open_store(sqlite_url)
    store.migrate()
    yield store
    store.close()


def post(store: Store, run: Callable[[Inbound], Response]) -> httpx.Response:
    """The answer of a door with one writing route."""

    def run_all(_tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
        return [run(inbound) for inbound in requests]

    door = Door(store, [Route("POST", "/a", run_all, CHECKOUT, writes=True)], [Area("", CHECKOUT)], Settings())

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://till") as client:
            return await client.post("/a")

    return asyncio.run(ask())


def test_what_a_write_lacks_is_worked_out_in_another_thread_and_found_by_the_next_try(store: Store) -> None:
    threads: list[str] = []

    def work() -> str:
        threads.append(threading.current_thread().name)
        return "found"

    def run(inbound: Inbound) -> Response:
        if b"key" not in inbound.findings:
            return Postponed(shop="acme", key=b"key", work=work)
        return Response(200, inbound.findings[b"key"].encode())

    answer = post(store, run)
    assert (answer.status_code, answer.text) == (200, "found")
    assert len(threads) == 1
    assert threads[0].startswith("aside")


def test_a_write_that_lacks_something_else_each_time_is_told_to_come_back(store: Store) -> None:
    tries: list[int] = []

    def run(inbound: Inbound) -> Response:
        tries.append(len(inbound.findings))
        return Postponed(shop="acme", key=b"%d" % len(tries), work=lambda: None)

    answer = post(store, run)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["status"] == 503
    assert tries == list(range(TRIES_MAX))


def test_a_shop_has_one_thing_worked_on_at_a_time_and_others_come_in_between() -> None:
    order: list[str] = []

    async def all_of_them() -> None:
        aside = Aside()
        named = ["a"] * 5 + ["b"]
        await asyncio.gather(*(aside.run(shop, partial(order.append, shop)) for shop in named))

    asyncio.run(all_of_them())
    assert sorted(order) == ["a"] * 5 + ["b"]
    assert order.index("b") <= 1


def test_whose_line_is_too_long_is_told_to_come_back_and_others_are_not() -> None:
    async def all_of_them() -> None:
        aside, held = Aside(), threading.Event()
        waiting = [asyncio.ensure_future(aside.run("a", held.wait)) for _ in range(WAITING_MAX)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await aside.run("a", held.wait)
        other = asyncio.ensure_future(aside.run("b", lambda: 7))
        held.set()
        assert await other == 7
        assert all(await asyncio.gather(*waiting))
        assert await aside.run("a", lambda: 8) == 8

    asyncio.run(all_of_them())


def test_work_that_fails_fails_its_request_alone() -> None:
    async def all_of_them() -> None:
        aside = Aside()
        with pytest.raises(ZeroDivisionError):
            await aside.run("a", lambda: 1 // 0)
        assert await aside.run("a", lambda: 7) == 7

    asyncio.run(all_of_them())
