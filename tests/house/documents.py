"""What the documents say about the house, compared with the house itself.

Every rule takes the root of a source tree, reads the documents there, and returns what is wrong in them, one line for
each breach. What is compared with (routes, settings, reasons, commands) is asked from the code that is installed.
"""

import ast
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from tests.house.floors import FLOORS
from tests.house.tracked import logical_lines, tracked_files
from tests.house.tree import nodes, package_sources
from tests.house.writing import code_strings
from tillroll import __version__
from tillroll.cli import main
from tillroll.dialects import native
from tillroll.dialects.doofinder import routes as doofinder
from tillroll.dialects.doofinder.errors import V2, SearchService
from tillroll.dialects.emporix import routes as emporix
from tillroll.dialects.emporix.wire.errors import SERVICES
from tillroll.dialects.emporix.wire.rejections import CHECKOUT_DETAILS
from tillroll.dialects.emporix.wire.secured import CUSTOMERS, SHOPPERS, Secured, back_office
from tillroll.dialects.http import Route
from tillroll.dialects.native.callers import Scoped
from tillroll.dialects.passwords import Passwords
from tillroll.engine.access.admission import Gates
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.settings import Settings

HOUSE = "HOUSE.md"
CHANGELOG = "CHANGELOG.md"
EMPORIX = "docs/dialects/emporix.md"
ENDPOINTS = "docs/dialects/emporix-endpoints.md"
OPERATING = "docs/operating.md"
DOOFINDER = "docs/dialects/doofinder.md"
NATIVE = "docs/dialects/native.md"
DECISIONS = "docs/decisions"
DEPENDENCIES = f"{DECISIONS}/0003-dependencies.md"

# Each dialect's document, and its route table.
DIALECTS: Mapping[str, Callable[[], Sequence[Route]]] = {
    EMPORIX: lambda: emporix.routes(Settings(), Catalogue(), Passwords(1)),
    DOOFINDER: lambda: doofinder.routes(Gates(), Settings()),
    NATIVE: native.routes,
}

# A record that is longer is a paper; what it says besides belongs into the code or another document.
RECORD_LINES_MAX = 60
RECORD_CHAPTERS = ["Context", "Decision", "Not chosen"]

PLACE = re.compile(r"\{\w+\}")
LINK = re.compile(r"\]\((?!https?:|#)(?P<target>[^)#\s]+)")
COMMAND = re.compile(r"(?:^|[`\s(])tillroll (?P<words>[a-z]+(?:-[a-z]+)*(?: [a-z]+(?:-[a-z]+)*){0,2})", re.MULTILINE)
VERB = re.compile(r"(?:^|`)make (?P<verb>[a-z][a-z-]*)", re.MULTILINE)


def table(root: Path, document: str, first_column: str) -> list[list[str]]:
    """The rows of every table in the document whose first column has this heading; code marks are taken off."""
    rows: list[list[str]] = []
    is_inside = False
    for line in (root / document).read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            is_inside = False
        elif cells[0] == first_column:
            is_inside = True
        elif is_inside and not set(cells[0]) <= {"-"}:
            rows.append([bare(cell) for cell in cells])
    return rows


def bare(cell: str) -> str:
    """A cell without the marks around code, where it is nothing but code."""
    return cell[1:-1] if cell.startswith("`") and cell.endswith("`") and cell.count("`") == 2 else cell


def differences(document: str, documented: Iterable[object], real: Iterable[object], what: str) -> list[str]:
    """What is documented and not there, is there and not documented, or is documented twice."""
    said = [str(one) for one in documented]
    known = {str(one) for one in real}
    return [
        *(f"{document}: {what} {one} does not exist" for one in sorted(set(said) - known)),
        *(f"{document}: {what} {one} is not documented" for one in sorted(known - set(said))),
        *(
            f"{document}: {what} {one} is documented twice"
            for one in sorted({one for one in said if said.count(one) > 1})
        ),
    ]


