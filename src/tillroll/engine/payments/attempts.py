"""Attempts to pay, written: the plan of one, the acts that are about to be asked for, and what was answered to them."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from tillroll.domain.payments import books
from tillroll.domain.payments.attempt import SECOND, Ask, PaymentAttempt, State
from tillroll.domain.payments.payment import PaymentPlan
from tillroll.domain.payments.provider import ProviderPayment, Trouble
from tillroll.engine.access.idempotency import digest_of
from tillroll.engine.guards import BrokenGuard
from tillroll.store import Transaction
from tillroll.store.payments import rows
from tillroll.store.payments.rows import NewOperation, OperationAnswer

# Answers are kept for people who look into a payment; what a provider says fits.
TOLD_CHARACTERS_MAX = 20_000


class PaymentTerms(Struct, frozen=True):
    """How long whoever asks a provider is left alone with an attempt, how long a buyer may take elsewhere, and how long
    an order is held without money."""

    lease_seconds: float = 45
    action_seconds: float = 1_800
    hold_seconds: float = 3_600


class NewPayment(Struct, frozen=True):
    """An order that is to be paid by a provider: under which id, as what of whom, and when (microseconds UTC)."""

    shop: str
    id: str
    dialect: str
    order_id: str
    cart_id: str | None
    currency: str
    plan: PaymentPlan
    terms: PaymentTerms
    now: int
    is_told: bool = False
    wish: str = ""
    hold_until: int | None = None
    """Until when its order is held, where that was said before."""


class Task(Struct, frozen=True):
    """What is to be asked for an attempt; `settings` is what its provider is reached by, None where that is gone."""

    attempt: PaymentAttempt
    ask: Ask
    settings: Mapping[str, str] | None = None
    key: str = ""
    tries: int = 0


def plan(tx: Transaction, payments: Sequence[NewPayment]) -> list[PaymentAttempt]:
    """Write attempts, with the act that each begins with, before anybody is asked."""
    attempts = [_planned(one) for one in payments]
    rows.insert_attempts(tx, attempts)
    for attempt in attempts:
        ask(tx, attempt, Ask.OPEN, attempt.created_at)
        postings = books.postings_of(books.blank(attempt, attempt.created_at), [books.planned(attempt)])
        rows.post(tx, postings)
    return attempts


def first_task(attempt: PaymentAttempt, settings: Mapping[str, str]) -> Task:
    """What is asked first for an attempt that was planned: it has been written down already."""
    return Task(attempt, Ask.OPEN, settings, attempt.key_of(Ask.OPEN), 1)


def ask(tx: Transaction, attempt: PaymentAttempt, asked: Ask, now: int) -> int:
    """Write down that an act is about to be asked for; how often it has been. Raises BrokenGuard where the same key was
    sent with other values."""
    key, digest = attempt.key_of(asked), _digest(attempt, asked)
    stored = rows.operation_of(tx, attempt.shop, key)
    if stored is not None and stored.digest != digest:
        raise BrokenGuard(f"the key {key} was sent with other values")
    return rows.ask(tx, NewOperation(attempt.shop, key, attempt.id, asked.value, digest, now))


def answered(tx: Transaction, task: Task, found: ProviderPayment | Trouble, now: int) -> None:
    """Write down what was answered to a task's act; a look has no row."""
    if not task.key:
        return
    answer = found.stage.value if isinstance(found, ProviderPayment) else found.kind.value
    told = found.told[:TOLD_CHARACTERS_MAX]
    given = OperationAnswer(task.attempt.shop, task.key, answer, found.code or "", found.request_id, told, now)
    rows.answer(tx, given)


def _planned(one: NewPayment) -> PaymentAttempt:
    terms, now = one.terms, one.now
    return PaymentAttempt(
        shop=one.shop,
        id=one.id,
        dialect=one.dialect,
        order_id=one.order_id,
        cart_id=one.cart_id,
        mode_id=one.plan.mode_id,
        provider=one.plan.provider,
        currency=one.currency,
        amount_minor=one.plan.amount_minor,
        total_minor=one.plan.total_minor,
        token=one.plan.token,
        captures=int(one.plan.captures),
        state=State.PLANNED,
        version=1,
        is_told=int(one.is_told),
        provider_id=None,
        charge_id=None,
        capture_before=None,
        authorised_at=None,
        capture_minor=0,
        captured_minor=0,
        captures_asked=0,
        owed_minor=0,
        action_url=None,
        code=None,
        attention=None,
        wish=one.wish,
        hold_until=one.hold_until or now + int(terms.hold_seconds * SECOND),
        act_until=now + int(terms.action_seconds * SECOND),
        check_at=now + int(terms.lease_seconds * SECOND),
        looks=0,
        created_at=now,
        changed_at=now,
    )


def _digest(attempt: PaymentAttempt, asked: Ask) -> str:
    """A digest of what an act is asked with: all of it comes from the attempt."""
    sent = {
        Ask.OPEN: (attempt.amount_minor, attempt.currency, attempt.order_id),
        Ask.AUTHORISE: (attempt.provider_id, attempt.token),
        Ask.CAPTURE: (attempt.provider_id, attempt.capture_minor),
        Ask.VOID: (attempt.provider_id,),
    }[asked]
    return digest_of(msgspec.json.encode(sent)).hex()
