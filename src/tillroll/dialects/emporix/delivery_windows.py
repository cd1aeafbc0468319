"""The windows that can be booked: `/shipping/{tenant}/actualDeliveryWindows/{cartId}` and what belongs to it
(contracts/emporix.md, 11).
"""

from collections.abc import Sequence
from typing import Any

from tillroll.dialects.emporix.cart_requests import ZIP_CHARACTERS_MAX
from tillroll.dialects.emporix.documents import Document, iso
from tillroll.dialects.emporix.errors import SHIPPING, respond
from tillroll.dialects.emporix.payload import refuse_if
from tillroll.dialects.emporix.secured import Call, anybody, secured
from tillroll.dialects.http import Problem, Response, Route
from tillroll.domain.delivery import Window, windows
from tillroll.engine import cart as carts
from tillroll.engine import delivery, shipping
from tillroll.engine.cart import StoredCart
from tillroll.engine.catalogue import Catalogue, View
from tillroll.engine.shipping import Place
from tillroll.store import Transaction

# A month of a busy zone has fewer; more than anybody can choose from are not answered at once.
WINDOWS_MAX = 500

_ACTUAL = "/shipping/{tenant}/actualDeliveryWindows"


def routes(catalogue: Catalogue) -> list[Route]:
    """The routes of windows."""

    def show(tx: Transaction, call: Call) -> Response:
        return _show_windows(tx, catalogue.view(tx, call.shop), call)

    return [Route("GET", _ACTUAL + "/{cartId}", secured(SHIPPING, anybody(), show), SHIPPING)]


def own_cart(tx: Transaction, call: Call) -> StoredCart | None:
    """The open cart of the path, where it is the caller's; a back office sees every cart."""
    cart_id = call.inbound.values["cartId"]
    stored = carts.find(tx, call.shop, [cart_id]).get(cart_id)
    return stored if stored is not None and stored.is_open and carts.belongs_to(stored, call.caller) else None


def _show_windows(tx: Transaction, view: View, call: Call) -> Response:
    """GET: the windows of the zones that the cart's place is in, soonest first, without those that are full."""
    stored = own_cart(tx, call)
    if stored is None:
        return SHIPPING.refuse(404)
    cart, postal_code = stored.cart, call.inbound.query.get("postalCode", "")
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
    zones = shipping.zones_for(view, cart.site, Place(country, zip_code))
    found = bookable(tx, view, (cart.site, [zone.id for zone in zones]), call.now)
    return respond(200, [shown_window(window) for window in found[:WINDOWS_MAX]])


def _missing(name: str) -> Problem:
    return Problem(name, "missing_field", f"the cart has no {name}: set its countryCode and zipCode")


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
