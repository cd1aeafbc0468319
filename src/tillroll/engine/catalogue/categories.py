"""Which categories products are in.

A product in a category is in all that it lies below, too, and a variant is in all that its parent is in: a merchant
assigns parents, and sells variants.
"""

from collections.abc import Iterable, Mapping

from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import View
from tillroll.store import Transaction

# Deeper than any shop's tree; what lies deeper still is not looked up.
DEPTH_MAX = 32


def direct(tx: Transaction, shop: str, parents: Mapping[str, str | None]) -> dict[str, list[str]]:
    """The categories that products are assigned to, by product, oldest assignment first, and then those of its parent.

    `parents` names the products, each with its parent where it is a variant.
    """
    wanted = {*parents, *(parent for parent in parents.values() if parent is not None)}
    known = {
        product_id: [id.partition("/")[0] for id in ids]
        for product_id, ids in documents.ids_about(tx, shop, Kind.CATEGORY_ASSIGNMENT, wanted).items()
    }
    return {
        id: list(dict.fromkeys([*known[id], *(known[parent] if parent is not None else ())]))
        for id, parent in parents.items()
    }


def of_products(view: View, product_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """Every category that each of these products is in, by product."""
    wanted = set(product_ids)
    view.load(Kind.PRODUCT, wanted)
    view.load_about(Kind.CATEGORY_ASSIGNMENT, {member for id in wanted for member in family(view, id)})
    return {id: of_product(view, id) for id in wanted}


def family(view: View, product_id: str) -> list[str]:
    """A product, and where it is a variant its parent."""
    product = view.product(product_id)
    parent = product.parent_id if product is not None else None
    return [product_id] if parent is None else [product_id, parent]


def of_product(view: View, product_id: str) -> frozenset[str]:
    """Every category that a product is in, those above and those of its parent included."""
    found: set[str] = set()
    members = family(view, product_id)
    level = {id.partition("/")[0] for member in members for id, _ in view.about(Kind.CATEGORY_ASSIGNMENT, member)}
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


def below(tx: Transaction, shop: str, id: str, levels: int = DEPTH_MAX) -> list[str]:
    """The categories that lie below one, so many levels of them, nearest first; a ring ends where it closes."""
    found: list[str] = []
    level = [id]
    for _ in range(levels):
        level = [one for one in documents.ids_below(tx, shop, Kind.CATEGORY, level) if one != id and one not in found]
        if not level:
            break
        found += level
    return found
