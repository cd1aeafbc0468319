"""The places of delivery windows: counted per window, taken by orders and by the merchant's own checkout.

    lock ──► open the counters that nobody has asked for yet ──► lock them in one sorted order ──► how many are taken
    take ──► count up, guarded by the capacity ──► a booking for each place, with its cause and subject
    give back ──► count down ──► a booking of -1

So the sum of a counter's bookings is what is taken: that is what the audit adds up.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from tillroll.domain.delivery.delivery import Calendar, Delivery, Window, calendar_of
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import View
from tillroll.engine.locks import Locks, Plan
from tillroll.store import Transaction
from tillroll.store.delivery import rows as stored
from tillroll.store.delivery.rows import BookingRow, NewCounter, PlacesTaken

ORDER = "order"
RETURN = "return"
INCREMENT = "increment"


class Booking(Struct, frozen=True):
    """One place of a window: what it was taken for, out of how many places in all."""

    window_id: str
    capacity: int
    cause: str
    subject: str


def calendar(view: View, site: str) -> Calendar:
    """When a site delivers."""
    return calendar_of(loaded.value for loaded in view.below(Kind.DELIVERY_TIME, site))


def taken(tx: Transaction, shop: str, window_ids: Iterable[str]) -> dict[str, int]:
    """How many places of these windows are taken, as far as anybody has booked one; nothing is locked."""
    return stored.booked(tx, shop, window_ids)


def lock(tx: Transaction, shop: str, windows: Iterable[Window], now: int) -> dict[str, int]:
    """How many places of these windows are taken, locked until the end of the transaction."""
    return Locks(tx, shop).take(Plan(windows=counters(shop, windows, now))).windows


def counters(shop: str, windows: Iterable[Window], now: int) -> dict[str, NewCounter | None]:
    """The counters of these windows, as a plan of locks names them: to be opened where there are none."""
    return {
        window.id: NewCounter(shop=shop, id=window.id, capacity=window.slot.capacity, now=now) for window in windows
    }


def take(tx: Transaction, shop: str, bookings: Sequence[Booking], now: int) -> bool:
    """Book these places, whose counters are locked; False where one had not as many places left as it was told."""
    counts: dict[str, int] = {}
    for booking in bookings:
        counts[booking.window_id] = counts.get(booking.window_id, 0) + 1
    capacities = {booking.window_id: booking.capacity for booking in bookings}
    places: list[PlacesTaken] = [
        {"shop": shop, "id": id, "places": counts[id], "capacity": capacities[id], "now": now} for id in sorted(counts)
    ]
    if stored.take_places(tx, places) != len(places):
        return False
    stored.insert_bookings(tx, [_booking_row(shop, booking, now) for booking in bookings])
    return True


def booking_of(delivery: Delivery, order_id: str) -> Booking:
    """The place that an order takes."""
    return Booking(delivery.window_id, delivery.capacity, ORDER, order_id)


def give_back(tx: Transaction, shop: str, booked: Sequence[tuple[str, str]], now: int) -> None:
    """Give back the places of declined orders, their windows being locked: pairs of a window's id and the order's."""
    returned: list[BookingRow] = []
    for window, order_id in sorted(booked):
        if stored.return_place(tx, shop, window, now) != 1:
            raise AssertionError(f"the order {order_id} has booked the window {window}, which has no counter")
        returned.append(
            {"shop": shop, "window_id": window, "cause": RETURN, "subject": order_id, "places": -1, "now": now}
        )
    stored.insert_bookings(tx, returned)


def _booking_row(shop: str, booking: Booking, now: int) -> BookingRow:
    return {
        "shop": shop,
        "window_id": booking.window_id,
        "cause": booking.cause,
        "subject": booking.subject,
        "places": 1,
        "now": now,
    }
