"""An allowance: so many a minute for each name, at once or spread, and no memory without end."""

import pytest

from tillroll.dialects.rates import MINUTE_MICROSECONDS, Allowance

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
    assert len(allowance._due) <= 10
    assert allowance.take("99", NOW) == 60
