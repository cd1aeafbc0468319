"""Orders are corrected: their fields, their entries, what was delivered, how they are split (docs/wire/emporix.md, 7).

    lock all that the changes of a commit may touch ─► each on what the one before has left ─► row, stock, status, event

Sums are calculated again as they were calculated before; what an order took of coupons, stock and windows follows it.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.money import ZERO
from tillroll.domain.orders.commands import (
    Delivered,
    FieldsChange,
    LinesChange,
    OrderCommand,
    SentLine,
    SplitByVendor,
    WrittenLine,
)
from tillroll.domain.orders.edit import EditedLine, changed, edited_lines, entry_id, next_line_id, repriced
from tillroll.domain.orders.order import COMPLETED, DECLINED, Order, Verdict, judge_transition
from tillroll.domain.prices.match import PriceContext
from tillroll.domain.pricing.terms import PricingTerms
from tillroll.domain.rejections import Reason, Refused, Rejection
from tillroll.domain.values import quantity_rejection
from tillroll.engine.access.access import Caller
from tillroll.engine.customers import customers
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.snapshot import View
from tillroll.engine.locks import Locks, Plan
from tillroll.engine.orders import orders
from tillroll.engine.orders.compose import ORDER_TOTAL_MAX, new_lines
from tillroll.engine.orders.manual import store, text_of
from tillroll.engine.orders.split import SplitOrder, split
from tillroll.engine.orders.status import StatusChange, change_statuses
from tillroll.engine.orders.stock import Restocking, counted_with, restocked
from tillroll.engine.orders.told import tell_stored
from tillroll.engine.prices import lists as price_lists
from tillroll.engine.prices.terms import terms_by
from tillroll.engine.rejected import Rejected, invalid, refuse_if
from tillroll.store.orders.rows import StoredOrder

LINES_MAX = 500


class Correction(Struct, frozen=True):
    """A caller's wish to change an order; `may_change_completed` says whether also one that is COMPLETED."""

    caller: Caller
    order_id: str
    command: OrderCommand
    now: int
    may_change_completed: bool = True

    @property
    def shop(self) -> str:
        """The caller's shop."""
        return self.caller.shop


Corrected = StoredOrder | SplitOrder | Refused


class _Edit(Struct, frozen=True):
    """One change on its way: of which order, as it is now."""

    view: View
    correction: Correction
    stored: StoredOrder
    order: Order


def correct_orders(desk: Desk, corrections: Sequence[Correction]) -> list[Corrected]:
    """Make these changes; of each the order as it is then, or would be, or its parts, or why it is not changed."""
    by_shop: dict[str, list[Correction]] = {}
    for correction in corrections:
        by_shop.setdefault(correction.shop, []).append(correction)
    for shop in sorted(by_shop):
        lock_ahead(desk, shop, touched_by(by_shop[shop]))
    return [_outcome(desk, correction) for correction in corrections]


class Touched(Struct, frozen=True):
    """What changes are about to touch: which orders, of which of them the lines or the status, and which products come
    new into one."""

    order_ids: Collection[str]
    changed_ids: Collection[str] = ()
    declined_ids: Collection[str] = ()
    product_ids: Collection[str] = ()


def touched_by(corrections: Sequence[Correction]) -> Touched:
    """What these changes may touch."""
    return Touched(
        order_ids={correction.order_id for correction in corrections},
        changed_ids={correction.order_id for correction in corrections if _changes_lines(correction.command)},
        declined_ids={correction.order_id for correction in corrections if _declines(correction.command)},
        product_ids={
            line.product_id
            for correction in corrections
            for line in _written_by(correction.command)
            if line.product_id is not None
        },
    )


def _changes_lines(command: OrderCommand) -> bool:
    match command:
        case FieldsChange():
            return command.lines is not None
        case LinesChange():
            return command.keeps
        case _:
            return isinstance(command, Delivered)


def _declines(command: OrderCommand) -> bool:
    return isinstance(command, FieldsChange) and command.status == DECLINED


def _written_by(command: OrderCommand) -> list[WrittenLine]:
    """The lines that a command may bring into an order."""
    if isinstance(command, LinesChange):
        return [change.written for change in command.changes if change.written is not None]
    if isinstance(command, FieldsChange):
        return [line.written for line in command.lines or ()]
    return []


