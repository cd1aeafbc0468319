"""Quotes: `/quote/{tenant}/quotes` (docs/wire/emporix.md, 12).

    customers       ask for a quote of their cart, see their own, accept, decline or ask for changes
    back offices    see all, make quotes, change what they offer

A customer who asks for somebody else's quote is told that there is none; guests have no quotes.
"""

from collections.abc import Sequence

from tillroll.dialects.emporix.quotes import lists, patch
from tillroll.dialects.emporix.quotes.create import MadeQuote, NoCart, close, make
from tillroll.dialects.emporix.quotes.errors import MANAGE, duplicated, may_manage, missing
from tillroll.dialects.emporix.quotes.requests import QuoteRequest, read_operations, read_quote
from tillroll.dialects.emporix.quotes.terms import PricesForbidden
from tillroll.dialects.emporix.quotes.view import history_document, shown
from tillroll.dialects.emporix.wire import languages
from tillroll.dialects.emporix.wire.context import EXTERNAL_PRICES, NO_CONTENT, Desk
from tillroll.dialects.emporix.wire.errors import QUOTE, respond
from tillroll.dialects.emporix.wire.payload import JSON_PATCH, reads_of_list
from tillroll.dialects.emporix.wire.resources import created
from tillroll.dialects.emporix.wire.secured import Call, Run, back_office, customers_or, secured, secured_many
from tillroll.dialects.http import JSON_CONTENT, Malformed, Response, Route
from tillroll.engine.access.access import SERVICE
from tillroll.engine.cart import carts
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.quotes import quotes
from tillroll.store import Transaction

READ = "quote.quote_read"
MANAGE_OWN = "quote.quote_manage_own"


def routes(catalogue: Catalogue) -> list[Route]:
    """The routes of quotes and their history."""
    many = "/quote/{tenant}/quotes"
    one = many + "/{id}"
    read, manage = customers_or(READ), customers_or(MANAGE, MANAGE_OWN)
    return [
        Route("GET", many, secured(QUOTE, read, lists.show_page), QUOTE, reads=reads_of_list),
        Route("POST", many, _creating(catalogue), QUOTE, read_quote, writes=True),
        Route("GET", one, secured(QUOTE, read, _show), QUOTE),
        Route(
            "PATCH",
            one,
            secured_many(QUOTE, manage, patch.changing(catalogue)),
            QUOTE,
            read_operations,
            True,
            JSON_PATCH,
        ),
        Route("DELETE", one, secured(QUOTE, back_office(MANAGE), _delete), QUOTE, writes=True),
        Route("GET", one + "/history", secured(QUOTE, back_office(READ), _show_history), QUOTE),
    ]


def _creating(catalogue: Catalogue) -> Run:
    def create_many(tx: Transaction, calls: Sequence[Call]) -> Sequence[Response]:
        desk = Desk(tx, catalogue)
        named: dict[str, set[str]] = {}
        for call in calls:
            asked: QuoteRequest = call.inbound.command
            if asked.cart_id is not None:
                named.setdefault(call.shop, set()).add(asked.cart_id)
        locked = {shop: carts.lock(tx, shop, named[shop]) for shop in sorted(named)}
        return [_create(desk, call, locked.get(call.shop, {})) for call in calls]

    return secured_many(QUOTE, customers_or(MANAGE, MANAGE_OWN), create_many)


def _create(desk: Desk, call: Call, locked: dict[str, StoredCart]) -> Response:
    """POST: 201 with the new id; a customer offers a cart, only a merchant writes the items."""
    asked: QuoteRequest = call.inbound.command
    if not may_manage(call) and (call.caller.kind == SERVICE or asked.cart_id is None):
        return QUOTE.forbidden([MANAGE])
    try:
        made = make(desk, call, locked.get(asked.cart_id or ""))
    except Malformed as malformed:
        return QUOTE.refuse(400, malformed.problems)
    except PricesForbidden:
        return QUOTE.forbidden([EXTERNAL_PRICES])
    except NoCart:
        return missing(asked.cart_id or "")
    return _insert(desk, call, made)


def _insert(desk: Desk, call: Call, made: MadeQuote) -> Response:
    if not quotes.insert(desk.tx, call.shop, made.stored, quotes.author_of(call.caller)):
        return duplicated()
    close(desk, call, made)
    id = made.stored.quote.id
    return created(call, {"id": id}, id)


def _show(tx: Transaction, call: Call) -> Response:
    id = call.inbound.values["id"]
    stored = quotes.find(tx, call.shop, id, call.now)
    if stored is None or not quotes.belongs_to(stored, call.caller):
        return missing(id)
    return respond(200, shown(stored, languages.accepted(call.inbound)))


def _delete(tx: Transaction, call: Call) -> Response:
    """DELETE: 204, also where there is none; a quote that is an order stays, as the order names it."""
    id = call.inbound.values["id"]
    stored = quotes.lock(tx, call.shop, [id], call.now).get(id)
    if stored is not None and not quotes.delete(tx, call.shop, id):
        return QUOTE.refuse(409, message=f"The quote has become the order {stored.order_id} and can not be deleted.")
    return NO_CONTENT


def _show_history(tx: Transaction, call: Call) -> Response:
    id = call.inbound.values["id"]
    stored = quotes.find(tx, call.shop, id, call.now)
    if stored is None:
        return missing(id)
    lines = [history_document(stored.quote, position, change) for position, change in quotes.history(tx, call.shop, id)]
    total = ((b"x-total-count", b"%d" % len(lines)),) if call.inbound.header(b"x-total-count").lower() == "true" else ()
    answer = respond(200, lines)
    return Response(200, answer.body, (JSON_CONTENT, *total))
