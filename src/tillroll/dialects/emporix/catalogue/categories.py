"""Categories and what is in them: `/category/{tenant}/categories`, `…/assignments` (docs/wire/emporix.md, 10).

Categories are a tree: one without a `parentId`, or with the `parentId` root, is a root. A product that is assigned to
one is in all above it, too, which is what coupons for categories go by. An assignment has the id of its product.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

from msgspec import Struct

from tillroll.dialects.emporix.wire.errors import CATEGORY, Refusal, Reply, respond
from tillroll.dialects.emporix.wire.fields import code_problem, id_problem, period_problem, validity_problems
from tillroll.dialects.emporix.wire.payload import flag, number_in, reads_of_list
from tillroll.dialects.emporix.wire.resource_lists import Listing, fate, filtered, part_of, read_bulk
from tillroll.dialects.emporix.wire.resources import (
    Body,
    Change,
    Document,
    Ids,
    Index,
    Resource,
    Shows,
    Words,
    create,
    delete,
    resource_routes,
    shown,
    stored,
)
from tillroll.dialects.emporix.wire.secured import Call, anybody, back_office, secured
from tillroll.dialects.http import Malformed, Problem, Response, Route
from tillroll.domain.catalogue.categories import Category
from tillroll.engine.access.access import SERVICE
from tillroll.engine.catalogue import categories
from tillroll.engine.documents import documents as catalogue
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import clock_of
from tillroll.store import Transaction
from tillroll.store.documents.rows import Entry

MANAGE = "category.category_manage"
READ_UNPUBLISHED = "category.category_read_unpublished"
ID_BYTES_MAX = 100
CODE_BYTES_MAX = 255

# The parent that the vendor's own examples and importers give to a root.
_ROOT = "root"
# Query parameters of the list, and the path into the category that each one compares.
FILTERS: Mapping[str, str] = {
    **{name: name for name in ("code", "parentId", "published", "ecn")},
    **{name: f"~{name}" for name in ("localizedName", "localizedDescription", "localizedSlug")},
    "validityFrom": ">validity.from",
    "validityTo": "<validity.to",
    "metadataModifiedAt": ">metadata.modifiedAt",
}
ASSIGNMENT_FILTERS: Mapping[str, str] = {"assignmentType": "ref.type", "ref.id": "ref.id"}

_ONE = "/category/{tenant}/categories/{categoryId}"
_REFERENCE = _ONE + "/assignments/references/{productId}"


class AssignedRef(Struct, frozen=True):
    """What is assigned."""

    id: str
    type: Literal["PRODUCT", "product"] = "PRODUCT"


class Assignment(Struct, frozen=True):
    """The body of an assignment."""

    ref: AssignedRef


class _Category(Category, frozen=True, rename="camel"):
    position: int | None = None


def routes() -> list[Route]:
    """The routes of categories and of assignments."""
    tree, assignments = _categories(), _assignments()
    read, write = tree.readers, tree.writers
    many, references = assignments.path, "/category/{tenant}/assignments/references/{productId}"
    return [
        *resource_routes(
            tree,
            Route("GET", tree.path, secured(CATEGORY, read, _show_all), CATEGORY, reads=reads_of_list),
            Route("DELETE", tree.one, secured(CATEGORY, write, _delete), CATEGORY, writes=True),
        ),
        *resource_routes(
            assignments,
            Route("GET", many, secured(CATEGORY, read, _show_assignments), CATEGORY, reads=reads_of_list),
            without=("PUT", "PATCH"),
        ),
        Route("GET", _ONE + "/subcategories", secured(CATEGORY, read, _show_below), CATEGORY, reads=reads_of_list),
        Route("GET", _ONE + "/parents", secured(CATEGORY, read, _show_above), CATEGORY, reads=reads_of_list),
        Route("PUT", _REFERENCE, secured(CATEGORY, write, _put_reference), CATEGORY, writes=True),
        Route("DELETE", _REFERENCE, secured(CATEGORY, write, _delete_reference), CATEGORY, writes=True),
        Route(
            "PUT", many + "/references/bulk", secured(CATEGORY, write, _assign_many), CATEGORY, read_bulk, writes=True
        ),
        Route("POST", many + "/bulk", secured(CATEGORY, write, _assign_many), CATEGORY, read_bulk, writes=True),
        Route("DELETE", many, secured(CATEGORY, write, _empty), CATEGORY, writes=True),
        Route("GET", references, secured(CATEGORY, read, _show_categories_of), CATEGORY),
        Route("DELETE", references, secured(CATEGORY, write, _take_out), CATEGORY, writes=True),
    ]


def _categories() -> Resource:
    return Resource(
        path="/category/{tenant}/categories",
        kind=Kind.CATEGORY,
        service=CATEGORY,
        writers=back_office(MANAGE),
        readers=anybody(),
        body=Body(_Category, _check, complete=_complete),
        ids=Ids(length_max=ID_BYTES_MAX),
        index=Index(
            parent=lambda document: document.get("parentId") or "",
            alternate_key=lambda document: document.get("code") or None,
        ),
        words=Words(
            "Category with id {id} has not been found.",
            "Category with id {id} already exists.",
            "The version of the category is out of date: read it again and retry.",
            "Category with code {code} already exists.",
            "resourceId",
        ),
        shows=Shows(present, _is_visible),
        rules=(_check_place, _check_period),
    )


def _assignments() -> Resource:
    return Resource(
        path=_ONE + "/assignments",
        kind=Kind.CATEGORY_ASSIGNMENT,
        service=CATEGORY,
        writers=back_office(MANAGE),
        readers=back_office(READ_UNPUBLISHED, MANAGE),
        body=Body(
            Assignment,
            lambda assignment: [id_problem("ref.id", assignment.ref.id, length_max=ID_BYTES_MAX)],
            complete=_complete_assignment,
        ),
        ids=Ids(under=("categoryId",), length_max=ID_BYTES_MAX, made_of=_product_of),
        index=Index(subject=_product_of),
        words=Words(
            "Assignment with id {id} has not been found.",
            "The product {id} is assigned to this category already.",
            repeats_id_as="resourceId",
        ),
        shows=Shows(_present_assignment),
        rules=(lambda change: missing_category(change.tx, change.call), _check_product),
    )


# ------------------------------------------------------------------------------------------------- what makes it valid


def _check(category: Category) -> list[Problem | None]:
    return [
        None
        if category.localized_name or category.name
        else Problem("localizedName", "missing_value", "localizedName may not be empty"),
        code_problem("code", category.code, length_max=CODE_BYTES_MAX) if category.code else None,
        *validity_problems("validity", category.validity),
    ]


def _complete(document: Document) -> None:
    document.setdefault("published", False)
    if document.get("parentId") == _ROOT:
        del document["parentId"]
    for name in ("parentId", "code"):
        if document.get(name) is None:
            document.pop(name, None)


def _check_place(change: Change) -> Refusal | None:
    """The parent exists, and is not the category itself or one below it."""
    tx, shop = change.tx, change.call.shop
    parent, id = change.after.get("parentId"), change.after["id"]
    if not parent:
        return None
    if catalogue.find(tx, shop, Kind.CATEGORY, parent) is None:
        return _misplaced(f"Category with id {parent[:100]} has not been found.")
    above = categories.ancestors(tx, shop, parent)
    if id == parent or id in above:
        return _misplaced("a category can not lie below itself")
    if len(above) + 1 >= categories.DEPTH_MAX:
        return _misplaced(f"a tree is at most {categories.DEPTH_MAX} categories deep")
    return None


def _check_period(change: Change) -> Refusal | None:
    """The validity ends after it begins, on the shop's clock: a category is of no site."""
    clocks = (clock_of(change.tx, change.call.shop) for _ in [None])
    return CATEGORY.refusal_if([period_problem("validity", change.after.get("validity"), clocks)])


