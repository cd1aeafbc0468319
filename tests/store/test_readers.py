"""Reads in lanes: what is quick does not wait behind what is slow, nobody fills a lane alone, nothing runs for ever."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.store.ground import WAIT_SECONDS_MAX, all_of, lay_ground, look, opened
from tillroll.store import Asker, Overloaded, Reads, Store, StoreFailed, Transaction
from tillroll.store.postgres_connection import Limits, Watchdog
from tillroll.store.postgres_reader import HeldTables, PostgresReader
from tillroll.store.postgres_transaction import PostgresTransaction
from tillroll.store.readers import lanes
from tillroll.store.sqlite_connection import SqliteTransaction

SEARCHES = lanes(1)["search"]
# More than all lanes together hold: only what is asked at once in these tests counts, never how long it takes.
PATIENT = 600.0
HURRIED = 1.0

ENDLESS_SQLITE = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
ENDLESS_POSTGRES = "SELECT pg_sleep(600)"


def asker(number: int) -> Asker:
    """Somebody with an address and a token of their own."""
    return f"192.0.2.{number}", f"Bearer {number}"


class Held:
    """Searches that stay inside their transaction until they are let go, and in which order they began."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self._started = threading.Semaphore(0)
        self._release = threading.Event()

    def search(self, tx: Transaction, name: str) -> str:
        """Read something, then wait."""
        tx.rows("shops")
        self.began.append(name)
        self._started.release()
        assert self._release.wait(WAIT_SECONDS_MAX)
        return name

    async def started(self, count: int = 1) -> None:
        """Wait until so many more have begun."""
        for _ in range(count):
            assert await asyncio.to_thread(self._started.acquire, timeout=WAIT_SECONDS_MAX)

    def let_go(self) -> None:
        """Let all go on."""
        self._release.set()


