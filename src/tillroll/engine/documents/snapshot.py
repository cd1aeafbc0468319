"""The merchant's set-up as one transaction sees it: a cache of documents that is never wrong.

Every write raises the shop's catalogue version. A reader compares it inside its transaction: while it is the version
that the cache was filled at, what is cached is what is stored.
"""

from collections import ChainMap
from collections.abc import Callable, Iterable
from datetime import UTC, tzinfo
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from tillroll.domain.catalogue.products import Product
from tillroll.domain.countries import country_code
from tillroll.domain.money import minor_exponent
from tillroll.domain.orders.number_format import SequenceSchema
from tillroll.domain.prices.prices import Price, PriceModel
from tillroll.domain.prices.taxes import TaxTable
from tillroll.domain.shipping.zones import ShippingMethod, Zone
from tillroll.domain.site.sites import Site
from tillroll.engine.documents.documents import DECODERS, ConfigurationDocument, Kind, SchemaDocument, count
from tillroll.store import Transaction
from tillroll.store.documents import rows as stored
from tillroll.store.documents.rows import DocumentKind, Entry

# Per shop and process; some 2 KiB each. A shop with more products keeps its best sellers cached all the same.
CACHED_ENTRIES_MAX = 50_000

Document = TypeVar("Document")


class Loaded(Struct, frozen=True):
    """A cached document: the struct that the domain reads, and the JSON text as stored."""

    value: Any
    raw: Raw
    version: int


_Found = dict[tuple[Kind, str], Loaded | None]


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
    chosen = next((entry for entry in entries if entry.get("default") is True), entries[0] if entries else {})
    id = chosen.get("id")
    return id if isinstance(id, str) else ""


def _loaded(kind: Kind, entry: Entry) -> Loaded:
    return Loaded(DECODERS[kind].decode(entry.document), Raw(entry.document.encode()), entry.version)