def lock_ahead(desk: Desk, shop: str, touched: Touched) -> None:
    """Lock all that these changes may touch: the orders, their coupons, what is on hand for them, and their windows.

    Also of what is new in an order, and of the members of bundles: whoever locked them later would lock out of order.
    """
    locks = Locks(desk.tx, shop)
    found = locks.take(Plan(orders=touched.order_ids)).orders
    known = {id: stored.order() for id, stored in found.items()}
    restocked_orders = [known[id] for id in known if found[id].checkout and id in touched.changed_ids]
    named = {line.product_id for order in restocked_orders for line in order.lines} | {*touched.product_ids}
    counted = counted_with(desk.view(shop), named) if restocked_orders else set()
    locks.take(
        Plan(
            coupons={
                discount.id for order in known.values() for discount in order.discounts if discount.origin == "INTERNAL"
            },
            stock={(order.site, id) for order in known.values() for id, _quantity in order.stock}
            | {(order.site, id) for order in restocked_orders for id in counted},
            windows={
                order.delivery.window_id: None
                for id, order in known.items()
                if order.delivery is not None and id in touched.declined_ids
            },
        )
    )


def _outcome(desk: Desk, correction: Correction) -> Corrected:
    try:
        return _corrected(desk, correction)
    except Rejected as rejected:
        return rejected.refused


def _corrected(desk: Desk, correction: Correction) -> StoredOrder | SplitOrder:
    id, command = correction.order_id, correction.command
    stored = orders.lock(desk.tx, correction.shop, [id]).get(id)
    if stored is None:
        raise Rejected(Rejection(Reason.ORDER_NOT_FOUND, id, f"there is no order '{id[:80]}'"))
    if stored.status == COMPLETED and not correction.may_change_completed:
        raise Rejected(Rejection(Reason.CHANGE_FORBIDDEN, id, "the order is COMPLETED: nobody else may change it"))
    edit = _Edit(desk.view(correction.shop), correction, stored, stored.order())
    match command:
        case FieldsChange():
            return _change_fields(edit, command)
        case LinesChange():
            return _keep(edit, _changed_lines(edit, command), keeps=command.keeps)
        case Delivered():
            return _keep(edit, _delivered_lines(edit, command), keeps=True)
        case SplitByVendor():
            return split(edit.view, correction.caller, stored, correction.now)


# ------------------------------------------------------------------------------------------------------------ fields


def _change_fields(edit: _Edit, change: FieldsChange) -> StoredOrder:
    """What may change after the purchase; quantities that are others are calculated again."""
    refuse_if(change.unreadable)
    stored, correction, tx = edit.stored, edit.correction, edit.view.tx
    order = changed(edit.order, change)
    if isinstance(order, Rejection):
        raise Rejected(order)
    _check_owner(edit, order)
    if change.version is not None and change.version != stored.version:
        message = f"the order has the version {stored.version}, not {change.version}: read it again"
        raise Rejected(Rejection(Reason.ORDER_OUTDATED, stored.id, message))
    status = change.status or stored.status
    _check_status(stored, status, order)
    lines = _sent_lines(edit, order, change.lines)
    if lines is not None and status == DECLINED:
        raise invalid("entries", "entries can not change with a status that gives all of them back")
    if lines is not None:
        order = _with_lines(edit, order, lines)
    elif change.recalculates:
        order = repriced(order, edited_lines(order, {}))
    kept = store(tx, correction.caller, stored, order, correction.now)
    if status == stored.status:
        tell_stored(tx, correction.shop, kept, correction.now)
        return kept
    change_statuses(tx, [StatusChange(correction.caller, stored.id, status, correction.now)])
    return replace(kept, status=status, version=kept.version + 1)


def _check_owner(edit: _Edit, order: Order) -> None:
    """Raise Rejected where an order is given to nobody that the shop knows."""
    owner = order.customer.id
    if owner in (None, edit.order.customer.id):
        return
    if customers.find(edit.view.tx, edit.correction.shop, owner or "") is None:
        message = f"there is no customer '{(owner or '')[:80]}' whom the order could be given to"
        raise invalid("customer.id", message)


def _check_status(stored: StoredOrder, status: str, order: Order) -> None:
    """Raise Rejected for a status that the order can not take."""
    if status == stored.status:
        return
    verdict = judge_transition(stored.status, status, by_customer=False, is_shipped=bool(order.shipments))
    if verdict is Verdict.NEEDS_SHIPMENTS:
        raise Rejected(orders.needs_shipments())
    if verdict is not Verdict.ALLOWED:
        message = f"the order can not go from {stored.status} to {status}"
        raise Rejected(Rejection(Reason.ORDER_STATUS_IMPOSSIBLE, "status", message))


def _sent_lines(edit: _Edit, order: Order, sent: Sequence[SentLine] | None) -> list[EditedLine] | None:
    """The lines as a whole document of entries has them; None where it changes no quantity and no product."""
    if sent is None:
        return None
    known = {entry_id(line): line for line in order.lines}
    named = Counter(line.entry_id for line in sent if line.entry_id in known)
    twice = sorted(id for id, count in named.items() if count > 1)
    refuse_if([_wrong("entries", f"the entry {id} is there twice: send it once") for id in twice])
    quantities = dict.fromkeys(known, ZERO)
    added: list[WrittenLine] = []
    for line in sent:
        if line.entry_id in known:
            quantity = line.written.quantity
            quantities[line.entry_id] = quantity if quantity is not None else known[line.entry_id].quantity
        else:
            added.append(line.written)
    if not added and all(known[id].quantity == quantity for id, quantity in quantities.items()):
        return None
    return edited_lines(order, quantities) + _added_lines(edit, order, added)


