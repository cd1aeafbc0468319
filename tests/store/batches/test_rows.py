"""The columns of the queries about batches are those that they are read by."""

from tests.store.columns import Fits, misfits
from tillroll.store import Store
from tillroll.store.batches.rows import ReportedItem

FITS: Fits = {"reported_items": ReportedItem}


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "batches", FITS) == []
