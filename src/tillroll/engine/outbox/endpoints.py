"""Endpoints of a shop: where it is told of what became true, which types it asks for, and what is signed with what.

Every change raises the version of the shop's set-up, under whose lock it is made: checkouts remember who asks for what.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.outbox.messages import WEBHOOK_TEST, OutboxMessage, webhook_subject
from tillroll.engine.outbox import outbox
from tillroll.store import Transaction
from tillroll.store.documents.rows import raise_version
from tillroll.store.outbox import rows
from tillroll.store.outbox.rows import (
    DeliveryCount,
    DeliveryPlace,
    DeliveryRow,
    LaneKey,
    NewWebhook,
    SettledSince,
    WebhookRow,
)

ENABLED, DISABLED, REMOVED = "ENABLED", "DISABLED", "REMOVED"
# Why an endpoint is switched off: because it answered that it is gone, or because somebody said so.
GONE, BY_HAND = "gone", "by_hand"
ENDPOINTS_MAX = 20
# So many messages are sent once more in one transaction; whoever wants more asks again.
REPLAYED_MAX = 500


class WebhookChange(Struct, frozen=True):
    """What is to be another thing about an endpoint; None stays as it is."""

    url: str | None = None
    types: tuple[str, ...] | None = None
    description: str | None = None
    is_enabled: bool | None = None


class Replay(Struct, frozen=True):
    """Which messages are sent once more: those in this state that were written since then, behind a position."""

    state: str
    since: int
    after: int
    now: int


class Replayed(Struct, frozen=True):
    """How many messages are sent once more; `next` is the position behind which to go on, None at the end."""

    count: int
    next: int | None


def create(tx: Transaction, new: NewWebhook, secret: str) -> bool:
    """Tell an endpoint from now on; False where the shop has as many as it may have."""
    _raise_version(tx, new.shop)
    if len(rows.webhooks_of(tx, new.shop)) >= ENDPOINTS_MAX:
        return False
    rows.insert_webhook(tx, new)
    rows.insert_secret(tx, new.shop, new.id, (secret, new.now))
    return True


def of_shop(tx: Transaction, shop: str) -> list[WebhookRow]:
    """The endpoints of a shop, the oldest first."""
    return rows.webhooks_of(tx, shop)


def of_id(tx: Transaction, shop: str, id: str) -> WebhookRow | None:
    """One endpoint of a shop."""
    return rows.webhook_of(tx, shop, id)


def change(tx: Transaction, shop: str, id: str, wanted: tuple[WebhookChange, int]) -> WebhookRow | None:
    """Change an endpoint at a time; as it is then, or None where there is none.

    It is asked for facts anew since it was switched on or asks for other types.
    """
    changes, now = wanted
    _raise_version(tx, shop)
    before = rows.webhook_of(tx, shop, id)
    if before is None:
        return None
    after = before
    if changes.url is not None:
        after = replace(after, url=changes.url)
    if changes.types is not None:
        after = replace(after, types=" ".join(changes.types))
    if changes.description is not None:
        after = replace(after, description=changes.description)
    if changes.is_enabled is not None:
        state, reason = (ENABLED, "") if changes.is_enabled else (DISABLED, before.reason or BY_HAND)
        after = replace(after, state=state, reason=reason, rest_until=0)
    if after == before:
        return before
    is_asked_anew = (after.types, after.state) != (before.types, before.state)
    after = replace(after, asked_since=now if is_asked_anew else before.asked_since, changed_at=now)
    rows.update_webhook(tx, shop, after)
    return after


def switch_off(tx: Transaction, shop: str, id: str, now: int) -> None:
    """Tell an endpoint no more that has said that it is gone; what waits for it waits until it is switched on."""
    _raise_version(tx, shop)
    before = rows.webhook_of(tx, shop, id)
    if before is not None and before.state == ENABLED:
        rows.update_webhook(tx, shop, replace(before, state=DISABLED, reason=GONE, changed_at=now))


def remove(tx: Transaction, shop: str, id: str, now: int) -> bool:
    """Remove an endpoint; what waits for it is sent no more. False where there is none."""
    _raise_version(tx, shop)
    before = rows.webhook_of(tx, shop, id)
    if before is None:
        return False
    rows.update_webhook(tx, shop, replace(before, state=REMOVED, changed_at=now))
    rows.delete_secrets(tx, shop, id)
    rows.drop_all(tx, shop, id, now)
    return True


def rotate(tx: Transaction, shop: str, id: str, new: tuple[str, int, int]) -> bool:
    """Sign with a new secret, since a time, and with the one before as well until another time; False without such an
    endpoint."""
    secret, now, ends_at = new
    _raise_version(tx, shop)
    if rows.webhook_of(tx, shop, id) is None:
        return False
    rows.end_secrets(tx, shop, id, ends_at)
    rows.insert_secret(tx, shop, id, (secret, now))
    return True


def test(tx: Transaction, shop: str, endpoint: WebhookRow, now: int) -> None:
    """Send a message that says nothing, for whoever wants to see whether anything arrives."""
    message = OutboxMessage(WEBHOOK_TEST, webhook_subject(endpoint.id), {"webhook": endpoint.id}, now)
    outbox.send(tx, shop, [(message, endpoint.id)])


def deliveries(tx: Transaction, shop: str, id: str, wanted: tuple[str, int, int]) -> list[DeliveryRow]:
    """The messages of an endpoint, the newest first: in a state (empty: any), before a position, so many."""
    return rows.deliveries_page(tx, shop, id, wanted)


def delivery(tx: Transaction, shop: str, id: str, position: int) -> DeliveryRow | None:
    """One message of an endpoint."""
    return rows.delivery_of(tx, shop, id, position)


def replay_one(tx: Transaction, shop: str, id: str, message: tuple[DeliveryRow, int]) -> int:
    """Send a message once more, now; 0 where it waits anyway."""
    row, now = message
    return _replay(tx, shop, id, ([DeliveryPlace(row.position, row.subject)], now))


def replay_since(tx: Transaction, shop: str, id: str, wanted: Replay) -> Replayed:
    """Send messages once more, in their order."""
    asked = SettledSince(shop, id, wanted.state, wanted.since, wanted.after, REPLAYED_MAX)
    found = rows.settled_since(tx, asked)
    count = _replay(tx, shop, id, (found, wanted.now))
    return Replayed(count, found[-1].position if len(found) == REPLAYED_MAX else None)


def counts(tx: Transaction, shop: str) -> list[DeliveryCount]:
    """How many messages of each endpoint are in which state."""
    return rows.counts(tx, shop)


def delete_old(tx: Transaction, before: int, limit: int) -> int:
    """Delete up to `limit` messages that were settled before this time; how many were."""
    return rows.delete_old(tx, before, limit)


def _replay(tx: Transaction, shop: str, id: str, found: tuple[Sequence[DeliveryPlace], int]) -> int:
    places, now = found
    count = rows.replay(tx, shop, places)
    if count:
        rows.open_lanes(tx, [LaneKey(shop, id, place.subject) for place in places], now)
    return count


def _raise_version(tx: Transaction, shop: str) -> None:
    raise_version(tx, shop)
    tx.changed.add(shop)
