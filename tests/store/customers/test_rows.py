"""The columns of the queries about customers are those that they are read by."""

from tests.store.columns import Fits, misfits
from tillroll.store import Store
from tillroll.store.customers.logins import FailureCount
from tillroll.store.customers.rows import CustomerRow, PasswordReset

FITS: Fits = {
    "count_login_failure": ("failures",),
    "customer": CustomerRow,
    "customer_by_email": CustomerRow,
    "customer_count": ("count",),
    "customers": CustomerRow,
    "customers_by_contact": CustomerRow,
    "customers_page": CustomerRow,
    "lock_customers": CustomerRow,
    "lock_login_failures": FailureCount,
    "login_failures": FailureCount,
    "password_reset": PasswordReset,
    "token_secret": ("secret",),
    "take_customer_number": ("next",),
}


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "customers", FITS) == []
