"""Carts, followed: the sums of what was added and taken away each day, and what became of each cart.

events of carts ─► the visitor's cart, a register ─► what moved ─► sums by day and product
                                                 └─► carts, bought, abandoned
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import tzinfo

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.sales.carts import (
    CartChanged,
    CartClosed,
    CartCredited,
    CartTold,
    Moved,
    ToldCart,
    changed,
    closed,
)
from tillroll.domain.sales.spans import spans_of
from tillroll.engine.sales.periods import day_of
from tillroll.engine.sales.reading import Home, Witnesses, visitor_of
from tillroll.store import Transaction
from tillroll.store.ledger import rows as ledger_rows
from tillroll.store.ledger.rows import LedgerRow
from tillroll.store.orders.rows import RefusedCheckouts, refused_checkouts
from tillroll.store.sales import carts as rows
from tillroll.store.sales.carts import (
    CartCurrency,
    CartDay,
    CartOutcome,
    CartPeriod,
    CartProduct,
    CartSum,
    FollowedCart,
    OpenCart,
)

# A cart that nobody has changed for so long, and nobody has bought, is abandoned: the vendors' own day.
ABANDONED_AFTER = 24 * 3_600_000_000
# How many events of one visitor a late interaction can credit.
CREDITED_MAX = 5_000
PRODUCTS_MAX = 20
# What was left in carts is read in the carts themselves, the latest ones: a report is to take no longer.
ABANDONED_READ_MAX = 1_000

_CART = msgspec.json.Decoder(ToldCart)
_ENCODER = msgspec.json.Encoder()


class CartFact(Struct, frozen=True):
    """What an event of the ledger tells about a cart."""

    position: int
    dialect: str
    kind: str
    at: int
    what: CartTold


class CartFunnel(Struct, frozen=True):
    """What became of the carts that were begun in some days."""

    carts: int
    checkouts: int
    orders: int
    abandoned: int
    abandoned_minor: int


class CartFigures(Struct, frozen=True, kw_only=True):
    """What was added to carts and taken away; a cart counts once for each of the days."""

    added_minor: int
    removed_minor: int
    carts: int
    days: int

    @property
    def gmv_minor(self) -> int:
        """What was added less what was taken away."""
        return self.added_minor - self.removed_minor

    @property
    def average_minor(self) -> int | None:
        """The same by carts, rounded half up: the average cart value; none without carts."""
        return _by(self.gmv_minor, self.carts)

    @property
    def daily_minor(self) -> int | None:
        """The same by days on which anything happened, likewise: the daily cart GMV."""
        return _by(self.gmv_minor, self.days)


class AbandonedProduct(Struct, frozen=True):
    """A product in abandoned carts: in how many, how many pieces in thousandths, and what they came to."""

    product: str
    carts: int
    quantity: int
    minor: int


class CartsReported(Struct, frozen=True, kw_only=True):
    """Carts of some days, by one dialect's events and in one currency; and the shop's own checkouts that were refused,
    by reason, and how many they were."""

    days: list[CartDay]
    funnel: CartFunnel
    most_added: list[CartProduct]
    most_removed: list[CartProduct]
    most_abandoned: list[AbandonedProduct]
    refused: list[RefusedCheckouts]
    refused_checkouts: int
    currencies: list[CartCurrency]

    @property
    def whole(self) -> CartFigures:
        """The figures of all days."""
        return figures(self.days)


def told(witnesses: Witnesses, found: Iterable[LedgerRow], home: Home) -> list[CartFact]:
    """What these events tell of carts."""
    return [
        CartFact(row.position, row.dialect, row.kind, row.happened_at, what)
        for row in found
        if (what := witnesses.cart(row, home)) is not None
    ]


class CartsFollowed:
    """The carts of one shop while some events are entered, in the order of the ledger."""

    def __init__(self, tx: Transaction, shop: str, clock: tzinfo) -> None:
        self._tx, self._shop, self._clock = tx, shop, clock
        self._carts: dict[str, ToldCart] = {}
        self._before: dict[str, OpenCart] = {}
        self._dialects: dict[str, str] = {}
        self._over: list[FollowedCart] = []
        self._sums: dict[tuple[str, int, str, int, str], list[int]] = {}
        self._seen: dict[tuple[str, str, int], set[str]] = {}

    def enter(self, witnesses: Witnesses, facts: Sequence[CartFact], home: Home) -> None:
        """Take these events, and write what has become of the carts."""
        if not facts:
            return
        nodes = {fact.what.node for fact in facts}
        for row in rows.open_carts(self._tx, self._shop, nodes):
            self._carts[row.node] = _CART.decode(row.document)
            self._before[row.node] = row
        waiting = self._waiting(witnesses, facts, home)
        for fact in facts:
            what = fact.what
            self._dialects[what.node] = fact.dialect
            if isinstance(what, CartClosed):
                self._close(fact, what)
            elif isinstance(what, CartCredited):
                if what.call in waiting:
                    self._change(waiting[what.call])
            elif not what.waits:
                self._change(fact)
        self._write(nodes)

    def _waiting(self, witnesses: Witnesses, facts: Sequence[CartFact], home: Home) -> dict[str, CartFact]:
        """The changes that these events credit, by request."""
        credited = [fact for fact in facts if isinstance(fact.what, CartCredited)]
        if not credited:
            return {}
        dialects = {fact.dialect for fact in credited}
        found = ledger_rows.events_of_visitors(
            self._tx,
            self._shop,
            {visitor_of(fact.what.node)[1] for fact in credited},
            witnesses.followed_of(dialects),
            since=min(fact.at for fact in credited),
            until=max(fact.position for fact in credited),
            limit=CREDITED_MAX,
        )
        calls = {row.position: row.call or "" for row in found}
        return {calls[fact.position]: fact for fact in told(witnesses, found, home) if _waits(fact)}

    def _change(self, fact: CartFact) -> None:
        assert isinstance(fact.what, CartChanged)
        node = fact.what.node
        cart, moved = changed(self._carts.get(node, ToldCart()), fact.what, fact.at)
        self._carts[node] = cart
        day = day_of(fact.at, self._clock)
        for one in moved:
            self._add(fact.dialect, day, one)
            self._seen.setdefault((fact.dialect, one.currency, day), set()).add(node)

    def _close(self, fact: CartFact, what: CartClosed) -> None:
        cart = self._carts.get(what.node, ToldCart())
        if cart.opened_at is not None:
            self._over.append(self._row(what.node, cart, fact.position, fact.at if what.is_bought else 0))
        self._carts[what.node] = closed(max(fact.at, cart.emptied_at))

    def _add(self, dialect: str, day: int, moved: Moved) -> None:
        figures = (max(moved.quantity, 0), max(-moved.quantity, 0), max(moved.minor, 0), max(-moved.minor, 0))
        places = [(span, begins, moved.product_id) for span, begins in spans_of(day).items()]
        for span, begins, product in (*places, (0, day, "")):
            held = self._sums.setdefault((dialect, span, moved.currency, begins, product), [0] * len(figures))
            for place, figure in enumerate(figures):
                held[place] += figure

    def _row(self, node: str, cart: ToldCart, position: int, bought_at: int) -> FollowedCart:
        return FollowedCart(
            node=node,
            closed=position,
            dialect=self._dialects[node],
            currency=cart.currency,
            opened_day=day_of(cart.opened_at, self._clock) if cart.opened_at is not None else 0,
            changed_at=cart.changed_at,
            bought_at=bought_at,
            worth_minor=cart.worth_minor,
            document=_ENCODER.encode(cart).decode() if not bought_at else "",
        )

    def _write(self, nodes: Iterable[str]) -> None:
        carts = [self._row(node, self._carts[node], 0, 0) for node in sorted(nodes) if node in self._carts]
        rows.store(self._tx, self._shop, [*self._over, *carts])
        rows.add_to_outcomes(self._tx, self._shop, self._outcomes([*self._over, *carts]))
        sums = [CartSum(*key, *figures) for key, figures in self._sums.items()]
        sums += rows.note_carts(self._tx, self._shop, self._seen)
        rows.add_to_sums(self._tx, self._shop, sorted(sums, key=msgspec.structs.astuple))

    def _outcomes(self, now: Iterable[FollowedCart]) -> list[CartOutcome]:
        """What the carts as they are now add to what became of carts, less what they have added before."""
        before = []
        for row in self._before.values():
            kept = self._row(row.node, _CART.decode(row.document), 0, 0)
            before.append(replace(kept, opened_day=row.opened_day))
        sums = _OutcomeSums()
        for sign, carts in ((-1, before), (1, now)):
            for one in carts:
                is_left = not one.bought_at and one.worth_minor > 0
                added = (1, int(one.bought_at > 0), 0, int(is_left), one.worth_minor if is_left else 0)
                sums.add((one.dialect, one.currency, one.opened_day), [sign * figure for figure in added])
        return sums.changes()


class _OutcomeSums:
    """What is to be added to what became of carts, by dialect, currency and the day on which they were begun."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str, int], list[int]] = {}

    def add(self, place: tuple[str, str, int], figures: Sequence[int]) -> None:
        """Add these figures; carts that nothing was put into are none."""
        if place[2] > 0:
            held = self._held.setdefault(place, [0] * len(figures))
            for at, figure in enumerate(figures):
                held[at] += figure

    def changes(self) -> list[CartOutcome]:
        """All that has changed, in sorted order."""
        return [CartOutcome(*place, *held) for place, held in sorted(self._held.items()) if any(held)]


