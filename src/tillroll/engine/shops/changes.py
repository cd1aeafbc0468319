"""Who changed what about a shop: each change of its settings is an event of the ledger, without any secret."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from tillroll.domain.events.events import Note, Origin
from tillroll.engine.ledger import ledger
from tillroll.engine.ledger.ledger import EventFilter
from tillroll.store import Transaction

SETTINGS_CHANGED = "settings_changed"
# One subject for all of them, by which the ledger finds the latest.
SUBJECT = "settings"


class Change(Struct, frozen=True):
    """What somebody changed: a section of the settings, and a sentence for people."""

    by: str
    section: str
    what: str


class NotedChange(Struct, frozen=True):
    """A change, and when it was made (microseconds UTC)."""

    at: int
    change: Change


_DECODER = msgspec.json.Decoder(Change)


def note(tx: Transaction, origin: Origin, change: Change, now: int) -> None:
    """Keep that somebody changed something."""
    told = Note(
        shop=origin.shop,
        dialect=origin.dialect,
        kind=SETTINGS_CHANGED,
        subject=SUBJECT,
        visitor=None,
        happened_at=now,
        received_at=now,
        document=msgspec.json.encode(change).decode(),
    )
    ledger.note(tx, [told])


def latest(tx: Transaction, origin: Origin, limit: int) -> Sequence[NotedChange]:
    """The latest changes first."""
    wanted = EventFilter(dialect=origin.dialect, kind=SETTINGS_CHANGED, subject=SUBJECT, limit=limit, down=True)
    return [
        NotedChange(row.happened_at, _DECODER.decode(row.document)) for row in ledger.events(tx, origin.shop, wanted)
    ]
