"""Rows of what the audit looks at: the broken cases that queries find, and what has to be reckoned."""

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from tillroll.store import Row, Transaction

_ORDERS_CHUNK = 500
_EVENTS_CHUNK = 1000
_SALES_CHUNK = 500
_RECEPTIONS_CHUNK = 5_000


class Check(StrEnum):
    """The queries that find broken cases by themselves."""

    CARTS_WITH_TWO_ORDERS = "audit_carts_with_two_orders"
    ORDERS_WITHOUT_CLOSED_CART = "audit_orders_without_closed_cart"
    CARTS_WITHOUT_ORDER = "audit_carts_without_order"
    QUOTES_WITH_TWO_ORDERS = "audit_quotes_with_two_orders"
    ORDERS_WITHOUT_ACCEPTED_QUOTE = "audit_orders_without_accepted_quote"
    QUOTES_WITHOUT_ORDER = "audit_quotes_without_order"
    QUOTES_OF_OPEN_CARTS = "audit_quotes_of_open_carts"
    QUOTES_WITHOUT_HISTORY = "audit_quotes_without_history"
    NUMBER_GAPS = "audit_number_gaps"
    NEGATIVE_STOCK = "audit_negative_stock"
    OVERREDEEMED_COUPONS = "audit_overredeemed_coupons"
    COUPON_COUNTS = "audit_coupon_counts"
    REDEMPTIONS_WITHOUT_ORDER = "audit_redemptions_without_order"
    CUSTOMER_USES = "audit_customer_uses"
    OVERBOOKED_WINDOWS = "audit_overbooked_windows"
    WINDOW_COUNTS = "audit_window_counts"
    SALES_BY_HAND = "audit_sales_by_hand"
    EMAILS_OF_TWO_CUSTOMERS = "audit_emails_of_two_customers"
    TOKENS_WITHOUT_CUSTOMER = "audit_tokens_without_customer"
    ORDERS_WITHOUT_EVENT = "audit_orders_without_event"
    EVENTS_WITHOUT_ORDER = "audit_events_without_order"
    TALLIES = "audit_tallies"
    ITEM_VERSIONS = "audit_item_versions"
    ITEM_DOCUMENTS = "audit_item_documents"
    ITEM_CHANGES = "audit_item_changes"
    POSTED_VERSIONS = "audit_posted_versions"
    REPORTS_WITHOUT_SALE = "audit_reports_without_sale"
    SALES_WITHOUT_REPORTS = "audit_sales_without_reports"
    REPORTS_WITHOUT_EVENT = "audit_reports_without_event"
    ORDERS_WITHOUT_SALE = "audit_orders_without_sale"
    REFUNDS_BEYOND_SALES = "audit_refunds_beyond_sales"
    SHARES_OF_REVENUE = "audit_shares_of_revenue"
    FOLLOWERS_AHEAD = "audit_followers_ahead"
    PAYMENT_ENTRIES = "audit_payment_entries"
    PAYMENT_CLEARING = "audit_payment_clearing"
    ORDERS_WITHOUT_MONEY = "audit_orders_without_money"
    MONEY_WITHOUT_ORDER = "audit_money_without_order"
    REFUNDS_BEYOND_CAPTURES = "audit_refunds_beyond_captures"
    ORDERS_WITHOUT_MESSAGE = "audit_orders_without_message"
    MESSAGES_WITHOUT_ORDER = "audit_messages_without_order"
    MESSAGES_WITHOUT_LANE = "audit_messages_without_lane"
    OVERTAKEN_MESSAGES = "audit_overtaken_messages"


class AuditedOrder(Struct, frozen=True):
    """An order with its document, as JSON."""

    shop: str
    number: int
    id: str
    status: str
    currency: str
    total_minor: int
    document: str


class StockDifference(Struct, frozen=True):
    """Stock on hand, in thousandths, that is not what its movements add up to."""

    shop: str
    site: str
    product_id: str
    on_hand: int
    moved: int


