"""Bells that providers ring, and disputes: kept once, and only a reason to look at a payment."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.payments import books
from tillroll.domain.payments.attempt import PaymentAttempt
from tillroll.domain.payments.dispute import IN_THE_WAY, PaymentDispute
from tillroll.domain.payments.provider import DisputeStage, ProviderDispute
from tillroll.engine.locks import lock_payment
from tillroll.store import Transaction
from tillroll.store.payments import rows
from tillroll.store.payments.rows import NewBell

# What a payment is flagged with while its dispute is open, or once it was lost.
FLAG = "disputed"


class SeenDisputes(Struct, frozen=True):
    """What a provider tells of the disputes about a payment, and when (microseconds UTC)."""

    attempt: PaymentAttempt
    found: tuple[ProviderDispute, ...]
    now: int


def ring(tx: Transaction, bells: Sequence[NewBell]) -> list[bool]:
    """Keep these bells, and let the payments that they are about be looked at; whether each is new."""
    found: dict[int, bool] = {}
    for position in sorted(range(len(bells)), key=lambda n: (bells[n].shop, bells[n].provider_id or "", n)):
        found[position] = _ring(tx, bells[position])
    return [found[position] for position in range(len(bells))]


def _ring(tx: Transaction, bell: NewBell) -> bool:
    is_new = rows.insert_bell(tx, bell)
    if is_new and bell.provider_id is not None:
        rows.ring(tx, bell)
    return is_new


def forget(tx: Transaction, before: int, limit: int) -> int:
    """Forget bells that were rung before a time (microseconds UTC), at most so many; how many."""
    return rows.delete_old_bells(tx, before, limit)


def note_disputes(tx: Transaction, seen: Sequence[SeenDisputes]) -> list[None]:
    """Write down what has become of disputes, with their entries in the books; a payment is flagged meanwhile."""
    for one in sorted(seen, key=lambda one: (one.attempt.shop, one.attempt.id)):
        attempt = lock_payment(tx, one.attempt.shop, one.attempt.id)
        assert attempt is not None
        known = {dispute.id: dispute for dispute in rows.disputes_of(tx, attempt.shop, attempt.id)}
        for told in one.found:
            before = known.get(told.id)
            if before is None or before.stage is not told.stage:
                known[told.id] = _noted(tx, attempt, (before, told), one.now)
        _flag(tx, attempt, [dispute.stage for dispute in known.values()], one.now)
    return [None] * len(seen)


def _noted(
    tx: Transaction, attempt: PaymentAttempt, change: tuple[PaymentDispute | None, ProviderDispute], now: int
) -> PaymentDispute:
    before, told = change
    after = PaymentDispute(
        shop=attempt.shop,
        id=told.id,
        attempt_id=attempt.id,
        order_id=attempt.order_id,
        mode_id=attempt.mode_id,
        currency=told.currency,
        amount_minor=told.amount_minor,
        stage=told.stage,
        reason=told.reason,
        created_at=now if before is None else before.created_at,
        changed_at=now,
    )
    rows.put_dispute(tx, after)
    entries = books.disputed(after, before.stage if before is not None else None)
    rows.post(tx, books.postings_of(books.blank(attempt, now), entries))
    return after


def _flag(tx: Transaction, attempt: PaymentAttempt, stages: Sequence[DisputeStage], now: int) -> None:
    is_disputed = any(stage in IN_THE_WAY or stage is DisputeStage.INQUIRY for stage in stages)
    if is_disputed == (attempt.attention == FLAG) or (attempt.attention is not None and attempt.attention != FLAG):
        return
    attention = FLAG if is_disputed else None
    flagged = replace(attempt, attention=attention, version=attempt.version + 1, changed_at=now)
    rows.update_attempt(tx, flagged)
