"""The rule sets by which others count, each on one story that was reckoned by hand."""

import msgspec
import pytest

from tests.domain.attribution.steps import ORDERED_AT, by_source
from tillroll.domain.attribution.models import weights
from tillroll.domain.attribution.paths import Occasion, path, taken
from tillroll.domain.attribution.presets import (
    CLICK_OF_THE_SESSION,
    FIRST_HELP_OF_A_DAY,
    OURS,
    PRESETS,
    SEARCH_OF_A_DAY,
    SOURCED,
    RuleSet,
)
from tillroll.domain.attribution.touches import DAY, DIRECT, HOUR, Touch

# Two days before: a campaign. The day before: an answer that did not help, then one that did, a nudge, and a search in
# a session of yesterday. Today a session that searched, without a click, and a direct visit.
STORY = [
    Touch(1, ORDERED_AT - 2 * DAY, "campaign:spring"),
    Touch(2, ORDERED_AT - DAY, "chat", is_helpful=False),
    Touch(3, ORDERED_AT - 23 * HOUR, "faq", is_helpful=True),
    Touch(4, ORDERED_AT - 22 * HOUR, "nudge"),
    Touch(5, ORDERED_AT - 20 * HOUR, "search", session="yesterday"),
    Touch(6, ORDERED_AT - 2 * HOUR, "search_session", session="today"),
    Touch(7, ORDERED_AT - HOUR, DIRECT, is_direct=True),
]


def credited(rules: RuleSet, touches: list[Touch], session: str | None = "today") -> dict[str, int]:
    """What each source has of 1 by a rule set."""
    walked = taken(path(touches, ORDERED_AT, rules.windows, Occasion(session=session)))
    shares = by_source(walked, weights(rules.setting.model, walked, ORDERED_AT, setting=rules.setting))
    return {source: int(share) for source, share in shares.items() if share}


def test_the_first_help_of_a_day_is_credited() -> None:
    assert credited(FIRST_HELP_OF_A_DAY, STORY) == {"faq": 1}
    assert credited(FIRST_HELP_OF_A_DAY, STORY[3:]) == {"nudge": 1}
    assert credited(FIRST_HELP_OF_A_DAY, [Touch(1, ORDERED_AT - DAY, "chat"), *STORY]) == {"chat": 1}
    assert credited(FIRST_HELP_OF_A_DAY, [Touch(1, ORDERED_AT - DAY - 1, "chat"), *STORY]) == {"faq": 1}
    assert credited(FIRST_HELP_OF_A_DAY, STORY[4:]) == {}


def test_a_click_of_the_session_is_credited() -> None:
    assert credited(CLICK_OF_THE_SESSION, STORY) == {}
    assert credited(CLICK_OF_THE_SESSION, STORY, "yesterday") == {"search": 1}
    assert credited(CLICK_OF_THE_SESSION, STORY, None) == {}


def test_a_search_of_a_day_is_credited() -> None:
    assert credited(SEARCH_OF_A_DAY, STORY) == {"search_session": 1}
    assert credited(SEARCH_OF_A_DAY, STORY[:5]) == {"search": 1}
    assert credited(SEARCH_OF_A_DAY, STORY[:4]) == {}


def test_ours_is_the_last_that_was_not_direct() -> None:
    assert credited(OURS, STORY) == {"search_session": 1}
    assert credited(OURS, STORY[:1]) == {"campaign:spring": 1}
    assert credited(OURS, [Touch(1, ORDERED_AT - 30 * DAY - 1, "chat")]) == {}


def test_what_brought_somebody_here_may_be_years_ago() -> None:
    assert credited(SOURCED, STORY) == {"campaign:spring": 1}
    assert credited(SOURCED, [Touch(0, ORDERED_AT - 20 * 365 * DAY, DIRECT, is_direct=True), *STORY]) == {DIRECT: 1}


@pytest.mark.parametrize("rules", PRESETS)
def test_a_rule_set_can_be_kept_as_json(rules: RuleSet) -> None:
    kept = msgspec.json.encode(rules)
    assert msgspec.json.decode(kept, type=RuleSet) == rules


@pytest.mark.parametrize("rules", PRESETS)
def test_a_rule_set_has_a_name_of_its_own(rules: RuleSet) -> None:
    assert [one for one in PRESETS if one.name == rules.name] == [rules]
