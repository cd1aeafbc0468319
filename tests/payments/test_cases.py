"""What shops have lost money by elsewhere, one test for each: against the bank, on both databases."""

import asyncio
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from tests.payments.bank import ASKS_FIRST, GOOD
from tests.payments.paying_shop import MODE, PayingShop
from tests.store.ground import opened
from tillroll.domain.payments.attempt import DECLINED_WISH, PaymentAttempt, State
from tillroll.domain.payments.payment import PaymentMode
from tillroll.domain.payments.provider import Capture, ProviderPayment, Stage
from tillroll.domain.payments.wishes import WishVerdict
from tillroll.engine.checkout.place import Placed
from tillroll.engine.orders import paying
from tillroll.engine.orders.paying import Begun, PayOrder, PayRefusal
from tillroll.engine.payments import wishes
from tillroll.engine.payments.attempts import PaymentTerms
from tillroll.engine.payments.wishes import Wish, Wished
from tillroll.store.payments import rows

BY_HAND = {"Simulator/Capture": "manual"}
PRICE = 1476  # a mug and its way, with taxes


@pytest.fixture
def shop(database_url: str) -> Iterator[PayingShop]:
    """A shop with ten mugs, whose money is taken by hand."""
    with opened(database_url) as store:
        store.migrate()
        yield PayingShop(store, BY_HAND)


async def held(shop: PayingShop, token: str = GOOD) -> PaymentAttempt:
    """A payment as a checkout leaves it."""
    placed = shop.place(token)
    assert isinstance(placed, Placed)
    return await shop.pay(placed)


def wish(shop: PayingShop, attempt: PaymentAttempt, amount: int | None = None) -> Wished:
    """What is said to a back office that wants money to be taken."""
    wanted = Wish(shop.shop, attempt.id, shop.now, shop.gateway.lease(), amount)
    wished = shop.store.write_now(lambda tx: wishes.capture(tx, wanted))
    assert wished is not None
    return wished


def try_again(shop: PayingShop, order_id: str, token: str = GOOD) -> Begun | PayRefusal:
    """Another card for an order."""
    mode = PaymentMode(str(MODE["id"]), str(MODE["code"]), str(MODE["provider"]), configuration=BY_HAND)
    wanted = PayOrder(
        caller=shop.small.guest,
        order_id=order_id,
        mode=mode,
        id=f"{shop.now:032x}",
        token=token,
        confirms=True,
        now=shop.now,
        lease=shop.gateway.lease(),
        terms=PaymentTerms(),
    )
    return shop.store.write_now(lambda tx: paying.begin(tx, wanted))


def of_bank(shop: PayingShop, attempt: PaymentAttempt) -> ProviderPayment:
    """What the bank has of a payment."""
    return shop.bank.held[attempt.provider_id or ""]


def by_id(shop: PayingShop, attempt: PaymentAttempt) -> PaymentAttempt:
    """An attempt as it stands now."""
    found = shop.store.write_now(lambda tx: rows.attempt_of(tx, shop.shop, attempt.id))
    assert found is not None
    return found


def whats(shop: PayingShop) -> list[str]:
    """What the bank has done."""
    return [line.what for line in shop.bank.books]


def test_already_captured_is_success_not_a_reason_to_refund(shop: PayingShop) -> None:
    async def scene() -> None:
        attempt = await held(shop)
        await shop.bank.capture(Capture("by somebody", attempt.provider_id or "", PRICE, "EUR"))
        assert wish(shop, attempt).verdict is WishVerdict.GRANTED
        taken = await shop.gateway.clear_up(shop.store, shop.shop, attempt.id)
        assert (taken.state, taken.captured_minor) == (State.CAPTURED, PRICE)
        assert wish(shop, attempt).verdict is WishVerdict.DONE
        await shop.wait(60)
        assert whats(shop) == ["authorise", "capture"]
        assert shop.balances() == {"provider": PRICE, "sales": -PRICE}

    asyncio.run(scene())


def test_captured_amount_is_booked_once(shop: PayingShop) -> None:
    async def scene() -> None:
        attempt = await held(shop)
        wish(shop, attempt, 700)
        for _ in range(3):
            taken = await shop.gateway.look(shop.store, shop.shop, attempt.id)
        assert (taken.state, taken.captured_minor) == (State.CAPTURED, 700)
        assert shop.balances() == {"provider": 700, "sales": -PRICE, "order_due": PRICE - 700}

    asyncio.run(scene())


