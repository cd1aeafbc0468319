"""What a back office does with a payment whose provider is asked: `/payment-gateway/{tenant}/payment/{transactionId}`
(docs/wire/emporix.md, 17).

    POST …/capture     take what is held, or a part of it          POST …/cancel     let go of what is held
    POST …/refund      give back what was taken, or a part of it, or entries of the order

A wish is written down first, and the provider is asked behind it, outside of any transaction. What is not known by the
end of the request's patience is told as not successful yet; the same call later tells what became of it.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

from msgspec import Struct

from tillroll.dialects.emporix.wire.errors import PAYMENT_GATEWAY, Reply, respond
from tillroll.dialects.emporix.wire.payload import optional_body_as
from tillroll.dialects.emporix.wire.secured import Call, back_office, keep_later, secured
from tillroll.dialects.http import Continued, Inbound, Malformed, Problem, Response, Route
from tillroll.domain.orders.refunding import WantedLine
from tillroll.domain.payments.attempt import PaymentAttempt, State
from tillroll.domain.payments.refund import ACCEPTED, RefundState
from tillroll.domain.payments.wishes import WishVerdict
from tillroll.engine.access.idempotency import digest_of
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.orders import refunds
from tillroll.engine.orders.refunds import RefundWish
from tillroll.engine.payments import wishes
from tillroll.engine.payments.refunds import RefundTask
from tillroll.engine.payments.wishes import Wish, Wished
from tillroll.payments.gateway import Gateway
from tillroll.store import Store, Transaction

CAPTURE = "payment-gateway.capture_manage"
REFUND = "payment-gateway.refund_manage"
CANCEL = "payment-gateway.cancel_manage"
PAYMENT = "/payment-gateway/{tenant}/payment/{transactionId}"

NOT_SUPPORTED = "The payment action is not supported."
BEING_CLARIFIED = "The provider has not said yet what became of it: the same call tells it later."
ENTRIES_MAX = 1000
REASON_CHARACTERS_MAX = 500


class PaymentAmount(Struct, frozen=True):
    """How much; all of it where nothing is said."""

    amount: Decimal | None = None
    currency: str | None = None


class RefundedEntry(Struct, frozen=True):
    """An entry of the order, and how many of its pieces are given back; all that are left where nothing is said."""

    id: str
    quantity: Decimal | None = None


class RefundRequest(Struct, frozen=True, rename="camel"):
    """How much is given back; all that is left where nothing is said. With `entries` it is what these came to, unless
    an amount says otherwise."""

    amount: Decimal | None = None
    currency: str | None = None
    capture_id: str | None = None
    entries: tuple[RefundedEntry, ...] = ()
    reason: str = ""


Told = Callable[[PaymentAttempt], Response]


def routes(catalogue: Catalogue, gateway: Gateway) -> list[Route]:
    """The routes of these acts."""
    refund = secured(PAYMENT_GATEWAY, back_office(REFUND), partial(_refund, catalogue, gateway))
    capture = secured(PAYMENT_GATEWAY, back_office(CAPTURE), partial(_capture, gateway))
    cancel = secured(PAYMENT_GATEWAY, back_office(CANCEL), partial(_cancel, gateway))
    return [
        Route("POST", f"{PAYMENT}/capture", capture, PAYMENT_GATEWAY, optional_body_as(PaymentAmount), writes=True),
        Route("POST", f"{PAYMENT}/refund", refund, PAYMENT_GATEWAY, _read_refund, writes=True),
        Route("POST", f"{PAYMENT}/cancel", cancel, PAYMENT_GATEWAY, writes=True),
    ]


def unknown(id: str) -> Reply:
    """404: there is no such payment."""
    return PAYMENT_GATEWAY.refusal(404, message=f"There is no transaction {id:.80}.")


def minor_of(asked: PaymentAmount, currency: str) -> int | Problem | None:
    """The amount that is asked for, in minor units; None where none is, a Problem for one that can not be paid."""
    if asked.currency is not None and asked.currency != currency:
        return Problem("currency", "invalid_value", f"the payment is in {currency}")
    minor = wishes.minor_of(asked.amount, currency) if asked.amount is not None else None
    if minor is None and asked.amount is not None:
        return Problem("amount", "invalid_value", f"an amount above 0 is needed, as {currency} has them")
    return minor


def _capture(gateway: Gateway, tx: Transaction, call: Call) -> Reply:
    """POST …/capture: 200 with what became of it; 400 for more than is held, 422 where nothing can be taken."""
    known = wishes.find(tx, call.shop, call.inbound.values["transactionId"])
    if known is None:
        return unknown(call.inbound.values["transactionId"])
    amount = minor_of(call.inbound.command, known.currency)
    if isinstance(amount, Problem):
        return PAYMENT_GATEWAY.refusal(400, [amount])
    wished = wishes.capture(tx, Wish(call.shop, known.id, call.now, gateway.lease(), amount))
    return _answer(gateway, call, wished, _captured)


def _cancel(gateway: Gateway, tx: Transaction, call: Call) -> Reply:
    """POST …/cancel: 200 with what became of it; 422 where there is nothing to let go."""
    id = call.inbound.values["transactionId"]
    return _answer(gateway, call, wishes.cancel(tx, Wish(call.shop, id, call.now, gateway.lease())), _canceled)


def _refund(catalogue: Catalogue, gateway: Gateway, tx: Transaction, call: Call) -> Reply:
    """POST …/refund: 200 with what became of it; 400 for more than was taken, 422 where nothing was."""
    asked: RefundRequest = call.inbound.command
    attempt = wishes.find(tx, call.shop, call.inbound.values["transactionId"])
    if attempt is None:
        return unknown(call.inbound.values["transactionId"])
    amount = minor_of(PaymentAmount(asked.amount, asked.currency), attempt.currency)
    if isinstance(amount, Problem):
        return PAYMENT_GATEWAY.refusal(400, [amount])
    if asked.capture_id not in (None, "", attempt.charge_id, attempt.id):
        return PAYMENT_GATEWAY.refusal(400, [Problem("captureId", "invalid_value", "the payment has no such capture")])
    wish = RefundWish(
        *(call.shop, attempt.id, _refund_id(call), call.now, gateway.lease(), amount),
        tuple(WantedLine(one.id, one.quantity) for one in asked.entries),
        asked.reason,
    )
    wished = refunds.plan(tx, catalogue, wish)
    assert wished is not None
    if wished.task is not None:
        return Continued(go_on=partial(_give_back, gateway, call, wished.task))
    if wished.problem is not None:
        field = f"entries[{wished.problem.place}]"
        return PAYMENT_GATEWAY.refusal(400, [Problem(field, "invalid_value", wished.problem.message)])
    if wished.verdict is WishVerdict.TOO_MUCH:
        return PAYMENT_GATEWAY.refusal(400, [Problem("amount", "invalid_value", "it is more than is left")])
    return PAYMENT_GATEWAY.refusal(422, message=NOT_SUPPORTED)


def _refund_id(call: Call) -> str:
    """The id of a refund: for the same Idempotency-Key of the same caller always the same, whatever happened before."""
    key = call.inbound.header(b"idempotency-key")
    if not key:
        return call.inbound.id
    parts = (call.shop, call.caller.kind, call.caller.owner, call.inbound.path, key)
    return digest_of(*(part.encode() for part in parts)).hex()[:32]


async def _give_back(gateway: Gateway, call: Call, task: RefundTask, store: Store) -> Response:
    refund = await gateway.give_back(store, task)
    if refund.state in ACCEPTED:
        response = respond(200, {"successful": True})
    else:
        said = BEING_CLARIFIED if refund.state is RefundState.ASKED else "The provider has not given it back."
        response = respond(200, {"successful": False, "message": said})
    if refund.state is not RefundState.ASKED:
        await store.write(keeping(call), response)
    return response


def _read_refund(inbound: Inbound) -> RefundRequest:
    asked: RefundRequest = optional_body_as(RefundRequest)(inbound)
    if len(asked.entries) > ENTRIES_MAX:
        raise Malformed([Problem("entries", "invalid_value", f"at most {ENTRIES_MAX} entries")])
    if len(asked.reason) > REASON_CHARACTERS_MAX:
        raise Malformed([Problem("reason", "invalid_value", f"at most {REASON_CHARACTERS_MAX} characters")])
    return asked


def _answer(gateway: Gateway, call: Call, wished: Wished | None, told: Told) -> Reply:
    if wished is None:
        return unknown(call.inbound.values["transactionId"])
    match wished.verdict:
        case WishVerdict.DONE:
            return told(wished.attempt)
        case WishVerdict.GRANTED | WishVerdict.ASKED:
            return Continued(go_on=partial(_carry_out, gateway, call, told))
        case WishVerdict.TOO_MUCH:
            return PAYMENT_GATEWAY.refusal(400, [Problem("amount", "invalid_value", "it is more than is held")])
        case WishVerdict.UNSUPPORTED:
            return PAYMENT_GATEWAY.refusal(422, message=NOT_SUPPORTED)


async def _carry_out(gateway: Gateway, call: Call, told: Told, store: Store) -> Response:
    attempt = await gateway.clear_up(store, call.shop, call.inbound.values["transactionId"])
    response = told(attempt)
    if not attempt.is_under_way:
        await store.write(keeping(call), response)
    return response


def keeping(call: Call) -> Callable[[Transaction, Sequence[Response]], list[None]]:
    """What keeps the answer to a call that went on after its transaction."""

    def keep(tx: Transaction, responses: Sequence[Response]) -> list[None]:
        for response in responses:
            keep_later(tx, call, response)
        return [None] * len(responses)

    return keep


def _captured(attempt: PaymentAttempt) -> Response:
    if attempt.state is State.CAPTURED:
        return respond(200, {"successful": True, "captureId": attempt.charge_id or attempt.id})
    return not_done(attempt, "The provider has not taken it.")


def _canceled(attempt: PaymentAttempt) -> Response:
    if attempt.state in (State.VOIDED, State.EXPIRED, State.DECLINED, State.REFUSED, State.ABANDONED):
        return respond(200, {"successful": True})
    return not_done(attempt, "The provider has not let it go.")


def not_done(attempt: PaymentAttempt, message: str) -> Response:
    """200 that says no: the vendor's shape for what a provider has not done, or not said yet."""
    said = BEING_CLARIFIED if attempt.is_under_way else message
    return respond(200, {"successful": False, "message": said})
