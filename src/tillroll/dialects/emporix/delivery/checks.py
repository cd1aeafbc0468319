"""What makes a delivery time valid: read on its own, compared with the shop's zones, and with its other delivery times.

Each rule is one of the documented codes (docs/wire/emporix.md, 11); what has no code is a plain problem of the body.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from tillroll.dialects.emporix.delivery.errors import Fault
from tillroll.dialects.emporix.wire.conversion import apart_from, as_far_as_read
from tillroll.dialects.emporix.wire.fields import id_problem
from tillroll.dialects.http import Problem
from tillroll.domain.delivery.delivery import (
    WEEKDAYS,
    DeliveryDay,
    DeliveryTime,
    Slot,
    cut_off_of_day,
    local,
    local_day,
    time_of_day,
)
from tillroll.domain.times import instant, time_zone

Document = dict[str, Any]
Faults = Iterator[Fault]

SLOTS_MAX = 200
CAPACITY_MAX = 10**9
SHIFT_DAYS_MAX = 365
NAME_CHARACTERS_MAX = 255

# A cut-off or a date with an offset of its own; `Z` says nothing about where the merchant is.
_OFFSET = re.compile(r"[+-]\d\d:?\d\d$")
# What is only wrong because it is a day of delivery, or because it is none.
_BY_KIND_OF_DAY = frozenset({"DELIVERY-TIME-400001", "DELIVERY-TIME-400013", "DELIVERY-TIME-400014"})
_BY_KIND = {"weekday": "400003", "singleDate": "400004", "datePeriod": "400006"}


class TimeRead(Struct, frozen=True):
    """A delivery time as far as it could be read, and what could not be."""

    time: DeliveryTime
    problems: list[Problem]

    def beside(self, faults: Iterable[Fault]) -> list[Fault]:
        """Those of these faults that are about what could be read."""
        is_kind_known = apart_from(self.problems, "isDeliveryDay")
        return [
            fault
            for fault in faults
            if apart_from(self.problems, fault.field) and (is_kind_known or fault.code not in _BY_KIND_OF_DAY)
        ]


def read_time(document: Document, fallback_id: str) -> TimeRead:
    """A body as a delivery time, with ids for itself and its slots, and all that is wrong with it alone.

    The document is completed.
    """
    for name in [name for name, value in document.items() if value is None]:
        del document[name]
    if document.get("id") in (None, ""):
        document["id"] = fallback_id
    slots = document.get("slots")
    for index, slot in enumerate(slots if isinstance(slots, list) else ()):
        if isinstance(slot, dict) and slot.get("id") in (None, ""):
            slot["id"] = f"{fallback_id}-{index}"
    value, unread = as_far_as_read(document, DeliveryTime)
    found = [
        id_problem("id", value.id),
        id_problem("siteCode", value.site_code),
        _length_problem("name", value.name),
        _length_problem("zoneId", value.zone_id),
        *_day_problems(value.day),
        _shift_problem("deliveryDayShift", value.delivery_day_shift),
        None if len(value.slots) <= SLOTS_MAX else _wrong("slots", f"there may be at most {SLOTS_MAX} slots"),
        *(problem for index, slot in enumerate(value.slots) for problem in _slot_problems(f"slots[{index}]", slot)),
    ]
    return TimeRead(value, [*unread, *(one for one in found if one is not None and apart_from(unread, one.field))])


def _day_problems(day: DeliveryDay) -> list[Problem | None]:
    given = [one for one in (day.weekday, day.single_date, day.date_period) if one is not None]
    if len(given) != 1:
        return [_wrong("day", "day must have one of weekday, singleDate and datePeriod, and only one")]
    period = day.date_period
    dates = {
        "day.singleDate": day.single_date,
        "day.datePeriod.dateFrom": period.date_from if period is not None else None,
        "day.datePeriod.dateTo": period.date_to if period is not None else None,
    }
    return [
        None
        if day.weekday is None or day.weekday in WEEKDAYS
        else _wrong("day.weekday", f"day.weekday must be one of {', '.join(WEEKDAYS)}"),
        *(
            _wrong(field, f"{field} must be a date and time as ISO 8601 writes them")
            for field, text in dates.items()
            if text is not None and _day_in_utc(text) is None
        ),
    ]


def _day_in_utc(text: str) -> date | None:
    return local_day(text, ZoneInfo("UTC"))


def _slot_problems(place: str, slot: Slot) -> list[Problem | None]:
    hours, cut_off = slot.delivery_time_range, slot.cut_off_time
    return [
        id_problem(f"{place}.id", slot.id),
        _length_problem(f"{place}.shippingMethod", slot.shipping_method),
        *(
            None if time_of_day(text) is not None else _wrong(f"{place}.{field}", f"{field} must be a time like 10:00")
            for field, text in (
                ("deliveryTimeRange.timeFrom", hours.time_from),
                ("deliveryTimeRange.timeTo", hours.time_to),
            )
        ),
        None
        if time_of_day(cut_off.time) is not None or instant(cut_off.time) is not None
        else _wrong(f"{place}.cutOffTime.time", "cutOffTime.time must be a date and time as ISO 8601 writes them"),
        _shift_problem(f"{place}.cutOffTime.cutOffDayShift", cut_off.cut_off_day_shift),
        _length_problem(f"{place}.cutOffTime.deliveryCycleName", cut_off.delivery_cycle_name),
        None
        if 0 <= slot.capacity <= CAPACITY_MAX
        else _wrong(f"{place}.capacity", f"capacity must be from 0 to {CAPACITY_MAX}"),
    ]


def _shift_problem(field: str, days: int) -> Problem | None:
    return None if 0 <= days <= SHIFT_DAYS_MAX else _wrong(field, f"{field} must be from 0 to {SHIFT_DAYS_MAX} days")


def _length_problem(field: str, text: str | None) -> Problem | None:
    if text is None or len(text) <= NAME_CHARACTERS_MAX:
        return None
    return _wrong(field, f"{field} must have at most {NAME_CHARACTERS_MAX} characters")


def _wrong(field: str, message: str) -> Problem:
    return Problem(field, "invalid_field", message)


# ------------------------------------------------------------------------------------------------------------- alone


def own_faults(time: DeliveryTime, *, checks_overlap: bool) -> list[Fault]:
    """What is wrong with a delivery time whatever else the shop has."""
    zone = time_zone(time.time_zone_id)
    found = [*_shape_faults(time)]
    if zone is None:
        found.append(Fault("DELIVERY-TIME-400016", "timeZoneId"))
    else:
        found += [*_date_faults(time, zone), *_hour_faults(time, zone)]
    found += _slot_faults(time, checks_overlap=checks_overlap)
    return found


def _shape_faults(time: DeliveryTime) -> Faults:
    if not time.is_delivery_day and time.slots:
        yield Fault("DELIVERY-TIME-400001", "slots")
    if time.zone_id and time.is_for_all_zones:
        yield Fault("DELIVERY-TIME-400008", "zoneId")
    if time.is_delivery_day and time.is_for_all_zones:
        yield Fault("DELIVERY-TIME-400013", "isForAllZones")
    elif time.is_delivery_day and not time.zone_id:
        yield Fault("DELIVERY-TIME-400014", "zoneId")


def _date_faults(time: DeliveryTime, zone: ZoneInfo) -> Faults:
    day = time.day
    if day.single_date is not None:
        yield from _offset_faults("day.singleDate", day.single_date, zone)
    if day.date_period is None:
        return
    period = day.date_period
    yield from _offset_faults("day.datePeriod.dateFrom", period.date_from, zone)
    yield from _offset_faults("day.datePeriod.dateTo", period.date_to, zone)
    first, last = local_day(period.date_from, zone), local_day(period.date_to, zone)
    if first is not None and last is not None and first > last:
        yield Fault("DELIVERY-TIME-400012", "day.datePeriod.dateFrom")


def _hour_faults(time: DeliveryTime, zone: ZoneInfo) -> Faults:
    for index, slot in enumerate(time.slots):
        place = f"slots[{index}]"
        yield from _offset_faults(f"{place}.cutOffTime.time", slot.cut_off_time.time, zone)
        cut_off = cut_off_of_day(slot.cut_off_time.time, zone)
        last = time_of_day(slot.delivery_time_range.time_to)
        if cut_off is not None and last is not None and cut_off > last and not time.days_before(slot):
            yield Fault("DELIVERY-TIME-400018", f"{place}.cutOffTime.time")


def _offset_faults(field: str, text: str, zone: ZoneInfo) -> Faults:
    """An offset that is written out must be the zone's at that moment."""
    if "T" not in text or _OFFSET.search(text) is None:
        return
    here = local(text, zone)
    offset = here.utcoffset() if here is not None else None
    written = _OFFSET.search(text)
    if offset is None or written is None or offset != _duration(written.group()):
        yield Fault("DELIVERY-TIME-400017", field)


