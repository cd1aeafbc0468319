"""The counter at which requests are taken: one at a time for an intent, each key once, at the pace of the script.

limits ─► script ─► key (in flight, saved, other parameters) ─► the intent's turn ─► latency ─► work and commit
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from weakref import WeakValueDictionary

import msgspec
from msgspec import Struct

from tillroll.simulator import cards, faults
from tillroll.simulator.books import Books, Json
from tillroll.simulator.clock import Clock
from tillroll.simulator.desk import Asking, Desk, Rules, encoded
from tillroll.simulator.objects import lists
from tillroll.simulator.parameters import checked
from tillroll.simulator.routes import Route
from tillroll.simulator.script import NOTHING, Do, Occasion, Script, draw, first_match
from tillroll.simulator.wire import Outcome, Refused, error

KEY_LETTERS_MAX = 255


class Call(Struct, frozen=True):
    """One request that was understood: who asks for what."""

    route: Route
    id: str
    given: Json
    asking: Asking
    pages_url: str

    @property
    def digest(self) -> str:
        """What a key stands for: the path and the parameters, in any order."""
        return sha256(f"{self.route.op} {self.id} {_sorted(self.given)}".encode()).hexdigest()

    @property
    def intent(self) -> str:
        """The intent whose turn it has to be."""
        if self.route.op.startswith("payment_intents."):
            return self.id
        named = self.given.get("payment_intent")
        return named if isinstance(named, str) else ""


class Done(Struct, frozen=True):
    """What became of a call: its outcome, what the script wanted, and whose answer it is where it is a replay."""

    outcome: Outcome
    do: Do = NOTHING
    original: str = ""


class Taken(Exception):
    """The intent's turn did not come in time."""


