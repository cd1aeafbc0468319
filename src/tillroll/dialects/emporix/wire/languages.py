"""Localised texts: a plain string in one language, or a map from language to text (docs/wire/emporix.md, 1).

    Content-Language: de     + "Becher"             ──► {"de": "Becher"} is stored
    Content-Language absent  + "Becher"             ──► "Becher" is stored, in the default language
    Accept-Language: *       + stored               ──► a map
    Accept-Language: de, en  + {"de": …, "en": …}   ──► "Becher"
    Accept-Language absent   + stored               ──► as stored

Which languages a shop speaks is not checked: every language tag is accepted.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from tillroll.dialects.http import Inbound

# The language of plain strings that came without a Content-Language.
DEFAULT_LANGUAGE = "en"

# A browser sends five or so.
LANGUAGES_MAX = 20

EVERY_LANGUAGE = "*"
_TAG = re.compile(r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")
_WEIGHT = re.compile(r"^q=(?P<weight>[01](\.\d{1,3})?)$")

Path = tuple[str, ...]


def accepted(inbound: Inbound) -> list[str]:
    """The languages of `Accept-Language`, best first: none where it is absent, `*` alone where all are asked for."""
    weighted: list[tuple[Decimal, str]] = []
    for part in inbound.header(b"accept-language").split(",")[:LANGUAGES_MAX]:
        tag, _, parameter = part.strip().partition(";")
        weight = _WEIGHT.match(parameter.replace(" ", ""))
        if tag.strip() == EVERY_LANGUAGE or _TAG.match(tag.strip()):
            weighted.append((Decimal(weight["weight"]) if weight else Decimal(1), tag.strip()))
    languages = [tag for weight, tag in sorted(weighted, key=lambda one: -one[0]) if weight > 0]
    if languages[:1] == [EVERY_LANGUAGE]:
        return [EVERY_LANGUAGE]
    return [tag for tag in languages if tag != EVERY_LANGUAGE]


def content_language(inbound: Inbound) -> str | None:
    """The one language of `Content-Language`; None where it is absent, `*` or several."""
    tag = inbound.header(b"content-language").strip()
    return tag if _TAG.match(tag) else None


def speak(document: Any, paths: Sequence[Path], languages: list[str]) -> None:
    """Turn the localised texts of a document into what these languages ask for; a path's `[]` means every element."""
    if not languages:
        return
    for path in paths:
        for holder, name in _places(document, path):
            holder[name] = _as_map(holder[name]) if languages == [EVERY_LANGUAGE] else _text_in(holder[name], languages)


def note_language(document: Any, paths: Sequence[Path], language: str | None) -> None:
    """Turn the plain strings of a document into maps where the client has named their language."""
    if language is None:
        return
    for path in paths:
        for holder, name in _places(document, path):
            if isinstance(holder[name], str):
                holder[name] = {language: holder[name]}


def _places(document: Any, path: Path) -> Iterator[tuple[Any, str]]:
    first, rest = path[0], path[1:]
    if first == "[]":
        for element in document if isinstance(document, list | tuple) else ():
            yield from _places(element, rest)
    elif isinstance(document, dict) and first in document:
        if rest:
            yield from _places(document[first], rest)
        else:
            yield document, first


def _as_map(text: Any) -> Any:
    return {DEFAULT_LANGUAGE: text} if isinstance(text, str) else text


def _text_in(text: Any, languages: list[str]) -> Any:
    """The text in the first of these languages that it has, else in the default language, else in any."""
    if not isinstance(text, dict) or not text:
        return text
    for language in [*languages, DEFAULT_LANGUAGE]:
        for tag in (language, language.partition("-")[0]):
            if tag in text:
                return text[tag]
    return next(iter(text.values()))
