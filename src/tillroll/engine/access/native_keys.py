"""Keys of our own API, and what each of them is good for."""

from msgspec import Struct

from tillroll.engine.access.access import NATIVE, hash_of
from tillroll.store import Transaction
from tillroll.store.access import credentials as rows

EVENTS_WRITE = "events:write"
EVENTS_READ = "events:read"
SALES_READ = "sales:read"
SALES_WRITE = "sales:write"
REPORTS_READ = "reports:read"
WEBHOOKS_READ = "webhooks:read"
WEBHOOKS_WRITE = "webhooks:write"
SCOPES = (EVENTS_WRITE, EVENTS_READ, SALES_READ, SALES_WRITE, REPORTS_READ, WEBHOOKS_READ, WEBHOOKS_WRITE)


class NativeKey(Struct, frozen=True):
    """A live key of a shop: its public name, and what it may do."""

    shop: str
    identifier: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Whether the key has this scope."""
        return scope in self.scopes


def identifier_of(secret: str) -> str:
    """What a key is known by: the beginning of its hash, which tells nobody the secret."""
    return hash_of(secret)[:16]


def native_key(tx: Transaction, secret: str) -> NativeKey | None:
    """The live key that has this secret, or None."""
    found = rows.key_of_secret(tx, NATIVE, identifier_of(secret), hash_of(secret))
    return NativeKey(found.shop, found.identifier, scopes_of(found.scopes)) if found is not None else None


def hashes_with(tx: Transaction, shop: str, scope: str) -> frozenset[str]:
    """The hashes of those of a shop's live keys that have this scope."""
    live = rows.live_keys(tx, shop, NATIVE)
    return frozenset(key.secret_hash for key in live if scope in scopes_of(key.scopes))


def scopes_of(stored: str) -> frozenset[str]:
    """What a key may do, as it is stored: one that was made without a word of it may do everything."""
    return frozenset(stored.split() or SCOPES)
