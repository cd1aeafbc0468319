"""Rows are locked by one module, which knows the order: `engine/locks.py`.

A query locks where its name begins with `lock_`, where its text says so, or where it is a write that is there for its
lock. Whoever runs one in the store is called by that module alone; what only one slice locks, and nothing else beside
it, that slice locks itself. Every rule takes the root of a source tree and returns what it found there, one line for
each breach.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.floors import names_in_full
from tests.house.leftovers import runs_a_query
from tests.house.tree import PACKAGE, Source, nodes, package_sources

LOCKS = ("engine", "locks")

# Writes that make the row which is then locked: of two that make the same one, the later waits.
LOCKING_WRITES = {"open_delivery_counter"}

# Modules that lock rows of their own slice and no others beside them. The list may only become shorter.
ALONE = {
    "engine/access/access.py",
    "engine/customers/customers.py",
    "engine/customers/login.py",
    "engine/inventory/applications.py",
    "engine/inventory/items.py",
    "engine/outbox/lanes.py",
    "engine/search/carts.py",
    "engine/storefronts/storefronts.py",
}

_QUERY = re.compile(r"^-- name: (\w+)!?$(.*?)(?=^-- name: |\Z)", re.MULTILINE | re.DOTALL)
# Who skips what is locked waits for nobody.
_LOCKING_TEXT = re.compile(
    r"\bFOR\s+(?:NO\s+KEY\s+)?(?:UPDATE|SHARE)\b(?!\s+SKIP)|pg_advisory_xact_lock|\bLOCK\s+TABLE\b"
)


def locks_taken_elsewhere(root: Path, alone: set[str] = ALONE) -> list[str]:
    """Places above the store, outside of the module of locks, where a lock is taken."""
    return [
        finding
        for source, found in locks_of_modules(root)
        if source.module != LOCKS and path_of(source) not in alone
        for finding in found
    ]


def modules_without_a_lock(root: Path, alone: set[str] = ALONE) -> list[str]:
    """Modules that are said to lock alone, and lock nothing."""
    locking = {path_of(source) for source, found in locks_of_modules(root) if found}
    return [f"src/{PACKAGE}/{path}:1: locks nothing" for path in sorted(alone - locking)]


def path_of(source: Source) -> str:
    """The path of a module below the package."""
    return "/".join(source.path.parts[2:])


def locks_of_modules(root: Path) -> list[tuple[Source, list[str]]]:
    """Where each module above the store runs a query that locks, or knows a function of the store that does."""
    queries, functions = locking_queries(root), functions_that_lock(root)
    above = [source for source in package_sources(root) if source.room != "store"]
    return [(source, locks_of(source, queries, functions)) for source in above]


def locks_of(source: Source, queries: set[str], lockers: set[tuple[str, ...]]) -> list[str]:
    """The same for one module, of these queries and functions."""
    return [
        source.finding(node.lineno, "runs a query that locks: that is for engine/locks.py")
        for node in nodes(source.tree)
        if isinstance(node, ast.Call) and is_run_of(node, queries)
    ] + [
        source.finding(line, f"knows {'.'.join(name[1:])}, which locks: that is for engine/locks.py")
        for line, name in names_in_full(source)
        if name[:1] == (PACKAGE,) and name[1:] in lockers
    ]


def functions_that_lock(root: Path) -> set[tuple[str, ...]]:
    """The functions of the store's slices that run a query which locks, by their full names below the package."""
    locking = locking_queries(root)
    return {
        (*source.module, function.name)
        for source in package_sources(root)
        if source.room == "store" and len(source.module) > 2
        for function in source.tree.body
        if isinstance(function, ast.FunctionDef) and any(is_run_of(node, locking) for node in ast.walk(function))
    }


def is_run_of(node: ast.AST, names: set[str]) -> bool:
    """Whether a node runs one of these queries."""
    if not isinstance(node, ast.Call) or not runs_a_query(node) or not node.args:
        return False
    first = node.args[0]
    return isinstance(first, ast.Constant) and first.value in names


def locking_queries(root: Path) -> set[str]:
    """The names of the queries that lock, on either database."""
    return {name for name, text in named_queries(root) if locks(name, text)}


def locks(name: str, text: str) -> bool:
    """Whether a query locks rows: by its name, by its text, or as the house has it."""
    return name.startswith("lock_") or name in LOCKING_WRITES or bool(_LOCKING_TEXT.search(text))


def named_queries(root: Path) -> Iterator[tuple[str, str]]:
    """Every named query of the store's slices."""
    for path in sorted((root / "src" / PACKAGE / "store").glob("*/*.sql")):
        for name, text in _QUERY.findall(path.read_text("utf-8")):
            lines = [line for line in text.splitlines() if not line.startswith("--")]
            yield name, "\n".join(lines)


def locks_under_another_name(root: Path) -> list[str]:
    """Queries that lock by their text, and functions of the store that do, whose names do not say so."""
    return [
        f"src/{PACKAGE}/store:1: the query {name} locks: call it lock_…"
        for name, text in named_queries(root)
        if locks(name, text) and not name.startswith("lock_") and name not in LOCKING_WRITES
    ]
