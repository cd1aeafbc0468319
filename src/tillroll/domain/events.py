"""Events from outside: what a client reported in one call, as the ledger keeps it.

Every call ends in exactly one outcome: it is accepted, or it repeats what is there already and is not counted twice, or
it is refused for a reason. All three are kept.
"""

from msgspec import Struct

from tillroll.domain.devices import UNKNOWN

ACCEPTED = "accepted"
REPEATED = "repeated"
REFUSED = "refused"
OUTCOMES = (ACCEPTED, REPEATED, REFUSED)

# Both databases have to take a column as an index key, which PostgreSQL bounds at about 2,700 bytes for a whole row.
COLUMN_BYTES_MAX = 400
# What is left of a call that nobody could read: enough to see what it was.
UNREAD_CHARACTERS_MAX = 2000


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
