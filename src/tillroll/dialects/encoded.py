"""Pairs as forms encode them (`application/x-www-form-urlencoded`), of which there may be so many and no more.

The standard library takes a second and more for a megabyte of pairs or of escaped letters, and everybody else waits.
"""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

FORM_CHARACTERS_MAX = 65_536
PAIRS_MAX = 200

# Parameters that are lists: clients write `fields=a,b`, repeat the name, or say `fields[]=a` and `fields[0]=a`.
_LISTS = frozenset(("codes", "expand", "fields", "keys", "scopes", "sort", "tags"))
_LIST_NAME = re.compile(r"(?P<name>\w+)\[\d{0,4}\]", re.ASCII)


def pairs_of(
    form: str, *, characters_max: int = FORM_CHARACTERS_MAX, pairs_max: int = PAIRS_MAX
) -> list[tuple[str, str]]:
    """The pairs in their order, blank values too; raises ValueError for more, and for what is not UTF-8."""
    if len(form) > characters_max:
        raise ValueError(f"a form has at most {characters_max} characters")
    return parse_qsl(form, keep_blank_values=True, errors="strict", max_num_fields=pairs_max)


def unpacked(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The pairs by name, a list with commas between its parts however it was packed.

    Raises ValueError with the name of a parameter of one value that is given several.
    """
    found: dict[str, str] = {}
    for written, value in pairs:
        match = _LIST_NAME.fullmatch(written)
        name = match["name"] if match is not None and match["name"] in _LISTS else written
        if name in _LISTS:
            found[name] = ",".join(part for part in (found.get(name), value) if part)
        elif found.setdefault(name, value) != value:
            raise ValueError(name)
    return found
