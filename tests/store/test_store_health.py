"""What a store says of its own health: tried, shared, and soon."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import psycopg
import pytest

from tests.store.ground import busy_writers, engine_of, look, note_all, opened
from tillroll.store import Health, Store, StoreFailed, Transaction
from tillroll.store.health import LOOK_SECONDS, WRITTEN_SECONDS

HEALTHY = Health(reading=True, writing=True)
SIGNS = "SELECT writer, mark FROM commit_mark WHERE writer LIKE 'health-%'"


def test_whoever_asks_often_spends_one_write_a_second(store: Store, database_url: str) -> None:
    async def scene() -> tuple[int, float]:
        begun = time.monotonic()
        signs = set()
        for _ in range(30):
            assert await asyncio.gather(*(store.health() for _ in range(5))) == [HEALTHY] * 5
            signs |= set(look(database_url, SIGNS))
        return len(signs), time.monotonic() - begun

    count, seconds = asyncio.run(scene())
    assert 1 <= count <= 1 + seconds / WRITTEN_SECONDS
    assert len({writer for writer, _ in look(database_url, SIGNS)}) == 1


def test_writers_that_are_all_busy_for_long_are_told_of(store: Store, database_url: str) -> None:
    async def scene() -> Health:
        async with busy_writers(store, database_url) as release:
            found = await store.health()
            release()
        return found

    found = asyncio.run(scene())
    assert (found.reading, found.writing) == (True, False)
    assert asyncio.run(store.health()) == HEALTHY


def test_a_full_queue_is_told_of(store: Store, database_url: str) -> None:
    async def scene() -> Health:
        with opened(database_url, queue_max=1) as small:
            async with busy_writers(small, database_url) as release:
                waiting = asyncio.create_task(small.write(note_all, "it"))
                await asyncio.sleep(0)
                found = await small.health()
                release()
                await waiting
            return found

    found = asyncio.run(scene())
    assert (found.reading, found.writing, found.reason) == (True, False, "more writes wait than may")


def test_a_locked_file_is_told_of_in_time_and_forgotten_when_it_is_free(sqlite_url: str) -> None:
    with opened(sqlite_url) as store, closing(sqlite3.connect(sqlite_url[10:], isolation_level=None)) as shell:
        store.migrate()
        shell.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        found = asyncio.run(store.health())
        assert time.monotonic() - begun < LOOK_SECONDS + 2
        assert (found.reading, found.writing) == (True, False)
        shell.execute("ROLLBACK")
        store.write_now(lambda tx: tx.rows("shops"))
        assert asyncio.run(store.health()) == HEALTHY


def test_a_write_that_fails_voids_the_proof_that_one_has_gone_through(store: Store, database_url: str) -> None:
    full: Exception = psycopg.errors.DiskFull()
    if engine_of(database_url) == "sqlite":
        full = sqlite3.OperationalError()
        full.sqlite_errorcode = sqlite3.SQLITE_FULL

    def fail(_tx: Transaction, _items: Sequence[str]) -> Sequence[str]:
        raise full

    async def scene() -> tuple[set[tuple[Any, ...]], set[tuple[Any, ...]]]:
        assert await store.health() == HEALTHY
        before = set(look(database_url, SIGNS))
        with pytest.raises(StoreFailed):
            await store.write(fail, "it")
        assert await store.health() == HEALTHY  # it was tried again, and went through
        return before, set(look(database_url, SIGNS))

    before, after = asyncio.run(scene())
    assert before.isdisjoint(after)
