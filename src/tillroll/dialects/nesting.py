"""How deeply a body may be nested: what is read at one depth of calls has to be written out again at another one."""

from tillroll.dialects.http import Problem
from tillroll.domain.values import NESTING_LEVELS_MAX, nesting_rejection

LEVELS_MAX = NESTING_LEVELS_MAX


def is_too_deep(json: bytes, document: object) -> bool:
    """Whether a body, and what was decoded of it, has more levels than that; one with few brackets has not."""
    return json.count(b"[") + json.count(b"{") > LEVELS_MAX and nesting_problem(document) is not None


def nesting_problem(document: object) -> Problem | None:
    """What is wrong with a decoded document that is nested too deeply to be kept, if anything."""
    rejection = nesting_rejection(document)
    return Problem("", "invalid_value", rejection.message) if rejection is not None else None
