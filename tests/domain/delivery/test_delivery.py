"""Windows from delivery times: days, cut-offs, time zones and their changes of the clock."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.checkout.checkout_world import delivery_time
from tillroll.domain.delivery.delivery import (
    OFFERED_DAYS,
    WEEKDAYS,
    DeliveryWindow,
    Window,
    calendar_of,
    cut_off_of_day,
    holds_on,
    local_day,
    moment,
    time_of_day,
    window_on,
    windows,
)
from tillroll.domain.delivery.request import Misfit, find_window
from tillroll.domain.times import time_zone


def micro(text: str) -> int:
    """A point in time as the till counts it."""
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000


def slot(**changes: Any) -> dict[str, Any]:
    hours = {"timeFrom": "10:00", "timeTo": "12:00"}
    found = {"id": "s", "shippingMethod": "parcel", "deliveryTimeRange": hours, "capacity": 1}
    return found | {"cutOffTime": {"time": "06:00"}} | changes


def only_window(day: str, **changes: Any) -> Window:
    """The window of one delivery time on a day."""
    time = delivery_time(**changes)
    window = window_on(calendar_of([time]), time, time.slots[0], date.fromisoformat(day))
    assert window is not None
    return window


# What the clocks of a zone show, on ordinary days and on those on which they are changed: (zone, day, time, UTC).
CLOCKS = [
    ("UTC", "2026-03-29", "02:30", "2026-03-29T02:30:00Z"),
    ("Europe/Warsaw", "2026-01-15", "10:00", "2026-01-15T09:00:00Z"),
    ("Europe/Warsaw", "2026-07-15", "10:00", "2026-07-15T08:00:00Z"),
    ("Europe/Warsaw", "2026-03-29", "01:59", "2026-03-29T00:59:00Z"),
    ("Europe/Warsaw", "2026-03-29", "02:30", "2026-03-29T01:30:00Z"),  # there is no 02:30: it is 03:30
    ("Europe/Warsaw", "2026-03-29", "03:00", "2026-03-29T01:00:00Z"),
    ("Europe/Warsaw", "2026-03-29", "24:00", "2026-03-29T22:00:00Z"),
    ("Europe/Warsaw", "2026-10-25", "02:30", "2026-10-25T00:30:00Z"),  # there are two: the first
    ("Europe/Warsaw", "2026-10-25", "03:00", "2026-10-25T02:00:00Z"),
    ("Europe/Warsaw", "2026-10-25", "24:00", "2026-10-25T23:00:00Z"),
    ("America/New_York", "2026-03-08", "02:30", "2026-03-08T07:30:00Z"),
    ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30:00Z"),
    ("Australia/Lord_Howe", "2026-04-05", "12:00", "2026-04-05T01:30:00Z"),  # changes by half an hour
    ("Pacific/Auckland", "2026-07-01", "12:00", "2026-07-01T00:00:00Z"),
    ("Pacific/Kiritimati", "2026-07-01", "00:00", "2026-06-30T10:00:00Z"),
]


@pytest.mark.parametrize(("zone", "day", "shown", "utc"), CLOCKS)
def test_what_a_clock_shows_is_one_point_in_time(zone: str, day: str, shown: str, utc: str) -> None:
    since_midnight, rules = time_of_day(shown), time_zone(zone)
    assert since_midnight is not None
    assert rules is not None
    assert moment(date.fromisoformat(day), since_midnight, rules) == micro(utc)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("10:00", 600), ("9:5", 545), ("00:00", 0), ("24:00", 1440), ("10:00:30", 600.5), ("23:59", 1439)],
)
def test_a_time_of_day_is_read(text: str, minutes: float) -> None:
    assert time_of_day(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text", ["", "10", "24:01", "25:00", "10:60", "-1:00", "10:00Z", "１０:00", "10:00:60", " 10:00"]
)
def test_what_is_no_time_of_day_is_none(text: str) -> None:
    assert time_of_day(text) is None


@pytest.mark.parametrize("id", ["", "Mars/Olympus", "../UTC", "/etc/passwd", "America", "utc\0", "localtime", "x" * 65])
def test_what_is_no_time_zone_is_none(id: str) -> None:
    assert time_zone(id) is None


def test_a_cut_off_keeps_its_place_on_the_clock_whatever_the_season() -> None:
    warsaw = time_zone("Europe/Warsaw")
    assert warsaw is not None
    summer = "2023-06-12T06:00:00.000Z"  # eight o'clock there
    assert cut_off_of_day(summer, warsaw) == timedelta(hours=8)
    changes = {"timeZoneId": "Europe/Warsaw", "slots": [slot(cutOffTime={"time": summer})]}
    assert only_window("2026-07-15", **changes).cut_off == micro("2026-07-15T06:00:00Z")
    assert only_window("2026-01-15", **changes).cut_off == micro("2026-01-15T07:00:00Z")
    assert cut_off_of_day("08:00", warsaw) == timedelta(hours=8)
    assert cut_off_of_day("never", warsaw) is None
    assert cut_off_of_day("0001-01-01T00:00:00.000Z", ZoneInfo("America/New_York")) is None


@pytest.mark.parametrize(
    "changes", [{"deliveryDayShift": 2}, {"slots": [slot(cutOffTime={"time": "06:00", "cutOffDayShift": 2})]}]
)
def test_a_shift_moves_the_cut_off_to_an_earlier_day(changes: dict[str, Any]) -> None:
    window = only_window("2026-03-30", timeZoneId="Europe/Warsaw", **changes)
    assert window.cut_off == micro("2026-03-28T05:00:00Z")  # before the clocks were changed
    assert window.starts == micro("2026-03-30T08:00:00Z")


def test_a_cycle_is_named_after_its_day_and_the_hour_of_its_cut_off() -> None:
    assert only_window("2025-06-20", slots=[slot(cutOffTime={"time": "11:00"})]).cycle == "2025-06-20-11"
    named = slot(cutOffTime={"time": "06:00", "deliveryCycleName": "morning"})
    assert only_window("2025-06-20", slots=[named]).cycle == "2025-06-20-06-morning"


@pytest.mark.parametrize(
    ("zone", "text", "day"),
    [
        ("Europe/Warsaw", "2023-06-12T10:00:00.000Z", "2023-06-12"),
        ("Europe/Warsaw", "2023-06-12T22:00:00.000Z", "2023-06-13"),
        ("America/New_York", "2023-06-12T03:59:59.000Z", "2023-06-11"),
        ("America/New_York", "2023-06-12", "2023-06-12"),
        ("Pacific/Auckland", "2023-06-12T12:00:00.000Z", "2023-06-13"),
    ],
)
def test_a_date_is_the_day_where_the_delivery_time_is_at_home(zone: str, text: str, day: str) -> None:
    rules = time_zone(zone)
    assert rules is not None
    assert local_day(text, rules) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        ({"weekday": "FRIDAY"}, {"2026-11-27"}),
        ({"singleDate": "2026-11-28T11:00:00.000Z"}, {"2026-11-28"}),
        (
            {"datePeriod": {"dateFrom": "2026-11-26T11:00:00.000Z", "dateTo": "2026-11-27T11:00:00.000Z"}},
            {"2026-11-26", "2026-11-27"},
        ),
        ({"datePeriod": {"dateFrom": "2026-11-27T11:00:00.000Z", "dateTo": "2026-11-26T11:00:00.000Z"}}, set()),
    ],
)
def test_a_delivery_time_holds_on_its_days(day: dict[str, Any], holds: set[str]) -> None:
    time = delivery_time(timeZoneId="Europe/Warsaw", day=day)
    days = [date(2026, 11, 25) + timedelta(days=number) for number in range(6)]
    assert {str(one) for one in days if holds_on(time, one)} == holds


def test_a_weekday_is_offered_once_a_week_until_its_cut_off() -> None:
    calendar = calendar_of([delivery_time(day={"weekday": "FRIDAY"}, timeZoneId="Europe/Warsaw")])
    before, after = micro("2026-11-27T04:59:59Z"), micro("2026-11-27T05:00:00Z")  # six o'clock there
    assert [str(one.day) for one in windows(calendar, before)] == [
        "2026-11-27",
        "2026-12-04",
        "2026-12-11",
        "2026-12-18",
    ]
    assert [str(one.day) for one in windows(calendar, after)] == ["2026-12-04", "2026-12-11", "2026-12-18"]


def test_a_single_date_is_offered_as_early_as_it_may_be_booked() -> None:
    calendar = calendar_of([delivery_time(day={"singleDate": "2026-12-24T12:00:00.000Z"})])
    assert [one.id for one in windows(calendar, micro("2026-01-01T00:00:00Z"))] == ["w/s/2026-12-24"]
    assert not list(windows(calendar, micro("2025-12-01T00:00:00Z")))
    assert not list(windows(calendar, micro("2026-12-24T06:00:00Z")))


def test_nothing_is_offered_on_a_closed_day() -> None:
    closed = delivery_time(id="c", isDeliveryDay=False, zoneId=None, slots=[], day={"weekday": "FRIDAY"})
    period = {"datePeriod": {"dateFrom": "2026-12-01", "dateTo": "2026-12-31"}}
    holidays = delivery_time(id="h", isDeliveryDay=False, slots=[], day=period)
    now = micro("2026-11-26T00:00:00Z")
    found = [str(one.day) for one in windows(calendar_of([delivery_time(), closed, holidays]), now)]
    assert found == ["2026-11-26", "2026-11-28", "2026-11-29", "2026-11-30"]


# --------------------------------------------------------------------------------------------------------------- laws

ZONES = st.sampled_from(["UTC", "Europe/Warsaw", "America/New_York", "Pacific/Kiritimati", "Asia/Kathmandu"])
TIMES = st.times().map(lambda one: f"{one.hour:02d}:{one.minute:02d}")
DAYS = st.one_of(
    st.sampled_from(WEEKDAYS).map(lambda name: {"weekday": name}),
    st.dates(date(2026, 1, 1), date(2027, 12, 31)).map(lambda day: {"singleDate": f"{day}T12:00:00.000Z"}),
    st.tuples(st.dates(date(2026, 1, 1), date(2027, 6, 1)), st.integers(0, 60)).map(
        lambda one: {"datePeriod": {"dateFrom": str(one[0]), "dateTo": str(one[0] + timedelta(days=one[1]))}}
    ),
)
MOMENTS = st.integers(micro("2026-01-01T00:00:00Z"), micro("2027-06-01T00:00:00Z"))


@st.composite
def delivery_times(draw: st.DrawFn) -> Any:
    """Any delivery time that the merchant may set up, with one slot."""
    first, last = sorted([draw(TIMES), draw(TIMES)])
    cut_off = {"time": draw(TIMES)}
    shift = draw(st.integers(0, 3))
    slots = [slot(deliveryTimeRange={"timeFrom": first, "timeTo": last}, cutOffTime=cut_off)]
    return delivery_time(timeZoneId=draw(ZONES), day=draw(DAYS), deliveryDayShift=shift, slots=slots)


@given(delivery_times(), MOMENTS)
def test_an_offered_window_is_never_over_nor_past_its_cut_off_and_can_be_asked_for(time: Any, now: int) -> None:
    calendar = calendar_of([time])
    for window in windows(calendar, now):
        assert now < window.cut_off
        assert now < window.ends
        assert window.starts <= window.ends
        assert holds_on(time, window.day)
        written = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=window.delivery_date)).isoformat()
        assert find_window(calendar, DeliveryWindow("w", "s", written), now) == window


@given(delivery_times(), MOMENTS, st.integers(0, OFFERED_DAYS - 1))
def test_what_is_not_offered_in_the_next_weeks_can_not_be_asked_for_either(time: Any, now: int, ahead: int) -> None:
    calendar = calendar_of([time])
    zone = time_zone(time.time_zone_id)
    assert zone is not None
    today = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now)).astimezone(zone).date()
    day = today + timedelta(days=ahead)
    offered = {window.day for window in windows(calendar, now)}
    found = find_window(calendar, DeliveryWindow("w", "s", str(day)), now)
    assert isinstance(found, Window) == (day in offered)


@given(delivery_times(), MOMENTS, st.text(max_size=40))
def test_any_text_for_a_date_is_a_window_or_a_refusal(time: Any, now: int, text: str) -> None:
    found = find_window(calendar_of([time]), DeliveryWindow("w", "s", text), now)
    assert isinstance(found, Window) or {one.misfit for one in found} <= set(Misfit)


@pytest.mark.parametrize("id", ["w", "other", None])
@pytest.mark.parametrize("slot_id", ["s", None])
@pytest.mark.parametrize("day", ["2026-03-02T12:00:00.000Z", None])
def test_who_does_not_name_all_three_is_told_what_is_missing(
    id: str | None, slot_id: str | None, day: str | None
) -> None:
    found = find_window(calendar_of([delivery_time()]), DeliveryWindow(id, slot_id, day), micro("2026-03-01T00:00Z"))
    missing = [name for name, value in (("id", id), ("slotId", slot_id), ("deliveryDate", day)) if value is None]
    wanted = [(Misfit.FIELD_MISSING, name) for name in missing] + (
        [(Misfit.TIME_UNKNOWN, "id")] if id == "other" else []
    )
    if wanted:
        assert isinstance(found, list)
        assert [(one.misfit, one.field) for one in found] == wanted
    else:
        assert isinstance(found, Window)
