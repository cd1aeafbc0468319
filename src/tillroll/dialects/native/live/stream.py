"""`GET /v1/stream`: what arrives, as server-sent events, each with its outcome and reason.

    Last-Event-ID ─► the ledger behind it ─► what arrives from then on ─► …        a comment where nothing does

The id of each is its position in the ledger, so that whoever was away misses nothing. Who does not ask for
`text/event-stream` gets what there is, and no more.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial

import msgspec
from msgspec import Struct

from tillroll.dialects.http import NO_STORE, RETRY_SOON, Inbound, Receive, Response, Route, Send, Streamed
from tillroll.dialects.native import asked
from tillroll.dialects.native.callers import Call, Scoped, with_scope
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.native.events import shown
from tillroll.dialects.native.live.hub import STREAMS_MAX, STREAMS_OF_SHOP_MAX, WAITING_MAX, Hub, Listener
from tillroll.dialects.native.live.poured import poured
from tillroll.dialects.openapi import Answer, Operation, Parameter, one_of
from tillroll.domain.events.events import OUTCOMES
from tillroll.engine.access.native_keys import EVENTS_READ
from tillroll.engine.ledger import ledger
from tillroll.engine.ledger.ledger import EventFilter
from tillroll.store import Contended, Overloaded, Store, StoreFailed, Transaction
from tillroll.store.group_commit import Within
from tillroll.store.ledger.rows import LedgerRow

EVENT_STREAM = "text/event-stream"
# How long a stream waits for the ledger to be read the first time.
BEGIN_SECONDS = 10
_HEADERS = ((b"content-type", EVENT_STREAM.encode()), *NO_STORE, (b"x-accel-buffering", b"no"))
_PAGE = 200
_NOTES = f"""Each event has its position in the ledger as `id` and the event as `GET /v1/events` shows it as `data`. Who
comes back with `Last-Event-ID`, which counts, or `after`, gets first what arrived since. A comment is sent whenever
nothing else was for 15 seconds, or as many as the setting `stream_quiet_seconds` says. A shop has {STREAMS_OF_SHOP_MAX}
streams at once, a process {STREAMS_MAX}; more are answered with 429. For who does not keep up {WAITING_MAX} events
wait, with 2 MiB of documents: then the stream ends, and goes on where the client asks for it. It ends with the server
and with its key, too. Without `Accept: text/event-stream` the answer has what there is behind `after`, 200 events at
most, and ends."""

_log = logging.getLogger(__name__)


class _Wanted(Struct, frozen=True):
    """Which events are asked for."""

    after: int | None
    dialect: str
    outcome: str

    def fits(self, row: LedgerRow) -> bool:
        """Whether an event is one of them."""
        return self.dialect in ("", row.dialect) and self.outcome in ("", row.outcome)


class _Opened(Struct, frozen=True):
    """A stream that was asked for: how long it may be quiet, and who says whether its key still may."""

    inbound: Inbound
    listener: Listener
    quiet_seconds: float
    admit: Callable[[Transaction, Inbound], Response | None]

    @property
    def wanted(self) -> _Wanted:
        """Which events it is to tell."""
        found: _Wanted = self.inbound.command
        return found


def routes(hub: Hub, dialects: Sequence[str]) -> list[Route]:
    """The one call."""
    run = with_scope(EVENTS_READ, _once)
    return [
        Route(
            "GET",
            "/v1/stream",
            run,
            NATIVE,
            partial(_read, dialects),
            prepare=partial(_open, hub, run),
            reads="list",
        )
    ]


def operations(dialects: Sequence[str]) -> list[Operation]:
    """What is to be said of it."""
    parameters = [
        Parameter("after", {"type": "integer", "minimum": 0}, "The position to go on from."),
        Parameter("Last-Event-ID", {"type": "integer", "minimum": 0}, "The same, as browsers say it.", "header"),
        Parameter("dialect", one_of(*dialects), "Only what comes in by this dialect."),
        Parameter("outcome", one_of(*OUTCOMES), "Only calls that ended so."),
    ]
    found = Answer(schema={"type": "string"}, content_type=EVENT_STREAM)
    return [Operation("GET", "/v1/stream", "Streams what arrives", {200: found}, parameters=parameters, notes=_NOTES)]


def _read(dialects: Sequence[str], inbound: Inbound) -> _Wanted:
    after = asked.whole(inbound, "after", -1, (0, ledger.POSITION_MAX))
    said = inbound.header(b"last-event-id")
    if said:
        if not (said.isascii() and said.isdigit() and len(said) < 20 and int(said) <= ledger.POSITION_MAX):
            raise asked.malformed("Last-Event-ID", "Last-Event-ID is the id of an event of this stream")
        after = int(said)
    dialect = asked.one_of(inbound, "dialect", dialects) if dialects else asked.text(inbound, "dialect")
    return _Wanted(after if after >= 0 else None, dialect, asked.one_of(inbound, "outcome", OUTCOMES))


def _once(tx: Transaction, call: Call) -> Response:
    """What there is, to who asks for no stream."""
    wanted: _Wanted = call.inbound.command
    after = wanted.after if wanted.after is not None else ledger.POSITION_MAX
    page = ledger.page(tx, call.shop, _filter(wanted, after))
    return Response(200, b"".join(map(_piece, page.rows)), _HEADERS)


def _filter(wanted: _Wanted, after: int) -> EventFilter:
    return EventFilter(after=after, limit=_PAGE, dialect=wanted.dialect, outcome=wanted.outcome)


async def _open(hub: Hub, run: Scoped, store: Within, inbound: Inbound) -> Response | None:
    if EVENT_STREAM not in inbound.header(b"accept").lower():
        return None
    call = await store.read(run.verdict, inbound, "point")
    if isinstance(call, Response):
        return call
    listener = hub.join(call.shop)
    if listener is None:
        refusal = NATIVE.refuse(429, message="As many streams as may are open: close one of them.")
        return Response(refusal.status, refusal.body, (*refusal.headers, RETRY_SOON))
    pour = partial(_pour, _Opened(inbound, listener, hub.quiet_seconds, run.admit))
    return Streamed(200, b"", _HEADERS, pour=pour, close=partial(hub.leave, listener))


async def _pour(opened: _Opened, store: Store, receive: Receive, send: Send) -> None:
    await poured(_pieces(opened, store), receive, send)


async def _pieces(opened: _Opened, store: Store) -> AsyncGenerator[bytes, None]:
    """What was missed, then what arrives, while it can be read and the key may."""
    listener, wanted = opened.listener, opened.wanted
    try:
        async with asyncio.timeout(BEGIN_SECONDS):
            begun = await listener.begun
        yield b"retry: 2000\n\n"  # whatever is reported once this was read is told
        after = begun if wanted.after is None else wanted.after
        while after < begun:
            page = await store.read(partial(_missed, listener.shop), _filter(wanted, after), "list")
            if pieces := b"".join(_piece(row) for row in page.rows if row.position <= begun):
                yield pieces
            after = min(page.next, begun) if page.rows else begun
        async with aclosing(_arriving(opened, store)) as arriving:
            async for pieces in arriving:
                yield pieces
    except (TimeoutError, Overloaded, Contended, StoreFailed) as trouble:
        _log.warning("%s a stream ends: %s", opened.inbound.id, repr(trouble))


async def _arriving(opened: _Opened, store: Store) -> AsyncGenerator[bytes, None]:
    """What arrives behind the position of the beginning, and a comment whenever nothing was sent for long."""
    listener, wanted = opened.listener, opened.wanted
    clock = asyncio.get_running_loop().time
    speak_by = look_by = clock() + opened.quiet_seconds
    after = max(listener.begun.result(), wanted.after or 0)
    while not listener.is_late:
        rows = await listener.hear(min(speak_by, look_by))
        if clock() >= look_by:
            if await store.read(opened.admit, opened.inbound, "point") is not None:
                return  # the key is revoked
            look_by = clock() + opened.quiet_seconds
        said = b"".join(_piece(row) for row in rows if row.position > after and wanted.fits(row))
        if said or clock() >= speak_by:
            yield said or b": nothing new\n\n"
            speak_by = clock() + opened.quiet_seconds


def _missed(shop: str, tx: Transaction, wanted: EventFilter) -> ledger.Page:
    return ledger.page(tx, shop, wanted)


def _piece(row: LedgerRow) -> bytes:
    """One event as it is sent."""
    data = b"\n".join(b"data: " + line for line in msgspec.json.encode(shown(row)).splitlines())
    return b"id: %d\nevent: %s\n%s\n\n" % (row.position, row.outcome.encode(), data)
