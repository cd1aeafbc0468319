"""Every model on paths that were reckoned by hand, and what they refuse."""

from collections.abc import Mapping
from decimal import Decimal as D
from fractions import Fraction as F

import pytest
from msgspec.structs import replace

from tests.domain.attribution.steps import ORDERED_AT, before, by_source
from tillroll.domain.attribution.models import MODELS, Model, Setting, any_touch, exclusive, weights
from tillroll.domain.attribution.split import split
from tillroll.domain.attribution.touches import HOUR, Touch

# Chat, a click on what a search brought, and chat again; the cart was made four hours before the order.
CHAT_AND_SEARCH = before(("chat", 20), ("search", 5), ("chat", 1))
CART_MADE_AT = ORDERED_AT - 4 * HOUR
TWELVE_HOURS = Setting(half_life=12 * HOUR)
EFFECTS = {"chat": F(1, 2), "search": F(1, 4)}

FOUR = before(("search", 9), ("chat", 7), ("faq", 5), ("direct", 2))
LOYAL = before(("direct", 3), ("direct", 2))


def in_cents(path: list[Touch], model: Model, milestone: int | None = None) -> dict[str, int]:
    """What each source of a path has of 100.00."""
    shares = weights(model, path, ORDERED_AT, setting=TWELVE_HOURS, effects=EFFECTS, milestone=milestone)
    cents: dict[str, int] = {}
    for touch, share in zip(path, split(100_00, shares), strict=True):
        cents[touch.source] = cents.get(touch.source, 0) + share
    return cents


@pytest.mark.parametrize(
    ("model", "chat", "search"),
    [
        (Model.LAST, 100_00, 0),
        (Model.LAST_NON_DIRECT, 100_00, 0),
        (Model.FIRST, 100_00, 0),
        (Model.LINEAR, 66_67, 33_33),
        (Model.POSITION, 80_00, 20_00),
        (Model.W_SHAPED, 66_67, 33_33),
        (Model.TIME_DECAY, 62_69, 37_31),
        (Model.SHAPLEY, 50_00, 50_00),
        (Model.MARKOV, 80_00, 20_00),
    ],
)
def test_the_same_order_is_shared_by_every_model(model: Model, chat: int, search: int) -> None:
    assert in_cents(CHAT_AND_SEARCH, model, CART_MADE_AT) == {"chat": chat, "search": search}


@pytest.mark.parametrize(
    ("model", "shares"),
    [
        (Model.LAST, [0, 0, 0, 1]),
        (Model.LAST_NON_DIRECT, [0, 0, 1, 0]),
        (Model.FIRST, [1, 0, 0, 0]),
        (Model.LINEAR, [F(1, 4)] * 4),
        (Model.POSITION, [F(2, 5), F(1, 10), F(1, 10), F(2, 5)]),
        (Model.W_SHAPED, [F(2, 5), F(1, 10), F(1, 10), F(2, 5)]),
        (Model.SHAPLEY, [F(1, 4)] * 4),
        (Model.MARKOV, [F(1, 3), F(2, 3), 0, 0]),
    ],
)
def test_four_touches_have_the_shares_of_the_model(model: Model, shares: list[F]) -> None:
    assert weights(model, FOUR, ORDERED_AT, effects={"search": F(1, 10), "chat": F(1, 5)}) == shares


@pytest.mark.parametrize("model", MODELS)
def test_a_lone_touch_has_everything(model: Model) -> None:
    lone = before(("chat", 1))
    for milestone in (None, ORDERED_AT - 2 * HOUR, ORDERED_AT):
        assert weights(model, lone, ORDERED_AT, effects=EFFECTS, milestone=milestone) == [1]


@pytest.mark.parametrize("model", MODELS)
def test_nobody_on_the_path_has_nothing(model: Model) -> None:
    assert weights(model, [], ORDERED_AT) == []


def test_two_touches_share_equally_by_position() -> None:
    assert weights(Model.POSITION, FOUR[:2], ORDERED_AT) == [F(1, 2), F(1, 2)]


def test_shares_of_ones_own_are_kept() -> None:
    setting = Setting(first_share=D("0.6"), last_share=D("0.2"))
    assert weights(Model.POSITION, FOUR, ORDERED_AT, setting=setting) == [F(3, 5), F(1, 10), F(1, 10), F(1, 5)]
    assert weights(Model.POSITION, FOUR[:2], ORDERED_AT, setting=setting) == [F(3, 4), F(1, 4)]


def test_shares_of_nothing_leave_two_touches_equal() -> None:
    setting = Setting(first_share=D(0), last_share=D(0))
    assert weights(Model.POSITION, FOUR[:2], ORDERED_AT, setting=setting) == [F(1, 2), F(1, 2)]
    assert weights(Model.POSITION, FOUR, ORDERED_AT, setting=setting) == [0, F(1, 2), F(1, 2), 0]


@pytest.mark.parametrize(
    ("made", "shares"),
    [
        (10, [F(2, 5), F(1, 10), F(1, 10), F(2, 5)]),  # before any touch: as by position
        (9, [F(3, 5), F(1, 20), F(1, 20), F(3, 10)]),  # at the first one, which takes two shares
        (7, [F(3, 10), F(3, 10), F(1, 10), F(3, 10)]),  # at the second one, to the microsecond
        (6, [F(3, 10), F(3, 10), F(1, 10), F(3, 10)]),
        (5, [F(3, 10), F(1, 10), F(3, 10), F(3, 10)]),
        (1, [F(3, 10), F(1, 20), F(1, 20), F(3, 5)]),  # after the last one, which takes two shares
    ],
)
def test_the_touch_before_the_cart_was_made_has_a_share(made: int, shares: list[F]) -> None:
    assert weights(Model.W_SHAPED, FOUR, ORDERED_AT, milestone=ORDERED_AT - made * HOUR) == shares


