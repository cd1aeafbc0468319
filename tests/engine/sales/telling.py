"""A ledger that tells of purchases: events as the dialects write them, and the sales that follow from them."""

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec

from tests.store.ground import NOW, SHOP
from tillroll.app import witnesses
from tillroll.domain.events.events import OutsideEvent
from tillroll.domain.sales.sale import Sale
from tillroll.engine.ledger import ledger
from tillroll.engine.sales import follow
from tillroll.engine.sales.follow import FollowStep
from tillroll.store import Store, Transaction
from tillroll.store.ledger import rows as ledger_rows
from tillroll.store.sales import rows

MINUTE = 60_000_000
HOUR = 60 * MINUTE
WITNESSES = witnesses()
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_SALE = msgspec.json.Decoder(Sale)

SESSION = "5f4dcc3b5aa765d61d8327deb882cf99"
FINGERPRINTS = "one/two"
CUSTOMER = "customer:7"


class Telling:
    """Events of one shop, each with a request of its own; `at` is microseconds after the beginning."""

    def __init__(self, store: Store, shop: str = SHOP, *, first_call: int = 0) -> None:
        self.store, self.shop = store, shop
        self._calls = first_call

    def event(self, dialect: str, kind: str, document: Mapping[str, Any], at: int = 0, **columns: Any) -> OutsideEvent:
        """An event that is not written yet."""
        self._calls += 1
        return OutsideEvent(
            shop=self.shop,
            dialect=dialect,
            kind=kind,
            call=f"{self._calls:032x}",
            received_at=NOW + at,
            happened_at=NOW + at,
            document=_ENCODER.encode(document).decode(),
            **columns,
        )

    def order(self, number: str = "EON1001", total: int = 3083, at: int = 0, **more: Any) -> OutsideEvent:
        """A checkout that was executed here."""
        items = more.pop("items", [("mug", 2, total)])
        document = {"cartId": "c", "totalMinor": total, "currency": more.pop("currency", "EUR"), "items": items}
        return self.event("emporix", "order_placed", document, at, subject=number, visitor=CUSTOMER, **more)

    def moved(self, number: str, status: str, at: int = 0) -> OutsideEvent:
        """An order's status has changed."""
        return self.event("emporix", "order_status_changed", {"to": status}, at, subject=number, visitor=CUSTOMER)

    def storefront(self, number: str = "EON1001", value: str = "30.83", at: int = 0, **more: Any) -> OutsideEvent:
        """A checkout as a storefront reports it."""
        lines = [
            {"product_id": "mug", "product_name": "Mug", "quantity": 2, "value": Decimal(value), "currency": "EUR"}
        ]
        document = {
            "value": Decimal(value),
            "currency": more.pop("currency", "EUR"),
            "orderId": number,
            "lineItems": more.pop("lines", lines),
            "valueMeans": "line",
        }
        visitor = more.pop("visitor", FINGERPRINTS)
        return self.event("alhena", "checkout_event", document, at, subject=number, visitor=visitor, **more)

    def item(self, number: str = "EON1001", cents: int = 3083, at: int = 0, **more: Any) -> OutsideEvent:
        """One item of an order as an application posts it."""
        name = more.pop("sku", "mug")
        body = {"order_id": number, "purchase_price": cents, "purchase_currency": "eur", "sku": name, "name": name}
        document = {"body": body, "flags": [], "item": more.pop("item", name), "version": 1}
        return self.event("scout", "purchase", document, at, subject=number, visitor="1", **more)

    def session(self, price: str = "15.415", at: int = 0, **more: Any) -> OutsideEvent:
        """The checkout of a search session, which knows no order number."""
        cart = more.pop("cart", [{"id": "mug", "amount": 2, "price": Decimal(price)}])
        visitor = more.pop("visitor", SESSION)
        return self.event("doofinder", "checkout", {"cart": cart}, at, subject=visitor, visitor=visitor, **more)

    def click(self, at: int = 0, product: str = "", visitor: str = SESSION) -> OutsideEvent:
        """A search result was clicked."""
        return self.event("doofinder", "click", {}, at, subject=f"h@product@{product}", visitor=visitor)

    def chat(self, at: int = 0, visitor: str = FINGERPRINTS, **more: Any) -> OutsideEvent:
        """A conversation was opened."""
        return self.event("alhena", "conversation_opened", more, at, subject="talk", visitor=visitor)

    def link(self, *nodes: str, id: str = "lnk_1", at: int = 0) -> OutsideEvent:
        """These nodes are one visitor."""
        return self.event("native", "identities_linked", {"link": id, "nodes": nodes}, at, subject=id)

    def unlink(self, id: str = "lnk_1", at: int = 0) -> OutsideEvent:
        """They are not."""
        return self.event("native", "identity_link_undone", {"link": id}, at, subject=id)

    def refund(self, amount: int | None = None, at: int = 0, **more: Any) -> OutsideEvent:
        """Money was given back."""
        document = {"currency": "EUR", "amount_minor": amount, "reason": "broken"} | more
        return self.event("native", "refund_made", document, at)

    def merge(self, *sales: str, id: str = "dec_1") -> OutsideEvent:
        """These sales are one."""
        return self.event("native", "sales_merged", {"decision": id, "sales": sales}, subject=id)

    def split(self, *reports: int, id: str = "dec_2") -> OutsideEvent:
        """These reports are a sale of their own."""
        return self.event("native", "sale_split", {"decision": id, "reports": reports}, subject=id)

    def undo(self, id: str) -> OutsideEvent:
        """A decision was a mistake."""
        return self.event("native", "decision_undone", {"decision": id}, subject=id)

    # --- and what comes of it

    def tell(self, *events: OutsideEvent) -> list[int]:
        """Write events, each in a transaction of its own; their positions."""
        return [self.store.write_now(partial(_write, event)) for event in events]

    def settle(self) -> None:
        """Let the sales follow to the end of the ledger."""
        until = self.store.read_now(lambda tx: ledger_rows.newest_position_of_shop(tx, self.shop))
        step = FollowStep(self.shop, until)
        while not self.store.write_now(lambda tx: follow.follow(WITNESSES, tx, [step]))[0].is_done:
            pass

    def told(self, *events: OutsideEvent) -> list[Sale]:
        """The sales once these events were written and followed."""
        self.tell(*events)
        self.settle()
        return self.sales()

    def rebuild(self) -> None:
        """Make the sales again from the first event."""
        self.store.write_now(lambda tx: follow.rebuild(tx, [self.shop]))
        self.settle()

    def sales(self) -> list[Sale]:
        """All sales, the latest first."""
        page = rows.SalePage(shop=self.shop, limit=10_000)
        return self.store.read_now(lambda tx: [_SALE.decode(row.document) for row in rows.page(tx, page)])

    def sums(self, model: str = "last", calendar: str = "order", currency: str = "EUR") -> dict[str, tuple[int, ...]]:
        """What each source has of all days: orders, credited, direct, assisted and refunded minor units."""
        period = rows.RevenuePeriod(self.shop, calendar, currency, -(2**31), 2**31)
        found = self.store.read_now(lambda tx: rows.revenue_of_models(tx, period))
        return {
            row.source: (row.orders, row.credited_minor, row.direct_minor, row.assisted_minor, row.refunded_minor)
            for row in found
            if row.model == model
        }


def _write(event: OutsideEvent, tx: Transaction) -> int:
    ledger.record(tx, [event])
    return ledger_rows.newest_position_of_shop(tx, event.shop)
