"""Proves that whoever was answered finds a receipt: that the id of each call leads to its rows in the ledger.

A receipt is looked for by the time that an id holds, halving the ledger (see `receipts`). So two things have to hold: a
row was received when its id says, and no place in the ledger, which is some events in a row, misleads those who look
for it. That no row is missing is what the tallies prove.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from msgspec import Struct, field

from tillroll.domain.events.request_ids import received_at, request_id
from tillroll.engine.ledger.receipts import FAR, PLACE_EVENTS
from tillroll.store import Transaction
from tillroll.store.audit import rows
from tillroll.store.audit.rows import Reception


def problems_of_receipts(tx: Transaction) -> Iterator[str]:
    """The calls of all shops that nobody finds again, in the ledger's order but for some events."""
    return unfound(rows.receptions(tx))


def unfound(receptions: Iterable[Reception]) -> Iterator[str]:
    """Which of these calls are not found by their ids, and why."""
    places = _Places()
    for one in receptions:
        if one.call is not None and not _says_when(one.call, one.received_at):
            yield f"{one.shop}: the request {one.call} was received at another time than event {one.position} says"
        elif one.call is not None and places.behind > one.received_at + FAR:
            yield _astray(one)
        yield from map(_astray, places.enter(one))
    yield from map(_astray, places.end())


def _says_when(call: str, at: int) -> bool:
    return request_id(call) == call and received_at(call) == at


def _astray(one: Reception) -> str:
    return f"{one.shop}: the request {one.call} is not found: event {one.position} stands among those of another time"


class _Places(Struct):
    """What those who look for a call have been told by the places before an event.

    `behind` is when all events of some place before were received, at least: who came a good while earlier is looked
    for before that place. `latest` is the call before the present place that was received last: a place whose events
    were all received a good while earlier sends whoever looks for it further back.
    """

    behind: int = -1
    latest: Reception | None = None
    place: deque[Reception] = field(default_factory=deque)

    def enter(self, one: Reception) -> Iterator[Reception]:
        """Go on by an event; the call, if any, that the place which ends with it misleads."""
        self.place.append(one)
        if len(self.place) > PLACE_EVENTS:
            self._leave()
        if len(self.place) == PLACE_EVENTS:
            self.behind = max(self.behind, min(each.received_at for each in self.place))
            yield from self._misled()

    def end(self) -> Iterator[Reception]:
        """The calls that the last places mislead, which have fewer events."""
        while len(self.place) > 1:
            self._leave()
            yield from self._misled()

    def _leave(self) -> None:
        left = self.place.popleft()
        if left.call is not None and (self.latest is None or left.received_at > self.latest.received_at):
            self.latest = left

    def _misled(self) -> Iterator[Reception]:
        latest = self.latest
        if latest is not None and max(one.received_at for one in self.place) < latest.received_at - FAR:
            self.latest = None
            yield latest
