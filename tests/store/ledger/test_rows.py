"""The columns of the queries about the ledger are those that they are read by."""

from tests.store.columns import Fits, misfits
from tillroll.store import Store
from tillroll.store.ledger.rows import Latest, LedgerRow, StrayCall, TallyRow

FITS: Fits = {
    "events_of_subject": ("position", "dialect", "kind", "visitor", "happened_at", "received_at", "document"),
    "events_of_kinds": LedgerRow,
    "arrived_events": LedgerRow,
    "events_of_kind": LedgerRow,
    "events_of_visitors": LedgerRow,
    "events_page": LedgerRow,
    "events_page_of_subject": LedgerRow,
    "events_page_of_visitor": LedgerRow,
    "events_of_request": LedgerRow,
    "first_accepted": ("call",),
    "last_position": ("position",),
    "latest_events": Latest,
    "received_from": ("received_at",),
    "events_page_down": LedgerRow,
    "events_page_down_of_subject": LedgerRow,
    "events_page_down_of_visitor": LedgerRow,
    "event_from": ("position", "received_at"),
    "newest_position_of_shop": ("position",),
    "shops_between": ("shop",),
    "stray_calls": StrayCall,
    "tallies": TallyRow,
    "event_writers": ("writer",),
}


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "ledger", FITS) == []
