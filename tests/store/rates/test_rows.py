"""The columns of the queries about rates are those that they are read by."""

from tests.store.columns import Fits, misfits
from tillroll.store import Store
from tillroll.store.rates.rows import DatedRate, KeptRate, RateRow

FITS: Fits = {
    "exchange_rate": KeptRate,
    "exchange_rates_into": DatedRate,
    "exchange_rates_page": RateRow,
}


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert store is not None  # whose tables are asked for
    assert misfits(database_url, "rates", FITS) == []
