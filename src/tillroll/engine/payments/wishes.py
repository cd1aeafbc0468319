"""What somebody wants of an order's payments: it is written down here, and done by whoever asks the provider."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.money import from_minor, is_sane_amount, to_minor
from tillroll.domain.payments.attempt import CANCEL_WISH, CAPTURE_WISH, DECLINED_WISH, PaymentAttempt, State
from tillroll.domain.payments.wishes import WishVerdict, judge_cancel, judge_capture
from tillroll.engine.locks import lock_payment
from tillroll.engine.payments import refunds
from tillroll.store import Transaction
from tillroll.store.payments import rows


class Wish(Struct, frozen=True):
    """A back office's wish about one attempt; whoever wishes sees to it until `lease` (times: microseconds UTC).

    `amount_minor` is how much is to be taken, None for all that is owed.
    """

    shop: str
    id: str
    now: int
    lease: int
    amount_minor: int | None = None


class Wished(Struct, frozen=True):
    """An attempt with what was wished for, and what is said to that."""

    attempt: PaymentAttempt
    verdict: WishVerdict


def let_go(tx: Transaction, locked: Sequence[PaymentAttempt], now: int) -> None:
    """Let go of whatever is held for an order that is declined, or is about to be, and give back what was taken of it:
    both are looked at at once. These are all of its attempts, which are locked."""
    for attempt in locked:
        if attempt.state is State.CAPTURED:
            refunds.return_rest(tx, attempt, now)
        elif not attempt.is_final and attempt.wish != DECLINED_WISH:
            wanted = replace(attempt, wish=DECLINED_WISH, version=attempt.version + 1, check_at=now, changed_at=now)
            rows.update_attempt(tx, wanted)


def find(tx: Transaction, shop: str, id: str) -> PaymentAttempt | None:
    """An attempt as it stands."""
    return rows.attempt_of(tx, shop, id)


def minor_of(amount: Decimal, currency: str) -> int | None:
    """An amount that can be paid, in minor units of its currency; None for nothing, less than that, and fractions."""
    if not is_sane_amount(amount) or amount <= 0:
        return None
    minor = to_minor(amount, currency)
    return minor if from_minor(minor, currency) == amount else None


def capture(tx: Transaction, wish: Wish) -> Wished | None:
    """Wish for held money to be taken; None where there is no such attempt."""
    changes = {"wish": CAPTURE_WISH} | ({"capture_minor": wish.amount_minor} if wish.amount_minor is not None else {})
    return _wish(tx, wish, lambda attempt: judge_capture(attempt, wish.amount_minor), changes)


def cancel(tx: Transaction, wish: Wish) -> Wished | None:
    """Wish for held money to be let go, whatever becomes of the order; None where there is no such attempt."""
    return _wish(tx, wish, judge_cancel, {"wish": CANCEL_WISH})


def _wish(
    tx: Transaction, wish: Wish, judge: Callable[[PaymentAttempt], WishVerdict], changes: Mapping[str, object]
) -> Wished | None:
    attempt = lock_payment(tx, wish.shop, wish.id)
    if attempt is None:
        return None
    verdict = judge(attempt)
    if verdict is WishVerdict.GRANTED:
        written = {"version": attempt.version + 1, "check_at": wish.lease, "changed_at": wish.now}
        attempt = replace(attempt, **changes, **written)
        rows.update_attempt(tx, attempt)
    return Wished(attempt, verdict)
