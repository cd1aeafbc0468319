"""`/`: what this server is, how it is doing, and where to go next.

Everybody is told whether it is ready. What has arrived lately is told on the machine itself alone, as a newcomer's
first minute and an operator's shell see it: how busy shops are is nobody else's business.
"""

import asyncio
import ipaddress
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from msgspec import Struct

from tillroll.dialects.guards import page_headers
from tillroll.dialects.http import Header, Inbound, Response, Route
from tillroll.dialects.native.documents.routes import ALLOWED, page
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.openapi import Answer, Description, Operation
from tillroll.engine.ledger.ledger import latest
from tillroll.engine.shops import setup
from tillroll.store import Contended, Health, Overloaded, StoreFailed, Transaction
from tillroll.store.group_commit import Within
from tillroll.store.ledger.rows import Latest

# Where a program finds the description of what it has come to (RFC 8631).
_SERVICE_DESCRIPTION: Header = (b"link", b'</openapi.json>; rel="service-desc"')
_HEADERS = (*page_headers(ALLOWED, is_private=True), _SERVICE_DESCRIPTION)
# What proxies write on a request that they have passed on: it came from elsewhere, whatever the socket says.
_PASSED_ON = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via")
_STATES = {
    (True, True): "ready: reads and writes",
    (True, False): "reads, takes no writes just now",
    (False, True): "writes, can not be read just now",
    (False, False): "the database does not answer",
}


def route(descriptions: Sequence[Description]) -> Route:
    """The start page, which names these dialects."""
    return Route("GET", "/", _nothing, NATIVE, prepare=partial(_start, descriptions))


def operation() -> Operation:
    """The start page, described."""
    shown = Answer("A page.", {"type": "string"}, content_type="text/html")
    return Operation("GET", "/", "Says what this server is, whether it is ready, and where to go next", {200: shown})


async def _start(descriptions: Sequence[Description], store: Within, inbound: Inbound) -> Response:
    health = await store.health()
    is_told = health.reading and _is_here(inbound)
    arrived: Sequence[Latest] | None = None
    is_new = False
    if is_told:
        with suppress(Overloaded, Contended, StoreFailed):  # then it says what is spoken here, as to everybody else
            arrived, is_new = await store.read(_latest, None, "list")
    body = await asyncio.to_thread(_page, descriptions, _Found(health, arrived, is_new), inbound.received_at)
    return Response(200, body, _HEADERS)


class _Found(Struct, frozen=True):
    """How the server is doing; on the machine itself what has arrived, and whether there is no shop yet."""

    health: Health
    arrived: Sequence[Latest] | None
    is_new: bool


def _page(descriptions: Sequence[Description], found: _Found, now: int) -> bytes:
    health, arrived = found.health, found.arrived
    return page(
        "start.html",
        dialects=descriptions,
        at=f"{datetime.fromtimestamp(now / 1_000_000, UTC):%Y-%m-%d %H:%M}",
        is_ready=health.reading and health.writing,
        state=_STATES[health.reading, health.writing],
        is_told=arrived is not None,
        is_new=found.is_new,
        latest=arrived or (),
        told=sum(one.accepted + one.repeated + one.refused for one in arrived or ()),
        newest=_ago(now - max((one.received_at for one in arrived or ()), default=now)),
    )


def _is_here(inbound: Inbound) -> bool:
    """Whether somebody asks on this machine, and not through a proxy on it."""
    try:
        return ipaddress.ip_address(inbound.remote).is_loopback and not any(map(inbound.header, _PASSED_ON))
    except ValueError:  # a socket without addresses
        return False


def _ago(microseconds: int) -> str:
    """How long ago that is, in words."""
    seconds = max(0, microseconds // 1_000_000)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"


def _latest(tx: Transaction, _: None) -> tuple[Sequence[Latest], bool]:
    return latest(tx), setup.is_new(tx)


def _nothing(_tx: Transaction, _requests: Sequence[Inbound]) -> Sequence[Response]:
    """It is answered before any transaction."""
    raise AssertionError("unreachable")
