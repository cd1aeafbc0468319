"""What is kept of a call: documented fields first, the rest as far as it fits, and nothing without end."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillroll.domain.events.events import OF_A_PAGE, SHORT, WITH_A_KEY, Bounds, fitting, json_bytes, kept

DOCUMENTED = {"query", "id"}
VALUES = st.recursive(st.none() | st.integers() | st.text(max_size=2000), lambda one: st.lists(one, max_size=5))


def test_what_is_short_is_kept_as_it_is() -> None:
    said = {"query": "red shoes", "id": 1, "more": {"a": [1, 2]}}
    for bounds in (SHORT, OF_A_PAGE, WITH_A_KEY):
        assert kept(said, DOCUMENTED, bounds) == said


@pytest.mark.parametrize("text", ["x" * 100_000, "ü" * 50_000, "\U0001f9e6" * 30_000, '"' * 100_000, "\0" * 100_000])
def test_a_long_text_is_cut_where_it_is_documented_and_left_out_where_not(text: str) -> None:
    found = kept({"id": text, "more": text, "rest": "small"}, DOCUMENTED, SHORT)
    assert found.keys() == {"id", "rest"}
    assert found["id"]
    assert text.startswith(found["id"])
    assert json_bytes(found) <= SHORT.known_bytes + SHORT.rest_bytes


def test_with_a_key_every_documented_field_is_whole() -> None:
    said = {"query": "x" * 500_000, "more": "y" * 500_000}
    assert kept(said, DOCUMENTED, WITH_A_KEY) == {"query": said["query"]}


@given(st.dictionaries(st.text(max_size=50) | st.sampled_from(sorted(DOCUMENTED)), VALUES, max_size=30))
def test_nothing_is_larger_than_its_bounds(said: dict[str, Any]) -> None:
    bounds = Bounds(100, 300, 200)
    found = kept(said, DOCUMENTED, bounds)
    assert json_bytes(found) <= 300 + 200 + 2
    assert found.keys() <= said.keys()


def test_a_list_is_kept_as_far_as_it_fits() -> None:
    parts = ["x" * 10] * 10
    assert fitting(parts, -1) == parts
    assert fitting(parts, 40) == parts[:3]
    assert fitting(parts, 5) == []
    assert fitting(parts, 0) == []
