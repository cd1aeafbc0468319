"""Rows of what storefronts report: interactions of visitors, lines of their carts, orders, and refused reports."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from tillroll.domain.storefronts.storefront import Interaction, ReportedLine
from tillroll.store import Transaction
from tillroll.store.queries import keys, pairs

Place = tuple[str, str]
"""A visitor and a product."""


class InteractionKey(Struct, frozen=True):
    """One interaction of a visitor, which may have stretches."""

    shop: str
    visitor: str
    kind: str
    id: str


class ReportedOrderRow(Struct, frozen=True):
    """An order that was reported: the fingerprint of what was said of it first, and when."""

    key: str
    fingerprint: str
    reported_at: int


class ReportKey(Struct, frozen=True):
    """A refused report of a visitor."""

    shop: str
    visitor: str
    happened_at: int
    id: str


def lock_visitors(tx: Transaction, shop: str, visitors: Iterable[str]) -> None:
    """Have these visitors to oneself until the end of the transaction, be there rows of them or not."""
    tx.rows("lock_visitors", shop=shop, keys=keys(visitors))


def interactions(tx: Transaction, shop: str, visitors: Iterable[str]) -> dict[str, list[Interaction]]:
    """The interactions of those of these visitors that have any."""
    found: dict[str, list[Interaction]] = {}
    for visitor, *times in tx.rows("interactions", shop=shop, keys=keys(visitors)):
        found.setdefault(visitor, []).append(Interaction(*times))
    return found


def stretches(tx: Transaction, key: InteractionKey) -> list[Interaction]:
    """The stretches of one interaction, oldest first."""
    return [Interaction(*row) for row in tx.rows("stretches_of_interaction", **msgspec.structs.asdict(key))]


def insert_interaction(tx: Transaction, key: InteractionKey, stretch: Interaction) -> None:
    """Keep a stretch of an interaction."""
    tx.run("insert_interaction", **msgspec.structs.asdict(key), **msgspec.structs.asdict(stretch))


def delete_interaction(tx: Transaction, key: InteractionKey, started_at: int) -> None:
    """Forget the stretch of an interaction that began then."""
    tx.run("delete_interaction", started_at=started_at, **msgspec.structs.asdict(key))


def cart_lines(tx: Transaction, shop: str, places: Iterable[Place]) -> dict[Place, ReportedLine]:
    """Those of these lines of carts that were reported."""
    rows = tx.rows("reported_cart_lines", shop=shop, pairs=pairs(places))
    return {(visitor, product_id): ReportedLine(*line) for visitor, product_id, *line in rows}


def store_cart_lines(tx: Transaction, shop: str, lines: Mapping[Place, ReportedLine]) -> None:
    """Write lines of carts, in sorted order."""
    tx.run_many(
        "store_reported_cart_line",
        [
            {"shop": shop, "visitor": visitor, "product_id": product_id, **msgspec.structs.asdict(line)}
            for (visitor, product_id), line in sorted(lines.items(), key=lambda entry: entry[0])
        ],
    )


def orders(tx: Transaction, shop: str, order_keys: Iterable[str]) -> list[ReportedOrderRow]:
    """Those of these orders that were reported."""
    return [ReportedOrderRow(*row) for row in tx.rows("reported_orders", shop=shop, keys=keys(order_keys))]


def claim_order(tx: Transaction, shop: str, order: ReportedOrderRow) -> bool:
    """Be the first to report an order; False where somebody was faster."""
    now = order.reported_at
    return bool(tx.run("claim_reported_order", shop=shop, key=order.key, fingerprint=order.fingerprint, now=now))


def uncredited(tx: Transaction, shop: str, visitor: str, window: tuple[int, int]) -> list[str]:
    """Refused reports of a visitor, as JSON: since when, and how many of the oldest, says `window`."""
    since, limit = window
    rows = tx.rows("uncredited_reports", shop=shop, visitor=visitor, since=since, limit=limit)
    return [document for _visitor, _happened_at, _id, document in rows]


def insert_uncredited(tx: Transaction, reports: Sequence[tuple[ReportKey, str]]) -> None:
    """Keep refused reports with what they say, as JSON."""
    tx.run_many(
        "insert_uncredited_report",
        [msgspec.structs.asdict(key) | {"document": document} for key, document in reports],
    )


def delete_uncredited(tx: Transaction, reports: Sequence[ReportKey]) -> None:
    """Forget refused reports."""
    tx.run_many("delete_uncredited_report", reports)
