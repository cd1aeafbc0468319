"""Availability: `/availability/{tenant}/availability/…` (docs/wire/emporix.md, 13).

What is on hand is the store's; the rest of the merchant's record is kept as it was sent. A bundle has no record of its
own: its stock is that of its scarcest member, and it can not be written. A `metadata.version` that is sent has to be
the latest, and each sale makes a later one: a figure that was read before a sale does not bring back what was sold.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Literal

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.wire import query as filters
from tillroll.dialects.emporix.wire.conversion import converted, problem_of
from tillroll.dialects.emporix.wire.errors import AVAILABILITY, Refusal, Reply, encode, respond
from tillroll.dialects.emporix.wire.fields import id_problem, quantity_problem
from tillroll.dialects.emporix.wire.payload import paging, read_json, reads_of_list, refuse_if, typed
from tillroll.dialects.emporix.wire.resource_lists import SCANNED_DOCUMENTS_MAX, fate, part_of, size_problem
from tillroll.dialects.emporix.wire.resources import Document, expected_version
from tillroll.dialects.emporix.wire.secured import Call, Run, anybody, back_office, secured
from tillroll.dialects.http import JSON_CONTENT, Inbound, Malformed, Problem, Response, Route
from tillroll.dialects.nesting import nesting_problem
from tillroll.engine.documents import documents as catalogue
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue, View
from tillroll.engine.stock import stock
from tillroll.engine.stock.stock import Availability, Count, CountOutcome, StockPlace
from tillroll.store import Transaction

SEARCHED_IDS_MAX = 1000
PAGE_SIZE = 20_000
ID_CHARACTERS_MAX = 255

# What the server says itself, whatever the merchant's record holds under these names.
_OWN_FIELDS = ("id", "site", "productId", "stockLevel", "available", "bundleAvailabilities")

_STALE = "The version is out of date, as after a sale: read the availability again and retry."

_DOCUMENT = msgspec.json.Decoder(Document, float_hook=Decimal)
_DOCUMENTS = msgspec.json.Decoder(list[Document], float_hook=Decimal)
_SEARCH = msgspec.json.Decoder(list[str] | Document, float_hook=Decimal)


class StockRecord(Struct, rename="camel", frozen=True):
    """The merchant's record. Without `stockLevel` nothing is on hand; without `available` it may be sold."""

    stock_level: Decimal | None = None
    available: bool | None = None
    popularity: int | None = None
    distribution_channel: Literal["ASSORTMENT", "HOME_DELIVERY", "PICKUP"] | None = None
    mixins: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


class StockKey(Struct, rename="camel", frozen=True):
    """Which record an element of a bulk call is about."""

    product_id: str
    site: str


class Write(Struct, frozen=True):
    """A record to be written: what was counted, what else the merchant said, and the version that was read before."""

    on_hand: Decimal
    sellable: bool
    document: str
    expected_version: int | None


Handle = Callable[[Catalogue, Transaction, Call], Reply]


def routes(catalogue: Catalogue) -> list[Route]:
    """The availability routes."""
    read = anybody("availability.availability_view", "availability.availability_manage")
    manage = back_office("availability.availability_manage")
    base = "/availability/{tenant}/availability"
    one, bulk = base + "/{productId}/{site}", base + "/bulk"

    def reading(handle: Handle) -> Run:
        return secured(AVAILABILITY, read, lambda tx, call: handle(catalogue, tx, call))

    def writes(method: str, path: str, handle: Handle, decode: Any = None) -> Route:
        run = secured(AVAILABILITY, manage, lambda tx, call: handle(catalogue, tx, call))
        return Route(method, path, run, AVAILABILITY, decode, writes=True)

    return [
        Route("GET", one, reading(_show), AVAILABILITY),
        Route("GET", base + "/site/{site}", reading(_show_site), AVAILABILITY, reads=reads_of_list),
        Route("POST", base + "/search", reading(_search), AVAILABILITY, _read_search, reads="search"),
        writes("POST", one, _create, _read_one),
        writes("PUT", one, _put, _read_one),
        writes("DELETE", one, _delete),
        writes("POST", bulk, _bulk(_create), _read_bulk),
        writes("PUT", bulk, _bulk(_put), _read_bulk),
        writes("DELETE", bulk, _bulk(_delete), _read_bulk),
    ]


def _read_one(inbound: Inbound) -> Write:
    return _record(read_json(_DOCUMENT, inbound.body))


def _record(document: Document) -> Write:
    """A document as a record; raises Malformed."""
    refuse_if([nesting_problem(document)])
    record = converted(document, StockRecord)
    on_hand = record.stock_level if record.stock_level is not None else Decimal(0)
    refuse_if([quantity_problem("stockLevel", on_hand)])
    rest = {name: value for name, value in document.items() if name not in _OWN_FIELDS}
    return Write(on_hand, record.available is not False, encode(rest).decode(), expected_version(document))


