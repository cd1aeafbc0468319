"""Threads that read, in lanes: what is quick never waits behind what is slow, and nobody fills a lane alone.

    read ─► lane ─► waiting, by address and token ─► [ reader thread: take the next in turn ─► run ] ─► asyncio future
             └► too many wait: Overloaded                      └► late: taken out, or interrupted: Overloaded

Each lane has threads and a bounded queue of its own. Whoever comes is served in turn: first the addresses, then the
tokens of an address, so that many searches of one guest cost the next guest the time of one. A read has a deadline, by
which it is answered whatever the database does, and its thread comes back.
"""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from msgspec import Struct

from tillroll.store import Asker, Item, Overloaded, Reads, Result, StoreFailed
from tillroll.store.group_commit import Deadlines


class Reader(Protocol):
    """One thread's way to read, with a connection of its own."""

    def run(self, work: Callable[..., Any], item: object, until: float) -> Any:
        """The result of `work` on one consistent view; raises Overloaded where it is not there by `until`, soon after.

        `until` is a moment of the monotonic clock.
        """
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class Lane(Struct, frozen=True):
    """How many threads read, how many reads may wait for them, and how much of both one token may have."""

    threads: int
    threads_of_token: int
    waiting_max: int

    @property
    def waiting_of_token_max(self) -> int:
        """How many reads of one token may wait."""
        return max(1, self.waiting_max // 4)

    @property
    def waiting_of_address_max(self) -> int:
        """How many reads of one address may wait, whatever tokens they bring."""
        return max(1, self.waiting_max * 3 // 4)


def lanes(point_threads: int) -> dict[Reads, Lane]:
    """The lanes of a server process.

    A point read takes some tenths of a millisecond, a page some milliseconds, and a search that no index answers up to
    seconds: what waits behind so many has no answer in time anyway.
    """
    return {
        "point": Lane(point_threads, point_threads, 1000),
        "list": Lane(2, 2, 200),
        "search": Lane(2, 1, 32),
        "report": Lane(1, 1, 16),
    }


class Readers:
    """The lanes of one database; `open_reader` is called by each thread once."""

    def __init__(self, open_reader: Callable[[], Reader], sizes: Mapping[Reads, Lane], seconds: float) -> None:
        self._lanes = {name: _Queue(name, size, open_reader) for name, size in sizes.items()}
        self._seconds = seconds
        self._deadlines = Deadlines()

    async def read(  # noqa: PLR0913  those of `Store.read`
        self,
        work: Callable[[Any, Item], Result],
        item: Item,
        reads: Reads = "point",
        asker: Asker = ("", ""),
        seconds: float | None = None,
    ) -> Result:
        """The result of `work`; raises Overloaded where too many wait in its lane, or where its time is up.

        Waits for so many seconds, or those of all requests.
        """
        lane = self._lanes[reads]
        length = self._seconds if seconds is None else seconds
        read = _Read(work, item, asker, length)
        lane.join(read)
        watch = self._deadlines.watch(length, read.loop)
        watch.add(read)
        try:
            result: Result = await read.future
        except asyncio.CancelledError:
            lane.leave(read)
            raise
        finally:
            watch.remove(read)
        return result

    def close(self) -> None:
        """Refuse what waits, and wait for what runs, which its deadline ends."""
        for lane in self._lanes.values():
            lane.close()


class _Read:
    """One read, and the future that waits for it."""

    __slots__ = ("asker", "deadline", "future", "item", "lane", "loop", "seconds", "work")

    def __init__(self, work: Callable[[Any, Any], Any], item: object, asker: Asker, seconds: float) -> None:
        self.work = work
        self.item = item
        self.asker = asker
        self.seconds = seconds
        self.deadline = time.monotonic() + seconds
        self.lane: _Queue | None = None  # where it waits
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()

    def give_up(self) -> None:
        """Its time is up: take it out where it still waits, and say so in any case."""
        if self.future.done() or self.lane is None:
            return
        waited = "waited for a reader" if self.lane.leave(self) else "ran"
        self.future.set_exception(Overloaded(f"a {self.lane.name} read {waited} for {self.seconds:g} s"))

    def settle(self, result: object, error: BaseException | None) -> None:
        """Answer, from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self.loop.call_soon_threadsafe(self._settle, result, error)

    def _settle(self, result: object, error: BaseException | None) -> None:
        if self.future.done():  # its time was up, or the client went away
            return
        if error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)


class _Queue:
    """One lane at work."""

    def __init__(self, name: Reads, size: Lane, open_reader: Callable[[], Reader]) -> None:
        self.name = name
        self._size = size
        self._open_reader = open_reader
        self._waiting: dict[str, dict[str, deque[_Read]]] = {}  # by address, by token; who is next comes first
        self._count = 0
        self._running: dict[Asker, int] = {}
        self._idle = 0
        self._closed = False
        self._called = threading.Condition()
        self._threads: list[threading.Thread] = []

    def join(self, read: _Read) -> None:
        """Queue a read; raises Overloaded where too many wait, of all or of its kind."""
        address, token = read.asker
        with self._called:
            if self._closed:
                raise StoreFailed("the store is closed")
            if self._count >= self._size.waiting_max:
                raise Overloaded(f"{self._count} {self.name} reads wait already")
            tokens = self._waiting.setdefault(address, {})
            queue = tokens.setdefault(token, deque())
            if len(queue) >= self._size.waiting_of_token_max:
                raise Overloaded(f"{len(queue)} {self.name} reads of this client wait already")
            if sum(map(len, tokens.values())) >= self._size.waiting_of_address_max:
                self._tidy(read.asker)
                raise Overloaded(f"enough {self.name} reads of this address wait already")
            read.lane = self
            queue.append(read)
            self._count += 1
            if self._idle:
                self._called.notify()
            elif len(self._threads) < self._size.threads:
                name = f"{self.name}-reader-{len(self._threads)}"
                self._threads.append(threading.Thread(target=self._run, name=name, daemon=True))
                self._threads[-1].start()

    def leave(self, read: _Read) -> bool:
        """Take a read out that nobody waits for any more; False where it is no longer waiting."""
        address, token = read.asker
        with self._called:
            queue = self._waiting.get(address, {}).get(token, ())
            if read not in queue:
                return False
            self._waiting[address][token].remove(read)
            self._count -= 1
            self._tidy(read.asker)
            return True

    def close(self) -> None:
        """Refuse what waits, then wait for the threads."""
        with self._called:
            self._closed = True
            waiting = [read for tokens in self._waiting.values() for queue in tokens.values() for read in queue]
            self._waiting.clear()
            self._count = 0
            self._called.notify_all()
        for read in waiting:
            read.settle(None, StoreFailed("the store is closed"))
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        reader = self._open_reader()
        while (read := self._take()) is not None:
            self._serve(reader, read)
            del read  # an idle thread keeps nobody's request in memory
        reader.close()

    def _serve(self, reader: Reader, read: _Read) -> None:
        result, error = None, None
        try:
            result = reader.run(read.work, read.item, read.deadline)
        except BaseException as raised:  # noqa: BLE001  a reader must outlive any one read; reaches whoever waits
            error = raised
        with self._called:
            running = self._running.pop(read.asker) - 1
            if running:
                self._running[read.asker] = running
        read.settle(result, error)

    def _take(self) -> _Read | None:
        """The next read in turn; None at the end."""
        with self._called:
            while not self._closed:
                read = self._next() if self._count else None
                if read is not None:
                    return read
                self._idle += 1
                self._called.wait()
                self._idle -= 1
            return None

    def _next(self) -> _Read | None:
        """The next of those whose token has a thread free, after which its address and its token are last in turn."""
        for address, tokens in self._waiting.items():
            for token, queue in tokens.items():
                asker = address, token
                running = self._running.get(asker, 0)
                if running >= self._size.threads_of_token:
                    continue
                read = queue.popleft()
                self._count -= 1
                self._running[asker] = running + 1
                tokens[token] = tokens.pop(token)
                self._waiting[address] = self._waiting.pop(address)
                self._tidy(asker)
                return read
        return None

    def _tidy(self, asker: Asker) -> None:
        """Forget a token and an address of which nothing waits. To be called with the lock."""
        address, token = asker
        tokens = self._waiting[address]
        if not tokens[token]:
            del tokens[token]
        if not tokens:
            del self._waiting[address]
