"""Removal effects: how many sales would be missing without a source, by a Markov chain of all paths.

    start ──► search ──► chat ──► sale          counted: every step of every path, of those that ended with a sale
      └─────► chat ───────┴─────► nothing       and of those that did not

The chance of a sale is that of walking from the start to a sale. Without a source, whatever led to it leads to nothing;
the part of the chance that goes with it is the source's effect. The chain looks back one step, and a step from a source
to itself is a step.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

# Decimals of this many digits give the same result on every machine, and lose fewer than half of them in chains that
# hardly ever sell. Fractions would be exact, and too slow for hundreds of campaigns.
_DIGITS = Context(prec=60, rounding=ROUND_HALF_EVEN)
# What is kept of an effect.
_STEP = Decimal(1).scaleb(-18)
_NOTHING = Decimal(0)

Path = tuple[str, ...]
Steps = Counter[tuple[int, int]]

_START = 0
_FIRST_SOURCE = 1
_END = -1


def removal_effects(converting: Mapping[Path, int], lost: Mapping[Path, int]) -> dict[str, Fraction]:
    """The effect of each source, from 0 to 1, to 18 decimal places; by name.

    Both arguments count paths, which are sources in the order of time: `converting` those that ended with a sale,
    `lost` those that did not. A source that is on lost paths only has no effect, and where nothing was sold none has.
    A path without sources counts, as a sale or a loss that nobody led to.
    """
    sources = sorted(
        {source for paths in (converting, lost) for path, count in paths.items() if count for source in path}
    )
    if not any(converting.values()):
        return dict.fromkeys(sources, Fraction(0))
    steps, sold = _steps(sources, converting, lost)
    with localcontext(_DIGITS):
        inverse = _inverse(_chain(steps, len(sources)))
        # From each state the chance of a sale; and of ever reaching a state from the start, two cells of its column.
        chances = [sum((row[state] * count for state, count in sold.items()), _NOTHING) for row in inverse]
        return {
            source: _kept(inverse[_START][state] / inverse[state][state] * chances[state] / chances[_START])
            for state, source in enumerate(sources, _FIRST_SOURCE)
        }


def shares(effects: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """The effects as parts of one; nothing at all where no source has any."""
    total = sum(effects.values(), Fraction(0))
    return {source: effect / total for source, effect in effects.items()} if total else {}


def _kept(effect: Decimal) -> Fraction:
    return Fraction(effect.quantize(_STEP))


def _steps(
    sources: Sequence[str], converting: Mapping[Path, int], lost: Mapping[Path, int]
) -> tuple[Steps, Counter[int]]:
    """How often each step between two states was made, or, to _END, out of the chain; and how often that was a sale."""
    states = {source: state for state, source in enumerate(sources, _FIRST_SOURCE)}
    steps: Steps = Counter()
    sold: Counter[int] = Counter()
    for paths, is_sale in ((converting, True), (lost, False)):
        for path, count in paths.items():
            walk = [_START, *(states[source] for source in path)] if count else []
            for step in pairwise([*walk, _END]):
                steps[step] += count
            if is_sale and count:
                sold[walk[-1]] += count
    return steps, sold


def _chain(steps: Steps, source_count: int) -> list[list[Decimal]]:
    """The counts as the matrix of the equations: in a row all steps out of its state, less those to each state."""
    rows = [[_NOTHING] * (source_count + 1) for _ in range(source_count + 1)]
    for (before, after), count in steps.items():
        rows[before][before] += count
        if after != _END:
            rows[before][after] -= count
    return rows


def _inverse(rows: list[list[Decimal]]) -> list[list[Decimal]]:
    """The inverse, by elimination in place.

    No row has to be exchanged: every walk ends, so what is on the diagonal is never outweighed by the rest of its row.
    """
    size = len(rows)
    for pivot in range(size):
        scale = 1 / rows[pivot][pivot]
        rows[pivot][pivot] = Decimal(1)
        pivot_row = rows[pivot] = [cell * scale if cell else cell for cell in rows[pivot]]
        for place in range(size):
            factor = rows[place][pivot]
            if place == pivot or not factor:
                continue
            rows[place][pivot] = _NOTHING
            rows[place] = [
                cell - factor * other if other else cell for cell, other in zip(rows[place], pivot_row, strict=True)
            ]
    return rows
