"""The words in which dialects describe their routes: operations, answers, and schemas as OpenAPI 3.1 has them.

What an operation says is what a client needs: parameters, bodies, and the shape of each answer. `published.py` makes
the document of it, and adds what every route has in common.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct, field

from tillroll.dialects.http import Route

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
NAME: Schema = {"type": "string", "minLength": 1}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}
ANYTHING: Schema = {}
OBJECT: Schema = {"type": "object", "additionalProperties": True}

_COMPONENTS = "#/components/schemas/"

# Where a docstring names its source, which readers of the published document do not have.
_CITATION = re.compile(r"\s*\((?:docs/|contracts)[^)]*\)|;\s*(?:docs/|contracts)[^)]*")


class Parameter(Struct, frozen=True):
    """A query parameter or, with `place="header"`, a header."""

    name: str
    schema: Schema = field(default_factory=lambda: TEXT)
    summary: str = ""
    place: str = "query"
    required: bool = False


class Answer(Struct, frozen=True):
    """What a status means and carries; without a schema there is no body."""

    summary: str = ""
    schema: Schema | None = None
    headers: Mapping[str, str] = {}
    content_type: str = "application/json"


class Operation(Struct, frozen=True):
    """One route as its clients need to know it.

    `answers` are the successes, and whatever else has a shape of its own; the usual errors need not be named. A schema
    stands for an answer without headers, None for one without a body.
    """

    method: str
    path: str
    summary: str
    answers: Mapping[int, Answer | Schema | None]
    body: Schema | None = None
    parameters: Sequence[Parameter] = ()
    notes: str = ""
    places: Mapping[str, Schema] = {}
    """Schemas of path parameters that are more than any text."""
    missing: str = ""
    """What a 404 means, where it is not that what the path names does not exist."""
    conflict: str = ""
    """What a 409 means."""
    example: Any = None
    """A body that is accepted as it stands."""


class Demands(Struct, frozen=True):
    """What a route asks of its callers: security schemes (any one of them), headers, and how it turns others away."""

    schemes: Sequence[str] = ()
    who: str = "anyone"
    parameters: Sequence[Parameter] = ()
    refusals: Sequence[int] = ()
    scopes: Mapping[str, Sequence[str]] = {}
    """By scheme, of which any one is enough."""


class Place(Struct, frozen=True):
    """A path parameter: of what it names one, and by what."""

    noun: str
    """Empty where it names nothing that could be missing."""
    summary: str
    schema: Schema = field(default_factory=lambda: NAME)


class Service(Struct, frozen=True):
    """A group of routes that people look for together: those whose path begins with one of these.

    Where several services fit a path, it belongs to the one with the longest beginning.
    """

    name: str
    title: str
    paths: Sequence[str]
    summary: str = ""


class Description(Struct, frozen=True):
    """A dialect's own account of itself; `demands` and `refusal` speak of any of its routes, and of errors' shapes."""

    name: str
    title: str
    summary: str
    operations: Sequence[Operation]
    components: Mapping[str, Schema]
    services: Sequence[Service]
    refusal: Callable[[Route, int], Schema | Answer]
    demands: Callable[[Route], Demands] = lambda _route: Demands()
    schemes: Mapping[str, Schema] = {}
    places: Mapping[str, Place] = {}
    """Path parameters, by name, or by name and the segment before: `sites/{id}`."""
    kinds: Sequence[str] = ()
    """What an event of this dialect is called in the ledger: whatever it writes there is one of these."""
    closed: Sequence[str] = ()
    """Prefixes of paths below which a parameter that is not described is refused."""
    names_unread: bool = False
    """Whether answers name those fields of a JSON body that nobody reads: not where such are kept as evidence."""
    explain: Callable[["Description"], "Description"] = lambda description: description
    """Adds what only readers of the document want."""


# --------------------------------------------------------------------------------------------------- writing schemas


def ref(name: str) -> Schema:
    """A component by its name."""
    return {"$ref": _COMPONENTS + name}


def record(fields: Mapping[str, Schema], *, others: bool = False, note: str = "") -> Schema:
    """An object with these fields; a name that ends in `?` may be absent. `others` allows fields beyond them."""
    required = [name for name in fields if not name.endswith("?")]
    return {
        "type": "object",
        "properties": {name.removesuffix("?"): schema for name, schema in fields.items()},
        "additionalProperties": others,
        **({"required": required} if required else {}),
        **({"description": note} if note else {}),
    }


def listed(items: Schema, *, most: int | None = None, least: int | None = None) -> Schema:
    """A list of these."""
    bounds = {"minItems": least, "maxItems": most}
    return {"type": "array", "items": items} | {name: bound for name, bound in bounds.items() if bound is not None}


def mapped(values: Schema) -> Schema:
    """An object whose keys are the client's, and whose values are these."""
    return {"type": "object", "additionalProperties": values}


def one_of(*values: str) -> Schema:
    """A text that is one of these."""
    return {"type": "string", "enum": list(values)}


