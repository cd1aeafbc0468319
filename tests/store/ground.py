"""What the store's tests stand on: a migrated store with one shop, and a look at the database past the store."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from functools import partial
from typing import Any, TypeVar

import psycopg

from tests.processes import running
from tillroll.store import Store, Transaction, open_store
from tillroll.store.queries import Engine
from tillroll.store.writers import MAIN_THREADS, SPARE_THREADS

Noted = TypeVar("Noted")

SHOP = "acme"
NOW = 1_700_000_000_000_000
WAIT_SECONDS_MAX = 30

# What the databases raise for a broken constraint.
INTEGRITY_ERRORS = (sqlite3.IntegrityError, psycopg.IntegrityError)


def engine_of(url: str) -> Engine:
    """Which of the two databases this is the address of."""
    return "sqlite" if url.startswith("sqlite:") else "postgres"


@contextmanager
def opened(url: str, *, queue_max: int = 10_000, request_seconds: float = 5, wal_bytes_max: int = 0) -> Iterator[Store]:
    """A store on this database, closed at the end."""
    store = open_store(url, queue_max=queue_max, request_seconds=request_seconds, wal_bytes_max=wal_bytes_max)
    try:
        yield store
    finally:
        store.close()


def lay_ground(store: Store) -> None:
    """Migrate, and add the shop that every row hangs under."""
    store.migrate()
    store.write_now(lambda tx: add_shop(tx, SHOP))


def add_shop(tx: Transaction, shop: str) -> None:
    """A shop without anything."""
    tx.run("insert_shop", id=shop, currency="EUR", settings="{}", now=NOW)


def look(url: str, statement: str) -> list[tuple[Any, ...]]:
    """What another program sees: only what is committed."""
    if engine_of(url) == "sqlite":
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return connection.execute(statement).fetchall()
    with psycopg.connect(url, autocommit=True) as other:
        return other.execute(statement.encode()).fetchall()


def change(url: str, statement: str) -> None:
    """What another program does to the database, committed."""
    if engine_of(url) == "sqlite":
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
            connection.execute(statement)
    else:
        with psycopg.connect(url) as other:
            other.execute(statement.encode())


def note(tx: Transaction, item: object) -> None:
    """Write one event that names the item."""
    tx.run(
        "insert_event",
        shop=SHOP,
        dialect="native",
        kind="noted",
        subject=str(item),
        visitor=None,
        happened_at=NOW,
        received_at=NOW,
        document="{}",
    )


def noted(url: str) -> list[str]:
    """The items that `note` has written and that are committed, in the ledger's order."""
    return [subject for (subject,) in look(url, "SELECT subject FROM event ORDER BY position")]


def note_all(tx: Transaction, items: Sequence[Noted]) -> list[tuple[Noted, int]]:
    """Note each item; the result names the item and how many shared its transaction."""
    for item in items:
        note(tx, item)
    return [(item, len(items)) for item in items]


def next_numbers(tx: Transaction, items: Sequence[str]) -> list[int]:
    """The next number of a sequence for each item, which is the sequence's name."""
    numbers = []
    for name in items:
        row = tx.row("take_numbers", shop=SHOP, name=name, first=0, count=1)
        assert row is not None
        numbers.append(int(row[0]))
    return numbers


async def all_of(writes: Sequence[Any]) -> list[Any]:
    """The results of these awaitables, exceptions included."""
    return list(await asyncio.gather(*writes, return_exceptions=True))


@asynccontextmanager
async def busy_writers(store: Store, url: str) -> AsyncIterator[Callable[[], None]]:
    """Keep every writer thread of the store inside a transaction until the given function is called, or the end."""
    started, release = threading.Semaphore(0), threading.Event()

    def hold(_tx: Transaction, items: Sequence[None]) -> Sequence[None]:
        started.release()
        assert release.wait(WAIT_SECONDS_MAX)
        return items

    held = []
    try:
        for _ in range(1 if engine_of(url) == "sqlite" else MAIN_THREADS + SPARE_THREADS):
            work = partial(hold)  # another one for each thread, because spare threads leave alone what is at work
            held.append(asyncio.create_task(store.write(work, None)))
            assert await asyncio.to_thread(started.acquire, timeout=WAIT_SECONDS_MAX)
        yield release.set
    finally:
        release.set()
        await asyncio.gather(*held)


def run_together(script: str, *arguments: str, count: int) -> list[str]:
    """Run a Python script in several processes that are let go at one moment; what each has printed.

    The script says `print("ready", flush=True); input()` when it is about to begin.
    """
    command = [sys.executable, "-c", script, *arguments]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with ExitStack() as stack:
        processes = [stack.enter_context(running(command, **pipes)) for _ in range(count)]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        outputs = [process.communicate(timeout=WAIT_SECONDS_MAX)[0] for process in processes]
        assert [process.returncode for process in processes] == [0] * count
        return outputs
