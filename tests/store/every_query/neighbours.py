"""A neighbour with the same ids: whatever a shop (or a user) has, somebody else has, too, at another time.

Where an id has to be one of a kind on the whole server (a token's hash, say), the neighbour's begins with a letter of
its own.
"""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from msgspec import Struct

from tests.store.ground import NOW, engine_of
from tillroll.store import Transaction
from tillroll.store.postgres_transaction import PostgresTransaction
from tillroll.store.sqlite_connection import SqliteTransaction

NEIGHBOUR = "next"
SECOND_USER = 2
# How far the neighbour's times and positions are from ours, in microseconds and in events.
APART = 1_000_000
# Which table says who an owner is, and by which column.
_OWNED_BY = {"shop": ("shop", "id"), "user_id": ("user_account", "id")}
# What has only a few values; of these, the next one is the other.
_VALUES = {
    "role": ("viewer", "analyst", "admin"),
    "outcome": ("accepted", "repeated", "refused"),
    "device": ("", "desktop", "mobile"),
    "state": ("sold", "returned", "lost", "in_stock", "listed"),
}
# What may have only one value where the rest of the row is the same.
_HAS_NO_OTHER = {"status", "document"}
# Where a parameter is a place in a list, or what is left out of it, another value may be meant, too.
_PLACES = {
    "inventory_order_items": {"id"},
    "inventory_page": {"bought_at", "id"},
    "inventory_page_back": {"bought_at", "id"},
    "sales_page": {"id"},
}
# An interaction's beginning is part of its key, and its end is not before its beginning.
NOT_MOVED = {"last_at"}

_SHOP = f"INSERT INTO shop (id, currency, created_at) VALUES ('{NEIGHBOUR}', 'PLN', {NOW})"
_USER = (
    "INSERT INTO user_account (id, name, name_key, password_hash, created_at, password_changed_at) "
    f"{{}} VALUES ({SECOND_USER}, 'Bob', 'bob', 'h', {NOW}, {NOW})"
)
_COLUMNS_OF_SQLITE = """
    SELECT one.name, info.name, info.type = 'INTEGER' FROM sqlite_schema AS one, pragma_table_info(one.name) AS info
    WHERE one.type = 'table' AND one.name NOT LIKE '%yoyo%' ORDER BY one.name, info.cid
"""
_KEYS_OF_SQLITE = """
    SELECT one.name, key.name, part.name FROM sqlite_schema AS one, pragma_index_list(one.name) AS key,
        pragma_index_info(key.name) AS part
    WHERE one.type = 'table' AND key."unique" = 1
    UNION ALL SELECT one.name, 'rowid', info.name FROM sqlite_schema AS one, pragma_table_info(one.name) AS info
    WHERE one.type = 'table' AND info.pk = 1
        AND NOT EXISTS (SELECT 1 FROM pragma_index_list(one.name) AS key WHERE key.origin = 'pk')
"""
_COLUMNS_OF_POSTGRES = """
    SELECT table_name, column_name, data_type = 'bigint' FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name NOT LIKE '%yoyo%' ORDER BY table_name, ordinal_position
"""
_KEYS_OF_POSTGRES = """
    SELECT CAST(indrelid AS regclass)::text, CAST(indexrelid AS regclass)::text, attname FROM pg_index
    JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
    JOIN pg_class ON pg_class.oid = indrelid AND relnamespace = 'public'::regnamespace WHERE indisunique
"""


class Owner(Struct, frozen=True):
    """What rows belong to: the column that names it, who we are, and who the neighbour is."""

    column: str
    us: object
    neighbour: object


class Table(Struct):
    """A table's columns, which of them are whole numbers, and its unique keys."""

    columns: list[str]
    numbers: set[str]
    keys: list[set[str]]


