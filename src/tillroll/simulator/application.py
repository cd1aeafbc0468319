"""The simulator as an ASGI application: Stripe's routes, the bank's page for a card's holder, control routes."""

import asyncio
import logging
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from hashlib import sha256

import msgspec
from msgspec import Struct

from tillroll.dialects.http import Receive, Scope, Send
from tillroll.simulator import control, faults, page, routes
from tillroll.simulator.books import IN_MEMORY, Books, Json
from tillroll.simulator.clock import Clock
from tillroll.simulator.courier import Courier
from tillroll.simulator.desk import Asking, Desk, Rules, encoded, new_id
from tillroll.simulator.faults import Broken
from tillroll.simulator.objects import intents, refunds
from tillroll.simulator.script import Script
from tillroll.simulator.taking import Call, Done, Taking
from tillroll.simulator.wire import Outcome, Refused, error, invalid, parameters

# The version of the API that is spoken where a request names none: the one that the SDKs of today pin.
API_VERSION = "2026-10-28.endive"
TEST_KEY = re.compile(r"(?:sk|rk)_test_[\x21-\x7e]{1,250}")
REQUEST_ID_LETTERS = 14

_VERSION = re.compile(r"\d{4}-\d\d-\d\d(?:\.\w{1,40})?")
_SCRIPT = "script"
_GIVEN_SCRIPT = "script that was given"

_log = logging.getLogger(__name__)


class Setup(Struct, frozen=True, kw_only=True):
    """How a simulator begins: its file, seed, script, clock, and the token of its control routes."""

    token: str
    path: str = IN_MEMORY
    seed: int = 1
    script: Script | None = None
    is_clock_manual: bool = False


class Request(Struct, frozen=True):
    """One HTTP request."""

    method: str
    path: str
    query: bytes
    headers: Mapping[str, str]
    body: bytes


