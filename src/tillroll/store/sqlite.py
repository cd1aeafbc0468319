"""SQLite: WAL, `synchronous=FULL`, one writer thread, a few readers.

Several server processes may share one file. A file lock beside the database queues their writers fairly and wakes the
next one at once, where SQLite's own busy handler would poll; the kernel drops it with the process, so a kill frees it.
Writers that know nothing of it (a shell, a backup) are still met by `BEGIN IMMEDIATE` with a busy timeout. Both are
waited for with one limit, and before anything is waited for, whoever has been committed is answered.
"""

import logging
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tillroll.domain.money import plain_arithmetic
from tillroll.store import Asker, Contended, Health, Item, Reads, Result, StoreFailed, Work
from tillroll.store.file_lock import FileLock
from tillroll.store.group_commit import GroupCommit, Pending, by_work, claimed, results_of
from tillroll.store.health import Pulse, leave_sign
from tillroll.store.queries import APPLIED_MIGRATIONS, apply_migrations, missing_of
from tillroll.store.readers import Readers, lanes
from tillroll.store.sqlite_connection import (
    OpenFiles,
    SqliteTransaction,
    connect,
    is_trouble,
    primary_code,
    rollback,
    translated,
)
from tillroll.store.sqlite_log import LogKeeper
from tillroll.store.sqlite_reader import SqliteReader

# The share of a request's time for which its write waits for other writers, whether they know our file lock or not.
WAIT_SHARE = 0.8
# Once it has waited in vain, whoever comes next waits for a shorter time, so that nobody's two waits are too long.
NEXT_WAIT_SHARE = 0.2
# How long a command waits: there is nobody who would ask again, and a server's batch takes a fraction of a second.
COMMAND_SECONDS = 30.0
# A migration of a large database takes minutes, and whoever starts beside it waits for its end.
MIGRATION_SECONDS = 600.0
# How many threads make point reads: all of them share the interpreter, so that more would only take turns.
READER_THREADS = 2

_log = logging.getLogger(__name__)


class SqliteStore:
    """See `tillroll.store.Store`."""

    def __init__(self, path: str, *, queue_max: int, request_seconds: float, wal_bytes_max: int) -> None:
        self.groups_fallen_apart = 0
        self._path = str(Path(path).resolve())
        self._request_seconds = request_seconds
        self._file_lock = FileLock(self._path + ".lock")
        self._held_up_since: float | None = None  # since when no writer of ours has got its turn, where one has tried
        self._writer: sqlite3.Connection | None = None
        self._files = OpenFiles(self._path)  # that the writer has open
        self._write_mutex = threading.Lock()
        self._log_keeper = LogKeeper(self._path, wal_bytes_max, self._exclusively)
        self._readers = Readers(self._open_reader, lanes(READER_THREADS), request_seconds)
        self._group = GroupCommit(self._transact, queue_max=queue_max, seconds=request_seconds)
        self._pulse = Pulse(self._open_reader, partial(self._group.submit, leave_sign))

    @property
    def writes_asked(self) -> int:
        """See `Store.writes_asked`."""
        return self._group.asked

    def write(
        self, work: Work[Item, Result], item: Item, *, seconds: float | None = None
    ) -> Coroutine[Any, Any, Result]:
        """Group-committed: see `Store.write`."""
        return self._group.submit(work, item, seconds)

    async def read(  # noqa: PLR0913  what is read, how, for whom and by when
        self,
        work: Callable[[SqliteTransaction, Item], Result],
        item: Item,
        reads: Reads = "point",
        asker: Asker = ("", ""),
        *,
        seconds: float | None = None,
    ) -> Result:
        """On a reader thread of its lane: see `Store.read`."""
        return await self._readers.read(work, item, reads, asker, seconds)

    def read_now(self, work: Callable[[SqliteTransaction], Result]) -> Result:
        """Alone, for as long as it takes: see `Store.read_now`."""
        with closing(SqliteReader(self._path, COMMAND_SECONDS)) as reader:
            return reader.run(lambda tx, _: work(tx), None, math.inf)

    async def health(self) -> Health:
        """See `Store.health`."""
        return await self._pulse.health()

    def write_now(self, work: Callable[[SqliteTransaction], Result]) -> Result:
        """Alone and at once: see `Store.write_now`."""
        until = time.monotonic() + COMMAND_SECONDS
        with translated(), self._exclusively(until):
            connection = self._writing_connection(until)
            self._log_keeper.admit_write()
            try:
                _begin(connection, until)
                self._files.check()
                with plain_arithmetic():
                    result = work(SqliteTransaction(connection))
                connection.execute("COMMIT")
            except BaseException:
                rollback(connection)
                raise
            self._log_keeper.look()
            return result

    def migrate(self) -> list[str]:
        """Under the file lock, so that processes that start together apply each migration once."""
        until = time.monotonic() + MIGRATION_SECONDS
        with translated(), self._exclusively(until):
            self._writing_connection(time.monotonic() + COMMAND_SECONDS)
            if not self.missing_migrations():
                return []
            return apply_migrations(f"sqlite:///{quote(self._path)}", "sqlite")

    def missing_migrations(self) -> list[str]:
        """See `Store.missing_migrations`."""
        with translated(), closing(sqlite3.connect(f"file:{quote(self._path)}?mode=rw", uri=True)) as connection:
            is_there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_yoyo_migration'").fetchone()
            return missing_of("sqlite", [id for (id,) in connection.execute(APPLIED_MIGRATIONS)] if is_there else [])

    def close(self) -> None:
        """Finish the queue, then close every connection."""
        self._group.close()
        self._pulse.close()
        self._readers.close()
        self._log_keeper.close()
        if self._writer is not None:
            self._writer.close()
        self._file_lock.close()

    def _exclusively(self, until: float, before_waiting: Callable[[], None] | None = None) -> "_Turn":
        return _Turn(self._write_mutex, self._file_lock, until, before_waiting)

    def _open_reader(self) -> SqliteReader:
        return SqliteReader(self._path, self._request_seconds * WAIT_SHARE)

    def _writing_connection(self, until: float) -> sqlite3.Connection:
        """The connection of all writers, which waits for nobody: where to wait is said where it begins its turn."""
        if self._writer is None:
            writer = connect(self._path, until - time.monotonic(), "rwc")
            writer.execute("PRAGMA busy_timeout = 0")
            self._writer = writer
        return self._writer

    def _transact(self, batch: list[Pending], tell: Callable[[], None]) -> None:
        began = time.monotonic()
        until = began + self._request_seconds * WAIT_SHARE
        if self._held_up_since is not None:
            until -= began - self._held_up_since
            until = max(until, began + self._request_seconds * NEXT_WAIT_SHARE)
        try:
            self._take_turn(batch, until, tell)
        except Contended:
            self._held_up_since = self._held_up_since or began
            raise
        except StoreFailed:
            self._pulse.doubt()
            raise

    def _take_turn(self, batch: list[Pending], until: float, tell: Callable[[], None]) -> None:
        with translated(), self._exclusively(until, tell):
            connection = self._writing_connection(until)
            self._log_keeper.admit_write()
            try:
                _begin_for(batch, connection, until, tell)
                self._held_up_since = None
                self._files.check()
                if not _run_together(connection, batch):
                    connection.execute("ROLLBACK")
                    for pending in batch:
                        pending.put_back()
                    _begin_for(batch, connection, until, tell)
                    tx = SqliteTransaction(connection)
                    for work, members in by_work(batch):
                        self.groups_fallen_apart += not _run_group(connection, tx, work, members)
                tell()
                connection.execute("COMMIT")
            except BaseException:
                rollback(connection)
                raise
            self._log_keeper.look()


