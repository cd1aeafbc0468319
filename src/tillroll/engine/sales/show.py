"""Showing sales: pages of them, and one with everything that was told of it and whose revenue it is.

sale ─► its book (reports, links, refunds) ─► what its visitor met ─► credits of a model, and why
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec
from msgspec import Struct

from tillroll.domain.attribution.touches import Touch
from tillroll.domain.money import from_thousandths, is_sane_quantity, to_thousandths
from tillroll.domain.sales.book import Book, SaleVersion
from tillroll.domain.sales.credits import Explanation, explained
from tillroll.domain.sales.facts import ALL_PIECES, Fact, Refunded, SaleLine
from tillroll.domain.sales.identities import Visitor
from tillroll.domain.sales.matching import Told, position_of
from tillroll.domain.sales.sale import Reversal, Sale
from tillroll.engine.sales.follow import EVENTS_USUAL
from tillroll.engine.sales.ground import SaleGround
from tillroll.engine.sales.policies import counting, policy_of
from tillroll.engine.sales.reading import Home, Witnesses
from tillroll.store import Transaction
from tillroll.store.ledger import rows as ledger_rows
from tillroll.store.sales import rows
from tillroll.store.sales.rows import SalePage, SaleRow
from tillroll.store.shops import rows as shop_rows

PAGE_MAX = 200
_TOLD = msgspec.json.Decoder(Told)
_SALE = msgspec.json.Decoder(Sale)


class ShownSale(Struct, frozen=True):
    """One sale, its reports as they stand, who bought, and what that visitor met before."""

    sale: Sale
    since: int
    reports: Sequence[Told]
    visitor: Visitor
    touches: Sequence[Touch]
    book: Book


def page(tx: Transaction, wanted: SalePage) -> list[SaleRow]:
    """Sales, the latest first."""
    return rows.page(tx, wanted)


def found(tx: Transaction, shop: str, id: str) -> str | None:
    """The id of the sale that this id names: its own, or that of a report which belongs to it now."""
    position = position_of(id)
    return rows.sale_of_report(tx, shop, position) if position is not None else None


class Belonging(Struct, frozen=True):
    """The sale that a report belongs to, and whether the report counts in it."""

    sale: str
    counts: bool


def belonging(tx: Transaction, shop: str, position: int) -> Belonging | None:
    """Where the report at a position of the ledger belongs, as far as the sales have followed it; else None."""
    id = rows.sale_of_report(tx, shop, position)
    told = rows.reports(tx, shop, [position])
    kept = rows.sales(tx, shop, [id]) if id is not None else []
    if id is None or not told or not kept:
        return None
    return Belonging(id, _TOLD.decode(told[0]).counts and _SALE.decode(kept[0].document).counts)


def sale(tx: Transaction, witnesses: Witnesses, shop: str, id: str) -> ShownSale | None:
    """One sale, by its id or that of any of its reports; None where there is none.

    It is shown as of the newest event: what the shop's sales have not followed yet is entered into the sale's own book.
    """
    position = position_of(id)
    if position is None:
        return None
    ground = SaleGround(tx, shop, policy_of(counting(tx, shop), witnesses))
    home, newest = Home(shop_rows.currency_of(tx, shop)), ledger_rows.newest_position_of_shop(tx, shop)
    pending = _pending(tx, witnesses, shop, newest)
    facts = [fact for row in pending if (fact := witnesses.fact(row, home)) is not None]
    book = ground.load(facts, [position])
    ground.meet(witnesses, home, facts, until=newest)
    for fact in facts:
        book.enter(fact)
    version = book.sales.get(book.sale_at(position) or "")
    if version is None or version.sale is None:
        return None
    return _shown(book, version, version.sale, newest)


def _pending(tx: Transaction, witnesses: Witnesses, shop: str, newest: int) -> list[ledger_rows.LedgerRow]:
    """The events that the shop's sales have not followed yet; nothing where they are far behind."""
    after = rows.position(tx, shop)
    rest = ledger_rows.events_of_kinds(tx, shop, (after, newest), witnesses.kinds, EVENTS_USUAL + 1)
    return rest if len(rest) <= EVENTS_USUAL else []


def _shown(book: Book, version: SaleVersion, sale: Sale, until: int) -> ShownSale:
    visitor = book.identities.visitor_of(sale.nodes)
    reports = [book.told[place] for place in sale.reports]
    return ShownSale(sale, version.since, reports, visitor, book.touches_of(sale, until), book)


def why(shown: ShownSale, model: str, effects: Mapping[str, Fraction] | None = None) -> Explanation | None:
    """The credits of a sale by one of the shop's rule sets, and why; None for a name that there is none of."""
    rules = next((one for one in shown.book.policy.rule_sets if one.name == model), None)
    return explained(shown.sale, shown.touches, [rules], effects=effects)[0] if rules is not None else None


def refunded(shown: ShownSale, refund: Refunded, now: int) -> Reversal:
    """What a refund would take from a sale, if it came now."""
    position = max((*shown.book.refunds, *shown.book.told, shown.since)) + 1
    fact = Fact(position=position, dialect="", kind="", call="", at=now, received_at=now, what=refund)
    shown.book.enter(fact)
    version = shown.book.sales[shown.sale.id]
    assert version.sale is not None
    return next(one for one in version.sale.reversals if one.position == position)


def quantity_text(thousandths: int) -> str:
    """A quantity as a decimal without needless zeros."""
    return f"{from_thousandths(thousandths):f}"


def is_quantity(quantity: Decimal) -> bool:
    """Whether so much of something can be given back."""
    return is_sane_quantity(quantity) and quantity > 0


def refund_line(product_id: str, quantity: Decimal | None, amount_minor: int | None) -> SaleLine:
    """What is given back of a line; of all its pieces where no quantity is said."""
    return SaleLine(product_id, to_thousandths(quantity) if quantity is not None else ALL_PIECES, amount_minor)
