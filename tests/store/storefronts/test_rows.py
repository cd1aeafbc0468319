"""The columns of the queries about storefronts are those that they are read by."""

from tests.store.columns import Fits, misfits
from tillroll.domain.storefronts.storefront import Interaction, ReportedLine
from tillroll.store import Store
from tillroll.store.storefronts.rows import ReportedOrderRow

FITS: Fits = {
    "interactions": ("visitor", *Interaction.__struct_fields__),
    "lock_visitors": ("held",),
    "reported_cart_lines": ("visitor", "product_id", *ReportedLine.__struct_fields__),
    "reported_orders": ReportedOrderRow,
    "stretches_of_interaction": Interaction,
    "uncredited_reports": ("visitor", "happened_at", "id", "document"),
}


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "storefronts", FITS) == []
