"""The book of sales: facts go in, in the order of the ledger, and sales come out, each in as many versions as it had.

    load what these facts are near to ─► Book ─► enter(fact), enter(fact), … ─► versions of sales, and what has changed

The book knows only what it was given: whoever loads it sees to it that the neighbours of each fact are there.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.attribution.presets import RuleSet
from tillroll.domain.attribution.touches import Touch
from tillroll.domain.sales.credits import SaleEntry, entries_by, session_of
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
    SaleRules,
    TouchTold,
    Undone,
    Unlinked,
    Withdrawn,
)
from tillroll.domain.sales.identities import Identities, Link
from tillroll.domain.sales.matching import ReportGroup, Told, grouped, position_of
from tillroll.domain.sales.sale import GivenBack, Sale, settled

# How many steps from report to report decide whether two of them are each other's only match.
STEPS = 3
# What so many sales have added is remembered, for whoever confirms one of them.
CREDITED_MAX = 5_000


def order_link(key: str) -> str:
    """The id of the link that an order number makes."""
    return f"order:{key}"


class KeptLink(Struct, frozen=True):
    """A link, and whether it still holds."""

    nodes: tuple[str, ...]
    made_at: int
    is_undone: bool = False


class KeptDecision(Struct, frozen=True):
    """What a person has decided, and whether it still holds."""

    position: int
    what: Merged | Parted
    is_undone: bool = False

    @property
    def reports(self) -> tuple[int, ...]:
        """The reports that it names."""
        if isinstance(self.what, Parted):
            return self.what.reports
        return tuple(place for sale in self.what.sales if (place := position_of(sale)) is not None)


class KeptRefund(Struct, frozen=True):
    """A refund, and which sale it is of: that of an order number, or of a report."""

    given: GivenBack
    key: str = ""
    report: int | None = None


class SaleVersion(Struct, frozen=True):
    """A sale as it is from an event on, with what it adds to the figures; None where there is none of this id now."""

    id: str
    since: int
    sale: Sale | None
    entries: tuple[SaleEntry, ...] = ()


class Met(Struct, frozen=True):
    """A touch of a node, with what later words name it by."""

    touch: Touch
    subject: str = ""


class Changes(Struct, frozen=True):
    """What a book has to have kept: reports that came or changed, and the rest of what was entered, by id."""

    reports: Sequence[Told]
    new_reports: Sequence[Told]
    links: Mapping[str, KeptLink]
    decisions: Mapping[str, KeptDecision]
    refunds: Mapping[int, KeptRefund]


class Policy(Struct, frozen=True):
    """How a shop counts: its rules about sales, and the rule sets that its figures are kept for."""

    rules: SaleRules
    rule_sets: tuple[RuleSet, ...]
    persons: tuple[str, ...] = ()


class Book:
    """Reports, links, decisions and refunds of a shop, as far as they were loaded, and the sales that they are."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.told: dict[int, Told] = {}
        self.links: dict[str, KeptLink] = {}
        self.decisions: dict[str, KeptDecision] = {}
        self.refunds: dict[int, KeptRefund] = {}
        self.sales: dict[str, SaleVersion] = {}
        self.met: dict[str, list[Met]] = {}
        self.ratings: dict[str, list[tuple[int, RatingTold]]] = {}
        self.versions: list[SaleVersion] = []
        self.loaded: dict[str, SaleVersion] = {}
        self._changed_told: set[int] = set()
        self._new_told: set[int] = set()
        self._changed_links: set[str] = set()
        self._changed_decisions: set[str] = set()
        self._changed_refunds: set[int] = set()
        self._sale_of: dict[int, str] = {}
        self._by_key: dict[str, set[int]] = {}
        self._by_node: dict[str, set[int]] = {}
        self._by_call: dict[str, int] = {}
        self._identities: Identities | None = None
        self._credited: dict[tuple[object, ...], tuple[SaleEntry, ...]] = {}

    # --- what is there already

    def remember(self, told: Iterable[Told]) -> None:
        """Take reports that are kept already."""
        for one in told:
            if one.position not in self.told:
                self._put(one)

    def remember_links(self, links: Mapping[str, KeptLink]) -> None:
        """Take links that are kept already."""
        self.links |= links
        self._identities = None

    def remember_sales(self, versions: Iterable[SaleVersion]) -> None:
        """Take sales as they are now."""
        for version in versions:
            assert version.sale is not None
            self.sales[version.id] = self.loaded[version.id] = version
            self._sale_of.update(dict.fromkeys(version.sale.reports, version.id))

    def remember_met(
        self, met: Mapping[str, Sequence[Met]], ratings: Mapping[str, Sequence[tuple[int, RatingTold]]]
    ) -> None:
        """Take what visitors have met, by node."""
        for node, ones in met.items():
            self.met[node] = list(ones)
        for node, rated in ratings.items():
            self.ratings[node] = list(rated)

    def sale_at(self, position: int) -> str | None:
        """The sale that a report belongs to."""
        return self._sale_of.get(position)

    @property
    def identities(self) -> Identities:
        """Who is who, by all links that hold."""
        if self._identities is None:
            rules = self.policy.rules
            held = [Link(id, one.nodes) for id, one in self.links.items() if not one.is_undone]
            self._identities = Identities(
                held, self.policy.persons, shared_persons=rules.shared_persons, nodes_max=rules.nodes_max
            )
        return self._identities

    def changes(self) -> "Changes":
        """What is to be kept of what was entered."""
        return Changes(
            reports=[self.told[place] for place in sorted(self._changed_told)],
            new_reports=[self.told[place] for place in sorted(self._new_told)],
            links={id: self.links[id] for id in sorted(self._changed_links)},
            decisions={id: self.decisions[id] for id in sorted(self._changed_decisions)},
            refunds={place: self.refunds[place] for place in sorted(self._changed_refunds)},
        )

    # --- what comes

    def enter(self, fact: Fact) -> None:
        """Take the next event of the ledger."""
        what = fact.what
        if isinstance(what, TouchTold | RatingTold):
            self._enter_touch(fact, what.nodes)
            return
        seeds = self._seeds(fact)
        if seeds:
            self._settle(seeds, fact.position)

    def _seeds(self, fact: Fact) -> set[int]:
        """Write down what the fact says; the reports that it is about."""
        what = fact.what
        if isinstance(what, Reported):
            return self._enter_report(fact, what)
        if isinstance(what, Corrected | Withdrawn):
            return self._enter_correction(fact, what)
        if isinstance(what, ReportCredited):
            return self._enter_credit(what)
        if isinstance(what, Refunded | Cancelled):
            return self._enter_refund(fact, what)
        if isinstance(what, Linked | Unlinked):
            return self._enter_link(fact, what)
        assert isinstance(what, Merged | Parted | Undone)
        return self._enter_decision(fact, what)

    def _enter_report(self, fact: Fact, said: Reported) -> set[int]:
        told = Told(
            position=fact.position,
            dialect=fact.dialect,
            call=fact.call,
            key=self.policy.rules.key_of(said.number),
            at=fact.at,
            received_at=fact.received_at,
            said=said,
        )
        self._change(told)
        self._new_told.add(fact.position)
        joined = self._link(f"report:{fact.position}", said.nodes, fact.at) if len(said.nodes) > 1 else set()
        return joined | {fact.position}

    def _enter_correction(self, fact: Fact, what: Corrected | Withdrawn) -> set[int]:
        """The party that wrote an order down has changed it or taken it back."""
        key = self.policy.rules.key_of(what.number)
        own = {place for place in self._by_key.get(key, ()) if self.told[place].dialect == fact.dialect}
        for place in own:
            told = self.told[place]
            if isinstance(what, Withdrawn):
                self._change(replace(told, is_withdrawn=True))
                continue
            said = replace(
                told.said,
                currency=what.currency or told.said.currency,
                total_minor=what.total_minor if what.total_minor is not None else told.said.total_minor,
                lines=what.lines or told.said.lines,
            )
            self._change(replace(told, said=said))
        return own

    def _enter_credit(self, what: ReportCredited) -> set[int]:
        place = self._by_call.get(what.call)
        if place is None:
            return set()
        self._change(replace(self.told[place], is_credited=True))
        return {place}

    def _enter_refund(self, fact: Fact, what: Refunded | Cancelled) -> set[int]:
        said = what if isinstance(what, Refunded) else Refunded(number=what.number, reason="cancelled")
        given = GivenBack(position=fact.position, at=fact.at, said=said, is_all=isinstance(what, Cancelled))
        report = position_of(said.sale) if said.sale else None
        kept = KeptRefund(given, self.policy.rules.key_of(said.number), report)
        self.refunds[fact.position] = kept
        self._changed_refunds.add(fact.position)
        about = set(self._by_key.get(kept.key, ())) if kept.key else set()
        return about | ({report} if report is not None and report in self.told else set())

    def _enter_link(self, fact: Fact, what: Linked | Unlinked) -> set[int]:
        if isinstance(what, Linked):
            before = self._reports_of(what.nodes)
            self._link(what.link, what.nodes, fact.at)
            return before | self._reports_of(what.nodes)
        known = self.links.get(what.link)
        if known is None or known.is_undone:
            return set()
        before = self._reports_of(known.nodes)
        self.links[what.link] = replace(known, is_undone=True)
        self._changed_links.add(what.link)
        self._identities = None
        return before

    def _enter_decision(self, fact: Fact, what: Merged | Parted | Undone) -> set[int]:
        known = self.decisions.get(what.decision)
        if isinstance(what, Undone):
            if known is None or known.is_undone:
                return set()
            kept = replace(known, is_undone=True)
        else:
            kept = KeptDecision(fact.position, what)
        self.decisions[what.decision] = kept
        self._changed_decisions.add(what.decision)
        named = set(kept.reports) & self.told.keys()
        return named | {place for one in named for place in self._members(self._sale_of.get(one))}

    def _enter_touch(self, fact: Fact, nodes: Sequence[str]) -> None:
        """What a visitor met before a purchase that is known already is credited now."""
        visitor = self.identities.visitor_of(nodes)
        for place in sorted(self._reports_of(visitor.nodes)):
            id = self._sale_of.get(place)
            version = self.sales.get(id) if id is not None else None
            if version is not None and version.sale is not None and version.sale.placed_at >= fact.at:
                self._version(version.sale, fact.position)

    # --- what follows

    def _settle(self, seeds: set[int], since: int) -> None:
        """Group these reports and all near them anew, and make versions of the sales that have changed."""
        near, first = self._near(seeds)
        decisions = sorted(
            (one for one in self.decisions.values() if not one.is_undone and near.intersection(one.reports)),
            key=lambda one: one.position,
        )
        told = {place: self.told[place] for place in near}
        groups = grouped(told, self.identities, [one.what for one in decisions], self.policy.rules)
        ours = [group for group in groups if first.intersection(group.members)]
        before = {id for group in ours for place in group.members if (id := self._sale_of.get(place)) is not None}
        changed = [group for group in ours if not self._is_as_it_was(group, seeds)]
        now = [settled(group, self.told, self._refunds_of(group.members), self.policy.rules) for group in changed]
        for sale in now:
            moved = [place for place in sale.reports if self._sale_of.get(place) != sale.id]
            self._changed_told.update(moved)
            self._sale_of.update(dict.fromkeys(moved, sale.id))
        for id in sorted(before - {group.id for group in ours}):
            if not self._members(id):
                del self.sales[id]
                self.versions.append(SaleVersion(id, since, None))
        joined = {place for sale in now for place in self._join_identities(sale)}
        for sale in now:
            self._version(sale, since)
        # Whoever is one visitor from now on has bought other things, too, which may be somebody's.
        others = joined - first
        if others:
            self._settle(others, since)

    def _is_as_it_was(self, group: ReportGroup, seeds: set[int]) -> bool:
        """Whether nothing is said of any of these reports, and they are the same sale with the same evidence."""
        version = self.sales.get(group.id)
        if version is None or version.sale is None or not seeds.isdisjoint(group.members):
            return False
        sale = version.sale
        return (
            sale.reports == group.members
            and sale.candidates == group.candidates
            and sale.decisions == group.decisions
            and all(self._sale_of.get(place) == group.id for place in group.members)
        )

    def _join_identities(self, sale: Sale) -> set[int]:
        """Who has told of one order number is one visitor; whoever was matched without it is not thereby.

        The reports of everybody whose names are other ones now.
        """
        named = [self.told[place] for place in sale.reports if self.told[place].key == sale.key]
        nodes = tuple(dict.fromkeys(node for told in named for node in told.said.nodes))
        return self._link(order_link(sale.key), nodes, sale.placed_at) if sale.key and len(nodes) > 1 else set()

    def _version(self, sale: Sale, since: int) -> None:
        touches = self.touches_of(sale, since)
        found = self._entries(sale, touches)
        before = self.sales.get(sale.id)
        version = SaleVersion(sale.id, since, sale, found)
        if before is not None and before.sale == sale and before.entries == version.entries:
            return
        self.sales[sale.id] = version
        self.versions.append(version)

    def _entries(self, sale: Sale, touches: Sequence[Touch]) -> tuple[SaleEntry, ...]:
        """What a sale adds to the figures; one that another party confirms adds what it added before."""
        said = (sale.state, sale.placed_at, sale.total_minor, sale.lines, sale.reversals)
        key = (*said, tuple(touches), session_of(sale, touches))
        found = self._credited.get(key)
        if found is None:
            if len(self._credited) >= CREDITED_MAX:
                self._credited.clear()
            found = self._credited[key] = tuple(entries_by(sale, touches, self.policy.rule_sets))
        return found

    def touches_of(self, sale: Sale, until: int) -> list[Touch]:
        """What the sale's visitor has met, as the ledger knew it at a position; shared devices have met nothing."""
        visitor = self.identities.visitor_of(sale.nodes)
        found: dict[int, Touch] = {}
        for node in visitor.nodes - visitor.shared:
            opinions = {
                rated.subject: rated.is_helpful for place, rated in self.ratings.get(node, ()) if place <= until
            }
            for met in self.met.get(node, ()):
                if met.touch.position > until:
                    continue
                helpful = opinions.get(met.subject) if met.subject else None
                # Of somebody who is known by two names, what names both of them is one touch.
                if helpful is not None:
                    found[met.touch.position] = replace(met.touch, is_helpful=helpful)
                else:
                    found.setdefault(met.touch.position, met.touch)
        return list(found.values())

    def _near(self, seeds: set[int]) -> tuple[set[int], set[int]]:
        """Reports within some steps of these, and those within one step."""
        found = self._with_decided(set(seeds))
        first: set[int] = set()
        edge = set(found)
        for step in range(STEPS):
            edge = self._with_decided(self._next_to(edge)) - found
            found |= edge
            if not step:
                first = set(found)
            if not edge:
                break
        return found, first

    def _with_decided(self, places: set[int]) -> set[int]:
        """These, the whole of their sales, and whatever decisions name together with them."""
        found = {other for place in places for other in (place, *self._members(self._sale_of.get(place)))}
        for decision in self.decisions.values():
            if found.intersection(decision.reports):
                found.update(set(decision.reports) & self.told.keys())
        return found

    def _next_to(self, places: Iterable[int]) -> set[int]:
        """The reports of the same order numbers as these, and those of the same visitors that are near in time.

        Reports of one visitor are looked at together: one device may have hundreds of them in an hour.
        """
        found: set[int] = set()
        times: dict[tuple[str, ...], list[int]] = {}
        for place in places:
            told = self.told[place]
            if told.key:
                found |= self._by_key[told.key]
            times.setdefault(told.said.nodes, []).append(told.at)
        within = self.policy.rules.match_within
        for nodes, moments in times.items():
            moments.sort()
            for other in self._reports_of(nodes):
                at = self.told[other].at
                next_one = bisect_left(moments, at - within)
                if next_one < len(moments) and moments[next_one] <= at + within:
                    found.add(other)
        return found

    def _reports_of(self, nodes: Iterable[str]) -> set[int]:
        visitor = self.identities.visitor_of(nodes)
        return {place for node in visitor.nodes for place in self._by_node.get(node, ())}

    def _refunds_of(self, members: Sequence[int]) -> list[GivenBack]:
        keys = {self.told[place].key for place in members} - {""}
        return [
            one.given
            for one in self.refunds.values()
            if (one.key and one.key in keys) or (one.report is not None and one.report in members)
        ]

    def _members(self, id: str | None) -> set[int]:
        """The reports that belong to a sale just now."""
        version = self.sales.get(id) if id is not None else None
        if version is None or version.sale is None:
            return set()
        return {place for place in version.sale.reports if self._sale_of.get(place) == id}

    def _link(self, id: str, nodes: Sequence[str], at: int) -> set[int]:
        """Let these nodes be one visitor; the reports of all whom that concerns, none where it was so before."""
        known = self.links.get(id)
        joined = tuple(nodes)
        if known is not None and (known.is_undone or known.nodes == joined):
            return set()
        concerned = self._reports_of([*joined, *(known.nodes if known is not None else ())])
        self.links[id] = KeptLink(joined, at)
        self._changed_links.add(id)
        if known is not None:
            self._identities = None
        elif self._identities is not None:
            self._identities.add(joined)
        return concerned | self._reports_of(joined)

    def _change(self, told: Told) -> None:
        self._put(told)
        self._changed_told.add(told.position)

    def _put(self, told: Told) -> None:
        self.told[told.position] = told
        if told.key:
            self._by_key.setdefault(told.key, set()).add(told.position)
        if told.call:
            self._by_call[told.call] = told.position
        for node in told.said.nodes:
            self._by_node.setdefault(node, set()).add(told.position)
