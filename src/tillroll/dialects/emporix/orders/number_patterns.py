"""Sequential ids: `/sequential-id/{tenant}` (docs/wire/emporix.md, 7 and 19.9).

    /schemas                          the patterns of the shop; the first of a type is active at once
    /schemas/{id}/setActive           from now on ids of its type are made by this one
    /schemas/types/{type}/nextId      the next id of the active pattern

The active schema of the type `orderNoSequence` makes the ids of orders. A counter moves in the transaction that uses
its value, so that no value is given twice and none is lost.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.wire.errors import SEQUENTIAL_ID, Reply, encode, respond
from tillroll.dialects.emporix.wire.fields import id_problem
from tillroll.dialects.emporix.wire.payload import body_as, reads_of_list, refuse_if, typed
from tillroll.dialects.emporix.wire.resources import Document, iso
from tillroll.dialects.emporix.wire.secured import Call, Handle, Run, back_office, secured
from tillroll.dialects.http import JSON_CONTENT, Inbound, Malformed, Problem, Response, Route
from tillroll.domain.orders.number_format import Placeholder, SequenceSchema, id_of, missing_placeholders, values_at
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind, Write
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.orders import numbers as order_numbers
from tillroll.store import Transaction
from tillroll.store.documents.rows import Entry

VIEW, MANAGE = "sequentialid.schema_view", "sequentialid.schema_manage"

VALUE_MAX = 10**15
DIGITS_MAX = 18
TEXT_CHARACTERS_MAX = 100
PLACEHOLDERS_MAX = 20
IDS_MAX = 100

_SCHEMA = msgspec.json.Decoder(SequenceSchema)


class NewSchema(Struct, frozen=True, rename="camel"):
    """A schema as it is sent."""

    name: str
    start_value: int
    max_value: int
    number_of_digits: int
    schema_type: str = ""
    pre_text: str = ""
    post_text: str = ""
    placeholders: dict[str, Placeholder] = {}


class NextId(Struct, frozen=True, rename="camel"):
    """The body of `nextId`: another pool than the usual one, and values for placeholders."""

    sequence_key: str | None = None
    placeholders: dict[str, str] = {}


class NextIds(Struct, frozen=True, rename="camel"):
    """What is wanted of one schema in a batch."""

    number_of_ids: int = 1
    sequence_key: str | None = None
    placeholders: dict[str, str] = {}


def routes(catalogue: Catalogue) -> list[Route]:
    """The routes of this service."""
    many = "/sequential-id/{tenant}/schemas"
    view, manage = back_office(VIEW), back_office(MANAGE)

    def run(handle: Handle, *, manages: bool = False) -> Run:
        return secured(SEQUENTIAL_ID, manage if manages else view, handle)

    def next_id(tx: Transaction, call: Call) -> Reply:
        return _next_id(tx, catalogue, call)

    def next_ids(tx: Transaction, call: Call) -> Reply:
        return _next_ids(tx, catalogue, call)

    batch = "/sequential-id/{tenant}/sequenceSchemaBatch/nextIds"
    wanted = body_as(dict[str, NextIds])
    return [
        Route("POST", many, run(_create, manages=True), SEQUENTIAL_ID, _read_schema, writes=True),
        Route("GET", many, run(_list), SEQUENTIAL_ID, reads=reads_of_list),
        Route("GET", many + "/{id}", run(_show), SEQUENTIAL_ID),
        Route("POST", many + "/{id}/setActive", run(_activate, manages=True), SEQUENTIAL_ID, writes=True),
        Route("GET", many + "/types/{schemaType}", run(_list), SEQUENTIAL_ID),
        Route("POST", many + "/types/{schemaType}/nextId", run(next_id), SEQUENTIAL_ID, _read_next, writes=True),
        Route("POST", batch, run(next_ids), SEQUENTIAL_ID, wanted, writes=True),
    ]


def _read_schema(inbound: Inbound) -> NewSchema:
    schema: NewSchema = body_as(NewSchema)(inbound)
    refuse_if(
        [
            id_problem("name", schema.name),
            None
            if not schema.schema_type or (schema.schema_type.isascii() and schema.schema_type.isalnum())
            else Problem("schemaType", "invalid_value", "schemaType must have letters and digits only"),
            id_problem("schemaType", schema.schema_type) if schema.schema_type else None,
            *(
                _text_problem(name, text)
                for name, text in (("preText", schema.pre_text), ("postText", schema.post_text))
            ),
            None
            if 0 <= schema.start_value <= schema.max_value <= VALUE_MAX
            else Problem("maxValue", "invalid_value", f"0 <= startValue <= maxValue <= {VALUE_MAX} must hold"),
            None
            if 1 <= schema.number_of_digits <= DIGITS_MAX
            else Problem("numberOfDigits", "invalid_value", f"numberOfDigits must be from 1 to {DIGITS_MAX}"),
            *_placeholder_problems(schema.placeholders),
        ]
    )
    return schema


def _text_problem(field: str, text: str) -> Problem | None:
    if len(text.encode()) <= TEXT_CHARACTERS_MAX and "/" not in text and (text.isprintable() or not text):
        return None
    return Problem(field, "invalid_value", f"{field} must have at most {TEXT_CHARACTERS_MAX} characters and no slash")


def _placeholder_problems(placeholders: Mapping[str, Placeholder]) -> list[Problem | None]:
    if len(placeholders) > PLACEHOLDERS_MAX:
        message = f"placeholders must have at most {PLACEHOLDERS_MAX} elements"
        return [Problem("placeholders", "too_large", message)]
    return [
        problem
        for name, one in placeholders.items()
        for problem in (
            id_problem("placeholders", name, length_max=40),
            _text_problem("placeholders", one.default or ""),
        )
    ]


def _read_next(inbound: Inbound) -> NextId:
    asked: NextId = body_as(NextId)(inbound) if inbound.body else NextId()
    refuse_if(_value_problems(asked.sequence_key, asked.placeholders))
    return asked


def _value_problems(key: str | None, values: Mapping[str, str]) -> list[Problem | None]:
    return [
        id_problem("sequenceKey", key) if key is not None else None,
        Problem("placeholders", "too_large", f"placeholders must have at most {PLACEHOLDERS_MAX} elements")
        if len(values) > PLACEHOLDERS_MAX
        else None,
        *(_text_problem("placeholders", value) for value in values.values()),
    ]


def _create(tx: Transaction, call: Call) -> Response:
    """POST: 201 `{id}`; the first schema of a type is active at once."""
    asked: NewSchema = call.inbound.command
    documents.touch(tx, call.shop)
    schema = SequenceSchema(call.inbound.id, **{name: getattr(asked, name) for name in asked.__struct_fields__})
    active = documents.find_by_alternate_key(tx, call.shop, Kind.SEQUENCE, asked.schema_type)
    key = asked.schema_type if asked.schema_type and active is None else None
    documents.insert(tx, call.shop, Write(Kind.SEQUENCE, schema.id, encode(schema).decode(), key), call.now)
    return Response(201, encode({"id": schema.id}), (JSON_CONTENT,))


def _activate(tx: Transaction, call: Call) -> Reply:
    """POST: 200; the schema that was active until now is not any more."""
    id = call.inbound.values["id"]
    documents.touch(tx, call.shop)
    entry = documents.find(tx, call.shop, Kind.SEQUENCE, id)
    if entry is None:
        return SEQUENTIAL_ID.refusal(404)
    schema = _SCHEMA.decode(entry.document)
    if not schema.schema_type:
        message = "a schema without a schemaType makes no ids by type: create it with one"
        return SEQUENTIAL_ID.refusal(400, [Problem("schemaType", "missing_value", message)])
    active = documents.find_by_alternate_key(tx, call.shop, Kind.SEQUENCE, schema.schema_type)
    if active is not None and active.id != id:
        documents.replace(tx, call.shop, Write(Kind.SEQUENCE, active.id, active.document), call.now)
    documents.replace(tx, call.shop, Write(Kind.SEQUENCE, id, entry.document, schema.schema_type), call.now)
    return Response(200, b"", ())


def _list(tx: Transaction, call: Call) -> Response:
    """GET of all schemas, or of those of one type."""
    wanted = call.inbound.values.get("schemaType")
    entries = list(documents.scan(tx, call.shop, Kind.SEQUENCE))
    schemas = [(entry, _SCHEMA.decode(entry.document)) for entry in entries]
    found = [(entry, schema) for entry, schema in schemas if wanted is None or schema.schema_type == wanted]
    return respond(200, [_shown(tx, call, entry, schema) for entry, schema in found])


def _show(tx: Transaction, call: Call) -> Reply:
    """GET of one schema."""
    entry = documents.find(tx, call.shop, Kind.SEQUENCE, call.inbound.values["id"])
    if entry is None:
        return SEQUENTIAL_ID.refusal(404)
    return respond(200, _shown(tx, call, entry, _SCHEMA.decode(entry.document)))


def _shown(tx: Transaction, call: Call, entry: Entry, schema: SequenceSchema) -> Document:
    active = documents.find_by_alternate_key(tx, call.shop, Kind.SEQUENCE, schema.schema_type)
    document: Document = msgspec.to_builtins(schema)
    times: dict[str, Any] = {"createdAt": iso(entry.created_at), "modifiedAt": iso(entry.modified_at)}
    return document | {
        "active": active is not None and active.id == schema.id,
        "counter": order_numbers.counted(tx, call.shop, schema),
        "metadata": {**times, "version": entry.version},
    }


def _next_id(tx: Transaction, catalogue: Catalogue, call: Call) -> Reply:
    """POST: 201 with the next id of the type's active schema; 404 without one, 400 where it has come to its end."""
    asked: NextId = call.inbound.command
    schema = catalogue.view(tx, call.shop).active_sequence(call.inbound.values["schemaType"])
    if schema is None:
        return SEQUENTIAL_ID.refusal(404, message="Resource does not exist.")
    wanted = NextIds(1, asked.sequence_key, asked.placeholders)
    try:
        (id,) = _made(_Desk(tx, catalogue, call), schema, wanted)
    except Malformed as malformed:
        return SEQUENTIAL_ID.refusal(400, malformed.problems)
    return respond(201, {"id": id})