def nullable(schema: Schema) -> Schema:
    """The schema, or null."""
    kind = schema.get("type")
    if not isinstance(kind, str):
        return {"anyOf": [schema, {"type": "null"}]} if schema else schema
    return {**schema, "type": [kind, "null"]} | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})


def either(*schemas: Schema) -> Schema:
    """What fits at least one of these."""
    return {"anyOf": list(schemas)}


def one_shape(*names: str) -> Schema:
    """What is exactly one of these components."""
    return {"oneOf": [ref(name) for name in names]}


def both(*schemas: Schema) -> Schema:
    """What fits all of these."""
    return {"allOf": list(schemas)}


def structs(prefix: str, shapes: Mapping[str, Any], *, left_out: Iterable[str] = ()) -> dict[str, Schema]:
    """Components for what is decoded into these structs, and for everything that they hold.

    `left_out` are fields, as `Site.code`, that the server fills in where a client does not, although the struct
    requires them.
    """
    names = {_title(shape): name for name, shape in shapes.items()}
    _, found = msgspec.json.schema_components(list(shapes.values()), ref_template="{name}")
    spare = set(left_out)
    components: dict[str, Schema] = {}
    for inner, schema in found.items():
        name = names.get(inner, inner.strip("_"))
        translated = _translated(schema, lambda other: f"{prefix}.{names.get(other, other.strip('_'))}")
        required = [field for field in translated.pop("required", ()) if f"{name}.{field}" not in spare]
        components[f"{prefix}.{name}"] = {**translated, **({"required": required} if required else {})}
    return components


def answers(prefix: str, shapes: Mapping[str, Any], *, elsewhere: Collection[str] = ()) -> dict[str, Schema]:
    """Components for what is answered with these structs, and for everything that they hold.

    A field that may be left out is left out, and never null (as Emporix has it). What is `elsewhere` is a
    component by its own name already.
    """
    names = {_title(shape): name for name, shape in shapes.items()}
    _, found = msgspec.json.schema_components(list(shapes.values()), ref_template="{name}")
    before = f"{prefix}." if prefix else ""

    def rename(inner: str) -> str:
        if inner.startswith(_COMPONENTS):
            return inner.removeprefix(_COMPONENTS)
        title = inner.rpartition(".")[2]  # with its module before it, where two have it
        return title if title in elsewhere else before + names.get(title, title)

    named = {rename(inner): schema for inner, schema in found.items()}
    return {name: _translated(_never_null(one), rename) for name, one in named.items() if name not in elsewhere}


def _never_null(schema: dict[str, Any]) -> dict[str, Any]:
    """An object whose fields are there, or are not: null only where a field is always there."""
    required, fields = schema.get("required", ()), schema.get("properties", {})
    return {
        **schema,
        "properties": {name: one if name in required else _without_null(one) for name, one in fields.items()},
    }


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    branches = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**rest, **branches[0]} if len(branches) == 1 else {**rest, **({"anyOf": branches} if branches else {})}


def partial(schema: Schema) -> Schema:
    """An object of which every field may be left out."""
    return {key: value for key, value in schema.items() if key != "required"}


def extended(schema: Schema, fields: Mapping[str, Schema], *, required: Iterable[str] = ()) -> Schema:
    """An object with more fields than it was written with."""
    return {
        **schema,
        "properties": {**schema.get("properties", {}), **fields},
        "required": [*dict.fromkeys([*schema.get("required", ()), *required])],
    }


def _title(shape: Any) -> str:
    return str(getattr(shape, "__name__", shape))


def _translated(schema: Any, rename: Callable[[str], str]) -> Any:
    """A schema as msgspec makes it, in the words that we publish: no titles, no sources, one spelling of each value."""
    if isinstance(schema, list):
        return [_translated(one, rename) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return dict(ref(rename(schema["$ref"])))
    if schema.get("format") == "decimal":
        return dict(NUMBER)
    left_out = ("title", "default", "properties")
    done = {key: _translated(value, rename) for key, value in schema.items() if key not in left_out}
    if "properties" in schema:
        done["properties"] = {key: _translated(value, rename) for key, value in schema["properties"].items()}
    if "description" in done:
        done["description"] = _CITATION.sub("", done["description"])
    if "enum" in done:
        done |= _spelled_once(done["enum"])
    branches = done.get("anyOf", [])
    others = [one for one in branches if one != {"type": "null"}]
    if len(others) == 1 and len(branches) == 2:
        del done["anyOf"]
        return {**done, **nullable(others[0])}
    return done


def _spelled_once(values: Sequence[Any]) -> Schema:
    """An enumeration without what is only another spelling of a value before it: those are taken, and not told of."""
    known = {str(value).lower(): value for value in reversed(values)}
    kept = [value for value in values if known[str(value).lower()] == value]
    return {"enum": kept} | ({"type": "string"} if all(isinstance(value, str) for value in kept) else {})
