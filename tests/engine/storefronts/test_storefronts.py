"""Recording reports of storefronts on both databases: verdicts, registers, orders that count once, and late credit."""

from collections.abc import Iterator

import pytest

from tests.store.ground import NOW, SHOP, lay_ground, opened
from tillroll.domain.storefronts.storefront import CartReport, LineChange, ReportRefusal
from tillroll.engine.storefronts.storefronts import (
    CONVERSATION,
    FAQ_QUESTION,
    Credited,
    JudgedReport,
    Report,
    ReportedOrder,
    ReportedTouch,
    judge_reports,
    record_touches,
)
from tillroll.store import Store

WINDOW = 1_000
VISITOR = "one/two"
RECORDED = JudgedReport(None)
LATE = JudgedReport(ReportRefusal.NO_INTERACTION)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with opened(database_url) as store:
        lay_ground(store)
        yield store


def cart(id: str, change: LineChange, quantity: int, at: int = 0, *, is_lenient: bool = False) -> Report:
    report = CartReport("mug", change, quantity * 1000, NOW + at)
    return Report(SHOP, VISITOR, id, NOW + at, NOW + at, WINDOW, is_lenient, cart=report)


def bought(id: str, key: str = "order/1", fingerprint: str = "f", at: int = 0, *, is_lenient: bool = False) -> Report:
    return Report(SHOP, VISITOR, id, NOW + at, NOW + at, WINDOW, is_lenient, order=ReportedOrder(key, fingerprint))


def talk(at: int = 0, kind: str = CONVERSATION, *, is_closing: bool = False) -> ReportedTouch:
    return ReportedTouch(SHOP, VISITOR, kind, "talk", NOW + at, WINDOW, is_closing)


def judged(store: Store, *reports: Report) -> list[JudgedReport]:
    return store.write_now(lambda tx: judge_reports(tx, reports, NOW))


def touched(store: Store, touch: ReportedTouch) -> list[Credited]:
    (credited,) = store.write_now(lambda tx: record_touches(tx, [touch], NOW))
    return credited


def test_a_visitor_who_has_not_interacted_is_refused_and_one_who_has_is_not(store: Store) -> None:
    assert judged(store, cart("1", LineChange.ADDED, 1)) == [LATE]
    touched(store, talk(at=1))
    assert judged(store, cart("2", LineChange.ADDED, 1, at=2)) == [RECORDED]


@pytest.mark.parametrize("kind", [CONVERSATION, FAQ_QUESTION])
def test_an_interaction_ends_with_its_window_and_goes_on_with_each_touch(store: Store, kind: str) -> None:
    touched(store, talk(kind=kind))
    touched(store, talk(at=900, kind=kind))
    assert judged(store, cart("1", LineChange.ADDED, 1, at=1900), cart("2", LineChange.ADDED, 1, at=1901)) == [
        RECORDED,
        LATE,
    ]


def test_a_closed_conversation_is_over(store: Store) -> None:
    touched(store, talk())
    touched(store, talk(at=10, is_closing=True))
    assert judged(store, cart("1", LineChange.ADDED, 1, at=9), cart("2", LineChange.ADDED, 1, at=10)) == [
        RECORDED,
        LATE,
    ]


def test_a_closed_conversation_goes_on_when_something_is_said_in_it(store: Store) -> None:
    touched(store, talk())
    touched(store, talk(at=10, is_closing=True))
    touched(store, talk(at=9))
    assert judged(store, cart("1", LineChange.ADDED, 1, at=20)) == [LATE]
    touched(store, talk(at=30))
    assert judged(store, cart("2", LineChange.ADDED, 1, at=40)) == [RECORDED]


def test_a_report_that_was_kept_waiting_is_judged_by_when_it_happened(store: Store) -> None:
    touched(store, talk())
    waiting = cart("1", LineChange.ADDED, 1)
    late = Report(SHOP, VISITOR, "1", NOW + 5, NOW + 5 * WINDOW, WINDOW, cart=waiting.cart)
    assert judged(store, late) == [RECORDED]


def test_a_silence_that_is_longer_than_the_window_ends_an_interaction_whatever_is_reported_later(store: Store) -> None:
    assert judged(store, bought("a", at=5_000)) == [LATE]
    touched(store, talk(at=9_000))
    assert touched(store, talk(at=0)) == []
    assert judged(store, bought("b", key="order/2", at=9_500)) == [RECORDED]