def test_two_touches_of_a_w_are_scaled() -> None:
    first, last = weights(Model.W_SHAPED, FOUR[:2], ORDERED_AT, milestone=ORDERED_AT - 8 * HOUR)
    assert (first, last) == (F(2, 3), F(1, 3))


def test_direct_visits_are_credited_where_nothing_else_was() -> None:
    assert weights(Model.LAST_NON_DIRECT, LOYAL, ORDERED_AT) == [0, 1]


def test_half_as_much_for_each_half_life() -> None:
    path = before(("chat", 49), ("faq", 25), ("search", 13), ("nudge", 1))
    shares = weights(Model.TIME_DECAY, path, ORDERED_AT, setting=TWELVE_HOURS)
    assert shares == [F(1, 29), F(4, 29), F(8, 29), F(16, 29)]


def test_a_half_life_is_a_week_where_nobody_says_otherwise() -> None:
    assert weights(Model.TIME_DECAY, before(("chat", 7 * 24), ("faq", 0)), ORDERED_AT) == [F(1, 3), F(2, 3)]


def test_decay_depends_on_the_gaps_and_not_on_how_long_ago_all_of_it_was() -> None:
    near = weights(Model.TIME_DECAY, before(("chat", 20), ("search", 1)), ORDERED_AT, setting=TWELVE_HOURS)
    far = weights(Model.TIME_DECAY, before(("chat", 9020), ("search", 9001)), ORDERED_AT, setting=TWELVE_HOURS)
    assert near == far


def test_what_is_ages_older_weighs_nothing_and_no_number_grows() -> None:
    old, new = weights(Model.TIME_DECAY, before(("chat", 10_000_000), ("search", 1)), ORDERED_AT, setting=TWELVE_HOURS)
    assert [old, new] == [0, 1]


@pytest.mark.parametrize("twelfths", [1, 5, 7, 11, 100, 501])
def test_decay_is_right_to_its_last_digit(twelfths: int) -> None:
    old, new = weights(Model.TIME_DECAY, before(("chat", twelfths + 1), ("faq", 1)), ORDERED_AT, setting=TWELVE_HOURS)
    weight = old / new * 10**30
    # The nearest whole number to 10^30 × 2^(-n/12), without a root: its bounds to the power of twelve.
    assert weight.denominator == 1
    exact = F(10**360, 2**twelfths)
    assert (weight - F(1, 2)) ** 12 < exact < (weight + F(1, 2)) ** 12


def test_equal_shares_for_sources_and_then_for_their_touches() -> None:
    path = before(("chat", 5), ("search", 4), ("chat", 3), ("faq", 2), ("chat", 1))
    shares = weights(Model.SHAPLEY, path, ORDERED_AT)
    assert shares == [F(1, 9), F(1, 3), F(1, 9), F(1, 3), F(1, 9)]


def test_sources_without_an_effect_share_equally() -> None:
    assert weights(Model.MARKOV, FOUR, ORDERED_AT, effects={}) == [F(1, 4)] * 4
    assert weights(Model.MARKOV, FOUR, ORDERED_AT, effects={"nudge": F(1)}) == [F(1, 4)] * 4


def test_effects_count_for_each_touch_of_their_source() -> None:
    shares = weights(Model.MARKOV, CHAT_AND_SEARCH, ORDERED_AT, effects=EFFECTS)
    assert by_source(CHAT_AND_SEARCH, shares) == {"chat": F(4, 5), "search": F(1, 5)}


def test_a_chain_without_effects_is_refused() -> None:
    with pytest.raises(ValueError, match="removal effects"):
        weights(Model.MARKOV, FOUR, ORDERED_AT)


def test_a_touch_after_the_order_is_refused() -> None:
    with pytest.raises(ValueError, match="after the order"):
        weights(Model.LINEAR, FOUR, ORDERED_AT - 3 * HOUR)


@pytest.mark.parametrize(
    "changed",
    [
        {"first_share": D("0.7"), "last_share": D("0.4")},
        {"first_share": D("-0.1")},
        {"last_share": D("NaN")},
        {"w_milestone_share": D("0.5")},
    ],
)
def test_shares_that_can_not_be_are_refused(changed: Mapping[str, D]) -> None:
    with pytest.raises(ValueError, match="shares are not below zero"):
        replace(Setting(), **changed)


def test_shares_may_leave_nothing_for_the_others() -> None:
    setting = replace(Setting(), first_share=D("0.75"), last_share=D("0.25"))
    assert weights(Model.POSITION, FOUR, ORDERED_AT, setting=setting) == [F(3, 4), 0, 0, F(1, 4)]


def test_a_half_life_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than nothing"):
        Setting(half_life=0)


def test_who_assisted_and_who_was_alone() -> None:
    assert any_touch(CHAT_AND_SEARCH) == {"chat", "search"}
    assert exclusive(CHAT_AND_SEARCH) is None
    assert exclusive(CHAT_AND_SEARCH[::2]) == "chat"
    assert exclusive([]) is None
