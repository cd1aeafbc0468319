"""SQLite: WAL, `synchronous=FULL`, one writer thread, a few readers.

Several server processes may share one file. A file lock beside the database queues their writers fairly and wakes the
next one at once, where SQLite's own busy handler would poll; the kernel drops it with the process, so a kill frees it.
Writers that know nothing of it (a shell, a backup) are still met by `BEGIN IMMEDIATE` with a busy timeout.
"""

import asyncio
import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from tillroll.store import Contended, Item, Result, Row, StoreFailed, Work
from tillroll.store.group_commit import GroupCommit, Pending, by_work, results_of
from tillroll.store.queries import apply_migrations, queries

# How long a writer waits for one that does not know our file lock.
BUSY_SECONDS = 10.0
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

    def __init__(self, path: str, *, queue_max: int) -> None:
        self._path = str(Path(path).resolve())
        self._lock_file = os.open(self._path + ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
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
        with _translated(), self._write_mutex, _Exclusive(self._lock_file):
            connection = self._writing_connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(SqliteTransaction(connection))
                connection.execute("COMMIT")
            except BaseException:
                _rollback(connection)
                raise
            return result

    def migrate(self) -> list[str]:
        """Under the file lock, so that processes that start together apply each migration once."""
        with _translated(), self._write_mutex, _Exclusive(self._lock_file):
            self._writing_connection()
            return apply_migrations(f"sqlite:///{quote(self._path)}", "sqlite")

    def close(self) -> None:
        """Finish the queue, then close every connection."""
        self._group.close()
        self._pool.shutdown()
        for connection in [*self._readers, self._writer]:
            if connection is not None:
                connection.close()
        if self._lock_file >= 0:
            os.close(self._lock_file)
            self._lock_file = -1  # closing again must not close whatever file has its number by then

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
            connection = self._reader.connection = _connect(self._path)
            connection.execute("PRAGMA query_only = ON")
            self._readers.append(connection)
        return connection

    def _writing_connection(self) -> sqlite3.Connection:
        if self._writer is None:
            self._writer = _connect(self._path)
        return self._writer

    def _transact(self, batch: Sequence[Pending], tell: Callable[[], None]) -> None:
        with _translated(), self._write_mutex, _Exclusive(self._lock_file, before_waiting=tell):
            connection = self._writing_connection()
            try:
                connection.execute("BEGIN IMMEDIATE")
                if not _run_together(connection, batch):
                    connection.execute("ROLLBACK")
                    connection.execute("BEGIN IMMEDIATE")
                    tx = SqliteTransaction(connection)
                    for work, members in by_work(batch):
                        _run_group(connection, tx, work, members)
                tell()
                connection.execute("COMMIT")
            except BaseException:
                _rollback(connection)
                raise


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


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=512
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


class _Exclusive:
    """The file lock that queues writers of all processes; the kernel frees it when a process dies."""

    __slots__ = ("_before_waiting", "_file")

    def __init__(self, file: int, before_waiting: Callable[[], None] | None = None) -> None:
        self._file = file
        self._before_waiting = before_waiting

    def __enter__(self) -> None:
        if self._before_waiting is not None:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._before_waiting()
            else:
                return
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)
