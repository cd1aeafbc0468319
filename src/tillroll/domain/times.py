"""Points in time as the wire writes them, ISO 8601, and as we count them: integer microseconds UTC. No clock here."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Longer than any date with nanoseconds and an offset, so that nobody parses a megabyte.
TEXT_CHARACTERS_MAX = 64
_DATE_CHARACTERS = len("2025-01-31")


@lru_cache(maxsize=4096)
def instant(text: str) -> int | None:
    """Microseconds UTC of an ISO 8601 text, None where it can not be read.

    A text without an offset is read as UTC, a date alone as its first moment. The same few validity dates are asked for
    with every line of every checkout, hence the memory.
    """
    if len(text) > TEXT_CHARACTERS_MAX or not text.isascii():
        return None
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
