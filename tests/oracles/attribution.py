"""Attribution beside packages of others, on a thousand random sets of paths: `make oracles`.

What each of them is asked, and how, because their defaults answer something else:

    marketing-attribution-models   first, last, linear, position and time decay; the removal effects, and the sharing of
                                   each sale by them
    do-attribution                 removal effects, with `removal_strategy="redirect_to_null"`
    mta                            Shapley values of what subsets earned, with `normalize=False`
    scipy                          the chance of a deviation, Student's quantile, and Welch's interval
"""

import contextlib
import io
import random
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import do_attribution
import mam
import mta
import pandas
from scipy import stats

from tillroll.domain.attribution.holdout import compared as compared_arms
from tillroll.domain.attribution.holdout import sample
from tillroll.domain.attribution.markov import removal_effects, shares
from tillroll.domain.attribution.models import Model, Setting, weights
from tillroll.domain.attribution.shapley import closed_form
from tillroll.domain.attribution.statistics import chance_of_deviation, student_95
from tillroll.domain.attribution.touches import HOUR, Touch

SETS = 1000
SEED = 12
LIMIT = 1e-9
# What rests on Student's quantile, which is an expansion.
EXPANDED = 1e-6
ORDERED_AT = 1_800_000_000_000_000
SEPARATOR = " > "
# With these packages a name is cut at the separator, and sorted.
SOURCES = ["search", "chat", "faq", "nudge", "banner", "campaign"]

Figures = Mapping[str, float]


class Journey(NamedTuple):
    """One visitor's path, how many hours before its end each step was, and what was bought: 0 where nothing was."""

    sources: tuple[str, ...]
    hours: tuple[int, ...]
    value: int

    @property
    def path(self) -> list[Touch]:
        """The path as touches."""
        steps = zip(self.sources, self.hours, strict=True)
        return [Touch(place, ORDERED_AT - hours * HOUR, source) for place, (source, hours) in enumerate(steps)]


def main() -> None:
    """Compare, and say for each comparison how far apart the two are at most; exit with 1 where that is too far."""
    warnings.simplefilter("ignore")
    dice = random.Random(SEED)
    furthest: dict[str, float] = {}
    for _set in range(SETS):
        journeys = random_journeys(dice)
        half_life = dice.randint(1, 200)
        with contextlib.redirect_stdout(io.StringIO()):
            pairs = compared(journeys, half_life)
        for name, (ours, theirs) in pairs.items():
            furthest[name] = max(furthest.get(name, 0.0), distance(ours, theirs))
    furthest["chance of a deviation, scipy"] = max(
        distance_of(chance_of_deviation(Decimal(square) / 10), stats.chi2.sf(square / 10, 1)) for square in range(1200)
    )
    # An expansion, which does not promise more.
    student = max(abs(float(student_95(Decimal(n))) - stats.t.ppf(0.975, n)) for n in range(29, 2000))
    welch = max(distance_to_welch(dice) for _experiment in range(SETS))
    print(f"{SETS} sets of paths, seed {SEED}; the largest distance, as a part of the larger of the two and of one:")
    for name, far in sorted(furthest.items()):
        print(f"  {far:.1e}  {name}")
    print(f"  {student:.1e}  Student's quantile from 29 degrees on, scipy; {EXPANDED} is promised")
    print(f"  {welch:.1e}  Welch's interval, scipy; the same")
    sys.exit(int(max(furthest.values()) > LIMIT or max(student, welch) > EXPANDED))


def random_journeys(dice: random.Random) -> list[Journey]:
    """Visitors of one shop, some of whom buy; at least one of them."""
    sources = SOURCES[: dice.randint(2, len(SOURCES))]
    journeys: list[Journey] = []
    for _visitor in range(dice.randint(2, 40)):
        length = dice.randint(1, 8)
        hours = tuple(sorted(dice.sample(range(700), length), reverse=True))
        value = dice.randint(1, 100_000) if not journeys or dice.random() < dice.choice((0.2, 0.8)) else 0
        journeys.append(Journey(tuple(dice.choices(sources, k=length)), hours, value))
    return journeys


