"""What is no part of Stripe: script, clock, logs, and what a person would do in the provider's dashboard."""

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec
from msgspec import Struct

from tillroll.simulator.books import Books, Entry, Json, public
from tillroll.simulator.clock import Clock
from tillroll.simulator.desk import Desk, encoded
from tillroll.simulator.faults import Broken
from tillroll.simulator.objects import charges, disputes, intents, refunds
from tillroll.simulator.script import Script
from tillroll.simulator.wire import Outcome, Refused, error, invalid, missing

Answer = tuple[Broken, list[tuple[str, str]]]

ADVANCE_SECONDS_MAX = 10 * 366 * 86_400


class Asked(Protocol):
    """What is read of a request."""

    @property
    def headers(self) -> Mapping[str, str]:
        """By lower-case name."""
        ...

    @property
    def query(self) -> bytes:
        """Behind the question mark."""
        ...

    @property
    def body(self) -> bytes:
        """The bytes."""
        ...


class Controlled(Protocol):
    """What is asked of the simulator."""

    books: Books
    clock: Clock

    def is_control(self, headers: Mapping[str, str]) -> bool:
        """Whether a request has the control token."""
        ...

    def desk(self, account: str, host: str = "") -> Desk:
        """A desk of an account."""
        ...

    def play(self, script: Script) -> None:
        """Go by this script."""
        ...

    def reset(self) -> None:
        """Forget all but the script."""
        ...

    def catch_up(self) -> None:
        """Do what is due."""
        ...


class Advance(Struct, frozen=True, forbid_unknown_fields=True):
    """How far to put the clock forward."""

    advance_seconds: int


class Act(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person does in the dashboard, and to what."""

    do: str
    id: str
    amount: int | None = None
    reason: str | None = None


def answer(simulator: Controlled, method: str, path: str, request: Asked) -> Answer:
    """Answer one request to a control route."""
    if not simulator.is_control(request.headers):
        return said(error(401, "invalid_request_error", "The control token is needed; it is printed at the start."))
    handle = _ROUTES.get((method, path))
    if handle is None:
        return said(error(404, "invalid_request_error", f"There is no {method} {path[:200]} here."))
    try:
        return said(Outcome(200, handle(simulator, request)))
    except msgspec.MsgspecError as broken:
        return said(error(400, "invalid_request_error", str(broken)))
    except Refused as refused:
        return said(refused.outcome)


def said(outcome: Outcome) -> Answer:
    """An outcome as an answer."""
    return Broken(outcome.status, encoded(outcome.body).encode()), []


def _put_script(simulator: Controlled, request: Asked) -> Json:
    script = msgspec.json.decode(request.body, type=Script)
    simulator.play(script)
    return {"rules": len(script.rules)}


def _put_clock(simulator: Controlled, request: Asked) -> Json:
    wanted = msgspec.json.decode(request.body, type=Advance)
    if not 0 <= wanted.advance_seconds <= ADVANCE_SECONDS_MAX:
        raise invalid("The clock goes forward only, and ten years at most.", None, "advance_seconds")
    with simulator.books.commit():
        simulator.clock.advance(wanted.advance_seconds)
        simulator.catch_up()
    return {"now": simulator.clock.now()}


def _ledger(simulator: Controlled, request: Asked) -> Json:
    return _lines(simulator.books.ledger(_since(request)))


def _requests(simulator: Controlled, request: Asked) -> Json:
    return _lines(simulator.books.requests(_since(request)))


def _reset(simulator: Controlled, _request: Asked) -> Json:
    simulator.reset()
    return {"now": simulator.clock.now()}


def _act(simulator: Controlled, request: Asked) -> Json:
    act = msgspec.json.decode(request.body, type=Act)
    kind, work = _ACTS.get(act.do, ("", None))
    if work is None:
        raise invalid(f"What can be done is {', '.join(sorted(_ACTS))}.", None, "do")
    found = simulator.books.find(kind, act.id)
    if found is None:
        raise missing(kind, act.id, "id")
    with simulator.books.commit():
        work(simulator.desk(found[1]), found[0], act)
    after = simulator.books.find(kind, act.id)
    return public(after[0]) if after is not None else {}


def _dispute(desk: Desk, intent: Json, act: Act) -> None:
    charge = charges.of_intent(desk, intent)
    disputes.opened(desk, charge, act.reason or "fraudulent", is_inquiry=act.reason == "inquiry")


def _refund(desk: Desk, intent: Json, act: Act) -> None:
    given = {"payment_intent": intent["id"]} | ({"amount": act.amount} if act.amount is not None else {})
    refunds.create(desk, "", given)


def _capture(desk: Desk, intent: Json, act: Act) -> None:
    intents.capture(desk, intent["id"], {"amount_to_capture": act.amount} if act.amount is not None else {})


def _expire(desk: Desk, intent: Json, _act: Act) -> None:
    intents.expire(desk, intent)


def _resend(desk: Desk, event: Json, _act: Act) -> None:
    for endpoint in desk.books.all_of(desk.asking.account, "webhook_endpoint"):
        due = desk.times.ticking_ms
        desk.books.deliver(endpoint=endpoint["id"], event=event["id"], body=encoded(event), tries=0, due_ms=due)


_ROUTES: Mapping[tuple[str, str], Callable[[Controlled, Asked], Json]] = {
    ("PUT", "/_sim/script"): _put_script,
    ("POST", "/_sim/clock"): _put_clock,
    ("POST", "/_sim/act"): _act,
    ("POST", "/_sim/reset"): _reset,
    ("GET", "/_sim/ledger"): _ledger,
    ("GET", "/_sim/requests"): _requests,
}

# What a person may do, to an object of which kind.
_ACTS: Mapping[str, tuple[str, Callable[[Desk, Json, Act], object]]] = {
    "dispute": ("payment_intent", _dispute),
    "refund": ("payment_intent", _refund),
    "capture": ("payment_intent", _capture),
    "cancel": ("payment_intent", lambda desk, intent, _act: intents.cancel(desk, intent["id"], {})),
    "expire": ("payment_intent", _expire),
    "refund_fail": ("refund", lambda desk, refund, _act: refunds.failed(desk, refund)),
    "refund_settle": ("refund", lambda desk, refund, _act: refunds.settled(desk, refund)),
    "win": ("dispute", lambda desk, dispute, _act: disputes.closed(desk, dispute, is_won=True)),
    "lose": ("dispute", lambda desk, dispute, _act: disputes.closed(desk, dispute, is_won=False)),
    "resend": ("event", _resend),
}


def _since(request: Asked) -> int:
    text = request.query.decode("ascii", "replace").partition("since=")[2].partition("&")[0]
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _lines(entries: list[Entry]) -> Json:
    return {"data": [{"seq": one.seq, **one.body} for one in entries]}
