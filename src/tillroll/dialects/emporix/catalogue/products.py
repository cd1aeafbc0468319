"""Products: `/product/{tenant}/products` (docs/wire/emporix.md, 22).

Every token reads what is published; the rest is for service tokens that may read or manage it, and does not exist for
others. A product hangs in the store under its shelf, `published` or none, so that a page of either is one query.
"""

from collections.abc import Iterable
from operator import itemgetter
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from tillroll.dialects.emporix.catalogue.categories import with_categories
from tillroll.dialects.emporix.wire.errors import PRODUCT, Refusal, Reply, encode_page, respond
from tillroll.dialects.emporix.wire.fields import code_problem, country_problem, id_problem, quantity_problem
from tillroll.dialects.emporix.wire.languages import Path, accepted, speak
from tillroll.dialects.emporix.wire.payload import body_as, flag, paging, reads_of_list
from tillroll.dialects.emporix.wire.query import (
    Condition,
    SortKey,
    in_order,
    named_values,
    shop_conditions,
    sort_keys,
    text_within,
)
from tillroll.dialects.emporix.wire.resource_lists import bounded
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
    delete,
    noting,
    resource_routes,
    shown,
    stored,
)
from tillroll.dialects.emporix.wire.secured import Call, anybody, back_office, secured
from tillroll.dialects.emporix.wire.yrn import product_id_of, product_yrn
from tillroll.dialects.http import JSON_CONTENT, Problem, Response, Route
from tillroll.domain.catalogue.products import Product
from tillroll.domain.documents import Localized
from tillroll.engine.access.access import SERVICE
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind
from tillroll.store import Transaction
from tillroll.store.documents.rows import Entry

MANAGE = "product.product_manage"
PUBLISH = "product.product_publish"
READ_UNPUBLISHED = "product.product_read_unpublished"

ID_CHARACTERS_MAX = 32
CODE_CHARACTERS_MAX = 255  # an index key
BUNDLED_PRODUCTS_MAX = 200
NAMED_MAX = 1000
BY_NAME = "/product/{tenant}/search"

PUBLISHED_SHELF = "published"
_TEXTS: tuple[Path, ...] = (("name",), ("description",))
# What a product has that was not sent with it.
_ADDED: Document = {"productType": "BASIC", "published": False}
_ALWAYS_SHOWN = ("id", "yrn")
# Which categories a product is in: assignments say so, of the product or of its parent, and not the product itself.
_CATEGORIES = "categoryIds"
_TAKEN = "Conflict - a resource with given code or id has already exist."


class _Product(Product, frozen=True, rename="camel"):
    product_type: Literal["BASIC", "BUNDLE", "PARENT_VARIANT", "VARIANT", "DYNAMIC_VARIANT"] = "BASIC"
    description: Localized = ""
    mixins: dict[str, Any] | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET


def _check(product: _Product) -> list[Problem | None]:
    members = product.bundled_products
    checked = range(min(len(members), BUNDLED_PRODUCTS_MAX))
    return [
        code_problem("code", product.code, length_max=CODE_CHARACTERS_MAX),
        None if product.name else Problem("name", "missing_value", "name must not be empty"),
        *(_tax_problem(country, code) for country, code in product.tax_classes.items()),
        None
        if len(members) <= BUNDLED_PRODUCTS_MAX
        else Problem("bundledProducts", "invalid_value", f"a bundle holds at most {BUNDLED_PRODUCTS_MAX} products"),
        *(_member_problem(position, product) for position in checked),
    ]


def _keeps_above(change: Change) -> Refusal | None:
    """Refuse a parent that is the product itself or is there and no parent of variants: nothing is above itself."""
    parent = change.after.get("parentVariantId")
    if not parent or (change.before is not None and change.before.get("parentVariantId") == parent):
        return None
    said = "a product is no variant of itself" if parent == change.after["id"] else ""
    known = documents.find(change.tx, change.call.shop, Kind.PRODUCT, parent)
    if known is not None and stored(known).get("productType") != "PARENT_VARIANT":
        said = said or f"the product {parent[:80]} is no PARENT_VARIANT: choose one"
    return PRODUCT.refusal(400, [Problem("parentVariantId", "invalid_value", said)]) if said else None


def _tax_problem(country: str, code: str) -> Problem | None:
    problem = country_problem("taxClasses", country, needed=True)
    if problem is not None:
        return problem
    return code_problem(f"taxClasses.{country}", code)


def _member_problem(position: int, product: Product) -> Problem | None:
    field, member = f"bundledProducts[{position}]", product.bundled_products[position]
    if member.product_id == product.id:
        return Problem(f"{field}.productId", "invalid_value", "a bundle can not hold itself")
    if quantity_problem(f"{field}.amount", member.amount) is not None or member.amount <= 0:
        return Problem(f"{field}.amount", "invalid_value", "amount must be a positive number up to 10^9")
    return id_problem(f"{field}.productId", member.product_id, length_max=ID_CHARACTERS_MAX)


