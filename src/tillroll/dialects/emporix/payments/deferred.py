"""Orders that are paid after their checkout: `/payment-gateway/{tenant}/payment` (docs/wire/emporix.md, 4.6 and 17).

    POST …/frontend/initialize    prepare a payment                  POST …/frontend/authorize, POST …/authorize    pay

An order whose checkout put its payment off (`customAttributes.deferred`) waits IN_CHECKOUT until its buyer names the
mode that it is paid by; so does one whose card was declined after its buyer had been told of it, while it is held.
Modes that are paid outside ask nobody: the order remembers the mode, and the merchant confirms the order once the money
is there. Where a provider is asked, the same call, repeated, tells what became of it.
"""

from decimal import Decimal
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from tillroll.dialects.emporix.orders.view import payment_id
from tillroll.dialects.emporix.payments.acts import BEING_CLARIFIED, NOT_SUPPORTED, PaymentAmount, keeping, minor_of
from tillroll.dialects.emporix.wire.errors import PAYMENT_GATEWAY, Refusal, Reply, respond
from tillroll.dialects.emporix.wire.payload import body_as
from tillroll.dialects.emporix.wire.secured import Call, anybody, back_office, keep_later, secured
from tillroll.dialects.http import Continued, Problem, Response, Route
from tillroll.domain.orders.order import DECLINED, IN_CHECKOUT
from tillroll.domain.payments.attempt import PaymentAttempt, State
from tillroll.domain.payments.payment import GATEWAY, TOKEN_CHARACTERS_MAX, PaymentMode, mode_id
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.orders import manual as manual_orders
from tillroll.engine.orders import orders, paying
from tillroll.engine.orders.paying import Begun, PayOrder, PayRefusal
from tillroll.engine.payments.attempts import Task
from tillroll.payments.gateway import Gateway
from tillroll.store import Store, Transaction
from tillroll.store.orders.rows import StoredOrder

AUTHORIZE = "payment-gateway.authorize_manage"
BASE = "/payment-gateway/{tenant}/payment"


class PaidOrder(Struct, frozen=True):
    """The order that is to be paid."""

    id: str


class Authorization(Struct, rename="camel", frozen=True):
    """Which order is to be paid, and how; `credit_card_token` is what the storefront got for the buyer's card."""

    order: PaidOrder
    payment_mode_id: str
    credit_card_token: str | None = None


class BackOfficeAuthorization(Authorization, rename="camel", frozen=True):
    """The same with how much may be taken; all that the order may cost where nothing is said."""

    amount_to_authorize: Decimal | None = None
    currency: str | None = None


def routes(catalogue: Catalogue, gateway: Gateway) -> list[Route]:
    """For a mode that is paid outside all of them are one act, which prepares nothing."""
    found = []
    for path, allowed, shape in (
        ("frontend/initialize", anybody(AUTHORIZE), Authorization),
        ("frontend/authorize", anybody(AUTHORIZE), Authorization),
        ("authorize", back_office(AUTHORIZE), BackOfficeAuthorization),
    ):
        desk = PayDesk(catalogue, gateway, confirms=not path.endswith("initialize"))
        run = secured(PAYMENT_GATEWAY, allowed, desk.pay)
        found.append(Route("POST", f"{BASE}/{path}", run, PAYMENT_GATEWAY, body_as(shape), writes=True))
    return found


