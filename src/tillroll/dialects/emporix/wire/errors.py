"""Emporix's error formats, each on its own services (docs/wire/emporix.md, 3).

    A  checkout, order, coupon, shipping, site, customer   {"status","type","message","moreInfo","details":[{…}]}
    B  cart, price, currency, tax, product, schema, configuration    {"code","status","message","details":[str]}
    C  every 401                                           {"fault":{"faultstring","detail":{"errorcode"}}}
    D  payment gateway                                     {"code","timestamp","message"}
    E  availability                                        {"code","message"}, with "_embedded.errors" for 400

Shipping adds an `errorCode` to format A, the coupon service has its own words for 400 and 404.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.http import JSON_CONTENT, Header, Headers, Malformed, Problem, Response, now

# As the ledger tells it.
DIALECT = "emporix"

# What most changes answer: done, and nothing to say.
NO_CONTENT = Response(204, b"", ())

_VALIDATION = "There are validation problems, see details section for more information"
_INTERNAL = "Something went wrong while processing the request. Please contact the administrator."
_UNAVAILABLE = "The service is busy, nothing was changed. Please try again."

INVALID_HEADER = "invalid_header"
INVALID_QUERY = "invalid_query_parameter"

# Documents with free parts may have a MiB each, and a page a thousand of them.
PAGE_BYTES_MAX = 16 * 1_048_576

# type and message of format A where the caller gives none
_FORMAT_A: dict[int, tuple[str, str]] = {
    400: ("validation_violation", _VALIDATION),
    403: ("insufficient_permissions", "The access to the requested resource has been forbidden by the server."),
    404: ("resource_non_existing", "The requested resource was not found on the server."),
    405: ("unsupported_method", "The method is not supported for the requested resource."),
    409: ("conflict_resource", "The request conflicts with the current state of the resource."),
    413: ("payload_too_large", "The request body is too large."),
    415: ("unsupported_media_type", "The media type of the request body is not supported."),
    429: ("too_many_requests", "Too many requests. Please try again later."),
    422: ("idempotency_key_reused", "The Idempotency-Key was already used with another request."),
    500: ("internal_service_error", _INTERNAL),
    503: ("service_unavailable", _UNAVAILABLE),
}

_MESSAGES: dict[int, str] = {
    400: "The request is malformed, see details for more info",
    403: "User not authorized.",
    404: "The requested resource was not found.",
    **{status: message for status, (_, message) in _FORMAT_A.items() if status not in (400, 403, 404)},
}


def respond(status: int, body: object = None) -> Response:
    """A JSON answer; no body at all where there is nothing to say."""
    return Response(status, b"" if body is None else encode(body))


def encode(body: object) -> bytes:
    """JSON bytes; decimals as plain JSON numbers."""
    return _ENCODER.encode(body)


def encode_page(documents: Iterable[object]) -> bytes:
    """JSON bytes of a page of a list. Raises Malformed where it is larger than anybody reads: the client asks for less.

    A page can not end early: the next one begins where its number says.
    """
    parts: list[bytes] = []
    room = PAGE_BYTES_MAX
    for document in documents:
        parts.append(encode(document))
        room -= len(parts[-1]) + 1
        if room < 0 and len(parts) > 1:
            said = f"the page has more than {PAGE_BYTES_MAX} bytes: ask for a smaller pageSize"
            raise Malformed([Problem("pageSize", "invalid_value", said)])
    return b"[%s]" % b",".join(parts)


_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Refusal(Struct, frozen=True):
    """A no that is not bytes yet: its status, what it tells, and the headers that stand beside that of JSON."""

    status: int
    told: Mapping[str, Any]
    headers: Headers = ()

    def beside(self, *headers: Header) -> "Refusal":
        """The same refusal with these headers."""
        return Refusal(self.status, self.told, (*self.headers, *headers))

    def response(self) -> Response:
        """The refusal as bytes: the last thing that is done with it."""
        return Response(self.status, encode(self.told), (JSON_CONTENT, *self.headers))


# What a handler answers with. What refuses alone is a `Refusal | None`.
Reply = Response | Refusal


def rendered(reply: Reply) -> Response:
    """An answer as bytes, whatever it was."""
    return reply.response() if isinstance(reply, Refusal) else reply


def unauthorized(*, expired: bool = False) -> Refusal:
    """Format C: what the gateway answers to every missing, unknown or expired token."""
    if expired:
        fault = {
            "faultstring": "Access Token expired",
            "detail": {"errorcode": "keymanagement.service.access_token_expired"},
        }
    else:
        fault = {"faultstring": "Invalid access token", "detail": {"errorcode": "oauth.v2.InvalidAccessToken"}}
    return Refusal(401, {"fault": fault})


class EmporixService(Struct, frozen=True):
    """One of Emporix's services, as far as its errors differ from the others'.

    `names_scopes` says whether a 403 lists the scopes that would have let the caller in; `other_tenant` is what the
    service says where the header `Emporix-Tenant` is not the path's tenant, and nothing where it does not look.
    """

    name: str
    render: Callable[..., Mapping[str, object]]
    names_scopes: bool = True
    other_tenant: str = ""

    def refusal(self, status: int, problems: Sequence[Problem] = (), *, message: str = "", type: str = "") -> Refusal:
        """The service's error; `message` and `type` stand in for the usual ones."""
        return Refusal(status, self.render(status, problems, message, type))

    def refusal_if(self, problems: Iterable[Problem | None]) -> Refusal | None:
        """400 with those of these that are any; None where none is."""
        found = [problem for problem in problems if problem is not None]
        return self.refusal(400, found) if found else None

    def refuse(self, status: int, problems: Sequence[Problem] = (), *, message: str = "") -> Response:
        """The service's error as the door sends it."""
        return self.refusal(status, problems, message=message).response()

    def forbidden(self, scopes: Sequence[str]) -> Refusal:
        """403, with the missing scopes named where the service names them."""
        problems = [Problem("", "missing_scope", f"Required scope(s): {', '.join(scopes)}")] if scopes else []
        return self.refusal(403, problems)


