"""Rows of the outbox: endpoints with their secrets, messages for them, and the lanes in which messages wait.

A lane is what waits for one endpoint about one subject: its row is there while anything does. Whoever writes a message
opens its lane afterwards, and whoever settles one locks its lane first, so that no message is left without a lane.
Times are microseconds UTC.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import asdict

from tillroll.store import Transaction
from tillroll.store.queries import keys

PENDING, DELIVERED, DEAD = "PENDING", "DELIVERED", "DEAD"
# A message of an endpoint that was removed before it could be delivered.
DROPPED = "DROPPED"


class WebhookRow(Struct, frozen=True):
    """An endpoint; `types` are words with blanks between them. Nothing is sent before `rest_until`, and it is asked for
    what has become true since `asked_since`."""

    id: str
    url: str
    types: str
    description: str
    state: str
    reason: str
    rest_until: int
    asked_since: int
    created_at: int
    changed_at: int


class NewWebhook(Struct, frozen=True):
    """An endpoint that is to be told from now on."""

    shop: str
    id: str
    url: str
    types: str
    description: str
    now: int


class WebhookAsking(Struct, frozen=True):
    """An endpoint that is switched on, and the types that it asks for."""

    id: str
    types: str


class ShopAsking(Struct, frozen=True):
    """A shop with an endpoint that asks for a type, and since when."""

    shop: str
    asked_since: int


class NewDelivery(Struct, frozen=True):
    """A message for an endpoint; `document` is what will be sent, byte for byte."""

    shop: str
    webhook_id: str
    type: str
    subject: str
    document: str
    now: int


class LaneKey(Struct, frozen=True, order=True):
    """What waits for one endpoint about one subject."""

    shop: str
    webhook_id: str
    subject: str


class ClaimedLane(Struct, frozen=True):
    """A lane that nobody else takes until its claim ends; the claim is known by its `turn`."""

    shop: str
    webhook_id: str
    subject: str
    turn: int

    @property
    def key(self) -> LaneKey:
        """Which lane it is."""
        return LaneKey(self.shop, self.webhook_id, self.subject)


class NextDelivery(Struct, frozen=True):
    """The first message that waits in a lane, and how often it was tried."""

    position: int
    document: str
    tries: int


class SettledDelivery(Struct, frozen=True):
    """What became of a message that was tried; `status` is that of the answer, None where there was none."""

    shop: str
    position: int
    state: str
    tries: int
    status: int | None
    answer: str
    tried_at: int
    settled_at: int | None


class DeliveryRow(Struct, frozen=True):
    """A message for an endpoint, and what has become of it so far."""

    position: int
    type: str
    subject: str
    state: str
    tries: int
    replays: int
    status: int | None
    answer: str
    created_at: int
    tried_at: int | None
    settled_at: int | None


class DeliveryPlace(Struct, frozen=True):
    """Where a message is: its position and its subject."""

    position: int
    subject: str


class DeliveryCount(Struct, frozen=True):
    """How many messages of an endpoint are in a state, and since when there is one of them."""

    webhook_id: str
    state: str
    count: int
    oldest_at: int


class SettledSince(Struct, frozen=True):
    """Messages of one endpoint that were settled in this state, written since then and behind a position."""

    shop: str
    webhook_id: str
    state: str
    since: int
    after: int
    limit: int


def insert_webhook(tx: Transaction, new: NewWebhook) -> None:
    """Write a new endpoint, which is switched on."""
    tx.run("insert_webhook", **asdict(new))


def webhooks_of(tx: Transaction, shop: str) -> list[WebhookRow]:
    """The endpoints of a shop, the oldest first."""
    return [WebhookRow(*row) for row in tx.rows("webhooks", shop=shop)]


def webhook_of(tx: Transaction, shop: str, id: str) -> WebhookRow | None:
    """One endpoint."""
    row = tx.row("webhook", shop=shop, id=id)
    return WebhookRow(*row) if row is not None else None


def asking(tx: Transaction, shop: str) -> list[WebhookAsking]:
    """The endpoints that are switched on."""
    return [WebhookAsking(*row) for row in tx.rows("webhooks_asking", shop=shop)]


def shops_asking(tx: Transaction, type: str) -> list[ShopAsking]:
    """The shops whose endpoints ask for a type."""
    return [ShopAsking(*row) for row in tx.rows("shops_asking", type=type)]


def update_webhook(tx: Transaction, shop: str, webhook: WebhookRow) -> None:
    """Write an endpoint as it is now; the shop's version is raised already, so that nobody else does."""
    written = asdict(webhook)
    del written["created_at"]
    tx.run("update_webhook", shop=shop, **written)


def rest(tx: Transaction, shop: str, id: str, until: int) -> None:
    """Send nothing to an endpoint until then."""
    tx.run("rest_webhook", shop=shop, id=id, until=until)


def insert_secret(tx: Transaction, shop: str, webhook_id: str, given: tuple[str, int]) -> None:
    """Write a secret, and since when it is one."""
    secret, now = given
    tx.run("insert_webhook_secret", shop=shop, webhook_id=webhook_id, secret=secret, now=now)


