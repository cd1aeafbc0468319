"""Following the ledger: the sales of a shop, up to its newest event, a bounded number of events at a time.

    lock where the shop is ─► next events ─► book ─► versions of sales ─► rows, sums, where the shop is

Everything of a step is one transaction, so that sales are always those of one position of the ledger. What follows from
an event happens behind its acknowledgement: nobody who reports waits for it.
"""

from collections.abc import Iterable, Sequence
from datetime import tzinfo

import msgspec
from msgspec import Struct

from tillroll.domain.sales.book import Book, SaleVersion
from tillroll.domain.sales.credits import ALL, UNATTRIBUTED, SaleEntry
from tillroll.domain.sales.facts import Fact, Reported, TouchTold
from tillroll.domain.sales.sale import Sale
from tillroll.engine.documents.snapshot import clock_of
from tillroll.engine.sales import carts, searches
from tillroll.engine.sales.ground import SaleGround
from tillroll.engine.sales.periods import day_of
from tillroll.engine.sales.policies import Counting, ruling, store_counting
from tillroll.engine.sales.reading import Home, Witnesses
from tillroll.engine.sales.told import SalesTold, tell_sales
from tillroll.store import Transaction
from tillroll.store.ledger import rows as ledger_rows
from tillroll.store.ledger.rows import LedgerRow
from tillroll.store.sales import rows
from tillroll.store.sales.rows import PastSale, RefundRow, ReportRow, SaleRow, Sum
from tillroll.store.shops import rows as shop_rows

# So many events are one step, where nobody says how many: some hundredths of a second, for which no other write of
# SQLite waits in vain.
EVENTS_USUAL = 300
# So far a step goes at most, however few of the events on its way are followed: the others are read, too.
POSITIONS_MAX = 20_000

ORDER, REFUND = "order", "refund"
_ENCODER = msgspec.json.Encoder()


class FollowStep(Struct, frozen=True):
    """A step to be taken: whose sales, up to which event at most, and how many of those that are followed."""

    shop: str
    until: int
    events: int = EVENTS_USUAL


class Stepped(Struct, frozen=True):
    """Where a shop is after a step; `is_done` where it is as far as it was to come, or somebody else is at it."""

    position: int
    events: int
    is_done: bool


def follow(witnesses: Witnesses, tx: Transaction, steps: Sequence[FollowStep]) -> list[Stepped]:
    """Take one step for each of these shops."""
    return [_step(witnesses, tx, step) for step in steps]


def rebuild(tx: Transaction, shops: Sequence[str]) -> list[None]:
    """Take away all that was made of these shops' events: the next steps begin with the first of them."""
    for shop in shops:
        rows.start_follower(tx, shop)
        rows.forget(tx, shop)
    return [None for _ in shops]


def recount(tx: Transaction, shop: str, counted: Counting) -> None:
    """Keep what a shop has decided about how it counts, and let its sales be made anew by it."""
    store_counting(tx, shop, counted)
    rebuild(tx, [shop])


def _step(witnesses: Witnesses, tx: Transaction, step: FollowStep) -> Stepped:
    shop = step.shop
    rows.start_follower(tx, shop)
    follower = rows.take_follower(tx, shop)
    if follower is None:
        return Stepped(0, 0, is_done=True)
    rules, after = ruling(tx, shop, witnesses), follower.position
    if follower.policy not in ("", rules.mark):
        rows.forget(tx, shop)
        after = 0
    if after >= step.until:
        return Stepped(after, 0, is_done=True)
    until = min(step.until, after + POSITIONS_MAX)
    found = ledger_rows.events_of_kinds(tx, shop, (after, until), witnesses.followed, step.events)
    reached = found[-1].position if len(found) == step.events else until
    if found:
        book = _enter(tx, shop, SaleGround(tx, shop, rules.policy), witnesses, found, reached)
        if book is not None:
            tell_sales(tx, shop, book, SalesTold(follower.told, found[-1].received_at))
    rows.move_follower(tx, shop, reached, rules.mark)
    return Stepped(reached, len(found), is_done=reached >= step.until)


def _enter(  # noqa: PLR0913  what is entered, by whose rules, and how far
    tx: Transaction,
    shop: str,
    ground: SaleGround,
    witnesses: Witnesses,
    found: Sequence[LedgerRow],
    reached: int,
) -> Book | None:
    """Let sales and carts follow these events; what has become of the sales, None where nothing was said of them."""
    home, clock = Home(shop_rows.currency_of(tx, shop)), clock_of(tx, shop)
    carts.CartsFollowed(tx, shop, clock).enter(witnesses, carts.told(witnesses, found, home), home)
    searches.enter(tx, shop, witnesses, found, home, clock)
    facts = [fact for row in found if (fact := witnesses.fact(row, home)) is not None]
    if not facts:
        return None
    book = ground.load(facts)
    ground.meet(witnesses, home, facts, until=reached)
    for fact in facts:
        book.enter(fact)
    _write(tx, shop, book, clock)
    rows.note_visits(tx, shop, _visitors(facts, clock))
    return book


def _visitors(facts: Sequence[Fact], clock: tzinfo) -> dict[int, set[str]]:
    """Who was there on which day."""
    found: dict[int, set[str]] = {}
    for fact in facts:
        if isinstance(fact.what, TouchTold | Reported) and fact.what.nodes:
            found.setdefault(day_of(fact.at, clock), set()).add(fact.what.nodes[-1])
    return found


