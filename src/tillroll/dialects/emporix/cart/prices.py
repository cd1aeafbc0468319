"""The prices of a cart: `refresh`, `changeSite`, `changeCurrency` and `validate` (docs/wire/emporix.md, 5)."""

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.cart.errors import refusal_of
from tillroll.dialects.emporix.cart.one_cart import Command, changing, reading
from tillroll.dialects.emporix.wire.errors import CART, NO_CONTENT, Reply, respond
from tillroll.dialects.emporix.wire.fields import currency_problem
from tillroll.dialects.emporix.wire.payload import body_as, refuse_if
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.emporix.wire.secured import Call
from tillroll.dialects.http import Problem, Response, Route
from tillroll.domain.rejections import Reason, Rejection
from tillroll.engine.cart import carts
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.cart.check import unsellable_lines
from tillroll.engine.cart.moves import Goal, move, refresh
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.snapshot import Catalogue

# What `validate` says of a line: a code, and the field that it is about.
_ERRORS = {
    Reason.PRICE_NOT_FOUND: ("CART-ITEM-UNIT-PRICE-100001", "items.unitPrice"),
    Reason.PRICES_DUPLICATED: ("CART-ITEM-UNIT-PRICE-100002", "items.unitPrice"),
    Reason.EXTERNAL_DISCOUNT_INVALID: ("CART-ITEM-EXTERNAL-DISCOUNT-100001", "items.externalDiscounts"),
    Reason.EXTERNAL_DISCOUNT_TOO_LARGE: ("CART-ITEM-EXTERNAL-DISCOUNT-100002", "items.externalDiscounts"),
}


class SiteChange(Struct, rename="camel", frozen=True):
    """The body of `changeSite`."""

    site_code: str


class CurrencyChange(Struct, frozen=True):
    """The body of `changeCurrency`."""

    currency: str


def routes(catalogue: Catalogue) -> list[Route]:
    """The routes that are about the prices of a whole cart."""
    one = "/cart/{tenant}/carts/{cartId}"
    site, currency = body_as(SiteChange), body_as(CurrencyChange)
    return [
        Route("PUT", one + "/refresh", changing(catalogue, _refresh), CART, writes=True),
        Route("POST", one + "/changeSite", changing(catalogue, _change_site), CART, site, writes=True),
        Route("POST", one + "/changeCurrency", changing(catalogue, _change_currency), CART, currency, writes=True),
        Route("GET", one + "/validate", reading(catalogue, _validate), CART),
    ]


def commands() -> dict[str, Command]:
    """What of this may be a step of a chain, by the vendor's name for it."""
    return {"RefreshCart": Command("PUT", "/refresh", _refresh), "ValidateCart": Command("GET", "/validate", _validate)}


def _refresh(desk: Desk, call: Call, stored: StoredCart) -> Response:
    """PUT: 204; each line gets the best price now. A line without one keeps its price, and `validate` says so."""
    refresh(desk.view(call.shop), stored, call.now)
    return NO_CONTENT


def _change_site(desk: Desk, call: Call, stored: StoredCart) -> Reply:
    """POST: 200; the cart takes over the site's currency, and its lines the prices there."""
    asked: SiteChange = call.inbound.command
    site = desk.view(call.shop).site(asked.site_code)
    if site is None:
        message = f"there is no site with the code '{asked.site_code[:64]}': send the code of one of the shop's sites"
        return CART.refusal(400, [Problem("siteCode", "invalid_value", message)])
    target = msgspec.structs.replace(carts.identity_of(stored.cart, stored.owner), site=site.code)
    return _moved(desk, call, stored, Goal(target, site.currency))


def _change_currency(desk: Desk, call: Call, stored: StoredCart) -> Reply:
    """POST: 200; the lines take over the prices in this currency."""
    asked: CurrencyChange = call.inbound.command
    refuse_if([currency_problem(asked.currency)])
    return _moved(desk, call, stored, Goal(carts.identity_of(stored.cart, stored.owner), asked.currency))


def _moved(desk: Desk, call: Call, stored: StoredCart, goal: Goal) -> Reply:
    refused = move(desk.view(call.shop), stored, goal, call.now)
    if refused is not None:
        return refusal_of(refused)
    stored.note("moved", call.now, site=stored.cart.site, currency=stored.cart.currency)
    return Response(200, b"", ())


def _validate(desk: Desk, call: Call, stored: StoredCart) -> Response:
    """GET: whether every line could be bought at its price (docs/wire/emporix.md, 5.4)."""
    unsellable = unsellable_lines(desk.view(call.shop), stored, call.now)
    details = [
        {"id": id, "errors": [_error(rejection) for rejection in rejections]} for id, rejections in unsellable.items()
    ]
    answer: Document = {"isValid": not details}
    return respond(200, answer | {"itemsValidationDetails": details} if details else answer)


def _error(rejection: Rejection) -> Document:
    code, field = _ERRORS[rejection.reason]
    return {"errorCode": code, "message": rejection.message, "field": field}
