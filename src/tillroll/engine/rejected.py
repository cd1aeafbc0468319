"""How what a use case is made of says no: by leaving it with its rejections, which the use case returns.

    find, check, decide ── Rejected ──► the use case ──► Refused, as a value

Only use cases catch it, and nothing else leaves them so: a dialect is given values.
"""

from collections.abc import Iterable

from tillroll.domain.rejections import Reason, Refused, Rejection


class Rejected(Exception):
    """The command can not be done, for these reasons."""

    def __init__(self, *rejections: Rejection) -> None:
        super().__init__(rejections)
        self.refused = Refused(rejections)


def missing(subject: str, message: str) -> Rejected:
    """A value is missing."""
    return Rejected(Rejection(Reason.VALUE_MISSING, subject, message))


def invalid(subject: str, message: str) -> Rejected:
    """A value can not be what it is."""
    return Rejected(Rejection(Reason.VALUE_INVALID, subject, message))


def refuse_if(rejections: Iterable[Rejection | None]) -> None:
    """Leave with those of these that are rejections, if any are."""
    found = [rejection for rejection in rejections if rejection is not None]
    if found:
        raise Rejected(*found)
