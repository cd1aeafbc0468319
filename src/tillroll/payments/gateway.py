"""Whoever asks providers: between transactions, never inside of one, for a request or for the reconciler.

    task ──► provider (one request) ──► answer ──► settle it in a transaction ──► the next task

Everything that is about to be asked stands in the database before it is asked, and every answer is settled under the
version of the attempt that it was asked for: a crash at any line leaves what the reconciler goes on with.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar
from urllib.parse import urlencode

from msgspec import Struct

from tillroll.domain.payments.attempt import SECOND, Ask, PaymentAttempt, State
from tillroll.domain.payments.provider import (
    Authorisation,
    Capture,
    Opening,
    PaymentReference,
    ProviderPayment,
    Trouble,
    TroubleKind,
    Void,
)
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.orders import payments
from tillroll.engine.orders.payments import Heard, Tell, Turn
from tillroll.engine.payments import rounds
from tillroll.engine.payments.attempts import PaymentTerms, Task
from tillroll.engine.payments.rounds import Round
from tillroll.payments.protocol import Connector, Provider
from tillroll.store import Store, Transaction

Item = TypeVar("Item")
Result = TypeVar("Result")

# How long to wait before the same is asked again, in seconds; the last one again and again.
PAUSES = (0.2, 0.5, 1.0, 2.0)
# What one look may lead to: look, ask for money, look, capture. More is left to the next look.
STEPS_MAX = 6
_REDIRECT = "/RedirectURL"


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
    ) -> None:
        self.terms = terms or PaymentTerms()
        self._clock, self._connectors = clock, connectors
        self._patience = patience or Patience()
        self._hear = partial(_on_catalogue, payments.hear, catalogue)
        self._take_up = partial(_on_catalogue, payments.take_up, catalogue)
        self._give_up = partial(_on_catalogue, payments.give_up, catalogue)
        self._providers: dict[tuple[str, tuple[tuple[str, str], ...]], Provider] = {}
        self._passing = passing or _pass_by

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

    async def look(self, store: Store, shop: str, id: str) -> PaymentAttempt:
        """Look at an attempt that nobody is at work on, and do what follows from what is found."""
        task = await store.write(self._take_up, Turn(shop, id, self._clock(), self._lease()))
        for _ in range(STEPS_MAX):
            if task.ask is Ask.NOTHING:
                break
            task, is_answered = await self._step(store, task, None, None)
            if not is_answered:
                break
        return task.attempt

    async def look_at_all(self, store: Store) -> int:
        """Look at every attempt that is due; how many there were."""
        if not await store.read(rounds.are_due, self._clock(), "list"):
            return 0
        found = await store.write(rounds.claim, Round(self._clock(), self._lease()))
        await asyncio.gather(*(self.look(store, shop, id) for shop, id in found))
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

    def _turn(self, attempt: PaymentAttempt, tell: Tell | None) -> Turn:
        return Turn(attempt.shop, attempt.id, self._clock(), self._lease(), tell)

    def _lease(self) -> int:
        return self._clock() + int(self.terms.lease_seconds * SECOND)

    async def _step(self, store: Store, task: Task, tell: Tell | None, deadline: float | None) -> tuple[Task, bool]:
        """Ask once, and settle what is answered; what is to be asked next, and whether there was an answer."""
        self._passing(f"{task.ask}.before")
        answer = await self._ask(task, deadline)
        self._passing(f"{task.ask}.answered")
        heard = Heard(task, answer, self._clock(), self._lease(), tell)
        following = await store.write(self._hear, heard)
        self._passing(f"{task.ask}.settled")
        return following, isinstance(answer, ProviderPayment)

    async def _ask(self, task: Task, deadline: float | None) -> ProviderPayment | Trouble:
        provider = self._provider(task)
        if isinstance(provider, Trouble):
            return provider
        patience = self._patience
        seconds = patience.authorise_seconds if task.ask is Ask.AUTHORISE else patience.call_seconds
        now = asyncio.get_running_loop().time()
        until = now + seconds if deadline is None else min(now + seconds, max(deadline, now + 1))
        try:
            async with asyncio.timeout_at(until):
                return await _sent(provider, task)
        except TimeoutError:
            return Trouble(kind=TroubleKind.UNKNOWN, code="time_out", message=f"no answer within {seconds} s")

    def _provider(self, task: Task) -> Provider | Trouble:
        """The provider of an attempt's mode; a mode that is gone or wrong has none."""
        word, settings = task.attempt.provider, task.settings
        connector = self._connectors.get(word)
        if connector is None or settings is None:
            return Trouble(kind=TroubleKind.UNHEALTHY, code="no_provider", message=f"{word} can not be asked")
        name = (word, tuple(sorted(settings.items())))
        if name not in self._providers:
            problems = connector.problems(settings)
            if problems:
                message = "; ".join(f"{key}: {problem}" for key, problem in sorted(problems.items()))
                return Trouble(kind=TroubleKind.UNHEALTHY, code="mode_invalid", message=message)
            self._providers[name] = connector.connect(settings)
        return self._providers[name]


class _Once:
    """A teller that knows whether it has told."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self.is_told = False

    def __call__(self, tx: Transaction, attempt: PaymentAttempt) -> None:
        self._tell(tx, attempt)
        self.is_told = True


async def _sent(provider: Provider, task: Task) -> ProviderPayment | Trouble:
    attempt, id = task.attempt, task.attempt.provider_id or ""
    match task.ask:
        case Ask.OPEN:
            reference = PaymentReference(attempt.shop, attempt.id, attempt.order_id)
            return await provider.open(Opening(task.key, attempt.amount_minor, attempt.currency, reference))
        case Ask.AUTHORISE:
            return await provider.authorise(Authorisation(task.key, id, attempt.token, _return_url(task)))
        case Ask.CAPTURE:
            return await provider.capture(Capture(task.key, id, attempt.capture_minor, attempt.currency))
        case Ask.VOID:
            return await provider.void(Void(task.key, id))
        case _:
            return await provider.look_up(id)


def _return_url(task: Task) -> str:
    """Where the buyer lands: where the mode says, with the order and the mode in the query."""
    settings = task.settings or {}
    base = next((value for key, value in sorted(settings.items()) if key.endswith(_REDIRECT)), "")
    asked = urlencode({"orderId": task.attempt.order_id, "paymentModeId": task.attempt.mode_id})
    return f"{base}{'&' if '?' in base else '?'}{asked}" if base else ""


def _pass_by(point: str) -> None:
    """Nothing happens here; tests end the process."""


def _on_catalogue(
    work: Callable[[Transaction, Catalogue, Sequence[Item]], list[Result]],
    catalogue: Catalogue,
    tx: Transaction,
    items: Sequence[Item],
) -> Sequence[Result]:
    return work(tx, catalogue, items)
