"""Whoever asks providers: between transactions, never inside of one, for a request or for the reconciler.

    task ──► provider (one request) ──► answer ──► settle it in a transaction ──► the next task

Everything that is about to be asked stands in the database before it is asked, and every answer is settled under the
version of the attempt that it was asked for: a crash at any line leaves what the reconciler goes on with.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar
from urllib.parse import quote, urlencode

from msgspec import Struct

from tillroll.domain.payments.attempt import SECOND, Ask, PaymentAttempt, State
from tillroll.domain.payments.payment import PaymentMode
from tillroll.domain.payments.provider import (
    NOT_FOUND,
    Authorisation,
    Bell,
    Capture,
    NoBell,
    Opening,
    PaymentReference,
    ProviderDispute,
    ProviderPayment,
    ProviderRefund,
    RefundOrder,
    Trouble,
    TroubleKind,
    Void,
)
from tillroll.domain.payments.refund import PaymentRefund, RefundAsk, RefundState
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.orders import payments, refunds
from tillroll.engine.orders.payments import Heard, Tell, Turn
from tillroll.engine.orders.refunds import HeardRefund
from tillroll.engine.payments import bells, rounds
from tillroll.engine.payments.attempts import PaymentTerms, Task
from tillroll.engine.payments.bells import SeenDisputes
from tillroll.engine.payments.refunds import RefundTask
from tillroll.engine.payments.rounds import Round
from tillroll.payments.protocol import BellRequest, Connector, Provider
from tillroll.store import Contended, Overloaded, Store, StoreFailed, Transaction

Item = TypeVar("Item")
Result = TypeVar("Result")
Answer = TypeVar("Answer")

# How long to wait before the same is asked again, in seconds; the last one again and again.
PAUSES = (0.2, 0.5, 1.0, 2.0)
# What one look may lead to: look, ask for money, look, capture. More is left to the next look.
STEPS_MAX = 6
_REDIRECT = "/RedirectURL"
# What stays as it is in an address that somebody has written down (RFC 3986, 2.2).
_OF_ADDRESSES = "%:/?#[]@!$&'()*+,;=~"
# How many payments are looked at at once.
LOOKS_MAX = 8
# How long nobody is asked for a mode whose provider takes its key no more, in seconds.
REST_SECONDS = 60

ModeName = tuple[str, tuple[tuple[str, str], ...]]
"""A provider's word, and the settings that it is reached by."""

_log = logging.getLogger(__name__)


class Patience(Struct, frozen=True):
    """How long, in seconds, a call may take, one that asks for money, and all that a buyer waits for."""

    call_seconds: float = 10
    authorise_seconds: float = 20
    request_seconds: float = 30


