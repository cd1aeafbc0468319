"""Where the code says that a rule comes from a page, the page is here and has that chapter and that rule.

    (docs/wire/emporix.md, 5.2 and 6.1 rules 4 to 7)        a page, its chapters, and numbered rules in the last of them
    (6.1 rule 3) · §6.1                                     the same page again: the one that the file has named first

Every rule takes the root of a source tree and returns what it found there, one line for each breach.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.house.tracked import tracked_files
from tests.house.tree import sources
from tests.house.writing import remarks

PAGE = re.compile(r"(?<![\w/.-])(?P<page>docs/[\w/-]+\.md)(?P<rest>(?:`?,\s+)?[^)\n;:`]*)", re.DOTALL)
WIRE = re.compile(r"docs/wire/[\w-]+\.md|\.\./wire/[\w-]+\.md")
# A number alone in brackets, where a sentence ends or a rule is named.
BARE = re.compile(
    r"(?<=[\w.,`\"] )\((?P<rest>\d{1,2}(?:\.\d{1,2})?(?:(?:,? (?:rules?|and|to|row|check) ?[\d., a-z]*)|))\)"
)
PARAGRAPH = re.compile(r"§(?P<rest>\d{1,2}(?:\.\d{1,2})?(?: rules? \d+(?:(?:,| and| to) \d+)*)?)")
NUMBERS = re.compile(
    r"\s*(?:,|and|or|to|-)?\s*(?P<word>rules?|steps?|checks?|rows?|section)?\s*(?P<number>\d+(?:\.\d+)*)"
)
HEADING = re.compile(r"^#{2,4} (?P<number>\d+(?:\.\d+)*)\.? ")
ITEM = re.compile(r"^(?P<number>\d+)\. ")
ITEM_WORDS = ("rule", "step", "check", "row")


class Citation(NamedTuple):
    """A page and what is named of it: chapters as they are, rules after the chapter as `6.1#4`."""

    line: int
    page: str
    places: tuple[str, ...]


def citations_that_lead_nowhere(root: Path) -> list[str]:
    """Pages, chapters and rules that are cited and are not there."""
    return [
        f"{name}:{cited.line}: {cited.page} has no {place or 'file here'}"
        for name, text in texts(root)
        for cited in citations(name, text)
        for place in (cited.places or ("",))
        if not is_there(root, cited.page, place)
    ]


def texts(root: Path) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """What each file says to its readers, with the lines where it says it."""
    for source in sources(root, "src", "tests"):
        if not source.path.is_relative_to("tests/house"):
            yield str(source.path), sorted(remarks(source))
    for path in tracked_files(root):
        if path.suffix in (".sql", ".md") and path.parts[0] not in ("tests", "CHANGELOG.md"):
            yield path.as_posix(), list(enumerate((root / path).read_text("utf-8").splitlines(), 1))


def citations(name: str, said: list[tuple[int, str]]) -> Iterator[Citation]:
    """Every citation of a file."""
    first = wire_page(name, said)
    for line, text in said:
        for match in PAGE.finditer(text):
            yield Citation(line, match["page"], places(match["rest"]))
        rest = PAGE.sub("", text)
        bare = BARE.finditer(rest) if name.startswith("src/") else ()  # in tests it may be a price
        for match in [*bare, *PARAGRAPH.finditer(rest)]:
            yield Citation(line, first, places(match["rest"]))


def wire_page(name: str, said: list[tuple[int, str]]) -> str:
    """The page that a number alone is of: the first that the file names, else that of the file's dialect."""
    for _, text in said:
        if found := WIRE.search(text):
            return found[0].replace("../", "docs/")
    vendor = re.search(r"dialects/(?P<vendor>\w+)", name)
    return f"docs/wire/{vendor['vendor']}.md" if vendor else "docs/wire/emporix.md"


def places(rest: str) -> tuple[str, ...]:
    """The chapters and rules at the beginning of what follows a page's name."""
    found: list[str] = []
    chapter, at, counts_rules = "", 0, False
    rest = rest.lstrip("`, \n")
    while match := NUMBERS.match(rest, at):
        word = (match["word"] or "").removesuffix("s")
        between = rest[at : match.start("number")]
        counts_rules = word in ITEM_WORDS or (counts_rules and "." not in match["number"] and bool(between.strip(", ")))
        if counts_rules or (word in ITEM_WORDS):
            found.append(f"{chapter}#{match['number']}")
        else:
            chapter = match["number"]
            found.append(chapter)
        at = match.end()
    return tuple(found)


def is_there(root: Path, page: str, place: str) -> bool:
    """Whether a page has a chapter, or a rule in a chapter: `14.3` may be the third rule of chapter 14."""
    if not (root / page).is_file():
        return False
    chapters = read(root / page, (root / page).stat().st_mtime_ns)
    chapter, _, rule = place.partition("#")
    if not place or rule:
        return not place or rule in chapters.get(chapter, ())
    outer, _, last = chapter.rpartition(".")
    return chapter in chapters or last in chapters.get(outer, ())


@cache
def read(path: Path, _version: int) -> dict[str, frozenset[str]]:
    """The numbered chapters of a page, and the numbered rules in each."""
    found: dict[str, set[str]] = {}
    chapter = ""
    for line in path.read_text("utf-8").splitlines():
        if heading := HEADING.match(line):
            chapter = heading["number"]
            found[chapter] = set()
        elif (item := ITEM.match(line)) and chapter:
            found[chapter].add(item["number"])
    return {name: frozenset(rules) for name, rules in found.items()}
