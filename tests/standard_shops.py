"""The standard shop, set up over HTTP once for each database of servers that tests share, and copied from then on.

Half of what the tests of a dialect asked of a server was the same set-up, again and again. The copies have the ids of
the original: whoever forgets to say whose price is meant finds that of a neighbour.
"""

import time
from typing import Any

from msgspec import Struct

from tests.shop import Shop, Standard
from tests.store.ground import look
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind, Write
from tillroll.store import Store, Transaction, open_store

# In the order in which they were made, which lists are in.
_ENTRIES = (
    "SELECT kind, id, document, alternate_key, parent, subject FROM catalogue_entry"
    " WHERE shop = '{shop}' ORDER BY created_at, id"
)


class Original(Struct, frozen=True):
    """The shop that was set up over HTTP, as others become like it."""

    standard: Standard
    prices: dict[str, Any]
    methods: dict[str, Any]
    entries: list[Write]


class StandardShops:
    """Makes standard shops of one database, through a store that stays open."""

    def __init__(self, database_url: str) -> None:
        self.store: Store = open_store(database_url)
        self._database_url = database_url
        self._original: Original | None = None

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def make(self, shop: Shop) -> Standard:
        """Let a shop that has nothing yet be a standard one."""
        if self._original is None:
            self._original = self._of(shop, shop.set_up())
            return self._original.standard
        original = self._original
        self.store.write_now(lambda tx: _copy(tx, shop.name, original.entries))
        shop.prices, shop.methods = dict(original.prices), dict(original.methods)
        return original.standard._replace(products=list(original.standard.products))

    def _of(self, shop: Shop, standard: Standard) -> Original:
        rows = look(self._database_url, _ENTRIES.format(shop=shop.name))
        entries = [Write(Kind(kind), *row) for kind, *row in rows]
        return Original(standard, dict(shop.prices), dict(shop.methods), entries)


def _copy(tx: Transaction, shop: str, entries: list[Write]) -> None:
    now = time.time_ns() // 1000 - len(entries)
    for count, entry in enumerate(entries):
        documents.insert(tx, shop, entry, now + count)
