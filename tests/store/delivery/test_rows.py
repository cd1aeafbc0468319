"""The columns of the queries about delivery windows are those that they are read by."""

from tests.store.columns import Fits, misfits
from tillroll.store import Store

FITS: Fits = {
    "delivery_counters": ("id", "booked"),
    "lock_delivery_counters": ("id", "booked"),
}


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "delivery", FITS) == []
