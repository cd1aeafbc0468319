"""The columns of the queries about quotes are those that they are read by."""

from tests.store.columns import Fits, misfits
from tillroll.store import Store
from tillroll.store.quotes.rows import QuoteChangeRow, QuoteRow

FITS: Fits = {
    "expiring_quotes": ("shop", "id"),
    "lock_quotes": QuoteRow,
    "quote": QuoteRow,
    "quote_changes": QuoteChangeRow,
    "quote_count": ("count",),
    "quote_count_of_customer": ("count",),
    "quotes_page": QuoteRow,
    "quotes_page_of_customer": QuoteRow,
}


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "quotes", FITS) == []