@contextmanager
def held() -> Iterator[Held]:
    """Searches that are let go at the end at the latest."""
    one = Held()
    try:
        yield one
    finally:
        one.let_go()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store whose reads may take long."""
    with opened(database_url, request_seconds=PATIENT) as store:
        lay_ground(store)
        yield store


@pytest.fixture
def hurried(database_url: str) -> Iterator[Store]:
    """A store whose reads have little time."""
    with opened(database_url, request_seconds=HURRIED) as store:
        lay_ground(store)
        yield store


def shops(tx: Transaction, _: object = None) -> int:
    """A read that is over at once."""
    return len(tx.rows("shops"))


def run_statement(tx: Transaction, statement: str) -> Any:
    """Run a statement of the test's own on the transaction's connection."""
    if isinstance(tx, SqliteTransaction):
        return tx._connection.execute(statement).fetchone()[0]
    assert isinstance(tx, PostgresTransaction)
    return tx._cursor.execute(statement.encode()).fetchone()[0]  # type: ignore[index]  # a row, or it raises


def never_ending(tx: Transaction, _: object = None) -> object:
    """One statement without an end."""
    return run_statement(tx, ENDLESS_SQLITE if isinstance(tx, SqliteTransaction) else ENDLESS_POSTGRES)


def again_and_again(tx: Transaction, _: object = None) -> object:
    """Statements without an end, each over at once."""
    while True:
        tx.rows("shops")


def test_a_point_read_is_answered_while_searches_fill_their_lane(store: Store) -> None:
    async def scene() -> list[str]:
        with held() as searches:
            reads = [
                store.read(searches.search, str(n), "search", asker(n))
                for n in range(SEARCHES.threads + SEARCHES.waiting_max)
            ]
            tasks = [asyncio.create_task(read) for read in reads[: SEARCHES.threads]]
            await searches.started(SEARCHES.threads)
            tasks += [asyncio.create_task(read) for read in reads[SEARCHES.threads :]]
            await asyncio.sleep(0)
            assert await store.read(shops, None) == 1
            assert await store.read(shops, None, "list") == 1
            assert await store.read(shops, None, "report") == 1
            assert not any(task.done() for task in tasks)
            searches.let_go()
            return list(await asyncio.gather(*tasks))

    assert asyncio.run(scene()) == [str(n) for n in range(SEARCHES.threads + SEARCHES.waiting_max)]


def test_more_searches_than_the_lane_holds_are_told_to_come_back(store: Store) -> None:
    async def scene() -> None:
        with held() as searches:
            full = SEARCHES.threads + SEARCHES.waiting_max
            first = [asyncio.create_task(store.read(searches.search, "", "search", asker(n))) for n in range(2)]
            await searches.started(SEARCHES.threads)
            rest = [asyncio.create_task(store.read(searches.search, "", "search", asker(n))) for n in range(2, full)]
            await asyncio.sleep(0)
            with pytest.raises(Overloaded):
                await store.read(searches.search, "", "search", asker(full))
            searches.let_go()
            await asyncio.gather(*first, *rest)
            assert await store.read(shops, None, "search", asker(full)) == 1

    asyncio.run(scene())


def test_one_token_has_neither_all_threads_nor_all_places(store: Store) -> None:
    async def scene() -> None:
        with held() as searches:
            greedy = [asyncio.create_task(store.read(searches.search, "greedy", "search", asker(1)))]
            await searches.started()  # else it would still have one of the places
            greedy += [
                asyncio.create_task(store.read(searches.search, "greedy", "search", asker(1))) for _ in range(98)
            ]
            await asyncio.sleep(0)
            refused = [task for task in greedy if task.done()]
            assert {type(task.exception()) for task in refused} == {Overloaded}
            assert len(greedy) - len(refused) == 1 + SEARCHES.waiting_of_token_max
            modest = asyncio.create_task(store.read(searches.search, "modest", "search", asker(2)))
            await searches.started()
            assert searches.began == ["greedy", "modest"]
            searches.let_go()
            await modest
            await all_of(greedy)

    asyncio.run(scene())


def test_many_tokens_of_one_address_leave_places_to_others(store: Store) -> None:
    async def scene() -> None:
        with held() as searches:
            crowd = [
                asyncio.create_task(store.read(searches.search, "", "search", ("192.0.2.1", str(n)))) for n in range(99)
            ]
            await searches.started(SEARCHES.threads)
            taken = [task for task in crowd if not task.done()]
            assert len(taken) <= SEARCHES.threads + SEARCHES.waiting_of_address_max < SEARCHES.waiting_max
            other = asyncio.create_task(store.read(searches.search, "other", "search", asker(2)))
            searches.let_go()
            await other
            await all_of(crowd)

    asyncio.run(scene())


def test_who_waits_is_served_in_turn(store: Store) -> None:
    async def scene() -> list[str]:
        with held() as searches:
            tasks = [
                asyncio.create_task(store.read(searches.search, name, "report", ("192.0.2.9", name)))
                for name in ("first",)
            ]
            await searches.started()
            for address, token in [("1", "a"), ("1", "a"), ("1", "b"), ("2", "c"), ("2", "c"), ("3", "d")]:
                read = store.read(searches.search, token, "report", (address, token))
                tasks.append(asyncio.create_task(read))
                await asyncio.sleep(0)
            searches.let_go()
            await asyncio.gather(*tasks)
            return searches.began

    assert asyncio.run(scene()) == ["first", "a", "c", "d", "b", "c", "a"]


def test_a_read_that_waits_too_long_is_taken_out_and_never_run(hurried: Store) -> None:
    async def scene() -> None:
        with held() as searches:
            running = asyncio.create_task(hurried.read(searches.search, "running", "report"))
            await searches.started()
            with pytest.raises(Overloaded, match="waited"):
                await hurried.read(searches.search, "waiting", "report")
            searches.let_go()
            await all_of([running])
            assert await hurried.read(shops, None, "report") == 1
            assert searches.began == ["running"]

    asyncio.run(scene())


def test_a_client_that_leaves_takes_its_waiting_read_along(store: Store) -> None:
    async def scene() -> None:
        with held() as searches:
            running = asyncio.create_task(store.read(searches.search, "running", "report"))
            await searches.started()
            for _ in range(100):  # more than may wait at once
                waiting = asyncio.create_task(store.read(searches.search, "waiting", "report"))
                await asyncio.sleep(0)
                waiting.cancel()
                assert isinstance((await all_of([waiting]))[0], asyncio.CancelledError)
            searches.let_go()
            await running
            assert await store.read(shops, None, "report") == 1
            assert searches.began == ["running"]

    asyncio.run(scene())


@pytest.mark.parametrize("work", [never_ending, again_and_again])
def test_a_read_that_runs_too_long_is_ended_and_its_thread_comes_back(
    hurried: Store, work: Callable[[Transaction, object], object]
) -> None:
    async def scene() -> None:
        for _ in range(2):
            with pytest.raises(Overloaded):
                await hurried.read(work, None, "report")
        deadline = asyncio.get_running_loop().time() + WAIT_SECONDS_MAX
        while True:  # the only thread of the lane is on its way back
            try:
                assert await hurried.read(shops, None, "report") == 1
            except Overloaded:
                assert asyncio.get_running_loop().time() < deadline
            else:
                return

    asyncio.run(scene())


def test_a_read_that_was_ended_leaves_nothing_open(hurried: Store, database_url: str) -> None:
    with pytest.raises(Overloaded):
        asyncio.run(hurried.read(never_ending, None))
    asyncio.run(hurried.read(shops, None))
    hurried.close()
    if database_url.startswith("postgres"):
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert look(database_url, others) == [(0,)]
    else:
        assert not Path(database_url.removeprefix("sqlite:///") + "-wal").exists()


def test_the_command_line_reads_for_as_long_as_it_takes(hurried: Store) -> None:
    def long(tx: Transaction) -> int:
        threading.Event().wait(2 * HURRIED)
        return shops(tx)

    assert hurried.read_now(long) == 1


def test_a_closed_store_refuses_reads(store: Store) -> None:
    store.close()
    for kind in lanes(1):
        with pytest.raises(StoreFailed):
            asyncio.run(store.read(shops, None, kind))


def test_what_waits_when_the_store_is_closed_is_told(database_url: str) -> None:
    async def scene(store: Store) -> list[Any]:
        with held() as searches:
            tasks = [asyncio.create_task(store.read(searches.search, "it", "report", asker(n))) for n in range(3)]
            await searches.started()
            closing = asyncio.create_task(asyncio.to_thread(store.close))
            waiting = await all_of(tasks[1:])
            searches.let_go()
            await closing
            return [await tasks[0], *(type(one) for one in waiting)]

    with opened(database_url, request_seconds=PATIENT) as store:
        lay_ground(store)
        assert asyncio.run(scene(store)) == ["it", StoreFailed, StoreFailed]


def test_a_postgresql_that_hangs_is_not_waited_for_and_no_thread_is_lost(postgres_url: str) -> None:
    kinds: list[Reads] = ["point", "list", "search", "report"]

    async def read_everywhere(store: Store) -> list[Any]:
        return await all_of([store.read(shops, None, kind, asker(n)) for kind in kinds for n in range(4)])

    with opened(postgres_url, request_seconds=HURRIED) as store:
        lay_ground(store)
        assert asyncio.run(read_everywhere(store)) == [1] * 16
        with frozen(postgres_url):
            for _ in range(2):
                told = asyncio.run(read_everywhere(store))
                assert all(isinstance(one, Overloaded | StoreFailed) for one in told)
        deadline = threading.Event()
        for _ in range(100):
            found = asyncio.run(read_everywhere(store))
            if found == [1] * 16:
                break
            deadline.wait(0.1)
        assert found == [1] * 16


def test_a_read_whose_session_the_server_has_ended_meanwhile_is_refused_and_the_next_one_is_not(
    postgres_url: str,
) -> None:
    """As after a server that hung in the middle of a read, and came back when the session had rested for too long."""
    watchdog = Watchdog()
    limits = Limits(lock_seconds=5, statement_seconds=5, idle_seconds=0.05)
    reader = PostgresReader(postgres_url, limits, watchdog, HeldTables())

    def rests(tx: Transaction, _item: None) -> int:
        before = len(tx.rows("shops"))
        time.sleep(0.5)
        return before + len(tx.rows("shops"))

    with opened(postgres_url) as store:
        lay_ground(store)
    try:
        with pytest.raises(StoreFailed):
            reader.run(rests, None, time.monotonic() + PATIENT)
        assert reader.run(shops, None, time.monotonic() + PATIENT) == 1
    finally:
        reader.close()
        watchdog.close()


@contextmanager
def frozen(url: str) -> Iterator[None]:
    """Stop the database server: its main process first, then whoever serves a connection to this database."""
    folder = look(url, "SHOW data_directory")[0][0]
    main = int((Path(folder) / "postmaster.pid").read_text().split()[0])
    serving = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    stopped = [main, *(pid for (pid,) in look(url, serving))]
    try:
        for process in stopped:
            os.kill(process, signal.SIGSTOP)
        yield
    finally:
        for process in stopped:
            os.kill(process, signal.SIGCONT)
