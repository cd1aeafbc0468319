"""The rules of every throttle: an allowance that fills up, a wait that doubles, a window that is full."""

import pytest

from tillroll.engine.access.throttle import MINUTE_MICROSECONDS, Allowance, Doubling, TryWindow

NOW = 1_700_000_000_000_000


def test_a_name_has_its_allowance_at_once_and_then_waits() -> None:
    allowance = Allowance(3)
    assert [allowance.take("a", NOW) for _ in range(3)] == [0, 0, 0]
    assert allowance.take("a", NOW) == 20
    assert allowance.take("b", NOW) == 0
    assert allowance.take("a", NOW + 19_999_999) == 1
    assert allowance.take("a", NOW + 20_000_000) == 0
    assert allowance.take("a", NOW + 20_000_000) == 20


def test_refused_calls_cost_nothing() -> None:
    allowance = Allowance(1)
    assert allowance.take("a", NOW) == 0
    for _ in range(100):
        assert allowance.take("a", NOW + 1) == 60
    assert allowance.take("a", NOW + MINUTE_MICROSECONDS) == 0


@pytest.mark.parametrize("calls", [1, 1000])
def test_without_a_limit_nobody_waits(calls: int) -> None:
    allowance = Allowance(0)
    assert not any(allowance.take("a", NOW) for _ in range(calls))


def test_what_is_remembered_is_bounded() -> None:
    allowance = Allowance(1, names_max=10)
    for number in range(100):
        assert allowance.take(str(number), NOW) == 0
    assert len(allowance._due) + len(allowance._due_before) <= 10
    assert allowance.take("99", NOW) == 60


def test_a_large_call_costs_more_and_asking_costs_nothing() -> None:
    allowance = Allowance(60)
    assert allowance.take("a", NOW, cost=61) == 0
    assert [allowance.wait("a", NOW) for _ in range(3)] == [2, 2, 2]
    assert allowance.wait("a", NOW + 2_000_000) == 0


def test_names_that_call_are_not_forgotten_for_those_that_do_not() -> None:
    allowance = Allowance(1, minutes=60, names_max=10)
    assert allowance.take("a", NOW) == 0
    for number in range(5):
        allowance.take(f"other {number}", NOW)
    assert allowance.take("a", NOW + 1) == 3600


REST_SECONDS = 900


@pytest.mark.parametrize(
    ("beyond", "since", "expected"),
    [
        (-1, 0, 0),
        (0, 0, 1),
        (0, 1, 0),
        (3, 0, 8),
        (3, 5, 3),
        (3, -60, 8),
        (8, 0, 256),
        (9, 0, 300),
        (1000, 100, 200),
        (1000, REST_SECONDS, 0),
    ],
)
def test_each_failure_doubles_the_wait_up_to_a_limit(beyond: int, since: int, expected: int) -> None:
    rule = Doubling(free=5, seconds_max=300, rest_seconds=REST_SECONDS)
    assert rule.wait(5 + beyond, NOW - since * 1_000_000, NOW) == expected


def test_without_free_failures_there_is_no_limit() -> None:
    assert Doubling(free=0, seconds_max=300, rest_seconds=REST_SECONDS).wait(1000, NOW, NOW) == 0


@pytest.mark.parametrize(
    ("count", "since", "full", "wait"),
    [
        (2, NOW, False, 0),
        (3, NOW, True, 0),
        (4, NOW, True, MINUTE_MICROSECONDS),
        (4, NOW - MINUTE_MICROSECONDS, True, 0),
        (4, NOW - MINUTE_MICROSECONDS - 1, False, 0),
        (4, NOW - 20_000_000, True, 40_000_000),
    ],
)
def test_a_window_is_full_after_so_many_until_it_is_over(count: int, since: int, full: bool, wait: int) -> None:
    window = TryWindow(3, MINUTE_MICROSECONDS)
    assert (window.is_full(count, since, NOW), window.wait(count, since, NOW)) == (full, wait)
    assert window.start(NOW) == NOW - MINUTE_MICROSECONDS
