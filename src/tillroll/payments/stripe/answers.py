"""What Stripe tells, as values of the domain. What is kept of it is chosen by name, so that no secret is."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.domain.payments.provider import (
    NOT_FOUND,
    UNEXPECTED_STATE,
    Action,
    DisputeStage,
    ProviderDispute,
    ProviderPayment,
    ProviderRefund,
    RefundStage,
    Stage,
    Trouble,
    TroubleKind,
)
from tillroll.payments.stripe.amounts import from_stripe

MICROSECONDS = 1_000_000
# By this mark a payment is ours, and not of another program on the same account.
MARK = "tillroll"
OURS = "1"

_STAGES: Mapping[str, Stage] = {
    "requires_confirmation": Stage.OPENED,
    "requires_action": Stage.NEEDS_ACTION,
    "processing": Stage.PROCESSING,
    "requires_capture": Stage.AUTHORISED,
    "succeeded": Stage.CAPTURED,
    "canceled": Stage.CANCELED,
}
_REFUND_STAGES: Mapping[str, RefundStage] = {
    "pending": RefundStage.PENDING,
    "requires_action": RefundStage.PENDING,
    "succeeded": RefundStage.SUCCEEDED,
    "failed": RefundStage.FAILED,
    "canceled": RefundStage.CANCELED,
}
_DISPUTE_STAGES: Mapping[str, DisputeStage] = {
    "warning_needs_response": DisputeStage.INQUIRY,
    "warning_under_review": DisputeStage.INQUIRY,
    "warning_closed": DisputeStage.CLOSED,
    "prevented": DisputeStage.CLOSED,
    "needs_response": DisputeStage.OPEN,
    "under_review": DisputeStage.OPEN,
    "appeal_needs_response": DisputeStage.OPEN,
    "appeal_under_review": DisputeStage.OPEN,
    "won": DisputeStage.WON,
    "lost": DisputeStage.LOST,
}
# Why an authorisation is over that nobody has cancelled: since version basil, and before.
_LAPSED = ("expired", "automatic")
# What an act on a payment is refused for that is not in the state for it any more: look it up.
_STATES = frozenset(
    ("payment_intent_unexpected_state", "charge_expired_for_capture", "capture_charge_authorization_expired")
)
# Whose names a request may have wrong without the account being the wrong one.
_TOKENS = ("payment_method", "confirmation_token")
_KEPT = frozenset(
    {
        *("id", "object", "status", "amount", "amount_capturable", "amount_received", "amount_captured"),
        *("amount_refunded", "currency", "capture_method", "created", "canceled_at", "cancellation_reason"),
        *("livemode", "metadata", "captured", "failure_code", "failure_reason", "refunded", "disputed"),
        *("payment_intent", "charge", "reason", "type", "code", "decline_code", "param", "latest_charge"),
        *("last_payment_error", "error", "capture_before", "data"),
    }
)
_TEXT_MAX = 500


class _Failure(Struct, frozen=True):
    code: str | None = None
    decline_code: str | None = None


class _Redirect(Struct, frozen=True):
    url: str


class _NextAction(Struct, frozen=True):
    redirect_to_url: _Redirect | None = None


class _Card(Struct, frozen=True):
    capture_before: int | None = None


class _Details(Struct, frozen=True):
    card: _Card | None = None


class _Charge(Struct, frozen=True):
    id: str
    amount_refunded: int = 0
    payment_method_details: _Details | None = None


class _Intent(Struct, frozen=True):
    id: str
    status: str
    amount: int
    currency: str
    created: int
    livemode: bool
    amount_received: int = 0
    metadata: dict[str, str] = {}
    cancellation_reason: str | None = None
    last_payment_error: _Failure | None = None
    latest_charge: _Charge | str | None = None
    next_action: _NextAction | None = None


class _Refund(Struct, frozen=True):
    id: str
    status: str
    amount: int
    currency: str
    payment_intent: str
    metadata: dict[str, str] | None = None
    failure_reason: str | None = None


class _Dispute(Struct, frozen=True):
    id: str
    status: str
    amount: int
    currency: str
    payment_intent: str
    reason: str = ""


class _Error(Struct, frozen=True):
    type: str = ""
    code: str | None = None
    decline_code: str | None = None
    param: str | None = None
    payment_intent: dict[str, Any] | None = None


class _ErrorBody(Struct, frozen=True):
    error: _Error


def payment(told: object, request_id: str | None) -> ProviderPayment | Trouble:
    """An intent as Stripe tells of it; Trouble (UNKNOWN) for what is none."""
    try:
        intent = msgspec.convert(told, _Intent)
    except msgspec.ValidationError as error:
        return malformed(str(error), request_id)
    currency = intent.currency.upper()
    amount = from_stripe(intent.amount, currency)
    captured = from_stripe(intent.amount_received, currency)
    charge = intent.latest_charge
    refunded = from_stripe(charge.amount_refunded if isinstance(charge, _Charge) else 0, currency)
    stage = _stage(intent)
    if amount is None or captured is None or refunded is None or stage is None:
        return malformed(f"{intent.status} of {intent.amount} {currency}", request_id)
    details = charge.payment_method_details if isinstance(charge, _Charge) else None
    until = details.card.capture_before if details is not None and details.card is not None else None
    redirect = intent.next_action.redirect_to_url if intent.next_action is not None else None
    failure = intent.last_payment_error
    return ProviderPayment(
        id=intent.id,
        stage=stage,
        amount_minor=amount,
        currency=currency,
        captured_minor=captured,
        attempt=intent.metadata.get("attempt") if intent.metadata.get(MARK) == OURS else None,
        shop=intent.metadata.get("shop") if intent.metadata.get(MARK) == OURS else None,
        refunded_minor=refunded,
        is_live=intent.livemode,
        charge_id=charge.id if isinstance(charge, _Charge) else charge,
        capture_before=until * MICROSECONDS if until is not None else None,
        has_lapsed=stage is Stage.CANCELED and intent.cancellation_reason in _LAPSED,
        action=Action(redirect.url) if redirect is not None else None,
        code=(failure.decline_code or failure.code) if failure is not None and stage is Stage.DECLINED else None,
        created_at=intent.created * MICROSECONDS,
        request_id=request_id,
        told=kept(told),
    )


def refund(told: object, request_id: str | None) -> ProviderRefund | Trouble:
    """A refund as Stripe tells of it; Trouble (UNKNOWN) for what is none."""
    try:
        found = msgspec.convert(told, _Refund)
    except msgspec.ValidationError as error:
        return malformed(str(error), request_id)
    currency = found.currency.upper()
    amount, stage = from_stripe(found.amount, currency), _REFUND_STAGES.get(found.status)
    if amount is None or stage is None:
        return malformed(f"{found.status} of {found.amount} {currency}", request_id)
    return ProviderRefund(
        id=found.id,
        provider_id=found.payment_intent,
        stage=stage,
        amount_minor=amount,
        currency=currency,
        refund=(found.metadata or {}).get("refund"),
        code=found.failure_reason,
        request_id=request_id,
        told=kept(told),
    )


def dispute(told: object, request_id: str | None) -> ProviderDispute | Trouble:
    """A dispute as Stripe tells of it; Trouble (UNKNOWN) for what is none."""
    try:
        found = msgspec.convert(told, _Dispute)
    except msgspec.ValidationError as error:
        return malformed(str(error), request_id)
    currency = found.currency.upper()
    amount, stage = from_stripe(found.amount, currency), _DISPUTE_STAGES.get(found.status)
    if amount is None or stage is None:
        return malformed(f"{found.status} of {found.amount} {currency}", request_id)
    return ProviderDispute(
        id=found.id,
        provider_id=found.payment_intent,
        stage=stage,
        amount_minor=amount,
        currency=currency,
        reason=found.reason,
    )


def refusal(status: int, told: object, request_id: str | None) -> ProviderPayment | Trouble:
    """An error's body: a decline is an answer, everything else says how much is known now."""
    try:
        error = msgspec.convert(told, _ErrorBody).error
    except msgspec.ValidationError:
        return malformed(f"{status} without a body that can be read", request_id)
    if error.type == "card_error" and status == 402 and error.payment_intent is not None:
        found = payment(error.payment_intent, request_id)
        return found if isinstance(found, Trouble) or found.code is not None else _coded(found, error)
    kind, code = _kind(status, error)
    message = " ".join(part for part in (str(status), error.type, error.code, error.param) if part)[:_TEXT_MAX]
    return Trouble(kind=kind, code=code, message=message, request_id=request_id, told=kept(told))


