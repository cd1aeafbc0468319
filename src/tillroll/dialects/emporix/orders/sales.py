"""What orders tell about sales: each order is the shop's own word, with its lines and sums."""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from tillroll.dialects.emporix.wire.errors import DIALECT
from tillroll.domain.orders.order import DECLINED
from tillroll.domain.sales.facts import Cancelled, Corrected, Refunded, Reported, SaleLine, What, Withdrawn
from tillroll.engine.orders.manual import CHANGED, DELETED, WRITTEN
from tillroll.engine.orders.refunds import REFUNDED
from tillroll.engine.orders.status import STATUS_CHANGED
from tillroll.engine.sales.reading import Home, Witness, line_of, node_of
from tillroll.store.ledger.rows import LedgerRow

PLACED = "order_placed"
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_CUSTOMERS = node_of(DIALECT, "customer:")


def witness() -> Witness:
    """The readers of this dialect's events."""
    readers = {PLACED: _placed, WRITTEN: _written, CHANGED: _changed, DELETED: _deleted, STATUS_CHANGED: _moved}
    readers |= {REFUNDED: _refunded}
    return Witness(DIALECT, readers, persons=(_CUSTOMERS,))


def _placed(row: LedgerRow, _home: Home) -> What:
    return _reported(row, _DECODER.decode(row.document))


def _written(row: LedgerRow, _home: Home) -> What | None:
    """An order that was written down; a part of another order is told of by the whole."""
    said = _DECODER.decode(row.document)
    is_whole = "total_minor" in said and not said.get("master") and said.get("status") != DECLINED
    return _reported(row, said) if is_whole else None


def _reported(row: LedgerRow, said: dict[str, Any]) -> Reported:
    nodes = (node_of(DIALECT, row.visitor),) if row.visitor else ()
    return Reported(
        number=row.subject,
        currency=said.get("currency") or "",
        total_minor=said.get("totalMinor", said.get("total_minor")),
        lines=_lines(said),
        nodes=nodes,
    )


def _changed(row: LedgerRow, _home: Home) -> What | None:
    said = _DECODER.decode(row.document)
    if "total_minor" not in said:
        return None
    return Corrected(number=row.subject, currency=said["currency"], total_minor=said["total_minor"], lines=_lines(said))


def _deleted(row: LedgerRow, _home: Home) -> What:
    return Withdrawn(row.subject)


def _moved(row: LedgerRow, _home: Home) -> What | None:
    said = _DECODER.decode(row.document)
    return Cancelled(row.subject) if said.get("to") == DECLINED else None


def _refunded(row: LedgerRow, _home: Home) -> What:
    """Money that a payment's provider gave back: of these lines, or of all of the order."""
    said = _DECODER.decode(row.document)
    lines = tuple(
        replace(line_of(one["product_id"], Decimal(one["quantity"]), None, ""), total_minor=one["amount_minor"])
        for one in said["lines"]
    )
    return Refunded(
        number=said["order_id"],
        currency=said["currency"],
        amount_minor=said["amount_minor"],
        lines=lines,
        reason=said["reason"],
    )


def _lines(said: dict[str, Any]) -> tuple[SaleLine, ...]:
    """Lines as the ledger has them: product, quantity, and since they are told, what they came to."""
    found = []
    for product_id, quantity, *total in said.get("items", ()):
        line = line_of(str(product_id), Decimal(quantity), None, "")
        found.append(replace(line, total_minor=total[0]) if total else line)
    return tuple(found)
