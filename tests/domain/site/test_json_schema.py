"""JSON Schemas that merchants register: which are accepted, and what they say about values."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillroll.domain.site.json_schema import (
    DEFINITION_BYTES_MAX,
    MESSAGE_CHARACTERS_MAX,
    STEPS_MAX,
    VIOLATIONS_MAX,
    definition_problems,
    violations,
)
from tillroll.domain.site.schema_checks import Checks

DRAFT_4 = "http://json-schema.org/draft-04/schema#"

GIFT = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["wrapping"],
    "properties": {
        "wrapping": {"enum": ["paper", "box"]},
        "note": {"type": "string", "maxLength": 20, "pattern": "^[^<>]*$"},
        "weight": {"type": "number", "minimum": 0, "multipleOf": Decimal("0.5")},
        "people": {
            "type": "array",
            "uniqueItems": True,
            "items": {"required": ["name"], "properties": {"name": {"$ref": "#/definitions/name"}}},
        },
    },
    "additionalProperties": False,
    "definitions": {"name": {"type": "string", "minLength": 1}},
}


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        ({"wrapping": "paper"}, []),
        ({"wrapping": "box", "weight": Decimal("1.50"), "people": [{"name": "Ada"}]}, []),
        ({"wrapping": "box", "weight": 3}, []),
        ({}, ["wrapping"]),
        ([], [""]),
        (None, [""]),
        ({"wrapping": "foil"}, ["wrapping"]),
        ({"wrapping": "box", "note": 5}, ["note"]),
        ({"wrapping": "box", "note": "<b>"}, ["note"]),
        ({"wrapping": "box", "note": "x" * 2_000}, ["note"]),
        ({"wrapping": "box", "weight": Decimal("-1")}, ["weight"]),
        ({"wrapping": "box", "weight": Decimal("1.2")}, ["weight"]),
        ({"wrapping": "box", "weight": True}, ["weight"]),
        ({"wrapping": "box", "people": [{"name": "Ada"}, {}, {"name": ""}]}, ["people[1].name", "people[2].name"]),
        ({"wrapping": "box", "people": [{"name": "Ada"}, {"name": "Ada"}]}, ["people"]),
        ({"wrapping": "box", "colour": "red"}, [""]),
    ],
)
def test_each_violation_names_its_place(value: object, paths: list[str]) -> None:
    assert definition_problems(GIFT, 1) == []
    assert sorted(path for path, _ in violations(GIFT, value)) == sorted(paths)


def test_messages_show_numbers_as_they_were_sent_and_stay_short() -> None:
    found = violations({"maximum": Decimal("1.5"), "properties": {"a": {"type": "number"}}}, Decimal("1E+400"))
    assert found == [("", "1E+400 is greater than the maximum of 1.5")]
    ((_, message),) = violations({"type": "object"}, "x" * 100_000)
    assert len(message) <= MESSAGE_CHARACTERS_MAX


@pytest.mark.parametrize(
    ("definition", "value", "valid"),
    [
        ({"type": "integer"}, Decimal("2.0"), True),
        ({"type": "integer"}, Decimal("2.5"), False),
        ({"type": "integer"}, 10**30, True),
        ({"type": "integer"}, True, False),
        ({"type": "number"}, Decimal("1E+400"), True),
        ({"enum": [1]}, Decimal("1.0"), True),
        ({"const": {"a": [1]}}, {"a": [Decimal("1.0")]}, True),
        ({"multipleOf": Decimal("0.01")}, Decimal("19.99"), True),
        ({"multipleOf": Decimal("0.01")}, Decimal("19.999"), False),
        ({"multipleOf": 1}, Decimal("1E+999999"), False),
        ({"uniqueItems": True}, [1, True, "1", None, [1], {"a": 1}], True),
        ({"uniqueItems": True}, [{"a": [1]}, {"a": [Decimal("1.0")]}], False),
        ({"$schema": DRAFT_4, "maximum": 5, "exclusiveMaximum": True}, 5, False),
        ({"exclusiveMaximum": 5}, 5, False),
        ({"minLength": Decimal("2.0")}, "a", False),
        ({"$id": "http://[", "$ref": "#/definitions/a~1b", "definitions": {"a/b": {"type": "null"}}}, None, True),
        ({"items": [{"type": "string"}, {"$ref": "#/items/0"}]}, ["a", 5], False),
        ({"format": "date"}, "never", True),
        ({"pattern": "^[A-Z]{2}$"}, "DE\n", False),
        ({"pattern": r"^\d+$"}, "١٢", False),
        ({"pattern": "^(a+)+$"}, "a" * 2_000, True),
        ({"minLength": 2}, "😀", False),
        ({"maxLength": 1}, "😀", True),
        ({"patternProperties": {r"^\d+$": {"type": "string"}}}, {"1": 5}, False),
        ({"patternProperties": {r"^\d+$": {}}, "additionalProperties": False}, {"1": 5}, True),
        ({"patternProperties": {"^[^]$": {}}, "additionalProperties": False}, {"ab": 5}, False),
        ({"patternProperties": {"^x": {}}, "additionalProperties": {"type": "null"}}, {"xa": 5, "a": None}, True),
        ({"properties": {"a": {}}, "additionalProperties": False}, {"a": 1, "b": 2}, False),
        ({"propertyNames": {"pattern": "^[a-z]+$"}}, {"a": 1, "B": 2}, False),
        ({"enum": [{"a": 1}, [2], "3"]}, {"a": Decimal("1.0")}, True),
        ({"enum": [1, "1", None]}, True, False),
        ({"const": 0}, Decimal("-0.0"), True),
        ({"const": Decimal("1E+3")}, 1000, True),
        ({"multipleOf": Decimal("1E-6")}, 10**30, True),
    ],
)
def test_values_are_judged_exactly(definition: dict[str, Any], value: object, valid: bool) -> None:
    assert definition_problems(definition, 1) == []
    assert (violations(definition, value) == []) is valid


def nested(levels: int) -> list[Any]:
    """A list in a list, so many times."""
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def doubling(levels: int) -> dict[str, Any]:
    """A small schema whose parts double with every level."""
    definitions = {str(level): {"allOf": [{"$ref": f"#/definitions/{level + 1}"}] * 2} for level in range(levels)}
    return {"$ref": "#/definitions/0", "definitions": definitions | {str(levels): {}}}


@pytest.mark.parametrize(
    ("definition", "place"),
    [
        (5, ""),
        ([], ""),
        (True, ""),
        ({"type": "text"}, ""),
        ({"properties": 5}, ""),
        ({"minLength": Decimal("2.5")}, ""),
        ({"multipleOf": 0}, ""),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema"}, "$schema"),
        ({"$schema": 7}, "$schema"),
        ({"$ref": "http://127.0.0.1/schema"}, ""),
        ({"properties": {"a": {"$ref": "file:///etc/passwd"}}}, "properties/a"),
        ({"properties": {"a": {"$ref": "other.json#/a"}}}, "properties/a"),
        ({"$schema": DRAFT_4, "$ref": 5}, ""),
        ({"$ref": "#/definitions/none"}, ""),
        ({"properties": {"a": {"$ref": "#/title"}}, "title": {"type": 5}}, ""),
        ({"$ref": "#"}, ""),
        ({"properties": {"a": {"$ref": "#"}}}, ""),
        ({"properties": {"a": {"$id": "http://elsewhere/"}}}, "properties/a"),
        ({"properties": {"a": {"$schema": DRAFT_4}}}, "properties/a"),
        ({"$defs": {"a": {"properties": 5}}}, "$defs/a"),
        ({"definitions": {"a": {"$defs": {"b": {"type": 7}}}}}, "definitions/a/$defs/b"),
        ({"properties": {"a": {"pattern": "(?=a)"}}}, "properties/a"),
        ({"patternProperties": {r"(a)\1": {}}}, ""),
        ({"properties": {str(n): {"pattern": rf"{n}\p{{L}}{{8}}"} for n in range(10)}}, ""),
        ({"properties": {str(n): {} for n in range(2_001)}}, ""),
        ({"pattern": "("}, ""),
        ({"enum": list(range(2_000))}, ""),
        ({"const": nested(40)}, ""),
        (doubling(20), ""),
    ],
)
def test_a_definition_that_could_do_harm_is_refused(definition: object, place: str) -> None:
    problems = definition_problems(definition, 1)
    assert problems
    assert problems[0][0] == place


def test_a_definition_of_too_many_bytes_is_refused() -> None:
    assert definition_problems({}, DEFINITION_BYTES_MAX) == []
    assert definition_problems({}, DEFINITION_BYTES_MAX + 1)


def test_a_value_that_is_too_deep_or_too_large_is_a_violation() -> None:
    recursive: dict[str, Any] = {"items": {"items": {"items": {}}}}
    assert violations(recursive, nested(60)) == []
    assert "deeper" in violations(recursive, nested(100_000))[0][1]
    assert "too large" in violations(recursive, [0] * 600_000)[0][1]
    assert "longer" in violations({}, {"a" * 300: 1})[0][1]


def test_no_more_violations_are_told_than_anybody_reads() -> None:
    assert len(violations({"items": {"type": "string"}}, [0] * 1_000)) == VIOLATIONS_MAX


# What one document may cost: each is small for its kind, and would take an engine that counts nothing very long.
COSTLY: list[tuple[dict[str, Any], object]] = [
    ({"items": {}}, [0] * 30_000),
    ({"anyOf": [{"type": "number"}] * 100}, "x" * 200_000),
    ({"anyOf": [False] * 100}, "x" * 200_000),
    ({"allOf": [{"not": {"not": {"uniqueItems": True}}}] * 100}, list(range(5_000))),
    ({"allOf": [{"items": {"enum": [[n] for n in range(100)]}}] * 100}, [[n] for n in range(100)] * 10),
    ({"patternProperties": {f"^{n}": {} for n in range(500)}}, {str(n): n for n in range(500)}),
    ({"items": {"pattern": "(?:a|b)*a(?:a|b){500}c"}}, ["ab" * 1_000] * 50),
    ({"items": {"multipleOf": 3}}, [Decimal("1." + "1" * 50_000)] * 100),
    ({"items": {"$ref": "#/definitions/0"}, "definitions": doubling(8)["definitions"]}, [0] * 100),
]


@pytest.mark.parametrize(("definition", "value"), COSTLY)
def test_what_costs_too_much_together_is_a_violation_and_always_the_same_one(
    definition: dict[str, Any], value: object
) -> None:
    assert definition_problems(definition, 1) == []
    found = violations(definition, value)
    assert found[-1] == ("", "the value is too large to be checked against its schema")
    assert violations(definition, value) == found


def test_the_values_of_one_document_share_what_they_may_cost() -> None:
    checks = Checks(STEPS_MAX)
    definition, value = {"items": {"type": "integer"}}, [0] * 4_000
    verdicts = [violations(definition, value, checks) for _ in range(4)]
    assert [bool(found) for found in verdicts] == [False, False, True, True]
    assert violations(definition, value) == []


def test_a_long_list_is_compared_in_one_pass_whatever_its_numbers_are() -> None:
    shares_a_hash = [n * (2**61 - 1) for n in range(10_000)]
    assert len({hash(n) for n in shares_a_hash}) == 1
    assert violations({"uniqueItems": True}, shares_a_hash) == []
    assert violations({"uniqueItems": True}, [*shares_a_hash, 0]) != []


def test_a_stored_pattern_that_is_refused_today_is_a_violation_that_names_it() -> None:
    lookahead = "^(?=[a-z])[a-z0-9]+$"
    for definition, value in (({"pattern": lookahead}, "a1"), ({"patternProperties": {lookahead: {}}}, {"a1": 1})):
        ((path, message),) = violations(definition, value)
        assert path == ""
        assert lookahead in message
        assert "looks ahead" in message
    only_known = {"patternProperties": {lookahead: {}}, "additionalProperties": False}
    assert any(lookahead in message for _, message in violations(only_known, {"a1": 1}))


def test_a_definition_is_checked_by_the_counted_checks_all_the_way_down() -> None:
    choices = [{"a": n} if n % 2 else [n] for n in range(900)]
    properties: dict[str, Any] = {str(n): {"items": {"enum": choices}} for n in range(20)}
    assert definition_problems({"properties": properties}, 1) == []
    assert definition_problems({"properties": {"a": {"pattern": "[^]"}}}, 1) == []  # nothing asks Python's engine


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(value=JSON_VALUES)
def test_no_value_makes_the_check_raise(value: object) -> None:
    for definition in (GIFT, {"$schema": DRAFT_4, "not": {"type": "integer", "multipleOf": Decimal("0.1")}}):
        assert isinstance(violations(definition, value), list)


@given(definition=st.dictionaries(st.sampled_from([*GIFT, "items", "allOf", "not", "if", "$ref", "enum"]), JSON_VALUES))
def test_no_definition_makes_the_check_raise(definition: dict[str, Any]) -> None:
    if definition_problems(definition, 1) == []:
        assert isinstance(violations(definition, {"a": [1, "b", None]}), list)
