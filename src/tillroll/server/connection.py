"""One connection: bytes become requests, one after the other, and every wait has an end.

    silent ──► head ──► body ──► (the application works) ──► answer ──► idle ──► head …
       │         │        │                                    │         │
       └─────────┴────────┴──── too long, too much ────────────┴─────────┴──► refused ──► lingering ──► closed

httptools reads HTTP/1.1 strictly; what it does not limit is limited here, before anybody is asked who they are.
"""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Sequence
from typing import Any, cast

import httptools
from uvicorn import Config
from uvicorn.server import ServerState

from tillroll.dialects.http import Header
from tillroll.server.crowd import Crowd
from tillroll.server.exchange import Exchange
from tillroll.server.head import Refused, answer_bytes, read_head, refusal_bytes
from tillroll.server.limits import (
    CHUNK_FRAME_BYTES,
    HEAD_BYTES_MAX,
    HEADERS_MAX,
    KEEP_ALIVE_SECONDS,
    LINGER_BYTES_MAX,
    LINGER_SECONDS,
    PACE_BYTES_PER_SECOND,
    PIPELINED_BYTES_MAX,
    PIPELINED_MAX,
    STOPPING_SECONDS,
    UNSENT_BYTES_HIGH,
)

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HEAD_END = b"\r\n\r\n"
# How much of a body in chunks is parsed at once: what follows its end within as much may be read ahead of its turn.
CHUNKED_BYTES_AT_ONCE = 4_096

# What is read next.
HEAD, BODY, CHUNKS = "head", "body", "chunks"
NOTHING = b""

_log = logging.getLogger(__name__)


