"""The heart on the wire: `POST /checkout/{tenant}/checkouts/order` (docs/wire/emporix.md, 4).

The body is decoded once, straight into the command. Only where that fails is it read again part by part, so that the
answer names everything that is wrong, and what could be read is checked all the same.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.access.saas_checks import refused_buyers
from tillroll.dialects.emporix.wire.conversion import problem_of, read_text_numbers
from tillroll.dialects.emporix.wire.errors import CHECKOUT, Reply, respond
from tillroll.dialects.emporix.wire.payload import read_json, refuse_if
from tillroll.dialects.emporix.wire.rejections import being_paid, detail_of, duplicate, postponed
from tillroll.dialects.emporix.wire.secured import SHOPPERS, Call, keep_later, secured_many
from tillroll.dialects.http import Continued, Inbound, Malformed, Problem, Response, Route
from tillroll.dialects.nesting import may_be_too_deep, nesting_problem
from tillroll.domain.orders.order import Address, Customer, PaymentMethod, PlaceOrder, ShippingChoice
from tillroll.domain.payments.attempt import WITHOUT_MONEY, PaymentAttempt, State
from tillroll.domain.rejections import Reason, Rejection
from tillroll.engine.checkout.place import BeingPaid, Duplicate, Outcome, Placed, Unjudged, place_orders
from tillroll.engine.checkout.subjects import Purchase
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.payments.attempts import Task
from tillroll.payments.gateway import Gateway
from tillroll.store import Store, Transaction

_PLACE_ORDER = msgspec.json.Decoder(PlaceOrder, float_hook=Decimal)
_ANYTHING = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)

# The vendor's sentence, byte for byte (4.4): where nothing else is wrong, a full window is a conflict.
WINDOW_FULL = "Something went wrong while trying reserve a slot in a delivery window"

# A request lists a handful of addresses and methods; what is beyond is an attack on our patience.
PARTS_MAX = 50
REJECTIONS_SHOWN_MAX = 500


class ReadOrder(Struct, frozen=True):
    """A checkout request: what could be read, and rejections for what could not."""

    request: PlaceOrder
    unreadable: tuple[Rejection, ...] = ()


def routes(catalogue: Catalogue, gateway: Gateway) -> list[Route]:
    """The checkout, under its documented path and under the plural that one guide page writes (4)."""

    def handle(tx: Transaction, calls: Sequence[Call]) -> list[Reply]:
        answers = refused_buyers(tx, calls)
        buying = [position for position in range(len(calls)) if position not in answers]
        purchases = [
            Purchase(
                call.caller,
                call.inbound.command.request,
                call.inbound.command.unreadable,
                call.now,
                verdicts=call.inbound.findings,
                id=call.inbound.id,
                terms=gateway.terms,
            )
            for call in (calls[position] for position in buying)
        ]
        outcomes = place_orders(tx, catalogue, purchases)
        answers |= {
            position: _answer(gateway, calls[position], outcome)
            for position, outcome in zip(buying, outcomes, strict=True)
        }
        return [answers[position] for position in range(len(calls))]

    run = secured_many(CHECKOUT, SHOPPERS, handle)
    paths = ("/checkout/{tenant}/checkouts/order", "/checkout/{tenant}/checkouts/orders")
    return [Route("POST", path, run, CHECKOUT, read_order, writes=True) for path in paths]


def read_order(inbound: Inbound) -> ReadOrder:
    """The command of a checkout request; raises Malformed only where the body is no JSON object at all."""
    try:
        request: PlaceOrder | None = read_json(_PLACE_ORDER, inbound.body)
    except Malformed:
        request = None
    if request is None or request.quote_id is not None or _is_incomplete(request):
        document = read_json(_ANYTHING, inbound.body)
        refuse_if([nesting_problem(document)])
        return _read_by_parts(document)
    if may_be_too_deep(inbound.body):
        refuse_if([nesting_problem(_open_ended(request))])
    return ReadOrder(request)


def _is_incomplete(request: PlaceOrder) -> bool:
    """Whether a part is null, or more parts are listed than anybody needs."""
    return (
        None in (request.cart_id, request.customer, request.shipping)
        or max(len(request.addresses), len(request.payment_methods)) > PARTS_MAX
    )


def _open_ended(request: PlaceOrder) -> object:
    """Whatever of the request may be nested to any depth, as deep inside as an address's mixins are in the body."""
    owners = [owner for owner in (request.customer, *request.addresses) if owner is not None]
    attached = [part for owner in owners for part in (owner.attached, owner.metadata) if part]
    return [[[*attached, *(method.custom_attributes for method in request.payment_methods)]]]


def _read_by_parts(document: dict[str, Any]) -> ReadOrder:
    if document.get("quoteId") is not None:
        return _read_quote_order(document)
    unreadable: list[Rejection] = []
    cart_id = _part(document, "cartId", str, unreadable)
    request = PlaceOrder(
        cart_id=cart_id,
        customer=_part(document, "customer", Customer, unreadable),
        shipping=_part(document, "shipping", ShippingChoice, unreadable),
        addresses=_parts(document, "addresses", Address, unreadable),
        payment_methods=_parts(document, "paymentMethods", PaymentMethod, unreadable),
        currency=_part(document, "currency", str, unreadable) if document.get("currency") is not None else None,
    )
    return ReadOrder(request, tuple(unreadable))


