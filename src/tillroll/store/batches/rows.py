"""Rows of the items that a shop's own systems have reported."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.queries import keys


class ReportedItem(Struct, frozen=True):
    """An item that is known, and the request that reported it first."""

    id: str
    call: str


def reported(tx: Transaction, shop: str, ids: Iterable[str]) -> dict[str, str]:
    """Those of these items that are known, with the request that reported each first."""
    found = [ReportedItem(*row) for row in tx.rows("reported_items", shop=shop, keys=keys(ids))]
    return {one.id: one.call for one in found}


def claim(tx: Transaction, shop: str, calls: Mapping[str, str]) -> int:
    """Remember these items, each with its request, but for those that somebody else was faster with; how many."""
    return tx.run_many("claim_item", [{"shop": shop, "id": id, "call": calls[id]} for id in sorted(calls)])