def _misplaced(message: str) -> Refusal | None:
    return CATEGORY.refusal_if([Problem("parentId", "invalid_value", message)])


def _sees_all(call: Call) -> bool:
    return call.caller.kind == SERVICE and not call.caller.scopes.isdisjoint((READ_UNPUBLISHED, MANAGE))


def _is_visible(call: Call, entry: Entry) -> bool:
    return _sees_all(call) or stored(entry).get("published") is True


def present(_call: Call, entry: Entry) -> Document:
    """A category as it is answered."""
    document = shown(entry)
    names = document.get("localizedName") or {}
    name = names.get("en") or next(iter(names.values()), "") if isinstance(names, dict) else ""
    return {"name": name, "position": 0, "published": False, "media": [], **document}


def _product_of(document: Document) -> str | None:
    ref = document.get("ref")
    id = ref.get("id") if isinstance(ref, dict) else None
    return id if isinstance(id, str) else None


def _complete_assignment(document: Document) -> None:
    document["id"] = document["ref"]["id"]
    document["ref"] = {**document["ref"], "type": "PRODUCT"}


def missing_category(tx: Transaction, call: Call) -> Refusal | None:
    """404 where the category of the path is none that the caller may see."""
    id = call.inbound.values["categoryId"]
    entry = catalogue.find(tx, call.shop, Kind.CATEGORY, id)
    return None if entry is not None and _is_visible(call, entry) else _categories().missing(id)