def _keep_promises(change: Change) -> Refusal | None:
    """Refuse a change of the product type, a bundle of nothing, and publishing without the scope for it."""
    call, before, after = change.call, change.before, change.after
    known_type = before.get("productType", "BASIC") if before is not None else None
    if known_type is not None and after.setdefault("productType", known_type) != known_type:
        return PRODUCT.refusal(400, [Problem("productType", "invalid_value", f"productType must stay {known_type}")])
    publishes = bool(after.get("published")) and not (before is not None and before.get("published"))
    if publishes and PUBLISH not in call.caller.scopes:
        return PRODUCT.forbidden((PUBLISH,))
    if after.get("productType") == "BUNDLE" and not after.get("bundledProducts"):
        return PRODUCT.refusal(400, [Problem("bundledProducts", "missing_value", "a BUNDLE needs bundledProducts")])
    after.pop("yrn", None)
    return None


def sees_all(call: Call) -> bool:
    """Whether the caller may read what is not published."""
    return call.caller.kind == SERVICE and not call.caller.scopes.isdisjoint((READ_UNPUBLISHED, MANAGE))


def _is_visible(call: Call, entry: Entry) -> bool:
    return sees_all(call) or stored(entry).get("published") is True


def _whole(shop: str, entry: Entry) -> Document:
    """A product with all that may be asked of it, also what it was not sent with."""
    return {**_ADDED, **shown(entry), "yrn": product_yrn(shop, entry.id)}


def _present(call: Call, entry: Entry) -> Document:
    """A product as it is answered: with what the server knows of it, in the caller's languages."""
    document = {"media": [], _CATEGORIES: [], "customerSegmentIds": [], **_whole(call.shop, entry)}
    speak(document, _TEXTS, accepted(call.inbound))
    return document


def _presented(tx: Transaction, call: Call, entries: Iterable[Entry]) -> list[Document]:
    """Products as they are answered, each with the categories that it is in, by `fields`."""
    fields = [name.strip() for name in call.inbound.query.get("fields", "").split(",") if name.strip()]
    found = [_present(call, entry) for entry in entries]
    if not fields:
        return with_categories(tx, call.shop, found)
    if _CATEGORIES in fields:
        found = with_categories(tx, call.shop, found)
    names = dict.fromkeys([*_ALWAYS_SHOWN, *fields])
    return [{name: document[name] for name in names if name in document} for document in found]


RESOURCE = Resource(
    path="/product/{tenant}/products",
    kind=Kind.PRODUCT,
    service=PRODUCT,
    writers=back_office(MANAGE),
    readers=anybody(),
    body=Body(_Product, _check, countries=(("taxClasses",),)),
    ids=Ids(length_max=ID_CHARACTERS_MAX),
    index=Index(
        parent=lambda document: PUBLISHED_SHELF if document.get("published") else "",
        alternate_key=lambda document: str(document["code"]),
    ),
    words=Words(
        "The product with id {id} has not been found.",
        _TAKEN,
        taken=_TAKEN + " The code '{code}' belongs to another product.",
        repeats_id_as="productId",
    ),
    writes=Writes(
        created=lambda tenant, id: {"id": id, "yrn": product_yrn(tenant, id)}, taken=400, creates_on_put=True
    ),
    shows=Shows(_present, _is_visible),
    rules=(_keep_promises, _keeps_above, noting(*_TEXTS)),
)


def routes() -> list[Route]:
    """The product routes, but for those that write many at once."""
    read, write = RESOURCE.readers, RESOURCE.writers
    search = secured(PRODUCT, read, _search)
    return [
        *resource_routes(
            RESOURCE,
            Route("GET", RESOURCE.path, secured(PRODUCT, read, _list), PRODUCT, reads=reads_of_list),
            Route("GET", RESOURCE.one, secured(PRODUCT, read, _show), PRODUCT),
            Route("DELETE", RESOURCE.one, secured(PRODUCT, write, _delete), PRODUCT, writes=True),
        ),
        Route("POST", RESOURCE.path + "/search", search, PRODUCT, body_as(_Search), reads="search"),
        Route("POST", BY_NAME, secured(PRODUCT, read, _find_named), PRODUCT, body_as(NamedProducts), reads="search"),
    ]


class _Search(Struct):
    q: str = ""


class NamedProducts(Struct, frozen=True):
    """The products that are wanted, by their yrns."""

    yrns: tuple[str, ...]


def _show(tx: Transaction, call: Call) -> Reply:
    """GET of one product, with the categories that it is assigned to."""
    id = call.inbound.values["id"]
    entry = documents.find(tx, call.shop, Kind.PRODUCT, id)
    if entry is None or not _is_visible(call, entry):
        return RESOURCE.missing(id)
    return respond(200, _presented(tx, call, [entry])[0])


def _list(tx: Transaction, call: Call) -> Response:
    """GET of the list: a page of what the caller may see, filtered by `q`, in the order of `sort`."""
    return _page(tx, call, call.inbound.query.get("q", ""))


