"""A group of changes of search carts does what its members do one after the other."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.store.ground import NOW, SHOP, lay_ground, opened
from tillroll.engine.search import carts
from tillroll.engine.search.carts import ADD, BUY, CLEAR, REMOVE, REPLACE, CartChange, SearchCartItem
from tillroll.store import Store, Transaction
from tillroll.store.search.carts import SearchCartKey


class _Undone(Exception):
    """Ends a transaction of which nothing is to stay."""


items = some.builds(
    SearchCartItem,
    some.sampled_from(["product", "page"]),
    some.sampled_from(["a", "b"]),
    some.sampled_from([1000, 2000, 3000]),
    some.sampled_from([None, "1.00", "2.50"]),
    some.sampled_from(["", "red"]),
)
places = some.builds(SearchCartKey, some.just(SHOP), some.sampled_from(["h", "i"]), some.sampled_from(["s", "t"]))


def _change(place: SearchCartKey, what: str, said: Sequence[SearchCartItem]) -> CartChange:
    return CartChange(place, what, NOW, () if what in (CLEAR, BUY) else tuple(said))


changes = some.lists(
    some.builds(
        _change, places, some.sampled_from([ADD, ADD, REMOVE, CLEAR, REPLACE, BUY]), some.lists(items, max_size=2)
    ),
    max_size=9,
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with one shop."""
    with opened(f"sqlite:///{tmp_path_factory.mktemp('carts') / 'tillroll.db'}") as store:
        lay_ground(store)
        yield store


@given(group=changes)
def test_a_group_of_changes_does_what_each_does_alone(store: Store, group: list[CartChange]) -> None:
    assert _done(store, [group]) == _done(store, [[one] for one in group])


def _done(store: Store, groups: Sequence[Sequence[CartChange]]) -> object:
    found: list[object] = []

    def work(tx: Transaction) -> None:
        answers = [answer for group in groups for answer in carts.change(tx, group)]
        found.append((answers, tx.rows("audit_search_cart_lines")))
        raise _Undone

    with pytest.raises(_Undone):
        store.write_now(work)
    return found[0]
