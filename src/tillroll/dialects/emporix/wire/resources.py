"""The merchant's documents over HTTP: one life cycle (create, list, read, replace, patch, delete) for all kinds.

A document is validated by its struct and kept as it was sent, so that fields which only the merchant understands come
back unchanged. `metadata.version` counts its changes and guards against lost updates where the client sends it.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.wire.conversion import apart_from, as_far_as_read
from tillroll.dialects.emporix.wire.errors import EmporixService, Refusal, Reply, encode, encode_page, respond
from tillroll.dialects.emporix.wire.fields import Places, id_problem, keep_countries
from tillroll.dialects.emporix.wire.payload import MERGE_PATCH, flag, paging, read_json, reads_of_list, refuse_if
from tillroll.dialects.emporix.wire.secured import Access, Call, Run, anybody, back_office, secured
from tillroll.dialects.http import JSON_CONTENT, Inbound, Malformed, Problem, Response, Route
from tillroll.dialects.nesting import nesting_problem
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind, Write, WriteOutcome
from tillroll.store import Transaction
from tillroll.store.documents.rows import Entry

Document = dict[str, Any]
_DOCUMENT = msgspec.json.Decoder(Document, float_hook=Decimal)
_VERSION_DIGITS_MAX = 19
_NO_VERSION = -1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _nothing_wrong(_value: Any) -> list[Problem | None]:
    return []


def _nothing_missing(_tx: Transaction, _call: Call, _document: Document) -> list[Problem | None]:
    return []


def _nothing_refused(_call: Call, _before: Document | None, _after: Document) -> Refusal | None:
    return None


def _as_stored(_call: Call, entry: "Entry") -> Document:
    return shown(entry)


def _for_everybody(_call: Call, _entry: "Entry") -> bool:
    return True


def _nothing_to_add(_document: Document) -> None:
    pass


def _no_objection(_tx: Transaction, _call: Call) -> Refusal | None:
    return None


def _id_only(_tenant: str, id: str) -> Document:
    """The body of a 201 that says the new id and nothing else."""
    return {"id": id}


class Resource(Struct, frozen=True):
    """One kind of document: where it lives, who may touch it, and what makes it valid.

    `under` names the path values that its ids are below (a zone's site). `check` looks at the document alone,
    `check_stored` compares it with what the shop has; both return problems, None for none. `complete` may fill in what
    the client left to the server, once the document is valid. `guard` may answer instead of any write (a missing site).
    `judge` sees what is stored (None: nothing yet) and what would be, may complete the latter, and refuses with a whole
    response. `present` turns what is stored into what is answered; what is not `visible` to a caller is a 404.
    `created` is the body of 201, `updated` the status of PUT and PATCH; with `deletes_strictly` a DELETE of nothing
    is a 404. `refuse_stored` compares with what the shop has, as `check_stored` does, and answers in words of its own.
    `subject_of` is what a document is about, besides what it hangs under. `beforehand` looks at the body of a write
    before anything is touched, and may put the write off. `as_sent` takes from a stored document what `complete` has
    added, before a PATCH is merged into it.
    """

    path: str
    kind: Kind
    service: EmporixService
    shape: Any
    manage: tuple[str, ...]
    created: Callable[[str, str], Document] = _id_only
    id_field: str = "id"
    read: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    page_size: int = 60
    check: Callable[[Any], Sequence[Problem | None]] = _nothing_wrong
    check_stored: Callable[[Transaction, Call, Document], Sequence[Problem | None]] = _nothing_missing
    complete: Callable[[Document], None] = _nothing_to_add
    guard: Callable[[Transaction, Call], Refusal | None] = _no_objection
    parent_of: Callable[[Document], str] | None = None
    alternate_key_of: Callable[[Document], str | None] = lambda _document: None
    below: Kind | None = None
    not_found: Callable[[str], str] = lambda id: f"Resource with id '{id}' not found."
    exists: Callable[[str], str] = lambda id: f"A resource with id '{id}' already exists."
    stale: str = "The version is out of date: read the document again and retry."
    id_from: Callable[[Document], str | None] = lambda _document: None
    creates_on_put: bool = False
    needs_version: bool = False
    updated: int = 204
    deletes_strictly: bool = False
    judge: Callable[[Call, Document | None, Document], Refusal | None] = _nothing_refused
    present: Callable[[Call, Entry], Document] = _as_stored
    visible: Callable[[Call, Entry], bool] = _for_everybody
    normal_id: Callable[[str], str] = lambda id: id
    id_length_max: int = 255
    missing_field: str = ""  # under which name the body of a 404 repeats the id
    taken: Callable[[Document], str] = lambda _document: "Another resource has this key already."
    taken_status: int = 409  # of a POST; a PUT or PATCH answers 409
    subject_of: Callable[[Document], str | None] = lambda _document: None
    is_for_back_offices: bool = False  # whether shoppers may not even read
    countries: Places = ()  # where its documents hold country codes
    refuse_stored: Callable[[Transaction, Call, Document], Refusal | None] = lambda _tx, _call, _document: None
    beforehand: Callable[[Call], Reply | None] = lambda _call: None
    as_sent: Callable[[Document], Document] = lambda document: document

    @property
    def shows_as_stored(self) -> bool:
        """Whether whatever is answered of a document, but for its metadata, stands in it."""
        return self.present is _as_stored

    def key(self, call: Call, id: str) -> str:
        """The stored id: the document's own, below the path values that it lives under."""
        return "/".join([*(call.inbound.values[name] for name in self.under), self.normal_id(id)])

    def missing(self, id: str) -> Refusal:
        """404 for one document."""
        if not self.missing_field:
            return self.service.refusal(404, message=self.not_found(id))
        refusal = self.service.refusal(404, message=self.not_found(id))
        return Refusal(404, {self.missing_field: id, **refusal.told})

    def parent(self, call: Call, document: Document) -> str:
        """What the document hangs under."""
        if self.parent_of is not None:
            return self.parent_of(document)
        return "/".join(call.inbound.values[name] for name in self.under)

    def read_document(self, inbound: Inbound) -> Document:
        """The body as a valid document; raises Malformed."""
        document = self.read_patch(inbound)
        self.validate(document, given_id=inbound.values.get("id"), fallback_id=inbound.id)
        return document

    def validate(self, document: Document, *, given_id: str | None, fallback_id: str) -> None:
        """Give the document its id and its countries their kept form; raise Malformed for what is wrong."""
        keep_countries(document, self.countries)
        if given_id is not None:
            document[self.id_field] = self.normal_id(given_id)
        elif not document.get(self.id_field):
            document[self.id_field] = self.id_from(document) or fallback_id
        value, unread = as_far_as_read(document, self.shape)
        found = [self._id_problem(document[self.id_field]), *self.check(value)]
        refuse_if([*unread, *(one for one in found if one is not None and apart_from(unread, one.field))])
        self.complete(document)

    def _id_problem(self, id: object) -> Problem | None:
        if isinstance(id, str):
            return id_problem(self.id_field, id, length_max=self.id_length_max)
        return Problem(self.id_field, "invalid_value", f"{self.id_field} must be a text")

    def read_patch(self, inbound: Inbound) -> Document:
        """The body as a partial document; what it becomes is validated when it has been merged."""
        document = read_json(_DOCUMENT, inbound.body)
        refuse_if([nesting_problem(document)])
        return document


def stored(entry: Entry) -> Document:
    """A stored document as it was sent."""
    document: Document = _DOCUMENT.decode(entry.document)
    return document


def shown(entry: Entry) -> Document:
    """A stored document as it is answered, with its version and when it was created and changed."""
    document = stored(entry)
    metadata = document.get("metadata")
    document["metadata"] = {
        **(metadata if isinstance(metadata, dict) else {}),
        "version": entry.version,
        "createdAt": iso(entry.created_at),
        "modifiedAt": iso(entry.modified_at),
    }
    return document


def iso(microseconds: int) -> str:
    """A point in time as Emporix writes it: UTC, in milliseconds."""
    return (_EPOCH + timedelta(microseconds=microseconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def resource_routes(resource: Resource) -> list[Route]:
    """The routes of one kind of document."""
    manage = back_office(*resource.manage)
    read = back_office(*resource.read) if resource.is_for_back_offices else anybody(*resource.read)
    one = resource.path + "/{id}"
    service = resource.service

    def run(access: Access, handle: Any) -> Run:
        return secured(service, access, lambda tx, call: handle(resource, tx, call))

    return [
        Route("POST", resource.path, run(manage, create), service, resource.read_document, writes=True),
        Route("GET", resource.path, run(read, show_page), service, reads=reads_of_list),
        Route("GET", one, run(read, show), service),
        Route("PUT", one, run(manage, replace), service, resource.read_patch, writes=True),
        Route("PATCH", one, run(manage, merge), service, resource.read_patch, True, MERGE_PATCH),
        Route("DELETE", one, run(manage, delete), service, writes=True),
    ]


def create(resource: Resource, tx: Transaction, call: Call) -> Reply:
    """POST: 201 with the new id, 409 where the id is taken."""
    document: Document = call.inbound.command
    refused = resource.beforehand(call) or resource.judge(call, None, document)
    refused = refused or _refused_by_store(resource, tx, call, document)
    if refused is not None:
        return refused
    id = document[resource.id_field]
    change = documents.insert(tx, call.shop, write_of(resource, call, document), call.now)
    if change is WriteOutcome.EXISTS:
        return resource.service.refusal(409, message=resource.exists(id))
    if change is WriteOutcome.TAKEN:
        return resource.service.refusal(resource.taken_status, message=resource.taken(document))
    return created(call, resource.created(call.shop, id), id)


def created(call: Call, body: Document, id: str) -> Response:
    """201 with a body and the new resource's address."""
    location = quote(f"{call.inbound.path.rstrip('/')}/{id}").encode()
    return Response(201, encode(body), (JSON_CONTENT, (b"location", location)))


def show_page(resource: Resource, tx: Transaction, call: Call) -> Response:
    """GET of a list: one page in order of creation, with the count where the client asks for it."""
    asked = paging(call.inbound, resource.page_size)
    parent = "/".join(call.inbound.values[name] for name in resource.under) if resource.under else None
    entries = documents.page(tx, call.shop, resource.kind, limit=asked.size, offset=asked.offset, parent=parent)
    headers = [JSON_CONTENT]
    if asked.total:
        headers.append((b"x-total-count", b"%d" % documents.count(tx, call.shop, resource.kind, parent=parent)))
    return Response(200, encode_page(resource.present(call, entry) for entry in entries), tuple(headers))


def show(resource: Resource, tx: Transaction, call: Call) -> Reply:
    """GET of one document."""
    id = call.inbound.values["id"]
    entry = documents.find(tx, call.shop, resource.kind, resource.key(call, id))
    if entry is None or not resource.visible(call, entry):
        return resource.missing(id)
    return respond(200, resource.present(call, entry))


def replace(resource: Resource, tx: Transaction, call: Call) -> Reply:
    """PUT: `updated`; with `?partial=true` the body is merged into what is stored."""
    if flag(call.inbound.query, "partial"):
        return merge(resource, tx, call)
    early = resource.beforehand(call)
    if early is not None:
        return early
    documents.touch(tx, call.shop)  # its lock: what is compared here is what will be replaced
    entry = documents.find(tx, call.shop, resource.kind, resource.key(call, call.inbound.values["id"]))
    return _put(resource, tx, call, (entry, dict(call.inbound.command)))


def merge(resource: Resource, tx: Transaction, call: Call) -> Reply:
    """PATCH: the fields of the body replace those of the stored document; `metadata` is merged field by field."""
    early = resource.beforehand(call)
    if early is not None:
        return early
    id = call.inbound.values["id"]
    documents.touch(tx, call.shop)
    entry = documents.find(tx, call.shop, resource.kind, resource.key(call, id))
    if entry is None:
        return resource.missing(id)
    return _put(resource, tx, call, (entry, merged(resource.as_sent(stored(entry)), call.inbound.command)))


def merged(document: Document, patch: Document) -> Document:
    """The document with the patch's fields; its metadata keeps what the patch's does not name."""
    known, changed = document.get("metadata"), patch.get("metadata")
    if isinstance(known, dict) and isinstance(changed, dict):
        return {**document, **patch, "metadata": {**known, **changed}}
    return {**document, **patch}


def delete(resource: Resource, tx: Transaction, call: Call) -> Reply:
    """DELETE: 204; where there was nothing to delete, 404 for kinds that delete strictly."""
    id = call.inbound.values["id"]
    change = documents.remove(tx, call.shop, resource.kind, resource.key(call, id), below=resource.below)
    if change is WriteOutcome.MISSING and resource.deletes_strictly:
        return resource.service.refusal(404, message=resource.not_found(id))
    return Response(204, b"", ())


def _put(resource: Resource, tx: Transaction, call: Call, change: tuple[Entry | None, Document]) -> Reply:
    entry, document = change
    id = call.inbound.values["id"]
    expected = expected_version(call.inbound.command)
    try:
        resource.validate(document, given_id=id, fallback_id=id)
        if resource.needs_version and expected is None:
            refuse_if([Problem("metadata.version", "missing_value", "metadata.version is required")])
    except Malformed as malformed:
        return resource.service.refusal(400, malformed.problems)
    refused = resource.judge(call, stored(entry) if entry is not None else None, document)
    refused = refused or _refused_by_store(resource, tx, call, document)
    if refused is not None:
        return refused
    write = write_of(resource, call, document)
    if entry is None and not resource.creates_on_put:
        return resource.missing(id)
    if entry is None:
        outcome = documents.insert(tx, call.shop, write, call.now)
    else:
        outcome = documents.replace(tx, call.shop, write, call.now, expected_version=expected)
    if outcome is WriteOutcome.STALE:
        return resource.service.refusal(409, message=resource.stale)
    if outcome is WriteOutcome.TAKEN:
        return resource.service.refusal(409, message=resource.taken(document))
    return created(call, resource.created(call.shop, id), "") if entry is None else Response(resource.updated, b"", ())


def _refused_by_store(resource: Resource, tx: Transaction, call: Call, document: Document) -> Refusal | None:
    objection = resource.guard(tx, call) or resource.refuse_stored(tx, call, document)
    if objection is not None:
        return objection
    problems = [problem for problem in resource.check_stored(tx, call, document) if problem is not None]
    return resource.service.refusal(400, problems) if problems else None


def write_of(resource: Resource, call: Call, document: Document) -> Write:
    """A valid document as the store takes it."""
    return Write(
        resource.kind,
        resource.key(call, document[resource.id_field]),
        encode(document).decode(),
        resource.alternate_key_of(document),
        resource.parent(call, document),
        resource.subject_of(document),
    )


def expected_version(document: Document) -> int | None:
    """The version that the client has read, where it sends one: what is no version is one that nothing has."""
    metadata = document.get("metadata")
    return read_version(metadata.get("version") if isinstance(metadata, dict) else None)


def read_version(version: Any) -> int | None:
    """A version as a client sends it back: None where it sends none, one that nothing has where it is no version."""
    if version is None:
        return None
    if isinstance(version, bool):
        return _NO_VERSION
    digits = str(version).removesuffix(".0") if isinstance(version, int | str | Decimal) else ""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < _VERSION_DIGITS_MAX else _NO_VERSION


def read_document(inbound: Inbound) -> Document:
    """The body as a document that is not nested too deeply; raises Malformed."""
    document = read_json(_DOCUMENT, inbound.body)
    refuse_if([nesting_problem(document)])
    return document
