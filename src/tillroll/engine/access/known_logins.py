"""From where an account was logged in to: there its owner is not held up by what strangers get wrong elsewhere.

Only a right password makes an address known, and it is kept as a digest together with the account.
"""

from tillroll.engine.access.access import hash_of
from tillroll.store import Transaction

# Whoever has not been there for a season is a stranger again.
KEPT_SECONDS = 90 * 86_400
# Home, work, a phone's networks; the oldest is forgotten for one more.
ADDRESSES_MAX = 20
# Within a day a visit need not be written down again.
_FRESH_MICROSECONDS = 86_400_000_000
_MICROSECONDS = 1_000_000


def is_known(tx: Transaction, shop: str, account: str, address: str) -> bool:
    """Whether this account (a digest of its name) was logged in to from this address; users have an empty shop."""
    return tx.row("known_login", shop=shop, pair=pair_of(account, address)) is not None


def remember(tx: Transaction, shop: str, login: tuple[str, str], now: int) -> None:
    """The password was right: an account and the address that it was sent from."""
    account, address = login
    pair = pair_of(account, address)
    row = tx.row("known_login", shop=shop, pair=pair)
    if row is not None and row[0] > now - _FRESH_MICROSECONDS:
        return
    tx.run("remember_login", shop=shop, pair=pair, account=account, now=now)
    if row is None:
        tx.run("forget_oldest_logins", shop=shop, account=account, kept=ADDRESSES_MAX)


def delete_old(tx: Transaction, now: int, limit: int) -> int:
    """Delete up to `limit` that are too old; how many were."""
    return tx.run("delete_old_known_logins", before=now - KEPT_SECONDS * _MICROSECONDS, limit=limit)


def pair_of(account: str, address: str) -> str:
    """The digest of an account at an address."""
    return hash_of(f"{account}\n{address}")
