"""What is on hand: counted by the merchant, taken by orders, and every change with its movement.

    count ──► lock the record ──► write it ──► movement of (new - old), cause `count`, subject = the request's id
    delete ─► lock the record ──► movement of -on_hand ──► delete it

So the sum of a product's movements is what its record has on hand, and zero where there is no record: that is what the
audit adds up. Every change, a sale's too, makes a later version of the record, so that a count of what somebody has
read can not bring back what was sold since. The lock lets no order slip in between what was read and what is written. A
record that does not exist yet can not be locked; it is inserted, never upserted, and of two that insert it the later is
run again.
"""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from tillroll.domain.catalogue.products import Product
from tillroll.domain.money import from_thousandths, to_thousandths
from tillroll.engine.documents.snapshot import View
from tillroll.engine.locks import Locks, Plan
from tillroll.engine.outbox.outbox import audience
from tillroll.engine.stock.told import tell_moved
from tillroll.store import Transaction
from tillroll.store.stock import rows as stored
from tillroll.store.stock.rows import LockedStock, StockKey, StockMovement, StockRow, StockWrite

COUNT = "count"


class Availability(Struct, frozen=True):
    """A product's stock on a site. `document` is the JSON text of what else the merchant wants to remember of it."""

    site: str
    product_id: str
    on_hand: Decimal
    sellable: bool
    version: int
    document: str


class StockPlace(Struct, frozen=True):
    """Where something is on hand: a product on a site of a shop."""

    shop: str
    site: str
    product_id: str


class Count(Struct, frozen=True):
    """What the merchant counted at `counted_at` (microseconds UTC).

    `subject` is unique for every count of a place, or its movement would be refused. With `creates_only` a record that
    exists is left as it is, and with `expected_version` one that has another version.
    """

    on_hand: Decimal
    sellable: bool
    document: str
    subject: str
    counted_at: int
    creates_only: bool = False
    expected_version: int | None = None


class CountOutcome(StrEnum):
    """What became of a count."""

    CREATED = "created"
    CHANGED = "changed"
    EXISTS = "exists"
    STALE = "stale"


def find_many(tx: Transaction, shop: str, site: str, product_ids: Iterable[str]) -> dict[str, Availability]:
    """The records of these products on one site, by product; what has none is absent."""
    found = stored.stock_of_products(tx, shop, site, product_ids)
    return {row.product_id: _availability(site, row) for row in found}


def page(tx: Transaction, shop: str, site: str, rows: range) -> list[Availability]:
    """The records of a site in the order of the products' ids: those in the places of `rows`."""
    return [_availability(site, row) for row in stored.stock_of_site(tx, shop, site, rows)]


def total(tx: Transaction, shop: str, site: str) -> int:
    """How many records a site has."""
    return stored.stock_count(tx, shop, site)


def _availability(site: str, row: StockRow) -> Availability:
    on_hand = from_thousandths(row.on_hand)
    return Availability(site, row.product_id, on_hand, bool(row.sellable), row.version, row.document)


def count(tx: Transaction, place: StockPlace, counted: Count) -> CountOutcome:
    """Set what is on hand, whatever it was, and write down by how much that moved it."""
    known = _locked(tx, place)
    if known is not None and counted.creates_only:
        return CountOutcome.EXISTS
    if known is not None and counted.expected_version not in (None, known.version):
        return CountOutcome.STALE
    on_hand = to_thousandths(counted.on_hand)
    write = StockWrite(
        shop=place.shop,
        site=place.site,
        product_id=place.product_id,
        on_hand=on_hand,
        sellable=int(counted.sellable),
        document=counted.document,
        now=counted.counted_at,
    )
    if known is None:
        stored.insert_stock(tx, write)
    else:
        stored.update_stock(tx, write)
    _move(tx, place, on_hand - (known.on_hand if known is not None else 0), (counted.subject, counted.counted_at))
    return CountOutcome.CREATED if known is None else CountOutcome.CHANGED


def forget(tx: Transaction, place: StockPlace, subject: str, now: int) -> bool:
    """Delete a record, with a movement that takes out what was on hand; False where there is none."""
    known = _locked(tx, place)
    if known is None:
        return False
    stored.delete_stock(tx, StockKey(shop=place.shop, site=place.site, product_id=place.product_id))
    _move(tx, place, -known.on_hand, (subject, now))
    return True


def lock(tx: Transaction, shop: str, places: Iterable[tuple[str, str]]) -> None:
    """Lock the records of these (site, product) pairs in one sorted order, before they are changed one by one."""
    Locks(tx, shop).take(Plan(stock=set(places)))


def _locked(tx: Transaction, place: StockPlace) -> LockedStock | None:
    """The record, locked until the end of the transaction; None where there is none."""
    key = (place.site, place.product_id)
    return Locks(tx, place.shop).take(Plan(stock=[key])).stock.get(key)


def _move(tx: Transaction, place: StockPlace, quantity: int, cause: tuple[str, int]) -> None:
    subject, now = cause
    if quantity:
        movement = StockMovement(
            shop=place.shop,
            site=place.site,
            product_id=place.product_id,
            quantity=quantity,
            now=now,
            cause=COUNT,
            subject=subject,
        )
        stored.insert_movements(tx, [movement])
        tell_moved(tx, audience(tx, place.shop), [movement])


class Bundle(Struct, frozen=True):
    """The stock of a bundle, and the records of those members that have one."""

    whole: Availability
    members: list[Availability]


def bundle_product(view: View, product_id: str) -> Product | None:
    """The product where it is a bundle, whose stock is that of its members; None for every other product."""
    product = view.product(product_id)
    return product if product is not None and product.product_type == "BUNDLE" and product.bundled_products else None


def bundle(tx: Transaction, shop: str, site: str, product: Product) -> Bundle | None:
    """As many bundles as the scarcest member allows (docs/wire/emporix.md, 13).

    A member without a record is always in stock; where no member has one, the bundle has none either.
    """
    known = find_many(tx, shop, site, [member.product_id for member in product.bundled_products])
    limits = [
        known[member.product_id].on_hand // member.amount
        for member in product.bundled_products
        if member.product_id in known and member.amount > 0
    ]
    if not limits:
        return None
    members = [
        known[id] for id in dict.fromkeys(member.product_id for member in product.bundled_products) if id in known
    ]
    sellable = all(member.sellable for member in members)
    return Bundle(Availability(site, product.id, min(limits), sellable, 1, "{}"), members)
