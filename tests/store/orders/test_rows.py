"""The columns of the queries about orders are those that they are read by."""

from tests.store.columns import Fits, misfits
from tillroll.store import Store
from tillroll.store.orders.rows import RefusedCheckouts, StoredOrder, StoredTransition

FITS: Fits = {
    "checkout_order_of_cart": ("id",),
    "lock_sales_orders": StoredOrder,
    "order_transitions": StoredTransition,
    "refused_checkouts": RefusedCheckouts,
    "sales_order": StoredOrder,
    "sales_order_awaits": ("awaits_payment",),
    "sales_order_count": ("count",),
    "sales_order_count_of_customer": ("count",),
    "sales_order_count_of_legal_entity": ("count",),
    "sales_order_count_of_session": ("count",),
    "sales_order_ids": ("id",),
    "sales_orders": StoredOrder,
    "sales_orders_of_customer": StoredOrder,
    "sales_orders_of_legal_entity": StoredOrder,
    "sales_orders_of_session": StoredOrder,
    "sequence_next": ("next",),
    "take_numbers": ("next",),
}


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "orders", FITS) == []
