"""Experiments: who is in which arm, whether the arms are sound, and what they say, beside reckonings by hand."""

from collections import Counter
from decimal import Decimal as D
from math import erfc, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.attribution.steps import LAW
from tillroll.domain.attribution.holdout import (
    Interval,
    Sample,
    assigned,
    calibration,
    compared,
    incremental,
    sample,
    sample_ratio,
    winsor_cap,
)
from tillroll.domain.attribution.statistics import chance_of_deviation, student_95

HALF = D("0.5")


def test_a_visitor_stays_in_an_arm() -> None:
    # Written down, so that a change of the hash, which would mix up running experiments, is seen.
    assert [assigned("spring", f"visitor {number}", HALF) for number in range(8)] == [
        *("test", "test", "control", "test"),
        *("control", "control", "test", "test"),
    ]


@pytest.mark.parametrize("share", ["0.1", "0.5", "0.9"])
def test_the_arms_have_the_shares_that_were_asked_for(share: str) -> None:
    arms = Counter(assigned("spring", f"visitor {number}", D(share)) for number in range(4000))
    assert sample_ratio(arms["test"], arms["control"], D(share)) > D("0.001")


def test_nobody_and_everybody_can_be_in_control() -> None:
    assert {assigned("a", str(number), D(0)) for number in range(100)} == {"test"}
    assert {assigned("a", str(number), D(1)) for number in range(100)} == {"control"}


def test_experiments_know_nothing_of_each_other() -> None:
    both = Counter((assigned("a", str(number), HALF), assigned("b", str(number), HALF)) for number in range(4000))
    assert all(900 < count < 1100 for count in both.values())
    assert assigned("a", "b c", HALF) != assigned("a b", "c", HALF)


def test_an_id_of_any_letters_has_an_arm() -> None:
    assert assigned("a", "\ud800", HALF) == assigned("a", "\ud800", HALF)


@LAW
@given(visitor=st.text(), small=st.integers(0, 1000), more=st.integers(0, 1000))
def test_a_larger_control_keeps_who_was_in_it(visitor: str, small: int, more: int) -> None:
    low, high = (D(part) / 1000 for part in sorted((small, more)))
    assert (assigned("a", visitor, low), assigned("a", visitor, high)) != ("control", "test")


@pytest.mark.parametrize(
    ("chi_square", "chance"),
    [("0", 1.0), ("1", 0.317311), ("3.841459", 0.05), ("6.634897", 0.01), ("10.827566", 0.001), ("60", 9.49e-15)],
)
def test_the_chance_of_a_deviation_is_that_of_the_tables(chi_square: str, chance: float) -> None:
    assert float(chance_of_deviation(D(chi_square))) == pytest.approx(chance, rel=1e-4)


@LAW
@given(thousandths=st.integers(0, 120_000))
def test_the_chance_of_a_deviation_is_the_complementary_error_function(thousandths: int) -> None:
    chance = chance_of_deviation(D(thousandths) / 1000)
    assert float(chance) == pytest.approx(erfc(sqrt(thousandths / 2000)), rel=1e-9)


def test_what_is_beyond_all_chance_is_nothing() -> None:
    assert chance_of_deviation(D(122)) == 0


@pytest.mark.parametrize(
    ("freedom", "errors"),
    [(9, "2.262157"), (20, "2.085963"), (29, "2.045230"), (30, "2.042272"), (100, "1.983972"), (10**9, "1.959964")],
)
def test_students_quantile_is_that_of_the_tables(freedom: int, errors: str) -> None:
    assert abs(student_95(D(freedom)) - D(errors)) < D("0.00002")


def test_students_quantile_of_next_to_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="9 degrees of freedom"):
        student_95(D(8))


@pytest.mark.parametrize(
    ("test", "control", "share", "chance"),
    [
        (500, 500, "0.5", "1.000000"),
        (520, 480, "0.5", "0.205903"),
        (5200, 4800, "0.5", "0.000063"),
        (900, 100, "0.1", "1.000000"),
        (100, 0, "0", "1"),
        (100, 1, "0", "0"),
        (0, 100, "1", "1"),
        (0, 0, "0.5", "1"),
    ],
)
def test_the_sizes_of_the_arms_are_checked(test: int, control: int, share: str, chance: str) -> None:
    assert sample_ratio(test, control, D(share)) == D(chance)


def test_a_sample_counts_those_who_bought_nothing() -> None:
    arm = sample({100: 2, 400: 1}, visitors=10)
    assert arm == Sample(10, 600, 180_000)
    assert [arm.mean, arm.squared_error] == [60, 1600]  # (180000 - 36000) / 9 / 10
    assert sample({100: 2, 400: 1}, 10, most=150) == Sample(10, 350, 42_500)
    assert sample({-50: 1}, 10, most=150) == Sample(10, -50, 2_500)


