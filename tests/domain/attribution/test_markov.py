"""Removal effects: by hand, and beside a slow reckoning that does what the definition says, in fractions."""

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction as F
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.attribution.steps import LAW
from tillroll.domain.attribution.markov import removal_effects, shares

Path = tuple[str, ...]

START, SALE, NOTHING = "(start)", "(sale)", "(nothing)"


def slow_effects(converting: Mapping[Path, int], lost: Mapping[Path, int]) -> dict[str, F]:
    """For each source in turn: lead whatever led to it to nothing, and ask again how likely a sale is."""
    steps: dict[str, Counter[str]] = {}
    for paths, end in ((converting, SALE), (lost, NOTHING)):
        for path, count in paths.items():
            for before, after in pairwise((START, *path, end)):
                steps.setdefault(before, Counter())[after] += count
    chance = chance_of_a_sale(steps, "") if steps else F(0)
    sources = {source for path in [*converting, *lost] for source in path}
    return {source: 1 - chance_of_a_sale(steps, source) / chance if chance else F(0) for source in sources}


def chance_of_a_sale(steps: Mapping[str, Counter[str]], removed: str) -> F:
    """The chance of a sale from the start without a source: Gauss, with the rows exchanged as textbooks do."""
    states = [state for state in steps if state != removed]
    rows = []
    for before in states:
        counts, total = steps[before], steps[before].total()
        row = [F(int(before == after)) - F(counts[after], total) for after in states]
        rows.append([*row, F(counts[SALE], total)])
    for place in range(len(states)):
        pivot = next(other for other in range(place, len(rows)) if rows[other][place])
        rows[place], rows[pivot] = rows[pivot], rows[place]
        rows[place] = [cell / rows[place][place] for cell in rows[place]]
        for other, row in enumerate(rows):
            if other != place:
                rows[other] = [cell - row[place] * above for cell, above in zip(row, rows[place], strict=True)]
    return rows[states.index(START)][-1]


def test_a_source_that_every_sale_needs_has_the_whole_effect() -> None:
    # Two in three sales began with A, and all ended with B.
    effects = removal_effects({("A", "B"): 2, ("B",): 1}, {})
    assert {source: round(float(effect), 9) for source, effect in effects.items()} == {"A": 0.666666667, "B": 1.0}
    assert shares({"A": F(2, 3), "B": F(1)}) == {"A": F(2, 5), "B": F(3, 5)}


def test_what_was_lost_counts() -> None:
    # Of four visitors who came by A two bought; of two of them who saw B as well one did.
    effects = removal_effects({("A",): 1, ("A", "B"): 1}, {("A",): 1, ("A", "B"): 1})
    assert effects == {"A": 1, "B": F(1, 2)}
    assert shares(effects) == {"A": F(2, 3), "B": F(1, 3)}


def test_a_source_on_lost_paths_alone_has_no_effect() -> None:
    assert removal_effects({("A",): 3}, {("B",): 5, ("A", "B"): 1}) == {"A": 1, "B": 0}


def test_a_step_to_itself_is_a_step_and_changes_no_effect() -> None:
    once = removal_effects({("A", "B"): 2, ("C",): 1}, {("A",): 3})
    again = removal_effects({("A", "A", "A", "B"): 2, ("C",): 1}, {("A", "A", "A"): 3})
    assert once == again


def test_sales_that_nobody_led_to_make_every_effect_smaller() -> None:
    assert removal_effects({("A",): 1, (): 1}, {}) == {"A": F(1, 2)}
    assert removal_effects({("A",): 1}, {(): 7}) == {"A": 1}


@pytest.mark.parametrize("lost", [{}, {("A", "B"): 3}, {(): 2}])
def test_where_nothing_was_sold_nobody_has_an_effect(lost: Mapping[Path, int]) -> None:
    effects = removal_effects({}, lost)
    assert set(effects.values()) <= {F(0)}
    assert shares(effects) == {}
    assert removal_effects({("A",): 0}, lost) == effects


def test_paths_that_nobody_took_do_not_count() -> None:
    assert removal_effects({("A",): 1, ("B", "C"): 0}, {("D",): 0}) == {"A": 1}


def test_hardly_any_sale_leaves_every_digit() -> None:
    converting, lost = {("A", "B"): 1, ("B", "A", "B"): 2}, {("A", "B", "A"): 10**12, ("B",): 10**15, ("C",): 3}
    exact = slow_effects(converting, lost)
    for source, effect in removal_effects(converting, lost).items():
        assert abs(effect - exact[source]) <= F(1, 2 * 10**18)


PATHS = st.dictionaries(st.lists(st.sampled_from("ABCDEF"), max_size=6).map(tuple), st.integers(0, 1000), max_size=12)


@LAW
@given(converting=PATHS, lost=PATHS)
def test_effects_are_those_of_the_definition(converting: dict[Path, int], lost: dict[Path, int]) -> None:
    counted = {path: count for path, count in converting.items() if count}, {p: n for p, n in lost.items() if n}
    exact = slow_effects(*counted)
    effects = removal_effects(converting, lost)
    assert effects.keys() == exact.keys()
    assert all(abs(effect - exact[source]) <= F(1, 2 * 10**18) for source, effect in effects.items())
    assert all(0 <= effect <= 1 for effect in effects.values())
    assert sum(shares(effects).values()) == int(any(effects.values()))


@LAW
@given(converting=PATHS, data=st.data())
def test_the_order_in_which_paths_come_changes_no_digit(converting: dict[Path, int], data: st.DataObject) -> None:
    shuffled = dict(data.draw(st.permutations(list(converting.items()))))
    assert removal_effects(shuffled, {("A",): 1}) == removal_effects(converting, {("A",): 1})