def _read_bulk(inbound: Inbound) -> list[Document]:
    documents = read_json(_DOCUMENTS, inbound.body)
    refuse_if([size_problem(documents)])
    return documents


def _read_search(inbound: Inbound) -> list[str] | list[filters.Condition]:
    """Product ids, or the conditions of a `q`."""
    body = read_json(_SEARCH, inbound.body)
    if isinstance(body, list):
        return list(dict.fromkeys(body))
    q = body.get("q")
    if not isinstance(q, str) or not q.strip():
        raise Malformed([Problem("q", "missing_value", "Required field missing. Check API documentation.")])
    if typed(inbound.query, "site"):
        raise Malformed(
            [Problem("site", "invalid_value", "the site must not be given together with a q: put it into the q")]
        )
    return filters.conditions(q)


def _show(catalogue: Catalogue, tx: Transaction, call: Call) -> Reply:
    product_id, site = call.inbound.values["productId"], call.inbound.values["site"]
    found = _with_bundles(catalogue.view(tx, call.shop), tx, site, [product_id])
    return respond(200, found[0]) if found else _missing(product_id, site)


def _with_bundles(view: View, tx: Transaction, site: str, product_ids: Sequence[str]) -> list[Document]:
    """The records of these products on one site, with bundles as their members have it."""
    view.load(Kind.PRODUCT, product_ids)
    known = stock.find_many(tx, view.head.shop, site, product_ids)
    found = []
    for product_id in product_ids:
        product = stock.bundle_product(view, product_id)
        if product is not None:
            bundle = stock.bundle(tx, view.head.shop, site, product)
            if bundle is not None:
                members = [_shown(member) for member in bundle.members]
                found.append(_shown(bundle.whole) | {"bundleAvailabilities": members})
        elif product_id in known:
            found.append(_shown(known[product_id]))
    return found


def _shown(record: Availability) -> Document:
    document: Document = _DOCUMENT.decode(record.document)
    metadata = document.get("metadata")
    return {
        "id": f"{record.site}:{record.product_id}",
        "site": record.site,
        "productId": record.product_id,
        "stockLevel": record.on_hand,
        "available": record.sellable,
        **document,
        "metadata": {**(metadata if isinstance(metadata, dict) else {}), "version": record.version},
    }


def _missing(product_id: str, site: str) -> Refusal:
    message = f"There is no availability for productId: {product_id} and site: {site}"
    return Refusal(404, {"message": message, "code": 404})


def _create(catalogue: Catalogue, tx: Transaction, call: Call) -> Reply:
    """POST: 201, or 409 where there is a record."""
    return _count(catalogue, tx, call, creates_only=True)


def _put(catalogue: Catalogue, tx: Transaction, call: Call) -> Reply:
    """PUT: 204, or 201 where there was no record; 409 for a `metadata.version` that is not the latest."""
    return _count(catalogue, tx, call, creates_only=False)


def _count(shop_catalogue: Catalogue, tx: Transaction, call: Call, *, creates_only: bool) -> Reply:
    product_id, site = call.inbound.values["productId"], call.inbound.values["site"]
    write: Write = call.inbound.command
    problems = [
        id_problem("productId", product_id, length_max=ID_CHARACTERS_MAX),
        None
        if catalogue.has_site(tx, call.shop, site)
        else Problem("site", "invalid_value", f"there is no site with the code '{site}'"),
        _bundle_problem(shop_catalogue, tx, call),
    ]
    refused = [problem for problem in problems if problem is not None]
    if refused:
        return AVAILABILITY.refusal(400, refused)
    counted = Count(
        write.on_hand,
        write.sellable,
        write.document,
        call.inbound.id,
        call.now,
        creates_only,
        write.expected_version,
    )
    outcome = stock.count(tx, StockPlace(call.shop, site, product_id), counted)
    if outcome is CountOutcome.EXISTS:
        return AVAILABILITY.refusal(409, message="Resource already exists.")
    if outcome is CountOutcome.STALE:
        return AVAILABILITY.refusal(409, message=_STALE)
    if outcome is CountOutcome.CREATED:
        return respond(201, {"id": f"{site}:{product_id}"})
    return Response(204, b"", ())


def _bundle_problem(shop_catalogue: Catalogue, tx: Transaction, call: Call) -> Problem | None:
    product_id = call.inbound.values["productId"]
    if stock.bundle_product(shop_catalogue.view(tx, call.shop), product_id) is None:
        return None
    return Problem("productId", "invalid_value", f"{product_id} is a bundle: count the products that it is made of")


