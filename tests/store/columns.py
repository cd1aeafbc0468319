"""Whether the columns of the named queries are those that the structs beside them are made of, in the same order."""

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import psycopg
from msgspec import Struct
from psycopg import pq

from tests.store.ground import engine_of
from tillroll import store
from tillroll.store.queries import Engine, queries

# What a query's columns are: the fields of a struct, or these names where it returns plain values.
Fits = Mapping[str, type[Struct] | tuple[str, ...]]

_NAME = re.compile(r"^-- name: (\w+)(!?)", re.MULTILINE)
_PARAMETER = re.compile(r"%\((\w+)\)s")


class _Anything(dict[str, object]):
    """Every parameter there is. A one fits all columns, and is a JSON document, too."""

    def __missing__(self, name: str) -> object:
        return "1"


def misfits(url: str, folder: str, fits: Fits) -> list[str]:
    """The queries of a folder that return other columns than `fits` says, or that it says nothing of."""
    engine = engine_of(url)
    found = []
    reading = _reading(folder, engine)
    for query in sorted(reading | set(fits)):
        if query not in fits or query not in reading:
            found.append(f"{query}: the list and the folder do not both have it")
            continue
        expected = fits[query]
        wanted = expected if isinstance(expected, tuple) else expected.__struct_fields__
        columns = _columns(url, queries(engine)[query])
        if columns != wanted:
            found.append(f"{query}: returns {columns}, and {wanted} are expected")
    return found


def _reading(folder: str, engine: Engine) -> set[str]:
    """The queries of a folder that return rows."""
    files = Path(str(store.__file__)).parent.joinpath(folder).glob("*.sql")
    paths = [path for path in files if engine == "postgres" or "postgres" not in path.name]
    return {name for path in paths for name, writes in _NAME.findall(path.read_text("utf-8")) if not writes}


def _columns(url: str, text: str) -> tuple[str, ...]:
    if engine_of(url) == "postgres":
        return _columns_described(url, text)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        described = connection.execute(text, _Anything()).description
    return tuple(column[0] for column in described)


def _columns_described(url: str, text: str) -> tuple[str, ...]:
    """PostgreSQL tells the columns of a statement without running it."""
    names = list(dict.fromkeys(_PARAMETER.findall(text)))
    numbered = _PARAMETER.sub(lambda match: f"${names.index(match[1]) + 1}", text).replace("%%", "%")
    with psycopg.connect(url, autocommit=True) as connection:
        prepared = connection.pgconn.prepare(b"", numbered.encode())
        assert prepared.status == pq.ExecStatus.COMMAND_OK, prepared.error_message
        described = connection.pgconn.describe_prepared(b"")
    return tuple((described.fname(place) or b"").decode() for place in range(described.nfields))
