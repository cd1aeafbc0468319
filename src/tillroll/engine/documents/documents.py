"""The merchant's set-up: versioned documents.

Every write raises the shop's catalogue version in its own transaction, under that row's lock;
`engine.documents.snapshot` is the cache that heeds it.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from tillroll.domain.catalogue.categories import Category, CategoryAssignment
from tillroll.domain.catalogue.products import Product
from tillroll.domain.customers import company
from tillroll.domain.customers.segments import Segment, SegmentMember
from tillroll.domain.delivery import delivery
from tillroll.domain.orders.number_format import SequenceSchema
from tillroll.domain.payments.payment import PaymentMode
from tillroll.domain.prices.currencies import CurrencyDocument, ExchangeRate
from tillroll.domain.prices.prices import ListPrice, Price, PriceList, PriceModel
from tillroll.domain.prices.taxes import TaxTable
from tillroll.domain.shipping.zones import GroupRelation, ShippingGroup, ShippingMethod, Zone
from tillroll.domain.site.sites import Site
from tillroll.store import Transaction
from tillroll.store.documents import rows as stored
from tillroll.store.documents.rows import Chunk, DocumentKind, DocumentWrite, Entry

# How many documents a scan holds at a time: some 2 MiB.
SCANNED_ENTRIES = 1_000

Document = TypeVar("Document")


class Kind(StrEnum):
    """The kinds of set-up documents. Ids of kinds that live below another are joined with a slash."""

    SITE = "site"
    TAX = "tax"
    PRODUCT = "product"
    PRICE_MODEL = "price_model"
    PRICE = "price"  # parent: the product's id
    ZONE = "zone"  # id: site/zone, parent: site
    METHOD = "method"  # id: site/zone/method, parent: site/zone
    DELIVERY_TIME = "delivery_time"  # parent: site
    SHIPPING_GROUP = "shipping_group"  # id: site/group, parent: site
    GROUP_RELATION = "group_relation"  # id: site/customer, parent: site
    SCHEMA = "schema"
    CONFIGURATION = "configuration"
    PRICE_LIST = "price_list"
    LIST_PRICE = "list_price"  # id: list/price, parent: list, subject: the product's id
    CURRENCY = "currency"
    EXCHANGE_RATE = "exchange_rate"  # id: source_target, subject: target
    SEQUENCE = "sequence"  # alternate key: the schema's type, of the one that is active
    LEGAL_ENTITY = "legal_entity"
    LOCATION = "location"
    CONTACT_ASSIGNMENT = "contact_assignment"  # parent: the customer's number
    CATEGORY = "category"  # parent: the category above
    CATEGORY_ASSIGNMENT = "category_assignment"  # id: category/product, parent: category, subject: product
    SEGMENT = "segment"
    SEGMENT_MEMBER = "segment_member"  # id: segment/customer, parent: segment, subject: customer
    QUOTE_REASON = "quote_reason"
    PAYMENT_MODE = "payment_mode"  # alternate key: its code


class SchemaDocument(Struct, rename="camel", frozen=True):
    """A JSON Schema of the shop's own registry."""

    id: str
    types: tuple[str, ...] = ()
    definition: Any = None


class QuoteReasonDocument(Struct, frozen=True):
    """Why a quote is declined or sent back."""

    id: str
    type: str
    code: str


class ConfigurationDocument(Struct, frozen=True):
    """One configuration value of a shop."""

    key: str
    value: Any = None


_STRUCTS: dict[Kind, Any] = {
    Kind.SITE: Site,
    Kind.TAX: TaxTable,
    Kind.PRODUCT: Product,
    Kind.PRICE_MODEL: PriceModel,
    Kind.PRICE: Price,
    Kind.ZONE: Zone,
    Kind.METHOD: ShippingMethod,
    Kind.DELIVERY_TIME: delivery.DeliveryTime,
    Kind.SHIPPING_GROUP: ShippingGroup,
    Kind.GROUP_RELATION: GroupRelation,
    Kind.SCHEMA: SchemaDocument,
    Kind.CONFIGURATION: ConfigurationDocument,
    Kind.PRICE_LIST: PriceList,
    Kind.LIST_PRICE: ListPrice,
    Kind.CURRENCY: CurrencyDocument,
    Kind.EXCHANGE_RATE: ExchangeRate,
    Kind.SEQUENCE: SequenceSchema,
    Kind.LEGAL_ENTITY: company.LegalEntity,
    Kind.LOCATION: company.Location,
    Kind.CONTACT_ASSIGNMENT: company.ContactAssignment,
    Kind.CATEGORY: Category,
    Kind.CATEGORY_ASSIGNMENT: CategoryAssignment,
    Kind.SEGMENT: Segment,
    Kind.SEGMENT_MEMBER: SegmentMember,
    Kind.QUOTE_REASON: QuoteReasonDocument,
    Kind.PAYMENT_MODE: PaymentMode,
}
DECODERS = {kind: msgspec.json.Decoder(struct, float_hook=Decimal) for kind, struct in _STRUCTS.items()}


