"""Events from outside: what a client reported in one call, as the ledger keeps it.

Every call ends in exactly one outcome: it is accepted, or it repeats what is there already and is not counted twice, or
it is refused for a reason. All three are kept.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from tillroll.domain.events.devices import UNKNOWN

ACCEPTED = "accepted"
REPEATED = "repeated"
REFUSED = "refused"
OUTCOMES = (ACCEPTED, REPEATED, REFUSED)

# Both databases have to take a column as an index key, which PostgreSQL bounds at about 2,700 bytes for a whole row.
COLUMN_BYTES_MAX = 400
# What is left of a call that nobody could read: enough to see what it was.
UNREAD_CHARACTERS_MAX = 2000
# The reason of calls that came too often: they are counted under it, and no row is kept of them.
TOO_MANY = "too_many"

_ENCODER = msgspec.json.Encoder(decimal_format="number")

Part = TypeVar("Part")


class Bounds(Struct, frozen=True):
    """How much is kept of what a call says, as bytes of JSON: of one documented field, of all of them, of the rest."""

    field_bytes: int
    known_bytes: int
    rest_bytes: int

    @property
    def whole_bytes(self) -> int:
        """What is no longer than this as a whole is kept as it is."""
        return min(self.field_bytes, self.known_bytes, self.rest_bytes)


# Of a call that is refused, or that no shop stands behind: enough to see what somebody tried.
SHORT = Bounds(500, 4_096, 2_048)
# Of what a page says without a key: a whole cart of several hundred lines.
OF_A_PAGE = Bounds(65_536, 65_536, 4_096)
# Of what somebody with a key says: every documented field, which the size of a body bounds.
WITH_A_KEY = Bounds(2**31, 2**31, 4_096)


class OutsideEvent(Struct, frozen=True, kw_only=True):
    """One call as a row of the ledger; `call` is the id of its request, times are microseconds UTC.

    `channel` is the part of the shop that it came for, `visitor` the vendor's id of the visit, `person` the shop's own
    id of the visitor, `device` what `device_of` says, `subject` what it is about, `detail` what reports group by,
    `document` all it said, as JSON.
    """

    shop: str
    dialect: str
    kind: str
    call: str
    received_at: int
    happened_at: int
    document: str
    subject: str = ""
    visitor: str | None = None
    person: str | None = None
    channel: str = ""
    detail: str | None = None
    device: str = UNKNOWN
    outcome: str = ACCEPTED
    reason: str = ""


class Origin(Struct, frozen=True):
    """Where something becomes true: in which shop, and through which dialect."""

    shop: str
    dialect: str


class Note(Struct, frozen=True, kw_only=True):
    """What became true in a shop, as a row of the ledger: it is no call, and is counted nowhere. Times as above."""

    shop: str
    dialect: str
    kind: str
    subject: str
    visitor: str | None
    happened_at: int
    received_at: int
    document: str


def column_text(text: str) -> str:
    """A client's text as both databases take it into an index: no NUL characters, and COLUMN_BYTES_MAX at most."""
    if "\0" in text:
        text = text.replace("\0", "\u2400")
    if len(text) * 4 <= COLUMN_BYTES_MAX:
        return text
    return text.encode("utf-8", "replace")[:COLUMN_BYTES_MAX].decode("utf-8", "ignore")


def unread(body: bytes) -> str:
    """The beginning of a body that could not be read, as text."""
    return body[: UNREAD_CHARACTERS_MAX * 4].decode("utf-8", "replace")[:UNREAD_CHARACTERS_MAX].replace("\0", "\u2400")


def kept(said: Mapping[str, Any], documented: Collection[str], bounds: Bounds) -> dict[str, Any]:
    """What is kept of the fields of a call: the documented ones first, then as many of the others as fit.

    A text that is too long is cut, everything else that is too long is left out. Nothing is said here of what is gone:
    compare the sizes.
    """
    found: dict[str, Any] = {}
    for is_known, room in ((True, bounds.known_bytes), (False, bounds.rest_bytes)):
        part = {name: value for name, value in said.items() if (name in documented) is is_known}
        if json_bytes(part) <= (min(bounds.field_bytes, room) if is_known else room):
            found |= part  # which is next to every call, and costs one look instead of one for each field
            continue
        for name, value in part.items():
            one = _shortened(value, min(bounds.field_bytes, room)) if is_known else value
            size = json_bytes(one) + json_bytes(name) + 2
            if size <= room:
                found[name] = one
                room -= size  # noqa: PLW2901  what is left for the next ones
    return found


def fitting(parts: Sequence[Part], room: int) -> Sequence[Part]:
    """The first of these parts that have room together, as bytes of JSON; a `room` below zero has no end."""
    if room < 0:
        return parts
    for position, part in enumerate(parts):
        room -= json_bytes(part) + 1
        if room < 0:
            return parts[:position]
    return parts


def json_bytes(value: object) -> int:
    """How many bytes of JSON a value is."""
    return len(_ENCODER.encode(value))


def _shortened(value: Any, size_max: int) -> Any:
    """The value, or the beginning of a text that is longer than so many bytes."""
    if not isinstance(value, str) or len(value) * 6 < size_max or json_bytes(value) <= size_max:
        return value
    return value.encode("utf-8", "replace")[: size_max // 6].decode("utf-8", "ignore")
