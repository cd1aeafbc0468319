"""Writes that share a commit: each is answered once, in its own words, and only when it is on disk."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from tests.store.ground import (
    INTEGRITY_ERRORS,
    NOW,
    SHOP,
    WAIT_SECONDS_MAX,
    all_of,
    busy_writers,
    look,
    next_numbers,
    note,
    note_all,
    noted,
    opened,
)
from tillroll.store import Overloaded, Store, StoreFailed, Transaction
from tillroll.store.group_commit import BATCH_ITEMS_MAX


class Refused(Exception):
    """What the work of these tests raises for an item that it does not like."""


def note_unless_odd(tx: Transaction, items: Sequence[int]) -> Sequence[int]:
    """Note every item, and then refuse the odd ones."""
    for item in items:
        note(tx, item)
        if item % 2:
            raise Refused(item)
    return items


def claim(tx: Transaction, items: Sequence[str]) -> Sequence[str]:
    """Note each item and take a key that only one of its name can have."""
    for item in items:
        note(tx, item)
        answer = {"status": 200, "headers": "[]", "body": b"", "fingerprint": b"", "now": NOW}
        tx.run("insert_answer", shop=SHOP, caller="", key=item[:1], **answer)
    return items


def test_writes_that_wait_together_share_a_transaction_and_get_their_own_results(
    store: Store, database_url: str
) -> None:
    async def scene() -> None:
        async with busy_writers(store, database_url) as release:
            writes = [asyncio.create_task(store.write(note_all, number)) for number in range(20)]
            await asyncio.sleep(0)
            release()
            results = await asyncio.gather(*writes)
        assert [item for item, _ in results] == list(range(20))
        assert max(shared for _, shared in results) > 1
        assert sorted(noted(database_url), key=int) == [str(number) for number in range(20)]

    asyncio.run(scene())


def test_one_transaction_takes_no_more_than_the_largest_batch(store: Store, database_url: str) -> None:
    async def scene() -> None:
        async with busy_writers(store, database_url) as release:
            writes = [asyncio.create_task(store.write(note_all, n)) for n in range(BATCH_ITEMS_MAX * 2 + 1)]
            await asyncio.sleep(0)
            release()
            results = await asyncio.gather(*writes)
        assert max(shared for _, shared in results) == BATCH_ITEMS_MAX

    asyncio.run(scene())


def test_a_write_that_raises_is_taken_out_and_the_rest_is_committed(store: Store, database_url: str) -> None:
    async def scene() -> list[object]:
        async with busy_writers(store, database_url) as release:
            writes = [asyncio.create_task(store.write(note_unless_odd, number)) for number in range(10)]
            await asyncio.sleep(0)
            release()
            return await all_of(writes)

    results = asyncio.run(scene())
    assert results[::2] == [0, 2, 4, 6, 8]
    for number, refusal in zip(range(1, 10, 2), results[1::2], strict=True):
        assert isinstance(refusal, Refused)
        assert refusal.args == (number,)
    assert sorted(noted(database_url)) == ["0", "2", "4", "6", "8"]


def test_a_write_that_breaks_a_constraint_is_taken_out_and_the_rest_is_committed(
    store: Store, database_url: str
) -> None:
    async def scene() -> list[object]:
        async with busy_writers(store, database_url) as release:
            writes = [asyncio.create_task(store.write(claim, item)) for item in ("a1", "b1", "a2", "c1")]
            await asyncio.sleep(0)
            release()
            return await all_of(writes)

    results = asyncio.run(scene())
    first, b, second, c = results
    assert (b, c) == ("b1", "c1")
    winner, loser = (first, second) if first == "a1" else (second, first)
    assert winner in ("a1", "a2")
    assert isinstance(loser, INTEGRITY_ERRORS)
    assert sorted(noted(database_url)) == sorted([str(winner), "b1", "c1"])


def test_different_work_in_one_batch_does_not_mix(store: Store, database_url: str) -> None:
    async def scene() -> list[object]:
        async with busy_writers(store, database_url) as release:
            notes = [asyncio.create_task(store.write(note_unless_odd, number)) for number in (1, 2)]
            numbers = [asyncio.create_task(store.write(next_numbers, "n")) for _ in range(2)]
            await asyncio.sleep(0)
            release()
            return await all_of([*notes, *numbers])

    refused, two, one, other = asyncio.run(scene())
    assert isinstance(refused, Refused)
    assert (two, {one, other}) == (2, {1, 2})
    assert noted(database_url) == ["2"]


def test_work_that_forgets_an_answer_commits_nothing(store: Store, database_url: str) -> None:
    def forgetful(tx: Transaction, items: Sequence[int]) -> Sequence[int]:
        note_all(tx, items)
        return []

    with pytest.raises(AssertionError, match="0 results for 1 writes"):
        asyncio.run(store.write(forgetful, 1))
    assert noted(database_url) == []


def test_a_result_arrives_only_when_others_can_see_what_it_says(store: Store, database_url: str) -> None:
    seen_inside: list[list[str]] = []

    def note_and_look(tx: Transaction, items: Sequence[str]) -> Sequence[str]:
        note_all(tx, items)
        seen_inside.append(noted(database_url))
        return items

    async def scene() -> list[str]:
        await store.write(note_and_look, "it")
        return noted(database_url)

    assert asyncio.run(scene()) == ["it"]
    assert seen_inside == [[]]


def test_many_writes_at_once_are_each_answered_exactly_once(store: Store) -> None:
    async def scene() -> list[int]:
        return list(await asyncio.gather(*(store.write(next_numbers, "n") for _ in range(1000))))

    assert sorted(asyncio.run(scene())) == list(range(1, 1001))


def test_a_full_queue_refuses_and_keeps_nothing_of_what_it_refused(store: Store, database_url: str) -> None:
    async def scene() -> None:
        with opened(database_url, queue_max=3) as small:
            async with busy_writers(small, database_url) as release:
                writes = [asyncio.create_task(small.write(note_all, number)) for number in range(3)]
                await asyncio.sleep(0)
                with pytest.raises(Overloaded):
                    await small.write(note_all, "one too many")
                release()
                assert [item for item, _ in await asyncio.gather(*writes)] == [0, 1, 2]
            assert (await small.write(note_all, "later"))[0] == "later"

    asyncio.run(scene())
    assert sorted(noted(database_url)) == ["0", "1", "2", "later"]


def test_closing_finishes_what_is_queued_and_takes_nothing_more(store: Store, database_url: str) -> None:
    async def scene() -> None:
        with opened(database_url) as closing:
            async with busy_writers(closing, database_url) as release:
                writes = [asyncio.create_task(closing.write(note_all, number)) for number in range(5)]
                await asyncio.sleep(0)
                closed = asyncio.create_task(asyncio.to_thread(closing.close))
                release()
                assert [item for item, _ in await asyncio.gather(*writes)] == [0, 1, 2, 3, 4]
                await closed
            with pytest.raises(StoreFailed):
                await asyncio.wait_for(closing.write(note_all, "too late"), WAIT_SECONDS_MAX)

    asyncio.run(scene())
    assert sorted(noted(database_url)) == ["0", "1", "2", "3", "4"]


def test_a_caller_who_goes_away_disturbs_nobody(store: Store, database_url: str) -> None:
    async def scene() -> None:
        async with busy_writers(store, database_url) as release:
            leaver, stayer = (asyncio.create_task(store.write(note_all, name)) for name in ("leaver", "stayer"))
            await asyncio.sleep(0)
            leaver.cancel()
            with pytest.raises(asyncio.CancelledError):
                await leaver
            release()
            assert (await stayer)[0] == "stayer"

    asyncio.run(scene())
    assert sorted(noted(database_url)) == ["leaver", "stayer"]


def test_a_caller_whose_loop_has_ended_does_not_stop_the_writers(store: Store, database_url: str) -> None:
    started, release = threading.Event(), threading.Event()

    def slow(_tx: Transaction, items: Sequence[None]) -> Sequence[None]:
        started.set()
        assert release.wait(WAIT_SECONDS_MAX)
        return items

    async def leave() -> None:
        write = asyncio.create_task(store.write(slow, None))
        assert await asyncio.to_thread(started.wait, WAIT_SECONDS_MAX)
        write.cancel()

    asyncio.run(leave())
    release.set()
    for number in range(4):
        assert asyncio.run(asyncio.wait_for(store.write(note_all, number), WAIT_SECONDS_MAX))[0] == number
    assert noted(database_url) == ["0", "1", "2", "3"]


def test_a_reader_sees_one_moment_however_long_it_looks(store: Store, database_url: str) -> None:
    def look_twice(tx: Transaction, _: None) -> tuple[int, int]:
        before = len(tx.rows("events_of_subject", shop=SHOP, subject="it"))
        with opened(database_url) as other:
            other.write_now(lambda tx: note(tx, "it"))
        assert noted(database_url) == ["it"]
        return before, len(tx.rows("events_of_subject", shop=SHOP, subject="it"))

    assert asyncio.run(store.read(look_twice, None)) == (0, 0)
    assert asyncio.run(store.read(lambda tx, _: len(tx.rows("events_of_subject", shop=SHOP, subject="it")), None)) == 1


def test_a_reader_can_not_write(store: Store, database_url: str) -> None:
    with pytest.raises(Exception, match=r"(?i)read.?only"):
        asyncio.run(store.read(note, "it"))
    assert noted(database_url) == []
    assert asyncio.run(store.read(lambda tx, _: tx.rows("shops"), None)) == [(SHOP, "EUR", NOW)]


def test_what_a_reader_raises_reaches_its_caller(store: Store) -> None:
    def refuse(_tx: Transaction, item: str) -> None:
        raise Refused(item)

    for item in ("first", "second"):
        with pytest.raises(Refused, match=item):
            asyncio.run(store.read(refuse, item))


def test_the_command_line_writes_alone_or_not_at_all(store: Store, database_url: str) -> None:
    def note_and_refuse(tx: Transaction) -> None:
        note(tx, "half")
        raise Refused

    with pytest.raises(Refused):
        store.write_now(note_and_refuse)
    store.write_now(lambda tx: note(tx, "whole"))
    assert noted(database_url) == ["whole"]
    assert look(database_url, "SELECT count(*) FROM shop") == [(1,)]
