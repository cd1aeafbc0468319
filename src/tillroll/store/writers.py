"""Which writer thread takes what: a lock that is held stops those who need it, and nobody else.

    put ─► a queue for each work ─► main threads ─► commit(group) ─► asyncio futures
                                        │ a lock is not given in time
                                        ▼
                        set aside ─► spare threads ─► halves, and halves of these, with short patience
                                        ▲      │ alone, and still not given
                                        └──────┘ again after a pause, until its time is up

A group is what waits for one work, and becomes one transaction. Main threads share the queues, so that a group that
waits for a lock holds up no more than one of them. Spare threads take what has waited for a while although no thread is
at its work, and sort out the groups that met a lock: whoever does not need it is soon in a group that goes through.
"""

import logging
import queue
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any

from tillroll.store import Contended, Item, Overloaded, Result, StoreFailed, Work
from tillroll.store.group_commit import BATCH_ITEMS_MAX, Deadlines, Pending, answer, claimed

MAIN_THREADS = 2
SPARE_THREADS = 4
# A lock is held for one group's work and its commit, some milliseconds; on a busy server some such waits in a row. A
# wait as long as this is for somebody who does not commit.
LOCK_SECONDS = 0.5
# The same for those who come while others of their work are set aside already: it is probably the same lock.
LOCK_SECONDS_WHILE_HELD = 0.05
# How long spare threads wait for a lock, the first time and at most: what they hold meanwhile, others wait for.
FIRST_TRY_SECONDS = 0.02
LONGEST_TRY_SECONDS = 0.08
# Where groups take long, on a slow or crowded machine, locks are waited for as much longer, but not for more than this
# share of the request's time.
USUAL_SECONDS = 0.03
PATIENCE_SHARE = 0.3
# After so long, the longest group counts half.
PACE_HALF_LIFE_SECONDS = 2.0
# The longest pause before a write that met a lock alone tries again.
PAUSE_SECONDS_MAX = 0.2
# Who has less time left than this does not try again: cut off in the middle of a try, nobody could say what was kept.
LAST_TRY_SECONDS = 0.25
# So many may wait for locks alone; one more is told at once to come back.
HELD_UP_MAX = 64
# What has queued for so long although no thread is at its work is taken by a spare one.
OVERDUE_SECONDS = 0.03

_log = logging.getLogger(__name__)


class Blocked(Exception):
    """Raised by a commit: somebody else holds a lock for longer than this group may wait; nothing of it was kept."""


class Group:
    """Writes of one work, to be one transaction; how often it has met a lock, and when it may try again."""

    __slots__ = ("is_aside", "members", "not_before", "tries", "work")

    def __init__(self, members: Sequence[Pending], tries: int = 0, not_before: float = 0.0) -> None:
        self.work = members[0].work
        self.members = members
        self.tries = tries
        self.not_before = not_before
        self.is_aside = tries > 0


# Commits items that share a work, waiting so long for each lock and until then for everything: their results.
Commit = Callable[[Work[Any, Any], Sequence[Any], float, float], Sequence[Any]]


