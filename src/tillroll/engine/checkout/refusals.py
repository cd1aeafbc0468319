"""Counting the checkouts that were refused, by day and reason, in the transaction that refuses them.

One checkout is often refused for several reasons: it counts for each of them, and once where no reason is named.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import tzinfo

from tillroll.domain.rejections import Refused
from tillroll.domain.times import day_of
from tillroll.store import Transaction
from tillroll.store.orders.rows import Refusals, add_refusals

# Rows for one count: server processes that take different ones do not wait for each other.
STRIPES = 16
ANY = ""


def count(tx: Transaction, shop: str, clock: tzinfo, refused: Sequence[tuple[int, Refused]]) -> None:
    """Count these, each with the time (microseconds UTC) at which it was tried."""
    if not refused:
        return
    stripe = refused[0][0] % STRIPES
    counts = Counter(
        (day_of(now, clock), reason)
        for now, one in refused
        for reason in {ANY, *(rejection.reason.value for rejection in one.rejections)}
    )
    add_refusals(tx, [Refusals(shop, day, reason, stripe, times) for (day, reason), times in sorted(counts.items())])
