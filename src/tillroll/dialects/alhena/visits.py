"""What pages tell of a visit beside carts and conversations. The calls are ours, in the shape of the vendor's.

    POST /v1/page_views       a page, where its visitor came from, and the campaign that brought them
    POST /v1/product_views    a product that was looked at
    POST /v1/nudges           a hint that was shown or clicked; a click is an interaction, as a conversation is
    POST /v1/answers          whether an answer was helpful
    POST /v1/experiments      the group of an experiment that the visitor is in
    POST /v1/identities       other names of the same visitor

They go through the same steps as every call of this dialect: limits, origins, keys, repeats (see `calls`).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.alhena.calls import (
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
from tillroll.dialects.alhena.payload import Told, Wrong, read_told
from tillroll.dialects.http import Inbound, Response, Route
from tillroll.domain.batches.items import (
    ANSWER_RATED,
    EXPERIMENT_ASSIGNED,
    NUDGE_CLICKED,
    NUDGE_SHOWN,
    PAGE_VIEWED,
    PRODUCT_VIEWED,
)
from tillroll.domain.events.events import ACCEPTED, OutsideEvent
from tillroll.engine.identities.identities import IDENTITIES_LINKED, link_of
from tillroll.engine.storefronts import visits
from tillroll.engine.storefronts.storefronts import CONVERSATION, NUDGE, ReportedTouch, record_touches
from tillroll.engine.storefronts.visits import Observed, Sighting
from tillroll.store import Transaction

SHOWN, CLICKED = "shown", "clicked"
_NUDGES = {SHOWN: NUDGE_SHOWN, CLICKED: NUDGE_CLICKED}
# Clicks on nudges are one interaction of a visitor that goes on, whichever they are.
_NUDGE_ID = "nudge"

# Whose names a page may link its visitor with. Which customer somebody is, only the shop itself says: a page could
# name anybody.
NAMED_BY_PAGES = ("doofinder", "emporix", "native")
NAMES_MAX = 20
_NAME_BYTES_MAX = 200

_ALIASES = {
    "productId": "product_id",
    "nudgeId": "nudge_id",
    "conversationId": "conversation_id",
    "clickId": "click_id",
}


class ToldOfVisit(Told, frozen=True, kw_only=True):
    """What a call tells of a visit."""

    seen: Observed


class Verb(Struct, frozen=True):
    """One of the calls: where it is, what the ledger calls it, who reads it, and what it does to interactions."""

    path: str
    kind: str
    read: Callable[[Mapping[str, Any]], tuple[Observed, Sequence[str]]]
    touches: bool = False


def _nudge(document: Mapping[str, Any]) -> tuple[Observed, Sequence[str]]:
    kind = _NUDGES.get(str(document.get("action")))
    seen, wrong = visits.read(kind or NUDGE_SHOWN, document)
    return seen, wrong if kind is not None else [*wrong, "action"]


def _identities(document: Mapping[str, Any]) -> tuple[Observed, Sequence[str]]:
    given = document.get("ids")
    if not isinstance(given, list) or not 0 < len(given) <= NAMES_MAX:
        return Observed(IDENTITIES_LINKED), ["ids"]
    nodes = [_node(one) for one in given]
    wrong = [f"ids[{position}]" for position, node in enumerate(nodes) if not node]
    return Observed(IDENTITIES_LINKED, facts={"nodes": list(dict.fromkeys(nodes))}), wrong


def _node(name: Any) -> str:
    """A name as the ledger links it; empty for one that is none, or that no page may say."""
    dialect, id = (name.get("dialect"), name.get("id")) if isinstance(name, dict) else ("", "")
    if dialect not in NAMED_BY_PAGES or not isinstance(id, str) or id != id.strip() or not id.isprintable():
        return ""
    if not 0 < len(id.encode("utf-8", "replace")) <= _NAME_BYTES_MAX:
        return ""
    return f"emporix:session:{id}" if dialect == "emporix" else f"{dialect}:{id}"


VERBS = (
    Verb("/v1/page_views", PAGE_VIEWED, partial(visits.read, PAGE_VIEWED)),
    Verb("/v1/product_views", PRODUCT_VIEWED, partial(visits.read, PRODUCT_VIEWED)),
    Verb("/v1/nudges", NUDGE_SHOWN, _nudge, touches=True),
    Verb("/v1/answers", ANSWER_RATED, partial(visits.read, ANSWER_RATED), touches=True),
    Verb("/v1/experiments", EXPERIMENT_ASSIGNED, partial(visits.read, EXPERIMENT_ASSIGNED)),
    Verb("/v1/identities", IDENTITIES_LINKED, _identities),
)


def routes(reception: Reception) -> list[Route]:
    """The six calls."""
    return [report_route(reception, verb.path, _run(reception, verb), partial(_read, verb)) for verb in VERBS]


def _read(verb: Verb, inbound: Inbound) -> ToldOfVisit:
    document, told = read_told(inbound)
    seen, wrong = verb.read(_spelled(document))
    if any(one.field == "body" for one in told.wrong):
        wrong = ()
    return ToldOfVisit(
        sender=told.sender,
        wrong=(*told.wrong, *(Wrong(field) for field in wrong)),
        event_id=told.event_id,
        happened_at=told.happened_at,
        seen=seen,
    )


def _spelled(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document in the names of the HTTP API; a whole number counts as its digits, as everywhere in this dialect."""
    named = {_ALIASES.get(name, name): value for name, value in document.items()}
    return {
        name: str(value)[:_NAME_BYTES_MAX] if isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in named.items()
    }


