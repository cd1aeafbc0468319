"""Categories and customer segments, described (contracts/emporix.md, 10)."""

from tillroll.dialects.emporix.categories import Assignment
from tillroll.dialects.emporix.described.common import (
    COUNT,
    FATE,
    Documents,
    Q,
    created,
    listing,
    paging,
    with_patches,
)
from tillroll.dialects.emporix.document_lists import BULK_ITEMS_MAX
from tillroll.dialects.emporix.segments import Member
from tillroll.dialects.openapi import (
    FLAG,
    OBJECT,
    TEXT,
    WHOLE,
    Operation,
    Parameter,
    Schema,
    extended,
    listed,
    nullable,
    one_of,
    record,
    ref,
    structs,
)
from tillroll.domain.catalogue import Category, Segment

_TREE = Documents(
    "/category/{tenant}/categories",
    "category.Category",
    "a category",
    filters=(Q, *(Parameter(name, TEXT) for name in ("code", "parentId", "published"))),
    left_out=frozenset({"delete"}),
)
_ONE = "/category/{tenant}/categories/{categoryId}"
_SEGMENTS = Documents(
    "/customer-segment/{tenant}/segments",
    "segment.Segment",
    "a customer segment",
    filters=(Q, *(Parameter(name, TEXT) for name in ("customerId", "siteCode", "status"))),
    left_out=frozenset({"delete", "change"}),
)
_REFERENCES = "/category/{tenant}/assignments/references/{productId}"


def operations() -> list[Operation]:
    """The operations of both services."""
    return [*_categories(), *_segments()]


def _categories() -> list[Operation]:
    shown, assignment = _TREE.shown, ref("category.ShownAssignment")
    path, page = _ONE + "/assignments", (*paging(60), COUNT)
    branch = Parameter("withSubcategories", FLAG, "Whether what lies below it goes, too.")
    lines = listed(record({**FATE, "productId": TEXT, "assignmentId?": TEXT}))
    return [
        *_TREE.operations(),
        Operation("DELETE", _TREE.path + "/{id}", "Deletes a category", {204: None}, parameters=(branch,)),
        listing(_ONE + "/subcategories", "a category right below", shown, page),
        Operation("GET", _ONE + "/parents", "Lists the categories above, nearest first", {200: listed(shown)}),
        Operation("POST", path, "Assigns a product", {201: created(record({"id": TEXT}))}, ref("category.Assignment")),
        listing(path, "an assignment of a category", assignment, page),
        Operation("DELETE", path, "Empties a category", {204: None}),
        Operation("GET", path + "/{id}", "Shows an assignment", {200: assignment}),
        Operation("DELETE", path + "/{id}", "Takes a product out of a category", {204: None}),
        Operation(
            "POST",
            path + "/bulk",
            "Assigns many products",
            {207: lines},
            listed(ref("category.Assignment"), most=BULK_ITEMS_MAX),
        ),
        Operation("GET", _REFERENCES, "Lists the categories of a product", {200: listed(shown)}),
        Operation("DELETE", _REFERENCES, "Takes a product out of all categories", {204: None}),
    ]


def _segments() -> list[Operation]:
    members = _SEGMENTS.path + "/{segmentId}/customers"
    member, force = ref("segment.ShownMember"), Parameter("forceDelete", FLAG, "Whether its members leave it.")
    new = created(record({"id": TEXT}))
    return [
        *_SEGMENTS.operations(),
        Operation("DELETE", _SEGMENTS.path + "/{id}", "Deletes a segment", {204: None}, parameters=(force,)),
        listing(members, "a member of a segment", member, (*paging(60), COUNT)),
        Operation("GET", members + "/{id}", "Shows a membership", {200: member}),
        Operation("PUT", members + "/{id}", "Takes a customer in", {204: None, 201: new}, ref("segment.Member")),
        Operation("DELETE", members + "/{id}", "Lets a customer leave", {204: None}),
    ]


def components() -> dict[str, Schema]:
    """The shapes of both services."""
    tree = structs("category", {"Category": Category, "Assignment": Assignment})
    tree["category.Category"] = extended(
        tree["category.Category"],
        {"position": nullable(WHOLE), "mixins": OBJECT, "metadata": OBJECT},
        required=("localizedName",),
    )
    shown = record(
        {"id": TEXT, "categoryId": TEXT, "ref": OBJECT, "metadata": ref("Metadata")},
        others=True,
        note="That a product is in a category; its id is that of the product.",
    )
    segments = structs("segment", {"Segment": Segment, "Member": Member})
    status = one_of("ACTIVE", "INACTIVE")
    segments["segment.Segment"] = extended(
        segments["segment.Segment"], {"status": status, "mixins": OBJECT, "metadata": OBJECT}
    )
    member = record(
        {"customer": record({"id": TEXT}), "assignmentType": TEXT, "metadata": ref("Metadata")}, others=True
    )
    found = with_patches(tree, "category.Category") | segments
    return found | {"category.ShownAssignment": shown, "segment.ShownMember": member}
