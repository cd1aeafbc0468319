"""Which reports are of one purchase.

same order number ─► one        no number: same visitor, near in time, same items or amount, and unique both ways ─► one
                                less than that ─► a candidate, listed with its evidence and never merged by itself
what a person decides, in the order of the decisions, has the last word
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.sales.facts import Merged, Parted, Reported, SaleRules
from tillroll.domain.sales.identities import Identities

# How far apart amounts may be that are said to be the same: one minor unit, which rounding makes.
AMOUNT_SLACK = 1


class Told(Struct, frozen=True, kw_only=True):
    """One report in the book, as it stands now; `key` is its order number as it is compared, or empty."""

    position: int
    dialect: str
    call: str
    key: str
    at: int
    received_at: int
    said: Reported
    is_credited: bool = False
    is_withdrawn: bool = False

    @property
    def counts(self) -> bool:
        """Whether revenue may come of it."""
        refused = self.said.is_refused and not self.is_credited
        return not (refused or self.said.is_repeated or self.is_withdrawn or self.said.is_test)

    @property
    def state(self) -> str:
        """In one word, why it counts or not."""
        if self.is_withdrawn:
            return "withdrawn"
        if self.said.is_repeated:
            return "repeated"
        if self.said.is_refused:
            return "credited" if self.is_credited else "refused"
        return "test" if self.said.is_test else "counted"


class Evidence(Struct, frozen=True):
    """What speaks for two groups of reports being one purchase, and what does not."""

    other: int
    """The first report of the other group."""
    has_same_visitor: bool
    seconds_apart: int
    has_same_items: bool
    has_same_amount: bool
    objection: str = ""


class ReportGroup(Struct, frozen=True):
    """Reports of one purchase, in the order of the ledger, and groups that it might be one with."""

    members: tuple[int, ...]
    candidates: tuple[Evidence, ...] = ()
    decisions: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The id of the sale: that of its first report."""
        return sale_id(self.members[0])


def sale_id(position: int) -> str:
    """The id of the sale of which this report is the first."""
    return f"s{position}"


def position_of(id: str) -> int | None:
    """The report that a sale's id names, or None for what is no such id."""
    digits = id[1:]
    if not (id.startswith("s") and digits.isascii() and digits.isdigit() and len(digits) < 19):
        return None
    return int(digits)


Decision = Merged | Parted


def grouped(
    told: Mapping[int, Told], identities: Identities, decisions: Sequence[Decision], rules: SaleRules
) -> list[ReportGroup]:
    """All of these reports in groups, by their first report."""
    buckets = _Buckets(told, identities, rules)
    buckets.match()
    for decision in decisions:
        buckets.decide(decision)
    return buckets.groups()


class _Bucket(Struct):
    members: set[int]
    parties: set[str]
    is_numbered: bool
    candidates: list[Evidence] = []
    decisions: list[str] = []


