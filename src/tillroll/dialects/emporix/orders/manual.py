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

from msgspec import Struct

from tillroll.dialects.emporix.orders.compose import fields_change, written_line, written_order
from tillroll.dialects.emporix.orders.errors import UPDATE, UPDATE_COMPLETED, refusal_of
from tillroll.dialects.emporix.orders.lists import search, shown
from tillroll.dialects.emporix.orders.requests import Entry, OrderFields, fields_of
from tillroll.dialects.emporix.wire.errors import ORDER, Reply, encode, respond
from tillroll.dialects.emporix.wire.payload import body_as, flag
from tillroll.dialects.emporix.wire.rejections import duplicate
from tillroll.dialects.emporix.wire.resources import Document, read_document
from tillroll.dialects.emporix.wire.secured import Call, Handle, Run, back_office, secured, secured_many
from tillroll.dialects.emporix.wire.yrn import order_yrn
from tillroll.dialects.http import JSON_CONTENT, Inbound, Response, Route
from tillroll.domain.orders.commands import Delivered, LinesChange, OrderCommand, QuantityChange, SplitByVendor
from tillroll.domain.rejections import Refused
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.orders import manual as manual_orders
from tillroll.engine.orders.corrections import Correction, correct_orders
from tillroll.engine.orders.manual import BoughtAlready
from tillroll.engine.orders.split import SplitOrder
from tillroll.store import Transaction
from tillroll.store.orders.rows import StoredOrder


class EntryChange(Struct, frozen=True, rename="camel"):
    """Another quantity for an entry, or so much of a product that is new in the order."""

    quantity: Decimal
    entry_id: str | None = None
    product_id: str | None = None


class EntryChanges(Struct, frozen=True):
    """The body of `entries`."""

    entries: tuple[EntryChange, ...]


class DeliveredEntry(Struct, frozen=True, rename="camel"):
    """How much of an entry was delivered."""

    entry_id: str
    delivered_amount: Decimal


class Deliveries(Struct, frozen=True):
    """The body of `calculations`."""

    entries: tuple[DeliveredEntry, ...]


class Split(Struct, frozen=True, rename="camel"):
    """The body of `split`."""

    split_by: Literal["VENDOR_ID"] = "VENDOR_ID"


class Search(Struct, frozen=True):
    """The body of `search`."""

    q: str | None = None


# What a request asks to be changed, and how its answer shows what came of it.
Read = Callable[[Call], OrderCommand]
Show = Callable[[Call, StoredOrder], Reply]


def routes(catalogue: Catalogue) -> list[Route]:
    """The routes of orders by hand."""
    many = "/order-v2/{tenant}/salesorders"
    one = many + "/{id}"
    update = (UPDATE, UPDATE_COMPLETED)

    def writes(place: str, scopes: tuple[str, ...], handle: Handle, decode: Any = None) -> Route:
        method, path = place.split(" ")
        return Route(method, path, _run(scopes, handle), ORDER, decode, writes=True)

    def create(tx: Transaction, call: Call) -> Reply:
        return _create(Desk(tx, catalogue), call)

    def edits(place: str, scopes: tuple[str, ...], read: Read, decode: Any) -> Route:
        method, path = place.split(" ")
        show = _done if method in ("PUT", "PATCH") else _whole

        def correct(tx: Transaction, calls: Sequence[Call]) -> list[Reply]:
            outcomes = correct_orders(Desk(tx, catalogue), [_correction(call, read) for call in calls])
            return [_answer(call, outcome, show) for call, outcome in zip(calls, outcomes, strict=True)]

        return Route(method, path, secured_many(ORDER, back_office(*scopes), correct), ORDER, decode, writes=True)

    return [
        writes(f"POST {many}", ("order.order_create",), create, _read),
        Route("POST", many + "/search", _run(("order.order_read",), search), ORDER, body_as(Search), reads="search"),
        edits(f"PUT {one}", update, _fields, _read),
        edits(f"PATCH {one}", update, _fields, _read),
        writes(f"DELETE {one}", ("order.order_delete",), _delete),
        edits(f"POST {one}/entries", update, _entries, body_as(EntryChanges)),
        edits(f"POST {one}/calculations", update, _deliveries, body_as(Deliveries)),
        edits(f"POST {one}/split", (UPDATE,), _split, body_as(Split)),
    ]


