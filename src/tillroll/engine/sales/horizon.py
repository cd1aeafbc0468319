"""How far the ledger is complete: up to which position nothing can come any more that is not there yet.

On PostgreSQL transactions get their positions before they commit, and one that got a lower position may commit later.
So a newest position is looked at, then every transaction that had begun to write events by then is waited for; whoever
begins after that gets a higher position. Who else is busy, in another database of the server or by writing something
else, is not waited for. On SQLite writers come one after the other, and both looks answer at once.
"""

from msgspec import Struct

from tillroll.engine.sales import follow
from tillroll.engine.sales.follow import FollowStep
from tillroll.engine.sales.policies import ruled
from tillroll.engine.sales.reading import Witnesses
from tillroll.store import Transaction
from tillroll.store.ledger import rows as ledger_rows
from tillroll.store.sales import rows
from tillroll.store.sales.rows import ShopFollower

# So many events are looked through for whose they are.
STRETCH_MAX = 20_000


class Seen(Struct, frozen=True):
    """A newest position, and the transactions that may still write before it."""

    position: int
    writers: frozenset[str] = frozenset()


class Sought(Struct, frozen=True):
    """Whose sales are sought that are behind: of all shops, up to a position; or of those alone that have events behind
    `after`, that begin anew, and of these `others`."""

    until: int
    after: int = 0
    others: frozenset[str] = frozenset()


def look(tx: Transaction, before: Seen) -> Seen:
    """The newest position that can be seen; what was seen before where there is no newer one."""
    position = ledger_rows.last_position(tx)
    if position == before.position:
        return before
    return Seen(position, ledger_rows.event_writers(tx))


def is_settled(tx: Transaction, seen: Seen) -> bool:
    """Whether everybody who could write before this position has ended."""
    return not seen.writers or seen.writers.isdisjoint(ledger_rows.event_writers(tx))


def forget(tx: Transaction, shop: str | None) -> None:
    """Take away what was made of the events of a shop, or of all shops: the next steps begin anew."""
    follow.rebuild(tx, [one.id for one in rows.followers(tx) if shop is None or one.id == shop])


def positions(tx: Transaction, shop: str | None) -> dict[str, int]:
    """How far the sales of a shop, or of all shops, are."""
    return {one.id: one.position for one in rows.followers(tx) if shop is None or one.id == shop}


def behind(witnesses: Witnesses, tx: Transaction, sought: Sought) -> list[FollowStep]:
    """A step for each shop whose sales are behind the ledger, or were made by rules that hold no more."""
    found = []
    for shop in _candidates(tx, sought):
        newest = min(ledger_rows.newest_position_of_shop(tx, shop.id), sought.until)
        mark = ruled(shop.decided, witnesses).mark if shop.policy else ""
        if newest > shop.position or shop.policy != mark:
            found.append(FollowStep(shop.id, newest))
    return found


def _candidates(tx: Transaction, sought: Sought) -> list[ShopFollower]:
    """The shops that may be behind: whoever had a great many events meanwhile is found sooner by asking all."""
    if not 0 < sought.until - sought.after <= STRETCH_MAX:
        return rows.followers(tx)
    written = ledger_rows.shops_between(tx, sought.after, sought.until)
    return rows.followers_of(tx, {*written, *sought.others})
