"""What is true of every model, whatever the path."""

from decimal import ROUND_UP, Decimal, localcontext
from fractions import Fraction as F

from hypothesis import given
from hypothesis import strategies as st

from tests.domain.attribution.steps import LAW, ORDERED_AT
from tillroll.domain.attribution.holdout import compared, sample
from tillroll.domain.attribution.markov import removal_effects
from tillroll.domain.attribution.models import MODELS, Model, Setting, weights
from tillroll.domain.attribution.paths import Windows, path, taken
from tillroll.domain.attribution.split import reverse, split
from tillroll.domain.attribution.touches import DAY, HOUR, Touch

SOURCES = ["search", "chat", "faq", "campaign:spring", "direct"]
EFFECTS = st.dictionaries(st.sampled_from(SOURCES), st.fractions(0, 1, max_denominator=10**6))
TOUCHES = st.lists(st.tuples(st.integers(-HOUR, 60 * DAY), st.sampled_from(SOURCES)), max_size=15).map(
    lambda drawn: [
        Touch(place, ORDERED_AT - gap, source, is_direct=source == "direct")
        for place, (gap, source) in enumerate(drawn)
    ]
)
MODEL = st.sampled_from(MODELS)
SETTING = st.builds(Setting, half_life=st.integers(1, 60 * DAY))
MILESTONE = st.none() | st.integers(ORDERED_AT - 60 * DAY, ORDERED_AT)


@LAW
@given(touches=TOUCHES, model=MODEL, setting=SETTING, effects=EFFECTS, milestone=MILESTONE)
def test_weights_are_not_below_zero_and_one_together(
    touches: list[Touch], model: Model, setting: Setting, effects: dict[str, F], milestone: int | None
) -> None:
    walked = taken(path(touches, ORDERED_AT, Windows()))
    shares = weights(model, walked, ORDERED_AT, setting=setting, effects=effects, milestone=milestone)
    assert len(shares) == len(walked)
    assert sum(shares) == int(bool(walked))
    assert all(share >= 0 for share in shares)


@LAW
@given(touches=TOUCHES, model=MODEL, effects=EFFECTS, milestone=MILESTONE, data=st.data())
def test_the_order_of_arrival_changes_no_credit(
    touches: list[Touch], model: Model, effects: dict[str, F], milestone: int | None, data: st.DataObject
) -> None:
    def credits_of(arrived: list[Touch]) -> dict[int, int]:
        walked = taken(path(arrived, ORDERED_AT, Windows()))
        shares = weights(model, walked, ORDERED_AT, effects=effects, milestone=milestone)
        return {touch.position: share for touch, share in zip(walked, split(12_345_67, shares), strict=True)}

    assert credits_of(touches) == credits_of(data.draw(st.permutations(touches)))


@LAW
@given(touches=TOUCHES, model=MODEL, effects=EFFECTS, value=st.integers(-(10**12), 10**12), back=st.fractions(0, 1))
def test_credits_and_what_nobody_earned_are_the_sale_until_all_of_it_was_given_back(
    touches: list[Touch], model: Model, effects: dict[str, F], value: int, back: F
) -> None:
    walked = taken(path(touches, ORDERED_AT, Windows()))
    given = split(value, weights(model, walked, ORDERED_AT, effects=effects))
    unattributed = 0 if walked else value
    assert sum(given) + unattributed == value
    if walked:
        some = reverse(given, [0] * len(given), int(value * back))
        rest = reverse(given, some, value - int(value * back))
        assert [one - first - second for one, first, second in zip(given, some, rest, strict=True)] == [0] * len(given)


@LAW
@given(touches=TOUCHES, model=MODEL, sold=st.integers(1, 9), lost=st.integers(0, 9))
def test_no_digit_depends_on_the_decimals_of_somebody_else(
    touches: list[Touch], model: Model, sold: int, lost: int
) -> None:
    walked = taken(path(touches, ORDERED_AT, Windows()))
    sources = tuple(touch.source for touch in walked)

    def figures() -> tuple[object, ...]:
        effects = removal_effects({sources: sold, ("chat",): sold}, {sources[1:]: lost, ("faq",): lost})
        compared_arms = compared(sample({sold * 100: sold}, 40), sample({lost: lost}, 44), Decimal("0.5"))
        return effects, compared_arms, weights(model, walked, ORDERED_AT, effects=effects)

    usual = figures()
    # A library that lowers the precision of its thread for good is a real one.
    with localcontext(prec=3, rounding=ROUND_UP):
        assert figures() == usual


@LAW
@given(touches=TOUCHES, model=MODEL, effects=EFFECTS, shift=st.integers(-(10**15), 10**15))
def test_when_all_of_it_happened_makes_no_difference(
    touches: list[Touch], model: Model, effects: dict[str, F], shift: int
) -> None:
    walked = taken(path(touches, ORDERED_AT, Windows()))
    later = [Touch(one.position, one.at + shift, one.source, is_direct=one.is_direct) for one in walked]
    assert weights(model, walked, ORDERED_AT, effects=effects) == weights(
        model, later, ORDERED_AT + shift, effects=effects
    )
