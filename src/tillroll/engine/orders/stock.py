"""What orders take of the stock, and what a corrected one takes more of or gives back.

An order that was bought keeps its stock right: where fewer pieces are delivered, the others are on hand again, and
where more are, they are taken under the same lock and the same CHECK as in a checkout (docs/wire/emporix.md, 7).
"""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.catalogue.products import Product
from tillroll.domain.money import ZERO, from_thousandths, to_thousandths
from tillroll.domain.orders.order import Order
from tillroll.domain.rejections import Reason, Rejection
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import View
from tillroll.engine.locks import Locks, Plan
from tillroll.engine.outbox.outbox import audience
from tillroll.engine.rejected import Rejected
from tillroll.engine.stock.told import tell_moved
from tillroll.store.orders.rows import StoredOrder
from tillroll.store.stock.rows import StockMovement, insert_movements, return_stock

TAKES_STOCK = "checkoutTakesStock"
CORRECTION = "correction"  # the cause of stock movements of an order that was changed

_ONE = Decimal(1)


class Needs(Struct, frozen=True):
    """What the lines of an order need of each product, before and after a change."""

    before: Mapping[str, Decimal]
    after: Mapping[str, Decimal]

    def more_of(self, product_id: str, taken: int) -> int:
        """How many thousandths more the order takes, of which it has `taken` so many; below zero: gives back.

        What was sold before anybody counted the product has left the shop long ago: it is neither taken now nor given
        back, and where nothing of a product is needed any more, all that was taken of it comes back.
        """
        after = to_thousandths(self.after.get(product_id, ZERO))
        if not after:
            return -taken
        return max(after - to_thousandths(self.before.get(product_id, ZERO)), -taken)


class Restocking(Struct, frozen=True):
    """A stored order on its way to becoming another one."""

    stored: StoredOrder
    before: Order
    after: Order
    now: int


def takes_stock(view: View) -> bool:
    """Whether the checkouts of a shop take stock."""
    return view.is_on(TAKES_STOCK, default=True)


def counted_with(view: View, product_ids: Collection[str]) -> set[str]:
    """Whose stock these products take: their own, bundles that of their members."""
    view.load(Kind.PRODUCT, product_ids)
    return {id for product_id in product_ids for id, _quantity in _taken_by(view, product_id, _ONE)}


def restocked(view: View, change: Restocking) -> Order:
    """The order as it becomes, with the stock that it needs then taken or given back.

    Only products that are counted are moved, and only for an order that takes stock. Raises Rejected where more is
    asked for than is on hand, and nothing is moved then.
    """
    order = change.after
    if not _takes_stock(view, change):
        return order
    needs = Needs(_needed(view, change.before), _needed(view, order))
    held = dict(order.stock)
    moved: list[StockMovement] = []
    for product_id, more in _moves(view, order, needs):
        movement: StockMovement = {
            "shop": view.head.shop,
            "site": order.site,
            "product_id": product_id,
            "quantity": -more,
            "now": change.now,
            "cause": CORRECTION,
            "subject": f"{change.stored.id}-{change.stored.version + 1}",
        }
        return_stock(view.tx, movement)
        insert_movements(view.tx, [movement])
        moved.append(movement)
        held[product_id] = held.get(product_id, 0) + more
    if moved:
        tell_moved(view.tx, audience(view.tx, view.head.shop), moved)
    return replace(order, stock=tuple(sorted((id, quantity) for id, quantity in held.items() if quantity)))


def _takes_stock(view: View, change: Restocking) -> bool:
    """Whether an order takes stock, also while it holds none; an older one that does not say so, as the shop does."""
    if not change.stored.checkout:
        return False
    if change.after.takes_stock is None:
        return bool(change.after.stock) or takes_stock(view)
    return change.after.takes_stock


def _needed(view: View, order: Order) -> dict[str, Decimal]:
    """What an order's lines take of each product's stock, bundles by their members."""
    view.load(Kind.PRODUCT, {line.product_id for line in order.lines})
    needed: dict[str, Decimal] = {}
    for line in order.lines:
        for id, quantity in _taken_by(view, line.product_id, line.quantity):
            needed[id] = needed.get(id, ZERO) + quantity
    return needed


def _taken_by(view: View, product_id: str, quantity: Decimal) -> Iterable[tuple[str, Decimal]]:
    product: Product | None = view.product(product_id)
    return product.stock_needed(quantity) if product is not None else ((product_id, quantity),)


def _moves(view: View, order: Order, needs: Needs) -> list[tuple[str, int]]:
    """How many thousandths more of each product are taken, of what is counted and on hand; raises Rejected."""
    taken = dict(order.stock)
    touched = {*taken, *needs.before, *needs.after}
    places = [(order.site, product_id) for product_id in touched]
    counted = Locks(view.tx, view.head.shop).take(Plan(stock=places)).stock
    moves: list[tuple[str, int]] = []
    for product_id in sorted(touched):
        record = counted.get((order.site, product_id))
        more = needs.more_of(product_id, taken.get(product_id, 0))
        if record is None or not more:
            continue
        left = record.on_hand if record.sellable else 0
        if more > left:
            message = f"{from_thousandths(left)} of the product {product_id} are left: reduce the quantity"
            raise Rejected(Rejection(Reason.OUT_OF_STOCK, product_id, message))
        moves.append((product_id, more))
    return moves