class _Buckets:
    """Groups on their way."""

    def __init__(self, told: Mapping[int, Told], identities: Identities, rules: SaleRules) -> None:
        self._told, self._identities, self._rules = told, identities, rules
        by_key: dict[str, _Bucket] = {}
        self._all: list[_Bucket] = []
        for position, one in sorted(told.items()):
            bucket = by_key.get(one.key) if one.key else None
            if bucket is None:
                bucket = _Bucket(set(), set(), bool(one.key), [], [])
                self._all.append(bucket)
                if one.key:
                    by_key[one.key] = bucket
            bucket.members.add(position)
            bucket.parties.add(one.dialect)
        self._has_one_party = len({one.dialect for one in told.values()}) < 2

    def match(self) -> None:
        """Join what has no number to what it certainly is, numbered ones first; note what else it could be."""
        for with_numbers in (True, False):
            loose = [bucket for bucket in self._all if not bucket.is_numbered]
            found = {id(one): self._evidence(one, with_numbers=with_numbers) for one in loose}
            chosen = [pair for one in loose if (pair := self._chosen(one, found)) is not None]
            for one, other in chosen:
                if one in self._all and other in self._all:
                    self._join(one, other)
        for one in self._all:
            one.candidates = [evidence for _, evidence in self._evidence(one, with_numbers=None)]

    def decide(self, decision: Decision) -> None:
        """Do what a person has decided, as far as its reports are here."""
        if isinstance(decision, Merged):
            named = {position_of(sale) for sale in decision.sales}
            ours = [bucket for bucket in self._all if bucket.members & named]
            for other in ours[1:]:
                self._join(ours[0], other)
            if ours:
                ours[0].decisions.append(decision.decision)
            return
        named_reports = set(decision.reports) & self._told.keys()
        left = [bucket for bucket in self._all if bucket.members & named_reports]
        if not named_reports:
            return
        for bucket in left:
            bucket.members -= named_reports
            bucket.decisions.append(decision.decision)
        self._all = [bucket for bucket in self._all if bucket.members]
        parties = {self._told[place].dialect for place in named_reports}
        self._all.append(_Bucket(named_reports, parties, True, [], [decision.decision]))

    def groups(self) -> list[ReportGroup]:
        """What has become of it."""
        found = [
            ReportGroup(tuple(sorted(one.members)), tuple(self._outside(one)), tuple(dict.fromkeys(one.decisions)))
            for one in self._all
        ]
        return sorted(found, key=lambda group: group.members)

    def _outside(self, bucket: _Bucket) -> Iterable[Evidence]:
        return [one for one in bucket.candidates if one.other not in bucket.members]

    def _join(self, one: _Bucket, other: _Bucket) -> None:
        one.members |= other.members
        one.parties |= other.parties
        one.is_numbered = one.is_numbered or other.is_numbered
        one.decisions += other.decisions
        one.candidates += other.candidates
        self._all = [bucket for bucket in self._all if bucket is not other]

    def _chosen(
        self, one: _Bucket, found: Mapping[int, Sequence[tuple[_Bucket, Evidence]]]
    ) -> tuple[_Bucket, _Bucket] | None:
        """The bucket that this one certainly belongs to: its only one, which has no other of its party."""
        strong = [bucket for bucket, evidence in found[id(one)] if not evidence.objection]
        if len(strong) != 1:
            return None
        other = strong[0]
        rivals = [
            rival
            for rival in self._all
            if rival is not one
            and not rival.is_numbered
            and not one.parties.isdisjoint(rival.parties)
            and any(bucket is other and not evidence.objection for bucket, evidence in found.get(id(rival), ()))
        ]
        return None if rivals else (other, one)

    def _evidence(self, one: _Bucket, *, with_numbers: bool | None) -> list[tuple[_Bucket, Evidence]]:
        found: list[tuple[_Bucket, Evidence]] = []
        if self._has_one_party:
            return found  # what one party tells apart is apart
        for other in self._all:
            if other is one or (with_numbers is not None and other.is_numbered is not with_numbers):
                continue
            evidence = self._compared(one, other)
            if evidence is not None:
                found.append((other, evidence))
        return found

    def _compared(self, one: _Bucket, other: _Bucket) -> Evidence | None:
        """What speaks for these two; None where they have nothing to do with each other."""
        if not one.parties.isdisjoint(other.parties):
            return None
        ours, theirs = self._fullest(one), self._fullest(other)
        apart = abs(ours.at - theirs.at)
        if apart > self._rules.match_within or not (self._visitor(one) & self._visitor(other)):
            return None
        items, amount = _same_items(ours.said, theirs.said), _same_amount(ours.said, theirs.said)
        objection = ""
        if one.is_numbered and other.is_numbered:
            objection = "the order numbers differ"
        elif not (items or amount):
            objection = "neither items nor amount are the same"
        return Evidence(min(other.members), True, apart // 1_000_000, items, amount, objection)

    def _fullest(self, bucket: _Bucket) -> Told:
        """The report whose word counts first, all parts of its party taken together."""
        first = min((self._told[place] for place in bucket.members), key=self._precedence)
        if not first.said.part:
            return first
        parts = latest_parts([self._told[place] for place in bucket.members if self._told[place].said.part])
        return replace(first, said=summed(parts))

    def _precedence(self, one: Told) -> tuple[bool, int, int]:
        return (not one.counts, self._rules.rank_of(one.dialect), one.position)

    def _visitor(self, bucket: _Bucket) -> frozenset[str]:
        nodes = {node for place in bucket.members for node in self._told[place].said.nodes}
        visitor = self._identities.visitor_of(nodes)
        return visitor.nodes - visitor.shared


def latest_parts(parts: Collection[Told]) -> list[Told]:
    """The last version of each part of an order that is told item by item; what is refused is none."""
    last: dict[str, Told] = {}
    for one in sorted(parts, key=lambda told: told.position):
        if one.counts:
            last[one.said.part] = one
    return list(last.values())


def summed(parts: Sequence[Told]) -> Reported:
    """An order that is told item by item, as one report; without an amount where currencies differ."""
    if not parts:
        return Reported()
    currencies = {one.said.currency for one in parts}
    amounts = [one.said.total_minor for one in parts]
    known = [amount for amount in amounts if amount is not None]
    is_one_sum = len(currencies) == 1 and len(known) == len(amounts)
    return replace(
        parts[0].said,
        currency=currencies.pop() if is_one_sum else "",
        total_minor=sum(known) if is_one_sum else None,
        lines=tuple(line for one in parts for line in one.said.lines),
        part="",
        flags=tuple(
            sorted({flag for one in parts for flag in one.said.flags} | (set() if is_one_sum else {"currencies_mixed"}))
        ),
    )


def items_of(said: Reported) -> dict[str, int]:
    """How many thousandths of which products, whatever lines they stand on."""
    found: dict[str, int] = {}
    for line in said.lines:
        found[line.product_id] = found.get(line.product_id, 0) + line.quantity
    return found


def _same_items(one: Reported, other: Reported) -> bool:
    return bool(one.lines) and items_of(one) == items_of(other)


def _same_amount(one: Reported, other: Reported) -> bool:
    if one.total_minor is None or other.total_minor is None or one.currency != other.currency:
        return False
    return abs(one.total_minor - other.total_minor) <= AMOUNT_SLACK and one.total_minor != 0
