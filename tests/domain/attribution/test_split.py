"""Money among touches and lines: by hand, and what is true whatever the amounts."""

from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.attribution.steps import LAW
from tillroll.domain.attribution.split import countable, reverse, split, spread

AMOUNTS = st.integers(-(10**15), 10**15)
SHARES = st.lists(st.integers(0, 10**6), min_size=1, max_size=30).filter(any)

THIRDS = [F(1, 3)] * 3


@pytest.mark.parametrize(
    ("minor", "weights", "shares"),
    [
        (100, THIRDS, [34, 33, 33]),
        (200, THIRDS, [67, 67, 66]),  # two units for three who are owed the same
        (-100, THIRDS, [-34, -33, -33]),
        (-200, THIRDS, [-67, -67, -66]),
        (0, THIRDS, [0, 0, 0]),
        (1, [F(1, 2), F(1, 2)], [1, 0]),
        (2, [F(1, 6), F(1, 3), F(1, 2)], [0, 1, 1]),  # the largest fraction first, not the first touch
        (5, [F(2, 5), F(3, 5)], [2, 3]),
        (1000, [F(157, 1000), F(373, 1000), F(470, 1000)], [157, 373, 470]),
        (7, [F(0), F(1)], [0, 7]),
        (1, [F(3, 7), F(4, 7)], [0, 1]),
        (10**18 + 1, THIRDS, [333333333333333334, 333333333333333334, 333333333333333333]),
        (100, [], []),
    ],
)
def test_an_amount_is_shared(minor: int, weights: list[F], shares: list[int]) -> None:
    assert split(minor, weights) == shares


@LAW
@given(minor=AMOUNTS, shares=SHARES)
def test_shares_add_up_and_each_is_within_a_unit_of_its_part(minor: int, shares: list[int]) -> None:
    weights = [F(share, sum(shares)) for share in shares]
    parts = split(minor, weights)
    assert sum(parts) == minor
    assert all(abs(part - minor * weight) < 1 for part, weight in zip(parts, weights, strict=True))
    assert parts == [-part for part in split(-minor, weights)]


@LAW
@given(minor=st.integers(0, 10**6), shares=SHARES)
def test_units_go_to_the_largest_fractions_and_the_earliest_of_equal_ones(minor: int, shares: list[int]) -> None:
    weights = [F(share, sum(shares)) for share in shares]
    # One unit after the other, to whoever lacks most of one.
    parts = [int(minor * weight) for weight in weights]
    for _unit in range(minor - sum(parts)):
        lacking = [minor * weight - part for weight, part in zip(weights, parts, strict=True)]
        parts[lacking.index(max(lacking))] += 1
    assert split(minor, weights) == parts


@pytest.mark.parametrize("weights", [[F(0), F(0)], [F(-1, 2), F(3, 2)]])
def test_weights_that_can_not_be_are_refused(weights: list[F]) -> None:
    with pytest.raises(ValueError, match="something together"):
        split(100, weights)


def test_a_refund_takes_of_what_is_left() -> None:
    assert reverse([34, 33, 33], [0, 0, 0], 50) == [17, 17, 16]
    assert reverse([34, 33, 33], [17, 17, 16], 50) == [17, 16, 17]
    assert reverse([34, 33, 33], [34, 33, 33], 0) == [0, 0, 0]
    assert reverse([1, 0, 0], [0, 0, 0], 1) == [1, 0, 0]
    assert reverse([-34, -33, -33], [0, 0, 0], -50) == [-17, -17, -16]
    assert reverse([1_000_000, 0], [0, 0], 600_000) == [600_000, 0]
    assert reverse([], [], 0) == []


@LAW
@given(lines=st.lists(st.integers(-1000, 1000), min_size=1, max_size=8), cuts=st.lists(st.fractions(0, 1), max_size=4))
def test_lines_below_zero_are_taken_back_with_the_last_of_it(lines: list[int], cuts: list[F]) -> None:
    taken = [0] * len(lines)
    for cut in [*cuts, F(1)]:
        refund = int((sum(lines) - sum(taken)) * cut)
        step = reverse(lines, taken, refund)
        assert sum(step) == refund
        taken = [before + now for before, now in zip(taken, step, strict=True)]
        assert all(abs(gone) <= abs(given) for gone, given in zip(taken, lines, strict=True))
    assert taken == lines or not sum(lines)


@pytest.mark.parametrize(("refund", "before"), [(101, [0, 0]), (1, [60, 40]), (-1, [0, 0])])
def test_more_than_is_left_is_not_taken(refund: int, before: list[int]) -> None:
    with pytest.raises(ValueError, match="more is given back"):
        reverse([60, 40], before, refund)


@pytest.mark.parametrize(
    ("left", "refund", "counted"),
    [
        (100, 60, 60),
        (100, 100, 100),
        (40, 60, 40),
        (0, 60, 0),
        (100, -5, 0),
        (-40, -60, -40),
        (-40, -10, -10),
        (-40, 5, 0),
    ],
)
def test_an_excess_does_not_count(left: int, refund: int, counted: int) -> None:
    assert countable(left, refund) == counted


@LAW
@given(minor=AMOUNTS, shares=SHARES, cuts=st.lists(st.fractions(0, 1), max_size=6))
def test_giving_everything_back_in_any_steps_leaves_nothing(minor: int, shares: list[int], cuts: list[F]) -> None:
    allocation = split(minor, [F(share, sum(shares)) for share in shares])
    taken = [0] * len(allocation)
    for cut in [*cuts, F(1)]:
        refund = int((minor - sum(taken)) * cut)
        step = reverse(allocation, taken, refund)
        assert sum(step) == refund
        assert all(part * minor >= 0 for part in step)
        taken = [before + now for before, now in zip(taken, step, strict=True)]
        assert all(abs(gone) <= abs(given) for gone, given in zip(taken, allocation, strict=True))
    assert taken == allocation


@pytest.mark.parametrize(
    ("total", "lines", "shares"),
    [
        (590, [1250, 1250], [295, 295]),
        (-100, [999, 999, 999], [-34, -33, -33]),
        (490, [1000, 0, -500], [490, 0, 0]),
        (5, [0, 0], [3, 2]),
        (5, [-3, 0], [3, 2]),
        (0, [10, 20], [0, 0]),
    ],
)
def test_an_orders_own_money_is_borne_by_its_lines(total: int, lines: list[int], shares: list[int]) -> None:
    assert spread(total, lines) == shares


def test_without_a_line_nobody_bears_it() -> None:
    with pytest.raises(ValueError, match="no line"):
        spread(100, [])


@LAW
@given(total=AMOUNTS, lines=st.lists(AMOUNTS, min_size=1, max_size=20))
def test_lines_bear_exactly_what_the_order_has(total: int, lines: list[int]) -> None:
    shares = spread(total, lines)
    assert sum(shares) == total
    assert len(shares) == len(lines)
