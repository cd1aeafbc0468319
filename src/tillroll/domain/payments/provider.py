"""What a payment provider is asked and what it answers, in Tillroll's words: the values of `payments.protocol`.

Amounts are integer minor units by ISO 4217 with their currency in capitals; times are microseconds UTC. An adapter
turns both into what its provider writes. A decline is an answer like any other; what is no answer is `Trouble`.
"""

from enum import StrEnum

from msgspec import Struct


class Stage(StrEnum):
    """Where a payment is at its provider."""

    OPENED = "opened"
    """It exists and holds no money; nobody has asked for any, or asking has not worked yet."""
    DECLINED = "declined"
    """Money was asked for and not given; nothing is held."""
    NEEDS_ACTION = "needs_action"
    """The buyer has to go to `Action.url` first."""
    PROCESSING = "processing"
    """The provider does not know yet, maybe for days."""
    AUTHORISED = "authorised"
    """Money is held, none is taken."""
    CAPTURED = "captured"
    """Money is taken; `captured_minor` says how much, the rest is released."""
    CANCELED = "canceled"
    """It is closed: no money is held, and none can be any more."""


class RefundStage(StrEnum):
    """Where a refund is at its provider."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class DisputeStage(StrEnum):
    """Where a dispute is: a buyer who wants the money back through the bank."""

    INQUIRY = "inquiry"
    """The bank only asks: no money has moved."""
    OPEN = "open"
    """The money is gone until the bank decides."""
    WON = "won"
    """It is back."""
    LOST = "lost"
    """It stays gone."""
    CLOSED = "closed"
    """Nothing came of it, and no money has moved."""


class TroubleKind(StrEnum):
    """Why there is no answer to a question, and what that says of it."""

    NOT_SENT = "not_sent"
    """Nothing has left: no connection. The same may be sent again."""
    UNKNOWN = "unknown"
    """It was sent, and may have worked: time-out, reset, cut or malformed answer, 5xx. Look it up, never guess."""
    BUSY = "busy"
    """This try was not worked on (too many, or one with the same key is under way). It says nothing of a try before it:
    the same may be sent again with the same key."""
    REFUSED = "refused"
    """The provider has understood and will not: nothing of it was done. For an act on a payment in a state that does
    not allow it, `code` is `unexpected_state`: look it up."""
    UNHEALTHY = "unhealthy"
    """Wrong or revoked key, missing permission, or, with the `code` `not_found`, an id that this account does not know.
    It says nothing of a try before it."""


UNEXPECTED_STATE = "unexpected_state"
NOT_FOUND = "not_found"


class Action(Struct, frozen=True):
    """Where the buyer has to go: an address and the HTTP method to open it with."""

    url: str
    method: str = "GET"


class PaymentReference(Struct, frozen=True):
    """Under which of our names a payment is kept at its provider, so that it is found and told from others'."""

    shop: str
    attempt: str
    order: str


class Opening(Struct, frozen=True):
    """Make a payment that holds no money yet, to be authorised by its id."""

    key: str
    """The idempotency key; the same key is only ever sent with the same values."""
    amount_minor: int
    currency: str
    reference: PaymentReference
    description: str = ""


class Authorisation(Struct, frozen=True):
    """Hold the money of a payment that was opened."""

    key: str
    provider_id: str
    token: str
    """What the storefront got for the buyer's card."""
    return_url: str
    """Where the buyer's browser comes back to."""


class Capture(Struct, frozen=True):
    """Take authorised money; the rest of it is released."""

    key: str
    provider_id: str
    amount_minor: int
    currency: str


class Void(Struct, frozen=True):
    """Close a payment that nothing was taken of, so that nothing can be taken any more."""

    key: str
    provider_id: str


class RefundOrder(Struct, frozen=True):
    """Give captured money back."""

    key: str
    provider_id: str
    refund: str
    """Our id of the refund, by which it is found again."""
    shop: str
    attempt: str
    amount_minor: int
    currency: str


class ProviderPayment(Struct, frozen=True, kw_only=True):
    """A payment as its provider tells of it now."""

    id: str
    stage: Stage
    amount_minor: int
    currency: str
    captured_minor: int = 0
    attempt: str | None = None
    """The attempt of ours that it names, None where it is not ours."""
    shop: str | None = None
    """The shop of ours that it names."""
    refunded_minor: int = 0
    """How much of what was taken has gone back."""
    is_live: bool = False
    """Whether it moves real money."""
    charge_id: str | None = None
    capture_before: int | None = None
    """When the authorisation lapses, as the provider says (µs UTC)."""
    has_lapsed: bool = False
    """Of a canceled one: whether its authorisation ran out."""
    action: Action | None = None
    code: str | None = None
    """Why it was declined, in the provider's words: for the log, not for the buyer."""
    created_at: int | None = None
    request_id: str | None = None
    """The provider's name of the request that told this."""
    told: str = ""
    """What it answered, as JSON without keys, secrets and card data."""


class ProviderRefund(Struct, frozen=True, kw_only=True):
    """A refund as its provider tells of it now."""

    id: str
    provider_id: str
    """The payment that it is of."""
    stage: RefundStage
    amount_minor: int
    currency: str
    refund: str | None = None
    """Our id of it, None where somebody else has made it."""
    code: str | None = None
    request_id: str | None = None
    told: str = ""


class ProviderDispute(Struct, frozen=True, kw_only=True):
    """A dispute as its provider tells of it now."""

    id: str
    provider_id: str
    """The payment that it is about."""
    stage: DisputeStage
    amount_minor: int
    currency: str
    reason: str = ""


class Bell(Struct, frozen=True):
    """That something has happened: the event, and which payment to look at. All else in its body is hearsay."""

    event: str
    type: str
    provider_id: str | None
    """The payment; None where the event is of something else."""
    attempt: str | None
    """The attempt of ours that it names, None where it is not ours."""
    is_live: bool
    told: str = ""
    """What it said, as JSON without keys, secrets and card data."""


class NoBell(Struct, frozen=True):
    """Why a request is no bell: somebody else's, broken, too old or too far ahead."""

    reason: str


class Trouble(Struct, frozen=True, kw_only=True):
    """No answer, and what that means; `code` and `message` are for the log."""

    kind: TroubleKind
    code: str = ""
    message: str = ""
    request_id: str | None = None
    told: str = ""
