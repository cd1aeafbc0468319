"""What of a body can not be kept: what is nested too deeply, and a NUL character.

What is read at one depth of calls has to be written out again at another one.
"""

import re

from tillroll.dialects.http import Problem
from tillroll.domain.values import NESTING_LEVELS_MAX, nesting_rejection

LEVELS_MAX = NESTING_LEVELS_MAX

_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def is_too_deep(json: bytes, document: object) -> bool:
    """Whether a body, and what was decoded of it, has more levels than that; one with few brackets has not."""
    return may_be_too_deep(json) and nesting_problem(document) is not None


def may_be_too_deep(json: bytes) -> bool:
    """Whether a body has brackets for more levels than that, so that it is worth while to count them."""
    return json.count(b"[") + json.count(b"{") > LEVELS_MAX


def nesting_problem(document: object) -> Problem | None:
    """What is wrong with a decoded document that is nested too deeply to be kept, if anything."""
    rejection = nesting_rejection(document)
    return Problem("", "invalid_value", rejection.message) if rejection is not None else None


def holds_nul(json: bytes) -> bool:
    """Whether a NUL character is written in some JSON, which no database keeps as text.

    Behind an escaped backslash, `u0000` are five letters like any other.
    """
    return b"\\u0000" in json and _ESCAPED_NUL.search(json) is not None
