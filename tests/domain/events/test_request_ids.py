"""A request's id says when the request was received, to the microsecond."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillroll.dialects.http import uuid7
from tillroll.domain.events.request_ids import received_at, request_id

KNOWN = "019ae2b4c0de7abc8123456089abcdef"
EVER = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000


@given(st.integers(0, EVER))
def test_an_id_says_when_it_was_made(now: int) -> None:
    id = uuid7(now)
    assert received_at(id) == now
    assert request_id(id) == id
    assert (UUID(id).version, UUID(id).variant) == (7, "specified in RFC 4122")


@given(st.integers(0, EVER), st.integers(0, EVER))
def test_ids_sort_as_their_times(first: int, second: int) -> None:
    if first != second:
        assert (uuid7(first) < uuid7(second)) == (first < second)


@pytest.mark.parametrize("written", [str(UUID(KNOWN)), f" {KNOWN.upper()}"])
def test_an_id_may_be_written_as_others_write_it(written: str) -> None:
    assert request_id(written) == KNOWN


@pytest.mark.parametrize("text", ["", "x", "0" * 32, KNOWN[:-1], KNOWN.replace("7", "4")])
def test_other_texts_are_no_ids(text: str) -> None:
    assert request_id(text) is None
