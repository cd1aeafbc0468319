"""The desk at which one operation is done: the account's objects, the time, new ids, and what is told of the change.

Everything that happens at one desk is one commit of the books.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.simulator.books import HIDDEN, Books, Json, public
from tillroll.simulator.script import NOTHING, Do, Occasion, Script, draw, first_match
from tillroll.simulator.wire import missing

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID_LETTERS = 24


class Times(Struct, frozen=True):
    """The simulator's time: seconds as objects have them, and milliseconds that pass even where those stand still."""

    now: int
    ticking_ms: int
    script_age: float = 0.0


class Asking(Struct, frozen=True):
    """Who asks, and how: the account, the request's id, its key, and the version of the API."""

    account: str
    request_id: str = ""
    key: str | None = None
    version: str = ""


class Rules(Struct, frozen=True):
    """What the desk goes by: the script, the seed, and where its own pages are."""

    script: Script
    seed: int
    pages_url: str


class Desk:
    """One operation's view of the books; `wishes` is what the script wants of it."""

    def __init__(self, books: Books, rules: Rules, times: Times, asking: Asking) -> None:
        self.books = books
        self.rules = rules
        self.times = times
        self.asking = asking
        self.wishes: Do = NOTHING
        self.is_heard_before_answer = False
        """Whether a webhook is to arrive before the answer does."""

    @property
    def now(self) -> int:
        """The time of everything that happens here, in seconds."""
        return self.times.now

    def new_id(self, prefix: str, letters: int = ID_LETTERS) -> str:
        """An id that nobody has, which the seed and the number of ids before it decide."""
        return new_id(self.books, self.rules.seed, prefix, letters)

    def find(self, kind: str, id: str, param: str = "id") -> Json:
        """An object of this account; raises Refused (404) where it has none of this id."""
        found = self.books.find(kind, id)
        if found is None or found[1] != self.asking.account:
            raise missing(kind, id, param)
        return found[0]

    def put(self, kind: str, body: Json, *, parent: str = "", label: str = "") -> Json:
        """Write an object."""
        changed = self.times.ticking_ms
        self.books.put(self.asking.account, kind, body, parent=parent, label=label, changed_ms=changed)
        return body

    def enter(self, op: str, charge: Json, amount: int, refund: str | None = None) -> None:
        """Write an effect on money into the ledger: one line each, replays never."""
        metadata: Mapping[str, str] = charge["metadata"]
        self.books.enter(
            {
                "at": self.now,
                "account": self.asking.account,
                "op": op,
                "intent": charge["payment_intent"],
                "charge": charge["id"],
                "refund": refund,
                "amount": amount,
                "currency": charge["currency"],
                "key": self.asking.key,
                "request_id": self.asking.request_id,
                "replay": False,
                "attempt": metadata.get("attempt"),
                "order": metadata.get("order"),
            }
        )

    def later(self, seconds: int, what: str, object: str) -> None:
        """Have something done to an object by and by."""
        self.books.do_later(self.now + seconds, what, object)

    def tell(self, type: str, body: Json, before: Json | None = None) -> Json:
        """Make an event of what has become of an object, and put its deliveries in the queue; the event."""
        key = self.asking.key
        event = {
            "id": self.new_id("evt_"),
            "object": "event",
            "api_version": self.asking.version,
            "created": self.now,
            "data": {"object": public(body)},
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": self.asking.request_id or None, "idempotency_key": key},
            "type": type,
        }
        endpoints = [one for one in self.books.all_of(self.asking.account, "webhook_endpoint") if _wants(one, type)]
        event["pending_webhooks"] = len(endpoints)
        self.put("event", event, label=type)
        outdated = event if before is None else {**event, "data": {"object": public(before)}}
        for endpoint in endpoints:
            self._queue(endpoint["id"], event, outdated)
        return event

    def _queue(self, endpoint: str, event: Json, outdated: Json) -> None:
        """Put an event in the queue of an endpoint: late, twice, outdated or never, as the script has it."""
        script, seed = self.rules.script, self.rules.seed
        webhooks = script.webhooks
        occasion = Occasion("webhook", {}, event["data"]["object"], event["type"])
        do = first_match(script, self.books, seed, (self.times.script_age, occasion)).webhook
        count = self.books.count("deliveries")

        def is_drawn(what: str) -> bool:
            chance: float = getattr(webhooks, what)
            return draw(seed, f"webhook {what}", count) < chance

        def is_wanted(what: str) -> bool:
            return bool(do is not None and getattr(do, what)) or is_drawn(what)

        if is_wanted("lose"):
            return
        first, last = webhooks.first_ms
        wait = first + (last - first) * draw(seed, "webhook first", count)
        wait += last + 1000 if is_drawn("reorder") else 0
        wait += do.delay_ms if do is not None else 0
        if is_wanted("before_answer"):
            self.is_heard_before_answer, wait = True, 0
        told = outdated if is_wanted("stale") else event
        body = encoded(told)
        for _ in range(2 if is_wanted("duplicate") else 1):
            due = self.times.ticking_ms + int(wait)
            self.books.deliver(endpoint=endpoint, event=event["id"], body=body, tries=0, due_ms=due)


def new_id(books: Books, seed: int, prefix: str, letters: int = ID_LETTERS) -> str:
    """The next id with this prefix."""
    number = int.from_bytes(sha256(f"{seed} id {books.count('ids')}".encode()).digest())
    found = []
    for _ in range(letters):
        number, index = divmod(number, len(_LETTERS))
        found.append(_LETTERS[index])
    return prefix + "".join(found)


def encoded(body: Any) -> str:
    """JSON as Stripe lays it out, which those who sign or compare bytes have to take as it is."""
    return msgspec.json.format(msgspec.json.encode(body), indent=2).decode()


def hidden(body: Json) -> Json:
    """What the simulator knows of an object beside what a client sees."""
    found: Json = body.setdefault(HIDDEN, {})
    return found


def with_metadata(current: Mapping[str, str], given: Mapping[str, str] | None) -> dict[str, str]:
    """Metadata after a change: an empty text takes a pair away, None all of them."""
    return {} if given is None else {name: value for name, value in {**current, **given}.items() if value}


def _wants(endpoint: Json, type: str) -> bool:
    wanted: list[str] = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in wanted or type in wanted)
