"""Rows of the merchant's set-up: documents, what they hang under, what they are about, and the shop's version of all.

Documents are JSON texts, times are microseconds UTC.
"""

from collections.abc import Iterable, Sequence
from typing import TypedDict

from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.queries import keys


class Entry(Struct, frozen=True):
    """A stored document."""

    id: str
    version: int
    document: str
    created_at: int
    modified_at: int


class KeyedEntry(Struct, frozen=True):
    """A stored document with its alternate key."""

    alternate_key: str
    id: str
    version: int
    document: str
    created_at: int
    modified_at: int

    @property
    def entry(self) -> Entry:
        """The document itself."""
        return Entry(self.id, self.version, self.document, self.created_at, self.modified_at)


class CurrentDocument(Struct, frozen=True):
    """What a document is now."""

    id: str
    version: int
    document: str


class DocumentBelow(Struct, frozen=True):
    """A document, and what it hangs under."""

    parent: str
    id: str
    version: int
    document: str


class DocumentAbout(Struct, frozen=True):
    """A document, and what it is about."""

    subject: str
    id: str
    version: int
    document: str


class ShopHeadRow(Struct, frozen=True):
    """What of a shop's row is read first; `settings` is JSON text."""

    id: str
    catalogue_version: int
    currency: str
    settings: str


class DocumentKind(Struct, frozen=True):
    """Which documents of a shop: those of a kind; where `parent` is named, only those that hang under it."""

    shop: str
    kind: str
    parent: str | None = None


class Chunk(Struct, frozen=True):
    """Which part of them: so many from behind an id on, of those whose text holds `containing`."""

    after: str
    limit: int
    containing: str = ""


class DocumentWrite(TypedDict):
    """A document to be written, with the columns that it is found by."""

    shop: str
    kind: str
    id: str
    alternate_key: str | None
    parent: str
    subject: str | None
    document: str
    now: int


def document(tx: Transaction, shop: str, kind: str, id: str) -> Entry | None:
    """One document."""
    row = tx.row("catalogue_entry", shop=shop, kind=kind, id=id)
    return Entry(*row) if row is not None else None


def document_of_key(tx: Transaction, shop: str, kind: str, alternate_key: str) -> Entry | None:
    """One document by its alternate key."""
    row = tx.row("catalogue_entry_by_alternate_key", shop=shop, kind=kind, alternate_key=alternate_key)
    return Entry(*row) if row is not None else None


def documents_in_full(tx: Transaction, shop: str, kind: str, ids: Iterable[str]) -> list[Entry]:
    """Those of these documents that exist."""
    return [Entry(*row) for row in tx.rows("catalogue_entries_in_full", shop=shop, kind=kind, keys=keys(ids))]


def documents_of_keys(tx: Transaction, shop: str, kind: str, alternate_keys: Iterable[str]) -> list[KeyedEntry]:
    """The documents that have these alternate keys."""
    found = tx.rows("catalogue_entries_by_alternate_keys", shop=shop, kind=kind, keys=keys(alternate_keys))
    return [KeyedEntry(*row) for row in found]


def current_documents(tx: Transaction, shop: str, kind: str, ids: Iterable[str]) -> list[CurrentDocument]:
    """Those of these documents that exist, without their times."""
    return [CurrentDocument(*row) for row in tx.rows("catalogue_entries", shop=shop, kind=kind, keys=keys(ids))]


def documents_below(tx: Transaction, shop: str, kind: str, parents: Iterable[str]) -> list[DocumentBelow]:
    """The documents that hang under these, oldest first."""
    found = tx.rows("catalogue_entries_of_parents", shop=shop, kind=kind, keys=keys(parents))
    return [DocumentBelow(*row) for row in found]


def documents_about(tx: Transaction, shop: str, kind: str, subjects: Iterable[str]) -> list[DocumentAbout]:
    """The documents that are about these subjects, oldest first."""
    found = tx.rows("catalogue_entries_of_subjects", shop=shop, kind=kind, keys=keys(subjects))
    return [DocumentAbout(*row) for row in found]


