"""One thread's way to commit on PostgreSQL: each work once, whatever becomes of the connection.

Every transaction leaves a mark in a row of its writer's own. A COMMIT whose answer was lost is decided by that row: the
mark stands there exactly where the transaction was committed. The numbers of transactions can not tell: after a crash
PostgreSQL gives those out again that were not on disk. The row is locked to be read, so that a transaction that is
still open, because only the way to it was cut, is waited for or ended, and cannot be committed behind our back.
"""

import logging
import random
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress

import psycopg
from psycopg import errors
from psycopg.errors import Diagnostic

from tillroll.store import Contended, Item, Result, StoreFailed, Work
from tillroll.store.group_commit import results_of
from tillroll.store.postgres_connection import Limits, Watchdog, connect, limit_further, milliseconds
from tillroll.store.postgres_transaction import PostgresTransaction
from tillroll.store.queries import queries
from tillroll.store.writers import Blocked

# A constraint that a rival has just taken hold of is seen by the next attempt, unless that meets another one; what
# is still violated after these is violated by the work itself.
VIOLATIONS_MAX = 12
# A restart of the server breaks each connection once; one that breaks again at once is a server that is gone.
LOST_CONNECTIONS_MAX = 1
# How long to wait, at a time, for a transaction of ours that is still open although its connection is lost.
FATE_LOCK_SECONDS = 0.25
# A writer that left no mark for so long is gone; where it is not, it makes its row again.
MARKS_KEPT_MICROSECONDS = 7 * 86_400_000_000
MARKS_DELETED_MAX = 1000

_log = logging.getLogger(__name__)

# Another transaction was quicker: the same work, run again, will see what that one did.
_COLLISIONS = (errors.SerializationFailure, errors.DeadlockDetected)
# The same, or a value that breaks a constraint however often it is tried.
_VIOLATIONS = (errors.UniqueViolation, errors.CheckViolation)
# The connection or the server is gone or can do nothing (classes of SQLSTATE), or it no longer takes writes.
_LOST_CLASSES = ("08", "53", "57", "58")
_LOST_STATES = (
    errors.ReadOnlySqlTransaction.sqlstate,
    errors.IdleInTransactionSessionTimeout.sqlstate,
    errors.TransactionTimeout.sqlstate,
)

