"""The windows that can be booked: `/shipping/{tenant}/actualDeliveryWindows/{cartId}` and what belongs to it
(docs/wire/emporix.md, 11).
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from tillroll.dialects.emporix.delivery.errors import Fault, refuse_faults
from tillroll.dialects.emporix.wire.errors import SHIPPING, Reply, respond
from tillroll.dialects.emporix.wire.fields import ZIP_CHARACTERS_MAX
from tillroll.dialects.emporix.wire.payload import body_as, refuse_if, typed
from tillroll.dialects.emporix.wire.resources import Document, iso
from tillroll.dialects.emporix.wire.secured import Call, anybody, back_office, secured
from tillroll.dialects.http import Problem, Route
from tillroll.domain.delivery.delivery import DeliveryTime, Window, is_date, local_day, window_on, windows
from tillroll.domain.times import time_zone
from tillroll.engine.cart import carts
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.delivery import delivery
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue, View
from tillroll.engine.shipping import shipping
from tillroll.engine.shipping.shipping import Destination
from tillroll.store import Transaction

# A month of a busy zone has fewer; more than anybody can choose from are not answered at once.
WINDOWS_MAX = 500

_ACTUAL = "/shipping/{tenant}/actualDeliveryWindows"
_AREA = "/shipping/{tenant}/areaDeliveryTimes/{deliveryAreaId}/{cartId}"
_CYCLES = "/shipping/{tenant}/delivery-cycles/generate"


def routes(catalogue: Catalogue) -> list[Route]:
    """The routes of windows."""

    def show(tx: Transaction, call: Call) -> Reply:
        return _show_windows(tx, catalogue.view(tx, call.shop), call)

    def show_area(tx: Transaction, call: Call) -> Reply:
        return _show_area(tx, catalogue.view(tx, call.shop), call)

    def cycle(tx: Transaction, call: Call) -> Reply:
        return _cycle(catalogue.view(tx, call.shop), call)

    manage = back_office("shipping.shipping_manage")
    return [
        Route("GET", _ACTUAL + "/{cartId}", secured(SHIPPING, anybody(), show), SHIPPING),
        Route("GET", _AREA, secured(SHIPPING, anybody(), show_area), SHIPPING),
        # Nothing is stored: a name is computed.
        Route("POST", _CYCLES, secured(SHIPPING, manage, cycle), SHIPPING, body_as(CycleRequest)),
    ]


def own_cart(tx: Transaction, call: Call) -> StoredCart | None:
    """The open cart of the path, where it is the caller's; a back office sees every cart."""
    cart_id = call.inbound.values["cartId"]
    stored = carts.find(tx, call.shop, [cart_id]).get(cart_id)
    return stored if stored is not None and stored.is_open and carts.belongs_to(stored, call.caller) else None


def _show_windows(tx: Transaction, view: View, call: Call) -> Reply:
    """GET: the windows of the zones that the cart's place is in, soonest first, without those that are full."""
    stored = own_cart(tx, call)
    if stored is None:
        return SHIPPING.refusal(404)
    cart, postal_code = stored.cart, typed(call.inbound.query, "postalCode")
    place = shipping.place_of(cart)
    zip_code = postal_code or (place.zip_code if place is not None else "")
    country = place.country if place is not None else ""
    refuse_if(
        [
            None if country else _missing("countryCode"),
            None if zip_code else _missing("zipCode"),
            None
            if len(postal_code) <= ZIP_CHARACTERS_MAX
            else Problem(
                "postalCode", "invalid_field", f"postalCode must have at most {ZIP_CHARACTERS_MAX} characters"
            ),
        ]
    )
    zones = shipping.zones_for(view, cart.site, Destination(country, zip_code))
    found = bookable(tx, view, (cart.site, [zone.id for zone in zones]), call.now)
    return respond(200, [shown_window(window) for window in found[:WINDOWS_MAX]])


def _missing(name: str) -> Problem:
    return Problem(name, "missing_field", f"the cart has no {name}: set its countryCode and zipCode")


def _show_area(tx: Transaction, view: View, call: Call) -> Reply:
    """GET, deprecated: the windows of one zone, which it calls an area, with local cut-offs and without cycles."""
    stored = own_cart(tx, call)
    if stored is None:
        return SHIPPING.refusal(404)
    site, zone_id = typed(call.inbound.query, "siteCode") or stored.cart.site, call.inbound.values["deliveryAreaId"]
    if view.zone(site, zone_id) is None:
        return SHIPPING.refusal(404)
    found = bookable(tx, view, (site, [zone_id]), call.now)
    shown = [(window, shown_window(window)) for window in found[:WINDOWS_MAX]]
    names = ("id", "deliveryDate", "deliveryTimeRange", "deliveryMethod", "slotId")
    return respond(
        200,
        [{name: document[name] for name in names} | {"cutOffTime": window.local_cut_off} for window, document in shown],
    )


class CycleRequest(Struct, rename="camel", frozen=True):
    """The window whose delivery cycle is to be named."""

    delivery_time_id: str
    slot_id: str
    delivery_date: str


def _cycle(view: View, call: Call) -> Reply:
    """POST: 201 with the name of a window's delivery cycle, whether or not it can still be booked."""
    asked: CycleRequest = call.inbound.command
    loaded = view.loaded(Kind.DELIVERY_TIME, asked.delivery_time_id)
    if loaded is None:
        return refuse_faults([Fault("DELIVERY-TIME-404002", "deliveryTimeId")])
    time: DeliveryTime = loaded.value
    slot, zone = time.slot(asked.slot_id), time_zone(time.time_zone_id)
    if slot is None:
        return refuse_faults([Fault("DELIVERY-TIME-SLOT-404001", "slotId")])
    day = local_day(asked.delivery_date, zone) if zone is not None and is_date(asked.delivery_date) else None
    if day is None:
        return refuse_faults([Fault("VALIDATION-DELIVERY-WINDOW-400002", "deliveryDate")])
    window = window_on(delivery.calendar(view, time.site_code), time, slot, day)
    if window is None:
        message = f"the delivery time {time.id} does not deliver on {day}"
        return refuse_faults([Fault("VALIDATION-DELIVERY-WINDOW-400003", "deliveryDate", message)])
    return respond(201, window.cycle)


def bookable(tx: Transaction, view: View, place: tuple[str, Sequence[str]], now: int) -> list[Window]:
    """The open windows of zones of a site that have a place left, soonest first."""
    site, zone_ids = place
    calendar = delivery.calendar(view, site)
    found = [
        window
        for window in windows(calendar, now)
        if window.time.zone_id in zone_ids and shipping.is_offered(view, window)
    ]
    taken = delivery.taken(tx, view.head.shop, [window.id for window in found]) if found else {}
    free = [window for window in found if taken.get(window.id, 0) < window.slot.capacity]
    return sorted(free, key=lambda window: (window.starts, window.id))


def shown_window(window: Window) -> Document:
    """A window as clients see it; here the range says `startTime` and `endTime`."""
    hours = window.slot.delivery_time_range
    document: dict[str, Any] = {
        "id": window.time.id,
        "deliveryDate": iso(window.delivery_date),
        "deliveryTimeRange": {"startTime": hours.time_from, "endTime": hours.time_to},
        "deliveryCycle": window.cycle,
        "zoneId": window.time.zone_id,
        "deliveryMethod": window.slot.shipping_method,
        "cutOffTime": iso(window.cut_off),
        "slotId": window.slot.id,
    }
    return document
