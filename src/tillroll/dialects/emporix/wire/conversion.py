"""Decoded documents as structs, and everything that keeps them from being one: at every place, not at the first.

document ──► problems_in: what is missing, and what is of another type ──► filled: the rest of it as a struct all
                                                                           the same, so that it can be judged, too

Numbers come as text (the vendor's own tutorial sends prices so), and whole ones with decimals: `"12.50"` is a number,
`"1_000"` and digits of other scripts are not, and `5.0` is as whole as `5`. What reads numbers out of text takes more
for one than JSON does, so that the text is looked at before its number is believed.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from itertools import islice
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from tillroll.dialects.http import Malformed, Problem

T = TypeVar("T")
Path = tuple[str, ...]

# Whoever has more to mend than this reads the description.
PROBLEMS_MAX = 50

EACH = "[]"
EACH_VALUE = "{}"
# No body of ours nests its numbers deeper.
_LEVELS_MAX = 10

# What is longer was not counted by anybody, and would take long to write out.
_WHOLE_MAX = Decimal(10) ** 18

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")

_PLACE = re.compile(r" - at `(?P<path>[^`]*)`$")
_MISSING = re.compile(r"missing required field `(?P<name>[^`]*)`")
_BLANKS: dict[Any, Any] = {str: "", int: 0, Decimal: Decimal(0), bool: False}


def converted(document: Any, shape: type[T]) -> T:
    """A decoded document as a struct; raises Malformed with all that is missing in it or of another type.

    What stands in it as text and is a number becomes one, and so does a whole number that is written with decimals.
    """
    wrong = _read_numbers(document, shape)
    try:
        value = msgspec.convert(document, shape)
    except msgspec.ValidationError:
        raise Malformed([*wrong, *_beside(problems_in(document, shape), wrong)]) from None
    if wrong:
        raise Malformed(wrong)
    return value


def as_far_as_read(document: Any, shape: type[T]) -> tuple[T, list[Problem]]:
    """A document as a struct with blanks where something is missing or of another type, and what that is.

    What is wrong with the rest can be told beside it; what is said about a blank is to be left out (`apart_from`).
    """
    wrong = _read_numbers(document, shape)
    try:
        return msgspec.convert(document, shape), wrong
    except msgspec.ValidationError:
        problems = [*wrong, *_beside(problems_in(document, shape), wrong)]
        return msgspec.convert(_filled(document, shape), shape), problems


def apart_from(problems: Sequence[Problem], field: str) -> bool:
    """Whether a field has nothing to do with those that these problems are about; what is said of the whole
    has to do with all of them."""
    if not field:
        return not problems
    return not any(_is_within(field, problem.field) or _is_within(problem.field, field) for problem in problems)


def problem_of(error: msgspec.ValidationError) -> Problem:
    """A decoding error as a problem: `missing_value` or `invalid_value`, at the path in the document."""
    text = str(error)
    place = _PLACE.search(text)
    path = place["path"].removeprefix("$").removeprefix(".") if place else ""
    sentence = _PLACE.sub("", text)
    missing = _MISSING.search(sentence)
    if missing is not None:
        return _required(_joined(path, missing["name"]))
    return Problem(path, "invalid_value", sentence.replace("`", "'"))


def problems_in(document: Any, shape: Any) -> list[Problem]:
    """What keeps a decoded document from being of a shape, at every place, up to `PROBLEMS_MAX`; empty where nothing
    does."""
    return list(islice(_problems(document, shape, ""), PROBLEMS_MAX))


def _read_numbers(document: Any, shape: Any) -> list[Problem]:
    read_whole_numbers(document, shape)
    return read_text_numbers(document, shape)


def _beside(problems: Iterable[Problem], others: Sequence[Problem]) -> Iterator[Problem]:
    return (problem for problem in problems if all(problem.field != other.field for other in others))


def _problems(value: Any, shape: Any, place: str) -> Iterator[Problem]:
    try:
        msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        found = False
        for problem in _problems_of_parts(value, _member(value, shape), place):
            found = True
            yield problem
        if not found:
            problem = problem_of(error)
            yield msgspec.structs.replace(problem, field=_joined(place, problem.field))


def _problems_of_parts(value: Any, shape: Any, place: str) -> Iterator[Problem]:
    if isinstance(value, dict) and _is_struct(shape):
        for field in _fields(shape):
            if field.encode_name in value:
                yield from _problems(value[field.encode_name], field.type, _joined(place, field.encode_name))
            elif field.required:
                yield _required(_joined(place, field.encode_name))
    elif isinstance(value, list) and get_origin(shape) in (list, tuple):
        for index, item in enumerate(value):
            yield from _problems(item, get_args(shape)[0], f"{place}[{index}]")


def _filled(value: Any, shape: Any) -> Any:
    """The value with blanks for those of its parts that are not of the shape."""
    try:
        msgspec.convert(value, shape)
    except msgspec.ValidationError:
        shape = _member(value, shape)
        if isinstance(value, dict) and _is_struct(shape):
            fields = [field for field in _fields(shape) if field.encode_name in value or field.required]
            return {
                field.encode_name: _filled(value[field.encode_name], field.type)
                if field.encode_name in value
                else _blank(field.type)
                for field in fields
            }
        if isinstance(value, list) and get_origin(shape) in (list, tuple):
            return [_filled(item, get_args(shape)[0]) for item in value]
        return _blank(shape)
    return value


def _blank(shape: Any) -> Any:
    """A value of a shape that says as little as one can."""
    origin, arguments = get_origin(shape), get_args(shape)
    if origin in (Union, UnionType):
        return None if NoneType in arguments else _blank(arguments[0])
    if origin is Literal:
        return arguments[0]
    if origin in (list, tuple):
        return []
    if _is_struct(shape):
        return {field.encode_name: _blank(field.type) for field in _fields(shape) if field.required}
    return {} if origin is dict else _BLANKS.get(shape)


def _member(value: Any, shape: Any) -> Any:
    """The one of several types that a value was meant to be of: the object or the list among them."""
    if get_origin(shape) not in (Union, UnionType):
        return shape
    for member in get_args(shape):
        if isinstance(value, dict) and _is_struct(member):
            return member
        if isinstance(value, list) and get_origin(member) in (list, tuple):
            return member
    return shape


def _is_struct(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, msgspec.Struct)


@cache
def _fields(shape: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(shape)


def _required(field: str) -> Problem:
    return Problem(field, "missing_value", f"{field} is required: send a value")


def _joined(place: str, field: str) -> str:
    return f"{place}.{field}" if place and field and not field.startswith("[") else place + field


def _is_within(field: str, other: str) -> bool:
    return field == other or field.startswith((f"{other}.", f"{other}["))


# ------------------------------------------------------------------------------- numbers in a way of the client's own


def read_text_numbers(document: Any, shape: Any) -> list[Problem]:
    """Turn numbers that came as text into numbers, where `shape` wants numbers; problems for text that is none."""
    problems: list[Problem] = []
    for path in number_paths(shape):
        for holder, key, place in _holders(document, path, ""):
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
        for holder, key, _ in _holders(document, path, ""):
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


def _holders(value: Any, path: Path, place: str) -> Iterator[tuple[Any, Any, str]]:
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
            yield from _holders(value[key], rest, where)
        else:
            yield value, key, where
