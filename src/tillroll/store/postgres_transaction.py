"""The queries of this folder on one PostgreSQL connection."""

from collections.abc import Mapping, Sequence

import msgspec
import psycopg
from msgspec import Struct
from msgspec.structs import asdict

from tillroll.store import Row
from tillroll.store.queries import queries

# Overrides that read all sets of parameters at once have this one parameter instead of one for each column.
_TAKES_ROWS = "%(rows)s"


class PostgresTransaction:
    """See `tillroll.store.Transaction`."""

    __slots__ = ("_cursor", "_queries", "changed")

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self.changed: set[str] = set()
        self._cursor = connection.cursor()
        self._queries = queries("postgres")

    def rows(self, query: str, **parameters: object) -> list[Row]:
        """All rows of a query."""
        return self._cursor.execute(self._queries[query], parameters).fetchall()

    def row(self, query: str, **parameters: object) -> Row | None:
        """The first row of a query, or None."""
        return self._cursor.execute(self._queries[query], parameters).fetchone()

    def run(self, query: str, **parameters: object) -> int:
        """Run one statement; how many rows it touched."""
        text = self._queries[query]
        given = {"rows": _rows([parameters])} if _TAKES_ROWS in text else parameters
        return self._cursor.execute(text, given).rowcount

    def run_many(self, query: str, parameters: Sequence[Mapping[str, object]] | Sequence[Struct]) -> int:
        """Run one statement for each set of parameters, in one pipeline; how many rows they touched in all."""
        if not parameters:
            return 0
        text = self._queries[query]
        if _TAKES_ROWS in text:
            return self._cursor.execute(text, {"rows": _rows(parameters)}).rowcount
        self._cursor.executemany(
            text, [asdict(parameter) if isinstance(parameter, Struct) else parameter for parameter in parameters]
        )
        return self._cursor.rowcount


def _rows(parameters: Sequence[Mapping[str, object]] | Sequence[Struct]) -> str:
    """Sets of parameters as the one JSON list that `json_to_recordset(:rows)` reads."""
    return msgspec.json.encode(parameters).decode()
