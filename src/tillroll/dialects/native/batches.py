"""Reporting from a shop's own systems: `POST /v1/events`, up to a thousand items in one request.

[item, …] · {"events": [item, …], "sent_at"?} · one item a line ──► items, each read alone ──► one transaction
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct

from tillroll.dialects.http import Inbound, Malformed, Problem, Response, Route
from tillroll.dialects.native.callers import Call, with_scope_many
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.native.identities import NAMES_MAX, Named, nodes_of, read_names
from tillroll.dialects.nesting import is_too_deep
from tillroll.dialects.openapi import NAME, TEXT, Operation, Schema, either, listed, nullable, one_of, record, ref
from tillroll.domain.batches.fields import INVALID, FieldProblem
from tillroll.domain.batches.items import ITEMS_MAX, KINDS, REFUND, REFUND_MADE, UNKNOWN_KIND, Item, WrongItem
from tillroll.domain.events.events import ACCEPTED, REFUSED, REPEATED
from tillroll.engine.access.native_keys import EVENTS_WRITE
from tillroll.engine.batches import batches
from tillroll.engine.batches.batches import Batch, BatchEntry, ItemOutcome
from tillroll.store import Transaction

DIALECT = "native"
OWN_KINDS = (*(REFUND_MADE if kind == REFUND else kind for kind in KINDS), UNKNOWN_KIND)
LINES = "application/x-ndjson"

_STATUSES = {ACCEPTED: "stored", REPEATED: "duplicate", REFUSED: "refused"}
_NOTES = f"""A list of items, an object with them as `events`, or as `{LINES}` one item a line; {ITEMS_MAX:,} at most.
Each item is kept or refused on its own, all that are kept in one transaction, and by its `id` it counts once for ever.
`sent_at` says when a batch was sent, by the clock that the items' `happened_at` is of. Each kind has its own fields."""

_ITEM = msgspec.json.Decoder(float_hook=Decimal)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, ValueError, ArithmeticError, RecursionError)


class _Posted(Struct, forbid_unknown_fields=True):
    """A batch as an object."""

    events: list[Raw]
    sent_at: int | str | None = None


_BATCH = msgspec.json.Decoder(_Posted | list[Raw])


class ReadItem(Struct, frozen=True):
    """One item that was read, with the names of its visitor, and the item as it was sent where it is refused."""

    item: Item | WrongItem
    names: tuple[Named, ...]
    raw: bytes


def routes() -> list[Route]:
    """The one call."""
    run = with_scope_many(EVENTS_WRITE, _report)
    types = ("application/json", LINES)
    return [Route("POST", "/v1/events", run, NATIVE, _read, writes=True, content_types=types)]


def operations() -> list[Operation]:
    """What is to be said of it."""
    items = listed(ref("OwnEvent"), most=ITEMS_MAX)
    body = either(items, record({"events": items, "sent_at?": TEXT}))
    answers = {200: record({"results": listed(ref("OwnEventResult"))})}
    example = [{"id": "view-1", "kind": "product_viewed", "visitor": "visitor-17", "product_id": "mug"}]
    summary = "Reports events of the shop's own"
    return [Operation("POST", "/v1/events", summary, answers, body, notes=_NOTES, example=example)]


def components() -> dict[str, Schema]:
    """The shapes that it speaks of."""
    item: dict[str, Schema] = {"id": {**NAME, "maxLength": 128}, "kind": one_of(*KINDS), "visitor?": TEXT}
    item |= {"ids?": listed(ref("VisitorName"), least=1, most=NAMES_MAX)}
    item |= {"happened_at?": either(TEXT, {"type": "integer"})}
    wrong = listed(record({"field": TEXT, "message": TEXT}))
    result: dict[str, Schema] = {"id": nullable(TEXT), "status": one_of(*_STATUSES.values()), "receipt": TEXT}
    result |= {"duplicate_of?": TEXT, "reason?": TEXT, "errors?": wrong}
    return {"OwnEvent": record(item, others=True), "OwnEventResult": record(result)}