def _duration(offset: str) -> timedelta:
    digits = offset[1:].replace(":", "")
    found = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -found if offset.startswith("-") else found


def _slot_faults(time: DeliveryTime, *, checks_overlap: bool) -> Faults:
    for index, slot in enumerate(time.slots):
        hours, shift = slot.delivery_time_range, slot.cut_off_time.cut_off_day_shift
        first, last = time_of_day(hours.time_from), time_of_day(hours.time_to)
        if first is not None and last is not None and first >= last:
            message = "timeFrom can not be timeTo: a slot has to last" if first == last else ""
            yield Fault("DELIVERY-TIME-400011", f"slots[{index}].deliveryTimeRange.timeFrom", message)
        if shift and time.day.weekday is None:
            yield Fault("DELIVERY-TIME-SLOT-400005", f"slots[{index}].cutOffTime.cutOffDayShift")
        if shift and time.delivery_day_shift:
            yield Fault("DELIVERY-TIME-SLOT-400006", f"slots[{index}].cutOffTime.cutOffDayShift")
    ids = [slot.id for slot in time.slots]
    if len(set(ids)) < len(ids):
        yield Fault("DELIVERY-TIME-400015", "slots")
        yield Fault("DELIVERY-TIME-SLOT-400001", "slots")
    pairs = list(combinations(time.slots, 2))
    if any(is_same_slot(one, other) for one, other in pairs):
        yield Fault("DELIVERY-TIME-400007", "slots")
    if checks_overlap and any(do_overlap(one, other) and not is_same_slot(one, other) for one, other in pairs):
        yield Fault("DELIVERY-TIME-400005", "slots")


