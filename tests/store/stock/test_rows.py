"""The columns of the queries about stock are those that they are read by."""

from tests.store.columns import Fits, misfits
from tillroll.store import Store
from tillroll.store.stock.rows import LockedStock, StockRow

FITS: Fits = {
    "availabilities": StockRow,
    "availabilities_of_site": StockRow,
    "availability": ("on_hand", "sellable", "version", "document"),
    "availability_count": ("count",),
    "lock_availabilities": LockedStock,
    "stock_movements_of_cause": ("site", "product_id", "quantity"),
    "stock_movements_of_subject": ("site", "product_id", "quantity"),
}


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "stock", FITS) == []
