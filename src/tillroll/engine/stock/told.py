"""What endpoints are told of stock, in the transaction that moved it, under the lock of each record.

movements of a transaction ─► what is on hand now ─► stock.changed · stock.out where nothing is left
"""

from collections.abc import Sequence

from tillroll.domain.money import from_thousandths
from tillroll.domain.outbox.messages import STOCK_CHANGED, STOCK_OUT, OutboxMessage, stock_subject
from tillroll.engine.outbox.outbox import Audience, tell
from tillroll.store import Transaction
from tillroll.store.stock.rows import StockMovement, StockRow, stock_of_products


def tell_moved(tx: Transaction, heard_by: Audience, movements: Sequence[StockMovement]) -> None:
    """Tell what is on hand after these movements, which are written: once for each record, in sorted order."""
    if not movements or not heard_by.asks_for(STOCK_CHANGED, STOCK_OUT):
        return
    moved: dict[tuple[str, str], int] = {}
    for one in movements:
        place = (one["site"], one["product_id"])
        moved[place] = moved.get(place, 0) + one["quantity"]
    now = max(one["now"] for one in movements)
    messages: list[OutboxMessage] = []
    for site in sorted({site for site, _ in moved}):
        here = {product: more for (where, product), more in moved.items() if where == site}
        known = {row.product_id: row for row in stock_of_products(tx, heard_by.shop, site, here)}
        for product, more in sorted(here.items()):
            messages += _messages((site, product), known.get(product), more, now)
    tell(tx, heard_by, messages)


def _messages(place: tuple[str, str], row: StockRow | None, more: int, now: int) -> list[OutboxMessage]:
    """What is to be told of one record; a record that was deleted has nothing on hand."""
    site, product = place
    left = row.on_hand if row is not None else 0
    facts = {
        "site": site,
        "product": product,
        "on_hand": from_thousandths(left),
        "moved": from_thousandths(more),
        "sellable": bool(row is not None and row.sellable),
    }
    is_out = left <= 0 < left - more
    types = (STOCK_CHANGED, STOCK_OUT) if is_out else (STOCK_CHANGED,)
    return [OutboxMessage(type, stock_subject(site, product), facts, now) for type in types]