def _search(tx: Transaction, call: Call) -> Response:
    """POST of a search: the list with its `q` in the body, where it may be longer than an address."""
    return _page(tx, call, call.inbound.command.q)


def _find_named(tx: Transaction, call: Call) -> Reply:
    """POST of yrns, as the vendor's storefront asks for what is in a cart: those that the caller may see."""
    asked: NamedProducts = call.inbound.command
    if len(asked.yrns) > NAMED_MAX:
        message = f"ask for at most {NAMED_MAX} products"
        return PRODUCT.refusal(400, [Problem("yrns", "invalid_value", message)])
    ids = dict.fromkeys(id for yrn in asked.yrns if (id := product_id_of(yrn, call.shop)) is not None)
    found = documents.find_many(tx, call.shop, Kind.PRODUCT, ids)
    entries = [found[id] for id in ids if id in found and _is_visible(call, found[id])]
    return respond(200, _presented(tx, call, entries))


def _page(tx: Transaction, call: Call, q: str) -> Response:
    asked = paging(call.inbound, RESOURCE.shows.page_size)
    order = sort_keys(call.inbound.query.get("sort", ""))
    wanted = shop_conditions(tx, call.shop, q)
    shelf = None if sees_all(call) else PUBLISHED_SHELF
    if wanted or order:
        found = _found(tx, call, wanted, order)
        ids = in_order(found, order, accepted(call.inbound))[asked.offset : asked.offset + asked.size]
        of_page = documents.find_many(tx, call.shop, Kind.PRODUCT, ids)
        entries, total = [of_page[id] for id in ids], len(found)
    else:
        entries = documents.page(tx, call.shop, Kind.PRODUCT, limit=asked.size, offset=asked.offset, parent=shelf)
        total = documents.count(tx, call.shop, Kind.PRODUCT, parent=shelf) if asked.total else 0
    headers = (JSON_CONTENT, (b"x-total-count", b"%d" % total)) if asked.total else (JSON_CONTENT,)
    return Response(200, encode_page(_presented(tx, call, entries)), headers)


def _found(tx: Transaction, call: Call, wanted: list[Condition], order: list[SortKey]) -> list[tuple[str, Document]]:
    """The products that the caller may see and that fulfil every condition, oldest first.

    Each by its id, and with nothing but the fields that it is sorted by: the page alone is read again.
    """
    everything, fields = sees_all(call), {key.path[0] for key in order}
    found = [
        (entry.created_at, entry.id, {name: value for name, value in document.items() if name in fields})
        for entry, document in _read(tx, call, wanted)
        if (document.get("published") is True or everything) and all(condition.holds(document) for condition in wanted)
    ]
    return [(id, document) for _, id, document in sorted(found, key=itemgetter(0, 1))]


def _read(tx: Transaction, call: Call, wanted: list[Condition]) -> Iterable[tuple[Entry, Document]]:
    """The candidates with all that may be asked of them; with their categories where somebody asks for those."""
    found = ((entry, _whole(call.shop, entry)) for entry in bounded(_candidates(tx, call.shop, wanted)))
    if not any(one.path[0] == _CATEGORIES for one in wanted):
        return found
    known = list(found)
    whole = with_categories(tx, call.shop, [{_CATEGORIES: [], **document} for _, document in known])
    return zip((entry for entry, _ in known), whole, strict=True)


def _candidates(tx: Transaction, shop: str, wanted: list[Condition]) -> Iterable[Entry]:
    """Those products among which the wanted ones are: found by id or code where the query names any, else all."""
    for condition in wanted:
        values = named_values(condition)
        if values is not None and condition.path == ("id",):
            return documents.find_many(tx, shop, Kind.PRODUCT, values).values()
        if values is not None and condition.path == ("code",):
            return documents.find_by_alternate_keys(tx, shop, Kind.PRODUCT, values).values()
    stored_alone = [one for one in wanted if one.path[0] not in (*_ADDED, "yrn", _CATEGORIES)]
    return documents.scan(tx, shop, Kind.PRODUCT, containing=text_within(stored_alone))


def _delete(tx: Transaction, call: Call) -> Reply:
    """DELETE: 204 also where there was nothing; a parent of variants goes with all of them, if `force` confirms it."""
    id = call.inbound.values["id"]
    documents.touch(tx, call.shop)
    entry = documents.find(tx, call.shop, Kind.PRODUCT, id)
    if entry is not None and stored(entry).get("productType") == "PARENT_VARIANT":
        every = documents.scan(tx, call.shop, Kind.PRODUCT)
        variants = [other.id for other in every if stored(other).get("parentVariantId") == id]
        if variants and not flag(call.inbound.query, "force"):
            message = f"The product has {len(variants)} variants. Confirm with force=true that they are deleted, too."
            return PRODUCT.refusal(400, message=message)
        for variant in variants:
            documents.remove(tx, call.shop, Kind.PRODUCT, variant)
    return delete(RESOURCE, tx, call)