def test_no_second_capture_while_one_is_unknown(shop: PayingShop) -> None:
    async def scene() -> None:
        attempt = await held(shop)
        shop.bank.fail("capture", "lost")
        wish(shop, attempt, 700)
        unknown = await shop.gateway.look(shop.store, shop.shop, attempt.id)
        assert unknown.state is State.CAPTURING
        assert wish(shop, attempt, 500).verdict is WishVerdict.UNSUPPORTED
        assert wish(shop, attempt, 700).verdict is WishVerdict.ASKED
        assert (await shop.gateway.clear_up(shop.store, shop.shop, attempt.id)).captured_minor == 700
        assert whats(shop).count("capture") == 1

    asyncio.run(scene())


def test_nothing_follows_a_void(shop: PayingShop) -> None:
    async def scene() -> None:
        attempt = await held(shop)
        wanted = Wish(shop.shop, attempt.id, shop.now, shop.gateway.lease())
        shop.store.write_now(lambda tx: wishes.cancel(tx, wanted))
        assert wish(shop, attempt).verdict is WishVerdict.UNSUPPORTED
        assert (await shop.gateway.clear_up(shop.store, shop.shop, attempt.id)).state is State.VOIDED
        assert wish(shop, attempt).verdict is WishVerdict.UNSUPPORTED
        await shop.wait(3_600)
        assert whats(shop) == ["authorise", "void"]

    asyncio.run(scene())


def test_decline_then_success_on_one_order_and_a_late_failure_belongs_to_its_own_attempt(shop: PayingShop) -> None:
    async def scene() -> None:
        first = await held(shop, ASKS_FIRST)
        shop.bank.finish(first.provider_id or "", gladly=False)
        await shop.wait(31)
        begun = try_again(shop, first.order_id)
        assert isinstance(begun, Begun)
        assert begun.task is not None
        second = await shop.gateway.pay(shop.store, begun.task, lambda _tx, _one: None)
        assert second.state is State.AUTHORISED
        assert second.provider_id != first.provider_id  # attempts have their own payments at the provider
        await shop.wait(3_600)  # the end of what was held for the first one
        assert (by_id(shop, first).state, of_bank(shop, first).stage) == (State.DECLINED, Stage.CANCELED)
        assert (by_id(shop, second).state, shop.order_status(first.order_id)) == (State.AUTHORISED, "CREATED")
        again = try_again(shop, first.order_id)
        assert isinstance(again, Begun)
        assert (again.task, again.attempt.id) == (None, second.id)  # a paid order is told of, and not paid once more

    asyncio.run(scene())


def test_a_lapsed_authorisation_is_shown_and_flagged(shop: PayingShop) -> None:
    async def scene() -> None:
        attempt = await held(shop)
        lapsed = replace(of_bank(shop, attempt), stage=Stage.CANCELED, has_lapsed=True)
        shop.bank.held[lapsed.id] = lapsed
        await shop.wait(7 * 86_400)
        ended = by_id(shop, attempt)
        assert (ended.state, ended.attention) == (State.EXPIRED, "the authorisation has lapsed")
        assert shop.order_status(attempt.order_id) == "CREATED"
        assert wish(shop, attempt).verdict is WishVerdict.UNSUPPORTED

    asyncio.run(scene())


def test_money_that_is_taken_although_its_order_was_declined_goes_back(shop: PayingShop) -> None:
    async def scene() -> None:
        attempt = await held(shop)
        shop.bank.fail("capture", "lost")
        wish(shop, attempt)
        await shop.gateway.look(shop.store, shop.shop, attempt.id)
        unknown = by_id(shop, attempt)
        declined = replace(unknown, wish=DECLINED_WISH, version=unknown.version + 1, check_at=shop.now)
        shop.store.write_now(lambda tx: rows.update_attempt(tx, declined))
        await shop.wait(1)
        assert by_id(shop, attempt).state is State.CAPTURED
        assert whats(shop) == ["authorise", "capture", "refund"]

    asyncio.run(scene())


def test_a_mode_whose_key_is_wrong_is_left_alone_for_a_while(shop: PayingShop) -> None:
    async def scene() -> None:
        shop.bank.fail("open", "unhealthy")
        refused = await held(shop)
        assert refused.state is State.REFUSED
        asked = len(shop.bank.asked)
        again = shop.place(GOOD, "cart-1")
        assert (await shop.pay(again)).state is State.REFUSED
        assert len(shop.bank.asked) == asked

    asyncio.run(scene())


def test_a_fault_in_one_look_stops_no_other_one(shop: PayingShop, caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        one, other = await held(shop), await held(shop)
        for attempt in (one, other):
            wish(shop, attempt)
        del shop.bank.held[one.provider_id or ""]
        look_up = shop.bank.look_up

        async def broken(provider_id: str) -> object:
            if provider_id == one.provider_id:
                raise ZeroDivisionError
            return await look_up(provider_id)

        shop.bank.look_up = broken  # type: ignore[assignment, method-assign]
        await shop.wait(50)
        assert by_id(shop, other).state is State.CAPTURED
        assert one.id in caplog.text

    asyncio.run(scene())
