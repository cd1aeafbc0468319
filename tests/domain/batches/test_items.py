"""Reading items: whatever is sent, an item is read whole or refused with a sentence for each thing that is wrong."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillroll.domain.batches.fields import CLOCK_ERROR_MAX, FIRST_MOMENT
from tillroll.domain.batches.items import KINDS, Item, WrongItem, read_item
from tillroll.domain.money import minor_exponent, places

NOW = 1_790_000_000_000_000
HOUR = 3_600_000_000

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(),
    st.text(max_size=20),
    st.sampled_from(["EUR", "JPY", "", "v"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
FIELDS = [
    *("id", "kind", "visitor", "happened_at", "page", "campaign", "product_id", "nudge_id", "helpful", "order_id"),
    *("total", "currency", "lines", "test", "amount", "sale", "source", "experiment", "group", "conversation_id"),
]


@given(
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=8),
    st.sampled_from([*KINDS, "other"]),
    st.one_of(st.none(), st.integers(0, 2 * NOW)),
)
def test_whatever_is_sent_is_read_or_refused_with_reasons(
    document: dict[str, Any], kind: str, sent_at: int | None
) -> None:
    found = read_item({**document, "kind": kind}, NOW, sent_at)
    if isinstance(found, WrongItem):
        assert found.problems
        assert all(one.message and one.reason for one in found.problems)
    else:
        assert found.id
        assert FIRST_MOMENT <= found.happened_at <= NOW


@given(st.decimals(0, 10**6, places=4), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_an_amount_is_read_exactly_or_has_too_many_places(amount: Decimal, currency: str) -> None:
    document = {"id": "1", "kind": "refund", "order_id": "A", "currency": currency, "amount": amount}
    found = read_item(document, NOW, None)
    exponent = minor_exponent(currency) or 0
    if places(amount) > exponent:
        assert isinstance(found, WrongItem)
        assert [one.field for one in found.problems] == ["amount"]
    else:
        assert isinstance(found, Item)
        assert found.told.facts["amount_minor"] == amount * 10**exponent


@pytest.mark.parametrize(
    ("at", "sent_at", "expected"),
    [
        (NOW - HOUR, None, NOW - HOUR),
        (NOW - HOUR, NOW, NOW - HOUR),
        (NOW - HOUR, NOW - CLOCK_ERROR_MAX, NOW - HOUR),
        (NOW + HOUR, NOW + 3 * HOUR, NOW - 2 * HOUR),
        (NOW - 4 * HOUR, NOW - 3 * HOUR, NOW - HOUR),
        (NOW + CLOCK_ERROR_MAX, None, NOW),
        (NOW + CLOCK_ERROR_MAX + 1, None, None),
        (FIRST_MOMENT, None, FIRST_MOMENT),
        (FIRST_MOMENT - 1, None, None),
    ],
)
def test_a_time_is_believed_corrected_or_refused(at: int, sent_at: int | None, expected: int | None) -> None:
    item = {"id": "1", "kind": "order_cancelled", "order_id": "A", "happened_at": at}
    found = read_item(item, NOW, sent_at)
    assert (found.happened_at if isinstance(found, Item) else None) == expected
