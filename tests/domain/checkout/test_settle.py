"""What one accepted order leaves for the next in its group: stock, places, and both counts of a coupon."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from tests.domain.checkout.checkout_world import NOW, Break, World, coupon, line, price, product, read, world
from tillroll.domain.checkout.decide import settle
from tillroll.domain.checkout.inputs import Decision, StockLevel
from tillroll.domain.delivery.delivery import DeliveryWindow
from tillroll.domain.orders.order import Customer, ShippingChoice
from tillroll.domain.prices.prices import PriceModel

TOMORROW = "2027-01-16T12:00:00.000Z"


def _stock(world: World) -> None:
    world.facts.stock["main", "tea"] = StockLevel(3000, True)


def _place(world: World) -> None:
    world.cart.delivery_window = DeliveryWindow("w", "s", TOMORROW)
    world.facts.booked = {f"w/s/{TOMORROW[:10]}": 9}


def _redemption(world: World) -> None:
    world.cart.coupons = ["TEN"]
    world.facts.coupons = {"TEN": coupon(maxRedemptions=1)}


def _own_redemption(world: World) -> None:
    world.cart.coupons = ["TEN"]
    world.facts.coupons = {"TEN": coupon(maxRedemptionsPerCustomer=1)}


@pytest.mark.parametrize(
    ("scarce", "reason"),
    [
        (_stock, ("out_of_stock", "tea")),
        (_place, ("delivery_window_full", "slotId")),
        (_redemption, ("coupon_redemptions_exceeded", "TEN")),
        (_own_redemption, ("coupon_redemptions_exceeded", "TEN")),
    ],
    ids=["stock", "places", "redemptions", "redemptions of a customer"],
)
def test_the_second_of_a_group_finds_what_the_first_has_left(scarce: Break, reason: tuple[str, str]) -> None:
    here = world()
    here.facts.stock["main", "tea"] = StockLevel(100_000, True)
    scarce(here)
    first = here.placed()
    assert here.placed() == first, "deciding alone counts nothing"
    settle(here.facts, "main", first)
    assert [one[0] for one in here.refused()] == [reason[0]]


@pytest.mark.parametrize("scarce", [_stock, _place, _redemption, _own_redemption])
def test_the_second_of_a_group_that_takes_something_else_is_accepted(scarce: Break) -> None:
    here = world()
    here.facts.stock["main", "tea"] = StockLevel(100_000, True)
    scarce(here)
    settle(here.facts, "main", here.placed())
    here.cart.lines = [line("cup")]
    here.facts.stock["main", "cup"] = StockLevel(100_000, True)
    here.cart.coupons = ["OTHER"]
    here.facts.coupons["OTHER"] = coupon("OTHER")
    if here.cart.delivery_window is not None:
        here.cart.delivery_window = DeliveryWindow("w", "s", "2027-01-17T12:00:00.000Z")
    assert isinstance(here.decide(), Decision)


def test_customers_are_counted_apart_within_a_group() -> None:
    here = world()
    here.facts.stock["main", "tea"] = StockLevel(100_000, True)
    _own_redemption(here)
    settle(here.facts, "main", here.placed())
    here.ask(customer=Customer("bob@example.com", first_name="Bob", guest=True))
    settle(here.facts, "main", here.placed())
    assert {key: uses for key, uses in here.facts.coupon_uses.items() if uses} == {
        ("TEN", "guest:ada@example.com"): 1,
        ("TEN", "guest:bob@example.com"): 1,
    }
    here.ask(customer=Customer("ADA@Example.com", first_name="Ada", guest=True))
    assert [one[0] for one in here.refused()] == ["coupon_redemptions_exceeded"]


def test_a_site_keeps_its_own_stock_within_a_group() -> None:
    here = world()
    here.facts.stock["elsewhere", "tea"] = StockLevel(1000, True)
    settle(here.facts, "main", here.placed())
    assert here.facts.stock["main", "tea"].on_hand == 3000
    assert here.facts.stock["elsewhere", "tea"].on_hand == 1000


@pytest.mark.parametrize(
    ("quantity", "percentage", "due"),
    [
        # 110.00 of goods ship for nothing, however little is left to pay; 90.00 never do, whatever shipping adds.
        ("11", "50", "0"),
        ("11", None, "0"),
        ("10", "1", "0"),
        ("9.9", None, "4.90"),
        ("9.9", "50", "4.90"),
    ],
)
def test_a_fee_is_chosen_by_the_goods_and_not_by_the_total(quantity: str, percentage: str | None, due: str) -> None:
    here = world()
    here.facts.stock["main", "tea"] = StockLevel(100_000, True)
    here.cart.lines = [line(quantity=quantity)]
    if percentage is not None:
        here.cart.coupons = ["TEN"]
        here.facts.coupons = {"TEN": coupon(discountPercentage=percentage)}
    fee = here.request.shipping
    assert fee is not None
    here.ask(shipping=replace(fee, amount=Decimal(due)))
    assert here.placed().order.shipping == ShippingChoice("parcel", "de", "Parcel", Decimal(due))
    here.ask(shipping=replace(fee, amount=Decimal("4.90") - Decimal(due)))
    assert {reason for reason, _ in here.refused()} == {"shipping_amount_mismatch"}


def test_a_coupon_asks_for_the_value_of_the_goods_before_any_discount() -> None:
    here = world()
    here.cart.coupons = ["TEN", "BIG"]
    minimum = {"minOrderValue": {"amount": "20.00", "currency": "EUR"}}
    here.facts.coupons = {"TEN": coupon(discountPercentage="50"), "BIG": coupon("BIG", restrictions=minimum)}
    assert len(here.placed().redemptions) == 2
    here.facts.coupons["BIG"] = coupon("BIG", restrictions={"minOrderValue": {"amount": "20.01", "currency": "EUR"}})
    assert here.refused() == {("coupon_order_total_too_low", "BIG")}


def test_what_is_sold_by_the_hundred_is_taken_from_stock_by_the_piece() -> None:
    here = world()
    model = {"id": "basic", "includesTax": True, "measurementUnit": {"quantity": "100", "unitCode": "g"}}
    here.facts.models["basic"] = read(PriceModel, model)
    here.facts.products["tea"] = replace(product("tea"), prices=(price("tea"),))
    here.facts.stock["main", "tea"] = StockLevel(2000, True)
    here.facts.now = NOW
    decided = here.placed()
    assert decided.order.stock == (("tea", 2000),)
    assert decided.order.priced.price.gross == Decimal("0.20")
