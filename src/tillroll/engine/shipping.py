"""Which zones of a site reach a place, and by which methods.

Of the zones that reach an address those count that name it most exactly: the whole postal code before its beginning,
a longer beginning before a shorter one, and any of them before the country alone.
"""

from msgspec import Struct

from tillroll.domain.cart import Cart
from tillroll.domain.catalogue import Zone
from tillroll.domain.delivery import Window
from tillroll.engine.catalogue import Kind, View


class Place(Struct, frozen=True):
    """Where something is shipped to, as far as zones know it."""

    country: str
    zip_code: str


def place_of(cart: Cart) -> Place | None:
    """Where a cart is shipped to: its shipping address, else its country and postal code (6.1 rule 9)."""
    address = next((one for one in cart.addresses if one.get("type") == "SHIPPING"), {})
    country, zip_code = address.get("country"), address.get("zipCode")
    if country and zip_code:
        return Place(str(country), str(zip_code))
    if cart.country_code and cart.zip_code:
        return Place(cart.country_code, cart.zip_code)
    return None


def zones_for(view: View, site: str, place: Place) -> list[Zone]:
    """The zones of a site that reach a place most exactly; none where no zone does."""
    reached = [
        (zone.exactness(place.country, place.zip_code), zone)
        for zone in (loaded.value for loaded in view.below(Kind.ZONE, site))
    ]
    best = max((exactness for exactness, _ in reached), default=-1)
    return [zone for exactness, zone in reached if exactness == best and best >= 0]


def is_offered(view: View, window: Window) -> bool:
    """Whether the shipping method of a window's slot is there, and active."""
    method = view.method(window.time.site_code, window.time.zone_id or "", window.slot.shipping_method)
    return method is not None and method.active
