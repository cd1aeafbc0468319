"""How a file is written: SQL in the store only, sizes, documentation, no loose ends, no floats in money's room.

Every rule takes the root of a source tree and returns what it found there, one line for each breach.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.house.tree import PACKAGE, Function, Source, docstrings, nodes, package_sources, sources

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70

# Capitals anywhere in a string, or a string that begins as a statement in lower case; "Select a shop from the list" and
# "update the set now" are English.
SQL = re.compile(
    r"\bSELECT\b.+?\bFROM\b|\bINSERT\s+(?:OR\s+\w+\s+)?INTO\b|\bUPDATE\s+\S+\s+SET\b|\bDELETE\s+FROM\b"
    r"|\A\s*(?:select\b.+?\bfrom\b|insert\s+into\b|update\s+\S+\s+set\s+\S+\s*=|delete\s+from\b)",
    re.DOTALL,
)

MARKS = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
# A file's tokens would take fifty times as long.
STRINGS_AND_COMMENTS = re.compile(
    r""""{3}(?:[^\\]|\\.)*?"{3}|'{3}(?:[^\\]|\\.)*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|(?P<comment>#[^\n]*)""",
    re.DOTALL,
)
MARKED_SUFFIXES = {".css", ".html", ".js", ".sql"}

# Who reads a date as a moment or a day, and why it is neither the beginning nor the end of anything. Whatever begins or
# ends asks `domain/times.py`, where a day alone is a whole day: this list may only become shorter.
DATES_READ = frozenset(
    {
        "src/tillroll/domain/times.py",
        # The time of day of a cut-off, and whether a text can be read at all.
        "src/tillroll/domain/delivery/delivery.py",
        "src/tillroll/dialects/emporix/delivery/checks.py",
        "src/tillroll/dialects/emporix/coupons/coupons.py",
        "src/tillroll/dialects/emporix/prices/lists.py",
        "src/tillroll/dialects/emporix/quotes/requests.py",
        "src/tillroll/dialects/emporix/wire/fields.py",
        # The day of a delivery that was agreed elsewhere.
        "src/tillroll/dialects/emporix/orders/compose.py",
        "src/tillroll/dialects/emporix/orders/view.py",
        # Days that are counted as such, both ends included; and the day on which something was bought or sold.
        "src/tillroll/dialects/native/events.py",
        "src/tillroll/dialects/scout/wording.py",
    }
)
DATE_READERS = {"fromisoformat", "strptime", "instant"}

# Who makes bytes of an answer, and from which status on that answer is a no.
MAKERS_OF_BYTES = {"respond", "Response"}
REFUSED_FROM = 400

CATCH_ALL = {"Exception", "BaseException"}


def sql_outside_the_store(root: Path) -> list[str]:
    """SQL in the strings, and in files of SQL, of every room but the store."""
    strings = [
        source.finding(line, "SQL outside the store")
        for source in package_sources(root)
        if source.room != "store"
        for line, text in code_strings(source.tree)
        if SQL.search(text)
    ]
    package = root / "src" / PACKAGE
    rooms = {package / "store", package / "simulator"}  # the latter is a provider of its own, with its own file
    files = [path.relative_to(root) for path in package.rglob("*.sql") if rooms.isdisjoint(path.parents)]
    return strings + [f"{path.as_posix()}:1: SQL outside the store" for path in files]


