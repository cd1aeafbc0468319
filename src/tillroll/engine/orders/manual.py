"""Orders by hand: the back office writes them down, corrects them, and takes them out of sight.

    write   number and id ─► row, event                      no cart is closed, no stock is taken
    change  lock orders ─► edit ─► lock stock ─► take or give back the difference ─► row, movements, event
    remove  the row stays, so that numbers have no gaps, and is shown to nobody

An order that was bought keeps its stock right: where fewer pieces are delivered, the others are on hand again, and
where more are, they are taken under the same lock and the same CHECK as in a checkout (docs/wire/emporix.md, 7).
"""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.events.events import Note
from tillroll.domain.money import from_thousandths, to_minor, to_thousandths
from tillroll.domain.orders.order import Order
from tillroll.engine.access.access import Caller
from tillroll.engine.documents.snapshot import View
from tillroll.engine.ledger import ledger
from tillroll.engine.locks import Locks, Plan
from tillroll.engine.orders import numbers as order_numbers
from tillroll.store import Transaction
from tillroll.store.orders import rows as stored_orders
from tillroll.store.orders.rows import OrderRow, OrderUpdate, StoredOrder
from tillroll.store.stock.rows import StockMovement, insert_movements, return_stock

DIALECT = "emporix"
WRITTEN = "order_written"
CHANGED = "order_changed"
DELETED = "order_deleted"
CORRECTION = "correction"  # the cause of stock movements of an order that was changed

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class NewOrder(Struct, frozen=True):
    """An order to be written down: what it is, in which status, and whose."""

    order: Order
    status: str
    customer_id: str | None
    now: int
    session_id: str | None = None


class OutOfStock(Exception):
    """Raised inside a change of one order: more of this product is asked for than is on hand."""

    def __init__(self, product_id: str, left: Decimal) -> None:
        super().__init__(product_id)
        self.product_id = product_id
        self.left = left


def write(tx: Transaction, view: View, caller: Caller, new: Sequence[NewOrder]) -> list[str]:
    """Write these orders down; their ids."""
    shop = view.head.shop
    found = order_numbers.take(tx, view, [one.order.site for one in new], new[0].now)
    for (number, id), one in zip(found, new, strict=True):
        order = one.order
        row = OrderRow(
            shop=shop,
            number=number,
            id=id,
            cart_id=order.cart_id,
            quote_id=order.quote_id,
            checkout=0,
            status=one.status,
            customer_id=one.customer_id,
            session_id=one.session_id,
            site=order.site,
            currency=order.rules.currency,
            total_minor=to_minor(order.priced.final_price.gross, order.rules.currency),
            legal_entity_id=order.legal_entity_id,
            document=_ENCODER.encode(order).decode(),
            now=one.now,
        )
        stored_orders.insert_orders(tx, [row])
        facts = {"status": one.status, "currency": order.rules.currency, "by": caller.client_id}
        _note(tx, shop, (WRITTEN, id), caller, one.now, facts)
    return [id for _, id in found]


def store(  # noqa: PLR0913  who puts what in the place of what, and when
    tx: Transaction, caller: Caller, stored: StoredOrder, order: Order, now: int
) -> None:
    """Put a changed order in the place of one that is locked; its version counts up.

    An order whose customer has become another one is that customer's from then on, and nobody else's.
    """
    customer_id, session_id = stored.customer_id, stored.session_id
    if order.customer.id and order.customer.id != stored.order().customer.id:
        customer_id, session_id = order.customer.id, None
    changed = OrderUpdate(
        shop=caller.shop,
        id=stored.id,
        customer_id=customer_id,
        session_id=session_id,
        total_minor=to_minor(order.priced.final_price.gross, order.rules.currency),
        document=_ENCODER.encode(order).decode(),
    )
    stored_orders.update_order(tx, changed)
    _note(tx, caller.shop, (CHANGED, stored.id), caller, now, {"version": stored.version + 1})


