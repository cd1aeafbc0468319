"""The merchant's documents over HTTP: one life cycle (create, list, read, replace, patch, delete) for all kinds.

A document is validated by its struct and kept as it was sent, so that fields which only the merchant understands come
back unchanged. `metadata.version` counts its changes and guards against lost updates where the client sends it.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.wire.conversion import apart_from, as_far_as_read
from tillroll.dialects.emporix.wire.errors import (
    EmporixService,
    Refusal,
    Reply,
    encode,
    encode_page,
    respond,
)
from tillroll.dialects.emporix.wire.fields import Places, id_problem, keep_countries
from tillroll.dialects.emporix.wire.languages import Path, accepted, content_language, note_language, speak
from tillroll.dialects.emporix.wire.payload import MERGE_PATCH, flag, paging, read_json, reads_of_list, refuse_if
from tillroll.dialects.emporix.wire.secured import Access, Call, Run, secured
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


class Change(Struct, frozen=True):
    """A write before it is made: what is stored (None: nothing yet), and what would be, which a rule may complete."""

    tx: Transaction
    call: Call
    before: Document | None
    after: Document


# What a write must fulfil beside what its document must be like on its own; None where it does.
Rule = Callable[[Change], Refusal | None]


class Body(Struct, frozen=True):
    """What a document has to be like on its own.

    `check` looks at it as its struct and returns problems, None for none; what stands at the places of `countries` gets
    the form in which country codes are kept. `complete` may fill in what the client left to the server, once the
    document is valid, and `as_sent` takes that out of a stored one again, before a PATCH is merged into it.
    """

    shape: Any
    check: Callable[[Any], Sequence[Problem | None]] | None = None
    countries: Places = ()
    complete: Callable[[Document], None] | None = None
    as_sent: Callable[[Document], Document] | None = None


class Ids(Struct, frozen=True):
    """How a document is named: in which field, and below which values of its path (a zone's site).

    `normal` is the form in which an id is kept; `made_of` makes one of the document where the client sends none.
    """

    field: str = "id"
    under: tuple[str, ...] = ()
    length_max: int = 255
    normal: Callable[[str], str] | None = None
    made_of: Callable[[Document], str | None] | None = None

    def kept(self, id: str) -> str:
        """An id as it is kept."""
        return self.normal(id) if self.normal is not None else id

    def above(self, call: Call) -> list[str]:
        """The values of the path that the document lives below."""
        return [call.inbound.values[name] for name in self.under]

    def give(self, document: Document, given: str | None, fallback: str) -> None:
        """Give a document the id of its path; else it keeps its own, or gets what is made of it, or the fallback."""
        if given is not None:
            document[self.field] = self.kept(given)
        elif not document.get(self.field):
            document[self.field] = (self.made_of(document) if self.made_of is not None else None) or fallback

    def problem_in(self, document: Document) -> Problem | None:
        """What is wrong with the id of a document, if anything."""
        id = document[self.field]
        if isinstance(id, str):
            return id_problem(self.field, id, length_max=self.length_max)
        return Problem(self.field, "invalid_value", f"{self.field} must be a text")


class Index(Struct, frozen=True):
    """What the store finds a document by, beside its id: what it hangs under, another key, and what it is about.

    `below` is the kind that hangs under it, and goes with it.
    """

    parent: Callable[[Document], str] | None = None
    alternate_key: Callable[[Document], str | None] | None = None
    subject: Callable[[Document], str | None] | None = None
    below: Kind | None = None


class Words(Struct, frozen=True):
    """What the service says of a document that is not there, is there already, or has changed meanwhile.

    `{id}` stands for the id, and in `taken` the name of a field for what it holds. `repeats_id_as` is the name under
    which the body of a 404 repeats the id.
    """

    not_found: str = "Resource with id '{id}' not found."
    exists: str = "A resource with id '{id}' already exists."
    stale: str = "The version is out of date: read the document again and retry."
    taken: str = "Another resource has this key already."
    repeats_id_as: str = ""


class Writes(Struct, frozen=True):
    """What writes answer: `created` is the body of a 201, `updated` the status of PUT and PATCH.

    `taken` is the status of a POST whose alternate key is
    somebody's; a PUT or PATCH answers 409. `deleted` is the status of a DELETE; with `deletes_strictly` one of nothing
    is a 404.
    """

    created: Callable[[str, str], Document] | None = None
    updated: int = 204
    taken: int = 409
    deleted: int = 204
    creates_on_put: bool = False
    needs_version: bool = False
    deletes_strictly: bool = False


class Shows(Struct, frozen=True):
    """How a document is answered: without `present` as it is stored; what is not `visible` to a caller is a 404."""

    present: Callable[[Call, Entry], Document] | None = None
    visible: Callable[[Call, Entry], bool] | None = None
    page_size: int = 60


class Resource(Struct, frozen=True):
    """One kind of document: where it lives, who may touch it, and the parts that say what it is like.

    A write has to fulfil each of the `rules`, in their order: the first that refuses is the answer. `beforehand` looks
    at the body of a write before anything is touched, and may put the write off.
    """

    path: str
    kind: Kind
    service: EmporixService
    writers: Access
    readers: Access
    body: Body
    ids: Ids = Ids()
    index: Index = Index()
    words: Words = Words()
    writes: Writes = Writes()
    shows: Shows = Shows()
    rules: tuple[Rule, ...] = ()
    beforehand: Callable[[Call], Reply | None] | None = None

    @property
    def one(self) -> str:
        """The path of one document."""
        return self.path + "/{id}"

    @property
    def shows_as_stored(self) -> bool:
        """Whether whatever is answered of a document, but for its metadata, stands in it."""
        return self.shows.present is None

    def present(self, call: Call, entry: Entry) -> Document:
        """A stored document as it is answered."""
        return self.shows.present(call, entry) if self.shows.present is not None else shown(entry)

    def is_visible(self, call: Call, entry: Entry) -> bool:
        """Whether a document exists for this caller."""
        return self.shows.visible is None or self.shows.visible(call, entry)

    def key(self, call: Call, id: str) -> str:
        """The stored id: the document's own, below the path values that it lives under."""
        return "/".join([*self.ids.above(call), self.ids.kept(id)])

    def early(self, call: Call) -> Reply | None:
        """What is answered before anything is touched, if anything."""
        return self.beforehand(call) if self.beforehand is not None else None

    def refused(self, change: Change) -> Refusal | None:
        """What the first rule says that a write does not fulfil; None where it fulfils them all."""
        return next((refusal for rule in self.rules if (refusal := rule(change)) is not None), None)

    def missing(self, id: str) -> Refusal:
        """404 for one document."""
        refusal = self.service.refusal(404, message=self.words.not_found.format(id=id))
        repeated = {self.words.repeats_id_as: id} if self.words.repeats_id_as else {}
        return Refusal(404, {**repeated, **refusal.told})

    def exists(self, id: str) -> Refusal:
        """409 for an id that another document has."""
        return self.service.refusal(409, message=self.words.exists.format(id=id))

    def taken(self, document: Document, status: int = 409) -> Refusal:
        """The refusal of an alternate key that another document has."""
        return self.service.refusal(status, message=self.words.taken.format_map(document))

    def stale(self) -> Refusal:
        """409 for a version that is not the latest."""
        return self.service.refusal(409, message=self.words.stale)

    def read_document(self, inbound: Inbound) -> Document:
        """The body as a valid document; raises Malformed."""
        document = read_document(inbound)
        self.validate(document, given_id=inbound.values.get("id"), fallback_id=inbound.id)
        return document

    def validate(self, document: Document, *, given_id: str | None, fallback_id: str) -> None:
        """Give the document its id and its countries their kept form; raise Malformed for what is wrong."""
        body = self.body
        keep_countries(document, body.countries)
        self.ids.give(document, given_id, fallback_id)
        value, unread = as_far_as_read(document, body.shape)
        found = [self.ids.problem_in(document), *(body.check(value) if body.check is not None else ())]
        refuse_if([*unread, *(one for one in found if one is not None and apart_from(unread, one.field))])
        if body.complete is not None:
            body.complete(document)


def noting(*texts: Path) -> Rule:
    """A rule that refuses nothing: the plain texts at these places get the language that the client has named."""

    def note(change: Change) -> None:
        note_language(change.after, texts, content_language(change.call.inbound))

    return note


def speaking(*texts: Path) -> Callable[[Call, Entry], Document]:
    """A document as it is stored, with the texts at these places in the caller's languages."""

    def present(call: Call, entry: Entry) -> Document:
        document = shown(entry)
        speak(document, texts, accepted(call.inbound))
        return document

    return present


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


def resource_routes(resource: Resource, *own: Route, without: Collection[str] = ()) -> list[Route]:
    """The routes of one kind of document, but for these methods; its own stand for those of their method and path."""
    service, writers, readers = resource.service, resource.writers, resource.readers

    def run(access: Access, handle: Callable[[Resource, Transaction, Call], Reply]) -> Run:
        return secured(service, access, lambda tx, call: handle(resource, tx, call))

    usual = [
        Route("POST", resource.path, run(writers, create), service, resource.read_document, writes=True),
        Route("GET", resource.path, run(readers, show_page), service, reads=reads_of_list),
        Route("GET", resource.one, run(readers, show), service),
        Route("PUT", resource.one, run(writers, replace), service, read_document, writes=True),
        Route("PATCH", resource.one, run(writers, merge), service, read_document, True, MERGE_PATCH),
        Route("DELETE", resource.one, run(writers, delete), service, writes=True),
    ]
    replaced = {(route.method, route.path) for route in own}
    return [
        *(route for route in usual if route.method not in without and (route.method, route.path) not in replaced),
        *own,
    ]


def create(resource: Resource, tx: Transaction, call: Call) -> Reply:
    """POST: 201 with the new id, 409 where the id is taken."""
    document: Document = call.inbound.command
    refused = resource.early(call) or resource.refused(Change(tx, call, None, document))
    if refused is not None:
        return refused
    id = document[resource.ids.field]
    outcome = documents.insert(tx, call.shop, write_of(resource, call, document), call.now)
    if outcome is WriteOutcome.EXISTS:
        return resource.exists(id)
    if outcome is WriteOutcome.TAKEN:
        return resource.taken(document, resource.writes.taken)
    return _created(resource, call, id, id)


def _created(resource: Resource, call: Call, id: str, place: str) -> Response:
    made = resource.writes.created
    return created(call, made(call.shop, id) if made is not None else {"id": id}, place)


def created(call: Call, body: Document, id: str) -> Response:
    """201 with a body and the new resource's address."""
    location = quote(f"{call.inbound.path.rstrip('/')}/{id}").encode()
    return Response(201, encode(body), (JSON_CONTENT, (b"location", location)))


def show_page(resource: Resource, tx: Transaction, call: Call) -> Response:
    """GET of a list: one page in order of creation, with the count where the client asks for it."""
    asked = paging(call.inbound, resource.shows.page_size)
    parent = "/".join(resource.ids.above(call)) if resource.ids.under else None
    entries = documents.page(tx, call.shop, resource.kind, limit=asked.size, offset=asked.offset, parent=parent)
    headers = [JSON_CONTENT]
    if asked.total:
        headers.append((b"x-total-count", b"%d" % documents.count(tx, call.shop, resource.kind, parent=parent)))
    return Response(200, encode_page(resource.present(call, entry) for entry in entries), tuple(headers))


def show(resource: Resource, tx: Transaction, call: Call) -> Reply:
    """GET of one document."""
    id = call.inbound.values["id"]
    entry = documents.find(tx, call.shop, resource.kind, resource.key(call, id))
    if entry is None or not resource.is_visible(call, entry):
        return resource.missing(id)
    return respond(200, resource.present(call, entry))


def replace(resource: Resource, tx: Transaction, call: Call) -> Reply:
    """PUT: `updated`; with `?partial=true` the body is merged into what is stored."""
    if flag(call.inbound.query, "partial"):
        return merge(resource, tx, call)
    early = resource.early(call)
    if early is not None:
        return early
    documents.touch(tx, call.shop)  # its lock: what is compared here is what will be replaced
    entry = documents.find(tx, call.shop, resource.kind, resource.key(call, call.inbound.values["id"]))
    return _put(resource, tx, call, (entry, dict(call.inbound.command)))


def merge(resource: Resource, tx: Transaction, call: Call) -> Reply:
    """PATCH: the fields of the body replace those of the stored document; `metadata` is merged field by field."""
    early = resource.early(call)
    if early is not None:
        return early
    id = call.inbound.values["id"]
    documents.touch(tx, call.shop)
    entry = documents.find(tx, call.shop, resource.kind, resource.key(call, id))
    if entry is None:
        return resource.missing(id)
    as_sent = resource.body.as_sent
    known = as_sent(stored(entry)) if as_sent is not None else stored(entry)
    return _put(resource, tx, call, (entry, merged(known, call.inbound.command)))


def merged(document: Document, patch: Document) -> Document:
    """The document with the patch's fields; its metadata keeps what the patch's does not name."""
    known, changed = document.get("metadata"), patch.get("metadata")
    if isinstance(known, dict) and isinstance(changed, dict):
        return {**document, **patch, "metadata": {**known, **changed}}
    return {**document, **patch}


def delete(resource: Resource, tx: Transaction, call: Call) -> Reply:
    """DELETE: 204; where there was nothing to delete, 404 for kinds that delete strictly."""
    id = call.inbound.values["id"]
    outcome = documents.remove(tx, call.shop, resource.kind, resource.key(call, id), below=resource.index.below)
    if outcome is WriteOutcome.MISSING and resource.writes.deletes_strictly:
        return resource.service.refusal(404, message=resource.words.not_found.format(id=id))
    return Response(resource.writes.deleted, b"", ())


def _put(resource: Resource, tx: Transaction, call: Call, change: tuple[Entry | None, Document]) -> Reply:
    entry, document = change
    id = call.inbound.values["id"]
    expected = expected_version(call.inbound.command)
    try:
        resource.validate(document, given_id=id, fallback_id=id)
        if resource.writes.needs_version and expected is None:
            refuse_if([Problem("metadata.version", "missing_value", "metadata.version is required")])
    except Malformed as malformed:
        return resource.service.refusal(400, malformed.problems)
    refused = resource.refused(Change(tx, call, stored(entry) if entry is not None else None, document))
    if refused is not None:
        return refused
    write = write_of(resource, call, document)
    if entry is None and not resource.writes.creates_on_put:
        return resource.missing(id)
    if entry is None:
        outcome = documents.insert(tx, call.shop, write, call.now)
    else:
        outcome = documents.replace(tx, call.shop, write, call.now, expected_version=expected)
    if outcome is WriteOutcome.STALE:
        return resource.stale()
    if outcome is WriteOutcome.TAKEN:
        return resource.taken(document)
    return _created(resource, call, id, "") if entry is None else Response(resource.writes.updated, b"", ())


def write_of(resource: Resource, call: Call, document: Document) -> Write:
    """A valid document as the store takes it."""
    index, above = resource.index, "/".join(resource.ids.above(call))
    return Write(
        resource.kind,
        resource.key(call, document[resource.ids.field]),
        encode(document).decode(),
        index.alternate_key(document) if index.alternate_key is not None else None,
        index.parent(document) if index.parent is not None else above,
        index.subject(document) if index.subject is not None else None,
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