# ------------------------------------------------------------------------------------------------------------- lines


def _changed_lines(edit: _Edit, command: LinesChange) -> list[EditedLine]:
    """The lines with other quantities, and the new ones behind them."""
    _check_quantities([change.quantity for change in command.changes])
    known = {entry_id(line) for line in edit.order.lines}
    quantities: dict[str, Decimal] = {}
    added: list[WrittenLine] = []
    rejections: list[Rejection] = []
    for place, change in enumerate(command.changes):
        field, id, written = f"entries[{place}]", change.entry_id, change.written
        if id is not None and id in quantities:
            rejections.append(_wrong(f"{field}.entry_id", f"{field}: the entry is there twice"))
        elif (id is None) == (written is None):
            rejections.append(_wrong(field, f"{field}: send either entryId or productId"))
        elif id is not None and id not in known:
            rejections.append(_wrong(f"{field}.entry_id", f"{field}: the order has no such entry"))
        elif id is not None:
            quantities[id] = change.quantity
        elif written is not None and written.product_id in known:
            quantities[written.product_id] = change.quantity
        elif written is not None:
            added.append(written)
    refuse_if(rejections)
    return edited_lines(edit.order, quantities) + _added_lines(edit, edit.order, added)


def _delivered_lines(edit: _Edit, command: Delivered) -> list[EditedLine]:
    """The lines at the quantities that were delivered."""
    _check_quantities([quantity for _id, quantity in command.quantities])
    known = {entry_id(line) for line in edit.order.lines}
    unknown = [id[:80] for id, _quantity in command.quantities if id not in known]
    refuse_if([_wrong("entries", f"the order has no entry {id}") for id in unknown])
    return edited_lines(edit.order, dict(command.quantities))


def _keep(edit: _Edit, lines: Sequence[EditedLine], *, keeps: bool) -> StoredOrder:
    """The order with these lines, stored; or only as it would be."""
    if not keeps:
        return replace(edit.stored, document=text_of(repriced(edit.order, _some(lines))))
    order = _with_lines(edit, edit.order, lines)
    kept = store(edit.view.tx, edit.correction.caller, edit.stored, order, edit.correction.now)
    tell_stored(edit.view.tx, edit.correction.shop, kept, edit.correction.now)
    return kept


def _with_lines(edit: _Edit, order: Order, lines: Sequence[EditedLine]) -> Order:
    """The order with these lines: calculated again, its stock put right; raises Rejected."""
    if edit.stored.status == DECLINED:
        raise invalid("entries", "the entries of a declined order can not change")
    order = repriced(order, _some(lines))
    if order.priced.final_price.gross >= ORDER_TOTAL_MAX:
        raise invalid("entries", "an order is worth less than 10^14")
    return restocked(edit.view, Restocking(edit.stored, edit.order, order, edit.correction.now))


def _added_lines(edit: _Edit, order: Order, written: Sequence[WrittenLine]) -> list[EditedLine]:
    """New lines, at today's prices, under the order's own country and rules; raises Rejected."""
    made = new_lines(edit.view, _terms(edit, order), written, next_line_id(order))
    if isinstance(made, Refused):
        raise Rejected(*made.rejections)
    return made


def _terms(edit: _Edit, order: Order) -> PricingTerms:
    site = edit.view.site(order.site) or edit.view.default_site()
    if site is None:
        raise invalid("entries", f"the site '{order.site[:64]}' does not exist any more: its prices are gone")
    buyer = price_lists.buyer_of(edit.view, order.customer.id, order.legal_entity_id or "")
    context = PriceContext(site, order.rules.currency, order.country, edit.correction.now, buyer)
    return terms_by(edit.view, price_lists.completed(edit.view, context), order.rules)


def _some(lines: Sequence[EditedLine]) -> Sequence[EditedLine]:
    if not lines or len(lines) > LINES_MAX:
        raise invalid("entries", f"an order has 1 to {LINES_MAX} entries")
    return lines


def _check_quantities(quantities: Sequence[Decimal]) -> None:
    refuse_if(
        [quantity_rejection(f"entries[{place}]", quantity) for place, quantity in enumerate(quantities[:LINES_MAX])]
    )


def _wrong(subject: str, message: str) -> Rejection:
    return Rejection(Reason.VALUE_INVALID, subject, message)
