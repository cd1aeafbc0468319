"""Schemas as people read them: a row for each field, with what it is and what it means."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from tillroll.dialects.openapi import Schema

_REF = "#/components/schemas/"
_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
_NULL: Schema = {"type": "null"}


class Row(Struct, frozen=True):
    """One field: where it is, what it is, what it means; `shape` names the component that it holds."""

    field: str
    kind: str
    shape: str
    required: bool
    meaning: str = ""


def outline(schema: Schema, shapes: Mapping[str, Schema]) -> list[Row]:
    """A schema as rows: those of its fields, those of nested objects below them; itself where it has none.

    Components are opened where they are all that there is to see, and named where they are what a field holds.
    """
    branches = _branches(shapes[shape_of(schema)] if "$ref" in schema else schema)
    if len(branches) > 1:
        return [row for branch in branches for row in (_alternative(branch), *_opened(branch, shapes))]
    return _opened(schema, shapes) or [Row("", kind_of(schema), shape_of(schema), False, _meaning(schema))]


def _alternative(branch: Schema) -> Row:
    """The line above one of several things that a value may be."""
    return Row("", f"either {kind_of(branch)}", shape_of(branch), False, _meaning(branch))


def _opened(schema: Schema, shapes: Mapping[str, Schema]) -> list[Row]:
    """The rows of a schema's fields, each field once; of a list, those of its elements."""
    rows = {row.field: row for row in _fields(schema, "", shapes)}
    return list(rows.values())


def _fields(schema: Schema, place: str, shapes: Mapping[str, Schema]) -> Iterator[Row]:
    if "$ref" in schema:
        yield from _fields(shapes[shape_of(schema)], place, shapes)
    for branch in schema.get("allOf", ()):
        yield from _fields(branch, place, shapes)
    if _type(schema) == "array":
        yield from _fields(schema["items"], f"{place}[].".lstrip("."), shapes)
    required = set(schema.get("required", ()))
    for name, inner in schema.get("properties", {}).items():
        path = f"{place}{name}"
        yield Row(path, kind_of(inner), shape_of(inner), name in required, _meaning(inner))
        if not shape_of(inner):
            yield from _fields(inner, f"{path}." if _type(inner) != "array" else path, shapes)


def _meaning(schema: Schema) -> str:
    return str(schema.get("description", ""))


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


def shapes_in(schemas: Sequence[object], shapes: Mapping[str, Schema]) -> list[str]:
    """The components that these schemas refer to, and those that these refer to, by name."""
    found: set[str] = set()
    waiting = [*schemas]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            name = str(one.get("$ref", "")).removeprefix(_REF)
            if name in shapes and name not in found:
                found.add(name)
                waiting.append(shapes[name])
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
    return sorted(found)
