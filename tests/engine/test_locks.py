"""Locks are taken in one order, and what is locked is what there is."""

from collections.abc import Iterator

import pytest

from tests.store.ground import NOW, SHOP, lay_ground, opened
from tillroll.engine.locks import Locks, Plan
from tillroll.store import Store, Transaction
from tillroll.store.coupons.rows import insert_coupon
from tillroll.store.delivery.rows import NewCounter, booked
from tillroll.store.stock.rows import StockWrite, insert_stock

STEPS = [
    Plan(quotes=["q"]),
    Plan(carts=["c"]),
    Plan(orders=["o"]),
    Plan(coupons=["TEN"]),
    Plan(stock=[("main", "mug")]),
    Plan(windows={"w": None}),
]


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store with a coupon, and mugs on two sites."""

    def fill(tx: Transaction) -> None:
        insert_coupon(tx, {"shop": SHOP, "code": "TEN", "redemptions_max": 2, "document": "{}", "now": NOW})
        for site, on_hand in (("main", 3000), ("outlet", 5000)):
            write = StockWrite(
                shop=SHOP, site=site, product_id="mug", on_hand=on_hand, sellable=1, document="{}", now=NOW
            )
            insert_stock(tx, write)

    with opened(database_url) as store:
        lay_ground(store)
        store.write_now(fill)
        yield store


def test_a_plan_finds_what_there_is(store: Store) -> None:
    places = [("outlet", "mug"), ("main", "mug"), ("main", "cup")]
    plan = Plan(quotes=["q"], carts=["c"], orders=["o"], coupons=["TEN", "NONE"], stock=places)
    held = store.write_now(lambda tx: Locks(tx, SHOP).take(plan))
    assert (held.quotes, held.carts, held.orders, held.windows) == ([], [], {}, {})
    assert {code: coupon.redemptions_max for code, coupon in held.coupons.items()} == {"TEN": 2}
    assert {place: record.on_hand for place, record in held.stock.items()} == {
        ("main", "mug"): 3000,
        ("outlet", "mug"): 5000,
    }


def test_a_window_without_a_counter_gets_one(store: Store) -> None:
    counter = NewCounter(shop=SHOP, id="w", capacity=2, now=NOW)
    for _ in range(2):
        held = store.write_now(lambda tx: Locks(tx, SHOP).take(Plan(windows={"w": counter})))
        assert held.windows == {"w": 0}
    assert store.write_now(lambda tx: booked(tx, SHOP, ["w", "v"])) == {"w": 0}


def test_a_window_that_is_booked_is_only_locked(store: Store) -> None:
    assert store.write_now(lambda tx: Locks(tx, SHOP).take(Plan(windows={"w": None}))).windows == {}
    assert store.write_now(lambda tx: booked(tx, SHOP, ["w"])) == {}


def test_a_plan_is_taken_in_steps(store: Store) -> None:
    def take_all(tx: Transaction) -> None:
        locks = Locks(tx, SHOP)
        for step in STEPS:
            locks.take(step)
            locks.take(Plan())

    store.write_now(take_all)


def test_a_step_back_is_a_fault(store: Store) -> None:
    def step_back(tx: Transaction) -> None:
        for first in range(len(STEPS)):
            for second in range(first + 1):
                locks = Locks(tx, SHOP)
                locks.take(STEPS[first])
                with pytest.raises(AssertionError, match="in the order of locks"):
                    locks.take(STEPS[second])

    store.write_now(step_back)


def test_the_kinds_are_in_the_order_of_the_house() -> None:
    assert Plan.__struct_fields__ == ("quotes", "carts", "orders", "coupons", "stock", "windows")