def _write(tx: Transaction, shop: str, book: Book, clock: tzinfo) -> None:
    changed = book.changes()
    rows.store_reports(
        tx,
        shop,
        [
            ReportRow(one.position, book.sale_at(one.position) or "", one.key, one.call, _text(one))
            for one in changed.reports
        ],
        [
            rows.NodeRow(node, one.at, one.position)
            for one in changed.new_reports
            for node in dict.fromkeys(one.said.nodes)
        ],
    )
    rows.store_links(tx, shop, {id: (_text(link), link.nodes) for id, link in changed.links.items()})
    rows.store_decisions(tx, shop, {id: (_text(one), one.reports) for id, one in changed.decisions.items()})
    rows.insert_refunds(
        tx,
        shop,
        [RefundRow(place, one.key, one.report or 0, _text(one)) for place, one in changed.refunds.items()],
    )
    _write_sales(tx, shop, book, clock)


def _write_sales(tx: Transaction, shop: str, book: Book, clock: tzinfo) -> None:
    """The sales as they are now, as they were meanwhile, and what has changed in the sums."""
    past: list[PastSale] = []
    sums = _Sums(clock)
    latest: dict[str, SaleVersion] = {}
    for version in book.versions:
        before = latest.get(version.id) or book.loaded.get(version.id)
        if before is not None and before.sale is not None:
            if not _adds_the_same(before, version):
                sums.add(before, sign=-1)
                sums.add(version, sign=1)
            if before.since < version.since:
                texts = _text(before.sale), _text(before.entries)
                past.append(PastSale(version.id, before.since, version.since, *texts))
        else:
            sums.add(version, sign=1)
        latest[version.id] = version
    rows.insert_past(tx, shop, past)
    now = [_sale_row(version.sale, version) for version in latest.values() if version.sale is not None]
    gone = [id for id, version in latest.items() if version.sale is None]
    rows.store_sales(tx, shop, now, gone)
    rows.add_to_sums(tx, shop, sums.changes())
    counted_before, counted = _counted_reports(map(book.loaded.get, latest)), _counted_reports(latest.values())
    carts.count_orders(tx, shop, counted - counted_before, counted_before - counted)


def _counted_reports(versions: Iterable[SaleVersion | None]) -> set[int]:
    """The reports of those of these sales that count."""
    counted = (one.sale for one in versions if one is not None and one.sale is not None and one.sale.counts)
    return {position for sale in counted for position in sale.reports}


def _adds_the_same(before: SaleVersion, version: SaleVersion) -> bool:
    """Whether two versions of a sale add the same to the same days, as where another party has confirmed it."""
    one, other = before.sale, version.sale
    if one is None or other is None:
        return False
    on_the_same = (one.currency, one.placed_at) == (other.currency, other.placed_at)
    return on_the_same and before.entries == version.entries


def _sale_row(sale: Sale, version: SaleVersion) -> SaleRow:
    return SaleRow(
        id=sale.id,
        since=version.since,
        placed_at=sale.placed_at,
        number=sale.number,
        order_key=sale.key,
        currency=sale.currency,
        total_minor=sale.total_minor,
        refunded_minor=sale.refunded_minor,
        reports=len(sale.reports),
        conflicts=len(sale.conflicts),
        candidates=len(sale.candidates),
        state=sale.state,
        sources="\n".join(["", *sources_of(version.entries), ""]),
        document=_text(sale),
        entries=_text(version.entries),
    )


def sources_of(entries: Sequence[SaleEntry]) -> list[str]:
    """Who has a part in a sale, under whatever model."""
    return sorted({one.source for one in entries if one.source not in (ALL, UNATTRIBUTED)}) or [UNATTRIBUTED]


class _Sums:
    """What is to be added to the sums, on a shop's clock."""

    def __init__(self, clock: tzinfo) -> None:
        self._clock = clock
        self._held: dict[tuple[str, str, str, int, str], list[int]] = {}

    def add(self, version: SaleVersion, *, sign: int) -> None:
        """Add what a sale adds, or take it away."""
        if version.sale is None:
            return
        currency, placed = version.sale.currency, day_of(version.sale.placed_at, self._clock)
        for one in version.entries:
            held = self._of(ORDER, currency, one.model, placed, one.source)
            held[0] += sign * one.orders
            held[1] += sign * one.credited_minor
            held[2] += sign * one.direct_minor
            held[3] += sign * one.assisted_minor
            held[4] += sign * one.refunded_minor
            if one.refund_at is not None:
                day = day_of(one.refund_at, self._clock)
                self._of(REFUND, currency, one.model, day, one.source)[4] += sign * one.refunded_minor

    def changes(self) -> list[Sum]:
        """All that has changed, in sorted order."""
        return [Sum(*key, *figures) for key, figures in sorted(self._held.items()) if any(figures)]

    def _of(self, *key: *tuple[str, str, str, int, str]) -> list[int]:
        """The figures of a row: orders, credited, direct, assisted, refunded."""
        held = self._held.get(key)
        if held is None:
            held = self._held[key] = [0, 0, 0, 0, 0]
        return held


def _text(value: object) -> str:
    return _ENCODER.encode(value).decode()
