"""Customers enter in process: with what their session has collected, with tokens, and only where they may."""

from collections.abc import Callable, Iterator

import pytest

from tests.engine.small_shop import DIALECT, SmallShop, open_shop
from tests.store.ground import NOW, opened
from tillroll.engine.access import access
from tillroll.engine.access.access import CUSTOMER, REFRESH
from tillroll.engine.cart import carts
from tillroll.engine.customers import customers
from tillroll.engine.customers.customers import StoredCustomer
from tillroll.engine.customers.login import Announced, LoginAttempt, LoginLimits, announce
from tillroll.engine.sessions.login import Login, LoginRefusal, log_in
from tillroll.engine.sessions.sessions import Refreshing, RefreshRefusal, log_out, refresh
from tillroll.engine.sessions.tokens import Bearer, TokenPair
from tillroll.store import Store

LIMITS = LoginLimits(account_failures=1, address_failures=1, delay_seconds=60)
HASH = "$argon2id$of-the-password"


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A migrated store without a shop."""
    with opened(database_url) as store:
        store.migrate()
        yield store


def in_shop(store: Store, work: Callable[[SmallShop], None]) -> None:
    """Do something in a small shop whose customer Ada has a password."""

    def run(shop: SmallShop) -> None:
        ada = customers.lock(shop.tx, shop.shop, [shop.ada_id])[shop.ada_id]
        ada.password_hash = HASH
        customers.save_password(shop.tx, shop.shop, ada, NOW)
        work(shop)

    store.write_now(lambda tx: run(open_shop(tx)))


def pair(name: str) -> TokenPair:
    """Two tokens to be given out."""
    return TokenPair(f"{name}-token", f"{name}-refresh", 60, 600, "web")


def attempt(shop: SmallShop, email: str = "ada@example.com") -> LoginAttempt:
    """Somebody's attempt at an account."""
    return LoginAttempt(shop.shop, email, "192.0.2.1", LIMITS, NOW)


def login(shop: SmallShop, name: str = "a", *, is_right: bool = True, old_hash: str = HASH) -> Login:
    """Ada's login in the guest's session, after the password has been looked at."""
    announced = Announced(0, shop.ada_id, old_hash)
    return Login(attempt(shop), announced, is_right, shop.guest.session_id or "", pair(name), DIALECT)


def holder(shop: SmallShop, token: str) -> tuple[str, str | None] | None:
    """The kind of a token, and whose it is."""
    hashed = access.hash_of(token)
    caller = access.callers(shop.tx, [hashed], DIALECT).get(hashed)
    return (caller.kind, caller.customer_id) if caller is not None else None