def remove(tx: Transaction, caller: Caller, id: str, now: int) -> bool:
    """Take an order out of sight; False where there is none."""
    if not stored_orders.delete_order(tx, caller.shop, id):
        return False
    _note(tx, caller.shop, (DELETED, id), caller, now, {})
    return True


class Edits(Struct, frozen=True):
    """Changes that are about to be made: of which orders, which products come new into one, and which are declined."""

    order_ids: Collection[str]
    product_ids: Collection[str]
    declined_ids: Collection[str]


def lock_ahead(tx: Transaction, shop: str, edits: Edits) -> None:
    """Lock all that these changes may touch: the orders, their coupons, what is on hand for them, and their windows."""
    locks = Locks(tx, shop)
    found = {id: stored.order() for id, stored in locks.take(Plan(orders=edits.order_ids)).orders.items()}
    declined = [found[id] for id in found if id in edits.declined_ids]
    locks.take(
        Plan(
            coupons={one.id for order in found.values() for one in order.discounts if one.origin == "INTERNAL"},
            stock={(order.site, id) for order in found.values() for id in {*dict(order.stock), *edits.product_ids}},
            windows={order.delivery.window_id: None for order in declined if order.delivery is not None},
        )
    )


class Needs(Struct, frozen=True):
    """What the lines of an order need of each product, before and after a change."""

    before: dict[str, Decimal]
    after: dict[str, Decimal]

    def more_of(self, product_id: str, taken: int) -> int:
        """How many thousandths more the order takes, of which it has `taken` so many; below zero: gives back.

        What was sold before anybody counted the product has left the shop long ago: it is neither taken now nor given
        back, and where nothing of a product is needed any more, all that was taken of it comes back.
        """
        after = to_thousandths(self.after.get(product_id, Decimal(0)))
        if not after:
            return -taken
        return max(after - to_thousandths(self.before.get(product_id, Decimal(0))), -taken)


def restocked(  # noqa: PLR0913  which order becomes what, and when
    tx: Transaction, shop: str, stored: StoredOrder, order: Order, needs: Needs, now: int
) -> Order:
    """The order with the stock that it needs now, taken or given back; raises OutOfStock, and nothing is moved then.

    Only products that are counted are moved, and only for an order that took stock.
    """
    known = dict(order.stock)
    touched = {*known, *needs.before, *needs.after}
    held = Locks(tx, shop).take(Plan(stock=[(order.site, product_id) for product_id in touched])).stock
    on_hand = {place: record.on_hand if record.sellable else 0 for place, record in held.items()}
    moves: list[tuple[str, int]] = []
    for product_id in sorted(touched):
        more = needs.more_of(product_id, known.get(product_id, 0))
        left = on_hand.get((order.site, product_id))
        if left is None or not more:
            continue
        if more > left:
            raise OutOfStock(product_id, from_thousandths(left))
        moves.append((product_id, more))
    for product_id, more in moves:
        movement: StockMovement = {
            "shop": shop,
            "site": order.site,
            "product_id": product_id,
            "quantity": -more,
            "now": now,
            "cause": CORRECTION,
            "subject": f"{stored.id}-{stored.version + 1}",
        }
        return_stock(tx, movement)
        insert_movements(tx, [movement])
        known[product_id] = known.get(product_id, 0) + more
    return replace(order, stock=tuple(sorted((id, quantity) for id, quantity in known.items() if quantity)))


def _note(  # noqa: PLR0913  what an event is made of
    tx: Transaction, shop: str, what: tuple[str, str], caller: Caller, now: int, facts: dict[str, Any]
) -> None:
    kind, subject = what
    note = Note(
        shop=shop,
        dialect=DIALECT,
        kind=kind,
        subject=subject,
        visitor=caller.owner,
        happened_at=now,
        received_at=now,
        document=_ENCODER.encode(facts).decode(),
    )
    ledger.note(tx, [note])
