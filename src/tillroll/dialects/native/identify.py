"""Saying that several names are of one visitor: `POST /v1/identify`, and taking it back.

Each link is an event of the ledger, and so is its end: whoever reckons with links reads them there, in order.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tillroll.dialects.http import Inbound, Malformed, Problem, Response, Route
from tillroll.dialects.native.callers import Call, with_scope_many
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.native.identities import DIALECTS, NAMES_MAX, Named, nodes_of, read_names
from tillroll.dialects.nesting import is_too_deep
from tillroll.dialects.openapi import NAME, TEXT, WHOLE, Operation, Schema, either, listed, one_of, record, ref
from tillroll.engine.access.native_keys import EVENTS_WRITE
from tillroll.engine.identities import identities
from tillroll.engine.identities.identities import IDENTITIES_LINKED, IDENTITY_LINK_UNDONE, Linking, Undoing
from tillroll.store import Transaction

DIALECT = "native"
OWN_KINDS = (IDENTITIES_LINKED, IDENTITY_LINK_UNDONE)

_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, ValueError, ArithmeticError, RecursionError)
_NOTES = """The link is an event of the ledger. For `alhena` the id is both fingerprints with a slash between them, or
an object with `user_fingerprint` and `user_faq_fingerprint`; for `emporix` a number that is a customer's means the
customer, and anything else a session."""


def routes() -> list[Route]:
    """Both calls."""
    return [
        Route("POST", "/v1/identify", with_scope_many(EVENTS_WRITE, _link), NATIVE, _read, writes=True),
        Route("DELETE", "/v1/identify/{link}", with_scope_many(EVENTS_WRITE, _undo), NATIVE, writes=True),
    ]


def operations() -> list[Operation]:
    """What is to be said of them."""
    body = record({"ids": listed(ref("VisitorName"), least=2, most=NAMES_MAX)})
    linked = {201: record({"link": TEXT})}
    example = {"ids": [{"dialect": "doofinder", "id": "b6b0a1c5"}, {"dialect": "native", "id": "visitor-17"}]}
    return [
        Operation(
            "POST", "/v1/identify", "Says that names are of one visitor", linked, body, notes=_NOTES, example=example
        ),
        Operation("DELETE", "/v1/identify/{link}", "Takes a link back", {204: None}),
    ]


def components() -> dict[str, Schema]:
    """The shapes that they speak of."""
    id = either(NAME, WHOLE, record({"user_fingerprint": TEXT, "user_faq_fingerprint": TEXT}))
    return {"VisitorName": record({"dialect": one_of(*DIALECTS), "id": id})}


def _read(inbound: Inbound) -> Sequence[Named]:
    try:
        document = _DECODER.decode(inbound.body)
    except _UNREADABLE as error:
        raise Malformed([Problem("", "invalid_value", "the body is no JSON object")]) from error
    if is_too_deep(inbound.body, document):
        raise Malformed([Problem("", "invalid_value", "the body is nested too deeply")])
    names, problems = read_names(document.get("ids"), 2)
    problems += [
        Problem(field[:60], "unknown_field", f"{field[:60]} is no field of a link")
        for field in document
        if field != "ids"
    ]
    if len(names) < 2 and not problems:
        problems = [Problem("ids", "invalid_value", "ids names at least two different names")]
    if problems:
        raise Malformed(problems)
    return names


def _link(tx: Transaction, calls: Sequence[Call]) -> Sequence[Response]:
    linkings = []
    for call in calls:
        names: Sequence[Named] = call.inbound.command
        nodes = nodes_of(tx, call.shop, names)
        own = next((name.id for name in names if name.dialect == DIALECT), "")
        found = tuple([nodes[name] for name in names])
        linkings.append(Linking(call.shop, DIALECT, call.inbound.id, call.now, found, own))
    return [Response(201, msgspec.json.encode({"link": link})) for link in identities.link(tx, linkings)]


def _undo(tx: Transaction, calls: Sequence[Call]) -> Sequence[Response]:
    undoings = [Undoing(call.shop, DIALECT, call.inbound.id, call.now, call.inbound.values["link"]) for call in calls]
    return [
        Response(204, b"", ()) if was_there else NATIVE.refuse(404, message="This shop has no such link.")
        for was_there in identities.undo(tx, undoings)
    ]
