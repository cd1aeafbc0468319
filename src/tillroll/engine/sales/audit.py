"""Proves that the figures of sales are those of the sales, and the sales those of the ledger.

    sales ─► each model shares out its sale ─► added up by day and source ─► the sums that are kept
    the ledger's first events ─► a book of nothing but them ─► sales as they were at that event

How much of the ledger is told again is bounded; all of it needs memory for all reports of a shop.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import TypeVar

import msgspec
from msgspec import Struct

from tillroll.domain.sales.book import Book, Met, Policy, SaleVersion
from tillroll.domain.sales.credits import ALL, SaleEntry
from tillroll.domain.sales.facts import Fact, RatingTold, TouchTold
from tillroll.domain.sales.sale import COUNTED, Sale
from tillroll.engine.documents.snapshot import clock_of
from tillroll.engine.sales.follow import ORDER, REFUND
from tillroll.engine.sales.ground import touch_of
from tillroll.engine.sales.periods import day_of
from tillroll.engine.sales.policies import counting, digest, policy_of, rule_sets
from tillroll.engine.sales.reading import Home, Witnesses
from tillroll.store import Transaction
from tillroll.store.audit import rows
from tillroll.store.audit.rows import AuditedSale, ReplacedSale
from tillroll.store.ledger import rows as ledger_rows
from tillroll.store.sales import rows as sales_rows
from tillroll.store.sales.rows import KeptSale
from tillroll.store.shops import rows as shop_rows

# So many events of each shop are told again, unless all are to be.
EVENTS_MAX = 2_000
_CHUNK = 500

_SALE = msgspec.json.Decoder(Sale)
_ENTRIES = msgspec.json.Decoder(tuple[SaleEntry, ...])
_Key = tuple[str, str, str, int, str]
_Version = tuple[int, Sale | None, tuple[SaleEntry, ...]]
K = TypeVar("K", str, tuple[str, int])


class Retelling(Struct, frozen=True):
    """Who reads the ledger for the audit, and how much of it: so many events of each shop, or None for all."""

    witnesses: Witnesses
    events_max: int | None = EVENTS_MAX


def problems_of_revenue(tx: Transaction) -> Iterator[str]:
    """Where a model does not share out its sale, or a sum is not that of the sales."""
    for shop in sales_rows.followers(tx):
        models = {ALL, *(one.name for one in rule_sets(counting(tx, shop.id)))}
        clock = clock_of(tx, shop.id)
        expected: dict[_Key, list[int]] = {}
        for row in rows.sales(tx, shop.id):
            found = _ENTRIES.decode(row.entries)
            yield from (f"{shop.id}: the sale {row.id} {wrong}" for wrong in _wrong(row, found, models))
            _add(expected, row, found, clock)
        kept = {
            (one.calendar, one.currency, one.model, one.day, one.source): [
                *(one.orders, one.credited_minor, one.direct_minor, one.assisted_minor, one.refunded_minor)
            ]
            for one in sales_rows.sums(tx, shop.id)
        }
        for key in sorted(expected.keys() | kept.keys()):
            ours, theirs = expected.get(key, [0] * 5), kept.get(key, [0] * 5)
            if ours != theirs:
                yield f"{shop.id}: the sums of {key} are {theirs}, but the sales add up to {ours}"


def problems_of_retelling(tx: Transaction, retelling: Retelling) -> Iterator[str]:
    """Where sales are not what the ledger's events make of them."""
    for shop in sales_rows.followers(tx):
        policy = policy_of(counting(tx, shop.id), retelling.witnesses)
        if shop.policy != digest(policy):
            continue  # they are about to be made anew
        facts = _facts(tx, shop.id, retelling, shop.position)
        if not facts:
            continue
        until = facts[-1].position
        book = _retold(facts, policy)
        now = {row.id: (row.since, *_read(row)) for row in sales_rows.past(tx, shop.id, until)}
        past = {(row.id, row.since): (row.until, *_read(row)) for row in rows.past_sales(tx, shop.id, until)}
        expected = {id: (one.since, one.sale, one.entries) for id, one in book.sales.items()}
        yield from (f"{shop.id}: the sale {id} at event {until} {_OTHER}" for id in _unlike(now, expected))
        yield from (
            f"{shop.id}: the sale {id} as it was since event {since} {_OTHER}"
            for id, since in _unlike(past, _past(book.versions))
        )


