"""The day of a moment is that of the shop's clock, wherever the clock stands and however often it was set."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as some

from tillroll.domain.times import day_of

YEAR = 366 * 86_400
ZONES = some.sampled_from(sorted(available_timezones() - {"localtime"})).map(ZoneInfo)


@given(second=some.integers(-2 * YEAR, 80 * YEAR), fraction=some.integers(0, 999_999), clock=ZONES)
def test_the_day_of_a_moment_is_that_of_the_clock(second: int, fraction: int, clock: ZoneInfo) -> None:
    there = datetime.fromtimestamp(second, UTC).astimezone(clock).date()
    assert day_of(second * 1_000_000 + fraction, clock) == (there - date(1970, 1, 1)).days


def test_a_clock_of_odd_seconds_is_asked_to_the_second() -> None:
    liberia = ZoneInfo("Africa/Monrovia")  # 44 minutes and 30 seconds behind until January 1972
    midnight = (44 * 60 + 30) * 1_000_000
    assert (day_of(midnight - 1, liberia), day_of(midnight, liberia)) == (-1, 0)
