"""The delivery window of a cart at its checkout: complete, open, on the way that the order is shipped, and not full."""

from collections.abc import Iterator

from tillroll.domain.cart import Cart, DeliveryWindow
from tillroll.domain.checkout_facts import Attempt, Facts
from tillroll.domain.delivery import Calendar, Delivery, Window, delivery_in
from tillroll.domain.delivery_ask import Misfit, Refusal, find_window
from tillroll.domain.rejections import Reason, Rejection


def window_rejections(facts: Facts, attempt: Attempt, cart: Cart) -> Iterator[Rejection]:
    """What speaks against the cart's delivery window, where it has one (contracts/emporix.md, 4.3 and 11)."""
    asked = asked_window(cart)
    if asked is None:
        return
    found = window_of(facts, cart)
    if isinstance(found, list):
        for refusal in found:
            reason = (
                Reason.DELIVERY_WINDOW_INCOMPLETE
                if refusal.misfit in (Misfit.FIELD_MISSING, Misfit.ZONE_MISSING)
                else Reason.DELIVERY_WINDOW_INVALID
            )
            yield Rejection(reason, refusal.field, refusal.message)
    elif found is not None:
        yield from _way_rejections(facts, attempt, cart, found)
        if facts.booked.get(found.id, 0) >= found.slot.capacity:
            message = f"the slot {found.slot.id} on {found.day} is fully booked: choose another window"
            yield Rejection(Reason.DELIVERY_WINDOW_FULL, "slotId", message)


def _way_rejections(facts: Facts, attempt: Attempt, cart: Cart, window: Window) -> Iterator[Rejection]:
    """A window belongs to a zone, and its slot to a shipping method: the order has to be shipped in that way."""
    zone_id, method_id = window.time.zone_id or "", window.slot.shipping_method
    if (cart.site, zone_id) not in facts.zones:
        message = f"the window's zone {zone_id[:80]} does not exist any more: choose another window"
        yield Rejection(Reason.DELIVERY_WINDOW_INVALID, "id", message)
        return
    choice = attempt.request.shipping
    if choice is not None and (choice.zone_id, choice.method_id) != (zone_id, method_id):
        message = f"the window is served by the method {method_id[:80]} of the zone {zone_id[:80]}: ship by it"
        yield Rejection(Reason.DELIVERY_WINDOW_INVALID, "slotId", message)


def asked_window(cart: Cart) -> DeliveryWindow | None:
    """The window that a cart asks for, also where it names nothing but a delivery time."""
    if cart.delivery_window is None and cart.delivery_window_id:
        return DeliveryWindow(cart.delivery_window_id)
    return cart.delivery_window


def window_of(facts: Facts, cart: Cart) -> Window | list[Refusal] | None:
    """The open window that a cart asks for, or what speaks against it; None where it asks for none."""
    asked = asked_window(cart)
    if asked is None:
        return None
    return find_window(facts.calendars.get(cart.site, Calendar()), asked, facts.now)


def delivery_of(facts: Facts, cart: Cart) -> Delivery | None:
    """What the order of an accepted cart books."""
    window, asked = window_of(facts, cart), asked_window(cart)
    if not isinstance(window, Window) or asked is None:
        return None
    return delivery_in(window, asked.delivery_date or window.day.isoformat())
