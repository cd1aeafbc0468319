"""One reader of the ledger for all streams of a process: what arrives goes to those who listen to its shop.

    ledger ─► every fifth of a second, what is settled ─► Hub ─► Listener, Listener, …      each with room for so much

Events are told once nothing can come before them any more (see `tillroll.engine.sales.horizon`), so that nobody's event
is passed over. While nobody listens, nothing is read.
"""

import asyncio
import contextlib
from collections.abc import Collection
from functools import partial

from msgspec import Struct

from tillroll.engine.sales.horizon import Seen
from tillroll.rounds import settled, taken
from tillroll.store import Store, Transaction
from tillroll.store.ledger import rows
from tillroll.store.ledger.rows import ArrivedRow, LedgerRow

LOOK_SECONDS = 0.2
TROUBLE_SECONDS = 2
# At most this many events are read at once.
READ_MAX = 200
# So many events, and characters of their documents, wait for one listener: who is further behind is sent away.
WAITING_MAX = 2_000
WAITING_CHARACTERS_MAX = 2_097_152
STREAMS_OF_SHOP_MAX = 10
STREAMS_MAX = 100


class Listener:
    """Somebody who listens to a shop: from the position on that `begun` will tell.

    Once too much waits, it `is_late`, and hears nothing more.
    """

    def __init__(self, shop: str) -> None:
        self.shop = shop
        self.begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.is_late = False
        self._waiting: list[LedgerRow] = []
        self._characters = 0
        self._arrival = asyncio.Event()

    def tell(self, event: LedgerRow) -> None:
        """Let an event wait to be heard, if there is room for it; there always is for one."""
        self._characters += len(event.document)
        is_full = len(self._waiting) >= WAITING_MAX or self._characters > WAITING_CHARACTERS_MAX
        if self.is_late or (self._waiting and is_full):
            self.is_late, self._waiting = True, []
        else:
            self._waiting.append(event)
        self._arrival.set()

    async def hear(self, until: float) -> list[LedgerRow]:
        """What has arrived, as soon as anything has; nothing where nothing does by then, by the loop's clock."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._arrival.wait()
        self._arrival.clear()
        found, self._waiting, self._characters = self._waiting, [], 0
        return found


class _Next(Struct, frozen=True):
    """What to read: behind a position, up to another one, of these shops."""

    after: int
    until: int
    shops: Collection[str]


class Hub:
    """Who listens to what arrives, in this process; a stream is quiet for so many seconds at most."""

    def __init__(self, quiet_seconds: float = 15) -> None:
        self.quiet_seconds = quiet_seconds
        self._listeners: set[Listener] = set()
        self._somebody = asyncio.Event()
        self._told = -1  # up to which position events have been told; below nothing while nobody listens

    def join(self, shop: str) -> Listener | None:
        """Listen to a shop; None where as many listen already as may."""
        ours = sum(one.shop == shop for one in self._listeners)
        if ours >= STREAMS_OF_SHOP_MAX or len(self._listeners) >= STREAMS_MAX:
            return None
        listener = Listener(shop)
        self._listeners.add(listener)
        self._somebody.set()
        return listener

    def leave(self, listener: Listener) -> None:
        """Listen no more."""
        self._listeners.discard(listener)

    async def run(self, store: Store) -> None:
        """Tell what arrives to whoever listens, until cancelled."""
        while True:
            await self._somebody.wait()
            await taken(partial(self._look, store), "telling streams what arrives", TROUBLE_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)
            if not self._listeners:
                self._told = -1
                self._somebody.clear()

    async def _look(self, store: Store) -> None:
        """Go on to the newest position before which nothing can come any more."""
        newest = await settled(store, Seen(self._told))
        if self._told < 0:
            self._told = newest.position
        while True:
            self._begin()  # with nothing to wait for until the shops are named: nobody is between two reads
            if self._told >= newest.position:
                return
            wanted = _Next(self._told, newest.position, {one.shop for one in self._listeners})
            found = await store.read(_arrived, wanted, "list")
            for row in found:
                self._tell(row)
            self._told = found[-1].position if len(found) == READ_MAX else newest.position

    def _begin(self) -> None:
        for listener in self._listeners:
            if not listener.begun.done():
                listener.begun.set_result(self._told)

    def _tell(self, row: ArrivedRow) -> None:
        for listener in self._listeners:
            if listener.shop == row.shop:
                listener.tell(row.event)


def _arrived(tx: Transaction, wanted: _Next) -> list[ArrivedRow]:
    return rows.arrived(tx, (wanted.after, wanted.until), wanted.shops, READ_MAX)