def _format_a(status: int, problems: Sequence[Problem], message: str, type: str) -> Mapping[str, object]:
    usual_type, usual_message = _FORMAT_A.get(status, _FORMAT_A[500])
    return {
        "status": status,
        "type": type or usual_type,
        "message": message or usual_message,
        "moreInfo": "",
        "details": [_detail(problem) for problem in problems],
    }


def _detail(problem: Problem) -> Mapping[str, str]:
    """One reason; those about the tenant come without `moreInfo`."""
    document = {"field": problem.field, "message": problem.message, "type": problem.type}
    return document if problem.type == INVALID_HEADER else {**document, "moreInfo": ""}


_SHIPPING_MISSING = "The requested URI does not map to a single element resource."
_SHIPPING_CODES = {400: "ENTITY-400001", 404: "ENTITY-GET-404001", 409: "ENTITY-409001", 500: "ENTITY-500001"}


def _format_shipping(status: int, problems: Sequence[Problem], message: str, type: str) -> Mapping[str, object]:
    """Format A with an errorCode; a missing zone or method has a message of its own and no code."""
    if status == 404 and message:
        return {"status": 404, "message": message, "type": type or "resource_not_found"}
    if status == 404:
        message, type = _SHIPPING_MISSING, "element_resource_non_existing"
    body = dict(_format_a(status, problems, message or (_CONSTRAINTS if status == 400 else ""), type))
    if status in (404, 409):
        del body["details"]
    return body | ({"errorCode": _SHIPPING_CODES[status]} if status in _SHIPPING_CODES else {})


_CONSTRAINTS = "The request violates validation constraints."


def _format_coupon(status: int, problems: Sequence[Problem], message: str, type: str) -> Mapping[str, object]:
    """Format A with the coupon service's words for 400 and 404."""
    if status == 404 and message:
        type = type or "resource_not_found"
    return _format_a(status, problems, message or (_CONSTRAINTS if status == 400 else ""), type)


_NOT_AUTHORIZED = "Given request does not have required scopes. It is not authorized to perform this operation."


