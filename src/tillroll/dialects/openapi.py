"""How dialects describe their routes, and the OpenAPI document that is made of it.

    dialect: Description (operations, components) ┐
                                                  ├──► document() ──► /openapi.json, /docs
    route table: who may call, content types ─────┘

What an operation says is what a client needs: parameters, bodies, and the shape of each answer. What every route has in
common, its errors above all, is added here from the route itself, so that it can not be forgotten.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace as replaced

from tillroll.dialects.http import Route
from tillroll.dialects.unread import Known

Schema = Mapping[str, Any]

VERSION = "3.0.3"

TEXT: Schema = {"type": "string"}
NAME: Schema = {"type": "string", "minLength": 1}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}
ANYTHING: Schema = {}
OBJECT: Schema = {"type": "object", "additionalProperties": True}

# What the door itself may answer to any request, and to any write that takes an Idempotency-Key.
_DOORS_REFUSALS = (400, 404, 413, 415, 500, 503)
_KEYED_REFUSALS = (409, 422)

# What a route that takes a body of any declared type is described with.
_ANY_BODY = ("application/json",)

_PLACE = re.compile(r"\{(\w+)\}")
_BRANCHES = ("anyOf", "oneOf", "allOf")


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


class Demands(Struct, frozen=True):
    """What a route asks of its callers: security schemes (any one of them), headers, and how it turns others away."""

    schemes: Sequence[str] = ()
    who: str = "anyone"
    parameters: Sequence[Parameter] = ()
    refusals: Sequence[int] = ()


class Description(Struct, frozen=True):
    """A dialect's own account of itself; `demands` and `refusal` speak of any of its routes, and of errors' shapes."""

    name: str
    title: str
    summary: str
    operations: Sequence[Operation]
    components: Mapping[str, Schema]
    refusal: Callable[[Route, int], Schema | Answer]
    demands: Callable[[Route], Demands] = lambda _route: Demands()
    schemes: Mapping[str, Schema] = {}
    places: Mapping[str, Schema] = {}
    """Path parameters that mean the same in every route, by name."""
    names_unread: bool = False
    """Whether answers name those fields of a JSON body that nobody reads: not where such are kept as evidence."""


# --------------------------------------------------------------------------------------------------- writing schemas


def ref(name: str) -> Schema:
    """A component by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


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
    return {"nullable": True, "allOf": [schema]} if "$ref" in schema else {**schema, "nullable": True}


