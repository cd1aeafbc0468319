"""Whether a window that somebody asks for exists and is open: the same answer at the checkout and everywhere else."""

from datetime import date
from enum import StrEnum

from msgspec import Struct

from tillroll.domain.delivery.delivery import (
    BOOKED_DAYS_MAX,
    Calendar,
    DeliveryTime,
    DeliveryWindow,
    Slot,
    Window,
    local_day,
    today,
    window_on,
)
from tillroll.domain.times import time_zone


class Misfit(StrEnum):
    """Why there is no such window."""

    FIELD_MISSING = "field_missing"
    TIME_UNKNOWN = "time_unknown"
    SLOT_UNKNOWN = "slot_unknown"
    ZONE_MISSING = "zone_missing"
    DATE_UNREADABLE = "date_unreadable"
    DATE_PAST = "date_past"
    DATE_TOO_FAR = "date_too_far"
    NOT_DELIVERED = "not_delivered"
    CUT_OFF = "cut_off"


class WindowRefusal(Struct, frozen=True):
    """Why a window can not be had, about which field, in one sentence that says how to mend it."""

    misfit: Misfit
    field: str
    message: str


def find_window(calendar: Calendar, asked: DeliveryWindow, now: int) -> Window | list[WindowRefusal]:
    """The open window that somebody asks for, or all that speaks against it. Places are counted elsewhere.

    `now` is microseconds UTC.
    """
    refused = [
        WindowRefusal(Misfit.FIELD_MISSING, name, f"the delivery window has no {name}: name all three, or no window")
        for name, value in (("id", asked.id), ("slotId", asked.slot_id), ("deliveryDate", asked.delivery_date))
        if not value
    ]
    time = calendar.times.get(asked.id) if asked.id else None
    if asked.id and time is None:
        message = f"the site has no delivery time '{asked.id[:80]}': choose one of the windows that it offers"
        refused.append(WindowRefusal(Misfit.TIME_UNKNOWN, "id", message))
    if refused or time is None:
        return refused
    slot = time.slot(asked.slot_id or "")
    if slot is None:
        message = f"the delivery time {time.id} has no slot '{(asked.slot_id or '')[:80]}': choose one of its slots"
        return [WindowRefusal(Misfit.SLOT_UNKNOWN, "slotId", message)]
    if not time.zone_id:
        message = f"the delivery time {time.id} has no zone: choose another window"
        return [WindowRefusal(Misfit.ZONE_MISSING, "zoneId", message)]
    day = _day(time, asked.delivery_date or "", now)
    if isinstance(day, WindowRefusal):
        return [day]
    found = _open_window(calendar, (time, slot, day), now)
    return [found] if isinstance(found, WindowRefusal) else found


def _day(time: DeliveryTime, text: str, now: int) -> date | WindowRefusal:
    """The day that a date means where the delivery time is at home, if anybody may book for it."""
    zone = time_zone(time.time_zone_id)
    day = local_day(text, zone) if zone is not None else None
    if zone is None or day is None:
        message = f"'{text[:40]}' is not a date: write it as yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"
        return WindowRefusal(Misfit.DATE_UNREADABLE, "deliveryDate", message)
    days_ahead = (day - today(now, zone)).days
    if days_ahead < 0:
        return WindowRefusal(Misfit.DATE_PAST, "deliveryDate", f"DeliveryDate: {text[:64]} is not in future")
    if days_ahead > BOOKED_DAYS_MAX:
        message = f"{day} is more than {BOOKED_DAYS_MAX} days ahead: choose an earlier day"
        return WindowRefusal(Misfit.DATE_TOO_FAR, "deliveryDate", message)
    return day


def _open_window(calendar: Calendar, wanted: tuple[DeliveryTime, Slot, date], now: int) -> Window | WindowRefusal:
    time, slot, day = wanted
    window = window_on(calendar, time, slot, day)
    if window is None:
        message = f"the delivery time {time.id} does not deliver on {day}: choose another day"
        return WindowRefusal(Misfit.NOT_DELIVERED, "deliveryDate", message)
    if window.ends <= now:
        return WindowRefusal(Misfit.DATE_PAST, "deliveryDate", f"DeliveryDate: {day} is not in future")
    if not window.is_open(now):
        message = f"the cut-off of the slot {slot.id} on {day} has passed: choose a later window"
        return WindowRefusal(Misfit.CUT_OFF, "deliveryDate", message)
    return window
