"""Pairs as forms encode them (`application/x-www-form-urlencoded`), of which there may be so many and no more.

The standard library takes a second and more for a megabyte of pairs or of escaped letters, and everybody else waits.
"""

from urllib.parse import parse_qsl

FORM_CHARACTERS_MAX = 65_536
PAIRS_MAX = 200


def pairs_of(
    form: str, *, characters_max: int = FORM_CHARACTERS_MAX, pairs_max: int = PAIRS_MAX
) -> list[tuple[str, str]]:
    """The pairs in their order, blank values too; raises ValueError for more, and for what is not UTF-8."""
    if len(form) > characters_max:
        raise ValueError(f"a form has at most {characters_max} characters")
    return parse_qsl(form, keep_blank_values=True, errors="strict", max_num_fields=pairs_max)
