"""PostgreSQL: any number of server processes, READ COMMITTED plus constraints, conditional updates and sorted locks.

Each group of writes that share a work function is one transaction, so that its rows are locked in one sorted order;
two writer threads let one group decide while the other waits for its commit. Conflicts are retried a bounded number of
times. A COMMIT whose answer was lost is resolved by asking the server what became of its transaction id.
"""

import contextlib
import logging
import math
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from tillroll.store import Asker, Contended, Item, Reads, Result, Row, StoreFailed, Transaction, Work
from tillroll.store.group_commit import GroupCommit, Pending, by_work, results_of
from tillroll.store.postgres_connection import Watchdog
from tillroll.store.postgres_reader import PostgresReader, reading_limits
from tillroll.store.postgres_transaction import PostgresTransaction
from tillroll.store.queries import apply_migrations
from tillroll.store.readers import Readers, lanes

WRITER_THREADS = 2
# How many threads make point reads.
READER_THREADS = 4
ATTEMPTS_MAX = 8
# A constraint that a rival has just taken hold of is seen by the next attempt; one that is still violated after these
# is violated by the work itself.
VIOLATIONS_MAX = 4
# A restart of the server breaks each connection once; one that breaks again at once is a server that is gone.
LOST_CONNECTIONS_MAX = 1
# A lock is held for one group's work and its commit, some milliseconds; a wait a thousand times as long is a fault.
LOCK_TIMEOUT = "5s"
# How long to ask for the fate of a transaction whose COMMIT lost its answer before calling it unknown.
UNKNOWN_COMMIT_SECONDS = 10.0

_log = logging.getLogger(__name__)

# Another transaction was quicker: the same work, run again, will see what that one did.
_COLLISIONS = (errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable)
# The same, or a value that breaks a constraint however often it is tried.
_VIOLATIONS = (errors.UniqueViolation, errors.CheckViolation)


