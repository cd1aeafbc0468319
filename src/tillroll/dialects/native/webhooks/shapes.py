"""What is asked and answered about webhook endpoints and their messages."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from tillroll.dialects.native.events import moment
from tillroll.domain.outbox.messages import TYPES
from tillroll.domain.outbox.targets import URL_CHARACTERS_MAX
from tillroll.engine.outbox.endpoints import ENABLED
from tillroll.engine.outbox.ids import message_id
from tillroll.store.outbox.rows import DeliveryRow, WebhookRow

DESCRIPTION_CHARACTERS_MAX = 500
OVERLAP_HOURS, OVERLAP_HOURS_MAX = 24, 168

Url = Annotated[
    str,
    Meta(
        description="Where messages go: https, and a host of the public internet.",
        min_length=1,
        max_length=URL_CHARACTERS_MAX,
        examples=["https://shop.example/tillroll"],
    ),
]
Types = Annotated[
    list[Annotated[str, Meta(description="A type of message.", extra_json_schema={"enum": list(TYPES)})]],
    Meta(description="The types of messages that it asks for.", min_length=1, max_length=len(TYPES)),
]
About = Annotated[
    str, Meta(description="What it is for, for people.", max_length=DESCRIPTION_CHARACTERS_MAX, examples=["Warehouse"])
]
EndpointStatus = Literal["enabled", "disabled"]
DeliveryStatus = Literal["pending", "delivered", "dead", "dropped"]


class WebhookRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An endpoint that is to be told from now on."""

    url: Url
    types: Types
    description: About = ""


class WebhookPatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be another thing about an endpoint; what is left out stays."""

    url: Url | None = None
    types: Types | None = None
    description: About | None = None
    status: Annotated[
        EndpointStatus | None,
        Meta(description="`disabled` tells it no more; `enabled` goes on with what waits for it."),
    ] = None


class SecretRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new secret, and how long the one before signs beside it."""

    overlap_hours: Annotated[
        int,
        Meta(description="For how many hours the secret before signs as well.", ge=0, le=OVERLAP_HOURS_MAX),
    ] = OVERLAP_HOURS


class ReplayRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which messages are sent once more."""

    since: Annotated[
        str,
        Meta(
            description="Those that were written since then: a moment in ISO 8601.", examples=["2026-12-01T00:00:00Z"]
        ),
    ]
    status: Annotated[Literal["dead", "delivered"], Meta(description="Dead letters, or those that were delivered.")] = (
        "dead"
    )
    after: Annotated[str, Meta(description="The message to go on behind: the `next` of an answer.", max_length=30)] = ""


class WebhookAnswer(Struct, frozen=True, kw_only=True):
    """An endpoint."""

    id: Annotated[str, Meta(description="Its id.")]
    url: Annotated[str, Meta(description="Where messages go.")]
    types: Annotated[list[str], Meta(description="The types of messages that it asks for.")]
    description: Annotated[str, Meta(description="What it is for.")]
    status: Annotated[EndpointStatus, Meta(description="Whether it is told.")]
    reason: Annotated[
        str | None, Meta(description="Why it is told no more: `gone` where it has answered 410, `by_hand` otherwise.")
    ]
    created_at: Annotated[str, Meta(description="When it was registered.")]
    changed_at: Annotated[str, Meta(description="When it was changed last.")]


class NewWebhookAnswer(Struct, frozen=True, kw_only=True):
    """An endpoint that was just registered, with the secret that is shown this once."""

    webhook: Annotated[WebhookAnswer, Meta(description="The endpoint.")]
    secret: Annotated[str, Meta(description="What its messages are signed with: `whsec_…`, shown this once.")]


class WebhooksAnswer(Struct, frozen=True):
    """The endpoints of a shop."""

    items: Annotated[list[WebhookAnswer], Meta(description="The endpoints, the oldest first.")]


class SecretAnswer(Struct, frozen=True, kw_only=True):
    """A secret that is shown this once."""

    secret: Annotated[str, Meta(description="What messages are signed with from now on: `whsec_…`, shown this once.")]
    old_ends_at: Annotated[str, Meta(description="Until when the secret before signs as well.")]


class DeliveryAnswer(Struct, frozen=True, kw_only=True):
    """A message for an endpoint, and what has become of it."""

    id: Annotated[str, Meta(description="The id of the message, which it bears as `webhook-id`.")]
    type: Annotated[str, Meta(description="What became true.")]
    subject: Annotated[str, Meta(description="What it is about; of one subject, no message overtakes another.")]
    status: Annotated[DeliveryStatus, Meta(description="`dead` was tried until the schedule ended.")]
    tries: Annotated[int, Meta(description="How often it was tried, since it was last replayed.")]
    replays: Annotated[int, Meta(description="How often it was replayed.")]
    answer_status: Annotated[int | None, Meta(description="The HTTP status of the last answer; null where none came.")]
    answer: Annotated[str, Meta(description="How the last answer began, or why none came.")]
    created_at: Annotated[str, Meta(description="When it was written, with what it tells.")]
    tried_at: Annotated[str | None, Meta(description="When it was tried last.")]
    settled_at: Annotated[str | None, Meta(description="When it was delivered or given up.")]


class DeliveriesPage(Struct, frozen=True):
    """Messages for an endpoint."""

    items: Annotated[list[DeliveryAnswer], Meta(description="The messages, the newest first.")]
    next: Annotated[str | None, Meta(description="The `cursor` of the next page; null at the end.")]


class SentAgainAnswer(Struct, frozen=True, kw_only=True):
    """Messages that are sent once more."""

    replayed: Annotated[int, Meta(description="How many there are.")]
    next: Annotated[str | None, Meta(description="What to send as `after` for those behind them; null at the end.")]


class TestAnswer(Struct, frozen=True):
    """A message was written that says nothing."""

    message: Annotated[str, Meta(description="Its id.")]


def webhook_answer(row: WebhookRow) -> WebhookAnswer:
    """An endpoint as it is shown."""
    return WebhookAnswer(
        id=row.id,
        url=row.url,
        types=row.types.split(),
        description=row.description,
        status="enabled" if row.state == ENABLED else "disabled",
        reason=row.reason or None,
        created_at=moment(row.created_at),
        changed_at=moment(row.changed_at),
    )


def delivery_answer(row: DeliveryRow) -> DeliveryAnswer:
    """A message as it is shown."""
    return DeliveryAnswer(
        id=message_id(row.position),
        type=row.type,
        subject=row.subject,
        status=_STATUSES[row.state],
        tries=row.tries,
        replays=row.replays,
        answer_status=row.status,
        answer=row.answer,
        created_at=moment(row.created_at),
        tried_at=moment(row.tried_at) if row.tried_at is not None else None,
        settled_at=moment(row.settled_at) if row.settled_at is not None else None,
    )


_STATUSES: dict[str, DeliveryStatus] = {
    "PENDING": "pending",
    "DELIVERED": "delivered",
    "DEAD": "dead",
    "DROPPED": "dropped",
}
STATES: dict[str, str] = {status: state for state, status in _STATUSES.items()}
