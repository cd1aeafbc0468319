"""From where an account was logged in to: there its owner is not held up by what strangers get wrong elsewhere.

Only a right password makes an address known, and it is kept as a digest together with the account.
"""

from tillroll.engine.access.access import hash_of
from tillroll.store import Transaction
from tillroll.store.access import rows
from tillroll.store.access.rows import KnownLogin

# Whoever has not been there for a season is a stranger again.
KEPT_SECONDS = 90 * 86_400
# Home, work, a phone's networks; the oldest is forgotten for one more.
ADDRESSES_MAX = 20
# Within a day a visit need not be written down again.
_FRESH_MICROSECONDS = 86_400_000_000
_MICROSECONDS = 1_000_000


def is_known(tx: Transaction, shop: str, account: str, address: str) -> bool:
    """Whether this account (a digest of its name) was logged in to from this address; users have an empty shop."""
    return rows.login_seen_at(tx, shop, pair_of(account, address)) is not None


def remember(tx: Transaction, shop: str, login: tuple[str, str], now: int) -> None:
    """The password was right: an account and the address that it was sent from."""
    account, address = login
    pair = pair_of(account, address)
    seen_at = rows.login_seen_at(tx, shop, pair)
    if seen_at is not None and seen_at > now - _FRESH_MICROSECONDS:
        return
    rows.remember_login(tx, KnownLogin(shop, pair, account), now)
    if seen_at is None:
        rows.forget_oldest_logins(tx, shop, account, ADDRESSES_MAX)


def delete_old(tx: Transaction, now: int, limit: int) -> int:
    """Delete up to `limit` that are too old; how many were."""
    return rows.delete_old_known_logins(tx, now - KEPT_SECONDS * _MICROSECONDS, limit)


def pair_of(account: str, address: str) -> str:
    """The digest of an account at an address."""
    return hash_of(f"{account}\n{address}")
