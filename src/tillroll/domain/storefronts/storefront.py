"""What storefronts report of their visitors, and what speaks against recording it (docs/wire/alhena.md, 4 to 9).

    conversation, FAQ question ──► active for a window ──┐
    cart report ─────────────────────────────────────────┼──► recorded, or refused with one reason, the first that holds
    checkout report ─────────────────────────────────────┘

A cart line is a register: each report says the quantity after the change, so that repeats and late arrivals do no harm.
Times are microseconds UTC, quantities are thousandths.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

# A browser's clock that is further off than this is not believed.
CLOCK_ERROR_MAX = 120_000_000
# How far back a report may date itself; what is older is an error of the client.
LATENESS_MAX = 30 * 86_400_000_000


class LineChange(StrEnum):
    """What happened to a line of a visitor's cart, in the field's own words."""

    ADDED = "item_added"
    INCREASED = "quantity_increased"
    DECREASED = "quantity_decreased"
    REMOVED = "item_removed"


class ReportRefusal(StrEnum):
    """Why a report is refused; the order is the order in which they are looked for."""

    NO_INTERACTION = "no_interaction"
    NOT_ADDED_BEFORE = "not_added_before"
    NOT_INCREASED_BEFORE = "not_increased_before"
    ORDER_REPORTED_BEFORE = "order_reported_before"


class Interaction(Struct, frozen=True):
    """A conversation, or the FAQ questions, of one visitor: from when until when, and whether it was closed."""

    started_at: int
    last_at: int
    closed_at: int | None = None

    def is_active(self, at: int, window: int) -> bool:
        """Whether it is going on at that time: begun, not closed, and not silent for longer than the window."""
        if self.closed_at is not None and self.closed_at <= at:
            return False
        return self.started_at <= at <= self.last_at + window


def touched(
    known: Sequence[Interaction], touch: tuple[int, bool], window: int
) -> tuple[Interaction | None, Interaction]:
    """What a touch (its time, and whether it closes) makes of an interaction: the stretch that it goes on with, if any,
    and that stretch as it is then. A touch that is further away than the window from all of them begins a new one.
    """
    at, is_closing = touch
    before = next((one for one in known if one.started_at - window <= at <= one.last_at + window), None)
    if before is None:
        return None, Interaction(at, at, at if is_closing else None)
    reopens = before.closed_at is None or at > before.closed_at
    closed_at = at if is_closing and reopens else None if reopens else before.closed_at
    return before, Interaction(min(before.started_at, at), max(before.last_at, at), closed_at)


class ReportedLine(Struct):
    """One product in a visitor's cart, as far as it was reported; the times are those of recorded reports only."""

    quantity: int
    changed_at: int
    added_at: int | None = None
    increased_at: int | None = None


class CartReport(Struct, frozen=True):
    """A change of one line: what happened, how many there are afterwards, and when."""

    product_id: str
    change: LineChange
    quantity: int
    at: int


def happened_at(event_time: int | None, sent_at: int | None, received_at: int) -> int:
    """When it happened, by what a client says of its clock; never later than it was received.

    A clock that was right when the report was sent is believed. Of a wrong one the difference is: how long before the
    sending it happened.
    """
    if event_time is None:
        return received_at
    at = event_time
    if sent_at is not None and abs(sent_at - received_at) > CLOCK_ERROR_MAX:
        at = received_at - (sent_at - event_time)
    return at if received_at - LATENESS_MAX <= at <= received_at else received_at


def has_interacted(interactions: Iterable[Interaction], at: int, window: int) -> bool:
    """Whether any of a visitor's interactions is active at that time."""
    return any(one.is_active(at, window) for one in interactions)


def judge_cart_report(report: CartReport, line: ReportedLine | None, *, interacted: bool) -> ReportRefusal | None:
    """The first reason against recording a cart report, or None (docs/wire/alhena.md, 4 and 6).

    Whether a line was added or increased before is asked of recorded reports alone: what was refused did not happen for
    the client that was told so.
    """
    if not interacted:
        return ReportRefusal.NO_INTERACTION
    if report.change is LineChange.ADDED:
        return None
    if line is None or line.added_at is None:
        return ReportRefusal.NOT_ADDED_BEFORE
    if report.change is LineChange.DECREASED and line.increased_at is None:
        return ReportRefusal.NOT_INCREASED_BEFORE
    return None


def apply_cart_report(report: CartReport, line: ReportedLine | None, *, is_recorded: bool) -> ReportedLine:
    """The line after a report: the latest quantity holds, whatever arrives last; removal means none is left."""
    quantity = 0 if report.change is LineChange.REMOVED else report.quantity
    after = line or ReportedLine(quantity, report.at)
    if report.at >= after.changed_at:
        after = ReportedLine(quantity, report.at, after.added_at, after.increased_at)
    if is_recorded and report.change is LineChange.ADDED:
        after.added_at = _earlier(after.added_at, report.at)
    if is_recorded and report.change is LineChange.INCREASED:
        after.increased_at = _earlier(after.increased_at, report.at)
    return after


def judge_checkout_report(*, interacted: bool, is_reported: bool, is_lenient: bool = False) -> ReportRefusal | None:
    """The first reason against recording a checkout report, or None; `is_reported` says that its order is recorded.

    A lenient shop does not mind the missing interaction, so that a repeated order is the only reason left to it.
    """
    if not interacted and not (is_lenient and is_reported):
        return ReportRefusal.NO_INTERACTION
    return ReportRefusal.ORDER_REPORTED_BEFORE if is_reported else None


def _earlier(known: int | None, at: int) -> int:
    return at if known is None else min(known, at)
