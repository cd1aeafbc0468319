"""Our books of payments and the bank's: the same on both sides, and each difference is named."""

import asyncio
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from tests.payments.bank import ASKS_FIRST, BAD, GOOD
from tests.payments.paying_shop import MODE, PayingShop
from tests.store.ground import opened
from tillroll.domain.payments.attempt import PaymentAttempt
from tillroll.domain.payments.payment import PaymentMode
from tillroll.domain.payments.provider import ProviderPayment, Stage, Trouble, TroubleKind
from tillroll.engine.checkout.place import Placed
from tillroll.payments.audit import ComparedMode, compare

CARD = PaymentMode(str(MODE["id"]), str(MODE["code"]), str(MODE["provider"]))


@pytest.fixture
def shop(database_url: str) -> Iterator[PayingShop]:
    """A shop with ten mugs."""
    with opened(database_url) as store:
        store.migrate()
        yield PayingShop(store)


async def compared(shop: PayingShop) -> ComparedMode:
    """What comes of comparing a shop's payments with the bank's books."""
    span = (shop.now - 3_600_000_000, shop.now)
    (found,) = await compare(shop.store, shop.gateway, [(shop.shop, CARD)], span)
    return found


async def bought(shop: PayingShop, token: str = GOOD) -> PaymentAttempt:
    """A payment, once it has come as far as it does by itself."""
    placed = shop.place(token)
    assert isinstance(placed, Placed)
    await shop.pay(placed)
    await shop.wait(1)
    return shop.attempt(placed.order_id)


def test_the_books_of_both_sides_are_the_same(shop: PayingShop) -> None:
    async def scene() -> None:
        for token in (GOOD, ASKS_FIRST, BAD):
            await bought(shop, token)
        assert await compared(shop) == ComparedMode(shop.shop, "card", "SIMULATOR", 3)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda one: replace(one, stage=Stage.AUTHORISED, captured_minor=0), "CAPTURED here, authorised at"),
        (lambda one: replace(one, captured_minor=1), "1476 were taken here, 1 at the provider"),
        (lambda one: replace(one, amount_minor=1), "1476 EUR here, 1 EUR at the provider"),
        (lambda one: replace(one, id="pay_9"), "pay_9: captured at the provider"),
    ],
    ids=["not taken", "taken otherwise", "another amount", "another payment"],
)
def test_each_difference_is_named(shop: PayingShop, change: object, said: str) -> None:
    async def scene() -> None:
        attempt = await bought(shop)
        assert attempt.provider_id is not None
        assert callable(change)
        changed: ProviderPayment = change(shop.bank.held.pop(attempt.provider_id))
        shop.bank.held[changed.id] = changed
        problems = (await compared(shop)).problems
        assert any(said in problem for problem in problems), problems

    asyncio.run(scene())


def test_what_another_shop_has_at_the_same_account_is_left_alone(shop: PayingShop) -> None:
    async def scene() -> None:
        attempt = await bought(shop)
        ours = shop.bank.held[attempt.provider_id or ""]
        shop.bank.held["pay_9"] = replace(ours, id="pay_9", shop="other")
        assert (await compared(shop)).problems == ()

    asyncio.run(scene())


def test_a_provider_that_can_not_be_asked_is_named_and_is_no_difference(shop: PayingShop) -> None:
    async def scene() -> None:
        async def silent(since: int, until: int) -> Trouble:
            del since, until
            return Trouble(kind=TroubleKind.UNKNOWN, message="no answer")

        await bought(shop)
        shop.bank.payments = silent  # type: ignore[method-assign]
        assert await compared(shop) == ComparedMode(shop.shop, "card", "SIMULATOR", unreachable="no answer")

    asyncio.run(scene())
