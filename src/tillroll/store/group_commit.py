"""Group commit: everything that arrived while the last commit was on its way to disk shares the next one.

    put ─► queue ─► [ writer thread: take all ─► transact(batch) ─► settle ] ─► asyncio futures

No artificial delay: an idle writer takes a single item at once. Under load the batch grows by itself, and the price of
one fsync is divided among all that waited for the one before. Each item has a deadline, by which it is answered,
whatever the database does, and so has a request with all that it waits for (`Within`).
Where several writers can work at once, `writers` has the queues instead.
"""

import asyncio
import contextlib
import logging
import math
import queue
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import takewhile
from typing import Any, Protocol

from tillroll.domain.money import plain_arithmetic
from tillroll.store import (
    Asker,
    Contended,
    Health,
    Item,
    Overloaded,
    Reads,
    Result,
    Store,
    StoreFailed,
    Transaction,
    Work,
)

# One transaction answers at most this many: beyond it the fsync is already negligible and only latency would grow.
BATCH_ITEMS_MAX = 128

# What is left of a request's time is rounded down to these, so that those who wait share a watch with others who wait
# as long.
STEPS_PER_SECOND = 10

_log = logging.getLogger(__name__)


class Waiter(Protocol):
    """Something that somebody waits for on an event loop, until a moment of the monotonic clock."""

    loop: asyncio.AbstractEventLoop
    deadline: float

    def give_up(self) -> None:
        """Its time is up: tell whoever still waits."""
        ...


class Deadlines:
    """Ends every wait in time, with one timer for all of equal length: they end in the order in which they began.

    A timer for each would cost a busy server more than most of what else it does for a request. What has been answered
    is forgotten at once, so that nothing of it is kept in memory until its time would have been up.
    """

    __slots__ = ("_watches",)

    def __init__(self) -> None:
        self._watches: dict[float, _Watch] = {}  # by length, which is that of requests or of looks at the health

    def watch(self, seconds: float, loop: asyncio.AbstractEventLoop) -> "_Watch":
        """The watch over waits of this length on this loop, which is the one that runs."""
        watch = self._watches.get(seconds)
        if watch is None or watch.loop is not loop:
            watch = self._watches[seconds] = _Watch(loop)
        return watch


class _Watch:
    """Those who wait equally long on one loop, the first to end first."""

    __slots__ = ("_is_set", "_waiting", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._waiting: dict[Waiter, None] = {}  # in the order in which they came
        self._is_set = False

    def add(self, waiter: Waiter) -> None:
        """From now on this one waits, too."""
        self._waiting[waiter] = None
        if not self._is_set:
            self._set(waiter)

    def remove(self, waiter: Waiter) -> None:
        """Nobody waits for this one any more."""
        self._waiting.pop(waiter, None)

    def _set(self, first: Waiter) -> None:
        self._is_set = True
        self.loop.call_later(max(0.0, first.deadline - time.monotonic()), self._look)

    def _look(self) -> None:
        """Give up whose time is up, and come back when that of the next one is."""
        self._is_set = False
        now = time.monotonic()
        for waiter in list(takewhile(lambda one: one.deadline <= now, self._waiting)):
            self.remove(waiter)
            waiter.give_up()
        if self._waiting:
            self._set(next(iter(self._waiting)))


class Within:
    """What a request may ask of a store until a moment of the monotonic clock: see `tillroll.store.Store`.

    A login reads or writes, has a password looked at and writes again; a checkout may be tried again with a verdict.
    Each of these alone may take a request's whole time, and all of them together no more. Everything raises Contended
    where its time was up before it began.
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


class Pending:
    """One queued write and the future that waits for it, for so many seconds at most.

    Whoever holds its claim decides what becomes of it: a writer that takes it into a transaction, or the end of its
    time, after which no writer gets it any more. All writes of a queue share the lock that guards their claims.
    """

    __slots__ = ("claims", "deadline", "future", "is_claimed", "item", "loop", "outcome", "since", "work")

    def __init__(self, work: Work[Any, Any], item: object, seconds: float, claims: threading.Lock) -> None:
        self.work = work
        self.item = item
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.outcome: object = None
        self.since = time.monotonic()
        self.deadline = self.since + seconds
        self.claims = claims
        self.is_claimed = False

    def put_back(self) -> None:
        """Let go of it, as who has claimed it: nothing of it was kept, and somebody may take it again."""
        self.is_claimed = False

    def give_up(self) -> None:
        """Its time is up: say what is known of it. No writer gets it any more."""
        if self.future.done():
            return
        with self.claims:
            is_begun, self.is_claimed = self.is_claimed, True
        if is_begun:
            self.future.set_exception(StoreFailed("the database did not answer in time; the outcome is unknown"))
        else:
            self.future.set_exception(Contended("its turn to be written did not come in time; nothing was kept"))


def still_waiting(queued: Sequence[Pending]) -> list[Pending]:
    """Those that may still be written as far as can be said without claiming them."""
    now = time.monotonic()
    return [pending for pending in queued if not pending.is_claimed and pending.deadline > now]


def claimed(queued: Sequence[Pending]) -> list[Pending]:
    """Those of one queue that may still be written: claimed by the caller, and in time."""
    if not queued:
        return []
    with queued[0].claims:
        taken = still_waiting(queued)
        for pending in taken:
            pending.is_claimed = True
    return taken


# Runs a batch; the second argument tells the answers of the batch before, which are on disk already. What is left in
# the batch afterwards has its outcome; who was not claimed is taken out, and left to its own deadline.
Transact = Callable[[list[Pending], Callable[[], None]], None]


class _Untold:
    """The batch that is committed but not answered yet.

    While more writes wait, a single writer keeps the answers back until the next COMMIT is about to wait for the disk:
    answering then costs nothing, where answering at once would make the writer wait for the interpreter.
    """

    __slots__ = ("batch",)

    def __init__(self) -> None:
        self.batch: Sequence[Pending] = ()

    def tell(self) -> None:
        """Answer whoever still waits; does nothing the second time."""
        batch, self.batch = self.batch, ()
        answer(batch)


def answer(batch: Sequence[Pending]) -> None:
    """Give everybody in the batch, whatever loop waits, its outcome; from any thread."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Pending]] = {}
    for pending in batch:
        by_loop.setdefault(pending.loop, []).append(pending)
    for loop, settled in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, settled)