class Writers:
    """The queues and the threads that empty them; each thread commits on a connection of its own."""

    def __init__(self, commit: Commit, *, queue_max: int, seconds: float) -> None:
        self.groups_fallen_apart = 0
        """How many groups were not committed together, because of a lock or because a member raised something."""
        self.asked = 0
        """How many writes were asked for."""
        self._commit = commit
        self._pace = _Pace()
        self._queue_max = queue_max
        self._seconds = seconds
        self._deadlines = Deadlines()
        self._claims = threading.Lock()
        self._lock = threading.Lock()  # for everything below
        self._main_calls: queue.SimpleQueue[None] = queue.SimpleQueue()  # one for each idle thread that is to look
        self._idle = 0
        self._spare_called = threading.Condition(self._lock)
        self._is_watched = False  # whether a spare thread will soon look what has waited for too long
        self._closed = False
        self._queues: dict[Work[Any, Any], deque[Pending]] = {}  # the work that was served last comes last
        self._queued = 0
        self._at_work: Counter[Work[Any, Any]] = Counter()
        self._unsorted: deque[Group] = deque()
        self._held_up: list[Group] = []
        self._aside: Counter[Work[Any, Any]] = Counter()  # groups that are set aside, or tried again just now
        runs: list[Callable[[], None]] = [self._run_main] * MAIN_THREADS
        runs += [self._run_spare_for_held_up] + [self._run_spare] * (SPARE_THREADS - 1)
        self._threads = [
            threading.Thread(target=run, name=f"writer-{number}", daemon=True) for number, run in enumerate(runs)
        ]
        for thread in self._threads:
            thread.start()

    async def submit(self, work: Work[Item, Result], item: Item, seconds: float | None = None) -> Result:
        """Queue one item; its result after the commit that holds it; raises as `GroupCommit.submit` does."""
        length = self._seconds if seconds is None else seconds
        pending = Pending(work, item, length, self._claims)
        with self._lock:
            if self._closed:
                raise StoreFailed("the store is closed")
            if self._queued >= self._queue_max:
                raise Overloaded(f"{self._queue_max} writes wait already")
            queued = self._queues.get(work)
            if queued is None:
                queued = self._queues[work] = deque()
            queued.append(pending)
            self._queued += 1
            self.asked += 1
            somebody_is_idle = self._idle > 0
            if somebody_is_idle:
                self._idle -= 1
            elif not self._is_watched:
                self._is_watched = True
                self._spare_called.notify()
        if somebody_is_idle:
            self._main_calls.put(None)
        watch = self._deadlines.watch(length, pending.loop)
        watch.add(pending)
        try:
            result: Result = await pending.future
        finally:
            watch.remove(pending)
        return result

    def longest_wait(self) -> float:
        """For how many seconds the first in any queue has waited for a thread to take it."""
        with self._lock:
            since = [queued[0].since for queued in self._queues.values()]
        return time.monotonic() - min(since) if since else 0.0

    def close(self) -> None:
        """Let the threads finish what is queued, then stop them."""
        with self._lock:
            self._closed = True
            self._spare_called.notify_all()
        for _ in range(MAIN_THREADS):
            self._main_calls.put(None)
        for thread in self._threads:
            thread.join()

    def _patient(self, seconds: float) -> float:
        """As long as that, where groups take as long as usual, and longer where they take longer."""
        slowness = self._pace.now(time.monotonic()) / USUAL_SECONDS
        return max(seconds, min(seconds * slowness, self._seconds * PATIENCE_SHARE))

    def _run_main(self) -> None:
        group: Group | None = None
        settled: Sequence[Pending] = ()
        while True:
            with self._lock:
                if group is not None:
                    self._finish(group)
                group = self._next_queued()
                if group is None:
                    if self._closed:
                        break
                    self._idle += 1
                is_held = group is not None and group.work in self._aside
                lock_seconds = self._patient(LOCK_SECONDS_WHILE_HELD if is_held else LOCK_SECONDS)
            answer(settled)  # which wakes the event loop: it would wait for the lock
            settled = ()
            if group is None:
                self._main_calls.get()
            else:
                settled = self._serve(group, lock_seconds)
        answer(settled)

    def _run_spare(self) -> None:
        self._run_choices(self._overdue, self._next_unsorted, self._next_held_up)

    def _run_spare_for_held_up(self) -> None:
        """The spare thread to which those who were held up come first, or they might never be tried."""
        self._run_choices(self._next_held_up, self._overdue, self._next_unsorted)

    def _run_choices(self, *choices: Callable[[float], Group | None]) -> None:
        while (group := self._take_spare(choices)) is not None:
            seconds = _try_seconds(group.tries) if group.is_aside else LOCK_SECONDS_WHILE_HELD
            answer(self._serve(group, self._patient(seconds)))
            with self._lock:
                self._finish(group)

    def _finish(self, group: Group) -> None:
        self._at_work[group.work] -= 1
        if not self._at_work[group.work]:
            del self._at_work[group.work]
        if group.is_aside:
            self._no_longer_aside(group)
        if self._closed:
            self._spare_called.notify_all()

    # -- committing ----------------------------------------------------------------------------------------------------

    def _serve(self, group: Group, lock_seconds: float) -> Sequence[Pending]:
        """Commit a group; who is to be answered now: nobody where it met a lock and is set aside."""
        begun = time.monotonic()
        try:
            give_up_at = max(pending.deadline for pending in group.members)
            items = [pending.item for pending in group.members]
            results = self._commit(group.work, items, lock_seconds, give_up_at)
        except Blocked as blocked:
            self._set_aside(group, blocked)
            return ()
        except (Contended, StoreFailed) as trouble:  # expected now and then; who waits says so in the log
            for pending in group.members:
                pending.outcome = trouble
        except BaseException as error:  # noqa: BLE001  a writer must outlive any one group; the error reaches each waiter
            if len(group.members) > 1:
                return self._serve_singly(group, error)
            group.members[0].outcome = error
        else:
            for pending, result in zip(group.members, results, strict=True):
                pending.outcome = result
            self._pace.note(begun, time.monotonic())
        return group.members

    def _serve_singly(self, group: Group, error: BaseException) -> Sequence[Pending]:
        """One after the other, so that only who is at fault gets the error; behind a lock the rest is set aside."""
        self._count_fallen_apart()
        _log.warning("a group of %d writes fell apart and is repeated one by one: %r", len(group.members), error)
        for number, pending in enumerate(group.members, 1):
            settled = self._serve(Group([pending], group.tries), self._patient(LOCK_SECONDS_WHILE_HELD))
            answer(settled)
            if not settled:
                rest = group.members[number:]
                for waiting in rest:
                    waiting.put_back()
                with self._lock:
                    self._leave_to_spares(rest)
                break
        return ()

    def _set_aside(self, group: Group, blocked: Blocked) -> None:
        """Leave it to the spare threads: its halves, or after a pause the single write that is held up itself."""
        for pending in group.members:
            pending.put_back()
        with self._lock:
            if len(group.members) > 1:
                middle = len(group.members) // 2
                for half in (group.members[:middle], group.members[middle:]):
                    self._leave_to_spares(half)
            else:
                self._hold_up(Group(group.members, group.tries + 1), blocked)
        if len(group.members) > 1:
            self._count_fallen_apart()
            _log.debug("a group of %d writes met a lock and is halved: %s", len(group.members), blocked)

    def _leave_to_spares(self, members: Sequence[Pending]) -> None:
        if members:
            self._unsorted.append(Group(members, 1))
            self._aside[members[0].work] += 1
            self._queued += len(members)
            self._spare_called.notify()

    def _hold_up(self, alone: Group, blocked: Blocked) -> None:
        pause = min(PAUSE_SECONDS_MAX, 2 * _try_seconds(alone.tries)) * (0.5 + random.random())
        alone.not_before = time.monotonic() + pause
        if len(self._held_up) < HELD_UP_MAX and alone.not_before + LAST_TRY_SECONDS < alone.members[0].deadline:
            self._held_up.append(alone)
            self._aside[alone.work] += 1
            self._queued += 1
            self._spare_called.notify()
            return
        refused = claimed(alone.members)
        for pending in refused:
            pending.outcome = Contended(f"somebody else holds a lock for too long, nothing was kept: {blocked}")
        answer(refused)

    def _no_longer_aside(self, group: Group) -> None:
        self._aside[group.work] -= 1
        if not self._aside[group.work]:
            del self._aside[group.work]

    def _count_fallen_apart(self) -> None:
        with self._lock:
            self.groups_fallen_apart += 1

    # -- taking --------------------------------------------------------------------------------------------------------

    def _next_queued(self) -> Group | None:
        while self._queues:
            group = self._group_of(next(iter(self._queues)))
            if group is not None:
                return group
        return None

    def _take_spare(self, choices: Sequence[Callable[[float], Group | None]]) -> Group | None:
        """What a spare thread does next, and waits for; None at the end."""
        with self._lock:
            while True:
                now = time.monotonic()
                for choice in choices:
                    group = choice(now)
                    if group is not None:
                        self._is_watched = bool(self._queues)
                        self._spare_called.notify()  # there may be more, and while this is done another one has to look
                        return group
                if self._closed and not (self._queues or self._unsorted or self._held_up or self._at_work):
                    self._spare_called.notify_all()
                    return None
                if self._queues or self._closed:
                    self._is_watched = True
                    self._spare_called.wait(self._seconds_to_next(now, OVERDUE_SECONDS))
                    self._is_watched = bool(self._queues)
                else:
                    self._is_watched = False
                    self._spare_called.wait(self._seconds_to_next(now))

    def _group_of(self, work: Work[Any, Any]) -> Group | None:
        """The next group of a work; None where nobody in its queue is there any more. To be called with the lock."""
        queued = self._queues.pop(work)
        taken = [queued.popleft() for _ in range(min(len(queued), BATCH_ITEMS_MAX))]
        if queued:
            self._queues[work] = queued
        self._queued -= len(taken)
        return self._group(taken)

    def _group(self, queued: Sequence[Pending], tries: int = 0) -> Group | None:
        members = claimed(queued)
        if not members:
            return None
        group = Group(members, tries)
        self._at_work[group.work] += 1
        return group

    def _overdue(self, now: float) -> Group | None:
        for work, queued in list(self._queues.items()):
            if work not in self._at_work and now - queued[0].since >= OVERDUE_SECONDS:
                group = self._group_of(work)
                if group is not None:
                    return group
        return None

    def _next_unsorted(self, _now: float) -> Group | None:
        while self._unsorted:
            group = self._again(self._unsorted.popleft())
            if group is not None:
                return group
        return None

    def _next_held_up(self, now: float) -> Group | None:
        for waiting in sorted(self._held_up, key=lambda one: one.not_before):
            if waiting.not_before > now:
                return None
            self._held_up.remove(waiting)
            group = self._again(waiting)
            if group is not None:
                return group
        return None

    def _again(self, aside: Group) -> Group | None:
        self._queued -= len(aside.members)
        group = self._group(aside.members, aside.tries)
        if group is None:
            self._no_longer_aside(aside)
        return group

    def _seconds_to_next(self, now: float, most: float | None = None) -> float | None:
        """When a spare thread has to look again without being called; None: when it is called."""
        waits = [group.not_before - now for group in self._held_up]
        if most is not None:
            waits.append(most)
        return max(0.001, min(waits)) if waits else None


class _Pace:
    """How long the longest of the last groups took; what was longer long ago counts less and less.

    Several threads note and look without a lock: a figure that gets lost is followed by the next one.
    """

    __slots__ = ("_at", "_seconds")

    def __init__(self) -> None:
        self._seconds = 0.0
        self._at = 0.0

    def note(self, begun: float, ended: float) -> None:
        """A group took from the one moment to the other."""
        self._seconds = max(ended - begun, self.now(ended))
        self._at = ended

    def now(self, at: float) -> float:
        """What is to be expected at this moment."""
        return float(self._seconds * 0.5 ** ((at - self._at) / PACE_HALF_LIFE_SECONDS))


def _try_seconds(tries: int) -> float:
    return min(LONGEST_TRY_SECONDS, FIRST_TRY_SECONDS * float(1 << max(0, min(tries, 10) - 1)))
