"""Whether a purchase needs somebody's approval: `/approval/{tenant}/approval/permitted` (docs/wire/emporix.md, 4.7).

This shop has no rules that ask for approvals: whoever may check out a cart or a quote is permitted to, and nobody else.
"""

from typing import Literal

from msgspec import Struct

from tillroll.dialects.emporix.wire.errors import APPROVAL, respond
from tillroll.dialects.emporix.wire.payload import body_as
from tillroll.dialects.emporix.wire.secured import SHOPPERS, Call, secured
from tillroll.dialects.http import Response, Route
from tillroll.domain.quotes.quote import ACCEPTED, OPEN
from tillroll.engine.cart import carts
from tillroll.engine.quotes import quotes
from tillroll.store import Transaction


class Question(Struct, rename="camel", frozen=True):
    """What somebody wants to do with which cart or quote."""

    resource_type: Literal["CART", "QUOTE"]
    resource_id: str
    action: Literal["CHECKOUT"]


def routes() -> list[Route]:
    """The one route of approvals."""
    path = "/approval/{tenant}/approval/permitted"
    return [Route("POST", path, secured(APPROVAL, SHOPPERS, _permitted), APPROVAL, body_as(Question))]


def _permitted(tx: Transaction, call: Call) -> Response:
    asked: Question = call.inbound.command
    return respond(200, {"action": asked.action, "permitted": _may_buy(tx, call, asked)})


def _may_buy(tx: Transaction, call: Call, asked: Question) -> bool:
    """Whether it is there, the caller's own, and not sold or closed yet."""
    if asked.resource_type == "CART":
        cart = carts.find(tx, call.shop, [asked.resource_id]).get(asked.resource_id)
        return cart is not None and cart.is_open and carts.belongs_to(cart, call.caller)
    quote = quotes.find(tx, call.shop, asked.resource_id, call.now)
    if quote is None or not quotes.belongs_to(quote, call.caller):
        return False
    return quote.status in (OPEN, ACCEPTED) and quote.order_id is None
