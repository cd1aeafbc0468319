"""The simulator's time: that of the machine, or one that stands still; either can be put forward."""

import time

from tillroll.simulator.books import Books
from tillroll.simulator.desk import Times

# Where a clock that stands still begins: 2026-01-01T00:00:00Z, so that what happens can be told again byte for byte.
MANUAL_START = 1_767_225_600

_ADVANCED = "advanced seconds"
_SCRIPTED = "scripted at"


class Clock:
    """What time it is. What was put forward is kept in the books."""

    def __init__(self, books: Books, *, is_manual: bool) -> None:
        self._books = books
        self._is_manual = is_manual
        self._advanced = int(books.kept(_ADVANCED) or 0)
        self._scripted_at = float(books.kept(_SCRIPTED) or self.now())

    def now(self) -> int:
        """Seconds, as objects have them."""
        return (MANUAL_START if self._is_manual else int(time.time())) + self._advanced

    def ticking_ms(self) -> int:
        """Milliseconds that also pass where the clock stands still: for what is late by a moment."""
        return int(time.time() * 1000) + self._advanced * 1000

    def times(self) -> Times:
        """The time of one request."""
        now = self.now()
        return Times(now, self.ticking_ms(), max(0.0, now - self._scripted_at))

    def advance(self, seconds: int) -> None:
        """Put the clock forward."""
        self._advanced += seconds
        self._books.keep(_ADVANCED, str(self._advanced))

    def begin_script(self) -> None:
        """A script begins now."""
        self._scripted_at = float(self.now())
        self._books.keep(_SCRIPTED, str(self._scripted_at))


def signed_at() -> int:
    """When a webhook is signed: by the real clock, which whoever checks it has as well."""
    return int(time.time())