class GroupCommit:
    """A queue and the thread that empties it.

    `transact` claims what it takes into a transaction, once that has begun, and sets each item's `outcome` (a value, or
    an exception).
    """

    def __init__(self, transact: Transact, *, queue_max: int, seconds: float) -> None:
        self.asked = 0
        """How many writes were asked for."""
        self._transact = transact
        self._seconds = seconds
        self._deadlines = Deadlines()
        self._claims = threading.Lock()
        self._queue: queue.SimpleQueue[Pending | None] = queue.SimpleQueue()
        self._queue_max = queue_max
        self._closed = False
        self._door = threading.Lock()  # nothing may join the queue behind the marks that end it
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def submit(self, work: Work[Item, Result], item: Item, seconds: float | None = None) -> Result:
        """Queue one item; its result after the commit that holds it.

        Waits for so many seconds, or those of all requests. Raises `Contended` for what is still queued then, which is
        taken out for sure, and `StoreFailed` for what is in a transaction that hangs: its outcome is unknown.
        """
        if self._queue.qsize() >= self._queue_max:
            raise Overloaded(f"{self._queue_max} writes wait already")
        length = self._seconds if seconds is None else seconds
        pending = Pending(work, item, length, self._claims)
        with self._door:
            if self._closed:
                raise StoreFailed("the store is closed")
            self._queue.put(pending)
            self.asked += 1
        watch = self._deadlines.watch(length, pending.loop)
        watch.add(pending)
        try:
            result: Result = await pending.future
        finally:
            watch.remove(pending)
        return result

    def close(self) -> None:
        """Let the writer finish what is queued, then stop it."""
        with self._door:
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        untold = _Untold()
        while (first := self._queue.get()) is not None:
            batch = [first]
            open_for_more = True
            while open_for_more and len(batch) < BATCH_ITEMS_MAX:
                try:
                    following = self._queue.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    self._queue.put(None)
                    open_for_more = False
                else:
                    batch.append(following)
            if first.is_claimed or first.deadline <= time.monotonic():  # else whoever came later has time left, too
                batch = still_waiting(batch)
            if batch:
                self._commit(batch, untold.tell)
            untold.tell()
            untold.batch = batch
            if self._queue.empty():
                untold.tell()
        untold.tell()

    def _commit(self, batch: list[Pending], tell: Callable[[], None]) -> None:
        try:
            self._transact(batch, tell)
        except (Contended, StoreFailed) as trouble:  # expected now and then; who waits says so in the log
            for pending in batch:
                pending.outcome = trouble
        except BaseException as error:  # noqa: BLE001  a writer must outlive any one batch; the error reaches each waiter
            _log.exception("a batch of %d writes failed", len(batch))
            for pending in batch:
                pending.outcome = error


def _settle(batch: list[Pending]) -> None:
    for pending in batch:
        if pending.future.done():  # the client went away; what it asked for is committed all the same
            continue
        if isinstance(pending.outcome, BaseException):
            pending.future.set_exception(pending.outcome)
        else:
            pending.future.set_result(pending.outcome)


def by_work(batch: Sequence[Pending]) -> list[tuple[Work[Any, Any], list[Pending]]]:
    """The batch as groups that share one work function, each group in order of arrival."""
    groups: dict[Work[Any, Any], list[Pending]] = {}
    for pending in batch:
        groups.setdefault(pending.work, []).append(pending)
    return list(groups.items())


def results_of(work: Work[Item, Result], tx: Transaction, items: Sequence[Item]) -> Sequence[Result]:
    """What `work` answers; one result for each item, or it is a bug, found before it is committed."""
    with plain_arithmetic():
        results = work(tx, items)
    if len(results) != len(items):
        raise AssertionError(f"{len(results)} results for {len(items)} writes")
    return results
