"""What a cart has to know before its customer chooses a day: `/cart/{tenant}/carts/{cartId}/dtRestrictions`
(docs/wire/emporix.md, 5).
"""

from tillroll.dialects.emporix.cart.one_cart import reading
from tillroll.dialects.emporix.delivery.windows import bookable
from tillroll.dialects.emporix.wire.errors import CART, respond
from tillroll.dialects.emporix.wire.secured import Call
from tillroll.dialects.http import Response, Route
from tillroll.domain.delivery.delivery import closed_days, days_until
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.delivery import delivery
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.shipping import shipping


def routes(catalogue: Catalogue) -> list[Route]:
    """The one route."""
    return [Route("GET", "/cart/{tenant}/carts/{cartId}/dtRestrictions", reading(catalogue, _show), CART)]


def _show(desk: Desk, call: Call, stored: StoredCart) -> Response:
    """GET: how many days ahead the next window is, and on which of the offered days nothing is delivered.

    By the cart's place; while nobody knows it, by all zones of the site.
    """
    view, cart = desk.view(call.shop), stored.cart
    place = shipping.place_of(cart)
    if place is None:
        zones = [loaded.value.id for loaded in view.below(Kind.ZONE, cart.site)]
    else:
        zones = [zone.id for zone in shipping.zones_for(view, cart.site, place)]
    windows = bookable(desk.tx, view, (cart.site, zones), call.now)
    closed = closed_days(delivery.calendar(view, cart.site), zones, call.now)
    lead = min((days_until(window, call.now) for window in windows), default=0)
    return respond(200, {"leadTime": lead, "nonDelivery": [day.isoformat() for day in closed]})