class _ShopCache:
    __slots__ = ("below", "entries", "others", "prices", "subjects", "used", "version")

    def __init__(self, version: int) -> None:
        self.version = version
        self.entries: dict[tuple[Kind, str], Loaded | None] = {}
        self.prices: dict[str, tuple[Price, ...]] = {}
        self.below: dict[tuple[Kind, str], tuple[Loaded, ...]] = {}
        self.subjects: dict[tuple[Kind, str], tuple[tuple[str, Any], ...]] = {}
        self.used: dict[Kind, bool] = {}
        self.others: dict[str, Any] = {}

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
        for row in stored.shop_rows(tx, shops):
            id, version = row.id, row.catalogue_version
            # What this very transaction changed may yet be rolled back: it is read, but never remembered.
            cache = _ShopCache(version) if id in tx.changed else self._cache_at(id, version)
            found[id] = View(tx, ShopHead(id, version, row.currency), cache)
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
        found = self._read(kind, missing)
        if kind is Kind.PRODUCT:
            self._complete_variants(found)
        entries.update(found)

    def _read(self, kind: Kind, ids: Iterable[str]) -> _Found:
        """These documents as they are stored, in one query; None for what is not there."""
        found: _Found = {(kind, id): None for id in ids}
        if found:
            decode = DECODERS[kind].decode
            for row in stored.current_documents(self._tx, self.head.shop, kind, {id for _, id in found}):
                found[kind, row.id] = Loaded(decode(row.document), Raw(row.document.encode()), row.version)
        return found

    def _complete_variants(self, found: _Found) -> None:
        """Give the variants among these products what they have from their parents, which are of the same catalogue.

        What is a variant itself gives nothing, so that there is one step, and no ring.
        """
        variants = [(key, loaded) for key, loaded in found.items() if loaded is not None and loaded.value.parent_id]
        if not variants:
            return
        known = ChainMap(found, self._cache.entries)
        parents = {loaded.value.parent_id for _, loaded in variants}
        read = self._read(Kind.PRODUCT, [id for id in parents if (Kind.PRODUCT, id) not in known])
        known = known.new_child(read)
        for key, loaded in variants:
            parent = known[Kind.PRODUCT, loaded.value.parent_id]
            if parent is not None and not parent.value.parent_id:
                found[key] = replace(loaded, value=loaded.value.as_variant_of(parent.value))
        self._cache.entries.update({key: one for key, one in read.items() if one is None or not one.value.parent_id})

    def load_prices(self, product_ids: Iterable[str]) -> None:
        """Fetch the prices of these products and the models of those prices."""
        prices = self._cache.prices
        missing = {id for id in product_ids if id not in prices}
        if not missing:
            return
        found: dict[str, list[Price]] = {id: [] for id in missing}
        decode = DECODERS[Kind.PRICE].decode
        for row in stored.documents_below(self._tx, self.head.shop, Kind.PRICE, missing):
            found[row.parent].append(decode(row.document))
        self.load(Kind.PRICE_MODEL, {price.price_model_id for group in found.values() for price in group})
        for id, group in found.items():
            prices[id] = tuple(group)

    def below(self, kind: Kind, parent: str) -> tuple[Loaded, ...]:
        """Every document of a kind that hangs under a parent, oldest first."""
        known = self._cache.below.get((kind, parent))
        if known is not None:
            return known
        decode = DECODERS[kind].decode
        rows = stored.documents_below(self._tx, self.head.shop, kind, [parent])
        found = tuple(Loaded(decode(row.document), Raw(row.document.encode()), row.version) for row in rows)
        self._cache.below[kind, parent] = found
        return found

    def uses(self, kind: Kind) -> bool:
        """Whether the shop has any document of a kind: shops without price lists pay nothing for them."""
        known = self._cache.used.get(kind)
        if known is None:
            known = self._cache.used[kind] = stored.is_used(self._tx, self.head.shop, kind)
        return known

    def remembered(self, name: str, load: Callable[[Transaction], Document]) -> Document:
        """What is no document but changes with the shop's version alone, by a name of its own."""
        known = self._cache.others
        if name not in known:
            known[name] = load(self._tx)
        found: Document = known[name]
        return found

    def load_about(self, kind: Kind, subjects: Iterable[str]) -> None:
        """Fetch the documents of a kind that are about these subjects, in one query."""
        known = self._cache.subjects
        missing = {subject for subject in subjects if (kind, subject) not in known}
        if not missing or not self.uses(kind):
            return
        decode = DECODERS[kind].decode
        found: dict[str, list[tuple[str, Any]]] = {subject: [] for subject in missing}
        for row in stored.documents_about(self._tx, self.head.shop, kind, missing):
            found[row.subject].append((row.id, decode(row.document)))
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

    def site(self, code: str) -> Site | None:
        """A site; a shop without any answers for `main` and `default` with its own currency."""
        site: Site | None = self._value(Kind.SITE, code)
        if site is None and code in ("main", "default") and count(self._tx, self.head.shop, Kind.SITE) == 0:
            return Site(code="main", currency=self.default_currency(), default=True)
        return site

    def default_currency(self) -> str:
        """What a shop without sites sells in: the default of `project_curr`, else what it was made with (18)."""
        chosen = self.configured("project_curr", "", _chosen)
        return chosen if len(chosen) == 3 and minor_exponent(chosen) is not None else self.head.currency

    def default_language(self) -> str | None:
        """The language that the shop shows its texts in where nobody names one: the default of `project_lang` (18)."""
        return self.configured("project_lang", "", _chosen) or None

    def default_site(self) -> Site | None:
        """The site for sessions that name none: the one marked as default, else `main`, else the oldest active one."""
        entries, key = self._cache.entries, (Kind.SITE, "")  # no site has an empty code
        if key not in entries:
            sites = stored.document_page(self._tx, DocumentKind(self.head.shop, Kind.SITE), limit=1000, offset=0)
            found = [_loaded(Kind.SITE, site) for site in sites]
            active = [loaded for loaded in found if loaded.value.active]
            ranked = sorted(active, key=lambda loaded: (not loaded.value.default, loaded.value.code != "main"))
            entries[key] = ranked[0] if ranked else None
        loaded = entries[key]
        return loaded.value if loaded is not None else self.site("main")

    def clock(self, site: str | None = None) -> tzinfo:
        """On which clock a site's days begin and end; without a site that of the shop, which is its default site's."""
        found = self.site(site) if site else self.default_site()
        return found.clock if found is not None else UTC

    def tax_table(self, country: str) -> TaxTable | None:
        """The tax classes of a country."""
        table: TaxTable | None = self._value(Kind.TAX, country_code(country))
        return table

    def product(self, id: str) -> Product | None:
        """A product by id."""
        product: Product | None = self._value(Kind.PRODUCT, id)
        return product

    def prices(self, product_id: str) -> tuple[Price, ...]:
        """All prices of a product, oldest first."""
        if product_id not in self._cache.prices:
            self.load_prices([product_id])
        return self._cache.prices[product_id]

    def price_model(self, id: str) -> PriceModel | None:
        """A price model by id."""
        model: PriceModel | None = self._value(Kind.PRICE_MODEL, id)
        return model

    def zone(self, site: str, zone: str) -> Zone | None:
        """A shipping zone of a site."""
        found: Zone | None = self._value(Kind.ZONE, f"{site}/{zone}")
        return found

    def method(self, site: str, zone: str, method: str) -> ShippingMethod | None:
        """A shipping method of a zone."""
        found: ShippingMethod | None = self._value(Kind.METHOD, f"{site}/{zone}/{method}")
        return found

    def schema(self, id: str) -> SchemaDocument | None:
        """A JSON Schema of the shop's registry."""
        found: SchemaDocument | None = self._value(Kind.SCHEMA, id)
        return found

    def active_sequence(self, schema_type: str) -> SequenceSchema | None:
        """The schema that makes the ids of this type, where the shop has one."""
        entries, key = self._cache.entries, (Kind.SEQUENCE, f"/{schema_type}")  # no id has a slash
        if key not in entries:
            entry = stored.document_of_key(self._tx, self.head.shop, Kind.SEQUENCE, schema_type)
            entries[key] = _loaded(Kind.SEQUENCE, entry) if entry is not None else None
        loaded = entries[key]
        return loaded.value if loaded is not None else None

    def configured(self, key: str, default: Document, convert: Callable[[Any], Document]) -> Document:
        """A configuration value, converted; the default where none is stored."""
        found: ConfigurationDocument | None = self._value(Kind.CONFIGURATION, key)
        return convert(found.value) if found is not None else default

    def is_on(self, key: str, *, default: bool) -> bool:
        """Whether the shop has switched something on, as a truth value or its name."""
        return self.configured(key, default, lambda value: value in (True, "true"))


def clock_of(tx: Transaction, shop: str, site: str | None = None) -> tzinfo:
    """The clock of a shop or of one of its sites, for a caller that needs nothing else of the catalogue."""
    return Catalogue().view(tx, shop).clock(site)