def parent_of(tx: Transaction, shop: str, kind: str, id: str) -> str | None:
    """What a document hangs under: nothing, for a root; None where there is no document."""
    row = tx.row("catalogue_parent", shop=shop, kind=kind, id=id)
    return row[0] if row is not None else None


def is_used(tx: Transaction, shop: str, kind: str) -> bool:
    """Whether the shop has any document of a kind."""
    return tx.row("catalogue_kind_is_used", shop=shop, kind=kind) is not None


def document_chunk(tx: Transaction, kind: DocumentKind, chunk: Chunk) -> list[Entry]:
    """Documents in order of their ids."""
    where = {
        "shop": kind.shop,
        "kind": kind.kind,
        "after": chunk.after,
        "limit": chunk.limit,
        "containing": chunk.containing,
    }
    if kind.parent is None:
        return [Entry(*row) for row in tx.rows("catalogue_chunk", **where)]
    return [Entry(*row) for row in tx.rows("catalogue_chunk_of_parent", parent=kind.parent, **where)]


def document_page(tx: Transaction, kind: DocumentKind, *, limit: int, offset: int) -> list[Entry]:
    """Documents in order of their creation."""
    where = {"shop": kind.shop, "kind": kind.kind, "limit": limit, "offset": offset}
    if kind.parent is None:
        return [Entry(*row) for row in tx.rows("catalogue_page", **where)]
    return [Entry(*row) for row in tx.rows("catalogue_page_of_parent", parent=kind.parent, **where)]


def document_count(tx: Transaction, kind: DocumentKind) -> int:
    """How many documents there are."""
    if kind.parent is None:
        row = tx.row("catalogue_count", shop=kind.shop, kind=kind.kind)
    else:
        row = tx.row("catalogue_count_of_parent", shop=kind.shop, kind=kind.kind, parent=kind.parent)
    return int(row[0]) if row is not None else 0


def insert_document(tx: Transaction, new: DocumentWrite) -> None:
    """Write a document, in its first version."""
    tx.run("insert_catalogue_entry", **new)


def insert_documents(tx: Transaction, new: Sequence[DocumentWrite]) -> None:
    """Write many documents."""
    tx.run_many("insert_catalogue_entry", new)


def update_document(tx: Transaction, changed: DocumentWrite) -> None:
    """Replace a document; its version counts up."""
    tx.run("update_catalogue_entry", **changed)


def update_documents(tx: Transaction, changed: Sequence[DocumentWrite]) -> None:
    """Replace many documents."""
    tx.run_many("update_catalogue_entry", changed)


def delete_document(tx: Transaction, shop: str, kind: str, id: str) -> bool:
    """Delete a document; False where there is none."""
    return tx.run("delete_catalogue_entry", shop=shop, kind=kind, id=id) > 0


def delete_documents_below(tx: Transaction, shop: str, kind: str, parent: str) -> int:
    """Delete the documents that hang under another; how many there were."""
    return tx.run("delete_catalogue_entries_of_parent", shop=shop, kind=kind, parent=parent)


def delete_documents_about(tx: Transaction, shop: str, kind: str, subject: str) -> None:
    """Delete the documents that are about a subject."""
    tx.run("delete_catalogue_entries_of_subject", shop=shop, kind=kind, subject=subject)


def shop_rows(tx: Transaction, shops: Iterable[str]) -> list[ShopHeadRow]:
    """Those of these shops that exist."""
    return [ShopHeadRow(*row) for row in tx.rows("shop_heads", keys=keys(shops))]


def raise_version(tx: Transaction, shop: str) -> None:
    """Raise the shop's version of its set-up, whose row stays locked: whoever changes the set-up does this first."""
    tx.row("bump_catalogue_version", shop=shop)
