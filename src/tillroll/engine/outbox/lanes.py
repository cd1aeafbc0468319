"""What waits for endpoints goes out lane by lane: claimed, sent outside of any transaction, and settled.

    claim ─► send the first message ─► settle ─► the next one of the lane, until nothing waits or one has to be repeated

A claim ends by itself: what a process that died had claimed is sent by another one. Of two who believe that a lane is
theirs, the one whose turn it is no more settles nothing.
"""

from collections.abc import Collection, Sequence

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.outbox.schedule import next_try
from tillroll.engine.outbox import endpoints
from tillroll.store import Transaction
from tillroll.store.outbox import rows
from tillroll.store.outbox.rows import DEAD, DELIVERED, PENDING, ClaimedLane, SettledDelivery

# What of an answer is kept for people who look into a delivery.
ANSWER_CHARACTERS_MAX = 500


class SendTask(Struct, frozen=True):
    """A message to be sent, once: where to, signed with what, before the claim ends (microseconds UTC)."""

    lane: ClaimedLane
    position: int
    document: str
    tries: int
    url: str
    secrets: tuple[str, ...]
    until: int


class LanesClaim(Struct, frozen=True):
    """A look for what is due: until when it is claimed, how many lanes, and whose are left alone."""

    now: int
    until: int
    limit: int
    busy: Collection[str] = ()


class SendOutcome(Struct, frozen=True, kw_only=True):
    """What became of a message that was sent: `status` is that of the answer, None where none came.

    An endpoint may ask to be left alone until `rest_until`, and one that `is_gone` is switched off. `now` is when the
    answer came, `until` when the claim of the next message ends (microseconds UTC).
    """

    task: SendTask
    status: int | None
    answer: str
    now: int
    until: int
    jitter_thousandths: int
    rest_until: int = 0
    is_gone: bool = False

    @property
    def is_delivered(self) -> bool:
        """Whether the endpoint has taken it."""
        return self.status is not None and 200 <= self.status < 300


def are_due(tx: Transaction, now: int) -> bool:
    """Whether anything is to be sent."""
    return rows.are_lanes_due(tx, now)


def claim(tx: Transaction, claims: Sequence[LanesClaim]) -> list[list[SendTask]]:
    """Claim what is due: the first message of each lane."""
    found: list[list[SendTask]] = []
    for one in claims:
        lanes = rows.claim_lanes(tx, (one.now, one.until), one.busy, one.limit)
        tasks = [_task(tx, lane, one.now, one.until) for lane in lanes]
        found.append([task for task in tasks if task is not None])
    return found


def settle(tx: Transaction, outcomes: Sequence[SendOutcome]) -> list[SendTask | None]:
    """Write what became of these messages; what is to be sent next of each lane, None where nothing is just now."""
    for outcome in sorted(outcomes, key=lambda one: one.task.lane.key):
        if outcome.is_gone:  # the shop's version is raised before any lane is locked
            endpoints.switch_off(tx, outcome.task.lane.shop, outcome.task.lane.webhook_id, outcome.now)
    following: dict[int, SendTask | None] = {}
    for place in sorted(range(len(outcomes)), key=lambda place: outcomes[place].task.lane.key):
        following[place] = _settle(tx, outcomes[place])
    return [following[place] for place in range(len(outcomes))]


def _settle(tx: Transaction, outcome: SendOutcome) -> SendTask | None:
    task, lane = outcome.task, outcome.task.lane
    if rows.lock_lane(tx, lane.key) != lane.turn:
        return None  # overtaken: somebody else sends it, or the endpoint was removed
    again_at = None if outcome.is_delivered else next_try(task.tries + 1, outcome.now, outcome.jitter_thousandths)
    state = DELIVERED if outcome.is_delivered else DEAD if again_at is None else PENDING
    settled = SettledDelivery(
        shop=lane.shop,
        position=task.position,
        state=state,
        tries=task.tries + 1,
        status=outcome.status,
        answer=outcome.answer[:ANSWER_CHARACTERS_MAX].replace("\0", "\u2400"),
        tried_at=outcome.now,
        settled_at=None if state == PENDING else outcome.now,
    )
    rows.settle(tx, settled)
    if outcome.rest_until:
        rows.rest(tx, lane.shop, lane.webhook_id, outcome.rest_until)
    if again_at is not None:
        rows.move_lane(tx, lane, max(again_at, outcome.rest_until))
        return None
    return _go_on(tx, lane, outcome)


def _go_on(tx: Transaction, lane: ClaimedLane, outcome: SendOutcome) -> SendTask | None:
    """The next message of a lane, claimed; a lane in which nothing waits is closed."""
    turn = replace(lane, turn=lane.turn + 1)
    if rows.next_delivery(tx, lane.key) is None:
        rows.close_lane(tx, lane.key)
        return None
    rows.move_lane(tx, turn, outcome.until)
    return _task(tx, turn, outcome.now, outcome.until)


def _task(tx: Transaction, lane: ClaimedLane, now: int, until: int) -> SendTask | None:
    """The first message of a claimed lane; none for an endpoint that was removed or switched off meanwhile."""
    waiting = rows.next_delivery(tx, lane.key)
    endpoint = rows.webhook_of(tx, lane.shop, lane.webhook_id)
    if waiting is None or endpoint is None or endpoint.state != endpoints.ENABLED:
        return None
    secrets = tuple(rows.secrets_of(tx, lane.shop, lane.webhook_id, now))
    return SendTask(lane, waiting.position, waiting.document, waiting.tries, endpoint.url, secrets, until)
