"""Rows of the ledger: calls, notes, counts under outcomes, and calls that no shop stands behind."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from tillroll.domain.events.events import Note, OutsideEvent
from tillroll.store import Transaction
from tillroll.store.queries import keys


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


class Stretch(Struct, frozen=True):
    """A part of the ledger, by positions and by when events were received: between `after` and `before`, which do not
    belong to it, from `since` until `until`, which do."""

    after: int
    before: int
    since: int
    until: int


class EventWindow(Struct, frozen=True):
    """Which events of a shop a page shows: up to `limit` of a stretch, the latest first where it goes `down`; what is
    empty means any."""

    shop: str
    stretch: Stretch
    limit: int
    dialect: str
    kind: str
    outcome: str
    down: bool = False

    def rows(self, tx: Transaction, query: str, **narrowed: str) -> list["LedgerRow"]:
        """What a query of pages finds of it."""
        asked = msgspec.structs.asdict(self)
        stretch, down = msgspec.structs.asdict(asked.pop("stretch")), asked.pop("down")
        name = query.replace("events_page", "events_page_down") if down else query
        return [LedgerRow(*row) for row in tx.rows(name, **asked, **stretch, **narrowed)]


class RequestWindow(Struct, frozen=True):
    """Which events of a shop a request has left: from a position to before another one, `limit` at most."""

    shop: str
    call: str
    received_at: int
    first: int
    behind: int
    limit: int


class ArrivedRow(Struct, frozen=True):
    """An event and the shop that it is of."""

    shop: str
    event: LedgerRow

    @property
    def position(self) -> int:
        """Its place in the ledger."""
        return self.event.position


class KindWindow(Struct, frozen=True):
    """Which events of one kind: those that happened from a moment until another one (µs UTC) and stand up to a
    position, so many at most; those that were refused are none of them."""

    shop: str
    dialect: str
    kind: str
    since: int
    until: int
    up_to: int
    limit: int


class NewTally(Struct, frozen=True):
    """Calls of one day that ended alike, to be added to one of the rows of their count."""

    shop: str
    dialect: str
    day: int
    outcome: str
    reason: str
    stripe: int
    calls: int


class TallyRow(Struct, frozen=True):
    """How many calls of one day ended alike."""

    dialect: str
    day: int
    outcome: str
    reason: str
    calls: int


class Latest(Struct, frozen=True):
    """How many of the newest events of a dialect ended how, and when the last of them was received."""

    dialect: str
    accepted: int
    repeated: int
    refused: int
    received_at: int


class StrayCall(Struct, frozen=True):
    """A call for a shop that nobody knows; `claimed` is what it named the shop by."""

    call: str
    dialect: str
    claimed: str
    kind: str
    reason: str
    received_at: int
    document: str


def insert_calls(tx: Transaction, events: Sequence[OutsideEvent]) -> None:
    """Keep calls from outside, in one statement however many they are."""
    tx.run_many("insert_call", events)


def insert_notes(tx: Transaction, notes: Sequence[Note]) -> None:
    """Keep what became true, in one statement however much it is."""
    tx.run_many("insert_event", notes)


def insert_notes_in_channel(tx: Transaction, notes: Sequence[OutsideEvent]) -> None:
    """Keep what became true with all that is known of it; it is no call."""
    tx.run_many("insert_call", [msgspec.structs.asdict(note) | {"call": None} for note in notes])


def add_to_tallies(tx: Transaction, tallies: Sequence[NewTally]) -> None:
    """Add to counts, which come in sorted order."""
    tx.run_many("add_to_tally", tallies)


def tallies(tx: Transaction, shop: str, first_day: int, last_day: int) -> list[TallyRow]:
    """The counts of a shop from one day to another."""
    return [TallyRow(*row) for row in tx.rows("tallies", shop=shop, first=first_day, last=last_day)]


def events_page(tx: Transaction, window: EventWindow) -> list[LedgerRow]:
    """Events of a shop, in the ledger's order or against it."""
    return window.rows(tx, "events_page")


def events_page_of_visitor(tx: Transaction, window: EventWindow, visitor: str) -> list[LedgerRow]:
    """The same of one visitor."""
    return window.rows(tx, "events_page_of_visitor", visitor=visitor)


def events_page_of_subject(tx: Transaction, window: EventWindow, subject: str) -> list[LedgerRow]:
    """The same about one subject."""
    return window.rows(tx, "events_page_of_subject", subject=subject)