class Taking:
    """Takes calls; `script` tells the script as it is now."""

    def __init__(self, books: Books, clock: Clock, script: Callable[[], tuple[Script, int]]) -> None:
        self._books = books
        self._clock = clock
        self._script = script
        self._in_flight: set[tuple[str, str]] = set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._second = 0
        self._counted: Counter[str] = Counter()
        self._late: set[asyncio.Task[object]] = set()
        self.told_early: Callable[[], object] = lambda: None
        """Called where a webhook is to arrive before the answer."""

    async def take(self, call: Call) -> Done:
        """Do what is asked, or what the script wants instead of it."""
        script, seed = self._script()
        if reason := self._over(script, call.route.op):
            return Done(faults.rate_limited(reason))
        do = self._wanted(call, script, seed)
        if (refused := faults.refusal(do)) is not None:
            return Done(refused, do)
        if do.fault == "delay_effect":
            self._do_late(call, do)
            return Done(Outcome(200, {}, is_executed=False), do)
        if do.fault and not do.has_effect:
            return self._undone(call, do)
        done = await self._taken(call, do)
        if do.fault == "delay":
            await asyncio.sleep(do.ms / 1000)
        if do.fault == "status" and not done.original:
            return Done(faults.in_place_of(do), do)
        return done

    async def settle(self) -> None:
        """Wait for what was to be done late."""
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)

    def _over(self, script: Script, op: str) -> str:
        """Which limit a request is over, if any."""
        second = self._clock.ticking_ms() // 1000
        if second != self._second:
            self._second = second
            self._counted.clear()
        self._counted.update(("", op))
        limits = script.limits
        if limits.global_per_second and self._counted[""] > limits.global_per_second:
            return "global-rate"
        if limits.endpoint_per_second and self._counted[op] > limits.endpoint_per_second:
            return "endpoint-rate"
        return ""

    def _wanted(self, call: Call, script: Script, seed: int) -> Do:
        """What the script does to this call; without a word from it, what the simulator's own cards do."""
        known = self._books.find("payment_intent", call.intent)
        occasion = Occasion(call.route.op, call.given, known[0] if known is not None else {})
        with self._books.commit():
            do = first_match(script, self._books, seed, (self._clock.times().script_age, occasion))
        if do is NOTHING and call.route.op == "payment_intents.confirm":
            token = call.given.get("payment_method")
            card = cards.card_of(token) if isinstance(token, str) else None
            return faults.OF_CARDS.get(card.fault, NOTHING) if card is not None else NOTHING
        return do

    def _undone(self, call: Call, do: Do) -> Done:
        outcome = faults.in_place_of(do)
        if outcome.is_executed and call.asking.key is not None:
            with self._books.commit():
                self._save(call, outcome)
        return Done(outcome, do)

    def _do_late(self, call: Call, do: Do) -> None:
        async def work() -> None:
            await asyncio.sleep(do.ms / 1000)
            await self._taken(call, NOTHING)

        task: asyncio.Task[object] = asyncio.get_running_loop().create_task(work())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _taken(self, call: Call, do: Do) -> Done:
        """The answer under the call's key: that of the first time, or that of now."""
        key = call.asking.key
        if key is None:
            return await self._in_turn(call, do)
        if len(key) > KEY_LETTERS_MAX:
            message = f"A key has at most {KEY_LETTERS_MAX} characters."
            return Done(_unkept(error(400, "invalid_request_error", message)), do)
        place = (call.asking.account, key)
        if place in self._in_flight:
            message = "A request with this key is under way."
            return Done(_unkept(error(409, "idempotency_error", message, code="idempotency_key_in_use")), do)
        saved = self._books.answer(*place)
        if saved is not None and self._clock.now() - saved[4] < self._script()[0].key_seconds:
            digest, request_id, status, body, _ = saved
            if digest != call.digest:
                message = "This key was used with other parameters."
                return Done(_unkept(error(400, "idempotency_error", message)), do)
            return Done(_unkept(Outcome(status, msgspec.json.decode(body))), do, original=request_id)
        self._in_flight.add(place)
        try:
            return await self._in_turn(call, do)
        finally:
            self._in_flight.discard(place)

    async def _in_turn(self, call: Call, do: Do) -> Done:
        script, seed = self._script()
        try:
            async with self._turn(call, script.lock_ms / 1000):
                wait = script.latency.seconds(draw(seed, "latency", self._books.count("latency")))
                if wait:
                    await asyncio.sleep(wait)
                return Done(self._work(call, do), do)
        except Taken:
            return Done(faults.locked(), do)

    @asynccontextmanager
    async def _turn(self, call: Call, seconds: float) -> AsyncIterator[None]:
        """The intent's turn; raises Taken where it does not come in time. Who only looks waits for nobody."""
        if not call.intent or call.route.method == "GET":
            yield
            return
        turn = self._turns.get(call.intent)
        if turn is None:
            self._turns[call.intent] = turn = asyncio.Lock()
        try:
            async with asyncio.timeout(seconds):
                await turn.acquire()
        except TimeoutError as late:
            raise Taken from late
        try:
            yield
        finally:
            turn.release()

    def _work(self, call: Call, do: Do) -> Outcome:
        """Do it, in one commit with the answer under its key; nothing stays of what was refused but that."""
        script, seed = self._script()
        rules = Rules(script, seed, call.pages_url)
        desk = Desk(self._books, rules, self._clock.times(), call.asking)
        desk.wishes = do
        try:
            given = checked(call.route.op, call.given)
            with self._books.commit():
                outcome = call.route.handle(desk, call.id, given)
                if outcome.status == 200:
                    outcome = lists.expanded(desk, outcome, given.get("expand", []))
                elif "payment_intent" in outcome.body["error"]:
                    self._expand_inside(desk, outcome, given)
                if do.fault == "status" and do.status == 500:
                    outcome = faults.in_place_of(do)
                if call.asking.key is not None:
                    self._save(call, outcome)
        except Refused as refused:
            outcome = refused.outcome
            if outcome.is_executed and call.asking.key is not None:
                with self._books.commit():
                    self._save(call, outcome)
        if desk.is_heard_before_answer:
            self.told_early()
        return outcome

    def _expand_inside(self, desk: Desk, outcome: Outcome, given: Json) -> None:
        inner = Outcome(200, outcome.body["error"]["payment_intent"])
        outcome.body["error"]["payment_intent"] = lists.expanded(desk, inner, given.get("expand", [])).body

    def _save(self, call: Call, outcome: Outcome) -> None:
        asking = call.asking
        self._books.save_answer(
            account=asking.account,
            key=asking.key,
            digest=call.digest,
            request_id=asking.request_id,
            status=outcome.status,
            body=encoded(outcome.body),
            created=self._clock.now(),
        )


def _unkept(outcome: Outcome) -> Outcome:
    return Outcome(outcome.status, outcome.body, is_executed=False)


def _sorted(given: object) -> str:
    return msgspec.json.encode(given, order="sorted").decode()
