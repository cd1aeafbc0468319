"""Recording what a shop's own systems report: each item once for ever, all of a batch in one transaction.

    batches of one commit ──► known before? ──► claim the others ──► ledger rows · tallies · links of names

However many items there are, each step is one statement.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.domain.batches.fields import FieldProblem, Fields
from tillroll.domain.batches.items import UNKNOWN_KIND, Item, WrongItem, read_item
from tillroll.domain.events.events import ACCEPTED, REFUSED, REPEATED, Note, OutsideEvent, column_text, unread
from tillroll.engine.identities.identities import IDENTITIES_LINKED, link_of, text_of_link
from tillroll.engine.ledger import ledger
from tillroll.store import Transaction
from tillroll.store.batches import rows

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class BatchEntry(Struct, frozen=True):
    """One item as it came: what it is, or why it is refused, and the names of its visitor, which are the same."""

    item: Item | WrongItem
    names: tuple[str, ...] = ()
    raw: bytes = b""


class Batch(Struct, frozen=True):
    """The items of one request, and whose it is; `channel` is the key that it came with."""

    shop: str
    dialect: str
    call: str
    channel: str
    received_at: int
    entries: Sequence[BatchEntry]


class ItemOutcome(Struct, frozen=True):
    """What became of an item: accepted, refused, or repeated, and then by which request it was reported first."""

    outcome: str
    duplicate_of: str = ""
    problems: Sequence[FieldProblem] = ()


def read(
    document: Mapping[str, Any], received_at: int, sent_at: int | None, wrong: Sequence[FieldProblem]
) -> Item | WrongItem:
    """The item of a document, or everything that is wrong with it; `wrong` is what somebody else found of its `ids`."""
    return read_item(document, received_at, sent_at, wrong)


def unreadable(problem: FieldProblem) -> WrongItem:
    """An item of which nothing could be read."""
    return WrongItem("", UNKNOWN_KIND, [problem])


def time_of(said: int | str | None) -> int | None:
    """When a batch was sent, as it says itself, microseconds UTC; None where it says nothing that could be read."""
    return Fields({"sent_at": said}).time("sent_at")


def report(tx: Transaction, batches: Sequence[Batch]) -> list[list[ItemOutcome]]:
    """Keep every item of these batches; what became of each, in order."""
    first = _first_reports(tx, batches)
    outcomes: list[list[ItemOutcome]] = []
    events: list[OutsideEvent] = []
    notes: list[Note] = []
    seen: set[tuple[str, str]] = set()
    for batch in batches:
        found = [_outcome(batch, entry, first, seen) for entry in batch.entries]
        outcomes.append(found)
        events += [_event(batch, entry, outcome) for entry, outcome in zip(batch.entries, found, strict=True)]
        notes += _links(batch, [one for one, outcome in zip(batch.entries, found, strict=True) if _counts(outcome)])
    ledger.record(tx, events)
    ledger.note(tx, notes)
    return outcomes


def _first_reports(tx: Transaction, batches: Sequence[Batch]) -> Mapping[tuple[str, str], str]:
    """By shop and id, the request that reported each item first: those of these batches are among them now."""
    first: dict[tuple[str, str], str] = {}
    for shop in sorted({batch.shop for batch in batches}):
        calls: dict[str, str] = {}
        for batch in batches:
            for entry in batch.entries if batch.shop == shop else ():
                if isinstance(entry.item, Item):
                    calls.setdefault(entry.item.id, batch.call)
        known = rows.reported(tx, shop, calls) if calls else {}
        fresh = {id: call for id, call in calls.items() if id not in known}
        if fresh and rows.claim(tx, shop, fresh) < len(fresh):
            known |= rows.reported(tx, shop, fresh)  # a rival was faster with some
        first |= {(shop, id): call for id, call in (calls | known).items()}
    return first


def _outcome(
    batch: Batch, entry: BatchEntry, first: Mapping[tuple[str, str], str], seen: set[tuple[str, str]]
) -> ItemOutcome:
    item = entry.item
    if isinstance(item, WrongItem):
        return ItemOutcome(REFUSED, problems=item.problems)
    place = batch.shop, item.id
    if first[place] != batch.call or place in seen:
        return ItemOutcome(REPEATED, first[place])
    seen.add(place)
    return ItemOutcome(ACCEPTED)


def _counts(outcome: ItemOutcome) -> bool:
    return outcome.outcome == ACCEPTED


def _event(batch: Batch, entry: BatchEntry, outcome: ItemOutcome) -> OutsideEvent:
    """The item as the ledger keeps it: whole where it counts, and enough to see what it was where it does not."""
    item = entry.item
    event = OutsideEvent(
        shop=batch.shop,
        dialect=batch.dialect,
        kind=item.kind,
        call=batch.call,
        received_at=batch.received_at,
        happened_at=batch.received_at,
        document="{}",
        channel=batch.channel,
        outcome=outcome.outcome,
    )
    if isinstance(item, WrongItem):
        said = {
            "id": item.id,
            "body": unread(entry.raw),
            "problems": [problem.message for problem in item.problems[:10]],
        }
        return msgspec.structs.replace(event, document=_text(said), reason=item.reason)
    is_kept = _counts(outcome)
    return msgspec.structs.replace(
        event,
        happened_at=item.happened_at,
        subject=column_text(item.told.subject),
        visitor=column_text(_visitor(entry)) or None,
        detail=column_text(item.told.detail) or None,
        document=_text(item.told.facts if is_kept else {"id": item.id, "duplicate_of": outcome.duplicate_of}),
    )


def _visitor(entry: BatchEntry) -> str:
    """The shop's own name of the visitor, or the first of the others, so that somebody is meant."""
    assert isinstance(entry.item, Item)
    return entry.item.visitor or (entry.names[0] if entry.names else "")


def _links(batch: Batch, entries: Sequence[BatchEntry]) -> list[Note]:
    """That the names of these items are of one visitor each; the same names once for a batch."""
    found: dict[tuple[str, ...], Note] = {}
    for entry in entries:
        nodes = (f"{batch.dialect}:{_visitor(entry)}", *entry.names)
        if entry.names and nodes not in found:
            found[nodes] = _link(batch, link_of(batch.call, len(found)), nodes)
    return list(found.values())


def _link(batch: Batch, link: str, nodes: Sequence[str]) -> Note:
    return Note(
        shop=batch.shop,
        dialect=batch.dialect,
        kind=IDENTITIES_LINKED,
        subject=link,
        visitor=column_text(nodes[0].partition(":")[2]) or None,
        happened_at=batch.received_at,
        received_at=batch.received_at,
        document=text_of_link(link, nodes),
    )


def _text(facts: Mapping[str, Any]) -> str:
    return _ENCODER.encode(facts).decode()
