"""Money that goes back, made true: for the refund, the order that it is of, the books and the sale, in one transaction.

    plan ─► (the provider is asked) ─► hear: refund, books, what the order shows, a note that the sale follows
                                 └──► hear of all refunds of a payment: those made elsewhere are taken over, once

Whoever writes a refund holds the lock of the payment that it is of.
"""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.events.events import Note
from tillroll.domain.money import from_minor, to_minor
from tillroll.domain.orders.refunding import LineProblem, WantedLine, refund_lines
from tillroll.domain.payments import books
from tillroll.domain.payments.attempt import PaymentAttempt, State
from tillroll.domain.payments.books import BookEntry
from tillroll.domain.payments.dispute import IN_THE_WAY
from tillroll.domain.payments.provider import ProviderRefund, Trouble
from tillroll.domain.payments.refund import (
    ACCEPTED,
    COUNTED,
    PaymentRefund,
    RefundAsk,
    RefundJudged,
    RefundLine,
    RefundOrigin,
    RefundState,
    given_back,
    judge_missing,
    judge_refund,
    judge_refund_trouble,
    refund_after,
)
from tillroll.domain.payments.wishes import WishVerdict
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.ledger import ledger
from tillroll.engine.locks import Locks, Plan, lock_payment
from tillroll.engine.orders.payments import Turn
from tillroll.engine.orders.told import tell_refund
from tillroll.engine.payments import refunds
from tillroll.engine.payments.attempts import TOLD_CHARACTERS_MAX
from tillroll.engine.payments.refunds import NewRefund, RefundTask
from tillroll.store import Transaction
from tillroll.store.orders import rows as stored_orders
from tillroll.store.orders.rows import OrderUpdate
from tillroll.store.payments import rows
from tillroll.store.payments.rows import OperationAnswer

# What the ledger calls money that went back, from which its sale is reversed.
REFUNDED = "payment_refunded"

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_LINES = msgspec.json.Decoder(tuple[RefundLine, ...])


class RefundWish(Struct, frozen=True):
    """What a back office wants given back of a payment: so much, these lines, or all that is left.

    Under the `id` of a wish that is known already, it is that one. Times: microseconds UTC.
    """

    shop: str
    attempt_id: str
    id: str
    now: int
    lease: int
    amount_minor: int | None = None
    lines: tuple[WantedLine, ...] = ()
    reason: str = ""


class RefundWished(Struct, frozen=True):
    """What is said to a wish, and what is to be asked where it is granted."""

    verdict: WishVerdict
    task: RefundTask | None = None
    problem: LineProblem | None = None


class HeardRefund(Struct, frozen=True):
    """What a provider has answered to a task: refunds, or none; and when (microseconds UTC)."""

    task: RefundTask
    answer: tuple[ProviderRefund, ...] | Trouble
    now: int
    lease: int


def plan(tx: Transaction, catalogue: Catalogue, wish: RefundWish) -> RefundWished | None:
    """Write down a refund that a back office wants; None where there is no such payment."""
    attempt = lock_payment(tx, wish.shop, wish.attempt_id)
    if attempt is None:
        return None
    known = rows.refunds_of(tx, wish.shop, attempt.id)
    same = next((one for one in known if one.id == wish.id), None)
    if same is not None:
        asked = RefundAsk.LOOK_UP if same.state is RefundState.ASKED else RefundAsk.NOTHING
        return RefundWished(WishVerdict.ASKED, _task(tx, catalogue, attempt, (same, asked, wish.now)))
    is_disputed = any(one.stage in IN_THE_WAY for one in rows.disputes_of(tx, wish.shop, attempt.id))
    if attempt.state is not State.CAPTURED or is_disputed:
        return RefundWished(WishVerdict.UNSUPPORTED)
    lines = _lines(tx, attempt, wish, known)
    if isinstance(lines, LineProblem):
        return RefundWished(WishVerdict.TOO_MUCH, problem=lines)
    left = attempt.captured_minor - given_back(known)
    amount = wish.amount_minor
    if amount is None:
        amount = min(left, sum(one.amount_minor for one in lines)) if lines else left
    open_one = next((one for one in known if one.state is RefundState.ASKED), None)
    if open_one is not None:  # nothing more goes back while it is not known what became of the one before
        is_same = open_one.amount_minor == amount and open_one.origin is RefundOrigin.SHOP
        if not is_same:
            return RefundWished(WishVerdict.UNSUPPORTED)
        return RefundWished(WishVerdict.ASKED, _task(tx, catalogue, attempt, (open_one, RefundAsk.LOOK_UP, wish.now)))
    if not 0 < amount <= left:
        return RefundWished(WishVerdict.TOO_MUCH)
    new = NewRefund(wish.id, amount, wish.now, wish.lease, reason=wish.reason, lines=lines)
    refund = refunds.begin(tx, attempt, new)
    return RefundWished(WishVerdict.GRANTED, _task(tx, catalogue, attempt, (refund, RefundAsk.REFUND, wish.now)))


