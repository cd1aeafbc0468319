"""PATCH of a quote: operations one after the other, all or none of them (docs/wire/emporix.md, 12).

    lock the quotes of all calls ──► change copies ──► save what changed, buy what was accepted ──► 204, or why not

A customer answers an offer, and nothing else; a merchant changes what is offered until it is accepted or declined. A
quote that is accepted with all that an order needs becomes one at once.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.quotes.edit import apply
from tillroll.dialects.emporix.quotes.errors import MANAGE, may_manage, missing
from tillroll.dialects.emporix.quotes.requests import Operation, size_problem
from tillroll.dialects.emporix.quotes.status import StepForbidden, take_step
from tillroll.dialects.emporix.quotes.terms import PricesForbidden
from tillroll.dialects.emporix.wire.context import EXTERNAL_PRICES, NO_CONTENT, Desk
from tillroll.dialects.emporix.wire.errors import QUOTE
from tillroll.dialects.emporix.wire.payload import refuse_if
from tillroll.dialects.emporix.wire.rejections import detail_of, postponed
from tillroll.dialects.emporix.wire.resources import nesting_problem
from tillroll.dialects.emporix.wire.secured import Call, HandleMany
from tillroll.dialects.http import Malformed, Problem, Response
from tillroll.domain.orders.order import PaymentMethod, PlaceOrder
from tillroll.domain.quotes.quote import ACCEPTED, FINAL, OPEN, missing_parts
from tillroll.engine.access.access import CUSTOMER, SERVICE
from tillroll.engine.checkout.place import Placed, Refused, Unjudged, place_orders
from tillroll.engine.checkout.subjects import Purchase
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.quotes import quotes
from tillroll.engine.quotes.quotes import StoredQuote
from tillroll.store import Transaction

# Whether a quote that is accepted becomes an order at once, or waits for its checkout.
ACCEPTED_BECOMES_ORDER = "acceptedQuoteBecomesOrder"

# Nobody says how an accepted quote is paid: outside, until somebody says otherwise (4.6).
_INVOICE = PaymentMethod("none", "invoice")

# What a merchant may still add to an accepted quote that lacks it.
_COMPLETES = {"shipping": "shipping", "billingAddressId": "billingAddress", "shippingAddressId": "shippingAddress"}


class _Accepted(Struct, frozen=True):
    position: int
    call: Call
    stored: StoredQuote


def changing(catalogue: Catalogue) -> HandleMany:
    """The handler of PATCHes: the quotes of all calls are locked first, in one order."""

    def handle_many(tx: Transaction, calls: Sequence[Call]) -> Sequence[Response]:
        now = max(call.now for call in calls)
        named: dict[str, set[str]] = {}
        for call in calls:
            named.setdefault(call.shop, set()).add(call.inbound.values["id"])
        locked = {
            (shop, id): stored
            for shop in sorted(named)
            for id, stored in quotes.lock(tx, shop, named[shop], now).items()
        }
        answers: dict[int, Response] = {}
        waiting = list(enumerate(calls))
        while waiting:
            # Of several calls to one quote the later ones see what became of the first.
            first = dict(reversed([(_key(call), position) for position, call in waiting]))
            this_round = [(position, call) for position, call in waiting if first[_key(call)] == position]
            waiting = [(position, call) for position, call in waiting if first[_key(call)] != position]
            answers |= _Round(Desk(tx, catalogue), catalogue, locked).run(this_round)
        return [answers[position] for position in range(len(calls))]

    return handle_many


def _key(call: Call) -> tuple[str, str]:
    return call.shop, call.inbound.values["id"]


class _Round:
    """One call for each of some quotes: what changed is saved, then what was accepted is bought, all together."""

    def __init__(self, desk: Desk, catalogue: Catalogue, locked: dict[tuple[str, str], StoredQuote]) -> None:
        self._desk = desk
        self._catalogue = catalogue
        self._locked = locked

    def run(self, calls: Sequence[tuple[int, Call]]) -> dict[int, Response]:
        """The answers to these calls, by position."""
        answers: dict[int, Response] = {}
        saved: dict[str, list[StoredQuote]] = {}
        accepted: list[_Accepted] = []
        for position, call in calls:
            changed = self._changed(call)
            if isinstance(changed, Response):
                answers[position] = changed
            elif self._becomes_order(call, changed):
                accepted.append(_Accepted(position, call, changed))
            else:
                saved.setdefault(call.shop, []).append(changed)
                self._locked[_key(call)] = changed
                answers[position] = NO_CONTENT
        for shop in sorted(saved):
            quotes.save(self._desk.tx, shop, saved[shop], max(call.now for _, call in calls))
        return answers | self._bought(accepted)

    def _changed(self, call: Call) -> StoredQuote | Response:
        """The quote as the call would have it, or why it can not."""
        stored = self._locked.get(_key(call))
        if stored is None or not quotes.belongs_to(stored, call.caller):
            return missing(call.inbound.values["id"])
        operations: list[Operation] = call.inbound.command
        if not may_manage(call) and (call.caller.kind == SERVICE or any(one.path[0] != "status" for one in operations)):
            return QUOTE.forbidden([MANAGE])
        copy = quotes.copy_of(stored)
        try:
            for operation in operations:
                _apply(self._desk, call, copy, operation)
            quote = copy.quote
            if copy.status == OPEN and stored.quote.lines and not quote.lines:
                message = "an open quote has at least one item: add another before the last one is removed"
                raise Malformed([Problem("items", "invalid_value", message)])
            attached = [quote.mixins, quote.metadata, *((one.mixins, one.metadata, one.product) for one in quote.lines)]
            refuse_if([size_problem(quote), nesting_problem(msgspec.to_builtins(attached))])
        except Malformed as malformed:
            return QUOTE.refuse(400, malformed.problems)
        except StepForbidden:
            return QUOTE.forbidden([MANAGE])
        except PricesForbidden:
            return QUOTE.forbidden([EXTERNAL_PRICES])
        return copy

    def _becomes_order(self, call: Call, changed: StoredQuote) -> bool:
        before = self._locked[_key(call)]
        if changed.status != ACCEPTED or before.status == ACCEPTED or missing_parts(changed.quote):
            return False
        view = self._desk.view(call.shop)
        return view.configured(ACCEPTED_BECOMES_ORDER, True, lambda value: value in (True, "true"))

    def _bought(self, accepted: Sequence[_Accepted]) -> dict[int, Response]:
        """Buy quotes that have been accepted, as their customers; one that can not be sold stays as it was."""
        if not accepted:
            return {}
        outcomes = place_orders(self._desk.tx, self._catalogue, [_purchase(one) for one in accepted])
        answers: dict[int, Response] = {}
        for one, outcome in zip(accepted, outcomes, strict=True):
            if isinstance(outcome, Refused):
                answers[one.position] = QUOTE.refuse(400, [detail_of(rejection) for rejection in outcome.rejections])
            elif isinstance(outcome, Unjudged):
                answers[one.position] = postponed(one.call, outcome)
            else:
                assert isinstance(outcome, Placed)  # an accepted quote had no order, and its row is locked
                self._locked[_key(one.call)] = one.stored
                answers[one.position] = NO_CONTENT
        return answers


def _purchase(accepted: _Accepted) -> Purchase:
    """The checkout of an accepted quote: its customer buys, whoever has accepted for them."""
    call, quote = accepted.call, accepted.stored.quote
    buyer = call.caller
    if buyer.kind == SERVICE:
        buyer = msgspec.structs.replace(buyer, kind=CUSTOMER, customer_id=quote.customer.id, session_id=None)
    request = PlaceOrder(None, None, None, (), (_INVOICE,), quote_id=quote.id)
    return Purchase(buyer, request, (), call.now, accepted.stored, call.inbound.findings)


def _apply(desk: Desk, call: Call, stored: StoredQuote, operation: Operation) -> None:
    if operation.path == ("status",):
        take_step(desk, call, stored, operation)
        return
    if stored.status in FINAL and not _completes(stored, operation):
        message = f"the quote is {stored.status}: what it offers can not be changed any more"
        raise Malformed([Problem(operation.pointer, "invalid_value", message)])
    apply(desk, call, stored, operation)


def _completes(stored: StoredQuote, operation: Operation) -> bool:
    """Whether an operation adds what an accepted quote lacks to become an order."""
    part = _COMPLETES.get(operation.path[0])
    return stored.status == ACCEPTED and stored.order_id is None and part in missing_parts(stored.quote)
