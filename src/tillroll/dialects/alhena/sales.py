"""What conversations, questions and storefronts' checkouts tell about sales (docs/wire/alhena.md, 7)."""

from decimal import Decimal
from typing import Any

import msgspec

from tillroll.dialects.alhena.companies import DIALECT
from tillroll.dialects.alhena.events import CART_EVENT, CHECKOUT_EVENT
from tillroll.domain.attribution.touches import CHAT, FAQ
from tillroll.domain.events.events import ACCEPTED, REFUSED, REPEATED
from tillroll.domain.sales.carts import CartChanged, CartClosed, CartCredited, CartStep, CartTold, How
from tillroll.domain.sales.facts import ReportCredited, Reported, SaleLine, TouchTold, What
from tillroll.domain.storefronts.storefront import ReportRefusal
from tillroll.engine.sales.own import OF_VISITORS, TOUCHES
from tillroll.engine.sales.reading import Home, ReadCart, Witness, line_of, minor_of, node_of, pieces_of
from tillroll.engine.storefronts.storefronts import REPORT_CREDITED
from tillroll.store.ledger.rows import LedgerRow

_SOURCES = {
    "conversation_opened": CHAT,
    "conversation_continued": CHAT,
    "faq_question_asked": FAQ,
}
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
# A report that was refused for anything else than this never counts.
_WAITS_FOR_A_TOUCH = ReportRefusal.NO_INTERACTION.value


def witness() -> Witness:
    """The readers of this dialect's events."""
    readers = {CHECKOUT_EVENT: _checkout, REPORT_CREDITED: _credited} | dict.fromkeys(_SOURCES, _touched)
    touches = frozenset(_SOURCES) | (TOUCHES & OF_VISITORS.keys())
    carts: dict[str, ReadCart] = {CART_EVENT: _cart, CHECKOUT_EVENT: _bought, REPORT_CREDITED: _cart_credited}
    return Witness(DIALECT, readers | OF_VISITORS, touches, carts=carts, refused=frozenset({CHECKOUT_EVENT}))


def _touched(row: LedgerRow, _home: Home) -> What | None:
    if row.outcome != ACCEPTED or not row.visitor:
        return None
    said = _DECODER.decode(row.document)
    product, helpful = said.get("productId"), said.get("helpful")
    return TouchTold(
        source=_SOURCES[row.kind],
        nodes=(node_of(DIALECT, row.visitor),),
        product=product if isinstance(product, str) and product else None,
        subject=row.subject,
        is_helpful=helpful if isinstance(helpful, bool) else None,
    )


def _credited(row: LedgerRow, _home: Home) -> What:
    return ReportCredited(row.subject)


def _checkout(row: LedgerRow, _home: Home) -> What | None:
    if not row.visitor or (row.outcome == REFUSED and row.reason != _WAITS_FOR_A_TOUCH):
        return None
    said = _DECODER.decode(row.document)
    value, currency = said.get("value"), said.get("currency") or ""
    total = minor_of(Decimal(value), currency) if value is not None else None
    if total is None:
        return None
    is_unit = said.get("valueMeans") == "unit"
    return Reported(
        number=str(said.get("orderId") or ""),
        currency=currency,
        total_minor=total,
        lines=tuple(_line(one, currency, is_unit=is_unit) for one in said.get("lineItems") or ()),
        nodes=(node_of(DIALECT, row.visitor),),
        is_refused=row.outcome == REFUSED,
        is_repeated=row.outcome == REPEATED,
        flags=tuple(flag for flag in said.get("flags", ()) if isinstance(flag, str)),
    )


def _line(item: dict[str, Any], currency: str, *, is_unit: bool) -> SaleLine:
    quantity, value = Decimal(item["quantity"]), Decimal(item["value"])
    is_same = item.get("currency", currency) == currency
    total = value * quantity if is_unit else value
    return line_of(str(item["product_id"]), quantity, total if is_same else None, currency)


def _cart(row: LedgerRow, _home: Home) -> CartTold | None:
    """What a cart event tells; the value's sign says nothing, because the kind of the event says it."""
    waits = row.outcome == REFUSED and row.reason == _WAITS_FOR_A_TOUCH
    if not row.visitor or (row.outcome != ACCEPTED and not waits):
        return None
    said = _DECODER.decode(row.document)
    quantity, value = Decimal(said["quantity"]), abs(Decimal(said["value"]))
    price: Decimal | None = value
    if said.get("valueMeans") == "line":
        price = value / quantity if quantity else None
    is_removed = said["type"] == "ITEM_REMOVED"
    step = CartStep(
        line=row.subject,
        product_id=row.subject,
        quantity=0 if is_removed else pieces_of(quantity),
        how=How.SET,
        price=price,
    )
    return CartChanged(node=node_of(DIALECT, row.visitor), currency=said["currency"], steps=(step,), waits=waits)


def _bought(row: LedgerRow, _home: Home) -> CartTold | None:
    """A checkout ends the visitor's cart, also where it waits for an interaction to count."""
    waits = row.outcome == REFUSED and row.reason == _WAITS_FOR_A_TOUCH
    if not row.visitor or (row.outcome != ACCEPTED and not waits):
        return None
    return CartClosed(node=node_of(DIALECT, row.visitor), is_bought=True)


def _cart_credited(row: LedgerRow, _home: Home) -> CartTold | None:
    return CartCredited(node=node_of(DIALECT, row.visitor), call=row.subject) if row.visitor else None