class StockTaken(Struct, frozen=True):
    """What orders have moved of a product at a site, in thousandths."""

    shop: str
    site: str
    product_id: str
    moved: int


class PlacesHeld(Struct, frozen=True):
    """How many places of a delivery window an order holds."""

    shop: str
    order_id: str
    window_id: str
    places: int


class SearchCartLine(Struct, frozen=True):
    """A line of an open cart of a search session, in thousandths."""

    shop: str
    channel: str
    session_id: str
    line: str
    quantity: int


class SearchCartEvent(Struct, frozen=True):
    """An event that has changed the cart of a search session; its document is JSON."""

    position: int
    shop: str
    channel: str
    session_id: str
    kind: str
    document: str


class Reception(Struct, frozen=True):
    """When an event was received (µs UTC), and the request that reported it, if one did."""

    position: int
    shop: str
    call: str | None
    received_at: int


class AuditedSale(Struct, frozen=True):
    """A sale with its document and with what it adds to the sums, as JSON."""

    id: str
    placed_at: int
    currency: str
    total_minor: int
    refunded_minor: int
    reports: int
    state: str
    document: str
    entries: str


class ReplacedSale(Struct, frozen=True):
    """A sale as it was from one event to another, when another version took its place."""

    id: str
    since: int
    until: int
    document: str
    entries: str


def cases(tx: Transaction, check: Check, limit: int) -> list[Row]:
    """The first cases that a check finds: what its sentence is filled in with."""
    return tx.rows(check.value, limit=limit)


def orders(tx: Transaction) -> Iterator[AuditedOrder]:
    """Every order, some at a time."""
    shop, number = "", 0
    while rows := tx.rows("audit_orders_after", shop=shop, number=number, limit=_ORDERS_CHUNK):
        yield from (AuditedOrder(*row) for row in rows)
        shop, number = rows[-1][0], rows[-1][1]


def stock_differences(tx: Transaction) -> list[StockDifference]:
    """Where stock is not what its movements add up to."""
    return [StockDifference(*row) for row in tx.rows("stock_differences")]


def stock_taken(tx: Transaction) -> list[StockTaken]:
    """What orders have moved, of every product at every site."""
    return [StockTaken(*row) for row in tx.rows("audit_stock_taken")]


def places_of_orders(tx: Transaction) -> list[PlacesHeld]:
    """The places that orders hold."""
    return [PlacesHeld(*row) for row in tx.rows("audit_places_of_orders")]


def search_cart_lines(tx: Transaction) -> list[SearchCartLine]:
    """The lines of all open carts of search sessions."""
    return [SearchCartLine(*row) for row in tx.rows("audit_search_cart_lines")]


def search_cart_events(tx: Transaction) -> Iterator[SearchCartEvent]:
    """The events that have changed such carts, in order, some at a time."""
    after = 0
    while rows := tx.rows("audit_search_cart_events", after=after, limit=_EVENTS_CHUNK):
        yield from (SearchCartEvent(*row) for row in rows)
        after = rows[-1][0]


def receptions(tx: Transaction) -> Iterator[Reception]:
    """When every event was received, of all shops, in the ledger's order, some at a time."""
    after = 0
    while rows := tx.rows("audit_receptions_after", after=after, limit=_RECEPTIONS_CHUNK):
        yield from (Reception(*row) for row in rows)
        after = rows[-1][0]


def sales(tx: Transaction, shop: str) -> Iterator[AuditedSale]:
    """Every sale of a shop, some at a time."""
    after = ""
    while rows := tx.rows("audit_sales_after", shop=shop, after=after, limit=_SALES_CHUNK):
        yield from (AuditedSale(*row) for row in rows)
        after = rows[-1][0]


def past_sales(tx: Transaction, shop: str, position: int) -> list[ReplacedSale]:
    """A shop's sales as they were before other versions that were there at a position."""
    return [ReplacedSale(*row) for row in tx.rows("audit_past_sales", shop=shop, position=position)]
