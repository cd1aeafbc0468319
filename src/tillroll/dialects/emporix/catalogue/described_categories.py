"""Categories, described (docs/wire/emporix.md, 10)."""

from tillroll.dialects.emporix.catalogue.categories import Assignment
from tillroll.dialects.emporix.wire.described import COUNT, FATE, Documents, Q, created, listing, paging, with_patches
from tillroll.dialects.emporix.wire.resource_lists import BULK_ITEMS_MAX
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
    record,
    ref,
    structs,
)
from tillroll.domain.catalogue.categories import Category

_TREE = Documents(
    "/category/{tenant}/categories",
    "category.Category",
    "a category",
    filters=(Q, *(Parameter(name, TEXT) for name in ("code", "parentId", "published"))),
    left_out=frozenset({"delete"}),
)
_ONE = "/category/{tenant}/categories/{categoryId}"
_REFERENCES = "/category/{tenant}/assignments/references/{productId}"


def operations() -> list[Operation]:
    """The operations of this service."""
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


def components() -> dict[str, Schema]:
    """The shapes of this service."""
    tree = structs("category", {"Category": Category, "Assignment": Assignment})
    tree["category.Category"] = extended(
        tree["category.Category"],
        {"position": nullable(WHOLE), "mixins": OBJECT, "metadata": OBJECT},
        required=("localizedName",),
    )
    shown = record(
        {"id": TEXT, "categoryId": TEXT, "ref": ref("category.AssignedRef"), "metadata": ref("Metadata")},
        others=True,
        note="That a product is in a category; its id is that of the product.",
    )
    return with_patches(tree, "category.Category") | {"category.ShownAssignment": shown}
