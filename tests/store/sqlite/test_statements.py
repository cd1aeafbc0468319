"""Statements as SQLite runs them: parameters by position, and nothing made for each row that is not kept."""

import sqlite3
from collections import defaultdict
from contextlib import closing

import pytest
from msgspec import Struct

from tests.store.ground import opened
from tillroll.store.sqlite_connection import statement_of, statements


class Given(Struct):
    """Two parameters, and one that nobody asked for."""

    a: int
    b: str
    c: None = None


@pytest.mark.parametrize(
    ("query", "text", "bound"),
    [
        ("SELECT :a, :b, :a", "SELECT ?, ?, ?", (1, "x", 1)),
        ("SELECT ':a', :b -- of :a\n, '$.a:b', :a", "SELECT ':a', ? -- of :a\n, '$.a:b', ?", ("x", 1)),
        ("SELECT :b", "SELECT ?", ("x",)),
        ("SELECT 'it''s :a'", "SELECT 'it''s :a'", ()),
    ],
)
def test_parameters_are_bound_where_they_stand(query: str, text: str, bound: tuple[object, ...]) -> None:
    statement = statement_of(query)
    assert statement.text == text
    assert tuple(statement.of_mapping({"a": 1, "b": "x", "c": None})) == bound
    assert tuple(statement.of_struct(Given(1, "x"))) == bound


def test_no_row_is_written_by_way_of_a_table_of_its_own(sqlite_url: str) -> None:
    with opened(sqlite_url) as store:
        store.migrate()
    slow = []
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as shell:
        inserts = {name: one for name, one in statements().items() if one.text.startswith("INSERT")}
        for name, one in inserts.items():
            program = shell.execute(f"EXPLAIN {one.text}", one.of_mapping(defaultdict(str))).fetchall()
            asks = "SELECT" in one.text or "RETURNING" in one.text
            if not asks and any(step[1] == "OpenEphemeral" for step in program):
                slow.append(name)
    assert "insert_call" in inserts
    assert not slow, "a CHECK that something is IN a list of more than two is slow: write comparisons"
