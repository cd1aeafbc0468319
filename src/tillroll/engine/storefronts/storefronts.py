"""Recording what storefronts report: interactions, cart changes and checkouts of a shop's visitors.

    lock visitors ─► load interactions, cart lines, orders ─► judge each, in order ─► write lines, claims, events

A report is kept whatever the answer is. One that was refused because its visitor had not interacted is judged again
when the interaction is reported late, and then credited (docs/decisions/0017).
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TypeVar

import msgspec
from msgspec import Struct

from tillroll.domain.events.events import Note, column_text
from tillroll.domain.storefronts.storefront import (
    CartReport,
    Interaction,
    ReportedLine,
    ReportRefusal,
    apply_cart_report,
    has_interacted,
    judge_cart_report,
    judge_checkout_report,
    touched,
)
from tillroll.store import Transaction
from tillroll.store.storefronts import rows
from tillroll.store.storefronts.rows import InteractionKey, ReportedOrderRow, ReportKey

CONVERSATION = "conversation"
FAQ_QUESTION = "faq_question"
NUDGE = "nudge"

REPORT_CREDITED = "report_credited"

# How many refused reports one late interaction can make valid: more than any visitor sends in a day.
CREDITED_MAX = 1_000


class ReportedOrder(Struct, frozen=True):
    """What makes a checkout report count once: its key, and the fingerprint of what it says.

    One without an id has a key for each stretch of time; `earlier` is that of the stretch before, which counts while it
    is not older than `repeats_for` (microseconds).
    """

    key: str
    fingerprint: str
    earlier: str = ""
    repeats_for: int = 0


class Report(Struct, frozen=True):
    """One report of a visitor; `cart` or `order` says of what. Times and the window are in microseconds."""

    shop: str
    visitor: str
    id: str
    happened_at: int
    received_at: int
    window: int
    is_lenient: bool = False
    cart: CartReport | None = None
    order: ReportedOrder | None = None


class JudgedReport(Struct, frozen=True):
    """What became of a report: recorded, or refused for a reason; `is_identical`: its order was reported just so."""

    refusal: ReportRefusal | None
    is_identical: bool = False

    def is_recorded(self, report: Report) -> bool:
        """Whether the report counts for the client that sent it; lenient shops record all but repeated orders."""
        return self.refusal is None or (report.is_lenient and self.refusal is not ReportRefusal.ORDER_REPORTED_BEFORE)


class ReportedTouch(Struct, frozen=True):
    """One interaction of a visitor, as it is reported; `is_closing` ends a conversation."""

    shop: str
    visitor: str
    kind: str
    id: str
    at: int
    window: int
    is_closing: bool = False


class Credited(Struct, frozen=True):
    """A report that was refused and counts after all, with the interaction that made it valid."""

    report: Report
    interaction: str


Each = TypeVar("Each", Report, ReportedTouch)


def judge_reports(tx: Transaction, reports: Sequence[Report], now: int) -> list[JudgedReport]:
    """Judge these reports in their order, and write what they change; one verdict each."""
    return _by_shop(reports, lambda shop, ones: _judge_in_shop(tx, shop, ones, now))


def record_touches(tx: Transaction, touches: Sequence[ReportedTouch], now: int) -> list[list[Credited]]:
    """Write these interactions; for each, the reports that were refused for want of it and are credited now."""
    return _by_shop(touches, lambda shop, ones: [_record_touch(tx, shop, one, now) for one in _locked(tx, shop, ones)])


def credit_note(credited: Credited, dialect: str, call: str, now: int) -> Note:
    """The ledger's note that a refused report counts after all, by this call: `subject` is the report's own."""
    report = credited.report
    facts = {"call": report.id, "interaction": credited.interaction, "by": call}
    return Note(
        shop=report.shop,
        dialect=dialect,
        kind=REPORT_CREDITED,
        received_at=now,
        happened_at=report.happened_at,
        document=msgspec.json.encode(facts).decode(),
        subject=report.id,
        visitor=column_text(report.visitor),
    )


Verdict = TypeVar("Verdict")


def _by_shop(ones: Sequence[Each], run: Callable[[str, Sequence[Each]], list[Verdict]]) -> list[Verdict]:
    """The verdicts of `run` for each shop's part, in the order in which they were asked for."""
    positions = sorted(range(len(ones)), key=lambda position: ones[position].shop)
    verdicts: dict[int, Verdict] = {}
    for shop, group in groupby(positions, key=lambda position: ones[position].shop):
        of_shop = list(group)
        verdicts.update(zip(of_shop, run(shop, [ones[position] for position in of_shop]), strict=True))
    return [verdicts[position] for position in range(len(ones))]


def _locked(tx: Transaction, shop: str, ones: Sequence[Each]) -> Sequence[Each]:
    rows.lock_visitors(tx, shop, (one.visitor for one in ones))
    return ones