class WriteOutcome(StrEnum):
    """What became of a write; TAKEN says that another document has the alternate key."""

    DONE = "done"
    CREATED = "created"
    EXISTS = "exists"
    TAKEN = "taken"
    MISSING = "missing"
    STALE = "stale"


def find(tx: Transaction, shop: str, kind: Kind, id: str) -> Entry | None:
    """One document by id."""
    return stored.document(tx, shop, kind, id)


def find_by_alternate_key(tx: Transaction, shop: str, kind: Kind, alternate_key: str) -> Entry | None:
    """One document by its other unique key (a product's code)."""
    return stored.document_of_key(tx, shop, kind, alternate_key)


def find_many(tx: Transaction, shop: str, kind: Kind, ids: Iterable[str]) -> dict[str, Entry]:
    """Those of these documents that exist, by id."""
    return {entry.id: entry for entry in stored.documents_in_full(tx, shop, kind, ids)}


def find_by_alternate_keys(tx: Transaction, shop: str, kind: Kind, alternate_keys: Iterable[str]) -> dict[str, Entry]:
    """The documents with these alternate keys, by alternate key."""
    return {key.alternate_key: key.entry for key in stored.documents_of_keys(tx, shop, kind, alternate_keys)}


def scan(  # noqa: PLR0913  which documents, and two ways to look at fewer of them, which go by name
    tx: Transaction, shop: str, kind: Kind, *, parent: str | None = None, containing: str = ""
) -> Iterator[Entry]:
    """Every document of a kind in order of id, fetched in chunks so that a large shop does not fill the memory.

    Where `parent` is named, only those below it; where `containing` is given, only those whose JSON text holds it: the
    database finds that out much sooner than anybody who has to decode them.
    """
    wanted, after = DocumentKind(shop, kind, parent), ""
    while True:
        entries = stored.document_chunk(tx, wanted, Chunk(after, SCANNED_ENTRIES, containing))
        yield from entries
        if len(entries) < SCANNED_ENTRIES:
            return
        after = entries[-1].id


def page(  # noqa: PLR0913  which documents, and which of them: a struct for both would be made and taken apart at once
    tx: Transaction, shop: str, kind: Kind, *, limit: int, offset: int = 0, parent: str | None = None
) -> list[Entry]:
    """Documents in order of creation; only those below `parent` where one is named."""
    return stored.document_page(tx, DocumentKind(shop, kind, parent), limit=limit, offset=offset)


def count(tx: Transaction, shop: str, kind: Kind, *, parent: str | None = None) -> int:
    """How many documents of a kind the shop has; only those below `parent` where one is named."""
    return stored.document_count(tx, DocumentKind(shop, kind, parent))


def has_site(tx: Transaction, shop: str, code: str) -> bool:
    """Whether a site exists; a shop without any has the site `main` (see `View.site`)."""
    return find(tx, shop, Kind.SITE, code) is not None or (
        code in ("main", "default") and count(tx, shop, Kind.SITE) == 0
    )


class Write(Struct, frozen=True):
    """A document to be written: its JSON text and the columns that it is found by."""

    kind: Kind
    id: str
    document: str
    alternate_key: str | None = None
    parent: str = ""
    subject: str | None = None


def insert(tx: Transaction, shop: str, write: Write, now: int) -> WriteOutcome:
    """Store a new document; EXISTS where its id is taken, TAKEN where its alternate key is."""
    touch(tx, shop)
    if find(tx, shop, write.kind, write.id) is not None:
        return WriteOutcome.EXISTS
    if _key_is_taken(tx, shop, write):
        return WriteOutcome.TAKEN
    stored.insert_document(tx, _row(shop, write, now))
    return WriteOutcome.DONE


def replace(  # noqa: PLR0913  the four of `insert`, and the version that only some clients send
    tx: Transaction, shop: str, write: Write, now: int, *, expected_version: int | None = None
) -> WriteOutcome:
    """Replace a document; STALE where `expected_version` is given and is not the stored one, TAKEN as for `insert`."""
    touch(tx, shop)
    known = find(tx, shop, write.kind, write.id)
    if known is None:
        return WriteOutcome.MISSING
    if expected_version is not None and expected_version != known.version:
        return WriteOutcome.STALE
    if _key_is_taken(tx, shop, write):
        return WriteOutcome.TAKEN
    stored.update_document(tx, _row(shop, write, now))
    return WriteOutcome.DONE


