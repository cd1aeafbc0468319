"""One request and its answer, as the application sees them (ASGI)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from tillroll.dialects.http import Header, Receive, Scope, Send
from tillroll.domain.money import plain_arithmetic
from tillroll.server.head import answer_bytes

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

    def stream(self, exchange: "Exchange", said: bytes, *, is_end: bool) -> bool:
        """Write a piece of an answer that ends with its connection; whether the client takes what it is sent."""
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
    is_streamed: bool = False
    """The answer comes piece by piece."""
    is_ending: bool = False
    """Whatever goes on is to come to its end: the server stops, or the client has said its last."""
    waiter: asyncio.Future[None] | None = None
    taker: asyncio.Future[None] | None = None

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
        for waiting in (self.waiter, self.taker):
            if waiting is not None and not waiting.done():
                waiting.set_result(None)

    def end(self) -> None:
        """Let the application end what it goes on with."""
        self.is_ending = True
        self.wake()

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
            if self.is_streamed:
                self.line.stream(self, b"", is_end=True)
            self.line.release(self)

    async def receive(self) -> MutableMapping[str, Any]:
        """The body; or that nobody is there any more."""
        while not (self.is_whole or self.is_too_large or self.is_gone):
            if self.waits_for_word:
                self.waits_for_word = False
                self.line.ask_for_body()
            self.waiter = asyncio.get_running_loop().create_future()
            await self.waiter
        while self.is_taken and not (self.is_gone or self.is_ending):
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
        if not self.status or (self.is_answered and not self.is_streamed):
            raise RuntimeError("an answer has one start and one body")
        if self.is_streamed or message.get("more_body", False):
            await self._stream(message.get("body", b""), is_end=not message.get("more_body", False))
            return
        self.line.answer(self, self.status, self.headers, message.get("body", b""))

    async def _stream(self, piece: bytes, *, is_end: bool) -> None:
        """Send a piece, once the client has taken what came before it."""
        head = b"" if self.is_streamed else answer_bytes(self.status, self.headers, is_last=True)
        self.is_streamed = self.is_answered = True
        is_taken = self.line.stream(self, head + piece, is_end=is_end)
        self.is_streamed = not is_end
        while not (is_taken or is_end or self.is_gone or self.is_ending):
            self.taker = asyncio.get_running_loop().create_future()
            await self.taker
            is_taken = self.line.stream(self, b"", is_end=False)
