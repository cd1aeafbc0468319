"""Shapley values: by hand, and beside a slow reckoning that lets every order of sources come about."""

from fractions import Fraction as F
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.attribution.steps import LAW, ORDERED_AT, before, by_source
from tillroll.domain.attribution.models import Model, weights
from tillroll.domain.attribution.shapley import closed_form, conversion_worths, general_form

Team = frozenset[str]

NOBODY: Team = frozenset()
A, B, C = frozenset("A"), frozenset("B"), frozenset("C")


def slow_values(worth: dict[Team, F]) -> dict[str, F]:
    """What each source adds when it joins, on the average of all orders of joining."""
    sources = sorted(frozenset().union(*worth))
    gains = dict.fromkeys(sources, F(0))
    orders = list(permutations(sources))
    for order in orders:
        for place, source in enumerate(order):
            here, there = frozenset(order[:place]), frozenset(order[: place + 1])
            gains[source] += worth.get(there, F(0)) - worth.get(here, F(0))
    return {source: gain / len(orders) for source, gain in gains.items()}


def test_a_set_shares_what_it_earned_equally() -> None:
    assert closed_form({A | B: 20, A | B | C: 0, C: 5, NOBODY: 7}) == {"A": 10, "B": 10, "C": 5}


def test_five_sources_have_a_fifth_each() -> None:
    assert closed_form({frozenset("abcde"): 100}) == dict.fromkeys("abcde", F(20))


def test_nobody_is_worth_nothing() -> None:
    assert closed_form({}) == general_form({}) == {}
    assert conversion_worths({}, {}) == {}


def test_a_source_is_worth_what_it_adds() -> None:
    # One of ten buys by himself, three with A, two with B, and six of ten with both.
    worth = {NOBODY: F(1, 10), A: F(3, 10), B: F(2, 10), A | B: F(6, 10)}
    assert general_form(worth) == {"A": F(3, 10), "B": F(2, 10)}


def test_the_worth_of_a_set_is_how_many_bought_who_met_nobody_else() -> None:
    worths = conversion_worths({A: 1, A | B: 3}, {NOBODY: 10, A: 10, A | B: 10, C: 0})
    assert worths[NOBODY] == 0
    assert worths[A] == F(1, 20)
    assert worths[B] == 0
    assert worths[A | B] == worths[A | B | C] == F(4, 30)
    assert conversion_worths({A: 1}, {A: 4}) == {A: F(1, 4)}


def test_more_sources_than_can_be_gone_through_are_refused() -> None:
    many = frozenset(f"source {number}" for number in range(13))
    for refused in (lambda: general_form({many: F(1)}), lambda: conversion_worths({many: 1}, {many: 1})):
        with pytest.raises(ValueError, match="13 sources, 12 at most"):
            refused()
    assert closed_form({many: 13}) == dict.fromkeys(many, F(1))


TEAMS = st.frozensets(st.sampled_from("ABCD"))


@LAW
@given(worth=st.dictionaries(TEAMS, st.fractions(0, 1, max_denominator=50), max_size=12))
def test_values_are_those_of_every_order_of_joining(worth: dict[Team, F]) -> None:
    values = general_form(worth)
    assert values == slow_values(worth)
    everybody = frozenset(values)
    assert sum(values.values()) == worth.get(everybody, F(0)) - worth.get(NOBODY, F(0))


@LAW
@given(earned=st.dictionaries(TEAMS.filter(bool), st.integers(0, 10**6), max_size=12))
def test_the_closed_form_is_the_general_one_for_what_subsets_earned(earned: dict[Team, int]) -> None:
    sources = sorted(frozenset().union(*earned))
    subsets = [
        frozenset(source for place, source in enumerate(sources) if mask >> place & 1)
        for mask in range(1 << len(sources))
    ]
    worth = {subset: F(sum(money for team, money in earned.items() if team <= subset)) for subset in subsets}
    assert closed_form(earned) == general_form(worth)
    assert sum(closed_form(earned).values()) == sum(earned.values())


@LAW
@given(sources=st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=12))
def test_one_path_is_shared_as_the_closed_form_says(sources: list[str]) -> None:
    path = before(*((source, 20 - place) for place, source in enumerate(sources)))
    assert by_source(path, weights(Model.SHAPLEY, path, ORDERED_AT)) == closed_form({frozenset(sources): 1})