def _next_ids(tx: Transaction, catalogue: Catalogue, call: Call) -> Reply:
    """POST: 201 with ids of several schemas, by name."""
    asked: dict[str, NextIds] = call.inbound.command
    schemas = {schema.name: schema for schema in _schemas(tx, call)}
    problems: list[Problem | None] = []
    for name, one in asked.items():
        problems += _value_problems(one.sequence_key, one.placeholders)
        if name not in schemas:
            problems.append(Problem(name[:80], "invalid_value", f"there is no schema '{name[:80]}'"))
        if not 1 <= one.number_of_ids <= IDS_MAX:
            problems.append(Problem(name[:80], "invalid_value", f"numberOfIds must be from 1 to {IDS_MAX}"))
    found = [problem for problem in problems if problem is not None]
    if found or not 1 <= len(asked) <= PLACEHOLDERS_MAX:
        return SEQUENTIAL_ID.refusal(400, found or [Problem("", "invalid_value", "name 1 to 20 schemas")])
    # In one order, so that two batches never wait for each other's counters in a ring.
    wanted = sorted(asked.items(), key=lambda one: schemas[one[0]].id)
    refused = [
        Problem(name, "missing_value", f"{name} needs values for {', '.join(missing)}")
        for name, one in wanted
        if (missing := missing_placeholders(schemas[name], values_at(None, call.now) | one.placeholders))
    ]
    if refused:
        return SEQUENTIAL_ID.refusal(400, refused)
    ids = {name: _made(_Desk(tx, catalogue, call), schemas[name], one, strict=False) for name, one in wanted}
    return respond(201, {name: {"ids": ids[name]} for name in asked})


