"""Proves the promises on the live data: each property holds, or here is where it does not.

Everything is read in one consistent view, so that an audit of a busy till sees no half-done work. The properties are
those of docs/operating.md.
"""

from collections.abc import Iterator
from decimal import Decimal

import msgspec
from msgspec import Struct

from tillroll.domain.money import to_minor
from tillroll.domain.orders.order import DECLINED, Order
from tillroll.engine.search.audit import problems_of_carts
from tillroll.store import Row, Transaction

# A broken property is shown by its first cases; the count says how many there are of those looked at.
CASES_MAX = 20
_CHUNK = 500
_ORDER = msgspec.json.Decoder(Order, float_hook=Decimal)


class Property(Struct, frozen=True):
    """One property: what is promised, how much of it was looked at, and the cases in which it is broken."""

    name: str
    promise: str
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.problems


# name, promise, and the queries that find its broken cases with the sentence for one
_BY_QUERY: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "one cart, one order",
        "no cart became two orders, and each order's cart is closed and names it",
        (
            ("audit_carts_with_two_orders", "{}: the cart {} became {} orders"),
            ("audit_orders_without_closed_cart", "{}: the cart of order {} is not closed by it"),
            ("audit_carts_without_order", "{}: the cart {} names an order that is not its own"),
        ),
    ),
    (
        "one quote, one order",
        "no quote became two orders, an order's quote is accepted and names it, and a quote's cart was not bought",
        (
            ("audit_quotes_with_two_orders", "{}: the quote {} became {} orders"),
            ("audit_orders_without_accepted_quote", "{}: the quote of order {} is not accepted by it"),
            ("audit_quotes_without_order", "{}: the quote {} names an order that is not its own"),
            ("audit_quotes_of_open_carts", "{}: the quote {} was made from the cart {}, which is open or was bought"),
            ("audit_quotes_without_history", "{}: the quote {} was made {} times, as its history tells it"),
        ),
    ),
    (
        "order numbers",
        "order numbers are given once and without gaps",
        (("audit_number_gaps", "{}: {} orders, but their numbers span {} and {} were given"),),
    ),
    (
        "never oversold",
        "no stock is below zero",
        (("audit_negative_stock", "{}: {} of the product {} are on hand"),),
    ),
    (
        "coupons",
        "redemptions stay within their limits, and each count is that of the orders which redeemed",
        (
            ("audit_overredeemed_coupons", "{}: the coupon {} is redeemed {} times"),
            ("audit_coupon_counts", "{}: the coupon {} counts {} redemptions, but has {}"),
            ("audit_redemptions_without_order", "{}: the redemption {} has no order"),
            ("audit_customer_uses", "{}: the coupon {} counts for {} {} uses, but has {}"),
        ),
    ),
    (
        "never overbooked",
        "no delivery window has more bookings than places, and each count is that of its bookings",
        (
            ("audit_overbooked_windows", "{}: the window {} counts {} bookings of {} places"),
            ("audit_window_counts", "{}: the window {} counts {} bookings, but they add up to {}"),
        ),
    ),
    (
        "orders by hand",
        "what was written down by hand has taken no stock and redeemed no coupon",
        (("audit_sales_by_hand", "{}: the order {} was not bought, but has taken stock or a coupon"),),
    ),
    (
        "customers",
        "an e-mail logs one customer in, and every token of a customer is that of one who may act",
        (
            ("audit_emails_of_two_customers", "{}: the e-mail {} is that of {} customers"),
            ("audit_tokens_without_customer", "{}: a token is that of the customer {}, who is gone or not active"),
        ),
    ),
    (
        "ledger",
        "every order stands in the ledger exactly once, and nothing of a failed checkout does",
        (
            ("audit_orders_without_event", "{}: the order {} stands in the ledger {} times"),
            ("audit_events_without_order", "{}: the ledger tells of an order {} that does not exist"),
        ),
    ),
    (
        "calls",
        "every call from outside is one row of the ledger and counts once, under its outcome",
        (("audit_tallies", "{}: of calls to {} that were {} {!r} the ledger has {}, the tallies {}"),),
    ),
    (
        "inventory",
        "every item stands at its newest version and its last step, and every accepted post is a version",
        (
            ("audit_item_versions", "the item {} is at version {}, but has {}"),
            ("audit_item_documents", "the item {} does not say what its newest version says"),
            ("audit_item_changes", "the item {} is {}, but its last step is another one"),
            ("audit_posted_versions", "{}: the application {} was told yes {} times, but {} versions are kept"),
        ),
    ),
)


