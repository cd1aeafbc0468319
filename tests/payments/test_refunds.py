"""Money that goes back: whatever the provider does meanwhile it goes back once, on both databases."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal

import pytest
from msgspec.structs import replace

from tests.payments.bank import GOOD, Fault
from tests.payments.paying_shop import PayingShop
from tests.store.ground import opened
from tillroll.domain.orders.refunding import WantedLine
from tillroll.domain.payments.attempt import PaymentAttempt, State
from tillroll.domain.payments.provider import RefundStage
from tillroll.domain.payments.refund import PaymentRefund, RefundOrigin, RefundState
from tillroll.domain.payments.wishes import WishVerdict
from tillroll.engine.access.access import SERVICE, Caller
from tillroll.engine.checkout.place import Placed
from tillroll.engine.orders import refunds
from tillroll.engine.orders.refunds import RefundWish, RefundWished
from tillroll.engine.orders.status import StatusChange, change_statuses
from tillroll.store.payments import rows

PRICE = 1476  # a mug and its way, with taxes
MUG = 1000


@pytest.fixture
def shop(database_url: str) -> Iterator[PayingShop]:
    """A shop with ten mugs."""
    with opened(database_url) as store:
        store.migrate()
        yield PayingShop(store)


async def bought(shop: PayingShop) -> PaymentAttempt:
    """A payment whose money is taken."""
    placed = shop.place(GOOD)
    assert isinstance(placed, Placed)
    await shop.pay(placed)
    await shop.wait(1)
    return shop.attempt(placed.order_id)


def wish(shop: PayingShop, attempt: PaymentAttempt, id: str, amount: int | None, **also: object) -> RefundWished:
    """What is said to a back office that wants a refund."""
    wanted = RefundWish(shop.shop, attempt.id, id, shop.now, shop.gateway.lease(), amount)
    wished = shop.store.write_now(lambda tx: refunds.plan(tx, shop.catalogue, replace(wanted, **also)))
    assert wished is not None
    return wished


async def refund(shop: PayingShop, attempt: PaymentAttempt, id: str, amount: int | None) -> PaymentRefund:
    """What became of a refund that was granted."""
    wished = wish(shop, attempt, id, amount)
    assert wished.task is not None
    return await shop.gateway.give_back(shop.store, wished.task)


def of(shop: PayingShop, attempt: PaymentAttempt) -> list[PaymentRefund]:
    """All refunds of a payment."""
    return shop.store.write_now(lambda tx: rows.refunds_of(tx, shop.shop, attempt.id))


def test_parts_go_back_until_nothing_is_left(shop: PayingShop) -> None:
    async def scene() -> None:
        attempt = await bought(shop)
        assert (await refund(shop, attempt, "r1", 476)).state is RefundState.SUCCEEDED
        assert shop.balances() == {"provider": MUG, "sales": -PRICE, "returned": 476}
        assert wish(shop, attempt, "r2", MUG + 1).verdict is WishVerdict.TOO_MUCH
        assert (await refund(shop, attempt, "r2", None)).amount_minor == MUG
        assert wish(shop, attempt, "r3", None).verdict is WishVerdict.TOO_MUCH
        assert shop.balances() == {"sales": -PRICE, "returned": PRICE}
        assert [line.what for line in shop.bank.books] == ["authorise", "capture", "refund", "refund"]

    asyncio.run(scene())


FAULTS: list[Fault] = ["lost", "before", "not_sent", "busy"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_lost_answer_gives_the_money_back_once(shop: PayingShop, fault: Fault) -> None:
    async def scene() -> None:
        attempt = await bought(shop)
        shop.bank.fail("refund", fault)
        assert (await refund(shop, attempt, "r1", 476)).state is RefundState.SUCCEEDED
        assert [line.what for line in shop.bank.books].count("refund") == 1
        assert (await refund(shop, attempt, "r1", 476)).state is RefundState.SUCCEEDED  # the same wish once more
        assert len(of(shop, attempt)) == 1

    asyncio.run(scene())


def test_nothing_more_goes_back_while_one_is_unknown_and_the_reconciler_finds_it(shop: PayingShop) -> None:
    async def scene() -> None:
        attempt = await bought(shop)
        for _ in range(40):
            shop.bank.fail("refund", "before")
        assert (await refund(shop, attempt, "r1", 476)).state is RefundState.ASKED
        assert wish(shop, attempt, "r2", 100).verdict is WishVerdict.UNSUPPORTED
        assert wish(shop, attempt, "r3", 476).verdict is WishVerdict.ASKED  # told as what became of the first
        assert shop.balances()["clearing"] == -476
        shop.bank.faults.clear()
        await shop.wait(3_600)
        assert [one.state for one in of(shop, attempt)] == [RefundState.SUCCEEDED]
        assert "clearing" not in shop.balances()

    asyncio.run(scene())


def test_entries_of_the_order_bring_what_they_came_to_and_never_more_than_is_left(shop: PayingShop) -> None:
    async def scene() -> None:
        attempt = await bought(shop)
        for wrong in (WantedLine("nothing"), WantedLine("mug", Decimal(2)), WantedLine("mug", Decimal(0))):
            assert wish(shop, attempt, "r0", None, lines=(wrong,)).problem is not None
        wished = wish(shop, attempt, "r1", None, lines=(WantedLine("mug"),))
        assert wished.task is not None
        assert (await shop.gateway.give_back(shop.store, wished.task)).amount_minor == MUG
        again = wish(shop, attempt, "r2", None, lines=(WantedLine("mug"),))
        assert again.problem is not None

    asyncio.run(scene())


def decline(shop: PayingShop, order_id: str, caller: Caller) -> object:
    """What becomes of somebody's wish to decline an order."""
    change = StatusChange(caller, order_id, "DECLINED", shop.now)
    return shop.store.write_now(lambda tx: change_statuses(tx, [change]))[0]


