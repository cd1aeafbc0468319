"""The merchant's documents in numbers: lists that can be filtered, and bulk calls that answer for each document."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from http import HTTPStatus
from operator import itemgetter
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.wire import query as filters
from tillroll.dialects.emporix.wire.errors import Refusal, Reply, encode_page, respond
from tillroll.dialects.emporix.wire.fields import keep_countries
from tillroll.dialects.emporix.wire.languages import accepted
from tillroll.dialects.emporix.wire.payload import paging, read_json, reads_of_list, refuse_if, typed
from tillroll.dialects.emporix.wire.resources import Document, Resource, create, replace
from tillroll.dialects.emporix.wire.secured import Call, secured
from tillroll.dialects.http import JSON_CONTENT, Inbound, Malformed, Problem, Response, Route
from tillroll.dialects.nesting import nesting_problem
from tillroll.engine.documents import documents as catalogue
from tillroll.store import Transaction
from tillroll.store.documents.rows import Entry

# A filter that no index answers decodes every document that may fulfil it; where there are more, the client is asked to
# narrow it down.
SCANNED_DOCUMENTS_MAX = 50_000
BULK_ITEMS_MAX = 200

_DOCUMENTS = msgspec.json.Decoder(list[Document], float_hook=Decimal)

Handle = Callable[[Transaction, Call], Reply]


class Listing(Struct, frozen=True):
    """How a kind of document is listed.

    `parameters` are the query parameters that stand for a path into the document, with a sign where being equal is not
    meant (see `query.asked`); `parent_path` is the path whose value is what the documents hang under, so that asking
    for it reads only those.
    """

    resource: Resource
    parameters: Mapping[str, str]
    parent_path: str = ""


def filtered(  # noqa: PLR0913  what is listed, for whom, and three ways to narrow it down, which go by name
    listing: Listing,
    tx: Transaction,
    call: Call,
    *,
    q: str | None = None,
    parent: str | None = None,
    fits: Callable[[Document], bool] | None = None,
    among: Iterable[Entry] | None = None,
) -> Response:
    """A page of a list, by `q` and by the listing's own parameters, in the order of `sort`, with `fields` alone.

    Raises Malformed for a `q` or a `sort` that can not be read. Where `parent` is given, only what hangs under it;
    where `fits` is given, only what it is true for; where `among` is given, only these, in their order. `q` stands in
    for that of the address.
    """
    resource = listing.resource
    asked, query = paging(call.inbound, resource.shows.page_size), call.inbound.query
    given = {name: value for name in listing.parameters if (value := typed(query, name))}
    keep_countries(given, (("country",), ("countryCode",)))
    wanted = filters.on_clock(
        tx, call.shop, [filters.asked(listing.parameters[name], value) for name, value in given.items()]
    )
    wanted += filters.shop_conditions(tx, call.shop, query.get("q", "") if q is None else q)
    order = filters.sort_keys(query.get("sort", ""))
    if wanted or order or fits is not None or among is not None:
        fields = {key.path[0] for key in order}
        found = [
            ((place, entry.created_at, entry.id), {name: one for name, one in document.items() if name in fields})
            for place, entry, document in _matching(listing, tx, call, wanted, parent=parent, among=among)
            if fits is None or fits(document)
        ]
        places = filters.in_order(sorted(found, key=itemgetter(0)), order, accepted(call.inbound))
        ids = [id for *_, id in places[asked.offset : asked.offset + asked.size]]
        entries = catalogue.find_many(tx, call.shop, resource.kind, ids)
        page, total = [resource.present(call, entries[id]) for id in ids], len(found)
    else:
        where = {"limit": asked.size, "offset": asked.offset}
        stored = catalogue.page(tx, call.shop, resource.kind, **where, parent=parent)
        page = [resource.present(call, entry) for entry in stored]
        total = catalogue.count(tx, call.shop, resource.kind, parent=parent) if asked.total else 0
    count = ((b"x-total-count", b"%d" % total),) if asked.total else ()
    return Response(200, encode_page(only(call, one, resource.ids.field) for one in page), (JSON_CONTENT, *count))


def only(call: Call, document: Document, *always: str) -> Document:
    """What `fields` asks for of a document, and these in any case; all of it where nothing is asked for."""
    names = [name.strip() for name in call.inbound.query.get("fields", "").split(",") if name.strip()]
    if not names:
        return document
    return {name: document[name] for name in dict.fromkeys([*always, *names]) if name in document}


def list_route(listing: Listing) -> Route:
    """The GET of a list that is asked by `q`, `sort`, `fields` and the listing's own parameters."""
    resource = listing.resource

    def handle(tx: Transaction, call: Call) -> Response:
        parent = "/".join(resource.ids.above(call)) if resource.ids.under else None
        return filtered(listing, tx, call, parent=parent)

    run = secured(resource.service, resource.readers, handle)
    return Route("GET", resource.path, run, resource.service, reads=reads_of_list)


