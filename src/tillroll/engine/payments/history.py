"""What has become of payments, act by act, for people who look into them."""

from decimal import Decimal

from msgspec import Struct

from tillroll.domain.money import from_minor
from tillroll.domain.payments.attempt import Ask, PaymentAttempt
from tillroll.domain.payments.refund import PaymentRefund
from tillroll.store import Transaction
from tillroll.store.payments import rows
from tillroll.store.payments.rows import AttemptFilter, StoredOperation

ALL = AttemptFilter()


class PastAct(Struct, frozen=True):
    """An act that a provider was asked for; what it answered is empty where it has not (time: microseconds UTC)."""

    id: str
    kind: str
    amount: Decimal
    asked_at: int
    answer: str
    code: str
    told: str


class PastPayment(Struct, frozen=True):
    """An attempt with its acts and refunds, the first one first."""

    attempt: PaymentAttempt
    acts: tuple[PastAct, ...]
    refunds: tuple[PaymentRefund, ...]


class PaymentSpan(Struct, frozen=True):
    """The payments by one mode of a shop that were begun between two times (microseconds UTC)."""

    shop: str
    mode_id: str
    since: int
    until: int


def between(tx: Transaction, span: PaymentSpan) -> list[PastPayment]:
    """Those of a span that are known to their provider, with their refunds and without their acts."""
    found = rows.attempts_between(tx, span.shop, span.mode_id, (span.since, span.until))
    return [PastPayment(one, (), tuple(rows.refunds_of(tx, one.shop, one.id))) for one in found]


def page(tx: Transaction, shop: str, places: range, wanted: AttemptFilter = ALL) -> list[PastPayment]:
    """The payments in these places, newest first."""
    return [_past(tx, one) for one in rows.attempts_page(tx, shop, wanted, places)]


def count(tx: Transaction, shop: str, wanted: AttemptFilter = ALL) -> int:
    """How many payments there are."""
    return rows.attempt_count(tx, shop, wanted)


def find(tx: Transaction, shop: str, id: str) -> PastPayment | None:
    """One payment."""
    attempt = rows.attempt_of(tx, shop, id)
    return _past(tx, attempt) if attempt is not None else None


def _past(tx: Transaction, attempt: PaymentAttempt) -> PastPayment:
    refunds = rows.refunds_of(tx, attempt.shop, attempt.id)
    back = {one.key: one.amount_minor for one in refunds}
    acts = [_act(attempt, one, back) for one in rows.operations_of(tx, attempt.shop, attempt.id)]
    return PastPayment(attempt, tuple(acts), tuple(refunds))


def _act(attempt: PaymentAttempt, stored: StoredOperation, back: dict[str, int]) -> PastAct:
    taken = attempt.captured_minor or attempt.capture_minor if stored.kind == Ask.CAPTURE.value else 0
    minor = back.get(stored.key) or taken or attempt.amount_minor
    amount = from_minor(minor, attempt.currency)
    return PastAct(stored.key, stored.kind, amount, stored.asked_at, stored.answer, stored.code, stored.told)
