"""Looks that are taken again and again: a fault of one is told of and ends none of the looks after it."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

import pytest

from tillroll.rounds import taken
from tillroll.store import Contended, Overloaded, StoreFailed


async def _looks(faults: Sequence[BaseException | None]) -> int:
    """How many of these looks came to their end."""
    done = 0

    async def look(fault: BaseException | None) -> None:
        nonlocal done
        if fault is not None:
            raise fault
        done += 1

    for fault in faults:
        await taken(partial(look, fault), "looking", 0)
    return done


def test_a_fault_ends_none_of_the_looks_after_it(caplog: pytest.LogCaptureFixture) -> None:
    faults: list[BaseException | None] = [
        Contended("busy"),
        None,
        Overloaded("late"),
        StoreFailed("away"),
        ValueError("a bug"),
        None,
    ]
    assert asyncio.run(_looks(faults)) == 2
    found = [(one.levelno, one.getMessage(), one.exc_info is not None) for one in caplog.records]
    assert found == [
        (logging.WARNING, "looking is put off: busy", False),
        (logging.WARNING, "looking is put off: late", False),
        (logging.WARNING, "looking is put off: away", False),
        (logging.ERROR, "looking failed", True),
    ]


def test_a_look_ends_where_its_loop_is_ended() -> None:
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(_looks([asyncio.CancelledError()]))