def _lines(
    tx: Transaction, attempt: PaymentAttempt, wish: RefundWish, known: Sequence[PaymentRefund]
) -> tuple[RefundLine, ...] | LineProblem:
    if not wish.lines:
        return ()
    stored = stored_orders.stored_order(tx, attempt.shop, attempt.order_id)
    if stored is None:
        return LineProblem(0, "the order has no such entry")
    before = [line for one in known if one.state in COUNTED for line in _LINES.decode(one.lines)]
    return refund_lines(stored.order(), wish.lines, before)


def take_up(tx: Transaction, catalogue: Catalogue, turns: Sequence[Turn]) -> list[RefundTask]:
    """What is to be asked of refunds that nobody is at work on."""
    found: dict[int, RefundTask] = {}
    for position in sorted(range(len(turns)), key=lambda n: (turns[n].shop, turns[n].id)):
        turn = turns[position]
        refund = rows.refund_of(tx, turn.shop, turn.id)
        assert refund is not None
        attempt = lock_payment(tx, turn.shop, refund.attempt_id)
        assert attempt is not None
        found[position] = _task(tx, catalogue, attempt, (refund, RefundAsk.LOOK_UP, turn.now))
    return [found[position] for position in range(len(turns))]


def hear(tx: Transaction, catalogue: Catalogue, heard: Sequence[HeardRefund]) -> list[RefundTask]:
    """Settle what these answers say; what is to be asked next of each refund."""
    found: dict[int, RefundTask] = {}
    for position in sorted(range(len(heard)), key=lambda n: (heard[n].task.attempt.shop, heard[n].task.attempt.id)):
        found[position] = _hear(tx, catalogue, heard[position])
    return [found[position] for position in range(len(heard))]


def _hear(tx: Transaction, catalogue: Catalogue, heard: HeardRefund) -> RefundTask:
    task, answer, now = heard.task, heard.answer, heard.now
    attempt = lock_payment(tx, task.attempt.shop, task.attempt.id)
    assert attempt is not None
    known = {one.id: one for one in rows.refunds_of(tx, attempt.shop, attempt.id)}
    asked = known.get(task.refund.id) if task.refund is not None else None
    if asked is not None and task.ask is RefundAsk.REFUND:
        _answered(tx, asked, answer, now)
    if isinstance(answer, Trouble):
        if asked is None or task.refund is None or asked.version != task.refund.version:
            return _task(tx, catalogue, attempt, (asked, RefundAsk.NOTHING, now))
        judged = judge_refund_trouble(asked, task.ask, answer, task.tries)
        return _move(tx, catalogue, attempt, (asked, judged, answer, heard))
    following = _task(tx, catalogue, attempt, (asked, RefundAsk.NOTHING, now))
    for told in answer:
        one = known.get(told.refund or "") or _by_provider(known.values(), told.id)
        one = one or _adopted(tx, attempt, told, now)
        moved = _move(tx, catalogue, attempt, (one, judge_refund(one, told), told, heard))
        following = moved if asked is not None and one.id == asked.id else following
    is_told = asked is None or any(asked.id == told.refund or asked.provider_refund_id == told.id for told in answer)
    if asked is not None and not is_told and task.refund is not None and asked.version == task.refund.version:
        return _move(tx, catalogue, attempt, (asked, judge_missing(asked, now), None, heard))
    return following


def _answered(tx: Transaction, refund: PaymentRefund, answer: tuple[ProviderRefund, ...] | Trouble, now: int) -> None:
    told = answer if isinstance(answer, Trouble) else answer[0]
    word = told.kind.value if isinstance(told, Trouble) else told.stage.value
    text = told.told[:TOLD_CHARACTERS_MAX]
    rows.answer(tx, OperationAnswer(refund.shop, refund.key, word, told.code or "", told.request_id, text, now))


def _by_provider(known: Iterable[PaymentRefund], provider_refund_id: str) -> PaymentRefund | None:
    return next((one for one in known if one.provider_refund_id == provider_refund_id), None)


def _adopted(tx: Transaction, attempt: PaymentAttempt, told: ProviderRefund, now: int) -> PaymentRefund:
    """A refund that was made elsewhere, taken over: it is never made again here."""
    new = NewRefund(
        told.refund or f"{attempt.id}-{told.id}", told.amount_minor, now, now, RefundOrigin.PROVIDER, "made elsewhere"
    )
    return refunds.begin(tx, attempt, new)


