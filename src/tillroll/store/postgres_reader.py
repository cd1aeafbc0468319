"""Reads on PostgreSQL, each on one snapshot and for a limited time, also where the server does not answer at all."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from psycopg import errors

from tillroll.domain.money import plain_arithmetic
from tillroll.store import Contended, Item, Overloaded, Result, Row, StoreFailed
from tillroll.store.postgres_connection import Leash, Limits, Watchdog, connect, milliseconds
from tillroll.store.postgres_transaction import PostgresTransaction

# The server ends a statement by itself at the deadline; one that has not done so by then does not answer.
GRACE_SECONDS = 0.3

# A read waits for nobody who writes rows, only for who locks a whole table, such as a migration: some milliseconds. Who
# waits for longer would keep a thread from all those that read something else.
LOCK_SECONDS = 0.5
# The same while others have waited in vain: it is probably the same lock.
LOCK_SECONDS_WHILE_HELD = 0.05
HELD_SECONDS = 2.0

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_BEGIN_WHILE_HELD = f"{_BEGIN}; SET LOCAL lock_timeout = {milliseconds(LOCK_SECONDS_WHILE_HELD)}"

# The connection or the server is gone, or the server has ended a transaction that went on for too long.
_LOST = (psycopg.OperationalError, errors.IdleInTransactionSessionTimeout, errors.TransactionTimeout)


class HeldTables:
    """Whether readers have just waited in vain for a table that somebody locks; several threads note and look."""

    __slots__ = ("_noted_at",)

    def __init__(self) -> None:
        self._noted_at = -math.inf

    def note(self) -> None:
        """Somebody has waited in vain."""
        self._noted_at = time.monotonic()

    def are_there(self) -> bool:
        """Whether that was a moment ago."""
        return time.monotonic() - self._noted_at < HELD_SECONDS


class PostgresReader:
    """See `tillroll.store.readers.Reader`; those of one store share what they know of tables that are held."""

    def __init__(self, url: str, limits: Limits, watchdog: Watchdog, held: HeldTables) -> None:
        self._url = url
        self._limits = limits
        self._watchdog = watchdog
        self._held = held
        self._opened: tuple[psycopg.Connection[Row], Leash] | None = None

    def run(self, work: Callable[[Any, Item], Result], item: Item, until: float) -> Result:
        """On one snapshot, tried again once where the connection was lost.

        Raises Overloaded where it took too long, and Contended where somebody holds a table that it reads.
        """
        with _translated():
            try:
                return self._run(work, item, until)
            except _LOST as error:
                if isinstance(error, errors.QueryCanceled) or time.monotonic() > until:
                    raise
            return self._run(work, item, until)

    def close(self) -> None:
        """Close the connection."""
        if self._opened is not None:
            connection, leash = self._opened
            self._opened = None
            leash.release()
            connection.close()

    def _run(self, work: Callable[[Any, Item], Result], item: Item, until: float) -> Result:
        connection, leash = self._connection()
        try:
            with leash.until(until + GRACE_SECONDS):
                connection.execute(_BEGIN_WHILE_HELD if self._held.are_there() else _BEGIN, prepare=False)
                try:
                    with plain_arithmetic():
                        result = work(_TimedTransaction(connection, until), item)
                except errors.LockNotAvailable as error:
                    connection.execute("ROLLBACK")
                    self._held.note()
                    raise Contended(f"somebody else holds a table: {error.diag.message_primary}") from error
                except _LOST:
                    raise
                except BaseException:
                    connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
        except _LOST:
            self.close()
            raise
        return result

    def _connection(self) -> tuple[psycopg.Connection[Row], Leash]:
        if self._opened is None:
            connection = connect(self._url, self._limits)
            self._opened = connection, self._watchdog.leash(connection)
        return self._opened


class _TimedTransaction(PostgresTransaction):
    """A transaction that begins no statement after its time."""

    __slots__ = ("_until",)

    def __init__(self, connection: psycopg.Connection[Row], until: float) -> None:
        super().__init__(connection)
        self._until = until

    def rows(self, query: str, **parameters: object) -> list[Row]:
        """All rows of a query."""
        self._look_at_the_clock()
        return super().rows(query, **parameters)

    def row(self, query: str, **parameters: object) -> Row | None:
        """The first row of a query, or None."""
        self._look_at_the_clock()
        return super().row(query, **parameters)

    def _look_at_the_clock(self) -> None:
        if time.monotonic() > self._until:
            raise Overloaded("a read took longer than it may")


def reading_limits(seconds: float) -> Limits:
    """What the server allows a reader that may take so long; it holds no lock that anybody waits for."""
    if math.isinf(seconds):
        return Limits(lock_seconds=5, statement_seconds=0, idle_seconds=600)
    return Limits(lock_seconds=min(LOCK_SECONDS, seconds), statement_seconds=seconds, idle_seconds=seconds + 1)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except errors.QueryCanceled as error:
        raise Overloaded("a read took longer than it may") from error
    except _LOST as error:
        raise StoreFailed(f"PostgreSQL: {error}") from error
