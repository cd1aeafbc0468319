"""Background loops of a server process: forgetting what has expired, and following the ledger to its sales."""

import asyncio
import logging
import time
from collections.abc import Sequence
from functools import partial

from msgspec import Struct

from tillroll.engine.access import access, idempotency, known_logins
from tillroll.engine.cart import carts as cart
from tillroll.engine.customers import customers, login
from tillroll.engine.inventory import applications, users
from tillroll.engine.ledger import ledger
from tillroll.engine.quotes import quotes
from tillroll.engine.sales import follow as sales
from tillroll.engine.sales import horizon
from tillroll.engine.sales.follow import FollowStep, Stepped
from tillroll.engine.sales.horizon import Seen
from tillroll.engine.sales.reading import Witnesses
from tillroll.engine.search import carts as search_carts
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

DAY_MICROSECONDS = 86_400_000_000

# How long after an event its sale is made, at most, while there is little to do; and how long to rest after a fault.
FOLLOW_SECONDS = 0.2
TROUBLE_SECONDS = 5
# While more writes a second than these come, a step is followed by a rest of so many times its length: who waits for an
# answer comes first, and sales are made when there is time. The rest is no longer than this.
BUSY_WRITES = 50
RESTS = 19
REST_SECONDS_MAX = 5.0

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
        try:
            while await store.write(forget_some, expired):
                await asyncio.sleep(0)
        except (Overloaded, Contended, StoreFailed) as trouble:
            _log.warning("forgetting is put off: %s", trouble)


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
    forgotten = (tokens, answers, strays, sessions, codes, failures, known, resets, offers)
    return ROWS_MAX in forgotten or CARTS_MAX in (carts, abandoned)


async def follow(store: Store, witnesses: Witnesses) -> None:
    """Make sales of what the ledger tells, behind each event once nothing can come before it; until cancelled."""
    step, behind, seen = partial(sales.follow, witnesses), partial(horizon.behind, witnesses), Seen(0)
    while True:
        await asyncio.sleep(FOLLOW_SECONDS)
        try:
            newer = await store.read(horizon.look, seen, "list")
            if newer.position == seen.position:
                continue
            while not await store.read(horizon.is_settled, newer, "list"):
                await asyncio.sleep(FOLLOW_SECONDS / 10)
            for one in await store.read(behind, newer, "list"):
                is_done = False
                while not is_done:
                    began, asked = time.monotonic(), store.writes_asked
                    is_done = await _stepped(store, step, one)
                    await _rest(store, time.monotonic() - began, asked + 1)
            seen = newer
        except (Overloaded, Contended, StoreFailed) as trouble:
            _log.warning("making sales is put off: %s", trouble)
            await asyncio.sleep(TROUBLE_SECONDS)


async def _stepped(store: Store, step: Work[FollowStep, Stepped], one: FollowStep) -> bool:
    """Take a step; whether it was the last one. What is wrong with one shop's events stops no other shop's sales."""
    (found,) = await asyncio.gather(store.write(step, one), return_exceptions=True)
    if isinstance(found, Stepped):
        return found.is_done
    if isinstance(found, Overloaded | Contended | StoreFailed) or not isinstance(found, Exception):
        raise found
    _log.error("the sales of %s are put off", one.shop, exc_info=found)
    return True


async def _rest(store: Store, step: float, asked: int) -> None:
    """Rest after a step of so many seconds, if others have written as often meanwhile as only a busy shop's do."""
    is_busy = store.writes_asked - asked > BUSY_WRITES * step
    await asyncio.sleep(min(RESTS * step, REST_SECONDS_MAX) if is_busy else 0)
