"""A request has one time for all that it waits for: what is prepared, what is worked out beside it, and the write."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest

from tests.store.ground import SHOP, engine_of, lay_ground, note_all, opened
from tillroll.dialects.http import Area, Door, Inbound, Postponed, Response, Route
from tillroll.dialects.native.errors import NATIVE
from tillroll.settings import Settings
from tillroll.store import Contended, Store, Transaction
from tillroll.store.group_commit import Within

REQUEST_SECONDS = 1.5
# Long enough that two waits of its rest would be noticed, on a slow day, too.
BEFORE_SECONDS = 1.2
SLOW_DAY_SECONDS = 0.8

Prepare = Callable[[Within, Inbound], Awaitable[Response | None]]


@contextmanager
def held(url: str) -> Iterator[None]:
    """Let nobody write into the ledger meanwhile."""
    if engine_of(url) == "sqlite":
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as shell:
            shell.execute("BEGIN IMMEDIATE")
            yield
            shell.execute("ROLLBACK")
    else:
        with psycopg.connect(url) as shell:
            shell.execute("LOCK TABLE event IN EXCLUSIVE MODE")
            yield


@contextmanager
def hurried(url: str) -> Iterator[Store]:
    """A store whose requests have little time."""
    with opened(url, request_seconds=REQUEST_SECONDS) as store:
        lay_ground(store)
        yield store


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    """Such a store on SQLite."""
    with hurried(sqlite_url) as store:
        yield store


def noted(_tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
    """Write one event for each request."""
    note_all(_tx, [inbound.id for inbound in requests])
    return [Response(200) for _ in requests]


def asked(store: Store, route: Route) -> tuple[int, float]:
    """The status of a request to a route, and how long it took."""
    settings = Settings(request_seconds=REQUEST_SECONDS)
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/slow",
        "raw_path": b"/slow",
        "query_string": b"",
        "headers": [],
    }
    door = Door(store, [route], [Area("", NATIVE)], settings)
    begun = time.monotonic()
    asyncio.run(door(scope, receive, send))
    return sent[0]["status"], time.monotonic() - begun


def slow(prepare: Prepare | None = None, run: Callable[..., Any] = noted) -> Route:
    """A route that writes, after what it prepares."""
    return Route("POST", "/slow", run, NATIVE, writes=True, content_types=(), keeps_answers=False, prepare=prepare)


def test_what_prepares_a_write_leaves_it_the_rest_of_the_time(database_url: str) -> None:
    async def prepare(_within: Within, _inbound: Inbound) -> None:
        await asyncio.sleep(BEFORE_SECONDS)

    with hurried(database_url) as store:
        with held(database_url):
            status, seconds = asked(store, slow(prepare))
        assert status == 503
        assert seconds < REQUEST_SECONDS + SLOW_DAY_SECONDS
        assert asked(store, slow(prepare))[0] == 200


@pytest.mark.parametrize("reads", [True, False], ids=["read", "write"])
def test_what_is_prepared_may_wait_for_the_rest_of_the_time(store: Store, sqlite_url: str, reads: bool) -> None:
    async def prepare(within: Within, _inbound: Inbound) -> None:
        await asyncio.sleep(BEFORE_SECONDS)
        if reads:
            await within.read(lambda _tx, _item: time.sleep(2 * REQUEST_SECONDS), None)
        else:
            await within.write(note_all, "before")

    with held(sqlite_url):
        status, seconds = asked(store, slow(prepare))
    assert status == 503
    assert seconds < REQUEST_SECONDS + SLOW_DAY_SECONDS


def test_what_is_prepared_without_the_database_ends_in_time_too(store: Store) -> None:
    async def prepare(_within: Within, _inbound: Inbound) -> None:
        await asyncio.Event().wait()

    status, seconds = asked(store, slow(prepare))
    assert status == 503
    assert seconds < REQUEST_SECONDS + SLOW_DAY_SECONDS


def test_tries_and_what_is_worked_out_between_them_have_one_time(store: Store) -> None:
    def run(_tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
        return [Postponed(shop=SHOP, key=b"work", work=lambda: time.sleep(BEFORE_SECONDS)) for _ in requests]

    status, seconds = asked(store, slow(run=run))
    assert status == 503
    assert seconds < 2 * BEFORE_SECONDS + SLOW_DAY_SECONDS  # the thread ends with the work that it has begun


def test_a_request_whose_time_is_up_asks_the_store_for_nothing(store: Store) -> None:
    late = Within(store, time.monotonic())
    with pytest.raises(Contended, match="time was up"):
        asyncio.run(late.write(note_all, "late"))
    with pytest.raises(Contended, match="time was up"):
        asyncio.run(late.read(lambda tx, _: tx.rows("shops"), None))
