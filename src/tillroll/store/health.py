"""Whether the database can be read and written, found out by doing both, apart from all other work.

Those who ask at one time share a look, which takes two seconds at most, also where the database does not answer at all.
A write that went through is proof for a second, or until another one fails, so that strangers who ask can not spend the
disk.
"""

import asyncio
import contextlib
import logging
import queue
import secrets
import threading
import time
from collections.abc import Awaitable, Callable, Sequence

from tillroll.store import Contended, Health, Overloaded, StoreFailed, Transaction
from tillroll.store.readers import Reader

# How long a look may take, and how long a write that went through is proof enough.
LOOK_SECONDS = 2.0
WRITTEN_SECONDS = 1.0
# How long a reader that hangs is waited for at the end.
CLOSING_SECONDS = 3.0
# Signs of processes that are gone are deleted after a week, so many at a time.
SIGNS_KEPT_MICROSECONDS = 7 * 86_400_000_000
SIGNS_DELETED_MAX = 100

_log = logging.getLogger(__name__)


class Pulse:
    """Looks after the database for whoever asks; `leave_sign` writes under a name, within so many seconds."""

    def __init__(
        self, open_reader: Callable[[], Reader], leave_sign: Callable[[str, float], Awaitable[object]]
    ) -> None:
        self._looker = _Looker(open_reader)
        self._leave_sign = leave_sign
        self._name = f"health-{secrets.token_hex(8)}"
        self._written_at: float | None = None
        self._looking: asyncio.Task[Health] | None = None

    async def health(self) -> Health:
        """See `tillroll.store.Store.health`."""
        loop = asyncio.get_running_loop()
        if self._looking is None or self._looking.done() or self._looking.get_loop() is not loop:
            self._looking = loop.create_task(self._find_out())
        return await asyncio.shield(self._looking)

    def doubt(self) -> None:
        """A write has failed, said by any thread: the next look tries one, however lately the last one went through."""
        self._written_at = None

    def close(self) -> None:
        """Stop looking."""
        self._looker.close()

    async def _find_out(self) -> Health:
        reading, writing = await asyncio.gather(self._trouble_with_reading(), self._trouble_with_writing())
        said = "; ".join(trouble for trouble in (reading, writing) if trouble)
        return Health(reading=not reading, writing=not writing, reason=said)

    async def _trouble_with_reading(self) -> str:
        try:
            await asyncio.wait_for(self._looker.look(), LOOK_SECONDS)
        except TimeoutError:
            return "a read was not answered in time"
        except (Overloaded, Contended, StoreFailed) as trouble:
            _log.warning("the database can not be read: %s", trouble)
            return "the database can not be read"
        return ""

    async def _trouble_with_writing(self) -> str:
        written_at = self._written_at
        if written_at is not None and time.monotonic() - written_at < WRITTEN_SECONDS:
            return ""
        try:
            await self._leave_sign(self._name, LOOK_SECONDS)
        except Overloaded:
            return "more writes wait than may"
        except Contended as trouble:
            _log.warning("a write got no turn: %s", trouble)
            return "a write got no turn in time"
        except StoreFailed as trouble:
            _log.warning("the database can not be written: %s", trouble)
            return "the database can not be written"
        self._written_at = time.monotonic()
        return ""


def leave_sign(tx: Transaction, names: Sequence[str]) -> Sequence[str]:
    """Write a little, in a row of each name's own."""
    now = time.time_ns() // 1000
    for name in names:
        sign = {"writer": name, "mark": now}
        if not tx.run("leave_commit_mark", **sign):
            tx.run("delete_old_commit_marks", before=now - SIGNS_KEPT_MICROSECONDS, limit=SIGNS_DELETED_MAX)
            tx.run("insert_commit_mark", **sign)
    return names


def _look(tx: Transaction, _item: None) -> None:
    tx.row("is_any_shop_there")


class _Looker:
    """A thread that reads when it is asked, and is not asked again while it hangs."""

    def __init__(self, open_reader: Callable[[], Reader]) -> None:
        self._open_reader = open_reader
        self._asked: queue.SimpleQueue[asyncio.Future[None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._is_busy = False

    async def look(self) -> None:
        """Read once; raises StoreFailed where that fails, or where the last one is still waiting for its answer."""
        if self._is_busy:
            raise StoreFailed("the last read has not been answered yet")
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="health", daemon=True)
            self._thread.start()
        self._is_busy = True
        done = asyncio.get_running_loop().create_future()
        self._asked.put(done)
        await done

    def close(self) -> None:
        """Let the thread end, which a server that hangs may outlast."""
        self._asked.put(None)
        if self._thread is not None:
            self._thread.join(CLOSING_SECONDS)

    def _run(self) -> None:
        reader = self._open_reader()
        while (done := self._asked.get()) is not None:
            outcome: Exception | None = None
            try:
                reader.run(_look, None, time.monotonic() + LOOK_SECONDS)
            except Exception as error:  # noqa: BLE001  reaches whoever asked
                outcome = error
            self._is_busy = False
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                done.get_loop().call_soon_threadsafe(_tell, done, outcome)
        reader.close()


def _tell(done: "asyncio.Future[None]", outcome: Exception | None) -> None:
    if done.done():
        return
    if outcome is None:
        done.set_result(None)
    else:
        done.set_exception(outcome)
