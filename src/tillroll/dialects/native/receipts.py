"""What became of a request of any dialect: `GET /v1/receipts/{request}`, by the id that its answer bore."""

from typing import Any

import msgspec

from tillroll.dialects.http import Response, Route
from tillroll.dialects.native.callers import Call, with_scope
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.native.events import moment
from tillroll.dialects.openapi import FLAG, TEXT, TIME, WHOLE, Operation, Schema, listed, nullable, one_of, record
from tillroll.domain.events.events import OUTCOMES, REFUSED, REPEATED
from tillroll.engine.access.native_keys import EVENTS_READ
from tillroll.engine.ledger.receipts import ReceiptEvent, RequestReceipt, receipt
from tillroll.engine.sales import show
from tillroll.engine.sales.show import Belonging
from tillroll.store import Transaction
from tillroll.store.ledger.rows import LedgerRow

STORED, DUPLICATE, KEPT, CREDITED = "stored", "duplicate", "kept", "credited"

_NOTES = """Every answer bears the id of its request as `X-Request-Id`. `kept` was refused and counts nowhere;
`credited` was refused, and counts since what it lacked was reported. What Emporix's calls have changed is found by the
microsecond in which they came."""


def routes() -> list[Route]:
    """The one call."""
    return [Route("GET", "/v1/receipts/{request}", with_scope(EVENTS_READ, _show), NATIVE, reads="list")]


def operations() -> list[Operation]:
    """What is to be said of it."""
    event: dict[str, Schema] = {
        "position": WHOLE,
        "dialect": TEXT,
        "kind": TEXT,
        "subject": TEXT,
        "outcome": one_of(*OUTCOMES),
        "reason": TEXT,
        "state": one_of(STORED, DUPLICATE, KEPT, CREDITED),
        "happened_at": TIME,
        "received_at": TIME,
        "duplicate_of": nullable(TEXT),
        "sale": nullable(TEXT),
        "counts": nullable(FLAG),
    }
    credit = record({"position": WHOLE, "happened_at": TIME, "received_at": TIME, "by": TEXT})
    found = record({"request": TEXT, "received_at": TIME, "events": listed(record(event)), "credits": listed(credit)})
    path = "/v1/receipts/{request}"
    return [Operation("GET", path, "Says what became of a request", {200: found}, notes=_NOTES)]


def _show(tx: Transaction, call: Call) -> Response:
    found = receipt(tx, call.shop, call.inbound.values["request"])
    if found is None:
        return NATIVE.refuse(404, message="The ledger of this shop has nothing of such a request.")
    document = {
        "request": found.request,
        "received_at": moment(found.received_at),
        "events": [_event(found, event, show.belonging(tx, call.shop, event.row.position)) for event in found.events],
        "credits": [_credit(row) for row in found.credits],
    }
    return Response(200, msgspec.json.encode(document))


def _event(found: RequestReceipt, event: ReceiptEvent, belongs: Belonging | None) -> dict[str, Any]:
    row = event.row
    return {
        "position": row.position,
        "dialect": row.dialect,
        "kind": row.kind,
        "subject": row.subject,
        "outcome": row.outcome,
        "reason": row.reason,
        "state": _state(found, row),
        "happened_at": moment(row.happened_at),
        "received_at": moment(row.received_at),
        "duplicate_of": event.duplicate_of,
        "sale": belongs.sale if belongs is not None else None,
        "counts": belongs.counts if belongs is not None else None,
    }


def _state(found: RequestReceipt, row: LedgerRow) -> str:
    if row.outcome == REFUSED:
        return CREDITED if found.credits else KEPT
    return DUPLICATE if row.outcome == REPEATED else STORED


def _credit(row: LedgerRow) -> dict[str, Any]:
    """The note that credits a report: `by` is the request that reported what it had lacked."""
    said = msgspec.json.decode(row.document, type=dict[str, Any])
    return {
        "position": row.position,
        "happened_at": moment(row.happened_at),
        "received_at": moment(row.received_at),
        "by": said["by"],
    }
