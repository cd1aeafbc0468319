"""The one protocol behind which every payment provider stands.

    open ──► authorise ──► capture ──► refund
       └─────────┴──► void                              look_up at any time

Money is asked for in two calls: `open` makes a payment that holds none, and its id is stored before `authorise` is
sent. So an open whose answer is lost does no harm, and an authorise whose answer is lost is settled by asking for its
id.

Each method sends one request and no second one: who calls it has a row for each try. Methods raise nothing but
`CancelledError`; whatever is no answer is `Trouble`, and a time-out after sending is `UNKNOWN`. An act that is repeated
with the key it had answers as it did the first time.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from tillroll.domain.payments.provider import (
    Authorisation,
    Bell,
    Capture,
    NoBell,
    Opening,
    ProviderDispute,
    ProviderPayment,
    ProviderRefund,
    RefundOrder,
    Trouble,
    Void,
)


class Provider(Protocol):
    """One account at one provider, as a payment mode's configuration names it."""

    async def open(self, asked: Opening) -> ProviderPayment | Trouble:
        """Make a payment that holds no money: OPENED."""

    async def authorise(self, asked: Authorisation) -> ProviderPayment | Trouble:
        """Ask for the money: AUTHORISED, NEEDS_ACTION, PROCESSING, DECLINED, or CAPTURED where the means holds none."""

    async def capture(self, asked: Capture) -> ProviderPayment | Trouble:
        """Take authorised money: CAPTURED."""

    async def void(self, asked: Void) -> ProviderPayment | Trouble:
        """Close a payment that nothing was taken of: CANCELED."""

    async def refund(self, asked: RefundOrder) -> ProviderRefund | Trouble:
        """Give captured money back, in whole or in part."""

    async def look_up(self, provider_id: str) -> ProviderPayment | Trouble:
        """The payment as it is now, by its id; never from a search that may be behind."""

    async def refunds(self, provider_id: str) -> Sequence[ProviderRefund] | Trouble:
        """All refunds of a payment."""

    async def disputes(self, provider_id: str) -> Sequence[ProviderDispute] | Trouble:
        """All disputes about a payment."""

    async def payments(self, since: int, until: int) -> Sequence[ProviderPayment] | Trouble:
        """All payments with a reference of ours that were made in a span of time (µs UTC), for audits and orphans."""

    async def close(self) -> None:
        """Let go of connections."""


class BellRequest(Struct, frozen=True):
    """A request that may be a bell: its raw bytes, the headers that it came with by lower-case name, and when it came
    (microseconds UTC)."""

    body: bytes
    header: Callable[[bytes], str]
    received_at: int


class Connector(Protocol):
    """What makes providers of one kind out of payment modes."""

    def problems(self, configuration: Mapping[str, str]) -> Mapping[str, str]:
        """What is wrong with a mode's configuration, by key; nothing is asked over the network."""

    def hears(self, configuration: Mapping[str, str], request: BellRequest) -> Bell | NoBell | None:
        """The bell that a request is, which says no more than where to look; None for a mode that hears none."""

    def is_shared(self, configuration: Mapping[str, str]) -> bool:
        """Whether every process reaches the same provider by a configuration."""

    def connect(self, configuration: Mapping[str, str]) -> Provider:
        """The provider of a configuration without problems."""
