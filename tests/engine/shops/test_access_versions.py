"""Whatever changes who may report to a shop, or how, raises the version by which running servers notice."""

from collections.abc import Callable, Iterator

import pytest

from tests.store.ground import NOW, SHOP, lay_ground, look, opened
from tillroll.engine.shops import shops
from tillroll.engine.shops.shops import NewKey
from tillroll.store import Store, Transaction
from tillroll.store.access.credentials import SigningKey

CHANGES: dict[str, Callable[[Transaction], object]] = {
    "a key": lambda tx: shops.add_key(tx, SHOP, NewKey("doofinder", "key", "secret", ""), NOW),
    "a key that is revoked": lambda tx: shops.revoke_key(tx, SHOP, "key", NOW),
    "a key that signs": lambda tx: shops.keep_signing_key(tx, SigningKey(SHOP, "key", "secret"), NOW),
    "settings of a dialect": lambda tx: shops.store_dialect_settings(tx, SHOP, "alhena", {"any_answer": True}),
}


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store with one shop."""
    with opened(database_url) as store:
        lay_ground(store)
        yield store


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_who_may_report_is_noticed(store: Store, database_url: str, name: str) -> None:
    def version() -> int:
        ((found,),) = look(database_url, f"SELECT access_version FROM shop WHERE id = '{SHOP}'")
        return int(found)

    if name in ("a key that is revoked", "a key that signs"):
        store.write_now(CHANGES["a key"])
    before = version()
    store.write_now(CHANGES[name])
    assert version() > before
