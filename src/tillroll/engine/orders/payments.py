"""What providers answer, made true: for the attempt, the order that it pays, and the books, in one transaction.

    lock attempt ─► judge ─► order stands, is declined or withdrawn ─► books ─► the next act's row

Of two who come with an answer, the first settles; the second finds another version and reads what became of it.
"""

from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.money import from_minor, to_minor
from tillroll.domain.orders.order import CREATED, DECLINED, IN_CHECKOUT
from tillroll.domain.payments import books
from tillroll.domain.payments.attempt import (
    CAPTURE_WISH,
    UNSETTLED,
    WITHOUT_MONEY,
    Ask,
    Judged,
    PaymentAttempt,
    State,
    first_ask,
    judge,
    judge_trouble,
    moved_on,
)
from tillroll.domain.payments.payment import PaymentOutcome
from tillroll.domain.payments.provider import ProviderPayment, Trouble
from tillroll.engine.access.access import SERVICE, Caller
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.ledger import ledger
from tillroll.engine.locks import Locks, Plan, lock_payment
from tillroll.engine.orders import status
from tillroll.engine.orders.placed import PlacedOrder, placed_note
from tillroll.engine.orders.status import StatusChange
from tillroll.engine.orders.told import OrderTold, tell_created, tell_payment
from tillroll.engine.outbox.outbox import audience
from tillroll.engine.payments import attempts, refunds
from tillroll.engine.payments.attempts import Task
from tillroll.store import Transaction
from tillroll.store.cart.rows import reopen_cart
from tillroll.store.orders import rows as stored_orders
from tillroll.store.orders.rows import OrderUpdate, StoredOrder, StoredTransition
from tillroll.store.payments import rows
from tillroll.store.quotes.rows import release_quote

_ENCODER = msgspec.json.Encoder(decimal_format="number")

Tell = Callable[[Transaction, PaymentAttempt], None]
"""Keeps the answer that a buyer gets of an attempt, in the transaction that settles it."""


class Heard(Struct, frozen=True):
    """What a provider has answered to a task, and when (microseconds UTC). Whoever asks goes on until `lease`.

    `tell` is what is done where the buyer, who waits, is told how it ended.
    """

    task: Task
    answer: ProviderPayment | Trouble
    now: int
    lease: int
    tell: Tell | None = None


class Turn(Struct, frozen=True):
    """Somebody's turn with an attempt: to look at it, or to end the buyer's wait for it."""

    shop: str
    id: str
    now: int
    lease: int = 0
    tell: Tell | None = None


def hear(tx: Transaction, catalogue: Catalogue, heard: Sequence[Heard]) -> list[Task]:
    """Settle what these answers say; what is to be asked next of each attempt."""
    found: dict[int, Task] = {}
    for position in _in_order([(one.task.attempt.shop, one.task.attempt.id) for one in heard]):
        found[position] = _hear(tx, catalogue, heard[position])
    return [found[position] for position in range(len(heard))]


def _in_order(names: Sequence[tuple[str, str]]) -> list[int]:
    return sorted(range(len(names)), key=names.__getitem__)


def _hear(tx: Transaction, catalogue: Catalogue, heard: Heard) -> Task:
    task, answer = heard.task, heard.answer
    attempt = lock_payment(tx, task.attempt.shop, task.attempt.id)
    assert attempt is not None
    attempts.answered(tx, task, answer, heard.now)
    if attempt.version != task.attempt.version:  # overtaken: what is said now is what the other one wrote
        return Task(attempt, Ask.NOTHING)
    if isinstance(answer, Trouble):
        judged, found = judge_trouble(attempt, task.ask, answer, task.tries), None
    else:
        judged, found = judge(attempt, answer, heard.now), answer
    turn = Turn(attempt.shop, attempt.id, heard.now, heard.lease, heard.tell)
    return _move(tx, catalogue, attempt, (judged, found, turn))


def take_up(tx: Transaction, catalogue: Catalogue, turns: Sequence[Turn]) -> list[Task]:
    """What is to be asked of attempts that nobody is at work on; one that could never get money is ended here."""
    tasks: dict[int, Task] = {}
    for position in _in_order([(one.shop, one.id) for one in turns]):
        turn = turns[position]
        attempt = lock_payment(tx, turn.shop, turn.id)
        assert attempt is not None
        if attempt.is_final:
            tasks[position] = _end_hold(tx, catalogue, attempt, turn)
            continue
        judged = first_ask(attempt)
        if judged.state is attempt.state:
            tasks[position] = _task(tx, catalogue, attempt, judged.ask, turn.now)
        else:
            tasks[position] = _move(tx, catalogue, attempt, (judged, None, turn))
    return [tasks[position] for position in range(len(turns))]


