"""What the three generations answer: success, and errors in two shapes.

Versions 5 and 6 say `{"error": "<text>"}`, stats v2 says `{"error": {"code", "message"}}`
(docs/wire/doofinder.md, 2 to 5).
"""

from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from tillroll.dialects.http import JSON_CONTENT, Problem, Response

NO_STORE = (b"cache-control", b"no-store")

REGISTERED = Response(200, b'{"status":"registered"}', (JSON_CONTENT,))
# Exactly four bytes, with the quotes and without a newline: PHP clients compare them (docs/wire/doofinder.md, 3).
OK = Response(200, b'"OK"', (JSON_CONTENT, NO_STORE))

_TEXTS = {
    400: "Bad request",
    401: "forbidden",
    403: "forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Request entity too large",
    422: "Unprocessable entity",
    429: "Too many requests",
    500: "Internal server error",
    503: "Service unavailable",
}
_CODES = {
    400: "bad_params",
    401: "not_authenticated",
    403: "access_denied",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    413: "bad_params",
    429: "too_many_requests",
}


class Refusal(Struct, frozen=True):
    """One "no": the status, the reason as the ledger keeps it, and the words for the client."""

    status: int
    reason: str
    text: str


class SearchService(Struct, frozen=True):
    """One generation: how it says yes, how it says no, and its words for strangers."""

    api: str
    accepted: Response
    unknown: Refusal
    stranger: Refusal
    banned: Refusal
    shape: Callable[[int, str], object]
    no_store: bool = False

    def refuse(self, status: int, problems: Sequence[Problem] = (), *, message: str = "") -> Response:
        """The error body for a status."""
        said = message or "; ".join(problem.message for problem in problems) or _TEXTS.get(status, "Refused")
        headers = (JSON_CONTENT, NO_STORE) if self.no_store else (JSON_CONTENT,)
        return Response(status, msgspec.json.encode(self.shape(status, said)), headers)

    def say(self, refusal: Refusal) -> Response:
        """The answer to a call that is refused."""
        return self.refuse(refusal.status, message=refusal.text)


def _text(_status: int, text: str) -> object:
    return {"error": text}


def _code(status: int, text: str) -> object:
    return {"error": {"code": _CODES.get(status, "error"), "message": text}}


V6 = SearchService(
    "6",
    REGISTERED,
    # A token is never one of an engine that does not exist; 403 is what the published description has for it.
    unknown=Refusal(403, "unknown_hashid", "forbidden"),
    stranger=Refusal(403, "forbidden", "forbidden"),
    banned=Refusal(403, "banned_ip", "banned ip"),
    shape=_text,
)
# Version 6 as the JavaScript client of version 5 speaks it: everything is a GET.
V6_GET = msgspec.structs.replace(V6, accepted=Response(200, REGISTERED.body, (JSON_CONTENT, NO_STORE)), no_store=True)
V5 = SearchService(
    "5",
    OK,
    unknown=Refusal(404, "unknown_hashid", "search engine not found"),
    stranger=Refusal(403, "forbidden", "request not authenticated"),
    banned=Refusal(403, "banned_ip", "banned ip"),
    shape=_text,
    no_store=True,
)
V2 = SearchService(
    "2",
    REGISTERED,
    unknown=Refusal(404, "unknown_hashid", "search engine not found"),
    stranger=Refusal(401, "forbidden", "the token is missing or wrong"),
    banned=Refusal(403, "banned_ip", "banned ip"),
    shape=_code,
)
