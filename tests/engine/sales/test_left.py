"""Carts that were left alone for a day are told of, once for each time that they were left."""

import json
from typing import Any

import pytest

from tests.store.ground import NOW, SHOP, lay_ground, opened
from tillroll.domain.outbox.messages import CART_ABANDONED
from tillroll.engine.outbox import endpoints
from tillroll.engine.sales.told import tell_left
from tillroll.store import Store, Transaction
from tillroll.store.outbox.rows import LaneKey, NewWebhook, next_delivery
from tillroll.store.sales import carts
from tillroll.store.sales.carts import FollowedCart

DAY = 86_400_000_000
HOOK = "we_1"
NODE = "emporix:v"


def put(tx: Transaction, changed_at: int, node: str = NODE, **more: Any) -> None:
    """A cart with two mugs in it, and a pot that was taken out again."""
    lines = {"1": ["mug", 2000, changed_at, "11.90", "EUR"], "2": ["pot", 0, changed_at, "1", "EUR"]}
    cart = {"closed": 0, "bought_at": 0, "worth_minor": 2380} | more
    row = FollowedCart(
        node=node,
        dialect="emporix",
        currency="EUR",
        opened_day=1,
        changed_at=changed_at,
        document=json.dumps({"lines": lines, "opened_at": 1}),
        **cart,
    )
    carts.store(tx, SHOP, [row])


def told(store: Store) -> list[tuple[str, str]]:
    """The subjects of what is told, and what has become of it, in the order in which it was written."""
    page = store.read_now(lambda tx: endpoints.deliveries(tx, SHOP, HOOK, ("", 2**62, 10)))
    return [(row.subject, row.type) for row in reversed(page)]


def tell(store: Store, now: int) -> int:
    """A look at what was left."""
    return store.write_now(lambda tx: tell_left(tx, now, 10))


def ask(tx: Transaction, *types: str) -> None:
    """An endpoint that asks for these types since now."""
    assert endpoints.create(tx, NewWebhook(SHOP, HOOK, "https://a.example/", " ".join(types), "", NOW), "whsec_AAAA")


def test_a_cart_is_told_of_once_for_each_time_that_it_was_left(database_url: str) -> None:
    with opened(database_url) as store:
        lay_ground(store)
        store.write_now(lambda tx: ask(tx, CART_ABANDONED))
        store.write_now(lambda tx: put(tx, NOW))
        store.write_now(lambda tx: put(tx, NOW - DAY - 1, "emporix:old"))  # abandoned before anybody asked
        store.write_now(lambda tx: put(tx, NOW, "emporix:empty", worth_minor=0))
        store.write_now(lambda tx: put(tx, NOW, "emporix:bought", closed=7, bought_at=NOW))
        assert tell(store, NOW + DAY) == 0
        assert tell(store, NOW + DAY + 1) == 1
        assert tell(store, NOW + DAY + 1) == 0
        assert told(store) == [(f"cart:{NODE}", CART_ABANDONED)]
        waiting = store.read_now(lambda tx: next_delivery(tx, LaneKey(SHOP, HOOK, f"cart:{NODE}")))
        assert waiting is not None
        said = json.loads(waiting.document)["data"]
        assert (said["worth_minor"], said["lines"]) == (2380, [{"product": "mug", "quantity": 2}])
        store.write_now(lambda tx: put(tx, NOW + DAY))
        assert tell(store, NOW + 2 * DAY + 1) == 1
        assert told(store) == [(f"cart:{NODE}", CART_ABANDONED)] * 2


@pytest.mark.parametrize("types", [("order.created",), ("order.created", "stock.out")], ids=" ".join)
def test_nobody_who_has_not_asked_is_told(database_url: str, types: tuple[str, ...]) -> None:
    with opened(database_url) as store:
        lay_ground(store)
        store.write_now(lambda tx: ask(tx, *types))
        store.write_now(lambda tx: put(tx, NOW))
        assert tell(store, NOW + 2 * DAY) == 0
        assert told(store) == []
