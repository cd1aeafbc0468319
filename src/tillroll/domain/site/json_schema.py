"""JSON Schemas that merchants register, and what is wrong with a value by them.

    definition ──► definition_problems (at registration) ──► violations(definition, value) (at every use)

Draft-04 and draft-07, by `$schema`; draft-07 without one. A definition is refused where it could make checking fetch
an address, never end, or fail: remote references, references in a circle, patterns that no matcher runs in bounded
time, absurd sizes. `format` is documentation and is not checked. Decimals are numbers.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft4Validator, Draft7Validator
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry

from tillroll.domain.site.patterns import PatternRefused
from tillroll.domain.site.schema_checks import META_SCHEMAS, VALIDATORS, Checks, TooCostly, anonymous

DEFINITION_BYTES_MAX = 65_536
DEFINITION_LEVELS_MAX = 32
LIST_ELEMENTS_MAX = 1_000

# Subschemas, each counted as often as references lead to it, and how deep they then lie in one another.
SUBSCHEMAS_MAX = 2_000
SUBSCHEMA_LEVELS_MAX = 64

VALUE_LEVELS_MAX = 64
PROPERTY_CHARACTERS_MAX = 256

# What checking the values of one document may cost, and what looking at one definition: see `Checks`. The patterns of
# a definition may take half of a document's, so that no schema is accepted by which nothing could be checked.
STEPS_MAX = 200_000
DEFINITION_STEPS_MAX = 2_000_000
PATTERNS_STEPS_MAX = STEPS_MAX // 2

VIOLATIONS_MAX = 50
MESSAGE_CHARACTERS_MAX = 300

_TOO_MANY_PARTS = f"the schema has more than {SUBSCHEMAS_MAX} parts, counted as often as they are referred to"
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
    places = dict(islice(_subschemas((), definition, draft), SUBSCHEMAS_MAX + 1))
    if len(places) > SUBSCHEMAS_MAX:
        return [("", _TOO_MANY_PARTS)]
    problems = list(_problems(places, draft))
    return problems or _reference_problems(places) or _size_problems(definition, draft)


def _problems(places: Mapping[Pointer, Any], draft: Any) -> Iterator[Violation]:
    """What is wrong with each of the subschemas, their references aside."""
    patterns, checks = Checks(PATTERNS_STEPS_MAX), Checks(DEFINITION_STEPS_MAX)
    for pointer, schema in places.items():
        try:
            problem = _pattern_problem(schema, patterns)
        except TooCostly:
            yield "", "the patterns of the schema are too large together: use fewer of them, or smaller counts"
            return
        try:
            problem = problem or _problem(pointer, schema, draft, checks)
        except TooCostly:
            yield "", "the schema is too large to be checked"
            return
        if problem is not None:
            yield _place(pointer), problem


def violations(definition: Mapping[str, Any], value: object, checks: Checks | None = None) -> list[Violation]:
    """What is wrong with a value by an accepted definition: pairs of a path like `a.b[2].c` and a sentence.

    At most VIOLATIONS_MAX of them; empty where the value is valid. Never raises: a value that is too deep to be
    checked, or too large for what `checks` has left for its document, is a violation of its own. So is a pattern that
    an earlier version of the server has accepted and this one refuses.
    """
    checks = checks or Checks(STEPS_MAX)
    if _is_deeper(value, VALUE_LEVELS_MAX):
        return [("", f"the value is nested deeper than {VALUE_LEVELS_MAX} levels")]
    parts = list(_parts(value))
    names = (name for part in parts if isinstance(part, dict) for name in part)
    if any(len(name) > PROPERTY_CHARACTERS_MAX for name in names):
        return [("", f"a property name is longer than {PROPERTY_CHARACTERS_MAX} characters")]
    draft = _draft(definition) or Draft7Validator
    validator = VALIDATORS[draft](anonymous(definition), registry=Registry(), format_checker=checks)
    return list(_found(validator, value, checks, len(parts)))


def _found(validator: Any, value: object, checks: Checks, size: int) -> Iterator[Violation]:
    """What a validator finds, as far as the steps reach."""
    try:
        checks.spend(size)
        for error in islice(validator.iter_errors(value), VIOLATIONS_MAX):
            yield _path(error), _message(error)
    except TooCostly:
        yield "", "the value is too large to be checked against its schema"
    except (ArithmeticError, RecursionError) as error:
        yield "", f"the value can not be checked against its schema: {error}"


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


def _pattern_problem(schema: object, checks: Checks) -> str | None:
    """What is wrong with the patterns of one subschema."""
    if not isinstance(schema, dict):
        return None
    by_pattern = schema.get("patternProperties")
    for pattern in (schema.get("pattern"), *(by_pattern if isinstance(by_pattern, dict) else ())):
        try:
            if isinstance(pattern, str):
                checks.pattern(pattern)
        except PatternRefused as refused:
            return f"the pattern {pattern[:50]!r} {refused}"
    return None


def _problem(pointer: Pointer, schema: object, draft: Any, checks: Checks) -> str | None:
    """What is wrong with one subschema, its references aside."""
    if not isinstance(schema, dict):
        return None if isinstance(schema, bool) else "a schema must be an object or a boolean"
    if pointer and any(isinstance(schema.get(keyword), str) for keyword in ("$schema", "$id", "id")):
        return "only the schema as a whole may name itself with $schema or $id"
    if pointer and pointer[-2:-1] != ("$defs",):
        return None  # checked together with the whole, whose draft knows every keyword but $defs
    # The draft's own schema, by the same checks: the library's would compile patterns and compare lists pair by pair.
    error = best_match(VALIDATORS[draft](META_SCHEMAS[draft], format_checker=checks).iter_errors(schema))
    if error is None:
        return None
    return f"{_message(error)} (at {_path(error)})" if error.absolute_path else _message(error)


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
        return [("", _TOO_MANY_PARTS)]
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


def _place(pointer: Pointer) -> str:
    return "/".join(pointer)


def _path(error: ValidationError) -> str:
    path = ""
    for step in error.absolute_path:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path.removeprefix(".")


def _message(error: ValidationError) -> str:
    text = _DECIMAL.sub(r"\1", error.message)
    return text if len(text) <= MESSAGE_CHARACTERS_MAX else text[: MESSAGE_CHARACTERS_MAX - 1] + "…"
