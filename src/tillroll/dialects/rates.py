"""How often somebody may call: an allowance that fills up evenly, for each name of its own, in this process.

The generic cell rate algorithm (ITU-T I.371): one number per name says when the next call is due. Whoever is ahead by
more than the burst waits. Several server processes each keep their own, so that a shop's limit is a multiple of theirs.
"""

MINUTE_MICROSECONDS = 60_000_000
# As many names as are remembered; names that have been quiet for the time of their burst need not be.
NAMES_MAX = 100_000


class Allowance:
    """`per_minute` calls for each name, all of them at once if it was quiet before; 0 means any number."""

    def __init__(self, per_minute: int, *, names_max: int = NAMES_MAX) -> None:
        self._interval = MINUTE_MICROSECONDS / per_minute if per_minute else 0.0
        self._burst = self._interval * max(per_minute - 1, 0)
        self._names_max = names_max
        self._due: dict[str, float] = {}

    def take(self, name: str, now: int) -> int:
        """Take one call, at a time in microseconds; 0, or after how many whole seconds to try again."""
        if not self._interval:
            return 0
        due = max(self._due.get(name, 0.0), now)
        ahead = due - now - self._burst
        if ahead > 0:
            return int(-(-ahead // 1_000_000))
        if len(self._due) >= self._names_max:
            self._forget_the_quiet(now)
        self._due[name] = due + self._interval
        return 0

    def _forget_the_quiet(self, now: int) -> None:
        """Forget whoever has their whole allowance again; where that is nobody, everybody starts anew."""
        self._due = {name: due for name, due in self._due.items() if due > now}
        if len(self._due) >= self._names_max:
            self._due.clear()
