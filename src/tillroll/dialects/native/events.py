"""Reading the ledger: `/v1/events` shows exactly what was recorded, `/v1/events/outcomes` how many calls ended how."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, timedelta
from functools import partial
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from tillroll.dialects.http import Inbound, Problem, Response, Route
from tillroll.dialects.native import asked
from tillroll.dialects.native.callers import Call, with_scope
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.openapi import (
    ANYTHING,
    TEXT,
    TIME,
    WHOLE,
    Operation,
    Parameter,
    Schema,
    listed,
    nullable,
    one_of,
    record,
)
from tillroll.domain.events.events import OUTCOMES
from tillroll.domain.times import EVER, Period, text_of
from tillroll.engine.access.native_keys import EVENTS_READ
from tillroll.engine.documents.snapshot import clock_of
from tillroll.engine.ledger import ledger
from tillroll.engine.ledger.ledger import EventFilter
from tillroll.store import Transaction
from tillroll.store.ledger.rows import LedgerRow

_ORDERS = ("asc", "desc")

Kinds = Mapping[str, Sequence[str]]
"""The kinds of events, by dialect."""
# Where nobody says which there are, any are asked for.
NO_KINDS: Kinds = {}
_DAYS_MAX = 366
_DAYS = 30
_FIRST_DAY = date(1970, 1, 1)
DAY: Schema = {"type": "string", "format": "date"}


def routes(kinds: Kinds) -> list[Route]:
    """The reads of the ledger, in which events of these kinds stand."""
    return [
        Route(
            "GET", "/v1/events", with_scope(EVENTS_READ, _list), NATIVE, partial(_read_filter, kinds), reads="report"
        ),
        Route("GET", "/v1/events/outcomes", with_scope(EVENTS_READ, _count), NATIVE, _read_days, reads="report"),
    ]


def operations(kinds: Kinds) -> list[Operation]:
    """What is to be said of these routes."""
    whole = {"type": "integer", "minimum": 0}
    kind = Parameter("kind", one_of(*_every(kinds)), "What happened.")
    chosen = [Parameter("dialect", one_of(*kinds)), kind, Parameter("outcome", one_of(*OUTCOMES))]
    texts = [Parameter(name) for name in ("visitor", "subject")]
    pages = [
        Parameter("after", whole, "The position to go on from: an answer's `next`."),
        Parameter("limit", {"type": "integer", "minimum": 1, "maximum": ledger.PAGE_EVENTS_MAX, "default": 100}),
        Parameter("order", {**one_of(*_ORDERS), "default": "asc"}, "`desc` shows the latest first."),
        Parameter("from", summary="Received from then on: a moment, or a day on the shop's clock."),
        Parameter("to", summary="Received until then: a moment, or a whole day on the shop's clock."),
    ]
    days = [
        Parameter("from", summary="The first day, YYYY-MM-DD in UTC."),
        Parameter("to", summary="The last day, in UTC; today where not said."),
    ]
    found = record({"events": listed(_event()), "next": WHOLE})
    tally = record({"day": DAY, "dialect": TEXT, "outcome": one_of(*OUTCOMES), "reason": TEXT, "calls": WHOLE})
    counted = record({"calls": WHOLE, "outcomes": listed(tally)})
    return [
        Operation(
            "GET",
            "/v1/events",
            "Reads the ledger",
            {200: found},
            parameters=[*pages, *chosen, *texts],
        ),
        Operation("GET", "/v1/events/outcomes", "Counts calls by outcome", {200: counted}, parameters=days),
    ]


def _event() -> Schema:
    """One event of the ledger, as it is shown."""
    named = {"position": WHOLE, "dialect": TEXT, "kind": TEXT, "channel": TEXT, "subject": TEXT}
    people = {name: nullable(TEXT) for name in ("visitor", "person", "device", "detail", "call")}
    times = {"happened_at": TIME, "received_at": TIME}
    return record({**named, **people, "outcome": one_of(*OUTCOMES), "reason": TEXT, **times, "document": ANYTHING})


def _every(kinds: Kinds) -> list[str]:
    return sorted({kind for named in kinds.values() for kind in named})


def _read_filter(kinds: Kinds, inbound: Inbound) -> EventFilter:
    query = inbound.query
    received = Period(asked.text(inbound, "from") or None, asked.text(inbound, "to") or None)
    asked.check_moments(inbound)
    return EventFilter(
        after=asked.whole(inbound, "after", 0, (0, ledger.POSITION_MAX)) if asked.text(inbound, "after") else None,
        limit=asked.whole(inbound, "limit", 100, (1, ledger.PAGE_EVENTS_MAX)),
        dialect=_one_of(inbound, "dialect", kinds),
        kind=_one_of(inbound, "kind", _every(kinds)),
        outcome=_one_of(inbound, "outcome", OUTCOMES),
        visitor=query.get("visitor", ""),
        subject=query.get("subject", ""),
        received=received,
        down=_one_of(inbound, "order", _ORDERS) == "desc",
    )


def _one_of(inbound: Inbound, name: str, known: Collection[str]) -> str:
    """A parameter that is one of these, where there are any; empty where it is not there."""
    return asked.one_of(inbound, name, known) if known else asked.text(inbound, name)


def _list(tx: Transaction, call: Call) -> Response:
    wanted: EventFilter = call.inbound.command
    if wanted.received != EVER:
        wanted = replace(wanted, received=replace(wanted.received, clock=clock_of(tx, call.shop)))
        if not wanted.received.can_hold:
            return NATIVE.refuse(400, [Problem("from", "invalid_value", "from must not be after to")])
    page = ledger.page(tx, call.shop, wanted)
    document = {"events": [shown(row) for row in page.rows], "next": page.next}
    return Response(200, msgspec.json.encode(document))


def moment(microseconds: int) -> str:
    """A time as every answer of ours writes it: ISO 8601 in UTC, to the microsecond."""
    return text_of(microseconds)


def shown(row: LedgerRow) -> dict[str, Any]:
    """An event with its document as it was kept, byte for byte."""
    found = msgspec.structs.asdict(row)
    found["happened_at"] = moment(row.happened_at)
    found["received_at"] = moment(row.received_at)
    found["device"] = row.device or None
    found["document"] = Raw(row.document.encode())
    return found


def _read_days(inbound: Inbound) -> tuple[int, int]:
    return asked.days(inbound, UTC, _DAYS, _DAYS_MAX)


def _count(tx: Transaction, call: Call) -> Response:
    first, last = call.inbound.command
    counted = ledger.tallies(tx, call.shop, first, last)
    outcomes = [dict(one) | {"day": (_FIRST_DAY + timedelta(days=int(str(one["day"])))).isoformat()} for one in counted]
    calls = sum(int(str(one["calls"])) for one in counted)
    return Response(200, msgspec.json.encode({"calls": calls, "outcomes": outcomes}))
