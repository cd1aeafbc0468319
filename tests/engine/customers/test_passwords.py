"""Passwords change in process: with the old one or a secret, and what was begun with the one before ends."""

from collections.abc import Callable, Iterator

import pytest

from tests.engine.small_shop import SmallShop, open_shop
from tests.store.ground import NOW, opened
from tillroll.engine.access import access
from tillroll.engine.access.access import CUSTOMER, Caller, NewToken
from tillroll.engine.customers import customers
from tillroll.engine.customers.login import LoginLimits
from tillroll.engine.customers.passwords import (
    NewPassword,
    PasswordRefusal,
    Prover,
    change_password,
    reset_password,
)
from tillroll.store import Store

OLD, NEW = "$argon2id$old", "$argon2id$new"
LATER = NOW + 1_000_000


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A migrated store without a shop."""
    with opened(database_url) as store:
        store.migrate()
        yield store


def in_shop(store: Store, work: Callable[[SmallShop], None]) -> None:
    """Do something in a small shop whose customer Ada has a password and two tokens."""

    def run(shop: SmallShop) -> None:
        ada = customers.lock(shop.tx, shop.shop, [shop.ada_id])[shop.ada_id]
        ada.password_hash = OLD
        customers.save_password(shop.tx, shop.shop, ada, NOW)
        tokens = [NewToken(name, CUSTOMER, "web", "", LATER, name, shop.ada_id) for name in ("here", "elsewhere")]
        access.store_tokens(shop.tx, shop.shop, tokens)
        work(shop)

    store.write_now(lambda tx: run(open_shop(tx)))


def prover(caller: Caller) -> Prover:
    """Somebody proves to be an account's owner."""
    return Prover(caller, "192.0.2.1", LoginLimits(1, 1, 60), NOW)


def kept(shop: SmallShop) -> tuple[str | None, list[str]]:
    """Ada's password, and which of the tokens hold."""
    ada = customers.find(shop.tx, shop.shop, shop.ada_id)
    assert ada is not None
    hashes = {access.hash_of(name): name for name in ("here", "elsewhere")}
    return ada.password_hash, sorted(hashes[one] for one in access.callers(shop.tx, hashes, "some"))


def test_a_changed_password_ends_every_session_but_the_own(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        here = access.hash_of("here")
        wrong, stale = NewPassword(OLD, "", here), NewPassword("$argon2id$before", NEW, here)
        assert change_password(shop.tx, prover(shop.ada), wrong) is PasswordRefusal.WRONG
        assert change_password(shop.tx, prover(shop.ada), stale) is PasswordRefusal.CHANGED_MEANWHILE
        assert kept(shop) == (OLD, ["elsewhere", "here"])
        assert change_password(shop.tx, prover(shop.ada), NewPassword(OLD, NEW, here)) is None
        assert kept(shop) == (NEW, ["here"])

    in_shop(store, work)


def test_a_secret_resets_the_password_once_and_ends_every_session(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        customers.keep_reset(shop.tx, shop.shop, shop.ada_id, ("secret", LATER))
        assert reset_password(shop.tx, prover(shop.guest), "other", NEW) is PasswordRefusal.BAD_SECRET
        assert kept(shop) == (OLD, ["elsewhere", "here"])
        assert reset_password(shop.tx, prover(shop.guest), "secret", NEW) is None
        assert kept(shop) == (NEW, [])
        assert reset_password(shop.tx, prover(shop.guest), "secret", OLD) is PasswordRefusal.BAD_SECRET

    in_shop(store, work)
