"""Emporix's query parameter `sort`: `name:asc,metadata.version:desc`, by the first of them first.

Ascending unless the direction is `desc`. What a document lacks comes last in either direction.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

from msgspec import Struct

from tillroll.dialects.emporix.documents import Document
from tillroll.dialects.emporix.filters import values_at
from tillroll.dialects.emporix.languages import DEFAULT_LANGUAGE
from tillroll.dialects.http import Malformed, Problem

SORT_KEYS_MAX = 10

Item = TypeVar("Item")
_KEY = re.compile(r"^(?P<path>[\w.\-]{1,100})(:(?P<direction>\w*))?$")


class SortKey(Struct, frozen=True):
    """One field to sort by."""

    path: tuple[str, ...]
    descending: bool


def sort_keys(text: str) -> list[SortKey]:
    """The keys of a `sort`; raises Malformed where it can not be read."""
    keys: list[SortKey] = []
    for part in (part.strip() for part in text.split(",")) if text.strip() else ():
        match = _KEY.match(part)
        if match is None or len(keys) == SORT_KEYS_MAX:
            raise Malformed([Problem("sort", "invalid_query_parameter", "not a valid list of fields to sort by")])
        keys.append(SortKey(tuple(match["path"].split(".")), (match["direction"] or "").lower() == "desc"))
    return keys


def in_order(found: Sequence[tuple[Item, Document]], keys: Sequence[SortKey], languages: Sequence[str]) -> list[Item]:
    """The items in the order of these keys; a text in several languages counts in the first of `languages`."""
    ordered = list(found)
    for key in reversed(keys):
        ranked = [(_rank(document, key.path, languages), (item, document)) for item, document in ordered]
        present = [one for one in ranked if one[0] is not None]
        absent = [pair for rank, pair in ranked if rank is None]
        present.sort(key=lambda one: one[0] or (), reverse=key.descending)
        ordered = [pair for _, pair in present] + absent
    return [item for item, _ in ordered]


Rank = tuple[int, Decimal | int | str]


def _rank(document: Document, path: tuple[str, ...], languages: Sequence[str]) -> Rank | None:
    """What a document is sorted by: numbers before texts."""
    value = next(values_at(document, path), None)
    if isinstance(value, dict):
        texts = [value[tag] for tag in (*languages, DEFAULT_LANGUAGE) if tag in value]
        value = next(iter(texts or value.values()), None)
    if isinstance(value, int | Decimal):
        return (0, value)
    return (1, value.casefold()) if isinstance(value, str) else None
