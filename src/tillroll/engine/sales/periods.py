"""Periods as people write them: moments, or days on the shop's clock."""

from datetime import date, timedelta, tzinfo

from tillroll.domain import times
from tillroll.domain.times import begins_at, day_alone, ends_at, text_of

_FIRST_DAY = date(1970, 1, 1)
# Nobody's shop is older, and no report is about days that are so far away.
_YEARS = range(1971, 9000)


def beginning(text: str, clock: tzinfo) -> int | None:
    """The moment (µs UTC) from which on something is meant; None for what is no moment."""
    return begins_at(text, clock)


def end(text: str, clock: tzinfo) -> int | None:
    """The moment until which something is meant, a day to its end; None for what is no moment."""
    return ends_at(text, clock)


def day(text: str) -> int | None:
    """A day as days since 1970; None for what is none."""
    found = day_alone(text)
    return (found - _FIRST_DAY).days if found is not None and found.year in _YEARS else None


def day_of(at: int, clock: tzinfo) -> int:
    """The day of a moment on a shop's clock, as days since 1970."""
    return times.day_of(at, clock)


def moments_of(first: int, last: int, clock: tzinfo) -> tuple[int, int]:
    """The first and the last microsecond (UTC) of some days since 1970 on a shop's clock."""
    begins, ends = (_FIRST_DAY + timedelta(days=day) for day in (first, last))
    return times.first_moment(begins, clock), times.last_moment(ends, clock)


def day_text(days: int) -> str:
    """A day since 1970 as a date."""
    return (_FIRST_DAY + timedelta(days=days)).isoformat()


def moment_text(microseconds: int) -> str:
    """A moment as our own API writes it, ISO 8601 in UTC."""
    return text_of(microseconds)
