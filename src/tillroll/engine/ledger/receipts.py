"""What became of a request: its events, found by the time that its id holds, without an index of ids.

    id ──► received at ──► binary search over positions ──► the shop's events of those seconds ──► those of this request

The ledger's positions are nearly in the order of time: an event is written while its request is worked on, and what was
received much earlier than a request stands before it. What a request has reported bears its id; what became true by it
bears its time, to the microsecond.
"""

from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from tillroll.domain.events.events import REPEATED
from tillroll.domain.events.request_ids import received_at, request_id
from tillroll.engine.ledger import ledger
from tillroll.engine.ledger.ledger import EventFilter
from tillroll.store import Transaction
from tillroll.store.ledger import rows
from tillroll.store.ledger.rows import LedgerRow, RequestWindow

# How far apart the order of positions and that of time may be: as long as a request is usually worked on, and then as
# long as it ever is, with clocks of several machines that differ.
NEAR, FAR = 2_000_000, 60_000_000
# How many events are looked at in one place: some are notes of what has come to its end long ago.
PLACE_EVENTS = 8
# More than one request can report.
EVENTS_MAX = 5_000
# What is told of later credits of one request.
CREDITS_MAX = 500

CREDITED = "report_credited"


class ReceiptEvent(Struct, frozen=True):
    """One event of a request; `duplicate_of` is the request that it repeats, where that is known."""

    row: LedgerRow
    duplicate_of: str | None = None


class RequestReceipt(Struct, frozen=True):
    """What became of one request: its events in the ledger's order, and the notes that credit them later."""

    request: str
    received_at: int
    events: Sequence[ReceiptEvent]
    credits: Sequence[LedgerRow]


def receipt(tx: Transaction, shop: str, text: str) -> RequestReceipt | None:
    """The receipt of the request with this id; None where the shop's ledger has nothing of it."""
    id = request_id(text)
    if id is None:
        return None
    at = received_at(id)
    found: Sequence[LedgerRow] = ()
    for apart in (NEAR, FAR):
        found = found or _events(tx, shop, (id, at), apart)
    if not found:
        return None
    credits = ledger.events(tx, shop, EventFilter(subject=id, kind=CREDITED, limit=CREDITS_MAX))
    return RequestReceipt(id, at, [ReceiptEvent(row, _duplicate_of(tx, shop, row)) for row in found], credits)


def _events(tx: Transaction, shop: str, request: tuple[str, int], apart: int) -> Sequence[LedgerRow]:
    id, at = request
    end = rows.last_position(tx) + 1
    first = _search(tx, end, lambda received: max(received) >= at - apart)
    behind = _search(tx, end, lambda received: min(received) > at + apart)
    return rows.events_of_request(tx, RequestWindow(shop, id, at, first, behind, EVENTS_MAX))


def _search(tx: Transaction, end: int, is_behind: Callable[[Sequence[int]], bool]) -> int:
    """The first position whose events are behind something, where all before it are not; `end` where none are."""
    low, high = 1, end
    while low < high:
        middle = (low + high) // 2
        if is_behind(rows.received_from(tx, middle, PLACE_EVENTS)):
            high = middle
        else:
            low = middle + 1
    return low


def _duplicate_of(tx: Transaction, shop: str, row: LedgerRow) -> str | None:
    """The request that an event repeats: as its document says, or the first about the same that counted."""
    if row.outcome != REPEATED:
        return None
    said = msgspec.json.decode(row.document, type=_Repeated)
    if said.duplicate_of:
        return said.duplicate_of
    return rows.first_accepted(tx, shop, row) if row.subject else None


class _Repeated(Struct):
    """What the document of a repeated event may say."""

    duplicate_of: str = ""
