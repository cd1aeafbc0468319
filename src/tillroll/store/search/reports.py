"""Rows of reports of search sessions, which are read from the ledger."""

import msgspec
from msgspec import Struct

from tillroll.store import Transaction


class EventSpan(Struct, frozen=True):
    """Which events a report reads: of a shop, from and to (microseconds UTC), of a device where one is named.

    `channels` is a list of names in one text, an `edge` on both sides of each; empty for all of them.
    """

    shop: str
    channels: str
    edge: str
    first: int
    last: int
    device: str


class QuarterCount(Struct, frozen=True):
    """How many events there were in a quarter of an hour, which is counted from 1970."""

    quarter: int
    events: int


class GroupCount(Struct, frozen=True):
    """Events that have a name in common, and how many groups and events there are in all."""

    name: str
    events: int
    all_groups: int
    all_events: int


class SearchTotals(Struct, frozen=True):
    """How many events, of how many sessions and users."""

    events: int
    sessions: int
    users: int


class SaidRow(Struct, frozen=True):
    """One event, and all that was said of it, as JSON."""

    visitor: str | None
    subject: str
    happened_at: int
    document: str


def counts(tx: Transaction, span: EventSpan, kind: str) -> list[QuarterCount]:
    """How many events of a kind there were, by quarters of an hour."""
    return [QuarterCount(*row) for row in tx.rows("search_counts", kind=kind, **msgspec.structs.asdict(span))]


def queries(tx: Transaction, span: EventSpan, wanted: tuple[str, str], limit: int) -> list[GroupCount]:
    """The queries behind clicks, the most frequent first; `wanted` is a subject and a list of names, or neither."""
    subject, names = wanted
    given = msgspec.structs.asdict(span)
    return [GroupCount(*row) for row in tx.rows("search_queries", subject=subject, names=names, limit=limit, **given)]


def subjects(tx: Transaction, span: EventSpan, wanted: tuple[str, str], limit: int) -> list[GroupCount]:
    """What events were about, the most frequent first; `wanted` is their kind and their detail, which may be empty."""
    kind, detail = wanted
    given = msgspec.structs.asdict(span)
    return [GroupCount(*row) for row in tx.rows("search_subjects", kind=kind, detail=detail, limit=limit, **given)]


def totals(tx: Transaction, span: EventSpan, kind: str) -> SearchTotals:
    """How many events of a kind there were."""
    row = tx.row("search_totals", kind=kind, **msgspec.structs.asdict(span))
    return SearchTotals(*row) if row is not None else SearchTotals(0, 0, 0)


def documents(tx: Transaction, span: EventSpan, kind: str) -> list[SaidRow]:
    """The events of a kind, as they happened."""
    return [SaidRow(*row) for row in tx.rows("search_documents", kind=kind, **msgspec.structs.asdict(span))]
