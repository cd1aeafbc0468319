"""SQLite: WAL, `synchronous=FULL`, one writer thread, a few readers.

Several server processes may share one file. A file lock beside the database queues their writers fairly and wakes the
next one at once, where SQLite's own busy handler would poll; the kernel drops it with the process, so a kill frees it.
Writers that know nothing of it (a shell, a backup) are still met by `BEGIN IMMEDIATE` with a busy timeout. Both are
waited for with one limit, and before anything is waited for, whoever has been committed is answered.
"""

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from tillroll.store import Contended, Item, Result, Row, StoreFailed, Work
from tillroll.store.file_lock import FileLock
from tillroll.store.group_commit import GroupCommit, Pending, by_work, results_of
from tillroll.store.queries import apply_migrations, queries

# The share of a request's time for which its write waits for other writers, whether they know our file lock or not.
WAIT_SHARE = 0.8
# Once it has waited in vain, whoever comes next waits for a shorter time, so that nobody's two waits are too long.
NEXT_WAIT_SHARE = 0.2
# How long a command waits: there is nobody who would ask again, and a server's batch takes a fraction of a second.
COMMAND_SECONDS = 30.0
# A migration of a large database takes minutes, and whoever starts beside it waits for its end.
MIGRATION_SECONDS = 600.0
READER_THREADS = 2

# The WAL is folded back into the file every so many pages (4 KiB each): 16 MiB, where SQLite's default of 4 MiB costs a
# second fsync four times as often.
CHECKPOINT_PAGES = 4000


class SqliteTransaction:
    """The queries of this folder on one SQLite connection."""

    __slots__ = ("_connection", "_queries", "changed")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.changed: set[str] = set()
        self._queries = queries("sqlite")

    def rows(self, query: str, **parameters: object) -> list[Row]:
        """All rows of a query."""
        return self._connection.execute(self._queries[query], parameters).fetchall()

    def row(self, query: str, **parameters: object) -> Row | None:
        """The first row of a query, or None."""
        found: Row | None = self._connection.execute(self._queries[query], parameters).fetchone()
        return found

    def run(self, query: str, **parameters: object) -> int:
        """Run one statement; how many rows it touched."""
        return self._connection.execute(self._queries[query], parameters).rowcount

    def run_many(self, query: str, parameters: Sequence[Mapping[str, object]]) -> int:
        """Run one statement for each set of parameters; how many rows they touched in all."""
        return self._connection.executemany(self._queries[query], parameters).rowcount


