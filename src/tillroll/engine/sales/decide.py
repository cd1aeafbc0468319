"""What people decide about sales: each decision is an event of the ledger, and the sales follow it."""

from typing import Any

import msgspec
from msgspec import Struct

from tillroll.domain.events.events import Note, Origin
from tillroll.engine.ledger import ledger
from tillroll.engine.sales.own import DECISION_UNDONE, REFUND_MADE, SALE_SPLIT, SALES_MERGED
from tillroll.store import Transaction

_ENCODER = msgspec.json.Encoder()


class Decided(Struct, frozen=True):
    """Who decides, and under which id and at which time it is kept."""

    origin: Origin
    id: str
    now: int


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
    _note(tx, Decided(decided.origin, decision, decided.now), DECISION_UNDONE, {"decision": decision})


def _note(tx: Transaction, decided: Decided, kind: str, document: dict[str, Any]) -> None:
    note = Note(
        shop=decided.origin.shop,
        dialect=decided.origin.dialect,
        kind=kind,
        subject=decided.id,
        visitor=None,
        happened_at=decided.now,
        received_at=decided.now,
        document=_ENCODER.encode(document).decode(),
    )
    ledger.note(tx, [note])