def test_who_enters_has_tokens_the_session_and_what_is_in_its_cart(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        shop.cart(shop.guest)
        (outcome,) = log_in(shop.desk, [login(shop)])
        assert isinstance(outcome, StoredCustomer)
        assert outcome.id == shop.ada_id
        assert holder(shop, "a-token") == (CUSTOMER, shop.ada_id)
        assert holder(shop, "a-refresh") == (REFRESH, shop.ada_id)
        cart = carts.find(shop.tx, shop.shop, ["cart"])["cart"]
        assert (cart.owner, cart.cart.customer_id) == (f"customer:{shop.ada_id}", shop.ada_id)
        context = access.lock_session_context(shop.tx, shop.shop, shop.guest.session_id or "")
        assert context is not None
        assert context.customer_id == shop.ada_id

    in_shop(store, work)


def test_who_does_not_enter_gets_nothing_and_is_told_why(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        shop.cart(shop.guest)
        changed = login(shop, "changed", old_hash="$argon2id$of-the-one-before")
        outcomes = log_in(shop.desk, [login(shop, "wrong", is_right=False), changed])
        assert outcomes == [LoginRefusal.WRONG, LoginRefusal.CHANGED_MEANWHILE]
        assert [holder(shop, f"{name}-token") for name in ("wrong", "changed")] == [None, None]
        assert carts.find(shop.tx, shop.shop, ["cart"])["cart"].cart.customer_id is None

    in_shop(store, work)


def test_a_right_password_forgives_the_account_and_a_wrong_one_makes_it_wait(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        for name in ("first", "second", "third"):
            (announced,) = announce(shop.tx, [attempt(shop)])
            assert not announced.wait_seconds
            log_in(shop.desk, [login(shop, name)])
        (announced,) = announce(shop.tx, [attempt(shop)])
        log_in(shop.desk, [login(shop, is_right=False)])
        (announced,) = announce(shop.tx, [attempt(shop)])
        assert announced.wait_seconds

    in_shop(store, work)


def test_a_customer_who_is_switched_off_does_not_enter(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        ada = customers.lock(shop.tx, shop.shop, [shop.ada_id])[shop.ada_id]
        ada.active = False
        customers.save(shop.tx, shop.shop, ada, NOW)
        assert log_in(shop.desk, [login(shop)]) == [LoginRefusal.WRONG]

    in_shop(store, work)


def refreshing(shop: SmallShop, token: str, company: str = "", at: int = NOW) -> Refreshing:
    """Somebody has a refresh token."""
    return Refreshing(shop.shop, DIALECT, token, company, pair("next"), "new-session", at)


def test_a_refresh_token_is_good_for_a_pair_and_for_companies_of_the_customer_alone(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        log_in(shop.desk, [login(shop)])
        later = NOW + 601 * 1_000_000
        assert refresh(shop.tx, refreshing(shop, "unknown")) is RefreshRefusal.UNKNOWN
        assert refresh(shop.tx, refreshing(shop, "a-token")) is RefreshRefusal.UNKNOWN
        assert refresh(shop.tx, refreshing(shop, "a-refresh", at=later)) is RefreshRefusal.EXPIRED
        assert refresh(shop.tx, refreshing(shop, "a-refresh", "other")) is RefreshRefusal.NOT_OF_THE_COMPANY
        assert refresh(shop.tx, refreshing(shop, "a-refresh")) == Bearer(shop.guest.session_id or "", shop.ada_id)
        assert holder(shop, "next-token") == (CUSTOMER, shop.ada_id)

    in_shop(store, work)


def test_a_refresh_token_has_a_grace_that_begins_with_its_first_use_and_does_not_grow(store: Store) -> None:
    grace = access.REFRESH_GRACE_SECONDS * 1_000_000

    def work(shop: SmallShop) -> None:
        log_in(shop.desk, [login(shop)])
        for number, later in enumerate((0, grace // 2, grace - 1)):
            again = Refreshing(shop.shop, DIALECT, "a-refresh", "", pair(f"next-{number}"), "new-session", NOW + later)
            assert refresh(shop.tx, again) == Bearer(shop.guest.session_id or "", shop.ada_id)
        after = refreshing(shop, "a-refresh", at=NOW + grace)
        assert refresh(shop.tx, after) is RefreshRefusal.EXPIRED
        assert refresh(shop.tx, refreshing(shop, "next-0-refresh", at=NOW + grace)) == Bearer(
            shop.guest.session_id or "", shop.ada_id
        )

    in_shop(store, work)


def test_a_refresh_token_that_ends_within_its_grace_ends_when_it_was_to(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        log_in(shop.desk, [login(shop)])
        almost = NOW + 599 * 1_000_000
        assert isinstance(refresh(shop.tx, refreshing(shop, "a-refresh", at=almost)), Bearer)
        at_its_end = refreshing(shop, "a-refresh", at=NOW + 600 * 1_000_000)
        assert refresh(shop.tx, at_its_end) is RefreshRefusal.EXPIRED

    in_shop(store, work)


def test_who_logs_out_ends_the_session_of_an_own_token(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        log_in(shop.desk, [login(shop)])
        hashed = access.hash_of("a-token")
        ada = access.callers(shop.tx, [hashed], DIALECT)[hashed]
        assert not log_out(shop.tx, shop.guest, "a-token", NOW)
        assert not log_out(shop.tx, ada, "unknown", NOW)
        assert log_out(shop.tx, ada, "a-token", NOW)
        assert [holder(shop, f"a-{kind}") for kind in ("token", "refresh")] == [None, None]
        context = access.lock_session_context(shop.tx, shop.shop, ada.session_id or "")
        assert context is not None
        assert context.customer_id is None

    in_shop(store, work)
