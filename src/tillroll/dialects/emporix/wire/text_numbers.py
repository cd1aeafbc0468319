"""Numbers that clients write in a way of their own: as text, and whole ones with decimals.

`"12.50"` is a number, `"1_000"` and digits of other scripts are not. `5.0` is as whole as `5`: many languages write
their numbers so, and JSON tells no whole numbers from others.

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
EACH_VALUE = "{}"
# No body of ours nests its numbers deeper.
_LEVELS_MAX = 10

# What is longer was not counted by anybody, and would take long to write out.
_WHOLE_MAX = Decimal(10) ** 18

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


def read_whole_numbers(document: Any, shape: Any) -> bool:
    """Turn whole numbers with decimals into integers, where `shape` wants integers; whether there were any."""
    found = False
    for path in whole_paths(shape):
        for holder, key, _ in _places(document, path, ""):
            number = holder[key]
            if isinstance(number, Decimal) and -_WHOLE_MAX < number < _WHOLE_MAX and number == int(number):
                holder[key] = int(number)
                found = True
    return found


@cache
def number_paths(shape: Any) -> tuple[Path, ...]:
    """Where in a body of this shape decimal numbers stand."""
    return _paths_to(shape, msgspec.inspect.DecimalType)


@cache
def whole_paths(shape: Any) -> tuple[Path, ...]:
    """Where in a body of this shape integers stand."""
    return _paths_to(shape, msgspec.inspect.IntType)


def _paths_to(shape: Any, wanted: type[msgspec.inspect.Type]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(_paths(msgspec.inspect.type_info(shape), (), wanted)))


@cache
def text_number(shape: Any) -> "re.Pattern[bytes] | None":
    """A pattern that finds a text where a body of this shape has a number; None where it has none."""
    names = sorted({re.escape(path[-1]) for path in number_paths(shape) if path and path[-1] not in (EACH, EACH_VALUE)})
    # A pattern that begins with a literal text is searched for faster than one that begins with a choice.
    return re.compile("|".join(rf'"{name}"\s*:\s*"' for name in names).encode()) if names else None


def _paths(here: msgspec.inspect.Type, path: Path, wanted: type[msgspec.inspect.Type]) -> Iterator[Path]:
    if len(path) > _LEVELS_MAX:
        return
    if isinstance(here, wanted):
        if path:
            yield path
    elif isinstance(here, msgspec.inspect.StructType):
        for field in here.fields:
            yield from _paths(field.type, (*path, field.encode_name), wanted)
    elif isinstance(here, msgspec.inspect.ListType | msgspec.inspect.VarTupleType):
        yield from _paths(here.item_type, (*path, EACH), wanted)
    elif isinstance(here, msgspec.inspect.DictType):
        yield from _paths(here.value_type, (*path, EACH_VALUE), wanted)
    elif isinstance(here, msgspec.inspect.UnionType):
        for one in here.types:
            yield from _paths(one, path, wanted)


def _places(value: Any, path: Path, place: str) -> Iterator[tuple[Any, Any, str]]:
    """What holds the values at a path, under which key, and how the place is written."""
    first, rest = path[0], path[1:]
    keys: list[tuple[Any, str]]
    if first == EACH:
        keys = [(index, f"{place}[{index}]") for index in range(len(value))] if isinstance(value, list) else []
    elif first == EACH_VALUE:
        keys = [(name, f"{place}.{name}" if place else name) for name in value] if isinstance(value, dict) else []
    else:
        named = f"{place}.{first}" if place else first
        keys = [(first, named)] if isinstance(value, dict) and first in value else []
    for key, where in keys:
        if rest:
            yield from _places(value[key], rest, where)
        else:
            yield value, key, where
