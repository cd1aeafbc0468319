"""Many products in one call: `POST` and `PUT /product/{tenant}/products/bulk` (docs/wire/emporix.md, 22).

Each element is answered for itself, in its place; those that can be written are, in one transaction.
"""

from collections.abc import Callable
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.catalogue.products import MANAGE, RESOURCE
from tillroll.dialects.emporix.wire.errors import PRODUCT, Refusal, Reply, respond
from tillroll.dialects.emporix.wire.payload import read_json, refuse_if
from tillroll.dialects.emporix.wire.resources import Change, Document, expected_version, stored, write_of
from tillroll.dialects.emporix.wire.secured import Call, Handle, back_office, secured
from tillroll.dialects.http import Inbound, Malformed, Problem, Response, Route, uuid7
from tillroll.dialects.nesting import nesting_problem
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import BulkWrite, Kind, WriteOutcome
from tillroll.store import Transaction

# Emporix's default limit of all bulk endpoints.
ELEMENTS_MAX = 200

_ELEMENTS = msgspec.json.Decoder(list[Any], float_hook=Decimal)


class Element(Struct, frozen=True):
    """One element of the body: a valid product, or the answer that it gets for not being one."""

    document: Document
    refusal: Refusal | None = None


def routes() -> list[Route]:
    """The two bulk routes."""
    return [
        Route(method, RESOURCE.path + "/bulk", _secured(_writer(replaces)), PRODUCT, _reader(replaces), writes=True)
        for method, replaces in (("POST", False), ("PUT", True))
    ]


def _secured(handle: Handle) -> Any:
    return secured(PRODUCT, back_office(MANAGE), handle)


def _reader(replaces: bool) -> Callable[[Inbound], list[Element]]:
    def read(inbound: Inbound) -> list[Element]:
        bodies = read_json(_ELEMENTS, inbound.body)
        if len(bodies) > ELEMENTS_MAX:
            refuse_if([Problem("", "invalid_value", f"A bulk request holds at most {ELEMENTS_MAX} elements")])
        refuse_if([nesting_problem(bodies)])
        return [_element(body, uuid7(inbound.received_at), replaces) for body in bodies]

    return read


def _element(body: object, new_id: str, replaces: bool) -> Element:
    if not isinstance(body, dict):
        problem = Problem("", "invalid_value", f"Expected 'object', got '{type(body).__name__}'")
        return Element({}, PRODUCT.refusal(400, [problem]))
    if replaces and not body.get("id"):
        return Element(body, PRODUCT.refusal(400, [Problem("id", "missing_value", "id is required: send a value")]))
    try:
        RESOURCE.validate(body, given_id=None, fallback_id=new_id)
    except Malformed as malformed:
        return Element(body, PRODUCT.refusal(400, malformed.problems))
    return Element(body)


def _writer(replaces: bool) -> Handle:
    def write(tx: Transaction, call: Call) -> Response:
        elements: list[Element] = call.inbound.command
        documents.touch(tx, call.shop)
        ids = {element.document["id"] for element in elements if element.refusal is None}
        known = {id: stored(entry) for id, entry in documents.find_many(tx, call.shop, Kind.PRODUCT, ids).items()}
        answers: list[Refusal | WriteOutcome] = []
        writes: list[BulkWrite] = []
        for document, refusal in ((element.document, element.refusal) for element in elements):
            before = known.get(document.get("id", "")) if replaces else None
            refused = refusal or RESOURCE.refused(Change(tx, call, before, document))
            if refused is None:
                writes.append(BulkWrite(write_of(RESOURCE, call, document), replaces, expected_version(document)))
                known[document["id"]] = document
            answers.append(refused or WriteOutcome.DONE)
        changes = iter(documents.write_many(tx, call.shop, writes, call.now))
        changed = [answer if isinstance(answer, Refusal) else next(changes) for answer in answers]
        final = [
            change if isinstance(change, Refusal) else _answer(change, element, replaces)
            for element, change in zip(elements, changed, strict=True)
        ]
        told = [_told(index, elements[index].document, answer) for index, answer in enumerate(final)]
        return respond(207, told)

    return write


def _answer(change: WriteOutcome, element: Element, replaces: bool) -> Reply:
    """The answer that this change would have got alone."""
    if change is WriteOutcome.STALE:
        return RESOURCE.stale()
    if change is WriteOutcome.EXISTS:
        return RESOURCE.exists(element.document["id"])
    if change is WriteOutcome.TAKEN:
        return RESOURCE.taken(element.document, 409 if replaces else RESOURCE.writes.taken)
    return Response(201 if change is WriteOutcome.CREATED else 204)


def _told(index: int, document: Document, answer: Reply) -> Document:
    """One element of the 207: `status` is the name of the code, and an error says what is wrong."""
    id = {"id": document["id"]} if isinstance(document.get("id"), str) else {}
    message = {"message": answer.told["message"]} if isinstance(answer, Refusal) else {}
    return {"index": index, **id, "code": answer.status, "status": HTTPStatus(answer.status).name, **message}
