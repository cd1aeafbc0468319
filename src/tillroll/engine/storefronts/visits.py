"""What pages tell of a visit beside carts and conversations: what was seen, clicked, rated, and who it may be.

fields of a kind ──► Observed, or every field that is wrong ──► one event of the ledger
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.domain.batches import items
from tillroll.domain.batches.fields import UNKNOWN, Fields
from tillroll.domain.batches.items import (
    ANSWER_RATED,
    EXPERIMENT_ASSIGNED,
    NUDGE_CLICKED,
    NUDGE_SHOWN,
    PAGE_VIEWED,
    PRODUCT_VIEWED,
    ItemFacts,
)
from tillroll.domain.events import devices
from tillroll.domain.events.events import OutsideEvent, column_text

# The first of the languages that a browser prefers, as in RFC 5646.
_LANGUAGE = re.compile(r"\s*([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4})\s*(?:[,;]|$)", re.ASCII)

READERS: Mapping[str, Callable[[Fields], ItemFacts]] = {
    PAGE_VIEWED: items.page_view,
    PRODUCT_VIEWED: items.product_view,
    NUDGE_SHOWN: items.nudge,
    NUDGE_CLICKED: items.nudge,
    ANSWER_RATED: items.answer_rating,
    EXPERIMENT_ASSIGNED: items.experiment,
}

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Observed(Struct, frozen=True):
    """What a page tells: of what kind, about what, what reports group by, and the document that is kept."""

    kind: str
    subject: str = ""
    detail: str = ""
    facts: Mapping[str, Any] = {}


class Sighting(Struct, frozen=True, kw_only=True):
    """One call of a page as the ledger is to keep it; `facts` are what stands in its document besides."""

    shop: str
    dialect: str
    channel: str
    call: str
    received_at: int
    happened_at: int
    visitor: str
    device: str
    seen: Observed
    facts: Mapping[str, Any]
    outcome: str
    reason: str


def read(kind: str, document: Mapping[str, Any]) -> tuple[Observed, Sequence[str]]:
    """What a document tells, and the fields of its kind that are missing or wrong; what nobody reads is passed over."""
    fields = Fields(document)
    told = READERS[kind](fields)
    wrong = [problem.field for problem in fields.problems if problem.reason != UNKNOWN]
    return Observed(kind, told.subject, told.detail, told.facts), list(dict.fromkeys(wrong))


def event_of(sighting: Sighting) -> OutsideEvent:
    """The call as a row of the ledger."""
    seen = sighting.seen
    return OutsideEvent(
        shop=sighting.shop,
        dialect=sighting.dialect,
        kind=seen.kind,
        call=sighting.call,
        received_at=sighting.received_at,
        happened_at=sighting.happened_at,
        document=_ENCODER.encode({**seen.facts, **sighting.facts}).decode(),
        subject=column_text(seen.subject),
        visitor=column_text(sighting.visitor),
        channel=sighting.channel,
        detail=column_text(seen.detail) or None,
        device=sighting.device,
        outcome=sighting.outcome,
        reason=sighting.reason,
    )


def device_of(hint: str, agent: str) -> str:
    """The kind of device that a browser's headers tell of; empty where they tell nothing."""
    return devices.device_of(hint, agent)


def language_of(accepted: str) -> str:
    """The language that a browser prefers, by its header; empty where it says none."""
    found = _LANGUAGE.match(accepted)
    return found[1] if found is not None else ""
