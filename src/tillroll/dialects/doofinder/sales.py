"""What search sessions tell about sales: what may earn, and checkouts without a number."""

from decimal import Decimal
from typing import Any

import msgspec

from tillroll.dialects.doofinder.writes import DIALECT
from tillroll.domain.attribution.touches import BANNER, REDIRECT, SEARCH, SEARCH_SESSION
from tillroll.domain.events.events import ACCEPTED, REFUSED, REPEATED
from tillroll.domain.sales.credits import DIGEST
from tillroll.domain.sales.facts import Reported, SaleLine, TouchTold, What
from tillroll.engine.sales.reading import Home, Witness, line_of, node_of
from tillroll.store.ledger.rows import LedgerRow

_USERS = f"{DIALECT}.user"
_SOURCES = {"click": SEARCH, "banner_click": BANNER, "redirect": REDIRECT, "init": SEARCH_SESSION}
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def witness() -> Witness:
    """The readers of this dialect's events."""
    readers = {"checkout": _checkout} | dict.fromkeys(_SOURCES, _touched)
    return Witness(DIALECT, readers, frozenset(_SOURCES), (f"{_USERS}:",))


def _touched(row: LedgerRow, _home: Home) -> What | None:
    if row.outcome != ACCEPTED or not row.visitor:
        return None
    # A click names its item by a digest of the item's id, and never by the id.
    digest = row.subject.rpartition("@")[2] if row.kind == "click" else ""
    return TouchTold(
        source=_SOURCES[row.kind],
        nodes=_nodes(row),
        product=f"{DIGEST}{digest}" if digest else None,
        session=node_of(DIALECT, row.visitor),
    )


def _checkout(row: LedgerRow, home: Home) -> What | None:
    """A session's cart at its checkout. One of nothing, or one that was refused, is no purchase."""
    if row.outcome == REFUSED or not row.visitor:
        return None
    items = _DECODER.decode(row.document).get("cart", ())
    if not items:
        return None
    lines = tuple(_line(one, home.currency) for one in items)
    is_known = all(line.total_minor is not None for line in lines)
    return Reported(
        currency=home.currency if is_known else "",
        total_minor=sum(line.total_minor or 0 for line in lines) if is_known else None,
        lines=lines,
        nodes=_nodes(row),
        is_repeated=row.outcome == REPEATED,
    )


def _line(item: dict[str, Any], currency: str) -> SaleLine:
    quantity, price = Decimal(item["amount"]), item.get("price")
    return line_of(str(item["id"]), quantity, Decimal(price) * quantity if price is not None else None, currency)


def _nodes(row: LedgerRow) -> tuple[str, ...]:
    """The shop's own name of the visitor, where it was told, and the session."""
    user = (node_of(_USERS, row.person),) if row.person else ()
    return (*user, node_of(DIALECT, row.visitor or ""))
