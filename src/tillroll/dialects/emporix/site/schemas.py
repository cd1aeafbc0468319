"""JSON Schemas of mixins: `/schema/{tenant}/schemas` (docs/wire/emporix.md, 14).

A schema comes either as Emporix's `attributes`, from which the JSON Schema is made, or, as our own extension, as a
JSON Schema itself under `definition`. Either is published for everybody at `metadata.url`, in its latest version only,
and is what `metadata.mixins.<name>` of carts, customers and orders refers to. No address is ever fetched.
"""

import re
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Literal
from urllib.parse import quote

import msgspec
from msgspec import UNSET, Struct, UnsetType

from tillroll.dialects.emporix.wire.errors import SCHEMA, Reply, encode, rendered, respond
from tillroll.dialects.emporix.wire.languages import Path, accepted, speak
from tillroll.dialects.emporix.wire.payload import reads_of_list, typed
from tillroll.dialects.emporix.wire.resource_lists import Listing, filtered
from tillroll.dialects.emporix.wire.resources import (
    Body,
    Document,
    Resource,
    Shows,
    Words,
    Writes,
    noting,
    resource_routes,
    shown,
    stored,
)
from tillroll.dialects.emporix.wire.secured import TENANT, Call, Handle, anybody, back_office, secured
from tillroll.dialects.guards import origin_of
from tillroll.dialects.http import Inbound, Postponed, Problem, Response, Route
from tillroll.domain.documents import Localized
from tillroll.domain.site import json_schema
from tillroll.engine.access.idempotency import digest_of
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind
from tillroll.engine.site.schemas import published_path
from tillroll.store import Transaction
from tillroll.store.documents.rows import Entry

READ = ("schema.schema_read", "schema.schema_manage")
TYPES_MAX = 100
ATTRIBUTES_MAX = 500

_TYPE = re.compile(r"^[A-Z][A-Z0-9_.]{0,63}$")
_TEXTS: tuple[Path, ...] = (("name",),)

AttributeType = Literal[
    "TEXT", "NUMBER", "DECIMAL", "BOOLEAN", "DATE", "TIME", "DATE_TIME", "ENUM", "ARRAY", "OBJECT", "REFERENCE"
]
_JSON_TYPES: dict[str, Document] = {
    "TEXT": {"type": "string"},
    "NUMBER": {"type": "number"},
    "DECIMAL": {"type": "number"},
    "BOOLEAN": {"type": "boolean"},
    "DATE": {"type": "string", "format": "date"},
    "TIME": {"type": "string", "format": "time"},
    "DATE_TIME": {"type": "string", "format": "date-time"},
    "ENUM": {"type": "string"},
    "ARRAY": {"type": "array"},
    "OBJECT": {"type": "object"},
    "REFERENCE": {"type": "string"},
}


class _AttributeMetadata(Struct, rename="camel"):
    localized: bool = False
    required: bool = False
    nullable: bool = False


class _AttributeValue(Struct):
    value: str


class _ArrayType(Struct):
    type: AttributeType
    localized: bool = False
    values: list[_AttributeValue] | None = None


class _Attribute(Struct, rename="camel"):
    key: str
    type: AttributeType
    metadata: _AttributeMetadata | None = None
    values: list[_AttributeValue] | None = None
    attributes: "list[_Attribute] | None" = None
    array_type: _ArrayType | None = None


class _Schema(Struct):
    id: str
    types: list[str]
    name: Localized = ""
    attributes: list[_Attribute] | UnsetType = UNSET
    definition: Any = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET


def routes() -> list[Route]:
    """The schema routes."""
    resource = Resource(
        path="/schema/{tenant}/schemas",
        kind=Kind.SCHEMA,
        service=SCHEMA,
        writers=back_office("schema.schema_manage"),
        readers=anybody(*READ),
        body=Body(_Schema, _check, complete=_complete, as_sent=_without_completion),
        words=Words("Resource with id '{id}' not found", "Duplicated key.", repeats_id_as="resourceId"),
        writes=Writes(needs_version=True),
        shows=Shows(_present),
        rules=(noting(*_TEXTS),),
        beforehand=_judge_definition,
    )
    show_page = secured(SCHEMA, resource.readers, _list(resource))
    return [
        *resource_routes(resource, Route("GET", resource.path, show_page, SCHEMA, reads=reads_of_list)),
        Route("GET", resource.one + "/definition", _publish, SCHEMA),
    ]


def _check(schema: _Schema) -> list[Problem | None]:
    given = [schema.attributes is not UNSET, schema.definition is not UNSET]
    unknown = next((name for name in schema.types if not _TYPE.match(name)), None)
    return [
        None
        if 1 <= len(schema.types) <= TYPES_MAX
        else Problem("types", "invalid_value", f"types must name 1 to {TYPES_MAX} types, e.g. CART or ORDER"),
        None if unknown is None else Problem("types", "invalid_value", f"'{unknown[:64]}' is not the name of a type"),
        None
        if given in ([True, False], [False, True])
        else Problem("attributes", "missing_value", "send either attributes or, as definition, a JSON Schema"),
        *(_attribute_problems("attributes", schema.attributes) if schema.attributes is not UNSET else ()),
    ]