def _format_order(status: int, problems: Sequence[Problem], message: str, type: str) -> Mapping[str, object]:
    """Format A with the order service's words for 403 and 404 (docs/wire/emporix.md, 7)."""
    if status == 403:
        message = message or _NOT_AUTHORIZED
    if status == 404:
        type = type or "element_resource_non_existing"
    return _format_a(status, problems, message, type)


def _format_customer(status: int, problems: Sequence[Problem], message: str, type: str) -> Mapping[str, object]:
    """Format A, with words of its own for 403."""
    if status == 403:
        message, type = message or _MESSAGES[403], type or "Forbidden"
    if status == 429:
        message, type = message or "Too many failed logins. Try again later.", type or "too_many_requests"
    return _format_a(status, problems, message, type)


def _format_b(status: int, problems: Sequence[Problem], message: str, type: str) -> Mapping[str, object]:
    details = [f"{problem.field}: {problem.message}" if problem.field else problem.message for problem in problems]
    if not message and status == 400 and problems:
        message = f"{problems[0].message}, see details for more info"
    body: dict[str, object] = {
        "code": status,
        "status": HTTPStatus(status).phrase,
        "message": message or _MESSAGES.get(status, HTTPStatus(status).phrase),
    }
    if details:
        body["details"] = details
    return body


_FORBIDDEN_BY_SERVER = _FORMAT_A[403][1]


def _format_tax(status: int, problems: Sequence[Problem], message: str, type: str) -> Mapping[str, object]:
    """Format B, where a 403 says what format A's says."""
    return _format_b(status, problems, message or (_FORBIDDEN_BY_SERVER if status == 403 else ""), type)


def _format_product(status: int, problems: Sequence[Problem], message: str, type: str) -> Mapping[str, object]:
    """Format B without details: what is wrong stands in the message (docs/wire/emporix.md, 22)."""
    if status == 400 and problems and not message:
        said = [f"{problem.field}: {problem.message}" if problem.field else problem.message for problem in problems]
        of_address = all(problem.type == INVALID_QUERY for problem in problems)
        message = f"Validation problem with request {'parameters' if of_address else 'body'}. {'; '.join(said)}"
    return _format_b(status, (), message or (_FORBIDDEN_BY_SERVER if status == 403 else ""), type)


def _format_schema(status: int, problems: Sequence[Problem], message: str, type: str) -> Mapping[str, object]:
    """Format B, with a 403 of its own."""
    usual = "You need to choose the required scope to complete this action." if status == 403 else ""
    return _format_b(status, problems, message or usual, type)


def _format_quote(status: int, problems: Sequence[Problem], message: str, type: str) -> Mapping[str, object]:
    """Format B, with a 403 of its own that names the scopes (docs/wire/emporix.md, 3 and 12)."""
    return _format_b(status, problems, message or ("You need a scope for this action." if status == 403 else ""), type)


_APPROVAL_CODES = {400: "APPROVAL-400001", 404: "APPROVAL-404001"}


def _format_approval(status: int, problems: Sequence[Problem], message: str, type: str) -> Mapping[str, object]:
    """Format B with an errorCode, and details that are objects (as the approval service's reference shows it)."""
    usual = {400: "Problem with validation", 403: _FORBIDDEN_BY_SERVER}.get(status, "")
    body = dict(_format_b(status, (), message or usual, type))
    if status == 400 and problems:
        said = [f"{problem.field}: {problem.message}" if problem.field else problem.message for problem in problems]
        body["details"] = [{"message": one} for one in said]
    return body | ({"errorCode": _APPROVAL_CODES[status]} if status in _APPROVAL_CODES else {})


def _format_e(status: int, problems: Sequence[Problem], message: str, type: str) -> Mapping[str, object]:
    if status == 400 and problems:
        said = [f"{problem.field}: {problem.message}" if problem.field else problem.message for problem in problems]
        return {
            "code": 400,
            "status": HTTPStatus(400).phrase,
            "message": message or "There is a validation error. Please check the details.",
            "_embedded": {"errors": [{"message": one} for one in said]},
        }
    body: dict[str, object] = {"code": status}
    if status not in (404, 409):
        body["status"] = HTTPStatus(status).phrase
    return body | {"message": message or _MESSAGES.get(status, HTTPStatus(status).phrase)}


