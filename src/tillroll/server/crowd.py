"""All connections of a process: how many there may be, what they may hold together, and who has waited too long.

One look a second over everybody's deadline takes the place of a timer for each of them. Where there are too many, those
who are slowest make room: who is closing anyway, who never said a word, who is in the middle of something and late with
it, and last who is idle. Nobody is sent away whose request is being worked on.
"""

import asyncio
import heapq
import logging
import math
from typing import Protocol

from tillroll.server.limits import COMPLAINT_SECONDS, SWEEP_SECONDS, Limits

_log = logging.getLogger(__name__)


class Member(Protocol):
    """A connection, as all of them together see it."""

    deadline: float
    since: float

    def rank(self) -> int | None:
        """How soon it has to make room, 0 first; None where it is being worked for."""
        ...

    def held(self) -> int:
        """How many bytes it holds of what is not finished: heads, bodies that still arrive, answers nobody takes."""
        ...

    def expire(self, now: float) -> None:
        """Its deadline has passed."""
        ...

    def turn_away(self) -> None:
        """Make room for others, at once."""
        ...


class Crowd:
    """The connections of one process and the bytes that they hold."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.held_bytes = 0
        self._members: set[Member] = set()
        self._sweep: asyncio.TimerHandle | None = None
        self._complained_at = -math.inf

    def join(self, member: Member) -> bool:
        """Take one more connection, at the cost of the slowest; False where all others are being worked for."""
        has_room = len(self._members) < self.limits.connections_max or self._make_room()
        self._members.add(member)
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._look)
        return has_room

    def leave(self, member: Member) -> None:
        """A connection is gone."""
        self._members.discard(member)

    def relieve(self) -> bool:
        """End what holds bytes without getting on, longest first; whether that was enough."""
        self._complain("unfinished requests and unread answers hold %d bytes", self.held_bytes)
        too_many = self.held_bytes - self.limits.held_bytes_max
        for member in sorted(self._waiting(), key=lambda one: one.since):
            if too_many <= 0:
                break
            too_many -= member.held()
            member.turn_away()
        return too_many <= 0

    def _waiting(self) -> list[Member]:
        return [member for member in self._members if member.held() and member.rank() is not None]

    def _make_room(self) -> bool:
        """Send the slowest away, some at once so that it is not to do for each newcomer; whether there were any."""
        self._complain("there are %d connections already, so the slowest are closed", len(self._members))
        ranked = [(rank, one.since, id(one), one) for one in self._members if (rank := one.rank()) is not None]
        for *_, member in heapq.nsmallest(1 + self.limits.connections_max // 50, ranked):
            member.turn_away()
        return bool(ranked)

    def _look(self) -> None:
        """End every wait that has lasted too long."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for member in [member for member in self._members if member.deadline <= now]:
            member.expire(now)
        self._sweep = loop.call_later(SWEEP_SECONDS, self._look) if self._members else None

    def _complain(self, text: str, number: int) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._complained_at >= COMPLAINT_SECONDS:
            self._complained_at = now
            _log.warning(text, number)
