"""Customer segments and their members: `/customer-segment/{tenant}/segments`, `…/customers` (docs/wire/emporix.md, 10).

A segment counts where it is ACTIVE, within its validity, on its site. Coupons may be for the members of segments.
"""

from typing import Any, Literal

from msgspec import Struct

from tillroll.dialects.emporix.wire.errors import CUSTOMER_SEGMENT, Refusal, Reply
from tillroll.dialects.emporix.wire.fields import period_problem, validity_problems
from tillroll.dialects.emporix.wire.languages import Path, content_language, note_language
from tillroll.dialects.emporix.wire.payload import flag, reads_of_list, typed
from tillroll.dialects.emporix.wire.resource_lists import Listing, filtered
from tillroll.dialects.emporix.wire.resources import Document, Resource, resource_routes, shown
from tillroll.dialects.emporix.wire.secured import Call, back_office, secured
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
    read, manage = back_office(READ, MANAGE), back_office(MANAGE)
    path = segments.path
    own = {("GET", path), ("DELETE", path + "/{id}"), ("GET", members.path), ("POST", members.path)}
    own |= {("PATCH", path + "/{id}"), ("PATCH", members.path + "/{id}")}
    return [
        *(route for route in resource_routes(segments) if (route.method, route.path) not in own),
        *(route for route in resource_routes(members) if (route.method, route.path) not in own),
        Route("GET", path, secured(CUSTOMER_SEGMENT, read, _show_all), CUSTOMER_SEGMENT, reads=reads_of_list),
        Route("DELETE", path + "/{id}", secured(CUSTOMER_SEGMENT, manage, _delete), CUSTOMER_SEGMENT, writes=True),
        Route(
            "GET", members.path, secured(CUSTOMER_SEGMENT, read, _show_members), CUSTOMER_SEGMENT, reads=reads_of_list
        ),
    ]


def _segments() -> Resource:
    return Resource(
        path="/customer-segment/{tenant}/segments",
        kind=Kind.SEGMENT,
        service=CUSTOMER_SEGMENT,
        shape=_Segment,
        manage=(MANAGE,),
        read=(READ, MANAGE),
        is_for_back_offices=True,
        check=_check,
        check_stored=_check_site,
        judge=_note_language,
        complete=lambda document: document.setdefault("status", "INACTIVE") and None,
        id_length_max=ID_BYTES_MAX,
        missing_field="resourceId",
        not_found=lambda id: f"Segment with id {id} has not been found.",
        exists=lambda id: f"Segment with id {id} already exists.",
        stale=_STALE,
    )


def _members() -> Resource:
    return Resource(
        path="/customer-segment/{tenant}/segments/{segmentId}/customers",
        kind=Kind.SEGMENT_MEMBER,
        service=CUSTOMER_SEGMENT,
        shape=Member,
        manage=(MANAGE,),
        read=(READ, MANAGE),
        is_for_back_offices=True,
        under=("segmentId",),
        guard=_missing_segment,
        subject_of=lambda document: document["id"],
        present=_present_member,
        id_length_max=ID_BYTES_MAX,
        missing_field="resourceId",
        not_found=lambda id: f"The customer {id} is not in this segment.",
        exists=lambda id: f"The customer {id} is in this segment already.",
        stale=_STALE,
        creates_on_put=True,
    )


def _check(segment: Segment) -> list[Problem | None]:
    return [
        None if segment.name else Problem("name", "missing_value", "name may not be empty"),
        *validity_problems("validity", segment.validity),
    ]


def _check_site(tx: Transaction, call: Call, document: Document) -> list[Problem | None]:
    code = document.get("siteCode")
    if code is None or documents.has_site(tx, call.shop, code):
        return [period_problem("validity", document.get("validity"), (clock_of(tx, call.shop, one) for one in [code]))]
    return [Problem("siteCode", "invalid_value", f"there is no site with the code '{code[:64]}'")]


def _note_language(call: Call, _before: Document | None, after: Document) -> Refusal | None:
    note_language(after, _TEXTS, content_language(call.inbound))
    return None


def _missing_segment(tx: Transaction, call: Call) -> Refusal | None:
    id = call.inbound.values["segmentId"]
    return _segments().missing(id) if documents.find(tx, call.shop, Kind.SEGMENT, id) is None else None


def _present_member(_call: Call, entry: Entry) -> Document:
    document = shown(entry)
    return {"customer": {"id": document.pop("id")}, "assignmentType": "MANUAL", **document}


def _show_all(tx: Transaction, call: Call) -> Response:
    """GET: the segments of the shop, by `q`; with `customerId`, those that a customer is in."""
    customer_id = typed(call.inbound.query, "customerId")
    if not customer_id:
        return filtered(Listing(_segments(), {"siteCode": "siteCode", "status": "status"}), tx, call)
    ids = documents.ids_about(tx, call.shop, Kind.SEGMENT_MEMBER, [customer_id])[customer_id]
    theirs = {id.partition("/")[0] for id in ids}
    return filtered(Listing(_segments(), {}), tx, call, fits=lambda document: document["id"] in theirs)


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
