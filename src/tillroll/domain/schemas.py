"""JSON Schemas that merchants register, and what is wrong with a value by them.

    definition ──► definition_problems (at registration) ──► violations(definition, value) (at every use)

Draft-04 and draft-07, by `$schema`; draft-07 without one. A definition is refused where it could make checking fetch
an address, never end, or fail: remote references, references in a circle, patterns that can blow up, absurd sizes.
`format` is documentation and is not checked. Decimals are numbers.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Context, Decimal
from itertools import islice
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft4Validator, Draft7Validator, validators
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry

from tillroll.domain.patterns import pattern_problem

DEFINITION_BYTES_MAX = 65_536
DEFINITION_LEVELS_MAX = 32
LIST_ELEMENTS_MAX = 1_000

# Subschemas, each counted as often as references lead to it, and how deep they then lie in one another.
SUBSCHEMAS_MAX = 2_000
SUBSCHEMA_LEVELS_MAX = 64

VALUE_LEVELS_MAX = 64
PROPERTY_CHARACTERS_MAX = 256
PATTERN_TEXT_CHARACTERS_MAX = 200

# Parts of the value times parts of the schema: about a second of work at the very worst.
STEPS_MAX = 500_000

VIOLATIONS_MAX = 50
MESSAGE_CHARACTERS_MAX = 300

# Larger whole numbers are left as they are written: 1E+999999 would be a megabyte.
_WHOLE_NUMBER_DIGITS = 18
_EXACT = Context(prec=500)
_DECIMAL = re.compile(r"Decimal\('([^']*)'\)")

_MAPS_OF_SCHEMAS = ("properties", "patternProperties", "definitions", "$defs", "dependencies")
_LISTS_OF_SCHEMAS = ("allOf", "anyOf", "oneOf", "items")
_SCHEMAS = {
    Draft4Validator: ("additionalProperties", "additionalItems", "items", "not"),
    Draft7Validator: (
        *("additionalProperties", "additionalItems", "items", "not"),
        *("contains", "propertyNames", "if", "then", "else"),
    ),
}
_DRAFTS: dict[str, Any] = {
    "http://json-schema.org/draft-04/schema": Draft4Validator,
    "http://json-schema.org/draft-07/schema": Draft7Validator,
}

Pointer = tuple[str, ...]
Violation = tuple[str, str]


def definition_problems(definition: object, size_bytes: int) -> list[Violation]:
    """Why a JSON Schema of this many bytes is not accepted, with the place in it; empty where it is."""
    if size_bytes > DEFINITION_BYTES_MAX:
        return [("", f"the schema is larger than {DEFINITION_BYTES_MAX} bytes")]
    if _is_deeper(definition, DEFINITION_LEVELS_MAX):
        return [("", f"the schema is nested deeper than {DEFINITION_LEVELS_MAX} levels")]
    if not isinstance(definition, dict):
        return [("", "the schema must be a JSON object")]
    if any(isinstance(part, list) and len(part) > LIST_ELEMENTS_MAX for part in _parts(definition)):
        return [("", f"a list in the schema has more than {LIST_ELEMENTS_MAX} elements")]
    draft = _draft(definition)
    if draft is None:
        return [("$schema", "only draft-04 and draft-07 of JSON Schema are known")]
    places = dict(_subschemas((), definition, draft))
    problems = [
        (_place(pointer), problem)
        for pointer, schema in places.items()
        if (problem := _problem(pointer, schema, draft)) is not None
    ]
    return problems or _reference_problems(places) or _size_problems(definition, draft)


def violations(definition: Mapping[str, Any], value: object) -> list[Violation]:
    """What is wrong with a value by an accepted definition: pairs of a path like `a.b[2].c` and a sentence.

    At most VIOLATIONS_MAX of them; empty where the value is valid. Never raises: a value that is too deep or too large
    to be checked is a violation of its own.
    """
    if _is_deeper(value, VALUE_LEVELS_MAX):
        return [("", f"the value is nested deeper than {VALUE_LEVELS_MAX} levels")]
    parts = list(_parts(value))
    names = (name for part in parts if isinstance(part, dict) for name in part)
    if any(len(name) > PROPERTY_CHARACTERS_MAX for name in names):
        return [("", f"a property name is longer than {PROPERTY_CHARACTERS_MAX} characters")]
    draft = _draft(definition) or Draft7Validator
    if len(parts) * sum(1 for _ in _levels(definition, definition, draft, 0)) > STEPS_MAX:
        return [("", "the value is too large to be checked against its schema")]
    anonymous = {keyword: inner for keyword, inner in definition.items() if keyword not in ("$schema", "$id", "id")}
    validator = _VALIDATORS[draft](anonymous, registry=Registry())
    try:
        errors = list(islice(validator.iter_errors(value), VIOLATIONS_MAX))
    except (ArithmeticError, RecursionError) as error:
        return [("", f"the value can not be checked against its schema: {error}")]
    return [(_path(error), _message(error)) for error in errors]


def _draft(definition: Mapping[str, Any]) -> Any:
    named = definition.get("$schema", "http://json-schema.org/draft-07/schema#")
    return _DRAFTS.get(named.removesuffix("#").replace("https:", "http:", 1)) if isinstance(named, str) else None


def _subschemas(pointer: Pointer, schema: object, draft: Any) -> Iterator[tuple[Pointer, Any]]:
    """Every subschema with its place, the schema itself first."""
    yield pointer, schema
    for place, subschema in _inner_schemas(schema, draft):
        yield from _subschemas(pointer + place, subschema, draft)


def _inner_schemas(schema: object, draft: Any) -> Iterator[tuple[Pointer, Any]]:
    if not isinstance(schema, dict):
        return
    for keyword in _MAPS_OF_SCHEMAS:
        inner = schema.get(keyword)
        for name, subschema in inner.items() if isinstance(inner, dict) else ():
            if keyword != "dependencies" or not isinstance(subschema, list):
                yield (keyword, name), subschema
    for keyword in _LISTS_OF_SCHEMAS:
        inner = schema.get(keyword)
        for position, subschema in enumerate(inner if isinstance(inner, list) else ()):
            yield (keyword, str(position)), subschema
    for keyword in _SCHEMAS[draft]:
        if isinstance(schema.get(keyword), dict | bool):
            yield (keyword,), schema[keyword]


def _problem(pointer: Pointer, schema: object, draft: Any) -> str | None:
    """What is wrong with one subschema, its references aside."""
    if not isinstance(schema, dict):
        return None if isinstance(schema, bool) else "a schema must be an object or a boolean"
    if pointer and any(isinstance(schema.get(keyword), str) for keyword in ("$schema", "$id", "id")):
        return "only the schema as a whole may name itself with $schema or $id"
    patterns = [schema["pattern"]] if isinstance(schema.get("pattern"), str) else []
    by_pattern = schema.get("patternProperties")
    patterns += by_pattern if isinstance(by_pattern, dict) else []
    for pattern in patterns:
        problem = pattern_problem(pattern)
        if problem is not None:
            return f"the pattern {pattern[:50]!r} {problem}"
    if pointer and pointer[-2:-1] != ("$defs",):
        return None  # checked together with the whole, whose draft knows every keyword but $defs
    try:
        draft.check_schema(_with_whole_numbers(schema))
    except SchemaError as error:
        return f"{_message(error)} (at {_path(error)})" if error.absolute_path else _message(error)
    return None


def _reference_problems(places: Mapping[Pointer, Any]) -> list[Violation]:
    """References that lead out of the schema or nowhere."""
    problems: list[Violation] = []
    for pointer, schema in places.items():
        if not isinstance(schema, dict) or "$ref" not in schema:
            continue
        target = _target(schema["$ref"])
        if target is None:
            problems.append((_place(pointer), "a $ref must point into the schema itself, like #/definitions/name"))
        elif target not in places:
            problems.append((_place(pointer), f"there is no schema at {schema['$ref'][:100]}"))
    return problems


def _target(reference: object) -> Pointer | None:
    """The place that a reference within the schema points to; None for any other."""
    if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
        return None
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in unquote(reference[1:]).split("/")[1:])


def _size_problems(definition: Mapping[str, Any], draft: Any) -> list[Violation]:
    levels = list(islice(_levels(definition, definition, draft, 0), SUBSCHEMAS_MAX + 1))
    if max(levels) > SUBSCHEMA_LEVELS_MAX:
        return [("", f"the schema refers to itself, or holds more than {SUBSCHEMA_LEVELS_MAX} schemas in one another")]
    if len(levels) > SUBSCHEMAS_MAX:
        return [("", f"the schema has more than {SUBSCHEMAS_MAX} parts, counted as often as they are referred to")]
    return []


def _levels(root: Mapping[str, Any], schema: object, draft: Any, level: int) -> Iterator[int]:
    """The level of every subschema that checking can come to, references followed; a circle comes to the last level."""
    yield level
    if level > SUBSCHEMA_LEVELS_MAX or not isinstance(schema, dict):
        return
    if "$ref" in schema:
        yield from _levels(root, _at(root, _target(schema["$ref"]) or ()), draft, level + 1)
        return
    for place, inner in _inner_schemas(schema, draft):
        if place[0] not in ("definitions", "$defs"):
            yield from _levels(root, inner, draft, level + 1)


def _at(root: Any, place: Pointer) -> Any:
    for name in place:
        root = root[int(name)] if isinstance(root, list) else root[name]
    return root


def _parts(value: object) -> Iterator[object]:
    """A JSON value and every value in it."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _is_deeper(value: object, levels_max: int) -> bool:
    level = [value]
    for _ in range(levels_max + 1):
        level = [
            inner
            for part in level
            if isinstance(part, dict | list)
            for inner in (part.values() if isinstance(part, dict) else part)
        ]
        if not level:
            return False
    return True


