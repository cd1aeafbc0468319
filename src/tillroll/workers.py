"""Background loops of a server process: forgetting what has expired, following the ledger to its sales, and asking what
became of payments."""

import asyncio
import logging
import time
from collections.abc import Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from tillroll.engine.access import access, idempotency, known_logins
from tillroll.engine.cart import carts as cart
from tillroll.engine.customers import customers, login
from tillroll.engine.inventory import applications, users
from tillroll.engine.ledger import ledger
from tillroll.engine.outbox import endpoints
from tillroll.engine.payments import bells
from tillroll.engine.quotes import quotes
from tillroll.engine.sales import follow as sales
from tillroll.engine.sales import horizon
from tillroll.engine.sales.follow import FollowStep, Stepped
from tillroll.engine.sales.horizon import Seen, Sought
from tillroll.engine.sales.reading import Witnesses
from tillroll.engine.sales.told import tell_left
from tillroll.engine.search import carts as search_carts
from tillroll.payments.gateway import Gateway
from tillroll.rounds import settled, taken
from tillroll.settings import Settings
from tillroll.store import Contended, Overloaded, Store, StoreFailed, Transaction, Work

# How often to look. What has expired is refused in any case; forgetting only keeps the tables small.
INTERVAL_SECONDS = 60
# At most this many rows leave in one transaction, so that no checkout waits for the broom.
ROWS_MAX = 500
# Carts hold events and documents, and each is locked: fewer of them.
CARTS_MAX = 100
# How long a call for a shop that nobody knows is kept, in case somebody sets the shop up.
STRAY_SECONDS = 30 * 86_400
# How long a message is kept that was delivered or given up, in case somebody wants it once more.
MESSAGE_SECONDS = 30 * 86_400

# How long it is known which bells of payment providers were rung: longer than any provider rings again.
BELL_DAYS = 35

DAY_MICROSECONDS = 86_400_000_000

# How long after an event its sale is made, at most, while there is little to do; and how long to rest after a fault.
FOLLOW_SECONDS = 0.2
TROUBLE_SECONDS = 5
# How often to ask whether any payment is due.
RECONCILE_SECONDS = 1
# How long a step should take, for which other writes of SQLite wait: of how many events depends on what they tell. The
# next one has half as many events, or twice as many, where one has taken more, or less than a third.
STEP_SECONDS = 0.06
STEP_EVENTS_MIN, STEP_EVENTS_MAX = 20, 1200
# While more writes a second than these come, during a step or since the one before it, a step is followed by a rest of
# so many times its length: who waits for an answer comes first, and sales are made when there is time. The rest is no
# longer than this, and the shorter the further behind sales are: none where they are this far behind.
BUSY_WRITES = 50
RESTS = 39
REST_SECONDS_MAX = 1.0
LAG_SECONDS = 4.0

_log = logging.getLogger(__name__)


class Expired(Struct, frozen=True):
    """What is to be forgotten (µs UTC): tokens that ended before `now`, answers kept since before `answers_before`, and
    carts that nobody has touched since `carts_before`, those of search sessions since `search_carts_before`."""

    now: int
    answers_before: int
    dialect: str
    carts_before: int = 0
    search_carts_before: int = 0


async def forget(store: Store, settings: Settings, dialect: str) -> None:
    """Delete what has expired (tokens, sessions, codes, answers, carts, stray calls), bit by bit, until cancelled.

    The ledger tells of carts and quotes in this dialect.
    """
    while True:
        await asyncio.sleep(INTERVAL_SECONDS)
        now = time.time_ns() // 1000
        answers_before = now - settings.idempotency_seconds * 1_000_000
        carts_before = now - settings.cart_idle_days * DAY_MICROSECONDS
        search_carts_before = now - settings.search_cart_idle_days * DAY_MICROSECONDS
        expired = Expired(now, answers_before, dialect, carts_before, search_carts_before)
        await taken(partial(_forget_all, store, expired), "forgetting", TROUBLE_SECONDS)


async def _forget_all(store: Store, expired: Expired) -> None:
    while await store.write(forget_some, expired):
        await asyncio.sleep(0)


def forget_some(tx: Transaction, asked: Sequence[Expired]) -> list[bool]:
    """Delete up to ROWS_MAX of each kind; whether there may be more."""
    return [_forget(tx, expired) for expired in asked]


