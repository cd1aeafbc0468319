"""Reports of search sessions, from the ledger: sessions, clicks, checkouts, sales (contracts/doofinder.md, 16)."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.store import Transaction

ROWS_MAX = 10_000
_QUARTER_SECONDS = 900
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DOCUMENTS = msgspec.json.Decoder(float_hook=Decimal)


class Span(Struct, frozen=True):
    """What a report covers: a shop, its hashids (all where empty), from and to in microseconds UTC, days of a zone."""

    shop: str
    channels: tuple[str, ...]
    first: int
    last: int
    zone: tzinfo

    @property
    def given(self) -> dict[str, object]:
        """The parameters of every query of a report."""
        return {"shop": self.shop, "channels": "\n".join(self.channels), "first": self.first, "last": self.last}


class Line(Struct, frozen=True):
    """One item of a sale."""

    session: str
    dfid: str
    title: str
    amount: Decimal
    price: Decimal | None


def per_day(tx: Transaction, span: Span, kind: str) -> dict[datetime, int]:
    """How many events of a kind there were on each day of the span, none included; keys are the days' first moments."""
    counted = dict.fromkeys(_days(span), 0)
    for quarter, events in tx.rows("search_counts", kind=kind, **span.given):
        moment = _EPOCH + timedelta(seconds=quarter * _QUARTER_SECONDS)
        day = _day_of(moment, span.zone)
        counted[day] = counted.get(day, 0) + events
    return dict(sorted(counted.items()))


def _days(span: Span) -> Iterator[datetime]:
    day = _day_of(_EPOCH + timedelta(microseconds=span.first), span.zone)
    end = _EPOCH + timedelta(microseconds=span.last)
    while day < end:
        yield day
        following = day.date() + timedelta(days=1)
        day = datetime(following.year, following.month, following.day, tzinfo=span.zone)


def _day_of(moment: datetime, zone: tzinfo) -> datetime:
    local = moment.astimezone(zone)
    return datetime(local.year, local.month, local.day, tzinfo=zone)


def queries(tx: Transaction, span: Span, *, subject: str = "", limit: int = ROWS_MAX) -> list[tuple[str, int]]:
    """The queries behind the clicks, the most clicked first; of one item where a subject is given."""
    rows = tx.rows("search_queries", subject=subject, limit=limit, **span.given)
    return [(detail, clicks) for detail, clicks in rows]


def subjects(tx: Transaction, span: Span, kind: str) -> list[tuple[str, int]]:
    """What events of a kind were about, the most frequent first."""
    rows = tx.rows("search_subjects", kind=kind, detail="", limit=ROWS_MAX, **span.given)
    return [(subject, events) for subject, events in rows]


def clicked(tx: Transaction, span: Span, query: str, limit: int) -> list[tuple[str, int]]:
    """The items that were clicked, the most clicked first; after one query where one is given."""
    rows = tx.rows("search_subjects", kind="click", detail=query, limit=limit, **span.given)
    return [(subject, clicks) for subject, clicks in rows]


def totals(tx: Transaction, span: Span, kind: str) -> tuple[int, int, int]:
    """How many events of a kind, of how many sessions, of how many users."""
    events, sessions, users = tx.row("search_totals", kind=kind, **span.given) or (0, 0, 0)
    return events, sessions, users


def said(tx: Transaction, span: Span, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Subject and what was said of every event of a kind."""
    for _visitor, subject, document in tx.rows("search_documents", kind=kind, **span.given):
        yield subject, _DOCUMENTS.decode(document).get("said", {})


def sold(tx: Transaction, span: Span) -> Iterator[Line]:
    """The items of every checkout of the span."""
    for visitor, _subject, document in tx.rows("search_documents", kind="checkout", **span.given):
        for item in _DOCUMENTS.decode(document).get("cart", ()):
            price = None if item["price"] is None else Decimal(item["price"])
            yield Line(visitor or "", item["dfid"], item["title"], Decimal(item["amount"]), price)
