"""What storefronts report: who has interacted, what is refused, and the register that a cart line is."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillroll.domain.storefronts.storefront import (
    CartReport,
    Interaction,
    LineChange,
    ReportedLine,
    ReportRefusal,
    apply_cart_report,
    happened_at,
    has_interacted,
    judge_cart_report,
    judge_checkout_report,
)

WINDOW = 100
SECOND = 1_000_000
DAY = 86_400 * SECOND
NOW = 1_700_000_000 * SECOND
RECORDED = ReportedLine(2000, 5, added_at=5)
INCREASED = ReportedLine(2000, 6, added_at=5, increased_at=6)
REFUSED = ReportedLine(2000, 5)


@pytest.mark.parametrize(
    ("interaction", "at", "is_active"),
    [
        (Interaction(10, 10), 9, False),
        (Interaction(10, 10), 10, True),
        (Interaction(10, 10), 110, True),
        (Interaction(10, 10), 111, False),
        (Interaction(10, 60), 160, True),
        (Interaction(10, 60), 161, False),
        (Interaction(10, 60, closed_at=70), 69, True),
        (Interaction(10, 60, closed_at=70), 70, False),
    ],
)
def test_an_interaction_is_active_until_it_is_closed_or_silent_for_the_window(
    interaction: Interaction, at: int, is_active: bool
) -> None:
    assert interaction.is_active(at, WINDOW) is is_active
    assert has_interacted([Interaction(1000, 1000), interaction], at, WINDOW) is is_active


@pytest.mark.parametrize(
    ("event_time", "sent_at", "at"),
    [
        (None, None, NOW),
        (NOW - 5 * SECOND, None, NOW - 5 * SECOND),
        (NOW - 5 * SECOND, NOW - SECOND, NOW - 5 * SECOND),
        (NOW + 5 * SECOND, None, NOW),
        (NOW - 40 * DAY, None, NOW),
        (NOW + 7 * DAY - 5 * SECOND, NOW + 7 * DAY, NOW - 5 * SECOND),
        (NOW - 7 * DAY - 5 * SECOND, NOW - 7 * DAY, NOW - 5 * SECOND),
        (NOW + 7 * DAY + SECOND, NOW + 7 * DAY, NOW),
    ],
)
def test_a_clock_that_is_wrong_is_asked_for_the_difference_only(
    event_time: int | None, sent_at: int | None, at: int
) -> None:
    assert happened_at(event_time, sent_at, NOW) == at


def test_without_any_interaction_nobody_has_interacted() -> None:
    assert not has_interacted([], 10, WINDOW)


@pytest.mark.parametrize(
    ("change", "line", "interacted", "refusal"),
    [
        (LineChange.ADDED, None, True, None),
        (LineChange.ADDED, INCREASED, True, None),
        (LineChange.ADDED, None, False, ReportRefusal.NO_INTERACTION),
        (LineChange.DECREASED, None, False, ReportRefusal.NO_INTERACTION),
        (LineChange.INCREASED, None, True, ReportRefusal.NOT_ADDED_BEFORE),
        (LineChange.INCREASED, REFUSED, True, ReportRefusal.NOT_ADDED_BEFORE),
        (LineChange.INCREASED, RECORDED, True, None),
        (LineChange.REMOVED, None, True, ReportRefusal.NOT_ADDED_BEFORE),
        (LineChange.REMOVED, RECORDED, True, None),
        (LineChange.DECREASED, None, True, ReportRefusal.NOT_ADDED_BEFORE),
        (LineChange.DECREASED, RECORDED, True, ReportRefusal.NOT_INCREASED_BEFORE),
        (LineChange.DECREASED, INCREASED, True, None),
    ],
)
def test_the_first_reason_against_a_cart_report_is_given(
    change: LineChange, line: ReportedLine | None, interacted: bool, refusal: ReportRefusal | None
) -> None:
    assert judge_cart_report(CartReport("p", change, 1000, 7), line, interacted=interacted) is refusal


@pytest.mark.parametrize(
    ("interacted", "is_reported", "refusal"),
    [
        (True, False, None),
        (True, True, ReportRefusal.ORDER_REPORTED_BEFORE),
        (False, False, ReportRefusal.NO_INTERACTION),
        (False, True, ReportRefusal.NO_INTERACTION),
    ],
)
def test_an_order_is_recorded_once_and_only_after_an_interaction(
    interacted: bool, is_reported: bool, refusal: ReportRefusal | None
) -> None:
    assert judge_checkout_report(interacted=interacted, is_reported=is_reported) is refusal


def test_a_lenient_shop_minds_a_repeated_order_and_nothing_else() -> None:
    lenient = {"interacted": False, "is_lenient": True}
    assert judge_checkout_report(**lenient, is_reported=True) is ReportRefusal.ORDER_REPORTED_BEFORE
    assert judge_checkout_report(**lenient, is_reported=False) is ReportRefusal.NO_INTERACTION


def test_a_refused_report_moves_the_register_and_counts_for_nothing_else() -> None:
    line = apply_cart_report(CartReport("p", LineChange.ADDED, 2000, 5), None, is_recorded=False)
    assert line == ReportedLine(2000, 5)


def test_a_removal_leaves_nothing_whatever_quantity_it_names() -> None:
    line = apply_cart_report(CartReport("p", LineChange.REMOVED, 3000, 9), INCREASED, is_recorded=True)
    assert line == ReportedLine(0, 9, added_at=5, increased_at=6)


REPORTS = st.lists(
    st.builds(
        CartReport,
        product_id=st.just("p"),
        change=st.sampled_from(LineChange),
        quantity=st.integers(0, 9).map(lambda count: count * 1000),
        at=st.integers(0, 10**6),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda report: report.at,
)


@given(REPORTS)
def test_the_line_is_the_same_in_whatever_order_reports_arrive(reports: list[CartReport]) -> None:
    ends = []
    for order in itertools.permutations(reports):
        line = None
        for report in order:
            line = apply_cart_report(report, line, is_recorded=True)
        ends.append(line)
    assert all(end == ends[0] for end in ends)


@given(REPORTS)
def test_a_repeated_report_changes_nothing(reports: list[CartReport]) -> None:
    line = None
    for report in reports:
        line = apply_cart_report(report, line, is_recorded=True)
    assert line is not None
    before = ReportedLine(line.quantity, line.changed_at, line.added_at, line.increased_at)
    for report in reports:
        line = apply_cart_report(report, line, is_recorded=True)
    assert line == before
