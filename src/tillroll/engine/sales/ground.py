"""Loading a book: what the next events are near to, and nothing else of the shop.

    nodes, order numbers, requests of the events ─► reports, links, decisions ─► their sales ─► what their visitors met

Each round asks for what the one before has brought up, a few queries for all of it; a few rounds suffice, and there
are never more.
"""

from collections.abc import Iterable, Sequence

import msgspec

from tillroll.domain.attribution.touches import Touch
from tillroll.domain.sales.book import (
    STEPS,
    Book,
    KeptDecision,
    KeptLink,
    KeptRefund,
    Met,
    Policy,
    SaleVersion,
    order_link,
)
from tillroll.domain.sales.credits import SaleEntry
from tillroll.domain.sales.facts import (
    Cancelled,
    Corrected,
    Fact,
    Linked,
    Merged,
    Parted,
    RatingTold,
    Refunded,
    ReportCredited,
    Reported,
    TouchTold,
    Undone,
    Unlinked,
    Withdrawn,
)
from tillroll.domain.sales.identities import Identities, Link
from tillroll.domain.sales.matching import Told, position_of
from tillroll.domain.sales.sale import Sale
from tillroll.engine.sales.policies import longest_window
from tillroll.engine.sales.reading import Home, Witnesses, visitor_of
from tillroll.store import Transaction
from tillroll.store.ledger import rows as ledger_rows
from tillroll.store.sales import rows

ROUNDS_MAX = 6
# A visitor has fewer reports, links and touches than these within any window; what is beyond is nobody's path.
REPORTS_MAX = 5_000
LINKS_MAX = 5_000
TOUCHES_MAX = 20_000
EVER = -(2**62)

_TOLD = msgspec.json.Decoder(Told)
_LINK = msgspec.json.Decoder(KeptLink)
_DECISION = msgspec.json.Decoder(KeptDecision)
_REFUND = msgspec.json.Decoder(KeptRefund)
_SALE = msgspec.json.Decoder(Sale)
_ENTRIES = msgspec.json.Decoder(tuple[SaleEntry, ...])


