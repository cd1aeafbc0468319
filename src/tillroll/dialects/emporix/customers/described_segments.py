"""Customer segments, described (docs/wire/emporix.md, 10)."""

from tillroll.dialects.emporix.customers.segments import Member
from tillroll.dialects.emporix.wire.described import COUNT, FIELDS, SORT, Documents, Q, created, listing, paging
from tillroll.dialects.openapi import (
    FLAG,
    OBJECT,
    TEXT,
    Operation,
    Parameter,
    Schema,
    extended,
    one_of,
    record,
    ref,
    structs,
)
from tillroll.domain.customers.segments import Segment

_SEGMENTS = Documents(
    "/customer-segment/{tenant}/segments",
    "segment.Segment",
    "a customer segment",
    filters=(Q, SORT, FIELDS, *(Parameter(name, TEXT) for name in ("customerId", "siteCode", "status"))),
    left_out=frozenset({"delete", "change"}),
)


def operations() -> list[Operation]:
    """The operations of this service."""
    members = _SEGMENTS.path + "/{segmentId}/customers"
    member, force = ref("segment.ShownMember"), Parameter("forceDelete", FLAG, "Whether its members leave it.")
    new = created(record({"id": TEXT}))
    return [
        *_SEGMENTS.operations(),
        Operation("DELETE", _SEGMENTS.path + "/{id}", "Deletes a segment", {204: None}, parameters=(force,)),
        listing(members, "a member of a segment", member, (Q, SORT, FIELDS, *paging(60), COUNT)),
        Operation("GET", members + "/{id}", "Shows a membership", {200: member}),
        Operation("PUT", members + "/{id}", "Takes a customer in", {204: None, 201: new}, ref("segment.Member")),
        Operation("DELETE", members + "/{id}", "Lets a customer leave", {204: None}),
    ]


def components() -> dict[str, Schema]:
    """The shapes of this service."""
    segments = structs("segment", {"Segment": Segment, "Member": Member})
    status = one_of("ACTIVE", "INACTIVE")
    segments["segment.Segment"] = extended(
        segments["segment.Segment"], {"status": status, "mixins": OBJECT, "metadata": OBJECT}
    )
    member = record(
        {"customer": record({"id": TEXT}), "assignmentType": TEXT, "metadata": ref("Metadata")}, others=True
    )
    return segments | {"segment.ShownMember": member}
