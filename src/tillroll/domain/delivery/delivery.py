"""Delivery times as the merchant sets them up, and the windows that follow from them (docs/wire/emporix.md, 11).

    delivery time ── slot ── day ──► Window      starts, ends, cut-off: points in time, through the time zone's rules
    day:  a weekday, a single date, or a period; less the days on which the site or the zone does not deliver

Everything is a function of the documents and of the time that it is told.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import force_setattr

from tillroll.domain.documents import Document
from tillroll.domain.times import day_alone, instant, time_zone


class DeliveryWindow(Struct, frozen=True, rename="camel", omit_defaults=True):
    """When the customer wants to be served, as the client sent it: every field may be missing or nonsense."""

    id: str | None = None
    slot_id: str | None = None
    delivery_date: str | None = None


WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")

# How far ahead windows are offered that come again and again; a single date is offered as early as it may be booked.
OFFERED_DAYS = 28
# Later than that nobody books, so that the number of counters of a slot has a limit.
BOOKED_DAYS_MAX = 366

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NOON = timedelta(hours=12)
# Far enough from both ends of the calendar for every shift and every offset.
_YEARS = range(1900, 3000)
_DAY = timedelta(days=1)
_DATE_CHARACTERS = len("2025-01-31")
_TIME = re.compile(r"(?P<hours>2[0-4]|[01]?[0-9]):(?P<minutes>[0-5]?[0-9])(?::(?P<seconds>[0-5]?[0-9]))?", re.ASCII)


class DatePeriod(Document, frozen=True):
    """Days from one to another, both included."""

    date_from: str
    date_to: str


class DeliveryDay(Document, frozen=True):
    """On which days a delivery time holds: one of the three."""

    weekday: str | None = None
    single_date: str | None = None
    date_period: DatePeriod | None = None


class SlotRange(Document, frozen=True):
    """From when to when a slot delivers, in local time: `10:00` to `12:00`, `24:00` at the latest."""

    time_from: str
    time_to: str

    def __post_init__(self) -> None:
        """Both are in their kept form, also in a document from before they were."""
        force_setattr(self, "time_from", kept_time(self.time_from))
        force_setattr(self, "time_to", kept_time(self.time_to))


class CutOff(Document, frozen=True):
    """Until when a slot can be booked: a point in time of which only the time of day counts, and days before."""

    time: str
    cut_off_day_shift: int = 0
    delivery_cycle_name: str | None = None


class Slot(Document, frozen=True):
    """A part of the delivery day, with its shipping method and how many orders it takes."""

    shipping_method: str
    delivery_time_range: SlotRange
    cut_off_time: CutOff
    capacity: int
    id: str = ""


class DeliveryTime(Document, frozen=True):
    """When a zone of a site is delivered to; or, where it is not a delivery day, when nobody delivers."""

    site_code: str
    is_delivery_day: bool
    day: DeliveryDay
    time_zone_id: str
    id: str = ""
    name: str | None = None
    zone_id: str | None = None
    is_for_all_zones: bool = False
    delivery_day_shift: int = 0
    slots: tuple[Slot, ...] = ()

    def slot(self, id: str) -> Slot | None:
        """The slot with this id."""
        return next((slot for slot in self.slots if slot.id == id), None)

    def days_before(self, slot: Slot) -> int:
        """How many days before the delivery a slot's cut-off is: the slot says it or the delivery time, never both."""
        return slot.cut_off_time.cut_off_day_shift or self.delivery_day_shift


