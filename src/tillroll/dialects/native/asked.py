"""Reading what callers of our own API ask for: parameters of lists and reports, and cursors."""

import base64
import binascii
import difflib
import re
from collections.abc import Callable, Collection
from datetime import UTC, tzinfo
from functools import partial

import msgspec
from msgspec import Struct
from msgspec.inspect import Field, ListType, Metadata, StructType, type_info

from tillroll.dialects.http import Inbound, Malformed, Problem
from tillroll.domain.typed import Typed
from tillroll.engine.rates.rates import is_currency
from tillroll.engine.sales import periods
from tillroll.engine.sales.periods import day_of

_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)

Reader = Callable[[str], int | None]
Ends = tuple[int | None, int | None]

# A report of more days than these is asked for in parts.
DAYS_MAX = 1_100


def text(inbound: Inbound, name: str) -> str:
    """A parameter without the blanks that were pasted with it; empty where it is not there."""
    return Typed(inbound.query.get(name, "")).trimmed


def malformed(name: str, message: str) -> Malformed:
    """A parameter that can not be read."""
    return Malformed([Problem(name, "invalid_value", message)])


def one_of(inbound: Inbound, name: str, known: Collection[str], default: str = "") -> str:
    """A parameter that is one of these; the default where it is not there."""
    said = text(inbound, name)
    if said and said not in known:
        raise malformed(name, f"{name} is one of {', '.join(known)}")
    return said or default


def whole(inbound: Inbound, name: str, default: int, bounds: tuple[int, int]) -> int:
    """A parameter that is a whole number between two others; the default where it is not there."""
    said = text(inbound, name)
    if not said:
        return default
    if not (said.isascii() and said.isdigit() and len(said) < 20 and bounds[0] <= int(said) <= bounds[1]):
        raise malformed(name, f"{name} is a whole number from {bounds[0]} to {bounds[1]}")
    return int(said)


def currency(inbound: Inbound, name: str = "currency") -> str:
    """A parameter that is a currency's code (ISO 4217), in whatever letters; empty where it is not there."""
    said = text(inbound, name).upper()
    if said and not is_currency(said):
        raise malformed(name, f"{name} is a code of ISO 4217, such as EUR")
    return said


def moments(inbound: Inbound, clock: tzinfo) -> tuple[int, int]:
    """`from` and `to` as moments (µs UTC), each a moment or a whole day on this clock; far away where not said."""
    first, last = _in_order(_moment_ends(inbound, clock))
    return -(2**62) if first is None else first, 2**62 if last is None else last


def check_moments(inbound: Inbound) -> None:
    """Raises Malformed where `from` or `to` is no moment; in which order they are says the shop's clock."""
    _moment_ends(inbound, UTC)


def _moment_ends(inbound: Inbound, clock: tzinfo) -> Ends:
    readers = partial(periods.beginning, clock=clock), partial(periods.end, clock=clock)
    return _ends(inbound, readers, "a moment in ISO 8601, or a day: 2026-12-24")


def days(inbound: Inbound, clock: tzinfo, default_days: int = 30, days_max: int = DAYS_MAX) -> tuple[int, int]:
    """`from` and `to` as days since 1970; the last thirty, today among them, where nobody says."""
    said_first, said_last = _day_ends(inbound)
    last = day_of(inbound.received_at, clock) if said_last is None else said_last
    first = last - default_days + 1 if said_first is None else said_first
    if not 0 <= last - first < days_max:
        raise malformed("from", f"from is a day before to, {days_max} days at most")
    return first, last


def check_days(inbound: Inbound) -> None:
    """Raises Malformed where `from` or `to` is no day; which one is today says the shop's clock."""
    _day_ends(inbound)


def any_days(inbound: Inbound) -> Ends:
    """`from` and `to` as days since 1970, however far apart; None where not said."""
    return _in_order(_day_ends(inbound))


def _day_ends(inbound: Inbound) -> Ends:
    return _ends(inbound, (periods.day, periods.day), "a day: YYYY-MM-DD")


def _ends(inbound: Inbound, readers: tuple[Reader, Reader], expected: str) -> Ends:
    """Both ends of what is asked for; raises Malformed with each of them that can not be read."""
    said = {name: text(inbound, name) for name in ("from", "to")}
    first, last = (read(one) if one else None for read, one in zip(readers, said.values(), strict=True))
    wrong = [
        Problem(name, "invalid_value", f"{name} is {expected}")
        for (name, one), found in zip(said.items(), (first, last), strict=True)
        if one and found is None
    ]
    if wrong:
        raise Malformed(wrong)
    return first, last


def _in_order(ends: Ends) -> Ends:
    first, last = ends
    if first is not None and last is not None and last < first:
        raise malformed("from", "from must not be after to")
    return ends


def body(shape: type[Struct], inbound: Inbound) -> Struct:
    """A JSON body of this shape; an empty one is one without any field."""
    try:
        found: Struct = msgspec.json.decode(inbound.body or b"{}", type=shape)
    except msgspec.ValidationError as error:
        raise Malformed([problem_of(shape, error)]) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed([Problem("body", "invalid_value", f"the body is not valid JSON: {error}")]) from error
    if b"\\u0000" in inbound.body:
        raise Malformed([Problem("body", "invalid_value", "the body holds a NUL character")])
    return found


def problem_of(shape: type[Struct], error: msgspec.ValidationError) -> Problem:
    """What is wrong with a body that should have had this shape; of a field that is unknown, which ones there are."""
    message, _, place = str(error).partition(" - at `$")
    place = place.strip("`.")
    unknown = _UNKNOWN_FIELD.fullmatch(message)
    if unknown is None:
        return Problem(place or "body", "invalid_value", message)
    name = unknown[1][:64]
    known = [field.encode_name for field in _fields_at(shape, place)]
    close = difflib.get_close_matches(name.lower(), known, 1)
    hint = f", did you mean {close[0]}?" if close else f"; there are {', '.join(known)}"
    said = f"there is no field {name}{hint}"
    return Problem(f"{place}.{name}" if place else name, "unknown_field", said)


def _fields_at(shape: type[Struct], place: str) -> tuple[Field, ...]:
    """The fields of the object at a place of a body, such as `lines[...]`."""
    found = type_info(shape)
    for name in re.findall(r"[a-z_]+", place):
        assert isinstance(found, StructType)
        found = next(field.type for field in found.fields if field.encode_name == name)
        while isinstance(found, Metadata | ListType):
            found = found.item_type if isinstance(found, ListType) else found.type
    assert isinstance(found, StructType)
    return found.fields


def cursor_of(at: int, id: str) -> str:
    """A place in a list, as callers send it back."""
    return base64.urlsafe_b64encode(msgspec.json.encode((at, id))).decode().rstrip("=")


def cursor(inbound: Inbound) -> tuple[int, str] | None:
    """The place that a caller goes on from; None at the beginning."""
    said = text(inbound, "cursor")
    if not said:
        return None
    try:
        at, id = msgspec.json.decode(
            base64.b64decode(f"{said}==", altchars=b"-_", validate=False), type=tuple[int, str]
        )
    except (binascii.Error, msgspec.DecodeError, UnicodeError, ValueError) as error:
        raise malformed("cursor", "cursor is the next of an answer, as it was") from error
    if not -(2**62) <= at <= 2**62 or "\0" in id or len(id) > 64:
        raise malformed("cursor", "cursor is the next of an answer, as it was")
    return at, id