def _check_product(change: Change) -> Refusal | None:
    id = change.after["ref"]["id"]
    if catalogue.find(change.tx, change.call.shop, Kind.PRODUCT, id) is not None:
        return None
    return CATEGORY.refusal_if([Problem("ref.id", "invalid_value", f"The product with id {id} has not been found.")])


def _present_assignment(_call: Call, entry: Entry) -> Document:
    return {**shown(entry), "categoryId": entry.id.partition("/")[0]}


# ----------------------------------------------------------------------------------------------------------- answers


def _show_all(tx: Transaction, call: Call) -> Response:
    """GET: the categories that the caller may see, by `q`, by `FILTERS` and in the order of `sort`."""
    return page_of(tx, call, call.inbound.query.get("q", ""))


def page_of(tx: Transaction, call: Call, q: str) -> Response:
    """A page of the categories that the caller may see; with `showRoots`, of those that lie below none."""
    listing, roots = Listing(_categories(), FILTERS, "parentId"), flag(call.inbound.query, "showRoots")
    sees_all = sees_unpublished(call)
    return filtered(listing, tx, call, q=q, parent="" if roots else None, fits=None if sees_all else is_published)


def is_published(document: Document) -> bool:
    """Whether shoppers see a category."""
    return document["published"] is True


def sees_unpublished(call: Call) -> bool:
    """Whether a list shows what is not published: to who may see it, and says `showUnpublished`."""
    return _sees_all(call) and flag(call.inbound.query, "showUnpublished")


def _show_below(tx: Transaction, call: Call) -> Reply:
    """GET: the categories below one, all of them or as many levels as `depth` says."""
    missing = missing_category(tx, call)
    if missing is not None:
        return missing
    levels = number_in(call.inbound.query, "depth", 0, range(categories.DEPTH_MAX + 1)) or categories.DEPTH_MAX
    ids = categories.below(tx, call.shop, call.inbound.values["categoryId"], levels)
    return _page_among(tx, call, ids)


def _show_above(tx: Transaction, call: Call) -> Reply:
    """GET: the categories that one lies below, nearest first."""
    missing = missing_category(tx, call)
    if missing is not None:
        return missing
    ids = categories.ancestors(tx, call.shop, call.inbound.values["categoryId"])
    return _page_among(tx, call, ids)


def _page_among(tx: Transaction, call: Call, ids: Sequence[str]) -> Response:
    """A page of these categories, without those that the caller does not see."""
    found = catalogue.find_many(tx, call.shop, Kind.CATEGORY, ids)
    fits = None if sees_unpublished(call) else is_published
    return filtered(Listing(_categories(), {}), tx, call, fits=fits, among=[found[id] for id in ids if id in found])


def _show_assignments(tx: Transaction, call: Call) -> Reply:
    """GET: what is assigned to a category; with `withSubcategories`, to those below it that the caller sees, too.

    With `hideUnpublishedProducts`, only products that are published.
    """
    missing = missing_category(tx, call)
    if missing is not None:
        return missing
    query, shop, id = call.inbound.query, call.shop, call.inbound.values["categoryId"]
    branches = [id]
    if flag(query, "withSubcategories"):
        found = catalogue.find_many(tx, shop, Kind.CATEGORY, categories.below(tx, shop, id))
        branches += [one for one, entry in found.items() if sees_unpublished(call) or _is_visible(call, entry)]
    listing, hides = Listing(_assignments(), ASSIGNMENT_FILTERS), flag(query, "hideUnpublishedProducts")
    if len(branches) == 1 and not hides:
        return filtered(listing, tx, call, parent=id)
    entries = [entry for one in branches for entry in catalogue.scan(tx, shop, Kind.CATEGORY_ASSIGNMENT, parent=one)]
    if hides:
        entries = _of_published(tx, shop, entries)
    return filtered(listing, tx, call, among=sorted(entries, key=lambda entry: (entry.created_at, entry.id)))


