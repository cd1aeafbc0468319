"""Removal effects of some days: what would be missing without a source, and what each sale credits it with for that.

    sales of the days ──► what their visitors met before ──► paths that ended with a sale ─┐
    touches of the days, less those ──► by visitor ──► paths that led to nothing ──────────┴─► effects ─► credits

All of it is reckoned when it is asked for, out of one state of the database. A sale is a sale in whatever currency; the
credits are those of one. How much is looked at is bounded, because somebody waits for it.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from fractions import Fraction
from functools import partial

import msgspec
from msgspec import Struct

from tillroll.domain.attribution.markov import removal_effects
from tillroll.domain.attribution.models import Model
from tillroll.domain.attribution.paths import Windows, path, taken
from tillroll.domain.attribution.touches import Touch, in_order
from tillroll.domain.sales.book import Book, Met
from tillroll.domain.sales.credits import SaleEntry, entries, explained
from tillroll.domain.sales.facts import TouchTold
from tillroll.domain.sales.sale import Sale
from tillroll.engine.attribution.links import chunks, links_of
from tillroll.engine.documents.snapshot import clock_of
from tillroll.engine.sales.ground import touch_of
from tillroll.engine.sales.periods import beginning, day_of, day_text, end
from tillroll.engine.sales.policies import counting, policy_of, removal_rules
from tillroll.engine.sales.reading import Home, Witnesses, visitor_of
from tillroll.engine.sales.report import row_of
from tillroll.store import Transaction
from tillroll.store.ledger import rows as ledger_rows
from tillroll.store.ledger.rows import KindWindow, LedgerRow
from tillroll.store.sales import rows
from tillroll.store.sales.rows import RevenueRow
from tillroll.store.shops import rows as shop_rows

_SALE = msgspec.json.Decoder(Sale)
_Paths = Counter[tuple[str, ...]]


class PathBounds(Struct, frozen=True):
    """How much is looked at; two seconds suffice for that. Elimination takes the cube of the sources."""

    sales: int = 5_000
    touches: int = 25_000
    sources: int = 80


BOUNDS = PathBounds()


class AskedPaths(Struct, frozen=True):
    """The days (since 1970, on the shop's clock) whose paths are looked at."""

    shop: str
    first: int
    last: int
    bounds: PathBounds = BOUNDS


class TooManyPaths(Struct, frozen=True):
    """More than is looked at: so many of what, at most."""

    what: str
    most: int


class Removal(Struct, frozen=True, kw_only=True):
    """What the paths of some days say: how many there were, the effect of each source, and the credits of each sale."""

    as_of: int
    converting: int
    lost: int
    effects: Mapping[str, Fraction]
    shares: Sequence[tuple[Sale, Sequence[SaleEntry]]]

    def rows_on(self, clock: tzinfo) -> Callable[[str], list[RevenueRow]]:
        """The credits of the sales in a currency, as figures of the days on this clock on which they were placed."""
        return partial(self._rows, clock)

    def _rows(self, clock: tzinfo, currency: str) -> list[RevenueRow]:
        return [
            row_of(one, day_of(sale.placed_at, clock), is_refund=one.refund_at is not None)
            for sale, credited in self.shares
            if sale.currency == currency
            for one in credited
            if one.model == Model.MARKOV.value
        ]


def removal(tx: Transaction, witnesses: Witnesses, asked: AskedPaths) -> Removal | TooManyPaths:
    """The removal effects of the sources of some days, and what they credit, as of the newest event that is followed.

    A path that ended with a sale is what the shop's windows let through before it, whenever that was. What a visitor
    met in these days and no sale has taken is a path that led to nothing.
    """
    clock = clock_of(tx, asked.shop)
    since, until = beginning(day_text(asked.first), clock), end(day_text(asked.last), clock)
    assert since is not None
    assert until is not None
    sales = [_SALE.decode(row.document) for row in rows.counted(tx, asked.shop, (since, until), asked.bounds.sales + 1)]
    if len(sales) > asked.bounds.sales:
        return TooManyPaths("sales", asked.bounds.sales)
    rules = removal_rules(counting(tx, asked.shop))
    ground = _Ground(tx, witnesses, asked)
    if not ground.meet((since, until)) or not ground.meet_buyers(sales, _longest(rules.windows)):
        return TooManyPaths("touches", asked.bounds.touches)
    met = [ground.met_before(sale) for sale in sales]
    won = [taken(path(touches, sale.placed_at, rules.windows)) for sale, touches in zip(sales, met, strict=True)]
    converting: _Paths = Counter(tuple(touch.source for touch in touches) for touches in won)
    of_sales = {touch.position for touches in won for touch in touches}
    lost = ground.lost(rules.windows, (since, until), of_sales)
    sources = {source for paths in (converting, lost) for sources in paths for source in sources}
    if len(sources) > asked.bounds.sources:
        return TooManyPaths("sources", asked.bounds.sources)
    effects = removal_effects(converting, lost)
    return Removal(
        as_of=ground.position,
        converting=converting.total(),
        lost=lost.total(),
        effects=effects,
        shares=[
            (sale, entries(sale, explained(sale, touches, [rules], effects=effects)))
            for sale, touches in zip(sales, met, strict=True)
        ],
    )


def _longest(windows: Windows) -> int:
    return max(window for window in (windows.default, *windows.by_source.values(), 0) if window is not None)


class _Ground:
    """Whom a report of some days is about, and what they have met."""

    def __init__(self, tx: Transaction, witnesses: Witnesses, asked: AskedPaths) -> None:
        self._tx, self._witnesses = tx, witnesses
        self._shop, self._most = asked.shop, asked.bounds.touches
        shop = asked.shop
        self._home = Home(shop_rows.currency_of(tx, shop))
        self._told: dict[int, tuple[Touch, tuple[str, ...]]] = {}
        self._book = Book(policy_of(counting(tx, shop), witnesses))
        self.position = rows.position(tx, shop)

    def meet(self, between: tuple[int, int]) -> bool:
        """What anybody met between two moments; whether that is no more than is looked at."""
        for kind in sorted(self._witnesses.touches):
            dialect, _, name = kind.partition("/")
            window = KindWindow(self._shop, dialect, name, *between, self.position, self._most + 1)
            if not self._read(ledger_rows.events_of_kind(self._tx, window)):
                return False
        return True

    def meet_buyers(self, sales: Sequence[Sale], longest: int) -> bool:
        """What the visitors of these sales met before; whether that is no more than is looked at."""
        nodes = {node for _, named in self._told.values() for node in named}
        nodes |= {node for sale in sales for node in sale.nodes}
        self._book.remember_links(links_of(self._tx, self._shop, nodes))
        buyers = {node for sale in sales for node in self._book.identities.visitor_of(sale.nodes).nodes}
        since = min((sale.placed_at for sale in sales), default=0) - longest
        for chunk in chunks(sorted({visitor_of(node)[1] for node in buyers})):
            found = ledger_rows.events_of_visitors(
                *(self._tx, self._shop, chunk, self._witnesses.touches),
                since=since,
                until=self.position,
                limit=self._most + 1,
            )
            if not self._read(found):
                return False
        met: dict[str, list[Met]] = {}
        for touch, named in self._told.values():
            for node in named:
                met.setdefault(node, []).append(Met(touch))
        self._book.remember_met(met, {})
        return True

    def met_before(self, sale: Sale) -> list[Touch]:
        """What the visitor of a sale has met."""
        return self._book.touches_of(sale, self.position)

    def lost(self, windows: Windows, between: tuple[int, int], of_sales: set[int]) -> _Paths:
        """What visitors met between two moments, less what belongs to sales: a path of each visitor."""
        found: _Paths = Counter()
        seen: set[str] = set()
        for node in self._book.met:
            if node in seen:
                continue
            visitor = self._book.identities.visitor_of([node])
            own = visitor.nodes - visitor.shared
            seen |= own
            touches = {met.touch.position: met.touch for one in own for met in self._book.met.get(one, ())}
            path_of = tuple(
                touch.source
                for touch in sorted(touches.values(), key=in_order)
                if touch.position not in of_sales
                and between[0] <= touch.at <= between[1]
                and windows.of(touch.source) is not None
            )
            if path_of:
                found[path_of] += 1
        return found

    def _read(self, found: Sequence[LedgerRow]) -> bool:
        """Take what these events tell; whether they are all that there are, and no more than is looked at."""
        for row in found:
            what = self._witnesses.touched(row, self._home)
            if isinstance(what, TouchTold):
                self._told[row.position] = (touch_of(row.position, row.happened_at, what), what.nodes)
        return len(found) <= self._most and len(self._told) <= self._most