def code_strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The strings of a file that are not documentation; an f-string counts whole, with ? for what is filled in."""
    ignored = {id(node) for node in docstrings(tree)}
    for node in nodes(tree):
        if isinstance(node, ast.JoinedStr):
            ignored.update(id(part) for part in node.values)
            parts = (str(part.value) if isinstance(part, ast.Constant) else "?" for part in node.values)
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in ignored:
            yield node.lineno, node.value


def files_too_long(root: Path) -> list[str]:
    """Files of the package and the tests with more lines than anybody reads at once."""
    return [
        source.finding(lines, f"{lines} lines, {FILE_LINES_MAX} at most")
        for source in sources(root, "src", "tests")
        if (lines := len(source.text.splitlines())) > FILE_LINES_MAX
    ]


def functions_too_long(root: Path) -> list[str]:
    """Functions of the package and the tests with more lines than a screen has; decorators are not counted."""
    return [
        source.finding(node.lineno, f"{node.name} has {lines} lines, {FUNCTION_LINES_MAX} at most")
        for source in sources(root, "src", "tests")
        for node in nodes(source.tree)
        if isinstance(node, Function)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]


def undocumented(root: Path) -> list[str]:
    """Modules of the package, and their public classes and functions, without a docstring."""
    return [
        source.finding(getattr(node, "lineno", 1), f"{getattr(node, 'name', 'the module')} has no docstring")
        for source in package_sources(root)
        for node in public_parts(source.tree)
        if not (ast.get_docstring(node) or "").strip()
    ]


def public_parts(tree: ast.Module) -> Iterator[ast.Module | ast.ClassDef | Function]:
    """The module, and the classes and functions at its top level that other modules may use."""
    yield tree
    for node in tree.body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            yield node


def loose_ends(root: Path) -> list[str]:
    """Marks of unfinished work, in comments and docstrings of Python, and anywhere in the files beside it."""
    python = [
        source.finding(line, "a loose end")
        for source in sources(root, "src", "tests")
        for line, text in remarks(source)
        if MARKS.search(text)
    ]
    beside = [path for path in sorted((root / "src").rglob("*")) if path.suffix in MARKED_SUFFIXES]
    return python + [
        f"{path.relative_to(root).as_posix()}:{number}: a loose end"
        for path in beside
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if MARKS.search(line)
    ]


def remarks(source: Source) -> Iterator[tuple[int, str]]:
    """What a file says to its readers."""
    for node in docstrings(source.tree):
        yield node.lineno, str(node.value)
    yield from comments(source.text)


@cache
def comments(text: str) -> tuple[tuple[int, str], ...]:
    """The comments of a file, each with its line."""
    found = ((match.start(), match["comment"]) for match in STRINGS_AND_COMMENTS.finditer(text) if match["comment"])
    return tuple((text.count("\n", 0, start) + 1, comment) for start, comment in found)


def floats_in_domain(root: Path) -> list[str]:
    """Numbers with a binary fraction in the room that calculates money."""
    return [
        source.finding(node.lineno, f"the float {node.value}")
        for source in package_sources(root)
        if source.room == "domain"
        for node in nodes(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex)
    ]


def dates_read_elsewhere(root: Path) -> list[str]:
    """Readings of a date that may take a day, which is meant to its end, for its first moment."""
    return [
        source.finding(node.lineno, f"{last_name(node.func)} reads a date: a day alone may be the end of something")
        for source in package_sources(root)
        if str(source.path) not in DATES_READ
        for node in nodes(source.tree)
        if isinstance(node, ast.Call) and last_name(node.func) in DATE_READERS
    ]


def refusals_in_bytes(root: Path) -> list[str]:
    """Refusals of Emporix's slices that are bytes already, so that nobody could put them into another answer."""
    return [
        source.finding(node.lineno, "a refusal is made of bytes: return a Refusal")
        for source in package_sources(root)
        if source.path.parts[2:4] == ("dialects", "emporix")
        for node in nodes(source.tree)
        if isinstance(node, ast.Call) and last_name(node.func) in MAKERS_OF_BYTES
        if node.args and isinstance(status := node.args[0], ast.Constant)
        if isinstance(status.value, int) and status.value >= REFUSED_FROM
    ]


def swallowed_exceptions(root: Path) -> list[str]:
    """Handlers that catch everything, bugs included, and go on as if nothing had happened."""
    return [
        source.finding(node.lineno, "swallows every exception")
        for source in sources(root, "src", "tests")
        for node in nodes(source.tree)
        if (isinstance(node, ast.ExceptHandler) and swallows(node))
        or (isinstance(node, ast.Call) and suppresses_everything(node))
    ]


def swallows(handler: ast.ExceptHandler) -> bool:
    """Whether a handler catches everything and does nothing with it; a bare `except` has to raise again."""
    if handler.type is None:
        return not any(isinstance(node, ast.Raise) for node in ast.walk(handler))
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(last_name(one) in CATCH_ALL for one in caught) and all(does_nothing(node) for node in handler.body)


def does_nothing(statement: ast.stmt) -> bool:
    """Whether a statement only passes on: pass, continue, break, a lone constant, or the return of one."""
    if isinstance(statement, ast.Expr | ast.Return):
        return statement.value is None or isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass | ast.Continue | ast.Break)


def suppresses_everything(call: ast.Call) -> bool:
    """Whether a call is `suppress(Exception)`, which is the same in one line."""
    return last_name(call.func) == "suppress" and any(last_name(one) in CATCH_ALL for one in call.args)


def last_name(node: ast.expr) -> str:
    """`c` for the expressions c and a.b.c; empty for any other."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
