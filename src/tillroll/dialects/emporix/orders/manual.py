"""Orders in the hands of the back office: written, corrected, split, deleted (docs/wire/emporix.md, 7).

POST   /salesorders                     201, an order with a number like any other; nothing is sold by it
PUT    /salesorders/{id}  PATCH         204, what may change after the purchase; sums are calculated again
POST   /salesorders/{id}/entries        200, other quantities and products; stored with `store=true`
POST   /salesorders/{id}/calculations   200, the quantities that were delivered
POST   /salesorders/{id}/split          200, an order for each vendor
DELETE /salesorders/{id}                204, out of everybody's sight
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.dialects.emporix.orders.compose import changed, composed, entry_lines
from tillroll.dialects.emporix.orders.lists import search, shown
from tillroll.dialects.emporix.orders.requests import Entry, OrderFields, fields_of
from tillroll.dialects.emporix.wire.errors import ORDER, encode, respond
from tillroll.dialects.emporix.wire.fields import quantity_problem
from tillroll.dialects.emporix.wire.payload import body_as, flag, refuse_if
from tillroll.dialects.emporix.wire.rejections import duplicate
from tillroll.dialects.emporix.wire.resources import Document, expected_version, read_document
from tillroll.dialects.emporix.wire.secured import Call, Handle, Run, back_office, secured, secured_many
from tillroll.dialects.emporix.wire.yrn import order_yrn
from tillroll.dialects.http import JSON_CONTENT, Inbound, Malformed, Problem, Response, Route
from tillroll.domain.catalogue.products import Product
from tillroll.domain.orders.edit import EditedLine, edited_lines, entry_id, repriced
from tillroll.domain.orders.order import COMPLETED, CREATED, DECLINED, Order, OrderLine, Verdict, judge_transition
from tillroll.domain.prices.match import PriceContext
from tillroll.domain.pricing.terms import PricingTerms
from tillroll.engine.checkout import load as facts
from tillroll.engine.customers import customers
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue, View
from tillroll.engine.orders import manual as manual_orders
from tillroll.engine.orders import orders
from tillroll.engine.orders import status as order_status
from tillroll.engine.orders.manual import Edits, Needs, NewOrder, OutOfStock
from tillroll.engine.prices import lists as price_lists
from tillroll.engine.prices.terms import terms_by
from tillroll.store import Transaction
from tillroll.store.orders.rows import StoredOrder

UPDATE, UPDATE_COMPLETED = "order.order_update", "order.order_update_completed"
ENTRIES_MAX = 500

STALE = "Order update cannot be done. Update version is not valid."


class EntryChange(Struct, frozen=True, rename="camel"):
    """Another quantity for an entry, or so much of a product that is new in the order."""

    quantity: Decimal
    entry_id: str | None = None
    product_id: str | None = None


class EntryChanges(Struct, frozen=True):
    """The body of `entries`."""

    entries: tuple[EntryChange, ...]


class Delivered(Struct, frozen=True, rename="camel"):
    """How much of an entry was delivered."""

    entry_id: str
    delivered_amount: Decimal


class Deliveries(Struct, frozen=True):
    """The body of `calculations`."""

    entries: tuple[Delivered, ...]


class Split(Struct, frozen=True, rename="camel"):
    """The body of `split`."""

    split_by: Literal["VENDOR_ID"] = "VENDOR_ID"


class Search(Struct, frozen=True):
    """The body of `search`."""

    q: str | None = None


class Edit(Struct):
    """One change of one order on its way: what it is now, and what it will be."""

    call: Call
    view: View
    stored: StoredOrder
    order: Order


Change = Callable[[Transaction, Edit], Response]


def routes(catalogue: Catalogue) -> list[Route]:
    """The routes of orders by hand."""
    many = "/order-v2/{tenant}/salesorders"
    one = many + "/{id}"
    update = (UPDATE, UPDATE_COMPLETED)

    def writes(place: str, scopes: tuple[str, ...], handle: Handle, decode: Any = None) -> Route:
        method, path = place.split(" ")
        return Route(method, path, _run(scopes, handle), ORDER, decode, writes=True)

    def create(tx: Transaction, call: Call) -> Response:
        return _create(tx, catalogue.view(tx, call.shop), call)

    def edits(place: str, scopes: tuple[str, ...], change: Change, decode: Any) -> Route:
        def handle_many(tx: Transaction, calls: Sequence[Call]) -> list[Response]:
            _lock_ahead(tx, calls)
            return [_edited(tx, catalogue, call, change) for call in calls]

        method, path = place.split(" ")
        return Route(method, path, secured_many(ORDER, back_office(*scopes), handle_many), ORDER, decode, writes=True)

    return [
        writes(f"POST {many}", ("order.order_create",), create, _read),
        Route("POST", many + "/search", _run(("order.order_read",), search), ORDER, body_as(Search), reads="search"),
        edits(f"PUT {one}", update, _replace, _read),
        edits(f"PATCH {one}", update, _replace, _read),
        writes(f"DELETE {one}", ("order.order_delete",), _delete),
        edits(f"POST {one}/entries", update, _change_entries, body_as(EntryChanges)),
        edits(f"POST {one}/calculations", update, _calculate, body_as(Deliveries)),
        edits(f"POST {one}/split", (UPDATE,), _split, body_as(Split)),
    ]


def _run(scopes: tuple[str, ...], handle: Handle) -> Run:
    return secured(ORDER, back_office(*scopes), handle)


def _read(inbound: Inbound) -> tuple[OrderFields, Document]:
    document = read_document(inbound)
    return fields_of(document), document


def _create(tx: Transaction, view: View, call: Call) -> Response:
    """POST: 201 `{id, yrn}`; 409 where the cart is an order already."""
    fields: OrderFields = call.inbound.command[0]
    if fields.checkout:
        bought = orders.id_of_cart(tx, call.shop, fields.cart_id or "")
        if bought is not None:
            return duplicate("cartId", fields.cart_id or "", bought)
        message = "checkout is for orders of carts: buy the cart, or leave it out"
        return ORDER.refuse(400, [Problem("checkout", "invalid_value", message)])
    try:
        order = composed(view, fields, call.now)
    except Malformed as malformed:
        return ORDER.refuse(400, malformed.problems)
    status = fields.status or CREATED
    if status == "SHIPPED" and not order.shipments:
        return ORDER.refuse(400, [_needs_shipments()])
    new = NewOrder(order, status, order.customer.id, call.now)
    (id,) = manual_orders.write(tx, view, call.caller, [new])
    location = f"{call.inbound.path.rstrip('/')}/{id}".encode()
    body = {"id": id, "yrn": order_yrn(call.shop, id)}
    return Response(201, encode(body), (JSON_CONTENT, (b"location", location)))


def _delete(tx: Transaction, call: Call) -> Response:
    """DELETE: 204; 404 where there is none."""
    id = call.inbound.values["id"]
    if id not in orders.lock(tx, call.shop, [id]) or not manual_orders.remove(tx, call.caller, id, call.now):
        return ORDER.refuse(404)
    return Response(204, b"", ())


def _lock_ahead(tx: Transaction, calls: Sequence[Call]) -> None:
    """Lock all that these changes may touch, shop by shop."""
    by_shop: dict[str, list[Call]] = {}
    for call in calls:
        by_shop.setdefault(call.shop, []).append(call)
    for shop in sorted(by_shop):
        calls_of_shop = by_shop[shop]
        ids = {call.inbound.values["id"] for call in calls_of_shop}
        new = {one.product_id for call in calls_of_shop for one in _named(call) if one.product_id is not None}
        declined = {call.inbound.values["id"] for call in calls_of_shop if _declines(call)}
        manual_orders.lock_ahead(tx, shop, Edits(ids, new, declined))


def _declines(call: Call) -> bool:
    command = call.inbound.command
    return isinstance(command, tuple) and command[0].status == DECLINED


def _named(call: Call) -> Sequence[EntryChange]:
    command = call.inbound.command
    return command.entries if isinstance(command, EntryChanges) else ()


def _edited(tx: Transaction, catalogue: Catalogue, call: Call, change: Change) -> Response:
    """One change of a locked order; 404 where there is none, 403 for a completed one without its scope."""
    id = call.inbound.values["id"]
    stored = orders.lock(tx, call.shop, [id]).get(id)
    if stored is None:
        return ORDER.refuse(404)
    wanted = UPDATE_COMPLETED if stored.status == COMPLETED else UPDATE
    if wanted not in call.caller.scopes and not (wanted == UPDATE and UPDATE_COMPLETED in call.caller.scopes):
        return ORDER.forbidden([wanted])
    try:
        answer = change(tx, Edit(call, catalogue.view(tx, call.shop), stored, stored.order()))
    except Malformed as malformed:
        return ORDER.refuse(400, malformed.problems)
    except OutOfStock as short:
        message = f"{short.left} of the product {short.product_id} are left: reduce the quantity"
        return ORDER.refuse(400, [Problem("entries", "out_of_stock", message)])
    return answer


def _replace(tx: Transaction, edit: Edit) -> Response:
    """PUT and PATCH: 204; what was calculated is not taken from the client, other quantities are calculated again."""
    fields, document = edit.call.inbound.command
    stored, order = edit.stored, changed(edit.order, fields)
    owner = order.customer.id
    if owner not in (None, edit.order.customer.id) and customers.find(tx, edit.call.shop, owner or "") is None:
        message = f"there is no customer '{(owner or '')[:80]}' whom the order could be given to"
        return ORDER.refuse(400, [Problem("customer.id", "invalid_value", message)])
    version = expected_version(document)
    if version is not None and version != stored.version:
        return ORDER.refuse(409, message=STALE)
    status = fields.status or stored.status
    verdict = judge_transition(stored.status, status, by_customer=False, is_shipped=bool(order.shipments))
    if status != stored.status and verdict is not Verdict.ALLOWED:
        message = f"the order can not go from {stored.status} to {status}"
        problem = Problem("status", "invalid_transition", message)
        return ORDER.refuse(400, [_needs_shipments() if verdict is Verdict.NEEDS_SHIPMENTS else problem])
    lines = _sent_lines(edit, order, fields.entries)
    if lines is not None and status == DECLINED:
        message = "entries can not change with a status that gives all of them back"
        return ORDER.refuse(400, [Problem("entries", "invalid_value", message)])
    if lines is not None:
        order = _with_lines(tx, edit, order, lines)
    elif flag(edit.call.inbound.query, "recalculate"):
        order = repriced(order, edited_lines(order, {}))
    manual_orders.store(tx, edit.call.caller, stored, order, edit.call.now)
    if status != stored.status:
        order_status.change_statuses(
            tx, [order_status.StatusChange(edit.call.caller, stored.id, status, edit.call.now)]
        )
    return Response(204, b"", ())


def _sent_lines(edit: Edit, order: Order, entries: tuple[Entry, ...] | None) -> list[EditedLine] | None:
    """The lines as a whole document of entries has them; None where it changes no quantity and no product."""
    if entries is None:
        return None
    known = {entry_id(line): line for line in order.lines}
    named = [entry.id for entry in entries if entry.id in known]
    twice = sorted({id for id in named if named.count(id) > 1})
    refuse_if([Problem("entries", "invalid_value", f"the entry {id} is there twice: send it once") for id in twice])
    quantities = {id: Decimal(0) for id in known}
    added = []
    for entry in entries:
        if entry.id in known:
            quantities[entry.id] = entry.quantity if entry.quantity is not None else known[entry.id].quantity
        else:
            added.append(entry)
    if not added and all(known[id].quantity == quantity for id, quantity in quantities.items()):
        return None
    return edited_lines(order, quantities) + entry_lines(edit.view, _terms(edit, order), added, _next_line_id(order))


def _change_entries(tx: Transaction, edit: Edit) -> Response:
    """POST: 200 with the order as it would be; `store=true` keeps it."""
    asked: EntryChanges = edit.call.inbound.command
    _check_quantities([one.quantity for one in asked.entries])
    known = {entry_id(line) for line in edit.order.lines}
    quantities: dict[str, Decimal] = {}
    added: list[Entry] = []
    problems: list[Problem | None] = []
    for place, one in enumerate(asked.entries):
        field = f"entries[{place}]"
        if one.entry_id is not None and one.entry_id in quantities:
            problems.append(Problem(f"{field}.entryId", "invalid_value", f"{field}: the entry is there twice"))
        elif (one.entry_id is None) == (one.product_id is None):
            problems.append(Problem(field, "invalid_value", f"{field}: send either entryId or productId"))
        elif one.entry_id is not None and one.entry_id not in known:
            problems.append(Problem(f"{field}.entryId", "invalid_value", f"{field}: the order has no such entry"))
        elif one.entry_id is not None:
            quantities[one.entry_id] = one.quantity
        elif one.product_id in known:
            quantities[one.product_id or ""] = one.quantity
        else:
            added.append(Entry(id=one.product_id, amount=one.quantity))
    refuse_if(problems)
    lines = edited_lines(edit.order, quantities)
    lines += entry_lines(edit.view, _terms(edit, edit.order), added, _next_line_id(edit.order))
    return _answered(tx, edit, lines, stores=flag(edit.call.inbound.query, "store"))


def _calculate(tx: Transaction, edit: Edit) -> Response:
    """POST: 200 with the order at the quantities that were delivered, which are kept."""
    asked: Deliveries = edit.call.inbound.command
    _check_quantities([one.delivered_amount for one in asked.entries])
    known = {entry_id(line) for line in edit.order.lines}
    unknown = [one.entry_id[:80] for one in asked.entries if one.entry_id not in known]
    refuse_if([Problem("entries", "invalid_value", f"the order has no entry {id}") for id in unknown])
    quantities = {one.entry_id: one.delivered_amount for one in asked.entries}
    return _answered(tx, edit, edited_lines(edit.order, quantities), stores=True)


def _answered(tx: Transaction, edit: Edit, lines: list[EditedLine], *, stores: bool) -> Response:
    stored, call = edit.stored, edit.call
    if not stores:
        order = repriced(edit.order, _some(lines))
        preview = replace(stored, document=encode(order).decode())
        return respond(200, shown(call, preview))
    order = _with_lines(tx, edit, edit.order, lines)
    manual_orders.store(tx, call.caller, stored, order, call.now)
    kept = replace(stored, document=encode(order).decode(), version=stored.version + 1)
    return respond(200, shown(call, kept))


def _with_lines(tx: Transaction, edit: Edit, order: Order, lines: list[EditedLine]) -> Order:
    """The order with these lines: calculated again, its stock put right; raises Malformed and OutOfStock."""
    if edit.stored.status == DECLINED:
        message = "the entries of a declined order can not change"
        raise Malformed([Problem("entries", "invalid_value", message)])
    order = repriced(order, _some(lines))
    if order.priced.final_price.gross >= Decimal(10) ** 14:
        raise Malformed([Problem("entries", "invalid_value", "an order is worth less than 10^14")])
    if not _takes_stock(edit, order):
        return order
    needs = Needs(_stock_needed(edit.view, edit.order), _stock_needed(edit.view, order))
    return manual_orders.restocked(tx, edit.call.shop, edit.stored, order, needs, edit.call.now)


def _takes_stock(edit: Edit, order: Order) -> bool:
    """Whether an order takes stock, also while it holds none; an older one that does not say so, as the shop does."""
    if not edit.stored.checkout:
        return False
    if order.takes_stock is None:
        return bool(order.stock) or facts.takes_stock(edit.view)
    return order.takes_stock


def _stock_needed(view: View, order: Order) -> dict[str, Decimal]:
    """What an order's lines take of each product's stock, bundles by their members."""
    view.load(Kind.PRODUCT, {line.product_id for line in order.lines})
    needed: dict[str, Decimal] = {}
    for line in order.lines:
        product: Product | None = view.product(line.product_id)
        for id, quantity in (
            product.stock_needed(line.quantity) if product is not None else ((line.product_id, line.quantity),)
        ):
            needed[id] = needed.get(id, Decimal(0)) + quantity
    return needed


def _split(tx: Transaction, edit: Edit) -> Response:
    """POST: 200 with the orders that it became, one for each vendor; what can not be split is a 400."""
    stored, order, call = edit.stored, edit.order, edit.call
    vendors = [_vendor(line) for line in order.lines]
    reason = None
    if stored.status != CREATED:
        reason = f"only an order that is CREATED can be split, this one is {stored.status}"
    elif order.order_type is not None:
        reason = "the order is part of a split already"
    elif order.priced.total_discount is not None:
        reason = "orders with discounts can not be split"
    elif len(set(vendors)) < 2:
        reason = "all entries are of one vendor"
    if reason is not None:
        return ORDER.refuse(400, [Problem("splitBy", "invalid_value", reason)])
    values = list(dict.fromkeys(vendors))
    parts = [_part_of(stored, order, value) for value in values]
    new = [NewOrder(part, CREATED, stored.customer_id, call.now, stored.session_id) for part in parts]
    ids = manual_orders.write(tx, edit.view, call.caller, new)
    master = replace(order, order_type="MASTER_ORDER", split_by="VENDOR_ID", sub_orders=tuple(ids))
    manual_orders.store(tx, call.caller, stored, master, call.now)
    found = [{"id": id, "uniqueValue": value} if value else {"id": id} for id, value in zip(ids, values, strict=True)]
    return respond(200, {"masterOrder": stored.id, "splitBy": "VENDOR_ID", "subOrders": found})


def _part_of(stored: StoredOrder, order: Order, value: str) -> Order:
    """The entries of one vendor as an order of their own: what is shipped and paid stays with the whole."""
    lines = [one for one in edited_lines(order, {}) if _vendor(one.line) == value]
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
        order_type="SUB_ORDER",
        master_order=stored.id,
        split_by="VENDOR_ID",
        split_value=value or None,
    )
    return repriced(bare, lines)


def _vendor(line: OrderLine) -> str:
    vendor = msgspec.json.decode(line.product).get("vendor")
    id = vendor.get("id") if isinstance(vendor, dict) else None
    return id if isinstance(id, str) else ""


def _terms(edit: Edit, order: Order) -> PricingTerms:
    """What new entries of an order are priced under: today's prices, and the order's own country and rules."""
    site = edit.view.site(order.site) or edit.view.default_site()
    assert site is not None
    buyer = price_lists.buyer_of(edit.view, order.customer.id, order.legal_entity_id or "")
    context = PriceContext(site, order.rules.currency, order.country, edit.call.now, buyer)
    return terms_by(edit.view, price_lists.completed(edit.view, context), order.rules)


def _next_line_id(order: Order) -> int:
    return 1 + max((int(line.line_id) for line in order.lines if line.line_id.isdigit()), default=-1)


def _some(lines: list[EditedLine]) -> list[EditedLine]:
    if not lines or len(lines) > ENTRIES_MAX:
        raise Malformed([Problem("entries", "invalid_value", f"an order has 1 to {ENTRIES_MAX} entries")])
    return lines


def _check_quantities(quantities: Sequence[Decimal]) -> None:
    refuse_if(
        [quantity_problem(f"entries[{place}]", quantity) for place, quantity in enumerate(quantities[:ENTRIES_MAX])]
    )


def _needs_shipments() -> Problem:
    return Problem("shipments", "missing_value", "the order has no shipments, which it needs to become SHIPPED")
