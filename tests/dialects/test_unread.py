"""The fields of a body that nobody reads, found by what the description of its route knows."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tillroll.app import described_routes
from tillroll.dialects.openapi import listed, mapped, nullable, record, ref
from tillroll.dialects.published import knowing_fields
from tillroll.dialects.unread import NAME_CHARACTERS_MAX, NAMES_MAX, Known, header_of
from tillroll.settings import Settings

TEXT = {"type": "string"}
PART = record({"title": TEXT, "parts?": listed(ref("Part"))})
WHOLE = record(
    {
        "code": TEXT,
        "taxClasses?": mapped(TEXT),
        "mixins?": {"type": "object", "additionalProperties": True},
        "anything?": {},
        "names?": mapped(record({"short": TEXT})),
        "part?": nullable(ref("Part")),
        "parts?": {"anyOf": [listed(ref("Part")), ref("Part")]},
        "either?": {"anyOf": [{"$ref": "#/components/schemas/Part"}, {"type": "null"}]},
    },
    others=True,
)


def names(document: Any, schema: Mapping[str, Any] = WHOLE) -> list[str]:
    """What is unread of a document."""
    return [one.field for one in Known([schema], {"Part": PART}).unread(json.dumps(document).encode())]


@pytest.mark.parametrize(
    ("document", "unread"),
    [
        ({"code": "a"}, []),
        ({"code": "a", "Code": "b", "note": 1}, ["Code", "note"]),
        ({"taxClasses": {"DE": "x"}, "taxclasses": {"DE": "x"}}, ["taxclasses"]),
        ({"mixins": {"a": {"b": 1}}, "anything": {"a": [{"b": 1}]}}, []),
        ({"names": {"de": {"short": "a", "long": "b"}}}, ["names.de.long"]),
        ({"part": {"title": "a", "titel": "b"}}, ["part.titel"]),
        (
            {"parts": [{"titel": 1}, {"titel": 2}, {"parts": [{"parts": [{"x": 1}]}]}]},
            ["parts.titel", "parts.parts.parts.x"],
        ),
        ({"parts": {"titel": 1}, "either": {"titel": 1}}, ["parts.titel", "either.titel"]),
        ({"code": {"not": "a text"}, "part": None}, []),
        ([{"code": "a"}], []),
        ("a text", []),
    ],
)
def test_a_field_is_unread_where_nobody_knows_its_name(document: Any, unread: list[str]) -> None:
    assert names(document) == unread


def test_the_elements_of_a_list_are_looked_at_and_told_once() -> None:
    assert names([{"code": "a", "cod": 1}, {"cod": 2}], listed(WHOLE)) == ["cod"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a":' * 2_000 + b"1" + b"}" * 2_000])
def test_of_what_can_not_be_read_nothing_is_unread(body: bytes) -> None:
    assert [one.field for one in Known([record({"b": TEXT})], {}).unread(body)] in ([], ["a"])


def test_lists_in_lists_without_an_end_end() -> None:
    assert Known([listed(ref("Part"))], {"Part": PART}).unread(b"[" * 900 + b"]" * 900) == ()


def test_the_name_that_was_meant_is_told() -> None:
    known = Known([WHOLE], {"Part": PART})
    sentences = [one.sentence for one in known.unread(b'{"taxclasses": {}, "cod": 1, "part": {"titel": 1}, "zzz": 1}')]
    assert sentences == [
        "there is no field taxclasses, did you mean taxClasses?",
        "there is no field cod, did you mean code?",
        "there is no field part.titel, did you mean title?",
        "there is no field zzz",
    ]


def test_a_header_is_short_and_plain_whatever_the_names_are() -> None:
    many = {f"{number}, \r\nü: {'x' * 300}": 1 for number in range(NAMES_MAX + 10)}
    known = Known([record({"b": TEXT})], {}).unread(json.dumps(many).encode())
    name, value = header_of(known)
    assert name == b"tillroll-ignored"
    assert value.isascii()
    assert b"\n" not in value
    told = value.decode().split(", ")
    assert (len(told), told[-1]) == (NAMES_MAX + 1, "...")
    assert all(len(one) <= 3 * NAME_CHARACTERS_MAX for one in told)


def test_names_of_the_clients_own_are_not_remembered() -> None:
    known = Known([WHOLE], {"Part": PART})
    for number in range(100):
        known.unread(json.dumps({"names": {f"n{number}": {"x": 1}}, f"m{number}": 1}).encode())
    names_below = known.below("names")
    assert names_below is not None
    assert names_below.below("a") is names_below.below("b")


def test_every_body_of_the_back_office_is_known() -> None:
    descriptions, routes = described_routes(Settings())
    known = {(route.method, route.path) for route in knowing_fields(descriptions, routes) if route.fields is not None}
    bodies = {
        (operation.method, operation.path)
        for description in descriptions
        if description.name in ("emporix", "scout")
        for operation in description.operations
        if operation.body is not None
    }
    forms = {
        (route.method, route.path)
        for route in routes
        if route.content_types and "application/json" not in route.content_types
    }
    assert known == bodies - forms
    assert len(known) > 100