def rooms(root: Path) -> list[str]:
    """Modules without a room in HOUSE.md, rooms there without a module, and floors that the tests do not keep."""
    documented = {row[0]: row[1] for row in table(root, HOUSE, "room")}
    real = {source.room for source in package_sources(root) if source.module}
    return differences(HOUSE, documented, real, "the room") + [
        f"{HOUSE}: {room} is on floor {FLOORS[room]}, not {floor}"
        for room, floor in documented.items()
        if room in FLOORS and str(FLOORS[room]) != floor
    ]


class Endpoint(NamedTuple):
    """One route as the document has it."""

    method: str
    path: str
    who: str

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({self.who})"


def routes(root: Path) -> list[str]:
    """Routes of a dialect that are missing in its document or have gone, and callers that are others."""
    found = []
    for document, routes_of in DIALECTS.items():
        documented = [Endpoint(row[0], row[1], row[2]) for row in table(root, document, "method")]
        real = [Endpoint(one.method, one.path, who(one)) for one in routes_of()]
        found += differences(document, documented, real, "the route")
    return found


def endpoints(root: Path) -> list[str]:
    """Endpoints that are said to be done and are not, and others about which nothing is said."""
    real = {(one.method, PLACE.sub("{}", one.path)) for one in emporix.routes(Settings(), Catalogue(), Passwords(1))}
    found = []
    for endpoint, state, *_ in table(root, ENDPOINTS, "documented endpoint"):
        methods, _, path = endpoint.partition(" `")
        there = [(method, PLACE.sub("{}", path.rstrip("`"))) in real for method in methods.split(", ")]
        if state == "done" and not all(there):
            found.append(f"{ENDPOINTS}: {endpoint} is not done")
        if state != "done" and not state.startswith(("left out: ", "not yet")):
            found.append(f"{ENDPOINTS}: {endpoint} is neither done nor left out for a reason")
    return found


def who(route: Route) -> str:
    """In the document's words, who may call a route."""
    if isinstance(route.service, SearchService):
        return "signed reporter" if route.service is V2 else "reporter"
    if isinstance(route.run, Scoped):
        return route.run.scope
    if not isinstance(route.run, Secured):
        return "anyone"
    allowed = route.run.allowed
    scopes = " or ".join(f"`{scope}`" for scope in allowed.scopes)
    if allowed.kinds == SHOPPERS.kinds:
        return "shopper"
    if allowed.kinds == CUSTOMERS.kinds:
        return "customer"
    if allowed.kinds == back_office().kinds | CUSTOMERS.kinds:
        return f"customer; back office: {scopes}"
    if allowed.kinds == back_office().kinds:
        return "back office" + (f": {scopes}" if scopes else "")
    return "any token" + (f"; back office: {scopes}" if scopes else "")


def checkout_details(root: Path) -> list[str]:
    """Types and fields of a checkout's details that are not those of the dialect's table."""
    documented = [f"{row[0]} at {row[1]}" for row in table(root, EMPORIX, "type")]
    real = {f"{type} at {field}" for type, field in CHECKOUT_DETAILS.values()}
    return differences(EMPORIX, documented, real, "the detail")


def services(root: Path) -> list[str]:
    """Services whose error format is not documented, or that do not exist."""
    return differences(EMPORIX, [row[0] for row in table(root, EMPORIX, "service")], SERVICES, "the service")


def configuration_keys(root: Path) -> list[str]:
    """Configuration keys that no code reads any more, and keys that are read and not documented."""
    documented = [row[0] for row in table(root, EMPORIX, "key")]
    sources = list(package_sources(root))
    strings = {text for source in sources for _, text in code_strings(source.tree)}
    read = {key for source in sources for key in keys_read(source.tree)}
    return [
        *(f"{EMPORIX}: nothing reads the configuration key {key}" for key in documented if key not in strings),
        *(f"{EMPORIX}: the configuration key {key} is not documented" for key in sorted(read - set(documented))),
    ]


# How a view is asked for what is configured.
READS = {"configured", "is_on"}


