"""A group that could not be committed together is counted and told of; and nobody waits for the group after its own."""

import asyncio
import logging
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from tests.store.ground import WAIT_SECONDS_MAX, all_of, busy_writers, note, note_all
from tillroll.store import Store, Transaction, Work
from tillroll.store.writers import Writers


def note_unless_odd(tx: Transaction, items: Sequence[int]) -> Sequence[int]:
    """Note every item, and then refuse the odd ones."""
    for item in items:
        note(tx, item)
        if item % 2:
            raise ValueError(item)
    return items


def test_a_group_that_falls_apart_is_counted_and_told_of(
    store: Store, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> list[object]:
        async with busy_writers(store, database_url) as release:
            writes = [asyncio.create_task(store.write(note_unless_odd, number)) for number in range(10)]
            await asyncio.sleep(0)
            release()
            return await all_of(writes)

    with caplog.at_level(logging.WARNING):
        asyncio.run(scene())
    assert store.groups_fallen_apart > 0
    told = [record.getMessage() for record in caplog.records if "fell apart" in record.getMessage()]
    assert len(told) == store.groups_fallen_apart
    assert told[0].endswith("writes fell apart and is repeated one by one: ValueError(1)")


def test_a_group_that_stays_together_is_not_counted(store: Store, database_url: str) -> None:
    async def scene() -> None:
        async with busy_writers(store, database_url) as release:
            writes = [asyncio.create_task(store.write(note_all, number)) for number in range(50)]
            await asyncio.sleep(0)
            release()
            await asyncio.gather(*writes)

    asyncio.run(scene())
    assert store.groups_fallen_apart == 0


def test_a_write_that_fails_alone_is_no_group_that_fell_apart(store: Store) -> None:
    with pytest.raises(ValueError, match="1"):
        asyncio.run(store.write(note_unless_odd, 1))
    assert store.groups_fallen_apart == 0


def test_an_answer_does_not_wait_for_what_its_thread_commits_next() -> None:
    names = ("a", "b", "c")
    begun = {name: threading.Event() for name in names}
    let_go = {name: threading.Event() for name in names}

    def commit(_work: Work[Any, Any], items: Sequence[Any], _lock_seconds: float, _give_up_at: float) -> Sequence[Any]:
        for item in items:
            begun[item].set()
            assert let_go[item].wait(WAIT_SECONDS_MAX)
        return items

    def work(_tx: Transaction, items: Sequence[str]) -> Sequence[str]:
        return items

    async def scene(writers: Writers) -> None:
        tasks = {}
        for name in ("a", "b"):
            tasks[name] = asyncio.create_task(writers.submit(work, name))
            assert await asyncio.to_thread(begun[name].wait, WAIT_SECONDS_MAX)
        tasks["c"] = asyncio.create_task(writers.submit(work, "c"))
        await asyncio.sleep(0)
        let_go["a"].set()
        assert await asyncio.to_thread(begun["c"].wait, WAIT_SECONDS_MAX)
        assert await asyncio.wait_for(asyncio.shield(tasks["a"]), WAIT_SECONDS_MAX) == "a"
        assert not tasks["b"].done()
        assert not tasks["c"].done()
        let_go["b"].set()
        let_go["c"].set()
        assert list(await asyncio.gather(tasks["b"], tasks["c"])) == ["b", "c"]

    writers = Writers(commit, queue_max=10, seconds=WAIT_SECONDS_MAX)
    try:
        asyncio.run(scene(writers))
    finally:
        for event in let_go.values():
            event.set()
        writers.close()