def select(  # noqa: PLR0913  as `filtered`
    listing: Listing, tx: Transaction, call: Call, wanted: Sequence[filters.Condition], *, parent: str | None = None
) -> list[Document]:
    """Every document that fulfils these conditions, in order of creation within a parent.

    Where a condition names parents, only what hangs under them is read; raises Malformed where that is still too much.
    """
    found = [
        ((place, entry.created_at, entry.id), document)
        for place, entry, document in _matching(listing, tx, call, wanted, parent=parent)
    ]
    return [document for _, document in sorted(found, key=itemgetter(0))]


def _matching(  # noqa: PLR0913  as `filtered`
    listing: Listing,
    tx: Transaction,
    call: Call,
    wanted: Sequence[filters.Condition],
    *,
    parent: str | None,
    among: Iterable[Entry] | None = None,
) -> Iterator[tuple[int, Entry, Document]]:
    """What `select` finds, each with the place of its parent and as it is stored, in no order that means anything."""
    resource, path = listing.resource, tuple(listing.parent_path.split("."))
    exact = (set(one.tests) for one in wanted if one.path == path and one.is_exact)
    parents = next(exact, None) if among is None else None
    # What is not shown as it is stored may hold texts that no stored document has.
    containing = filters.text_within(wanted) if resource.shows_as_stored else ""
    for place, below in enumerate(sorted(parents) if parents is not None else [parent]):
        entries = catalogue.scan(tx, call.shop, resource.kind, parent=below, containing=containing)
        for position, entry in enumerate(bounded(entries if among is None else among)):
            document = resource.present(call, entry)
            if all(condition.holds(document) for condition in wanted):
                yield place if among is None else position, entry, document


def bounded(entries: Iterable[Entry]) -> Iterator[Entry]:
    """These, unless they are more than are looked at for one list: then raises Malformed."""
    for number, entry in enumerate(entries):
        if number == SCANNED_DOCUMENTS_MAX:
            message = f"there are more than {SCANNED_DOCUMENTS_MAX} documents: narrow the query down"
            raise Malformed([Problem("q", "invalid_query_parameter", message)])
        yield entry


def bulk_routes(resource: Resource) -> list[Route]:
    """POST and PUT of up to `BULK_ITEMS_MAX` documents: 207, with the fate of each at its place in the list."""

    def create_one(tx: Transaction, call: Call) -> Reply:
        try:
            resource.validate(call.inbound.command, given_id=None, fallback_id=call.inbound.values["id"])
        except Malformed as malformed:
            return resource.service.refusal(400, malformed.problems)
        return create(resource, tx, call)

    def put_one(tx: Transaction, call: Call) -> Reply:
        return replace(resource, tx, call)

    return [_bulk_route(resource, "POST", create_one), _bulk_route(resource, "PUT", put_one)]


def read_bulk(inbound: Inbound) -> list[Document]:
    """The body as a list of documents; raises Malformed for anything else and for too many."""
    documents = read_json(_DOCUMENTS, inbound.body)
    refuse_if([nesting_problem(documents), size_problem(documents)])
    return documents


def size_problem(items: Sequence[object]) -> Problem | None:
    """What is wrong with a list of more than `BULK_ITEMS_MAX` items, if anything."""
    if len(items) <= BULK_ITEMS_MAX:
        return None
    return Problem("", "invalid_value", f"Maximum size of the payload array is {BULK_ITEMS_MAX}.")


def _bulk_route(resource: Resource, method: str, handle: Handle) -> Route:
    def handle_each(tx: Transaction, call: Call) -> Response:
        lines = []
        for index, document in enumerate(call.inbound.command):
            given = document.get(resource.ids.field)
            id = given if isinstance(given, str) and given else f"{call.inbound.id}-{index}"
            answer = handle(tx, part_of(call, document, id))
            lines.append({"index": index, "id": id} | fate(answer, HTTPStatus(answer.status).name))
        return respond(207, lines)

    run = secured(resource.service, resource.writers, handle_each)
    return Route(method, resource.path + "/bulk", run, resource.service, read_bulk, writes=True)


def part_of(call: Call, command: Any, id: str) -> Call:
    """One element of a bulk call as a call of its own."""
    values = {**call.inbound.values, "id": id}
    return Call(msgspec.structs.replace(call.inbound, command=command, values=values), call.caller)


def fate(answer: Reply, name: str) -> Document:
    """An answer as a line of a 207: its status by number and name, and all that was said about an error."""
    line: Document = {"code": answer.status, "status": name}
    if isinstance(answer, Refusal):
        said = answer.told
        embedded = said.get("_embedded", {}).get("errors", [])
        details = [*said.get("details", []), *(error["message"] for error in embedded)]
        line["message"] = "; ".join(details) or said["message"]
    return line
