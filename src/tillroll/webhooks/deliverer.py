"""Messages that are due go out, lane by lane, several at a time and few to one endpoint.

    claim lanes ─► each: send ─► settle ─► send the next of the lane ─► … ─► nothing waits, or a pause begins

Any number of processes deliver: each lane is claimed by one of them. What a process that died had claimed is sent again
by another one when the claim ends, so that every message arrives at least once.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

from tillroll.domain.outbox.schedule import rest_after
from tillroll.engine.outbox import lanes
from tillroll.engine.outbox.lanes import LanesClaim, SendOutcome, SendTask
from tillroll.store import Contended, Overloaded, Store, StoreFailed
from tillroll.webhooks.sender import Sender

# How long a message waits at most before somebody looks for it.
LOOK_SECONDS = 0.5
TROUBLE_SECONDS = 5
# So many messages are on their way at once, and so many of them to one endpoint, so that a slow one delays no other.
SENDING_MAX = 64
SENDING_TO_ONE_MAX = 8
# How much longer than a delivery its claim lasts: what is answered has to be written, and clocks differ.
CLAIM_MARGIN_SECONDS = 10
_SECOND = 1_000_000

_log = logging.getLogger(__name__)


class Deliverer:
    """Sends what is due, in one process; `jitter` gives random numbers from 0 to 1,000."""

    def __init__(self, sender: Sender, clock: Callable[[], int], jitter: Callable[[], int]) -> None:
        self._sender, self._clock, self._jitter = sender, clock, jitter
        self._going: dict[asyncio.Task[None], str] = {}

    async def run(self, store: Store) -> None:
        """Deliver until cancelled; what is on its way then is sent again once its claim has ended."""
        try:
            while True:
                await self._look_calmly(store)
        finally:
            for going in self._going:
                going.cancel()
            await asyncio.gather(*self._going, return_exceptions=True)
            await self._sender.close()

    async def _look_calmly(self, store: Store) -> None:
        try:
            if await self._look(store):
                return
        except (Overloaded, Contended, StoreFailed) as trouble:
            _log.warning("delivering messages is put off: %s", trouble)
            await asyncio.sleep(TROUBLE_SECONDS)
        except Exception:  # noqa: BLE001  a fault of one look ends no deliveries of the looks after it
            _log.exception("a look for messages failed")
            await asyncio.sleep(TROUBLE_SECONDS)
        await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, store: Store) -> bool:
        """Begin to send what is due, as much as there is room for; whether there may be more."""
        room = min(SENDING_MAX - len(self._going), SENDING_TO_ONE_MAX)
        if room <= 0 or not await store.read(lanes.are_due, self._clock(), "list"):
            return False
        sending = Counter(self._going.values())
        busy = [id for id, count in sending.items() if count >= SENDING_TO_ONE_MAX]
        found = await store.write(lanes.claim, LanesClaim(self._clock(), self._until(), room, busy))
        for task in found:
            going = asyncio.create_task(self._send_lane(store, task))
            self._going[going] = task.lane.webhook_id
            going.add_done_callback(self._end)
        return len(found) == room

    def _end(self, going: asyncio.Task[None]) -> None:
        del self._going[going]

    async def _send_lane(self, store: Store, first: SendTask) -> None:
        """Send what waits in a claimed lane, one message after the other."""
        task: SendTask | None = first
        try:
            while task is not None and self._is_in_time(task):
                task = await self._send(store, task)
        except (Overloaded, Contended, StoreFailed) as trouble:
            _log.warning("what became of a message could not be written, so that it is sent again: %s", trouble)
        except Exception:  # noqa: BLE001  a fault with one message keeps no other one; it is sent again
            _log.exception("sending a message failed")

    async def _send(self, store: Store, task: SendTask) -> SendTask | None:
        """Send one message, and write what became of it; the next one of its lane."""
        answer = await self._sender.send(task, self._clock())
        now = self._clock()
        outcome = SendOutcome(
            task=task,
            status=answer.status,
            answer=answer.text,
            now=now,
            until=self._until(),
            jitter_thousandths=self._jitter(),
            rest_until=rest_after(answer.rest_seconds, now) if answer.rest_seconds else 0,
            is_gone=answer.is_gone,
        )
        return await store.write(lanes.settle, outcome)

    def _is_in_time(self, task: SendTask) -> bool:
        """Whether a message can be sent before somebody else may believe that nobody sends it."""
        return self._clock() + int(self._sender.call_seconds * _SECOND) < task.until

    def _until(self) -> int:
        return self._clock() + int((self._sender.call_seconds + CLAIM_MARGIN_SECONDS) * _SECOND)
