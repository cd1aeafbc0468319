"""Windows for those who have a checkout of their own: is one free, and take a place of it (docs/wire/emporix.md, 11).

Increments and our own checkouts compete for the same counters. An increment is a back office's: a shopper could fill
every window without buying anything. With an Idempotency-Key it takes one place, however often it is sent.
"""

from collections.abc import Sequence

from msgspec import Struct

from tillroll.dialects.emporix.delivery.errors import Fault, refuse_faults
from tillroll.dialects.emporix.wire.errors import SHIPPING, Refusal, Reply, respond
from tillroll.dialects.emporix.wire.payload import body_as
from tillroll.dialects.emporix.wire.secured import Call, anybody, back_office, secured, secured_many
from tillroll.dialects.http import Route
from tillroll.domain.delivery.delivery import DeliveryWindow, Window, is_date
from tillroll.domain.delivery.request import Misfit, WindowRefusal, find_window
from tillroll.engine.delivery import delivery
from tillroll.engine.delivery.delivery import INCREMENT, Booking
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue, View
from tillroll.engine.shipping import shipping
from tillroll.store import Transaction

_VALIDATION = "/shipping/{tenant}/deliveryWindowValidation"
_INCREMENT = "/shipping/{tenant}/actualDeliveryWindows/incrementCounter"

_SLOT, _DATE, _GONE, _ZONE = (f"VALIDATION-DELIVERY-WINDOW-40000{number}" for number in (1, 2, 3, 4))
_CODES = {Misfit.ZONE_MISSING: _ZONE, Misfit.DATE_UNREADABLE: _DATE}


class AskedWindow(Struct, rename="camel", frozen=True):
    """The window that is asked for; a slot may be missing on paper, and is needed all the same."""

    delivery_window_id: str
    delivery_date: str
    slot_id: str | None = None


def routes(catalogue: Catalogue) -> list[Route]:
    """The routes of those who check out by themselves."""
    decode = body_as(AskedWindow)

    def validate(tx: Transaction, call: Call) -> Reply:
        view = catalogue.view(tx, call.shop)
        window = _window(view, call)
        if isinstance(window, Refusal):
            return window
        count = delivery.taken(tx, call.shop, [window.id]).get(window.id, 0)
        return respond(200, True) if count < window.slot.capacity else _full(window)

    def increment(tx: Transaction, calls: Sequence[Call]) -> Sequence[Reply]:
        return _increment_all(tx, catalogue, calls)

    return [
        Route("POST", _VALIDATION, secured(SHIPPING, anybody(), validate), SHIPPING, decode),
        Route("POST", _INCREMENT, secured_many(SHIPPING, back_office(), increment), SHIPPING, decode, writes=True),
    ]


def _window(view: View, call: Call) -> Window | Refusal:
    """The open window that is asked for, or why there is none."""
    asked: AskedWindow = call.inbound.command
    faults = []
    if not asked.slot_id:
        faults.append(Fault(_SLOT, "slotId"))
    if not is_date(asked.delivery_date):
        faults.append(Fault(_DATE, "deliveryDate"))
    if faults:
        return refuse_faults(faults)
    loaded = view.loaded(Kind.DELIVERY_TIME, asked.delivery_window_id)
    if loaded is None:
        message = f"there is no delivery window '{asked.delivery_window_id[:80]}'"
        return refuse_faults([Fault(_GONE, "deliveryWindowId", message)])
    wanted = DeliveryWindow(asked.delivery_window_id, asked.slot_id, asked.delivery_date)
    found = find_window(delivery.calendar(view, loaded.value.site_code), wanted, call.now)
    if isinstance(found, list):
        return refuse_faults([_fault(refusal) for refusal in found])
    if view.zone(found.time.site_code, found.time.zone_id or "") is None:
        return refuse_faults([Fault(_ZONE, "zoneId")])
    return found if shipping.is_offered(view, found) else refuse_faults([Fault(_GONE, "slotId")])


def _fault(refusal: WindowRefusal) -> Fault:
    names = {"id": "deliveryWindowId"}
    field = names.get(refusal.field, refusal.field)
    return Fault(_CODES.get(refusal.misfit, _GONE), field, refusal.message)


def _full(window: Window) -> Refusal:
    message = f"the slot {window.slot.id} on {window.day} is fully booked: choose another window"
    return refuse_faults([Fault(_GONE, "slotId", message)])


def _increment_all(tx: Transaction, catalogue: Catalogue, calls: Sequence[Call]) -> list[Reply]:
    """Take a place for each call, all counters locked first, so that a crowd of calls never waits in a ring."""
    answers: dict[int, Reply] = {}
    by_shop: dict[str, list[int]] = {}
    for position, call in enumerate(calls):
        by_shop.setdefault(call.shop, []).append(position)
    for shop in sorted(by_shop):
        view = catalogue.view(tx, shop)
        wanted: dict[int, Window] = {}
        for position in by_shop[shop]:
            window = _window(view, calls[position])
            if isinstance(window, Refusal):
                answers[position] = window
            else:
                wanted[position] = window
        answers |= _increment(tx, shop, wanted, {position: calls[position] for position in wanted})
    return [answers[position] for position in range(len(calls))]


def _increment(tx: Transaction, shop: str, wanted: dict[int, Window], calls: dict[int, Call]) -> dict[int, Reply]:
    now = max((call.now for call in calls.values()), default=0)
    taken = delivery.lock(tx, shop, wanted.values(), now)
    answers: dict[int, Reply] = {}
    bookings = []
    for position, window in wanted.items():
        if taken[window.id] >= window.slot.capacity:
            answers[position] = _full(window)
            continue
        taken[window.id] += 1
        bookings.append(Booking(window.id, window.slot.capacity, INCREMENT, calls[position].inbound.id))
        answers[position] = respond(200, True)
    if bookings and not delivery.take(tx, shop, bookings, now):
        raise AssertionError("a delivery window filled up under its lock")
    return answers
