"""Which touches count for a purchase, and which rule refused the others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.attribution.steps import LAW, ORDERED_AT
from tillroll.domain.attribution.paths import ANY_OCCASION, Occasion, Rule, Windows, path, taken
from tillroll.domain.attribution.touches import DAY, HOUR, Touch

WEEK_FOR_CAMPAIGNS = Windows(default=DAY, by_source={"campaign": 7 * DAY, "campaign:flash": HOUR, "direct": None})


def rule(touch: Touch, windows: Windows, occasion: Occasion = ANY_OCCASION) -> Rule:
    """The rule for one touch."""
    return path([touch], ORDERED_AT, windows, occasion)[0].rule


@pytest.mark.parametrize(
    ("source", "gap", "expected"),
    [
        ("chat", 0, Rule.TAKEN),
        ("chat", DAY, Rule.TAKEN),
        ("chat", DAY + 1, Rule.OUTSIDE_WINDOW),
        ("chat", -1, Rule.AFTER_ORDER),
        ("campaign:spring", 7 * DAY, Rule.TAKEN),
        ("campaign:spring", 7 * DAY + 1, Rule.OUTSIDE_WINDOW),
        ("campaign:flash", HOUR, Rule.TAKEN),
        ("campaign:flash", HOUR + 1, Rule.OUTSIDE_WINDOW),
        ("campaigns", 2 * DAY, Rule.OUTSIDE_WINDOW),
        ("direct", 1, Rule.SOURCE_NOT_COUNTED),
        ("direct", -1, Rule.AFTER_ORDER),
    ],
)
def test_a_window_is_closed_at_both_ends(source: str, gap: int, expected: Rule) -> None:
    touch = Touch(1, ORDERED_AT - gap, source)
    assert rule(touch, WEEK_FOR_CAMPAIGNS) is expected


def test_a_window_of_nothing_takes_what_happened_with_the_order() -> None:
    assert rule(Touch(1, ORDERED_AT, "chat"), Windows(default=0)) is Rule.TAKEN
    assert rule(Touch(1, ORDERED_AT - 1, "chat"), Windows(default=0)) is Rule.OUTSIDE_WINDOW


@pytest.mark.parametrize(
    ("at", "expected"), [(-1, Rule.BEFORE_PREVIOUS_ORDER), (0, Rule.BEFORE_PREVIOUS_ORDER), (1, Rule.TAKEN)]
)
def test_the_previous_order_may_end_the_path(at: int, expected: Rule) -> None:
    previous_at = ORDERED_AT - HOUR
    touch = Touch(1, previous_at + at, "chat")
    assert rule(touch, Windows(ends_at_previous_order=True), Occasion(previous_at=previous_at)) is expected
    assert rule(touch, Windows(), Occasion(previous_at=previous_at)) is Rule.TAKEN
    assert rule(touch, Windows(ends_at_previous_order=True)) is Rule.TAKEN


@pytest.mark.parametrize(
    ("is_helpful", "expected"), [(False, Rule.NOT_HELPFUL), (True, Rule.TAKEN), (None, Rule.TAKEN)]
)
def test_an_answer_that_did_not_help_may_not_count(is_helpful: bool | None, expected: Rule) -> None:
    touch = Touch(1, ORDERED_AT, "chat", is_helpful=is_helpful)
    assert rule(touch, Windows(needs_helpful=True)) is expected
    assert rule(touch, Windows()) is Rule.TAKEN


@pytest.mark.parametrize(
    ("session", "bought_in", "expected"),
    [("a", "a", Rule.TAKEN), ("a", "b", Rule.OTHER_SESSION), (None, None, Rule.OTHER_SESSION)],
)
def test_the_session_may_have_to_be_the_same(session: str | None, bought_in: str | None, expected: Rule) -> None:
    touch = Touch(1, ORDERED_AT, "search", session=session)
    assert rule(touch, Windows(needs_session=True), Occasion(session=bought_in)) is expected
    assert rule(touch, Windows(), Occasion(session=bought_in)) is Rule.TAKEN


@pytest.mark.parametrize(
    ("product", "bought", "expected", "is_match"),
    [
        ("mug", "mug", Rule.TAKEN, True),
        ("mug", "cup", Rule.OTHER_PRODUCT, False),
        (None, "cup", Rule.OTHER_PRODUCT, False),
        (None, None, Rule.OTHER_PRODUCT, False),
    ],
)
def test_the_product_may_have_to_be_the_same(
    product: str | None, bought: str | None, expected: Rule, is_match: bool
) -> None:
    touch = Touch(1, ORDERED_AT, "search", product)
    assert rule(touch, Windows(needs_product=True), Occasion(product=bought)) is expected
    [candidate] = path([touch], ORDERED_AT, Windows(), Occasion(product=bought))
    assert (candidate.rule, candidate.is_match) == (Rule.TAKEN, is_match)


def test_the_first_rule_that_refuses_is_named() -> None:
    everything = Windows(
        by_source={"chat": DAY}, needs_helpful=True, needs_session=True, needs_product=True, ends_at_previous_order=True
    )
    occasion = Occasion(previous_at=ORDERED_AT)
    assert rule(Touch(1, ORDERED_AT - DAY - 1, "chat", is_helpful=False), everything, occasion) is Rule.OUTSIDE_WINDOW
    assert rule(Touch(1, ORDERED_AT, "chat", is_helpful=False), everything, occasion) is Rule.BEFORE_PREVIOUS_ORDER
    assert rule(Touch(1, ORDERED_AT, "chat", is_helpful=False), everything) is Rule.NOT_HELPFUL
    assert rule(Touch(1, ORDERED_AT, "chat"), everything) is Rule.OTHER_SESSION


def test_every_touch_is_told_with_its_gap_in_the_order_of_time() -> None:
    hour_before = ORDERED_AT - HOUR
    late, tie, early = Touch(3, ORDERED_AT + 5, "faq"), Touch(2, hour_before, "chat"), Touch(1, hour_before, "faq")
    candidates = path([late, tie, early], ORDERED_AT, Windows())
    assert [(one.touch.position, one.gap, one.is_taken) for one in candidates] == [
        (1, HOUR, True),
        (2, HOUR, True),
        (3, -5, False),
    ]
    assert taken(candidates) == [early, tie]


TOUCHES = st.lists(
    st.tuples(st.integers(-5, 60), st.sampled_from(["chat", "search", "campaign:a", "direct"])), max_size=12
).map(lambda drawn: [Touch(place, ORDERED_AT - hours * HOUR, source) for place, (hours, source) in enumerate(drawn)])


@LAW
@given(touches=TOUCHES, data=st.data())
def test_the_order_of_arrival_changes_nothing(touches: list[Touch], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(touches))
    assert path(shuffled, ORDERED_AT, WEEK_FOR_CAMPAIGNS) == path(touches, ORDERED_AT, WEEK_FOR_CAMPAIGNS)
