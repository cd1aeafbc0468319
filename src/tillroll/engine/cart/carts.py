"""Carts as the store keeps them: found, locked, and saved together with the events that tell what changed.

    lock (one query, sorted) ──► change in memory, one call after the other ──► save: one update per cart, one event
                                                                                      per change, in the ledger

Whoever changes a cart holds its row's lock, so two changes of one cart, and a change and its checkout, never meet.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.cart.cart import OPEN, Cart, CartLine
from tillroll.domain.events.events import Note, Origin
from tillroll.engine.access.access import SERVICE, Caller
from tillroll.engine.ledger import ledger
from tillroll.engine.locks import LockedRows, Locks, Plan
from tillroll.store import Transaction
from tillroll.store.cart import rows as stored_carts
from tillroll.store.cart.rows import CartKey, CartRow, CartUpdate, NewCart

CART_CHANGED = "cart_changed"

# A request is worked on for less than this (µs): what is dated earlier was found out by looking back.
FOUND_OUT_LATE = 60_000_000

_DECODER = msgspec.json.Decoder(Cart, float_hook=Decimal)
# Decimals as JSON numbers, exactly: the document is what the client said, not a text about it.
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Event(Struct, rename="camel", omit_defaults=True):
    """One change of a cart for the ledger; `quantity` is what the line holds after the change, 0 when it is gone."""

    action: str
    happened_at: int
    product: str | None = None
    item: str | None = None
    quantity: Decimal | None = None
    price_id: str | None = None
    details: dict[str, Any] = {}


class StoredCart(Struct):
    """A cart and what stands beside it; `version` is that of the row, times are microseconds UTC.

    `events` are the changes of this transaction that `save` has yet to write, `changes` counts the calls that made
    them; `deleted` tells later calls of the same transaction that the cart is gone.
    """

    cart: Cart
    status: str
    order_id: str | None
    version: int
    owner: str
    created_at: int
    modified_at: int
    events: list[Event] = []
    deleted: bool = False
    changes: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the cart may still be changed."""
        return self.status == OPEN and not self.deleted

    @property
    def next_version(self) -> int:
        """The version that a client has to name now: the changes of this very transaction count already."""
        return self.version + (max(self.changes, 1) if self.events else 0)

    def copy(self) -> "StoredCart":
        """A cart that can be changed without changing this one: what it shares with it is replaced, never changed."""
        lines = [replace(line) for line in self.cart.lines]
        return replace(self, cart=replace(self.cart, lines=lines))

    def become(self, changed: "StoredCart") -> None:
        """Take over what has become of a copy."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(changed, name))

    def note(self, action: str, now: int, line: CartLine | None = None, **details: Any) -> None:
        """Remember a change; `line` is the line that it was about, as it is afterwards."""
        event = Event(action, now, details=details)
        if line is not None:
            event.product, event.item, event.quantity = line.product_id, line.id, line.quantity
            event.price_id = line.price.price_id if line.price is not None else None
        self.events = [*self.events, event]


class Identity(Struct, frozen=True, order=True):
    """Of each of these there is at most one open cart (docs/wire/emporix.md, 5.1)."""

    owner: str
    site: str
    type: str
    legal_entity_id: str


def identity_of(cart: Cart, owner: str) -> Identity:
    """The identity of a cart."""
    return Identity(owner, cart.site, cart.type, cart.legal_entity_id)


def belongs_to(stored: StoredCart, caller: Caller) -> bool:
    """Whether a caller may see this cart: it is its owner's, and every back office's."""
    return caller.kind == SERVICE or stored.owner == caller.owner


def find(tx: Transaction, shop: str, ids: Iterable[str]) -> dict[str, StoredCart]:
    """Those of these carts that exist, by id; one query."""
    return {row.id: _stored(row) for row in stored_carts.carts(tx, shop, ids)}


def lock(tx: Transaction, shop: str, ids: Iterable[str]) -> dict[str, StoredCart]:
    """Those of these carts that exist, by id, locked in one sorted order until the end of the transaction."""
    return held(Locks(tx, shop).take(Plan(carts=set(ids))))


def held(locked: LockedRows) -> dict[str, StoredCart]:
    """The carts among what is locked, by id."""
    return {row.id: _stored(row) for row in locked.carts}


def _stored(row: CartRow) -> StoredCart:
    cart = _DECODER.decode(row.document)
    return StoredCart(cart, row.status, row.order_id, row.version, row.owner, row.created_at, row.modified_at)


def open_cart_id(tx: Transaction, shop: str, identity: Identity) -> str | None:
    """The id of the open cart with this identity."""
    return stored_carts.open_cart(tx, shop, _columns_of(identity))


class CartFilter(Struct, frozen=True):
    """Which carts of a shop are listed; None means all."""

    owner: str | None = None
    status: str | None = None


def page(tx: Transaction, shop: str, wanted: CartFilter, rows: range) -> list[StoredCart]:
    """The carts in these places, newest first."""
    status = wanted.status or ""
    if wanted.owner is None:
        return [_stored(row) for row in stored_carts.carts_page(tx, shop, status, rows)]
    return [_stored(row) for row in stored_carts.carts_of_owner(tx, shop, (wanted.owner, status), rows)]


def delete_idle(tx: Transaction, dialect: str, idle: tuple[int, int], limit: int) -> int:
    """Delete up to `limit` open carts that nobody has touched from one time to another, which is now; how many were.

    Times are microseconds UTC. Each is looked at again under its lock: whoever touches it in the meantime keeps it.
    """
    before, now = idle
    # The ids of carts begin with the milliseconds of their making, as twelve hexadecimal digits.
    found = stored_carts.idle_carts(tx, f"{max(before, 0) // 1000:012x}", before, limit)
    deleted = 0
    for shop in sorted({shop for shop, _id in found}):
        for stored in lock(tx, shop, [id for owner, id in found if owner == shop]).values():
            if stored.is_open and stored.modified_at < before:
                stored.deleted = True
                stored.note("expired", stored.modified_at)
                save(tx, Origin(shop, dialect), [stored], now)
                deleted += 1
    return deleted


def opened(cart: Cart, owner: str, now: int) -> StoredCart:
    """A new open cart, not stored yet."""
    return StoredCart(cart, OPEN, None, 1, owner, now, now)


def insert(tx: Transaction, origin: Origin, stored: StoredCart) -> bool:
    """Store a new cart; False where there is an open one of its identity already.

    A rival that is about to insert one breaks the unique index; the store then runs this again, and it sees it.
    """
    cart, now, shop = stored.cart, stored.created_at, origin.shop
    identity = identity_of(cart, stored.owner)
    if open_cart_id(tx, shop, identity) is not None:
        return False
    new: NewCart = {"shop": shop, "id": cart.id, "document": _text(cart), "now": now, **_columns_of(identity)}
    stored_carts.insert_cart(tx, new)
    stored.note("created", now, site=cart.site, currency=cart.currency)
    _write_events(tx, origin, [stored], now)
    return True


def save(tx: Transaction, origin: Origin, carts: Iterable[StoredCart], now: int) -> None:
    """Write those of these locked carts that have changed, once each, and the events of their changes."""
    changed = sorted((stored for stored in carts if stored.events), key=lambda stored: stored.cart.id)
    kept = [stored for stored in changed if not stored.deleted]
    shop = origin.shop
    updates: list[CartUpdate] = [
        {
            "shop": shop,
            "id": stored.cart.id,
            "owner": stored.owner,
            "site": stored.cart.site,
            "type": stored.cart.type,
            "legal_entity_id": stored.cart.legal_entity_id,
            "status": stored.status,
            "document": _text(stored.cart),
            "version": stored.version,
            "changes": max(stored.changes, 1),
            "now": now,
        }
        for stored in kept
    ]
    if stored_carts.update_carts(tx, updates) != len(updates):
        raise AssertionError(f"a locked cart has changed its version: {[stored.cart.id for stored in kept]}")
    for stored in changed:
        if stored.deleted:
            stored_carts.delete_cart(tx, shop, stored.cart.id)
    _write_events(tx, origin, changed, now)
    for stored in kept:
        stored.version, stored.modified_at = stored.version + max(stored.changes, 1), now
        stored.changes = 0


def _write_events(tx: Transaction, origin: Origin, carts: Sequence[StoredCart], now: int) -> None:
    """Note what has changed; what is found out long after it happened was received when it was found out."""
    ledger.note(
        tx,
        [
            Note(
                shop=origin.shop,
                dialect=origin.dialect,
                kind=CART_CHANGED,
                subject=stored.cart.id,
                visitor=stored.owner,
                happened_at=event.happened_at,
                received_at=event.happened_at if now - event.happened_at < FOUND_OUT_LATE else now,
                document=_ENCODER.encode(event).decode(),
            )
            for stored in carts
            for event in stored.events
        ],
    )
    for stored in carts:
        stored.events = []


def _columns_of(identity: Identity) -> CartKey:
    return {
        "owner": identity.owner,
        "site": identity.site,
        "type": identity.type,
        "legal_entity_id": identity.legal_entity_id,
    }


def copy_of(cart: Cart) -> Cart:
    """A cart that can be changed without changing this one."""
    return _DECODER.decode(_text(cart))


def bytes_of(cart: Cart) -> int:
    """How many bytes of JSON a cart is."""
    return len(_ENCODER.encode(cart))


def _text(cart: Cart) -> str:
    return _ENCODER.encode(cart).decode()