def test_reports_of_one_group_see_each_other(store: Store) -> None:
    touched(store, talk())
    story = [
        cart("0", LineChange.DECREASED, 1),
        cart("1", LineChange.ADDED, 1),
        cart("2", LineChange.DECREASED, 1),
        cart("3", LineChange.INCREASED, 2),
        cart("4", LineChange.DECREASED, 1),
        cart("5", LineChange.REMOVED, 0),
    ]
    refusals = [one.refusal for one in judged(store, *story)]
    assert refusals == [ReportRefusal.NOT_ADDED_BEFORE, None, ReportRefusal.NOT_INCREASED_BEFORE, None, None, None]


def test_an_order_counts_once_within_a_group_and_after_it(store: Store) -> None:
    touched(store, talk())
    first, twin, other = judged(store, bought("1"), bought("2"), bought("3", fingerprint="g"))
    assert first == RECORDED
    assert twin == JudgedReport(ReportRefusal.ORDER_REPORTED_BEFORE, is_identical=True)
    assert other == JudgedReport(ReportRefusal.ORDER_REPORTED_BEFORE)
    assert judged(store, bought("4")) == [JudgedReport(ReportRefusal.ORDER_REPORTED_BEFORE, is_identical=True)]


def test_a_lenient_shop_records_what_others_refuse_but_no_order_twice(store: Store) -> None:
    reports = [cart("1", LineChange.INCREASED, 1, is_lenient=True), *(bought(id, is_lenient=True) for id in ("2", "3"))]
    verdicts = judged(store, *reports)
    assert [one.refusal for one in verdicts] == [
        ReportRefusal.NO_INTERACTION,
        ReportRefusal.NO_INTERACTION,
        ReportRefusal.ORDER_REPORTED_BEFORE,
    ]
    assert [one.is_recorded(report) for one, report in zip(verdicts, reports, strict=True)] == [True, True, False]


def test_an_interaction_that_is_reported_late_credits_what_it_covers_in_order(store: Store) -> None:
    early = cart("early", LineChange.ADDED, 1, at=-5)
    story = [cart("b", LineChange.INCREASED, 2, at=20), cart("a", LineChange.ADDED, 1, at=10), bought("c", at=30)]
    assert judged(store, early, *story) == [LATE] * 4
    credited = touched(store, talk(at=0))
    assert [one.report.id for one in credited] == ["a", "b", "c"]
    assert {one.interaction for one in credited} == {"talk"}
    assert touched(store, talk(at=0)) == []
    assert judged(store, bought("d", at=40)) == [JudgedReport(ReportRefusal.ORDER_REPORTED_BEFORE, is_identical=True)]


def test_what_is_covered_and_still_wrong_is_not_credited(store: Store) -> None:
    assert judged(store, cart("a", LineChange.INCREASED, 2)) == [LATE]
    assert touched(store, talk(at=0)) == []


def test_of_two_refused_reports_of_one_order_one_is_credited(store: Store) -> None:
    assert judged(store, bought("a"), bought("b")) == [LATE, LATE]
    assert [one.report.id for one in touched(store, talk(at=0))] == ["a"]


def test_what_a_lenient_shop_recorded_unattributed_is_credited_late(store: Store) -> None:
    judged(store, bought("a", is_lenient=True))
    assert [one.report.id for one in touched(store, talk(at=0))] == ["a"]


def test_an_order_without_an_id_is_known_for_as_long_as_it_repeats(store: Store) -> None:
    def reported(id: str, at: int) -> JudgedReport:
        """A report in its stretch of a hundred, judged at its own time."""
        order = ReportedOrder(f"unnamed/{at // 100}", "f", f"unnamed/{at // 100 - 1}", 100)
        report = Report(SHOP, VISITOR, id, NOW + at, NOW + at, WINDOW, is_lenient=False, order=order)
        (verdict,) = store.write_now(lambda tx: judge_reports(tx, [report], NOW + at))
        return verdict

    repeated = JudgedReport(ReportRefusal.ORDER_REPORTED_BEFORE, is_identical=True)
    touched(store, talk())
    assert [reported(str(at), at) for at in (90, 110, 190, 280, 295)] == [
        RECORDED,
        repeated,
        RECORDED,
        repeated,
        RECORDED,
    ]
