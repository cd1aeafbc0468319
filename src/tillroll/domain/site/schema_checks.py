"""The keywords of JSON Schema with a price: what a value and its schema may cost together is counted, not timed.

    keyword on a value ──► Checks.spend ──► the library's own check, or ours where the library's can run away

A step is about a microsecond of an ordinary machine. The same document costs the same everywhere and always, so that
what is accepted today is accepted tomorrow, however busy the machine is.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Context, Decimal
from typing import Any

from jsonschema import Draft4Validator, Draft7Validator, FormatChecker, validators
from jsonschema.exceptions import ValidationError

from tillroll.domain.site.patterns import Pattern, PatternRefused

# One keyword that is held against one value, and one more for every part that it hands on to a schema.
_KEYWORD_STEPS = 10
# So many characters are compared, searched or shown in one step; so many instructions of a pattern run in one.
_CHARACTERS_A_STEP = 20
_INSTRUCTIONS_A_STEP = 200
# Compiling a pattern, and besides for each instruction of its program; beginning to search for one.
_PATTERN_STEPS = 100
_COMPILING_STEPS = 2
_SEARCH_STEPS = 5

_HANDING_ON_LISTS = frozenset({"allOf", "anyOf", "oneOf"})
_HANDING_ON_PARTS = frozenset(
    {"items", "additionalItems", "contains", "propertyNames", "additionalProperties", "patternProperties"}
)
# What looks at the whole of a value, not at its outermost part alone; or leads to what may be `false`, and shows it.
_READING_ALL = frozenset({"multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "$ref"})
_COMPARING_ALL = frozenset({"const", "enum", "uniqueItems"})
_COMPARING_STEPS = 3

# Larger whole numbers are left as they are written: 1E+999999 would be a megabyte.
_WHOLE_NUMBER_DIGITS = 18
_EXACT = Context(prec=500)

Check = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]


class TooCostly(Exception):
    """The document and its schemas cost more steps than there are."""


class Checks(FormatChecker):
    """The steps that are left for one document, and what has been worked out for it already.

    It goes with the library's validators in the place of a checker of formats, which we have no other use for: that
    place is handed on to every validator that one of them makes.
    """

    def __init__(self, steps: int) -> None:
        super().__init__(formats=())
        self._steps = steps
        self._patterns: dict[str, Pattern | PatternRefused] = {}
        self._weights: dict[int, int] = {}
        self._choices: dict[int, frozenset[object]] = {}
        self._kept: list[object] = []  # what is known by its address has to stay there

    def spend(self, steps: int) -> None:
        """Take so many of the steps; raises TooCostly where not so many are left."""
        self._steps -= steps
        if self._steps < 0:
            raise TooCostly

    def pattern(self, source: str) -> Pattern:
        """A pattern, compiled once for the document; raises PatternRefused where it can not be used."""
        known = self._patterns.get(source)
        if known is None:
            try:
                known = Pattern(source)
            except PatternRefused as refused:
                known = refused
            self._patterns[source] = known
            self.spend(_PATTERN_STEPS + _COMPILING_STEPS * known.steps)
        if isinstance(known, PatternRefused):
            raise known
        return known

    def is_in(self, source: str, text: str) -> bool:
        """Whether a pattern matches anywhere in a text; raises PatternRefused where it can not be used."""
        pattern = self.pattern(source)
        self.spend(_SEARCH_STEPS + pattern.steps * len(text) // _INSTRUCTIONS_A_STEP)
        return pattern.is_in(text)

    def weight(self, value: object) -> int:
        """How many steps it takes to read all of a value, or to write it into a message."""
        if not isinstance(value, dict | list):
            written = value if isinstance(value, str) else str(value)
            return 1 + len(written) // _CHARACTERS_A_STEP
        known = self._weights.get(id(value))
        if known is None:
            names = value if isinstance(value, dict) else ()
            inner = value.values() if isinstance(value, dict) else value
            known = 1 + sum(self.weight(name) for name in names) + sum(self.weight(one) for one in inner)
            self._weights[id(value)] = known
            self._kept.append(value)
        return known

    def choices(self, values: list[object]) -> frozenset[object]:
        """What a value has to be one of, worked out once for the document."""
        known = self._choices.get(id(values))
        if known is None:
            self.spend(self.weight(values))
            known = self._choices[id(values)] = frozenset(identity(value) for value in values)
            self._kept.append(values)
        return known


def anonymous(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema without its names: by `$schema` the library would go on with its own checks instead of these."""
    return {keyword: said for keyword, said in schema.items() if keyword not in ("$schema", "$id", "id")}


def identity(value: Any) -> object:
    """What two equal JSON values have in common, and only they: 1 and 1.0 are equal, 1 and true are not.

    Numbers are texts in it: anybody can make many numbers share a hash, and nobody many texts.
    """
    if isinstance(value, dict):
        return ("object", frozenset((name, identity(inner)) for name, inner in value.items()))
    if isinstance(value, list):
        return ("array", tuple(identity(inner) for inner in value))
    if isinstance(value, bool | str) or value is None:
        return (type(value).__name__, value)
    mantissa, _, exponent = f"{Decimal(value):E}".partition("E")
    return ("number", f"{mantissa.rstrip('0').rstrip('.')}E{exponent}" if Decimal(value) else "0")


def _is_whole(value: object) -> bool:
    if isinstance(value, Decimal):
        # A number of thousands of digits is compared with nothing: to write it out would be the attack.
        short = value.is_finite() and value.adjusted() < _WHOLE_NUMBER_DIGITS
        return short and value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool) and Decimal(value).is_finite()


