"""Orders: `/order-v2/{tenant}` (docs/wire/emporix.md, 7).

    /orders        shoppers, or a back office for a customer: their own, and declining one that is CREATED
    /salesorders   the back office: all of the shop's, and every step of an order's life

A shopper who asks for somebody else's order is told that there is none.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from tillroll.dialects.emporix.access.saas_checks import acting_for_customers
from tillroll.dialects.emporix.orders.lists import count_all, list_all, list_of_legal_entity, list_own, shown
from tillroll.dialects.emporix.wire.errors import ORDER, Refusal, Reply, respond
from tillroll.dialects.emporix.wire.payload import body_as, reads_of_list
from tillroll.dialects.emporix.wire.resources import iso
from tillroll.dialects.emporix.wire.secured import (
    Access,
    Call,
    Handle,
    Run,
    back_office,
    one_by_one,
    secured,
    secured_many,
)
from tillroll.dialects.http import Problem, Response, Route
from tillroll.domain.orders.order import Verdict
from tillroll.engine.access.access import ANONYMOUS, CUSTOMER, SERVICE
from tillroll.engine.orders import orders
from tillroll.engine.orders.status import JudgedChange, StatusChange, change_statuses
from tillroll.store import Transaction
from tillroll.store.orders.rows import StoredOrder

Status = Literal["IN_CHECKOUT", "CREATED", "CONFIRMED", "SHIPPED", "COMPLETED", "DECLINED"]


class Transition(Struct, frozen=True):
    """The body of a transition."""

    status: Status


def routes() -> list[Route]:
    """The order routes."""
    own, all_orders = "/order-v2/{tenant}/orders", "/order-v2/{tenant}/salesorders"
    read = back_office("order.order_read")
    watch = back_office("order.order_read", "order.order_update", "order.order_update_completed")
    update = back_office("order.order_update", "order.order_update_completed")
    legal_entity = "/order-v2/{tenant}/legal-entity-orders/{legalEntityId}"
    of_legal_entity = Access(frozenset({SERVICE, CUSTOMER}), ("order.order_read_le",))

    def of_shoppers(handle: Handle) -> Run:
        return secured_many(ORDER, _shoppers_or("order.history_view"), acting_for_customers(one_by_one(handle)))

    def writes_own(path: str) -> Route:
        run = secured_many(ORDER, _shoppers_or("order.order_updateascustomer"), acting_for_customers(_change_statuses))
        return Route("POST", path, run, ORDER, body_as(Transition), writes=True)

    def lists(method: str, path: str, run: Run) -> Route:
        return Route(method, path, run, ORDER, reads=reads_of_list)

    def shows(path: str, access: Access, handle: Handle) -> Route:
        return Route("GET", path, secured(ORDER, access, handle), ORDER)

    def writes(path: str, access: Access) -> Route:
        run = secured_many(ORDER, access, _change_statuses)
        return Route("POST", path, run, ORDER, body_as(Transition), writes=True)

    return [
        lists("GET", own, of_shoppers(list_own)),
        Route("GET", own + "/{id}", of_shoppers(_show), ORDER),
        Route("GET", own + "/{id}/transitions", of_shoppers(_show_possible), ORDER),
        writes_own(own + "/{id}/transitions"),
        lists("GET", all_orders, secured(ORDER, read, list_all)),
        lists("HEAD", all_orders, secured(ORDER, read, count_all)),
        shows(all_orders + "/{id}", read, _show),
        shows(all_orders + "/{id}/transitions", watch, _show_possible),
        writes(all_orders + "/{id}/transitions", update),
        shows(all_orders + "/{id}/historical-transitions", read, _show_history),
        lists("GET", legal_entity, secured(ORDER, of_legal_entity, list_of_legal_entity)),
        shows(legal_entity + "/{id}", of_legal_entity, _show_of_legal_entity),
    ]


def _shoppers_or(scope: str) -> Access:
    """Shoppers, and a back office with this scope, which also has to send a customer's saas-token."""
    return Access(frozenset({SERVICE, ANONYMOUS, CUSTOMER}), (scope,))


def _found(answer: Callable[[Transaction, Call, StoredOrder], Reply]) -> Handle:
    """A handler of one order, which answers 404 where the caller has none of this id."""

    def handle(tx: Transaction, call: Call) -> Reply:
        stored = orders.find(tx, call.caller, call.inbound.values["id"])
        return answer(tx, call, stored) if stored is not None else ORDER.refusal(404)

    return handle


@_found
def _show(_tx: Transaction, call: Call, stored: StoredOrder) -> Response:
    return respond(200, shown(call, stored))


@_found
def _show_of_legal_entity(_tx: Transaction, call: Call, stored: StoredOrder) -> Reply:
    if stored.order().legal_entity_id != call.inbound.values["legalEntityId"]:
        return ORDER.refusal(404)
    return respond(200, shown(call, stored))


@_found
def _show_possible(_tx: Transaction, call: Call, stored: StoredOrder) -> Response:
    return respond(200, [{"status": status} for status in orders.possible(stored, call.caller)])


@_found
def _show_history(tx: Transaction, call: Call, stored: StoredOrder) -> Response:
    history = orders.history(tx, call.shop, stored)
    return respond(200, [{"status": one.status, "changedAt": iso(one.changed_at)} for one in history])


def _change_statuses(tx: Transaction, calls: Sequence[Call]) -> list[Reply]:
    """POST of transitions: 204 each, 403 for what customers may not, 400 for what nobody can."""
    changes = [
        StatusChange(call.caller, call.inbound.values["id"], call.inbound.command.status, call.now) for call in calls
    ]
    found = change_statuses(tx, changes)
    return [_changed(call, judged) for call, judged in zip(calls, found, strict=True)]


def _changed(call: Call, judged: JudgedChange | None) -> Reply:
    if judged is None:
        return ORDER.refusal(404)
    if judged.verdict is Verdict.ALLOWED:
        return Response(204, b"", ())
    return _refusal(call, judged, call.inbound.command.status)


def _refusal(call: Call, judged: JudgedChange, wanted: str) -> Refusal:
    before = judged.before
    if judged.verdict is Verdict.FORBIDDEN:
        said = f"Customers are not allowed to change order status from {before.status} to {wanted}"
        return ORDER.refusal(403, message=said)
    if judged.verdict is Verdict.NEEDS_SHIPMENTS:
        said = "the order has no shipments, which it needs to become SHIPPED"
        return ORDER.refusal(400, [Problem("shipments", "missing_value", said)])
    possible = ", ".join(orders.possible(before, call.caller)) or "none"
    said = f"the order can not go from {before.status} to {wanted}; possible now: {possible}"
    return ORDER.refusal(400, [Problem("status", "invalid_transition", said)])
