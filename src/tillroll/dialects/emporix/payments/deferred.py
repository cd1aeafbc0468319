"""Payments that were put off: `/payment-gateway/{tenant}/payment/frontend` (docs/wire/emporix.md, 4.6 and 17).

An order whose checkout put its payment off (`customAttributes.deferred`) waits IN_CHECKOUT until its buyer names the
mode that it is paid by. Modes that are paid outside ask nobody: the order remembers the mode, and the merchant confirms
the order once the money is there.
"""

from msgspec import Struct
from msgspec.structs import replace

from tillroll.dialects.emporix.orders.view import payment_id
from tillroll.dialects.emporix.wire.errors import PAYMENT_GATEWAY, Reply, respond
from tillroll.dialects.emporix.wire.payload import body_as
from tillroll.dialects.emporix.wire.secured import Call, anybody, secured
from tillroll.dialects.http import Problem, Route
from tillroll.domain.orders.order import DECLINED, IN_CHECKOUT
from tillroll.domain.payments.payment import GATEWAY, PaymentMode, mode_id
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.orders import manual as manual_orders
from tillroll.engine.orders import orders
from tillroll.store import Transaction
from tillroll.store.orders.rows import StoredOrder

AUTHORIZE = "payment-gateway.authorize_manage"
NOT_SUPPORTED = "The payment action is not supported."


class PaidOrder(Struct, frozen=True):
    """The order that is to be paid."""

    id: str


class Authorization(Struct, rename="camel", frozen=True):
    """Which order is to be paid, and how; what a provider of cards would need is passed over."""

    order: PaidOrder
    payment_mode_id: str


def routes(catalogue: Catalogue) -> list[Route]:
    """Two names for one act: a mode that is paid outside has nothing to prepare."""
    run = secured(PAYMENT_GATEWAY, anybody(AUTHORIZE), lambda tx, call: _authorize(tx, catalogue, call))
    base = "/payment-gateway/{tenant}/payment/frontend"
    return [
        Route("POST", f"{base}/{name}", run, PAYMENT_GATEWAY, body_as(Authorization), writes=True)
        for name in ("initialize", "authorize")
    ]


def _authorize(tx: Transaction, catalogue: Catalogue, call: Call) -> Reply:
    """POST: 200; 404 for what is not the caller's own, 400 for an unknown mode, 422 where that can not be done."""
    asked: Authorization = call.inbound.command
    stored = orders.lock(tx, call.shop, [asked.order.id]).get(asked.order.id)
    if stored is None or not orders.belongs_to(stored, call.caller):
        return PAYMENT_GATEWAY.refusal(404, message=f"There is no order {asked.order.id[:80]}.")
    loaded = catalogue.view(tx, call.shop).loaded(Kind.PAYMENT_MODE, asked.payment_mode_id)
    if loaded is None or not loaded.value.can_buy:
        message = f"there is no payment mode '{asked.payment_mode_id[:80]}' that orders can be paid by"
        return PAYMENT_GATEWAY.refusal(400, [Problem("paymentModeId", "invalid_value", message)])
    if not loaded.value.can_buy_later:
        message = f"{NOT_SUPPORTED} {loaded.value.provider} is asked at the checkout: name a mode that is paid outside."
        return PAYMENT_GATEWAY.refusal(422, message=message)
    return _settled(tx, call, stored, loaded.value)


def _settled(tx: Transaction, call: Call, stored: StoredOrder, mode: PaymentMode) -> Reply:
    order = stored.order()
    known = mode_id(order.payment.custom_attributes)
    can_be_chosen = known is None and stored.status == IN_CHECKOUT and not order.payments
    was_chosen = known == mode.id and stored.status != DECLINED
    if order.payment.provider != GATEWAY or not (can_be_chosen or was_chosen):
        return PAYMENT_GATEWAY.refusal(422, message=NOT_SUPPORTED)
    if known is None:
        attributes = {**(order.payment.custom_attributes or {}), "modeId": mode.id}
        payment = replace(order.payment, method=order.payment.method or mode.method, custom_attributes=attributes)
        manual_orders.store(tx, call.caller, stored, replace(order, payment=payment), call.now)
    answer = {
        "successful": True,
        "paymentTransactionId": payment_id(call.shop, stored.id),
        "requiresExternalPayment": False,
    }
    return respond(200, answer)
