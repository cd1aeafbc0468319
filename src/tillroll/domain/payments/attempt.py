"""The payment attempt: where it is here, and what follows from what its provider says. Pure; the store does the rest.

    PLANNED ──► CREATED ──► AUTHORISED ──► CAPTURING ──► CAPTURED
       │           ├──► ACTION_REQUIRED, PENDING ──► AUTHORISED
       │           └──► DECLINED                          │
       ├──► REFUSED, ABANDONED            VOIDING ──► VOIDED, EXPIRED

Every answer is judged by one table: what the provider says of the payment, against the state that it has here. Nothing
is given back before the provider has said no, has said that the payment is closed, or could never be asked for money.
"""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.payments.provider import UNEXPECTED_STATE, ProviderPayment, Stage, Trouble, TroubleKind

SECOND = 1_000_000


class State(StrEnum):
    """Where an attempt is."""

    PLANNED = "PLANNED"
    CREATED = "CREATED"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    PENDING = "PENDING"
    AUTHORISED = "AUTHORISED"
    CAPTURING = "CAPTURING"
    CAPTURED = "CAPTURED"
    VOIDING = "VOIDING"
    VOIDED = "VOIDED"
    DECLINED = "DECLINED"
    REFUSED = "REFUSED"
    ABANDONED = "ABANDONED"
    EXPIRED = "EXPIRED"


WITHOUT_MONEY = frozenset({State.VOIDED, State.DECLINED, State.REFUSED, State.ABANDONED, State.EXPIRED})
FINAL = WITHOUT_MONEY | {State.CAPTURED}
# While it is here, a buyer who waits is not told anything yet.
UNSETTLED = frozenset({State.PLANNED, State.CREATED, State.VOIDING})


class Ask(StrEnum):
    """What the provider is asked next; all but LOOK_UP have a row of their own before they are sent."""

    OPEN = "open"
    AUTHORISE = "authorise"
    CAPTURE = "capture"
    VOID = "void"
    LOOK_UP = "look_up"
    NOTHING = "nothing"


# What somebody wants of an attempt as soon as it can be had: that the money is taken, that it is let go because the
# order was declined, or that it is let go although the order stands.
CAPTURE_WISH = "capture"
DECLINED_WISH = "declined"
CANCEL_WISH = "cancel"
# That no money is asked for yet: the buyer is still to say so.
PREPARED_WISH = "prepared"

# Until when an act may be sent again with its key: providers forget keys after a day (µs).
KEY_MICROSECONDS = 20 * 3600 * SECOND

# The pauses between looks at an attempt whose outcome is unknown, in seconds; the last one again and again.
PAUSES = (5, 15, 60, 300, 900, 3600)
ACTION_PAUSES = (*(30,) * 10, 120)
PENDING_PAUSE = 3600
# An authorisation is looked at this long before it lapses.
GUARD_SECONDS = (86_400, 3_600)


class PaymentAttempt(Struct, frozen=True):
    """One try to pay one order with one token, as it is stored; amounts are minor units, times microseconds UTC.

    `total_minor` is what the buyer owes by it, `amount_minor` what may be taken: more, where weights are not known yet.
    `is_told` is 1 once the buyer has been told of the order, `captures` 1 where the money is to be taken at once.
    `owed_minor` is the total once the order stands by this attempt.
    """

    shop: str
    id: str
    dialect: str
    order_id: str
    cart_id: str | None
    mode_id: str
    provider: str
    currency: str
    amount_minor: int
    total_minor: int
    token: str
    captures: int
    state: State
    version: int
    is_told: int
    provider_id: str | None
    charge_id: str | None
    capture_before: int | None
    authorised_at: int | None
    capture_minor: int
    captured_minor: int
    captures_asked: int
    owed_minor: int
    action_url: str | None
    code: str | None
    attention: str | None
    wish: str
    hold_until: int
    act_until: int | None
    check_at: int | None
    looks: int
    created_at: int
    changed_at: int

    @property
    def is_final(self) -> bool:
        """Whether nothing is left to find out."""
        return self.state in FINAL

    @property
    def is_unwanted(self) -> bool:
        """Whether its money is to be let go."""
        return self.wish in (DECLINED_WISH, CANCEL_WISH)

    @property
    def is_prepared(self) -> bool:
        """Whether it is known at its provider, and waits for the buyer's word that it is to be paid."""
        return self.state is State.CREATED and self.wish == PREPARED_WISH

    @property
    def is_under_way(self) -> bool:
        """Whether the provider has yet to say what became of what it was, or is to be, asked for."""
        is_wished = self.is_unwanted or (self.wish == CAPTURE_WISH and self.authorised_at is not None)
        return not (self.is_final or self.is_prepared) and (is_wished or self.state in (*UNSETTLED, State.CAPTURING))

    def key_of(self, ask: Ask) -> str:
        """The idempotency key of an act on this attempt; of a capture that was refused, the next has one of its own."""
        number = self.captures_asked if ask is Ask.CAPTURE and self.captures_asked > 1 else ""
        return f"tr_{self.id}_{ask}{number}"