class Gateway:
    """Asks the providers of payment modes, and settles what they answer."""

    def __init__(  # noqa: PLR0913  what it stands on, and what it keeps to
        self,
        catalogue: Catalogue,
        connectors: Mapping[str, Connector],
        clock: Callable[[], int],
        *,
        terms: PaymentTerms | None = None,
        patience: Patience | None = None,
        passing: Callable[[str], None] | None = None,
        public_url: str = "",
    ) -> None:
        self.terms = terms or PaymentTerms()
        self._clock, self._connectors = clock, connectors
        self._patience = patience or Patience()
        self._hear = partial(_on_catalogue, payments.hear, catalogue)
        self._take_up = partial(_on_catalogue, payments.take_up, catalogue)
        self._give_up = partial(_on_catalogue, payments.give_up, catalogue)
        self._hear_refund = partial(_on_catalogue, refunds.hear, catalogue)
        self._take_up_refund = partial(_on_catalogue, refunds.take_up, catalogue)
        self._providers: dict[ModeName, Provider] = {}
        self._resting: dict[ModeName, tuple[float, Trouble]] = {}
        self._passing = passing or _pass_by
        self._public_url = public_url.rstrip("/")

    async def pay(self, store: Store, planned: Task, tell: Tell) -> PaymentAttempt:
        """Pay an order whose attempt was planned, until its outcome is known or nobody would wait any longer.

        `tell` is called in the transaction that settles what the buyer is told.
        """
        deadline = asyncio.get_running_loop().time() + self._patience.request_seconds
        once = _Once(tell)
        task = planned
        tries = 0
        while task.ask is not Ask.NOTHING and asyncio.get_running_loop().time() < deadline:
            task, is_answered = await self._step(store, task, once, deadline)
            if is_answered:
                tries = 0
                continue
            if task.ask is Ask.NOTHING and task.attempt.state in (State.CREATED, State.VOIDING):
                task = Task(task.attempt, Ask.LOOK_UP, planned.settings)
            await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1
        if once.is_told:
            return task.attempt
        turn = self._turn(planned.attempt, once)
        return await store.write(self._give_up, turn)

    async def clear_up(self, store: Store, shop: str, id: str) -> PaymentAttempt:
        """Do what is wished for of an attempt until its outcome is known, or nobody would wait any longer."""
        deadline = asyncio.get_running_loop().time() + self._patience.request_seconds
        tries = 0
        while True:
            attempt = await self.look(store, shop, id, deadline)
            if not attempt.is_under_way or asyncio.get_running_loop().time() >= deadline:
                return attempt
            await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1

    async def look(self, store: Store, shop: str, id: str, deadline: float | None = None) -> PaymentAttempt:
        """Look at an attempt that nobody is at work on, and do what follows from what is found.

        No call is waited for after `deadline`, where there is one, but for a second.
        """
        task = await store.write(self._take_up, self._turn_of(shop, id))
        if task.attempt.state is State.CAPTURED and not await self._look_behind(store, task, deadline):
            return task.attempt
        for _ in range(STEPS_MAX):
            if task.ask is Ask.NOTHING:
                break
            task, is_answered = await self._step(store, task, None, deadline)
            if not is_answered:
                break
        return task.attempt

    async def _look_behind(self, store: Store, task: Task, deadline: float | None) -> bool:
        """Look at what has followed money that was taken: refunds and disputes; whether there was an answer."""
        look = RefundTask(None, task.attempt, RefundAsk.LOOK_UP, task.settings)
        times = (self._patience.call_seconds, deadline)
        answer = await self._called(look, times, partial(_returned, look))
        if isinstance(answer, Trouble):
            return False
        if answer:
            await store.write(self._hear_refund, HeardRefund(look, answer, self._clock(), self.lease()))
        disputes = await self._called(task, times, partial(_disputed, task))
        if isinstance(disputes, Trouble):
            return False
        if disputes:
            seen = SeenDisputes(task.attempt, tuple(disputes), self._clock())
            await store.write(bells.note_disputes, seen)
        return True

    async def hear_bell(self, mode: PaymentMode, request: BellRequest) -> Bell | NoBell | None:
        """The bell that a request to a mode is; None for a mode that hears none."""
        connector = self._connectors.get(mode.provider)
        if connector is None:
            return None
        return await asyncio.to_thread(connector.hears, mode.settings, request)  # which may load a library

    async def books_of(self, mode: PaymentMode, since: int, until: int) -> Sequence[ProviderPayment] | Trouble:
        """All payments of ours that a mode's provider has of a span of time (µs UTC)."""
        connector = self._connectors.get(mode.provider)
        if connector is not None and not connector.is_shared(mode.settings):
            message = "it leads to a simulator in the server's own process"
            return Trouble(kind=TroubleKind.UNHEALTHY, code="not_shared", message=message)
        provider = await self._provider((mode.provider, tuple(sorted(mode.settings.items()))), mode.settings)
        return provider if isinstance(provider, Trouble) else await provider.payments(since, until)

    async def give_back(self, store: Store, task: RefundTask) -> PaymentRefund:
        """Ask for a refund that was written down, until its outcome is known or nobody would wait any longer."""
        deadline = asyncio.get_running_loop().time() + self._patience.request_seconds
        tries = 0
        while True:
            task = await self._steps_back(store, task, deadline)
            assert task.refund is not None
            if task.refund.state is not RefundState.ASKED or asyncio.get_running_loop().time() >= deadline:
                return task.refund
            await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1
            task = await store.write(self._take_up_refund, self._turn_of(task.refund.shop, task.refund.id))

    async def look_at_refund(self, store: Store, shop: str, id: str) -> None:
        """Look at a refund that nobody is at work on, and do what follows from what is found."""
        await self._steps_back(store, await store.write(self._take_up_refund, self._turn_of(shop, id)), None)

    async def _steps_back(self, store: Store, task: RefundTask, deadline: float | None) -> RefundTask:
        """Ask as long as there are answers, and settle them."""
        for _ in range(STEPS_MAX):
            if task.ask is RefundAsk.NOTHING:
                break
            times = (self._patience.call_seconds, deadline)
            answer = await self._called(task, times, partial(_returned, task))
            heard = HeardRefund(task, answer, self._clock(), self.lease())
            task = await store.write(self._hear_refund, heard)
            if isinstance(answer, Trouble) and task.ask is not RefundAsk.LOOK_UP:
                break
        return task

    async def look_at_all(self, store: Store) -> int:
        """Look at every attempt that is due; how many there were."""
        if not await store.read(rounds.are_due, self._clock(), "list"):
            return 0
        due = Round(self._clock(), self.lease())
        payments_due = await store.write(rounds.claim, due)
        refunds_due = await store.write(rounds.claim_refunds, due)
        room = asyncio.Semaphore(LOOKS_MAX)

        async def look(looking: Callable[[Store, str, str], Awaitable[object]], shop: str, id: str) -> None:
            async with room:
                await looking(store, shop, id)

        found = [(self.look, *one) for one in payments_due] + [(self.look_at_refund, *one) for one in refunds_due]
        ended = await asyncio.gather(*(look(*one) for one in found), return_exceptions=True)
        for (_, shop, id), trouble in zip(found, ended, strict=True):
            if isinstance(trouble, Overloaded | Contended | StoreFailed) or not isinstance(trouble, Exception | None):
                raise trouble
            if trouble is not None:  # it is due again after its lease, and stops no other one
                _log.error("a look at the payment %s of %s failed", id, shop, exc_info=trouble)
        return len(found)

    def problems(self, provider: str, settings: Mapping[str, str]) -> Mapping[str, str]:
        """What is wrong with how a mode is to reach its provider, by key; nothing for one that nobody is asked for."""
        connector = self._connectors.get(provider)
        return connector.problems(settings) if connector is not None else {}

    def is_connected(self, provider: str) -> bool:
        """Whether a provider can be asked at all."""
        return provider in self._connectors

    async def close(self) -> None:
        """Let go of all connections."""
        for provider in self._providers.values():
            await provider.close()
        self._providers.clear()

    def _turn_of(self, shop: str, id: str) -> Turn:
        return Turn(shop, id, self._clock(), self.lease())

    def _turn(self, attempt: PaymentAttempt, tell: Tell | None) -> Turn:
        return Turn(attempt.shop, attempt.id, self._clock(), self.lease(), tell)

    def lease(self) -> int:
        """Until when whoever begins now is left alone with an attempt (µs UTC)."""
        return self._clock() + int(self.terms.lease_seconds * SECOND)

    async def _step(self, store: Store, task: Task, tell: Tell | None, deadline: float | None) -> tuple[Task, bool]:
        """Ask once, and settle what is answered; what is to be asked next, and whether there was an answer."""
        self._passing(f"{task.ask}.before")
        answer = await self._ask(task, deadline)
        self._passing(f"{task.ask}.answered")
        heard = Heard(task, answer, self._clock(), self.lease(), tell)
        following = await store.write(self._hear, heard)
        self._passing(f"{task.ask}.settled")
        return following, isinstance(answer, ProviderPayment)

    async def _ask(self, task: Task, deadline: float | None) -> ProviderPayment | Trouble:
        patience = self._patience
        seconds = patience.authorise_seconds if task.ask is Ask.AUTHORISE else patience.call_seconds
        return await self._called(task, (seconds, deadline), partial(_sent, task, self._public_url))

    async def _called(
        self,
        task: Task | RefundTask,
        times: tuple[float, float | None],
        call: Callable[[Provider], Awaitable[Answer | Trouble]],
    ) -> Answer | Trouble:
        """What a task's provider answers to one call: within so many seconds, and not long after a deadline."""
        name = task.attempt.provider, tuple(sorted((task.settings or {}).items()))
        provider = await self._provider(name, task.settings)
        if isinstance(provider, Trouble):
            return provider
        seconds, deadline = times
        now = asyncio.get_running_loop().time()
        until = now + seconds if deadline is None else min(now + seconds, max(deadline, now + 1))
        try:
            async with asyncio.timeout_at(until):
                answer = await call(provider)
        except TimeoutError:
            return Trouble(kind=TroubleKind.UNKNOWN, code="time_out", message=f"no answer within {seconds} s")
        self._note_health(name, answer)
        return answer

    def _note_health(self, name: ModeName, answer: object) -> None:
        """Let a mode rest whose key its provider does not take, instead of asking it once for every payment."""
        if isinstance(answer, Trouble) and answer.kind is TroubleKind.UNHEALTHY and answer.code != NOT_FOUND:
            self._resting[name] = asyncio.get_running_loop().time() + REST_SECONDS, answer
        else:
            self._resting.pop(name, None)

    async def _provider(self, name: ModeName, settings: Mapping[str, str] | None) -> Provider | Trouble:
        """The provider of a mode; one that is gone, wrong or at rest has none."""
        connector = self._connectors.get(name[0])
        if connector is None or settings is None:
            return Trouble(kind=TroubleKind.UNHEALTHY, code="no_provider", message=f"{name[0]} can not be asked")
        until, said = self._resting.get(name, (0.0, None))
        if said is not None and asyncio.get_running_loop().time() < until:
            return said
        if name not in self._providers:
            problems = connector.problems(settings)
            if problems:
                message = "; ".join(f"{key}: {problem}" for key, problem in sorted(problems.items()))
                return Trouble(kind=TroubleKind.UNHEALTHY, code="mode_invalid", message=message)
            made = await asyncio.to_thread(connector.connect, settings)  # which may load a library for half a second
            if self._providers.setdefault(name, made) is not made:
                await made.close()
        return self._providers[name]


