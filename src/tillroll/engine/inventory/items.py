"""The inventory: posts become items, each once, and items take their steps.

posts of one commit ──► insert what is new ──► lock every item ──► which of this was said before?
                                                                        │ repeat: counted
                                                                        └ otherwise: a version, and the newest counts
"""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.inventory import inventory
from tillroll.domain.inventory.inventory import Goods, ItemChange, Poster
from tillroll.domain.typed import Typed
from tillroll.store import Transaction
from tillroll.store.inventory import items as rows
from tillroll.store.inventory.items import (
    GroupRow,
    InventoryItem,
    ItemCursor,
    ItemStep,
    ItemWindow,
    NewItem,
    NewVersion,
    StateTotals,
    Version,
)

NEW = "new"
CORRECTION = "correction"
REPEAT = "repeat"

ORDER_ITEMS_MAX = 100
GROUPS_MAX = 200


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


class ItemFilter(Struct, frozen=True):
    """Which items are meant; empty means every one. `words` are looked for together, as they stand."""

    state: str = ""
    currency: str = ""
    words: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """The filter as the queries take it."""
        literal = Typed(self.words).trimmed.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
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
    rows.insert_items(tx, [_new_item(first[identity], identity) for identity in sorted(first)])
    items = rows.lock_items(tx, identities)
    fingerprints = [inventory.fingerprint(post.poster, post.goods) for post in posts]
    known = rows.known_fingerprints(tx, fingerprints)
    receipts = []
    fresh: list[NewVersion] = []
    for identity, fingerprint, post in zip(identities, fingerprints, posts, strict=True):
        item = items[identity]
        if fingerprint in known:
            receipts.append(Receipt(item.id, item.version, REPEAT))
            continue
        known.add(fingerprint)
        item.version += 1
        fresh.append(_new_version(post, item.id, item.version, fingerprint))
        receipts.append(Receipt(item.id, item.version, NEW if item.version == 1 else CORRECTION))
    _keep(tx, fresh)
    rows.count_repeats(tx, Counter(receipt.item_id for receipt in receipts if receipt.outcome == REPEAT))
    return receipts


def _new_item(post: Post, identity: str) -> NewItem:
    poster = post.poster
    return NewItem(post.id, poster.user_id, identity, post.shop, poster.client_id, post.goods, post.received_at)


def _new_version(post: Post, item_id: str, version: int, fingerprint: str) -> NewVersion:
    return NewVersion(item_id, version, fingerprint, post.source, post.goods, post.raw, post.received_at)


def correct(tx: Transaction, item: InventoryItem, post: Post) -> Receipt:
    """Make the owner's own facts of a locked item its newest version; nothing where they are what is known already."""
    if item.goods == post.goods:
        return Receipt(item.id, item.version, REPEAT)
    _keep(tx, [_new_version(post, item.id, item.version + 1, f"{item.id}:{post.id}")])
    return Receipt(item.id, item.version + 1, CORRECTION)


def change(tx: Transaction, item: InventoryItem, step: ItemChange, now: int) -> bool:
    """Let a locked item take a step; False where it stands there already, as after a double click."""
    known = item.last_step
    if known == (step if step.amount_minor is not None else replace(step, currency=known.currency)):
        return False
    rows.take_step(tx, (item.id, item.changes + 1), step, now)
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
    return rows.lock_item(tx, user_id, id) if locked else rows.item(tx, user_id, id)


def page(tx: Transaction, user_id: int, wanted: ItemFilter, window: tuple[int, ItemCursor]) -> list[InventoryItem]:
    """Some of a user's items, the latest purchase first: as many as, and after which place, `window` says."""
    return rows.page(tx, _window(user_id, wanted, window))


def page_back(tx: Transaction, user_id: int, wanted: ItemFilter, window: tuple[int, ItemCursor]) -> list[InventoryItem]:
    """The items before a place, the latest purchase first: as many as `window` says of those that are nearest to it."""
    return rows.page_back(tx, _window(user_id, wanted, window))[::-1]


def totals(tx: Transaction, user_id: int, wanted: ItemFilter) -> list[Totals]:
    """What these items cost and brought, per currency."""
    sums: dict[str, Counter[str]] = {}
    for part in rows.totals(tx, user_id, wanted.parameters):
        bought, brought = (sums.setdefault(code, Counter()) for code in (part.currency, part.amount_currency))
        _add_up(part, bought, brought)
    return [Totals(currency, **sums[currency]) for currency in sorted(sums)]


def groups(tx: Transaction, user_id: int, by: str) -> list[GroupRow]:
    """Name, currency, count and cost of a user's items by 'brand', 'store', 'size', 'month' or 'application'."""
    return rows.groups(tx, user_id, by, GROUPS_MAX)


def versions(tx: Transaction, item_id: str) -> list[Version]:
    """Everything that was said of an item, oldest first."""
    return rows.versions(tx, item_id)


def steps(tx: Transaction, item_id: str) -> list[ItemStep]:
    """The steps of an item, oldest first."""
    return rows.steps(tx, item_id)


def sisters(tx: Transaction, user_id: int, one: InventoryItem) -> list[InventoryItem]:
    """Other items of the same order; none where nobody has said which order it was."""
    if not one.goods.order_id:
        return []
    return rows.items_of_order(tx, user_id, one.goods.order_id, (one.id, ORDER_ITEMS_MAX))


def _window(user_id: int, wanted: ItemFilter, window: tuple[int, ItemCursor]) -> ItemWindow:
    limit, place = window
    return ItemWindow(user_id=user_id, limit=limit, bought_at=place.bought_at, id=place.id, **wanted.parameters)


def _keep(tx: Transaction, fresh: Sequence[NewVersion]) -> None:
    rows.insert_versions(tx, fresh)
    newest = {version.item_id: version for version in fresh}
    rows.correct_items(tx, [newest[id] for id in sorted(newest)])


def _add_up(part: StateTotals, bought: Counter[str], brought: Counter[str]) -> None:
    """Take the sums of one state into those of what was bought and of what it brought.

    The two are sums of one currency or of two; only where they are of one is there a profit.
    """
    count, cost, amount = part.count, part.landed_minor, part.amount_minor
    bought.update(count=count, spent_minor=cost)
    if part.state in (inventory.IN_STOCK, inventory.LISTED):
        bought.update(held_count=count, held_minor=cost)
        brought.update(asking_minor=amount)
    elif part.state == inventory.LOST:
        bought.update(lost_count=count, lost_minor=cost, profit_minor=-cost)
    else:
        names = ("sold_count", "sold_minor") if part.state == inventory.SOLD else ("returned_count", "refund_minor")
        brought.update(dict(zip(names, (count, amount), strict=True)))
        profit = {"profit_minor": amount - part.landed_minor_of_paid}
        brought.update(profit if bought is brought else {"foreign_count": count})
