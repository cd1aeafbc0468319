"""The first minutes of a server: a link, shown where it is started, with which its first shop is made.

no shop yet ──► a link, for a day ──► used once ──► a shop and its admin; no link holds from then on

Whoever reads what the server says when it starts may set it up; nobody else can, from whichever address they come.
"""

from tillroll.engine.access.access import hash_of
from tillroll.store import Transaction
from tillroll.store.shops import rows
from tillroll.store.shops import setup as link_rows
from tillroll.store.shops.members import FOR_EVER

LINK_HOURS = 24
_HOUR = 3_600_000_000


def is_new(tx: Transaction) -> bool:
    """Whether there is no shop on this server, not even a removed one."""
    return not rows.is_any(tx)


def make_link(tx: Transaction, secret: str, now: int) -> bool:
    """Let whoever comes with this secret within LINK_HOURS set the server up; False where it has a shop already."""
    if not is_new(tx):
        return False
    link_rows.delete(tx, now)
    link_rows.insert(tx, hash_of(secret), now=now, expires_at=now + LINK_HOURS * _HOUR)
    return True


def holds(tx: Transaction, secret: str, now: int) -> bool:
    """Whether the server may be set up with this secret."""
    until = link_rows.expires_at(tx, hash_of(secret))
    return until is not None and until > now and is_new(tx)


def use(tx: Transaction, secret: str, now: int) -> bool:
    """Use a link up, and every other one with it; False where it does not hold, or a rival was quicker."""
    return holds(tx, secret, now) and link_rows.delete(tx, FOR_EVER) > 0
