"""Why each cent of a sale is whose, in sentences; and the touches before it, in the order of time."""

from collections.abc import Mapping
from fractions import Fraction

from msgspec import Struct

from tillroll.dashboard.wording import Wording
from tillroll.domain.attribution.paths import Candidate
from tillroll.domain.sales.credits import Explanation, LineCredit
from tillroll.domain.sales.sale import Sale

Shares = Mapping[str, int]

# Why a touch earns nothing, behind "It earns nothing: ".
REFUSALS = {
    "after_order": "it came after the purchase",
    "source_not_counted": "this model does not count its source",
    "outside_window": "it was longer ago than the window of its source",
    "before_previous_order": "the visitor bought something else in between",
    "not_helpful": "the visitor said that it did not help",
    "other_session": "it was in another session than the purchase",
    "other_product": "it was about another product",
}


class ToldTouch(Struct, frozen=True, kw_only=True):
    """One touch of the timeline, over all lines."""

    at: int
    source: str
    product: str
    gap: str
    is_taken: bool
    minor: int
    why: str


class ToldLine(Struct, frozen=True, kw_only=True):
    """One line, and a sentence for each part of its money."""

    product: str
    minor: int
    sentences: tuple[str, ...]


class Story(Struct, frozen=True, kw_only=True):
    """A sale as it came about."""

    touches: tuple[ToldTouch, ...]
    lines: tuple[ToldLine, ...]


def story_of(sale: Sale, explanation: Explanation, say: Wording) -> Story:
    """The timeline of a sale under a model, and the sentences about its lines."""
    earned: dict[int, int] = {}
    for one in explanation.credits:
        if one.touch is not None:
            earned[one.touch.position] = earned.get(one.touch.position, 0) + one.minor
    by_touch: dict[int, list[Candidate]] = {}
    for line in explanation.candidates:
        for candidate in line:
            by_touch.setdefault(candidate.touch.position, []).append(candidate)
    touches = [_touch(found, earned.get(position, 0)) for position, found in by_touch.items()]
    lines = tuple(
        ToldLine(
            product=line.product_id or "the order as a whole",
            minor=line.total_minor or 0,
            sentences=tuple(
                _sentence(one, sale, explanation.candidates[place], say)
                for one in explanation.credits
                if one.line == place and (one.minor or not line.total_minor)
            ),
        )
        for place, line in enumerate(sale.lines)
    )
    return Story(touches=tuple(sorted(touches, key=lambda one: one.at)), lines=lines)


def _touch(found: list[Candidate], minor: int) -> ToldTouch:
    taken = next((one for one in found if one.is_taken), None)
    shown = taken or found[0]
    why = "" if taken is not None else REFUSALS.get(shown.rule.value, "")
    if taken is not None and not minor:
        why = "the model gives all of it to other touches"
    before = Wording.span(shown.gap)
    return ToldTouch(
        at=shown.touch.at,
        source=shown.touch.source,
        product=shown.touch.product or "",
        gap=f"{before} before" if shown.gap >= 0 else f"{before} after",
        is_taken=taken is not None,
        minor=minor,
        why=why,
    )


def _sentence(credit: LineCredit, sale: Sale, candidates: tuple[Candidate, ...], say: Wording) -> str:
    amount = say.money(credit.minor, sale.currency)
    back = sum(credit.refunded)
    returned = f" {say.money(back, sale.currency)} of it was given back." if back else ""
    touch = credit.touch
    if touch is None:
        reason = "no touch counts for it" if candidates else "nothing is known of the buyer before the purchase"
        return f"{amount} is nobody's, because {reason}.{returned}"
    gap = next((one.gap for one in candidates if one.touch.position == touch.position), 0)
    what = "about this very product" if credit.is_match else f"about {touch.product or 'no product'}"
    share = "all of the line" if credit.weight == 1 else f"{_part(credit.weight)} of the line"
    met = f"a touch of {say.moment(touch.at)}, {say.span(gap)} before the purchase, {what}"
    return f"{amount} went to {say.name(touch.source)}: {met}; the model gives it {share}.{returned}"


def _part(weight: Fraction) -> str:
    """A weight as people read it: a small fraction as it is, else percent."""
    return str(weight) if weight.denominator <= 12 else f"{float(100 * weight):.1f} %"
