"""What endpoints are told of sales, in the transaction that follows the ledger to them, and of abandoned carts.

Sales that are made anew, by another policy or by hand, are not told again: the follower knows up to which event it has
told. A cart is abandoned with something in it, unbought and unchanged for a day, as its events tell of it in whichever
dialect; one that is changed and left again is told of again.
"""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from tillroll.domain.money import from_thousandths
from tillroll.domain.outbox.messages import (
    CART_ABANDONED,
    SALE_CHANGED,
    SALE_CREATED,
    SALE_MERGED,
    OutboxMessage,
    cart_subject,
    sale_subject,
)
from tillroll.domain.sales.book import Book, SaleVersion
from tillroll.domain.sales.carts import ToldCart
from tillroll.domain.sales.sale import Sale
from tillroll.domain.times import text_of
from tillroll.engine.outbox.outbox import audience, tell
from tillroll.engine.sales.carts import ABANDONED_AFTER
from tillroll.store import Transaction
from tillroll.store.outbox.rows import shops_asking
from tillroll.store.sales import carts as rows
from tillroll.store.sales.carts import LeftCart

_CART = msgspec.json.Decoder(ToldCart)


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


def tell_left(tx: Transaction, now: int, limit: int) -> int:
    """Tell of up to `limit` carts of each shop that were abandoned by now; how many of one shop at most.

    Only of those that were abandoned since an endpoint has asked. Times are microseconds UTC.
    """
    most = 0
    for asking in shops_asking(tx, CART_ABANDONED):
        changed = (asking.asked_since - ABANDONED_AFTER, now - ABANDONED_AFTER)
        found = rows.left(tx, asking.shop, changed, limit)
        ours = [one for one in found if rows.claim_told(tx, asking.shop, one)]
        tell(tx, audience(tx, asking.shop), [_cart_message(one, now) for one in ours])
        most = max(most, len(found))
    return most


def _cart_message(cart: LeftCart, now: int) -> OutboxMessage:
    lines = _CART.decode(cart.document).lines.values()
    facts = {
        "id": cart.node,
        "dialect": cart.dialect,
        "currency": cart.currency,
        "worth_minor": cart.worth_minor,
        "changed_at": text_of(cart.changed_at),
        "lines": [
            {"product": line.product_id, "quantity": from_thousandths(line.quantity)} for line in lines if line.quantity
        ],
    }
    return OutboxMessage(CART_ABANDONED, cart_subject(cart.node), facts, now)
