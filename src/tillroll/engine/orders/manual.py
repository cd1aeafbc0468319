"""Orders by hand: the back office writes them down, and takes them out of sight. How they change: `orders.corrections`.

write_down   composed ─► number and id ─► row, event      no cart is closed, no stock is taken
store        a changed order in the place of one that is locked
remove       the row stays, so that numbers have no gaps, and is shown to nobody
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.events.events import Note
from tillroll.domain.money import to_minor
from tillroll.domain.orders.commands import WrittenOrder
from tillroll.domain.orders.order import CREATED, SHIPPED, Order, sold_items
from tillroll.domain.rejections import Reason, Refused, Rejection
from tillroll.engine.access.access import Caller
from tillroll.engine.documents.snapshot import View
from tillroll.engine.ledger import ledger
from tillroll.engine.orders import numbers as order_numbers
from tillroll.engine.orders import orders
from tillroll.engine.orders.compose import compose
from tillroll.engine.orders.told import OrderTold, tell_created, tell_deleted
from tillroll.engine.outbox.outbox import audience
from tillroll.store import Transaction
from tillroll.store.orders import rows as stored_orders
from tillroll.store.orders.rows import OrderRow, OrderUpdate, StoredOrder

WRITTEN = "order_written"
CHANGED = "order_changed"
DELETED = "order_deleted"

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class NewOrder(Struct, frozen=True):
    """An order to be written down: what it is, in which status, and whose."""

    order: Order
    status: str
    customer_id: str | None
    now: int
    session_id: str | None = None


class BoughtAlready(Struct, frozen=True):
    """The cart whose order was to be written down has become this order in a checkout."""

    cart_id: str
    order_id: str


def write_down(view: View, caller: Caller, written: WrittenOrder, now: int) -> str | BoughtAlready | Refused:
    """Write an order down: its id, or why there is none."""
    if written.bought:
        cart_id = written.cart_id or ""
        bought = orders.id_of_cart(view.tx, view.head.shop, cart_id)
        if bought is not None:
            return BoughtAlready(cart_id, bought)
        message = "checkout is for orders of carts: buy the cart, or leave it out"
        return Refused((Rejection(Reason.VALUE_INVALID, "checkout", message),))
    order = compose(view, written, now)
    if isinstance(order, Refused):
        return order
    status = order.born or CREATED
    if status == SHIPPED and not order.shipments:
        return Refused((orders.needs_shipments(),))
    (id,) = write(view.tx, view, caller, [NewOrder(order, status, order.customer.id, now)])
    return id


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
            document=text_of(order),
            now=one.now,
        )
        stored_orders.insert_orders(tx, [row])
        facts = {"status": one.status, "by": caller.client_id} | sums_of(order)
        if order.master_order is not None:
            facts["master"] = order.master_order
        _note(tx, shop, (WRITTEN, id), caller, one.now, facts)
    told = zip(found, new, strict=True)
    told_orders = [OrderTold(id, one.status, one.order, one.now) for (_, id), one in told]
    tell_created(tx, audience(tx, shop), told_orders)
    return [id for _, id in found]


def store(  # noqa: PLR0913  who puts what in the place of what, and when
    tx: Transaction, caller: Caller, stored: StoredOrder, order: Order, now: int
) -> StoredOrder:
    """Put a changed order in the place of one that is locked, and return it; its version counts up.

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
        document=text_of(order),
    )
    stored_orders.update_order(tx, changed)
    _note(tx, caller.shop, (CHANGED, stored.id), caller, now, {"version": stored.version + 1} | sums_of(order))
    return replace(stored, document=changed["document"], version=stored.version + 1)


def sums_of(order: Order) -> dict[str, Any]:
    """What the ledger keeps of an order's money: its total, its currency, and each line with what it came to."""
    currency = order.rules.currency
    total = to_minor(order.priced.final_price.gross, currency)
    return {"total_minor": total, "currency": currency, "items": sold_items(order)}


def text_of(order: Order) -> str:
    """An order as the text that is stored."""
    return _ENCODER.encode(order).decode()


def remove(tx: Transaction, caller: Caller, id: str, now: int) -> bool:
    """Take an order out of sight; False where there is none."""
    if id not in orders.lock(tx, caller.shop, [id]) or not stored_orders.delete_order(tx, caller.shop, id):
        return False
    _note(tx, caller.shop, (DELETED, id), caller, now, {})
    tell_deleted(tx, caller.shop, id, now)
    return True


def _note(  # noqa: PLR0913  what an event is made of
    tx: Transaction, shop: str, what: tuple[str, str], caller: Caller, now: int, facts: dict[str, Any]
) -> None:
    kind, subject = what
    note = Note(
        shop=shop,
        dialect=caller.dialect,
        kind=kind,
        subject=subject,
        visitor=caller.owner,
        happened_at=now,
        received_at=now,
        document=_ENCODER.encode(facts).decode(),
    )
    ledger.note(tx, [note])