def _delete(_catalogue: Catalogue, tx: Transaction, call: Call) -> Reply:
    """DELETE: 204, or 404 where there was no record."""
    product_id, site = call.inbound.values["productId"], call.inbound.values["site"]
    if stock.forget(tx, StockPlace(call.shop, site, product_id), call.inbound.id, call.now):
        return Response(204, b"", ())
    return _missing(product_id, site)


def _show_site(_catalogue: Catalogue, tx: Transaction, call: Call) -> Response:
    """GET of all records of a site, in pages."""
    site, asked = call.inbound.values["site"], paging(call.inbound, PAGE_SIZE)
    wanted = filters.shop_conditions(tx, call.shop, call.inbound.query.get("q", ""))
    if wanted:
        matching = [document for document in _records(tx, call, site) if _fits(document, wanted)]
        page, total = matching[asked.offset : asked.offset + asked.size], len(matching)
    else:
        records = stock.page(tx, call.shop, site, range(asked.offset, asked.offset + asked.size))
        page, total = [_shown(record) for record in records], stock.total(tx, call.shop, site)
    return Response(200, encode(page), (JSON_CONTENT, (b"x-total-count", b"%d" % total)))


def _search(shop_catalogue: Catalogue, tx: Transaction, call: Call) -> Reply:
    """POST /search: by product ids on one site or on all, or by `q` on all."""
    asked, command = paging(call.inbound, PAGE_SIZE), call.inbound.command
    sites = [entry.id for entry in catalogue.page(tx, call.shop, Kind.SITE, limit=1000)] or ["main"]
    found: list[Document] = []
    if command and isinstance(command[0], filters.Condition):
        wanted = filters.on_clock(tx, call.shop, command)
        for site in sites:
            found += [document for document in _records(tx, call, site) if _fits(document, wanted)]
    elif len(command) > SEARCHED_IDS_MAX:
        message = f"search for at most {SEARCHED_IDS_MAX} products at once, not {len(command)}"
        return AVAILABILITY.refusal(400, message=message)
    else:
        view, asked_site = shop_catalogue.view(tx, call.shop), typed(call.inbound.query, "site")
        for site in [asked_site] if asked_site else sites:
            found += _with_bundles(view, tx, site, command)
    page = found[asked.offset : asked.offset + asked.size]
    return Response(200, encode(page), (JSON_CONTENT, (b"x-total-count", b"%d" % len(found))))


def _records(tx: Transaction, call: Call, site: str) -> list[Document]:
    records = stock.page(tx, call.shop, site, range(SCANNED_DOCUMENTS_MAX + 1))
    if len(records) > SCANNED_DOCUMENTS_MAX:
        message = f"the site {site} has more than {SCANNED_DOCUMENTS_MAX} records: ask for products by their ids"
        raise Malformed([Problem("q", "invalid_query_parameter", message)])
    return [_shown(record) for record in records]


def _fits(document: Document, wanted: Sequence[filters.Condition]) -> bool:
    return all(condition.holds(document) for condition in wanted)


def _bulk(handle: Handle) -> Handle:
    """A bulk call: 207, with the fate of each element; elements of one call have movements of their own."""

    def handle_each(shop_catalogue: Catalogue, tx: Transaction, call: Call) -> Response:
        lines = []
        stock.lock(tx, call.shop, _places(call.inbound.command))
        for index, document in enumerate(call.inbound.command):
            id, answer = _one_of_many(handle, shop_catalogue, tx, part_of(call, document, f"{call.inbound.id}/{index}"))
            lines.append({"id": id, "index": index} | fate(answer, HTTPStatus(answer.status).phrase))
        return respond(207, lines)

    return handle_each


def _places(documents: Sequence[Document]) -> set[tuple[str, str]]:
    """The sites and products that these elements are about, as far as they can be read."""
    pairs = [(document.get("site"), document.get("productId")) for document in documents]
    return {(site, id) for site, id in pairs if isinstance(site, str) and isinstance(id, str)}


def _one_of_many(handle: Handle, shop_catalogue: Catalogue, tx: Transaction, call: Call) -> tuple[str, Reply]:
    document: Document = call.inbound.command
    try:
        key = msgspec.convert(document, StockKey)
        write = _record({name: value for name, value in document.items() if name not in ("productId", "site")})
    except msgspec.ValidationError as error:
        return "", AVAILABILITY.refusal(400, [problem_of(error)])
    except Malformed as malformed:
        return f"{key.site}:{key.product_id}", AVAILABILITY.refusal(400, malformed.problems)
    values = {**call.inbound.values, "productId": key.product_id, "site": key.site}
    inbound = msgspec.structs.replace(call.inbound, id=call.inbound.values["id"], command=write, values=values)
    return f"{key.site}:{key.product_id}", handle(shop_catalogue, tx, Call(inbound, call.caller))
