"""Rows of what users have bought: items, their versions and their steps."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.domain.inventory.inventory import SECOND, Goods, ItemChange, profit_minor
from tillroll.store import Transaction
from tillroll.store.queries import keys

_GOODS = msgspec.json.Decoder(Goods)


class NewItem(Struct, frozen=True):
    """An item to be kept, unless there is one of its identity."""

    id: str
    user_id: int
    identity: str
    shop: str | None
    client_id: str
    goods: Goods
    now: int


class ItemCursor(Struct, frozen=True):
    """A place in the list of a user's items, which is that of an item; without one, before the latest of them."""

    bought_at: int = 2**62
    id: str = ""


class InventoryItem(Struct, frozen=True):
    """One item of an inventory as it stands. `state_minor` is the price or refund of its last step, if that has one."""

    id: str
    client_id: str
    version: int
    repeats: int
    state: str
    state_minor: int | None
    state_currency: str
    state_at: int
    changes: int
    goods: Goods
    created_at: int
    modified_at: int

    @property
    def profit_minor(self) -> int | None:
        """What the item has earned, in the currency of its cost; None while it is unsold or was sold in another."""
        return profit_minor(self.goods, self.last_step)

    @property
    def place(self) -> ItemCursor:
        """Where the item stands in the list."""
        return ItemCursor(self.goods.bought_at, self.id)

    @property
    def last_step(self) -> ItemChange:
        """The step that made the item what it is; its currency means something only where there is an amount."""
        return ItemChange(self.state, self.state_minor, self.state_currency, self.state_at)


class LockedItem(Struct):
    """An item whose versions are counted under its row's lock."""

    identity: str
    id: str
    version: int


class NewVersion(Struct, frozen=True):
    """What is said of an item, to be kept as one of its versions."""

    item_id: str
    version: int
    fingerprint: str
    source: str
    goods: Goods
    raw: str
    now: int


class Version(Struct, frozen=True):
    """What was said of an item once: newest wins, all are kept."""

    version: int
    source: str
    goods: Goods
    raw: str
    received_at: int


class ItemStep(Struct, frozen=True):
    """One change of an item, as it is kept."""

    position: int
    state: str
    amount_minor: int | None
    currency: str
    happened_at: int
    made_at: int


class ItemWindow(Struct, frozen=True):
    """Which items of a user a page shows: those that pass the filter, on one side of a place in the list."""

    user_id: int
    state: str
    currency: str
    pattern: str
    bought_at: int
    id: str
    limit: int


class StateTotals(Struct, frozen=True):
    """Sums of items in one state that were bought in one currency and have their amount in one."""

    currency: str
    amount_currency: str
    state: str
    count: int
    landed_minor: int
    amount_minor: int
    landed_minor_of_paid: int


class GroupRow(Struct, frozen=True):
    """What items that have something in common come to, in one currency."""

    name: str
    currency: str
    count: int
    landed_minor: int


def insert_items(tx: Transaction, new: Sequence[NewItem]) -> None:
    """Keep those of these items that are not there yet, in one statement; they come sorted by identity."""
    tx.run_many(
        "insert_inventory_item",
        [
            {
                "id": item.id,
                "user_id": item.user_id,
                "identity": item.identity,
                "shop": item.shop,
                "client_id": item.client_id,
                "now": item.now,
                **_columns(item.goods),
            }
            for item in new
        ],
    )


def lock_items(tx: Transaction, identities: Iterable[str]) -> dict[str, LockedItem]:
    """The items of these identities, locked in one order until the end of the transaction."""
    rows = tx.rows("lock_inventory_items", keys=keys(identities))
    return {row[0]: LockedItem(*row) for row in rows}


def known_fingerprints(tx: Transaction, fingerprints: Iterable[str]) -> set[str]:
    """Those of these that some version has."""
    rows = tx.rows("inventory_fingerprints", keys=keys(fingerprints))
    return {fingerprint for fingerprint, _item_id in rows}


def insert_versions(tx: Transaction, new: Sequence[NewVersion]) -> None:
    """Keep versions."""
    tx.run_many(
        "insert_inventory_version",
        [
            {
                "item_id": version.item_id,
                "version": version.version,
                "fingerprint": version.fingerprint,
                "source": version.source,
                "document": _document(version.goods),
                "raw": version.raw,
                "now": version.now,
            }
            for version in new
        ],
    )


