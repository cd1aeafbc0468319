"""Reads on SQLite, each on one snapshot and for a limited time: behind a snapshot the log can not be folded back."""

import sqlite3
import time
from collections.abc import Callable
from typing import Any

from tillroll.domain.money import plain_arithmetic
from tillroll.store import Item, Overloaded, Result, Row
from tillroll.store.sqlite_connection import SqliteTransaction, connect, rollback, translated

# How many steps of SQLite's virtual machine are taken between two looks at the clock: about a millisecond.
STEPS_BETWEEN_LOOKS = 50_000
# What a reader keeps of the file in memory; the operating system keeps the rest, once for all readers.
CACHE_KIBIBYTES = 16_384


class SqliteReader:
    """See `tillroll.store.readers.Reader`."""

    def __init__(self, path: str, wait_seconds: float) -> None:
        self._path = path
        self._wait_seconds = wait_seconds
        self._connection: sqlite3.Connection | None = None
        self._until = 0.0

    def run(self, work: Callable[[Any, Item], Result], item: Item, until: float) -> Result:
        """On one snapshot, which is given back by `until`; raises Overloaded where that was too soon."""
        with translated():
            self._until = until
            connection = self._opened()
            connection.execute("BEGIN")
            try:
                with plain_arithmetic():
                    return work(_TimedTransaction(connection, until), item)
            finally:
                rollback(connection)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = connect(self._path, self._wait_seconds)
            connection.execute("PRAGMA query_only = ON")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
            connection.set_progress_handler(self._is_late, STEPS_BETWEEN_LOOKS)
            self._connection = connection
        return self._connection

    def _is_late(self) -> bool:
        return time.monotonic() > self._until


class _TimedTransaction(SqliteTransaction):
    """A transaction that begins no statement after its time."""

    __slots__ = ("_until",)

    def __init__(self, connection: sqlite3.Connection, until: float) -> None:
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