class PostgresStore:
    """See `tillroll.store.Store`."""

    def __init__(self, url: str, *, queue_max: int, request_seconds: float) -> None:
        self._url = url
        self._request_seconds = request_seconds
        self._local = threading.local()
        self._opened: list[psycopg.Connection[Row]] = []
        self._watchdog = Watchdog()
        self._readers = Readers(self._open_reader, lanes(READER_THREADS), request_seconds)
        self._group = GroupCommit(self._transact, threads=WRITER_THREADS, queue_max=queue_max)

    async def write(self, work: Work[Item, Result], item: Item) -> Result:
        """Group-committed: see `Store.write`."""
        return await self._group.submit(work, item)

    async def read(
        self,
        work: Callable[[PostgresTransaction, Item], Result],
        item: Item,
        reads: Reads = "point",
        asker: Asker = ("", ""),
    ) -> Result:
        """On a reader thread of its lane: see `Store.read`."""
        return await self._readers.read(work, item, reads, asker)

    def read_now(self, work: Callable[[PostgresTransaction], Result]) -> Result:
        """Alone, for as long as it takes: see `Store.read_now`."""
        with contextlib.closing(PostgresReader(self._url, reading_limits(math.inf), self._watchdog)) as reader:
            return reader.run(lambda tx, _: work(tx), None, math.inf)

    def write_now(self, work: Callable[[Transaction], Result]) -> Result:
        """Alone and at once: see `Store.write_now`."""
        (result,) = self._commit_group(lambda tx, _items: [work(tx)], [None])
        return result

    def migrate(self) -> list[str]:
        """Under an advisory lock, so that processes that start together apply each migration once."""
        with self._translated(), psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(hashtext('tillroll migrations'))")
            return apply_migrations("postgresql+psycopg:///?" + urlencode(conninfo_to_dict(self._url)), "postgres")

    def close(self) -> None:
        """Finish the queue, then close every connection."""
        self._group.close()
        self._readers.close()
        for connection in self._opened:
            connection.close()
        self._watchdog.close()

    def _open_reader(self) -> PostgresReader:
        return PostgresReader(self._url, reading_limits(self._request_seconds), self._watchdog)

    def _transact(self, batch: Sequence[Pending], _tell: Callable[[], None]) -> None:
        for work, members in by_work(batch):
            self._settle_group(work, members)

    def _settle_group(self, work: Work[object, object], members: Sequence[Pending]) -> None:
        try:
            results = self._commit_group(work, [pending.item for pending in members])
        except (StoreFailed, Contended) as error:
            for pending in members:
                pending.outcome = error
        except Exception as error:  # noqa: BLE001  reaches the waiter of this very item
            if len(members) == 1:
                members[0].outcome = error
                return
            for pending in members:
                self._settle_group(work, [pending])
        else:
            for pending, result in zip(members, results, strict=True):
                pending.outcome = result

    def _commit_group(self, work: Work[Item, Result], items: Sequence[Item]) -> Sequence[Result]:
        """Work on `items` in one transaction, retried while it collides with others."""
        with self._translated():
            violations = lost = 0
            for attempt in range(ATTEMPTS_MAX):
                try:
                    return self._commit_once(work, items)
                except _COLLISIONS as collision:
                    _log.info("attempt %d collided: %s", attempt + 1, collision.diag.message_primary)
                except _VIOLATIONS:
                    violations += 1
                    if violations == VIOLATIONS_MAX:
                        raise
                except psycopg.OperationalError:  # the connection was lost, and what was not committed with it
                    lost += 1
                    if lost > LOST_CONNECTIONS_MAX:
                        raise
                    continue
                # Full jitter, so that those who collided once do not march in step into the next collision.
                time.sleep(random.random() * 0.002 * 2**attempt)
        raise Contended(f"{ATTEMPTS_MAX} attempts collided with other transactions")

    def _commit_once(self, work: Work[Item, Result], items: Sequence[Item]) -> Sequence[Result]:
        connection = self._connection()
        try:
            with connection.pipeline():
                connection.execute("BEGIN")
                transaction_id = connection.execute("SELECT CAST(pg_current_xact_id() AS text)")
            (xid,) = transaction_id.fetchone() or ("",)
            results = results_of(work, PostgresTransaction(connection), items)
        except psycopg.OperationalError as error:
            if isinstance(error, _COLLISIONS):
                _rollback(connection)
                raise
            if not _is_lost(connection, error):  # a limit of the server that this very work has met
                _rollback(connection)
                raise _Refused(str(error)) from error
            self._drop(connection)
            raise
        except BaseException:
            _rollback(connection)
            raise
        try:
            ended_by = connection.execute("COMMIT").statusmessage
        except psycopg.OperationalError as error:
            if isinstance(error, _COLLISIONS):
                _rollback(connection)
                raise
            self._drop(connection)
            if not self._was_committed(xid):
                raise
            return results
        if ended_by != "COMMIT":
            raise AssertionError(f"the work went on after a failed statement, and COMMIT was answered by {ended_by}")
        return results

    def _was_committed(self, xid: str) -> bool:
        """What became of a transaction whose COMMIT lost its answer; raises StoreFailed when nobody can say."""
        give_up_at = time.monotonic() + UNKNOWN_COMMIT_SECONDS
        while time.monotonic() < give_up_at:
            with contextlib.suppress(psycopg.Error):  # still down: ask again until the time is up
                row = self._connection().execute("SELECT pg_xact_status(CAST(%s AS xid8))", [xid]).fetchone()
                if row is not None and row[0] in ("committed", "aborted"):
                    return bool(row[0] == "committed")
            time.sleep(0.1)
        raise StoreFailed(f"the outcome of transaction {xid} is unknown; a retry with the same key finds out")

    def _connection(self) -> psycopg.Connection[Row]:
        """This thread's connection; a new one where there is none or it was lost."""
        connection: psycopg.Connection[Row] | None = getattr(self._local, "connection", None)
        if connection is None or connection.closed:
            connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5)
            connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'; SET synchronous_commit = on")
            self._local.connection = connection
            self._opened.append(connection)
        return connection

    def _drop(self, connection: psycopg.Connection[Any]) -> None:
        connection.close()
        self._opened.remove(connection)
        self._local.connection = None

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except psycopg.OperationalError as error:
            raise StoreFailed(f"PostgreSQL: {error}") from error


class _Refused(Exception):
    """The server will not do what the work asks, although it is well: a fault of the work, not of the connection."""


def _is_lost(connection: psycopg.Connection[Any], error: psycopg.OperationalError) -> bool:
    """Whether an error says that the connection or the server is gone (SQLSTATE classes 08, 53, 57 and 58)."""
    state = error.sqlstate
    return connection.closed or connection.broken or state is None or state[:2] in ("08", "53", "57", "58")


def _rollback(connection: psycopg.Connection[Any]) -> None:
    if not connection.closed:
        connection.execute("ROLLBACK")
