"""What people decide about sales: each decision is an event of the ledger, and the sales follow it."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.domain.events.events import Note, Origin
from tillroll.engine.ledger import ledger
from tillroll.engine.ledger.ledger import EventFilter
from tillroll.engine.sales.own import DECISION_UNDONE, REFUND_MADE, SALE_SPLIT, SALES_MERGED
from tillroll.store import Transaction
from tillroll.store.sales import rows

# A decision is made once, and undone once or twice where two undo it at the same time.
EVENTS_MAX = 10
_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(dict[str, Any])


class Decided(Struct, frozen=True):
    """Who decides, and under which id and at which time it is kept; `by` names a person, and is empty for programs."""

    origin: Origin
    id: str
    now: int
    by: str = ""


class DecisionMade(Struct, frozen=True):
    """One thing that was decided about a sale: under which id, when (microseconds UTC), what, and by whom."""

    decision: str
    at: int
    kind: str
    by: str


def refund(tx: Transaction, decided: Decided, said: dict[str, Any]) -> None:
    """Give money back."""
    _note(tx, decided, REFUND_MADE, said)


def merge(tx: Transaction, decided: Decided, sales: tuple[str, ...]) -> None:
    """Let these sales be one."""
    _note(tx, decided, SALES_MERGED, {"decision": decided.id, "sales": sales})


def split(tx: Transaction, decided: Decided, reports: tuple[int, ...]) -> None:
    """Let these reports be a sale of their own."""
    _note(tx, decided, SALE_SPLIT, {"decision": decided.id, "reports": reports})


def undo(tx: Transaction, decided: Decided, decision: str) -> None:
    """Let a decision never have been."""
    undone = Decided(decided.origin, decision, decided.now, decided.by)
    _note(tx, undone, DECISION_UNDONE, {"decision": decision})


def history(tx: Transaction, shop: str, reports: Iterable[int]) -> list[DecisionMade]:
    """What was decided about these reports, and what of it was undone, in the order of time."""
    found = [
        DecisionMade(decision, row.happened_at, row.kind, str(_DECODER.decode(row.document).get("by") or ""))
        for decision in rows.decisions_of_reports(tx, shop, reports)
        for row in ledger.events(tx, shop, EventFilter(subject=decision, limit=EVENTS_MAX))
        if row.kind in (SALES_MERGED, SALE_SPLIT, DECISION_UNDONE)
    ]
    return sorted(found, key=lambda one: (one.at, one.decision, one.kind == DECISION_UNDONE))


def _note(tx: Transaction, decided: Decided, kind: str, document: dict[str, Any]) -> None:
    note = Note(
        shop=decided.origin.shop,
        dialect=decided.origin.dialect,
        kind=kind,
        subject=decided.id,
        visitor=None,
        happened_at=decided.now,
        received_at=decided.now,
        document=_ENCODER.encode(document | ({"by": decided.by} if decided.by else {})).decode(),
    )
    ledger.note(tx, [note])
