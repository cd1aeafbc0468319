"""Looks that are taken again and again beside the requests: each bears its own faults, and waits for a settled ledger.

look ─► nothing came of it ─► rest ─► look ─► …        for as long as the server process lives
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from tillroll.engine.sales import horizon
from tillroll.engine.sales.horizon import Seen
from tillroll.store import Contended, Overloaded, Store, StoreFailed

# How often to ask whether those who were still writing have ended.
SETTLE_SECONDS = 0.02

_log = logging.getLogger(__name__)


async def taken(look: Callable[[], Awaitable[None]], what: str, rest_seconds: float) -> None:
    """Take one look; what goes wrong with it is logged and followed by a rest, and ends no look after it.

    `what` is what is put off where the database can not be asked just now, as a sentence begins.
    """
    try:
        await look()
    except (Overloaded, Contended, StoreFailed) as trouble:
        _log.warning("%s is put off: %s", what, trouble)
        await asyncio.sleep(rest_seconds)
    except Exception:  # noqa: BLE001  a fault of one look ends none of the looks after it
        _log.exception("%s failed", what)
        await asyncio.sleep(rest_seconds)


async def settled(store: Store, before: Seen) -> Seen:
    """The newest position of the ledger, once nothing can come before it any more; `before` where there is none newer.

    Raises what `Store.read` raises.
    """
    newest = await store.read(horizon.look, before, "list")
    while newest.position != before.position and not await store.read(horizon.is_settled, newest, "list"):
        await asyncio.sleep(SETTLE_SECONDS)
    return newest
