"""Who has talked to whom: the calls that open, continue and close a conversation, and report a FAQ question.

The vendor knows of conversations by itself; here back ends and the browser's script tell (docs/wire/alhena.md, 9). The
calls are ours: a company is named as in the vendor's calls, and the answers have the same shapes.

    POST /v1/conversations                    open one, or go on with the one that is named
    POST /v1/conversations/{id}/messages      something was said in it
    POST /v1/conversations/{id}/close         it is over
    POST /v1/faq_questions                    a question of the FAQ was asked or opened
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from msgspec import Struct

from tillroll.dialects.alhena.calls import (
    ENCODER,
    Call,
    End,
    Kind,
    Reception,
    Run,
    answered_touch,
    browser_facts,
    conclude,
    device_of,
    hear,
    report_route,
    settle,
    unread_facts,
)
from tillroll.dialects.alhena.companies import DIALECT
from tillroll.dialects.alhena.payload import Touched, read_touch
from tillroll.dialects.http import Inbound, Response, Route
from tillroll.domain.events.events import OutsideEvent, column_text, fitting
from tillroll.engine.storefronts.storefronts import CONVERSATION, FAQ_QUESTION, Credited, ReportedTouch, record_touches
from tillroll.store import Transaction

# What a page tells of its visitor with each conversation, which needs no key.
METADATA_BYTES_MAX = 4_096

# The FAQ questions of a visitor are one interaction that goes on, whichever they are.
_FAQ_ID = "faq"


class Verb(Struct, frozen=True):
    """One of the calls: where it is, what the ledger calls it, and what it does to the interaction."""

    path: str
    event: str
    kind: str = CONVERSATION
    is_closing: bool = False


VERBS = (
    Verb("/v1/conversations", "conversation_opened"),
    Verb("/v1/conversations/{id}/messages", "conversation_continued"),
    Verb("/v1/conversations/{id}/close", "conversation_closed", is_closing=True),
    Verb("/v1/faq_questions", "faq_question_asked", FAQ_QUESTION),
)


def routes(reception: Reception) -> list[Route]:
    """The four calls."""
    return [report_route(reception, verb.path, _run(reception, verb), read_touch) for verb in VERBS]


def _run(reception: Reception, verb: Verb) -> Run:
    kind = Kind(verb.event, Touched)

    def touches(tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
        calls = hear(tx, reception, kind, requests)
        ends = settle(tx, calls, partial(_touch, tx, verb))
        events = [_event(verb, call, end) for call, end in zip(calls, ends, strict=True) if end.outcome]
        return conclude(tx, ends, events)

    return touches


def _touch(tx: Transaction, verb: Verb, calls: Sequence[Call[Touched]]) -> list[End]:
    touches = [_touch_of(verb, call) for call in calls]
    credited = record_touches(tx, touches, max(call.inbound.received_at for call in calls))
    return [_answered(verb, *touched) for touched in zip(calls, touches, credited, strict=True)]


def _touch_of(verb: Verb, call: Call[Touched]) -> ReportedTouch:
    return ReportedTouch(
        shop=call.company.shop,
        visitor=call.told.sender.visitor,
        kind=verb.kind,
        id=_id(verb, call),
        at=call.told.happened_at,
        window=call.company.window,
        is_closing=verb.is_closing or _did_not_help(call),
    )


def _did_not_help(call: Call[Touched]) -> bool:
    """Whether an interaction ends with what is told of it: an answer that did not help, where the shop minds."""
    return call.told.helpful is False and call.company.settings.helpful_only


def _id(verb: Verb, call: Call[Touched]) -> str:
    return _FAQ_ID if verb.kind == FAQ_QUESTION else call.told.conversation_id or call.inbound.id


def _answered(verb: Verb, call: Call[Touched], touch: ReportedTouch, credited: Sequence[Credited]) -> End:
    further = {"conversation_id": touch.id} if verb.kind == CONVERSATION else {}
    return answered_touch(call, verb.event, credited, **further)


def _event(verb: Verb, call: Call[Touched], end: End) -> OutsideEvent:
    told = call.told
    metadata = dict(fitting([*told.metadata.items()], min(call.list_bytes_max, METADATA_BYTES_MAX)))
    facts: dict[str, Any] = {
        "userFingerprint": told.sender.fingerprint,
        "userFaqFingerprint": told.sender.faq_fingerprint,
        "trusted": call.company.trusts(call.inbound),
        **browser_facts(call),
    }
    facts |= {
        name: value
        for name, value in (
            ("question", told.question),
            ("productId", told.product_id),
            ("profile", told.profile),
            ("metadata", metadata),
        )
        if value
    }
    if told.helpful is not None:
        facts["helpful"] = told.helpful
    if len(metadata) < len(told.metadata):
        facts["truncated"] = len(call.inbound.body)
    if any(not one.is_forgivable for one in told.wrong):
        facts |= unread_facts(call.inbound)
    return OutsideEvent(
        shop=call.company.shop,
        dialect=DIALECT,
        kind=verb.event,
        call=call.inbound.id,
        received_at=call.inbound.received_at,
        happened_at=told.happened_at,
        document=ENCODER.encode(facts).decode(),
        subject=column_text(told.product_id if verb.kind == FAQ_QUESTION else _id(verb, call)),
        visitor=column_text(told.sender.visitor),
        channel=told.sender.company_key,
        detail=column_text(told.question) or None,
        device=device_of(call.inbound),
        outcome=end.outcome,
        reason=end.reason,
    )
