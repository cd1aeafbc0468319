"""Orders by hand: what their changes touch is locked before the first of them is made."""

import psycopg
import pytest
from msgspec.structs import replace

from tests.dialects.emporix.published_orders import EON1001, STORE
from tests.store.ground import NOW, SHOP, lay_ground, opened
from tillroll.domain.delivery.delivery import Delivery
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.orders.corrections import Touched, lock_ahead
from tillroll.store import Transaction
from tillroll.store.delivery.rows import NewCounter, open_counters
from tillroll.store.orders.rows import OrderRow, insert_orders
from tillroll.store.queries import keys, queries

LOCK_TIMEOUT_MS = 500
WINDOW = "time/slot/2030-01-01"


@pytest.mark.parametrize("declined", [set[str](), {"EON1"}], ids=["changed", "declined"])
def test_the_window_of_an_order_that_is_declined_is_locked_ahead(postgres_url: str, declined: set[str]) -> None:
    def change_ahead(tx: Transaction) -> bool:
        lock_ahead(Desk(tx, Catalogue()), SHOP, Touched({"EON1"}, declined_ids=declined))
        return window_is_locked(postgres_url)

    with opened(postgres_url) as store:
        lay_ground(store)
        store.write_now(add_order)
        assert store.write_now(change_ahead) == bool(declined)


def add_order(tx: Transaction) -> None:
    """An order that has booked a place in a window."""
    delivery = Delivery(
        window_id=WINDOW,
        time_id="time",
        slot_id="slot",
        day="2030-01-01",
        date="2030-01-01T10:00:00Z",
        time_from="10:00",
        time_to="12:00",
        cycle="MORNING",
        zone_id="zone",
        method_id="van",
        capacity=2,
    )
    order = OrderRow(
        shop=SHOP,
        number=1,
        id="EON1",
        cart_id=None,
        quote_id=None,
        checkout=1,
        status="CREATED",
        customer_id=None,
        session_id="s",
        site="main",
        currency="EUR",
        total_minor=100,
        legal_entity_id=None,
        document=STORE.encode(replace(EON1001, delivery=delivery)).decode(),
        now=NOW,
    )
    insert_orders(tx, [order])
    open_counters(tx, [NewCounter(shop=SHOP, id=WINDOW, capacity=2, now=NOW)])


def window_is_locked(url: str) -> bool:
    """Whether another connection would have to wait for the window's counter."""
    with psycopg.connect(url) as other:
        other.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}".encode())
        try:
            other.execute(
                queries("postgres")["lock_delivery_counters"].encode(), {"shop": SHOP, "keys": keys([WINDOW])}
            )
        except psycopg.errors.LockNotAvailable:
            return True
        return False
