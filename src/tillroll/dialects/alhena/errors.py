"""Alhena's answers: documented success bodies, and errors in an envelope that has the code under every likely key.

The vendor documents the codes and neither their statuses nor the error's shape (docs/wire/alhena.md, 4 and 5), so both
can be set per shop; what stands here is the default.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.http import Problem, Response
from tillroll.domain.storefronts.storefront import ReportRefusal

MISSING_FIELDS = "MISSING_REQUIRED_FIELDS"
COMPANY_NOT_FOUND = "COMPANY_NOT_FOUND"

# Every refusal of the domain in the vendor's words.
CODES: dict[ReportRefusal, str] = {
    ReportRefusal.NO_INTERACTION: "ACTIVE_TICKET_NOT_FOUND",
    ReportRefusal.NOT_ADDED_BEFORE: "PREVIOUS_ITEM_ADDED_EVENT_NOT_FOUND",
    ReportRefusal.NOT_INCREASED_BEFORE: "PREVIOUS_QUANTITY_INCREASED_EVENT_NOT_FOUND",
    ReportRefusal.ORDER_REPORTED_BEFORE: "ORDER_ALREADY_EXISTS",
}

STATUSES: dict[str, int] = {
    MISSING_FIELDS: 400,
    COMPANY_NOT_FOUND: 404,
    "ACTIVE_TICKET_NOT_FOUND": 404,
    "PREVIOUS_ITEM_ADDED_EVENT_NOT_FOUND": 409,
    "PREVIOUS_QUANTITY_INCREASED_EVENT_NOT_FOUND": 409,
    "ORDER_ALREADY_EXISTS": 409,
}

ENVELOPE: dict[str, Any] = {"status": "error", "error": "$CODE", "error_code": "$CODE", "message": "$MESSAGE"}

_MESSAGES = {
    COMPANY_NOT_FOUND: "No company has this company_key.",
    "ACTIVE_TICKET_NOT_FOUND": "The visitor has no active conversation or FAQ interaction.",
    "PREVIOUS_ITEM_ADDED_EVENT_NOT_FOUND": "No earlier ITEM_ADDED event of this visitor names this product.",
    "PREVIOUS_QUANTITY_INCREASED_EVENT_NOT_FOUND": (
        "No earlier QUANTITY_INCREASED event of this visitor names this product."
    ),
    "ORDER_ALREADY_EXISTS": "An order with this id was recorded before.",
}

# What the door refuses has codes of ours, outside the vendor's list.
_DOOR_CODES = {
    400: MISSING_FIELDS,
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "BODY_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "RATE_LIMITED",
    500: "INTERNAL_ERROR",
    503: "UNAVAILABLE",
}


class AlhenaService(Struct, frozen=True):
    """The vendor's error shape for what the door itself refuses."""

    def refuse(self, status: int, problems: Sequence[Problem] = (), *, message: str = "") -> Response:
        """The error body for a status."""
        code = _DOOR_CODES.get(status, "REFUSED")
        said = message or "; ".join(problem.message for problem in problems) or "The request was refused."
        return Response(status, msgspec.json.encode(filled(ENVELOPE, code, said)))


ALHENA = AlhenaService()


def recorded(event_type: str, extra: Mapping[str, Any] | None = None) -> Response:
    """200 in the documented words; further keys say what careful clients may want to know."""
    return Response(200, msgspec.json.encode({"status": "success", "event_type": event_type, **(extra or {})}))


def missing_message(fields: Sequence[str]) -> str:
    """The sentence that names every field which is missing or can not be read."""
    return f"Missing or invalid: {', '.join(fields)}"


def message_of(code: str) -> str:
    """What a code means, in a sentence."""
    return _MESSAGES[code]


def filled(envelope: Any, code: str, message: str) -> Any:
    """An envelope with its two placeholders, `$CODE` and `$MESSAGE`, filled in, however deep they stand."""
    if isinstance(envelope, dict):
        return {key: filled(value, code, message) for key, value in envelope.items()}
    if isinstance(envelope, list):
        return [filled(value, code, message) for value in envelope]
    if isinstance(envelope, str):
        return envelope.replace("$CODE", code).replace("$MESSAGE", message)
    return envelope
