"""Health: how far the sales have followed, what came in and how it ended, how late it was told, and the audit.

GET /dashboard/{shop}/health          the figures        …/health.csv    calls by day, dialect, outcome and reason
GET /dashboard/{shop}/health/audit    what the last audit found
POST …/health/audit                   for admins: proves what can be proved while somebody waits, and keeps it
"""

from collections.abc import Iterable, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from tillroll.dashboard import filters
from tillroll.dashboard.arrivals import flow
from tillroll.dashboard.asked import Wanted, wanted
from tillroll.dashboard.files import sheet
from tillroll.dashboard.office import Office, Staff
from tillroll.dialects.http import Inbound, Response, Route
from tillroll.domain.events.events import ACCEPTED, REFUSED, REPEATED
from tillroll.domain.payments.attempt import PaymentAttempt
from tillroll.engine.ledger import ledger
from tillroll.engine.ledger.ledger import EventFilter
from tillroll.engine.sales.periods import day_text
from tillroll.engine.shops import audit
from tillroll.engine.shops.audit import Property
from tillroll.engine.shops.members import ADMIN
from tillroll.store import Transaction
from tillroll.store.group_commit import Within
from tillroll.store.ledger import rows as ledger_rows
from tillroll.store.ledger.rows import LedgerRow, TallyRow
from tillroll.store.payments import rows as payment_rows
from tillroll.store.payments.rows import AttemptFilter
from tillroll.store.sales import rows

SHOWS = ()
OUTCOMES = (ACCEPTED, REPEATED, REFUSED)
# How many of the newest events say how late things are told, and how far behind the sales may be counted.
SAMPLE = ledger.PAGE_EVENTS_MAX
REASONS_MAX = 20
PAYMENTS_MAX = 20
_DAY = 86_400_000_000
_LATE = 60_000_000


class Standing(Struct, frozen=True, kw_only=True):
    """How far the ledger and the sales are: positions, and when the newest event was received."""

    newest: int
    received_at: int
    followed: int
    behind: int
    is_more: bool


class Delay(Struct, frozen=True, kw_only=True):
    """How long after it happened the newest events were received, in microseconds: the middle one, and of twenty the
    latest but one."""

    median: int
    high: int
    late: int
    events: int


class DayBar(Struct, frozen=True, kw_only=True):
    """The calls of a day by outcome, and where their bar stands in a drawing of a hundred by a hundred."""

    label: str
    counts: dict[str, int]
    parts: tuple[tuple[str, float, float], ...]
    x: float
    width: float


class Ended(Struct, frozen=True):
    """How the calls of a dialect ended."""

    dialect: str
    counts: dict[str, int]

    @property
    def share(self) -> float | None:
        """Which part was refused."""
        calls = sum(self.counts.values())
        return self.counts[REFUSED] / calls if calls else None


def routes(office: Office) -> list[Route]:
    """The page, its file and the audit."""
    return [
        office.page("/health", _health, reads="report"),
        office.page("/health.csv", _sheet, reads="report"),
        office.page("/health/audit", _audited, ADMIN),
        replace(office.form("/health/audit", _audited, ADMIN), prepare=partial(_audit, office)),
    ]


def _tallies(staff: Staff) -> tuple[Wanted, list[TallyRow]]:
    """Calls are counted by days of UTC."""
    asks = wanted(staff.query, staff.visit.now, staff.words.clock)
    return asks, ledger_rows.tallies(staff.tx, staff.shop, asks.first, asks.last)


def _health(staff: Staff) -> Response:
    asks, found = _tallies(staff)
    newest = ledger.events(staff.tx, staff.shop, EventFilter(limit=SAMPLE, down=True))
    refused = _summed(((one.dialect, one.reason), one.calls) for one in found if one.outcome == REFUSED)
    return staff.show(
        "arrivals/health.html",
        bar=filters.bar(staff, asks, f"{staff.base}/health", SHOWS),
        standing=_standing(staff, newest),
        delay=_delay(newest),
        late=_LATE,
        now=staff.visit.now,
        ended=_ended(found),
        outcomes=OUTCOMES,
        refused=sorted(refused.items(), key=lambda one: (-one[1], one[0]))[:REASONS_MAX],
        days=_bars(asks, found, staff),
        flow=flow.arriving(newest, staff.words),
        payments=_payments(staff),
        audit=audit.last(staff.tx, staff.shop),
    )


