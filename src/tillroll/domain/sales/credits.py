"""Whose revenue a sale is: for each rule set, what each source has earned of each line, and what refunds took back.

    touches ─► path of each line ─► weights of the model ─► line's value by largest remainder ─► credits
    refunds of a line ─► what each touch still has of it ─► taken back by the same weights

What nobody has earned is credited to `UNATTRIBUTED`, so that credits always add up to the sale.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from hashlib import md5

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.attribution.models import Model, parts
from tillroll.domain.attribution.paths import Candidate, Occasion, Windows, path
from tillroll.domain.attribution.presets import RuleSet
from tillroll.domain.attribution.split import in_proportion, reverse
from tillroll.domain.attribution.touches import Touch
from tillroll.domain.sales.facts import SaleLine
from tillroll.domain.sales.sale import Sale

UNATTRIBUTED = "unattributed"
# How a touch begins to name a product whose digest (MD5, in hexadecimal) is all that is known of it.
DIGEST = "md5:"
# The row that has the figures of the sale itself, whatever model shares them.
ALL = ""


class LineCredit(Struct, frozen=True):
    """What one touch has of one line: `part` of `whole`. `refunded` lists what each refund took back. No touch:
    unattributed."""

    line: int
    touch: Touch | None
    part: int
    whole: int
    minor: int
    refunded: tuple[int, ...]
    is_match: bool = False

    @property
    def weight(self) -> Fraction:
        """The part of the line that it earns."""
        return Fraction(self.part, self.whole)


class Explanation(Struct, frozen=True):
    """The credits of a sale by one rule set, and every candidate of each line with the rule that took or refused it."""

    rules: RuleSet
    credits: tuple[LineCredit, ...]
    candidates: tuple[tuple[Candidate, ...], ...]


class SaleEntry(Struct, frozen=True, array_like=True):
    """What one sale adds to the figures of a source under a model, on its day; what was refunded says when.

    `direct_minor` is the part of the credit that was earned by touches of the very product; `assisted_minor` is the
    whole sale for each source that was on its path, and does not add up.
    """

    model: str
    source: str
    orders: int = 0
    credited_minor: int = 0
    direct_minor: int = 0
    assisted_minor: int = 0
    refunded_minor: int = 0
    refund_at: int | None = None


def explained(
    sale: Sale,
    touches: Sequence[Touch],
    rule_sets: Sequence[RuleSet],
    *,
    effects: Mapping[str, Fraction] | None = None,
) -> list[Explanation]:
    """Every credit of a sale by each rule set, and why. The credits of a line add up to the line, to the minor unit.

    Rule sets that share their windows share the paths, too.
    """
    if not touches:
        nobody = tuple(
            LineCredit(place, None, 1, 1, line.total_minor or 0, tuple([one.lines[place] for one in sale.reversals]))
            for place, line in enumerate(sale.lines)
        )
        return [Explanation(rules, nobody, ((),) * len(sale.lines)) for rules in rule_sets]
    session = session_of(sale, touches)
    named = [_named(touch, sale) for touch in touches]
    by_windows: dict[int, tuple[tuple[Candidate, ...], ...]] = {}
    found = []
    for rules in rule_sets:
        key = id(rules.windows)
        if key not in by_windows:
            by_windows[key] = _candidates(sale, named, rules.windows, session)
        found.append(_explained(sale, rules, by_windows[key], effects))
    return found


def session_of(sale: Sale, touches: Sequence[Touch]) -> str | None:
    """The vendor's session in which it was bought: one that its reports name."""
    return next((one.session for one in touches if one.session in sale.nodes), None)


def _explained(
    sale: Sale,
    rules: RuleSet,
    candidates: tuple[tuple[Candidate, ...], ...],
    effects: Mapping[str, Fraction] | None,
) -> Explanation:
    found: list[LineCredit] = []
    known: dict[tuple[int, ...], Sequence[int]] = {}
    for place, line in enumerate(sale.lines):
        taken = [one for one in candidates[place] if one.is_taken]
        on_path = [one.touch for one in taken]
        key = tuple(touch.position for touch in on_path)
        if key not in known:
            known[key] = parts(
                Model(rules.setting.model), on_path, sale.placed_at, setting=rules.setting, effects=effects
            )
        found += _line_credits(place, line, taken, (known[key], [one.lines[place] for one in sale.reversals]))
    return Explanation(rules, tuple(found), candidates)


def _named(touch: Touch, sale: Sale) -> Touch:
    """A touch that says whose digest it saw, with the product of the sale that has it."""
    if touch.product is None or not touch.product.startswith(DIGEST):
        return touch
    names = [line.product_id for line in sale.lines if _digest_of(line.product_id) == touch.product]
    return replace(touch, product=names[0]) if names else touch


