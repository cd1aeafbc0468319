"""Touches: the interactions that may earn a part of a sale, as attribution sees them.

A touch says what happened and when; whether it counts is decided by rules (`paths`), and how much it earns by a model
(`models`). Times are microseconds since 1970, UTC; gaps and windows are microseconds, too.
"""

from msgspec import Struct

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR

# The sources that Tillroll's own reports have. Those of a visit's first page are named by `sources`, and whatever a
# reporter names besides is a source of its own: the list is open.
SEARCH = "search"
SEARCH_SESSION = "search_session"
BANNER = "banner"
REDIRECT = "redirect"
CHAT = "chat"
FAQ = "faq"
NUDGE = "nudge"
DIRECT = "direct"


class Touch(Struct, frozen=True):
    """One interaction that may earn credit.

    `position` is that of its event in the ledger: of two touches at one time the one with the lower position came
    first. `source` is a word, or a family and a name: `search`, `campaign:spring`. `product` is the product that it was
    about, and `session` the vendor's session that it was in. `is_helpful` is what was said of an answer, None where
    nobody said anything. `is_direct` is a visit that nothing else led to.
    """

    position: int
    at: int
    source: str
    product: str | None = None
    is_direct: bool = False
    session: str | None = None
    is_helpful: bool | None = None


def in_order(touch: Touch) -> tuple[int, int]:
    """What touches are sorted by: their time, then their position in the ledger."""
    return touch.at, touch.position


def family(source: str) -> str:
    """The first word of a source: `campaign` for `campaign:spring`, and the source itself where it has one word."""
    return source.partition(":")[0]
