"""Cards: one figure each, with what it was before, a small line of its days, and what it means in plain words."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from tillroll.dashboard.meanings import MONEY, PERCENT, Figure
from tillroll.dashboard.wording import Wording

# How wide and high a small line is drawn, in units of its own.
LINE_WIDTH, LINE_HEIGHT = 100.0, 28.0

Values = Mapping[str, int | float | None]
"""Figures by the names of their cards: in minor units, as a share of one, or as they are."""


class Course(Struct, frozen=True, kw_only=True):
    """The figures of some days, of as many days before where they are compared, and of each of the days."""

    now: Values
    before: Values | None
    days: Sequence[Values]


class Card(Struct, frozen=True, kw_only=True):
    """One figure: what it is, what it was before, how it went day by day, and what it means."""

    key: str
    title: str
    value: str
    before: str
    change: str
    trend: str
    line: str
    note: str
    formula: str


def cards(about: Mapping[str, Figure], course: Course, currency: str, say: Wording) -> list[Card]:
    """A card for each of these figures."""
    shown = []
    for key, figure in about.items():
        value, was = course.now[key], course.before[key] if course.before is not None else None
        share = change(value, was)
        shown.append(
            Card(
                key=key,
                title=figure.title,
                value=written(figure, value, currency, say),
                before=written(figure, was, currency, say) if course.before is not None else "",
                change=say.change(share),
                trend=trend(share, is_better_low=figure.is_better_low),
                line=line([one[key] or 0 for one in course.days]),
                note=figure.note,
                formula=figure.formula,
            )
        )
    return shown


def written(figure: Figure, value: int | float | None, currency: str, say: Wording) -> str:
    """A figure as its reader writes it."""
    if figure.kind == MONEY:
        return say.money(None if value is None else int(value), currency)
    return say.percent(value, 2) if figure.kind == PERCENT else say.number(value)


def change(value: float | None, was: float | None) -> float | None:
    """By which share something has become more or less; None where nothing can be said."""
    return value / was - 1 if value is not None and was else None


def trend(share: float | None, *, is_better_low: bool = False) -> str:
    """Whether a change is good news, bad news or none."""
    if share is None or abs(share) < 0.0005:
        return "flat"
    return "good" if (share > 0) != is_better_low else "bad"


def line(values: Sequence[float]) -> str:
    """The points of a small line through these values; none where there is nothing to see."""
    low, high = min([0, *values]), max([0, *values])
    if len(values) < 2 or low == high:
        return ""
    step, scale = LINE_WIDTH / (len(values) - 1), (LINE_HEIGHT - 3) / (high - low)
    points = [(place * step, LINE_HEIGHT - 1.5 - (float(value) - low) * scale) for place, value in enumerate(values)]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
