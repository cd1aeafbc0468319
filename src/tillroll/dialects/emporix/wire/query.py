"""What a client asks a list for: `q` says which, `sort` in which order."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.dialects.emporix.wire.errors import INVALID_QUERY
from tillroll.dialects.emporix.wire.languages import DEFAULT_LANGUAGE
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.http import Malformed, Problem
from tillroll.domain.times import Period
from tillroll.domain.typed import Typed
from tillroll.engine.documents.snapshot import clock_of
from tillroll.store import Transaction

SORT_KEYS_MAX = 10


Item = TypeVar("Item")


_HOW_TO_ASK = "conditions are written name:value with blanks between them, such as code:mug name:~pot"
_KEY = re.compile(r"^(?P<path>[\w.\-]{1,100})(:(?P<direction>asc|desc|))?$", re.IGNORECASE)


class SortKey(Struct, frozen=True):
    """One field to sort by."""

    path: tuple[str, ...]
    descending: bool


Rank = tuple[int, Decimal | int | str]


# Longer queries and more alternatives than any client writes by hand.
QUERY_CHARACTERS_MAX = 4000
CONDITIONS_MAX = 50

# A value in quotation marks may hold anything; one of its own is written \", and a backslash before it \\.
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_CONDITION = re.compile(
    rf'(?P<path>[\w.\-]+):(?P<test>{_QUOTED}|~?\((?:{_QUOTED}|[^()"])*\)|~\([^()]*\)|[^\s()"]+(?:{_QUOTED})?)(?=\s|$)',
    re.DOTALL,
)
_IS_QUOTED = re.compile(_QUOTED, re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])')
_COMPARISON = re.compile(r'^(?P<sign>>=|<=|>|<)\s*"?(?P<bound>[^"]+)"?$')

_ALTERNATIVES = re.compile(rf"({_QUOTED})|,|\sOR\s", re.DOTALL)
# What Unicode writes in one way alone.
_RUNS = re.compile(r"[\x00-\x7f]+")
_WORDS = ("null", "missing", "exists")

# Fields that say until when something holds: a day alone in one of them is meant to its end.
_ENDS = re.compile(r"(^to|^until|To|Until)$")


class Condition(Struct, frozen=True):
    """A path into a document and the tests of which one has to hold for what is found there.

    Days alone, in the tests and in documents, are whole days on `clock`.
    """

    path: tuple[str, ...]
    tests: tuple[str, ...]
    clock: tzinfo = UTC

    @property
    def folds(self) -> bool:
        """Whether capitals are no other letters than small ones: in an e-mail, which nobody spells twice alike."""
        return self.path[-1].lower().endswith("email")

    @property
    def is_exact(self) -> bool:
        """Whether the tests are plain values, which an index can look up."""
        return not self.folds and all(
            test and test not in _WORDS and test[0] not in '~<>"' and Typed(test).spellings == {test}
            for test in self.tests
        )

    def holds(self, document: object) -> bool:
        """Whether the document fulfils this condition."""
        found = [value for value in values_at(document, self.path) if value is not None]
        if self.folds:
            found = [Typed(value).folded if isinstance(value, str) else value for value in found]
        return any(self._passes(found, test) for test in self.tests)

    def _passes(self, found: list[Any], test: str) -> bool:
        if test in ("null", "missing"):
            return not found
        if test == "exists":
            return bool(found)
        if test.startswith("~"):
            part = Typed(test[1:]).folded if self.folds else test[1:]
            return any(isinstance(value, str) and _contains(value, part) for value in found)
        bounds = [_COMPARISON.match(part.strip()) for part in test.split(" AND ")]
        if None not in bounds:
            return any(
                all(self._compares(value, match["sign"], match["bound"]) for match in bounds if match)
                for value in found
            )
        text = Typed(_plain(test)).folded if self.folds else _plain(test)
        return any(_is(value, text) for value in found) or (
            _is_a_day(text)
            and any(self._compares(value, ">=", text) and self._compares(value, "<=", text) for value in found)
        )

    def _compares(self, value: object, sign: str, bound: str) -> bool:
        left: Decimal | int | None
        below: Decimal | int | None
        above: Decimal | int | None
        if isinstance(value, str):
            asked, kept = (Period(text, text, self.clock) for text in (bound.strip(), value))
            left, below, above = kept.ends if _ENDS.search(self.path[-1]) else kept.begins, asked.begins, asked.ends
        elif isinstance(value, int | Decimal) and not isinstance(value, bool):
            left, below = value, _number(bound)
            above = below
        else:
            return False
        if left is None or below is None or above is None:
            return False
        if sign == ">=":
            return left >= below
        if sign == ">":
            return left > above
        return left < below if sign == "<" else left <= above


def shop_conditions(tx: Transaction, shop: str, text: str) -> list[Condition]:
    """The conditions of a `q` in a shop, whose days are meant on its clock; raises Malformed as `conditions` does."""
    return on_clock(tx, shop, conditions(text))


def on_clock(tx: Transaction, shop: str, wanted: Sequence[Condition]) -> list[Condition]:
    """These conditions with the shop's clock, which is asked for only where one of them compares."""
    compares = any(test.startswith(("<", ">")) or _is_a_day(_plain(test)) for one in wanted for test in one.tests)
    clock = clock_of(tx, shop) if compares else UTC
    return [replace(one, clock=clock) for one in wanted]