def keys_read(tree: ast.Module) -> Iterator[str]:
    """The keys that a module asks a view for, where it names them or a constant of its own."""
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }
    for node in nodes(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READS:
            key = node.args[0]
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value
            elif isinstance(key, ast.Name) and key.id in constants:
                yield constants[key.id]


def settings(root: Path) -> list[str]:
    """Settings that are not documented with their variable and default, and documented ones that do not exist."""
    documented = [" = ".join(row[:3]) for row in table(root, OPERATING, "setting")]
    defaults = Settings()
    real = [f"{name} = TILLROLL_{name.upper()} = {getattr(defaults, name)}" for name in Settings.__struct_fields__]
    return differences(OPERATING, documented, real, "the setting")


def commands(root: Path) -> list[str]:
    """Commands that are not documented, and documented ones that do not exist."""
    documented = [row[0].removeprefix("tillroll ") for row in table(root, OPERATING, "command")]
    return differences(OPERATING, documented, command_words(), "the command")


def command_words(group: click.Group = main, before: str = "") -> list[str]:
    """Every command that does something, as the words after `tillroll`."""
    found: list[str] = []
    for name, command in group.commands.items():
        words = f"{before} {name}".strip()
        found += command_words(command, words) if isinstance(command, click.Group) else [words]
    return found


def mentions(root: Path) -> list[str]:
    """Commands and verbs of make that a document mentions and nobody knows."""
    known = command_words()
    verbs = set(re.findall(r"^([a-z][a-z-]*):", (root / "Makefile").read_text("utf-8"), re.MULTILINE))
    found = []
    for path in documents(root):
        text = (root / path).read_text("utf-8")
        for match in COMMAND.finditer(text):
            words = match["words"]
            if not any(f"{words} ".startswith(f"{one} ") or f"{one} ".startswith(f"{words} ") for one in known):
                found.append(f"{path}: there is no command tillroll {words}")
        found += [
            f"{path}: there is no verb make {match['verb']}"
            for match in VERB.finditer(text)
            if match["verb"] not in verbs
        ]
    return found


def links(root: Path) -> list[str]:
    """Links to files that are not there."""
    return [
        f"{path}: links to {match['target']}, which is not there"
        for path in documents(root)
        for match in LINK.finditer((root / path).read_text("utf-8"))
        if not (root / path).parent.joinpath(match["target"]).exists()
    ]


def documents(root: Path) -> list[Path]:
    """Every Markdown file of the repository."""
    return [path for path in tracked_files(root) if path.suffix == ".md"]


def dependencies(root: Path) -> list[str]:
    """Dependencies without a reason, reasons without a dependency, and releases that are not the pinned ones."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    groups = project["dependency-groups"].values()
    wanted = [*project["project"]["dependencies"], *(one for group in groups for one in group if isinstance(one, str))]
    pins = dict(pinned(root))
    real = {f"{name} {pins.get(name)}" for name in (re.split(r"[^\w.-]", one)[0] for one in wanted)}
    documented = [" ".join(row[:2]) for row in table(root, DEPENDENCIES, "package")]
    return differences(DEPENDENCIES, documented, real, "the package")


def pinned(root: Path) -> Iterator[tuple[str, str]]:
    """Each pinned package and its release."""
    for path in sorted(root.glob("requirements*.txt")):
        for line in logical_lines(path.read_text("utf-8")):
            name, _, version = line.split()[0].partition("==")
            yield name, version


def decisions(root: Path) -> list[str]:
    """Records that leave a gap in the numbers, lack a chapter, or are longer than a page."""
    found = []
    for number, path in enumerate(sorted((root / DECISIONS).glob("*.md")), 1):
        lines = path.read_text("utf-8").splitlines()
        name = f"{DECISIONS}/{path.name}"
        if not path.name.startswith(f"{number:04}-") or not lines[0].startswith(f"# {number:04}: "):
            found.append(f"{name}: should have the number {number:04}, in its name and in its title")
        if [line[3:] for line in lines if line.startswith("## ")] != RECORD_CHAPTERS:
            found.append(f"{name}: its chapters should be {', '.join(RECORD_CHAPTERS)}")
        if len(lines) > RECORD_LINES_MAX:
            found.append(f"{name}: has {len(lines)} lines, {RECORD_LINES_MAX} at most")
    return found


def changelog(root: Path) -> list[str]:
    """A version without its chapter in the changelog."""
    text = (root / CHANGELOG).read_text("utf-8")
    return [] if f"\n## {__version__}\n" in text else [f"{CHANGELOG}: has no chapter for {__version__}"]
