"""Shapley values: what a source is worth on the average of all orders in which a team of sources could have been made.

    closed form    what was earned by each exact set of sources, which all of the set share equally; any number of them
    general form   any worth of a set, such as the part of its visitors who bought; twelve sources at most

The closed form is an equal split of each sale over the distinct sources of its path (Zhao, Mahboobi, Bagheri: Shapley
Value Methods for Attribution Modeling in Online Advertising, 2018), which is what `models` does for one path.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import factorial

# The general form looks at every set of sources: 4,096 of twelve.
SOURCES_MAX = 12

_NOTHING = Fraction(0)

Team = frozenset[str]


def closed_form(earned: Mapping[Team, int | Fraction]) -> dict[str, Fraction]:
    """What each source is worth where a set is worth what its subsets earned; they add up to what was earned, exactly.

    `earned` has for each set of sources what was earned on paths with exactly this set; that of no source is nobody's.
    """
    values = dict.fromkeys(sorted(team_members(earned)), _NOTHING)
    for team, revenue in earned.items():
        for source in team:
            values[source] += Fraction(revenue) / len(team)
    return values


def general_form(worth: Mapping[Team, Fraction]) -> dict[str, Fraction]:
    """What each source is worth, for any worth of sets; a set that is not there is worth nothing.

    They add up to the worth of all sources less that of none. More than SOURCES_MAX sources raise ValueError.
    """
    sources = sorted(team_members(worth))
    if len(sources) > SOURCES_MAX:
        raise ValueError(f"{len(sources)} sources, {SOURCES_MAX} at most")
    places = {source: 1 << place for place, source in enumerate(sources)}
    worths = [_NOTHING] * (1 << len(sources))
    for team, value in worth.items():
        worths[sum(places[source] for source in team)] = value
    return {source: _mean_gain(worths, bit, len(sources)) for source, bit in places.items()}


def conversion_worths(sold: Mapping[Team, int], visitors: Mapping[Team, int]) -> dict[Team, Fraction]:
    """For each set of sources, the part of the visitors who met no others that bought: a worth for the general form.

    `visitors` counts those who met exactly a set, buyers among them, and `sold` the buyers. A set within which nobody
    came is not there.
    """
    sources = sorted(team_members(sold) | team_members(visitors))
    if len(sources) > SOURCES_MAX:
        raise ValueError(f"{len(sources)} sources, {SOURCES_MAX} at most")
    buyers, all_visitors = _within(sold, sources), _within(visitors, sources)
    return {
        frozenset(source for place, source in enumerate(sources) if mask >> place & 1): Fraction(bought, met)
        for mask, (bought, met) in enumerate(zip(buyers, all_visitors, strict=True))
        if met
    }


def team_members(teams: Iterable[Team]) -> Team:
    """Every source of any of the sets."""
    return frozenset().union(*teams)


def _mean_gain(worths: list[Fraction], bit: int, count: int) -> Fraction:
    """What a source adds to each set without it, weighed by how many orders of joining begin with that set."""
    gain = _NOTHING
    for mask, worth in enumerate(worths):
        if not mask & bit:
            size = mask.bit_count()
            gain += factorial(size) * factorial(count - size - 1) * (worths[mask | bit] - worth)
    return gain / factorial(count)


def _within(counts: Mapping[Team, int], sources: list[str]) -> list[int]:
    """For each set of sources, as bits, the counts of all its subsets together."""
    places = {source: 1 << place for place, source in enumerate(sources)}
    sums = [0] * (1 << len(sources))
    for team, count in counts.items():
        sums[sum(places[source] for source in team)] += count
    for bit in places.values():
        for mask in range(len(sums)):
            if mask & bit:
                sums[mask] += sums[mask ^ bit]
    return sums
