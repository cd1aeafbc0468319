"""Categories, described (docs/wire/emporix.md, 10)."""

from tillroll.dialects.emporix.catalogue.categories import ASSIGNMENT_FILTERS, FILTERS, Assignment
from tillroll.dialects.emporix.catalogue.category_trees import SEARCH, TREES, CategorySearch, TreeSearch
from tillroll.dialects.emporix.wire.described import (
    COUNT,
    FATE,
    FIELDS,
    LANGUAGE,
    SORT,
    TOTAL,
    Documents,
    Q,
    asked_for,
    created,
    listing,
    paging,
    with_patches,
)
from tillroll.dialects.emporix.wire.resource_lists import BULK_ITEMS_MAX
from tillroll.dialects.openapi import (
    FLAG,
    OBJECT,
    TEXT,
    WHOLE,
    Answer,
    Operation,
    Parameter,
    Schema,
    extended,
    listed,
    mapped,
    nullable,
    record,
    ref,
    structs,
)
from tillroll.domain.catalogue.categories import Category

_ROOTS = Parameter("showRoots", FLAG, "Whether only categories without a parent are listed.")
_UNPUBLISHED = Parameter("showUnpublished", FLAG, "Whether who may see what is not published is shown it.")
_AMONG = (Q, SORT, FIELDS, _UNPUBLISHED, *paging(60), COUNT)
_TREE = Documents(
    "/category/{tenant}/categories",
    "category.Category",
    "a category",
    filters=(Q, SORT, FIELDS, *asked_for(FILTERS), _ROOTS, _UNPUBLISHED),
    left_out=frozenset({"delete"}),
)
_ONE = "/category/{tenant}/categories/{categoryId}"
_REFERENCES = "/category/{tenant}/assignments/references/{productId}"


def operations() -> list[Operation]:
    """The operations of this service."""
    shown, some, assignment = (
        _TREE.shown,
        Answer("One page.", listed(_TREE.shown), TOTAL),
        ref("category.ShownAssignment"),
    )
    path = _ONE + "/assignments"
    page = (Q, SORT, FIELDS, *asked_for(ASSIGNMENT_FILTERS), _UNPUBLISHED, *paging(60), COUNT)
    with_below = Parameter("withSubcategories", FLAG, "Whether what is in the categories below is listed, too.")
    hides = Parameter("hideUnpublishedProducts", FLAG, "Whether only products that are published are listed.")
    depth = Parameter("depth", WHOLE, "How many levels; 0, or nothing, for all.")
    many = listed(ref("category.Assignment"), most=BULK_ITEMS_MAX)
    put = {201: created(record({"id": TEXT})), 204: None}
    branch = Parameter("withSubcategories", FLAG, "Whether what lies below it goes, too.")
    lines = listed(record({**FATE, "productId": TEXT, "assignmentId?": TEXT}))
    return [
        *_TREE.operations(),
        Operation("DELETE", _TREE.path + "/{id}", "Deletes a category", {204: None}, parameters=(branch,)),
        listing(_ONE + "/subcategories", "a category below", shown, (depth, *_AMONG)),
        Operation(
            "GET", _ONE + "/parents", "Lists the categories above, nearest first", {200: some}, parameters=_AMONG
        ),
        Operation("POST", path, "Assigns a product", {201: created(record({"id": TEXT}))}, ref("category.Assignment")),
        listing(path, "an assignment of a category", assignment, (with_below, hides, *page)),
        Operation("DELETE", path, "Empties a category", {204: None}),
        Operation("GET", path + "/{id}", "Shows an assignment", {200: assignment}),
        Operation("DELETE", path + "/{id}", "Takes a product out of a category", {204: None}),
        Operation(
            "POST",
            path + "/bulk",
            "Assigns many products",
            {207: lines},
            many,
        ),
        Operation(
            "PUT", path + "/references/bulk", "Assigns many products, or finds them assigned", {207: lines}, many
        ),
        Operation("PUT", path + "/references/{productId}", "Assigns a product, or finds it assigned", put),
        Operation("DELETE", path + "/references/{productId}", "Takes a product out of a category", {204: None}),
        *_trees(shown),
        Operation("GET", _REFERENCES, "Lists the categories of a product", {200: some}, parameters=_AMONG),
        Operation("DELETE", _REFERENCES, "Takes a product out of all categories", {204: None}),
    ]


def _trees(shown: Schema) -> list[Operation]:
    tree = ref("category.Tree")
    ids = Parameter("categoryIds", TEXT, "Only trees that hold one of these, separated by commas.")
    page = Answer("One page.", listed(shown), TOTAL)
    asked = (SORT, FIELDS, *asked_for(FILTERS), _ROOTS, _UNPUBLISHED, *paging(60), COUNT, LANGUAGE)
    one = TREES + "/{categoryId}"
    return [
        Operation("GET", TREES, "Lists the trees of categories", {200: listed(tree)}, parameters=(ids, _UNPUBLISHED)),
        Operation(
            "POST",
            TREES + "/search",
            "Finds the trees of some categories",
            {200: listed(tree)},
            ref("category.TreeSearch"),
            (_UNPUBLISHED,),
        ),
        Operation("GET", one, "Shows the tree below a category", {200: tree}, parameters=(_UNPUBLISHED,)),
        Operation(
            "POST",
            one + "/rebuild",
            "Shows the tree below a category: there is nothing to rebuild",
            {200: tree},
            parameters=(_UNPUBLISHED,),
        ),
        Operation("POST", SEARCH, "Searches categories", {200: page}, ref("category.CategorySearch"), asked),
    ]


def components() -> dict[str, Schema]:
    """The shapes of this service."""
    bodies = {"Category": Category, "Assignment": Assignment}
    tree = structs("category", bodies | {"TreeSearch": TreeSearch, "CategorySearch": CategorySearch})
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
    texts = {f"{name}?": mapped(TEXT) for name in ("localizedDescription", "localizedSlug")}
    branch = record(
        {"id": TEXT, "name": TEXT, "code?": TEXT, "localizedName": mapped(TEXT), **texts, "validity?": OBJECT}
        | {"position": WHOLE, "published": FLAG, "ecn?": listed(TEXT)}
        | {"subcategories": listed(ref("category.Tree"))},
    )
    more = {"category.ShownAssignment": shown, "category.Tree": branch}
    return with_patches(tree, "category.Category") | more
