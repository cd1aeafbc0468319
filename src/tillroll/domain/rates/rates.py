"""Rates of exchange by day, and amounts of one currency in another one, to the minor unit.

    an amount in minor units ─► major units × rate ─► exact fraction ─► HALF_UP        of a whole
                                                              └──────► largest remainder  of the parts of a whole

A rate says how much of one currency a unit of another one is, from its day on. Nothing is inverted and nothing chained:
an amount is converted by a rate of the very two currencies, or not at all.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from tillroll.domain.money import minor_exponent, places

# A rate holds until the next one, and so long at most (days): as long as customs' monthly rates do.
HOLDS_DAYS = 31
# Between a Zimbabwe dollar of 2008 and anything that was ever paid for a unit.
RATE_MAX = Decimal(10) ** 12
RATE_PLACES_MAX = 18


class DayRate(Struct, frozen=True, kw_only=True):
    """How much of `into` a unit of `currency` is, from a day (since 1970, on the shop's clock) on, and who says it."""

    currency: str
    into: str
    day: int
    rate: Decimal
    source: str = ""


def problem_of(rate: DayRate) -> tuple[str, str] | None:
    """The field that makes a rate impossible, and why; None where it can be."""
    for name, code in (("currency", rate.currency), ("into", rate.into)):
        if minor_exponent(code) is None:
            return name, f"{name} is a currency of ISO 4217"
    if rate.currency == rate.into:
        return "into", "a currency is worth itself"
    if not (rate.rate.is_finite() and 0 < rate.rate < RATE_MAX and places(rate.rate) <= RATE_PLACES_MAX):
        return "rate", f"rate is more than nothing, with {RATE_PLACES_MAX} decimal places at most"
    return None


class RateTable:
    """Rates into one currency."""

    def __init__(self, rates: Iterable[DayRate]) -> None:
        self._rates: dict[str, list[DayRate]] = {}
        for one in sorted(rates, key=lambda rate: rate.day):
            self._rates.setdefault(one.currency, []).append(one)

    def of(self, currency: str, day: int) -> DayRate | None:
        """The rate that holds on a day: the latest one of that day or before it; None where there is none, or it is
        too old."""
        known = self._rates.get(currency, [])
        place = bisect_right(known, day, key=lambda rate: rate.day)
        if not place or day - known[place - 1].day > HOLDS_DAYS:
            return None
        return known[place - 1]


def factor(rate: DayRate) -> Fraction:
    """What a minor unit of the one currency is in minor units of the other one, exactly; both are known to ISO 4217."""
    ours, theirs = minor_exponent(rate.into), minor_exponent(rate.currency)
    assert ours is not None
    assert theirs is not None
    return Fraction(rate.rate) * Fraction(10) ** (ours - theirs)


def half_up(exact: Fraction) -> int:
    """The nearest whole number; of two equally near ones that which is farther from zero."""
    doubled = 2 * abs(exact.numerator) + exact.denominator
    nearest = doubled // (2 * exact.denominator)
    return nearest if exact >= 0 else -nearest


def converted(minor: int, factor: Fraction) -> int:
    """An amount in minor units of another currency, HALF_UP."""
    return half_up(minor * factor)


def converted_parts(parts: Sequence[int], factor: Fraction) -> list[int]:
    """The parts of a whole in another currency, which add up to the whole as `converted` has it, by largest remainder.

    Of equal fractions the earlier part has the unit that is left.
    """
    exact = [part * factor for part in parts]
    whole = [one.numerator // one.denominator for one in exact]
    rest = converted(sum(parts), factor) - sum(whole)
    by_fraction = sorted(range(len(parts)), key=lambda place: (whole[place] - exact[place], place))
    for place in by_fraction[:rest]:
        whole[place] += 1
    return whole
