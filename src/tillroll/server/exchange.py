"""One request and its answer, as the application sees them (ASGI)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from tillroll.dialects.http import Header, Receive, Scope, Send
from tillroll.domain.money import plain_arithmetic

Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = logging.getLogger(__name__)


class Line(Protocol):
    """What an exchange asks of its connection."""

    def ask_for_body(self) -> None:
        """Tell a client that waits for a word that its body is wanted."""
        ...

    def answer(self, exchange: "Exchange", status: int, headers: Sequence[Header], body: bytes) -> None:
        """Write the answer, and go on with what comes next."""
        ...

    def fail(self, exchange: "Exchange") -> None:
        """Answer that something went wrong on our side."""
        ...

    def release(self, exchange: "Exchange") -> None:
        """The exchange is over: its body is held no longer."""
        ...


class Exchange(Struct, eq=False):
    """One request: its body comes whole, or as far as it was read until it was too large; its answer in one piece."""

    line: Line
    scope: Scope
    keeps_alive: bool
    waits_for_word: bool
    """Expect: 100-continue"""
    size: int = 0
    is_started: bool = False
    is_whole: bool = False
    is_too_large: bool = False
    is_taken: bool = False
    """The application has the body, so the request is being acted upon."""
    is_answered: bool = False
    is_gone: bool = False
    """The client, or its place on the line: nobody waits for an answer."""
    pieces: bytes | bytearray = b""
    status: int = 0
    headers: Sequence[Header] = ()
    waiter: asyncio.Future[None] | None = None

    def add(self, piece: bytes) -> None:
        """Take a piece of the body."""
        self.size += len(piece)
        if not self.pieces:
            self.pieces = piece
        elif isinstance(self.pieces, bytearray):
            self.pieces += piece
        else:
            self.pieces = bytearray(self.pieces) + piece

    def wake(self) -> None:
        """Let the application look again: the body is whole or too large, or nobody sends it any more."""
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    async def run(self, application: Application) -> None:
        """Let the application answer; what it leaves unanswered is its fault, and logged."""
        try:
            with plain_arithmetic():
                await application(self.scope, self.receive, self.send)
            if not self.is_answered and not self.is_gone:
                _log.error("a request was left without an answer")
                self.line.fail(self)
        except Exception:  # noqa: BLE001  uvicorn would end the connection without a word
            _log.exception("a request failed outside of its dialect")
            self.line.fail(self)
        finally:
            self.line.release(self)

    async def receive(self) -> MutableMapping[str, Any]:
        """The body; or that nobody is there any more."""
        while not (self.is_whole or self.is_too_large or self.is_gone):
            if self.waits_for_word:
                self.waits_for_word = False
                self.line.ask_for_body()
            self.waiter = asyncio.get_running_loop().create_future()
            await self.waiter
        if self.is_gone or self.is_taken:
            return {"type": "http.disconnect"}
        self.is_taken = True
        body, self.pieces = bytes(self.pieces), b""
        return {"type": "http.request", "body": body, "more_body": not self.is_whole}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Take the status and the headers, then the whole body."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], message["headers"]
            return
        if message.get("more_body", False) or not self.status or self.is_answered:
            raise RuntimeError("an answer has one start and one body")
        self.line.answer(self, self.status, self.headers, message.get("body", b""))
