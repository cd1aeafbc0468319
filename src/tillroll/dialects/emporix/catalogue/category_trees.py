"""Categories as trees, and as what a search finds: `/category/{tenant}/category-trees` (docs/wire/emporix.md, 10).

    categories of the shop ──► by parent ──► roots, each with its `subcategories`, by `position`

A storefront makes its menu of them. They are put together when they are asked for, so that a rebuild has nothing to do.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from tillroll.dialects.emporix.catalogue.categories import (
    MANAGE,
    READ_UNPUBLISHED,
    is_published,
    missing_category,
    page_of,
    present,
    sees_unpublished,
)
from tillroll.dialects.emporix.wire.errors import CATEGORY, Reply, respond
from tillroll.dialects.emporix.wire.payload import body_as
from tillroll.dialects.emporix.wire.resource_lists import bounded
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.emporix.wire.secured import Call, anybody, back_office, secured
from tillroll.dialects.http import Response, Route
from tillroll.engine.catalogue.categories import DEPTH_MAX
from tillroll.engine.documents import documents as catalogue
from tillroll.engine.documents.documents import Kind
from tillroll.store import Transaction

TREES = "/category/{tenant}/category-trees"
SEARCH = "/category/{tenant}/categories/search"

# What a tree tells of each of its categories.
TOLD = ("id", "name", "code", "localizedName", "localizedDescription", "localizedSlug", "validity", "position", "ecn")


class TreeSearch(Struct, rename="camel", frozen=True):
    """The trees that are wanted: those which hold one of these categories."""

    category_ids: tuple[str, ...]


class CategorySearch(Struct, frozen=True):
    """The body of a search."""

    q: str = ""


def routes() -> list[Route]:
    """The routes of trees, and of the search."""
    read, write = anybody(), back_office(MANAGE, READ_UNPUBLISHED)
    one = TREES + "/{categoryId}"
    search = secured(CATEGORY, read, _search)
    return [
        Route("GET", TREES, secured(CATEGORY, read, _show_all), CATEGORY, reads="list"),
        Route("POST", TREES + "/search", search, CATEGORY, body_as(TreeSearch), reads="list"),
        Route("GET", one, secured(CATEGORY, read, _show), CATEGORY, reads="list"),
        Route("POST", one + "/rebuild", secured(CATEGORY, write, _show), CATEGORY, reads="list"),
        Route(
            "POST",
            SEARCH,
            secured(CATEGORY, read, _search_categories),
            CATEGORY,
            body_as(CategorySearch),
            reads="search",
        ),
    ]


def _show_all(tx: Transaction, call: Call) -> Response:
    """GET: every tree that the caller may see, or those that hold one of `categoryIds`."""
    said = call.inbound.query.get("categoryIds")
    wanted = None if said is None else [id.strip() for id in said.split(",") if id.strip()]
    return respond(200, _trees(tx, call, wanted))


def _search(tx: Transaction, call: Call) -> Response:
    """POST: the trees that hold one of the categories."""
    asked: TreeSearch = call.inbound.command
    return respond(200, _trees(tx, call, asked.category_ids))


def _show(tx: Transaction, call: Call) -> Reply:
    """GET: what lies below one category, itself included; the same for a rebuild."""
    refused = missing_category(tx, call)
    if refused is not None:
        return refused
    id, below = call.inbound.values["categoryId"], _by_parent(tx, call)
    return respond(200, next(_tree(one, below) for many in below.values() for one in many if one["id"] == id))


def _search_categories(tx: Transaction, call: Call) -> Response:
    """POST of a search: the list of categories, with its `q` in the body."""
    return page_of(tx, call, call.inbound.command.q)


def _trees(tx: Transaction, call: Call, wanted: Sequence[str] | None) -> list[Document]:
    """The trees that hold one of the wanted categories, none where none is wanted; all of them without a list."""
    below = _by_parent(tx, call)
    trees = [_tree(root, below) for root in below.get("", ())]
    return [tree for tree in trees if wanted is None or not _ids(tree).isdisjoint(wanted)]


def _by_parent(tx: Transaction, call: Call) -> Mapping[str, list[Document]]:
    """The categories that the caller may see, by what they lie below, each time in the order of their positions."""
    sees_all = sees_unpublished(call)
    below: dict[str, list[Document]] = {}
    for entry in bounded(catalogue.scan(tx, call.shop, Kind.CATEGORY)):
        document = present(call, entry)
        if sees_all or is_published(document):
            below.setdefault(document.get("parentId") or "", []).append(document)
    for many in below.values():
        many.sort(key=_place)
    return below


def _place(document: Document) -> tuple[int, str]:
    position = document.get("position")
    return position if isinstance(position, int) else 0, str(document["metadata"]["createdAt"])


def _tree(category: Document, below: Mapping[str, Iterable[Document]], depth: int = 1) -> Document:
    """A category with what lies below it; deeper than any tree may grow nothing is looked for."""
    told: dict[str, Any] = {name: category[name] for name in TOLD if name in category}
    told = {"localizedName": {"en": told["name"]}} | told | {"published": category["published"] is True}
    children = below.get(category["id"], ()) if depth <= DEPTH_MAX else ()
    return told | {"subcategories": [_tree(child, below, depth + 1) for child in children]}


def _ids(tree: Document) -> set[str]:
    return {tree["id"]}.union(*(_ids(child) for child in tree["subcategories"]))
