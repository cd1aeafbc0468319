"""The columns of the queries about search sessions are those that they are read by."""

from tests.store.columns import Fits, misfits
from tillroll.store import Store
from tillroll.store.search.carts import EmptiedLine, SearchCartKey
from tillroll.store.search.reports import GroupCount, QuarterCount, SaidRow, SearchTotals

FITS: Fits = {
    "count_search_checkout": ("calls",),
    "empty_search_cart": EmptiedLine,
    "first_event_of_search_session": ("happened_at",),
    "idle_search_carts": SearchCartKey,
    "last_event_of_search_session": ("received_at",),
    "lock_search_sessions": ("places",),
    "search_counts": QuarterCount,
    "search_documents": SaidRow,
    "search_queries": GroupCount,
    "search_subjects": GroupCount,
    "search_totals": SearchTotals,
}


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "search", FITS) == []
