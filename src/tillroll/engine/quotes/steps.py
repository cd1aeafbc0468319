"""The steps of a quote's life: who takes which, with which reason (docs/wire/emporix.md, 12)."""

from decimal import Decimal
from typing import Any

import msgspec

from tillroll.domain.quotes.commands import Step
from tillroll.domain.quotes.history import QuoteStep, StoredQuote
from tillroll.domain.quotes.quote import REASON_TYPES, TRANSITIONS, is_for_customers, step_objection
from tillroll.domain.rejections import Reason, Rejection
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import View
from tillroll.engine.quotes import quotes
from tillroll.engine.quotes.terms import Offerer
from tillroll.engine.rejected import Rejected, invalid

_DOCUMENT = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
# What of a reason a quote copies.
_COPIED = ("id", "code", "type", "message")


def take_step(view: View, stored: StoredQuote, step: Step, offerer: Offerer) -> None:
    """Move a locked quote to another status; raises Rejected where there is no such step, or not for the caller."""
    is_step = step.status in TRANSITIONS.get(stored.status, ())
    if is_step and not offerer.manages and not is_for_customers(stored.status, step.status):
        message = f"status {step.status} is for merchants to give"
        raise Rejected(Rejection(Reason.CHANGE_FORBIDDEN, "status", message))
    objection = step_objection(stored.quote, stored.status, step.status, offerer.now)
    if objection is not None:
        raise invalid("status", objection)
    reason = _reason(view, step)
    stored.become(QuoteStep(step.status, step.comment, reason), quotes.author_of(offerer.caller), offerer.now)


def _reason(view: View, step: Step) -> dict[str, Any] | None:
    """The quote's copy of the reason that is named; raises Rejected where it is none, or one for another step."""
    id = step.reason_id
    if id is None:
        return None
    entry = documents.find(view.tx, view.head.shop, Kind.QUOTE_REASON, id)
    if entry is None:
        message = f"there is no quote reason '{id[:80]}': send the id of one of the shop's quote reasons"
        raise invalid("status.quote_reason_id", message)
    document = _DOCUMENT.decode(entry.document)
    wanted = REASON_TYPES.get(step.status)
    if document.get("type") != wanted:
        needed = f"needs a reason of the type {wanted}" if wanted else "takes no reason"
        message = f"the reason '{id[:80]}' has the type {document.get('type')}, but {step.status[:40]} {needed}"
        raise invalid("status.quote_reason_id", message)
    return {name: document[name] for name in _COPIED if name in document}
