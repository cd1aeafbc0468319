"""The columns of the queries about sales are those that they are read by, and a list of sales has its order."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from tests.store.columns import Fits, misfits
from tests.store.ground import NOW, SHOP, add_shop
from tillroll.store import Store
from tillroll.store.sales import rows
from tillroll.store.sales.carts import (
    CartCurrency,
    CartDay,
    CartOutcomes,
    CartProduct,
    EndedCart,
    FreshCarts,
    LeftCart,
    OpenCart,
)
from tillroll.store.sales.experiments import AssignedRow, ExperimentRow
from tillroll.store.sales.rows import (
    CurrencyRow,
    Follower,
    KeptSale,
    KeyedDocument,
    ModelRow,
    RevenueRow,
    SalePage,
    SaleRow,
    ShopFollower,
    Sum,
)
from tillroll.store.sales.searches import SearchDay, SearchName

FITS: Fits = {
    "abandoned_carts": ("document",),
    "carts_left": LeftCart,
    "cart_currencies": CartCurrency,
    "cart_days": CartDay,
    "ended_carts": EndedCart,
    "cart_outcomes": CartOutcomes,
    "cart_products": CartProduct,
    "counted_sales": KeptSale,
    "currencies_of_figures": ("currency",),
    "currencies_of_revenue": CurrencyRow,
    "decisions_of_reports": ("decision",),
    "experiment_assignments": AssignedRow,
    "followed_carts": OpenCart,
    "fresh_carts": FreshCarts,
    "identity_links": KeyedDocument,
    "known_experiments": ExperimentRow,
    "links_of_nodes": ("link",),
    "past_sales": KeptSale,
    "refunds_of_keys": ("position", "document"),
    "refunds_of_reports": ("position", "document"),
    "revenue_of_days": RevenueRow,
    "revenue_of_models": ModelRow,
    "sale_decisions": KeyedDocument,
    "sale_of_report": ("sale",),
    "sale_positions_of_nodes": ("position",),
    "sale_reports": ("document",),
    "sale_reports_of_calls": ("document",),
    "sale_reports_of_keys": ("document",),
    "sale_reports_of_sales": ("document",),
    "sales": KeptSale,
    "sales_followers": ShopFollower,
    "sales_begun_anew": ("shop",),
    "sales_followers_of": ShopFollower,
    "sales_of_reports": ("sale",),
    "sales_page": SaleRow,
    "sales_policy": ("document",),
    "search_days": SearchDay,
    "search_names": SearchName,
    "sums_of_revenue": Sum,
    "take_sales_follower": Follower,
    "sales_position": ("position",),
    "visits_by_day": ("day", "visits"),
    "visits_of_days": ("visits",),
}

# By age, and of one age by id: neither is the order in which they are written.
AGED = [("s2", 2), ("s9", 1), ("s10", 2), ("s3", 0), ("s5", 3)]
LATEST_FIRST = ["s5", "s2", "s10", "s9", "s3"]
SPECIAL: dict[str, dict[str, Any]] = {
    "s2": {"currency": "PLN", "sources": "\ncampaign:a_b\nchat\n"},
    "s9": {"state": "refused", "order_key": "42", "conflicts": 1},
    "s10": {"sources": "\ncampaign:axb\n", "candidates": 1},
    "s3": {"sources": "\nchatter\n"},
}
NARROWED: list[tuple[dict[str, Any], list[str]]] = [
    ({}, LATEST_FIRST),
    ({"since": NOW + 1}, ["s5", "s2", "s10", "s9"]),
    ({"until": NOW + 1}, ["s9", "s3"]),
    ({"currency": "PLN"}, ["s2"]),
    ({"state": "refused"}, ["s9"]),
    ({"source": rows.pattern_of("chat")}, ["s5", "s2", "s9"]),
    ({"source": rows.pattern_of("campaign:a_b")}, ["s2"]),
    ({"source": rows.pattern_of("%")}, []),
    ({"source": rows.pattern_of("\\")}, []),
    ({"wanted": "42"}, ["s9"]),
    ({"wanted": "s3"}, ["s3"]),
    ({"conflicting": 1}, ["s10", "s9"]),
    ({"at": NOW + 2, "id": "s2"}, ["s10", "s9", "s3"]),
]


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "sales", FITS) == []


@pytest.fixture
def sold(store: Store) -> Store:
    """A shop with some sales, and another one with the same."""
    written = [_sale(id, NOW + age) for id, age in AGED]
    store.write_now(lambda tx: add_shop(tx, "other"))
    for shop in ("other", SHOP):
        store.write_now(partial(rows.store_sales, shop=shop, rows=written, gone=[]))
    return store


@pytest.mark.parametrize(("narrowed", "expected"), NARROWED, ids=str)
def test_a_page_of_sales_shows_what_was_asked_for_the_latest_first(
    sold: Store, narrowed: dict[str, Any], expected: list[str]
) -> None:
    asked = SalePage(shop=SHOP, limit=10, **narrowed)
    assert [row.id for row in pages(sold, asked)] == expected
    for size in (1, 2, 3):
        assert [row.id for row in pages(sold, replace(asked, limit=size))] == expected


def test_a_sale_comes_back_as_it_was_stored(sold: Store) -> None:
    found = {row.id: row for row in pages(sold, SalePage(shop=SHOP, limit=10))}
    assert found == {id: _sale(id, NOW + age) for id, age in AGED}


def pages(store: Store, asked: SalePage) -> Sequence[SaleRow]:
    """All rows of a list, page by page."""
    found: list[SaleRow] = []
    while True:
        page = store.read_now(partial(rows.page, wanted=asked))
        assert len(page) <= asked.limit
        if not page:
            return found
        found += page
        asked = replace(asked, at=page[-1].placed_at, id=page[-1].id)


def _sale(id: str, placed_at: int) -> SaleRow:
    plain: dict[str, Any] = {"number": id, "order_key": f"key {id}", "currency": "EUR", "total_minor": 3083}
    plain |= {"refunded_minor": 0, "reports": 1, "conflicts": 0, "candidates": 0, "state": "counted"}
    plain |= {"sources": "\nchat\n", "document": "{}", "entries": "[]"}
    return SaleRow(id=id, since=1, placed_at=placed_at, **plain | SPECIAL.get(id, {}))
