"""The shared door: what is about HTTP, and the only place with a clock and a random source.

    ASGI scope + body ──► Inbound ──► route.decode (4xx) ──► store.read / store.write (route.run) ──► Response bytes

A route's `run` takes many requests at once, because writes that arrive together share one commit. What a dialect says
in its own words (errors, too) it says itself: the door only asks the route's service for them.
"""

import asyncio
import logging
import os
import secrets
import time
from codecs import BOM_UTF8
from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping, Sequence
from contextlib import closing
from functools import lru_cache
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from tillroll.dialects.addresses import client_address
from tillroll.dialects.aside import Aside
from tillroll.dialects.encoded import Announced, pairs_of, unpacked
from tillroll.dialects.route_tree import RouteNode
from tillroll.dialects.unread import Known, Unread, header_of
from tillroll.settings import Settings
from tillroll.store import Asker, Contended, Overloaded, Reads, Store, StoreFailed, Transaction
from tillroll.store.group_commit import Within

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]
Headers = tuple[Header, ...]

JSON_CONTENT = (b"content-type", b"application/json")
# What most answers have, and nothing else.
JSON_ALONE: Headers = (JSON_CONTENT,)
RETRY_SOON = (b"retry-after", b"1")
# What is said of a body that is packed in a way that nobody here unpacks (RFC 9110, 15.5.16).
UNCODED = (b"accept-encoding", b"identity")
NOSNIFF = (b"x-content-type-options", b"nosniff")
REQUEST_ID = b"x-request-id"

# How often a write is run that asks for more work outside of its transaction: once to ask, once with the answer, and
# twice more where what it asked about has changed meanwhile.
TRIES_MAX = 4
# Kept by no cache, by none of HTTP/1.0 either (RFC 6749, 5.1).
NO_STORE: Headers = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))

_TRY_AGAIN = "The service is busy. Please try again; with the same Idempotency-Key nothing is done twice."

_log = logging.getLogger(__name__)


class Response(Struct, frozen=True):
    """What goes back: status, body bytes, headers beside the length."""

    status: int
    body: bytes = b""
    headers: Headers = JSON_ALONE


class Streamed(Response, frozen=True, kw_only=True):
    """An answer that goes on until `pour` has sent the last of its body; `close` is called then, or without any."""

    pour: Callable[[Store, Receive, Send], Awaitable[None]]
    close: Callable[[], None]


class Postponed(Response, frozen=True, kw_only=True):
    """What `run` says instead of an answer where a write needs something that is too slow for a transaction.

    Nothing of the write was done. The door has `work` done in a thread, keeps what it returns among the request's
    findings under `key`, and runs the request again. `shop` is whose turn it takes. The status is one that no answer
    is kept for.
    """

    status: int = 503
    shop: str
    key: bytes
    work: Callable[[], object]


class Continued(Response, frozen=True, kw_only=True):
    """What `run` says instead of an answer where the request goes on outside of any transaction.

    Its write is done. `go_on` gives the answer; it opens transactions of its own, and keeps the answer itself for the
    request's Idempotency-Key. Who hangs up does not stop it. The status is one that no answer is kept for.
    """

    status: int = 503
    go_on: Callable[[Store], Coroutine[Any, Any, Response]]


class Inbound(Struct):
    """One request as data.

    `remote` is the client's address as far as it is believed; `received_at` is microseconds UTC; `id` is a UUIDv7 of
    that time as 32 hex digits, which stands on the answer as `X-Request-Id`.
    """

    method: str
    path: str
    values: dict[str, str]
    query_string: bytes
    raw_headers: list[Header]
    body: bytes
    remote: str
    received_at: int
    id: str
    command: Any = None
    keeps_answer: bool = False
    """Whether the answer may be stored for the request's Idempotency-Key: not that of a read."""
    findings: dict[bytes, Any] = {}
    """What was worked out for the request outside of its transaction, by key (see `Postponed`)."""
    named: dict[bytes, bytes] = {}
    """The first header of each name."""
    unread: tuple[Unread, ...] = ()
    """The fields of the body that nobody reads, where the route knows all that are read."""

    def __post_init__(self) -> None:
        """Look through the headers once, instead of for each one that is asked for."""
        self.named = dict(reversed(self.raw_headers))

    def arrive(self) -> None:
        """Be here from now on, under an id of this time."""
        self.received_at = now()
        self.id = uuid7(self.received_at)

    def header(self, name: bytes) -> str:
        """The first header of this (lower-case) name, without blanks around it, or an empty string."""
        value = self.named.get(name)
        return value.strip(b" \t").decode("latin-1") if value else ""

    @property
    def query(self) -> dict[str, str]:
        """The query parameters; those of a list with commas between its parts, however the client has packed it.

        Raises Malformed for bytes that are not UTF-8, and for a parameter of one value that is given several.
        """
        if not self.query_string:
            return {}
        try:
            pairs = pairs_of(self.query_string.decode("ascii"))
        except ValueError as error:
            raise Malformed(
                [Problem("query", "invalid_value", "the query string can not be read as UTF-8 pairs")]
            ) from error
        if any("\0" in key or "\0" in value for key, value in pairs):
            raise Malformed([Problem("query", "invalid_value", "a parameter holds a NUL character")])
        found = dict(pairs)
        if len(found) == len(pairs) and "[" not in "".join(found):
            return found
        try:
            return unpacked(pairs)
        except ValueError as error:
            raise Malformed([Problem(str(error), "invalid_value", f"{error} is given more than once")]) from error


