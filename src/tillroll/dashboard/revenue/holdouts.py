"""Experiments on the page of revenue: what they prove, beside what is credited.

Comparing the arms of an experiment with many visitors takes seconds, so that a page does it by itself only where there
are few; otherwise whoever looks asks for it by its name.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from tillroll.dashboard.office import Office, Staff
from tillroll.dashboard.revenue.figures import SourceRow
from tillroll.dashboard.wording import Wording
from tillroll.domain.attribution.holdout import Interval
from tillroll.domain.sales.credits import UNATTRIBUTED
from tillroll.engine.attribution import holdouts
from tillroll.engine.attribution.holdouts import ArmFigures, HoldoutReport, Tried
from tillroll.engine.sales import periods
from tillroll.engine.sales.report import Asked

# So many assignments are compared without anybody asking for it.
EAGER_MAX = 1_000
NAME_CHARACTERS_MAX = 200
_SHARE = re.compile(r"0?\.[0-9]{1,6}", re.ASCII)
_DEFAULT_SHARE = "0.5"


class Arm(Struct, frozen=True, kw_only=True):
    """One arm, as its row shows it."""

    title: str
    visitors: str
    conversion: str
    orders: str
    revenue: str
    per_visitor: str


class Beside(Struct, frozen=True, kw_only=True):
    """What the section shows: which experiments there are, which of them is compared, and what that says."""

    known: Sequence[str]
    name: str
    source: str
    share: str
    currency: str
    is_asked: bool
    arms: Sequence[Arm] = ()
    verdict: str = ""
    problem: str = ""
    found: HoldoutReport | None = None


def beside(office: Office, staff: Staff, asked: Asked, sources: Sequence[SourceRow]) -> Beside | None:
    """An experiment beside what is credited; None for a shop without one in these days."""
    since, until = periods.moments_of(asked.first, asked.last, staff.words.clock)
    known = holdouts.known(staff.tx, office.witnesses, asked.shop, (since, until))
    named = staff.query.get("experiment", "").strip()[:NAME_CHARACTERS_MAX]
    if not known and not named:
        return None
    name = named or next(iter(known))
    earning = [one.source for one in sources if one.source != UNATTRIBUTED]
    source = staff.query.get("beside", "").strip()[:NAME_CHARACTERS_MAX] or (earning[0] if earning else "")
    said = staff.query.get("share", "").strip()
    is_share = _SHARE.fullmatch(said) is not None and Decimal(said) > 0
    share = said if is_share else _DEFAULT_SHARE
    is_eager = known.get(name, 0) <= EAGER_MAX
    shown = Beside(
        known=tuple(known),
        name=name,
        source=source,
        share=share,
        currency=asked.currency,
        is_asked=bool(named) or is_eager,
        problem="" if is_share or not said else "A part of one is a number such as 0.1, of six places at most.",
    )
    if not shown.is_asked:
        return shown
    tried = Tried(
        shop=asked.shop,
        experiment=name,
        since=since,
        until=until,
        currency=asked.currency,
        control_share=Decimal(share),
        source=source,
        model=asked.model,
    )
    return _compared(shown, holdouts.report(staff.tx, office.witnesses, tried), staff.words)


def _compared(shown: Beside, found: HoldoutReport, say: Wording) -> Beside:
    arms = [_arm(title, arm, shown.currency, say) for title, arm in (("Test", found.test), ("Control", found.control))]
    return replace(shown, arms=arms, verdict=_verdict(shown, found, say), found=found)


def _arm(title: str, arm: ArmFigures, currency: str, say: Wording) -> Arm:
    many = arm.visitors
    return Arm(
        title=title,
        visitors=say.number(many),
        conversion=say.percent(arm.buyers / many if many else None, 2),
        orders=say.number(arm.orders),
        revenue=say.money(arm.revenue_minor, currency),
        per_visitor=say.money(round(arm.revenue_minor / many), currency) if many else "–",
    )


def _verdict(shown: Beside, found: HoldoutReport, say: Wording) -> str:
    """What the experiment says beside what is credited, in a sentence."""
    if found.raw.is_withheld:
        return (
            "The arms have sizes that chance hardly makes, so that nothing is concluded: either the assignment is "
            "broken, or another part of the visitors was meant to be in control."
        )
    credited = say.money(found.test.attributed_minor, shown.currency)
    if found.incremental is None:
        return "There are too few visitors yet to say what the experiment proves: thirty in each arm at least."
    earned = found.incremental
    low, high = (say.money(round(end), shown.currency) for end in (earned.low, earned.high))
    sentence = f"The experiment says that the visitors in test bought for {low} to {high} more because of it"
    if not shown.source:
        return f"{sentence}."
    sentence = f"{say.name(shown.source)} is credited with {credited} of their purchases. {sentence}"
    honest = f"; that is {_part(found.calibration, say)} of the credit" if found.calibration else ""
    doubt = " Zero lies between the two: perhaps it changed nothing." if earned.low <= 0 <= earned.high else ""
    return f"{sentence}{honest}.{doubt}"


def _part(one: Interval, say: Wording) -> str:
    return f"{say.percent(float(one.low))} to {say.percent(float(one.high))}"
