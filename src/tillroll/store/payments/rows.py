"""Rows of payments: attempts, the acts that providers were asked for, refunds, and the books.

Times are microseconds UTC, amounts minor units.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import asdict, replace

from tillroll.domain.payments.attempt import PaymentAttempt, State
from tillroll.domain.payments.books import Posting
from tillroll.domain.payments.dispute import PaymentDispute
from tillroll.domain.payments.provider import DisputeStage
from tillroll.domain.payments.refund import PaymentRefund, RefundOrigin, RefundState
from tillroll.store import Row, Transaction


class StoredOperation(Struct, frozen=True):
    """One act under its key: how often it was asked for, and what was answered last."""

    key: str
    attempt_id: str
    kind: str
    digest: str
    tries: int
    asked_at: int
    answered_at: int | None
    answer: str
    code: str
    request_id: str | None
    told: str


class NewOperation(Struct, frozen=True):
    """An act that is about to be asked for; `digest` is that of what is sent."""

    shop: str
    key: str
    attempt_id: str
    kind: str
    digest: str
    now: int


class OperationAnswer(Struct, frozen=True):
    """What was answered to an act."""

    shop: str
    key: str
    answer: str
    code: str
    request_id: str | None
    told: str
    now: int


class NewBell(Struct, frozen=True):
    """What a provider has rung for, by the id of its event."""

    shop: str
    mode_id: str
    id: str
    type: str
    provider_id: str | None
    told: str
    now: int


class Balance(Struct, frozen=True):
    """What an account stands at."""

    account: str
    holder: str
    currency: str
    amount_minor: int


class AttemptFilter(Struct, frozen=True):
    """Which attempts are listed: in one state (empty: all), or those alone that are not over or are flagged."""

    state: str = ""
    is_open: bool = False


_STATE = PaymentAttempt.__struct_fields__.index("state")


def insert_attempts(tx: Transaction, attempts: Sequence[PaymentAttempt]) -> None:
    """Write new attempts."""
    tx.run_many("insert_payment_attempt", [_parameters(one) for one in attempts])


def update_attempt(tx: Transaction, attempt: PaymentAttempt) -> bool:
    """Write an attempt in its next version; False where somebody else has written that version already."""
    return tx.run("update_payment_attempt", **_parameters(attempt)) > 0


def attempt_of(tx: Transaction, shop: str, id: str) -> PaymentAttempt | None:
    """One attempt."""
    row = tx.row("payment_attempt", shop=shop, id=id)
    return _attempt(row) if row is not None else None


def lock_attempt(tx: Transaction, shop: str, id: str) -> PaymentAttempt | None:
    """One attempt, locked."""
    row = tx.row("lock_payment_attempt", shop=shop, id=id)
    return _attempt(row) if row is not None else None


def attempts_of_order(tx: Transaction, shop: str, order_id: str) -> list[PaymentAttempt]:
    """All attempts to pay an order, the first one first."""
    return [_attempt(row) for row in tx.rows("payment_attempts_of_order", shop=shop, order_id=order_id)]


def lock_attempts_of_order(tx: Transaction, shop: str, order_id: str) -> list[PaymentAttempt]:
    """The same, locked."""
    return [_attempt(row) for row in tx.rows("lock_payment_attempts_of_order", shop=shop, order_id=order_id)]


def attempts_between(tx: Transaction, shop: str, mode_id: str, span: tuple[int, int]) -> list[PaymentAttempt]:
    """The attempts by a mode that were begun between two times, both included, and are known to the provider."""
    since, until = span
    found = tx.rows("payment_attempts_between", shop=shop, mode_id=mode_id, since=since, until=until)
    return [_attempt(row) for row in found]


def attempts_page(tx: Transaction, shop: str, wanted: AttemptFilter, places: range) -> list[PaymentAttempt]:
    """The attempts in these places, newest first."""
    window = {"limit": len(places), "offset": places.start}
    asked = {"state": wanted.state, "open": int(wanted.is_open)}
    return [_attempt(row) for row in tx.rows("payment_attempts_page", shop=shop, **asked, **window)]


def attempt_count(tx: Transaction, shop: str, wanted: AttemptFilter) -> int:
    """How many attempts there are."""
    row = tx.row("payment_attempt_count", shop=shop, state=wanted.state, open=int(wanted.is_open))
    return int(row[0]) if row is not None else 0


def are_due(tx: Transaction, now: int) -> bool:
    """Whether any attempt of any shop is due."""
    row = tx.row("payment_attempts_due", now=now)
    return row is not None and row[0] > 0


def refunds_are_due(tx: Transaction, now: int) -> bool:
    """Whether any refund of any shop is due."""
    row = tx.row("payment_refunds_due", now=now)
    return row is not None and row[0] > 0


def claim_attempts(tx: Transaction, now: int, until: int, limit: int) -> list[tuple[str, str]]:
    """Attempts of all shops that are due, for whoever claims them alone until `until`: shop and id."""
    found = tx.rows("claim_payment_attempts", now=now, until=until, limit=limit)
    return sorted((shop, id) for shop, id in found)


def ask(tx: Transaction, operation: NewOperation) -> int:
    """Write down that an act is about to be asked for; how often it has been, this time included."""
    tx.run("insert_payment_operation", **asdict(operation))
    stored = operation_of(tx, operation.shop, operation.key)
    assert stored is not None
    return stored.tries


def answer(tx: Transaction, given: OperationAnswer) -> None:
    """Write down what was answered to an act."""
    tx.run("answer_payment_operation", **asdict(given))


def operation_of(tx: Transaction, shop: str, key: str) -> StoredOperation | None:
    """One act."""
    row = tx.row("payment_operation", shop=shop, key=key)
    return StoredOperation(*row) if row is not None else None


def operations_of(tx: Transaction, shop: str, attempt_id: str) -> list[StoredOperation]:
    """All acts of an attempt, the first one first."""
    return [StoredOperation(*row) for row in tx.rows("payment_operations", shop=shop, attempt_id=attempt_id)]


def post(tx: Transaction, postings: Sequence[Posting]) -> None:
    """Write entries into the books. Raises ValueError for one that does not add up to zero."""
    sums: dict[tuple[str, str, str], int] = {}
    for line in postings:
        entry = (line.subject, line.cause, line.currency)
        sums[entry] = sums.get(entry, 0) + line.amount_minor
    crooked = [entry for entry, amount in sums.items() if amount]
    if crooked:
        raise ValueError(f"entries that do not add up to zero: {crooked}")
    tx.run_many("insert_payment_posting", postings)


def balances(tx: Transaction, shop: str) -> list[Balance]:
    """The accounts of a shop that do not stand at nought."""
    return [Balance(*row) for row in tx.rows("payment_balances", shop=shop)]


def insert_refund(tx: Transaction, refund: PaymentRefund) -> None:
    """Write a new refund."""
    tx.run("insert_payment_refund", **_refund_parameters(refund))


def update_refund(tx: Transaction, refund: PaymentRefund) -> bool:
    """Write a refund in its next version; False where somebody else has written that version already."""
    return tx.run("update_payment_refund", **_refund_parameters(refund)) > 0


def refund_of(tx: Transaction, shop: str, id: str) -> PaymentRefund | None:
    """One refund."""
    row = tx.row("payment_refund", shop=shop, id=id)
    return _refund(row) if row is not None else None


def refunds_of(tx: Transaction, shop: str, attempt_id: str) -> list[PaymentRefund]:
    """All refunds of an attempt, the first one first."""
    return [_refund(row) for row in tx.rows("payment_refunds", shop=shop, attempt_id=attempt_id)]


def refunds_of_order(tx: Transaction, shop: str, order_id: str) -> list[PaymentRefund]:
    """All refunds of an order's payments, the first one first."""
    return [_refund(row) for row in tx.rows("payment_refunds_of_order", shop=shop, order_id=order_id)]


