"""Connect: what a shop pastes so that events arrive, and an event to try with, whose arrival shows at once.

GET /dashboard/{shop}/connect      POST …/connect/test ──► a test order in the ledger ──► Live, with its receipt
"""

from functools import partial

from tillroll.dashboard.office import Office, Staff
from tillroll.dashboard.setup.calls import Known, calls
from tillroll.dashboard.snippets import DEFAULT_ORIGIN
from tillroll.dialects.guards import origin_of
from tillroll.dialects.http import Response, Route
from tillroll.domain.batches.items import CHECKOUT
from tillroll.engine.batches import batches
from tillroll.engine.batches.batches import Batch, BatchEntry
from tillroll.engine.ledger import ledger
from tillroll.engine.ledger.ledger import EventFilter
from tillroll.store.shops import rows as shop_rows

# In whose name a test event comes in: the part of the shop that a key's name stands in elsewhere.
CHANNEL = "dashboard"
# One of the smallest unit, in every currency.
_TOTAL = 1


def routes(office: Office) -> list[Route]:
    """The page and its form."""
    return [office.page("/connect", _connect), office.form("/connect/test", partial(_test, office))]


def _connect(staff: Staff) -> Response:
    newest = ledger.events(staff.tx, staff.shop, EventFilter(limit=1, down=True))
    return staff.show(
        "setup/connect.html",
        calls=calls(origin_of(staff.visit.inbound) or DEFAULT_ORIGIN, Known.of_shop(staff.tx, staff.shop)),
        newest=newest[0] if newest else None,
    )


def _test(office: Office, staff: Staff) -> Response:
    """A purchase that counts nowhere, told as the shop's own systems tell of one."""
    call, now = staff.visit.inbound.id, staff.visit.now
    number, currency = f"test-{call[-8:]}", shop_rows.currency_of(staff.tx, staff.shop)
    said = {"id": call, "kind": CHECKOUT, "order_id": number, "currency": currency, "total": _TOTAL, "test": True}
    said["lines"] = [{"product_id": "test", "quantity": 1, "total": _TOTAL}]
    entry = BatchEntry(batches.read(said, now, None, ()))
    batches.report(staff.tx, [Batch(staff.shop, office.dialect, call, CHANNEL, now, [entry])])
    return staff.visit.leave(f"{staff.base}/live?receipt={call}")
