"""Live: what arrives just now, accepted and refused with the reason, and what became of one request.

GET /dashboard/{shop}/live        the newest events        …/live/rows    the same as a part of a page, for the script
                                                           …/live.csv     more of them as a file
"""

from msgspec import Struct

from tillroll.dashboard.asked import day_now
from tillroll.dashboard.files import sheet
from tillroll.dashboard.filters import zone_name
from tillroll.dashboard.office import PAGES, Office, Staff
from tillroll.dashboard.snippets import first_steps
from tillroll.dialects.http import Response, Route
from tillroll.engine.ledger import ledger, receipts
from tillroll.engine.ledger.ledger import EventFilter
from tillroll.engine.sales.periods import moment_text
from tillroll.store.ledger.rows import LedgerRow

EVENTS = 40
SHEET_EVENTS = ledger.PAGE_EVENTS_MAX
ID_CHARACTERS_MAX = 100
# Rows are as old as this at most (microseconds), and those of so many shops and readers are kept: some ten megabytes.
ROWS_HOLD = 1_000_000
ROWS_MADE_MAX = 500
OUTCOMES = {"accepted": "Accepted", "repeated": "Repeated", "refused": "Refused"}


class Counted(Struct, frozen=True):
    """How many calls of a dialect ended how today, UTC."""

    dialect: str
    outcome: str
    reason: str
    calls: int


def routes(office: Office) -> list[Route]:
    """What arrives."""
    return [office.page("/live", _live), office.page("/live/rows", Rows().page), office.page("/live.csv", _sheet)]


def _outcome(staff: Staff) -> str:
    """How the calls ended that are shown; empty for all of them."""
    said = staff.query.get("outcome", "")
    return said if said in OUTCOMES else ""


def _newest(staff: Staff, limit: int = EVENTS) -> list[LedgerRow]:
    wanted = EventFilter(limit=limit, down=True, outcome=_outcome(staff))
    return ledger.events(staff.tx, staff.shop, wanted)


def _live(staff: Staff) -> Response:
    events = _newest(staff)
    id = staff.query.get("receipt", "").strip()[:ID_CHARACTERS_MAX]
    return staff.show(
        "arrivals/live.html",
        events=events,
        counted=_today(staff),
        receipt=receipts.receipt(staff.tx, staff.shop, id) if id else None,
        receipt_id=id,
        outcome=_outcome(staff),
        outcomes=OUTCOMES,
        steps=None if events else first_steps(staff),
    )


class Rows:
    """The rows that open pages ask for again and again: made once a second for all who see the same, in each process.

    Whoever asks is known to belong to the shop by then; what they see depends on nothing else of theirs.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[str, str, str, str], tuple[int, bytes]] = {}

    def page(self, staff: Staff) -> Response:
        """The newest events, as a part of the page."""
        key = (staff.shop, _outcome(staff), staff.words.locale, zone_name(staff.words.clock))
        at, body = self._made.get(key, (-ROWS_HOLD, b""))
        if not 0 <= staff.visit.now - at < ROWS_HOLD:
            body = PAGES.render("arrivals/live_rows.html", events=_newest(staff), say=staff.words, base=staff.base)
            if len(self._made) >= ROWS_MADE_MAX:
                self._made = {}
            self._made[key] = (staff.visit.now, body)
        return Response(200, body, PAGES.headers)


def _sheet(staff: Staff) -> Response:
    """The newest events without what they say, which may be about people."""
    head = ["position", "received", "happened", "dialect", "kind", "subject", "device", "outcome", "reason", "request"]
    lines = [
        [
            *(row.position, moment_text(row.received_at), moment_text(row.happened_at)),
            *(row.dialect, row.kind, row.subject, row.device, row.outcome, row.reason, row.call or ""),
        ]
        for row in _newest(staff, SHEET_EVENTS)
    ]
    return sheet(f"events-{staff.shop}-{day_now(staff.visit.now)}.csv", [head, *lines])


def _today(staff: Staff) -> list[Counted]:
    today = staff.visit.now // ledger.DAY_MICROSECONDS
    sums: dict[tuple[str, str, str], int] = {}
    for one in ledger.tallies(staff.tx, staff.shop, today, today):
        key = (str(one["dialect"]), str(one["outcome"]), str(one["reason"] or ""))
        sums[key] = sums.get(key, 0) + int(str(one["calls"]))
    return [Counted(*key, calls) for key, calls in sorted(sums.items())]
