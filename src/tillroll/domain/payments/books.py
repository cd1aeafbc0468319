"""The double-entry books: which entry each step of an attempt or a refund posts. Debits are positive, credits negative.

Every entry adds up to zero. Clearing accounts (`asked`, `clearing`) are zero for what is final, and `open_auth` is zero
once nothing is held any more. Only money that passes a provider is posted. Amounts are minor units of one currency.
"""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.payments.attempt import DECLINED_WISH, WITHOUT_MONEY, PaymentAttempt, State
from tillroll.domain.payments.dispute import PaymentDispute
from tillroll.domain.payments.provider import DisputeStage

# Accounts with a holder of their own: an attempt or a refund (clearing), an order (due), a payment mode (provider).
ASKED = "asked"
OPEN_AUTH = "open_auth"
CLEARING = "clearing"
ORDER_DUE = "order_due"
PROVIDER = "provider"
UNPAID_REFUND = "unpaid_refund"
DISPUTED = "disputed"
# Those of the shop.
AUTH_CONTRA = "auth_contra"
SALES = "sales"
RETURNED = "returned"
DISPUTE_LOSS = "dispute_loss"

# What is to be zero in the end, by the attempt or refund that holds it.
CLEARING_ACCOUNTS = (ASKED, CLEARING)


class Posting(Struct, frozen=True):
    """One line of an entry: `subject` and `cause` name the entry, which is made once."""

    shop: str
    subject: str
    cause: str
    account: str
    holder: str
    currency: str
    amount_minor: int
    order_id: str
    now: int


class BookEntry(Struct, frozen=True):
    """What an entry is about."""

    subject: str
    cause: str
    lines: tuple[tuple[str, str, int], ...]
    """Account, holder, amount."""


def moved(debit: tuple[str, str], credit: tuple[str, str], amount_minor: int) -> tuple[tuple[str, str, int], ...]:
    """The two lines by which an amount goes from one account to another; none for nothing."""
    if amount_minor == 0:
        return ()
    return (*debit, amount_minor), (*credit, -amount_minor)


def planned(attempt: PaymentAttempt) -> BookEntry:
    """An authorisation is asked for."""
    return BookEntry(attempt.id, "planned", moved((ASKED, attempt.id), (AUTH_CONTRA, ""), attempt.amount_minor))


def entries_between(before: PaymentAttempt, after: PaymentAttempt) -> list[BookEntry]:
    """What is posted when an attempt comes from one state to another."""
    id, state = after.id, after.state
    found: list[BookEntry] = []
    if after.authorised_at is not None and before.authorised_at is None:
        found.append(BookEntry(id, "authorised", moved((OPEN_AUTH, id), (ASKED, id), after.amount_minor)))
    if after.owed_minor != before.owed_minor:
        found.append(BookEntry(id, "owed", moved((ORDER_DUE, after.order_id), (SALES, ""), after.owed_minor)))
    if before.state is State.CAPTURING and state not in (State.CAPTURING, State.CAPTURED):
        lines = moved((ORDER_DUE, after.order_id), (CLEARING, id), before.capture_minor)
        found.append(BookEntry(id, f"capture_failed{before.captures_asked}", lines))
    if state is not before.state:
        if state is State.CAPTURING:
            lines = moved((CLEARING, id), (ORDER_DUE, after.order_id), after.capture_minor)
            found.append(BookEntry(id, f"capture_asked{after.captures_asked}", lines))
        elif state is State.CAPTURED:
            found += _captured(before, after)
        elif state in WITHOUT_MONEY:
            found += _ended(after)
    return [entry for entry in found if entry.lines]