class _Turn:
    """The turn to write, from the beginning of a block to its end; raises Contended where it did not come in time.

    First among the threads of this process, then among all processes.
    """

    __slots__ = ("_before_waiting", "_lock", "_mutex", "_until")

    def __init__(
        self, mutex: threading.Lock, lock: FileLock, until: float, before_waiting: Callable[[], None] | None
    ) -> None:
        self._mutex = mutex
        self._lock = lock
        self._until = until
        self._before_waiting = before_waiting or _nothing

    def __enter__(self) -> None:
        if not self._mutex.acquire(blocking=False):
            self._before_waiting()
            if not self._mutex.acquire(timeout=max(0.0, self._until - time.monotonic())):
                raise Contended("another thread of this process has not given up its turn to write")
        try:
            self._wait_for_others()
        except BaseException:
            self._mutex.release()
            raise

    def _wait_for_others(self) -> None:
        if self._lock.try_acquire():
            return
        self._before_waiting()
        if not self._lock.acquire(self._until):
            raise Contended(
                "another process of this database has not given up its turn to write: it hangs, or it migrates "
                "(`lslocks` names who holds the file that ends in .lock)"
            )

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        self._mutex.release()


def _nothing() -> None:
    """Nobody has to be told anything before this one waits."""


def _begin_for(
    batch: list[Pending], connection: sqlite3.Connection, until: float, before_waiting: Callable[[], None]
) -> None:
    """Begin a transaction and claim the batch for it; who can not be claimed any more leaves the batch.

    Nobody is claimed before that: a deadline that falls into the wait is told that nothing was begun.
    """
    _begin(connection, until, before_waiting)
    batch[:] = claimed(batch)


def _begin(connection: sqlite3.Connection, until: float, before_waiting: Callable[[], None] | None = None) -> None:
    """Begin a transaction that may write; waits until then for a program that does not know our file lock."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if primary_code(error) != sqlite3.SQLITE_BUSY:
            raise
    else:
        return
    if before_waiting is not None:
        before_waiting()
    connection.execute(f"PRAGMA busy_timeout = {max(0, int((until - time.monotonic()) * 1000))}")
    try:
        connection.execute("BEGIN IMMEDIATE")
    finally:
        connection.execute("PRAGMA busy_timeout = 0")


def _run_together(connection: sqlite3.Connection, batch: Sequence[Pending]) -> bool:
    """Run everything without savepoints, for which SQLite would copy each page before its first change.

    False where something raised, which next to nothing does: then nothing of it may stay, and groups are run again.
    """
    tx = SqliteTransaction(connection)
    try:
        for work, members in by_work(batch):
            results = results_of(work, tx, [pending.item for pending in members])
            for pending, result in zip(members, results, strict=True):
                pending.outcome = result
    except Exception as error:
        if is_trouble(error):
            raise  # nothing of this batch may be kept
        return False
    return True


def _run_group(
    connection: sqlite3.Connection, tx: SqliteTransaction, work: Work[object, object], members: Sequence[Pending]
) -> bool:
    """Run one group inside a savepoint; where it raises, run its members one by one and keep those that can be kept.

    False where the group fell apart.
    """
    connection.execute("SAVEPOINT work")
    try:
        results = results_of(work, tx, [pending.item for pending in members])
        connection.execute("RELEASE work")
    except Exception as error:
        if is_trouble(error):
            raise  # nothing of this batch may be kept
        connection.execute("ROLLBACK TO work")
        connection.execute("RELEASE work")
        if len(members) == 1:
            members[0].outcome = error
            return True
        _log.warning("a group of %d writes fell apart and is repeated one by one: %r", len(members), error)
        for pending in members:
            _run_group(connection, tx, work, [pending])
        return False
    for pending, result in zip(members, results, strict=True):
        pending.outcome = result
    return True