def count_orders(tx: Transaction, shop: str, counted: Collection[int], no_more: Collection[int]) -> None:
    """Reports at these positions are of sales that count, or are so no more: so are the carts that they have bought."""
    if not counted and not no_more:
        return
    sums = _OutcomeSums()
    for cart in rows.ended(tx, shop, [*counted, *no_more]):
        if not cart.bought_at:
            continue
        sums.add((cart.dialect, cart.currency, cart.opened_day), [0, 0, 1 if cart.closed in counted else -1, 0, 0])
    rows.add_to_outcomes(tx, shop, sums.changes())


def _waits(fact: CartFact) -> bool:
    return isinstance(fact.what, CartChanged) and fact.what.waits


def currency_of(tx: Transaction, period: CartPeriod) -> str:
    """The currency that a report is in: the one that was asked for, else the commonest of those days."""
    if period.currency:
        return period.currency
    found = rows.currencies(tx, period)
    return found[0].currency if found else ""


def figures(days: Sequence[CartDay]) -> CartFigures:
    """The figures of some days together, or of one."""
    return CartFigures(
        added_minor=sum(day.added_minor for day in days),
        removed_minor=sum(day.removed_minor for day in days),
        carts=sum(day.carts for day in days),
        days=len(days),
    )


def _by(minor: int, number: int) -> int | None:
    """A quotient, rounded half up; none of nothing."""
    return (2 * minor + number) // (2 * number) if number else None


