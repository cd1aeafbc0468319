"""What a shop's search brought: sessions, what was clicked in them and after which query, and what was bought."""

from enum import StrEnum

from msgspec import Struct


class Searched(StrEnum):
    """What happened in a search session."""

    SESSION = "session"
    CLICK = "click"
    BANNER = "banner"
    REDIRECT = "redirect"
    CHECKOUT = "checkout"


class SearchTold(Struct, frozen=True, kw_only=True):
    """One event of a session: `name` is what was clicked, `query` what was searched for; `minor` is what was bought for
    in the shop's currency, None where nothing was, or nobody knows."""

    what: Searched
    session: str
    name: str = ""
    query: str = ""
    minor: int | None = None
