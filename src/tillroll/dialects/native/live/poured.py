"""Answers that go on: pieces are sent as they come, until they end, the client has gone or the server stops."""

import asyncio
from collections.abc import AsyncGenerator, MutableMapping
from typing import Any

from tillroll.dialects.http import Receive, Send


async def poured(pieces: AsyncGenerator[bytes, None], receive: Receive, send: Send) -> None:
    """Send the headers of an answer that has begun, and these pieces as its body.

    `receive` says when nobody takes them any more. The pieces are closed in any case.
    """
    gone = asyncio.ensure_future(receive())
    said: bytes | None = b""
    try:
        while said is not None:
            await send({"type": "http.response.body", "body": said, "more_body": True})
            said = await _next(pieces, gone)
    finally:
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        await pieces.aclose()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _next(pieces: AsyncGenerator[bytes, None], gone: asyncio.Future[MutableMapping[str, Any]]) -> bytes | None:
    """The next piece; None where there are no more, or nobody takes them."""
    piece: asyncio.Future[bytes | None] = asyncio.ensure_future(anext(pieces, None))
    try:
        waiting: set[asyncio.Future[Any]] = {gone, piece}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        return piece.result() if piece.done() and not gone.done() else None
    finally:
        if not piece.done():
            piece.cancel()
        await asyncio.gather(piece, return_exceptions=True)
