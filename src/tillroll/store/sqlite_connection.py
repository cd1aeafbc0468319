"""Connections to an SQLite file: their settings, the queries on them, and what their errors mean to the store."""

import contextlib
import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from msgspec import Struct

from tillroll.store import Contended, Overloaded, Row, StoreFailed
from tillroll.store.queries import queries

# The WAL is folded back into the file every so many pages (4 KiB each): 16 MiB, where SQLite's default of 4 MiB costs a
# second fsync four times as often.
CHECKPOINT_PAGES = 4000
# What the WAL may keep of the disk once it was larger: four times what it usually has.
LOG_BYTES_KEPT = 64 * 1024 * 1024


class SqliteTransaction:
    """The queries of this folder on one SQLite connection."""

    __slots__ = ("_connection", "_statements", "changed")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.changed: set[str] = set()
        self._statements = statements()

    def rows(self, query: str, **parameters: object) -> list[Row]:
        """All rows of a query."""
        statement = self._statements[query]
        return self._connection.execute(statement.text, statement.of_mapping(parameters)).fetchall()

    def row(self, query: str, **parameters: object) -> Row | None:
        """The first row of a query, or None."""
        statement = self._statements[query]
        found: Row | None = self._connection.execute(statement.text, statement.of_mapping(parameters)).fetchone()
        return found

    def run(self, query: str, **parameters: object) -> int:
        """Run one statement; how many rows it touched."""
        statement = self._statements[query]
        return self._connection.execute(statement.text, statement.of_mapping(parameters)).rowcount

    def run_many(self, query: str, parameters: Sequence[Mapping[str, object]] | Sequence[Struct]) -> int:
        """Run one statement for each set of parameters; how many rows they touched in all."""
        statement = self._statements[query]
        are_structs = bool(parameters) and isinstance(parameters[0], Struct)
        bind = statement.of_struct if are_structs else statement.of_mapping
        return self._connection.executemany(statement.text, map(bind, parameters)).rowcount


class Statement(NamedTuple):
    """A query with its parameters by position: bound by name, each costs SQLite a search for every row."""

    text: str
    of_mapping: Callable[[Any], Sequence[object]]
    of_struct: Callable[[Any], Sequence[object]]


@cache
def statements() -> dict[str, Statement]:
    """Every query by its name."""
    return {name: statement_of(text) for name, text in queries("sqlite").items()}


def statement_of(query: str) -> Statement:
    """A query whose parameters are written `:name`, wherever that does not stand in a text or in a comment."""
    names = [match["name"] for match in _PARAMETER.finditer(query) if match["name"]]
    text = _PARAMETER.sub(lambda match: "?" if match["name"] else match[0], query)
    if len(names) > 1:
        return Statement(text, itemgetter(*names), attrgetter(*names))
    return Statement(
        text, lambda given: [given[name] for name in names], lambda given: [getattr(given, name) for name in names]
    )


_PARAMETER = re.compile(r"'[^']*'|--[^\n]*|:(?P<name>[A-Za-z_]\w*)")


def connect(path: str, wait_seconds: float, mode: Literal["rw", "rwc"] = "rw") -> sqlite3.Connection:
    """A connection to the file, which waits so long for others, also for those that it meets while it opens.

    Only with the mode `rwc` is a file made where there is none.
    """
    connection = sqlite3.connect(
        f"file:{quote(path)}?mode={mode}",
        uri=True,
        timeout=max(0.0, wait_seconds),
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES_KEPT}")
        connection.execute("PRAGMA cache_size = -65536")
        # Copies of pages that a savepoint may need again: beyond 64 KiB they would be written to a file.
        connection.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        connection.close()
        raise
    return connection


class OpenFiles:
    """The database and its log as one connection has found them in its first transaction.

    A file that is deleted or replaced goes on without a name, and what is committed to it is gone with the process.
    Where there is a write-ahead log, SQLite does not notice.
    """

    def __init__(self, path: str) -> None:
        self._paths = (path, path + "-wal")
        self._found: list[tuple[int, int]] | None = None

    def check(self) -> None:
        """Raises StoreFailed where one of them is no longer at its address; to be asked inside of a transaction."""
        try:
            found = [(file.st_dev, file.st_ino) for file in map(os.stat, self._paths)]
        except FileNotFoundError as error:
            raise StoreFailed(f"{error.filename} was removed: {_UNTIL_PUT_BACK}") from error
        if self._found is None:
            self._found = found
        for path, known, now in zip(self._paths, self._found, found, strict=True):
            if known != now:
                raise StoreFailed(f"{path} was replaced by another file: {_UNTIL_PUT_BACK}")


_UNTIL_PUT_BACK = "nothing is written until the one that is open is put back, or the server is started again"


def rollback(connection: sqlite3.Connection) -> None:
    """Leave nothing of a transaction, where one is open."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """What is no fault of a statement becomes one of the store's own exceptions."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if not is_trouble(error):
            raise
        if primary_code(error) == sqlite3.SQLITE_INTERRUPT:
            raise Overloaded("a read took longer than it may") from error
        if primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Contended("another program held the SQLite file for too long") from error
        raise StoreFailed(f"SQLite: {error}") from error


def is_trouble(error: Exception) -> bool:
    """Whether the database itself is in trouble (disk full, locked, no database), not one statement or its values."""
    if not isinstance(error, sqlite3.DatabaseError):
        return False
    of_the_statement = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError)
    return not isinstance(error, of_the_statement) and primary_code(error) != sqlite3.SQLITE_ERROR


def primary_code(error: sqlite3.DatabaseError) -> int:
    """What kind of error it is, by SQLite's number."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF  # the rest says more about the same trouble