def _steps(checks: Checks, keyword: str, said: Any, value: Any) -> int:
    """What it costs to hold a keyword against a value, what it hands on to other schemas aside."""
    steps = _KEYWORD_STEPS
    if keyword in _HANDING_ON_LISTS:
        steps += _KEYWORD_STEPS * len(said)
    elif keyword in ("properties", "dependencies") and isinstance(value, dict):
        steps += _KEYWORD_STEPS * min(len(said), len(value)) + len(said) // _KEYWORD_STEPS
    elif keyword in _HANDING_ON_PARTS and isinstance(value, dict | list):
        steps += _KEYWORD_STEPS * len(value)
    elif keyword in _READING_ALL:
        steps += checks.weight(value)
    elif keyword in _COMPARING_ALL:
        steps += _COMPARING_STEPS * checks.weight(value)
    refusing = _refusing(said)
    return steps + refusing * checks.weight(value) if refusing else steps


def _refusing(said: Any) -> int:
    """How many schemas directly below a keyword are `false`: the library shows the whole value for each of them."""
    schemas = said.values() if isinstance(said, dict) else said if isinstance(said, list) else (said,)
    return sum(schema is False for schema in schemas)


def _counted(keyword: str, check: Check) -> Check:
    """A keyword's check that takes its steps; each new message takes those of what it shows."""

    def counted(validator: Any, said: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        checks: Checks = validator.format_checker
        checks.spend(_steps(checks, keyword, said, value))
        for error in check(validator, said, value, schema) or ():
            if not isinstance(error.validator, str):  # else a schema within has paid for it
                checks.spend(_KEYWORD_STEPS + checks.weight(value) + checks.weight(said))
            yield error

    return counted


# ----------------------------------------------------------------------------------------------------- our own checks


def _required(_validator: Any, names: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:
    """`required`, with the path of what is missing."""
    for name in names if isinstance(value, dict) else ():
        if name not in value:
            yield ValidationError("is required", path=[name])


def _pattern(validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    """`pattern`, in time that grows with the text alone."""
    if not isinstance(value, str):
        return
    try:
        if not validator.format_checker.is_in(pattern, value):
            yield ValidationError(f"{value!r} does not match {pattern!r}")
    except PatternRefused as refused:
        yield _refused(pattern, refused)


def _pattern_properties(validator: Any, by_pattern: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:
    """`patternProperties`, with the same patterns."""
    for pattern, subschema in by_pattern.items() if isinstance(value, dict) else ():
        try:
            for name, inner in value.items():
                if validator.format_checker.is_in(pattern, name):
                    yield from validator.descend(inner, subschema, path=name, schema_path=pattern)
        except PatternRefused as refused:
            yield _refused(pattern, refused)


def _additional_properties(validator: Any, allowed: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    """`additionalProperties`, with the same patterns; in the order in which the properties came."""
    if not isinstance(value, dict):
        return
    patterns = schema.get("patternProperties", {})
    named = schema.get("properties", {})
    extra = [name for name in value if name not in named and not _is_in_any(validator, patterns, name)]
    if isinstance(allowed, dict):
        for name in extra:
            yield from validator.descend(value[name], allowed, path=name)
    elif not allowed and extra:
        shown = ", ".join(repr(name) for name in extra)
        yield ValidationError(f"has properties that the schema does not know: {shown}")


def _is_in_any(validator: Any, patterns: Any, name: str) -> bool:
    for pattern in patterns:
        try:
            if validator.format_checker.is_in(pattern, name):
                return True
        except PatternRefused:
            continue  # `patternProperties` tells of it
    return False


def _refused(pattern: str, refused: PatternRefused) -> ValidationError:
    """What is said where a stored schema has a pattern that was accepted under other rules."""
    return ValidationError(f"can not be checked: the pattern {pattern[:50]!r} of the schema {refused}")


def _enum(validator: Any, values: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:
    """`enum`, in one look, however many there are to choose from."""
    if identity(value) not in validator.format_checker.choices(values):
        yield ValidationError(f"{value!r} is not one of {values!r}")


def _const(validator: Any, wanted: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:
    """`const`, by the same equality."""
    validator.format_checker.spend(validator.format_checker.weight(wanted))
    if identity(value) != identity(wanted):
        yield ValidationError(f"{wanted!r} was expected")


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
    if wanted and isinstance(value, list) and len({identity(element) for element in value}) < len(value):
        yield ValidationError("has elements that are not unique")


def _no_format(_validator: Any, _format: Any, _value: Any, _schema: Any) -> None:
    """`format` is documentation."""


def _exact(draft: Any) -> Any:
    """A draft of the library with our own types of numbers, our own checks, and a price on every keyword."""
    types = draft.TYPE_CHECKER.redefine("number", lambda _checker, value: _is_number(value))
    types = types.redefine("integer", lambda _checker, value: _is_whole(value))
    own: dict[str, Check] = {
        "required": _required,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "enum": _enum,
        "const": _const,
        "multipleOf": _multiple_of,
        "uniqueItems": _unique_items,
        "format": _no_format,
    }
    checks = {keyword: _counted(keyword, own.get(keyword, check)) for keyword, check in draft.VALIDATORS.items()}
    extend: Any = validators.extend  # its published types are incomplete
    return extend(draft, checks, type_checker=types)


VALIDATORS: dict[Any, Any] = {Draft4Validator: _exact(Draft4Validator), Draft7Validator: _exact(Draft7Validator)}
META_SCHEMAS: dict[Any, Any] = {draft: anonymous(draft.META_SCHEMA) for draft in VALIDATORS}
