"""Days are whole days of a clock, as ends and as beginnings; and the pinned zones decide, whatever the machine has."""

import zoneinfo
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillroll.domain.delivery.delivery import moment
from tillroll.domain.times import Period, begins_at, day_alone, ends_at, instant, pin_zones, text_of, time_zone

# In 2026 each of these stopped turning its clocks; files of 2025 still turn them in November, or in the Ramadan.
CHANGED = {
    "America/Vancouver": timedelta(hours=-7),
    "America/Edmonton": timedelta(hours=-6),
    "America/Winnipeg": timedelta(hours=-5),
    "Africa/Casablanca": timedelta(0),
}


@pytest.mark.parametrize(("name", "offset"), CHANGED.items())
def test_a_zone_that_changed_in_2026_is_that_of_the_pinned_data(name: str, offset: timedelta) -> None:
    assert datetime(2026, 12, 1, 12, tzinfo=ZoneInfo(name)).utcoffset() == offset


def test_a_delivery_day_begins_by_the_pinned_data() -> None:
    vancouver = time_zone("America/Vancouver")
    assert vancouver is not None
    began = moment(datetime(2026, 12, 1, tzinfo=UTC).date(), timedelta(0), vancouver)
    assert datetime.fromtimestamp(began / 1e6, UTC) == datetime(2026, 12, 1, 7, tzinfo=UTC)


def test_pinning_forgets_what_was_read_from_elsewhere() -> None:
    read_before = ZoneInfo("America/Vancouver")
    pin_zones()
    assert ZoneInfo("America/Vancouver") is not read_before
    assert zoneinfo.TZPATH == ()


# ------------------------------------------------------------------------------------------------------ days as ends

# a day, a clock, and its first and last moment; Beirut's summer begins at midnight, Havana's ends an hour after it
WHOLE_DAYS = [
    ("2026-12-24", "UTC", "2026-12-24T00:00:00.000000Z", "2026-12-24T23:59:59.999999Z"),
    ("20261224", "UTC", "2026-12-24T00:00:00.000000Z", "2026-12-24T23:59:59.999999Z"),
    ("2026-12-24", "Europe/Berlin", "2026-12-23T23:00:00.000000Z", "2026-12-24T22:59:59.999999Z"),
    ("2026-12-24", "Pacific/Kiritimati", "2026-12-23T10:00:00.000000Z", "2026-12-24T09:59:59.999999Z"),
    ("2026-12-24", "Pacific/Pago_Pago", "2026-12-24T11:00:00.000000Z", "2026-12-25T10:59:59.999999Z"),
    ("2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00.000000Z", "2026-03-29T21:59:59.999999Z"),
    ("2026-03-29", "Asia/Beirut", "2026-03-28T22:00:00.000000Z", "2026-03-29T20:59:59.999999Z"),
    ("2025-11-02", "America/Havana", "2025-11-02T04:00:00.000000Z", "2025-11-03T04:59:59.999999Z"),
]


@pytest.mark.parametrize("text", ["2026-W52", "2026W52", " 2026-W52 "])
def test_a_week_alone_is_no_day(text: str) -> None:
    assert (begins_at(text), ends_at(text), instant(text)) == (None, None, None)
    assert begins_at("2026-W52-4") == begins_at("2026-12-24")


@pytest.mark.parametrize(
    "text", [" 2026-12-24", "2026-12-24 ", "\t2026-12-24\n", "\u00a02026-12-24", "\ufeff2026-12-24"]
)
def test_a_day_may_be_pasted_with_its_blanks(text: str) -> None:
    assert day_alone(text) == date(2026, 12, 24)
    assert ends_at(text) == ends_at("2026-12-24")
    assert begins_at(f"{text.strip()}T10:00Z ") == begins_at("2026-12-24T10:00Z")


@pytest.mark.parametrize(("day", "clock", "first", "last"), WHOLE_DAYS)
def test_a_day_alone_is_the_whole_day_on_the_clock(day: str, clock: str, first: str, last: str) -> None:
    begins, ends = begins_at(day, ZoneInfo(clock)), ends_at(day, ZoneInfo(clock))
    assert begins is not None
    assert ends is not None
    assert (text_of(begins), text_of(ends)) == (first, last)


@given(day=st.dates(date(1900, 1, 2), date(2999, 12, 30)), name=st.sampled_from(["UTC", "Asia/Beirut", "Africa/Cairo"]))
def test_a_day_ends_where_the_next_one_begins(day: date, name: str) -> None:
    following = begins_at((day + timedelta(days=1)).isoformat(), ZoneInfo(name))
    ends = ends_at(day.isoformat(), ZoneInfo(name))
    assert ends is not None
    assert ends + 1 == following


@pytest.mark.parametrize("text", ["2026-12-24T10:00:00Z", "2026-12-24T10:00:00", "2026-12-24T12:00:00+02:00"])
def test_a_moment_is_the_same_as_a_beginning_and_as_an_end_on_every_clock(text: str) -> None:
    far = ZoneInfo("Pacific/Kiritimati")
    assert begins_at(text, far) == ends_at(text, far) == instant(text) == instant("2026-12-24T10:00:00Z")


@pytest.mark.parametrize(
    "text", ["", "today", "2026-13-01", "2026-02-30", "2026-12-24T25:00", "２０２６-12-24", "2" * 65]
)
def test_what_is_no_day_neither_begins_nor_ends(text: str) -> None:
    assert begins_at(text) is ends_at(text) is None


def test_the_last_day_of_the_calendar_means_for_ever() -> None:
    for clock in ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"):
        assert (ends_at("9999-12-31", ZoneInfo(clock)) or 0) > (instant("9999-12-30T00:00:00Z") or 0)


NOON = instant("2026-06-01T12:00:00Z") or 0


@pytest.mark.parametrize(
    ("first", "last", "can_hold", "holds"),
    [
        (None, None, True, True),
        ("2026-06-01", "2026-06-01", True, True),
        ("2026-06-01", None, True, True),
        (None, "2026-06-01", True, True),
        (None, "2026-05-31", True, False),
        ("2026-06-02", None, True, False),
        ("2026-06-02", "2026-06-01", False, False),
        ("2026-06-01T13:00:00Z", "2026-06-01", True, False),
        ("2026-06-01", "2026-05-31T23:00:00Z", False, False),
        ("soon", None, True, False),
        (None, "soon", True, False),
    ],
)
def test_a_period_holds_between_its_ends(first: str | None, last: str | None, can_hold: bool, holds: bool) -> None:
    period = Period(first, last)
    assert (period.can_hold, period.holds_at(NOON)) == (can_hold, holds)


def test_whether_a_period_can_hold_is_a_matter_of_the_clock() -> None:
    ends_late = Period("2026-06-02T08:00:00Z", "2026-06-01", ZoneInfo("Pacific/Pago_Pago"))
    ends_early = Period("2026-06-01T20:00:00Z", "2026-06-01", ZoneInfo("Pacific/Kiritimati"))
    assert (ends_late.can_hold, ends_early.can_hold) == (True, False)


def test_periods_meet_where_they_share_a_moment() -> None:
    day = Period("2026-06-01", "2026-06-01")
    assert day.meets(Period(None, "2026-06-01T00:00:00Z"))
    assert day.meets(Period("2026-06-01T23:00:00Z", None))
    assert not day.meets(Period("2026-06-02", None))
    assert not day.meets(Period(None, "2026-05-31"))
