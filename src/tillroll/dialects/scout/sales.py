"""What applications tell about sales: one item of an order with each post (docs/wire/scout.md, 6 and 7)."""

from decimal import Decimal
from typing import Any

import msgspec

from tillroll.domain.events.events import ACCEPTED
from tillroll.domain.sales.facts import Reported, SaleLine, What
from tillroll.engine.sales.reading import Home, Witness, node_of
from tillroll.store.ledger.rows import LedgerRow

DIALECT = "scout"
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def witness() -> Witness:
    """The readers of this dialect's events."""
    return Witness(DIALECT, {"purchase": _purchase}, persons=(f"{DIALECT}:",))


def _purchase(row: LedgerRow, _home: Home) -> What | None:
    """An item as its newest version says; its tax and its shipping belong to it."""
    if row.outcome != ACCEPTED or not row.subject:
        return None
    said = _DECODER.decode(row.document)
    body = said["body"]
    price = sum(_cents(body.get(name)) for name in ("purchase_price", "tax", "shipping_price"))
    product = str(body.get("sku") or body.get("name") or "")
    return Reported(
        number=row.subject,
        currency=str(body.get("purchase_currency") or "").strip().upper(),
        total_minor=price,
        lines=(SaleLine(product, 1000, price),),
        nodes=(node_of(DIALECT, row.visitor),) if row.visitor else (),
        part=str(said.get("item") or row.call or row.position),
    )


def _cents(value: object) -> int:
    """An amount as Scout's callers write it: a number, or digits as text; what is absent is nothing."""
    if isinstance(value, str):
        return int(Decimal(value.strip() or 0))
    return int(value) if isinstance(value, int | Decimal) else 0