def _of_published(tx: Transaction, shop: str, entries: list[Entry]) -> list[Entry]:
    """Those assignments whose product is published."""
    known = catalogue.find_many(tx, shop, Kind.PRODUCT, {entry.id.partition("/")[2] for entry in entries})
    published = {id for id, product in known.items() if stored(product).get("published") is True}
    return [entry for entry in entries if entry.id.partition("/")[2] in published]


def _put_reference(tx: Transaction, call: Call) -> Reply:
    """PUT by the product: 201 with the new assignment, 204 where it is there."""
    id, category = call.inbound.values["productId"], call.inbound.values["categoryId"]
    known = catalogue.find(tx, call.shop, Kind.CATEGORY_ASSIGNMENT, f"{category}/{id}")
    if known is not None:
        return Response(204, b"", ())
    return create(_assignments(), tx, part_of(call, {"id": id, "ref": {"id": id, "type": "PRODUCT"}}, id))


def _delete_reference(tx: Transaction, call: Call) -> Reply:
    """DELETE by the product: 204."""
    return delete(_assignments(), tx, part_of(call, None, call.inbound.values["productId"]))


def _assign_many(tx: Transaction, call: Call) -> Response:
    """POST or PUT of many: 207, one line for each; a PUT of what is assigned already is no conflict."""
    resource, lines = _assignments(), []
    for index, document in enumerate(call.inbound.command):
        product_id = _product_of(document) or ""
        one = part_of(call, document, product_id or f"{call.inbound.id}-{index}")
        try:
            resource.validate(one.inbound.command, given_id=None, fallback_id=one.inbound.values["id"])
            answer = create(resource, tx, one)
            if call.inbound.method == "PUT" and answer.status == HTTPStatus.CONFLICT:
                answer = Response(204, b"", ())
        except Malformed as malformed:
            answer = CATEGORY.refusal(400, malformed.problems)
        line: dict[str, Any] = {"index": index, "productId": product_id}
        line |= {"assignmentId": product_id} if answer.status < 400 else {}
        lines.append(line | fate(answer, HTTPStatus(answer.status).name))
    return respond(207, lines)


def _empty(tx: Transaction, call: Call) -> Response:
    """DELETE of all assignments of a category."""
    catalogue.remove_below(tx, call.shop, Kind.CATEGORY_ASSIGNMENT, call.inbound.values["categoryId"])
    return Response(204, b"", ())


def _show_categories_of(tx: Transaction, call: Call) -> Response:
    """GET: the categories that a product is assigned to, itself or as a variant with its parent."""
    product_id = call.inbound.values["productId"]
    product = catalogue.find(tx, call.shop, Kind.PRODUCT, product_id)
    parent = _parent_of(stored(product)) if product is not None else None
    ids = categories.direct(tx, call.shop, {product_id: parent})[product_id]
    return _page_among(tx, call, ids)


def _take_out(tx: Transaction, call: Call) -> Response:
    """DELETE: a product leaves all of its categories."""
    catalogue.remove_about(tx, call.shop, Kind.CATEGORY_ASSIGNMENT, call.inbound.values["productId"])
    return Response(204, b"", ())


def _delete(tx: Transaction, call: Call) -> Reply:
    """DELETE: 204; one with categories below it only together with them, with `withSubcategories=true`."""
    id = call.inbound.values["id"]
    catalogue.touch(tx, call.shop)
    doomed, level = [id], [id]
    while level:
        level = [id for id in catalogue.ids_below(tx, call.shop, Kind.CATEGORY, level) if id not in doomed]
        if level and not flag(call.inbound.query, "withSubcategories"):
            message = f"The category has {len(level)} subcategories. Delete them first, or set withSubcategories."
            return CATEGORY.refusal(400, message=message)
        doomed += level
    for one in doomed:
        catalogue.remove(tx, call.shop, Kind.CATEGORY, one, below=Kind.CATEGORY_ASSIGNMENT)
    return Response(204, b"", ())


def with_categories(tx: Transaction, shop: str, documents: list[Document]) -> list[Document]:
    """Products as they are answered, each with the categories that it is assigned to, itself or with its parent."""
    wanted = {document["id"]: _parent_of(document) for document in documents if "categoryIds" in document}
    if not wanted:
        return documents
    known = categories.direct(tx, shop, wanted)
    return [
        document | {"categoryIds": known[document["id"]]} if "categoryIds" in document else document
        for document in documents
    ]


def _parent_of(product: Document) -> str | None:
    """The product that this one is a variant of, if it is one."""
    is_variant = product.get("productType") in ("VARIANT", "DYNAMIC_VARIANT")
    return product.get("parentVariantId") or None if is_variant else None