def malformed(message: str, request_id: str | None = None) -> Trouble:
    """An answer that can not be read: whatever was asked may have been done."""
    return Trouble(kind=TroubleKind.UNKNOWN, code="malformed", message=message[:_TEXT_MAX], request_id=request_id)


def kept(told: object) -> str:
    """What is kept of an answer, as JSON: names that are known to be no secret, no card and no person."""
    return msgspec.json.encode(_chosen(told), order="sorted").decode()


def _chosen(told: object) -> object:
    if isinstance(told, Mapping):
        found = {name: _chosen(value) for name, value in told.items() if name in _KEPT}
        details = told.get("payment_method_details")
        card = details.get("card") if isinstance(details, Mapping) else None
        if isinstance(card, Mapping) and card.get("capture_before") is not None:
            found["capture_before"] = card["capture_before"]
        return found
    return [_chosen(one) for one in told] if isinstance(told, list) else told


def _stage(intent: _Intent) -> Stage | None:
    if intent.status == "requires_payment_method":
        return Stage.OPENED if intent.last_payment_error is None else Stage.DECLINED
    return _STAGES.get(intent.status)


def _coded(found: ProviderPayment, error: _Error) -> ProviderPayment:
    return msgspec.structs.replace(found, code=error.decline_code or error.code)


def _kind(status: int, error: _Error) -> tuple[TroubleKind, str]:
    code = error.code or error.type
    if status in (401, 403):
        return TroubleKind.UNHEALTHY, code
    if error.code == "resource_missing":
        return (TroubleKind.REFUSED, code) if error.param in _TOKENS else (TroubleKind.UNHEALTHY, NOT_FOUND)
    if status in (409, 429):
        return TroubleKind.BUSY, code
    if error.type == "idempotency_error" or status == 424 or status >= 500 or status < 400:
        return TroubleKind.UNKNOWN, code
    return TroubleKind.REFUSED, UNEXPECTED_STATE if error.code in _STATES else code