def event_from(tx: Transaction, shop: str, position: int) -> tuple[int, int] | None:
    """The position of a shop's first event at this one or behind it, and when it was received; None behind the last."""
    row = tx.row("event_from", shop=shop, position=position)
    return (row[0], row[1]) if row is not None else None


def received_from(tx: Transaction, position: int, limit: int) -> list[int]:
    """When the first `limit` events from a position on were received, of all shops."""
    return [at for (at,) in tx.rows("received_from", position=position, limit=limit)]


def last_position(tx: Transaction) -> int:
    """The position of the ledger's last event; 0 where it is empty."""
    row = tx.row("last_position")
    assert row is not None
    return int(row[0])


def events_of_request(tx: Transaction, wanted: RequestWindow) -> list[LedgerRow]:
    """What a request reported, and what became true by it, between two positions."""
    return [LedgerRow(*row) for row in tx.rows("events_of_request", **msgspec.structs.asdict(wanted))]


def first_accepted(tx: Transaction, shop: str, row: LedgerRow) -> str | None:
    """The call of the first event like this one, and about the same, that counted before it."""
    about = {"subject": row.subject, "before": row.position, "dialect": row.dialect, "kind": row.kind}
    found = tx.row("first_accepted", shop=shop, **about)
    return str(found[0]) if found is not None else None


def insert_strays(tx: Transaction, calls: Sequence[StrayCall]) -> None:
    """Keep calls that no shop stands behind."""
    tx.run_many("insert_stray_call", calls)


def strays(tx: Transaction, dialect: str, claimed: str, limit: int) -> list[StrayCall]:
    """Stray calls of this claim, the oldest first."""
    return [StrayCall(*row) for row in tx.rows("stray_calls", dialect=dialect, claimed=claimed, limit=limit)]


def delete_old_strays(tx: Transaction, before: int, limit: int) -> int:
    """Delete up to `limit` stray calls that came before this time; how many were."""
    return tx.run("delete_old_stray_calls", before=before, limit=limit)


def latest(tx: Transaction, limit: int) -> list[Latest]:
    """The newest events of all shops, counted by dialect."""
    return [Latest(*row) for row in tx.rows("latest_events", limit=limit)]


def newest_position_of_shop(tx: Transaction, shop: str) -> int:
    """The position of a shop's newest event that can be seen; 0 where there is none."""
    (position,) = tx.rows("newest_position_of_shop", shop=shop)[0]
    return int(position)


def shops_between(tx: Transaction, after: int, until: int) -> list[str]:
    """The shops with events behind a position and up to another one."""
    return [str(shop) for (shop,) in tx.rows("shops_between", after=after, until=until)]


def event_writers(tx: Transaction) -> frozenset[str]:
    """The transactions that have begun to write events and not ended; none where they come one after the other."""
    return frozenset(writer for (writer,) in tx.rows("event_writers"))


def events_of_kinds(  # noqa: PLR0913  whose, which, and how many
    tx: Transaction, shop: str, between: tuple[int, int], kinds: Iterable[str], limit: int
) -> list[LedgerRow]:
    """A shop's events behind a position and up to another one, of these kinds, written `dialect/kind`."""
    after, until = between
    found = tx.rows("events_of_kinds", shop=shop, after=after, until=until, kinds=keys(kinds), limit=limit)
    return [LedgerRow(*row) for row in found]


def events_of_visitors(  # noqa: PLR0913  whose, which, from when, and how many
    tx: Transaction, shop: str, visitors: Iterable[str], kinds: Iterable[str], *, since: int, until: int, limit: int
) -> list[LedgerRow]:
    """The latest events of these visitors that happened since a time and stand up to a position."""
    given = {"keys": keys(visitors), "kinds": keys(kinds), "since": since, "until": until, "limit": limit}
    return [LedgerRow(*row) for row in tx.rows("events_of_visitors", shop=shop, **given)]


def events_of_kind(tx: Transaction, wanted: KindWindow) -> list[LedgerRow]:
    """The events of one kind, in the order in which they happened."""
    return [LedgerRow(*row) for row in tx.rows("events_of_kind", **msgspec.structs.asdict(wanted))]


def arrived(tx: Transaction, between: tuple[int, int], shops: Iterable[str], limit: int) -> list[ArrivedRow]:
    """The first of what these shops have behind a position and up to another one, in the ledger's order."""
    after, until = between
    found = [
        ArrivedRow(shop, LedgerRow(*row))
        for shop in shops
        for row in tx.rows("arrived_events", shop=shop, after=after, until=until, limit=limit)
    ]
    # The first of all shops together are among the first of each.
    return sorted(found, key=lambda one: one.event.position)[:limit]
