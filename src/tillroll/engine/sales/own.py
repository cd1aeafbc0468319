"""What Tillroll's own kinds of event tell about sales, whichever dialect they came through.

page_viewed · touch ─► what may earn        identities_linked ─► who is who        checkout · refund_made · … ─► sales
"""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from tillroll.domain.attribution.sources import Visit, lead
from tillroll.domain.attribution.touches import NUDGE
from tillroll.domain.events.events import ACCEPTED
from tillroll.domain.money import minor_exponent, to_minor, to_thousandths
from tillroll.domain.sales.facts import (
    ALL_PIECES,
    Cancelled,
    Linked,
    Merged,
    Parted,
    RatingTold,
    Refunded,
    Reported,
    SaleLine,
    TouchTold,
    Undone,
    Unlinked,
    What,
)
from tillroll.engine.sales.reading import Home, Read, node_of
from tillroll.store.ledger.rows import LedgerRow

IDENTITIES_LINKED = "identities_linked"
LINK_UNDONE = "identity_link_undone"
PAGE_VIEWED = "page_viewed"
NUDGE_CLICKED = "nudge_clicked"
ANSWER_RATED = "answer_rated"
TOUCH = "touch"
CHECKOUT = "checkout"
REFUND_MADE = "refund_made"
ORDER_CANCELLED = "order_cancelled"
SALES_MERGED = "sales_merged"
SALE_SPLIT = "sale_split"
DECISION_UNDONE = "decision_undone"

_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def _said(row: LedgerRow) -> dict[str, Any]:
    return _DECODER.decode(row.document)


def _nodes(row: LedgerRow) -> tuple[str, ...]:
    return (node_of(row.dialect, row.visitor),) if row.visitor else ()


def _linked(row: LedgerRow, _home: Home) -> What | None:
    nodes = tuple(dict.fromkeys(_said(row)["nodes"])) if row.outcome == ACCEPTED else ()
    return Linked(row.subject, nodes) if len(nodes) > 1 else None


def _unlinked(row: LedgerRow, _home: Home) -> What | None:
    return Unlinked(row.subject) if row.outcome == ACCEPTED else None


def _page(row: LedgerRow, _home: Home) -> What | None:
    """The first page of a visit: who led to it. A page of the shop's own host leads nowhere."""
    if row.outcome != ACCEPTED or not row.visitor:
        return None
    said = _said(row)
    try:
        page = urlsplit(str(said.get("page") or ""))
        host = page.hostname or ""
    except ValueError:
        return None
    named = {("campaign" if name == "name" else name): one for name, one in (said.get("campaign") or {}).items() if one}
    tags = {f"utm_{name}": str(value) for name, value in named.items()}
    click = said.get("click_id") or {}
    if click.get("name") and click.get("value"):
        tags[str(click["name"])] = str(click["value"])
    query = "&".join(part for part in (urlencode(tags), page.query) if part)
    led = lead(Visit(f"?{query}", str(said.get("referrer") or "")), [host] if host else [])
    if led is None:
        return None
    return TouchTold(source=led.channel, nodes=_nodes(row), is_direct=led.is_direct)


def _touch(row: LedgerRow, _home: Home) -> What | None:
    if row.outcome != ACCEPTED or not row.visitor:
        return None
    said = _said(row)
    source = NUDGE if row.kind == NUDGE_CLICKED else str(said.get("source") or row.detail or "")
    product = said.get("product_id") or (row.subject if row.kind == TOUCH else None)
    return TouchTold(source=source, nodes=_nodes(row), product=product or None) if source else None


def _rated(row: LedgerRow, _home: Home) -> What | None:
    helpful = _said(row).get("helpful")
    if row.outcome != ACCEPTED or not row.visitor or not isinstance(helpful, bool):
        return None
    return RatingTold(nodes=_nodes(row), subject=row.subject, is_helpful=helpful)


def _checkout(row: LedgerRow, _home: Home) -> What | None:
    """An order as the shop's own list has it."""
    said = _said(row)
    currency = said.get("currency") or ""
    if row.outcome != ACCEPTED or minor_exponent(currency) is None:
        return None
    lines = tuple(
        SaleLine(
            str(one["product_id"]),
            to_thousandths(Decimal(one.get("quantity", 1))),
            to_minor(Decimal(one["total"]), currency) if one.get("total") is not None else None,
        )
        for one in said.get("lines") or ()
    )
    return Reported(
        number=row.subject,
        currency=currency,
        total_minor=to_minor(Decimal(said["total"]), currency),
        lines=lines,
        nodes=_nodes(row),
        is_test=bool(said.get("test")),
    )


def _refund(row: LedgerRow, _home: Home) -> What | None:
    if row.outcome != ACCEPTED:
        return None
    said = _said(row)
    lines = tuple(
        SaleLine(
            str(one["product_id"]),
            to_thousandths(Decimal(one["quantity"])) if one.get("quantity") is not None else ALL_PIECES,
            one.get("amount_minor"),
        )
        for one in said.get("lines") or ()
    )
    return Refunded(
        sale=said.get("sale") or "",
        number=said.get("order_id") or "",
        currency=said.get("currency") or "",
        amount_minor=said.get("amount_minor"),
        lines=lines,
        reason=said.get("reason") or "",
    )


def _cancelled(row: LedgerRow, _home: Home) -> What | None:
    return Cancelled(row.subject) if row.outcome == ACCEPTED else None


def _merged(row: LedgerRow, _home: Home) -> What | None:
    return Merged(row.subject, tuple(_said(row)["sales"])) if row.outcome == ACCEPTED else None


def _parted(row: LedgerRow, _home: Home) -> What | None:
    return Parted(row.subject, tuple(_said(row)["reports"])) if row.outcome == ACCEPTED else None


def _undone(row: LedgerRow, _home: Home) -> What | None:
    return Undone(row.subject) if row.outcome == ACCEPTED else None


# What visitors meet, and who they are: told by browsers, too.
OF_VISITORS: dict[str, Read] = {
    IDENTITIES_LINKED: _linked,
    PAGE_VIEWED: _page,
    NUDGE_CLICKED: _touch,
    ANSWER_RATED: _rated,
}
# What only the shop itself tells.
OF_THE_SHOP: dict[str, Read] = {
    LINK_UNDONE: _unlinked,
    TOUCH: _touch,
    CHECKOUT: _checkout,
    REFUND_MADE: _refund,
    ORDER_CANCELLED: _cancelled,
    SALES_MERGED: _merged,
    SALE_SPLIT: _parted,
    DECISION_UNDONE: _undone,
}
TOUCHES = frozenset({PAGE_VIEWED, NUDGE_CLICKED, ANSWER_RATED, TOUCH})
