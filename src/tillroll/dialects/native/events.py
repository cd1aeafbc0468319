"""Reading the ledger: `/v1/events` shows exactly what was recorded, `/v1/events/outcomes` how many calls ended how."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Raw

from tillroll.dialects.http import Inbound, Malformed, Problem, Response, Route
from tillroll.dialects.native.callers import Call, with_scope
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.openapi import OBJECT, WHOLE, Operation, Parameter, listed, one_of, record
from tillroll.domain.events.events import OUTCOMES
from tillroll.domain.times import text_of
from tillroll.domain.typed import Typed
from tillroll.engine.access.native_keys import EVENTS_READ
from tillroll.engine.ledger import ledger
from tillroll.engine.ledger.ledger import EventFilter
from tillroll.store import Transaction
from tillroll.store.ledger.rows import LedgerRow

_POSITION_MAX = 2**63 - 1
_DAYS_MAX = 366
_DAYS = 30
_FIRST_DAY = date(1970, 1, 1)


def routes() -> list[Route]:
    """The reads of the ledger."""
    return [
        Route("GET", "/v1/events", with_scope(EVENTS_READ, _list), NATIVE, _read_filter, reads="report"),
        Route("GET", "/v1/events/outcomes", with_scope(EVENTS_READ, _count), NATIVE, _read_days, reads="report"),
    ]


def operations() -> list[Operation]:
    """What is to be said of these routes."""
    whole = {"type": "integer", "minimum": 0}
    texts = [Parameter(name) for name in ("dialect", "kind", "visitor", "subject")]
    pages = [Parameter("after", whole), Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 500})]
    days = [Parameter("from", summary="YYYY-MM-DD"), Parameter("to", summary="YYYY-MM-DD")]
    found = record({"events": listed(OBJECT), "next": WHOLE})
    counted = record({"calls": WHOLE, "outcomes": listed(OBJECT)})
    outcome = Parameter("outcome", one_of(*OUTCOMES))
    return [
        Operation(
            "GET",
            "/v1/events",
            "Reads the ledger",
            {200: found},
            parameters=[*pages, *texts, outcome],
        ),
        Operation("GET", "/v1/events/outcomes", "Counts calls by outcome", {200: counted}, parameters=days),
    ]


def _read_filter(inbound: Inbound) -> EventFilter:
    query = inbound.query
    outcome = _typed(query, "outcome")
    if outcome and outcome not in OUTCOMES:
        raise Malformed([Problem("outcome", "invalid_value", f"outcome is one of {', '.join(OUTCOMES)}")])
    return EventFilter(
        after=_whole(query, "after", 0, (0, _POSITION_MAX)),
        limit=_whole(query, "limit", 100, (1, ledger.PAGE_EVENTS_MAX)),
        dialect=_typed(query, "dialect"),
        kind=_typed(query, "kind"),
        outcome=outcome,
        visitor=query.get("visitor", ""),
        subject=query.get("subject", ""),
    )


def _typed(query: dict[str, str], name: str) -> str:
    """A parameter without the blanks that were pasted with it."""
    return Typed(query.get(name, "")).trimmed


def _whole(query: dict[str, str], name: str, default: int, bounds: tuple[int, int]) -> int:
    text = _typed(query, name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 20 and bounds[0] <= int(text) <= bounds[1]):
        message = f"{name} is a whole number from {bounds[0]} to {bounds[1]}"
        raise Malformed([Problem(name, "invalid_value", message)])
    return int(text)


def _list(tx: Transaction, call: Call) -> Response:
    wanted: EventFilter = call.inbound.command
    page = ledger.page(tx, call.shop, wanted)
    document = {"events": [_shown(row) for row in page.rows], "next": page.next}
    return Response(200, msgspec.json.encode(document))


def moment(microseconds: int) -> str:
    """A time as every answer of ours writes it: ISO 8601 in UTC, to the microsecond."""
    return text_of(microseconds)


def _shown(row: LedgerRow) -> dict[str, Any]:
    """An event with its document as it was kept, byte for byte."""
    shown = msgspec.structs.asdict(row)
    shown["happened_at"] = moment(row.happened_at)
    shown["received_at"] = moment(row.received_at)
    shown["device"] = row.device or None
    shown["document"] = Raw(row.document.encode())
    return shown


def _read_days(inbound: Inbound) -> tuple[int, int]:
    query = inbound.query
    today = datetime.fromtimestamp(inbound.received_at / 1e6, UTC).date()
    last = _day(query, "to", today)
    first = _day(query, "from", last - timedelta(days=_DAYS))
    if not 0 <= (last - first).days <= _DAYS_MAX:
        raise Malformed([Problem("from", "invalid_value", f"from is a day before to, {_DAYS_MAX} at most")])
    return (first - _FIRST_DAY).days, (last - _FIRST_DAY).days


def _day(query: dict[str, str], name: str, default: date) -> date:
    text = _typed(query, name)
    if not text:
        return default
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not 1970 < found.year < 9000:
        raise Malformed([Problem(name, "invalid_value", f"{name} is a day: YYYY-MM-DD")])
    return found


def _count(tx: Transaction, call: Call) -> Response:
    first, last = call.inbound.command
    counted = ledger.tallies(tx, call.shop, first, last)
    outcomes = [dict(one) | {"day": (_FIRST_DAY + timedelta(days=int(str(one["day"])))).isoformat()} for one in counted]
    calls = sum(int(str(one["calls"])) for one in counted)
    return Response(200, msgspec.json.encode({"calls": calls, "outcomes": outcomes}))
