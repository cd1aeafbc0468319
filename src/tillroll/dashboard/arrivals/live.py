"""Live: what arrives just now, accepted and refused with the reason, and what became of one request.

GET /dashboard/{shop}/live        the newest events        …/live/rows    the same as a part of a page, for the script
                                                           …/live.csv     more of them as a file
"""

from msgspec import Struct

from tillroll.dashboard.asked import day_now
from tillroll.dashboard.files import sheet
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
OUTCOMES = {"accepted": "Accepted", "repeated": "Repeated", "refused": "Refused"}


class Counted(Struct, frozen=True):
    """How many calls of a dialect ended how today, UTC."""

    dialect: str
    outcome: str
    reason: str
    calls: int


def routes(office: Office) -> list[Route]:
    """What arrives."""
    return [office.page("/live", _live), office.page("/live/rows", _rows), office.page("/live.csv", _sheet)]


def _newest(staff: Staff, limit: int = EVENTS) -> list[LedgerRow]:
    outcome = staff.query.get("outcome", "")
    wanted = EventFilter(limit=limit, down=True, outcome=outcome if outcome in OUTCOMES else "")
    return ledger.events(staff.tx, staff.shop, wanted)


def _live(staff: Staff) -> Response:
    events = _newest(staff)
    id = staff.query.get("receipt", "").strip()[:ID_CHARACTERS_MAX]
    outcome = staff.query.get("outcome", "")
    return staff.show(
        "arrivals/live.html",
        events=events,
        counted=_today(staff),
        receipt=receipts.receipt(staff.tx, staff.shop, id) if id else None,
        receipt_id=id,
        outcome=outcome if outcome in OUTCOMES else "",
        outcomes=OUTCOMES,
        steps=None if events else first_steps(staff),
    )


def _rows(staff: Staff) -> Response:
    body = PAGES.render("arrivals/live_rows.html", events=_newest(staff), say=staff.words, base=staff.base)
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