def give_up(tx: Transaction, catalogue: Catalogue, turns: Sequence[Turn]) -> list[PaymentAttempt]:
    """End the wait of buyers: what was never asked for money is given up, and what is unknown is told as open."""
    ended: dict[int, PaymentAttempt] = {}
    for position in _in_order([(one.shop, one.id) for one in turns]):
        turn = turns[position]
        attempt = lock_payment(tx, turn.shop, turn.id)
        assert attempt is not None
        if attempt.provider_id is None and not attempt.is_final:
            silent = replace(turn, tell=None)
            attempt = _move(tx, catalogue, attempt, (Judged(State.ABANDONED), None, silent)).attempt
        elif not attempt.is_final and not attempt.is_told:
            changed = {"version": attempt.version + 1, "check_at": turn.now, "changed_at": turn.now}
            attempt = replace(attempt, is_told=1, looks=0, **changed)
            rows.update_attempt(tx, attempt)
        if turn.tell is not None:
            turn.tell(tx, attempt)
        ended[position] = attempt
    return [ended[position] for position in range(len(turns))]


def _move(
    tx: Transaction,
    catalogue: Catalogue,
    before: PaymentAttempt,
    verdict: tuple[Judged, ProviderPayment | None, Turn],
) -> Task:
    """Bring an attempt to where a verdict says it is, with all that follows."""
    judged, found, turn = verdict
    after = moved_on(before, judged, found, turn.now)
    is_first = after.authorised_at is not None and before.authorised_at is None
    if is_first and after.captures and after.state is State.AUTHORISED:
        after = replace(after, wish=after.wish or CAPTURE_WISH, check_at=turn.now)
    tells = turn.tell is not None and judged.ask is Ask.NOTHING and after.state not in UNSETTLED
    if judged.ask is not Ask.NOTHING:
        after = replace(after, check_at=turn.lease)
    elif tells and after.state not in WITHOUT_MONEY:
        after = replace(after, is_told=1)
    elif after.state is not before.state and (after.state is State.DECLINED or _may_be_tried_again(after)):
        # then it is closed at the provider, too, and what is held for it ends
        after = replace(after, check_at=after.hold_until)
    after, declines = _settle_order(tx, before, after, turn.now)
    rows.update_attempt(tx, after)
    tell_payment(tx, before, after)
    if declines:
        _decline(tx, after, turn.now)
    rows.post(tx, books.postings_of(books.blank(after, turn.now), books.entries_between(before, after)))
    if after.state is State.CAPTURED is not before.state and after.is_unwanted:  # too late to let go of it
        refunds.return_rest(tx, after, turn.now)
    if tells and turn.tell is not None:
        turn.tell(tx, after)
    return _task(tx, catalogue, after, judged.ask, turn.now)


def _task(  # noqa: PLR0913  what is asked of which attempt, and when
    tx: Transaction, catalogue: Catalogue, attempt: PaymentAttempt, asked: Ask, now: int
) -> Task:
    if asked is Ask.NOTHING:
        return Task(attempt, asked)
    loaded = catalogue.view(tx, attempt.shop).loaded(Kind.PAYMENT_MODE, attempt.mode_id)
    settings = loaded.value.settings if loaded is not None else None
    if asked is Ask.LOOK_UP:
        return Task(attempt, asked, settings)
    tries = attempts.ask(tx, attempt, asked, now)
    return Task(attempt, asked, settings, attempt.key_of(asked), tries)


# --------------------------------------------------------------------------------------------------------- the order


def _settle_order(
    tx: Transaction, before: PaymentAttempt, after: PaymentAttempt, now: int
) -> tuple[PaymentAttempt, bool]:
    """Let the order follow its attempt, in which is noted what it comes to owe; whether it is yet to be declined."""
    stands = after.authorised_at is not None and before.authorised_at is None
    ended = after.state in WITHOUT_MONEY and before.state not in WITHOUT_MONEY
    awaits = (stands or ended) and stored_orders.awaits_payment(tx, after.shop, after.order_id)
    withdraws = ended and awaits and not after.is_told
    locks = Locks(tx, after.shop)
    plan = _of_withdrawal(tx, after) if withdraws else Plan()
    stored = locks.take(replace(plan, orders={after.order_id})).orders.get(after.order_id)
    if stored is None:
        return after, False
    if withdraws:
        _withdraw(tx, locks, stored, after, now)
        return after, False
    shown = _show(tx, stored, after)
    if stands and shown.status == IN_CHECKOUT:
        _stand(tx, shown, after, now)
        return replace(after, owed_minor=after.total_minor), False
    is_over = now >= after.hold_until or not (after.state is State.DECLINED or _may_be_tried_again(after))
    return after, ended and awaits and is_over and shown.status == IN_CHECKOUT


def _may_be_tried_again(attempt: PaymentAttempt) -> bool:
    """Whether nobody was asked for money, so that the buyer, who knows of the order, may pay it in another way."""
    return bool(attempt.is_told) and attempt.state in (State.REFUSED, State.ABANDONED)


