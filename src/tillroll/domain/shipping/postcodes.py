"""Postal codes as people type them, and whether one lies within a pattern: a whole code, or `*` after its beginning.

Case never counts, nor do blanks around a code. Blanks and hyphens within one are for the eye where all codes of a
country are built alike: `11455`, `114 55` and `114-55` are one. They count where they say how a code is meant: in
Britain `PA6 7` is not `PA67`, and so a whole code is brought into its two parts first, with or without its blank.
"""

import re

from tillroll.domain.typed import Typed

# Where the first part of a code may be a letter or a digit longer, so that its blank says which it is.
_IN_TWO_PARTS = frozenset({"GB", "GG", "IM", "JE"})
_WHOLE = re.compile(r"(?P<district>[a-z]{1,2}[0-9][a-z0-9]?)(?P<place>[0-9][a-z]{2})")
# What may yet become a district: anything longer has begun with the second part.
_DISTRICT = re.compile(r"[a-z]{0,2}|[a-z]{1,2}[0-9][a-z0-9]?")
_FOR_THE_EYE = re.compile(r"[ \-\u2010-\u2013\u2212]")


def is_within(country: str, typed: str, pattern: str) -> bool:
    """Whether a postal code lies within a pattern, which is folded already; `*` alone is everywhere."""
    if pattern == "*":
        return True
    code = Typed(typed).folded
    if not pattern.endswith("*"):
        return _closed(code) == _closed(pattern)
    head = pattern[:-1]
    if country not in _IN_TWO_PARTS or (" " not in head and not _DISTRICT.fullmatch(head)):
        return _closed(code).startswith(_closed(head))
    return _in_two_parts(code).startswith(head)


def _closed(code: str) -> str:
    return _FOR_THE_EYE.sub("", code)


def _in_two_parts(code: str) -> str:
    """A whole British code with its one blank, wherever it was typed; anything else as it is."""
    whole = _WHOLE.fullmatch(_closed(code))
    return f"{whole['district']} {whole['place']}" if whole is not None else code