class _Known(Struct):
    """What is known of the visitors of one shop, kept up to date while a group is judged."""

    tx: Transaction
    shop: str
    now: int
    interactions: dict[str, list[Interaction]]
    lines: dict[tuple[str, str], ReportedLine]
    orders: dict[str, tuple[str, int]]

    def first(self, order: ReportedOrder, at: int) -> str | None:
        """The fingerprint of the report that this order was first known by, if any."""
        known = self.orders.get(order.key)
        if known is None and order.earlier:
            known = self.orders.get(order.earlier)
            known = known if known is not None and at - known[1] < order.repeats_for else None
        return known[0] if known is not None else None


def _judge_in_shop(tx: Transaction, shop: str, reports: Sequence[Report], now: int) -> list[JudgedReport]:
    known = _load(tx, shop, _locked(tx, shop, reports), now)
    # The vendor, who is told no times, judges by when a report arrives; what had to wait, by its own time, too.
    verdicts = [
        _judge(known, one, interacted=any(_interacted(known, one, at) for at in (one.received_at, one.happened_at)))
        for one in reports
    ]
    _store_lines(known, reports)
    missed = [
        (_key_of(report), msgspec.json.encode(report).decode())
        for report, verdict in zip(reports, verdicts, strict=True)
        if verdict.refusal is ReportRefusal.NO_INTERACTION
    ]
    if missed:
        rows.insert_uncredited(tx, missed)
    return verdicts


def _interacted(known: _Known, report: Report, at: int) -> bool:
    return has_interacted(known.interactions.get(report.visitor, ()), at, report.window)


def _judge(known: _Known, report: Report, *, interacted: bool) -> JudgedReport:
    if report.cart is not None:
        place = (report.visitor, report.cart.product_id)
        line = known.lines.get(place)
        judged = JudgedReport(judge_cart_report(report.cart, line, interacted=interacted))
        known.lines[place] = apply_cart_report(report.cart, line, is_recorded=judged.is_recorded(report))
        return judged
    assert report.order is not None
    first = known.first(report.order, report.received_at)
    refusal = judge_checkout_report(interacted=interacted, is_reported=first is not None, is_lenient=report.is_lenient)
    judged = JudgedReport(refusal, first == report.order.fingerprint)
    return _claimed(known, report.order, judged) if first is None and judged.is_recorded(report) else judged


def _claimed(known: _Known, order: ReportedOrder, judged: JudgedReport) -> JudgedReport:
    """Claim the order; where a rival was faster, the report is a repeat after all."""
    tx, shop = known.tx, known.shop
    if rows.claim_order(tx, shop, ReportedOrderRow(order.key, order.fingerprint, known.now)):
        known.orders[order.key] = order.fingerprint, known.now
        return judged
    (first,) = rows.orders(tx, shop, [order.key])
    known.orders[order.key] = first.fingerprint, first.reported_at
    return JudgedReport(ReportRefusal.ORDER_REPORTED_BEFORE, first.fingerprint == order.fingerprint)


def _load(tx: Transaction, shop: str, reports: Sequence[Report], now: int) -> _Known:
    known = _Known(tx, shop, now, rows.interactions(tx, shop, (report.visitor for report in reports)), {}, {})
    places = {(report.visitor, report.cart.product_id) for report in reports if report.cart is not None}
    if places:
        known.lines = rows.cart_lines(tx, shop, places)
    named = [key for one in reports if one.order is not None for key in (one.order.key, one.order.earlier) if key]
    if named:
        known.orders = {row.key: (row.fingerprint, row.reported_at) for row in rows.orders(tx, shop, named)}
    return known


def _store_lines(known: _Known, reports: Sequence[Report]) -> None:
    places = {(report.visitor, report.cart.product_id) for report in reports if report.cart is not None}
    if places:
        rows.store_cart_lines(known.tx, known.shop, {place: known.lines[place] for place in places})


def _key_of(report: Report) -> ReportKey:
    return ReportKey(report.shop, report.visitor, report.happened_at, report.id)


def _record_touch(tx: Transaction, shop: str, touch: ReportedTouch, now: int) -> list[Credited]:
    key = InteractionKey(shop, touch.visitor, touch.kind, touch.id)
    before, after = touched(rows.stretches(tx, key), (touch.at, touch.is_closing), touch.window)
    if before is not None:
        rows.delete_interaction(tx, key, before.started_at)
    rows.insert_interaction(tx, key, after)
    waiting = rows.uncredited(tx, shop, touch.visitor, (touch.at, CREDITED_MAX))
    if not waiting:
        return []
    reports = [msgspec.json.decode(document, type=Report) for document in waiting]
    return _credited(_load(tx, shop, reports, now), touch, reports)


def _credited(known: _Known, touch: ReportedTouch, reports: Sequence[Report]) -> list[Credited]:
    covered = [report for report in reports if _interacted(known, report, report.happened_at)]
    # A lenient shop has recorded them already; all that they lacked was the interaction.
    credited = [
        Credited(report, touch.id)
        for report in covered
        if report.is_lenient or _judge(known, report, interacted=True).refusal is None
    ]
    rows.delete_uncredited(known.tx, [_key_of(report) for report in covered])
    _store_lines(known, [report for report in covered if not report.is_lenient])
    return credited