def _summed(found: Iterable[tuple[tuple[str, str], int]]) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = {}
    for key, calls in found:
        sums[key] = sums.get(key, 0) + calls
    return sums


def _standing(staff: Staff, newest: Sequence[LedgerRow]) -> Standing | None:
    """None for a shop without events."""
    if not newest:
        return None
    followed = rows.position(staff.tx, staff.shop)
    waiting = ledger.events(staff.tx, staff.shop, EventFilter(after=followed, limit=SAMPLE))
    return Standing(
        newest=newest[0].position,
        received_at=newest[0].received_at,
        followed=followed,
        behind=len(waiting),
        is_more=len(waiting) == SAMPLE,
    )


def _delay(newest: Sequence[LedgerRow]) -> Delay | None:
    """Of what was reported; what became true in the shop itself is never late."""
    waited = sorted(max(one.received_at - one.happened_at, 0) for one in newest if one.call)
    if not waited:
        return None
    return Delay(
        median=waited[len(waited) // 2],
        high=waited[min(len(waited) * 19 // 20, len(waited) - 1)],
        late=sum(one > _LATE for one in waited),
        events=len(waited),
    )


def _payments(staff: Staff) -> list[PaymentAttempt]:
    """The payment attempts that are not over or that somebody should look at, the newest first."""
    return payment_rows.attempts_page(staff.tx, staff.shop, AttemptFilter(is_open=True), range(PAYMENTS_MAX))


def _ended(found: Sequence[TallyRow]) -> list[Ended]:
    sums = _summed(((one.dialect, one.outcome), one.calls) for one in found)
    dialects = sorted({dialect for dialect, _ in sums})
    return [Ended(dialect, {outcome: sums.get((dialect, outcome), 0) for outcome in OUTCOMES}) for dialect in dialects]


def _bars(asks: Wanted, found: Sequence[TallyRow], staff: Staff) -> list[DayBar]:
    counts = {day: dict.fromkeys(OUTCOMES, 0) for day in range(asks.first, asks.last + 1)}
    for one in found:
        counts[one.day][one.outcome] += one.calls
    top = max((sum(one.values()) for one in counts.values()), default=0) or 1
    width = 100 / len(counts)
    shown = []
    for place, (day, by_outcome) in enumerate(counts.items()):
        height, parts = 0.0, []
        for outcome in OUTCOMES:
            part = 100 * by_outcome[outcome] / top
            height += part
            parts.append((outcome, round(100 - height, 3), round(part, 3)))
        shown.append(
            DayBar(
                label=staff.words.day(day),
                counts=by_outcome,
                parts=tuple(parts),
                x=round(place * width + width * 0.1, 3),
                width=round(width * 0.8, 3),
            )
        )
    return shown


def _sheet(staff: Staff) -> Response:
    asks, found = _tallies(staff)
    name = f"calls-{staff.shop}-{day_text(asks.first)}-{day_text(asks.last)}.csv"
    head = ["day_utc", "dialect", "outcome", "reason", "calls"]
    lines = [[day_text(one.day), one.dialect, one.outcome, one.reason, str(one.calls)] for one in found]
    return sheet(name, [head, *lines])


def _audited(staff: Staff) -> Response:
    """What the last audit found."""
    found = audit.last(staff.tx, staff.shop)
    broken = [one for one in found.properties if not one.holds] if found is not None else []
    return staff.show("arrivals/audit.html", found=found, broken=broken)


async def _audit(office: Office, store: Within, inbound: Inbound) -> Response | None:
    """Prove what can be proved in a transaction that only reads, then keep what was found: nobody waits meanwhile."""
    made = await store.read(partial(_proved, office), inbound, "report")
    return None if made is None else await store.write(_kept, (made, inbound))


def _proved(office: Office, tx: Transaction, inbound: Inbound) -> tuple[Staff, list[Property]] | None:
    staff = office.admitted(tx, inbound, ADMIN)
    return None if staff is None else (staff, audit.of_shop(tx, staff.shop))


def _kept(tx: Transaction, made: Sequence[tuple[tuple[Staff, list[Property]], Inbound]]) -> list[Response]:
    answers = []
    for (staff, found), inbound in made:
        assert staff.visit.session is not None
        audit.keep(tx, staff.shop, found, (staff.visit.session.user_name, inbound.received_at))
        answers.append(staff.visit.leave(f"{staff.base}/health/audit"))
    return answers
