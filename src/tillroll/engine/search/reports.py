"""Reports of search sessions, from the ledger: sessions, clicks, checkouts, sales (docs/wire/doofinder.md, 16)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.domain.events.devices import UNKNOWN
from tillroll.store import Transaction
from tillroll.store.search import reports as rows
from tillroll.store.search.reports import EventSpan, GroupCount

ROWS_MAX = 10_000
_QUARTER_SECONDS = 900
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Stands around each name of a list in one text, so that a part of a name is not taken for it; no keyboard writes it.
_EDGE = "\x1f"
_DOCUMENTS = msgspec.json.Decoder(float_hook=Decimal)


class Span(Struct, frozen=True):
    """What a report covers: a shop, its hashids (all where empty), from and to in microseconds UTC, days of a zone.

    Of one device where it is named: what is known to come from it.
    """

    shop: str
    channels: tuple[str, ...]
    first: int
    last: int
    zone: tzinfo
    device: str = UNKNOWN

    @property
    def events(self) -> EventSpan:
        """Which events every query of a report reads."""
        return EventSpan(self.shop, _listed(self.channels), _EDGE, self.first, self.last, self.device)


class EventGroups(Struct, frozen=True):
    """Events by what they have in common: the most frequent groups, and how many groups and events there are in all."""

    first: list[tuple[str, int]]
    groups: int
    events: int


class Line(Struct, frozen=True):
    """One item of a sale."""

    session: str
    dfid: str
    title: str
    amount: Decimal
    price: Decimal | None


def per_day(tx: Transaction, span: Span, kind: str) -> dict[datetime, int]:
    """How many events of a kind there were on each day of the span, none included; keys are the days' first moments."""
    quarters = rows.counts(tx, span.events, kind)
    return _by_day(span, ((counted.quarter * _QUARTER_SECONDS, counted.events) for counted in quarters))


def per_day_of(
    tx: Transaction, span: Span, kind: str, counts: Callable[[Mapping[str, Any]], bool]
) -> dict[datetime, int]:
    """The same for events whose words `counts` accepts."""
    found = rows.documents(tx, span.events, kind)
    accepted = (event.happened_at for event in found if counts(_said(event.document)))
    return _by_day(span, ((moment // 1_000_000, 1) for moment in accepted))


def _by_day(span: Span, counts: Iterable[tuple[int, int]]) -> dict[datetime, int]:
    counted = dict.fromkeys(_days(span), 0)
    for seconds, events in counts:
        day = _day_of(_EPOCH + timedelta(seconds=seconds), span.zone)
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


def queries(tx: Transaction, span: Span, names: tuple[str, ...], limit: int) -> EventGroups:
    """The queries behind the clicks, the most clicked first; only these where names are given."""
    return _counted(rows.queries(tx, span.events, ("", _listed(names)), max(limit, 1)), limit)


def queries_of_item(tx: Transaction, span: Span, subject: str, limit: int) -> EventGroups:
    """The queries behind the clicks of one item, or of all where none is given."""
    return _counted(rows.queries(tx, span.events, (subject, ""), max(limit, 1)), limit)


def subjects(tx: Transaction, span: Span, kind: str) -> EventGroups:
    """What events of a kind were about, the most frequent first."""
    return _counted(rows.subjects(tx, span.events, (kind, ""), ROWS_MAX), ROWS_MAX)


def clicked(tx: Transaction, span: Span, query: str, limit: int) -> EventGroups:
    """The items that were clicked, the most clicked first; after one query where one is given."""
    return _counted(rows.subjects(tx, span.events, ("click", query), max(limit, 1)), limit)


def _listed(names: tuple[str, ...]) -> str:
    return "".join(f"{_EDGE}{name}{_EDGE}" for name in names)


def _counted(groups: list[GroupCount], limit: int) -> EventGroups:
    """Every group says how much there is in all, so one is read even where none is wanted."""
    first = [(group.name, group.events) for group in groups[:limit]]
    return EventGroups(first, groups[0].all_groups, groups[0].all_events) if groups else EventGroups([], 0, 0)


def totals(tx: Transaction, span: Span, kind: str) -> tuple[int, int, int]:
    """How many events of a kind, of how many sessions, of how many users."""
    found = rows.totals(tx, span.events, kind)
    return found.events, found.sessions, found.users


def said(tx: Transaction, span: Span, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Subject and what was said of every event of a kind."""
    for event in rows.documents(tx, span.events, kind):
        yield event.subject, _said(event.document)


def _said(document: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _DOCUMENTS.decode(document).get("said", {})
    return found


def sold(tx: Transaction, span: Span) -> Iterator[Line]:
    """The items of every checkout of the span."""
    for event in rows.documents(tx, span.events, "checkout"):
        for item in _DOCUMENTS.decode(event.document).get("cart", ()):
            price = None if item["price"] is None else Decimal(item["price"])
            yield Line(event.visitor or "", item["dfid"], item["title"], Decimal(item["amount"]), price)
