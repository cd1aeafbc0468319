"""How the newest events came in: how many in which stretch of time, and how long after they happened.

The newest events of the ledger say it, whichever process took them: a bounded look, the same from everywhere.
"""

from collections.abc import Sequence

from msgspec import Struct

from tillroll.dashboard.wording import Wording
from tillroll.store.ledger.rows import LedgerRow

STRETCHES = 40
_SECOND = 1_000_000
# Until when (microseconds) an event is told how late, and in which words.
DELAYS = (
    (_SECOND, "within a second"),
    (10 * _SECOND, "10 seconds"),
    (60 * _SECOND, "a minute"),
    (600 * _SECOND, "10 minutes"),
    (3_600 * _SECOND, "an hour"),
    (2**62, "later"),
)


class FlowBar(Struct, frozen=True, kw_only=True):
    """One bar of a drawing of a hundred by a hundred: what it is about, how many events, and where it stands."""

    label: str
    events: int
    x: float
    y: float
    width: float
    height: float


class Flow(Struct, frozen=True, kw_only=True):
    """The newest events as two drawings: by when they were received, and by how late they were told."""

    events: int
    since: str
    until: str
    received: tuple[FlowBar, ...]
    late: tuple[FlowBar, ...]


def arriving(newest: Sequence[LedgerRow], say: Wording) -> Flow | None:
    """Both drawings; None where nobody has told of anything. What became true in the shop itself was told by nobody."""
    told = [one for one in newest if one.call]
    if not told:
        return None
    first, last = min(one.received_at for one in told), max(one.received_at for one in told)
    length = max((last - first) // STRETCHES + 1, 1)
    counts = [0] * STRETCHES
    for one in told:
        counts[(one.received_at - first) // length] += 1
    late = dict.fromkeys((name for _, name in DELAYS), 0)
    for one in told:
        waited = max(one.received_at - one.happened_at, 0)
        late[next(name for limit, name in DELAYS if waited < limit)] += 1
    return Flow(
        events=len(told),
        since=say.moment(first),
        until=say.moment(last),
        received=_bars([(say.moment(first + place * length), count) for place, count in enumerate(counts)]),
        late=_bars(list(late.items())),
    )


def _bars(counts: Sequence[tuple[str, int]]) -> tuple[FlowBar, ...]:
    top = max((count for _, count in counts), default=0) or 1
    width = 100 / len(counts)
    return tuple(
        FlowBar(
            label=label,
            events=count,
            x=round(place * width + width * 0.1, 3),
            y=round(100 - 100 * count / top, 3),
            width=round(width * 0.8, 3),
            height=round(100 * count / top, 3),
        )
        for place, (label, count) in enumerate(counts)
    )
