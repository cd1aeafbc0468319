"""An inventory that is too large for one file leaves in parts, and nothing is lost between them."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.store.ground import NOW, opened
from tillroll.dialects.scout import exchange
from tillroll.domain.inventory.inventory import Goods, Poster
from tillroll.engine.inventory import items as inventory
from tillroll.engine.inventory import users
from tillroll.engine.inventory.items import ItemFilter, Post
from tillroll.store import Store, Transaction
from tillroll.store.inventory.items import ItemCursor


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A user with fifty items."""
    with opened(database_url) as store:
        store.migrate()
        store.write_now(_fill)
        yield store


def _fill(tx: Transaction) -> None:
    user = users.add(tx, "ada", "hash", NOW)
    assert user is not None
    goods = [Goods(f"o{n}", f"shoe {n}", "9", "usd", 100, NOW - n * 1_000_000) for n in range(50)]
    inventory.record(
        tx, [Post(Poster(user, entry=str(n)), None, one, "form", "{}", f"{n:032x}", NOW) for n, one in enumerate(goods)]
    )


@pytest.mark.parametrize("bytes_max", [1, 1_000, 1_000_000])
def test_the_parts_are_the_whole(store: Store, monkeypatch: pytest.MonkeyPatch, bytes_max: int) -> None:
    monkeypatch.setattr(exchange, "PART_BYTES_MAX", bytes_max)
    rows, after, parts = [], ItemCursor(), 0
    while True:
        text, following = store.write_now(partial(exchange.part_of, user_id=1, wanted=ItemFilter(), after=after))
        heading, *found = text.decode().splitlines()
        assert heading.startswith("item_id,order_id,")
        rows += [line.split(",")[1] for line in found]
        parts += 1
        if following is None:
            break
        after = following
    assert rows == [f"o{n}" for n in range(50)]
    assert parts == {1: 50, 1_000_000: 1}.get(bytes_max, parts)
    assert (parts > 1) is (bytes_max < 1_000_000)
