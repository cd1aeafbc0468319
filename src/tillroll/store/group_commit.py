"""Group commit: everything that arrived while the last commit was on its way to disk shares the next one.

    put ─► queue ─► [ writer thread: take all ─► transact(batch) ─► settle ] ─► asyncio futures

No artificial delay: an idle writer takes a single item at once. Under load the batch grows by itself, and the price of
one fsync is divided among all that waited for the one before.
"""

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

from tillroll.store import Contended, Item, Overloaded, Result, StoreFailed, Transaction, Work

# One transaction answers at most this many: beyond it the fsync is already negligible and only latency would grow.
BATCH_ITEMS_MAX = 128

_log = logging.getLogger(__name__)


class Pending:
    """One queued write and the future that waits for it."""

    __slots__ = ("future", "item", "loop", "outcome", "work")

    def __init__(self, work: Work[Any, Any], item: object, loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.item = item
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.outcome: object = None


# Runs a batch; the second argument tells the answers of the batch before, which are on disk already.
Transact = Callable[[Sequence[Pending], Callable[[], None]], None]


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
        by_loop: dict[asyncio.AbstractEventLoop, list[Pending]] = {}
        for pending in batch:
            by_loop.setdefault(pending.loop, []).append(pending)
        for loop, settled in by_loop.items():
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, settled)


class GroupCommit:
    """A queue and the threads that empty it; `transact` sets each item's `outcome` (a value, or an exception)."""

    def __init__(self, transact: Transact, *, threads: int, queue_max: int) -> None:
        self._transact = transact
        self._queue: queue.SimpleQueue[Pending | None] = queue.SimpleQueue()
        self._queue_max = queue_max
        self._closed = False
        # With several threads, what waits in the queue may be another's: nobody would come back for the answers.
        self._keeps_back = threads == 1
        self._door = threading.Lock()  # nothing may join the queue behind the marks that end it
        self._threads = [threading.Thread(target=self._run, name=f"writer-{n}", daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    async def submit(self, work: Work[Item, Result], item: Item) -> Result:
        """Queue one item; its result after the commit that holds it."""
        if self._queue.qsize() >= self._queue_max:
            raise Overloaded(f"{self._queue_max} writes wait already")
        pending = Pending(work, item, asyncio.get_running_loop())
        with self._door:
            if self._closed:
                raise StoreFailed("the store is closed")
            self._queue.put(pending)
        result: Result = await pending.future
        return result

    def close(self) -> None:
        """Let the writers finish what is queued, then stop them."""
        with self._door:
            self._closed = True
            for _ in self._threads:
                self._queue.put(None)
        for thread in self._threads:
            thread.join()

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
            self._commit(batch, untold.tell)
            untold.tell()
            untold.batch = batch
            if self._queue.empty() or not self._keeps_back:
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
    results = work(tx, items)
    if len(results) != len(items):
        raise AssertionError(f"{len(results)} results for {len(items)} writes")
    return results
