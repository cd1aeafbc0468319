"""Who has guessed a user's password too often, on both databases."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.store.ground import NOW, opened
from tillroll.engine.inventory import users
from tillroll.store import Store

HOME = "192.0.2.1"


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An empty store."""
    with opened(database_url) as store:
        store.migrate()
        yield store


def guesses(store: Store, count: int, address: str = "", name: str = "ada") -> None:
    """So many wrong passwords, from one address or from one after the other."""
    for number in range(count):
        where = address or f"203.0.113.{number // users.FAILURES_OF_PAIR_MAX}"
        store.write_now(partial(users.announce_attempt, name=name, address=where, now=NOW))


def waits(store: Store, address: str) -> bool:
    """Whether the user has to wait there."""
    return store.write_now(lambda tx: users.is_guessing(tx, "Ada", address, NOW))


def test_strangers_do_not_lock_a_user_out_of_where_they_have_been(store: Store) -> None:
    store.write_now(lambda tx: users.forgive_attempt(tx, "ada", HOME, NOW))
    guesses(store, users.FAILURES_OF_NAME_MAX)
    assert (waits(store, HOME), waits(store, "198.51.100.1")) == (False, True)


def test_failures_at_other_names_do_not_hold_up_who_is_known_at_the_address(store: Store) -> None:
    store.write_now(lambda tx: users.forgive_attempt(tx, "ada", HOME, NOW))
    guesses(store, users.FAILURES_OF_ADDRESS_MAX, HOME, "eve")
    assert not waits(store, HOME)
    guesses(store, users.FAILURES_OF_PAIR_MAX, HOME)
    assert waits(store, HOME)