def claim_refunds(tx: Transaction, now: int, until: int, limit: int) -> list[tuple[str, str]]:
    """Refunds of all shops that are due, for whoever claims them alone until `until`: shop and id."""
    found = tx.rows("claim_payment_refunds", now=now, until=until, limit=limit)
    return sorted((shop, id) for shop, id in found)


def insert_bell(tx: Transaction, bell: NewBell) -> bool:
    """Keep a bell; False for one that has been rung before."""
    return tx.run("insert_payment_bell", **asdict(bell)) > 0


def ring(tx: Transaction, bell: NewBell) -> bool:
    """Let the payment of a bell be looked at now; False where it is none of ours."""
    given = {"shop": bell.shop, "mode_id": bell.mode_id, "provider_id": bell.provider_id, "now": bell.now}
    return tx.run("ring_payment_attempt", **given) > 0


def delete_old_bells(tx: Transaction, before: int, limit: int) -> int:
    """Forget bells that were rung before a time; how many."""
    return tx.run("delete_old_payment_bells", before=before, limit=limit)


def put_dispute(tx: Transaction, dispute: PaymentDispute) -> None:
    """Write a dispute, or where it has come to."""
    tx.run("put_payment_dispute", **{**asdict(dispute), "stage": dispute.stage.value})


def disputes_of(tx: Transaction, shop: str, attempt_id: str) -> list[PaymentDispute]:
    """All disputes about an attempt, the first one first."""
    found = [PaymentDispute(*row) for row in tx.rows("payment_disputes", shop=shop, attempt_id=attempt_id)]
    return [replace(one, stage=DisputeStage(one.stage)) for one in found]


def _refund(row: Row) -> PaymentRefund:
    refund = PaymentRefund(*row)
    return replace(refund, state=RefundState(refund.state), origin=RefundOrigin(refund.origin))


def _refund_parameters(refund: PaymentRefund) -> dict[str, object]:
    return {**asdict(refund), "state": refund.state.value, "origin": refund.origin.value}


def _attempt(row: Row) -> PaymentAttempt:
    return replace(PaymentAttempt(*row), state=State(row[_STATE]))


def _parameters(attempt: PaymentAttempt) -> dict[str, object]:
    return {**asdict(attempt), "state": attempt.state.value}