class Neighbourhood:
    """One connection past the store, on which a query is run beside others' rows, and all of that is undone."""

    def __init__(self, url: str) -> None:
        self._is_sqlite = engine_of(url) == "sqlite"
        self._connection: Any
        self.transaction: Transaction
        if self._is_sqlite:
            self._connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
            self._connection.execute("PRAGMA synchronous = OFF")  # nobody's power is cut here
            self.transaction = SqliteTransaction(self._connection)
        else:
            self._connection = psycopg.connect(url, autocommit=True)
            # As on SQLite, where that is how a connection begins: a decoy need not hang under anything.
            self._connection.execute("SET session_replication_role = replica")
            self.transaction = PostgresTransaction(self._connection)
        self._overriding = "" if self._is_sqlite else "OVERRIDING SYSTEM VALUE"
        self.tables = self._described()

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def named(self, statement: str) -> list[str]:
        """The tables that a statement names."""
        return [table for table in self.tables if re.search(rf"\b{table}\b", statement)]

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever is done while this lasts is undone in the end."""
        self.run("BEGIN")
        try:
            yield
        finally:
            self.run("ROLLBACK")

    @contextmanager
    def beside(self, owners: Sequence[Owner], statement: str, apart: int) -> Iterator[None]:
        """From here on each of the neighbours has what we have in the tables that the statement names; fails where one
        does not have all of that in the end. To be used within `undone`."""
        for number, owner in enumerate(owners):
            for ground in self._grounds(owner):
                self.run(ground)
            for table in self._tables_of(owner, statement):
                far = apart * 2**number
                self._copy(table, owner, -abs(far) if f"INSERT INTO {table}" in statement else far)
        before = [self._rows_of(owner, statement) for owner in owners]
        yield
        for owner, theirs in zip(owners, before, strict=True):
            assert self._rows_of(owner, statement) == theirs, (statement, owner)

    def decoys(self, query: str, statement: str, parameters: dict[str, Any]) -> list[Owner]:
        """Who has the same as what a step asks for in all but one thing: for each parameter that is a column.

        What a row is only set to asks for nothing.
        """
        words = statement.lstrip().upper()
        if words.startswith("INSERT"):
            return []
        asks = statement.partition("WHERE")[2] if words.startswith("UPDATE") else statement
        columns = {column for table in self.named(statement) for column in self.tables[table].columns}
        columns -= _HAS_NO_OTHER | _OWNED_BY.keys() | _PLACES.get(query, set())
        return [
            Owner(name, value, _another(name, value))
            for name, value in parameters.items()
            if name in columns and isinstance(value, (str, int)) and re.search(rf"[:(]{name}\b", asks)
        ]

    def _grounds(self, owner: Owner) -> list[str]:
        """Who the neighbour is, where it has to be somebody."""
        if owner.column == "shop":
            return [_SHOP]
        if owner.column == "user_id":
            return [_USER.format(self._overriding)]
        return []

    def _tables_of(self, owner: Owner, statement: str) -> list[str]:
        return [table for table in self.named(statement) if owner.column in self.tables[table].columns]

    def _rows_of(self, owner: Owner, statement: str) -> dict[str, list[Any]]:
        whose = _literal(owner.neighbour)
        found = {
            table: sorted(self.run(f"SELECT * FROM {table} WHERE {owner.column} = {whose}"), key=repr)
            for table in self._tables_of(owner, statement)
        }
        if owner.column in _OWNED_BY:
            table, key = _OWNED_BY[owner.column]
            found[table] = self.run(f"SELECT * FROM {table} WHERE {key} = {whose}")
        return found

    def _copy(self, table: str, owner: Owner, apart: int) -> None:
        described = self.tables[table]
        alone = {column for key in described.keys if owner.column not in key for column in key}
        in_keys = {column for key in described.keys for column in key}
        values = []
        for column in described.columns:
            is_moved = column.endswith(("_at", "_to")) and column not in in_keys | NOT_MOVED
            if column == owner.column:
                values.append(_literal(owner.neighbour))
            elif column == "shop":
                values.append(column)
            elif column in described.numbers and (column in alone or is_moved):
                values.append(f"{column} + {apart}")
            elif column in alone:
                values.append(f"'{owner.column} ' || {column}")
            else:
                values.append(column)
        self.run(
            f"INSERT INTO {table} ({', '.join(described.columns)}) {self._overriding} SELECT {', '.join(values)} "
            f"FROM {table} WHERE {owner.column} = {_literal(owner.us)}"
        )

    def _described(self) -> dict[str, Table]:
        tables: dict[str, Table] = {}
        for name, column, is_number in self.run(_COLUMNS_OF_SQLITE if self._is_sqlite else _COLUMNS_OF_POSTGRES):
            table = tables.setdefault(name, Table([], set(), []))
            table.columns.append(column)
            if is_number:
                table.numbers.add(column)
        keys: dict[tuple[str, str], set[str]] = {}
        for name, key, column in self.run(_KEYS_OF_SQLITE if self._is_sqlite else _KEYS_OF_POSTGRES):
            keys.setdefault((name, key), set()).add(column)
        for (name, _), columns in keys.items():
            if name in tables:
                tables[name].keys.append(columns)
        return tables

    def run(self, statement: str) -> list[Any]:
        """What a statement finds."""
        done = self._connection.execute(statement)
        return list(done.fetchall()) if done.description is not None else []


@contextmanager
def neighbourhood(url: str) -> Iterator[Neighbourhood]:
    """Somebody beside us, on this database."""
    with closing(Neighbourhood(url)) as found:
        yield found


def _another(column: str, value: str | int) -> str | int:
    """A value of this column that is not this one."""
    if isinstance(value, int):
        return value - 7 * APART if column.endswith("_at") else value + 7 * APART
    values = _VALUES.get(column)
    if values is None or value not in values:
        return "browser" if value == "key" else "key" if value == "browser" else f"{value}, another"
    return values[(values.index(value) + 1) % len(values)]


def _literal(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)
