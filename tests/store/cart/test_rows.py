"""The columns of the queries about carts are those that they are read by."""

from tests.store.columns import Fits, misfits
from tillroll.store import Store
from tillroll.store.cart.rows import CartRow

FITS: Fits = {
    "carts": CartRow,
    "carts_of_owner": CartRow,
    "carts_page": CartRow,
    "idle_carts": ("shop", "id"),
    "lock_carts": CartRow,
    "open_cart": ("id",),
    "open_carts_of_owners": ("id",),
}


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "cart", FITS) == []
