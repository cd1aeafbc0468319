"""The part of the store's story that is about payments: see `test_queries.py`."""

from typing import Any

from tests.store.ground import NOW, SHOP

Step = tuple[str, dict[str, Any], int | list[tuple[Any, ...]]]

LATER = NOW + 1
OF_SHOP = {"shop": SHOP}
ATTEMPT: dict[str, Any] = {
    "shop": SHOP,
    "id": "a1",
    "dialect": "some",
    "order_id": "EON9",
    "cart_id": "cart",
    "mode_id": "card",
    "provider": "SIMULATOR",
    "currency": "EUR",
    "amount_minor": 1190,
    "total_minor": 1190,
    "token": "tok",
    "captures": 1,
    "state": "PLANNED",
    "version": 1,
    "is_told": 0,
    "provider_id": None,
    "charge_id": None,
    "capture_before": None,
    "authorised_at": None,
    "capture_minor": 0,
    "captured_minor": 0,
    "captures_asked": 0,
    "owed_minor": 0,
    "action_url": None,
    "code": None,
    "attention": None,
    "wish": "",
    "hold_until": NOW,
    "act_until": None,
    "check_at": NOW,
    "looks": 0,
    "created_at": NOW,
    "changed_at": NOW,
}
CREATED = {**ATTEMPT, "state": "CREATED", "version": 2, "provider_id": "pi_1", "check_at": LATER}
VOIDED = {**CREATED, "state": "VOIDED", "version": 3, "check_at": None}
ROW, CREATED_ROW, VOIDED_ROW = (tuple(one.values()) for one in (ATTEMPT, CREATED, VOIDED))
OF_ATTEMPT = {**OF_SHOP, "id": "a1"}
OF_ORDER = {**OF_SHOP, "order_id": "EON9"}
PAGE = {**OF_SHOP, "limit": 10, "offset": 0}
OPERATION = {**OF_SHOP, "key": "k", "attempt_id": "a1", "kind": "open", "digest": "d"}
ASKED = ("k", "a1", "open", "d", 2, LATER, None, "", "", None, "")
ANSWERED = ("k", "a1", "open", "d", 2, LATER, LATER, "opened", "c", "req", "{}")
POSTING = {**OF_SHOP, "subject": "a1", "cause": "planned", "currency": "EUR", "order_id": "EON9", "now": NOW}
REFUND = {**OF_SHOP, "id": "r1", "attempt_id": "a1", "order_id": "EON9", "currency": "EUR", "amount_minor": 190}
REFUND |= {"state": "ASKED", "provider_refund_id": None, "code": None, "origin": "shop", "reason": ""}
REFUND |= {"lines": "[]", "attention": None, "check_at": NOW, "looks": 0, "version": 1}
REFUND |= {"created_at": NOW, "changed_at": NOW}
DONE = {
    **REFUND,
    "check_at": None,
    "state": "SUCCEEDED",
    "provider_refund_id": "re_1",
    "version": 2,
    "changed_at": LATER,
}

BETWEEN = {**OF_SHOP, "mode_id": "card"}
BELL = {**OF_SHOP, "mode_id": "card", "id": "evt_1", "type": "t", "provider_id": "pi_1", "told": "{}", "now": NOW}
RUNG = {**OF_SHOP, "mode_id": "card", "provider_id": "pi_1", "now": NOW}
DISPUTE: dict[str, Any] = {**OF_SHOP, "id": "du_1", "attempt_id": "a1", "order_id": "EON9", "mode_id": "card"}
DISPUTE |= {"currency": "EUR", "amount_minor": 1190, "stage": "open", "reason": "fraudulent"}
DISPUTE |= {"created_at": NOW, "changed_at": NOW}
LOST = {**DISPUTE, "stage": "lost", "changed_at": LATER}

