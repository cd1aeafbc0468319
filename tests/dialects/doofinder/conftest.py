"""The search of a new shop, on both databases."""

from collections.abc import Iterator

import pytest

from tests.dialects.doofinder.client import SearchShop
from tests.harness import Server
from tests.shop import Shop


@pytest.fixture
def search(shop: Shop, shared_server: Server) -> Iterator[SearchShop]:
    """A new shop with one engine and one key."""
    search = SearchShop(shop, shared_server)
    with search.http:
        yield search
