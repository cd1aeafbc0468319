"""The source tree as the house rules read it: files, their syntax, what they import, what documents them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "tillroll"

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | Function


class Source(NamedTuple):
    """One Python file: its path below the root, and its text."""

    path: PurePosixPath
    text: str

    @property
    def tree(self) -> ast.Module:
        """The file's syntax; a file that is no Python fails here, with its name."""
        return parsed(self.text, str(self.path))

    @property
    def module(self) -> tuple[str, ...]:
        """The parts of the module's name below ours, e.g. ("store", "sqlite"); `__init__` is not a part."""
        parts = self.path.with_suffix("").parts[2:]
        return parts[:-1] if parts[-1] == "__init__" else parts

    @property
    def room(self) -> str:
        """The first part of the module's name; empty for the package's own file."""
        return self.module[0] if self.module else ""

    def finding(self, line: int, says: str) -> str:
        """One broken rule, as an editor can jump to it."""
        return f"{self.path}:{line}: {says}"


class Import(NamedTuple):
    """One imported name in full, and where: `from a.b import c` imports ("a", "b", "c")."""

    line: int
    parts: tuple[str, ...]


@cache
def parsed(text: str, name: str) -> ast.Module:
    """The syntax of a text; cached, because every rule reads every file."""
    return ast.parse(text, name)


@cache
def nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    """All nodes of a syntax, from the outside in; cached, because to walk there takes as long as to parse."""
    return tuple(ast.walk(tree))


def sources(root: Path, *folders: str) -> list[Source]:
    """The Python files below the given folders of the root, in order."""
    return list(_house_sources(*folders) if root == ROOT else _sources(root, *folders))


@cache
def _house_sources(*folders: str) -> list[Source]:
    """The same of this house, which stays as it is while it is looked at."""
    return _sources(ROOT, *folders)


def _sources(root: Path, *folders: str) -> list[Source]:
    paths = sorted(path for folder in folders for path in (root / folder).rglob("*.py"))
    return [Source(PurePosixPath(path.relative_to(root).as_posix()), path.read_text("utf-8")) for path in paths]


def package_sources(root: Path) -> list[Source]:
    """The Python files of the package itself."""
    return sources(root, f"src/{PACKAGE}")


def imports(source: Source) -> Iterator[Import]:
    """Everything that the file imports, at any depth, under `if TYPE_CHECKING` too."""
    for node in nodes(source.tree):
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, tuple(alias.name.split("."))) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = imported_module(source, node)
            yield from (Import(node.lineno, (*origin, alias.name)) for alias in node.names)


def imported_module(source: Source, node: ast.ImportFrom) -> tuple[str, ...]:
    """The module after `from`, with a relative one made absolute."""
    named = tuple(node.module.split(".")) if node.module else ()
    if not node.level:
        return named
    folder = (PACKAGE, *source.path.parts[2:-1])
    return (*folder[: len(folder) - node.level + 1], *named)


def docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    """The strings that document a module, a class or a function."""
    for node in nodes(tree):
        if isinstance(node, Documented) and ast.get_docstring(node, clean=False) is not None:
            first = node.body[0]
            assert isinstance(first, ast.Expr)
            assert isinstance(first.value, ast.Constant)
            yield first.value