def report(tx: Transaction, period: CartPeriod, now: int) -> CartsReported:
    """The carts of some days, as of a time (µs UTC), which decides what is abandoned."""
    refused = refused_checkouts(tx, period.shop, period.first, period.last)
    return CartsReported(
        days=rows.days(tx, period),
        funnel=_funnel(tx, period, now - ABANDONED_AFTER),
        most_added=[one for one in rows.products(tx, period, PRODUCTS_MAX) if one.added],
        most_removed=[one for one in rows.products(tx, period, PRODUCTS_MAX, by_removed=True) if one.removed],
        most_abandoned=_abandoned(tx, period, now - ABANDONED_AFTER),
        refused=[one for one in refused if one.reason],
        refused_checkouts=sum(one.checkouts for one in refused if not one.reason),
        currencies=[one for one in rows.currencies(tx, period) if one.currency != period.currency],
    )


def _funnel(tx: Transaction, period: CartPeriod, before: int) -> CartFunnel:
    """What became of the carts of these days; abandoned is what nobody has changed since a time."""
    found, fresh = rows.outcomes(tx, period), rows.fresh(tx, period, before)
    return CartFunnel(
        carts=found.carts,
        checkouts=found.checkouts,
        orders=found.orders,
        abandoned=found.unbought - fresh.carts,
        abandoned_minor=found.unbought_minor - fresh.worth_minor,
    )


def _abandoned(tx: Transaction, period: CartPeriod, before: int) -> list[AbandonedProduct]:
    """What was left in the latest abandoned carts, what is worth most first."""
    sums: dict[str, list[int]] = {}
    for document in rows.abandoned(tx, period, before, ABANDONED_READ_MAX):
        for line in _CART.decode(document).lines.values():
            if line.quantity > 0 and line.currency == period.currency:
                held = sums.setdefault(line.product_id, [0, 0, 0])
                for place, figure in enumerate((1, line.quantity, line.worth_minor)):
                    held[place] += figure
    found = [AbandonedProduct(product, *figures) for product, figures in sums.items()]
    return sorted(found, key=lambda one: (-one.minor, -one.carts, one.product))[:PRODUCTS_MAX]
