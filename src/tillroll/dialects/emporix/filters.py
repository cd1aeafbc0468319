"""Emporix's query parameter `q`: which documents of a list are meant.

    currency:EUR itemId.id:(mug,tea) name.en:~pot metadata.version:>=2 restrictions.validity:missing

Conditions stand side by side and all have to hold. A field is a path into the document; where it meets a list, one of
its elements has to fit. After `~` a text is searched for as it is, not as a regular expression: a pattern that a client
wrote may run for ever.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.http import Malformed, Problem
from tillroll.domain.times import instant

# Longer queries and more alternatives than any client writes by hand.
QUERY_CHARACTERS_MAX = 4000
CONDITIONS_MAX = 50

_CONDITION = re.compile(r'(?P<path>[\w.\-]+):(?P<test>"[^"]*"|\([^()]*\)|~\([^()]*\)|[^\s()"]+(?:"[^"]*")?)(?=\s|$)')
_COMPARISON = re.compile(r'^(?P<sign>>=|<=|>|<)"?(?P<bound>[^"]+)"?$')

_ALTERNATIVES = re.compile(r",|\sOR\s")


class Condition(Struct, frozen=True):
    """A path into a document and the tests of which one has to hold for what is found there."""

    path: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def is_exact(self) -> bool:
        """Whether the tests are plain values, which an index can look up."""
        words = ("null", "missing", "exists")
        return all(test and test not in words and test[0] not in '~<>"' for test in self.tests)

    def holds(self, document: object) -> bool:
        """Whether the document fulfils this condition."""
        found = [value for value in values_at(document, self.path) if value is not None]
        return any(_passes(found, test) for test in self.tests)


def conditions(text: str) -> list[Condition]:
    """The conditions of a `q`; raises Malformed where it can not be read."""
    rest, found = text.strip(), list[Condition]()
    while rest:
        match = _CONDITION.match(rest) if len(text) <= QUERY_CHARACTERS_MAX else None
        if match is None or len(found) == CONDITIONS_MAX:
            raise Malformed([Problem("q", "invalid_query_parameter", "not a valid query")])
        found.append(Condition(tuple(match["path"].split(".")), _tests(match["test"])))
        rest = rest[match.end() :].lstrip()
    return found


def equals(path: str, value: str) -> Condition:
    """The condition that a query parameter of its own makes."""
    return Condition(tuple(path.split(".")), (value,))


def _tests(text: str) -> tuple[str, ...]:
    if text.startswith("~("):
        return ("~" + text[2:-1],)
    if not text.startswith("("):
        return (text,)
    return tuple(part.strip() for part in _ALTERNATIVES.split(text[1:-1]) if part.strip())


def named_values(condition: Condition) -> set[str] | None:
    """The values of which a condition wants one, where it names them and nothing else: what an index can look up."""
    if any(test[:1] in "~<>" or test in ("null", "missing", "exists") or " AND " in test for test in condition.tests):
        return None
    return {test.strip('"') for test in condition.tests}


def text_within(wanted: Iterable[Condition]) -> str:
    """The longest text that stands in the JSON of every document which fulfils these conditions; empty where none must.

    For documents as they are stored: what is added when they are shown (`metadata`) is not looked for.
    """
    texts = [_text_within(one.tests[0]) for one in wanted if len(one.tests) == 1 and one.path[0] != "metadata"]
    return max(texts, key=len, default="")


def _text_within(test: str) -> str:
    """What a document's JSON has to hold for one test; empty where numbers, or nothing at all, may pass it."""
    if test.startswith("~"):
        return _encoded(test[1:])[1:-1]
    text = test.strip('"')
    is_comparison = any(_COMPARISON.match(part.strip()) for part in test.split(" AND "))
    is_text = test not in ("null", "missing", "exists") and text not in ("true", "false") and _number(text) is None
    return _encoded(text) if is_text and not is_comparison else ""


def _encoded(text: str) -> str:
    return msgspec.json.encode(text).decode()


def values_at(value: object, path: tuple[str, ...]) -> Iterator[Any]:
    """What a path leads to in a document: nothing, one value, or where it crosses lists, several."""
    if isinstance(value, list):
        for element in value:
            yield from values_at(element, path)
    elif not path:
        yield value
        if isinstance(value, dict):
            yield from (text for text in value.values() if isinstance(text, str))  # a text in several languages
    elif isinstance(value, dict) and path[0] in value:
        yield from values_at(value[path[0]], path[1:])


def _passes(found: list[Any], test: str) -> bool:
    if test in ("null", "missing"):
        return not found
    if test == "exists":
        return bool(found)
    if test.startswith("~"):
        return any(isinstance(value, str) and test[1:] in value for value in found)
    bounds = [_COMPARISON.match(part.strip()) for part in test.split(" AND ")]
    if None not in bounds:
        return any(all(_compares(value, match["sign"], match["bound"]) for match in bounds if match) for value in found)
    return any(_is(value, test.strip('"')) for value in found)


def _is(value: object, text: str) -> bool:
    if isinstance(value, bool):
        return text == ("true" if value else "false")
    if isinstance(value, int | Decimal):
        return _number(text) == value
    return value == text


def _compares(value: object, sign: str, bound: str) -> bool:
    left: Decimal | int | None
    right: Decimal | int | None
    if isinstance(value, str):
        left, right = instant(value), instant(bound)
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        left, right = value, _number(bound)
    else:
        return False
    if left is None or right is None:
        return False
    return (left > right and ">" in sign) or (left < right and "<" in sign) or (left == right and "=" in sign)


def _number(text: str) -> Decimal | None:
    if not text.isascii() or "_" in text:
        return None  # what Python reads as a number, and nobody else
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