def _with_whole_numbers(value: Any) -> Any:
    """The value with 2.0 as 2, which the drafts' own schemas want for lengths."""
    if isinstance(value, dict):
        return {name: _with_whole_numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(inner) for inner in value]
    if isinstance(value, Decimal) and _is_whole(value):
        return int(value)
    return value


def _is_whole(value: object) -> bool:
    if isinstance(value, Decimal):
        # A number of thousands of digits is compared with nothing: to write it out would be the attack.
        short = value.is_finite() and value.adjusted() < _WHOLE_NUMBER_DIGITS
        return short and value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool) and Decimal(value).is_finite()


def _required(_validator: Any, names: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:
    """`required`, with the path of what is missing."""
    for name in names if isinstance(value, dict) else ():
        if name not in value:
            yield ValidationError("is required", path=[name])


def _pattern(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    """`pattern`, for texts of a length whose matching ends soon."""
    if not isinstance(value, str):
        return
    if len(value) > PATTERN_TEXT_CHARACTERS_MAX:
        yield ValidationError(f"is longer than {PATTERN_TEXT_CHARACTERS_MAX} characters, which no pattern is tried on")
    elif re.search(pattern, value) is None:
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _multiple_of(_validator: Any, divisor: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:
    """`multipleOf`, exact."""
    if not _is_number(value):
        return
    try:
        rest = _EXACT.remainder(Decimal(value), Decimal(divisor))
    except ArithmeticError:
        yield ValidationError(f"can not be checked to be a multiple of {divisor}")
        return
    if rest != 0:
        yield ValidationError(f"{value} is not a multiple of {divisor}")


def _unique_items(_validator: Any, wanted: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:
    """`uniqueItems`, in one pass."""
    if wanted and isinstance(value, list) and len({_identity(element) for element in value}) < len(value):
        yield ValidationError("has elements that are not unique")


def _identity(value: Any) -> object:
    """What two equal JSON values have in common, and only they: 1 and 1.0 are equal, 1 and true are not."""
    if isinstance(value, dict):
        return ("object", frozenset((name, _identity(inner)) for name, inner in value.items()))
    if isinstance(value, list):
        return ("array", tuple(_identity(inner) for inner in value))
    return (type(value) if isinstance(value, bool | str) else None, value)


def _place(pointer: Pointer) -> str:
    return "/".join(pointer)


def _path(error: ValidationError | SchemaError) -> str:
    path = ""
    for step in error.absolute_path:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path.removeprefix(".")


def _message(error: ValidationError | SchemaError) -> str:
    text = _DECIMAL.sub(r"\1", error.message)
    return text if len(text) <= MESSAGE_CHARACTERS_MAX else text[: MESSAGE_CHARACTERS_MAX - 1] + "…"


def _exact(draft: Any) -> Any:
    """A draft of the library with our own types of numbers, and our own checks where the library's can run away."""
    types = draft.TYPE_CHECKER.redefine("number", lambda _checker, value: _is_number(value))
    types = types.redefine("integer", lambda _checker, value: _is_whole(value))
    checks = {"required": _required, "pattern": _pattern, "multipleOf": _multiple_of, "uniqueItems": _unique_items}
    extend: Any = validators.extend  # its published types are incomplete
    return extend(draft, checks, type_checker=types)


_VALIDATORS = {Draft4Validator: _exact(Draft4Validator), Draft7Validator: _exact(Draft7Validator)}