class Window(Struct, frozen=True):
    """A slot on one day; `starts`, `ends` and `cut_off` are microseconds UTC."""

    time: DeliveryTime
    slot: Slot
    day: date
    starts: int
    ends: int
    cut_off: int

    @property
    def id(self) -> str:
        """Under which name its places are counted: one counter per delivery time, slot and day."""
        return window_id(self.time.id, self.slot.id, self.day)

    @property
    def delivery_date(self) -> int:
        """Noon of its day in local time, which is how the wire writes a day (microseconds UTC)."""
        zone = time_zone(self.time.time_zone_id)
        return moment(self.day, _NOON, zone) if zone is not None else self.starts

    @property
    def cycle(self) -> str:
        """The name of its delivery cycle: the day, the hour of the cut-off in UTC, and the slot's own suffix."""
        hour = (_EPOCH + self.cut_off * _MICROSECOND).hour
        suffix = self.slot.cut_off_time.delivery_cycle_name
        return f"{self.day}-{hour:02d}" + (f"-{suffix}" if suffix else "")

    @property
    def local_cut_off(self) -> str:
        """What the merchant's clock shows at the cut-off."""
        zone = time_zone(self.time.time_zone_id)
        return (_EPOCH + self.cut_off * _MICROSECOND).astimezone(zone).strftime("%H:%M")

    def is_open(self, now: int) -> bool:
        """Whether it can still be booked, as far as the clock is concerned."""
        return now < self.cut_off and now < self.ends


class Delivery(Struct, frozen=True, rename="camel", omit_defaults=True):
    """The window that an order has booked, copied as it was; `day` is `yyyy-MM-dd`, `window_id` names its counter."""

    window_id: str
    time_id: str
    slot_id: str
    day: str
    date: str
    time_from: str
    time_to: str
    cycle: str
    zone_id: str
    method_id: str
    capacity: int
    cycle_name: str | None = None


def delivery_in(window: Window, date: str) -> Delivery:
    """What an order keeps of the window that it books; `date` is the day as the client wrote it."""
    time, slot = window.time, window.slot
    hours = slot.delivery_time_range
    return Delivery(
        window_id=window.id,
        time_id=time.id,
        slot_id=slot.id,
        day=window.day.isoformat(),
        date=date,
        time_from=hours.time_from,
        time_to=hours.time_to,
        cycle=window.cycle,
        zone_id=time.zone_id or "",
        method_id=slot.shipping_method,
        capacity=slot.capacity,
        cycle_name=slot.cut_off_time.delivery_cycle_name,
    )


def window_id(time_id: str, slot_id: str, day: date) -> str:
    """The name of the counter of a slot on a day; neither id holds a slash."""
    return f"{time_id}/{slot_id}/{day.isoformat()}"


# ---------------------------------------------------------------------------------------------------- days and times


def time_of_day(text: str) -> timedelta | None:
    """`10:00` or `10:00:00` as the time since midnight; `24:00` is the day's end, and nothing is later."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    found = timedelta(
        hours=int(match["hours"]), minutes=int(match["minutes"]), seconds=int(match["seconds"] or 0)
    )  # fmt: skip
    return found if found <= _DAY else None


def kept_time(text: str) -> str:
    """A time of day in the form in which it is kept, `10:00`, with seconds only where there are any; what is none stays
    as it is."""
    found = time_of_day(text)
    if found is None:
        return text
    minutes, seconds = divmod(found // timedelta(seconds=1), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


def local(text: str, zone: ZoneInfo) -> datetime | None:
    """A point in time as the clocks of a zone show it; None where it can not be read."""
    microseconds = instant(text)
    if microseconds is None:
        return None
    try:
        return (_EPOCH + microseconds * _MICROSECOND).astimezone(zone)
    except (OverflowError, ValueError):
        return None


def local_day(text: str, zone: ZoneInfo) -> date | None:
    """The day that a point in time is in, by the clocks of a zone; a date alone is that day everywhere."""
    day = day_alone(text)
    if day is not None:
        return day
    found = local(text, zone)
    return found.date() if found is not None else None


def cut_off_of_day(text: str, zone: ZoneInfo) -> timedelta | None:
    """The time of day of a cut-off in local time: what the merchant's clock shows stays, whatever the season."""
    plain = time_of_day(text)
    if plain is not None:
        return plain
    found = local(text, zone)
    if found is None:
        return None
    return timedelta(hours=found.hour, minutes=found.minute, seconds=found.second)


def moment(day: date, since_midnight: timedelta, zone: ZoneInfo) -> int:
    """The point in time when the clocks of a zone show this; an hour that comes twice is the first of the two.

    An hour that a change to summer time skips is as long after the midnight as it says: 02:30 is then 03:30.
    """
    shown = datetime.combine(day, time()) + since_midnight
    return (shown.replace(tzinfo=zone).astimezone(UTC) - _EPOCH) // _MICROSECOND