class Simulator:
    """One payment service provider, with all of its accounts: each secret key is an account of its own."""

    def __init__(self, setup: Setup) -> None:
        self.books = Books(setup.path)
        self.clock = Clock(self.books, is_manual=setup.is_clock_manual)
        self._seed = setup.seed
        self._script = self._begun(setup.script)
        self._taking = Taking(self.books, self.clock, lambda: (self._script, self.seed))
        self._courier = Courier(self.books, self.clock, lambda: self._script)
        self._routes = routes.tree()
        self._token = setup.token
        self._is_early = False
        self._taking.told_early = self._tell_early

    @property
    def seed(self) -> int:
        """What chance depends on: the script's own seed goes before that of the start."""
        return self._seed if self._script.seed is None else self._script.seed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            return
        self._courier.start()
        body = await _body_of(receive)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["raw_path"].decode("ascii") if scope.get("raw_path") else scope["path"]
        request = Request(scope["method"], path.partition("?")[0], scope["query_string"], headers, body)
        answer, also = await self._answer(request)
        if self._is_early:
            self._is_early = False
            await self._courier.deliver_due()
        self._courier.wake()
        await _send(answer, also, send, heeds_faults=faults.EXTENSION in (scope.get("extensions") or {}))

    async def stop(self) -> None:
        """End; what is not delivered stays in the books."""
        await self._taking.settle()
        await self._courier.stop()
        self.books.close()

    def desk(self, account: str, host: str = "") -> Desk:
        """A desk for what nobody has asked for over Stripe's routes."""
        rules = Rules(self._script, self.seed, f"http://{host}")
        return Desk(self.books, rules, self.clock.times(), Asking(account, version=API_VERSION))

    def play(self, script: Script) -> None:
        """Go by another script from now on, its rules counted from the beginning."""
        with self.books.commit():
            self.books.keep(_SCRIPT, msgspec.json.encode(script).decode())
            self.books.forget_rules()
            self.clock.begin_script()
        self._script = script

    def catch_up(self) -> None:
        """Do what was due by now: authorisations that run out, refunds that are decided."""
        for what, id in self.books.take_due(self.clock.now()):
            kind = "payment_intent" if what == "expire" else "refund"
            found = self.books.find(kind, id)
            if found is None:
                continue
            desk = self.desk(found[1])
            if what == "expire":
                intents.expire(desk, found[0])
            elif what == "settle_refund":
                refunds.settled(desk, found[0])
            else:
                refunds.failed(desk, found[0])

    def reset(self) -> None:
        """Forget all objects and logs, and play the script from the beginning."""
        self.books.clear()
        self.play(self._script)

    def is_control(self, headers: Mapping[str, str]) -> bool:
        """Whether a request has the control token."""
        return headers.get("authorization", "") == f"Bearer {self._token}"

    def _begun(self, given: Script | None) -> Script:
        """The script to begin with: a new one that was given, or the one that was played last."""
        text = "" if given is None else msgspec.json.encode(given).decode()
        kept = self.books.kept(_SCRIPT)
        if kept is not None and text in ("", self.books.kept(_GIVEN_SCRIPT)):
            return msgspec.json.decode(kept, type=Script)
        script = given or Script()
        with self.books.commit():
            self.books.keep(_GIVEN_SCRIPT, text)
        self.play(script)
        return script

    def _tell_early(self) -> None:
        self._is_early = True

    async def _answer(self, request: Request) -> tuple[Broken, list[tuple[str, str]]]:
        with self.books.commit():
            self.catch_up()
        if request.path.startswith("/_sim/"):
            return control.answer(self, request.method, request.path, request)
        if request.path.startswith("/3ds/"):
            return page.answer(self, request.method, request.path, request)
        return await self._answer_api(request)

    async def _answer_api(self, request: Request) -> tuple[Broken, list[tuple[str, str]]]:
        with self.books.commit():
            request_id = new_id(self.books, self.seed, "req_", REQUEST_ID_LETTERS)
        call: Call | None = None
        try:
            call = self._understood(request, request_id)
            done = await self._taking.take(call)
        except Refused as refused:
            done = Done(refused.outcome)
        self._note(request, call, done, request_id)
        body = encoded(done.outcome.body).encode()
        headers = [("Request-Id", request_id), *done.outcome.headers]
        if call is not None:
            headers.append(("Stripe-Version", call.asking.version))
            headers += [("Idempotency-Key", call.asking.key)] if call.asking.key is not None else []
        if done.original:
            headers += [("Idempotent-Replayed", "true"), ("Original-Request", done.original)]
        return faults.broken(done.do, done.outcome.status, body), headers

    def _understood(self, request: Request, request_id: str) -> Call:
        """The call that a request is; raises Refused for a stranger, an unknown route and broken parameters."""
        account = _account(request.headers.get("authorization", ""))
        entry = routes.found(self._routes, request.method, request.path)
        if entry is None:
            message = f"There is no {request.method} {request.path[:200]} here."
            raise Refused(_unkept(error(404, "invalid_request_error", message)))
        version = request.headers.get("stripe-version", API_VERSION)
        if not _VERSION.fullmatch(version):
            raise invalid("This is no version of the API.")
        given = parameters(request.body if request.method == "POST" else request.query)
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        route, id = entry
        asking = Asking(account, request_id, key or None, version)
        return Call(route, id, given, asking, f"http://{request.headers.get('host', 'localhost')}")

    def _note(self, request: Request, call: Call | None, done: Done, request_id: str) -> None:
        body: Json = {
            "at": self.clock.now(),
            "account": call.asking.account if call is not None else None,
            "method": request.method,
            "path": request.path[:500],
            "op": call.route.op if call is not None else None,
            "key": call.asking.key if call is not None else None,
            "digest": call.digest if call is not None else None,
            "fault": done.do.fault or None,
            "effect": done.do.has_effect if done.do.fault else None,
            "status": done.outcome.status,
            "request_id": request_id,
            "replay": bool(done.original),
        }
        with self.books.commit():
            self.books.note_request(body)

    async def _live(self, receive: Receive, send: Send) -> None:
        """From the server's start to its stop: deliver, and do what falls due."""
        await receive()
        self._courier.start()
        beat = asyncio.get_running_loop().create_task(self._beat())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        beat.cancel()
        await asyncio.gather(beat, return_exceptions=True)
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            due = self.books.next_due()
            if due is not None and due <= self.clock.now():
                with self.books.commit():
                    self.catch_up()
                self._courier.wake()


def _account(authorization: str) -> str:
    """The account of a secret test key; raises Refused (401) for every other one. The key itself is kept nowhere."""
    scheme, _, credentials = authorization.partition(" ")
    key = credentials.strip()
    if scheme.lower() == "basic":
        try:
            key = b64decode(key, validate=True).decode("ascii").partition(":")[0]
        except (NotBase64, UnicodeDecodeError):
            key = ""
    if key.startswith(("sk_live_", "rk_live_")):
        raise Refused(_unkept(error(401, "invalid_request_error", "This is a simulator: no live keys, please.")))
    if not TEST_KEY.fullmatch(key):
        raise Refused(_unkept(error(401, "invalid_request_error", "A secret test key is needed (sk_test_…).")))
    return "acct_" + sha256(key.encode()).hexdigest()[:16]


def _unkept(outcome: Outcome) -> Outcome:
    return Outcome(outcome.status, outcome.body, is_executed=False)


async def _body_of(receive: Receive) -> bytes:
    pieces = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)


async def _send(answer: Broken, also: list[tuple[str, str]], send: Send, *, heeds_faults: bool) -> None:
    headers = [(b"content-type", answer.content_type.encode())]
    headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in also]
    headers.append((b"content-length", b"%d" % len(answer.body)))
    if answer.on_wire and not heeds_faults:
        raise ConnectionResetError(f"simulated: {answer.on_wire}")
    if answer.on_wire:
        headers.append((faults.WIRE_FAULT, f"{answer.on_wire} {answer.ms}".encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