class _Once:
    """A teller that knows whether it has told."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self.is_told = False

    def __call__(self, tx: Transaction, attempt: PaymentAttempt) -> None:
        self._tell(tx, attempt)
        self.is_told = True


async def _returned(task: RefundTask, provider: Provider) -> tuple[ProviderRefund, ...] | Trouble:
    attempt, refund, id = task.attempt, task.refund, task.attempt.provider_id or ""
    if task.ask is RefundAsk.LOOK_UP or refund is None:
        listed = await provider.refunds(id)
        return listed if isinstance(listed, Trouble) else tuple(listed)
    order = RefundOrder(refund.key, id, refund.id, attempt.shop, attempt.id, refund.amount_minor, refund.currency)
    made = await provider.refund(order)
    return made if isinstance(made, Trouble) else (made,)


async def _disputed(task: Task, provider: Provider) -> Sequence[ProviderDispute] | Trouble:
    return await provider.disputes(task.attempt.provider_id or "")


async def _sent(task: Task, public_url: str, provider: Provider) -> ProviderPayment | Trouble:
    attempt, id = task.attempt, task.attempt.provider_id or ""
    match task.ask:
        case Ask.OPEN:
            reference = PaymentReference(attempt.shop, attempt.id, attempt.order_id)
            return await provider.open(Opening(task.key, attempt.amount_minor, attempt.currency, reference))
        case Ask.AUTHORISE:
            return await provider.authorise(Authorisation(task.key, id, attempt.token, _return_url(task, public_url)))
        case Ask.CAPTURE:
            return await provider.capture(Capture(task.key, id, attempt.capture_minor, attempt.currency))
        case Ask.VOID:
            return await provider.void(Void(task.key, id))
        case _:
            return await provider.look_up(id)


def _return_url(task: Task, public_url: str) -> str:
    """Where the buyer comes back to: by this server where its address is known, else where the mode says."""
    attempt = task.attempt
    if public_url:
        return f"{public_url}/payment-gateway/{attempt.shop}/returns/{attempt.id}"
    return landing(task.settings or {}, attempt)


def landing(settings: Mapping[str, str], attempt: PaymentAttempt) -> str:
    """Where the buyer lands: where the mode says, with the order and the mode in the query; empty for nowhere."""
    base = next((value for key, value in sorted(settings.items()) if key.endswith(_REDIRECT)), "")
    asked = urlencode({"orderId": attempt.order_id, "paymentModeId": attempt.mode_id})
    return quote(f"{base}{'&' if '?' in base else '?'}{asked}", safe=_OF_ADDRESSES) if base else ""


def _pass_by(point: str) -> None:
    """Nothing happens here; tests end the process."""


def _on_catalogue(
    work: Callable[[Transaction, Catalogue, Sequence[Item]], list[Result]],
    catalogue: Catalogue,
    tx: Transaction,
    items: Sequence[Item],
) -> Sequence[Result]:
    return work(tx, catalogue, items)
