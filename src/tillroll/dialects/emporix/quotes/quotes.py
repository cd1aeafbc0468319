"""Quotes: `/quote/{tenant}/quotes` (docs/wire/emporix.md, 12).

    customers       ask for a quote of their cart, see their own, accept, decline or ask for changes
    back offices    see all, make quotes, change what they offer

A customer who asks for somebody else's quote is told that there is none; guests have no quotes.
"""

from collections.abc import Sequence

from tillroll.dialects.emporix.quotes import lists, patch
from tillroll.dialects.emporix.quotes.errors import MANAGE, missing, offerer, refusal
from tillroll.dialects.emporix.quotes.requests import read_operations, read_quote
from tillroll.dialects.emporix.quotes.view import history_line, shown
from tillroll.dialects.emporix.wire import languages
from tillroll.dialects.emporix.wire.errors import NO_CONTENT, QUOTE, Reply, respond
from tillroll.dialects.emporix.wire.payload import JSON_PATCH, reads_of_list
from tillroll.dialects.emporix.wire.resources import created
from tillroll.dialects.emporix.wire.secured import Call, Run, back_office, customers_or, secured, secured_many
from tillroll.dialects.http import JSON_CONTENT, Response, Route
from tillroll.domain.rejections import Refused
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.quotes import quotes
from tillroll.engine.quotes.create import CreateQuote, create_quotes
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
    """POST: 201 with the new id; a customer offers a cart, only a merchant writes the items."""

    def create_many(tx: Transaction, calls: Sequence[Call]) -> Sequence[Reply]:
        wishes = [CreateQuote(offerer(call), call.inbound.command) for call in calls]
        outcomes = create_quotes(Desk(tx, catalogue), wishes)
        return [
            refusal(outcome, wish.new.cart_id or "")
            if isinstance(outcome, Refused)
            else created(call, {"id": outcome.quote.id}, outcome.quote.id)
            for call, wish, outcome in zip(calls, wishes, outcomes, strict=True)
        ]

    return secured_many(QUOTE, customers_or(MANAGE, MANAGE_OWN), create_many)


def _show(tx: Transaction, call: Call) -> Reply:
    id = call.inbound.values["id"]
    stored = quotes.find(tx, call.shop, id, call.now)
    if stored is None or not quotes.belongs_to(stored, call.caller):
        return missing(id)
    return respond(200, shown(stored, languages.accepted(call.inbound)))


def _delete(tx: Transaction, call: Call) -> Reply:
    """DELETE: 204, also where there is none; a quote that is an order stays, as the order names it."""
    id = call.inbound.values["id"]
    stored = quotes.lock(tx, call.shop, [id], call.now).get(id)
    if stored is not None and not quotes.delete(tx, call.shop, id):
        return QUOTE.refusal(409, message=f"The quote has become the order {stored.order_id} and can not be deleted.")
    return NO_CONTENT


def _show_history(tx: Transaction, call: Call) -> Reply:
    id = call.inbound.values["id"]
    stored = quotes.find(tx, call.shop, id, call.now)
    if stored is None:
        return missing(id)
    lines = [history_line(stored.quote, position, change) for position, change in quotes.history(tx, call.shop, id)]
    total = ((b"x-total-count", b"%d" % len(lines)),) if call.inbound.header(b"x-total-count").lower() == "true" else ()
    answer = respond(200, lines)
    return Response(200, answer.body, (JSON_CONTENT, *total))
