"""Recording what clients report: one row of the ledger for each call, and one count under its outcome.

    calls of one commit ──► decide (the dialect) ──► record(tx, events) ──► ledger rows · tallies

What a call did is decided inside the transaction that keeps it, so that two of a kind can not both be the first.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from tillroll.domain.events.events import TOO_MANY, OutsideEvent, column_text
from tillroll.store import Row, Transaction

# Rows for one count: server processes that take different ones do not wait for each other.
STRIPES = 16
DAY_MICROSECONDS = 86_400_000_000
PAGE_EVENTS_MAX = 500
# A page is read, copied and sent as one; what is behind it stands on the next.
PAGE_BYTES_MAX = 4 * 1_048_576
# Rows are read some at a time, so that no page of large ones is ever in memory as a whole.
_CHUNK_EVENTS_MIN = 16
_CHUNK_EVENTS_MAX = 64
# What the columns of an event come to beside its document, at most; mostly much less.
_COLUMNS_BYTES = 1_000


class StrayCall(Struct, frozen=True, kw_only=True):
    """A call for a shop that nobody knows; `claimed` is what it named the shop by."""

    call: str
    dialect: str
    claimed: str
    kind: str
    reason: str
    received_at: int
    document: str


class EventFilter(Struct, frozen=True, kw_only=True):
    """Which events of a shop to read; empty means any. A visitor or else a subject narrows first."""

    after: int = 0
    limit: int = 100
    dialect: str = ""
    kind: str = ""
    outcome: str = ""
    visitor: str = ""
    subject: str = ""


class Page(Struct, frozen=True):
    """Some events, and the position behind which the next page begins."""

    rows: "list[LedgerRow]"
    next: int


class LedgerRow(Struct, frozen=True):
    """One event as it stands in the ledger."""

    position: int
    dialect: str
    kind: str
    channel: str
    subject: str
    visitor: str | None
    person: str | None
    device: str
    detail: str | None
    outcome: str
    reason: str
    happened_at: int
    received_at: int
    call: str | None
    document: str


def record(tx: Transaction, events: Sequence[OutsideEvent]) -> None:
    """Keep these calls and count them, in two statements however many they are.

    Those that came too often are counted alone: nobody fills a ledger by being refused.
    """
    if not events:
        return
    kept = [msgspec.structs.asdict(event) for event in events if event.reason != TOO_MANY]
    if kept:
        tx.run_many("insert_call", kept)
    stripe = int(events[0].call[-1], STRIPES)
    tallies = Counter(
        (event.shop, event.dialect, event.received_at // DAY_MICROSECONDS, event.outcome, event.reason)
        for event in events
    )
    names = ("shop", "dialect", "day", "outcome", "reason")
    tx.run_many(
        "add_to_tally",
        [dict(zip(names, key, strict=True)) | {"stripe": stripe, "calls": n} for key, n in sorted(tallies.items())],
    )


def note(tx: Transaction, notes: Sequence[OutsideEvent]) -> None:
    """Keep what became true because of a call without being one: it is counted nowhere."""
    if notes:
        names = ("shop", "dialect", "kind", "subject", "visitor", "happened_at", "received_at", "document")
        tx.run_many("insert_event", [{name: getattr(one, name) for name in names} for one in notes])


def note_in_channel(tx: Transaction, notes: Sequence[OutsideEvent]) -> None:
    """Keep what became true without any call, with the part of the shop that it is about: it is counted nowhere."""
    if notes:
        tx.run_many("insert_call", [msgspec.structs.asdict(one) | {"call": None} for one in notes])


def record_strays(tx: Transaction, calls: Sequence[StrayCall]) -> None:
    """Keep calls that no shop stands behind."""
    if calls:
        rows = [msgspec.structs.asdict(call) | {"claimed": column_text(call.claimed)} for call in calls]
        tx.run_many("insert_stray_call", rows)


def strays(tx: Transaction, dialect: str, claimed: str, limit: int) -> list[StrayCall]:
    """Stray calls of this claim, the oldest first."""
    found = tx.rows("stray_calls", dialect=dialect, claimed=column_text(claimed), limit=limit)
    return [
        StrayCall(
            call=call,
            dialect=dialect,
            claimed=claimed,
            kind=kind,
            reason=reason,
            received_at=received_at,
            document=document,
        )
        for call, kind, reason, received_at, document in found
    ]


def delete_old_strays(tx: Transaction, before: int, limit: int) -> int:
    """Delete up to `limit` stray calls that came before this time; how many were."""
    return tx.run("delete_old_stray_calls", before=before, limit=limit)


def page(tx: Transaction, shop: str, wanted: EventFilter, *, bytes_max: int = PAGE_BYTES_MAX) -> Page:
    """The shop's events after a position, in the ledger's order, as many as fit; one fits however long it is."""
    found: list[LedgerRow] = []
    after, left, room, chunk = wanted.after, min(wanted.limit, PAGE_EVENTS_MAX), bytes_max, _CHUNK_EVENTS_MIN
    while left > 0:
        rows = _chunk(tx, shop, wanted, (after, min(left, chunk)))
        for row in rows:
            room -= _row_bytes(row)
            if room < 0 and after > wanted.after:
                return Page(found, after)
            after, left = row.position, left - 1
            if not (wanted.visitor and wanted.subject) or row.subject == column_text(wanted.subject):
                found.append(row)
        if len(rows) < chunk:
            break
        chunk = min(2 * chunk, _CHUNK_EVENTS_MAX)
    return Page(found, after)


def events(tx: Transaction, shop: str, wanted: EventFilter) -> list[LedgerRow]:
    """The events of one page."""
    return page(tx, shop, wanted).rows


def _chunk(tx: Transaction, shop: str, wanted: EventFilter, window: tuple[int, int]) -> list[LedgerRow]:
    found: list[Row]
    after, limit = window
    given = {
        "shop": shop,
        "after": after,
        "limit": limit,
        "dialect": wanted.dialect,
        "kind": wanted.kind,
        "outcome": wanted.outcome,
    }
    if wanted.visitor:
        found = tx.rows("events_page_of_visitor", visitor=column_text(wanted.visitor), **given)
    elif wanted.subject:
        found = tx.rows("events_page_of_subject", subject=column_text(wanted.subject), **given)
    else:
        found = tx.rows("events_page", **given)
    return [LedgerRow(*row) for row in found]


def _row_bytes(row: LedgerRow) -> int:
    return len(row.document.encode()) + _COLUMNS_BYTES


def tallies(tx: Transaction, shop: str, first_day: int, last_day: int) -> list[Mapping[str, object]]:
    """How many calls ended how, by day (since 1970, UTC), dialect, outcome and reason."""
    names = ("dialect", "day", "outcome", "reason", "calls")
    found = tx.rows("tallies", shop=shop, first=first_day, last=last_day)
    return [dict(zip(names, row, strict=True)) for row in found]
