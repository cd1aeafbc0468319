"""PostgreSQL: any number of server processes, READ COMMITTED plus constraints, conditional updates and sorted locks.

Each group of writes that share a work function is one transaction, so that its rows are locked in one sorted order;
two writer threads let one group decide while the other waits for its commit, and some more see to it that a lock that
is held stops only those who need it (`writers`). How a group is committed once and never twice: `postgres_writer`.
"""

import contextlib
import math
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tillroll.store import Asker, Contended, Health, Item, Reads, Result, StoreFailed, Transaction, Work
from tillroll.store.health import LOOK_SECONDS, Pulse, leave_sign
from tillroll.store.postgres_connection import Limits, Watchdog, connect, conninfo
from tillroll.store.postgres_reader import HeldTables, PostgresReader, reading_limits
from tillroll.store.postgres_transaction import PostgresTransaction
from tillroll.store.postgres_writer import Writer
from tillroll.store.queries import APPLIED_MIGRATIONS, apply_migrations, missing_of
from tillroll.store.readers import Readers, lanes
from tillroll.store.writers import Blocked, Writers

# How many threads make point reads.
READER_THREADS = 4

# A transaction of a server rests between its statements while Python computes, some milliseconds. One that rests as
# long as this is that of a program that was stopped, and its locks are needed by others.
SERVER_IDLE_SECONDS = 3
# Commands of people write alone and may be slow; whoever holds a lock for longer than this is not about to commit.
COMMAND_SECONDS = 60
COMMANDS = Limits(
    lock_seconds=5, statement_seconds=COMMAND_SECONDS, idle_seconds=COMMAND_SECONDS, transaction_seconds=COMMAND_SECONDS
)
# A migration of a large database takes its time, and who starts beside it waits for its end.
MIGRATIONS = Limits(lock_seconds=600, statement_seconds=3600, idle_seconds=600)


class PostgresStore:
    """See `tillroll.store.Store`."""

    def __init__(self, url: str, *, queue_max: int, request_seconds: float) -> None:
        self._url = url
        self._request_seconds = request_seconds
        self._local = threading.local()
        self._writers: list[Writer] = []
        self._watchdog = Watchdog()
        self._held_tables = HeldTables()
        self._serving = Limits(
            lock_seconds=request_seconds,
            statement_seconds=request_seconds,
            idle_seconds=min(SERVER_IDLE_SECONDS, request_seconds),
            transaction_seconds=request_seconds + 1,
        )
        self._readers = Readers(self._open_reader, lanes(READER_THREADS), request_seconds)
        self._writing = Writers(self._commit, queue_max=queue_max, seconds=request_seconds)
        self._pulse = Pulse(self._open_quick_reader, self._leave_sign)

    def write(
        self, work: Work[Item, Result], item: Item, *, seconds: float | None = None
    ) -> Coroutine[Any, Any, Result]:
        """Group-committed: see `Store.write`."""
        return self._writing.submit(work, item, seconds)

    async def read(  # noqa: PLR0913  what is read, how, for whom and by when
        self,
        work: Callable[[PostgresTransaction, Item], Result],
        item: Item,
        reads: Reads = "point",
        asker: Asker = ("", ""),
        *,
        seconds: float | None = None,
    ) -> Result:
        """On a reader thread of its lane: see `Store.read`."""
        return await self._readers.read(work, item, reads, asker, seconds)

    def read_now(self, work: Callable[[PostgresTransaction], Result]) -> Result:
        """Alone, for as long as it takes: see `Store.read_now`."""
        with contextlib.closing(self._reader(math.inf)) as reader:
            return reader.run(lambda tx, _: work(tx), None, math.inf)

    async def health(self) -> Health:
        """See `Store.health`."""
        return await self._pulse.health()

    @property
    def groups_fallen_apart(self) -> int:
        """How many groups of writes could not be committed together: see `Writers`."""
        return self._writing.groups_fallen_apart

    @property
    def writes_asked(self) -> int:
        """See `Store.writes_asked`."""
        return self._writing.asked

    def write_now(self, work: Callable[[Transaction], Result]) -> Result:
        """Alone and at once: see `Store.write_now`."""
        writer = self._writer("commands", COMMANDS)
        try:
            (result,) = writer.commit(lambda tx, _: [work(tx)], [None], None, time.monotonic() + COMMAND_SECONDS)
        except Blocked as blocked:
            raise Contended(str(blocked)) from blocked
        return result

    def migrate(self) -> list[str]:
        """Under an advisory lock, so that processes that start together apply each migration once."""
        with self._translated(), connect(self._url, MIGRATIONS) as connection:
            connection.execute("SELECT pg_advisory_lock(hashtext('tillroll migrations'))")
            if not self.missing_migrations():
                return []
            given = conninfo_to_dict(conninfo(self._url, MIGRATIONS))
            return apply_migrations("postgresql+psycopg:///?" + urlencode(given), "postgres")

    def missing_migrations(self) -> list[str]:
        """See `Store.missing_migrations`."""
        with self._translated(), connect(self._url, COMMANDS) as connection:
            is_there = connection.execute("SELECT 1 WHERE to_regclass('_yoyo_migration') IS NOT NULL").fetchone()
            return missing_of("postgres", [id for (id,) in connection.execute(APPLIED_MIGRATIONS)] if is_there else [])

    def close(self) -> None:
        """Finish the queue, then close every connection."""
        self._writing.close()
        self._pulse.close()
        self._readers.close()
        for writer in self._writers:
            writer.close()
        self._watchdog.close()

    def _commit(
        self, work: Work[Any, Any], items: Sequence[Any], lock_seconds: float, give_up_at: float
    ) -> Sequence[Any]:
        try:
            return self._writer("serving", self._serving).commit(work, items, lock_seconds, give_up_at)
        except StoreFailed:
            self._pulse.doubt()
            raise

    async def _leave_sign(self, name: str, seconds: float) -> None:
        await self._writing.submit(leave_sign, name, seconds)
        if self._writing.longest_wait() > seconds:
            raise Contended("writes wait for too long")

    def _writer(self, kind: str, limits: Limits) -> Writer:
        """This thread's writer of a kind."""
        writer: Writer | None = getattr(self._local, kind, None)
        if writer is None:
            writer = Writer(self._url, limits, self._watchdog)
            setattr(self._local, kind, writer)
            self._writers.append(writer)
        return writer

    def _open_reader(self) -> PostgresReader:
        return self._reader(self._request_seconds)

    def _open_quick_reader(self) -> PostgresReader:
        return self._reader(LOOK_SECONDS)

    def _reader(self, seconds: float) -> PostgresReader:
        return PostgresReader(self._url, reading_limits(seconds), self._watchdog, self._held_tables)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except psycopg.OperationalError as error:
            raise StoreFailed(f"PostgreSQL: {error}") from error
