"""What fields mean, what a 404 and a 409 say, and one example of each body: texts that stand beside a description.

    described.py    what a route takes and answers ┐
                                                   ├──► explained() ──► the same, with words for people
    described.toml  what that means, and examples ──┘

A text is found by the end of the path of its field: `items.price` goes before `price`, `Cart.items.price` before both.
What the dialect's services have in common is asked last.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.openapi import Answer, Description, Operation, Schema

Path = tuple[str, ...]

_BRANCHES = ("anyOf", "oneOf", "allOf")
_INNER = ("items", "additionalProperties")


class Texts(Struct, frozen=True, forbid_unknown_fields=True):
    """The texts of one description; operations are named `POST /path`."""

    fields: Mapping[str, str] = {}
    missing: Mapping[str, str] = {}
    conflict: Mapping[str, str] = {}
    examples: Mapping[str, str] = {}
    """Bodies, as JSON."""


def texts_beside(module: str) -> Texts:
    """The texts in the TOML file that has the name of this module; raises where there is none of this shape."""
    package, _, name = module.rpartition(".")
    return msgspec.toml.decode(files(package).joinpath(f"{name}.toml").read_bytes(), type=Texts)


def explained_by(module: str) -> Callable[[Description], Description]:
    """What adds the texts beside this module to the description of a dialect that has one module for all."""

    def explain(description: Description) -> Description:
        texts = texts_beside(module)
        return msgspec.structs.replace(
            description,
            operations=[explained_operation(operation, texts) for operation in description.operations],
            components=explained_components(description.components, texts),
        )

    return explain


def explained_operation(operation: Operation, *words: Texts) -> Operation:
    """The operation with what these texts, the first before the others, say of it."""
    name = f"{operation.method} {operation.path}"
    texts = [one.fields for one in words]
    example = _first(name, [one.examples for one in words])
    return msgspec.structs.replace(
        operation,
        body=operation.body if operation.body is None else explained(operation.body, (name,), texts),
        example=msgspec.json.decode(example) if example else operation.example,
        answers={status: _answer(said, (name, str(status)), texts) for status, said in operation.answers.items()},
        parameters=[
            one if one.summary else msgspec.structs.replace(one, summary=_found((name, one.name), texts))
            for one in operation.parameters
        ],
        missing=_first(name, [one.missing for one in words]) or operation.missing,
        conflict=_first(name, [one.conflict for one in words]) or operation.conflict,
    )


def explained_components(components: Mapping[str, Schema], *words: Texts) -> dict[str, Schema]:
    """The components with what these texts say of them and of their fields; of a change, what they say of the whole."""
    texts = [one.fields for one in words]
    done: dict[str, Schema] = {}
    for name, schema in components.items():
        whole = name.removesuffix("Patch").removesuffix("Replacement")
        path = tuple((whole if whole in components else name).split("."))
        own = _found(path, texts)
        done[name] = {**explained(schema, path, texts), **({"description": own} if own else {})}
    return done


def explained(schema: Schema, path: Path, texts: Sequence[Mapping[str, str]]) -> Schema:
    """The schema with a description of each field that has none of its own."""
    done = dict(schema)
    if "properties" in schema:
        done["properties"] = {
            name: _explained_field(inner, (*path, name), texts) for name, inner in schema["properties"].items()
        }
    for key in _INNER:
        if isinstance(schema.get(key), Mapping):
            done[key] = explained(schema[key], path, texts)
    for key in _BRANCHES:
        if key in schema:
            done[key] = [explained(one, path, texts) for one in schema[key]]
    return done


def _explained_field(schema: Schema, path: Path, texts: Sequence[Mapping[str, str]]) -> Schema:
    done = explained(schema, path, texts)
    text = _found(path, texts)
    return {**done, "description": text} if text and "description" not in done else done


def _answer(said: Answer | Schema | None, path: Path, texts: Sequence[Mapping[str, str]]) -> Answer | Schema | None:
    if said is None:
        return None
    if isinstance(said, Answer):
        schema = said.schema
        return said if schema is None else msgspec.structs.replace(said, schema=explained(schema, path, texts))
    return explained(said, path, texts)


def _first(name: str, tables: Sequence[Mapping[str, str]]) -> str:
    return next((table[name] for table in tables if name in table), "")


def _found(path: Path, tables: Sequence[Mapping[str, str]]) -> str:
    """The text with the longest end of this path in the first table that has any; empty where none has."""
    return next((table[end] for table in tables for end in ends(path) if end in table), "")


def ends(path: Path) -> Iterator[str]:
    """The names by which a field at this path is found, the longest first.

    A path that begins with an operation may be cut anywhere in its address: `carts/{cartId}/items.201.itemId`.
    """
    operation, fields = (path[0], path[1:]) if "/" in path[0] else ("", path)
    if operation:
        yield ".".join(path)
        segments = operation.split("/")
        yield from (".".join(("/".join(segments[start:]), *fields)) for start in range(1, len(segments)))
    yield from (".".join(fields[start:]) for start in range(len(fields)))


def fields_of(schema: Any, path: Path) -> Iterator[tuple[Path, Schema]]:
    """Every field that a schema has itself, at any depth, with its path."""
    for name, inner in schema.get("properties", {}).items():
        yield (*path, name), inner
        yield from fields_of(inner, (*path, name))
    for key in _INNER:
        if isinstance(schema.get(key), Mapping):
            yield from fields_of(schema[key], path)
    for key in _BRANCHES:
        for one in schema.get(key, ()):
            yield from fields_of(one, path)
