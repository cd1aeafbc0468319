"""Spans of days: whatever days are asked for, they are covered once each, by few spans."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillroll.domain.sales.spans import SPANS, covering, spans_of

DAYS_OF_A_REPORT = 1_100
DAYS = [(0, [0, 0, 0]), (63, [0, 56, 63]), (64, [64, 64, 64]), (-1, [-64, -8, -1])]


@given(st.integers(-(10**6), 10**6), st.integers(0, DAYS_OF_A_REPORT))
def test_days_are_covered_once_each_by_spans_that_they_are_in(first: int, more: int) -> None:
    found = covering(first, first + more)
    assert [day for begins, span in found.items() for day in range(begins, begins + span)] == list(
        range(first, first + more + 1)
    )
    assert all(spans_of(day)[span] == day for day, span in found.items())
    assert len(found) <= 2 * 7 + 2 * 7 + DAYS_OF_A_REPORT // max(SPANS) + 1


@pytest.mark.parametrize(
    ("day", "expected"), [(0, [0, 0, 0]), (63, [0, 56, 63]), (64, [64, 64, 64]), (-1, [-64, -8, -1])]
)
def test_a_day_is_in_one_span_of_each_length(day: int, expected: list[int]) -> None:
    assert spans_of(day) == dict(zip(SPANS, expected, strict=True))


def test_no_days_are_no_spans() -> None:
    assert covering(5, 4) == {}
