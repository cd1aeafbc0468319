"""Reading Emporix's bodies and queries: one decode from bytes to a struct, and errors that name the JSON path."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.wire.conversion import converted, read_text_numbers, text_number
from tillroll.dialects.http import Inbound, Malformed, Problem
from tillroll.dialects.nesting import holds_nul
from tillroll.domain.typed import Typed
from tillroll.store import Reads

T = TypeVar("T")
# How clients name the body of a PATCH: fields that replace others (RFC 7396), or a list of operations (RFC 6902).
MERGE_PATCH = ("application/json", "application/merge-patch+json")
JSON_PATCH = ("application/json", "application/json-patch+json")
_ANYTHING = msgspec.json.Decoder(float_hook=Decimal)

_YES = frozenset(("true", "yes", "on", "1"))
_NO = frozenset(("", "false", "no", "off", "0"))

PAGE_SIZE_MAX = 1000
PAGE_NUMBER_MAX = 10_000_000
# Query parameters that only say which page of a list, and how much of each element.
_OF_A_PAGE = frozenset({b"pageNumber", b"pageSize", b"fields", b"expand"})


def body_as(shape: Any) -> Callable[[Inbound], Any]:
    """A route's `decode` that reads the JSON body as `shape`, a struct or another type that msgspec knows."""
    decoder = msgspec.json.Decoder(shape, float_hook=Decimal)

    def decode(inbound: Inbound) -> Any:
        return read_json(decoder, inbound.body)

    return decode


def optional_body_as(shape: Any) -> Callable[[Inbound], Any]:
    """The same for a body that may be left out: then it is a `shape` of defaults."""
    decode = body_as(shape)
    return lambda inbound: decode(inbound) if inbound.body else shape()


def read_json(decoder: "msgspec.json.Decoder[T]", body: bytes) -> T:
    """The decoded body; raises Malformed with the JSON path of everything that is wrong."""
    if not body:
        raise Malformed([Problem("", "missing_value", "The request body is missing: send a JSON document")])
    if holds_nul(body):
        raise Malformed([Problem("", "invalid_value", "The body holds a NUL character (\\u0000), which no field may")])
    try:
        return _decoded(decoder, body)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, ArithmeticError, RecursionError) as error:
        raise Malformed([Problem("", "invalid_value", f"The body is not valid JSON: {error}")]) from error


def _decoded(decoder: "msgspec.json.Decoder[T]", body: bytes) -> T:
    shape: Any = decoder.type
    try:
        decoded = decoder.decode(body)
    except msgspec.ValidationError:
        return converted(_ANYTHING.decode(body), decoder.type)
    suspicious = text_number(shape)
    if suspicious is not None and suspicious.search(body):
        refuse_if([*read_text_numbers(_ANYTHING.decode(body), shape)])
    return decoded


class Paging(Struct, frozen=True):
    """Which page of a list is asked for; `total` asks for the count header."""

    number: int
    size: int
    total: bool

    @property
    def offset(self) -> int:
        """How many rows lie before this page."""
        return (self.number - 1) * self.size


def paging(inbound: Inbound, default_size: int) -> Paging:
    """Emporix's `pageNumber` (from 1), `pageSize` and the header `X-Total-Count: true`.

    Who asks for more than stands on a page gets as much as does: the vendor's own storefront asks for 20,000.
    """
    query = inbound.query
    size = number_in(query, "pageSize", default_size, range(1, PAGE_NUMBER_MAX + 1))
    return Paging(
        number_in(query, "pageNumber", 1, range(1, PAGE_NUMBER_MAX + 1)),
        min(size, max(PAGE_SIZE_MAX, default_size)),
        inbound.header(b"x-total-count").lower() == "true",
    )


def reads_of_list(inbound: Inbound) -> Reads:
    """What the reading of a list is like: `search` where its address asks for more than a page in the stored order."""
    names = {part.partition(b"=")[0] for part in inbound.query_string.split(b"&") if part}
    return "list" if names <= _OF_A_PAGE else "search"


def number_in(query: dict[str, str], name: str, default: int, allowed: range) -> int:
    """A whole number from the query, one of those allowed; raises Malformed."""
    text = typed(query, name)
    if not text:
        return default
    if text.isascii() and text.isdigit() and len(text) < 12 and int(text) in allowed:
        return int(text)
    bounds = f"from {allowed.start} to {allowed.stop - 1}"
    raise Malformed([Problem(name, "invalid_value", f"{name} must be a whole number {bounds}, not '{text}'")])


def flag(query: dict[str, str], name: str) -> bool:
    """Whether a query parameter says true, as clients write it; raises Malformed for what says neither true nor false.

    The words are those that the vendor's own framework takes (Spring's conversion to a boolean).
    """
    said = typed(query, name).lower()
    if said in _YES:
        return True
    if said in _NO:
        return False
    raise Malformed([Problem(name, "invalid_value", f"{name} must be true or false, not '{said[:32]}'")])


def typed(query: Mapping[str, str], name: str) -> str:
    """A query parameter without the blanks that were pasted with it; empty where it is not there."""
    return Typed(query.get(name, "")).trimmed


def refuse_if(problems: list[Problem | None]) -> None:
    """Raise Malformed with those problems that are any."""
    found = [problem for problem in problems if problem is not None]
    if found:
        raise Malformed(found)