def _format_d(status: int, problems: Sequence[Problem], message: str, type: str) -> Mapping[str, object]:
    """The payment gateway's: when it was said, and all that is wrong in one message (docs/wire/emporix.md, 3)."""
    said = "; ".join(
        f"{problem.field}: {problem.message}" if problem.field else problem.message for problem in problems
    )
    text = message or said or (_FORBIDDEN_BY_SERVER if status == 403 else _MESSAGES.get(status, ""))
    said_at = datetime.fromtimestamp(now() // 1_000_000, UTC).isoformat().replace("+00:00", "Z")
    return {"code": status, "timestamp": said_at, "message": text}


def _format_oauth(status: int, problems: Sequence[Problem], message: str, type: str) -> Mapping[str, object]:
    """RFC 6749, 5.2: the token endpoint's own words."""
    said = message or "; ".join(problem.message for problem in problems) or _MESSAGES.get(status, "")
    return {"error": type or ("slow_down" if status == 429 else "invalid_request"), "error_description": said}


_OTHER_TENANT = "Tenant in the header is not matching with the one provided in the URI."

CHECKOUT = EmporixService("checkout", _format_a, names_scopes=False)
ORDER = EmporixService("order-v2", _format_order, names_scopes=False)
SEQUENTIAL_ID = EmporixService("sequential-id", _format_order, names_scopes=False)
COUPON = EmporixService("coupon", _format_coupon, names_scopes=False)
SHIPPING = EmporixService("shipping", _format_shipping, names_scopes=False)
SITE = EmporixService("site", _format_a, names_scopes=False)
CUSTOMER_LOGIN = EmporixService("customerlogin", _format_a)
CUSTOMER = EmporixService("customer", _format_customer, names_scopes=False)
CUSTOMER_MANAGEMENT = EmporixService("customer-management", _format_b)
CART = EmporixService("cart", _format_b, names_scopes=False)
PRICE = EmporixService("price", _format_b, other_tenant=_OTHER_TENANT)
CURRENCY = EmporixService("currency", _format_b)
CATEGORY = EmporixService("category", _format_b)
CUSTOMER_SEGMENT = EmporixService("customer-segment", _format_b)
TAX = EmporixService("tax", _format_tax)
PRODUCT = EmporixService("product", _format_product)
SCHEMA = EmporixService("schema", _format_schema)
SESSION_CONTEXT = EmporixService("session-context", _format_b)
CONFIGURATION = EmporixService("configuration", _format_b)
AVAILABILITY = EmporixService("availability", _format_e)
QUOTE = EmporixService("quote", _format_quote)
APPROVAL = EmporixService("approval", _format_approval)
PAYMENT_GATEWAY = EmporixService("payment-gateway", _format_d)
OAUTH = EmporixService("oauth", _format_oauth)

SERVICES = {
    service.name: service
    for service in (
        CHECKOUT, ORDER, SEQUENTIAL_ID, COUPON, SHIPPING, SITE, CUSTOMER_LOGIN, CART, PRICE, CURRENCY, TAX, PRODUCT,
        CATEGORY, CUSTOMER_SEGMENT, SCHEMA,
        SESSION_CONTEXT, CONFIGURATION, AVAILABILITY, OAUTH,
        CUSTOMER, CUSTOMER_MANAGEMENT, QUOTE, APPROVAL, PAYMENT_GATEWAY,
    )
}  # fmt: skip

# Services that Emporix documents and that are not here: whoever calls one is told so in a format of Emporix's.
NOT_HERE = {
    name: EmporixService(name, _format_b)
    for name in (
        *("ai-rag-indexer", "ai-service", "caas-customer", "fee", "importtool", "indexing", "invoice", "pick-pack"),
        *("reward-points", "sepa-export", "unit-handling", "vendor", "webhook"),
        *("brand", "catalog", "country", "iam", "label", "media", "return", "shoppinglist"),
    )
}
