"""Connections to PostgreSQL's primary on which nobody waits without an end, on neither side.

The server ends what takes too long by limits that each connection is opened with, so that the locks of a program that
has stopped are given back. Where the server itself does not answer, a watchdog cuts the connection.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from msgspec import Struct
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tillroll.store import Row

# What holds unless the address says otherwise: how long to wait for one host, and when a peer that no longer answers is
# given up on although its machine was never heard to close anything.
DEFAULTS = {
    "connect_timeout": "2",
    "keepalives_idle": "30",
    "keepalives_interval": "5",
    "keepalives_count": "2",
    "tcp_user_timeout": "5000",
    "application_name": "tillroll",
}
# From these versions on, the server notices during a statement that its client is gone, and limits whole transactions.
WITH_CONNECTION_CHECK = 140000
WITH_TRANSACTION_TIMEOUT = 170000

WATCH_SECONDS = 0.2


class Limits(Struct, frozen=True):
    """How long the server lets a connection wait for a lock, run a statement, rest inside a transaction, and be in one.

    0 is any time. None of them ends the wait of a COMMIT for the replicas that have to confirm it.
    """

    lock_seconds: float
    statement_seconds: float
    idle_seconds: float
    transaction_seconds: float = 0

    def options(self) -> str:
        """The limits as the server is told them when a connection is opened."""
        limits = {
            "lock_timeout": self.lock_seconds,
            "statement_timeout": self.statement_seconds,
            "idle_in_transaction_session_timeout": self.idle_seconds,
        }
        said = [f"-c {name}={milliseconds(seconds)}" for name, seconds in limits.items()]
        return " ".join([*said, "-c synchronous_commit=on"])


def milliseconds(seconds: float) -> int:
    """As PostgreSQL counts; what is not zero stays so, because zero means any time."""
    return 0 if seconds == 0 else max(1, int(seconds * 1000))


def conninfo(url: str, limits: Limits) -> str:
    """The address with our limits. Of several hosts only a primary is accepted: a replica is behind.

    Options of the address stand before ours, so that ours hold.
    """
    given = conninfo_to_dict(url)
    options = given.get("options") or os.environ.get("PGOPTIONS", "")
    ours = {"target_session_attrs": "primary", "options": f"{options} {limits.options()}".lstrip()}
    return make_conninfo("", **{**DEFAULTS, **given, **ours})


def connect(url: str, limits: Limits) -> psycopg.Connection[Row]:
    """A connection to the primary that commits each statement, unless it is inside a transaction."""
    return psycopg.connect(conninfo(url, limits), autocommit=True)


def limit_further(connection: psycopg.Connection[Row], limits: Limits) -> None:
    """Tell a server that is new enough how long a transaction may last, and to look whether we are still there."""
    version = connection.info.server_version
    if version >= WITH_CONNECTION_CHECK:
        connection.execute("SET client_connection_check_interval = '1s'")
    if limits.transaction_seconds and version >= WITH_TRANSACTION_TIMEOUT:
        limit = sql.Literal(milliseconds(limits.transaction_seconds))
        connection.execute(sql.SQL("SET transaction_timeout = {}").format(limit))


class Leash:
    """By which a watchdog cuts one connection: whoever waits for an answer then learns that it is lost."""

    __slots__ = ("_cut_at", "_lock", "_socket", "_watchdog")

    def __init__(self, watchdog: "Watchdog", connection: psycopg.Connection[Row]) -> None:
        self._watchdog = watchdog
        self._socket = socket.socket(fileno=os.dup(connection.fileno()))
        self._lock = threading.Lock()
        self._cut_at: float | None = None

    @contextmanager
    def until(self, cut_at: float) -> Iterator[None]:
        """Let the connection be cut at this moment (of the monotonic clock), unless the block has ended."""
        with self._lock:
            self._cut_at = cut_at
        try:
            yield
        finally:
            with self._lock:
                self._cut_at = None

    def cut_if_late(self, now: float) -> None:
        """Cut the connection where its moment has come."""
        with self._lock:
            if self._cut_at is not None and self._cut_at <= now:
                self._cut_at = None
                with suppress(OSError):  # the other side was quicker
                    self._socket.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """Let go of a connection that is no longer used."""
        self._watchdog.forget(self)
        self._socket.close()


class Watchdog:
    """A thread that looks a few times a second for connections whose answer is late."""

    def __init__(self) -> None:
        self._leashes: set[Leash] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def leash(self, connection: psycopg.Connection[Row]) -> Leash:
        """Watch this connection, too."""
        leash = Leash(self, connection)
        with self._lock:
            self._leashes.add(leash)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
                self._thread.start()
        return leash

    def forget(self, leash: Leash) -> None:
        """No longer watch this one."""
        with self._lock:
            self._leashes.discard(leash)

    def close(self) -> None:
        """Stop looking."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._closed.wait(WATCH_SECONDS):
            with self._lock:
                leashes = list(self._leashes)
            now = time.monotonic()
            for leash in leashes:
                leash.cut_if_late(now)
