"""One request's store: whatever it waits for, one thing after the other, all of it ends at one moment.

A login reads or writes, has a password looked at and writes again; a checkout may be tried again with a verdict.
Each of these alone may take a request's whole time, and all of them together no more.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable

from tillroll.store import Asker, Contended, Health, Item, Reads, Result, Store, Transaction, Work

# Time that is left is rounded down to these, so that those who wait share a watch with others who wait as long.
STEPS_PER_SECOND = 10


class Within:
    """What a request may ask of a store until a moment of the monotonic clock: see `tillroll.store.Store`.

    Everything raises Contended where its time was up before it began.
    """

    __slots__ = ("_store", "_until")

    def __init__(self, store: Store, until: float) -> None:
        self._store = store
        self._until = until

    async def write(self, work: Work[Item, Result], item: Item) -> Result:
        """As `Store.write`, in what is left of the time."""
        return await self._store.write(work, item, seconds=self._seconds_left())

    async def read(
        self,
        work: Callable[[Transaction, Item], Result],
        item: Item,
        reads: Reads = "point",
        asker: Asker = ("", ""),
    ) -> Result:
        """As `Store.read`, in what is left of the time."""
        return await self._store.read(work, item, reads, asker, seconds=self._seconds_left())

    async def health(self) -> Health:
        """As `Store.health`, which has a time of its own."""
        return await self._store.health()

    async def finish(self, waiting: Awaitable[Result]) -> Result:
        """What is worked out for the request, by others too; raises Contended where it is not done in time."""
        try:
            async with asyncio.timeout(self._until - time.monotonic()):
                return await waiting
        except TimeoutError as error:
            raise Contended("what the request waited for was not done in time") from error

    def _seconds_left(self) -> float:
        left = math.floor((self._until - time.monotonic()) * STEPS_PER_SECOND) / STEPS_PER_SECOND
        if left <= 0:
            raise Contended("the request's time was up before all of it was done")
        return left
