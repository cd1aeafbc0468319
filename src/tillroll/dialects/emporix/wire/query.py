"""What a client asks a list for: `q` says which, `sort` in which order."""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.wire.languages import DEFAULT_LANGUAGE
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.http import Malformed, Problem
from tillroll.domain.times import instant

SORT_KEYS_MAX = 10


Item = TypeVar("Item")


_KEY = re.compile(r"^(?P<path>[\w.\-]{1,100})(:(?P<direction>\w*))?$")


class SortKey(Struct, frozen=True):
    """One field to sort by."""

    path: tuple[str, ...]
    descending: bool


Rank = tuple[int, Decimal | int | str]


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


def sort_keys(text: str) -> list[SortKey]:
    """The keys of a `sort`; raises Malformed where it can not be read."""
    keys: list[SortKey] = []
    for part in (part.strip() for part in text.split(",")) if text.strip() else ():
        match = _KEY.match(part)
        if match is None or len(keys) == SORT_KEYS_MAX:
            raise Malformed([Problem("sort", "invalid_query_parameter", "not a valid list of fields to sort by")])
        keys.append(SortKey(tuple(match["path"].split(".")), (match["direction"] or "").lower() == "desc"))
    return keys


def in_order(found: Sequence[tuple[Item, Document]], keys: Sequence[SortKey], languages: Sequence[str]) -> list[Item]:
    """The items in the order of these keys; a text in several languages counts in the first of `languages`."""
    ordered = list(found)
    for key in reversed(keys):
        ranked = [(_rank(document, key.path, languages), (item, document)) for item, document in ordered]
        present = [one for one in ranked if one[0] is not None]
        absent = [pair for rank, pair in ranked if rank is None]
        present.sort(key=lambda one: one[0] or (), reverse=key.descending)
        ordered = [pair for _, pair in present] + absent
    return [item for item, _ in ordered]


def _rank(document: Document, path: tuple[str, ...], languages: Sequence[str]) -> Rank | None:
    """What a document is sorted by: numbers before texts."""
    value = next(values_at(document, path), None)
    if isinstance(value, dict):
        texts = [value[tag] for tag in (*languages, DEFAULT_LANGUAGE) if tag in value]
        value = next(iter(texts or value.values()), None)
    if isinstance(value, int | Decimal):
        return (0, value)
    return (1, value.casefold()) if isinstance(value, str) else None