def correct_items(tx: Transaction, versions: Iterable[NewVersion]) -> None:
    """Let items say what these versions of them say."""
    tx.run_many(
        "correct_inventory_item",
        [
            {"id": version.item_id, "version": version.version, "now": version.now, **_columns(version.goods)}
            for version in versions
        ],
    )


def count_repeats(tx: Transaction, repeats: Mapping[str, int]) -> None:
    """Count how often each of these items was said once more, in the order of their ids."""
    tx.run_many("repeat_inventory_item", [{"id": id, "count": count} for id, count in sorted(repeats.items())])


def item(tx: Transaction, user_id: int, id: str) -> InventoryItem | None:
    """One item of a user."""
    row = tx.row("inventory_item", user_id=user_id, id=id)
    return _item(row) if row is not None else None


def lock_item(tx: Transaction, user_id: int, id: str) -> InventoryItem | None:
    """The same, locked until the end of the transaction."""
    row = tx.row("lock_inventory_item", user_id=user_id, id=id)
    return _item(row) if row is not None else None


def page(tx: Transaction, window: ItemWindow) -> list[InventoryItem]:
    """The items behind a place in the list, the nearest first."""
    return [_item(row) for row in tx.rows("inventory_page", **msgspec.structs.asdict(window))]


def page_back(tx: Transaction, window: ItemWindow) -> list[InventoryItem]:
    """The items before a place in the list, the nearest first."""
    return [_item(row) for row in tx.rows("inventory_page_back", **msgspec.structs.asdict(window))]


def items_of_order(tx: Transaction, user_id: int, order_id: str, window: tuple[str, int]) -> list[InventoryItem]:
    """The items of an order but for one, oldest first: which one, and how many at most, says `window`."""
    but, limit = window
    rows = tx.rows("inventory_order_items", user_id=user_id, order_id=order_id, id=but, limit=limit)
    return [_item(row) for row in rows]


def totals(tx: Transaction, user_id: int, wanted: Mapping[str, str]) -> list[StateTotals]:
    """Sums of a user's items that pass the filter `wanted`: a state, a currency and a pattern, any of them empty."""
    return [StateTotals(*row) for row in tx.rows("inventory_totals", user_id=user_id, **wanted)]


def groups(tx: Transaction, user_id: int, by: str, limit: int) -> list[GroupRow]:
    """A user's items by 'brand', 'store', 'size', 'month' or 'application', the dearest groups of a currency first."""
    return [GroupRow(*row) for row in tx.rows("inventory_groups", user_id=user_id, by=by, limit=limit)]


def versions(tx: Transaction, item_id: str) -> list[Version]:
    """The versions of an item, oldest first."""
    return [
        Version(version, source, _GOODS.decode(goods), raw, received_at)
        for version, source, goods, raw, received_at in tx.rows("inventory_versions", item_id=item_id)
    ]


def steps(tx: Transaction, item_id: str) -> list[ItemStep]:
    """The steps of an item, oldest first."""
    return [ItemStep(*row) for row in tx.rows("inventory_changes", item_id=item_id)]


def take_step(tx: Transaction, place: tuple[str, int], step: ItemChange, now: int) -> None:
    """Keep a step of a locked item, as that of a position, and let the item be what it has become."""
    item_id, position = place
    row = {
        "item_id": item_id,
        "position": position,
        "state": step.state,
        "amount_minor": step.amount_minor,
        "currency": step.currency,
        "happened_at": step.happened_at,
    }
    tx.run("insert_inventory_change", now=now, **row)
    tx.run("change_inventory_item", now=now, **row)


def _columns(goods: Goods) -> dict[str, object]:
    return {
        "order_id": goods.order_id,
        "name": goods.name,
        "size": goods.size,
        "brand": goods.brand,
        "store": goods.store,
        "month": datetime.fromtimestamp(goods.bought_at // SECOND, UTC).strftime("%Y-%m"),
        "search": goods.search_text,
        "currency": goods.currency,
        "landed_minor": goods.landed_minor,
        "bought_at": goods.bought_at,
        "document": _document(goods),
    }


def _document(goods: Goods) -> str:
    return msgspec.json.encode(goods).decode()


def _item(row: Sequence[Any]) -> InventoryItem:
    """A row as an item; its goods are JSON."""
    fields = dict(zip(InventoryItem.__struct_fields__, row, strict=True))
    return InventoryItem(**fields | {"goods": _GOODS.decode(fields["goods"])})