def compared(journeys: list[Journey], half_life: int) -> dict[str, tuple[Figures, Figures]]:
    """For each comparison our figures by source, and theirs."""
    theirs = mam.MAM(
        pandas.DataFrame(
            {
                "journey_id": [str(place) for place in range(len(journeys))],
                "path": [SEPARATOR.join(one.sources) for one in journeys],
                "hours": [SEPARATOR.join(map(str, one.hours)) for one in journeys],
                "is_sold": [one.value > 0 for one in journeys],
                "value": [float(one.value) for one in journeys],
            }
        ),
        format_type="journey",
        channels_colname="path",
        journey_with_conv_colname="is_sold",
        user_id_colname="journey_id",
        time_till_conv_colname="hours",
        conversion_value_colname="value",
    )
    effects = removal_effects(*counted(journeys))
    markov = theirs.run_markov()
    chain = do_attribution.MarkovAttribution(removal_strategy="redirect_to_null").fit(
        [SEPARATOR.join(one.sources) for one in journeys], [int(one.value > 0) for one in journeys]
    )
    setting = Setting(half_life=half_life * HOUR)

    def credits_of(model: Model) -> Figures:
        return credited(journeys, lambda path: weights(model, path, ORDERED_AT, setting=setting, effects=effects))

    package = "marketing-attribution-models"
    return {
        f"first, {package}": (credits_of(Model.FIRST), aggregated(theirs.run_first_click())),
        f"last, {package}": (credits_of(Model.LAST), aggregated(theirs.run_last_click())),
        f"linear, {package}": (credits_of(Model.LINEAR), aggregated(theirs.run_linear())),
        f"position, {package}": (credits_of(Model.POSITION), aggregated(theirs.run_position_based())),
        f"time decay, {package}": (
            credits_of(Model.TIME_DECAY),
            aggregated(theirs.run_time_decay(half_life_hours=half_life)),
        ),
        f"removal effects, {package}": (floats(effects), markov.metadata["removal_effect"]["removal_effect"].to_dict()),
        f"sales by removal effects, {package}": (credits_of(Model.MARKOV), aggregated(markov)),
        "removal effects, do-attribution": (floats(effects), chain["removal_effects"]),
        "shares of removal effects, do-attribution": (floats(shares(effects)), chain["attribution"]),
        "Shapley values, mta": (floats(closed_form(sold_by_set(journeys))), shapley_of_mta(journeys)),
    }


def counted(journeys: list[Journey]) -> tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]]]:
    """The paths that ended with a sale, and those that did not."""
    return (
        Counter(one.sources for one in journeys if one.value),
        Counter(one.sources for one in journeys if not one.value),
    )


def sold_by_set(journeys: list[Journey]) -> Counter[frozenset[str]]:
    """How many sales each exact set of sources had."""
    return Counter(frozenset(one.sources) for one in journeys if one.value)


def credited(journeys: list[Journey], weigh: Callable[[list[Touch]], list[Fraction]]) -> Figures:
    """The money of each source, before it is split into minor units."""
    money: dict[str, Fraction] = {}
    for one in journeys:
        if one.value:
            for touch, weight in zip(one.path, weigh(one.path), strict=True):
                money[touch.source] = money.get(touch.source, Fraction(0)) + one.value * weight
    return floats(money)


def aggregated(result: Any) -> Figures:
    """What marketing-attribution-models says of each source."""
    table = result.to_pandas()
    return dict(zip(table["channels"].astype(str), table["attribution"].astype(float), strict=True))


def shapley_of_mta(journeys: list[Journey]) -> Figures:
    """What mta says of each source."""
    sold, lost = counted(journeys)
    paths = sorted({*sold, *lost})
    table = pandas.DataFrame(
        {
            "path": [SEPARATOR.join(path) for path in paths],
            "total_conversions": [sold[path] for path in paths],
            "total_null": [lost[path] for path in paths],
        }
    )
    model = mta.MTA(table, allow_loops=False, add_timepoints=False)
    return dict(model.shapley(normalize=False).attribution["shapley"])


def distance_to_welch(dice: random.Random) -> float:
    """How far the ends of one random experiment's interval are from those of scipy."""
    arms = []
    for _arm in range(2):
        visitors = dice.randint(30, 500)
        bought = [dice.randint(1, 100_000) for _visitor in range(dice.randint(2, visitors))]
        arms.append([*bought, *[0] * (visitors - len(bought))])
    test, control = (sample(Counter(arm), len(arm)) for arm in arms)
    share = Decimal(len(arms[1])) / (len(arms[0]) + len(arms[1]))
    ours = compared_arms(test, control, share).difference
    theirs = stats.ttest_ind(*arms, equal_var=False).confidence_interval(0.95)
    if ours is None:
        return 1.0
    return max(distance_of(ours.low, theirs.low), distance_of(ours.high, theirs.high))


def floats(exact: Mapping[str, Fraction]) -> Figures:
    """Fractions as packages have them."""
    return {name: float(value) for name, value in exact.items()}


def distance(ours: Figures, theirs: Figures) -> float:
    """How far apart two figures of a source are at most; a source that is not there has nothing."""
    return max(distance_of(ours.get(name, 0.0), theirs.get(name, 0.0)) for name in {*ours, *theirs})


def distance_of(ours: float | Decimal, theirs: float) -> float:
    """How far apart two figures are, as a part of the larger one, or of one where both are less."""
    return abs(float(ours) - theirs) / max(1.0, abs(float(ours)), abs(theirs))


if __name__ == "__main__":
    main()