class SqliteStore:
    """See `tillroll.store.Store`."""

    def __init__(self, path: str, *, queue_max: int, request_seconds: float) -> None:
        self._path = str(Path(path).resolve())
        self._request_seconds = request_seconds
        self._file_lock = FileLock(self._path + ".lock")
        self._held_up_since: float | None = None  # since when no writer of ours has got its turn, where one has tried
        self._writer: sqlite3.Connection | None = None
        self._write_mutex = threading.Lock()
        self._reader = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._pool = ThreadPoolExecutor(READER_THREADS, thread_name_prefix="reader")
        self._group = GroupCommit(self._transact, threads=1, queue_max=queue_max)

    async def write(self, work: Work[Item, Result], item: Item) -> Result:
        """Group-committed: see `Store.write`."""
        return await self._group.submit(work, item)

    async def read(self, work: Callable[[SqliteTransaction, Item], Result], item: Item) -> Result:
        """On a reader thread: see `Store.read`."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._read, work, item)

    def write_now(self, work: Callable[[SqliteTransaction], Result]) -> Result:
        """Alone and at once: see `Store.write_now`."""
        until = time.monotonic() + COMMAND_SECONDS
        with _translated(), self._write_mutex, _Turn(self._file_lock, until):
            connection = self._writing_connection(until)
            try:
                _begin(connection, until)
                result = work(SqliteTransaction(connection))
                connection.execute("COMMIT")
            except BaseException:
                _rollback(connection)
                raise
            return result

    def migrate(self) -> list[str]:
        """Under the file lock, so that processes that start together apply each migration once."""
        until = time.monotonic() + MIGRATION_SECONDS
        with _translated(), self._write_mutex, _Turn(self._file_lock, until):
            self._writing_connection(time.monotonic() + COMMAND_SECONDS)
            return apply_migrations(f"sqlite:///{quote(self._path)}", "sqlite")

    def close(self) -> None:
        """Finish the queue, then close every connection."""
        self._group.close()
        self._pool.shutdown()
        for connection in [*self._readers, self._writer]:
            if connection is not None:
                connection.close()
        self._file_lock.close()

    def _read(self, work: Callable[[SqliteTransaction, Item], Result], item: Item) -> Result:
        with _translated():
            connection = self._reading_connection()
            connection.execute("BEGIN")
            try:
                return work(SqliteTransaction(connection), item)
            finally:
                _rollback(connection)

    def _reading_connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._reader, "connection", None)
        if connection is None:
            connection = self._reader.connection = _connect(self._path, self._request_seconds * WAIT_SHARE)
            connection.execute("PRAGMA query_only = ON")
            self._readers.append(connection)
        return connection

    def _writing_connection(self, until: float) -> sqlite3.Connection:
        """The connection of all writers, which waits for nobody: where to wait is said where it begins its turn."""
        if self._writer is None:
            writer = _connect(self._path, until - time.monotonic())
            writer.execute("PRAGMA busy_timeout = 0")
            self._writer = writer
        return self._writer

    def _transact(self, batch: Sequence[Pending], tell: Callable[[], None]) -> None:
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

    def _take_turn(self, batch: Sequence[Pending], until: float, tell: Callable[[], None]) -> None:
        with _translated(), self._write_mutex, _Turn(self._file_lock, until, tell):
            connection = self._writing_connection(until)
            try:
                _begin(connection, until, tell)
                self._held_up_since = None
                if not _run_together(connection, batch):
                    connection.execute("ROLLBACK")
                    _begin(connection, until, tell)
                    tx = SqliteTransaction(connection)
                    for work, members in by_work(batch):
                        _run_group(connection, tx, work, members)
                tell()
                connection.execute("COMMIT")
            except BaseException:
                _rollback(connection)
                raise


class _Turn:
    """The file lock, held from the beginning of a block to its end; raises Contended where it could not be had."""

    __slots__ = ("_before_waiting", "_lock", "_until")

    def __init__(self, lock: FileLock, until: float, before_waiting: Callable[[], None] | None = None) -> None:
        self._lock = lock
        self._until = until
        self._before_waiting = before_waiting

    def __enter__(self) -> None:
        if self._lock.try_acquire():
            return
        if self._before_waiting is not None:
            self._before_waiting()
        if not self._lock.acquire(self._until):
            raise Contended(
                "another process of this database has not given up its turn to write: it hangs, or it migrates "
                "(`lslocks` names who holds the file that ends in .lock)"
            )

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _begin(connection: sqlite3.Connection, until: float, before_waiting: Callable[[], None] | None = None) -> None:
    """Begin a transaction that may write; waits until then for a program that does not know our file lock."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if _primary_code(error) != sqlite3.SQLITE_BUSY:
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
        if _is_trouble(error):
            raise  # nothing of this batch may be kept
        return False
    return True


def _run_group(
    connection: sqlite3.Connection, tx: SqliteTransaction, work: Work[object, object], members: Sequence[Pending]
) -> None:
    """Run one group inside a savepoint; where it raises, run its members one by one and keep those that can be kept."""
    connection.execute("SAVEPOINT work")
    try:
        results = results_of(work, tx, [pending.item for pending in members])
        connection.execute("RELEASE work")
    except Exception as error:
        if _is_trouble(error):
            raise  # nothing of this batch may be kept
        connection.execute("ROLLBACK TO work")
        connection.execute("RELEASE work")
        if len(members) == 1:
            members[0].outcome = error
            return
        for pending in members:
            _run_group(connection, tx, work, [pending])
        return
    for pending, result in zip(members, results, strict=True):
        pending.outcome = result


def _connect(path: str, wait_seconds: float) -> sqlite3.Connection:
    """A connection to the file, which waits so long for others, also for those that it meets while it opens."""
    connection = sqlite3.connect(
        path, timeout=max(0.0, wait_seconds), isolation_level=None, check_same_thread=False, cached_statements=512
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute("PRAGMA cache_size = -65536")
        # Copies of pages that a savepoint may need again: beyond 64 KiB they would be written to a file.
        connection.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        connection.close()
        raise
    return connection


def _rollback(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if not _is_trouble(error):
            raise
        if _primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Contended("another program held the SQLite file for too long") from error
        raise StoreFailed(f"SQLite: {error}") from error


def _is_trouble(error: Exception) -> bool:
    """Whether the database itself is in trouble (disk full, locked, no database), not one statement or its values."""
    if not isinstance(error, sqlite3.DatabaseError):
        return False
    of_the_statement = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError)
    return not isinstance(error, of_the_statement) and _primary_code(error) != sqlite3.SQLITE_ERROR


def _primary_code(error: sqlite3.DatabaseError) -> int:
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF  # the rest says more about the same trouble
