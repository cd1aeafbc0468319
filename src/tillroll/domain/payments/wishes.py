"""What a back office may wish for of a payment: pure verdicts on an attempt as it stands.

Money that is held is taken or let go, never both, and nothing more is wished for while the outcome of one wish is not
known (docs/wire/emporix.md, 17).
"""

from enum import StrEnum

from tillroll.domain.payments.attempt import CANCEL_WISH, CAPTURE_WISH, FINAL, PaymentAttempt, State


class WishVerdict(StrEnum):
    """What becomes of a wish."""

    GRANTED = "granted"
    """It is written down, and done now."""
    ASKED = "asked"
    """The same was wished for before: what became of it is asked."""
    DONE = "done"
    """It is so already."""
    TOO_MUCH = "too_much"
    """It is more than is there."""
    UNSUPPORTED = "unsupported"
    """The payment is not where this can be done."""


def judge_capture(attempt: PaymentAttempt, amount_minor: int | None) -> WishVerdict:
    """Whether so much of what is held may be taken (minor units); None stands for all that the buyer owes by it."""
    wanted = amount_minor if amount_minor is not None else min(attempt.total_minor, attempt.amount_minor)
    if attempt.state is State.CAPTURED:
        is_same = amount_minor in (None, attempt.captured_minor)
        return WishVerdict.DONE if is_same else WishVerdict.UNSUPPORTED
    if attempt.state is State.CAPTURING or (attempt.state is State.AUTHORISED and attempt.wish == CAPTURE_WISH):
        is_same = amount_minor is None or attempt.capture_minor in (0, amount_minor)
        return WishVerdict.ASKED if is_same else WishVerdict.UNSUPPORTED
    if attempt.state is not State.AUTHORISED or attempt.is_unwanted:
        return WishVerdict.UNSUPPORTED
    return WishVerdict.GRANTED if wanted <= attempt.amount_minor else WishVerdict.TOO_MUCH


def judge_cancel(attempt: PaymentAttempt) -> WishVerdict:
    """Whether what is held, or is about to be, may be let go: not while it is being taken, nor once it was."""
    if attempt.state is State.VOIDED:
        return WishVerdict.DONE
    if attempt.wish == CANCEL_WISH and attempt.state not in FINAL:
        return WishVerdict.ASKED
    if attempt.state in (*FINAL, State.CAPTURING):
        return WishVerdict.UNSUPPORTED
    return WishVerdict.GRANTED