class PayDesk:
    """Where orders are paid; with `confirms` money is asked for, else payments are only prepared."""

    def __init__(self, catalogue: Catalogue, gateway: Gateway, *, confirms: bool) -> None:
        self._catalogue, self._gateway, self._confirms = catalogue, gateway, confirms

    def pay(self, tx: Transaction, call: Call) -> Reply:
        """POST: 200; 404 for what is not the caller's own, 400 for an unknown mode, 422 where that can not be done."""
        asked: Authorization = call.inbound.command
        loaded = self._catalogue.view(tx, call.shop).loaded(Kind.PAYMENT_MODE, asked.payment_mode_id)
        if loaded is not None and loaded.value.can_buy and loaded.value.is_asked:
            return self._by_provider(tx, call, loaded.value)
        stored = orders.lock(tx, call.shop, [asked.order.id]).get(asked.order.id)
        if stored is None or not orders.belongs_to(stored, call.caller):
            return _no_order(asked)
        if loaded is None or not loaded.value.can_buy:
            message = f"there is no payment mode '{asked.payment_mode_id[:80]}' that orders can be paid by"
            return PAYMENT_GATEWAY.refusal(400, [Problem("paymentModeId", "invalid_value", message)])
        return _settled(tx, call, stored, loaded.value)

    def _by_provider(self, tx: Transaction, call: Call, mode: PaymentMode) -> Reply:
        asked: Authorization = call.inbound.command
        wanted = PayOrder(
            caller=call.caller,
            order_id=asked.order.id,
            mode=mode,
            id=call.inbound.id,
            token=asked.credit_card_token or "",
            confirms=self._confirms,
            now=call.now,
            lease=self._gateway.lease(),
            terms=self._gateway.terms,
        )
        if not wanted.token.isprintable() or len(wanted.token) > TOKEN_CHARACTERS_MAX:
            return PAYMENT_GATEWAY.refusal(400, [_NO_TOKEN])
        if isinstance(asked, BackOfficeAuthorization):
            stored = orders.find(tx, call.caller, asked.order.id)
            if stored is None:
                return _no_order(asked)
            amount = PaymentAmount(asked.amount_to_authorize, asked.currency)
            minor = minor_of(amount, stored.order().rules.currency)
            if isinstance(minor, Problem):
                return PAYMENT_GATEWAY.refusal(400, [minor])
            wanted = replace(wanted, amount_minor=minor)
        begun = paying.begin(tx, wanted)
        if isinstance(begun, PayRefusal):
            return _no(begun, asked)
        return self._answer(call, begun)

    def _answer(self, call: Call, begun: Begun) -> Reply:
        attempt = begun.attempt
        if begun.task is not None:
            return Continued(go_on=partial(self._ask, call, begun.task))
        if attempt.is_under_way or attempt.state in (State.ACTION_REQUIRED, State.PENDING):
            return Continued(go_on=partial(self._look, call, attempt))
        return _told(attempt)

    async def _ask(self, call: Call, task: Task, store: Store) -> Response:
        def tell(tx: Transaction, attempt: PaymentAttempt) -> None:
            if not attempt.is_under_way:
                keep_later(tx, call, _told(attempt))

        return _told(await self._gateway.pay(store, task, tell))

    async def _look(self, call: Call, known: PaymentAttempt, store: Store) -> Response:
        attempt = await self._gateway.clear_up(store, call.shop, known.id)
        response = _told(attempt)
        if not attempt.is_under_way and attempt.state is not State.ACTION_REQUIRED:
            await store.write(keeping(call), response)
        return response


_NO_TOKEN = Problem("creditCardToken", "invalid_value", "what the storefront got for the card is needed")
_SUCCESSFUL = frozenset(
    {State.AUTHORISED, State.CAPTURING, State.CAPTURED, State.ACTION_REQUIRED, State.PENDING},
)


def _told(attempt: PaymentAttempt) -> Response:
    """What is said of a payment: never why it was declined, as the bank sees it."""
    needs_more = attempt.state is State.ACTION_REQUIRED
    is_successful = attempt.state in _SUCCESSFUL or attempt.is_prepared
    answer = {
        "successful": is_successful,
        "paymentTransactionId": attempt.id,
        "requiresExternalPayment": needs_more,
    }
    if needs_more or attempt.is_prepared:
        answer |= {"authorizationToken": attempt.id}
    if needs_more:
        answer |= {"externalPaymentRedirectURL": attempt.action_url, "externalPaymentHttpMethod": "GET"}
    if not is_successful:
        said = BEING_CLARIFIED if attempt.is_under_way else "The payment was declined. Use another card."
        answer |= {"message": said}
    return respond(200, answer)


def _no(refusal: PayRefusal, asked: Authorization) -> Refusal:
    match refusal:
        case PayRefusal.ORDER_UNKNOWN:
            return _no_order(asked)
        case PayRefusal.TOKEN_MISSING:
            return PAYMENT_GATEWAY.refusal(400, [_NO_TOKEN])
        case PayRefusal.TOO_MUCH:
            too_much = Problem("amountToAuthorize", "invalid_value", "it is more than the order may cost")
            return PAYMENT_GATEWAY.refusal(400, [too_much])
        case PayRefusal.UNSUPPORTED:
            return PAYMENT_GATEWAY.refusal(422, message=NOT_SUPPORTED)


def _no_order(asked: Authorization) -> Refusal:
    return PAYMENT_GATEWAY.refusal(404, message=f"There is no order {asked.order.id[:80]}.")


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
