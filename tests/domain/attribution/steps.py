"""Touches as tests write them: a source and how many hours before the order it was."""

from collections.abc import Sequence
from fractions import Fraction

from hypothesis import settings

from tillroll.domain.attribution.touches import DIRECT, HOUR, Touch

# Fifty cases of each law with every run, and with `make oracles` ten thousand.
LAW = settings(deadline=None, max_examples=settings().max_examples // 2)

ORDERED_AT = 1_800_000_000_000_000


def before(*steps: tuple[str, int]) -> list[Touch]:
    """A path of (source, hours before the order), in this order."""
    return [
        Touch(position, ORDERED_AT - hours * HOUR, source, is_direct=source == DIRECT)
        for position, (source, hours) in enumerate(steps, 1)
    ]


def by_source(path: Sequence[Touch], shares: Sequence[Fraction]) -> dict[str, Fraction]:
    """What each source has of the shares of a path."""
    sums: dict[str, Fraction] = {}
    for touch, share in zip(path, shares, strict=True):
        sums[touch.source] = sums.get(touch.source, Fraction(0)) + share
    return sums