def is_same_slot(one: Slot, other: Slot) -> bool:
    """Whether two slots have the same hours and the same cut-off."""
    return _hours(one) == _hours(other) and one.cut_off_time.time == other.cut_off_time.time


def do_overlap(one: Slot, other: Slot) -> bool:
    """Whether two slots of one shipping method share a part of the day; where one ends, the next may begin."""
    if one.shipping_method != other.shipping_method:
        return False
    (first, first_end), (second, second_end) = _hours(one), _hours(other)
    return first < second_end and second < first_end


def _hours(slot: Slot) -> tuple[timedelta, timedelta]:
    hours = slot.delivery_time_range
    return time_of_day(hours.time_from) or timedelta(0), time_of_day(hours.time_to) or timedelta(0)


# -------------------------------------------------------------------------------------------------- beside the others


def place_faults(time: DeliveryTime, methods: Mapping[str, Sequence[str]]) -> list[Fault]:
    """Whether a site has the zone, and the zone the methods; `methods` are those of each zone of the site."""
    if not time.zone_id or time.is_for_all_zones:
        return []
    if time.zone_id not in methods:
        message = f"the site {time.site_code[:80]} has no zone '{time.zone_id[:80]}'"
        return [Fault("DELIVERY-TIME-400009", "zoneId", message)]
    return [
        Fault(
            "DELIVERY-TIME-400010",
            f"slots[{index}].shippingMethod",
            f"the zone {time.zone_id} has no method '{slot.shipping_method[:80]}'",
        )
        for index, slot in enumerate(time.slots)
        if slot.shipping_method not in methods[time.zone_id]
    ]


def overlap_faults(time: DeliveryTime, others: Iterable[DeliveryTime]) -> list[Fault]:
    """Whether another delivery time of the zone has the same kind of day, on the same day, at the same hours."""
    kind = kind_of_day(time.day)
    rivals = [other for other in others if other.id != time.id and kind_of_day(other.day) == kind]
    if not any(_is_rival(time, other) for other in rivals):
        return []
    return [Fault(f"DELIVERY-TIME-{_BY_KIND[kind]}", f"day.{kind}")]


def kind_of_day(day: DeliveryDay) -> str:
    """Which of the three a day is given by."""
    if day.weekday is not None:
        return "weekday"
    return "singleDate" if day.single_date is not None else "datePeriod"


def _is_rival(time: DeliveryTime, other: DeliveryTime) -> bool:
    if time.is_delivery_day != other.is_delivery_day or time.zone_id != other.zone_id:
        return False
    if not _share_a_day(time, other):
        return False
    if not time.is_delivery_day:
        return True
    return any(do_overlap(slot, two) for slot in time.slots for two in other.slots)


def _share_a_day(time: DeliveryTime, other: DeliveryTime) -> bool:
    if time.day.weekday is not None:
        return time.day.weekday == other.day.weekday
    (first, last), (start, end) = _days(time), _days(other)
    return first <= end and start <= last


def _days(time: DeliveryTime) -> tuple[date, date]:
    """The first and the last day of a single date or a period; a period that ends before it begins has no day."""
    zone = time_zone(time.time_zone_id) or ZoneInfo("UTC")
    period = time.day.date_period
    if period is None:
        day = local_day(time.day.single_date or "", zone) or date.max
        return day, day
    return local_day(period.date_from, zone) or date.max, local_day(period.date_to, zone) or date.min
