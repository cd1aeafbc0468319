"""Holdouts: what visitors who saw something bought, beside visitors who did not, by chance alone.

Attribution shares credit and proves no cause; an experiment does. Everybody who was assigned counts, whether they used
what was tried or not, and revenue is net of refunds.

    assigned ──► test      sample(…) ┐
             └─► control   sample(…) ┴─► compared(…): revenue per visitor, the difference and its interval of 95 %
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from hashlib import sha256
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.attribution.statistics import DIGITS, chance_of_deviation, student_95

Arm = Literal["test", "control"]

# With fewer visitors in an arm there is no interval: the mean of so few purchases is far from normal.
VISITORS_MIN = 30
# Arms of sizes that chance makes more seldom than this were not made by chance: the result is withheld.
SAMPLE_RATIO_ALARM = Decimal("0.001")
# What one visitor can count for at most: the revenue that this part of all visitors does not exceed.
WINSOR_QUANTILE = Decimal("0.995")

_HASH_BITS = 64
_PLACES = Decimal(1).scaleb(-6)


class Sample(Struct, frozen=True):
    """The revenue of an arm's visitors: how many they are, its sum, and the sum of its squares, in minor units."""

    visitors: int
    total: int
    squares: int

    @property
    def mean(self) -> Fraction:
        """The revenue per visitor."""
        return Fraction(self.total, self.visitors)

    @property
    def squared_error(self) -> Fraction:
        """The square of the mean's standard error."""
        return (self.squares - self.total * self.mean) / (self.visitors - 1) / self.visitors


class Interval(Struct, frozen=True):
    """An estimate with the ends of its interval of 95 %."""

    estimate: Decimal
    low: Decimal
    high: Decimal


class Comparison(Struct, frozen=True):
    """Test beside control, to six places: revenue per visitor in minor units.

    `difference` is in minor units per visitor, `lift` its part of the control's revenue. Both are None where they can
    not be said: with too few visitors, and the lift also where nothing was sold in control. `sample_ratio` is how
    likely chance makes arms of these sizes; below SAMPLE_RATIO_ALARM the assignment is broken, and neither is said.
    """

    test_mean: Decimal | None
    control_mean: Decimal | None
    difference: Interval | None
    lift: Interval | None
    sample_ratio: Decimal

    @property
    def is_withheld(self) -> bool:
        """Whether the sizes of the arms say that something is wrong with them."""
        return self.sample_ratio < SAMPLE_RATIO_ALARM