def end_secrets(tx: Transaction, shop: str, webhook_id: str, ends_at: int) -> None:
    """Let the secret of an endpoint end at a time; one that was to end already ends now."""
    tx.run("delete_ending_webhook_secrets", shop=shop, webhook_id=webhook_id)
    tx.run("end_webhook_secrets", shop=shop, webhook_id=webhook_id, ends_at=ends_at)


def delete_secrets(tx: Transaction, shop: str, webhook_id: str) -> None:
    """Forget what an endpoint's messages were signed with."""
    tx.run("delete_webhook_secrets", shop=shop, webhook_id=webhook_id)


def secrets_of(tx: Transaction, shop: str, webhook_id: str, now: int) -> list[str]:
    """What messages are signed with, the newest secret first."""
    return [str(secret) for (secret,) in tx.rows("webhook_secrets", shop=shop, webhook_id=webhook_id, now=now)]


def insert_deliveries(tx: Transaction, deliveries: Sequence[NewDelivery]) -> None:
    """Write messages, in their order."""
    tx.run_many("insert_webhook_delivery", deliveries)


def open_lanes(tx: Transaction, lanes: Iterable[LaneKey], now: int) -> None:
    """Let what waits in these lanes be sent: what was written to them is written before."""
    opened = sorted(set(lanes))
    tx.run_many("open_webhook_lane", [{**asdict(lane), "now": now} for lane in opened])


def are_lanes_due(tx: Transaction, now: int) -> bool:
    """Whether anything of any shop is to be sent."""
    row = tx.row("webhook_lanes_due", now=now)
    return row is not None and row[0] > 0


def claim_lanes(tx: Transaction, times: tuple[int, int], busy: Iterable[str], limit: int) -> list[ClaimedLane]:
    """Lanes that are due now, for whoever claims them alone until another time; not those of busy endpoints."""
    now, until = times
    found = tx.rows("claim_webhook_lanes", now=now, until=until, busy=keys(busy), limit=limit)
    return sorted((ClaimedLane(*row) for row in found), key=lambda lane: lane.key)


def lock_lane(tx: Transaction, lane: LaneKey) -> int | None:
    """Lock a lane; whose turn it is, or None where it is closed."""
    row = tx.row("lock_webhook_lane", **asdict(lane))
    return int(row[0]) if row is not None else None


def move_lane(tx: Transaction, lane: ClaimedLane, due_at: int) -> None:
    """Let a locked lane be due at a time."""
    tx.run("move_webhook_lane", **asdict(lane), due_at=due_at)


def close_lane(tx: Transaction, lane: LaneKey) -> None:
    """Close a locked lane in which nothing waits."""
    tx.run("close_webhook_lane", **asdict(lane))


def next_delivery(tx: Transaction, lane: LaneKey) -> NextDelivery | None:
    """The first message that waits in a lane."""
    row = tx.row("next_webhook_delivery", **asdict(lane))
    return NextDelivery(*row) if row is not None else None


def settle(tx: Transaction, settled: SettledDelivery) -> None:
    """Write what became of a message."""
    tx.run("settle_webhook_delivery", **asdict(settled))


def drop_all(tx: Transaction, shop: str, webhook_id: str, now: int) -> None:
    """Let nothing wait for an endpoint any more."""
    tx.run("close_webhook_lanes", shop=shop, webhook_id=webhook_id)
    tx.run("drop_webhook_deliveries", shop=shop, webhook_id=webhook_id, now=now)


def replay(tx: Transaction, shop: str, places: Sequence[DeliveryPlace]) -> int:
    """Let settled messages wait once more, as if they were new; how many did. Their lanes are to be opened."""
    return sum(tx.run("replay_webhook_delivery", shop=shop, position=place.position) for place in places)


def delivery_of(tx: Transaction, shop: str, webhook_id: str, position: int) -> DeliveryRow | None:
    """One message of an endpoint."""
    row = tx.row("webhook_delivery", shop=shop, webhook_id=webhook_id, position=position)
    return DeliveryRow(*row) if row is not None else None


def deliveries_page(tx: Transaction, shop: str, webhook_id: str, wanted: tuple[str, int, int]) -> list[DeliveryRow]:
    """The messages of an endpoint before a position, the newest first: (state, position, how many); no state is any."""
    state, before, limit = wanted
    if not state:
        found = tx.rows("webhook_deliveries_page", shop=shop, webhook_id=webhook_id, before=before, limit=limit)
    else:
        page = {"shop": shop, "webhook_id": webhook_id, "state": state, "before": before, "limit": limit}
        found = tx.rows("webhook_deliveries_page_in_state", **page)
    return [DeliveryRow(*row) for row in found]


def settled_since(tx: Transaction, wanted: SettledSince) -> list[DeliveryPlace]:
    """Some of these messages, the oldest first."""
    return [DeliveryPlace(*row) for row in tx.rows("webhook_deliveries_settled", **asdict(wanted))]


def counts(tx: Transaction, shop: str) -> list[DeliveryCount]:
    """How many messages of each endpoint are in which state."""
    return [DeliveryCount(*row) for row in tx.rows("webhook_delivery_counts", shop=shop)]


def delete_old(tx: Transaction, before: int, limit: int) -> int:
    """Delete up to `limit` messages that were settled before this time; how many were."""
    return tx.run("delete_old_webhook_deliveries", before=before, limit=limit)
