"""The inventory: posts become items, each once, and items take their steps.

posts of one commit ──► insert what is new ──► lock every item ──► which of this was said before?
                                                                        │ repeat: counted
                                                                        └ otherwise: a version, and the newest counts
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.inventory import inventory
from tillroll.domain.inventory.inventory import SECOND, Goods, ItemChange, Poster
from tillroll.store import Row, Transaction
from tillroll.store.queries import keys

NEW = "new"
CORRECTION = "correction"
REPEAT = "repeat"

ORDER_ITEMS_MAX = 100
GROUPS_MAX = 200

_GOODS = msgspec.json.Decoder(Goods)


class Post(Struct, frozen=True):
    """One item as somebody reports it; `raw` is what was sent, without its secrets, and `id` names a new item."""

    poster: Poster
    shop: str | None
    goods: Goods
    source: str
    raw: str
    id: str
    received_at: int


class Receipt(Struct, frozen=True):
    """What became of a post."""

    item_id: str
    version: int
    outcome: str


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
        return inventory.profit_minor(self.goods, self.last_step)

    @property
    def place(self) -> ItemCursor:
        """Where the item stands in the list."""
        return ItemCursor(self.goods.bought_at, self.id)

    @property
    def last_step(self) -> ItemChange:
        """The step that made the item what it is; its currency means something only where there is an amount."""
        return ItemChange(self.state, self.state_minor, self.state_currency, self.state_at)


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


class ItemFilter(Struct, frozen=True):
    """Which items are meant; empty means every one. `words` are looked for together, as they stand."""

    state: str = ""
    currency: str = ""
    words: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """The filter as the queries take it."""
        literal = self.words.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
        return {
            "state": self.state,
            "currency": self.currency,
            "pattern": f"%{literal}%" if literal else "",
        }


class Totals(Struct, frozen=True):
    """Sums of one currency, in hundredths; amounts of two currencies are never added.

    What was bought in another currency is no part of the profit; `foreign_count` says how many sales and refunds it is.
    """

    currency: str
    count: int = 0
    spent_minor: int = 0
    held_count: int = 0
    held_minor: int = 0
    asking_minor: int = 0
    sold_count: int = 0
    sold_minor: int = 0
    profit_minor: int = 0
    foreign_count: int = 0
    returned_count: int = 0
    refund_minor: int = 0
    lost_count: int = 0
    lost_minor: int = 0


def record(tx: Transaction, posts: Sequence[Post]) -> list[Receipt]:
    """Keep these posts, each item once: what was said before is a repeat, whoever else says it at this moment."""
    identities = [inventory.identity(post.poster, post.goods) for post in posts]
    first = dict(zip(reversed(identities), reversed(posts), strict=True))
    tx.run_many(
        "insert_inventory_item",
        [
            {
                "id": first[name].id,
                "user_id": first[name].poster.user_id,
                "identity": name,
                "shop": first[name].shop,
                "client_id": first[name].poster.client_id,
                "now": first[name].received_at,
                **_columns(first[name].goods),
            }
            for name in sorted(first)
        ],
    )
    items = {name: [id, version] for name, id, version in tx.rows("lock_inventory_items", keys=keys(identities))}
    prints = [inventory.fingerprint(post.poster, post.goods) for post in posts]
    known = {said for said, _ in tx.rows("inventory_fingerprints", keys=keys(prints))}
    receipts = []
    fresh: list[tuple[str, str, Post, int]] = []
    for name, said, post in zip(identities, prints, posts, strict=True):
        id, version = items[name]
        if said in known:
            receipts.append(Receipt(id, version, REPEAT))
            continue
        known.add(said)
        items[name][1] = version = version + 1
        fresh.append((id, said, post, version))
        receipts.append(Receipt(id, version, NEW if version == 1 else CORRECTION))
    _keep(tx, fresh)
    _count_repeats(tx, [receipt.item_id for receipt in receipts if receipt.outcome == REPEAT])
    return receipts


def correct(tx: Transaction, item: InventoryItem, post: Post) -> Receipt:
    """Make the owner's own facts of a locked item its newest version; nothing where they are what is known already."""
    if item.goods == post.goods:
        return Receipt(item.id, item.version, REPEAT)
    _keep(tx, [(item.id, f"{item.id}:{post.id}", post, item.version + 1)])
    return Receipt(item.id, item.version + 1, CORRECTION)


def change(tx: Transaction, item: InventoryItem, step: ItemChange, now: int) -> bool:
    """Let a locked item take a step; False where it stands there already, as after a double click."""
    known = item.last_step
    if known == (step if step.amount_minor is not None else replace(step, currency=known.currency)):
        return False
    row = {
        "item_id": item.id,
        "position": item.changes + 1,
        "state": step.state,
        "amount_minor": step.amount_minor,
        "currency": step.currency,
        "happened_at": step.happened_at,
    }
    tx.run("insert_inventory_change", now=now, **row)
    tx.run("change_inventory_item", now=now, **row)
    return True


def story_problem(item: InventoryItem | None, goods: Goods, step: ItemChange | None) -> str | None:
    """Why an item can not have these goods and this step, or None; each may be what it has already.

    What is known of both is not refused once more: an application may have corrected the purchase since.
    """
    last = step if step is not None or item is None else item.last_step
    if last is None or (item is not None and (item.goods.bought_at, item.last_step) == (goods.bought_at, last)):
        return None
    return inventory.story_problem(goods, last)


