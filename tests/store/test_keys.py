"""Reading many rows by their keys: whatever text the keys are made of, exactly those rows come back."""

from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.ground import NOW, SHOP
from tillroll.store import Store, Transaction
from tillroll.store.queries import keys

ODD_KEYS = [
    *("", " ", "a", "A", "a b", "a/b", "a.b[0]", "$", "$.a", "%", "%s", "%(keys)s", ":shop", "?", "--", ";", "*", "_"),
    *('"', "'", '""', "''", 'a"b', "a'b", "\\", "\\\\", 'a\\"b', "\\u0041", "\\n", "{", "}", "[]", '{"a":1}', ",", ":"),
    *(
        "\n",
        "\r\n",
        "\t",
        "\x01",
        "\x1f",
        "\x7f",
        "\x80",
        "é",
        "e\u0301",
        "ß",
        "ẞ",
        "Ж",
        "日本",
        "😀",
        "\u2028",
        "\ufeff",
    ),
    *("\ufffd", "\ufffe", "\U0010ffff", "null", "true", "0", "-1", "1e3", "x" * 5000),
]

# Text as both databases can hold it: no NUL, no half of a surrogate pair.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


def test_each_odd_key_finds_its_own_row_and_no_other(store: Store) -> None:
    store.write_now(lambda tx: insert(tx, ODD_KEYS))
    for key in ODD_KEYS:
        assert store.write_now(partial(found, ids=[key])) == {key}


def test_all_odd_keys_are_found_at_once(store: Store) -> None:
    store.write_now(lambda tx: insert(tx, ODD_KEYS))
    assert store.write_now(lambda tx: found(tx, [*ODD_KEYS, "nobody"])) == set(ODD_KEYS)


def test_three_hundred_keys_are_found_at_once(store: Store) -> None:
    wanted = [f"key {number}" for number in range(300)]
    store.write_now(lambda tx: insert(tx, [*wanted, "unwanted"]))
    assert store.write_now(lambda tx: found(tx, wanted)) == set(wanted)


def test_no_keys_find_nothing(store: Store) -> None:
    store.write_now(lambda tx: insert(tx, ["a", ""]))
    assert store.write_now(lambda tx: found(tx, [])) == set()


def test_a_repeated_key_finds_its_row_once(store: Store) -> None:
    store.write_now(lambda tx: insert(tx, ["a"]))
    rows = store.write_now(lambda tx: tx.rows("catalogue_entries", shop=SHOP, kind="k", keys=keys(["a", "a"])))
    assert [row[0] for row in rows] == ["a"]


class Undo(Exception):
    """Raised at the end of each example, so that the next one finds the database empty."""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stored=st.sets(TEXT, max_size=20), others=st.sets(TEXT, max_size=20))
def test_exactly_the_wanted_keys_that_are_stored_are_found(store: Store, stored: set[str], others: set[str]) -> None:
    wanted = {*others, *sorted(stored)[::2]}

    def example(tx: Transaction) -> None:
        insert(tx, sorted(stored))
        assert found(tx, sorted(wanted)) == stored & wanted
        raise Undo

    with pytest.raises(Undo):
        store.write_now(example)


def insert(tx: Transaction, ids: list[str]) -> None:
    """An entry for each id."""
    rest = {"alternate_key": None, "parent": "", "subject": None, "document": "{}", "now": NOW}
    tx.run_many("insert_catalogue_entry", [{"shop": SHOP, "kind": "k", "id": id, **rest} for id in ids])


def found(tx: Transaction, ids: list[str]) -> set[str]:
    """The ids of the entries that are found by these ids."""
    return {row[0] for row in tx.rows("catalogue_entries", shop=SHOP, kind="k", keys=keys(ids))}
