"""Experiments: what visitors who saw something bought, beside those who did not, whoever told of their purchases.

experiment_assigned ─► visitors of each arm, by all their names ─► their sales since, net of refunds ─► compared
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec
from msgspec import Struct

from tillroll.domain.attribution.holdout import (
    Comparison,
    Interval,
    calibration,
    compared,
    incremental,
    sample,
    winsor_cap,
)
from tillroll.domain.sales.credits import SaleEntry
from tillroll.domain.sales.identities import Identities, Link
from tillroll.domain.sales.sale import Sale
from tillroll.engine.attribution.links import chunks, links_of
from tillroll.engine.sales.policies import counting, policy_of
from tillroll.engine.sales.reading import Witnesses, node_of
from tillroll.store import Transaction
from tillroll.store.sales import experiments, rows
from tillroll.store.sales.experiments import AssignedRow, Assignments
from tillroll.store.sales.rows import KeptSale

# A report is about the first visitors up to so many; one of more is asked for in parts.
VISITORS_MAX = 50_000
# Purchases of a thousand names: whose are more, those are tills, and the report says that it leaves some out.
SALES_MAX = 50_000

_SALE = msgspec.json.Decoder(Sale)
_ENTRIES = msgspec.json.Decoder(tuple[SaleEntry, ...])


class Tried(Struct, frozen=True, kw_only=True):
    """What an experiment is asked about: from when until when (µs UTC), in which currency, and how its arms are called.

    `source` is whose credits by `model` stand beside what the experiment says.
    """

    shop: str
    experiment: str
    since: int
    until: int
    currency: str
    test: str = "test"
    control: str = "control"
    control_share: Decimal = Decimal("0.5")
    source: str = ""
    model: str = ""


class ArmFigures(Struct, kw_only=True):
    """The visitors of an arm: how many bought, how often, for how much, and how often each revenue occurred."""

    visitors: int = 0
    orders: int = 0
    revenue_minor: int = 0
    attributed_minor: int = 0
    revenues: Counter[int] = msgspec.field(default_factory=Counter)

    @property
    def buyers(self) -> int:
        """How many have bought."""
        return self.revenues.total()


class HoldoutReport(Struct, frozen=True, kw_only=True):
    """What an experiment says; `mixed` visitors were in both arms and are in neither.

    `is_cut` says that there were more visitors or purchases than are compared.
    """

    test: ArmFigures
    control: ArmFigures
    cap_minor: int
    capped: Comparison
    raw: Comparison
    incremental: Interval | None
    calibration: Interval | None
    mixed: int
    is_cut: bool


class _Visitor(Struct):
    """Somebody who was assigned: to which arms, and when first."""

    arms: set[str]
    since: int
    bought: list[tuple[Sale, Sequence[SaleEntry]]]


def known(tx: Transaction, witnesses: Witnesses, shop: str, during: tuple[int, int]) -> dict[str, int]:
    """The experiments that visitors were assigned to from one moment to another (µs UTC), the largest first, with how
    many of the latest assignments are their own."""
    sums: Counter[str] = Counter()
    for dialect in witnesses.authority:
        for one in experiments.known(tx, shop, dialect, during):
            sums[one.name] += one.assignments
    return dict(sorted(sums.items(), key=lambda one: (-one[1], one[0])))


def report(tx: Transaction, witnesses: Witnesses, asked: Tried) -> HoldoutReport:
    """Compare the arms of an experiment."""
    found = experiments.assigned(
        tx, Assignments(asked.shop, asked.experiment, asked.since, asked.until, VISITORS_MAX + 1)
    )
    visitors = _visitors(tx, witnesses, asked, found[:VISITORS_MAX])
    is_whole = _buy(tx, asked, visitors)
    everybody = list({id(one): one for one in visitors.values()}.values())
    arms = {name: _arm(asked, [one for one in everybody if one.arms == {name}]) for name in (asked.test, asked.control)}
    test, control = arms[asked.test], arms[asked.control]
    cap = winsor_cap([test.revenues, control.revenues], test.visitors + control.visitors)
    capped, raw = (
        compared(sample(test.revenues, test.visitors, most), sample(control.revenues, control.visitors, most), share)
        for most, share in ((cap, asked.control_share), (None, asked.control_share))
    )
    earned = incremental(capped, test.visitors)
    return HoldoutReport(
        test=test,
        control=control,
        cap_minor=cap,
        capped=capped,
        raw=raw,
        incremental=earned,
        calibration=calibration(earned, test.attributed_minor),
        mixed=sum(len(one.arms) > 1 for one in everybody),
        is_cut=len(found) > VISITORS_MAX or not is_whole,
    )


def _visitors(tx: Transaction, witnesses: Witnesses, asked: Tried, found: Sequence[AssignedRow]) -> dict[str, _Visitor]:
    """Everybody who was assigned to one of the arms, by each of the names."""
    rules = policy_of(counting(tx, asked.shop), witnesses).rules
    nodes = {node_of(row.dialect, row.visitor) for row in found}
    kept = links_of(tx, asked.shop, nodes)
    links = [Link(id, link.nodes) for id, link in kept.items() if not link.is_undone]
    identities = Identities(links, witnesses.persons, shared_persons=rules.shared_persons, nodes_max=rules.nodes_max)
    visitors: dict[str, _Visitor] = {}
    for row in found:
        if row.arm not in (asked.test, asked.control):
            continue
        node = node_of(row.dialect, row.visitor)
        known = visitors.get(node)
        if known is None:
            known = _Visitor(set(), row.happened_at, [])
            visitor = identities.visitor_of([node])
            for name in {node, *(visitor.nodes - visitor.shared)}:
                visitors.setdefault(name, known)
        known.arms.add(row.arm)
        known.since = min(known.since, row.happened_at)
    return visitors


def _buy(tx: Transaction, asked: Tried, visitors: Mapping[str, _Visitor]) -> bool:
    """Give each visitor the sales that count, of the report's currency, since the assignment; whether that is all."""
    first = min((one.since for one in visitors.values()), default=0)
    is_whole = True
    ids: set[str] = set()
    for chunk in chunks(sorted(visitors)):
        positions = rows.positions_of_nodes(tx, asked.shop, chunk, since=first, limit=SALES_MAX)
        is_whole = is_whole and len(positions) < SALES_MAX
        ids.update(rows.sales_of_reports(tx, asked.shop, positions))
    for wanted in chunks(sorted(ids)):
        for kept in rows.sales(tx, asked.shop, wanted):
            _give(asked, visitors, kept)
    return is_whole


def _give(asked: Tried, visitors: Mapping[str, _Visitor], kept: KeptSale) -> None:
    sale = _SALE.decode(kept.document)
    buyer = next((visitors[node] for node in sale.nodes if node in visitors), None)
    if buyer is None or not sale.counts or sale.currency != asked.currency:
        return
    if buyer.since <= sale.placed_at <= asked.until:
        buyer.bought.append((sale, _ENTRIES.decode(kept.entries)))


def _arm(asked: Tried, members: Sequence[_Visitor]) -> ArmFigures:
    arm = ArmFigures(visitors=len(members))
    for one in members:
        if not one.bought:
            continue
        net = sum(sale.total_minor - sale.refunded_minor for sale, _ in one.bought)
        arm.orders += len(one.bought)
        arm.revenue_minor += net
        arm.revenues[net] += 1
        arm.attributed_minor += sum(
            entry.credited_minor - entry.refunded_minor
            for _, entries in one.bought
            for entry in entries
            if (entry.model, entry.source) == (asked.model, asked.source)
        )
    return arm
