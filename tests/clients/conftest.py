"""The search of a new shop, and the clients that are installed from npm."""

from collections.abc import Iterator

import pytest

from tests.clients.npm import node_modules
from tests.dialects.doofinder.client import SearchShop
from tests.harness import Server
from tests.shop import Shop

__all__ = ["node_modules", "search"]


@pytest.fixture
def search(shop: Shop, shared_server: Server) -> Iterator[SearchShop]:
    """A new shop with one engine and one key."""
    search = SearchShop(shop, shared_server)
    with search.http:
        yield search
