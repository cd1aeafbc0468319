"""The merchant's set-up: versioned documents, and a cache of them that is never wrong.

Every write raises the shop's catalogue version in its own transaction, under that row's lock. A reader compares the
version inside its transaction: while it is the one the cache was filled at, what is cached is what is stored.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from tillroll.domain import catalogue as documents
from tillroll.domain import company, delivery
from tillroll.domain.money import minor_exponent
from tillroll.domain.sequences import SequenceSchema
from tillroll.store import Transaction
from tillroll.store.queries import keys

# Per shop and process; some 2 KiB each. A shop with more products keeps its best sellers cached all the same.
CACHED_ENTRIES_MAX = 50_000

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
    Kind.SITE: documents.Site,
    Kind.TAX: documents.TaxTable,
    Kind.PRODUCT: documents.Product,
    Kind.PRICE_MODEL: documents.PriceModel,
    Kind.PRICE: documents.Price,
    Kind.ZONE: documents.Zone,
    Kind.METHOD: documents.ShippingMethod,
    Kind.DELIVERY_TIME: delivery.DeliveryTime,
    Kind.SHIPPING_GROUP: documents.ShippingGroup,
    Kind.GROUP_RELATION: documents.GroupRelation,
    Kind.SCHEMA: SchemaDocument,
    Kind.CONFIGURATION: ConfigurationDocument,
    Kind.PRICE_LIST: documents.PriceList,
    Kind.LIST_PRICE: documents.ListPrice,
    Kind.CURRENCY: documents.CurrencyDocument,
    Kind.EXCHANGE_RATE: documents.ExchangeRate,
    Kind.SEQUENCE: SequenceSchema,
    Kind.LEGAL_ENTITY: company.LegalEntity,
    Kind.LOCATION: company.Location,
    Kind.CONTACT_ASSIGNMENT: company.ContactAssignment,
    Kind.CATEGORY: documents.Category,
    Kind.CATEGORY_ASSIGNMENT: documents.CategoryAssignment,
    Kind.SEGMENT: documents.Segment,
    Kind.SEGMENT_MEMBER: documents.SegmentMember,
    Kind.QUOTE_REASON: QuoteReasonDocument,
}
_DECODERS = {kind: msgspec.json.Decoder(struct, float_hook=Decimal) for kind, struct in _STRUCTS.items()}


class Entry(Struct, frozen=True):
    """A stored document: `document` is its JSON text, times are microseconds UTC."""

    id: str
    version: int
    document: str
    created_at: int
    modified_at: int


class Change(StrEnum):
    """What became of a write; TAKEN says that another document has the alternate key."""

    DONE = "done"
    CREATED = "created"
    EXISTS = "exists"
    TAKEN = "taken"
    MISSING = "missing"
    STALE = "stale"


def find(tx: Transaction, shop: str, kind: Kind, id: str) -> Entry | None:
    """One document by id."""
    row = tx.row("catalogue_entry", shop=shop, kind=kind, id=id)
    return Entry(*row) if row is not None else None


def find_by_alternate_key(tx: Transaction, shop: str, kind: Kind, alternate_key: str) -> Entry | None:
    """One document by its other unique key (a product's code)."""
    row = tx.row("catalogue_entry_by_alternate_key", shop=shop, kind=kind, alternate_key=alternate_key)
    return Entry(*row) if row is not None else None


def find_many(tx: Transaction, shop: str, kind: Kind, ids: Iterable[str]) -> dict[str, Entry]:
    """Those of these documents that exist, by id."""
    rows = tx.rows("catalogue_entries_in_full", shop=shop, kind=kind, keys=keys(ids))
    return {row[0]: Entry(*row) for row in rows}


def find_by_alternate_keys(tx: Transaction, shop: str, kind: Kind, alternate_keys: Iterable[str]) -> dict[str, Entry]:
    """The documents with these alternate keys, by alternate key."""
    rows = tx.rows("catalogue_entries_by_alternate_keys", shop=shop, kind=kind, keys=keys(alternate_keys))
    return {alternate_key: Entry(*row) for alternate_key, *row in rows}


def scan(tx: Transaction, shop: str, kind: Kind) -> Iterator[Entry]:
    """Every document of a kind in order of id, fetched in chunks so that a large shop does not fill the memory."""
    after = ""
    while True:
        rows = tx.rows("catalogue_chunk", shop=shop, kind=kind, after=after, limit=SCANNED_ENTRIES)
        yield from (Entry(*row) for row in rows)
        if len(rows) < SCANNED_ENTRIES:
            return
        after = rows[-1][0]


def page(  # noqa: PLR0913  which documents, and which of them: a struct for both would be made and taken apart at once
    tx: Transaction, shop: str, kind: Kind, *, limit: int, offset: int = 0, parent: str | None = None
) -> list[Entry]:
    """Documents in order of creation; only those below `parent` where one is named."""
    if parent is None:
        rows = tx.rows("catalogue_page", shop=shop, kind=kind, limit=limit, offset=offset)
    else:
        rows = tx.rows("catalogue_page_of_parent", shop=shop, kind=kind, parent=parent, limit=limit, offset=offset)
    return [Entry(*row) for row in rows]


def count(tx: Transaction, shop: str, kind: Kind, *, parent: str | None = None) -> int:
    """How many documents of a kind the shop has; only those below `parent` where one is named."""
    if parent is None:
        row = tx.row("catalogue_count", shop=shop, kind=kind)
    else:
        row = tx.row("catalogue_count_of_parent", shop=shop, kind=kind, parent=parent)
    return int(row[0]) if row is not None else 0


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


def insert(tx: Transaction, shop: str, write: Write, now: int) -> Change:
    """Store a new document; EXISTS where its id is taken, TAKEN where its alternate key is."""
    touch(tx, shop)
    if find(tx, shop, write.kind, write.id) is not None:
        return Change.EXISTS
    if _key_is_taken(tx, shop, write):
        return Change.TAKEN
    tx.run("insert_catalogue_entry", shop=shop, now=now, **_columns(write))
    return Change.DONE


def replace(  # noqa: PLR0913  the four of `insert`, and the version that only some clients send
    tx: Transaction, shop: str, write: Write, now: int, *, expected_version: int | None = None
) -> Change:
    """Replace a document; STALE where `expected_version` is given and is not the stored one, TAKEN as for `insert`."""
    touch(tx, shop)
    known = find(tx, shop, write.kind, write.id)
    if known is None:
        return Change.MISSING
    if expected_version is not None and expected_version != known.version:
        return Change.STALE
    if _key_is_taken(tx, shop, write):
        return Change.TAKEN
    tx.run("update_catalogue_entry", shop=shop, now=now, **_columns(write))
    return Change.DONE


class BulkWrite(Struct, frozen=True):
    """One write of many: whether it may replace what is there, and the version that it then expects."""

    write: Write
    replaces: bool = False
    expected_version: int | None = None


def write_many(tx: Transaction, shop: str, wanted: Sequence[BulkWrite], now: int) -> list[Change]:
    """Write documents of one kind in order, each as `insert` or `replace` would: CREATED, DONE, or why it was not.

    What is there is looked up in two queries, however many documents there are. The caller has touched the shop.
    """
    if not wanted:
        return []
    kind = wanted[0].write.kind
    alternate_keys = {one.write.alternate_key for one in wanted if one.write.alternate_key is not None}
    holders = {key: entry.id for key, entry in find_by_alternate_keys(tx, shop, kind, alternate_keys).items()}
    versions = {id: entry.version for id, entry in find_many(tx, shop, kind, (one.write.id for one in wanted)).items()}
    changes, statements = [], []
    for one in wanted:
        change = _verdict(one, versions, holders)
        changes.append(change)
        if change not in (Change.CREATED, Change.DONE):
            continue
        write = one.write
        versions[write.id] = versions.get(write.id, 0) + 1
        for key in [key for key, holder in holders.items() if holder == write.id]:
            del holders[key]
        if write.alternate_key is not None:
            holders[write.alternate_key] = write.id
        query = "insert_catalogue_entry" if change is Change.CREATED else "update_catalogue_entry"
        statements.append((query, {"shop": shop, "now": now, **_columns(write)}))
    for query, group in groupby(statements, key=itemgetter(0)):
        tx.run_many(query, [parameters for _, parameters in group])
    return changes


def _verdict(one: BulkWrite, versions: dict[str, int], holders: dict[str, str]) -> Change:
    write = one.write
    version = versions.get(write.id)
    if version is not None and not one.replaces:
        return Change.EXISTS
    if version is not None and one.expected_version not in (None, version):
        return Change.STALE
    if write.alternate_key is not None and holders.get(write.alternate_key, write.id) != write.id:
        return Change.TAKEN
    return Change.CREATED if version is None else Change.DONE


def remove(  # noqa: PLR0913  the four that name a document, and what few kinds have below them
    tx: Transaction, shop: str, kind: Kind, id: str, *, below: Kind | None = None
) -> Change:
    """Delete a document, and with it the documents of kind `below` that hang under it."""
    touch(tx, shop)
    if below is not None:
        tx.run("delete_catalogue_entries_of_parent", shop=shop, kind=below, parent=id)
    return Change.DONE if tx.run("delete_catalogue_entry", shop=shop, kind=kind, id=id) else Change.MISSING


def remove_below(tx: Transaction, shop: str, kind: Kind, parent: str) -> None:
    """Delete every document of a kind that hangs under a parent."""
    touch(tx, shop)
    tx.run("delete_catalogue_entries_of_parent", shop=shop, kind=kind, parent=parent)


def remove_about(tx: Transaction, shop: str, kind: Kind, subject: str) -> None:
    """Delete every document of a kind that is about a subject."""
    touch(tx, shop)
    tx.run("delete_catalogue_entries_of_subject", shop=shop, kind=kind, subject=subject)


def ids_about(tx: Transaction, shop: str, kind: Kind, subjects: Iterable[str]) -> dict[str, list[str]]:
    """The ids of the documents of a kind that are about these subjects, by subject, oldest first."""
    found: dict[str, list[str]] = {subject: [] for subject in subjects}
    rows = tx.rows("catalogue_entries_of_subjects", shop=shop, kind=kind, keys=keys(found))
    for subject, id, _version, _document in rows:
        found[subject].append(id)
    return found


def ids_below(tx: Transaction, shop: str, kind: Kind, parents: Iterable[str]) -> list[str]:
    """The ids of the documents of a kind that hang under any of these parents."""
    rows = tx.rows("catalogue_entries_of_parents", shop=shop, kind=kind, keys=keys(parents))
    return [id for _parent, id, _version, _document in rows]


def parent_of(tx: Transaction, shop: str, kind: Kind, id: str) -> str:
    """What a document hangs under; nothing where it is a root, or not there."""
    row = tx.row("catalogue_parent", shop=shop, kind=kind, id=id)
    return str(row[0]) if row is not None else ""


def touch(tx: Transaction, shop: str) -> None:
    """Raise the shop's catalogue version; its row lock orders the writers of one shop."""
    tx.row("bump_catalogue_version", shop=shop)
    tx.changed.add(shop)


def _key_is_taken(tx: Transaction, shop: str, write: Write) -> bool:
    if write.alternate_key is None:
        return False
    holder = find_by_alternate_key(tx, shop, write.kind, write.alternate_key)
    return holder is not None and holder.id != write.id


def _columns(write: Write) -> dict[str, object]:
    return {
        "kind": write.kind,
        "id": write.id,
        "alternate_key": write.alternate_key,
        "parent": write.parent,
        "subject": write.subject,
        "document": write.document,
    }


class Loaded(Struct, frozen=True):
    """A cached document: the struct that the domain reads, and the JSON text as stored."""

    value: Any
    raw: Raw
    version: int


class ShopHead(Struct, frozen=True):
    """The row that every use case of a shop reads first."""

    shop: str
    catalogue_version: int
    currency: str


def _chosen(value: Any) -> str:
    """The entry that is marked as default in a list of `{id, default}`, which may come as a text; else the first.

    The vendor's own configuration holds its languages and currencies like this; a bare code stands for itself.
    """
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return ""
    if isinstance(value, str):
        return value
    entries = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    chosen = next((one for one in entries if one.get("default") is True), entries[0] if entries else {})
    id = chosen.get("id")
    return id if isinstance(id, str) else ""


class _ShopCache:
    __slots__ = ("below", "entries", "prices", "subjects", "used", "version")

    def __init__(self, version: int) -> None:
        self.version = version
        self.entries: dict[tuple[Kind, str], Loaded | None] = {}
        self.prices: dict[str, tuple[documents.Price, ...]] = {}
        self.below: dict[tuple[Kind, str], tuple[Loaded, ...]] = {}
        self.subjects: dict[tuple[Kind, str], tuple[tuple[str, Any], ...]] = {}
        self.used: dict[Kind, bool] = {}

    @property
    def size(self) -> int:
        return len(self.entries) + len(self.subjects)


class Catalogue:
    """The cache of one process; `view` gives the part that is valid inside one transaction."""

    def __init__(self) -> None:
        self._shops: dict[str, _ShopCache] = {}

    def views(self, tx: Transaction, shops: Iterable[str]) -> "dict[str, View]":
        """A view for each of these shops that exists, after one query."""
        found = {}
        for id, version, currency, _settings in tx.rows("shop_heads", keys=keys(shops)):
            # What this very transaction changed may yet be rolled back: it is read, but never remembered.
            cache = _ShopCache(version) if id in tx.changed else self._cache_at(id, version)
            found[id] = View(tx, ShopHead(id, version, currency), cache)
        return found

    def view(self, tx: Transaction, shop: str) -> "View":
        """The view of one existing shop."""
        return self.views(tx, [shop])[shop]

    def _cache_at(self, shop: str, version: int) -> _ShopCache:
        cache = self._shops.get(shop)
        if (
            cache is not None
            and cache.version == version
            and len(cache.entries) + len(cache.subjects) <= CACHED_ENTRIES_MAX
        ):
            return cache
        fresh = _ShopCache(version)
        if cache is None or cache.version <= version:
            self._shops[shop] = fresh
        return fresh  # where an older snapshot asks, a cache of its own


class View:
    """The documents of one shop inside one transaction, loaded in bulk and remembered for the next one."""

    def __init__(self, tx: Transaction, head: ShopHead, cache: _ShopCache) -> None:
        self._tx = tx
        self._cache = cache
        self.head = head

    @property
    def tx(self) -> Transaction:
        """The transaction that the view is of."""
        return self._tx

    def load(self, kind: Kind, ids: Iterable[str]) -> None:
        """Fetch those of these documents that are not cached yet, in one query."""
        entries = self._cache.entries
        missing = {id for id in ids if (kind, id) not in entries}
        if not missing:
            return
        decode = _DECODERS[kind].decode
        found: dict[tuple[Kind, str], Loaded | None] = {(kind, id): None for id in missing}
        for id, version, text in self._tx.rows("catalogue_entries", shop=self.head.shop, kind=kind, keys=keys(missing)):
            found[kind, id] = Loaded(decode(text), Raw(text.encode()), version)
        entries.update(found)

    def load_prices(self, product_ids: Iterable[str]) -> None:
        """Fetch the prices of these products and the models of those prices."""
        prices = self._cache.prices
        missing = {id for id in product_ids if id not in prices}
        if not missing:
            return
        found: dict[str, list[documents.Price]] = {id: [] for id in missing}
        decode = _DECODERS[Kind.PRICE].decode
        for parent, _id, _version, text in self._tx.rows(
            "catalogue_entries_of_parents", shop=self.head.shop, kind=Kind.PRICE, keys=keys(missing)
        ):
            found[parent].append(decode(text))
        self.load(Kind.PRICE_MODEL, {price.price_model_id for group in found.values() for price in group})
        for id, group in found.items():
            prices[id] = tuple(group)

    def below(self, kind: Kind, parent: str) -> tuple[Loaded, ...]:
        """Every document of a kind that hangs under a parent, oldest first."""
        known = self._cache.below.get((kind, parent))
        if known is not None:
            return known
        decode = _DECODERS[kind].decode
        rows = self._tx.rows("catalogue_entries_of_parents", shop=self.head.shop, kind=kind, keys=keys([parent]))
        found = tuple(Loaded(decode(text), Raw(text.encode()), version) for _parent, _id, version, text in rows)
        self._cache.below[kind, parent] = found
        return found

    def uses(self, kind: Kind) -> bool:
        """Whether the shop has any document of a kind: shops without price lists pay nothing for them."""
        known = self._cache.used.get(kind)
        if known is None:
            row = self._tx.row("catalogue_kind_is_used", shop=self.head.shop, kind=kind)
            known = self._cache.used[kind] = row is not None
        return known

    def load_about(self, kind: Kind, subjects: Iterable[str]) -> None:
        """Fetch the documents of a kind that are about these subjects, in one query."""
        known = self._cache.subjects
        missing = {subject for subject in subjects if (kind, subject) not in known}
        if not missing or not self.uses(kind):
            return
        decode = _DECODERS[kind].decode
        found: dict[str, list[tuple[str, Any]]] = {subject: [] for subject in missing}
        for subject, id, _version, text in self._tx.rows(
            "catalogue_entries_of_subjects", shop=self.head.shop, kind=kind, keys=keys(missing)
        ):
            found[subject].append((id, decode(text)))
        known.update({(kind, subject): tuple(group) for subject, group in found.items()})

    def about(self, kind: Kind, subject: str) -> tuple[tuple[str, Any], ...]:
        """The documents of a kind that are about a subject, each with its id, oldest first."""
        if not self.uses(kind):
            return ()
        self.load_about(kind, [subject])
        return self._cache.subjects[kind, subject]

    def loaded(self, kind: Kind, id: str) -> Loaded | None:
        """One document with its raw text, or None where there is none."""
        entries = self._cache.entries
        if (kind, id) not in entries:
            self.load(kind, [id])
        return entries[kind, id]

    def _value(self, kind: Kind, id: str) -> Any:
        loaded = self.loaded(kind, id)
        return loaded.value if loaded is not None else None

    def site(self, code: str) -> documents.Site | None:
        """A site; a shop without any answers for `main` and `default` with its own currency."""
        site: documents.Site | None = self._value(Kind.SITE, code)
        if site is None and code in ("main", "default") and count(self._tx, self.head.shop, Kind.SITE) == 0:
            return documents.Site(code="main", currency=self.default_currency(), default=True)
        return site

    def default_currency(self) -> str:
        """What a shop without sites sells in: the default of `project_curr`, else what it was made with (18)."""
        chosen = self.configured("project_curr", "", _chosen)
        return chosen if len(chosen) == 3 and minor_exponent(chosen) is not None else self.head.currency

    def default_language(self) -> str | None:
        """The language that the shop shows its texts in where nobody names one: the default of `project_lang` (18)."""
        return self.configured("project_lang", "", _chosen) or None

    def default_site(self) -> documents.Site | None:
        """The site for sessions that name none: the one marked as default, else `main`, else the oldest active one."""
        entries, key = self._cache.entries, (Kind.SITE, "")  # no site has an empty code
        if key not in entries:
            rows = self._tx.rows("catalogue_page", shop=self.head.shop, kind=Kind.SITE, limit=1000, offset=0)
            found = [Loaded(_DECODERS[Kind.SITE].decode(row[2]), Raw(row[2].encode()), row[1]) for row in rows]
            active = [loaded for loaded in found if loaded.value.active]
            ranked = sorted(active, key=lambda loaded: (not loaded.value.default, loaded.value.code != "main"))
            entries[key] = ranked[0] if ranked else None
        loaded = entries[key]
        return loaded.value if loaded is not None else self.site("main")

    def tax_table(self, country: str) -> documents.TaxTable | None:
        """The tax classes of a country."""
        table: documents.TaxTable | None = self._value(Kind.TAX, country.upper())
        return table

    def product(self, id: str) -> documents.Product | None:
        """A product by id."""
        product: documents.Product | None = self._value(Kind.PRODUCT, id)
        return product

    def prices(self, product_id: str) -> tuple[documents.Price, ...]:
        """All prices of a product, oldest first."""
        if product_id not in self._cache.prices:
            self.load_prices([product_id])
        return self._cache.prices[product_id]

    def price_model(self, id: str) -> documents.PriceModel | None:
        """A price model by id."""
        model: documents.PriceModel | None = self._value(Kind.PRICE_MODEL, id)
        return model

    def zone(self, site: str, zone: str) -> documents.Zone | None:
        """A shipping zone of a site."""
        found: documents.Zone | None = self._value(Kind.ZONE, f"{site}/{zone}")
        return found

    def method(self, site: str, zone: str, method: str) -> documents.ShippingMethod | None:
        """A shipping method of a zone."""
        found: documents.ShippingMethod | None = self._value(Kind.METHOD, f"{site}/{zone}/{method}")
        return found

    def schema(self, id: str) -> SchemaDocument | None:
        """A JSON Schema of the shop's registry."""
        found: SchemaDocument | None = self._value(Kind.SCHEMA, id)
        return found

    def active_sequence(self, schema_type: str) -> SequenceSchema | None:
        """The schema that makes the ids of this type, where the shop has one."""
        entries, key = self._cache.entries, (Kind.SEQUENCE, f"/{schema_type}")  # no id has a slash
        if key not in entries:
            row = self._tx.row(
                "catalogue_entry_by_alternate_key",
                shop=self.head.shop,
                kind=Kind.SEQUENCE,
                alternate_key=schema_type,
            )
            loaded = Loaded(_DECODERS[Kind.SEQUENCE].decode(row[2]), Raw(row[2].encode()), row[1]) if row else None
            entries[key] = loaded
        loaded = entries[key]
        return loaded.value if loaded is not None else None

    def configured(self, key: str, default: Document, convert: Callable[[Any], Document]) -> Document:
        """A configuration value, converted; the default where none is stored."""
        found: ConfigurationDocument | None = self._value(Kind.CONFIGURATION, key)
        return convert(found.value) if found is not None else default
