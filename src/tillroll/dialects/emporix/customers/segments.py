"""Customer segments and their members: `/customer-segment/{tenant}/segments`, `…/customers` (docs/wire/emporix.md, 10).

A segment counts where it is ACTIVE, within its validity, on its site. Coupons may be for the members of segments.
"""

from typing import Any, Literal

from msgspec import Struct

from tillroll.dialects.emporix.wire.errors import CUSTOMER_SEGMENT, Refusal, Reply
from tillroll.dialects.emporix.wire.fields import period_problem, validity_problems
from tillroll.dialects.emporix.wire.languages import Path
from tillroll.dialects.emporix.wire.payload import flag, reads_of_list, typed
from tillroll.dialects.emporix.wire.resource_lists import Listing, filtered
from tillroll.dialects.emporix.wire.resources import (
    Body,
    Change,
    Document,
    Ids,
    Index,
    Resource,
    Shows,
    Words,
    Writes,
    noting,
    resource_routes,
    show,
    shown,
)
from tillroll.dialects.emporix.wire.secured import Call, back_office, customers_or, secured
from tillroll.dialects.http import Problem, Response, Route
from tillroll.domain.customers.segments import Segment
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import clock_of
from tillroll.store import Transaction
from tillroll.store.documents.rows import Entry

MANAGE = "customersegment.segment_manage"
READ = "customersegment.segment_read"
ID_BYTES_MAX = 100

_TEXTS: tuple[Path, ...] = (("name",), ("description",))
_STALE = "The version of the object is out of date: read it again and retry."


class _Segment(Segment, frozen=True, rename="camel"):
    status: Literal["ACTIVE", "INACTIVE"] = "INACTIVE"


class Member(Struct, frozen=True):
    """What is said of a membership: nothing but what the merchant adds."""

    mixins: dict[str, Any] = {}


def routes() -> list[Route]:
    """The routes of segments and of their members."""
    segments, members = _segments(), _members()
    service, read, write = CUSTOMER_SEGMENT, segments.readers, segments.writers
    return [
        *resource_routes(
            segments,
            Route("GET", segments.path, secured(service, read, _show_all), service, reads=reads_of_list),
            Route("GET", segments.one, secured(service, read, _show_one), service),
            Route("DELETE", segments.one, secured(service, write, _delete), service, writes=True),
            without=("PATCH",),
        ),
        *resource_routes(
            members,
            Route("GET", members.path, secured(service, members.readers, _show_members), service, reads=reads_of_list),
            without=("POST", "PATCH"),
        ),
    ]


def _segments() -> Resource:
    return Resource(
        path="/customer-segment/{tenant}/segments",
        kind=Kind.SEGMENT,
        service=CUSTOMER_SEGMENT,
        writers=back_office(MANAGE),
        readers=customers_or(READ, MANAGE),
        body=Body(_Segment, _check, complete=_complete),
        ids=Ids(length_max=ID_BYTES_MAX),
        words=Words(
            "Segment with id {id} has not been found.",
            "Segment with id {id} already exists.",
            _STALE,
            repeats_id_as="resourceId",
        ),
        rules=(noting(*_TEXTS), _check_site),
    )


def _members() -> Resource:
    return Resource(
        path="/customer-segment/{tenant}/segments/{segmentId}/customers",
        kind=Kind.SEGMENT_MEMBER,
        service=CUSTOMER_SEGMENT,
        writers=back_office(MANAGE),
        readers=back_office(READ, MANAGE),
        body=Body(Member),
        ids=Ids(under=("segmentId",), length_max=ID_BYTES_MAX),
        index=Index(subject=lambda document: str(document["id"])),
        words=Words(
            "The customer {id} is not in this segment.",
            "The customer {id} is in this segment already.",
            _STALE,
            repeats_id_as="resourceId",
        ),
        writes=Writes(creates_on_put=True),
        shows=Shows(_present_member),
        rules=(lambda change: _missing_segment(change.tx, change.call),),
    )


def _check(segment: Segment) -> list[Problem | None]:
    return [
        None if segment.name else Problem("name", "missing_value", "name may not be empty"),
        *validity_problems("validity", segment.validity),
    ]


def _complete(document: Document) -> None:
    document.setdefault("status", "INACTIVE")


def _check_site(change: Change) -> Refusal | None:
    """The site exists, and the validity ends after it begins on its clock."""
    tx, shop, code = change.tx, change.call.shop, change.after.get("siteCode")
    if code is not None and not documents.has_site(tx, shop, code):
        message = f"there is no site with the code '{code[:64]}'"
        return CUSTOMER_SEGMENT.refusal_if([Problem("siteCode", "invalid_value", message)])
    clocks = (clock_of(tx, shop, one) for one in [code])
    return CUSTOMER_SEGMENT.refusal_if([period_problem("validity", change.after.get("validity"), clocks)])


def _missing_segment(tx: Transaction, call: Call) -> Refusal | None:
    id = call.inbound.values["segmentId"]
    return _segments().missing(id) if documents.find(tx, call.shop, Kind.SEGMENT, id) is None else None


def _present_member(_call: Call, entry: Entry) -> Document:
    document = shown(entry)
    return {"customer": {"id": document.pop("id")}, "assignmentType": "MANUAL", **document}


def _show_all(tx: Transaction, call: Call) -> Response:
    """GET: the segments of the shop, by `q`; with `customerId`, those that a customer is in."""
    customer_id = call.caller.customer_id or typed(call.inbound.query, "customerId")
    if not customer_id:
        return filtered(Listing(_segments(), {"siteCode": "siteCode", "status": "status"}), tx, call)
    theirs = _segments_of(tx, call.shop, customer_id)
    found = documents.find_many(tx, call.shop, Kind.SEGMENT, theirs)
    entries = [found[id] for id in theirs if id in found]
    return filtered(Listing(_segments(), {"siteCode": "siteCode", "status": "status"}), tx, call, among=entries)


def _segments_of(tx: Transaction, shop: str, customer_id: str) -> list[str]:
    """The segments that a customer is in, oldest membership first."""
    ids = documents.ids_about(tx, shop, Kind.SEGMENT_MEMBER, [customer_id])[customer_id]
    return [id.partition("/")[0] for id in ids]


def _show_one(tx: Transaction, call: Call) -> Reply:
    """GET of one: a customer sees those that it is in."""
    customer_id, id = call.caller.customer_id, call.inbound.values["id"]
    if customer_id and id not in _segments_of(tx, call.shop, customer_id):
        return _segments().missing(id)
    return show(_segments(), tx, call)


def _show_members(tx: Transaction, call: Call) -> Reply:
    """GET: the members of a segment."""
    missing = _missing_segment(tx, call)
    if missing is not None:
        return missing
    return filtered(Listing(_members(), {}), tx, call, parent=call.inbound.values["segmentId"])


def _delete(tx: Transaction, call: Call) -> Reply:
    """DELETE: 204; one that has members only with `forceDelete=true`, and they leave it."""
    id = call.inbound.values["id"]
    documents.touch(tx, call.shop)
    members = documents.count(tx, call.shop, Kind.SEGMENT_MEMBER, parent=id)
    if members and not flag(call.inbound.query, "forceDelete"):
        message = f"The segment has {members} customers. Remove them first, or set forceDelete."
        return CUSTOMER_SEGMENT.refusal(400, message=message)
    documents.remove(tx, call.shop, Kind.SEGMENT, id, below=Kind.SEGMENT_MEMBER)
    return Response(204, b"", ())
