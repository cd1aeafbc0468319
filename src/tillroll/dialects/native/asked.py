"""Reading what callers of our own API ask for: parameters of lists and reports, and cursors."""

import base64
import binascii
import difflib
import re
from collections.abc import Collection
from datetime import tzinfo

import msgspec
from msgspec import Struct
from msgspec.inspect import Field, ListType, Metadata, StructType, type_info

from tillroll.dialects.http import Inbound, Malformed, Problem
from tillroll.domain.typed import Typed
from tillroll.engine.sales import periods
from tillroll.engine.sales.periods import day_of

_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)

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


def moments(inbound: Inbound, clock: tzinfo) -> tuple[int, int]:
    """`from` and `to` as moments (µs UTC), each a moment or a whole day on this clock; far away where not said."""
    found = []
    for name, read, default in (("from", periods.beginning, -(2**62)), ("to", periods.end, 2**62)):
        said = text(inbound, name)
        moment = read(said, clock) if said else default
        if moment is None:
            raise malformed(name, f"{name} is a moment in ISO 8601, or a day: 2026-12-24")
        found.append(moment)
    if found[1] < found[0]:
        raise malformed("from", "from must not be after to")
    return found[0], found[1]


def days(inbound: Inbound, clock: tzinfo, default_days: int = 30) -> tuple[int, int]:
    """`from` and `to` as days since 1970; the last thirty, today among them, where nobody says."""
    last = _day(inbound, "to", day_of(inbound.received_at, clock))
    first = _day(inbound, "from", last - default_days + 1)
    if not 0 <= last - first < DAYS_MAX:
        raise malformed("from", f"from is a day before to, {DAYS_MAX} days at most")
    return first, last


def _day(inbound: Inbound, name: str, default: int) -> int:
    said = text(inbound, name)
    if not said:
        return default
    found = periods.day(said)
    if found is None:
        raise malformed(name, f"{name} is a day: YYYY-MM-DD")
    return found


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