_OTHER = "is not what the events make of it"


def _read(row: KeptSale | ReplacedSale) -> tuple[Sale, tuple[SaleEntry, ...]]:
    return _SALE.decode(row.document), _ENTRIES.decode(row.entries)


def _past(versions: Sequence[SaleVersion]) -> dict[tuple[str, int], _Version]:
    """What sales were before the next version of them."""
    found: dict[tuple[str, int], _Version] = {}
    latest: dict[str, SaleVersion] = {}
    for version in versions:
        before = latest.get(version.id)
        if before is not None and before.sale is not None and before.since < version.since:
            found[version.id, before.since] = (version.since, before.sale, before.entries)
        latest[version.id] = version
    return found


def _unlike(one: Mapping[K, object], other: Mapping[K, object]) -> list[K]:
    """The keys under which there is not the same in both."""
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def _wrong(row: AuditedSale, entries: Sequence[SaleEntry], models: set[str]) -> Iterator[str]:
    """What is wrong with the credits of one sale."""
    sale = _SALE.decode(row.document)
    said = (sale.placed_at, sale.currency, sale.total_minor, sale.refunded_minor, len(sale.reports), sale.state)
    if said != (row.placed_at, row.currency, row.total_minor, row.refunded_minor, row.reports, row.state):
        yield "does not say what its document says"
    if row.state != COUNTED:
        if entries:
            yield f"is {row.state}, but adds to the sums"
        return
    for model in sorted(models | {one.model for one in entries}):
        ours = [one for one in entries if one.model == model]
        credited, back = sum(one.credited_minor for one in ours), sum(one.refunded_minor for one in ours)
        if not ours or (credited, back) != (row.total_minor, row.refunded_minor):
            yield (
                f"of {row.total_minor}, of which {row.refunded_minor} were given back, is shared out by "
                f"{model or 'nobody'} as {credited} and {back}"
            )


def _add(sums: dict[_Key, list[int]], row: AuditedSale, entries: Sequence[SaleEntry], clock: tzinfo) -> None:
    placed = day_of(row.placed_at, clock)
    for one in entries:
        figures = [one.orders, one.credited_minor, one.direct_minor, one.assisted_minor, one.refunded_minor]
        places = [((ORDER, row.currency, one.model, placed, one.source), figures)]
        if one.refund_at is not None:
            day = day_of(one.refund_at, clock)
            places.append(((REFUND, row.currency, one.model, day, one.source), [0, 0, 0, 0, one.refunded_minor]))
        for key, added in places:
            sums[key] = [before + more for before, more in zip(sums.get(key, [0] * 5), added, strict=True)]


def _facts(tx: Transaction, shop: str, retelling: Retelling, until: int) -> list[Fact]:
    """What the first events of a shop tell, or all of them up to a position."""
    home = Home(shop_rows.currency_of(tx, shop))
    witnesses = retelling.witnesses
    found: list[Fact] = []
    after = 0
    while chunk := ledger_rows.events_of_kinds(tx, shop, (after, until), witnesses.kinds, _CHUNK):
        found += [fact for row in chunk if (fact := witnesses.fact(row, home)) is not None]
        if retelling.events_max is not None and len(found) >= retelling.events_max:
            return found[: retelling.events_max]
        after = chunk[-1].position
    return found


def _retold(facts: Sequence[Fact], policy: Policy) -> Book:
    """A book of nothing but these events."""
    book = Book(policy)
    met: dict[str, list[Met]] = {}
    ratings: dict[str, list[tuple[int, RatingTold]]] = {}
    for fact in facts:
        what = fact.what
        if isinstance(what, TouchTold):
            for node in dict.fromkeys(what.nodes):
                met.setdefault(node, []).append(Met(touch_of(fact.position, fact.at, what), what.subject))
        elif isinstance(what, RatingTold):
            for node in dict.fromkeys(what.nodes):
                ratings.setdefault(node, []).append((fact.position, what))
    book.remember_met(met, ratings)
    for fact in facts:
        book.enter(fact)
    return book
