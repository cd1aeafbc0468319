"""One sale out of all that was told of it: whose word counts for what, what contradicts it, and what was given back.

reports ─► by party ─► authority order ─► number, time, currency, total, lines, each with the report it is from
refunds, in the order of the ledger ─► what is left of each line, never below nothing
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.attribution.split import spread
from tillroll.domain.sales.facts import Refunded, Reported, SaleLine, SaleRules
from tillroll.domain.sales.matching import Evidence, ReportGroup, Told, items_of, latest_parts, summed

# Parties that mix up cents and decimals are so much apart.
UNIT_FACTOR = 100

# What a report is flagged with whose lines come to less than its total. Where the total is right, that is shipping.
GAP = "lines_do_not_add_up"

COUNTED, REFUSED, TEST, NOTHING = "counted", "refused", "test", "withdrawn"


class Conflict(Struct, frozen=True, kw_only=True):
    """A party tells something else than the sale says; texts, as a person would write them."""

    field: str
    kind: str
    ours: str
    theirs: str
    report: int


class Reversal(Struct, frozen=True, kw_only=True):
    """One time that money was given back: when, how much of each line, and what of it could not be counted."""

    position: int
    at: int
    amount_minor: int
    lines: tuple[int, ...]
    excess_minor: int = 0
    reason: str = ""
    problem: str = ""


class Sale(Struct, frozen=True, kw_only=True):
    """One purchase. `lines` add up to `total_minor`, refunds never exceed it.

    A line bears its part of what belongs to the order as a whole, shipping for one; `prices` are what the lines alone
    came to, where that was told.
    """

    id: str
    key: str
    number: str
    placed_at: int
    currency: str
    total_minor: int
    lines: tuple[SaleLine, ...]
    prices: tuple[int | None, ...]
    state: str
    reports: tuple[int, ...]
    counted_reports: int
    taken_from: Mapping[str, int]
    conflicts: tuple[Conflict, ...] = ()
    reversals: tuple[Reversal, ...] = ()
    candidates: tuple[Evidence, ...] = ()
    decisions: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()

    @property
    def refunded_minor(self) -> int:
        """How much was given back."""
        return sum(one.amount_minor for one in self.reversals)

    @property
    def counts(self) -> bool:
        """Whether it is revenue."""
        return self.state == COUNTED


class GivenBack(Struct, frozen=True, kw_only=True):
    """A refund in the ledger; `is_all` gives back whatever is left."""

    position: int
    at: int
    said: Refunded
    is_all: bool = False


class _Voice(Struct, frozen=True):
    """What one party says of the purchase, all its parts taken together."""

    dialect: str
    position: int
    at: int
    said: Reported
    rank: int


def settled(group: ReportGroup, told: Mapping[int, Told], refunds: Sequence[GivenBack], rules: SaleRules) -> Sale:
    """The sale that these reports are, with what was given back of it."""
    members = [told[position] for position in group.members]
    voices = sorted(_voices(members, rules), key=lambda voice: (voice.rank, voice.position))
    spoken = voices or [_voice(members[0].dialect, members, rules)]
    sale = _composed(group, members, spoken, is_counted=bool(voices))
    return replace(sale, reversals=tuple(_reversals(sale, refunds)))


def _voices(members: Sequence[Told], rules: SaleRules) -> list[_Voice]:
    """What each party says that counts."""
    parties = dict.fromkeys(one.dialect for one in members if one.counts)
    return [_voice(party, [one for one in members if one.dialect == party and one.counts], rules) for party in parties]


def _voice(party: str, of_party: Sequence[Told], rules: SaleRules) -> _Voice:
    first = of_party[0]
    said = first.said
    if said.part:
        said = summed(latest_parts(of_party) or of_party)
    return _Voice(party, first.position, first.at, said, rules.rank_of(party))


def _composed(group: ReportGroup, members: Sequence[Told], voices: Sequence[_Voice], *, is_counted: bool) -> Sale:
    taken: dict[str, int] = {}

    def first(field: str, has: Sequence[_Voice]) -> _Voice | None:
        if has:
            taken[field] = has[0].position
        return has[0] if has else None

    numbered = first("number", [one for one in voices if one.said.number])
    priced = first("total", [one for one in voices if one.said.total_minor is not None and one.said.currency])
    lined = first("lines", [one for one in voices if one.said.lines])
    taken["placed_at"] = voices[0].position
    total = priced.said.total_minor if priced is not None and priced.said.total_minor is not None else 0
    currency = priced.said.currency if priced is not None else ""
    number = numbered.said.number if numbered is not None else ""
    nodes = dict.fromkeys(node for one in members for node in one.said.nodes)
    sale = Sale(
        id=group.id,
        key=next((one.key for one in members if one.key), ""),
        number=number,
        placed_at=voices[0].at,
        currency=currency,
        total_minor=total,
        lines=shared_out(total, lined.said.lines if lined is not None else ()),
        prices=tuple(line.total_minor for line in lined.said.lines) if lined is not None else (None,),
        state=_state(members, is_counted=is_counted),
        reports=group.members,
        counted_reports=sum(one.counts for one in members),
        taken_from=taken,
        candidates=group.candidates,
        decisions=group.decisions,
        nodes=tuple(nodes),
    )
    return replace(sale, conflicts=(*_between(sale, voices), *_repeated_otherwise(sale, members)))


def _state(members: Sequence[Told], *, is_counted: bool) -> str:
    if is_counted:
        return COUNTED
    states = {one.state for one in members}
    return REFUSED if "refused" in states else TEST if "test" in states else NOTHING


def shared_out(total_minor: int, lines: Sequence[SaleLine]) -> tuple[SaleLine, ...]:
    """These lines, adding up to the total: what belongs to the order as a whole is spread by what they cost."""
    if not lines:
        return (SaleLine("", 1000, total_minor),)
    weights = [max(line.total_minor or 0, 0) for line in lines]
    parts = spread(total_minor, weights)
    return tuple(replace(line, total_minor=part) for line, part in zip(lines, parts, strict=True))


def _between(sale: Sale, voices: Sequence[_Voice]) -> Iterable[Conflict]:
    """Where a party contradicts the one whose word counts."""
    of_lines = next((one for one in voices if one.position == sale.taken_from.get("lines")), None)
    for voice in voices:
        said = voice.said
        if said.total_minor is not None and said.currency and voice.position != sale.taken_from.get("total"):
            yield from _of_money(sale, voice)
        if of_lines is not None and said.lines and voice.position != of_lines.position:
            ours, theirs = items_of(of_lines.said), items_of(said)
            if ours != theirs:
                yield Conflict(
                    field="lines",
                    kind="items_differ",
                    ours=_listed(ours),
                    theirs=_listed(theirs),
                    report=voice.position,
                )
        for flag in said.flags:
            if flag == GAP and said.total_minor == sale.total_minor:
                continue
            yield Conflict(field="report", kind=flag, ours="", theirs="", report=voice.position)


def _of_money(sale: Sale, voice: _Voice) -> Iterable[Conflict]:
    said = voice.said
    if said.currency != sale.currency:
        yield Conflict(
            field="currency", kind="currency_differs", ours=sale.currency, theirs=said.currency, report=voice.position
        )
        return
    theirs, ours = said.total_minor or 0, sale.total_minor
    # Who knows of the goods alone contradicts nobody: shipping and fees belong to the order.
    if theirs == ours or theirs == sum(price or 0 for price in sale.prices):
        return
    is_unit = bool(ours and theirs) and (theirs == ours * UNIT_FACTOR or ours == theirs * UNIT_FACTOR)
    kind = "cents_and_units_mixed" if is_unit else "amount_differs"
    yield Conflict(field="total", kind=kind, ours=str(ours), theirs=str(theirs), report=voice.position)


def _repeated_otherwise(sale: Sale, members: Sequence[Told]) -> Iterable[Conflict]:
    """Repeats that say something else than the sale."""
    for one in members:
        said = one.said
        if one.state == "repeated" and said.total_minor is not None and said.total_minor != sale.total_minor:
            yield Conflict(
                field="total",
                kind="repeated_otherwise",
                ours=str(sale.total_minor),
                theirs=str(said.total_minor),
                report=one.position,
            )


def _listed(items: Mapping[str, int]) -> str:
    return ", ".join(f"{quantity / 1000:g} × {product}" for product, quantity in sorted(items.items()))


def _reversals(sale: Sale, refunds: Sequence[GivenBack]) -> Iterable[Reversal]:
    """What each refund takes from each line, as long as there is something left of it."""
    taken = [0] * len(sale.lines)
    for refund in sorted(refunds, key=lambda one: one.position):
        if refund.said.currency and refund.said.currency != sale.currency:
            yield _nothing(refund, taken, "the currency is not that of the sale", refund.said.amount_minor or 0)
            continue
        left = [max(0, (line.total_minor or 0) - gone) for line, gone in zip(sale.lines, taken, strict=True)]
        asked = _asked(sale, refund, left)
        given = [min(part, rest) for part, rest in zip(asked, left, strict=True)]
        excess = sum(asked) - sum(given)
        wanted = refund.said.amount_minor
        if wanted is not None and not refund.is_all:
            excess = max(excess, wanted - sum(given))
        taken = [gone + part for gone, part in zip(taken, given, strict=True)]
        yield Reversal(
            position=refund.position,
            at=refund.at,
            amount_minor=sum(given),
            lines=tuple(given),
            excess_minor=excess,
            reason=refund.said.reason,
            problem="more than was left" if excess > 0 else "",
        )


def _nothing(refund: GivenBack, taken: Sequence[int], problem: str, excess: int) -> Reversal:
    return Reversal(
        position=refund.position,
        at=refund.at,
        amount_minor=0,
        lines=(0,) * len(taken),
        excess_minor=excess,
        reason=refund.said.reason,
        problem=problem,
    )


def _asked(sale: Sale, refund: GivenBack, left: Sequence[int]) -> list[int]:
    """How much this refund asks of each line: of those that it names, else of all by what is left of them."""
    said = refund.said
    if refund.is_all:
        return list(left)
    if not said.lines:
        amount = said.amount_minor if said.amount_minor is not None else sum(left)
        return spread(min(amount, sum(left)), left)
    asked = [0] * len(left)
    for wanted in said.lines:
        for place, line in enumerate(sale.lines):
            if line.product_id == wanted.product_id and (
                part := _of_line(line, sale.prices[place], wanted, left[place] - asked[place])
            ):
                asked[place] += part
                break
    named = sum(asked)
    if said.amount_minor is not None and named != said.amount_minor:
        weights = asked if named else left
        return spread(min(said.amount_minor, sum(left)), weights)
    return asked


def _of_line(line: SaleLine, price: int | None, wanted: SaleLine, left: int) -> int:
    """What so many pieces of a line came to; the price of the line alone counts, where it was told."""
    if wanted.total_minor is not None:
        return wanted.total_minor
    whole = price if price is not None else line.total_minor or 0
    part = whole if wanted.quantity >= line.quantity else whole * wanted.quantity // line.quantity
    return min(part, left)
