"""Points in time as the wire writes them, ISO 8601, and as we count them: integer microseconds UTC. No clock here.

A date alone is a whole day of somebody's clock: as a beginning it is that day's first moment, as an end its last.

    begins_at("2026-12-24", clock)                                                ends_at("2026-12-24", clock)
        │ 2026-12-24T00:00:00.000000 on that clock       2026-12-24T23:59:59.999999 on that clock │
"""

import re
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from tillroll.domain.typed import Typed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST_DAY = date(1970, 1, 1)
_MINUTE = 60_000_000
# 1973-01-01, in minutes. Since then every clock on earth is whole minutes from UTC, and is put forward and back at one.
_WHOLE_MINUTES_SINCE = 1_578_240

# Longer than any date with nanoseconds and an offset, so that nobody parses a megabyte.
TEXT_CHARACTERS_MAX = 64

_WEEK_ALONE = re.compile(r"\d{4}-?W\d{2}", re.ASCII)

_ZONE_ID = re.compile(r"[A-Za-z0-9_+\-/]{1,64}", re.ASCII)
# On many machines a file among the zones, and not a zone: what it means differs from machine to machine.
_NO_ZONE = "localtime"


def pin_zones() -> None:
    """Take time zones from the pinned `tzdata` alone, for the whole process; every entry point calls this first.

    Python asks the system's zone files before the package, and those may be years older: a delivery day would begin an
    hour off, and differently on each machine of one shop.
    """
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()


def time_zone(id: str) -> ZoneInfo | None:
    """The rules of a time zone of the IANA database, None where it has none of this name."""
    return _time_zone(id) if _ZONE_ID.fullmatch(id) is not None and id != _NO_ZONE else None


@lru_cache(maxsize=1024)
def _time_zone(id: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(id)
    except (LookupError, ValueError, OSError):
        return None


def instant(text: str) -> int | None:
    """Microseconds UTC of an ISO 8601 text, None where it can not be read; one without an offset is read as UTC.

    For what neither begins nor ends anything: a date alone is the first moment of its day in UTC.
    """
    return begins_at(text)


def begins_at(text: str, clock: tzinfo = UTC) -> int | None:
    """Microseconds UTC of the beginning that a text names; of a date alone, the first moment of its day."""
    written = _written(text)
    return _begins_at(written, clock) if written is not None else None


def _written(text: str) -> str | None:
    """A text without the blanks that were pasted with it; None where it can be no time.

    A week alone is none: Python reads its first day, and whoever lets something end with a week means all of it.
    """
    if len(text) > TEXT_CHARACTERS_MAX:
        return None
    bare = Typed(text).trimmed
    return bare if bare.isascii() and _WEEK_ALONE.fullmatch(bare) is None else None


# The same few validity dates are asked for with every line of every checkout. Long texts are not remembered.
@lru_cache(maxsize=4096)
def _begins_at(text: str, clock: tzinfo) -> int | None:
    day = day_alone(text)
    return first_moment(day, clock) if day is not None else _moment(text)


def ends_at(text: str, clock: tzinfo = UTC) -> int | None:
    """Microseconds UTC of the end that a text names, and which belongs to what ends there.

    A date alone is the last moment of its day on this clock.
    """
    written = _written(text)
    return _ends_at(written, clock) if written is not None else None


@lru_cache(maxsize=4096)
def _ends_at(text: str, clock: tzinfo) -> int | None:
    day = day_alone(text)
    return last_moment(day, clock) if day is not None else _moment(text)


def day_alone(text: str) -> date | None:
    """The day of a text that is a date alone, `2026-12-24` or `20261224`; None for everything else."""
    written = _written(text)
    if written is None:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def day_of(at: int, clock: tzinfo) -> int:
    """The day of a moment on a clock, as days since 1970."""
    minute = at // _MINUTE
    return _day_of_minute(minute, clock) if minute >= _WHOLE_MINUTES_SINCE else _day_of_second(at // 1_000_000, clock)


# Events come in the order of time, many of them in one minute.
@lru_cache(maxsize=4096)
def _day_of_minute(minute: int, clock: tzinfo) -> int:
    return _day_of_second(minute * 60, clock)


def _day_of_second(second: int, clock: tzinfo) -> int:
    return (datetime.fromtimestamp(second, UTC).astimezone(clock).date() - _FIRST_DAY).days


def first_moment(day: date, clock: tzinfo) -> int:
    """When a day begins on a clock, microseconds UTC: where summer time skips its midnight, with what comes instead."""
    return (datetime(day.year, day.month, day.day, tzinfo=clock) - _EPOCH) // _MICROSECOND


def last_moment(day: date, clock: tzinfo) -> int:
    """The last microsecond of a day on a clock, microseconds UTC: of an hour that comes twice, the second one's."""
    return (datetime.combine(day, time.max, clock).replace(fold=1) - _EPOCH) // _MICROSECOND


def _moment(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        return None


class Period(Struct, frozen=True, gc=False):
    """From when to when something holds, in the words of whoever said so; both ends belong to it, None is an open one.

    Days alone are whole days on `clock`.
    """

    first: str | None
    last: str | None
    clock: tzinfo = UTC

    @property
    def begins(self) -> int | None:
        """Its first moment; None where there is none, or none that can be read."""
        return begins_at(self.first, self.clock) if self.first is not None else None

    @property
    def ends(self) -> int | None:
        """Its last moment; None where there is none, or none that can be read."""
        return ends_at(self.last, self.clock) if self.last is not None else None

    @property
    def can_hold(self) -> bool:
        """Whether there is a moment between its ends; one that can not be read is for others to refuse."""
        begins, ends = self.begins, self.ends
        return begins is None or ends is None or begins <= ends

    def has_begun(self, now: int) -> bool:
        """Whether its beginning has come; one that can not be read never does."""
        begins = self.begins
        return begins <= now if begins is not None else self.first is None

    def is_over(self, now: int) -> bool:
        """Whether its end has passed; one that can not be read has."""
        ends = self.ends
        return ends < now if ends is not None else self.last is not None

    def holds_at(self, now: int) -> bool:
        """Whether a moment lies within; an end that can not be read lets nothing through."""
        return self.has_begun(now) and not self.is_over(now)

    def meets(self, other: "Period") -> bool:
        """Whether the two share a moment."""
        begins, ends = other.begins, other.ends
        return (ends is None or self.has_begun(ends)) and (begins is None or not self.is_over(begins))


# A period without ends.
EVER = Period(None, None)


def text_of(microseconds: int) -> str:
    """A moment as ISO 8601 in UTC, to the microsecond."""
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
