"""An order becomes one for each vendor: the whole stays, its parts are orders as well (docs/wire/emporix.md, 7)."""

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.orders.edit import edited_lines, repriced
from tillroll.domain.orders.order import CREATED, Order, OrderLine
from tillroll.engine.access.access import Caller
from tillroll.engine.documents.snapshot import View
from tillroll.engine.orders.manual import NewOrder, store, write
from tillroll.engine.orders.told import tell_stored
from tillroll.engine.rejected import invalid
from tillroll.store.orders.rows import StoredOrder

# What parts and wholes say of what they share, as they are stored.
_MASTER, _PART, _BY_VENDOR = "MASTER_ORDER", "SUB_ORDER", "VENDOR_ID"


class SplitOrder(Struct, frozen=True):
    """An order that was split, and the ids of its parts, each with its vendor; empty where it has none."""

    order_id: str
    parts: tuple[tuple[str, str], ...]


def split(view: View, caller: Caller, stored: StoredOrder, now: int) -> SplitOrder:
    """Split a locked order by the vendors of its entries; raises Rejected where that can not be."""
    order = stored.order()
    vendors = list(dict.fromkeys(_vendor(line) for line in order.lines))
    reason = _objection(stored, order, vendors)
    if reason is not None:
        raise invalid("split_by", reason)
    parts = [_part_of(stored, order, vendor) for vendor in vendors]
    new = [NewOrder(part, CREATED, stored.customer_id, now, stored.session_id) for part in parts]
    ids = write(view.tx, view, caller, new)
    master = replace(order, order_type=_MASTER, split_by=_BY_VENDOR, sub_orders=tuple(ids))
    kept = store(view.tx, caller, stored, master, now)
    tell_stored(view.tx, caller.shop, kept, now)
    return SplitOrder(stored.id, tuple(zip(ids, vendors, strict=True)))


def _objection(stored: StoredOrder, order: Order, vendors: list[str]) -> str | None:
    """Why an order can not be split."""
    if stored.status != CREATED:
        return f"only an order that is CREATED can be split, this one is {stored.status}"
    if order.order_type is not None:
        return "the order is part of a split already"
    if order.priced.total_discount is not None:
        return "orders with discounts can not be split"
    return "all entries are of one vendor" if len(vendors) < 2 else None


def _part_of(stored: StoredOrder, order: Order, vendor: str) -> Order:
    """The entries of one vendor as an order of their own: what is shipped and paid stays with the whole."""
    lines = [line for line in edited_lines(order, {}) if _vendor(line.line) == vendor]
    bare = replace(
        order,
        cart_id=None,
        quote_id=None,
        stock=(),
        payment_fees=(),
        payments=(),
        shipments=(),
        priced=replace(order.priced, shipping=None, total_shipping=None),
        born=CREATED,
        delivery=None,
        order_type=_PART,
        master_order=stored.id,
        split_by=_BY_VENDOR,
        split_value=vendor or None,
    )
    return repriced(bare, lines)


def _vendor(line: OrderLine) -> str:
    vendor = msgspec.json.decode(line.product).get("vendor")
    id = vendor.get("id") if isinstance(vendor, dict) else None
    return id if isinstance(id, str) else ""