# Ends a session of ours that only waits for its client, which is gone. One that has heard COMMIT is not touched: it may
# be waiting for a replica to have it, too.
_END_SESSION = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid = %s AND backend_start = %s AND state LIKE 'idle in transaction%%'
"""
# A writer's name is made of hexadecimal digits.
_PREPARE = b"PREPARE %s (BIGINT) AS UPDATE commit_mark SET mark = $1 WHERE writer = '%s'; "
_BACKEND_START = "SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"


class _Unconfirmed(psycopg.OperationalError):
    """A COMMIT was answered with a warning: it was not waited for until replicas have it, as they were asked to."""


class _Lost(Exception):
    """The connection was lost, and with it what was not committed."""


class _Refused(Exception):
    """The server will not do what the work asks, although it is well: a fault of the work, not of the connection."""


class _Session:
    """A connection with the mark that its transactions leave, and what its server process is known by."""

    def __init__(self, url: str, limits: Limits, watchdog: Watchdog, give_up_at: float) -> None:
        self.connection = connect(url, limits)
        self.mark = time.time_ns() // 1000
        self.writer = secrets.token_hex(16)
        self.leash = watchdog.leash(self.connection)
        self._warnings: list[str] = []
        self._statement = b""
        self._is_prepared = False
        self.connection.add_notice_handler(self._take_note)
        try:
            with self.leash.until(give_up_at), self.connection.pipeline():
                limit_further(self.connection, limits)
                old = {"before": self.mark - MARKS_KEPT_MICROSECONDS, "limit": MARKS_DELETED_MAX}
                self.connection.execute(queries("postgres")["delete_old_commit_marks"], old)
                row = {"writer": self.writer, "mark": self.mark}
                self.connection.execute(queries("postgres")["insert_commit_mark"], row)
                started = self.connection.execute(_BACKEND_START)
            self.backend = (self.connection.info.backend_pid, (started.fetchone() or (None,))[0])
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        self.leash.release()
        self.connection.close()

    def begin(self, lock_seconds: float | None) -> None:
        """Begin a transaction with a fresh mark, in one round trip; waits so long for each lock, or as connected."""
        self.mark = max(self.mark + 1, time.time_ns() // 1000)
        patience = b"" if lock_seconds is None else b"SET LOCAL lock_timeout = %d; " % milliseconds(lock_seconds)
        preparation = b""
        if not self._is_prepared:
            self._statement = b"leave_mark_%d" % self.mark
            preparation = _PREPARE % (self._statement, self.writer.encode())
        # One message of several statements, and one of them prepared: the cheapest that the protocol has.
        message = b"BEGIN; %s%sEXECUTE %s (%d)" % (patience, preparation, self._statement, self.mark)
        left = self.connection.execute(message, prepare=False)
        self._is_prepared = True
        while left.nextset():
            pass
        if left.rowcount == 0:  # the row was deleted as that of a writer long gone
            row = {"writer": self.writer, "mark": self.mark}
            PostgresTransaction(self.connection).run("insert_commit_mark", **row)

    def commit(self) -> str:
        """Commit; the server's word for it. Raises psycopg.Error, also where the server has reservations."""
        self._warnings.clear()
        ended_by = self.connection.execute("COMMIT").statusmessage or ""
        self._is_prepared = ended_by == "COMMIT"
        if self._warnings:
            raise _Unconfirmed(self._warnings[0])
        return ended_by

    def rollback(self) -> None:
        """Roll back; the driver then forgets all statements that were prepared, ours among them."""
        self._is_prepared = False
        self.connection.execute("ROLLBACK")

    def _take_note(self, notice: Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            self._warnings.append(notice.message_primary or "")

    def is_lost(self, error: psycopg.Error) -> bool:
        """Whether an error says that the connection or the server is of no more use.

        A value that is not even sent has no state either; it says nothing of them.
        """
        state = error.sqlstate
        if self.connection.closed or self.connection.broken:
            return True
        if state is None:
            return not isinstance(error, psycopg.DataError)
        return state[:2] in _LOST_CLASSES or state in _LOST_STATES


class Writer:
    """The session of one thread, opened when it is needed and again when it was lost."""

    def __init__(self, url: str, limits: Limits, watchdog: Watchdog) -> None:
        self._url = url
        self._limits = limits
        self._watchdog = watchdog
        self._session: _Session | None = None

    def commit(
        self, work: Work[Item, Result], items: Sequence[Item], lock_seconds: float | None, give_up_at: float
    ) -> Sequence[Result]:
        """Work on `items` in one transaction, again where it collides with others, and until `give_up_at` at most.

        Waits so long for each lock, or as its limits say, and raises `Blocked` where one was not given. Raises
        `StoreFailed` where the database can not be reached or written, and where nobody can say what became of it.
        """
        violations = lost = attempt = 0
        while True:
            attempt += 1
            try:
                return self._commit_once(work, items, lock_seconds, give_up_at)
            except errors.LockNotAvailable as error:
                raise Blocked(str(error.diag.message_primary)) from error
            except _COLLISIONS as collision:
                _log.info("attempt %d collided: %s", attempt, collision.diag.message_primary)
            except _VIOLATIONS:
                violations += 1
                if violations == VIOLATIONS_MAX:
                    raise
            except _Lost as loss:
                lost += 1
                if lost > LOST_CONNECTIONS_MAX or time.monotonic() >= give_up_at:
                    raise StoreFailed(f"PostgreSQL: {loss.__cause__}") from loss
                continue
            if time.monotonic() >= give_up_at:
                raise Contended(f"{attempt} attempts collided with other transactions")
            # Full jitter, so that those who collided once do not march in step into the next collision.
            time.sleep(random.random() * 0.002 * 2 ** min(attempt, 7))

    def close(self) -> None:
        """Let go of the session; a later commit opens another one."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _commit_once(
        self, work: Work[Item, Result], items: Sequence[Item], lock_seconds: float | None, give_up_at: float
    ) -> Sequence[Result]:
        session = self._opened(give_up_at)
        with session.leash.until(give_up_at):
            try:
                session.begin(lock_seconds)
                results = results_of(work, PostgresTransaction(session.connection), items)
            except BaseException as error:
                self._leave(session, error)
                raise
            try:
                ended_by = session.commit()
            except psycopg.Error as error:
                if not session.is_lost(error):
                    self._rollback(session)
                    raise
                loss = error
            else:
                if ended_by != "COMMIT":
                    raise AssertionError(f"the work went on after a failed statement: COMMIT was answered {ended_by}")
                return results
        self.close()
        if self._was_committed(session, give_up_at):
            return results
        raise _Lost from loss

    def _leave(self, session: _Session, error: BaseException) -> None:
        """End a transaction in which this was raised; raises `_Lost` or `_Refused` where that is what it means."""
        if isinstance(error, psycopg.Error) and session.is_lost(error):
            self.close()
            raise _Lost from error
        self._rollback(session)
        ours = (*_COLLISIONS, errors.LockNotAvailable)
        if isinstance(error, psycopg.OperationalError) and not isinstance(error, ours):
            raise _Refused(str(error)) from error  # a limit of the server that this very work has met

    def _rollback(self, session: _Session) -> None:
        try:
            session.rollback()
        except psycopg.Error:  # then the end of the connection rolls it back
            self.close()

    def _opened(self, give_up_at: float) -> _Session:
        """This writer's session; a new one where there is none. Raises `_Lost` where there can be none."""
        if self._session is not None and self._session.connection.closed:
            self.close()
        if self._session is None:
            try:
                self._session = _Session(self._url, self._limits, self._watchdog, give_up_at)
            except (psycopg.OperationalError, errors.ReadOnlySqlTransaction) as error:
                raise _Lost from error
        return self._session

    def _was_committed(self, lost: _Session, give_up_at: float) -> bool:
        """What became of the last transaction of a lost session; raises StoreFailed when nobody can say in time."""
        while time.monotonic() < give_up_at:
            try:
                mark = self._mark_of(lost, give_up_at)
            except errors.LockNotAvailable:
                continue  # its end was asked for, or its COMMIT is under way
            except (_Lost, psycopg.Error):  # still down: ask again until the time is up
                self.close()
                time.sleep(0.05)
            else:
                return mark == lost.mark
        raise StoreFailed("the outcome of a COMMIT is unknown; a retry with the same key finds out")

    def _mark_of(self, lost: _Session, give_up_at: float) -> int | None:
        """The mark in the row of a session whose last transaction has certainly ended; None where there is no row.

        Locking the row makes this a transaction that writes: where replicas have to confirm a COMMIT, they have
        confirmed the one that is asked for as well.
        """
        session = self._opened(give_up_at)
        with session.leash.until(give_up_at):
            try:
                session.begin(min(FATE_LOCK_SECONDS, max(0.01, give_up_at - time.monotonic())))
                row = PostgresTransaction(session.connection).row("lock_commit_mark", writer=lost.writer)
                session.commit()
            except errors.LockNotAvailable:
                self._rollback(session)
                with suppress(errors.InsufficientPrivilege):  # then it ends by its own limits
                    session.connection.execute(_END_SESSION, lost.backend)
                raise
        return None if row is None else int(row[0])
