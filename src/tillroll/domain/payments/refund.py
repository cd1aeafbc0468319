"""The refund: money of a payment that goes back, and what follows from what the provider says of it. Pure.

    ASKED ──► SUCCEEDED ──► FAILED          a refund that was accepted may come back, weeks later
      ├─────► PENDING ──► SUCCEEDED, FAILED
      └─────► REFUSED

A refund is asked for under one key. What was not answered is looked for among the payment's refunds, and sent again
only under that key and only where it is not there: a refund that is made twice is money lost.
"""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.payments.attempt import KEY_MICROSECONDS, PAUSES, PENDING_PAUSE, SECOND
from tillroll.domain.payments.provider import ProviderRefund, RefundStage, Trouble, TroubleKind


class RefundState(StrEnum):
    """Where a refund is."""

    ASKED = "ASKED"
    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    """It was accepted and came back: the buyer waits for the money still."""
    REFUSED = "REFUSED"
    """It was never accepted."""


# What is no more there to give back.
COUNTED = frozenset({RefundState.ASKED, RefundState.PENDING, RefundState.SUCCEEDED})
# What the provider has said yes to.
ACCEPTED = frozenset({RefundState.PENDING, RefundState.SUCCEEDED})


class RefundOrigin(StrEnum):
    """Who wanted a refund."""

    SHOP = "shop"
    DECLINED = "declined"
    """Nobody in particular: its order was declined, or its payment cancelled too late."""
    PROVIDER = "provider"
    """Somebody at the provider's own desk."""


class RefundAsk(StrEnum):
    """What the provider is asked next."""

    REFUND = "refund"
    LOOK_UP = "look_up"
    NOTHING = "nothing"


class RefundLine(Struct, frozen=True, array_like=True):
    """A line of the order that is given back: how many pieces of it, and what they came to (minor units)."""

    line_id: str
    product_id: str
    quantity: Decimal
    amount_minor: int


class PaymentRefund(Struct, frozen=True):
    """One refund as it is stored; amounts are minor units, times microseconds UTC. `lines` is JSON of RefundLines."""

    shop: str
    id: str
    attempt_id: str
    order_id: str
    currency: str
    amount_minor: int
    state: RefundState
    provider_refund_id: str | None
    code: str | None
    origin: RefundOrigin
    reason: str
    lines: str
    attention: str | None
    check_at: int | None
    looks: int
    version: int
    created_at: int
    changed_at: int

    @property
    def key(self) -> str:
        """The idempotency key of it, which is the only one that it ever has."""
        return f"tr_{self.id}_refund"


class RefundJudged(Struct, frozen=True):
    """What becomes of a refund: its state, what is asked at once, and what a person should look at."""

    state: RefundState
    ask: RefundAsk = RefundAsk.NOTHING
    attention: str | None = None


def given_back(refunds: Iterable[PaymentRefund]) -> int:
    """What is given back of a payment, or is about to be, in minor units."""
    return sum(one.amount_minor for one in refunds if one.state in COUNTED)


def judge_refund(refund: PaymentRefund, found: ProviderRefund) -> RefundJudged:
    """What follows from what the provider says of a refund; nothing that failed comes to life again."""
    if refund.state in (RefundState.FAILED, RefundState.REFUSED):
        is_alive = found.stage in (RefundStage.PENDING, RefundStage.SUCCEEDED)
        return RefundJudged(refund.state, attention="given back after all" if is_alive else None)
    if (found.amount_minor, found.currency) != (refund.amount_minor, refund.currency):
        return RefundJudged(refund.state, attention=f"the provider says {found.amount_minor} {found.currency}")
    match found.stage:
        case RefundStage.PENDING:
            return RefundJudged(RefundState.PENDING)
        case RefundStage.SUCCEEDED:
            return RefundJudged(RefundState.SUCCEEDED)
        case RefundStage.FAILED | RefundStage.CANCELED:
            if refund.state in ACCEPTED:
                return RefundJudged(RefundState.FAILED, attention="the refund has failed: the buyer waits for it")
            return RefundJudged(RefundState.REFUSED)


def judge_missing(refund: PaymentRefund, now: int) -> RefundJudged:
    """What follows where the provider has no such refund: it is asked for again while its key is young."""
    if refund.state in (RefundState.FAILED, RefundState.REFUSED):
        return RefundJudged(refund.state)
    if refund.state is not RefundState.ASKED:
        return RefundJudged(refund.state, attention="the provider does not know this refund any more")
    if now < refund.created_at + KEY_MICROSECONDS:
        return RefundJudged(refund.state, RefundAsk.REFUND)
    return RefundJudged(refund.state, attention="nobody knows whether it was given back")


def judge_refund_trouble(refund: PaymentRefund, asked: RefundAsk, trouble: Trouble, tries: int) -> RefundJudged:
    """What follows from no answer. A try that is not the first is refused for good once it was looked for in vain."""
    if asked is RefundAsk.REFUND and trouble.kind is TroubleKind.REFUSED and tries != 2:
        return RefundJudged(RefundState.REFUSED)
    if asked is RefundAsk.REFUND and trouble.kind in (TroubleKind.REFUSED, TroubleKind.UNKNOWN):
        return RefundJudged(refund.state, RefundAsk.LOOK_UP)
    return RefundJudged(refund.state)


def refund_after(
    refund: PaymentRefund, judged: RefundJudged, found: ProviderRefund | Trouble | None, now: int
) -> PaymentRefund:
    """The refund after a verdict on what was found of it; its looks begin anew with a new state."""
    state = judged.state
    looks = refund.looks + 1 if state is refund.state else 0
    pause = PENDING_PAUSE if state is RefundState.PENDING else PAUSES[min(looks, len(PAUSES) - 1)]
    return replace(
        refund,
        state=state,
        provider_refund_id=found.id if isinstance(found, ProviderRefund) else refund.provider_refund_id,
        code=(found.code if found is not None else None) or refund.code,
        attention=judged.attention or refund.attention,
        check_at=now + pause * SECOND if state in (RefundState.ASKED, RefundState.PENDING) else None,
        looks=looks,
        version=refund.version + 1,
        changed_at=now,
    )
