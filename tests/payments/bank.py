"""A bank for tests: a provider that keeps its own books, and does what its script says with one call or another.

It lives as long as whoever holds it: gateways come and go, as servers do. It is asked through the protocol alone.
"""

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.payments.provider import (
    UNEXPECTED_STATE,
    Action,
    Authorisation,
    Bell,
    Capture,
    NoBell,
    Opening,
    ProviderDispute,
    ProviderPayment,
    ProviderRefund,
    RefundOrder,
    RefundStage,
    Stage,
    Trouble,
    TroubleKind,
    Void,
)
from tillroll.payments.protocol import BellRequest

Fault = Literal["lost", "before", "not_sent", "busy", "unhealthy", "hang"]
"""Done, but its answer is lost; lost before it is done; never sent; too many; wrong key; done, and never answered."""

GOOD, BAD, ASKS_FIRST = "tok_good", "tok_declined", "tok_3ds"
DAY = 86_400_000_000


class BookLine(Struct, frozen=True):
    """One effect, as the bank itself has written it down."""

    what: str
    payment: str
    amount_minor: int
    key: str


class Bank:
    """The provider, and the connector of it."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self.held: dict[str, ProviderPayment] = {}
        self.books: list[BookLine] = []
        self.asked: list[str] = []
        self.faults: dict[str, list[Fault]] = {}
        self.returned: list[ProviderRefund] = []
        self.disputed: list[ProviderDispute] = []
        self.stage_of_refunds = RefundStage.SUCCEEDED
        self._answers: dict[str, tuple[object, ProviderPayment | ProviderRefund | Trouble]] = {}
        self._numbers = itertools.count(1)

    def fail(self, what: str, *faults: Fault) -> None:
        """Let the next calls of a kind fail, one after the other."""
        self.faults.setdefault(what, []).extend(faults)

    def problems(self, configuration: Mapping[str, str]) -> Mapping[str, str]:
        """Every configuration will do."""
        del configuration
        return {}

    def hears(self, configuration: Mapping[str, str], request: BellRequest) -> Bell | NoBell | None:
        """Nobody rings here."""
        del configuration, request
        return None

    def is_shared(self, configuration: Mapping[str, str]) -> bool:
        """There is one bank."""
        del configuration
        return True

    def connect(self, configuration: Mapping[str, str]) -> "Bank":
        """There is one bank."""
        del configuration
        return self

    async def close(self) -> None:
        """Nothing to let go of."""

    async def open(self, asked: Opening) -> ProviderPayment | Trouble:
        """A payment that holds nothing."""

        def act() -> ProviderPayment:
            id = f"pay_{next(self._numbers)}"
            return ProviderPayment(
                id=id,
                stage=Stage.OPENED,
                amount_minor=asked.amount_minor,
                currency=asked.currency,
                attempt=asked.reference.attempt,
                shop=asked.reference.shop,
            )

        return await self._once("open", asked.key, asked, act)

    async def authorise(self, asked: Authorisation) -> ProviderPayment | Trouble:
        """Hold the money, unless the token says otherwise."""

        def act() -> ProviderPayment | Trouble:
            known = self.held[asked.provider_id]
            if known.stage not in (Stage.OPENED, Stage.DECLINED):
                return Trouble(kind=TroubleKind.REFUSED, code=UNEXPECTED_STATE)
            if asked.token == BAD:
                return replace(known, stage=Stage.DECLINED, code="insufficient_funds")
            if asked.token == ASKS_FIRST:
                return replace(known, stage=Stage.NEEDS_ACTION, action=Action("https://bank.example/3ds"))
            return self._authorised(known, asked.key)

        return await self._once("authorise", asked.key, asked, act)

    async def capture(self, asked: Capture) -> ProviderPayment | Trouble:
        """Take held money."""

        def act() -> ProviderPayment | Trouble:
            known = self.held[asked.provider_id]
            if known.stage is not Stage.AUTHORISED:
                return Trouble(kind=TroubleKind.REFUSED, code=UNEXPECTED_STATE)
            self.books.append(BookLine("capture", known.id, asked.amount_minor, asked.key))
            return replace(known, stage=Stage.CAPTURED, captured_minor=asked.amount_minor)

        return await self._once("capture", asked.key, asked, act)

    async def void(self, asked: Void) -> ProviderPayment | Trouble:
        """Close what nothing was taken of."""

        def act() -> ProviderPayment | Trouble:
            known = self.held[asked.provider_id]
            if known.stage in (Stage.CAPTURED, Stage.CANCELED):
                return Trouble(kind=TroubleKind.REFUSED, code=UNEXPECTED_STATE)
            if known.stage is Stage.AUTHORISED:
                self.books.append(BookLine("void", known.id, known.amount_minor, asked.key))
            return replace(known, stage=Stage.CANCELED)

        return await self._once("void", asked.key, asked, act)

    async def refund(self, asked: RefundOrder) -> ProviderRefund | Trouble:
        """Give captured money back."""
        fault = self._fault("refund")
        if fault in ("before", "not_sent", "busy", "unhealthy"):
            return _trouble(fault)
        if asked.key not in self._answers:
            known = self.held[asked.provider_id]
            back = sum(one.amount_minor for one in self.returned if one.provider_id == known.id)
            if known.stage is not Stage.CAPTURED or back + asked.amount_minor > known.captured_minor:
                return Trouble(kind=TroubleKind.REFUSED, code="amount_too_large")
            made = ProviderRefund(
                id=f"back_{next(self._numbers)}",
                provider_id=known.id,
                stage=self.stage_of_refunds,
                amount_minor=asked.amount_minor,
                currency=asked.currency,
                refund=asked.refund,
            )
            self.returned.append(made)
            self.books.append(BookLine("refund", known.id, asked.amount_minor, asked.key))
            self._answers[asked.key] = asked, made
        answer = self._answers[asked.key][1]
        assert isinstance(answer, ProviderRefund)
        return Trouble(kind=TroubleKind.UNKNOWN) if fault else answer

    async def look_up(self, provider_id: str) -> ProviderPayment | Trouble:
        """The payment as it is."""
        fault = self._fault("look_up")
        if fault:
            return _trouble(fault)
        if provider_id not in self.held:
            return Trouble(kind=TroubleKind.UNHEALTHY, code="not_found")
        return self.held[provider_id]

    async def refunds(self, provider_id: str) -> Sequence[ProviderRefund] | Trouble:
        """All refunds of a payment."""
        return [one for one in self.returned if one.provider_id == provider_id]

    async def disputes(self, provider_id: str) -> Sequence[ProviderDispute] | Trouble:
        """All disputes about a payment."""
        return [one for one in self.disputed if one.provider_id == provider_id]

    async def payments(self, since: int, until: int) -> Sequence[ProviderPayment] | Trouble:
        """All payments."""
        del since, until
        return [
            replace(one, refunded_minor=sum(back.amount_minor for back in self.returned if back.provider_id == one.id))
            for one in self.held.values()
        ]

    def finish(self, provider_id: str, *, gladly: bool) -> None:
        """What the buyer does at the bank."""
        known = self.held[provider_id]
        assert known.stage is Stage.NEEDS_ACTION
        if gladly:
            self.held[provider_id] = self._authorised(replace(known, action=None), "3ds")
        else:
            self.held[provider_id] = replace(known, stage=Stage.DECLINED, action=None, code="authentication_failed")

    def _authorised(self, known: ProviderPayment, key: str) -> ProviderPayment:
        self.books.append(BookLine("authorise", known.id, known.amount_minor, key))
        return replace(known, stage=Stage.AUTHORISED, capture_before=self._now() + 7 * DAY, charge_id=f"ch_{known.id}")

    async def _once(
        self, what: str, key: str, asked: object, act: Callable[[], ProviderPayment | Trouble]
    ) -> ProviderPayment | Trouble:
        fault = self._fault(what)
        self.asked.append(f"{what} {key}")
        if fault in ("before", "not_sent", "busy", "unhealthy"):
            return _trouble(fault)
        if key in self._answers:
            first, answer = self._answers[key]
            assert first == asked, f"the key {key} came with two bodies"
        else:
            answer = act()
            self._answers[key] = asked, answer
            if isinstance(answer, ProviderPayment):
                self.held[answer.id] = answer
        if fault == "hang":
            await asyncio.sleep(3600)
        assert not isinstance(answer, ProviderRefund)
        return Trouble(kind=TroubleKind.UNKNOWN) if fault == "lost" else answer

    def _fault(self, what: str) -> Fault | None:
        waiting = self.faults.get(what)
        return waiting.pop(0) if waiting else None


def _trouble(fault: Fault) -> Trouble:
    kinds = {"not_sent": TroubleKind.NOT_SENT, "busy": TroubleKind.BUSY, "unhealthy": TroubleKind.UNHEALTHY}
    return Trouble(kind=kinds.get(fault, TroubleKind.UNKNOWN))
