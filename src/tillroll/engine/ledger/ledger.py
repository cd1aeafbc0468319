"""Recording what clients report: one row of the ledger for each call, and one count under its outcome.

    calls of one commit ──► decide (the dialect) ──► record(tx, events) ──► ledger rows · tallies

What a call did is decided inside the transaction that keeps it, so that two of a kind can not both be the first.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.events.events import TOO_MANY, Note, OutsideEvent, column_text
from tillroll.domain.times import EVER, Period
from tillroll.store import Transaction
from tillroll.store.ledger import rows
from tillroll.store.ledger.rows import EventWindow, Latest, LedgerRow, NewTally, StrayCall, Stretch

# Rows for one count: server processes that take different ones do not wait for each other.
STRIPES = 16
DAY_MICROSECONDS = 86_400_000_000
PAGE_EVENTS_MAX = 500
# What "lately" is: few enough to count at every look.
LATEST_EVENTS = 500
# A page is read, copied and sent as one; what is behind it stands on the next.
PAGE_BYTES_MAX = 4 * 1_048_576
# Rows are read some at a time, so that no page of large ones is ever in memory as a whole.
_CHUNK_EVENTS_MIN = 16
_CHUNK_EVENTS_MAX = 64
# What the columns of an event come to beside its document, at most; mostly much less.
_COLUMNS_BYTES = 1_000
# An event is kept within a request's time of when it was received, by machines whose clocks are less than this apart:
# so far around its moment is looked for it among the positions.
_APART_MICROSECONDS = 600_000_000
POSITION_MAX = 2**63 - 1


class EventFilter(Struct, frozen=True, kw_only=True):
    """Which events of a shop to read; empty means any. A visitor or else a subject narrows first.

    `received` is when they were received. The latest come first where it goes `down`, and then `after` is the position
    before which they are.
    """

    after: int | None = None
    received: Period = EVER
    down: bool = False
    limit: int = 100
    dialect: str = ""
    kind: str = ""
    outcome: str = ""
    visitor: str = ""
    subject: str = ""


class Page(Struct, frozen=True):
    """Some events, and the position behind which the next page begins."""

    rows: list[LedgerRow]
    next: int


def record(tx: Transaction, events: Sequence[OutsideEvent]) -> None:
    """Keep these calls and count them, in two statements however many they are.

    Those that came too often are counted alone: nobody fills a ledger by being refused.
    """
    if not events:
        return
    kept = [event for event in events if event.reason != TOO_MANY]
    if kept:
        rows.insert_calls(tx, kept)
    stripe = int(events[0].call[-1], STRIPES)
    tallies = Counter(
        (event.shop, event.dialect, event.received_at // DAY_MICROSECONDS, event.outcome, event.reason)
        for event in events
    )
    rows.add_to_tallies(tx, [NewTally(*key, stripe, calls) for key, calls in sorted(tallies.items())])


def note(tx: Transaction, notes: Sequence[Note]) -> None:
    """Keep what became true, in one statement however much it is: the one way into the ledger but for calls."""
    if notes:
        rows.insert_notes(tx, notes)


def note_in_channel(tx: Transaction, notes: Sequence[OutsideEvent]) -> None:
    """Keep what became true without any call, with the part of the shop that it is about: it is counted nowhere."""
    if notes:
        rows.insert_notes_in_channel(tx, notes)


def record_strays(tx: Transaction, calls: Sequence[StrayCall]) -> None:
    """Keep calls that no shop stands behind."""
    if calls:
        rows.insert_strays(tx, [replace(call, claimed=column_text(call.claimed)) for call in calls])


def strays(tx: Transaction, dialect: str, claimed: str, limit: int) -> list[StrayCall]:
    """Stray calls of this claim, the oldest first."""
    return rows.strays(tx, dialect, column_text(claimed), limit)


def delete_old_strays(tx: Transaction, before: int, limit: int) -> int:
    """Delete up to `limit` stray calls that came before this time; how many were."""
    return rows.delete_old_strays(tx, before, limit)


def page(tx: Transaction, shop: str, wanted: EventFilter, *, bytes_max: int = PAGE_BYTES_MAX) -> Page:
    """The shop's events after a position, in the ledger's order or against it, as many as fit; one fits however long
    it is."""
    found: list[LedgerRow] = []
    first = after = wanted.after if wanted.after is not None else POSITION_MAX if wanted.down else 0
    stretch = _stretch(tx, shop, wanted)
    left, room, chunk = min(wanted.limit, PAGE_EVENTS_MAX), bytes_max, _CHUNK_EVENTS_MIN
    while left > 0:
        part = replace(stretch, **_rest_of(stretch, after, wanted.down))
        read = _chunk(tx, shop, wanted, (part, min(left, chunk)))
        for row in read:
            room -= _row_bytes(row)
            if room < 0 and after != first:
                return Page(found, after)
            after, left = row.position, left - 1
            if not (wanted.visitor and wanted.subject) or row.subject == column_text(wanted.subject):
                found.append(row)
        if len(read) < chunk:
            break
        chunk = min(2 * chunk, _CHUNK_EVENTS_MAX)
    return Page(found, 0 if after == POSITION_MAX else after)


def events(tx: Transaction, shop: str, wanted: EventFilter) -> list[LedgerRow]:
    """The events of one page."""
    return page(tx, shop, wanted).rows


def _stretch(tx: Transaction, shop: str, wanted: EventFilter) -> Stretch:
    """The positions between which everything lies that was received when it is asked for."""
    begins, ends = wanted.received.begins, wanted.received.ends
    first = 0 if begins is None else _place(tx, shop, begins - _APART_MICROSECONDS) - 1
    behind = POSITION_MAX if ends is None else _place(tx, shop, ends + _APART_MICROSECONDS)
    return Stretch(first, behind, begins or 0, POSITION_MAX if ends is None else ends)


def _rest_of(stretch: Stretch, after: int, down: bool) -> dict[str, int]:
    return {"before": min(after, stretch.before)} if down else {"after": max(after, stretch.after)}


def _place(tx: Transaction, shop: str, moment: int) -> int:
    """The position of a shop's first event that was received at a moment or later.

    Positions are in the order in which events were received, but for some seconds; it is found by halving.
    """
    low, high = 1, 1024
    while (found := rows.event_from(tx, shop, high)) is not None and found[1] < moment:
        low, high = found[0] + 1, 2 * max(high, found[0])
    while low < high:
        middle = (low + high) // 2
        found = rows.event_from(tx, shop, middle)
        if found is not None and found[1] < moment:
            low = found[0] + 1
        else:
            high = middle
    return low


def _chunk(tx: Transaction, shop: str, wanted: EventFilter, window: tuple[Stretch, int]) -> list[LedgerRow]:
    given = EventWindow(shop, *window, wanted.dialect, wanted.kind, wanted.outcome, wanted.down)
    if wanted.visitor:
        return rows.events_page_of_visitor(tx, given, column_text(wanted.visitor))
    if wanted.subject:
        return rows.events_page_of_subject(tx, given, column_text(wanted.subject))
    return rows.events_page(tx, given)


def _row_bytes(row: LedgerRow) -> int:
    return len(row.document.encode()) + _COLUMNS_BYTES


def tallies(tx: Transaction, shop: str, first_day: int, last_day: int) -> list[Mapping[str, object]]:
    """How many calls ended how, by day (since 1970, UTC), dialect, outcome and reason."""
    return [msgspec.structs.asdict(tally) for tally in rows.tallies(tx, shop, first_day, last_day)]


def latest(tx: Transaction) -> list[Latest]:
    """What has arrived lately, whatever the shop: the newest events, counted by dialect."""
    return rows.latest(tx, LATEST_EVENTS)