def _run(scopes: tuple[str, ...], handle: Handle) -> Run:
    return secured(ORDER, back_office(*scopes), handle)


def _read(inbound: Inbound) -> tuple[OrderFields, Document]:
    document = read_document(inbound)
    return fields_of(document), document


def _create(desk: Desk, call: Call) -> Reply:
    """POST: 201 `{id, yrn}`; 409 where the cart is an order already."""
    fields: OrderFields = call.inbound.command[0]
    written = manual_orders.write_down(desk.view(call.shop), call.caller, written_order(fields, call.shop), call.now)
    if isinstance(written, BoughtAlready):
        return duplicate("cartId", written.cart_id, written.order_id)
    if isinstance(written, Refused):
        return refusal_of(written)
    location = f"{call.inbound.path.rstrip('/')}/{written}".encode()
    body = {"id": written, "yrn": order_yrn(call.shop, written)}
    return Response(201, encode(body), (JSON_CONTENT, (b"location", location)))


def _delete(tx: Transaction, call: Call) -> Reply:
    """DELETE: 204; 404 where there is none."""
    if not manual_orders.remove(tx, call.caller, call.inbound.values["id"], call.now):
        return ORDER.refusal(404)
    return Response(204, b"", ())


# ------------------------------------------------------------------------------------------------------- corrections


def _correction(call: Call, read: Read) -> Correction:
    """What a call asks for; a completed order needs a scope of its own."""
    may_change_completed = UPDATE_COMPLETED in call.caller.scopes
    return Correction(call.caller, call.inbound.values["id"], read(call), call.now, may_change_completed)


def _answer(call: Call, outcome: StoredOrder | SplitOrder | Refused, show: Show) -> Reply:
    """404 for an unknown order, 403 for a completed one without its scope, 409 for a version that has passed."""
    if isinstance(outcome, Refused):
        return refusal_of(outcome)
    return _parts(outcome) if isinstance(outcome, SplitOrder) else show(call, outcome)


def _fields(call: Call) -> OrderCommand:
    """PUT and PATCH: what was calculated is not taken from the client, other quantities are calculated again."""
    fields, document = call.inbound.command
    return fields_change(fields, document, call.shop, recalculates=flag(call.inbound.query, "recalculate"))


def _entries(call: Call) -> OrderCommand:
    """POST of entries: the order as it would be; `store=true` keeps it."""
    asked: EntryChanges = call.inbound.command
    changes = tuple([_quantity_change(entry, call.shop) for entry in asked.entries])
    return LinesChange(changes, keeps=flag(call.inbound.query, "store"))


def _quantity_change(asked: EntryChange, tenant: str) -> QuantityChange:
    new = Entry(id=asked.product_id, amount=asked.quantity) if asked.product_id is not None else None
    return QuantityChange(asked.quantity, asked.entry_id, written_line(new, tenant) if new is not None else None)


def _deliveries(call: Call) -> OrderCommand:
    """POST of calculations: the order at the quantities that were delivered, which are kept."""
    asked: Deliveries = call.inbound.command
    return Delivered(tuple([(entry.entry_id, entry.delivered_amount) for entry in asked.entries]))


def _split(_call: Call) -> OrderCommand:
    """POST of a split: an order for each vendor."""
    return SplitByVendor()


def _done(_call: Call, _stored: StoredOrder) -> Response:
    return Response(204, b"", ())


def _whole(call: Call, stored: StoredOrder) -> Response:
    return respond(200, shown(call, stored))


def _parts(split: SplitOrder) -> Response:
    """200 with the orders that one became."""
    parts = [{"id": id, "uniqueValue": vendor} if vendor else {"id": id} for id, vendor in split.parts]
    return respond(200, {"masterOrder": split.order_id, "splitBy": "VENDOR_ID", "subOrders": parts})