PAYMENTS: list[Step] = [
    ("insert_payment_attempt", ATTEMPT, 1),
    ("payment_attempt", OF_ATTEMPT, [ROW]),
    ("lock_payment_attempt", OF_ATTEMPT, [ROW]),
    ("payment_attempts_due", {"now": NOW - 1}, [(0,)]),
    ("payment_attempts_due", {"now": NOW}, [(1,)]),
    ("claim_payment_attempts", {"now": NOW - 1, "until": LATER, "limit": 10}, []),
    ("claim_payment_attempts", {"now": NOW, "until": LATER, "limit": 10}, [(SHOP, "a1")]),
    ("claim_payment_attempts", {"now": NOW, "until": LATER, "limit": 10}, []),
    ("update_payment_attempt", {**CREATED, "version": 3}, 0),
    ("update_payment_attempt", CREATED, 1),
    ("payment_attempts_of_order", OF_ORDER, [CREATED_ROW]),
    ("lock_payment_attempts_of_order", OF_ORDER, [CREATED_ROW]),
    ("payment_attempts_page", {**PAGE, "state": "CREATED", "open": 1}, [CREATED_ROW]),
    ("payment_attempts_page", {**PAGE, "state": "PLANNED", "open": 0}, []),
    ("payment_attempt_count", {**OF_SHOP, "state": "", "open": 1}, [(1,)]),
    ("payment_attempts_between", {**BETWEEN, "since": NOW, "until": NOW}, [CREATED_ROW]),
    ("payment_attempts_between", {**BETWEEN, "since": LATER, "until": LATER}, []),
    ("update_payment_attempt", VOIDED, 1),
    ("payment_attempts_page", {**PAGE, "state": "", "open": 1}, []),
    ("payment_attempts_page", {**PAGE, "state": "", "open": 0}, [VOIDED_ROW]),
    ("payment_attempt_count", {**OF_SHOP, "state": "", "open": 1}, [(0,)]),
    ("insert_payment_operation", {**OPERATION, "now": NOW}, 1),
    ("insert_payment_operation", {**OPERATION, "now": LATER}, 1),
    ("payment_operation", {**OF_SHOP, "key": "k"}, [ASKED]),
    (
        "answer_payment_operation",
        {**OF_SHOP, "key": "k", "answer": "opened", "code": "c", "request_id": "req", "told": "{}", "now": LATER},
        1,
    ),
    ("payment_operations", {**OF_SHOP, "attempt_id": "a1"}, [ANSWERED]),
    ("insert_payment_posting", {**POSTING, "account": "asked", "holder": "a1", "amount_minor": 1190}, 1),
    ("insert_payment_posting", {**POSTING, "account": "auth_contra", "holder": "", "amount_minor": -1190}, 1),
    ("payment_balances", OF_SHOP, [("asked", "a1", "EUR", 1190), ("auth_contra", "", "EUR", -1190)]),
    ("insert_payment_refund", REFUND, 1),
    ("payment_refund", {**OF_SHOP, "id": "r1"}, [tuple(REFUND.values())]),
    ("payment_refunds_due", {"now": NOW - 1}, [(0,)]),
    ("payment_refunds_due", {"now": NOW}, [(1,)]),
    ("claim_payment_refunds", {"now": NOW - 1, "until": LATER, "limit": 10}, []),
    ("claim_payment_refunds", {"now": NOW, "until": LATER, "limit": 10}, [(SHOP, "r1")]),
    ("update_payment_refund", {**DONE, "version": 3}, 0),
    ("update_payment_refund", DONE, 1),
    ("payment_refunds", {**OF_SHOP, "attempt_id": "a1"}, [tuple(DONE.values())]),
    ("payment_refunds_of_order", OF_ORDER, [tuple(DONE.values())]),
    ("insert_payment_bell", BELL, 1),
    ("insert_payment_bell", BELL, 0),
    ("ring_payment_attempt", {**RUNG, "provider_id": "pi_2"}, 0),
    ("ring_payment_attempt", RUNG, 1),
    ("ring_payment_attempt", RUNG, 0),
    ("delete_old_payment_bells", {"before": NOW, "limit": 9}, 0),
    ("delete_old_payment_bells", {"before": LATER, "limit": 9}, 1),
    ("put_payment_dispute", DISPUTE, 1),
    ("put_payment_dispute", LOST, 1),
    ("payment_disputes", {**OF_SHOP, "attempt_id": "a1"}, [tuple(LOST.values())]),
]
