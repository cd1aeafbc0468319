"""Points in time as the wire writes them, ISO 8601, and as we count them: integer microseconds UTC. No clock here."""

import zoneinfo
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Longer than any date with nanoseconds and an offset, so that nobody parses a megabyte.
TEXT_CHARACTERS_MAX = 64
_DATE_CHARACTERS = len("2025-01-31")


def pin_zones() -> None:
    """Take time zones from the pinned `tzdata` alone, for the whole process; every entry point calls this first.

    Python asks the system's zone files before the package, and those may be years older: a delivery day would begin an
    hour off, and differently on each machine of one shop.
    """
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()


def instant(text: str) -> int | None:
    """Microseconds UTC of an ISO 8601 text, None where it can not be read.

    A text without an offset is read as UTC, a date alone as its first moment.
    """
    return _instant(text) if len(text) <= TEXT_CHARACTERS_MAX and text.isascii() else None


# The same few validity dates are asked for with every line of every checkout. Long texts are not remembered.
@lru_cache(maxsize=4096)
def _instant(text: str) -> int | None:
    try:
        if len(text) == _DATE_CHARACTERS:
            day = date.fromisoformat(text)
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        else:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
        return (moment - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        return None


def text_of(microseconds: int) -> str:
    """A moment as ISO 8601 in UTC, to the microsecond."""
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