class Problem(Struct, frozen=True):
    """One thing that is wrong with a request: where, what kind, and a sentence that says how to mend it."""

    field: str
    type: str
    message: str


class Malformed(Exception):
    """Raised while decoding: the request can not be understood; answered 400 in the dialect's shape."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


class TooMany(Exception):
    """Raised while decoding: somebody calls too often; answered 429 in the dialect's shape, and nothing is kept."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"try again in {seconds} s")
        self.seconds = seconds


class Service(Protocol):
    """What the door asks of a dialect's service: its words for what the door itself refuses."""

    def refuse(self, status: int, problems: Sequence[Problem] = (), *, message: str = "") -> Response:
        """The service's own error body for a status."""
        ...


@runtime_checkable
class Guarded(Protocol):
    """A route's `run` that knows its callers, so that a stranger is turned away before their bytes are judged."""

    def admit(self, tx: Transaction, inbound: Inbound) -> Response | None:
        """Why this caller may not call the route at all; None where they may."""
        ...


class Cors(Struct, frozen=True):
    """What browsers are told about a dialect whose clients run in other people's pages.

    The headers stand on every answer, errors too, or a page could not read why it was refused. A preflight is answered
    without a token, because browsers send none with it. No credentials are involved, so any page may read; who may
    report is decided when the call itself comes. `exposed` are the headers of an answer that a page may read.
    """

    methods: str
    headers: str
    max_age_seconds: int = 86_400
    exposed: str = "X-Request-Id, Retry-After"

    @property
    def on_every_answer(self) -> tuple[Header, ...]:
        """What stands on every answer."""
        exposed = self.exposed.encode()
        return (b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", exposed)

    def preflight(self) -> Response:
        """The answer to a preflight request."""
        return Response(
            204,
            b"",
            (
                (b"access-control-allow-methods", self.methods.encode()),
                (b"access-control-allow-headers", self.headers.encode()),
                (b"access-control-max-age", b"%d" % self.max_age_seconds),
                (b"cache-control", b"max-age=%d" % self.max_age_seconds),
            ),
        )


class Area(Struct, frozen=True):
    """The paths below a prefix of whole segments: in whose words nothing is found there, and what browsers may call.

    Where several areas hold a path, the one with the longest prefix counts. An empty prefix holds what no other does.
    A path has one spelling; with `doubles_slash` it may begin with two slashes, too.
    Answers of a private area are for whoever asked: no cache keeps any that does not say otherwise itself.
    Where there is nothing, `lost` answers a request with these headers, if it is given.
    """

    prefix: str
    service: Service
    cors: Cors | None = None
    doubles_slash: bool = False
    is_private: bool = False
    lost: Callable[[str, Sequence[Header]], Response] | None = None


class Route(Struct, frozen=True):
    """One line of a dialect's route table.

    `run` answers requests inside a transaction, one response per request and in order; `decode` turns bytes into
    `Inbound.command` before any transaction is opened, and raises Malformed. `prepare` is awaited after that: it may
    open transactions of its own, do slow work between them, complete the command, or answer at once; of a write, all
    of that and the write together have the time of one request. Where `alone` is
    given, it answers instead of `run`, without the database. Without `content_types` a body is never refused for its
    type. With `takes_rest` the last parameter of the path takes whatever follows, slashes included. `reads` says what
    its reading is like, or how to tell from the request: see `tillroll.store.Reads`.
    """

    method: str
    path: str
    run: Callable[[Transaction, Sequence[Inbound]], Sequence[Response]]
    service: Service
    decode: Callable[[Inbound], object] | None = None
    writes: bool = False
    content_types: tuple[str, ...] = ("application/json",)
    keeps_answers: bool = True
    alone: Callable[[Inbound], Response] | None = None
    takes_rest: bool = False
    prepare: Callable[[Within, Inbound], Awaitable[Response | None]] | None = None
    reads: Reads | Callable[[Inbound], Reads] = "point"
    fields: Known | None = None
    """The fields of a JSON body that are read; every answer names those that are not."""


class _ClientGone(Exception):
    """The connection closed before the whole request had arrived."""


def new_secret() -> str:
    """256 random bits as 43 characters that may stand in a URL or a form."""
    return secrets.token_urlsafe(32)


def now() -> int:
    """The time, microseconds UTC: for what is said outside of any request's handling."""
    return time.time_ns() // 1000


def uuid7(now_microseconds: int) -> str:
    """A UUIDv7 (RFC 9562) as 32 hex digits: sorts by time, unique without coordination.

    The microseconds stand behind the milliseconds, as a fraction of 12 bits (6.2, method 3): they can be read again,
    and 62 random bits are left.
    """
    milliseconds, rest = divmod(now_microseconds, 1000)
    high = milliseconds << 16 | 0x7000 | rest * 4096 // 1000
    low = 0x8000000000000000 | int.from_bytes(os.urandom(8), "big") >> 2
    return f"{high:016x}{low:016x}"


class Door:
    """The ASGI application: finds the route, reads the body, runs the transaction, sends the answer."""

    def __init__(self, store: Store, routes: Iterable[Route], areas: Iterable[Area], settings: Settings) -> None:
        self._store = store
        self._root: RouteNode[Route] = RouteNode()
        for route in routes:
            self._root.add(route)
        self._areas: dict[str, list[tuple[list[str], Area]]] = {}
        for area in sorted(areas, key=lambda one: one.prefix.count("/"), reverse=True):
            segments = area.prefix.split("/")
            self._areas.setdefault(segments[0], []).append((segments, area))
        self._body_bytes_max = settings.body_bytes_max
        self._request_seconds = settings.request_seconds
        self._trusted = settings.trusted_networks
        self._in_flight: set[tuple[object, ...]] = set()
        self._aside = Aside()
        self._going_on: set[asyncio.Future[Response]] = set()
        self._background: list[Callable[[], Awaitable[None]]] = []

    def area(self, segments: list[str]) -> Area:
        """The smallest area that holds this path."""
        for prefix, area in self._areas.get(segments[0], ()):
            if segments[: len(prefix)] == prefix:
                return area
        return self._areas[""][0][1]

    def run_beside(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run this beside the requests, from the server's start to its stop."""
        self._background.append(work)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; every other kind of ASGI traffic is declined."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        area, segments = self._placed(scope["raw_path"])
        cors = area.cors
        try:
            if cors is not None and scope["method"] == "OPTIONS":
                response, id = cors.preflight(), uuid7(now())
            else:
                response, id = await self._answer(scope, receive, segments, area)
        except _ClientGone:
            return
        body = response.body
        complete = _json_completed if response.headers == JSON_ALONE else _completed
        headers = complete(response.headers, () if cors is None else cors.on_every_answer, area.is_private)
        headers = (*headers, (REQUEST_ID, id.encode()))
        if response.status != 204 and not isinstance(response, Streamed):  # which must not say how long they are
            headers = (*headers, (b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        if isinstance(response, Streamed):
            with closing(response):
                if scope["method"] != "HEAD":
                    await response.pour(self._store, receive, send)
                    return
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _placed(self, raw_path: bytes) -> tuple[Area, list[str]]:
        """Where a path is, and its segments as they are spelled: an encoded slash parts nothing."""
        segments = raw_path.decode("ascii").split("/")[1:]
        area = self.area(segments)
        if segments[0] or len(segments) < 2:
            return area, segments
        behind = self.area(segments[1:])
        return (behind, segments[1:]) if behind.doubles_slash else (area, segments)

    async def _answer(self, scope: Scope, receive: Receive, segments: list[str], area: Area) -> tuple[Response, str]:
        """The answer to a request, and the request's id."""
        path: str = scope["path"]
        values: list[str] = []
        node = self._root.find(segments, values)
        if node is None or "\0" in path or "\ufffd" in path:
            lost = area.lost and area.lost(scope["method"], scope["headers"])
            return lost or area.service.refuse(404), uuid7(now())
        method = "GET" if scope["method"] == "HEAD" and "HEAD" not in node.routes else scope["method"]
        found = node.routes.get(method)
        if found is None:
            anyone = next(iter(node.routes.values()))[0]  # what may be asked here answers in its own words
            refusal = anyone.service.refuse(405)
            allowed = ", ".join(sorted(node.routes)).encode()
            refusal = Response(refusal.status, refusal.body, (*refusal.headers, (b"allow", allowed)))
            return refusal, uuid7(now())
        route, names = found
        inbound = Inbound(
            method,
            path,
            dict(zip(names, values, strict=False)),
            scope["query_string"],
            scope["headers"],
            b"",
            self._client(scope),
            0,
            "",
        )
        response = await self._answered(route, inbound, receive)
        return response, inbound.id

    async def _answered(self, route: Route, inbound: Inbound, receive: Receive) -> Response:
        """The answer to a request of a known route, whose body is still to come and makes it arrive."""
        method, path = inbound.method, inbound.path
        try:
            announced = Announced(inbound.named, inbound.raw_headers)
            unreadable = self._unwanted(route, announced)
            if unreadable is not None or announced.waits_for_word:
                inbound.arrive()
            if unreadable is None and announced.waits_for_word:
                unreadable = await self._turned_away(route, inbound)  # a stranger's body is not asked for
            if unreadable is None:
                unreadable = await self._take(route, inbound, announced, receive)
            if unreadable is None:
                return _with_unread(await self._run(route, inbound), inbound)
            return await self._turned_away(route, inbound) or _with_unread(unreadable, inbound)
        except _ClientGone:
            raise  # nobody waits for an answer
        except Malformed as malformed:
            return _with_unread(route.service.refuse(400, malformed.problems), inbound)
        except (Overloaded, Contended, StoreFailed) as trouble:
            _log.warning("%s %s %.300r: %s", inbound.id, method, path, trouble)
            refusal = route.service.refuse(503, message=_TRY_AGAIN)  # the log says why; a client has no use for it
            return Response(refusal.status, refusal.body, (*refusal.headers, RETRY_SOON))
        except Exception:  # noqa: BLE001  a bug is answered in the dialect's words, too
            _log.exception("request %s %s %.300r failed", inbound.id, method, path)
            return route.service.refuse(500)

    def _client(self, scope: Scope) -> str:
        """The client's address; empty for a socket that has none."""
        peer: str = (scope.get("client") or ("",))[0]
        if not self._trusted:
            return peer
        forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        return client_address(peer, forwarded, self._trusted)

    def _unwanted(self, route: Route, announced: Announced) -> Response | None:
        """What is wrong with what the headers announce, before any of the body is read."""
        if announced.said_twice:
            name = announced.said_twice.decode("latin-1")
            return route.service.refuse(400, [Problem(name, "invalid_value", f"send the header {name} once")])
        if announced.length > self._body_bytes_max:
            return route.service.refuse(413, message=f"The body is larger than {self._body_bytes_max} bytes.")
        if announced.length and announced.coding not in ("", "identity"):
            refusal = route.service.refuse(
                415, message=f"Send the body as it is, without the coding {announced.coding}."
            )
            return Response(refusal.status, refusal.body, (*refusal.headers, UNCODED))
        if announced.length and route.content_types and announced.content_type not in route.content_types:
            expected = " or ".join(route.content_types)
            said = f"Send the body as {expected}, not {announced.content_type or 'untyped'}."
            return route.service.refuse(415, message=said)
        return None

    async def _take(self, route: Route, inbound: Inbound, announced: Announced, receive: Receive) -> Response | None:
        """Read the body and make it a command, or say what is wrong with it to those who may call at all."""
        body = await self._body(receive)
        inbound.arrive()
        length = self._body_bytes_max + 1 if body is None else len(body)
        if length != announced.length:  # else it is what the headers said, and wanted
            announced.length = length
            unwanted = self._unwanted(route, announced)
            if unwanted is not None:
                return unwanted
        inbound.body = (body or b"").removeprefix(BOM_UTF8)  # which some clients write before JSON (RFC 8259, 8.1)
        if route.fields is not None and body:
            inbound.unread = route.fields.unread(inbound.body)
        if route.decode is None or route.alone is not None:
            return None
        try:
            inbound.command = route.decode(inbound)
        except Malformed as malformed:
            return route.service.refuse(400, malformed.problems)
        except TooMany as too_many:
            refusal = route.service.refuse(429, message=f"Too many requests: {too_many}.")
            wait = (b"retry-after", b"%d" % too_many.seconds)
            return Response(refusal.status, refusal.body, (*refusal.headers, wait))
        return None

    async def _turned_away(self, route: Route, inbound: Inbound) -> Response | None:
        """The answer to a stranger, who does not learn what is wrong with their bytes; None for all others."""
        run: object = route.run
        if not isinstance(run, Guarded):
            return None
        return await self._store.read(run.admit, inbound, "point", _asker(inbound))

    async def _body(self, receive: Receive) -> bytes | None:
        """The whole body, or None where it is larger than allowed; half a body is never acted upon."""
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _ClientGone
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > self._body_bytes_max:
                return None
            if not message.get("more_body", False):
                return b"".join([*chunks, chunk]) if chunks else chunk
            chunks.append(chunk)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        tasks = [asyncio.ensure_future(work()) for work in self._background]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.gather(*self._going_on, return_exceptions=True)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._store.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _run(self, route: Route, inbound: Inbound) -> Response:
        if route.alone is not None:
            return route.alone(inbound)
        store: Store | Within = self._store
        within = Within(self._store, time.monotonic() + self._request_seconds)
        if route.prepare is not None:
            store = within
            preparing = route.prepare(within, inbound)
            answer = await (within.finish(preparing) if route.writes else preparing)
            if answer is not None:
                return answer
        if not route.writes:
            reads = route.reads if isinstance(route.reads, str) else route.reads(inbound)
            return await store.read(_first(route.run), inbound, reads, _asker(inbound))
        inbound.keeps_answer = route.keeps_answers
        key = inbound.header(b"idempotency-key") if route.keeps_answers else ""
        for _ in range(TRIES_MAX):
            work = self._written_once(route, inbound, key, store) if key else self._written(route, inbound, store)
            response = await work
            if not isinstance(response, Postponed):
                return response
            inbound.findings[response.key] = await within.finish(self._aside.run(response.shop, response.work))
            store = within
        raise Contended(f"what the request depends on has changed {TRIES_MAX} times while it was looked at")

    async def _written(self, route: Route, inbound: Inbound, store: Store | Within) -> Response:
        response = await store.write(route.run, inbound)
        if not isinstance(response, Continued):
            return response
        going_on = asyncio.ensure_future(response.go_on(self._store))
        self._going_on.add(going_on)
        going_on.add_done_callback(self._going_on.discard)
        return await asyncio.shield(going_on)

    async def _written_once(self, route: Route, inbound: Inbound, key: str, store: Store | Within) -> Response:
        # Whose request it is stands in a header, in the path, or only in what is sent: it is a repeat where all agree.
        flight = (inbound.header(b"authorization"), inbound.path, key, inbound.query_string, hash(inbound.body))
        if flight in self._in_flight:
            refusal = route.service.refuse(409, message="A request with this Idempotency-Key is still in flight.")
            return Response(refusal.status, refusal.body, (*refusal.headers, RETRY_SOON))
        self._in_flight.add(flight)
        try:
            return await self._written(route, inbound, store)
        finally:
            self._in_flight.discard(flight)


def _completed(headers: Headers, on_every_answer: Headers, is_private: bool) -> Headers:
    """The headers of an answer with those that every answer of its area has."""
    if NOSNIFF not in headers:
        headers = (*headers, NOSNIFF)
    headers += on_every_answer
    return headers + NO_STORE if is_private and b"cache-control" not in dict(headers) else headers


# The same for the headers that most answers have, which are put together once for each kind of area.
_json_completed = lru_cache(16)(_completed)


def _with_unread(response: Response, inbound: Inbound) -> Response:
    """The answer with the names of those fields of its request that nobody reads."""
    if not inbound.unread or response.status == 401:
        return response
    return Response(response.status, response.body, (*response.headers, header_of(inbound.unread)))


def unread_problems(inbound: Inbound) -> list[Problem]:
    """The fields of a request that nobody reads, as what is wrong with it."""
    return [Problem(one.field, "invalid_value", one.sentence) for one in inbound.unread]


def _asker(inbound: Inbound) -> Asker:
    """Whose request this is, as far as anybody can say before it is looked at."""
    return inbound.remote, inbound.header(b"authorization") or inbound.header(b"cookie")


def _first(
    run: Callable[[Transaction, Sequence[Inbound]], Sequence[Response]],
) -> Callable[[Transaction, Inbound], Response]:
    return lambda tx, inbound: run(tx, [inbound])[0]
