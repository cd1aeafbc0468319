"""The columns of the queries about payments are those that they are read by, and entries add up."""

import pytest

from tests.store.columns import Fits, misfits
from tests.store.ground import INTEGRITY_ERRORS, NOW, SHOP
from tests.store.payments.payments_story import ATTEMPT
from tillroll.domain.payments.attempt import PaymentAttempt
from tillroll.domain.payments.books import Posting
from tillroll.domain.payments.dispute import PaymentDispute
from tillroll.domain.payments.refund import PaymentRefund
from tillroll.store import Store
from tillroll.store.payments import rows
from tillroll.store.payments.rows import Balance, StoredOperation

FITS: Fits = {
    "claim_payment_attempts": ("shop", "id"),
    "lock_payment_attempt": PaymentAttempt,
    "lock_payment_attempts_of_order": PaymentAttempt,
    "payment_attempt": PaymentAttempt,
    "payment_attempt_count": ("count",),
    "payment_attempts_between": PaymentAttempt,
    "payment_attempts_due": ("count",),
    "payment_attempts_of_order": PaymentAttempt,
    "payment_attempts_page": PaymentAttempt,
    "payment_balances": Balance,
    "payment_disputes": PaymentDispute,
    "payment_operation": StoredOperation,
    "payment_operations": StoredOperation,
    "claim_payment_refunds": ("shop", "id"),
    "payment_refund": PaymentRefund,
    "payment_refunds": PaymentRefund,
    "payment_refunds_due": ("count",),
    "payment_refunds_of_order": PaymentRefund,
}
LINE = Posting(SHOP, "a1", "planned", "asked", "a1", "EUR", 7, "EON1", NOW)


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "payments", FITS) == []


def test_an_entry_that_does_not_add_up_is_not_written(store: Store) -> None:
    with pytest.raises(ValueError, match="do not add up"):
        store.write_now(lambda tx: rows.post(tx, [LINE]))


def test_the_same_entry_is_written_once(store: Store) -> None:
    entry = [LINE, Posting(SHOP, "a1", "planned", "auth_contra", "", "EUR", -7, "EON1", NOW)]
    store.write_now(lambda tx: rows.post(tx, entry))
    with pytest.raises(INTEGRITY_ERRORS):
        store.write_now(lambda tx: rows.post(tx, entry))


def test_an_order_has_one_attempt_that_is_not_over(store: Store) -> None:
    store.write_now(lambda tx: tx.run("insert_payment_attempt", **ATTEMPT))
    second = {**ATTEMPT, "id": "a2"}
    with pytest.raises(INTEGRITY_ERRORS):
        store.write_now(lambda tx: tx.run("insert_payment_attempt", **second))
    store.write_now(lambda tx: tx.run("update_payment_attempt", **ATTEMPT | {"state": "DECLINED", "version": 2}))
    assert store.write_now(lambda tx: tx.run("insert_payment_attempt", **second)) == 1
