"""Delivery where it is another day than in Greenwich: by the merchant's clock, and by nobody else's."""

from datetime import date
from zoneinfo import ZoneInfo

from tests.domain.checkout.checkout_world import delivery_time
from tillroll.domain.delivery.delivery import calendar_of, closed_days, days_until, today, window_on
from tillroll.domain.times import instant

# Half past ten in the evening in Greenwich is half past seven of the next morning in Tokyo.
EVENING = instant("2027-01-15T22:30:00Z") or 0
DAY = date(2027, 1, 17)


def test_today_is_what_the_clocks_of_the_zone_show() -> None:
    assert today(EVENING, ZoneInfo("Asia/Tokyo")) == date(2027, 1, 16)
    assert today(EVENING, ZoneInfo("UTC")) == date(2027, 1, 15)


def test_days_ahead_and_cut_offs_are_told_by_the_clock_of_the_zone() -> None:
    time = delivery_time(timeZoneId="Asia/Tokyo")
    window = window_on(calendar_of([time]), time, time.slots[0], DAY)
    assert window is not None
    assert days_until(window, EVENING) == 1
    assert window.local_cut_off == "06:00"
    assert window.cut_off == instant("2027-01-16T21:00:00Z")


def test_a_day_is_closed_where_no_zone_is_delivered_to() -> None:
    closure = delivery_time(id="closed", isDeliveryDay=False, slots=[], zoneId="a")
    calendar = calendar_of([closure])
    assert closed_days(calendar, ["a", "b"], EVENING) == []
    assert len(closed_days(calendar, ["a"], EVENING)) > 1
    assert closed_days(calendar, [], EVENING) == []
