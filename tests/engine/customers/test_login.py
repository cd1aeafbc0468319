"""How long a login has to wait after failures."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.store.ground import NOW, opened
from tillroll.engine.access import known_logins
from tillroll.engine.customers.login import (
    ANYWHERE,
    LoginAttempt,
    LoginLimits,
    announce,
    failed,
    succeeded,
)
from tillroll.engine.shops import shops
from tillroll.engine.shops.shops import NewShop
from tillroll.keymaker import new_shop_keys
from tillroll.store import Store, Transaction

NOBODY_YET = LoginLimits(account_failures=2, address_failures=3, delay_seconds=3600)
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.1"


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store with one shop."""
    with opened(database_url) as store:
        store.migrate()
        assert store.write_now(lambda tx: shops.add_shop(tx, NewShop("acme", "EUR", new_shop_keys()), NOW))
        yield store


def attempt(address: str, email: str = "ada@example.com", at: int = NOW) -> LoginAttempt:
    """Somebody at this address tries an account."""
    return LoginAttempt("acme", email, address, NOBODY_YET, at)


def wrong(store: Store, tried: LoginAttempt) -> bool:
    """Whether a wrong password was looked at, or its attempt told to wait."""

    def run(tx: Transaction) -> bool:
        (announced,) = announce(tx, [tried])
        if not announced.wait_seconds:
            failed(tx, tried)
        return not announced.wait_seconds

    return store.write_now(run)


def right(store: Store, tried: LoginAttempt) -> bool:
    """Whether the right password gets in."""

    def run(tx: Transaction) -> bool:
        (announced,) = announce(tx, [tried])
        if not announced.wait_seconds:
            succeeded(tx, tried)
        return not announced.wait_seconds

    return store.write_now(run)


def test_strangers_do_not_lock_an_account_out_of_where_it_was_logged_in_to(store: Store) -> None:
    assert right(store, attempt(HOME))
    tries = [wrong(store, attempt(f"203.0.113.{n // 2}")) for n in range(50)]
    assert sum(tries) == 2 * ANYWHERE  # then everybody waits who is not known
    assert not right(store, attempt(ELSEWHERE))
    assert right(store, attempt(HOME))
    assert right(store, attempt(ELSEWHERE))  # the owner's own success forgives what strangers did


def test_failures_of_others_at_the_same_address_do_not_hold_up_who_is_known_there(store: Store) -> None:
    assert right(store, attempt(HOME))
    assert [wrong(store, attempt(HOME, f"eve{n}@example.com")) for n in range(4)] == [True, True, True, False]
    assert not right(store, attempt(HOME, "bob@example.com"))
    assert right(store, attempt(HOME))


def test_an_account_is_guarded_at_a_known_address_too(store: Store) -> None:
    assert right(store, attempt(HOME))
    assert [wrong(store, attempt(HOME)) for _ in range(4)] == [True, True, False, False]


def test_an_address_is_known_for_a_season_and_the_latest_of_them_alone(store: Store) -> None:
    for number in range(known_logins.ADDRESSES_MAX + 1):
        assert right(store, attempt(f"192.0.2.{number}", at=NOW + number))
    account = attempt(HOME).subject
    known = [
        number
        for number in range(known_logins.ADDRESSES_MAX + 1)
        if store.write_now(partial(known_logins.is_known, shop="acme", account=account, address=f"192.0.2.{number}"))
    ]
    assert known == list(range(1, known_logins.ADDRESSES_MAX + 1))
    season = NOW + (known_logins.KEPT_SECONDS + 60) * 1_000_000
    assert store.write_now(lambda tx: known_logins.delete_old(tx, season, 500)) == known_logins.ADDRESSES_MAX
