"""The columns of the queries about the merchant's documents are those that they are read by."""

from tests.store.columns import Fits, misfits
from tillroll.store import Store
from tillroll.store.documents.rows import CurrentDocument, DocumentAbout, DocumentBelow, Entry, KeyedEntry, ShopHeadRow

FITS: Fits = {
    "bump_catalogue_version": ("catalogue_version",),
    "catalogue_chunk": Entry,
    "catalogue_chunk_of_parent": Entry,
    "catalogue_count": ("count",),
    "catalogue_count_of_parent": ("count",),
    "catalogue_entries": CurrentDocument,
    "catalogue_entries_by_alternate_keys": KeyedEntry,
    "catalogue_entries_in_full": Entry,
    "catalogue_entries_of_parents": DocumentBelow,
    "catalogue_entries_of_subjects": DocumentAbout,
    "catalogue_entry": Entry,
    "catalogue_entry_by_alternate_key": Entry,
    "catalogue_kind_is_used": ("used",),
    "catalogue_page": Entry,
    "catalogue_page_of_parent": Entry,
    "catalogue_parent": ("parent",),
    "shop_heads": ShopHeadRow,
}


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "documents", FITS) == []
