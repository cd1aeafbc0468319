"""Schemas as people read them: a row for each field, and a command line that shows one request."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from tillroll.dialects.openapi import Schema

_REF = "#/components/schemas/"
_NULL: Schema = {"type": "null"}
_PLACE = re.compile(r"\{(\w+)\}")
_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
# Deeper examples are longer than they are helpful.
_EXAMPLE_LEVELS_MAX = 6


class Row(Struct, frozen=True):
    """One field: where it is, what it is, whether it has to be there; `shape` names the component that it holds."""

    field: str
    kind: str
    shape: str
    required: bool


def outline(schema: Schema) -> list[Row]:
    """A schema as rows: itself where it is no object, else its fields, those of nested objects below it."""
    fields = list(_fields(schema, ""))
    return fields or [Row("", kind_of(schema), shape_of(schema), True)]


def _fields(schema: Schema, place: str) -> Iterator[Row]:
    required = set(schema.get("required", ()))
    for name, inner in schema.get("properties", {}).items():
        path = f"{place}{name}"
        yield Row(path, kind_of(inner), shape_of(inner), name in required)
        yield from _fields(inner, f"{path}.")
        if _type(inner) == "array":
            yield from _fields(inner["items"], f"{path}[].")
    if not place and _type(schema) == "array":
        yield from _fields(schema["items"], "[].")
    for branch in schema.get("allOf", ()) if not place else ():
        if "$ref" in branch:
            yield Row("…", "all fields of", shape_of(branch), True)
        yield from _fields(branch, "")


def kind_of(schema: Schema) -> str:
    """What a schema is, in a few words."""
    many = " or ".join(dict.fromkeys(kind_of(one) for one in _branches(schema)))
    kind = _type(schema)
    if many:
        said = many
    elif "enum" in schema:
        said = "one of " + ", ".join(str(value) for value in schema["enum"] if value is not None)
    elif kind == "array":
        said = f"list of {kind_of(schema['items'])}".rstrip()
    elif "$ref" in schema or "allOf" in schema:
        said = shape_of(schema)
    elif kind == "object":
        said = "object" if schema.get("properties") or not schema.get("additionalProperties") else "object, any fields"
    else:
        said = _WORDS.get(kind, "anything")
    return said + (", or null" if _may_be_null(schema) else "")


def _branches(schema: Schema) -> list[Schema]:
    """What a schema may be instead of one thing, but for null."""
    return [one for key in ("anyOf", "oneOf") for one in schema.get(key, ()) if one != _NULL]


def _type(schema: Schema) -> str:
    """The type of a schema, but for null; empty where it names none."""
    said = schema.get("type", "")
    return said if isinstance(said, str) else next(one for one in said if one != "null")


def _may_be_null(schema: Schema) -> bool:
    return "null" in schema.get("type", "") or _NULL in schema.get("anyOf", ())


def shape_of(schema: Schema) -> str:
    """The component that a schema refers to, itself or for its elements; empty where it refers to none."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_REF)
    alone = _branches(schema) if len(_branches(schema)) == 1 else ()
    for inner in (*schema.get("allOf", ()), *alone, *([schema["items"]] if "items" in schema else ())):
        found = shape_of(inner)
        if found:
            return found
    return ""


def command(method: str, path: str, operation: Mapping[str, Any], shapes: Mapping[str, Schema]) -> str:
    """One request as a command line, with what is required and nothing else."""
    query = [
        f"{one['name']}={quote(str(example(one['schema'], shapes)))}"
        for one in operation["parameters"]
        if one["in"] == "query" and one["required"]
    ]
    address = _PLACE.sub(lambda place: "$SHOP" if place[1] == "tenant" else f"${place[1].upper()}", path)
    words = ["curl", "-I" if method == "HEAD" else f"-X {method}"]
    words.append(f'"$URL{address}{"?" + "&".join(query) if query else ""}"')
    if operation["security"]:
        words.append('-H "Authorization: Bearer $TOKEN"')
    for content_type, content in operation.get("requestBody", {}).get("content", {}).items():
        words += _sent(content_type, example(content["schema"], shapes))
        break
    return " ".join(words)


def _sent(content_type: str, body: Any) -> Sequence[str]:
    if content_type != "application/json" and isinstance(body, dict):
        return [f"-d {name}={quote(str(value))}" for name, value in body.items()]
    text = msgspec.json.encode(body).decode().replace("'", "'\\''")
    return [f'-H "Content-Type: {content_type}"', f"-d '{text}'"]


def example(schema: Schema, shapes: Mapping[str, Schema], level: int = 0) -> Any:
    """The smallest value that shows what a schema wants."""
    schema = shapes.get(shape_of(schema), schema) if "$ref" in schema else schema
    branches = [*schema.get("allOf", ()), *schema.get("anyOf", ())[:1], *schema.get("oneOf", ())[:1]]
    if level > _EXAMPLE_LEVELS_MAX:
        return None
    if branches and "type" not in schema:
        values = [example(branch, shapes, level) for branch in branches]
        whole: dict[str, Any] = {}
        for value in values:
            whole |= value if isinstance(value, dict) else {}
        return whole or values[0]
    if schema.get("enum"):
        return schema["enum"][0]
    if _type(schema) == "array":
        return [example(schema["items"], shapes, level + 1)]
    if _type(schema) == "object":
        needed = schema.get("required", ())
        return {
            name: example(inner, shapes, level + 1)
            for name, inner in schema.get("properties", {}).items()
            if name in needed
        }
    return {"integer": 1, "number": 1, "boolean": True}.get(_type(schema), "…")
