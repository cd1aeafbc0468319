"""Paths: of everything that happened before a purchase, what may earn credit for it, and why the rest may not.

    touches of a visitor ──► path(…) ──► Candidate, Candidate, …        each with the rule that took or refused it
                                             └──► taken(…) ──► the touches that a model weighs

Nothing of this is stored with the touches: a window is applied whenever somebody asks, so that it can be changed later.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct, field

from tillroll.domain.attribution.touches import DAY, Touch, family, in_order

# What shops are used to: most systems that let somebody choose begin with it.
WINDOW_DEFAULT = 30 * DAY
# A window without an end, as far as anybody shops; a number that every JSON parser keeps.
FOREVER = 100 * 365 * DAY


class Rule(StrEnum):
    """Why a touch was taken or refused; of several reasons the first of this list."""

    AFTER_ORDER = "after_order"
    SOURCE_NOT_COUNTED = "source_not_counted"
    OUTSIDE_WINDOW = "outside_window"
    BEFORE_PREVIOUS_ORDER = "before_previous_order"
    NOT_HELPFUL = "not_helpful"
    OTHER_SESSION = "other_session"
    OTHER_PRODUCT = "other_product"
    TAKEN = "taken"


class Windows(Struct, frozen=True):
    """Which touches count, and for how long, in microseconds; both ends of a window belong to it.

    A source has the window of its own name, else that of its family, else `default`; None says that it never counts.
    `needs_helpful` refuses answers that somebody called unhelpful; one of which nobody said anything counts.
    """

    default: int | None = WINDOW_DEFAULT
    by_source: Mapping[str, int | None] = field(default_factory=dict)
    ends_at_previous_order: bool = False
    needs_helpful: bool = False
    needs_session: bool = False
    needs_product: bool = False

    def of(self, source: str) -> int | None:
        """The window of a source."""
        if source in self.by_source:
            return self.by_source[source]
        return self.by_source.get(family(source), self.default)


class Occasion(Struct, frozen=True):
    """What rules may ask of a purchase or of one line of it, where it is known.

    `product` is the line's, `session` the vendor's session in which it was bought, and `previous_at` the time of the
    visitor's order before this one.
    """

    product: str | None = None
    session: str | None = None
    previous_at: int | None = None


ANY_OCCASION = Occasion()


class Candidate(Struct, frozen=True):
    """A touch, with the rule that took or refused it.

    `gap` is how long before the order it was, below zero where it came later. `is_match` says that it was about the
    very product: what such touches earn is direct revenue, the rest of what is attributed is the halo.
    """

    touch: Touch
    rule: Rule
    gap: int
    is_match: bool

    @property
    def is_taken(self) -> bool:
        """Whether the touch may earn credit."""
        return self.rule is Rule.TAKEN


def path(
    touches: Iterable[Touch], ordered_at: int, windows: Windows, occasion: Occasion = ANY_OCCASION
) -> list[Candidate]:
    """Every touch with the rule that took or refused it, in the order of time, whatever order they came in."""
    return [
        Candidate(
            touch,
            _rule(touch, ordered_at, windows, occasion),
            ordered_at - touch.at,
            touch.product is not None and touch.product == occasion.product,
        )
        for touch in sorted(touches, key=in_order)
    ]


def taken(candidates: Iterable[Candidate]) -> list[Touch]:
    """The touches that may earn credit, in their order."""
    return [candidate.touch for candidate in candidates if candidate.is_taken]


def _rule(touch: Touch, ordered_at: int, windows: Windows, occasion: Occasion) -> Rule:
    """The first rule that refuses a touch, else that which takes it."""
    window = windows.of(touch.source)
    if touch.at > ordered_at:
        return Rule.AFTER_ORDER
    if window is None:
        return Rule.SOURCE_NOT_COUNTED
    if touch.at < ordered_at - window:
        return Rule.OUTSIDE_WINDOW
    # What happened at the time of the previous order belongs to that one: its own window is closed there.
    previous_at = occasion.previous_at
    if windows.ends_at_previous_order and previous_at is not None and touch.at <= previous_at:
        return Rule.BEFORE_PREVIOUS_ORDER
    return _match(touch, windows, occasion)


def _match(touch: Touch, windows: Windows, occasion: Occasion) -> Rule:
    """As `_rule`, for what is asked of the interaction itself."""
    if windows.needs_helpful and touch.is_helpful is False:
        return Rule.NOT_HELPFUL
    if windows.needs_session and (touch.session is None or touch.session != occasion.session):
        return Rule.OTHER_SESSION
    if windows.needs_product and (touch.product is None or touch.product != occasion.product):
        return Rule.OTHER_PRODUCT
    return Rule.TAKEN
