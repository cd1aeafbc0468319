"""What a shop has decided about counting, in the units that its rules have."""

import pytest

from tillroll.domain.attribution.models import Model
from tillroll.domain.attribution.touches import SEARCH_SESSION
from tillroll.engine.sales.policies import Counting, policy_of, rule_sets
from tillroll.engine.sales.reading import Witness, Witnesses

HOUR = 3_600_000_000
WITNESSES = Witnesses([Witness(name, {}) for name in ("till", "chat", "search")])


def test_minutes_days_and_hours_become_microseconds() -> None:
    counted = Counting(match_minutes=7, shared_persons=5, window_days=3, window_hours={"chat": 5}, half_life_hours=11)
    policy = policy_of(counted, WITNESSES)
    assert (policy.rules.match_within, policy.rules.shared_persons) == (7 * 60_000_000, 5)
    ours = [rules for rules in policy.rule_sets if rules.name in {model.value for model in Model}]
    assert {rules.windows.default for rules in ours} == {72 * HOUR}
    assert {rules.windows.of("chat") for rules in ours} == {5 * HOUR}
    assert {rules.setting.half_life for rules in ours} == {11 * HOUR}


def test_a_window_of_no_hours_never_counts_and_a_search_that_only_began_does_not_either() -> None:
    for rules in rule_sets(Counting(window_hours={"chat": 0}))[:3]:
        assert rules.windows.of("chat") is None
        assert rules.windows.of(SEARCH_SESSION) is None
        assert rules.windows.of("search") == rules.windows.default


@pytest.mark.parametrize(
    ("decided", "authority"),
    [
        ((), ("till", "chat", "search")),
        (("search",), ("search", "till", "chat")),
        (("chat", "search", "till"), ("chat", "search", "till")),
        (("gone", "chat"), ("chat", "till", "search")),
    ],
)
def test_who_was_named_is_believed_first_and_everybody_else_after(
    decided: tuple[str, ...], authority: tuple[str, ...]
) -> None:
    assert policy_of(Counting(authority=decided), WITNESSES).rules.authority == authority
