"""Proves the promises on the live data: each property holds, or here is where it does not.

Everything is read in one consistent view, so that an audit of a busy till sees no half-done work. The properties are
those of docs/operating.md.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import islice

import msgspec
from msgspec import Struct

from tillroll.domain.money import to_minor
from tillroll.domain.orders.order import DECLINED, Order
from tillroll.engine.ledger.audit import problems_of_receipts
from tillroll.engine.sales.audit import Retelling, problems_of_retelling, problems_of_revenue
from tillroll.engine.search.audit import problems_of_carts
from tillroll.store import Transaction
from tillroll.store.audit import rows
from tillroll.store.audit.rows import Check
from tillroll.store.shops import audits
from tillroll.store.shops.audits import AuditRow

# A broken property is shown by its first cases; the count says how many there are of those looked at.
CASES_MAX = 20
# The first cases of all shops, among which those of one shop are looked for.
OF_SHOP_CASES_MAX = 1_000
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


class KeptAudit(Struct, frozen=True):
    """An audit of one shop that was kept: when it was made (microseconds UTC), who asked for it, what it found."""

    at: int
    by: str
    properties: tuple[Property, ...]


_PROPERTIES = msgspec.json.Decoder(tuple[Property, ...])

# name, promise, and the checks that find its broken cases with the sentence for one
Promised = tuple[str, str, tuple[tuple[Check, str], ...]]
BY_CHECK: tuple[Promised, ...] = (
    (
        "one cart, one order",
        "no cart became two orders, and each order's cart is closed and names it",
        (
            (Check.CARTS_WITH_TWO_ORDERS, "{}: the cart {} became {} orders"),
            (Check.ORDERS_WITHOUT_CLOSED_CART, "{}: the cart of order {} is not closed by it"),
            (Check.CARTS_WITHOUT_ORDER, "{}: the cart {} names an order that is not its own"),
        ),
    ),
    (
        "one quote, one order",
        "no quote became two orders, an order's quote is accepted and names it, and a quote's cart was not bought",
        (
            (Check.QUOTES_WITH_TWO_ORDERS, "{}: the quote {} became {} orders"),
            (Check.ORDERS_WITHOUT_ACCEPTED_QUOTE, "{}: the quote of order {} is not accepted by it"),
            (Check.QUOTES_WITHOUT_ORDER, "{}: the quote {} names an order that is not its own"),
            (Check.QUOTES_OF_OPEN_CARTS, "{}: the quote {} was made from the cart {}, which is open or was bought"),
            (Check.QUOTES_WITHOUT_HISTORY, "{}: the quote {} was made {} times, as its history tells it"),
        ),
    ),
    (
        "order numbers",
        "order numbers are given once and without gaps",
        ((Check.NUMBER_GAPS, "{}: {} orders, but their numbers span {} and {} were given"),),
    ),
    (
        "never oversold",
        "no stock is below zero",
        ((Check.NEGATIVE_STOCK, "{}: {} of the product {} are on hand"),),
    ),
    (
        "coupons",
        "redemptions stay within their limits, and each count is that of the orders which redeemed",
        (
            (Check.OVERREDEEMED_COUPONS, "{}: the coupon {} is redeemed {} times"),
            (Check.COUPON_COUNTS, "{}: the coupon {} counts {} redemptions, but has {}"),
            (Check.REDEMPTIONS_WITHOUT_ORDER, "{}: the redemption {} has no order"),
            (Check.CUSTOMER_USES, "{}: the coupon {} counts for {} {} uses, but has {}"),
        ),
    ),
    (
        "never overbooked",
        "no delivery window has more bookings than places, and each count is that of its bookings",
        (
            (Check.OVERBOOKED_WINDOWS, "{}: the window {} counts {} bookings of {} places"),
            (Check.WINDOW_COUNTS, "{}: the window {} counts {} bookings, but they add up to {}"),
        ),
    ),
    (
        "orders by hand",
        "what was written down by hand has taken no stock and redeemed no coupon",
        ((Check.SALES_BY_HAND, "{}: the order {} was not bought, but has taken stock or a coupon"),),
    ),
    (
        "customers",
        "an e-mail logs one customer in, and every token of a customer is that of one who may act",
        (
            (Check.EMAILS_OF_TWO_CUSTOMERS, "{}: the e-mail {} is that of {} customers"),
            (Check.TOKENS_WITHOUT_CUSTOMER, "{}: a token is that of the customer {}, who is gone or not active"),
        ),
    ),
    (
        "ledger",
        "every order stands in the ledger exactly once, and nothing of a failed checkout does",
        (
            (Check.ORDERS_WITHOUT_EVENT, "{}: the order {} stands in the ledger {} times"),
            (Check.EVENTS_WITHOUT_ORDER, "{}: the ledger tells of an order {} that does not exist"),
        ),
    ),
    (
        "payments",
        "no money is held or taken without an order, no order stands without it, and the books add up to nought",
        (
            (Check.ORDERS_WITHOUT_MONEY, "{}: the order {} is {}, but no money was held for it"),
            (Check.MONEY_WITHOUT_ORDER, "{}: the payment {} holds money for {}, which is no order"),
            (Check.REFUNDS_BEYOND_CAPTURES, "{}: of the payment {} {} were given back, and {} taken"),
            (Check.PAYMENT_ENTRIES, "{}: the entry {} of {} adds up to {}"),
            (Check.PAYMENT_CLEARING, "{}: the payment {} is over, but {} stands at {}"),
        ),
    ),
    (
        "messages",
        "who asks for orders has a message of each, what waits is in a lane, and no message overtakes another",
        (
            (Check.ORDERS_WITHOUT_MESSAGE, "{}: the endpoint {} has no message of the order {}"),
            (Check.MESSAGES_WITHOUT_ORDER, "{}: the endpoint {} has a message of {}, which is not there"),
            (
                Check.MESSAGES_WITHOUT_LANE,
                "{}: of what waits for the endpoint {} about {} and its lane one is missing",
            ),
            (Check.OVERTAKEN_MESSAGES, "{}: what waits for the endpoint {} about {} was overtaken"),
        ),
    ),
    (
        "calls",
        "every call from outside is one row of the ledger and counts once, under its outcome",
        ((Check.TALLIES, "{}: of calls to {} that were {} {!r} the ledger has {}, the tallies {}"),),
    ),
    (
        "inventory",
        "every item stands at its newest version and its last step, and every accepted post is a version",
        (
            (Check.ITEM_VERSIONS, "the item {} is at version {}, but has {}"),
            (Check.ITEM_DOCUMENTS, "the item {} does not say what its newest version says"),
            (Check.ITEM_CHANGES, "the item {} is {}, but its last step is another one"),
            (Check.POSTED_VERSIONS, "{}: the application {} was told yes {} times, but {} versions are kept"),
        ),
    ),
    (
        "sales",
        "every report of a purchase is in one sale, every sale has its reports, and refunds stay within it",
        (
            (Check.REPORTS_WITHOUT_SALE, "{}: the report {} belongs to a sale {} that is not there"),
            (Check.SALES_WITHOUT_REPORTS, "{}: the sale {} counts {} reports, but has {}"),
            (Check.REPORTS_WITHOUT_EVENT, "{}: the report {} is no event that the sales have come to"),
            (Check.ORDERS_WITHOUT_SALE, "{}: the sales have passed the order {} by"),
            (Check.REFUNDS_BEYOND_SALES, "{}: the sale {} has given {} back of {}"),
            (Check.FOLLOWERS_AHEAD, "{}: the sales are at event {}, beyond the last one, {}"),
        ),
    ),
)


SHARES = (
    "{}: by the {} calendar in {} the model {} shares out on day {} {} of {} that were sold, and takes back {} of {}"
)


def audit(tx: Transaction, retelling: Retelling | None = None) -> list[Property]:
    """Every property, in one consistent view of the database; sales are made again where somebody reads the ledger."""
    found = [_by_check(tx, one) for one in BY_CHECK]
    money, sold, held = _check_orders(tx)
    count = money.seen
    found.append(Property("money", f"lines, shipping and fees of each of {count} orders add up", tuple(money.problems)))
    found.append(_stock(tx, sold))
    promise = "every call that was answered is found again by the id of its request"
    found.append(Property("receipts", promise, tuple(islice(problems_of_receipts(tx), CASES_MAX))))
    promise = "the open cart of every search session is the sum of its events"
    found.append(Property("search carts", promise, tuple(problems_of_carts(tx)[:CASES_MAX])))
    found.append(_places(tx, held))
    found.append(_figures(tx, retelling))
    return found


def of_shop(tx: Transaction, shop: str) -> list[Property]:
    """What the database proves by itself of one shop, while somebody waits: nothing that reads every order."""
    own = f"{shop}: "
    found = [_by_check(tx, one, OF_SHOP_CASES_MAX) for one in BY_CHECK]
    return [
        Property(one.name, one.promise, tuple(said for said in one.problems if said.startswith(own))[:CASES_MAX])
        for one in found
    ]


def keep(tx: Transaction, shop: str, found: Sequence[Property], asked: tuple[str, int]) -> None:
    """Keep what an audit of a shop found, with who asked for it and when, in the place of the one before."""
    by, now = asked
    audits.store(tx, shop, AuditRow(now, by, msgspec.json.encode(found).decode()))


def last(tx: Transaction, shop: str) -> KeptAudit | None:
    """What the last kept audit of a shop found; None where there was none."""
    row = audits.last(tx, shop)
    return None if row is None else KeptAudit(row.audited_at, row.asked_by, _PROPERTIES.decode(row.document))


def _figures(tx: Transaction, retelling: Retelling | None) -> Property:
    """What the sales add up to, and whether they can be made again."""
    cases = rows.cases(tx, Check.SHARES_OF_REVENUE, CASES_MAX)
    problems = [SHARES.format(*case) for case in cases]
    problems += islice(problems_of_revenue(tx), CASES_MAX)
    if retelling is not None:
        problems += islice(problems_of_retelling(tx, retelling), CASES_MAX)
    promise = "each model shares out every sale, the sums are those of the sales, and the ledger makes them again"
    return Property("revenue", promise, tuple(problems[:CASES_MAX]))


def _by_check(tx: Transaction, promised: Promised, cases_max: int = CASES_MAX) -> Property:
    name, promise, checks = promised
    problems = [sentence.format(*case) for check, sentence in checks for case in rows.cases(tx, check, cases_max)]
    return Property(name, promise, tuple(problems[:cases_max]))


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
    for row in rows.orders(tx):
        order = _ORDER.decode(row.document)
        money.seen += 1
        wrong = _money_problem(order, row.currency, row.total_minor)
        if wrong and len(money.problems) < CASES_MAX:
            money.problems = [*money.problems, f"{row.shop}: order {row.id}: {wrong}"]
        for product_id, quantity in order.stock:
            key = (row.shop, order.site, product_id)
            sold[key] = sold.get(key, 0) + quantity
        if order.delivery is not None:
            held[row.shop, row.id, order.delivery.window_id] = 0 if row.status == DECLINED else 1
    return money, sold, held


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
        f"{stock.shop}: {stock.on_hand} thousandths of {stock.product_id} are on hand at {stock.site}, "
        f"but the movements add up to {stock.moved}"
        for stock in rows.stock_differences(tx)
    ]
    moved = {(taken.shop, taken.site, taken.product_id): -taken.moved for taken in rows.stock_taken(tx)}
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
    booked = {(row.shop, row.order_id, row.window_id): row.places for row in rows.places_of_orders(tx)}
    problems = []
    for key in sorted(held.keys() | booked.keys()):
        wanted, found = held.get(key, 0), booked.get(key, 0)
        if wanted != found:
            shop, order, window = key
            problems.append(f"{shop}: the order {order} holds {found} places of the window {window}, not {wanted}")
    promise = "each order with a delivery window has booked one place of it, and a declined one has given it back"
    return Property("delivery windows", promise, tuple(problems[:CASES_MAX]))