class Judged(Struct, frozen=True):
    """What becomes of an attempt: its state, what is asked at once, and what a person should look at."""

    state: State
    ask: Ask = Ask.NOTHING
    attention: str | None = None


def first_ask(attempt: PaymentAttempt) -> Judged:
    """What to do for an attempt that nobody is at work on: ask the provider, where there is anything to ask for."""
    if attempt.is_final:
        return Judged(attempt.state)
    if attempt.provider_id is None:  # nobody was asked for money
        return Judged(State.ABANDONED)
    return Judged(attempt.state, Ask.LOOK_UP)


def judge(attempt: PaymentAttempt, found: ProviderPayment, now: int) -> Judged:
    """What follows from what the provider says of the attempt's payment."""
    if attempt.is_final:
        return _judge_final(attempt, found)
    if found.currency != attempt.currency or found.amount_minor != attempt.amount_minor:
        return _judge_mismatch(attempt, found)
    match found.stage:
        case Stage.OPENED:
            return _judge_opened(attempt, now)
        case Stage.DECLINED:
            return _judge_declined(attempt)
        case Stage.NEEDS_ACTION | Stage.PROCESSING:
            return _judge_waiting(attempt, found.stage, now)
        case Stage.AUTHORISED:
            return _judge_authorised(attempt)
        case Stage.CAPTURED:
            expected = attempt.state is State.CAPTURING
            return Judged(State.CAPTURED, attention=None if expected else "captured elsewhere")
        case Stage.CANCELED:
            return _judge_canceled(attempt, found)


def _judge_final(attempt: PaymentAttempt, found: ProviderPayment) -> Judged:
    """Of what is over, nothing is taken back here; what is open there is closed there."""
    if attempt.state is State.CAPTURED:
        differs = found.stage is not Stage.CAPTURED or found.captured_minor != attempt.captured_minor
        return Judged(attempt.state, attention="the provider says another amount was taken" if differs else None)
    if found.stage is Stage.CANCELED:
        return Judged(attempt.state)
    if found.stage is Stage.CAPTURED:
        return Judged(attempt.state, attention="captured without an order")
    if found.stage is Stage.AUTHORISED:
        return Judged(attempt.state, Ask.VOID, attention="authorised after its end")
    return Judged(attempt.state, Ask.VOID if found.stage is not Stage.PROCESSING else Ask.NOTHING)


def _judge_mismatch(attempt: PaymentAttempt, found: ProviderPayment) -> Judged:
    """Another amount or currency never settles; what is only held is let go."""
    attention = f"the provider says {found.amount_minor} {found.currency}"
    if found.stage is Stage.CANCELED:
        return Judged(State.VOIDED, attention=attention)
    if found.stage is Stage.CAPTURED:
        return Judged(attempt.state, attention=attention)
    return Judged(State.VOIDING, Ask.VOID, attention)


def _judge_opened(attempt: PaymentAttempt, now: int) -> Judged:
    """Asking for money has not worked yet: ask again while there is time, else close the payment."""
    if attempt.state in (State.AUTHORISED, State.CAPTURING):
        return Judged(attempt.state, attention="not authorised any more")
    young = now < min(attempt.hold_until, attempt.created_at + KEY_MICROSECONDS)
    wants_money = bool(attempt.token) and attempt.wish != PREPARED_WISH
    if attempt.state is State.CREATED and young and not attempt.is_unwanted and wants_money:
        return Judged(State.CREATED, Ask.AUTHORISE)
    if attempt.state is State.PLANNED:
        return Judged(State.CREATED, Ask.AUTHORISE if wants_money else Ask.NOTHING)
    if attempt.state is State.CREATED and young and not attempt.is_unwanted:
        return Judged(State.CREATED)
    return Judged(State.VOIDING, Ask.VOID)


def _judge_declined(attempt: PaymentAttempt) -> Judged:
    if attempt.state in (State.AUTHORISED, State.CAPTURING):
        return Judged(attempt.state, attention="not authorised any more")
    if attempt.state is State.VOIDING:
        return Judged(State.VOIDING, Ask.VOID)
    return Judged(State.DECLINED)


def _judge_waiting(attempt: PaymentAttempt, stage: Stage, now: int) -> Judged:
    if attempt.state in (State.AUTHORISED, State.CAPTURING):
        return Judged(attempt.state, attention="not authorised any more")
    if stage is Stage.PROCESSING:
        return Judged(State.VOIDING if attempt.state is State.VOIDING else State.PENDING)
    ended = attempt.state is State.VOIDING or attempt.is_unwanted
    if ended or now >= (attempt.act_until or attempt.hold_until):
        return Judged(State.VOIDING, Ask.VOID)
    return Judged(State.ACTION_REQUIRED)


