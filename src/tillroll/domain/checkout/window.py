"""The delivery window of a cart at its checkout: complete, open, on the way that the order is shipped, and not full."""

from collections.abc import Iterator

from tillroll.domain.cart.cart import Cart
from tillroll.domain.checkout.inputs import Attempt, Facts, Ground
from tillroll.domain.delivery.delivery import Delivery, DeliveryWindow, Window, delivery_in
from tillroll.domain.delivery.request import Misfit
from tillroll.domain.rejections import Reason, Rejection


def window_rejections(facts: Facts, attempt: Attempt, ground: Ground) -> Iterator[Rejection]:
    """What speaks against the cart's delivery window, where it has one (docs/wire/emporix.md, 4.3 and 11)."""
    window = ground.window
    if window is None:
        return
    if isinstance(window, Window):
        yield from _way_rejections(facts, attempt, ground.cart, window)
        if facts.booked.get(window.id, 0) >= window.slot.capacity:
            message = f"the slot {window.slot.id} on {window.day} is fully booked: choose another window"
            yield Rejection(Reason.DELIVERY_WINDOW_FULL, "slotId", message)
        return
    for refusal in window:
        is_incomplete = refusal.misfit in (Misfit.FIELD_MISSING, Misfit.ZONE_MISSING)
        reason = Reason.DELIVERY_WINDOW_INCOMPLETE if is_incomplete else Reason.DELIVERY_WINDOW_INVALID
        yield Rejection(reason, refusal.field, refusal.message)


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


def delivery_of(ground: Ground) -> Delivery | None:
    """What the order of an accepted cart books."""
    window, asked = ground.window, ground.asked
    if not isinstance(window, Window) or asked is None:
        return None
    return delivery_in(window, asked.delivery_date or window.day.isoformat())