def conditions(text: str) -> list[Condition]:
    """The conditions of a `q`; raises Malformed where it can not be read."""
    rest, found = text.strip(), list[Condition]()
    while rest:
        match = _CONDITION.match(rest) if len(text) <= QUERY_CHARACTERS_MAX else None
        if match is None or len(found) == CONDITIONS_MAX:
            raise Malformed([Problem("q", INVALID_QUERY, _HOW_TO_ASK)])
        found.append(Condition(tuple(match["path"].split(".")), _tests(match["test"])))
        rest = rest[match.end() :].lstrip()
    _check_bounds("q", found)
    return found


def _check_bounds(name: str, wanted: Iterable[Condition]) -> None:
    """Raises Malformed for a bound that is neither a time nor a number: nothing is later than it, or before it."""
    for test in (test for one in wanted for test in one.tests):
        matches = [_COMPARISON.match(part.strip()) for part in test.split(" AND ")]
        for bound in (match["bound"].strip() for match in matches if match is not None):
            if Period(bound, bound).begins is None and _number(bound) is None:
                message = f"'{bound[:64]}' is neither a time, a day nor a number: compare with one, as >=2026-12-24"
                raise Malformed([Problem(name, INVALID_QUERY, message)])


def asked(path: str, value: str) -> Condition:
    """The condition that a query parameter of its own makes.

    A path stands for being equal; before it, `~` stands for holding the text, `>` and `<` for being later or earlier.
    Raises Malformed where it is to be later or earlier than what is no time.
    """
    sign, text = path[0] if path[0] in "~<>" else "", Typed(value).trimmed or value
    found = Condition(tuple(path.removeprefix(sign).split(".")), (sign + text,))
    if sign in ("<", ">"):
        _check_bounds(path.removeprefix(sign), [found])
    return found


def _tests(text: str) -> tuple[str, ...]:
    if text.startswith("~("):
        return tuple(_test("~" + part) for part in _alternatives(text[2:-1]))
    if not text.startswith("("):
        return (_test(text),)
    return tuple(_test(part) for part in _alternatives(text[1:-1]))


def _alternatives(text: str) -> list[str]:
    """The parts of a list; a comma or an OR in quotation marks parts nothing."""
    parts = [""]
    for piece in _ALTERNATIVES.split(text):
        if piece is None:  # what parts two alternatives
            parts.append("")
        else:
            parts[-1] += piece
    return [part.strip() for part in parts if part.strip()]


def _test(text: str) -> str:
    """A test as it is kept: after `~` the text alone, whether or not it came in quotation marks."""
    return "~" + _plain(text[1:]) if text.startswith("~") else text


def _plain(text: str) -> str:
    """A value without its quotation marks."""
    return _ESCAPED.sub(r"\1", text[1:-1]) if _IS_QUOTED.fullmatch(text) else text


def named_values(condition: Condition) -> set[str] | None:
    """The values of which a condition wants one, where it names them and nothing else: what an index can look up."""
    if any(test[:1] in "~<>" or test in _WORDS or " AND " in test for test in condition.tests):
        return None
    return {spelling for test in condition.tests for spelling in Typed(_plain(test)).spellings}


def text_within(wanted: Iterable[Condition]) -> str:
    """The longest text that stands in the JSON of every document which fulfils these conditions; empty where none must.

    For documents as they are stored: what is added when they are shown (`metadata`) is not looked for.
    """
    sought = [one for one in wanted if len(one.tests) == 1 and one.path[0] != "metadata" and not one.folds]
    texts = [_text_within(one.tests[0]) for one in sought]
    return max(texts, key=len, default="")


def _text_within(test: str) -> str:
    """What a document's JSON has to hold for one test; empty where numbers, or nothing at all, may pass it."""
    if test.startswith("~"):
        return _common(Typed(test[1:]).parts)
    text = _plain(test)
    is_comparison = any(_COMPARISON.match(part.strip()) for part in test.split(" AND "))
    is_no_text = text in ("true", "false") or _number(text) is not None or _is_a_day(text)
    if is_comparison or test in _WORDS or is_no_text:
        return ""
    spellings = Typed(text).spellings
    return _encoded(text) if spellings == {text} else _common(spellings)


def _common(spellings: frozenset[str]) -> str:
    """The longest run of plain letters that all spellings of a text have, in the JSON of a document."""
    runs = (
        run for spelling in spellings for run in _RUNS.findall(spelling) if all(run in other for other in spellings)
    )
    return _encoded(max(runs, key=len, default=""))[1:-1]


def _encoded(text: str) -> str:
    return msgspec.json.encode(text).decode()


def values_at(value: object, path: tuple[str, ...]) -> Iterator[Any]:
    """What a path leads to in a document: nothing, one value, or where it crosses lists, several."""
    if isinstance(value, list | tuple):
        for element in value:
            yield from values_at(element, path)
    elif not path:
        yield value
        if isinstance(value, dict):
            yield from (text for text in value.values() if isinstance(text, str))  # a text in several languages
    elif isinstance(value, dict) and path[0] in value:
        yield from values_at(value[path[0]], path[1:])


def _is_a_day(text: str) -> bool:
    """Whether a text is a day alone with its hyphens: it stands for every moment of it."""
    if len(text) != len("2026-12-24"):
        return False
    day = Period(text, text)
    return day.begins is not None and day.begins != day.ends


def _contains(value: str, text: str) -> bool:
    return any(part in value for part in Typed(text).parts)


def _is(value: object, text: str) -> bool:
    if isinstance(value, bool):
        return text == ("true" if value else "false")
    if isinstance(value, int | Decimal):
        return _number(text) == value
    return isinstance(value, str) and value in Typed(text).spellings


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
            raise Malformed([Problem("sort", INVALID_QUERY, "not a valid list of fields to sort by")])
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