def either(*schemas: Schema) -> Schema:
    """What fits at least one of these."""
    return {"anyOf": list(schemas)}


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
    """A schema of JSON Schema 2020-12, as msgspec makes it, in the words of OpenAPI 3.0."""
    if isinstance(schema, list):
        return [_translated(one, rename) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return dict(ref(rename(schema["$ref"])))
    if schema.get("format") == "decimal":
        return {"type": "number"}
    done = {key: _translated(value, rename) for key, value in schema.items() if key not in ("title", "default")}
    if "properties" in done:
        done["properties"] = {key: _translated(value, rename) for key, value in schema["properties"].items()}
    branches = done.get("anyOf", [])
    others = [one for one in branches if one != {"type": "null"}]
    if len(others) < len(branches):
        del done["anyOf"]
        return {**done, **(nullable(others[0]) if len(others) == 1 else {"anyOf": others, "nullable": True})}
    return done


# ------------------------------------------------------------------------------------------------------ the document


def document(descriptions: Sequence[Description], routes: Iterable[Route], *, version: str) -> dict[str, Any]:
    """One OpenAPI document of these dialects; raises ValueError where two of them name a component alike."""
    components: dict[str, Schema] = {}
    for description in descriptions:
        for name, schema in description.components.items():
            if name in components:
                raise ValueError(f"two dialects describe a component {name}")
            components[name] = schema
    known = {(route.method, route.path): route for route in routes}
    paths: dict[str, dict[str, Any]] = {}
    for description in descriptions:
        for operation in description.operations:
            route = known[operation.method, operation.path]
            paths.setdefault(operation.path, {})[operation.method.lower()] = described(description, operation, route)
    tags = dict.fromkeys(operation["tags"][0] for path in paths.values() for operation in path.values())
    return {
        "openapi": VERSION,
        "info": {
            "title": "Tillroll: " + ", ".join(description.title for description in descriptions),
            "version": version,
            "description": "\n\n".join(description.summary for description in descriptions),
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {name: one for description in descriptions for name, one in description.schemes.items()},
        },
    }


def described(description: Description, operation: Operation, route: Route) -> dict[str, Any]:
    """One operation with all that its route adds to it."""
    demands = description.demands(route)
    found: dict[str, Any] = {
        "tags": [tag_of(operation.path)],
        "operationId": "_".join(re.findall(r"\w+", f"{operation.method.lower()} {operation.path}")),
        "summary": operation.summary,
        "description": f"{operation.notes}\n\nWho may call: {demands.who}.".strip(),
        "parameters": [*_places(description, operation), *_parameters(operation, route, demands)],
        "responses": _responses(description, operation, route),
        "security": [{scheme: []} for scheme in demands.schemes],
    }
    if operation.body is not None:
        contents = {content_type: {"schema": operation.body} for content_type in route.content_types or _ANY_BODY}
        found["requestBody"] = {"required": True, "content": contents}
    return found


def knowing_fields(descriptions: Sequence[Description], routes: Iterable[Route]) -> list[Route]:
    """The routes, and with those of descriptions that name what is unread the fields that their bodies may have.

    What a resource is shown with may be sent back: who changes a part of it sends the rest as it was.
    """
    bodies = {
        (operation.method, operation.path): Known(
            [operation.body, *_shown_at(description, operation.path)], description.components
        )
        for description in descriptions
        for operation in description.operations
        if description.names_unread and operation.body is not None
    }
    return [
        replaced(route, fields=bodies.get((route.method, route.path)))
        if "application/json" in route.content_types
        else route
        for route in routes
    ]


def _shown_at(description: Description, path: str) -> Iterable[Schema]:
    """What a GET of a path shows; of a list, one of its elements."""
    for operation in description.operations:
        if (operation.method, operation.path) == ("GET", path):
            said = operation.answers.get(200)
            schema = said.schema if isinstance(said, Answer) else said
            if schema is not None:
                yield schema.get("items", schema)


def tag_of(path: str) -> str:
    """The service that a path belongs to: its first segment."""
    return path.strip("/").partition("/")[0]


def _places(description: Description, operation: Operation) -> list[dict[str, Any]]:
    schemas = {**description.places, **operation.places}
    return [
        {"name": name, "in": "path", "required": True, "schema": schemas.get(name, NAME)}
        for name in _PLACE.findall(operation.path)
    ]


def _parameters(operation: Operation, route: Route, demands: Demands) -> list[dict[str, Any]]:
    wanted = [*operation.parameters, *demands.parameters]
    if _is_keyed(route):
        summary = "The client's name for this request: repeated, it gets the first answer, and nothing is done twice."
        wanted.append(Parameter("Idempotency-Key", {"type": "string", "maxLength": 255}, summary, "header"))
    return [
        {"name": one.name, "in": one.place, "required": one.required, "schema": one.schema}
        | ({"description": one.summary} if one.summary else {})
        for one in wanted
    ]


def _is_keyed(route: Route) -> bool:
    return route.writes and route.keeps_answers


def _responses(description: Description, operation: Operation, route: Route) -> dict[str, Any]:
    answers: dict[int, Answer] = {}
    keyed = _KEYED_REFUSALS if _is_keyed(route) else ()
    for status in (*_DOORS_REFUSALS, *keyed, *description.demands(route).refusals):
        refused = description.refusal(route, status)
        answers[status] = refused if isinstance(refused, Answer) else Answer(schema=refused)
    for status, said in operation.answers.items():
        answers[status] = said if isinstance(said, Answer) else Answer(schema=said)
    return {str(status): _response(status, answers[status]) for status in sorted(answers)}


def _response(status: int, answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = {"description": answer.summary or HTTPStatus(status).phrase}
    if answer.schema is not None:
        found["content"] = {answer.content_type: {"schema": answer.schema}}
    if answer.headers:
        found["headers"] = {name: {"description": summary, "schema": TEXT} for name, summary in answer.headers.items()}
    return found


def encoded(value: object) -> bytes:
    """A document as JSON bytes."""
    return msgspec.json.encode(value, enc_hook=_as_number)


def _as_number(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    raise NotImplementedError(type(value))
