"""An order's life: which status follows which, and who may say so (docs/wire/emporix.md, 4.6 and 7)."""

import itertools

import pytest

from tillroll.domain.orders.order import (
    COMPLETED,
    CONFIRMED,
    CREATED,
    DECLINED,
    IN_CHECKOUT,
    SHIPPED,
    TRANSITIONS,
    PaymentMethod,
    Verdict,
    first_status,
    judge_transition,
    next_statuses,
)

STATUSES = (IN_CHECKOUT, CREATED, CONFIRMED, SHIPPED, COMPLETED, DECLINED)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (IN_CHECKOUT, (CREATED, DECLINED)),
        (CREATED, (CONFIRMED, DECLINED)),
        (CONFIRMED, (SHIPPED, COMPLETED, DECLINED)),
        (SHIPPED, (COMPLETED,)),
        (COMPLETED, ()),
        (DECLINED, ()),
        ("UNHEARD_OF", ()),
    ],
)
def test_the_back_office_walks_the_whole_machine(status: str, expected: tuple[str, ...]) -> None:
    assert next_statuses(status, by_customer=False, is_shipped=True) == expected


def test_without_shipments_nothing_is_shipped() -> None:
    assert next_statuses(CONFIRMED, by_customer=False, is_shipped=False) == (COMPLETED, DECLINED)
    verdict = judge_transition(CONFIRMED, SHIPPED, by_customer=False, is_shipped=False)
    assert verdict is Verdict.NEEDS_SHIPMENTS


def test_customers_may_only_decline_what_is_created() -> None:
    for status in STATUSES:
        expected = (DECLINED,) if status == CREATED else ()
        assert next_statuses(status, by_customer=True, is_shipped=True) == expected
    assert judge_transition(IN_CHECKOUT, DECLINED, by_customer=True, is_shipped=False) is Verdict.FORBIDDEN
    assert judge_transition(CREATED, CONFIRMED, by_customer=True, is_shipped=False) is Verdict.FORBIDDEN
    assert judge_transition(CONFIRMED, SHIPPED, by_customer=True, is_shipped=False) is Verdict.FORBIDDEN


def test_what_the_machine_does_not_know_is_impossible_for_everybody() -> None:
    for status, wanted, by_customer in itertools.product(STATUSES, STATUSES, (False, True)):
        if wanted not in TRANSITIONS[status]:
            verdict = judge_transition(status, wanted, by_customer=by_customer, is_shipped=True)
            assert verdict is Verdict.IMPOSSIBLE


def test_every_walk_through_the_machine_ends() -> None:
    walks = [[status] for status in STATUSES]
    for walk in walks:
        assert len(set(walk)) == len(walk), f"an order can come back: {walk}"
        walks += [[*walk, following] for following in TRANSITIONS[walk[-1]]]


@pytest.mark.parametrize(
    ("provider", "status"),
    [
        ("custom", IN_CHECKOUT),
        ("payment-gateway", IN_CHECKOUT),
        ("none", CREATED),
        ("INVOICE", CREATED),
        ("stripe", CREATED),
    ],
)
def test_the_provider_decides_the_first_status(provider: str, status: str) -> None:
    assert first_status(PaymentMethod(provider)) == status
