"""Our books of payments against those of their provider, payment by payment. Pure.

Both sides are lists of one span of time, joined by the provider's id. Nothing is changed by a comparison: each
difference is named, and who reads it decides.
"""

from collections.abc import Iterable, Mapping, Sequence

from tillroll.domain.payments.attempt import WITHOUT_MONEY, PaymentAttempt, State
from tillroll.domain.payments.provider import ProviderPayment, Stage
from tillroll.domain.payments.refund import ACCEPTED, PaymentRefund

# What a provider may say of a payment in a state of ours that is settled; of all others it may say anything.
_STAGES: Mapping[State, frozenset[Stage]] = {
    State.AUTHORISED: frozenset({Stage.AUTHORISED}),
    State.CAPTURED: frozenset({Stage.CAPTURED}),
    **dict.fromkeys(WITHOUT_MONEY, frozenset({Stage.CANCELED, Stage.DECLINED, Stage.OPENED})),
}


def differences(
    ours: Sequence[PaymentAttempt],
    theirs: Sequence[ProviderPayment],
    refunds: Mapping[str, Iterable[PaymentRefund]],
) -> list[str]:
    """Each difference between the attempts and the provider's payments, in a sentence; `refunds` are by attempt."""
    told = {one.id: one for one in theirs}
    known = {one.provider_id: one for one in ours}
    found: list[str] = []
    for attempt in ours:
        payment = told.get(attempt.provider_id or "")
        if payment is None:
            found.append(f"{attempt.id}: the provider has no {attempt.provider_id}")
        else:
            found += [f"{attempt.id}: {one}" for one in _between(attempt, payment, refunds.get(attempt.id, ()))]
    for payment in theirs:
        if payment.id not in known and payment.stage is not Stage.CANCELED:
            found.append(f"{payment.id}: {payment.stage} at the provider, for {payment.attempt}, and not known here")
    return found


def _between(attempt: PaymentAttempt, payment: ProviderPayment, refunds: Iterable[PaymentRefund]) -> Iterable[str]:
    if (payment.amount_minor, payment.currency) != (attempt.amount_minor, attempt.currency):
        yield (
            f"{attempt.amount_minor} {attempt.currency} here, {payment.amount_minor} {payment.currency} at the provider"
        )
    stages = _STAGES.get(attempt.state)
    if stages is not None and payment.stage not in stages:
        yield f"{attempt.state} here, {payment.stage} at the provider"
    elif payment.captured_minor != attempt.captured_minor and attempt.state is State.CAPTURED:
        yield f"{attempt.captured_minor} were taken here, {payment.captured_minor} at the provider"
    back = sum(one.amount_minor for one in refunds if one.state in ACCEPTED)
    if back != payment.refunded_minor:
        yield f"{back} were given back here, {payment.refunded_minor} at the provider"
