"""How often somebody may try: the rules of every throttle.

    Allowance    so many a minute for a name, evenly; remembered in this process, and forgotten with it
    Doubling     after some failures in a row each further one doubles the wait; counted in the database
    TryWindow    so many in a stretch of time; counted in the database

What guards a secret is counted in the database, for all processes and over restarts; and before the secret is looked
at, so that a thousand tries at once are not a thousand guesses.
"""

from msgspec import Struct

SECOND_MICROSECONDS = 1_000_000
MINUTE_MICROSECONDS = 60 * SECOND_MICROSECONDS
HOUR_MINUTES = 60

# As many names as are remembered, some 20 MB of them; names that have been quiet for longer than others are forgotten.
NAMES_MAX = 100_000


class Allowance:
    """`calls` for each name in so many minutes, all of them at once if it was quiet before; 0 means any number.

    The generic cell rate algorithm (ITU-T I.371): one number per name says when the next call is due. Whoever is ahead
    by more than the burst waits. Several server processes each keep their own, so that a shop's limit is a multiple of
    theirs.
    """

    def __init__(self, calls: int, *, minutes: int = 1, names_max: int = NAMES_MAX) -> None:
        self._interval = minutes * MINUTE_MICROSECONDS / calls if calls else 0.0
        self._burst = self._interval * max(calls - 1, 0)
        self._generation_max = max(names_max // 2, 1)
        self._due: dict[str, float] = {}
        self._due_before: dict[str, float] = {}

    def wait(self, name: str, now: int) -> int:
        """After how many whole seconds there is a call left, at a time in microseconds; 0 where there is one now."""
        if not self._interval:
            return 0
        ahead = self._due_of(name, now) - now - self._burst
        return int(-(-ahead // SECOND_MICROSECONDS)) if ahead > 0 else 0

    def take(self, name: str, now: int, *, cost: int = 1) -> int:
        """Take one call, or a large one that costs more; 0, or after how many whole seconds to try again."""
        seconds = self.wait(name, now)
        if seconds or not self._interval:
            return seconds
        if name not in self._due and len(self._due) >= self._generation_max:
            # The names of the generation before last are forgotten: memory stays bounded, and nobody searches it.
            self._due, self._due_before = {}, self._due
        self._due[name] = self._due_of(name, now) + self._interval * cost
        return 0

    def _due_of(self, name: str, now: int) -> float:
        return max(self._due.get(name, 0.0), self._due_before.get(name, 0.0), now)


class Doubling(Struct, frozen=True):
    """So many failures in a row are free; each further one doubles the wait, up to a limit. 0 free ones: no limit.

    After `rest_seconds` without a failure the count begins anew.
    """

    free: int
    seconds_max: int
    rest_seconds: int
    seconds_first: int = 1

    def wait(self, failures: int, failed_at: int, now: int) -> int:
        """How many seconds are left after so many failures, the last of them then; times are microseconds."""
        if not self.free or failures < self.free:
            return 0
        seconds_since = (now - failed_at) // SECOND_MICROSECONDS
        if seconds_since >= self.rest_seconds:
            return 0
        # Thirty doublings are longer than anybody waits, and a small number.
        seconds = min(self.seconds_first << min(failures - self.free, 30), self.seconds_max)
        return max(seconds - max(seconds_since, 0), 0)


class TryWindow(Struct, frozen=True):
    """So many in a stretch of time (microseconds), which begins with the first of them."""

    count_max: int
    microseconds: int

    def start(self, now: int) -> int:
        """What began before this is over."""
        return now - self.microseconds

    def is_full(self, count: int, since: int, now: int) -> bool:
        """Whether there is none left after so many since then."""
        return since >= self.start(now) and count >= self.count_max

    def wait(self, count: int, since: int, now: int) -> int:
        """How many microseconds are left until the next, where the last one is counted already."""
        return max(since + self.microseconds - now, 0) if count > self.count_max else 0
