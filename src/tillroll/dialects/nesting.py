"""How deeply a body may be nested: what is read at one depth of calls has to be written out again at another one."""

from typing import Any

LEVELS_MAX = 64


def is_too_deep(json: bytes, document: object) -> bool:
    """Whether a body, and what was decoded of it, has more levels than that; one with few brackets has not."""
    return json.count(b"[") + json.count(b"{") > LEVELS_MAX and _is_deeper(document)


def _is_deeper(document: object) -> bool:
    level: list[Any] = [document]
    for _ in range(LEVELS_MAX):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return False
    return True