def audit(tx: Transaction, _: None = None) -> list[Property]:
    """Every property, in one consistent view of the database."""
    found = [_by_query(tx, name, promise, queries) for name, promise, queries in _BY_QUERY]
    money, sold, held = _check_orders(tx)
    count = money.seen
    found.append(Property("money", f"lines, shipping and fees of each of {count} orders add up", tuple(money.problems)))
    found.append(_stock(tx, sold))
    promise = "the open cart of every search session is the sum of its events"
    found.append(Property("search carts", promise, tuple(problems_of_carts(tx)[:CASES_MAX])))
    found.append(_places(tx, held))
    return found


def _by_query(tx: Transaction, name: str, promise: str, queries: tuple[tuple[str, str], ...]) -> Property:
    problems = [sentence.format(*row) for query, sentence in queries for row in tx.rows(query, limit=CASES_MAX)]
    return Property(name, promise, tuple(problems[:CASES_MAX]))


class _Money(Struct):
    seen: int = 0
    problems: list[str] = []


_Sold = dict[tuple[str, str, str], int]
_Held = dict[tuple[str, str, str], int]


def _check_orders(tx: Transaction) -> tuple[_Money, _Sold, _Held]:
    """Read every order once: does its money add up, which stock and which places do all of them say they took?"""
    money = _Money()
    sold: _Sold = {}
    held: _Held = {}
    for shop, _number, id, status, currency, total_minor, document in _orders(tx):
        order = _ORDER.decode(document)
        money.seen += 1
        wrong = _money_problem(order, currency, total_minor)
        if wrong and len(money.problems) < CASES_MAX:
            money.problems = [*money.problems, f"{shop}: order {id}: {wrong}"]
        for product_id, quantity in order.stock:
            key = (shop, order.site, product_id)
            sold[key] = sold.get(key, 0) + quantity
        if order.delivery is not None:
            held[shop, id, order.delivery.window_id] = 0 if status == DECLINED else 1
    return money, sold, held


def _orders(tx: Transaction) -> Iterator[Row]:
    shop, number = "", 0
    while rows := tx.rows("audit_orders_after", shop=shop, number=number, limit=_CHUNK):
        yield from rows
        shop, number = rows[-1][0], rows[-1][1]


def _money_problem(order: Order, currency: str, total_minor: int) -> str | None:
    priced = order.priced
    parts = [line.final_price.gross for line in priced.lines]
    if priced.total_shipping is not None:
        parts.append(priced.total_shipping.price.gross)
    parts += [fee.price.gross for fee in priced.payment_fees]
    total = priced.final_price.gross
    if sum(parts, Decimal(0)) != total:
        return f"its parts add up to {sum(parts, Decimal(0))}, not to {total}"
    if priced.final_price.net + priced.final_price.tax != total:
        return f"net {priced.final_price.net} and tax {priced.final_price.tax} are not {total}"
    if sum((group.gross for group in priced.tax_aggregate), Decimal(0)) != total:
        return f"its tax groups do not add up to {total}"
    if currency != order.rules.currency or to_minor(total, currency) != total_minor:
        return f"{total_minor} minor units of {currency} are not {total} {order.rules.currency}"
    return None


def _stock(tx: Transaction, sold: _Sold) -> Property:
    problems = [
        f"{shop}: {on_hand} thousandths of {product} are on hand at {site}, but the movements add up to {moved}"
        for shop, site, product, on_hand, moved in tx.rows("stock_differences")
    ]
    moved = {(shop, site, product): -total for shop, site, product, total in tx.rows("audit_stock_taken")}
    for key in sorted(sold.keys() | moved.keys()):
        if sold.get(key, 0) != moved.get(key, 0):
            shop, site, product = key
            what = (
                f"orders took {sold.get(key, 0)} thousandths of {product} at {site}, the movements {moved.get(key, 0)}"
            )
            problems.append(f"{shop}: {what}")
    promise = "what came in less what was sold is on hand, for every product"
    return Property("stock", promise, tuple(problems[:CASES_MAX]))


def _places(tx: Transaction, held: _Held) -> Property:
    booked = {(shop, order, window): places for shop, order, window, places in tx.rows("audit_places_of_orders")}
    problems = []
    for key in sorted(held.keys() | booked.keys()):
        wanted, found = held.get(key, 0), booked.get(key, 0)
        if wanted != found:
            shop, order, window = key
            problems.append(f"{shop}: the order {order} holds {found} places of the window {window}, not {wanted}")
    promise = "each order with a delivery window has booked one place of it, and a declined one has given it back"
    return Property("delivery windows", promise, tuple(problems[:CASES_MAX]))