class BulkWrite(Struct, frozen=True):
    """One write of many: whether it may replace what is there, and the version that it then expects."""

    write: Write
    replaces: bool = False
    expected_version: int | None = None


def write_many(tx: Transaction, shop: str, wanted: Sequence[BulkWrite], now: int) -> list[WriteOutcome]:
    """Write documents of one kind in order, each as `insert` or `replace` would: CREATED, DONE, or why it was not.

    What is there is looked up in two queries, however many documents there are. The caller has touched the shop.
    """
    if not wanted:
        return []
    kind = wanted[0].write.kind
    alternate_keys = {one.write.alternate_key for one in wanted if one.write.alternate_key is not None}
    holders = {key: entry.id for key, entry in find_by_alternate_keys(tx, shop, kind, alternate_keys).items()}
    versions = {id: entry.version for id, entry in find_many(tx, shop, kind, (one.write.id for one in wanted)).items()}
    changes: list[WriteOutcome] = []
    rows: list[tuple[WriteOutcome, DocumentWrite]] = []
    for one in wanted:
        change = _verdict(one, versions, holders)
        changes.append(change)
        if change not in (WriteOutcome.CREATED, WriteOutcome.DONE):
            continue
        write = one.write
        versions[write.id] = versions.get(write.id, 0) + 1
        for key in [key for key, holder in holders.items() if holder == write.id]:
            del holders[key]
        if write.alternate_key is not None:
            holders[write.alternate_key] = write.id
        rows.append((change, _row(shop, write, now)))
    for change, group in groupby(rows, key=itemgetter(0)):
        put = stored.insert_documents if change is WriteOutcome.CREATED else stored.update_documents
        put(tx, [row for _, row in group])
    return changes


def _verdict(one: BulkWrite, versions: dict[str, int], holders: dict[str, str]) -> WriteOutcome:
    write = one.write
    version = versions.get(write.id)
    if version is not None and not one.replaces:
        return WriteOutcome.EXISTS
    if version is not None and one.expected_version not in (None, version):
        return WriteOutcome.STALE
    if write.alternate_key is not None and holders.get(write.alternate_key, write.id) != write.id:
        return WriteOutcome.TAKEN
    return WriteOutcome.CREATED if version is None else WriteOutcome.DONE


def remove(  # noqa: PLR0913  the four that name a document, and what few kinds have below them
    tx: Transaction, shop: str, kind: Kind, id: str, *, below: Kind | None = None
) -> WriteOutcome:
    """Delete a document, and with it the documents of kind `below` that hang under it."""
    touch(tx, shop)
    if below is not None:
        stored.delete_documents_below(tx, shop, below, id)
    return WriteOutcome.DONE if stored.delete_document(tx, shop, kind, id) else WriteOutcome.MISSING


def remove_below(tx: Transaction, shop: str, kind: Kind, parent: str) -> None:
    """Delete every document of a kind that hangs under a parent."""
    touch(tx, shop)
    stored.delete_documents_below(tx, shop, kind, parent)


def remove_about(tx: Transaction, shop: str, kind: Kind, subject: str) -> None:
    """Delete every document of a kind that is about a subject."""
    touch(tx, shop)
    stored.delete_documents_about(tx, shop, kind, subject)


def ids_about(tx: Transaction, shop: str, kind: Kind, subjects: Iterable[str]) -> dict[str, list[str]]:
    """The ids of the documents of a kind that are about these subjects, by subject, oldest first."""
    found: dict[str, list[str]] = {subject: [] for subject in subjects}
    for one in stored.documents_about(tx, shop, kind, found):
        found[one.subject].append(one.id)
    return found


def ids_below(tx: Transaction, shop: str, kind: Kind, parents: Iterable[str]) -> list[str]:
    """The ids of the documents of a kind that hang under any of these parents."""
    return [one.id for one in stored.documents_below(tx, shop, kind, parents)]


def parent_of(tx: Transaction, shop: str, kind: Kind, id: str) -> str:
    """What a document hangs under; nothing where it is a root, or not there."""
    return stored.parent_of(tx, shop, kind, id) or ""


def touch(tx: Transaction, shop: str) -> None:
    """Raise the shop's catalogue version; its row lock orders the writers of one shop."""
    stored.raise_version(tx, shop)
    tx.changed.add(shop)


def _key_is_taken(tx: Transaction, shop: str, write: Write) -> bool:
    if write.alternate_key is None:
        return False
    holder = find_by_alternate_key(tx, shop, write.kind, write.alternate_key)
    return holder is not None and holder.id != write.id


def _row(shop: str, write: Write, now: int) -> DocumentWrite:
    return {
        "shop": shop,
        "kind": write.kind,
        "id": write.id,
        "alternate_key": write.alternate_key,
        "parent": write.parent,
        "subject": write.subject,
        "document": write.document,
        "now": now,
    }