def _judge_definition(call: Call) -> Reply | None:
    """Refuse a JSON Schema that could do harm; it is looked at outside of the transaction, patterns and all.

    What a write does not change was judged when it was stored.
    """
    document: Document = call.inbound.command
    if "attributes" in document:
        definition = _made_of(document)
    elif "definition" in document:
        definition = document["definition"]
    else:
        return None
    text = encode(definition)
    key = digest_of(b"schema", text)
    if key not in call.inbound.findings:
        work = partial(json_schema.definition_problems, definition, len(text))
        return Postponed(shop=call.shop, key=key, work=work)
    found = call.inbound.findings[key]
    if "attributes" in document:  # places in what was made of them would tell nobody anything
        problems = [Problem("attributes", "invalid_value", message) for _, message in found]
    else:
        problems = [Problem(f"definition/{place}".rstrip("/"), "invalid_value", message) for place, message in found]
    return SCHEMA.refusal(400, problems) if problems else None


def _attribute_problems(field: str, attributes: Sequence[_Attribute]) -> Iterable[Problem]:
    keys = [attribute.key for attribute in attributes]
    if len(keys) > ATTRIBUTES_MAX:
        yield Problem(field, "invalid_value", f"there can be at most {ATTRIBUTES_MAX} attributes")
        return
    for position, attribute in enumerate(attributes):
        place = f"{field}[{position}]"
        if not 1 <= len(attribute.key) <= 255 or keys.index(attribute.key) != position:
            yield Problem(f"{place}.key", "invalid_value", "key must be 1 to 255 characters and unique")
        if attribute.type == "ENUM" and not attribute.values:
            yield Problem(f"{place}.values", "missing_value", "an ENUM needs values")
        if attribute.type == "ARRAY" and attribute.array_type is None:
            yield Problem(f"{place}.arrayType", "missing_value", "an ARRAY needs an arrayType")
        yield from _attribute_problems(f"{place}.attributes", attribute.attributes or ())


def _complete(document: Document) -> None:
    """Give a schema of attributes its JSON Schema."""
    if "attributes" in document:
        document["definition"] = _made_of(document)


def _without_completion(document: Document) -> Document:
    """A stored schema of attributes without the JSON Schema that was made of them."""
    if "attributes" not in document:
        return document
    return {name: value for name, value in document.items() if name != "definition"}


def _made_of(document: Document) -> Document:
    """The JSON Schema of a document's attributes; an empty one where they are wrong, which is told elsewhere."""
    try:
        attributes = msgspec.convert(document["attributes"], list[_Attribute])
    except msgspec.ValidationError:
        return {}
    return {"$schema": "http://json-schema.org/draft-07/schema#", **_object(attributes)}


def _object(attributes: Sequence[_Attribute]) -> Document:
    required = [one.key for one in attributes if one.metadata is not None and one.metadata.required]
    properties = {attribute.key: _property(attribute) for attribute in attributes}
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _property(attribute: _Attribute) -> Document:
    metadata = attribute.metadata or _AttributeMetadata()
    schema = _scalar(attribute.type, attribute.values)
    if attribute.type == "OBJECT":
        schema = _object(attribute.attributes or ())
    if attribute.type == "ARRAY" and attribute.array_type is not None:
        inner = attribute.array_type
        schema = {"type": "array", "items": _localized(_scalar(inner.type, inner.values), inner.localized)}
    schema = _localized(schema, metadata.localized)
    return {"anyOf": [schema, {"type": "null"}]} if metadata.nullable else schema


def _localized(schema: Document, localized: bool) -> Document:
    """A localised text may come in one language or as a map of several."""
    return {"anyOf": [schema, {"type": "object", "additionalProperties": schema}]} if localized else schema


def _scalar(type: str, values: list[_AttributeValue] | None) -> Document:
    if type == "ENUM" and values:
        return {"type": "string", "enum": [value.value for value in values]}
    return dict(_JSON_TYPES[type])


def _present(call: Call, entry: Entry) -> Document:
    document = shown(entry)
    if "attributes" in document:
        del document["definition"]  # it is made of the attributes; Emporix answers with those
    document["metadata"]["url"] = origin_of(call.inbound) + published_path(call.shop, quote(entry.id, safe=""))
    speak(document, _TEXTS, accepted(call.inbound))
    return document


def _list(schemas: Resource) -> Handle:
    """GET of the list, also of one `type` only; a shop has few schemas, so that these are sorted out here."""

    def show(tx: Transaction, call: Call) -> Response:
        type = typed(call.inbound.query, "type").replace(".", "_")
        if not type:
            return filtered(Listing(schemas, {}), tx, call)
        return filtered(Listing(schemas, {}), tx, call, fits=lambda schema: type in _types(schema))

    return show


def _types(schema: Document) -> list[str]:
    return [name.replace(".", "_") for name in schema["types"]]


def _publish(tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
    """GET of the JSON Schema itself, for everybody."""
    return [rendered(_published(tx, inbound.values["tenant"], inbound.values["id"])) for inbound in requests]


def _published(tx: Transaction, shop: str, id: str) -> Reply:
    entry = documents.find(tx, shop, Kind.SCHEMA, id) if TENANT.fullmatch(shop) else None
    if entry is None:
        return SCHEMA.refusal(404, message=f"Resource with id '{id}' not found")
    return respond(200, stored(entry)["definition"])
