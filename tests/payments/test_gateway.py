"""Orders that a provider is asked for: what becomes of them, whatever the provider does, on both databases."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.payments.bank import ASKS_FIRST, BAD, GOOD, Fault
from tests.payments.paying_shop import ON_HAND, PayingShop
from tests.store.ground import opened
from tillroll.domain.payments.attempt import State
from tillroll.domain.payments.provider import Stage
from tillroll.engine.checkout.place import BeingPaid, Duplicate, Placed

PRICE = 1476  # a mug and its way, with taxes


@pytest.fixture
def shop(database_url: str) -> Iterator[PayingShop]:
    """A shop with ten mugs."""
    with opened(database_url) as store:
        store.migrate()
        yield PayingShop(store)


def test_an_order_stands_once_its_money_is_held_and_is_captured_behind_the_answer(shop: PayingShop) -> None:
    async def scene() -> None:
        placed = shop.place(GOOD)
        assert isinstance(placed, Placed)
        assert shop.order_status(placed.order_id) == "IN_CHECKOUT"
        assert shop.balances() == {"asked": PRICE, "auth_contra": -PRICE}
        attempt = await shop.pay(placed)
        assert attempt.state is State.AUTHORISED
        assert [one.state for one in shop.told] == [State.AUTHORISED]
        assert shop.order_status(placed.order_id) == "CREATED"
        assert shop.balances() == {
            "open_auth": PRICE,
            "auth_contra": -PRICE,
            "order_due": PRICE,
            "sales": -PRICE,
        }
        await shop.wait(1)
        assert shop.attempt(placed.order_id).state is State.CAPTURED
        assert shop.balances() == {"provider": PRICE, "sales": -PRICE}
        assert [line.what for line in shop.bank.books] == ["authorise", "capture"]
        assert shop.on_hand() == ON_HAND - 1

    asyncio.run(scene())


def test_a_declined_card_leaves_no_order_and_an_open_cart(shop: PayingShop) -> None:
    async def scene() -> None:
        placed = shop.place(BAD)
        attempt = await shop.pay(placed)
        assert isinstance(placed, Placed)
        assert (attempt.state, attempt.code) == (State.DECLINED, "insufficient_funds")
        assert shop.order_status(placed.order_id) is None
        assert (shop.on_hand(), shop.cart_status(1), shop.balances()) == (ON_HAND, "OPEN", {})
        again = shop.place(GOOD, "cart-1")
        assert (await shop.pay(again)).state is State.AUTHORISED
        assert shop.on_hand() == ON_HAND - 1

    asyncio.run(scene())


def test_who_asks_again_while_an_order_is_being_paid_is_not_told_of_it(shop: PayingShop) -> None:
    async def scene() -> None:
        placed = shop.place(GOOD)
        assert isinstance(shop.place(GOOD, "cart-1"), BeingPaid)
        await shop.pay(placed)
        assert isinstance(shop.place(GOOD, "cart-1"), Duplicate)

    asyncio.run(scene())


FAULTS: list[Fault] = ["lost", "before", "not_sent", "busy", "hang"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("what", ["open", "authorise"])
def test_a_fault_in_the_middle_is_asked_after_and_never_charged_twice(
    shop: PayingShop, what: str, fault: Fault
) -> None:
    async def scene() -> None:
        shop.bank.fail(what, fault)
        placed = shop.place(GOOD)
        attempt = await shop.pay(placed)
        assert attempt.state is State.AUTHORISED
        await shop.wait(1)
        assert [line.what for line in shop.bank.books] == ["authorise", "capture"]
        assert len(shop.bank.held) == 1
        assert shop.balances() == {"provider": PRICE, "sales": -PRICE}

    asyncio.run(scene())


def test_an_unknown_result_is_told_as_open_and_settled_by_asking(shop: PayingShop) -> None:
    async def scene() -> None:
        shop.bank.fail("authorise", "lost")
        for _ in range(30):
            shop.bank.fail("look_up", "before")
        placed = shop.place(GOOD)
        assert isinstance(placed, Placed)
        attempt = await shop.pay(placed)
        assert (attempt.state, attempt.is_told) == (State.CREATED, 1)
        assert shop.order_status(placed.order_id) == "IN_CHECKOUT"
        shop.bank.faults.clear()
        await shop.wait(60)
        assert shop.attempt(placed.order_id).state is State.CAPTURED
        assert shop.order_status(placed.order_id) == "CREATED"

    asyncio.run(scene())


def test_what_a_crash_left_before_anybody_was_asked_is_given_up(shop: PayingShop) -> None:
    async def scene() -> None:
        placed = shop.place(GOOD)
        assert isinstance(placed, Placed)
        await shop.wait(46)
        assert shop.attempt(placed.order_id).state is State.ABANDONED
        assert (shop.order_status(placed.order_id), shop.cart_status(1)) == (None, "OPEN")
        assert (shop.on_hand(), shop.balances(), shop.bank.books) == (ON_HAND, {}, [])

    asyncio.run(scene())


@pytest.mark.parametrize("gladly", [True, False], ids=["gladly", "not at all"])
def test_a_buyer_who_is_sent_to_the_bank_comes_back(shop: PayingShop, *, gladly: bool) -> None:
    async def scene() -> None:
        placed = shop.place(ASKS_FIRST)
        assert isinstance(placed, Placed)
        attempt = await shop.pay(placed)
        assert (attempt.state, attempt.action_url) == (State.ACTION_REQUIRED, "https://bank.example/3ds")
        assert shop.order_status(placed.order_id) == "IN_CHECKOUT"
        assert attempt.provider_id is not None
        shop.bank.finish(attempt.provider_id, gladly=gladly)
        await shop.wait(31)
        if gladly:
            assert shop.order_status(placed.order_id) == "CREATED"
            return
        assert shop.attempt(placed.order_id).state is State.DECLINED
        assert shop.order_status(placed.order_id) == "IN_CHECKOUT"  # another card may be tried
        await shop.wait(3_600)
        assert shop.order_status(placed.order_id) == "DECLINED"
        assert (shop.on_hand(), shop.balances()) == (ON_HAND, {})
        assert shop.bank.held[attempt.provider_id].stage is Stage.CANCELED

    asyncio.run(scene())


def test_an_abandoned_redirect_ends_and_what_is_finished_later_is_let_go(shop: PayingShop) -> None:
    async def scene() -> None:
        placed = shop.place(ASKS_FIRST)
        assert isinstance(placed, Placed)
        attempt = await shop.pay(placed)
        await shop.wait(1_801)
        assert shop.attempt(placed.order_id).state is State.VOIDED
        assert shop.order_status(placed.order_id) == "DECLINED"
        assert (shop.on_hand(), shop.balances()) == (ON_HAND, {})
        assert attempt.provider_id is not None
        assert shop.bank.held[attempt.provider_id].stage is Stage.CANCELED

    asyncio.run(scene())