def is_date(text: str) -> bool:
    """Whether a text is a date, or a date and a time."""
    return len(text) >= _DATE_CHARACTERS and instant(text) is not None


def today(now: int, zone: ZoneInfo) -> date:
    """Which day it is in a zone."""
    return (_EPOCH + now * _MICROSECOND).astimezone(zone).date()


def holds_on(time: DeliveryTime, day: date) -> bool:
    """Whether a delivery time, or a closure, is about this day."""
    if time.day.weekday is not None:
        return WEEKDAYS[day.weekday()] == time.day.weekday
    zone = time_zone(time.time_zone_id)
    if zone is None:
        return False
    if time.day.single_date is not None:
        return local_day(time.day.single_date, zone) == day
    period = time.day.date_period
    if period is None:
        return False
    first, last = local_day(period.date_from, zone), local_day(period.date_to, zone)
    return first is not None and last is not None and first <= day <= last


# ----------------------------------------------------------------------------------------------------------- windows


class Calendar(Struct, frozen=True):
    """The delivery times of one site: when it delivers, and when it does not."""

    times: dict[str, DeliveryTime] = {}
    closures: tuple[DeliveryTime, ...] = ()

    def is_closed(self, zone_id: str | None, day: date) -> bool:
        """Whether nobody delivers to this zone on this day."""
        return any(closure.zone_id in (None, zone_id) and holds_on(closure, day) for closure in self.closures)


def calendar_of(times: Iterable[DeliveryTime]) -> Calendar:
    """The calendar of a site from its delivery times."""
    every = list(times)
    return Calendar(
        {time.id: time for time in every if time.is_delivery_day},
        tuple(time for time in every if not time.is_delivery_day),
    )


def window_on(calendar: Calendar, time: DeliveryTime, slot: Slot, day: date) -> Window | None:
    """The window of a slot on a day, whether or not it is still open; None where nothing is delivered that day."""
    zone = time_zone(time.time_zone_id)
    first = time_of_day(slot.delivery_time_range.time_from)
    last = time_of_day(slot.delivery_time_range.time_to)
    if zone is None or first is None or last is None:
        return None
    cut_off = cut_off_of_day(slot.cut_off_time.time, zone)
    if cut_off is None or day.year not in _YEARS or not holds_on(time, day) or calendar.is_closed(time.zone_id, day):
        return None
    ends_booking = moment(day - time.days_before(slot) * _DAY, cut_off, zone)
    return Window(time, slot, day, moment(day, first, zone), moment(day, last, zone), ends_booking)


def windows(calendar: Calendar, now: int) -> Iterator[Window]:
    """Every window that can still be booked, as far as the clock is concerned; places are counted elsewhere."""
    for delivery_time in calendar.times.values():
        zone = time_zone(delivery_time.time_zone_id)
        if zone is None:
            continue
        for day in _days(delivery_time, zone, today(now, zone)):
            for slot in delivery_time.slots:
                window = window_on(calendar, delivery_time, slot, day)
                if window is not None and window.is_open(now):
                    yield window


def _days(delivery_time: DeliveryTime, zone: ZoneInfo, first: date) -> Iterator[date]:
    single = delivery_time.day.single_date
    if single is not None:
        day = local_day(single, zone)
        if day is not None and first <= day <= first + BOOKED_DAYS_MAX * _DAY:
            yield day
        return
    for number in range(OFFERED_DAYS):
        day = first + number * _DAY
        if holds_on(delivery_time, day):
            yield day


def days_until(window: Window, now: int) -> int:
    """How many days ahead a window is, by the calendar of its time zone."""
    zone = time_zone(window.time.time_zone_id)
    return (window.day - today(now, zone)).days if zone is not None else 0


def closed_days(calendar: Calendar, zone_ids: Iterable[str], now: int) -> list[date]:
    """On which of the days that are offered nothing is delivered to any of these zones."""
    zones = list(zone_ids)
    first = today(now, ZoneInfo("UTC"))
    days = (first + number * _DAY for number in range(OFFERED_DAYS))
    return [day for day in days if zones and all(calendar.is_closed(zone_id, day) for zone_id in zones)]
