"""Which attempts are looked at now: of all shops, each by one process at a time."""

from collections.abc import Sequence

from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.payments import rows

CLAIMS_MAX = 50


class Round(Struct, frozen=True):
    """A look at what is due at a time; what is claimed is left to the claimer until another one (microseconds UTC)."""

    now: int
    until: int


def are_due(tx: Transaction, now: int) -> bool:
    """Whether any attempt or refund is due."""
    return rows.are_due(tx, now) or rows.refunds_are_due(tx, now)


def claim(tx: Transaction, rounds: Sequence[Round]) -> list[list[tuple[str, str]]]:
    """Claim attempts that are due: shop and id of each."""
    return [rows.claim_attempts(tx, one.now, one.until, CLAIMS_MAX) for one in rounds]


def claim_refunds(tx: Transaction, rounds: Sequence[Round]) -> list[list[tuple[str, str]]]:
    """Claim refunds that are due: shop and id of each."""
    return [rows.claim_refunds(tx, one.now, one.until, CLAIMS_MAX) for one in rounds]
