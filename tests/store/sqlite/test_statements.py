"""Parameters by position: the same values at the same places, whoever gives them."""

import pytest
from msgspec import Struct

from tillroll.store.sqlite_connection import statement_of


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