class Connection(asyncio.Protocol):
    """A client's connection, as uvicorn's server makes and stops it.

    `since` is when the present wait began and `deadline` when it ends, by the loop's clock.
    """

    def __init__(
        self,
        crowd: Crowd,
        *,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.deadline = math.inf
        self.since = 0.0
        self._crowd = crowd
        self._limits = crowd.limits
        self._application = config.loaded_app
        self._state = server_state
        self._loop = _loop or asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._client: tuple[str, int] | None = None
        # Reading.
        self._next_is = HEAD
        self._url = b""
        self._headers: list[Header] = []
        self._head_bytes = 0  # of the head that has begun
        self._head_by = 0.0  # when the head has to be there; 0 where none has begun
        self._tail = b""  # the last bytes of a head that has begun, in case its end comes in pieces
        self._frame_bytes = 0  # of a head and what frames its body's chunks
        self._is_invited = False  # to another protocol, by a request with a body, which the parser would leave out
        self._has_advanced = False  # the parser has come to the end of a head or a body
        self._body_left = 0
        self._body_by = 0.0  # when the body that arrives was first to be looked at; 0 where nobody has said so yet
        self._arrived = 0  # of the body, when it was last looked at whether it gets on
        self._reading: Exchange | None = None  # whose body is arriving
        self._ahead = NOTHING  # what waits until there is room for another request
        self._is_deaf = False  # nothing more is read as HTTP
        self._has_unread = False
        # Answering.
        self._queue: deque[Exchange] = deque()
        self._unsent = 0  # bytes of answers that the client does not take
        self._held = 0
        self._refused: Refused | None = None
        # Ending.
        self._has_served = False
        self._is_stopping = False  # no further request is read: the server stops, or the client has said all it will
        self._stop_by = math.inf
        self._is_half = False  # the client sends no more
        self._lingered = -1  # bytes that were thrown away after the last word; -1 before it
        self._is_closing = False

    # What the transport tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are, but by their methods only
        self._transport.set_write_buffer_limits(high=UNSENT_BYTES_HIGH)
        peer = transport.get_extra_info("peername")
        self._client = (str(peer[0]), int(peer[1])) if isinstance(peer, tuple) else None
        self._state.connections.add(self)  # type: ignore[arg-type]  # uvicorn names its own classes only
        self.since = self._loop.time()
        self._head_by = self.deadline = self.since + self._limits.head_seconds_max
        if not self._crowd.join(self):
            self._refuse(503, "There are too many connections.")

    def data_received(self, data: bytes) -> None:
        """Bytes have arrived."""
        if self._is_deaf:
            self._throw_away(data)
            return
        self._parse_all(self._ahead + data if self._ahead else data)
        self._settle()
        if self._crowd.held_bytes > self._limits.held_bytes_max and not self._crowd.relieve():
            self._refuse(503, "The service is busy.")

    def _throw_away(self, data: bytes) -> None:
        """Bytes that nobody reads: some are taken after the last word, all others wait until the client gives up."""
        if self._queue and self._queue[0].is_streamed:
            return  # taken as well, or nobody would hear the client hang up
        if self._lingered < 0:
            self._has_unread = True
            self._transport.pause_reading()
            return
        self._lingered += len(data)
        if self._lingered > LINGER_BYTES_MAX:
            self._transport.abort()

    def eof_received(self) -> bool:
        """The client will say no more; what it has said is still answered."""
        self._is_half = self._is_stopping = True
        for exchange in self._queue:
            exchange.end()
        return bool(self._queue) and self._reading is None and self._lingered < 0

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; work that has begun goes on, the rest never begins."""
        self._state.connections.discard(self)
        self._crowd.leave(self)
        self._is_deaf = self._is_closing = True
        self.deadline = math.inf
        self._ahead, self._head_bytes, self._unsent, self._reading = NOTHING, 0, 0, None
        self._account()
        for exchange in self._queue:
            self._abandon(exchange)
        self._queue.clear()

    def pause_writing(self) -> None:
        """The client does not take its answer; nothing more is read or answered until it does."""
        self._unsent = self._transport.get_write_buffer_size()
        self.since = self._loop.time()
        self.deadline = min(self.since + self._limits.answer_seconds_max, self._stop_by)
        self._account()
        if self._crowd.held_bytes > self._limits.held_bytes_max:
            self._crowd.relieve()

    def resume_writing(self) -> None:
        """The client has taken its answer."""
        self._unsent = 0
        self._account()
        for exchange in self._queue:
            exchange.wake()
        self._go_on()

    def shutdown(self) -> None:
        """The server stops: what was asked is answered, what is half asked has a moment, nothing else is read."""
        self._is_stopping = True
        self._stop_by = self._loop.time() + STOPPING_SECONDS
        self._is_deaf = self._is_deaf or self._reading is None
        for exchange in self._queue:
            exchange.end()
        if self._queue or self._unsent:
            self.deadline = min(self.deadline, self._stop_by)
        elif self._lingered < 0:
            self._close()

    # What all connections together ask.

    def rank(self) -> int | None:
        """How soon this connection has to make room: closing, silent, late, idle; None while it is worked for."""
        if self._lingered >= 0 or self._is_closing:
            return 0
        if self._unsent or self._reading is not None or (self._head_bytes and not self._queue):
            return 2
        if self._queue:
            return None
        return 3 if self._has_served else 1

    def held(self) -> int:
        """The bytes of what is not finished."""
        return self._held + (self._reading.size if self._reading is not None else 0)

    def expire(self, now: float) -> None:
        """The present wait has lasted too long, unless it is one for many bytes, and they get on."""
        if self._is_closing or self._unsent:
            if not self._takes_answer(now):
                self._transport.abort()
        elif self._lingered >= 0:
            self._close()
        elif self._reading is not None or self._head_bytes:
            if self._sends_body(now):
                return
            if self._is_stopping:
                self._refuse(503, "The server is stopping.")
            else:
                self._refuse(408, "The request did not arrive in time.")
        elif not self._queue:
            self._close()
        else:
            self.deadline = math.inf  # the application works: how long it may is the store's to say

    def _takes_answer(self, now: float) -> bool:
        """Whether the client has taken enough of its answer since the last look to be waited for again."""
        left, seconds = self._transport.get_write_buffer_size(), self._limits.answer_seconds_max
        if now >= self._stop_by or self._unsent - left < PACE_BYTES_PER_SECOND * seconds:
            return False
        self._unsent = left
        self._account()
        self.deadline = min(now + seconds, self._stop_by)
        return True

    def _sends_body(self, now: float) -> bool:
        """Whether the client has sent enough of its body since the last look to be waited for again."""
        arrived, seconds = self._reading.size if self._reading is not None else 0, self._limits.body_seconds_max
        if now >= self._stop_by or arrived - self._arrived < PACE_BYTES_PER_SECOND * seconds:
            return False
        self._arrived = arrived
        self.deadline = min(now + seconds, self._stop_by)
        return True

    def turn_away(self) -> None:
        """Make room: with a word where something was asked, else without."""
        if self._unsent or self._lingered >= 0 or self._is_closing:
            self._transport.abort()
        elif self._reading is not None or self._head_bytes:
            self._refuse(503, "The service is busy.")
        else:
            self._close()

    # What the parser tells.

    def on_message_begin(self) -> None:
        """A request begins."""
        if self._is_invited:
            return
        self._url, self._headers = b"", []
        self._head_bytes = self._head_bytes or 1

    def on_url(self, url: bytes) -> None:
        """A piece of the request's target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, without the blanks around its value; what comes behind a body goes into a list of nobody's.

        Raises Refused for one too many.
        """
        if len(self._headers) == HEADERS_MAX:
            self._refused = self._refused or Refused(431, f"A request has at most {HEADERS_MAX} headers.")
            raise self._refused
        self._headers.append((name.lower(), value.strip(b" \t")))

    def on_headers_complete(self) -> None:
        """Raises Refused, which ends the parsing, for a request that no dialect shall hear of."""
        if self._is_invited:
            return
        parser = self._parser
        version = parser.get_http_version()
        try:
            head = read_head(parser.get_method(), self._url, version, self._headers)
        except Refused as refused:
            self._refused = refused
            raise
        head.scope["client"] = self._client
        keeps_alive = version == "1.1" and parser.should_keep_alive()
        exchange = Exchange(self, head.scope, keeps_alive, head.waits_for_word)
        self._head_bytes, self._frame_bytes, self._head_by, self._tail = 0, 0, 0.0, b""
        self._headers, self._has_advanced = [], True
        self._reading = exchange
        if head.length:
            self._is_invited = parser.should_upgrade()
            self._next_is = CHUNKS if head.length < 0 else BODY
            self._body_left = head.length
            self._body_by = 0.0
        self._queue.append(exchange)
        if len(self._queue) == 1 and not self._unsent:
            self._start(exchange)

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        exchange = self._reading
        assert exchange is not None
        exchange.add(body)
        self._body_left -= len(body)
        self._crowd.held_bytes += len(body)

    def on_chunk_header(self) -> None:
        """A chunk begins, and may have a frame of some bytes."""
        self._frame_bytes -= CHUNK_FRAME_BYTES

    def on_message_complete(self) -> None:
        """A request is there as a whole."""
        if self._is_invited:
            return
        exchange = self._reading
        assert exchange is not None
        exchange.is_whole = True
        exchange.wake()
        self._reading = None
        self._next_is = HEAD
        self._has_advanced = True
        if not exchange.keeps_alive or self._is_stopping:
            self._is_deaf = True

    # What an exchange asks.

    def ask_for_body(self) -> None:
        """Say that the body is wanted, to a client that waits for a word."""
        if not self._transport.is_closing():
            self._transport.write(CONTINUE)

    def answer(self, exchange: Exchange, status: int, headers: Sequence[Header], body: bytes) -> None:
        """Write an answer, and go on with the next request."""
        is_over = self._is_stopping and len(self._queue) == 1 and self._refused is None
        is_last = is_over or not exchange.keeps_alive or not exchange.is_whole
        said = answer_bytes(status, headers, is_last=is_last) + body
        exchange.is_answered = True
        if exchange.is_gone or self._transport.is_closing():
            return
        self._transport.write(said)
        self._queue.popleft()
        self._has_served = True
        if not exchange.is_whole:
            self._reading, self._has_unread = None, True
        if is_last:
            self._end()
        elif self._is_idle():
            self._wait_for_next()
        else:
            self._go_on()

    def stream(self, exchange: Exchange, said: bytes, *, is_end: bool) -> bool:
        """Write a piece of an answer that ends with the connection; whether the client takes what it is sent."""
        if exchange.is_gone or self._transport.is_closing():
            return True
        self._is_deaf, self._ahead = True, NOTHING  # it is the last answer
        self._transport.resume_reading()
        self._transport.write(said)
        if is_end:
            self._queue.popleft()
            self._end()
        return not self._unsent

    def fail(self, exchange: Exchange) -> None:
        """Answer a request that our own fault has left without an answer."""
        if exchange.is_answered or exchange.is_gone or self._transport.is_closing():
            return
        exchange.is_answered = True
        self._queue.popleft()
        self._reading = None
        self._transport.write(refusal_bytes(Refused(500, "Something went wrong on our side.")))
        self._end()

    def release(self, exchange: Exchange) -> None:
        """An exchange is over."""
        self._crowd.held_bytes -= exchange.size

    # Reading.

    def _is_idle(self) -> bool:
        """Whether nothing is under way: no request, no piece of one, no answer, and no end."""
        if self._queue or self._ahead or self._held or self._unsent or self._head_bytes:
            return False
        return self._refused is None and self._lingered < 0 and not (self._is_closing or self._is_stopping)

    def _wait_for_next(self) -> None:
        self.since = self._loop.time()
        self.deadline = self.since + KEEP_ALIVE_SECONDS

    def _parse_all(self, data: bytes) -> None:
        """Parse what has arrived, one request at a time, as far as the answers are not too far behind."""
        at, end = 0, len(data)
        self._ahead = NOTHING
        while at < end and not self._is_deaf:
            if self._next_is is HEAD:
                if not self._head_bytes and self._is_far_ahead():
                    self._ahead = data[at:]  # the next request has to wait unread
                    self._transport.pause_reading()
                    return
                to = self._end_of_head(data, at)
            else:
                to = min(end, at + (self._body_left if self._next_is is BODY else CHUNKED_BYTES_AT_ONCE))
            at += self._parse(data if to - at == end else data[at:to])
        if at < end:
            self._has_unread = True

    def _is_far_ahead(self) -> bool:
        """Whether enough was read ahead of the answers: requests, bytes of bodies, or answers that nobody takes."""
        queue = self._queue
        if self._unsent or len(queue) >= PIPELINED_MAX:
            return True
        return len(queue) > 0 and sum(one.size for one in queue) >= PIPELINED_BYTES_MAX

    def _end_of_head(self, data: bytes, at: int) -> int:
        """Where to stop parsing for now: no piece holds the end of one request and the end of the next one's head."""
        if self._tail:
            seam = (self._tail + data[at : at + 3]).find(HEAD_END)
            if seam >= 0:
                return at + seam + len(HEAD_END) - len(self._tail)
        found = data.find(HEAD_END, at)
        return found + len(HEAD_END) if found >= 0 else len(data)

    def _parse(self, piece: bytes) -> int:
        """Parse a piece; how many of its bytes belong to it."""
        reads, head_before, body_before = self._next_is, self._head_bytes, self._crowd.held_bytes
        if reads is HEAD and head_before + len(piece) > HEAD_BYTES_MAX:
            self._refuse(431, f"The request line and the headers have at most {HEAD_BYTES_MAX} bytes.")
            return 0
        self._has_advanced = False
        try:
            self._parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            self._decline()
            return int(upgrade.args[0])
        except httptools.HttpParserError as error:
            self._refuse_unreadable(error)
            return 0
        if reads is CHUNKS:
            self._count_frames(len(piece) - (self._crowd.held_bytes - body_before))
        elif reads is HEAD:
            self._count_head(head_before, piece)
        exchange = self._reading
        if exchange is not None and exchange.size > self._limits.body_bytes_max:
            exchange.is_too_large = True
            exchange.wake()
            self._reading = None
            self._is_deaf = self._has_unread = True
        return len(piece)

    def _decline(self) -> None:
        """Go on in HTTP/1.1 behind an invitation to speak something else; the body, if any, is read like any other."""
        self._parser = httptools.HttpRequestParser(self)
        if self._is_invited:
            framing = (
                b"transfer-encoding: chunked" if self._next_is is CHUNKS else b"content-length: %d" % self._body_left
            )
            self._parser.feed_data(b"POST / HTTP/1.1\r\n" + framing + HEAD_END)
            self._is_invited = False

    def _count_head(self, before: int, piece: bytes) -> None:
        """Add up the bytes of a head that comes in pieces."""
        if self._has_advanced:
            self._frame_bytes = before + len(piece)
            self._head_bytes = 0
        else:
            self._head_bytes = before + len(piece)
            self._tail = (self._tail + piece)[-3:]

    def _count_frames(self, size: int) -> None:
        """Add up what frames the chunks of a body: extensions and trailers are of no use to anybody."""
        self._frame_bytes = max(0, self._frame_bytes + size)
        if self._frame_bytes > HEAD_BYTES_MAX and self._next_is is CHUNKS:
            self._refuse(431, f"Headers, chunk extensions and trailers have at most {HEAD_BYTES_MAX} bytes together.")

    def _refuse_unreadable(self, error: httptools.HttpParserError) -> None:
        """Say what is wrong with bytes that the parser, or `read_head`, does not take."""
        refused = self._refused
        if refused is not None:
            self._refuse(refused.status, refused.message)
        elif self._is_deaf:
            self._has_unread = True  # what follows a client's last request
        elif isinstance(error, httptools.HttpParserCallbackError):
            _log.error("a request could not be taken from the parser", exc_info=error.__context__)
            self._refuse(500, "Something went wrong on our side.")
        else:
            self._refuse(400, f"This can not be read as HTTP/1.1: {error}.")

    # Going on.

    def _settle(self) -> None:
        """Say how long the present wait may last, and what is held meanwhile."""
        if self._head_bytes or self._ahead or self._unsent or self._held:
            self._account()
        if self._lingered >= 0 or self._is_closing or self._unsent:
            return
        if self._reading is not None:
            if not self._body_by:
                self._arrived = 0
                self.since = self._loop.time()
                self._body_by = self.deadline = min(self.since + self._limits.body_seconds_max, self._stop_by)
            return
        if self._head_bytes:
            if not self._head_by:
                self.since = self._loop.time()
                self._head_by = self.since + self._limits.head_seconds_max
            self.deadline = min(self._head_by, self._stop_by)
        elif self._queue:
            self.deadline = math.inf
        elif self._has_served:
            self._wait_for_next()

    def _account(self) -> None:
        """Add what this connection holds, beside bodies, to what all of them hold."""
        held = self._head_bytes + len(self._ahead) + self._unsent
        if held != self._held:
            self._crowd.held_bytes += held - self._held
            self._held = held

    def _start(self, exchange: Exchange) -> None:
        """Let the application work on a request."""
        exchange.is_started = True
        task = self._loop.create_task(exchange.run(self._application))
        self._state.tasks.add(task)
        task.add_done_callback(self._state.tasks.discard)

    def _go_on(self) -> None:
        """An answer is on its way: the next request, or what ends the connection."""
        if self._unsent or self._is_closing or self._lingered >= 0:
            return
        if self._queue:
            if not self._queue[0].is_started:
                self._start(self._queue[0])
        elif self._refused is not None:
            self._say_refusal()
            return
        elif self._is_stopping:
            self._end()
            return
        if self._ahead and len(self._queue) <= PIPELINED_MAX // 2:
            self._parse_all(self._ahead)
            if not self._ahead and not self._is_deaf:
                self._transport.resume_reading()
        self._settle()

    # Ending.

    def _refuse(self, status: int, message: str) -> None:
        """Read nothing more, and say so when what came before is answered."""
        if self._lingered >= 0 or self._is_closing:
            return
        self._refused = self._refused or Refused(status, message)
        self._is_deaf = self._has_unread = True
        self._ahead, self._head_bytes = NOTHING, 0
        self._account()
        newest = self._reading or (self._queue[-1] if self._queue and status == 503 else None)
        if newest is not None and not newest.is_taken:
            self._queue.remove(newest)
            self._abandon(newest)
        self._reading = None
        if self._unsent:
            return  # and as soon as that is taken, it goes on
        if self._queue:
            self.deadline = math.inf
        else:
            self._say_refusal()

    def _abandon(self, exchange: Exchange) -> None:
        """Nobody waits for this answer: what the application has not yet taken, it never gets."""
        exchange.is_gone = True
        exchange.wake()
        if not exchange.is_started:
            self.release(exchange)

    def _say_refusal(self) -> None:
        if self._refused is not None and not self._transport.is_closing():
            self._transport.write(refusal_bytes(self._refused))
            self._end()

    def _end(self) -> None:
        """Nothing more is said: close, after a moment in which the client can read where it is still sending."""
        self._is_deaf = True
        if self._has_unread and not self._is_half and not self._transport.is_closing():
            self._lingered = 0
            self.deadline = self._loop.time() + LINGER_SECONDS
            self._transport.write_eof()
            self._transport.resume_reading()
        else:
            self._close()

    def _close(self) -> None:
        """Close as soon as everything is written, which has its time as well."""
        self._is_closing = True
        self._unsent = self._transport.get_write_buffer_size()
        self._account()
        self.deadline = min(self._loop.time() + self._limits.answer_seconds_max, self._stop_by)
        self._transport.close()
