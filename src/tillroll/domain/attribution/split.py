"""Money among touches and lines, in minor units: nothing is lost and nothing is made, however it is shared.

split     a line's value      among the touches of its path        largest remainder
reverse   money given back    of what each touch still has         everything given back leaves nothing, in any steps
spread    an order's money    over its lines                       shipping, discounts and taxes that no line has
"""

from collections.abc import Sequence
from fractions import Fraction
from math import lcm


def split(minor: int, weights: Sequence[Fraction]) -> list[int]:
    """Shares of an amount in proportion to weights that are not below zero, which add up to it exactly.

    Each gets what its share has of whole units; the units that are left go one by one to the largest fractions, and of
    equal ones to the earliest. An amount below zero is shared like that above it. Without weights there is nobody to
    share with: the list is empty, and the whole is unattributed. Weights that are nothing together raise ValueError.
    """
    if not weights:
        return []
    common = lcm(*(weight.denominator for weight in weights))
    return in_proportion(minor, [weight.numerator * (common // weight.denominator) for weight in weights])


def in_proportion(minor: int, parts: Sequence[int]) -> list[int]:
    """The same for weights as whole numbers, of which there is one at least: parts of their sum."""
    total = sum(parts)
    if total <= 0 or min(parts) < 0:
        raise ValueError("shares are not below zero, and something together")
    amount = abs(minor)
    units, rests, left = [], [], amount
    for part in parts:
        unit, rest = divmod(amount * part, total)
        units.append(unit)
        rests.append(rest)
        left -= unit
    if left:
        # Sorting keeps the order of equal ones.
        for place in sorted(range(len(rests)), key=rests.__getitem__, reverse=True)[:left]:
            units[place] += 1
    return [-unit for unit in units] if minor < 0 else units


def reverse(allocation: Sequence[int], refunded_before: Sequence[int], refund: int) -> list[int]:
    """What a refund takes from each touch, in proportion to what refunds before it have left there.

    `allocation` is what the sale gave to each touch, `refunded_before` what was taken from each in all, and `refund`
    the money that is given back, above zero for a sale above zero; the result adds up to it. Once everything was given
    back, in whatever steps, everything was taken from everybody, and from nobody ever more than that. A refund of more
    than is left raises ValueError: `countable` tells beforehand how much of one counts.

    The same holds for the lines of a sale. Those on the other side of zero are taken back with the last of it.
    """
    left = [given - taken for given, taken in zip(allocation, refunded_before, strict=True)]
    total = sum(left)
    if countable(total, refund) != refund:
        raise ValueError("more is given back than is left")
    if not refund:
        return [0] * len(left)
    if refund == total:
        return left
    return in_proportion(refund, [max(0, one if total > 0 else -one) for one in left])


def countable(left: int, refund: int) -> int:
    """As much of a refund as counts: at most what is left of the sale, nothing of another sign; the rest is excess."""
    if left >= 0:
        return max(0, min(left, refund))
    return min(0, max(left, refund))


def spread(total: int, line_totals: Sequence[int]) -> list[int]:
    """An order's own money over its lines in proportion to their totals, which adds up exactly.

    Lines that are worth nothing, or less, bear nothing of it; where all are so, they bear it equally. An order without
    lines has nobody to bear it: ValueError.
    """
    if not line_totals:
        raise ValueError("there is no line to bear it")
    bearing = [max(0, line) for line in line_totals]
    return in_proportion(total, bearing if any(bearing) else [1] * len(bearing))