def _judge_authorised(attempt: PaymentAttempt) -> Judged:
    if attempt.state is State.VOIDING or attempt.is_unwanted:
        return Judged(State.VOIDING, Ask.VOID)
    if attempt.state is State.CAPTURING or attempt.wish == CAPTURE_WISH:
        return Judged(State.CAPTURING, Ask.CAPTURE)
    return Judged(State.AUTHORISED)


def _judge_canceled(attempt: PaymentAttempt, found: ProviderPayment) -> Judged:
    if attempt.authorised_at is None or attempt.state is State.VOIDING:
        return Judged(State.VOIDED)
    attention = "the authorisation has lapsed" if found.has_lapsed else "closed elsewhere"
    return Judged(State.EXPIRED if found.has_lapsed else State.VOIDED, attention=attention)


def judge_trouble(attempt: PaymentAttempt, asked: Ask, trouble: Trouble, tries: int) -> Judged:
    """What follows from no answer. What was sent before may have worked, whatever is said of this try."""
    kind, state = trouble.kind, attempt.state
    if asked is Ask.LOOK_UP:
        return Judged(state)
    if asked is Ask.OPEN:
        if kind in (TroubleKind.REFUSED, TroubleKind.UNHEALTHY):
            return Judged(State.REFUSED)
        return Judged(state, Ask.OPEN)
    if kind is TroubleKind.UNKNOWN or trouble.code == UNEXPECTED_STATE:
        return Judged(state, Ask.LOOK_UP)
    if kind is TroubleKind.REFUSED:
        if tries > 1 or asked is Ask.VOID:
            return Judged(state, Ask.LOOK_UP)
        return Judged(State.REFUSED) if asked is Ask.AUTHORISE else Judged(State.AUTHORISED, attention=trouble.code)
    return Judged(state, asked if kind is not TroubleKind.UNHEALTHY else Ask.NOTHING)


def moved_on(attempt: PaymentAttempt, judged: Judged, found: ProviderPayment | None, now: int) -> PaymentAttempt:
    """The attempt after a verdict on what was found of its payment (None: nothing was); its looks begin anew with a new
    state."""
    state = judged.state
    known: dict[str, object] = {}
    if found is not None and found.amount_minor == attempt.amount_minor and found.currency == attempt.currency:
        known = {
            "provider_id": attempt.provider_id or found.id,
            "charge_id": found.charge_id or attempt.charge_id,
            "capture_before": found.capture_before or attempt.capture_before,
            "action_url": found.action.url if found.action is not None else attempt.action_url,
            "code": found.code or attempt.code,
        }
        if state is State.CAPTURED is not attempt.state:  # once: later words are compared, not taken
            known["captured_minor"] = found.captured_minor
    if state in (State.AUTHORISED, State.CAPTURING, State.CAPTURED) and attempt.authorised_at is None:
        known["authorised_at"] = now
    if attempt.state is State.CAPTURING and state is State.AUTHORISED and not attempt.captures:
        known |= {"wish": "", "capture_minor": 0}  # who wished for it is told, and may wish for something else
    if judged.ask is Ask.CAPTURE and attempt.state is not State.CAPTURING:
        known |= {"captures_asked": attempt.captures_asked + 1}
        known |= {"capture_minor": attempt.capture_minor or min(attempt.total_minor, attempt.amount_minor)}
    after = replace(
        attempt,
        **known,
        state=state,
        version=attempt.version + 1,
        attention=judged.attention or attempt.attention,
        looks=attempt.looks + 1 if state is attempt.state else 0,
        changed_at=now,
    )
    return replace(after, check_at=next_look(after, now))


def next_look(attempt: PaymentAttempt, now: int) -> int | None:
    """When the attempt is looked at next (µs UTC); None for what is over."""
    looks = attempt.looks
    if attempt.is_final:
        return None
    if attempt.state is State.AUTHORISED and not attempt.wish:
        guards = [(attempt.capture_before or 0) - seconds * SECOND for seconds in GUARD_SECONDS]
        ahead = [moment for moment in guards if moment > now]
        return min(ahead) if ahead else now + PENDING_PAUSE * SECOND
    if attempt.state is State.PENDING:
        return now + PENDING_PAUSE * SECOND
    if attempt.state is State.ACTION_REQUIRED:
        pause = ACTION_PAUSES[min(looks, len(ACTION_PAUSES) - 1)]
        end = attempt.act_until or attempt.hold_until
        return min(now + pause * SECOND, end) if end > now else now + PAUSES[0] * SECOND
    return now + PAUSES[min(looks, len(PAUSES) - 1)] * SECOND
