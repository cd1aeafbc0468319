"""Delivers events: signed anew at each try, and tried again after a while where the answer is no 2xx."""

import asyncio
import hmac
import logging
from collections.abc import Callable
from hashlib import sha256

import httpx

from tillroll.simulator.books import HIDDEN, Books
from tillroll.simulator.clock import Clock, signed_at
from tillroll.simulator.script import Script

# Number, endpoint, event, body and tries so far.
Due = tuple[int, str, str, str, int]

DELIVERY_SECONDS_MAX = 20
# How often the queue is looked at where nothing is said to be due sooner.
LOOK_SECONDS = 1.0

_log = logging.getLogger(__name__)


class Courier:
    """The queue of deliveries, worked off beside the requests."""

    def __init__(self, books: Books, clock: Clock, script: Callable[[], Script]) -> None:
        self._books = books
        self._clock = clock
        self._script = script
        self._woken = asyncio.Event()
        self._under_way: set[int] = set()
        self._client: httpx.AsyncClient | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, unless it has begun."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())

    def wake(self) -> None:
        """Something may be due by now."""
        self._woken.set()

    async def stop(self) -> None:
        """Leave what is not delivered in the queue."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def deliver_due(self) -> None:
        """Deliver what is due now, all of it at once."""
        due = self._books.deliveries_due(self._clock.ticking_ms())
        new = [one for one in due if one[0] not in self._under_way]
        self._under_way.update(one[0] for one in new)
        await asyncio.gather(*(self._deliver(one) for one in new))

    async def _work(self) -> None:
        while True:
            self._woken.clear()
            await self.deliver_due()
            next_ms = self._books.next_delivery_ms()
            wait = LOOK_SECONDS if next_ms is None else (next_ms - self._clock.ticking_ms()) / 1000
            try:
                async with asyncio.timeout(min(max(wait, 0.005), LOOK_SECONDS)):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _deliver(self, due: Due) -> None:
        number, endpoint, event, body, tries = due
        try:
            found = self._books.find("webhook_endpoint", endpoint)
            status = 0 if found is None else await self._sent(found[0]["url"], found[0][HIDDEN]["secret"], body)
            waits = self._script().webhooks.retry_seconds
            with self._books.commit():
                self._books.note_request(
                    {
                        **{"at": self._clock.now(), "op": "webhook", "event": event, "endpoint": endpoint},
                        **{"try": tries + 1, "status": status},
                    }
                )
                if found is None or 200 <= status < 300 or tries >= len(waits):
                    self._books.delivered(number)
                else:
                    self._books.put_off(number, self._clock.ticking_ms() + int(waits[tries] * 1000))
        finally:
            self._under_way.discard(number)

    async def _sent(self, url: str, secret: str, body: str) -> int:
        """The status of the answer; 0 where there was none."""
        if self._client is None:
            self._client = httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=DELIVERY_SECONDS_MAX)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(secret, signed_at(), body),
            "User-Agent": "Stripe/1.0 (simulated by Tillroll)",
        }
        try:
            return (await self._client.post(url, content=body.encode(), headers=headers)).status_code
        except httpx.HTTPError as error:
            _log.info("a webhook was not delivered: %s", type(error).__name__)
            return 0


def signature(secret: str, at: int, body: str) -> str:
    """The header by which a receiver knows who sent a body: HMAC-SHA256 over `<seconds>.<body>`, with the secret."""
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), sha256).hexdigest()
    return f"t={at},v1={digest}"