def test_a_declined_order_gives_back_what_was_taken_once(shop: PayingShop) -> None:
    async def scene() -> None:
        attempt = await bought(shop)
        await refund(shop, attempt, "r1", 476)
        office = Caller(shop.shop, SERVICE, "office", frozenset(), None, None, 0, "emporix")
        decline(shop, attempt.order_id, office)
        await shop.wait(1)
        (rest,) = [one for one in of(shop, attempt) if one.origin is RefundOrigin.DECLINED]
        assert (rest.state, rest.amount_minor) == (RefundState.SUCCEEDED, MUG)
        assert shop.balances() == {"sales": -PRICE, "returned": PRICE}
        decline(shop, attempt.order_id, office)
        await shop.wait(1)
        assert len(of(shop, attempt)) == 2

    asyncio.run(scene())


def test_who_may_not_decline_an_order_moves_none_of_its_money(shop: PayingShop) -> None:
    async def scene() -> None:
        placed = shop.place(GOOD)
        assert isinstance(placed, Placed)
        await shop.pay(placed)
        stranger = replace(shop.small.guest, session_id="somebody")
        assert decline(shop, placed.order_id, stranger) is None
        await shop.wait(1)
        assert shop.attempt(placed.order_id).state is State.CAPTURED
        assert decline(shop, placed.order_id, stranger) is None
        await shop.wait(1)
        assert of(shop, shop.attempt(placed.order_id)) == []

    asyncio.run(scene())


def test_a_refund_that_fails_after_all_reopens_the_debt(shop: PayingShop) -> None:
    async def scene() -> None:
        attempt = await bought(shop)
        shop.bank.stage_of_refunds = RefundStage.PENDING
        pending = await refund(shop, attempt, "r1", 476)
        assert pending.state is RefundState.PENDING
        (made,) = shop.bank.returned
        shop.bank.returned = [replace(made, stage=RefundStage.FAILED, code="declined")]
        await shop.wait(3_601)
        (failed,) = of(shop, attempt)
        assert (failed.state, failed.code) == (RefundState.FAILED, "declined")
        assert failed.attention is not None
        assert shop.balances() == {"provider": PRICE, "sales": -PRICE, "returned": 476, "unpaid_refund": -476}

    asyncio.run(scene())