def _ended(attempt: PaymentAttempt) -> list[BookEntry]:
    """Nothing was taken: what was asked for or held is let go, and who declined the order is owed nothing."""
    held = (ASKED if attempt.authorised_at is None else OPEN_AUTH, attempt.id)
    found = [BookEntry(attempt.id, "ended", moved((AUTH_CONTRA, ""), held, attempt.amount_minor))]
    if attempt.wish == DECLINED_WISH:
        lines = moved((SALES, ""), (ORDER_DUE, attempt.order_id), attempt.owed_minor)
        found.append(BookEntry(attempt.id, "not_owed", lines))
    return found


def _captured(before: PaymentAttempt, after: PaymentAttempt) -> list[BookEntry]:
    """Money was taken: as much as was asked for, or, where others have taken it, as much as they say."""
    id, taken = after.id, after.captured_minor
    asked = before.capture_minor if before.state is State.CAPTURING else 0
    return [
        BookEntry(id, "taken_elsewhere", moved((CLEARING, id), (ORDER_DUE, after.order_id), taken - asked)),
        BookEntry(id, "captured", moved((PROVIDER, after.mode_id), (CLEARING, id), taken)),
        BookEntry(id, "used", moved((AUTH_CONTRA, ""), (OPEN_AUTH, id), after.amount_minor)),
    ]


def refund_asked(refund: str, amount_minor: int) -> BookEntry:
    """A refund is instructed."""
    return BookEntry(refund, "refund_asked", moved((RETURNED, ""), (CLEARING, refund), amount_minor))


def refund_accepted(refund: str, mode_id: str, amount_minor: int) -> BookEntry:
    """The provider gives money back."""
    return BookEntry(refund, "refund_accepted", moved((CLEARING, refund), (PROVIDER, mode_id), amount_minor))


def refund_refused(refund: str, amount_minor: int) -> BookEntry:
    """The provider will not: nothing was given back."""
    return BookEntry(refund, "refund_refused", moved((CLEARING, refund), (RETURNED, ""), amount_minor))


def refund_failed(refund: str, holder: tuple[str, str], amount_minor: int) -> BookEntry:
    """An accepted refund came back: the money is at the provider again, and the buyer still waits for it.

    `holder` is the mode's id and the order's.
    """
    mode_id, order_id = holder
    return BookEntry(refund, "refund_failed", moved((PROVIDER, mode_id), (UNPAID_REFUND, order_id), amount_minor))


def disputed(dispute: PaymentDispute, before: DisputeStage | None) -> list[BookEntry]:
    """What is posted as a dispute comes from one stage to another: its money goes, and comes back or does not."""
    id, mode, amount, after = dispute.id, (PROVIDER, dispute.mode_id), dispute.amount_minor, dispute.stage
    gone = (DisputeStage.OPEN, DisputeStage.WON, DisputeStage.LOST)
    found = []
    if after in gone and before not in gone:
        found.append(BookEntry(id, "dispute_opened", moved((DISPUTED, id), mode, amount)))
    if after is before or after not in gone:
        return found
    if before is DisputeStage.LOST:  # the bank has thought better of it
        found.append(BookEntry(id, "dispute_appealed", moved((DISPUTED, id), (DISPUTE_LOSS, ""), amount)))
    if after is DisputeStage.WON:
        found.append(BookEntry(id, "dispute_won", moved(mode, (DISPUTED, id), amount)))
    if after is DisputeStage.LOST:
        found.append(BookEntry(id, "dispute_lost", moved((DISPUTE_LOSS, ""), (DISPUTED, id), amount)))
    return found


def postings_of(subject: Posting, entries: Iterable[BookEntry]) -> list[Posting]:
    """The lines of these entries as they are stored: each is `subject` but for what the entry says."""
    return [
        replace(subject, subject=entry.subject, cause=entry.cause, account=account, holder=holder, amount_minor=amount)
        for entry in entries
        for account, holder, amount in entry.lines
    ]


def blank(attempt: PaymentAttempt, now: int) -> Posting:
    """A line about an attempt's order in its currency, without its entry."""
    return Posting(attempt.shop, attempt.id, "", "", "", attempt.currency, 0, attempt.order_id, now)
