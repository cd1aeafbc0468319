"""The steps of a quote's life over HTTP: who takes which, with which reason (docs/wire/emporix.md, 12)."""

from decimal import Decimal
from typing import Any

import msgspec

from tillroll.dialects.emporix.quotes.errors import may_manage
from tillroll.dialects.emporix.quotes.requests import Operation, StatusValue, text_problem, value_as
from tillroll.dialects.emporix.wire.context import Desk
from tillroll.dialects.emporix.wire.payload import refuse_if
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.emporix.wire.secured import Call
from tillroll.dialects.http import Malformed, Problem
from tillroll.domain.quotes.quote import REASON_TYPES, TRANSITIONS, is_for_customers, step_objection
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind
from tillroll.engine.quotes import quotes
from tillroll.engine.quotes.quotes import QuoteStep, StoredQuote

_DOCUMENT = msgspec.json.Decoder(Document, float_hook=Decimal)


class StepForbidden(Exception):
    """A step that merchants take, not customers."""


def take_step(desk: Desk, call: Call, stored: StoredQuote, operation: Operation) -> None:
    """Move the quote to another status; raises Malformed where there is no such step, and `StepForbidden`."""
    asked = _asked(operation)
    is_step = asked.value in TRANSITIONS.get(stored.status, ())
    if is_step and not may_manage(call) and not is_for_customers(stored.status, asked.value):
        raise StepForbidden
    objection = step_objection(stored.quote, stored.status, asked.value, call.now)
    if objection is not None:
        raise Malformed([Problem("status", "invalid_value", objection)])
    reason = _reason(desk, call, asked)
    stored.become(QuoteStep(asked.value, asked.comment, reason), quotes.author_of(call.caller), call.now)


def _asked(operation: Operation) -> StatusValue:
    """The status that is asked for: as an object, or as nothing but its name."""
    if operation.op == "REMOVE":
        raise Malformed([Problem("status", "invalid_value", "the status can be replaced, not removed")])
    value = {"value": operation.value} if isinstance(operation.value, str) else operation.value
    asked: StatusValue = value_as(StatusValue, value, "status")
    refuse_if([text_problem("status.comment", asked.comment or "")])
    return asked


def _reason(desk: Desk, call: Call, asked: StatusValue) -> dict[str, Any] | None:
    """The quote's copy of the reason that is named; raises Malformed where it is none, or one for another step."""
    id = asked.quote_reason_id
    if id is None:
        return None
    entry = documents.find(desk.tx, call.shop, Kind.QUOTE_REASON, id)
    if entry is None:
        message = f"there is no quote reason '{id[:80]}': send the id of one of the shop's quote reasons"
        raise Malformed([Problem("status.quoteReasonId", "invalid_value", message)])
    document = _DOCUMENT.decode(entry.document)
    wanted = REASON_TYPES.get(asked.value)
    if document.get("type") != wanted:
        needed = f"needs a reason of the type {wanted}" if wanted else "takes no reason"
        message = f"the reason '{id[:80]}' has the type {document.get('type')}, but {asked.value[:40]} {needed}"
        raise Malformed([Problem("status.quoteReasonId", "invalid_value", message)])
    return {name: document[name] for name in ("id", "code", "type", "message") if name in document}
