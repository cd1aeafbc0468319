"""Numbers that clients send as text: `"12.50"` is one, `"1_000"` and digits of other scripts are not.

The vendor's own tutorial sends prices as text. What reads numbers out of text takes more for one than JSON does, so
that the text is looked at before its number is believed.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec

from tillroll.dialects.http import Problem

Path = tuple[str, ...]

EACH = "[]"
# No body of ours nests its numbers deeper.
_LEVELS_MAX = 10

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def read_text_numbers(document: Any, shape: Any) -> list[Problem]:
    """Turn numbers that came as text into numbers, where `shape` wants numbers; problems for text that is none."""
    problems: list[Problem] = []
    for path in number_paths(shape):
        for holder, key, place in _places(document, path, ""):
            text = holder[key]
            if not isinstance(text, str):
                continue
            if _NUMBER.fullmatch(text):
                holder[key] = Decimal(text)
            else:
                problems.append(Problem(place, "invalid_value", f"{place} must be a number, not '{text[:32]}'"))
    return problems


@cache
def number_paths(shape: Any) -> tuple[Path, ...]:
    """Where in a body of this shape decimal numbers stand."""
    return tuple(dict.fromkeys(_paths(msgspec.inspect.type_info(shape), ())))


@cache
def text_number(shape: Any) -> "re.Pattern[bytes] | None":
    """A pattern that finds a text where a body of this shape has a number; None where it has none."""
    names = sorted({re.escape(path[-1]) for path in number_paths(shape) if path[-1] != EACH})
    # A pattern that begins with a literal text is searched for faster than one that begins with a choice.
    return re.compile("|".join(rf'"{name}"\s*:\s*"' for name in names).encode()) if names else None


def _paths(type: msgspec.inspect.Type, path: Path) -> Iterator[Path]:
    if len(path) > _LEVELS_MAX:
        return
    if isinstance(type, msgspec.inspect.DecimalType):
        yield path
    elif isinstance(type, msgspec.inspect.StructType):
        for field in type.fields:
            yield from _paths(field.type, (*path, field.encode_name))
    elif isinstance(type, msgspec.inspect.ListType | msgspec.inspect.VarTupleType):
        yield from _paths(type.item_type, (*path, EACH))
    elif isinstance(type, msgspec.inspect.UnionType):
        for one in type.types:
            yield from _paths(one, path)


def _places(value: Any, path: Path, place: str) -> Iterator[tuple[Any, Any, str]]:
    """What holds the values at a path, under which key, and how the place is written."""
    first, rest = path[0], path[1:]
    keys: list[tuple[Any, str]]
    if first == EACH:
        keys = [(index, f"{place}[{index}]") for index in range(len(value))] if isinstance(value, list) else []
    else:
        named = f"{place}.{first}" if place else first
        keys = [(first, named)] if isinstance(value, dict) and first in value else []
    for key, where in keys:
        if rest:
            yield from _places(value[key], rest, where)
        else:
            yield value, key, where
