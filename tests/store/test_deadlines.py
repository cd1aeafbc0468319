"""One timer for all who wait equally long: each of them ends in time, and who is answered is forgotten."""

import asyncio
import gc
import time
import weakref

from tillroll.store.group_commit import Deadlines

SECONDS = 0.2


class Waiting:
    """Somebody who notes when they were given up."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.deadline = time.monotonic() + SECONDS
        self.ended_at = 0.0

    def give_up(self) -> None:
        """Note the time."""
        self.ended_at = time.monotonic()


def test_each_wait_ends_when_its_own_time_is_up() -> None:
    async def scene() -> list[Waiting]:
        deadlines, all_of_them = Deadlines(), []
        for _ in range(5):
            one = Waiting()
            deadlines.watch(SECONDS, one.loop).add(one)
            all_of_them.append(one)
            await asyncio.sleep(SECONDS / 4)
        until = time.monotonic() + 30
        while not all(one.ended_at for one in all_of_them) and time.monotonic() < until:
            await asyncio.sleep(0.01)
        return all_of_them

    for one in asyncio.run(scene()):
        assert one.ended_at >= one.deadline


def test_who_was_answered_is_not_given_up_and_not_kept() -> None:
    async def scene() -> tuple[Waiting, object]:
        deadlines = Deadlines()
        stays, answered = Waiting(), Waiting()
        watch = deadlines.watch(SECONDS, stays.loop)
        watch.add(answered)
        watch.add(stays)
        watch.remove(answered)
        watch.remove(answered)
        gone = weakref.ref(answered)
        del answered
        gc.collect()
        still_there = gone()
        until = time.monotonic() + 30
        while not stays.ended_at and time.monotonic() < until:
            await asyncio.sleep(0.01)
        return stays, still_there

    stays, still_there = asyncio.run(scene())
    assert stays.ended_at >= stays.deadline
    assert still_there is None


def test_a_loop_that_comes_after_another_has_a_watch_of_its_own() -> None:
    deadlines = Deadlines()

    async def scene() -> bool:
        one = Waiting()
        deadlines.watch(SECONDS, one.loop).add(one)
        until = time.monotonic() + 30
        while not one.ended_at and time.monotonic() < until:
            await asyncio.sleep(0.01)
        return one.ended_at >= one.deadline

    assert asyncio.run(scene())
    assert asyncio.run(scene())