class SaleGround:
    """A book on its way, and what it has been asked for already."""

    def __init__(self, tx: Transaction, shop: str, policy: Policy) -> None:
        self._tx, self._shop = tx, shop
        self.book = Book(policy)
        self._nodes: set[str] = set()
        self._keys: set[str] = set()
        self._since = EVER

    def load(self, facts: Sequence[Fact], reports: Iterable[int] = ()) -> Book:
        """Everything that these events are near to, and these reports."""
        nodes, positions, decided = self._named(facts)
        positions.update(reports)
        if self._keys:
            self._remember(rows.reports_of_keys(self._tx, self._shop, self._keys))
        self._since = self._beginning(facts)
        calls = {fact.what.call for fact in facts if isinstance(fact.what, ReportCredited)}
        links = {fact.what.link for fact in facts if isinstance(fact.what, Linked | Unlinked)}
        self._keep_links(links)
        nodes |= {node for link in self.book.links.values() for node in link.nodes}
        if calls:
            self._remember(rows.reports_of_calls(self._tx, self._shop, calls))
        self._decide(decided)
        self._widen(nodes, positions)
        return self.book

    def meet(self, witnesses: Witnesses, home: Home, facts: Sequence[Fact] = (), *, until: int) -> None:
        """What the visitors of all purchases that are loaded, or come with these events, have met up to a position."""
        book = self.book
        coming = [(fact.what.nodes, fact.at) for fact in facts if isinstance(fact.what, Reported)]
        known = coming + [(told.said.nodes, told.at) for told in book.told.values()]
        if not known:
            return
        nodes = self._visitors([one for one, _ in known], [one.what for one in facts if isinstance(one.what, Linked)])
        met: dict[str, list[Met]] = {}
        ratings: dict[str, list[tuple[int, RatingTold]]] = {}
        found = ledger_rows.events_of_visitors(
            self._tx,
            self._shop,
            {visitor_of(node)[1] for node in nodes},
            witnesses.touches,
            since=min(at for _, at in known) - longest_window(book.policy),
            until=until,
            limit=TOUCHES_MAX,
        )
        for row in sorted(found, key=lambda one: one.position):
            what = witnesses.touched(row, home)
            if isinstance(what, TouchTold):
                for node in nodes.intersection(what.nodes):
                    met.setdefault(node, []).append(Met(touch_of(row.position, row.happened_at, what), what.subject))
            elif isinstance(what, RatingTold):
                for node in nodes.intersection(what.nodes):
                    ratings.setdefault(node, []).append((row.position, what))
        book.remember_met(met, ratings)

    def _visitors(self, known: Sequence[Sequence[str]], coming: Sequence[Linked]) -> set[str]:
        """The nodes of these visitors, once the links that come are there."""
        rules = self.book.policy.rules
        links = [Link(id, kept.nodes) for id, kept in self.book.links.items()]
        links += [Link(one.link, one.nodes) for one in coming]
        identities = Identities(
            links, self.book.policy.persons, shared_persons=rules.shared_persons, nodes_max=rules.nodes_max
        )
        return {node for nodes in known for node in identities.visitor_of(nodes).nodes}

    def _named(self, facts: Sequence[Fact]) -> tuple[set[str], set[int], set[str]]:
        """The nodes, reports and decisions that events name; their order numbers are noted."""
        nodes: set[str] = set()
        positions: set[int | None] = set()
        decided: set[str] = set()
        key_of = self.book.policy.rules.key_of
        for fact in facts:
            what = fact.what
            if isinstance(what, Reported | TouchTold | RatingTold | Linked):
                nodes.update(what.nodes)
            if isinstance(what, Reported | Corrected | Withdrawn | Cancelled | Refunded):
                self._keys.add(key_of(what.number))
            if isinstance(what, Refunded):
                positions.add(position_of(what.sale))
            if isinstance(what, Merged):
                positions.update(map(position_of, what.sales))
            if isinstance(what, Parted):
                positions.update(what.reports)
            if isinstance(what, Merged | Parted | Undone):
                decided.add(what.decision)
        self._keys.discard("")
        return nodes, {place for place in positions if place is not None}, decided

    def _widen(self, nodes: set[str], positions: set[int]) -> None:
        """Go on asking until nothing new comes up."""
        keys = set(self._keys)
        for _ in range(ROUNDS_MAX):
            before = (len(self.book.told), len(self.book.links), len(self.book.decisions))
            nodes = self._join(nodes)
            if keys:
                self._remember(rows.reports_of_keys(self._tx, self._shop, keys))
            if nodes:
                near = rows.positions_of_nodes(self._tx, self._shop, nodes, since=self._since, limit=REPORTS_MAX)
                positions |= set(near)
            self._remember(rows.reports(self._tx, self._shop, positions.difference(self.book.told)))
            self._whole_sales()
            told = self.book.told
            self._decide(rows.decisions_of_reports(self._tx, self._shop, told))
            named = {place for one in self.book.decisions.values() for place in one.reports}
            positions = named.difference(told)
            nodes = {node for one in told.values() for node in one.said.nodes} - self._nodes
            keys = {one.key for one in told.values() if one.key} - self._keys
            self._keys |= keys
            nodes |= self._reach_back()
            after = (len(told), len(self.book.links), len(self.book.decisions))
            if before == after and not (nodes or keys or positions):
                break
        self._refunds()

    def _beginning(self, facts: Sequence[Fact]) -> int:
        """Since when purchases may have to do with these events; a link joins whatever its nodes ever bought."""
        if not facts or any(isinstance(fact.what, Linked | Unlinked) for fact in facts) or self._will_join(facts):
            return EVER
        return min(fact.at for fact in facts) - self._near

    def _will_join(self, facts: Sequence[Fact]) -> bool:
        """Whether reports are coming that make visitors one who were not before."""
        key_of = self.book.policy.rules.key_of
        told = [(one.key, one.said.nodes) for one in self.book.told.values()]
        coming = [(key_of(fact.what.number), fact.what.nodes) for fact in facts if isinstance(fact.what, Reported)]
        nodes: dict[str, set[str]] = {}
        for key, names in told + coming:
            nodes.setdefault(key, set()).update(names)
        several = {key: names for key, names in nodes.items() if key and len(names) > 1}
        self._keep_links(order_link(key) for key in several)
        known = {key: self.book.links.get(order_link(key)) for key in several}
        is_new = any(kept is None or set(kept.nodes) != several[key] for key, kept in known.items())
        return is_new or any(len(names) > 1 for _, names in coming)

    @property
    def _near(self) -> int:
        """How far from each other those are who decide whether two reports are each other's only match."""
        return STEPS * self.book.policy.rules.match_within

    def _reach_back(self) -> set[str]:
        """The nodes to ask for once more where an older report has come up, whose neighbours are older, too."""
        oldest = min((told.at for told in self.book.told.values()), default=self._since) - self._near
        if oldest >= self._since:
            return set()
        self._since = oldest
        again, self._nodes = self._nodes, set()
        return again

    def _join(self, nodes: set[str]) -> set[str]:
        """These nodes, and all that links join to them."""
        found: set[str] = set()
        edge = nodes - self._nodes
        for _ in range(ROUNDS_MAX):
            if not edge:
                break
            found |= edge
            self._nodes |= edge
            ids = set(rows.links_of_nodes(self._tx, self._shop, edge, LINKS_MAX)).difference(self.book.links)
            self._keep_links(ids)
            edge = {node for id in ids if id in self.book.links for node in self.book.links[id].nodes} - self._nodes
        return found

    def _keep_links(self, ids: Iterable[str]) -> None:
        wanted = set(ids)
        if wanted:
            kept = {row.id: _LINK.decode(row.document) for row in rows.links(self._tx, self._shop, wanted)}
            self.book.remember_links(kept)

    def _whole_sales(self) -> None:
        """Every sale of the reports that are here, with all of its reports."""
        missing = [place for place in self.book.told if self.book.sale_at(place) is None]
        if not missing:
            return
        ids = rows.sales_of_reports(self._tx, self._shop, missing)
        self._remember(rows.reports_of_sales(self._tx, self._shop, ids))
        self.book.remember_sales(
            SaleVersion(row.id, row.since, _SALE.decode(row.document), _ENTRIES.decode(row.entries))
            for row in rows.sales(self._tx, self._shop, ids)
        )

    def _remember(self, documents: Iterable[str]) -> None:
        self.book.remember(_TOLD.decode(document) for document in documents)

    def _decide(self, ids: Iterable[str]) -> None:
        wanted = set(ids).difference(self.book.decisions)
        if wanted:
            for row in rows.decisions(self._tx, self._shop, wanted):
                self.book.decisions[row.id] = _DECISION.decode(row.document)

    def _refunds(self) -> None:
        found = rows.refunds(self._tx, self._shop, self._keys, self.book.told)
        self.book.refunds.update({place: _REFUND.decode(document) for place, document in found.items()})


def touch_of(position: int, at: int, what: TouchTold) -> Touch:
    """What an event at this position tells, as a touch."""
    return Touch(
        position=position,
        at=at,
        source=what.source,
        product=what.product,
        is_direct=what.is_direct,
        session=what.session,
        is_helpful=what.is_helpful,
    )
