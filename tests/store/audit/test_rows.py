"""The columns of the queries of the audit are those that they are read by."""

from tests.store.columns import Fits, misfits
from tillroll.store import Store
from tillroll.store.audit.rows import (
    AuditedOrder,
    AuditedSale,
    Check,
    PlacesHeld,
    Reception,
    ReplacedSale,
    SearchCartEvent,
    SearchCartLine,
    StockDifference,
    StockTaken,
)

ONE_ORDER = ("shop", "id")

# What the sentence of each check is filled in with.
CHECKS: Fits = {
    Check.CARTS_WITH_TWO_ORDERS: ("shop", "cart_id", "orders"),
    Check.ORDERS_WITHOUT_CLOSED_CART: ONE_ORDER,
    Check.CARTS_WITHOUT_ORDER: ONE_ORDER,
    Check.QUOTES_WITH_TWO_ORDERS: ("shop", "quote_id", "orders"),
    Check.ORDERS_WITHOUT_ACCEPTED_QUOTE: ONE_ORDER,
    Check.QUOTES_WITHOUT_ORDER: ONE_ORDER,
    Check.QUOTES_OF_OPEN_CARTS: ("shop", "id", "cart_id"),
    Check.QUOTES_WITHOUT_HISTORY: ("shop", "id", "times"),
    Check.NUMBER_GAPS: ("shop", "orders", "span", "given"),
    Check.NEGATIVE_STOCK: ("shop", "product_id", "on_hand"),
    Check.OVERREDEEMED_COUPONS: ("shop", "code", "redemption_count"),
    Check.COUPON_COUNTS: ("shop", "code", "redemption_count", "redemptions"),
    Check.REDEMPTIONS_WITHOUT_ORDER: ONE_ORDER,
    Check.CUSTOMER_USES: ("shop", "code", "customer", "uses", "redemptions"),
    Check.OVERBOOKED_WINDOWS: ("shop", "id", "booked", "capacity"),
    Check.WINDOW_COUNTS: ("shop", "window_id", "booked", "places"),
    Check.SALES_BY_HAND: ONE_ORDER,
    Check.EMAILS_OF_TWO_CUSTOMERS: ("shop", "email", "customers"),
    Check.TOKENS_WITHOUT_CUSTOMER: ("shop", "holder"),
    Check.ORDERS_WITHOUT_EVENT: ("shop", "id", "times"),
    Check.EVENTS_WITHOUT_ORDER: ("shop", "subject"),
    Check.TALLIES: ("shop", "dialect", "outcome", "reason", "kept", "counted"),
    Check.ITEM_VERSIONS: ("id", "version", "versions"),
    Check.ITEM_DOCUMENTS: ("id",),
    Check.ITEM_CHANGES: ("id", "state"),
    Check.POSTED_VERSIONS: ("shop", "client_id", "accepted", "kept"),
    Check.REPORTS_WITHOUT_SALE: ("shop", "position", "sale"),
    Check.SALES_WITHOUT_REPORTS: ("shop", "id", "reports", "found"),
    Check.REPORTS_WITHOUT_EVENT: ("shop", "position"),
    Check.ORDERS_WITHOUT_SALE: ("shop", "subject"),
    Check.REFUNDS_BEYOND_SALES: ("shop", "id", "refunded_minor", "total_minor"),
    Check.SHARES_OF_REVENUE: (
        *("shop", "calendar", "currency", "model", "day", "credited", "sold", "taken", "refunded"),
    ),
    Check.FOLLOWERS_AHEAD: ("shop", "position", "last"),
    Check.PAYMENT_ENTRIES: ("shop", "subject", "cause", "amount_minor"),
    Check.PAYMENT_CLEARING: ("shop", "id", "account", "amount_minor"),
    Check.ORDERS_WITHOUT_MONEY: ("shop", "id", "status"),
    Check.MONEY_WITHOUT_ORDER: ("shop", "id", "order_id"),
    Check.ORDERS_WITHOUT_MESSAGE: ("shop", "id", "order_id"),
    Check.MESSAGES_WITHOUT_ORDER: ("shop", "webhook_id", "subject"),
    Check.MESSAGES_WITHOUT_LANE: ("shop", "webhook_id", "subject"),
    Check.OVERTAKEN_MESSAGES: ("shop", "webhook_id", "subject"),
    Check.REFUNDS_BEYOND_CAPTURES: ("shop", "id", "refunded_minor", "captured_minor"),
}
FITS: Fits = {
    **{str(check): columns for check, columns in CHECKS.items()},
    "audit_orders_after": AuditedOrder,
    "audit_sales_after": AuditedSale,
    "audit_past_sales": ReplacedSale,
    "audit_places_of_orders": PlacesHeld,
    "audit_search_cart_events": SearchCartEvent,
    "audit_search_cart_lines": SearchCartLine,
    "audit_receptions_after": Reception,
    "audit_stock_taken": StockTaken,
    "stock_differences": StockDifference,
}


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "audit", FITS) == []


def test_every_check_is_looked_at() -> None:
    assert set(CHECKS) == set(Check)
