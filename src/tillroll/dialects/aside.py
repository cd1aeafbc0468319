"""Work that is too slow for a transaction and for the event loop: one thing at a time, and shop after shop.

A thread has the interpreter to itself for some milliseconds, so there is one of them. A shop has one thing in its line
to it at a time: whatever its guests ask for, the other shops wait for one of them at most.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct

from tillroll.store import Overloaded

# Of one shop; mostly a millisecond each, and some tenths of a second at the very worst.
WAITING_MAX = 100


class _Line(Struct):
    turn: asyncio.Lock
    waiting: int = 0


class Aside:
    """Runs functions in a thread, in a line for each shop."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="aside")
        self._lines: dict[str, _Line] = {}

    async def run(self, shop: str, work: Callable[[], object]) -> object:
        """What `work` returns. Raises Overloaded where too much of the shop waits already."""
        line = self._lines.setdefault(shop, _Line(asyncio.Lock()))
        if line.waiting >= WAITING_MAX:
            raise Overloaded(f"{WAITING_MAX} requests of {shop} wait to be checked already")
        line.waiting += 1
        try:
            async with line.turn:
                return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            line.waiting -= 1
            if not line.waiting:
                del self._lines[shop]
