"""A store to test, on each of the two databases."""

from collections.abc import Iterator

import pytest

from tests.store.ground import lay_ground, opened
from tillroll.store import Store


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store with an up-to-date schema and one shop."""
    with opened(database_url) as store:
        lay_ground(store)
        yield store
