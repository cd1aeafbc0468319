"""Time zones: the pinned data decides, whatever the machine has."""

import zoneinfo
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tillroll.domain.delivery.delivery import moment, time_zone
from tillroll.domain.times import pin_zones

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