def _schemas(tx: Transaction, call: Call) -> list[SequenceSchema]:
    return [_SCHEMA.decode(entry.document) for entry in documents.scan(tx, call.shop, Kind.SEQUENCE)]


class _Desk(Struct, frozen=True):
    """Who asks for ids, and where they are counted."""

    tx: Transaction
    catalogue: Catalogue
    call: Call


def _made(desk: _Desk, schema: SequenceSchema, asked: NextIds, *, strict: bool = True) -> list[str]:
    """Ids of one schema; raises Malformed where it can make none, or with `strict` not as many."""
    tx, call = desk.tx, desk.call
    view = desk.catalogue.view(tx, call.shop)
    code = typed(call.inbound.query, "siteCode")
    site = view.site(code) if code else view.default_site()
    values = values_at(site, call.now) | asked.placeholders
    missing = missing_placeholders(schema, values)
    if missing:
        raise Malformed([Problem("placeholders", "missing_value", f"send values for {', '.join(missing)}")])
    key = asked.sequence_key or ""
    counters = order_numbers.count_up(tx, call.shop, schema, asked.number_of_ids, key)
    made = [id_of(schema, counter, values) for counter in counters if counter is not None]
    if strict and len(made) < asked.number_of_ids:
        raise Malformed([Problem("maxValue", "invalid_value", f"the schema {schema.name} has come to its end")])
    return made
