"""What endpoints are told of sales, in the transaction that follows the ledger to them.

Sales that are made anew, by another policy or by hand, are not told again: the follower knows up to which event it has
told.
"""

from collections.abc import Iterable

from msgspec import Struct

from tillroll.domain.outbox.messages import SALE_CHANGED, SALE_CREATED, SALE_MERGED, OutboxMessage, sale_subject
from tillroll.domain.sales.book import Book, SaleVersion
from tillroll.domain.sales.sale import Sale
from tillroll.engine.outbox.outbox import audience, tell
from tillroll.store import Transaction


class SalesTold(Struct, frozen=True):
    """Up to which event sales were told of before, and when the newest event came in (microseconds UTC)."""

    until: int
    at: int


def tell_sales(tx: Transaction, shop: str, book: Book, told: SalesTold) -> None:
    """Tell of the sales of a book that are there, are others or are parts of others since the step before."""
    latest = {version.id: version for version in book.versions if version.since > told.until}
    heard_by = audience(tx, shop) if latest else None
    if heard_by is None or not heard_by.asks_for(SALE_CREATED, SALE_CHANGED, SALE_MERGED):
        return
    tell(tx, heard_by, list(_messages(book, latest, told)))


def _messages(book: Book, latest: dict[str, SaleVersion], told: SalesTold) -> Iterable[OutboxMessage]:
    known = {id: version.sale for id, version in book.loaded.items()}
    known |= {version.id: version.sale for version in book.versions if version.since <= told.until}
    for id, version in sorted(latest.items()):
        before, sale = known.get(id), version.sale
        if sale is not None:
            yield OutboxMessage(SALE_CHANGED if before else SALE_CREATED, sale_subject(id), _facts(sale), told.at)
        elif before is not None:
            into = [place for report in before.reports if (place := book.sale_at(report)) is not None]
            facts = {"id": id, "into": into[0] if into else None}
            yield OutboxMessage(SALE_MERGED, sale_subject(id), facts, told.at)


def _facts(sale: Sale) -> dict[str, object]:
    return {
        "id": sale.id,
        "number": sale.number,
        "state": sale.state,
        "currency": sale.currency,
        "total_minor": sale.total_minor,
        "refunded_minor": sale.refunded_minor,
        "reports": len(sale.reports),
        "conflicts": len(sale.conflicts),
    }
