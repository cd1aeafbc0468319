"""Which regular expressions of strangers are used."""

import pytest

from tillroll.domain.patterns import PATTERN_CHARACTERS_MAX, pattern_problem


@pytest.mark.parametrize(
    "pattern",
    [
        "^[a-z]+$",
        "^[a-z]+(-[a-z]+)*$",
        r"^\d{4}(-\d{2}){2}$",
        r"^[^@]+@[^@]+\.[^@]+$",
        "^(foo|bar)$",
        "[(+]+",
        r"(\.[a-z]+)+",
        "(?i)abc",
        "a{,5}",
        "",
    ],
)
def test_a_pattern_that_matches_in_one_way_is_used(pattern: str) -> None:
    assert pattern_problem(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "^(a|ab)*$",
        "(a*)*",
        "((a)+)+",
        "(?:a+){20}",
        "(x+x+)+y",
        "(.*)*",
        "^(-[a-z-]+)*$",
        "(-|-a)*",
        "(-(-a)*)*",
        "((-a+)*b)*",
        "(ba+|c)*",
        r"(a)\1",
        "(?P<a>x)(?P=a)",
    ],
)
def test_a_pattern_whose_time_can_double_with_every_character_is_refused(pattern: str) -> None:
    assert "forever" in (pattern_problem(pattern) or "")


@pytest.mark.parametrize(
    "pattern", ["(", "[", "*a", r"\p{L}", "a" * (PATTERN_CHARACTERS_MAX + 1), "(" * 400 + ")" * 400]
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    assert pattern_problem(pattern) is not None
