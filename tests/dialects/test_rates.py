"""An allowance: so many a minute for each name, at once or spread, and no memory without end."""

import pytest

from tillroll.dialects.rates import MINUTE_MICROSECONDS, Allowance, place_of

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


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("", "", True),
    ],
)
def test_an_ipv6_network_is_one_place(one: str, other: str, is_same: bool) -> None:
    assert (place_of(one) == place_of(other)) is is_same
