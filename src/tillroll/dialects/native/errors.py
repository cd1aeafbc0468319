"""Our own errors: problem details (RFC 9457), for what belongs to no vendor."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.http import Header, Problem, Response

PROBLEM_TYPE = "application/problem+json"
_PROBLEM_CONTENT: Header = (b"content-type", PROBLEM_TYPE.encode())

# Every problem that we name. Statuses that others write, such as those of a head that can not be read, have their own
# phrase for a name.
NAMES: Mapping[int, str] = {
    400: "malformed",
    401: "unauthenticated",
    403: "missing_scope",
    404: "not_found",
    405: "method_not_allowed",
    409: "in_flight",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "key_reused",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}
_TITLES = {
    400: "The request can not be understood.",
    401: "The request brings no key, or none that is known.",
    403: "The key may not do that.",
    409: "The same request is being answered.",
    422: "The Idempotency-Key was used with another request.",
}
_DETAILS = {
    401: "Send the shop's native key as 'Authorization: Bearer KEY'.",
    404: "There is nothing at this address.",
    405: "This address does not answer that method.",
    500: "Something went wrong on our side.",
}


class NativeService(Struct, frozen=True):
    """Errors as `application/problem+json`: type, title, status, detail, and `errors` where fields are wrong."""

    def refuse(self, status: int, problems: Sequence[Problem] = (), *, message: str = "") -> Response:
        """The error body for a status; the type is its name, and leads to its page."""
        name = NAMES.get(status) or HTTPStatus(status).phrase.lower().replace(" ", "_")
        return self.problem(status, name, problems, message=message)

    def problem(self, status: int, name: str, problems: Sequence[Problem] = (), *, message: str = "") -> Response:
        """The body of a problem with a name of its own."""
        said = message or "; ".join(problem.message for problem in problems) or _DETAILS.get(status, "Refused.")
        body: dict[str, Any] = {
            "type": f"/docs/native#{name}",
            "title": _TITLES.get(status) or HTTPStatus(status).phrase,
            "status": status,
            "detail": said,
        }
        if problems:
            body["errors"] = [{"field": one.field, "message": one.message} for one in problems]
        return Response(status, msgspec.json.encode(body), (_PROBLEM_CONTENT,))


NATIVE = NativeService()


def unauthenticated() -> Response:
    """401 for a stranger."""
    return _challenged(NATIVE.refuse(401), b"Bearer")


def missing_scope(scope: str) -> Response:
    """403 for a key that lacks the scope which is named."""
    refusal = NATIVE.refuse(403, message=f"This key lacks the scope {scope}; 'tillroll key create' makes one with it.")
    return _challenged(refusal, f'Bearer error="insufficient_scope", scope="{scope}"'.encode())


def _challenged(refusal: Response, challenge: bytes) -> Response:
    """A refusal that says by what it can be mended (RFC 6750, 3)."""
    return Response(refusal.status, refusal.body, (*refusal.headers, (b"www-authenticate", challenge)))