@pytest.mark.parametrize(
    ("visitors", "quantile", "most"),
    [(10, "0.5", 0), (10, "0.7", 0), (10, "0.71", 100), (10, "0.9", 100), (10, "0.91", 400), (10, "1", 400)],
)
def test_a_cap_is_what_that_part_of_all_visitors_does_not_exceed(visitors: int, quantile: str, most: int) -> None:
    assert winsor_cap([{100: 1}, {100: 1, 400: 1}], visitors, D(quantile)) == most


def test_visitors_who_are_said_to_have_bought_nothing_are_not_forgotten() -> None:
    assert winsor_cap([{0: 3, 100: 1}], 4, HALF) == 0


def test_a_cap_may_be_what_was_given_back() -> None:
    assert winsor_cap([{-100: 2}], 2) == -100
    assert winsor_cap([], 0) == 0


def test_test_and_control_are_compared() -> None:
    # 1,000 visitors each: 100 bought for 50.00 and 80 for 50.00. Means 5.00 and 4.00; variances 5000² p (1-p) 1000/999.
    result = compared(sample({5000: 100}, 1000), sample({5000: 80}, 1000), HALF)
    assert (result.test_mean, result.control_mean) == (D(500), D(400))
    assert result.sample_ratio == 1
    assert not result.is_withheld
    assert result.difference is not None
    # Squared errors 2252.25 and 1841.84, together 63.9851²; 1.9612 times that on each side.
    assert result.difference.estimate == 100
    assert float(result.difference.low) == pytest.approx(100 - 1.96117 * 63.98509, abs=1e-2)
    assert float(result.difference.high) == pytest.approx(100 + 1.96117 * 63.98509, abs=1e-2)
    assert result.lift is not None
    assert result.lift.estimate == D("0.25")
    # As parts of the control's mean: 2252.25 / 400² and 1.25² × 1841.84 / 400².
    assert float(result.lift.high) == pytest.approx(0.25 + 1.96118 * sqrt(0.01407657 + 0.01798674), abs=1e-4)


def test_arms_of_other_sizes_have_the_interval_of_welch() -> None:
    result = compared(sample({5000: 30}, 40), sample({5000: 150, 9000: 10}, 400), D(400) / 440)
    assert result.difference is not None
    assert result.difference.estimate == 1650
    # 51.09 degrees of freedom; the ends as another program reckons them.
    assert float(result.difference.low) == pytest.approx(905.0291455, abs=1e-4)
    assert float(result.difference.high) == pytest.approx(2394.9708545, abs=1e-4)


def test_what_was_earned_is_compared_with_what_was_attributed() -> None:
    result = compared(sample({5000: 100}, 1000), sample({5000: 80}, 1000), HALF)
    earned = incremental(result, 1000)
    assert earned is not None
    assert earned.estimate == 100_000
    assert result.difference is not None
    assert (earned.low, earned.high) == (result.difference.low * 1000, result.difference.high * 1000)
    ratio = calibration(earned, 310_000)
    assert ratio is not None
    assert ratio.estimate == D("0.322581")
    assert ratio.low < 0 < ratio.estimate < ratio.high
    assert calibration(earned, 0) is None
    assert calibration(earned, 1) is not None
    assert calibration(None, 310_000) is None
    assert incremental(compared(sample({}, 1), sample({}, 1), HALF), 1) is None


def test_broken_arms_say_nothing() -> None:
    result = compared(sample({5000: 100}, 1200), sample({5000: 80}, 1000), HALF)
    assert result.is_withheld
    assert (result.difference, result.lift) == (None, None)


@pytest.mark.parametrize("visitors", [0, 1, 29])
def test_few_visitors_say_nothing(visitors: int) -> None:
    result = compared(sample({}, visitors), sample({}, visitors), HALF)
    assert not result.is_withheld
    assert (result.difference, result.lift) == (None, None)
    assert (result.test_mean is None) == (visitors == 0)


def test_arms_that_sold_nothing_differ_by_nothing() -> None:
    result = compared(sample({}, 30), sample({}, 30), HALF)
    assert result.difference == Interval(D(0), D(0), D(0))
    assert result.lift is None


@LAW
@given(
    test=st.dictionaries(st.integers(1, 10**6), st.integers(1, 5), min_size=1, max_size=6),
    control=st.dictionaries(st.integers(1, 10**6), st.integers(1, 5), min_size=1, max_size=6),
)
def test_arms_exchanged_turn_the_difference_around(test: dict[int, int], control: dict[int, int]) -> None:
    there = compared(sample(test, 100), sample(control, 100), HALF).difference
    back = compared(sample(control, 100), sample(test, 100), HALF).difference
    assert there is not None
    assert back is not None
    assert there.low <= there.estimate <= there.high
    assert (there.estimate, there.low, there.high) == (-back.estimate, -back.high, -back.low)
