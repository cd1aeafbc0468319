"""How far the ledger is complete: up to which position nothing can come any more that is not there yet.

On PostgreSQL transactions get their positions before they commit, and one that got a lower position may commit later.
So a newest position is looked at, then every transaction that had begun to write by then is waited for; whoever begins
after that gets a higher position, because the store's transactions write their mark first, and so have a number before
any position. On SQLite writers come one after the other, and both looks answer at once.
"""

from msgspec import Struct

from tillroll.engine.sales.follow import FollowStep
from tillroll.store import Transaction
from tillroll.store.ledger import rows as ledger_rows
from tillroll.store.sales import rows


class Seen(Struct, frozen=True):
    """A newest position, and a number below which are all transactions that may still write before it."""

    position: int
    transactions: int


def look(tx: Transaction, before: Seen) -> Seen:
    """The newest position that can be seen; what was seen before where there is no newer one."""
    position = ledger_rows.last_position(tx)
    if position == before.position:
        return before
    return Seen(position, ledger_rows.transactions_begun(tx))


def is_settled(tx: Transaction, seen: Seen) -> bool:
    """Whether everybody who could write before this position has ended."""
    return ledger_rows.transactions_ended(tx) >= seen.transactions


def behind(tx: Transaction, seen: Seen) -> list[FollowStep]:
    """A step for each shop whose sales are behind the ledger."""
    found = []
    for shop in rows.followers(tx):
        newest = min(ledger_rows.newest_position_of_shop(tx, shop.id), seen.position)
        if newest > shop.position:
            found.append(FollowStep(shop.id, newest))
    return found
