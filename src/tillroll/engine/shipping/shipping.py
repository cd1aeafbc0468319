"""Which zones of a site reach a place, by which methods, and what that costs whom.

Of the zones that reach an address those count that name it most exactly: the whole postal code before its beginning,
a longer beginning before a shorter one, and any of them before the country alone. Quotes, carts and checkouts all ask
here, so that what is offered is what is sold.
"""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import force_setattr

from tillroll.domain.cart.cart import Cart
from tillroll.domain.countries import country_code
from tillroll.domain.delivery.delivery import Window
from tillroll.domain.documents import Money
from tillroll.domain.prices.taxes import TaxTable
from tillroll.domain.pricing.shapes import ShippingCharge
from tillroll.domain.shipping.zones import ShippingMethod, Zone
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import View


class Destination(Struct, frozen=True):
    """Where something is shipped to, as far as zones know it; without a country, the postal code in any."""

    country: str | None
    zip_code: str

    def __post_init__(self) -> None:
        """The country is in its kept form, however it was sent."""
        if self.country is not None:
            force_setattr(self, "country", country_code(self.country))


class Offer(Struct, frozen=True):
    """One way of shipping something, and its net fee."""

    zone: Zone
    method: ShippingMethod
    fee: Money


def place_of(cart: Cart) -> Destination | None:
    """Where a cart is shipped to: its shipping address, else its country and postal code (6.1 rule 9)."""
    address = next((one for one in cart.addresses if one.get("type") == "SHIPPING"), {})
    country, zip_code = address.get("country"), address.get("zipCode")
    if country and zip_code:
        return Destination(str(country), str(zip_code))
    if cart.country_code and cart.zip_code:
        return Destination(cart.country_code, cart.zip_code)
    return None


def zones_for(view: View, site: str, place: Destination) -> list[Zone]:
    """The zones of a site that reach a place most exactly; none where no zone does."""
    return most_exact((loaded.value for loaded in view.below(Kind.ZONE, site)), place)


def most_exact(zones: Iterable[Zone], place: Destination) -> list[Zone]:
    """Those of these zones that reach a place most exactly."""
    ranked = [(zone.specificity(place.country, place.zip_code), zone) for zone in zones]
    best = max((specificity for specificity, _ in ranked), default=-1)
    return [zone for specificity, zone in ranked if specificity == best and best >= 0]


def groups_of(view: View, site: str, customer_id: str | None) -> frozenset[str]:
    """The shipping groups of a customer on a site; a guest is in none."""
    if customer_id is None:
        return frozenset()
    loaded = view.loaded(Kind.GROUP_RELATION, f"{site}/{customer_id}")
    return frozenset({loaded.value.group_id}) if loaded is not None else frozenset()


def fee_of(method: ShippingMethod, total: Money, groups: frozenset[str]) -> Money | None:
    """What a method costs for goods of this value; None where it does not ship them, or in another currency only."""
    fee = method.fee_for(total.amount, groups) if method.active else None
    return fee if fee is not None and fee.currency == total.currency else None


def offers(view: View, where: tuple[str, Destination], total: Money, customer_id: str | None) -> list[Offer]:
    """Every way of shipping goods of this value from a site to a place, in the order of zones and methods."""
    site, place = where
    groups = groups_of(view, site, customer_id)
    return [
        Offer(zone, loaded.value, fee)
        for zone in zones_for(view, site, place)
        for loaded in view.below(Kind.METHOD, f"{site}/{zone.id}")
        if (fee := fee_of(loaded.value, total, groups)) is not None
    ]


def charge_for(view: View, cart: Cart, value: Decimal, taxes: TaxTable | None) -> ShippingCharge | None:
    """What a cart is charged for shipping while nobody has chosen a method: the least (6.1 rule 9).

    None where the cart is empty, where nobody knows its place, or where nothing is shipped there.
    """
    place = place_of(cart)
    if place is None or not any(line.quantity > 0 for line in cart.lines):
        return None
    found = offers(view, (cart.site, place), Money(value, cart.currency), cart.customer_id)
    if not found:
        return None
    least = min(found, key=lambda offer: offer.fee.amount)
    code = least.method.shipping_tax_code or (taxes.default_code if taxes is not None else None)
    rate = taxes.rate_of(code) if taxes is not None else None
    return ShippingCharge(least.fee.amount, code if rate is not None else None, rate)


def is_offered(view: View, window: Window) -> bool:
    """Whether the shipping method of a window's slot is there, and active."""
    method = view.method(window.time.site_code, window.time.zone_id or "", window.slot.shipping_method)
    return method is not None and method.active
