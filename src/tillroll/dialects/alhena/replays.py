"""Reports that arrive twice: a client that lost an answer, or a page that sent its queue while it was left.

A report is known by its `event_id` or by the Idempotency-Key. The first answer is kept in the transaction that
it answers; a repetition gets it again, byte for byte, and leaves no other trace.
"""

from collections.abc import Mapping

from msgspec import Struct

from tillroll.dialects.http import Inbound, Response
from tillroll.engine.access import idempotency
from tillroll.engine.access.idempotency import KEY_CHARACTERS_MAX, Answer, Claim
from tillroll.store import Transaction

CALLER = "storefront"


class Said(Struct, frozen=True):
    """What a request says, told apart from when and how it was sent: its shop, its id, the digest of its content."""

    shop: str
    event_id: str
    content: bytes
    inbound: Inbound

    @property
    def claim(self) -> Claim | None:
        """The key under which its answer is kept, if it has one."""
        key = self.event_id or self.inbound.header(b"idempotency-key")
        if not key or len(key) > KEY_CHARACTERS_MAX:
            return None
        return Claim(CALLER, key, idempotency.fingerprint(self.inbound.path.encode(), self.content))


def kept_answers(tx: Transaction, said: Mapping[int, Said]) -> dict[int, Answer | None]:
    """The kept answers to those of these that were answered before; None where the key was used for something else."""
    by_shop: dict[str, list[tuple[int, Claim]]] = {}
    for position, one in said.items():
        if (claim := one.claim) is not None:
            by_shop.setdefault(one.shop, []).append((position, claim))
    found: dict[int, Answer | None] = {}
    for shop, claims in by_shop.items():
        kept = idempotency.answers(tx, shop, [claim for _, claim in claims])
        for position, claim in claims:
            answer = kept.get((claim.caller, claim.key))
            if answer is not None:
                found[position] = answer if answer.fingerprint == claim.fingerprint else None
    return found


def twins(said: Mapping[int, Said]) -> dict[int, int]:
    """Requests of one group that repeat another one of it: from the repetition's position to the first's."""
    firsts: dict[tuple[str, str, bytes], int] = {}
    found = {}
    for position, one in said.items():
        claim = one.claim
        if claim is None:
            continue
        first = firsts.setdefault((one.shop, claim.key, claim.fingerprint), position)
        if first != position:
            found[position] = first
    return found


def keep_answers(tx: Transaction, said: Mapping[int, Said], answers: Mapping[int, Response]) -> None:
    """Keep what was answered to these."""
    by_shop: dict[str, list[tuple[Claim, int, str, bytes]]] = {}
    now = max((one.inbound.received_at for one in said.values()), default=0)
    for position, one in said.items():
        if (claim := one.claim) is not None:
            response = answers[position]
            by_shop.setdefault(one.shop, []).append((claim, response.status, "[]", response.body))
    for shop in sorted(by_shop):
        idempotency.remember(tx, shop, by_shop[shop], now)