def item(tx: Transaction, user_id: int, id: str, *, locked: bool = False) -> InventoryItem | None:
    """One item of this user; somebody else's is not there. Whoever changes it asks for it locked."""
    row = tx.row("lock_inventory_item" if locked else "inventory_item", user_id=user_id, id=id)
    return None if row is None else _item(row)


def page(tx: Transaction, user_id: int, wanted: ItemFilter, window: tuple[int, ItemCursor]) -> list[InventoryItem]:
    """Some of a user's items, the latest purchase first: as many as, and after which place, `window` says."""
    return [_item(row) for row in tx.rows("inventory_page", **_window(user_id, wanted, window))]


def page_back(tx: Transaction, user_id: int, wanted: ItemFilter, window: tuple[int, ItemCursor]) -> list[InventoryItem]:
    """The items before a place, the latest purchase first: as many as `window` says of those that are nearest to it."""
    return [_item(row) for row in tx.rows("inventory_page_back", **_window(user_id, wanted, window))][::-1]


def totals(tx: Transaction, user_id: int, wanted: ItemFilter) -> list[Totals]:
    """What these items cost and brought, per currency."""
    sums: dict[str, Counter[str]] = {}
    for currency, paid, state, *figures in tx.rows("inventory_totals", user_id=user_id, **wanted.parameters):
        bought, brought = (sums.setdefault(one, Counter()) for one in (currency, paid))
        _add_up((bought, brought), state, figures)
    return [Totals(currency, **sums[currency]) for currency in sorted(sums)]


def groups(tx: Transaction, user_id: int, by: str) -> list[Row]:
    """Name, currency, count and cost of a user's items by 'brand', 'store', 'size', 'month' or 'application'."""
    return tx.rows("inventory_groups", user_id=user_id, by=by, limit=GROUPS_MAX)


def versions(tx: Transaction, item_id: str) -> list[Version]:
    """Everything that was said of an item, oldest first."""
    return [
        Version(version, source, _GOODS.decode(document), raw, received_at)
        for version, source, document, raw, received_at in tx.rows("inventory_versions", item_id=item_id)
    ]


def steps(tx: Transaction, item_id: str) -> list[ItemStep]:
    """The steps of an item, oldest first."""
    return [ItemStep(*row) for row in tx.rows("inventory_changes", item_id=item_id)]


def sisters(tx: Transaction, user_id: int, one: InventoryItem) -> list[InventoryItem]:
    """Other items of the same order; none where nobody has said which order it was."""
    if not one.goods.order_id:
        return []
    wanted = {"user_id": user_id, "order_id": one.goods.order_id, "id": one.id}
    return [_item(row) for row in tx.rows("inventory_order_items", limit=ORDER_ITEMS_MAX, **wanted)]


def _window(user_id: int, wanted: ItemFilter, window: tuple[int, ItemCursor]) -> dict[str, Any]:
    limit, place = window
    return {"user_id": user_id, "limit": limit, "bought_at": place.bought_at, "id": place.id, **wanted.parameters}


def _keep(tx: Transaction, fresh: Sequence[tuple[str, str, Post, int]]) -> None:
    tx.run_many(
        "insert_inventory_version",
        [
            {
                "item_id": id,
                "version": version,
                "fingerprint": said,
                "source": post.source,
                "document": _document(post.goods),
                "raw": post.raw,
                "now": post.received_at,
            }
            for id, said, post, version in fresh
        ],
    )
    newest = {id: (post, version) for id, _, post, version in fresh}
    tx.run_many(
        "correct_inventory_item",
        [
            {"id": id, "version": version, "now": post.received_at, **_columns(post.goods)}
            for id, (post, version) in sorted(newest.items())
        ],
    )


def _count_repeats(tx: Transaction, ids: Iterable[str]) -> None:
    counts: dict[str, int] = {}
    for id in ids:
        counts[id] = counts.get(id, 0) + 1
    tx.run_many("repeat_inventory_item", [{"id": id, "count": count} for id, count in sorted(counts.items())])


def _columns(goods: Goods) -> dict[str, Any]:
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


def _item(row: Row) -> InventoryItem:
    *known, document, created_at, modified_at = row
    rest: tuple[Any, ...] = (_GOODS.decode(document), created_at, modified_at)
    return InventoryItem(*known, *rest)


def _add_up(sides: tuple[Counter[str], Counter[str]], state: str, figures: Sequence[int]) -> None:
    """Take count, cost, amount, and cost of those with an amount into the sums of what was bought and what it brought.

    The two are sums of one currency or of two; only where they are of one is there a profit.
    """
    bought, brought = sides
    count, cost, amount, cost_of_paid = figures
    bought.update(count=count, spent_minor=cost)
    if state in (inventory.IN_STOCK, inventory.LISTED):
        bought.update(held_count=count, held_minor=cost)
        brought.update(asking_minor=amount)
    elif state == inventory.LOST:
        bought.update(lost_count=count, lost_minor=cost, profit_minor=-cost)
    else:
        names = ("sold_count", "sold_minor") if state == inventory.SOLD else ("returned_count", "refund_minor")
        brought.update(dict(zip(names, (count, amount), strict=True)))
        brought.update({"profit_minor": amount - cost_of_paid} if bought is brought else {"foreign_count": count})