def _read_quote_order(document: dict[str, Any]) -> ReadOrder:
    """A checkout of a quote, which says the rest itself; where a cart is named as well, the quote is meant (4.2)."""
    unreadable: list[Rejection] = []
    window_id = document.get("deliveryWindowId")
    request = PlaceOrder(
        cart_id=None,
        customer=None,
        shipping=None,
        addresses=(),
        payment_methods=_parts(document, "paymentMethods", PaymentMethod, unreadable),
        quote_id=_part(document, "quoteId", str, unreadable) or "",
        delivery_window_id=_part(document, "deliveryWindowId", str, unreadable) if window_id is not None else None,
    )
    return ReadOrder(request, tuple(unreadable))


def _part(document: dict[str, Any], name: str, shape: Any, unreadable: list[Rejection]) -> Any:
    """One part of the document as a struct; None, and rejections for all that is wrong in it, where it is not one."""
    if document.get(name) is None:
        unreadable.append(Rejection(Reason.VALUE_MISSING, name, f"{name} is required: send a value"))
        return None
    odd = read_text_numbers(document[name], shape)
    if odd:
        unreadable.extend(_rejection(problem, name) for problem in odd)
        return None
    try:
        return msgspec.convert(document[name], shape)
    except msgspec.ValidationError as error:
        unreadable.extend(_field_rejections(document[name], shape, name) or [_rejection(problem_of(error), name)])
        return None


def _parts(document: dict[str, Any], name: str, shape: Any, unreadable: list[Rejection]) -> tuple[Any, ...]:
    """A list of parts; those that can be read."""
    values = document.get(name)
    if values is None:
        unreadable.append(Rejection(Reason.VALUE_MISSING, name, f"{name} is required: send a list"))
        return ()
    if not isinstance(values, list) or len(values) > PARTS_MAX:
        message = f"{name} must be a list of at most {PARTS_MAX} objects"
        unreadable.append(Rejection(Reason.VALUE_INVALID, name, message))
        return ()
    read = []
    for position, value in enumerate(values):
        wrong: list[Rejection] = []
        part = _part({f"{name}[{position}]": value}, f"{name}[{position}]", shape, wrong)
        unreadable.extend(wrong)
        if part is not None:
            read.append(part)
    return tuple(read)


def _field_rejections(value: Any, shape: Any, place: str) -> list[Rejection]:
    """Every field of an object that is missing or of the wrong type, each on its own."""
    if not isinstance(value, dict) or not (isinstance(shape, type) and issubclass(shape, Struct)):
        return []
    found: list[Rejection] = []
    for field in msgspec.structs.fields(shape):
        name = field.encode_name
        path = f"{place}.{name}"
        if name not in value:
            if field.required:
                found.append(Rejection(Reason.VALUE_MISSING, path, f"{path} is required: send a value"))
            continue
        try:
            msgspec.convert(value[name], field.type)
        except msgspec.ValidationError as error:
            found.append(_rejection(problem_of(error), path))
    return found


def _rejection(problem: Problem, place: str) -> Rejection:
    inner = problem.field
    subject = place + (inner if inner.startswith("[") else f".{inner}" if inner else "")
    reason = Reason.VALUE_MISSING if problem.type == "missing_value" else Reason.VALUE_INVALID
    return Rejection(reason, subject, f"{subject}: {problem.message}")


def _answer(gateway: Gateway, call: Call, outcome: Outcome) -> Reply:
    if isinstance(outcome, Placed):
        if outcome.task is not None:
            return Continued(go_on=partial(_pay, gateway, call, outcome.task))
        return respond(200, {"orderId": outcome.order_id, "paymentDetails": None, "checkoutId": ""})
    if isinstance(outcome, Duplicate):
        return duplicate(outcome.field, outcome.id, outcome.winner.order_id)
    if isinstance(outcome, BeingPaid):
        return being_paid()
    if isinstance(outcome, Unjudged):
        return postponed(call, outcome)
    if {rejection.reason for rejection in outcome.rejections} == {Reason.DELIVERY_WINDOW_FULL}:
        return CHECKOUT.refusal(409, message=WINDOW_FULL)
    return CHECKOUT.refusal(400, [detail_of(rejection) for rejection in outcome.rejections[:REJECTIONS_SHOWN_MAX]])


async def _pay(gateway: Gateway, call: Call, task: Task, store: Store) -> Response:
    """Ask the provider, outside of any transaction; the answer is kept in the transaction that settles it."""

    def tell(tx: Transaction, attempt: PaymentAttempt) -> None:
        keep_later(tx, call, _paid(attempt))

    return _paid(await gateway.pay(store, task, tell))


# What is said of an order that is none, as its payment came to nothing: never why, as the bank sees it (4.6).
_NOT_PAID = {
    State.DECLINED: ("payment_declined", "the payment was declined: use another card, or pay in another way"),
    State.ABANDONED: (
        "payment_unavailable",
        "the payment could not be made just now: try again, or pay in another way",
    ),
}
_REFUSED = ("payment_refused", "the payment was refused: pay in another way")


def _paid(attempt: PaymentAttempt) -> Response:
    """The answer to a checkout whose payment a provider was asked for (4.5 and 4.6)."""
    if attempt.state in WITHOUT_MONEY and not attempt.is_told:
        type, message = _NOT_PAID.get(attempt.state, _REFUSED)
        return CHECKOUT.refuse(400, [Problem("paymentMethods", type, message)])
    details = None
    if attempt.state is State.ACTION_REQUIRED:
        details = {
            "externalPaymentHttpMethod": "GET",
            "authorizationToken": attempt.id,
            "externalPaymentRedirectURL": attempt.action_url,
        }
    return respond(200, {"orderId": attempt.order_id, "paymentDetails": details, "checkoutId": ""})