@lru_cache(maxsize=4096)
def _digest_of(product_id: str) -> str:
    return DIGEST + md5(product_id.encode(), usedforsecurity=False).hexdigest()


def _candidates(
    sale: Sale, touches: Sequence[Touch], windows: Windows, session: str | None
) -> tuple[tuple[Candidate, ...], ...]:
    return tuple(
        tuple(path(touches, sale.placed_at, windows, Occasion(line.product_id or None, session))) for line in sale.lines
    )


def _line_credits(
    place: int, line: SaleLine, taken: Sequence[Candidate], shares: tuple[Sequence[int], Sequence[int]]
) -> list[LineCredit]:
    weighted, refunds = shares
    total = line.total_minor or 0
    if not taken:
        return [LineCredit(place, None, 1, 1, total, tuple(refunds))]
    given, whole = in_proportion(total, weighted), sum(weighted)
    back = [0] * len(given)
    steps: list[list[int]] = []
    for refund in refunds:
        step = reverse(given, back, refund)
        back = [before + part for before, part in zip(back, step, strict=True)]
        steps.append(step)
    return [
        LineCredit(place, one.touch, part, whole, minor, tuple([step[at] for step in steps]), one.is_match)
        for at, (one, part, minor) in enumerate(zip(taken, weighted, given, strict=True))
    ]


def entries(sale: Sale, explanations: Sequence[Explanation]) -> list[SaleEntry]:
    """What a sale adds to the figures; nothing where it is no revenue."""
    if not sale.counts:
        return []
    found = _of_all(sale)
    for one in explanations:
        found += _of_rules(sale, one)
    return found


def entries_by(sale: Sale, touches: Sequence[Touch], rule_sets: Sequence[RuleSet]) -> list[SaleEntry]:
    """The same by these rule sets, which are asked only where there is something to share out."""
    if touches or not sale.counts:
        return entries(sale, explained(sale, touches, rule_sets) if sale.counts else ())
    found = _of_all(sale)
    for rules in rule_sets:
        found += _of_nobody(sale, rules.name)
    return found


def _of_all(sale: Sale) -> list[SaleEntry]:
    """The figures of the sale itself."""
    refunds = [
        SaleEntry(ALL, ALL, refunded_minor=one.amount_minor, refund_at=one.at)
        for one in sale.reversals
        if one.amount_minor
    ]
    return [SaleEntry(ALL, ALL, 1, sale.total_minor), *refunds]


def _of_nobody(sale: Sale, model: str) -> list[SaleEntry]:
    """A sale that nobody has a part in."""
    whole = SaleEntry(model, UNATTRIBUTED, 1, sale.total_minor)
    if not sale.reversals:
        return [whole]
    back = [
        SaleEntry(model, UNATTRIBUTED, refunded_minor=one.amount_minor, refund_at=one.at)
        for one in sorted(sale.reversals, key=lambda reversal: reversal.at)
        if one.amount_minor
    ]
    return [whole, *back]


def _of_rules(sale: Sale, explanation: Explanation) -> list[SaleEntry]:
    """The credits of one rule set by source, and by time of refund."""
    model = explanation.rules.name
    if all(one.touch is None for one in explanation.credits):
        return _of_nobody(sale, model)
    credited: dict[str, int] = {}
    direct: dict[str, int] = {}
    back: dict[tuple[str, int], int] = {}
    for one in explanation.credits:
        source = one.touch.source if one.touch is not None else UNATTRIBUTED
        credited[source] = credited.get(source, 0) + one.minor
        direct[source] = direct.get(source, 0) + (one.minor if one.is_match else 0)
        for reversal, amount in zip(sale.reversals, one.refunded, strict=True):
            if amount:
                back[source, reversal.at] = back.get((source, reversal.at), 0) + amount
    assisted = {one.touch.source for line in explanation.candidates for one in line if one.is_taken}
    found = [
        SaleEntry(
            model,
            source,
            int(bool(minor) or not sale.total_minor),
            minor,
            direct[source],
            sale.total_minor if source in assisted else 0,
        )
        for source, minor in credited.items()
        if minor or source in assisted or not sale.total_minor
    ]
    found += [
        SaleEntry(model, source, assisted_minor=sale.total_minor) for source in sorted(assisted - credited.keys())
    ]
    return found + [
        SaleEntry(model, source, refunded_minor=minor, refund_at=at) for (source, at), minor in sorted(back.items())
    ]