def _of_withdrawal(tx: Transaction, attempt: PaymentAttempt) -> Plan:
    """What an order was made of, which is open again without it."""
    if attempt.cart_id is not None:
        return Plan(carts={attempt.cart_id})
    stored = stored_orders.stored_order(tx, attempt.shop, attempt.order_id)
    quote_id = stored.order().quote_id if stored is not None else None
    return Plan(quotes={quote_id}) if quote_id is not None else Plan()


def _stand(tx: Transaction, stored: StoredOrder, attempt: PaymentAttempt, now: int) -> None:
    """The money is held: the order is one, and the ledger tells of it, where it has not yet."""
    stored_orders.update_order_status(tx, {"shop": attempt.shop, "id": stored.id, "status": CREATED, "now": now})
    transition = StoredTransition(stored.version + 1, CREATED, "", now)
    stored_orders.insert_transition(tx, attempt.shop, stored.id, transition)
    if stored_orders.place_held_order(tx, attempt.shop, stored.id):
        placed = PlacedOrder(attempt.shop, attempt.dialect, stored.id, stored.owner, attempt.total_minor, now)
        ledger.note(tx, [placed_note(placed, stored.order())])
        told = OrderTold(stored.id, CREATED, stored.order(), now)
        tell_created(tx, audience(tx, attempt.shop), [told])


def _withdraw(  # noqa: PLR0913  whose order, for which attempt, and when
    tx: Transaction, locks: Locks, stored: StoredOrder, attempt: PaymentAttempt, now: int
) -> None:
    """Nobody was told of the order, and it was never one: all that it took is given back, and its cart is open."""
    shop, order = attempt.shop, stored.order()
    status.take_back(tx, locks, stored, StatusChange(_of_the_shop(attempt), stored.id, DECLINED, now))
    stored_orders.withdraw_order(tx, shop, stored.id, now)
    if order.cart_id is not None:
        reopen_cart(tx, shop, (order.cart_id, stored.id), now)
    if order.quote_id is not None:
        release_quote(tx, shop, (order.quote_id, stored.id), now)


def _decline(tx: Transaction, attempt: PaymentAttempt, now: int) -> None:
    status.change_statuses(tx, [StatusChange(_of_the_shop(attempt), attempt.order_id, DECLINED, now)])


def _of_the_shop(attempt: PaymentAttempt) -> Caller:
    """In whose name an order follows its payment."""
    return Caller(attempt.shop, SERVICE, "payments", frozenset(), None, None, 0, attempt.dialect)


def _end_hold(tx: Transaction, catalogue: Catalogue, attempt: PaymentAttempt, turn: Turn) -> Task:
    """What is left of an attempt that is over: its order is held no longer, and its payment is closed there, too."""
    # Of what was taken a person has to hear all: it is looked at again unless somebody comes to the end of it.
    check_at = turn.lease if attempt.state is State.CAPTURED else None
    over = replace(attempt, check_at=check_at, version=attempt.version + 1)
    rows.update_attempt(tx, over)
    others = rows.attempts_of_order(tx, attempt.shop, attempt.order_id)
    is_alone = all(one.state in WITHOUT_MONEY for one in others)
    if is_alone and turn.now >= attempt.hold_until and stored_orders.awaits_payment(tx, attempt.shop, attempt.order_id):
        _decline(tx, over, turn.now)
    asked = Ask.LOOK_UP if attempt.provider_id is not None else Ask.NOTHING
    return _task(tx, catalogue, over, asked, turn.now)


def _show(tx: Transaction, stored: StoredOrder, attempt: PaymentAttempt) -> StoredOrder:
    """The order with what has become of its payment, where that is another thing than it says already."""
    order = stored.order()
    outcome = outcome_of(attempt)
    if order.paid is not None:
        outcome = replace(outcome, refunded_amount=order.paid.refunded_amount, refund_state=order.paid.refund_state)
    if outcome == order.paid:
        return stored
    changed = OrderUpdate(
        shop=attempt.shop,
        id=stored.id,
        customer_id=stored.customer_id,
        session_id=stored.session_id,
        total_minor=to_minor(order.priced.final_price.gross, order.rules.currency),
        document=_ENCODER.encode(replace(order, paid=outcome)).decode(),
    )
    stored_orders.update_order(tx, changed)
    return replace(stored, document=changed["document"], version=stored.version + 1)


def outcome_of(attempt: PaymentAttempt) -> PaymentOutcome:
    """What an order says of an attempt to pay it."""
    return PaymentOutcome(
        attempt.id,
        attempt.state.value,
        from_minor(attempt.amount_minor, attempt.currency),
        from_minor(attempt.captured_minor, attempt.currency),
        redirect_url=attempt.action_url if attempt.state is State.ACTION_REQUIRED else None,
    )
