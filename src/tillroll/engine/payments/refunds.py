"""Refunds of payments, written down before anybody is asked for them, together with what the books say of them."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from tillroll.domain.payments import books
from tillroll.domain.payments.attempt import PaymentAttempt
from tillroll.domain.payments.refund import (
    COUNTED,
    PaymentRefund,
    RefundAsk,
    RefundLine,
    RefundOrigin,
    RefundState,
    given_back,
)
from tillroll.engine.access.idempotency import digest_of
from tillroll.engine.guards import BrokenGuard
from tillroll.store import Transaction
from tillroll.store.payments import rows
from tillroll.store.payments.rows import NewOperation

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class NewRefund(Struct, frozen=True):
    """Money that is to go back: under which id, how much (minor units), for whom, and who sees to it until when."""

    id: str
    amount_minor: int
    now: int
    check_at: int
    origin: RefundOrigin = RefundOrigin.SHOP
    reason: str = ""
    lines: tuple[RefundLine, ...] = ()


class RefundTask(Struct, frozen=True):
    """What is to be asked for a refund of `attempt`, or, without one, for all of its refunds.

    `settings` is what its provider is reached by.
    """

    refund: PaymentRefund | None
    attempt: PaymentAttempt
    ask: RefundAsk
    settings: Mapping[str, str] | None = None
    tries: int = 0


def begin(tx: Transaction, attempt: PaymentAttempt, new: NewRefund) -> PaymentRefund:
    """Write down a refund that is about to be asked for, of a payment that is locked."""
    refund = PaymentRefund(
        shop=attempt.shop,
        id=new.id,
        attempt_id=attempt.id,
        order_id=attempt.order_id,
        currency=attempt.currency,
        amount_minor=new.amount_minor,
        state=RefundState.ASKED,
        provider_refund_id=None,
        code=None,
        origin=new.origin,
        reason=new.reason,
        lines=_ENCODER.encode(new.lines).decode(),
        attention=None,
        check_at=new.check_at,
        looks=0,
        version=1,
        created_at=new.now,
        changed_at=new.now,
    )
    rows.insert_refund(tx, refund)
    entry = books.refund_asked(refund.id, refund.amount_minor)
    rows.post(tx, books.postings_of(books.blank(attempt, new.now), [entry]))
    return refund


def ask(tx: Transaction, attempt: PaymentAttempt, refund: PaymentRefund, now: int) -> int:
    """Write down that a refund is about to be asked for; how often it has been. Raises BrokenGuard where its key was
    sent with other values."""
    digest = digest_of(msgspec.json.encode((attempt.provider_id, refund.amount_minor, refund.currency))).hex()
    stored = rows.operation_of(tx, refund.shop, refund.key)
    if stored is not None and stored.digest != digest:
        raise BrokenGuard(f"the key {refund.key} was sent with other values")
    return rows.ask(tx, NewOperation(refund.shop, refund.key, attempt.id, RefundAsk.REFUND.value, digest, now))


def return_rest(tx: Transaction, attempt: PaymentAttempt, now: int) -> None:
    """Give back what is left of a payment that was taken although nobody is to pay it; once, whoever sees it."""
    known = rows.refunds_of(tx, attempt.shop, attempt.id)
    rest = attempt.captured_minor - given_back(known)
    if rest <= 0 or any(one.origin is RefundOrigin.DECLINED and one.state in COUNTED for one in known):
        return
    number = sum(1 for one in known if one.origin is RefundOrigin.DECLINED)
    new = NewRefund(f"{attempt.id}-{number}", rest, now, now, RefundOrigin.DECLINED, "the order was declined")
    begin(tx, attempt, new)
