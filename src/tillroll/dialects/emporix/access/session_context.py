"""What a session shops with: `/session-context/{tenant}` (docs/wire/emporix.md, 16).

The anonymous login seeds it; a login adds the customer. Price matching by context reads it. A shopper changes its own
and says which version it has read; a back office reads and changes every one.
"""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.wire.conversion import converted
from tillroll.dialects.emporix.wire.errors import SESSION_CONTEXT, Refusal, Reply, encode, respond
from tillroll.dialects.emporix.wire.fields import country_problem, currency_problem, id_problem, keep_countries
from tillroll.dialects.emporix.wire.payload import MERGE_PATCH, read_json, refuse_if
from tillroll.dialects.emporix.wire.resources import Document, expected_version
from tillroll.dialects.emporix.wire.secured import SHOPPERS, Access, Call, back_office, secured
from tillroll.dialects.http import Inbound, Problem, Response, Route
from tillroll.dialects.nesting import nesting_problem
from tillroll.engine.access import access
from tillroll.engine.access.access import ANONYMOUS, SessionContext
from tillroll.store import Transaction

NO_CONTENT = Response(204, b"", ())
# A context is read with every price match: it stays small.
CONTEXT_BYTES_MAX = 16_384

_CHANGEABLE = ("siteCode", "currency", "targetLocation", "language", "context")
_MANAGE = back_office("sessioncontext.context_manage")
_DOCUMENT = msgspec.json.Decoder(Document, float_hook=Decimal)


class Changes(Struct, rename="camel"):
    """The types of what may be changed."""

    site_code: str | None = None
    currency: str | None = None
    target_location: str | None = None
    language: str | None = None
    context: dict[str, Any] | None = None


class Attribute(Struct, frozen=True):
    """One entry of a context's free part."""

    key: str
    value: Any = None


def routes() -> list[Route]:
    """The routes of session contexts."""
    own, every = "/session-context/{tenant}/me/context", "/session-context/{tenant}/context/{sessionId}"
    return [*_routes(own, SHOPPERS), *_routes(every, _MANAGE)]


def _routes(path: str, allowed: Access) -> list[Route]:
    def run(handle: Any) -> Any:
        return secured(SESSION_CONTEXT, allowed, handle)

    return [
        Route("GET", path, run(_show), SESSION_CONTEXT),
        Route("PATCH", path, run(_patch), SESSION_CONTEXT, _read_patch, True, MERGE_PATCH),
        Route("POST", path + "/attributes", run(_add), SESSION_CONTEXT, _read_attribute, writes=True),
        Route("DELETE", path + "/attributes/{name}", run(_remove), SESSION_CONTEXT, writes=True),
    ]


def _session(call: Call) -> str:
    return call.inbound.values.get("sessionId") or call.caller.session_id or ""


def _missing(call: Call) -> Refusal:
    return Refusal(404, {"sessionId": _session(call), "code": 404, "message": "Session not found"})


def _show(tx: Transaction, call: Call) -> Reply:
    """GET: 200 with what is known, and no field for the rest; 404 without a session."""
    context = access.session_context(tx, call.shop, _session(call))
    if context is None:
        return _missing(call)
    known = {
        "siteCode": context.site_code,
        "currency": context.currency,
        "targetLocation": context.target_location,
        "language": context.language,
        "cartId": context.cart_id,
        # The guest of the session that a customer has logged in from does not learn who that is.
        "customerId": None if call.caller.kind == ANONYMOUS else context.customer_id,
        "context": context.context or None,
    }
    answer = {"sessionId": context.session_id, **{name: value for name, value in known.items() if value is not None}}
    return respond(200, answer | {"metadata": {"version": context.version}})


def _read_patch(inbound: Inbound) -> Document:
    document = read_json(_DOCUMENT, inbound.body)
    keep_countries(document, (("targetLocation",),))
    changes = converted({name: document[name] for name in _CHANGEABLE if name in document}, Changes)
    metadata = document.get("metadata")
    has_version = isinstance(metadata, dict) and metadata.get("version") is not None
    country = changes.target_location
    refuse_if(
        [
            nesting_problem(document),
            None
            if has_version
            else Problem(
                "metadata.version", "missing_value", "metadata.version is required: send the one you have read"
            ),
            currency_problem(changes.currency),
            country_problem("targetLocation", country),
            id_problem("siteCode", changes.site_code, length_max=64) if changes.site_code is not None else None,
            id_problem("language", changes.language, length_max=64) if changes.language is not None else None,
        ]
    )
    return document


def _patch(tx: Transaction, call: Call) -> Reply:
    """PATCH: 204; 404; 409 for a stale version. Everything but what may change is passed over."""
    document: Document = call.inbound.command
    context = access.lock_session_context(tx, call.shop, _session(call))
    if context is None:
        return _missing(call)
    if expected_version(document) != context.version:
        return SESSION_CONTEXT.refusal(409, message="The version is out of date: read the context again and retry.")
    fields = {"siteCode": "site_code", "currency": "currency", "targetLocation": "target_location"}
    fields |= {"language": "language", "context": "context"}
    for name, attribute in fields.items():
        if name in document:
            value = document[name]
            setattr(context, attribute, value if value is not None or name != "context" else {})
    return _stored(tx, call, context)


def _read_attribute(inbound: Inbound) -> Attribute:
    document = read_json(_DOCUMENT, inbound.body)
    refuse_if([nesting_problem(document)])
    attribute = converted(document, Attribute)
    refuse_if([id_problem("key", attribute.key)])
    return attribute


def _add(tx: Transaction, call: Call) -> Reply:
    """POST `{key, value}`: 204; 404."""
    attribute: Attribute = call.inbound.command
    context = access.lock_session_context(tx, call.shop, _session(call))
    if context is None:
        return _missing(call)
    context.context = {**context.context, attribute.key: attribute.value}
    return _stored(tx, call, context)


def _remove(tx: Transaction, call: Call) -> Reply:
    """DELETE: 204; 404 where there is no such attribute."""
    name = call.inbound.values["name"]
    context = access.lock_session_context(tx, call.shop, _session(call))
    if context is None:
        return _missing(call)
    if name not in context.context:
        return SESSION_CONTEXT.refusal(404, message=f"Attribute '{name}' not found.")
    context.context = {key: value for key, value in context.context.items() if key != name}
    return _stored(tx, call, context)


def _stored(tx: Transaction, call: Call, context: SessionContext) -> Reply:
    if len(encode(context)) > CONTEXT_BYTES_MAX:
        message = f"a session context must not have more than {CONTEXT_BYTES_MAX} bytes of JSON"
        return SESSION_CONTEXT.refusal(400, [Problem("context", "too_large", message)])
    access.store_session_context(tx, call.shop, context, call.now)
    return NO_CONTENT