def _run(reception: Reception, verb: Verb) -> Run:
    kind = Kind(verb.kind, ToldOfVisit)

    def sights(tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
        calls = hear(tx, reception, kind, requests)
        ends = settle(tx, calls, partial(_judge, tx, verb))
        events = [_event(call, end) for call, end in zip(calls, ends, strict=True) if end.outcome]
        return conclude(tx, ends, events)

    return sights


def _judge(tx: Transaction, verb: Verb, calls: Sequence[Call[ToldOfVisit]]) -> list[End]:
    touches = {place: touch for place, call in enumerate(calls) if verb.touches and (touch := _touch(call)) is not None}
    latest = max(call.inbound.received_at for call in calls)
    credited = dict(zip(touches, record_touches(tx, list(touches.values()), latest), strict=True))
    return [
        answered_touch(call, call.told.seen.kind, credited[place]) if place in credited else _done(call)
        for place, call in enumerate(calls)
    ]


def _touch(call: Call[ToldOfVisit]) -> ReportedTouch | None:
    """The interaction that a call is; an answer that did not help ends its conversation, where the shop wants that."""
    seen = call.told.seen
    if seen.kind == NUDGE_CLICKED:
        return _touch_of(call, NUDGE, _NUDGE_ID)
    if seen.kind == ANSWER_RATED:
        closes = not seen.facts["helpful"]
        if not closes or call.company.settings.helpful_only:
            return _touch_of(call, CONVERSATION, seen.subject, is_closing=closes)
    return None


def _touch_of(call: Call[ToldOfVisit], kind: str, id: str, *, is_closing: bool = False) -> ReportedTouch:
    return ReportedTouch(
        shop=call.company.shop,
        visitor=call.told.sender.visitor,
        kind=kind,
        id=id,
        at=call.told.happened_at,
        window=call.company.window,
        is_closing=is_closing,
    )


def _done(call: Call[ToldOfVisit]) -> End:
    body = {"status": "success", "event_type": call.told.seen.kind.upper()}
    if call.told.seen.kind == IDENTITIES_LINKED:
        body["link"] = link_of(call.inbound.id)
    return End(Response(200, msgspec.json.encode(body)), ACCEPTED)


def _event(call: Call[ToldOfVisit], end: End) -> OutsideEvent:
    told, seen = call.told, call.told.seen
    facts: dict[str, Any] = {"trusted": call.company.trusts(call.inbound), **browser_facts(call)}
    if any(not one.is_forgivable for one in told.wrong):
        facts |= unread_facts(call.inbound)
        seen = Observed(seen.kind)
    elif seen.kind == IDENTITIES_LINKED:
        link = link_of(call.inbound.id)
        nodes = [f"{DIALECT}:{told.sender.visitor}", *seen.facts["nodes"]]
        seen = Observed(seen.kind, link, "", {"link": link, "nodes": nodes})
    return visits.event_of(
        Sighting(
            shop=call.company.shop,
            dialect=DIALECT,
            channel=told.sender.company_key,
            call=call.inbound.id,
            received_at=call.inbound.received_at,
            happened_at=told.happened_at,
            visitor=told.sender.visitor,
            device=device_of(call.inbound),
            seen=seen,
            facts=facts,
            outcome=end.outcome,
            reason=end.reason,
        )
    )
