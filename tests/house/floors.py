"""Which room may know which: imports point down, dialects do not meet, the domain is pure, clocks stay at the door.

    4  app · server · cli · bench · simulator · __main__
    3  dialects · payments · dashboard · workers
    2  engine · rounds
    1  store
    0  domain
       settings, which everybody may read

Every rule takes the root of a source tree and returns what it found there, one line for each breach.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import PACKAGE, Import, Source, imports, nodes, package_sources

FLOORS = {
    "settings": -1,
    "domain": 0,
    "store": 1,
    "engine": 2,
    "rounds": 2,
    "dialects": 3,
    "payments": 3,
    "webhooks": 3,
    "dashboard": 3,
    "pages": 3,
    "workers": 3,
    "app": 4,
    "server": 4,
    "cli": 4,
    "bench": 4,
    "demo": 4,
    "keymaker": 4,
    "simulator": 4,
    "__main__": 4,
}

# The only imports between rooms of one floor.
NEIGHBOURS = {
    ("dialects", "pages"),  # the pages of an inventory are pages like the others
    ("dialects", "payments"),  # what a checkout does between its two transactions
    ("dashboard", "pages"),
    ("__main__", "cli"),
    ("app", "keymaker"),  # pages make shops as the command line does
    ("cli", "app"),
    ("cli", "bench"),
    ("cli", "demo"),
    ("cli", "keymaker"),
    ("demo", "keymaker"),
    ("cli", "server"),
    ("cli", "simulator"),
    ("app", "simulator"),
    ("server", "simulator"),  # connections that misbehave as its answers say
    ("bench", "server"),
    ("demo", "server"),
    ("server", "app"),
    ("bench", "app"),
    ("rounds", "engine"),  # how far the ledger is settled
    ("workers", "payments"),  # the reconciler speaks the gateway protocol
}

# The shared door, which knows no vendor; it, what describes routes, and what guards secrets are open to their floor.
DOOR = ("dialects", "http")
OPEN = {
    *(DOOR, ("dialects", "guards"), ("dialects", "encoded"), ("dialects", "explained"), ("dialects", "openapi")),
    *(("dialects", "passwords"), ("dialects", "rates")),
}

# What would make the domain anything but a function of its arguments: waiting, files, networks, databases, chance.
STRANGERS_IN_DOMAIN = {
    *("asyncio", "concurrent", "multiprocessing", "queue", "select", "selectors", "signal", "subprocess", "threading"),
    *("io", "os", "pathlib", "shutil", "tempfile"),
    *("aiosql", "psycopg", "sqlite3", "yoyo"),
    *("http", "httptools", "httpx", "socket", "ssl", "uvicorn", "uvloop"),
    *("random", "secrets", "time", "uuid"),
    *("click",),
}

WITH_A_CLOCK = {
    *(DOOR, ("cli",), ("workers",), ("app",), ("bench",), ("demo",), ("keymaker",), ("server",), ("simulator",)),
    ("store",),  # nobody waits longer than a request may; retries wait for a random while; writers have random names
}
CLOCKS_AND_DICE = {("time",), ("random",), ("secrets",), ("uuid",)}
CLOCK_AND_DICE_NAMES = {
    ("datetime", "datetime", "now"),
    ("datetime", "datetime", "utcnow"),
    ("datetime", "datetime", "today"),
    ("datetime", "date", "today"),
    ("os", "urandom"),
    ("os", "getrandom"),
}

WAITING = ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith


def rooms_without_a_floor(root: Path) -> list[str]:
    """Modules whose room has no floor, so that no rule would hold for them."""
    return [
        source.finding(1, f"the room {source.room!r} has no floor")
        for source in package_sources(root)
        if source.module and source.room not in FLOORS
    ]


def imports_that_point_up(root: Path) -> list[str]:
    """Imports of a room on the same floor or a higher one."""
    return [
        source.finding(one.line, f"{source.room} imports {'.'.join(one.parts[1:])}, which is not below it")
        for source in package_sources(root)
        for one in house_imports(source)
        if points_up(source.room, one.parts[1:])
    ]


def points_up(room: str, target: tuple[str, ...]) -> bool:
    """Whether code in `room` must not know the module `target`; a room without a floor must know nobody."""
    other = target[0]
    if other == room or (room, other) in NEIGHBOURS:
        return False
    here, there = FLOORS.get(room, min(FLOORS.values())), FLOORS[other]
    return there > here or (there == here and target[:2] not in OPEN)


def house_imports(source: Source) -> Iterator[Import]:
    """The file's imports of rooms of this house."""
    for one in imports(source):
        if one.parts[0] == PACKAGE and len(one.parts) > 1 and one.parts[1] in FLOORS:
            yield one


def dialects_that_meet(root: Path) -> list[str]:
    """Imports of a dialect's folder by another dialect, or by a module that all dialects share."""
    vendors = {folder.name for folder in (root / "src" / PACKAGE / "dialects").glob("*/")}
    return [
        source.finding(one.line, f"imports the dialect {one.parts[2]}")
        for source in package_sources(root)
        if source.room == "dialects"
        for one in house_imports(source)
        if one.parts[1] == "dialects" and one.parts[2] in vendors - set(source.module[1:2])
    ]


def strangers_in_domain(root: Path) -> list[str]:
    """Imports by the domain of what would make it impure, and code there that waits."""
    domain = [source for source in package_sources(root) if source.room == "domain"]
    return [
        source.finding(one.line, f"the domain imports {one.parts[0]}")
        for source in domain
        for one in imports(source)
        if one.parts[0] in STRANGERS_IN_DOMAIN
    ] + [
        source.finding(node.lineno, "the domain waits")
        for source in domain
        for node in nodes(source.tree)
        if isinstance(node, WAITING)
    ]


def clocks_and_dice_inside(root: Path) -> list[str]:
    """Clocks and random sources anywhere but in the rooms that have one."""
    return [
        source.finding(line, f"{'.'.join(name)} away from the door")
        for source in package_sources(root)
        if source.module[:1] not in WITH_A_CLOCK and source.module[:2] not in WITH_A_CLOCK
        for line, name in names_in_full(source)
        if name[:1] in CLOCKS_AND_DICE or name in CLOCK_AND_DICE_NAMES
    ]


def names_in_full(source: Source) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Every name that the file imports, and every dotted name that starts with one, written in full."""
    yield from imports(source)
    origins = dict(bindings(source.tree))
    for node in nodes(source.tree):
        if isinstance(node, ast.Attribute):
            dotted = dotted_name(node)
            if dotted and dotted[0] in origins:
                yield node.lineno, (*origins[dotted[0]], *dotted[1:])


def bindings(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What each imported local name stands for; relative imports aside, which are never a clock."""
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                parts = tuple(alias.name.split("."))
                yield (alias.asname, parts) if alias.asname else (parts[0], parts[:1])
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, (*node.module.split("."), alias.name)


def dotted_name(node: ast.expr) -> tuple[str, ...]:
    """("a", "b", "c") for the expression a.b.c; empty for anything that does not start with a name."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        owner = dotted_name(node.value)
        return (*owner, node.attr) if owner else ()
    return ()
