"""What has still to leave a floor: queries above the store, words of the wire below the dialects, rules in them.

The lists in `leftovers_known.py` say how many there are in each file, exactly: whoever takes one away takes it from the
list, and nobody adds one. Every rule takes the root of a source tree and returns what it found there, one line for each
breach.
"""

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.house.floors import names_in_full
from tests.house.leftovers_known import (
    QUERIES_ABOVE_THE_STORE,
    RULES_IN_THE_DIALECTS,
    WIRE_WORDS_BELOW_THE_DIALECTS,
)
from tests.house.tree import Source, nodes, package_sources

# The names by which a transaction runs a query, and what a transaction is called.
RUNS = {"row", "rows", "run", "run_many"}
TRANSACTIONS = {"tx", "_tx"}

VENDORS = re.compile(r"emporix|doofinder|alhena|scout|yaas|hybris|saasag", re.IGNORECASE)
# A struct that is spelled as on the wire, and the wire's own words for what a domain has others for.
SPELLINGS = re.compile(r"rename=\"camel\"|\byrn\b|_yrn\b|\bhashid|\bmixins?\b|\bsaas", re.IGNORECASE)
CAMEL = re.compile(r"[a-z]+(?:[A-Z][a-z0-9]*)+")
# Where a rule comes from may be said anywhere.
CITATION = re.compile(r"docs/(?:wire|dialects)/[\w-]+\.md")

BELOW = ("domain", "store", "engine")


def queries_above_the_store(root: Path, known: Mapping[str, int] = QUERIES_ABOVE_THE_STORE) -> list[str]:
    """Files that run more or fewer named queries than the list says."""
    counted = Counter(
        str(source.path)
        for source in package_sources(root)
        if source.room != "store"
        for node in nodes(source.tree)
        if isinstance(node, ast.Call) and runs_a_query(node)
    )
    return differences(counted, known, "run queries")


def runs_a_query(call: ast.Call) -> bool:
    """Whether a call is `tx.rows(…)` or the like, on a transaction under any of its names."""
    run = call.func
    if not isinstance(run, ast.Attribute) or run.attr not in RUNS:
        return False
    owner = run.value
    name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    return name in TRANSACTIONS


def rules_in_the_dialects(root: Path, known: Mapping[str, int] = RULES_IN_THE_DIALECTS) -> list[str]:
    """Files of dialects that use more or fewer functions of the domain than the list says.

    From the domain a dialect takes structs, constants and reasons; what decides is asked of the engine.
    """
    functions = {
        (*source.module, node.name)
        for source in package_sources(root)
        if source.room == "domain"
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef)
    }
    counted = Counter(
        {
            str(source.path): len(used)
            for source in package_sources(root)
            if source.room == "dialects"
            and (used := {name[1:] for _line, name in names_in_full(source) if name[1:] in functions})
        }
    )
    return differences(counted, known, "functions of the domain are used")


def wire_words_below_the_dialects(root: Path, known: Mapping[str, int] = WIRE_WORDS_BELOW_THE_DIALECTS) -> list[str]:
    """Files with more or fewer lines in a vendor's words than the list says."""
    counted = Counter(
        {str(source.path): len(lines) for source in package_sources(root) if (lines := wire_lines(source))}
    )
    for floor in BELOW:
        for path in sorted((root / "src" / "tillroll" / floor).rglob("*.sql")):
            if "migrations" not in path.parts:
                found = sum(1 for line in path.read_text("utf-8").splitlines() if is_of_the_wire(line))
                counted.update({path.relative_to(root).as_posix(): found} if found else {})
    return differences(counted, known, "lines are in words of the wire")


def wire_lines(source: Source) -> set[int]:
    """The lines of a file below the dialects that have a vendor's word, or a text in the wire's spelling."""
    if source.room not in BELOW:
        return set()
    found = {number for number, line in enumerate(source.text.splitlines(), 1) if is_of_the_wire(line)}
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.STRING and CAMEL.fullmatch(token.string.strip("\"'")):
            found.add(token.start[0])
    return found


def is_of_the_wire(line: str) -> bool:
    """Whether a line has a vendor's name or one of the wire's own words, a citation aside."""
    text = CITATION.sub("", line)
    return bool(VENDORS.search(text) or SPELLINGS.search(text))


def differences(counted: Mapping[str, int], known: Mapping[str, int], what: str) -> list[str]:
    """Where a count is not what the list says."""
    return [
        f"{path}:1: {counted.get(path, 0)} {what}, and the list says {known.get(path, 0)}"
        for path in sorted({*counted, *known})
        if counted.get(path, 0) != known.get(path, 0)
    ]
