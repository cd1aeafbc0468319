"""What each dialect has to tell about sales: its readers, put together for all who follow the ledger."""

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from tillroll.domain.events.events import REFUSED, column_text
from tillroll.domain.money import minor_exponent, to_minor, to_thousandths
from tillroll.domain.sales.carts import CartTold
from tillroll.domain.sales.facts import Fact, RatingTold, SaleLine, TouchTold, What
from tillroll.domain.sales.searches import SearchTold
from tillroll.store.ledger.rows import LedgerRow


class Home(Struct, frozen=True):
    """What a reader has to know of the shop: the currency of what is told without one."""

    currency: str


Read = Callable[[LedgerRow, Home], What | None]
ReadCart = Callable[[LedgerRow, Home], CartTold | None]
ReadSearch = Callable[[LedgerRow, Home], SearchTold | None]


class Witness(Struct, frozen=True):
    """One dialect's account: a reader for each kind of event, and which nodes of visitors are persons.

    `touches` are the kinds that tell what a visitor has met, and what was thought of it; `carts` and
    `searches` read those that tell of carts and of search sessions.
    """

    dialect: str
    readers: Mapping[str, Read]
    touches: frozenset[str] = frozenset()
    persons: tuple[str, ...] = ()
    carts: Mapping[str, ReadCart] = {}
    searches: Mapping[str, ReadSearch] = {}
    refused: frozenset[str] = frozenset()
    """The kinds whose refused events tell something, too; all others are passed over."""


class Witnesses:
    """All dialects, those whose word on money counts first at the beginning."""

    def __init__(self, witnesses: Sequence[Witness]) -> None:
        self.authority = tuple(one.dialect for one in witnesses)
        self.persons = tuple(prefix for one in witnesses for prefix in one.persons)
        self._readers = {f"{one.dialect}/{kind}": read for one in witnesses for kind, read in one.readers.items()}
        self.kinds = frozenset(self._readers)
        self._refused = frozenset(f"{one.dialect}/{kind}" for one in witnesses for kind in one.refused)
        self.touches = frozenset(f"{one.dialect}/{kind}" for one in witnesses for kind in one.touches)
        self._carts = {f"{one.dialect}/{kind}": read for one in witnesses for kind, read in one.carts.items()}
        self.cart_dialects = tuple(one.dialect for one in witnesses if one.carts)
        self._searches = {f"{one.dialect}/{kind}": read for one in witnesses for kind, read in one.searches.items()}
        self.searches = frozenset(self._searches)
        self.followed = self.kinds | self._carts.keys() | self.searches

    def fact(self, row: LedgerRow, home: Home) -> Fact | None:
        """What an event tells, or None where it tells nothing about sales."""
        kind = f"{row.dialect}/{row.kind}"
        if row.outcome == REFUSED and kind not in self._refused:
            return None  # whatever it says, and whether it says it whole
        read = self._readers.get(kind)
        what = read(row, home) if read is not None else None
        if what is None:
            return None
        return Fact(
            position=row.position,
            dialect=row.dialect,
            kind=row.kind,
            call=row.call or "",
            at=row.happened_at,
            received_at=row.received_at,
            what=what,
        )

    def followed_of(self, dialects: Collection[str]) -> frozenset[str]:
        """The kinds of these dialects that tell about carts."""
        return frozenset(kind for kind in self._carts if kind.partition("/")[0] in dialects)

    def cart(self, row: LedgerRow, home: Home) -> CartTold | None:
        """What an event tells about a cart, or None where it tells nothing of any."""
        read = self._carts.get(f"{row.dialect}/{row.kind}")
        return read(row, home) if read is not None else None

    def search(self, row: LedgerRow, home: Home) -> SearchTold | None:
        """What an event tells about a search session, or None where it tells nothing of any."""
        read = self._searches.get(f"{row.dialect}/{row.kind}")
        return read(row, home) if read is not None else None

    def touched(self, row: LedgerRow, home: Home) -> TouchTold | RatingTold | None:
        """What a visitor has met, or thinks of it; None for all other events."""
        fact = self.fact(row, home)
        return fact.what if fact is not None and isinstance(fact.what, TouchTold | RatingTold) else None


def minor_of(amount: Decimal, currency: str) -> int | None:
    """An amount in minor units; None in a currency that nobody knows."""
    return to_minor(amount, currency) if minor_exponent(currency) is not None else None


def pieces_of(quantity: Decimal) -> int:
    """A decimal quantity in thousandths."""
    return to_thousandths(quantity)


def product_of(said: str) -> str:
    """A product's id as both databases take it into a column: see `column_text`."""
    return column_text(said)


def line_of(product_id: str, quantity: Decimal, total: Decimal | None, currency: str) -> SaleLine:
    """A line as most dialects write it: a decimal quantity, and what it came to in major units, if anybody said it."""
    minor = minor_of(total, currency) if total is not None else None
    return SaleLine(product_of(product_id), to_thousandths(quantity), minor)


def node_of(dialect: str, visitor: str) -> str:
    """A visitor of a dialect as a node."""
    return f"{dialect}:{visitor}"


def visitor_of(node: str) -> tuple[str, str]:
    """The dialect and the visitor that a node stands for."""
    dialect, _, visitor = node.partition(":")
    return dialect, visitor
