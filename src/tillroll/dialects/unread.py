"""Which fields of a body and which parameters of an address nobody reads: a name with a typing error is no error to a
dialect that takes what it knows.

    schema of a body ──► Known: the names of each place ──► unread(body) ──► publishd, taxclasses, tierValues.priceVal
    parameters ────────► unread_parameters(names, known) ─────────────────► ?contactEmail

A name is known where the description has it. What lies below a place whose names are the client's own, such as
`mixins`, is known whatever it is.
"""

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

# Whoever has more to mend than this reads the description; an answer's headers are for a few words.
NAMES_MAX = 20
NAME_CHARACTERS_MAX = 100
HEADER = b"tillroll-ignored"

# What a parameter's name is told with.
_PARAMETER = "?"
_REF = "#/components/schemas/"
_BRANCHES = ("allOf", "anyOf", "oneOf")
# Keys of a schema that say nothing of what a value is.
_ABOUT = frozenset(("description", "example", "examples", "title", "default"))
# Of names that are less alike than this, one is hardly meant by the other.
_ALIKE_MIN = 0.6

_JSON = msgspec.json.Decoder()


class Unread(Struct, frozen=True):
    """A field of a body, or with a `?` before it a parameter, that nobody reads: where it is, and the known name that
    was probably meant, if any."""

    field: str
    nearest: str

    @property
    def sentence(self) -> str:
        """What is wrong with it, and how to mend it."""
        meant = f", did you mean {self.nearest}?" if self.nearest else ""
        noun = "parameter" if self.field.startswith(_PARAMETER) else "field"
        return f"there is no {noun} {self.field.removeprefix(_PARAMETER)}{meant}"


class Known:
    """The names that a value may have below it, by its schemas; what lies deeper is found out when it is asked for."""

    def __init__(self, schemas: Iterable[Mapping[str, Any]], components: Mapping[str, Mapping[str, Any]]) -> None:
        self._components = components
        self._named: dict[str, list[Mapping[str, Any]]] = {}
        self._others: list[Mapping[str, Any]] = []
        self._items: list[Mapping[str, Any]] = []
        self._below: dict[str, Known] = {}
        self.takes_anything = False
        """Whether what lies here is the client's own."""
        for schema in schemas:
            self._learn(schema)

    def _learn(self, schema: Mapping[str, Any]) -> None:
        if "$ref" in schema:
            self._learn(self._components[schema["$ref"].removeprefix(_REF)])
            return
        branches = [branch for word in _BRANCHES for branch in schema.get(word, ())]
        for branch in branches:
            self._learn(branch)
        for name, inner in schema.get("properties", {}).items():
            self._named.setdefault(name, []).append(inner)
        others = schema.get("additionalProperties", not schema.get("properties"))
        if isinstance(others, Mapping) and others:
            self._others.append(others)
        elif "properties" not in schema and not branches and _may_be_an_object(schema) and others is not False:
            self.takes_anything = True
        if "items" in schema:
            self._items.append(schema["items"])

    @property
    def is_plain(self) -> bool:
        """Whether neither an object nor a list is meant here: that one is there is for others to refuse."""
        return not (self._named or self._others or self._items)

    def below(self, name: str) -> "Known | None":
        """What is known below a name; None where the name is not."""
        if name in self._named:
            return self._at(name, self._named[name])
        return self._at("*", self._others) if self._others else None

    @property
    def items(self) -> "Known":
        """What is known of the elements of a list."""
        return self._at("[]", self._items)

    def _at(self, place: str, schemas: Iterable[Mapping[str, Any]]) -> "Known":
        if place not in self._below:
            self._below[place] = Known(schemas, self._components)
        return self._below[place]

    def nearest(self, name: str) -> str:
        """The known name that looks most like this one; empty where none does."""
        return _nearest(name, self._named)

    def unread(self, body: bytes) -> tuple[Unread, ...]:
        """The fields of a JSON body that nobody reads, each name once, one more than are told at most; none of what is
        no JSON."""
        try:
            value = _JSON.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError):
            return ()
        found = {one.field: one for one in islice(_unread(value, self, ""), 50 * NAMES_MAX)}
        return tuple(islice(found.values(), NAMES_MAX + 1))


def _may_be_an_object(schema: Mapping[str, Any]) -> bool:
    return "object" in schema.get("type", ()) or schema.keys() <= _ABOUT


def _unread(value: Any, known: Known, place: str) -> Iterator[Unread]:
    if known.takes_anything or known.is_plain:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            below = known.below(name)
            if below is None:
                yield Unread(f"{place}{name}"[:NAME_CHARACTERS_MAX], known.nearest(name))
            elif isinstance(inner, dict | list):
                yield from _unread(inner, below, f"{place}{name}.")
    elif isinstance(value, list):
        for one in value:
            if isinstance(one, dict | list):
                yield from _unread(one, known.items, place)


def unread_parameters(names: Iterable[str], known: Collection[str]) -> tuple[Unread, ...]:
    """Those of these parameters that are not known, one more than are told at most."""
    unknown = islice((name[:NAME_CHARACTERS_MAX] for name in names if name not in known), NAMES_MAX + 1)
    return tuple(Unread(f"{_PARAMETER}{name}", _nearest(name, known)) for name in unknown)


def _nearest(name: str, known: Iterable[str]) -> str:
    """The one of these names that looks most like another one; empty where none does."""
    folded = {one.lower(): one for one in known}
    close = difflib.get_close_matches(name.lower()[:NAME_CHARACTERS_MAX], folded, 1, _ALIKE_MIN)
    return folded[close[0]] if close else ""


def header_of(unread: Iterable[Unread]) -> tuple[bytes, bytes]:
    """The header that names these; `...` stands for those that are too many."""
    names = [quote(one.field, safe="$[]@?") for one in unread]
    told = names[:NAMES_MAX] + (["..."] if len(names) > NAMES_MAX else [])
    return HEADER, ", ".join(told).encode("ascii")