def _forget(tx: Transaction, expired: Expired) -> bool:
    tokens = access.delete_expired(tx, expired.now, ROWS_MAX)
    answers = idempotency.delete_older(tx, expired.answers_before, ROWS_MAX)
    strays = ledger.delete_old_strays(tx, expired.now - STRAY_SECONDS * 1_000_000, ROWS_MAX)
    sessions = users.delete_expired(tx, expired.now, ROWS_MAX)
    codes = applications.delete_expired(tx, expired.now, ROWS_MAX)
    carts = cart.delete_idle(tx, expired.dialect, (expired.carts_before, expired.now), CARTS_MAX)
    abandoned = search_carts.expire_idle(tx, expired.search_carts_before, expired.now, CARTS_MAX)
    failures = login.delete_rested(tx, expired.now, ROWS_MAX)
    known = known_logins.delete_old(tx, expired.now, ROWS_MAX)
    resets = customers.delete_expired_resets(tx, expired.now, ROWS_MAX)
    offers = quotes.expire_some(tx, expired.dialect, expired.now, ROWS_MAX)
    messages = endpoints.delete_old(tx, expired.now - MESSAGE_SECONDS * 1_000_000, ROWS_MAX)
    rung = bells.forget(tx, expired.now - BELL_DAYS * DAY_MICROSECONDS, ROWS_MAX)
    forgotten = (tokens, answers, strays, sessions, codes, failures, known, resets, offers, messages, rung)
    told = tell_left(tx, expired.now, CARTS_MAX)
    return ROWS_MAX in forgotten or CARTS_MAX in (carts, abandoned, told)


async def follow(store: Store, witnesses: Witnesses) -> None:
    """Make sales of what the ledger tells, behind each event once nothing can come before it; until cancelled."""
    follower = _Follower(store, witnesses)
    while True:
        await asyncio.sleep(FOLLOW_SECONDS)
        await taken(follower.look, "making sales", TROUBLE_SECONDS)


async def reconcile(store: Store, gateway: Gateway) -> None:
    """Look at every payment that is due, one round a second; until cancelled."""
    while True:
        await asyncio.sleep(RECONCILE_SECONDS)
        await taken(partial(_look_at_payments, store, gateway), "looking at payments", TROUBLE_SECONDS)


async def _look_at_payments(store: Store, gateway: Gateway) -> None:
    while await gateway.look_at_all(store):
        await asyncio.sleep(0)


class _Follower:
    """How far a process has followed the ledger, and the shops whose sales were not to be followed so far."""

    def __init__(self, store: Store, witnesses: Witnesses) -> None:
        self._store = store
        self._step, self._behind = partial(_timed_steps, witnesses), partial(horizon.behind, witnesses)
        self._pace, self._seen, self._left = _Pace(store), Seen(0), frozenset[str]()

    async def look(self) -> None:
        """Make sales of what has come since the look before."""
        looked_at = time.monotonic()
        newest = await settled(self._store, self._seen)
        if newest.position != self._seen.position:
            sought = Sought(newest.position, self._seen.position, self._left)
            steps = await self._store.read(self._behind, sought, "list")
            done = {one.shop: await _followed(self._store, self._step, one, self._pace) for one in steps}
            self._seen, self._left = newest, frozenset(shop for shop, is_done in done.items() if not is_done)
        self._pace.followed_to = looked_at


class _Timed(Struct, frozen=True):
    """A step that was taken, and how many seconds others waited for it."""

    step: Stepped
    seconds: float


def _timed_steps(witnesses: Witnesses, tx: Transaction, steps: Sequence[FollowStep]) -> list[_Timed]:
    began = time.monotonic()
    found = sales.follow(witnesses, tx, steps)
    seconds = time.monotonic() - began
    return [_Timed(one, seconds) for one in found]


async def _followed(store: Store, step: Work[FollowStep, _Timed], one: FollowStep, pace: "_Pace") -> bool:
    """Take the steps of one shop; whether it has come as far as it was to come.

    It has not where another process is at it, or where something is wrong with its events, which stops no other shop's
    sales.
    """
    while True:
        (found,) = await asyncio.gather(store.write(step, replace(one, events=pace.events)), return_exceptions=True)
        if isinstance(found, _Timed):
            await pace.rest(found.seconds, found.step.events)
            if found.step.is_done:
                return found.step.position >= one.until
        elif isinstance(found, Overloaded | Contended | StoreFailed) or not isinstance(found, Exception):
            raise found
        else:
            _log.error("the sales of %s are put off", one.shop, exc_info=found)
            return False


class _Pace:
    """How much others write meanwhile, how long to rest for them, and how many events a step may have."""

    def __init__(self, store: Store) -> None:
        self.events = sales.EVENTS_USUAL
        self._store = store
        self._since, self._asked = time.monotonic(), store.writes_asked
        self.followed_to = self._since
        """Until when (monotonic) all that had arrived is followed."""

    async def rest(self, step: float, events: int) -> None:
        """Rest after a step of so many seconds and events, if others write as often as only a busy shop's do.

        What came since the rest before began counts as well: a burst is seldom over within one step.
        """
        now, asked = time.monotonic(), self._store.writes_asked
        is_busy = asked - 1 - self._asked > BUSY_WRITES * (now - self._since)
        self._since, self._asked = now, asked
        if step > STEP_SECONDS:
            self.events = max(STEP_EVENTS_MIN, self.events // 2)
        elif step < STEP_SECONDS / 3 and events == self.events:
            self.events = min(STEP_EVENTS_MAX, self.events * 2)
        await asyncio.sleep(rest_after(step, now - self.followed_to) if is_busy else 0)


def rest_after(step: float, lag: float) -> float:
    """How many seconds to rest for others after a step of so many, where sales are so many seconds behind."""
    return min(RESTS * step, REST_SECONDS_MAX) * max(0.0, 1 - lag / LAG_SECONDS)
