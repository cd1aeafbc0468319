"""Which categories products are in; a product in a category is in all that it lies below, too."""

from collections.abc import Iterable

from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import View
from tillroll.store import Transaction

# Deeper than any shop's tree; what lies deeper still is not looked up.
DEPTH_MAX = 32


def direct(tx: Transaction, shop: str, product_ids: Iterable[str]) -> dict[str, list[str]]:
    """The categories that products are assigned to themselves, by product, oldest assignment first."""
    return {
        product_id: [id.partition("/")[0] for id in ids]
        for product_id, ids in documents.ids_about(tx, shop, Kind.CATEGORY_ASSIGNMENT, product_ids).items()
    }


def of_products(view: View, product_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """Every category that each of these products is in, by product."""
    wanted = set(product_ids)
    view.load_about(Kind.CATEGORY_ASSIGNMENT, wanted)
    return {id: of_product(view, id) for id in wanted}


def of_product(view: View, product_id: str) -> frozenset[str]:
    """Every category that a product is in, those above included."""
    found: set[str] = set()
    level = {id.partition("/")[0] for id, _ in view.about(Kind.CATEGORY_ASSIGNMENT, product_id)}
    for _ in range(DEPTH_MAX):
        level -= found
        if not level:
            break
        found |= level
        view.load(Kind.CATEGORY, level)
        known = [loaded for id in level if (loaded := view.loaded(Kind.CATEGORY, id)) is not None]
        level = {loaded.value.parent_id for loaded in known if loaded.value.parent_id}
    return frozenset(found)


def ancestors(tx: Transaction, shop: str, id: str) -> list[str]:
    """The categories that one lies below, nearest first, itself not included; a ring ends where it closes."""
    found: list[str] = []
    parent = documents.parent_of(tx, shop, Kind.CATEGORY, id)
    while parent and parent not in found and len(found) < DEPTH_MAX:
        found.append(parent)
        parent = documents.parent_of(tx, shop, Kind.CATEGORY, parent)
    return found