def assigned(salt: str, visitor: str, control_share: Decimal) -> Arm:
    """The arm of a visitor, always the same for one salt, and another by chance for the next one.

    `control_share` is the part of the visitors in control, from 0 to 1. Where it grows, nobody leaves control.
    """
    digest = sha256(f"{len(salt)} {salt} {visitor}".encode("utf-8", "surrogatepass")).digest()
    place = int.from_bytes(digest[: _HASH_BITS // 8])
    return "control" if Fraction(place, 1 << _HASH_BITS) < Fraction(control_share) else "test"


def sample(revenues: Mapping[int, int], visitors: int, most: int | None = None) -> Sample:
    """An arm's sample from how often each revenue occurred among those who bought; everybody else bought nothing.

    `most` is what one visitor counts for at most: the `winsor_cap` of both arms together.
    """
    capped = [(revenue if most is None else min(revenue, most), count) for revenue, count in revenues.items()]
    return Sample(
        visitors,
        sum(revenue * count for revenue, count in capped),
        sum(revenue * revenue * count for revenue, count in capped),
    )


def winsor_cap(revenues: Iterable[Mapping[int, int]], visitors: int, quantile: Decimal = WINSOR_QUANTILE) -> int:
    """The smallest revenue that at least this part of all visitors does not exceed, those who bought nothing included.

    `revenues` are those of all arms: an arm with a cap of its own would be compared with something else.
    """
    counts: dict[int, int] = {}
    for arm in revenues:
        for revenue, count in arm.items():
            counts[revenue] = counts.get(revenue, 0) + count
    counts[0] = counts.get(0, 0) + visitors - sum(counts.values())
    seen = 0
    for revenue in sorted(counts):
        seen += counts[revenue]
        if seen >= visitors * Fraction(quantile):
            return revenue
    return 0


def sample_ratio(test: int, control: int, control_share: Decimal) -> Decimal:
    """How likely chance makes arms of these sizes, or sizes further from what was asked for: a chi-square test's p.

    A share that leaves an arm empty can only be met or missed: 1 or 0.
    """
    visitors, share = test + control, Fraction(control_share)
    wanted = visitors * share
    if not 0 < wanted < visitors:
        return Decimal(int(control == wanted))
    chi_square = (control - wanted) ** 2 * (1 / wanted + 1 / (visitors - wanted))
    return chance_of_deviation(_decimal(chi_square)).quantize(_PLACES, context=DIGITS)


def compared(test: Sample, control: Sample, control_share: Decimal) -> Comparison:
    """Test beside control: Welch's interval for the difference of the means, the delta method's for the lift."""
    ratio = sample_ratio(test.visitors, control.visitors, control_share)
    said = Comparison(_mean(test), _mean(control), None, None, ratio)
    if said.is_withheld or min(test.visitors, control.visitors) < VISITORS_MIN:
        return said
    return replace(said, difference=_difference(test, control), lift=_lift(test, control))


def incremental(comparison: Comparison, visitors: int) -> Interval | None:
    """What the visitors in test bought because of what was tried, in minor units; None where nothing can be said."""
    found = comparison.difference
    if found is None:
        return None
    return Interval(*(DIGITS.multiply(end, visitors) for end in (found.estimate, found.low, found.high)))


def calibration(earned: Interval | None, attributed: int) -> Interval | None:
    """Incremental revenue as a part of what was attributed to the same visitors: how far the credit can be believed.

    None without an experiment that says something, and where nothing was attributed.
    """
    if earned is None or attributed <= 0:
        return None
    ends = (_rounded(Fraction(end) / attributed) for end in (earned.estimate, earned.low, earned.high))
    return Interval(*ends)


def _mean(arm: Sample) -> Decimal | None:
    return _rounded(arm.mean) if arm.visitors else None


def _difference(test: Sample, control: Sample) -> Interval:
    """The difference of the means with Welch's interval."""
    return _interval(test.mean - control.mean, test.squared_error, control.squared_error, (test, control))


def _lift(test: Sample, control: Sample) -> Interval | None:
    """The ratio of the means less one; its error by the delta method: that of each mean, as a part of it."""
    if control.mean <= 0:
        return None
    ratio = test.mean / control.mean
    of_test = test.squared_error / control.mean**2
    of_control = ratio**2 * control.squared_error / control.mean**2
    return _interval(ratio - 1, of_test, of_control, (test, control))


def _interval(estimate: Fraction, of_test: Fraction, of_control: Fraction, arms: tuple[Sample, Sample]) -> Interval:
    """An estimate and its interval, from the parts of its squared error (Welch, Satterthwaite)."""
    squared = of_test + of_control
    if not squared:
        return Interval(_rounded(estimate), _rounded(estimate), _rounded(estimate))
    freedom = squared**2 / (of_test**2 / (arms[0].visitors - 1) + of_control**2 / (arms[1].visitors - 1))
    with localcontext(DIGITS):
        reach = Fraction(student_95(_decimal(freedom)) * _decimal(squared).sqrt())
    return Interval(_rounded(estimate), _rounded(estimate - reach), _rounded(estimate + reach))


def _decimal(number: Fraction) -> Decimal:
    return DIGITS.divide(Decimal(number.numerator), Decimal(number.denominator))


def _rounded(number: Fraction) -> Decimal:
    return _decimal(number).quantize(_PLACES, context=DIGITS)