def _move(
    tx: Transaction,
    catalogue: Catalogue,
    attempt: PaymentAttempt,
    verdict: tuple[PaymentRefund, RefundJudged, ProviderRefund | Trouble | None, HeardRefund],
) -> RefundTask:
    before, judged, found, heard = verdict
    after = refund_after(before, judged, found, heard.now)
    if judged.ask is not RefundAsk.NOTHING:
        after = replace(after, check_at=heard.lease)
    is_news = after.state is not before.state or after.attention != before.attention
    if not is_news and before.state not in (RefundState.ASKED, RefundState.PENDING):
        return _task(tx, catalogue, attempt, (before, RefundAsk.NOTHING, heard.now))
    rows.update_refund(tx, after)
    rows.post(tx, books.postings_of(books.blank(attempt, heard.now), _entries(attempt, before, after)))
    if after.state is not before.state:
        _show(tx, attempt, after)
        tell_refund(tx, after)
        if after.state is RefundState.SUCCEEDED and after.origin is not RefundOrigin.DECLINED:
            _note(tx, attempt, after, heard.now)
    return _task(tx, catalogue, attempt, (after, judged.ask, heard.now))


def _entries(attempt: PaymentAttempt, before: PaymentRefund, after: PaymentRefund) -> list[BookEntry]:
    id, amount = after.id, after.amount_minor
    found = []
    if after.state in ACCEPTED and before.state not in ACCEPTED:
        found.append(books.refund_accepted(id, attempt.mode_id, amount))
    if after.state is RefundState.REFUSED and before.state is not RefundState.REFUSED:
        found.append(books.refund_refused(id, amount))
    if after.state is RefundState.FAILED and before.state is not RefundState.FAILED:
        found.append(books.refund_failed(id, (attempt.mode_id, attempt.order_id), amount))
    return found


def _task(
    tx: Transaction, catalogue: Catalogue, attempt: PaymentAttempt, what: tuple[PaymentRefund | None, RefundAsk, int]
) -> RefundTask:
    refund, asked, now = what
    if asked is RefundAsk.NOTHING:
        return RefundTask(refund, attempt, asked)
    loaded = catalogue.view(tx, attempt.shop).loaded(Kind.PAYMENT_MODE, attempt.mode_id)
    settings = loaded.value.settings if loaded is not None else None
    if asked is RefundAsk.LOOK_UP or refund is None:
        return RefundTask(refund, attempt, asked, settings)
    return RefundTask(refund, attempt, asked, settings, refunds.ask(tx, attempt, refund, now))


def _show(tx: Transaction, attempt: PaymentAttempt, refund: PaymentRefund) -> None:
    """Let the order say what of its money has gone back, of all of its payments: what is on its way is not counted."""
    stored = Locks(tx, attempt.shop).take(Plan(orders={attempt.order_id})).orders.get(attempt.order_id)
    order = stored.order() if stored is not None else None
    if stored is None or order is None or order.paid is None:
        return
    all_refunds = rows.refunds_of_order(tx, attempt.shop, attempt.order_id)
    back = sum(one.amount_minor for one in all_refunds if one.state is RefundState.SUCCEEDED)
    amount = from_minor(back, attempt.currency)
    paid = replace(order.paid, refunded_amount=amount, refund_state=refund.state.value)
    changed = OrderUpdate(
        shop=attempt.shop,
        id=stored.id,
        customer_id=stored.customer_id,
        session_id=stored.session_id,
        total_minor=to_minor(order.priced.final_price.gross, order.rules.currency),
        document=_ENCODER.encode(replace(order, paid=paid)).decode(),
    )
    stored_orders.update_order(tx, changed)


def _note(tx: Transaction, attempt: PaymentAttempt, refund: PaymentRefund, now: int) -> None:
    """Tell the ledger of money that went back, so that the sale and what it was credited to are reversed."""
    lines = [
        {"product_id": one.product_id, "quantity": one.quantity, "amount_minor": one.amount_minor}
        for one in _LINES.decode(refund.lines)
    ]
    told = {
        "order_id": refund.order_id,
        "currency": refund.currency,
        "amount_minor": refund.amount_minor,
        "lines": lines,
        "reason": refund.reason,
    }
    note = Note(
        shop=refund.shop,
        dialect=attempt.dialect,
        kind=REFUNDED,
        subject=refund.id,
        visitor=None,
        happened_at=now,
        received_at=now,
        document=_ENCODER.encode(told).decode(),
    )
    ledger.note(tx, [note])
