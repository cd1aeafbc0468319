"""What every call about one customer does first: whose is it, is it there, is it the version that was read?

A handler gets the customer locked, changes it in memory after everything that could refuse the call, and says so by
returning the answer; what it refuses with leaves no trace.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from tillroll.dialects.emporix.customers.requests import size_problem
from tillroll.dialects.emporix.wire.conversion import converted
from tillroll.dialects.emporix.wire.errors import CUSTOMER, Refusal, Reply
from tillroll.dialects.emporix.wire.payload import refuse_if
from tillroll.dialects.emporix.wire.resources import Document, expected_version
from tillroll.dialects.emporix.wire.secured import Access, Call, Run, secured
from tillroll.dialects.http import Malformed, Problem, Response
from tillroll.engine.customers import customers
from tillroll.engine.customers.customers import StoredCustomer
from tillroll.store import Transaction

NO_CONTENT = Response(204, b"", ())
OK = Response(200, b"", ())

_DOCUMENT = msgspec.json.Decoder(Document, float_hook=Decimal)

Handle = Callable[[Transaction, Call, StoredCustomer], Reply]


def customer_id(call: Call) -> str:
    """Whom a call is about: the customer of its path, else the one whose token it carries."""
    return call.inbound.values.get("customerNumber") or call.caller.customer_id or ""


def reading(access: Access, handle: Handle) -> Run:
    """A route's `run` for calls that look at a customer."""

    def handle_one(tx: Transaction, call: Call) -> Reply:
        stored = customers.find(tx, call.shop, customer_id(call))
        return handle(tx, call, stored) if stored is not None else missing(call)

    return secured(CUSTOMER, access, handle_one)


def changing(access: Access, handle: Handle) -> Run:
    """A route's `run` for calls that change a customer, who is locked; it is saved unless the answer refuses."""

    def handle_one(tx: Transaction, call: Call) -> Reply:
        id = customer_id(call)
        stored = customers.lock(tx, call.shop, [id]).get(id)
        if stored is None:
            return missing(call)
        try:
            answer = handle(tx, call, stored)
            if answer.status < 400:
                refuse_if([size_problem(stored.document)])
                customers.save(tx, call.shop, stored, call.now)
        except Malformed as malformed:
            return CUSTOMER.refusal(400, malformed.problems)
        return answer

    return secured(CUSTOMER, access, handle_one)


def missing(call: Call) -> Refusal:
    """404 for a customer."""
    message = f"Couldn't find a customer with customerNumber '{customer_id(call)}'"
    problems = [Problem("", "resource_not_found", message)]
    return CUSTOMER.refusal(404, problems, message="Customer not Found", type="application/json")


def stale() -> Refusal:
    """409 for a version that is not the latest."""
    return CUSTOMER.refusal(409, message="The version is out of date: read the customer again and retry.")


def is_stale(stored: StoredCustomer, document: Document) -> bool:
    """Whether the client has read another version, and says so."""
    expected = expected_version(document)
    return expected is not None and expected != stored.version


def patched(value: Any, patch: Document) -> Any:
    """A struct with what a merge patch changes (RFC 7396); raises Malformed for values of the wrong type."""
    document = msgspec.to_builtins(value, builtin_types=(Decimal,))
    for name in ("version", "createdAt", "modifiedAt"):
        if isinstance(patch.get("metadata"), dict):
            patch = patch | {"metadata": {key: one for key, one in patch["metadata"].items() if key != name}}
    return as_struct(type(value), _merged(document, patch))


def as_struct(shape: Any, document: Document) -> Any:
    """A document as a struct; raises Malformed."""
    return converted(document, shape)


def _merged(document: Any, patch: Document) -> Document:
    """RFC 7396; the nesting of a patch is bounded already."""
    merged = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            merged[name] = _merged(merged.get(name), value)
        else:
            merged[name] = value
    return merged
