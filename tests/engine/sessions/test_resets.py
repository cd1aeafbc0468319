"""A forgotten password: a back office gets a secret for its own mail, of anybody else the shop is told."""

from collections.abc import Callable, Iterator

import pytest

from tests.engine.small_shop import DIALECT, SmallShop, open_shop
from tests.store.ground import NOW, opened
from tillroll.engine.access.access import Caller
from tillroll.engine.customers import customers
from tillroll.engine.ledger import ledger
from tillroll.engine.sessions.resets import RESET_REQUESTED, ResetAsked, ask_for_reset
from tillroll.store import Store
from tillroll.store.ledger import rows
from tillroll.store.ledger.rows import EventWindow, Stretch

LATER = NOW + 1


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A migrated store without a shop."""
    with opened(database_url) as store:
        store.migrate()
        yield store


def in_shop(store: Store, work: Callable[[SmallShop], None]) -> None:
    """Do something in a small shop."""
    store.write_now(lambda tx: work(open_shop(tx)))


def asked(caller: Caller, email: str = " Ada@Example.com") -> ResetAsked:
    """Somebody has forgotten the password of an e-mail."""
    return ResetAsked(caller, email, "a-secret", LATER, NOW)


def told(shop: SmallShop) -> list[tuple[str, str]]:
    """What the shop was told of Ada, and in which dialect."""
    window = EventWindow(shop.shop, Stretch(0, ledger.POSITION_MAX, 0, 2 * NOW), 10, "", "", "")
    return [(event.kind, event.dialect) for event in rows.events_page_of_subject(shop.tx, window, shop.ada_id)]


def test_a_back_office_gets_a_secret_that_is_good_for_a_while(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        assert ask_for_reset(shop.tx, asked(shop.merchant), lambda _: True)
        assert customers.reset_customer(shop.tx, shop.shop, "a-secret", NOW) == shop.ada_id
        assert customers.reset_customer(shop.tx, shop.shop, "a-secret", LATER) is None
        assert told(shop) == []

    in_shop(store, work)


def test_of_a_guest_the_shop_is_told_and_no_secret_is_kept(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        assert ask_for_reset(shop.tx, asked(shop.guest), lambda id: id == shop.ada_id)
        assert told(shop) == [(RESET_REQUESTED, DIALECT)]
        assert customers.reset_customer(shop.tx, shop.shop, "a-secret", NOW) is None

    in_shop(store, work)


def test_the_shop_is_not_told_more_often_than_it_may_be(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        assert ask_for_reset(shop.tx, asked(shop.guest), lambda _: False)
        assert told(shop) == []

    in_shop(store, work)


def test_nobody_is_known_by_another_e_mail(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        for caller in (shop.guest, shop.merchant):
            assert not ask_for_reset(shop.tx, asked(caller, "eve@example.com"), lambda _: True)
        assert customers.reset_customer(shop.tx, shop.shop, "a-secret", NOW) is None
        assert told(shop) == []

    in_shop(store, work)