def _read(inbound: Inbound) -> Sequence[ReadItem]:
    """The items of a request, each of them read or refused; raises Malformed where there are no items to speak of."""
    media_type = inbound.header(b"content-type").partition(";")[0].strip().lower()
    items, sent_at = _lines(inbound) if media_type == LINES else _items(inbound)
    if not 0 < len(items) <= ITEMS_MAX:
        raise Malformed([Problem("events", "invalid_value", f"send 1 to {ITEMS_MAX} items")])
    return [_read_item(item, inbound.received_at, sent_at) for item in items]


def _items(inbound: Inbound) -> tuple[Sequence[bytes], int | None]:
    try:
        posted = _BATCH.decode(inbound.body)
    except _UNREADABLE as error:
        said = "send a list of items, or an object with them as events, and sent_at beside it"
        raise Malformed([Problem("", "invalid_value", said)]) from error
    if isinstance(posted, list):
        return [bytes(one) for one in posted], None
    sent_at = batches.time_of(posted.sent_at)
    if posted.sent_at is not None and sent_at is None:
        raise Malformed([Problem("sent_at", "invalid_value", "sent_at is a moment as in RFC 3339, or microseconds")])
    return [bytes(one) for one in posted.events], sent_at


def _lines(inbound: Inbound) -> tuple[Sequence[bytes], int | None]:
    return [line for line in inbound.body.split(b"\n") if line.strip()], None


def _read_item(raw: bytes, received_at: int, sent_at: int | None) -> ReadItem:
    document = _document(raw)
    if document is None:
        problem = FieldProblem("", INVALID, "an item is a JSON object, and not nested deeply")
        return ReadItem(batches.unreadable(problem), (), raw)
    names: list[Named] = []
    problems: list[Problem] = []
    if document.get("ids") is not None:
        names, problems = read_names(document["ids"], 1)
    wrong = [FieldProblem(one.field, one.type, one.message) for one in problems]
    item = batches.read(document, received_at, sent_at, wrong)
    return ReadItem(item, tuple(names), raw if isinstance(item, WrongItem) else b"")


def _document(raw: bytes) -> dict[str, Any] | None:
    """An item as a JSON object; None where it is none."""
    try:
        document = _ITEM.decode(raw)
    except _UNREADABLE:
        return None
    return document if isinstance(document, dict) and not is_too_deep(raw, document) else None


def _report(tx: Transaction, calls: Sequence[Call]) -> Sequence[Response]:
    nodes: dict[tuple[str, Named], str] = {}
    for shop in sorted({call.shop for call in calls}):
        found = nodes_of(tx, shop, (name for call in calls if call.shop == shop for name in _names(call)))
        nodes |= {(shop, name): node for name, node in found.items()}
    outcomes = batches.report(tx, [_batch(call, nodes) for call in calls])
    return [_answer(call, found) for call, found in zip(calls, outcomes, strict=True)]


def _names(call: Call) -> Iterable[Named]:
    return (name for one in call.inbound.command for name in one.names)


def _batch(call: Call, nodes: dict[tuple[str, Named], str]) -> Batch:
    read: Sequence[ReadItem] = call.inbound.command
    entries = [BatchEntry(one.item, tuple([nodes[call.shop, name] for name in one.names]), one.raw) for one in read]
    return Batch(call.shop, DIALECT, call.inbound.id, call.key.identifier, call.now, entries)


def _answer(call: Call, outcomes: Sequence[ItemOutcome]) -> Response:
    read: Sequence[ReadItem] = call.inbound.command
    results = [_result(call, one.item, outcome) for one, outcome in zip(read, outcomes, strict=True)]
    return Response(200, msgspec.json.encode({"results": results}))


def _result(call: Call, item: Item | WrongItem, outcome: ItemOutcome) -> dict[str, Any]:
    said: dict[str, Any] = {"id": item.id or None, "status": _STATUSES[outcome.outcome]}
    if isinstance(item, WrongItem):
        errors = [{"field": one.field, "message": one.message} for one in outcome.problems]
        return said | {"receipt": call.inbound.id, "reason": item.reason, "errors": errors}
    if outcome.outcome == REPEATED:
        return said | {"receipt": call.inbound.id, "duplicate_of": outcome.duplicate_of}
    return said | {"receipt": call.inbound.id}
