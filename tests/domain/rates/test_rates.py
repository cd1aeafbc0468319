"""Rates of exchange: which one holds, and amounts to the minor unit of each currency."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.attribution.steps import LAW
from tillroll.domain.rates.rates import (
    HOLDS_DAYS,
    DayRate,
    RateTable,
    converted,
    converted_parts,
    factor,
    half_up,
    problem_of,
)


def rate(day: int = 100, value: str = "0.25", currency: str = "PLN", into: str = "EUR") -> DayRate:
    return DayRate(currency=currency, into=into, day=day, rate=Decimal(value))


def test_the_latest_rate_of_a_day_or_before_it_holds_for_a_month() -> None:
    table = RateTable([rate(110, "2"), rate(100, "1"), rate(105, "3", currency="USD")])
    found = {day: known.rate if (known := table.of("PLN", day)) is not None else None for day in (99, 100, 109, 110)}
    assert found == {99: None, 100: 1, 109: 1, 110: 2}
    assert table.of("PLN", 110 + HOLDS_DAYS) == rate(110, "2")
    assert table.of("PLN", 111 + HOLDS_DAYS) is None
    assert table.of("GBP", 110) is None


@pytest.mark.parametrize(
    ("minor", "priced", "expected"),
    [
        (1000, rate(value="0.2351"), 235),
        (1, rate(value="0.5"), 1),  # half of a cent
        (-1, rate(value="0.5"), -1),
        (3, rate(value="0.1"), 0),
        (1000, rate(value="0.0062", currency="JPY"), 620),  # a yen has no minor unit
        (620, rate(value="161.29", currency="EUR", into="JPY"), 1000),
        (1234, rate(value="2.95", currency="KWD"), 364),  # a dinar has a thousand
        (100, rate(value="0.3389", currency="EUR", into="KWD"), 339),
        (10**15, rate(value="0.000000000000000001"), 0),
    ],
    ids=["down", "half up", "half down", "nothing", "of yen", "into yen", "of dinars", "into dinars", "a trifle"],
)
def test_an_amount_is_converted_to_the_minor_unit(minor: int, priced: DayRate, expected: int) -> None:
    assert converted(minor, factor(priced)) == expected


@given(
    st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=20),
    st.decimals("0.000001", "1000", places=6),
    st.sampled_from(["PLN", "JPY", "KWD"]),
)
@LAW
def test_parts_add_up_to_the_whole_and_none_is_a_unit_off(parts: list[int], value: Decimal, currency: str) -> None:
    by = factor(rate(100, str(value), currency))
    found = converted_parts(parts, by)
    assert sum(found) == converted(sum(parts), by) == half_up(sum(parts) * by)
    assert abs(sum(found) - sum(parts) * by) <= Fraction(1, 2)
    assert all(abs(one - part * by) <= 1 for one, part in zip(found, parts, strict=True))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (rate(currency="PL"), "currency"),
        (rate(into="XYZ"), "into"),
        (rate(into="PLN"), "into"),
        (rate(value="0"), "rate"),
        (rate(value="-1"), "rate"),
        (rate(value="NaN"), "rate"),
        (rate(value="1e12"), "rate"),
        (rate(value="1e-19"), "rate"),
    ],
    ids=["short", "unknown", "itself", "nothing", "below nothing", "no number", "absurd", "too fine"],
)
def test_a_rate_that_can_not_be_is_told_by_its_field(wrong: DayRate, field: str) -> None:
    assert problem_of(rate()) is None
    problem = problem_of(wrong)
    assert problem is not None
    assert problem[0] == field
