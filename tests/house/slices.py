"""The slices of each floor: which there are, which may know which, and what stays inside of them.

    domain/cart    engine/cart    store/cart    dialects/emporix/cart    tests/*/cart        one word on every floor

Every rule takes the root of a source tree and returns what it found there, one line for each breach.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from tests.house.tree import PACKAGE, Source, imports, nodes, package_sources, sources

Module = tuple[str, ...]

# Which slices a slice may import on its own floor; all may import what stands on top of the floor, and of `wire`. The
# tables have no circle.
DOMAIN: Mapping[str, str] = {
    "attribution": "",
    "rates": "",
    "site": "",
    "catalogue": "",
    "shipping": "",
    "delivery": "",
    "payments": "",
    "outbox": "",
    "events": "",
    "storefronts": "",
    "batches": "",
    "inventory": "",
    "customers": "site",
    "prices": "site",
    "pricing": "customers prices site",
    "cart": "catalogue delivery prices pricing",
    "coupons": "cart pricing",
    "orders": "delivery payments pricing site",
    "checkout": "cart catalogue coupons customers delivery orders payments prices pricing shipping site",
    "quotes": "cart checkout delivery events orders pricing",
    "sales": "attribution",
}
ENGINE: Mapping[str, str] = {
    "access": "",
    "documents": "",
    "ledger": "",
    "storefronts": "",
    "site": "documents",
    "catalogue": "documents",
    "shipping": "documents",
    "delivery": "documents",
    "outbox": "documents",
    "stock": "documents outbox",
    "coupons": "documents",
    "customers": "access documents",
    "prices": "customers documents",
    "search": "ledger",
    "identities": "ledger",
    "batches": "identities ledger",
    "shops": "access ledger sales search",
    "rates": "ledger",
    "sales": "documents ledger outbox rates",
    "attribution": "documents ledger sales",
    "inventory": "access shops",
    "cart": "access catalogue coupons customers documents ledger prices shipping",
    "payments": "access",
    "orders": "access coupons customers delivery documents ledger outbox payments prices stock",
    "checkout": (
        "access cart catalogue coupons customers delivery documents ledger orders outbox payments prices shipping site "
        "stock"
    ),
    "sessions": "access cart coupons customers documents ledger",
    "quotes": "access cart checkout customers documents ledger prices",
}
EMPORIX: Mapping[str, str] = {
    "wire": "",
    "access": "wire",
    "site": "wire",
    "catalogue": "wire",
    "prices": "wire",
    "stock": "wire",
    "coupons": "access wire",
    "delivery": "wire",
    "quotes": "wire",
    "shipping": "delivery wire",
    "cart": "access delivery wire",
    "customers": "access wire",
    "checkout": "access wire",
    "orders": "access wire",
    "payments": "orders wire",
}
# The store's slices are queries, and the functions that run them.
STORE: Mapping[str, str] = dict.fromkeys(
    (
        *(
            "access",
            "audit",
            "batches",
            "cart",
            "commit_marks",
            "coupons",
            "customers",
            "delivery",
            "documents",
            "inventory",
            "ledger",
            "orders",
        ),
        *("outbox", "payments", "quotes", "rates", "sales", "search", "shops", "stock", "storefronts"),
    ),
    "",
)
FLOORS: Mapping[Module, Mapping[str, str]] = {
    ("domain",): DOMAIN,
    ("store",): STORE,
    ("engine",): ENGINE,
    ("dialects", "emporix"): EMPORIX,
}

# The modules of a floor that know its slices: the route table, and the list of descriptions.
ABOVE_SLICES: frozenset[Module] = frozenset({("dialects", "emporix", "routes"), ("dialects", "emporix", "described")})

# What is nobody's business but the slice's own, on whichever floor: from above only the same word imports it. The list
# may only become longer.
INNER: tuple[str, ...] = (
    "domain.cart.merge",
    "domain.checkout.request",
    "domain.checkout.window",
    "domain.orders.edit",
    "domain.pricing.discounts",
    "domain.site.patterns",
    "engine.cart.change",
    "engine.cart.check",
    "engine.cart.coupons",
    "engine.cart.create",
    "engine.cart.items",
    "engine.cart.merge",
    "engine.cart.moves",
    "engine.catalogue.categories",
    "engine.coupons.redemptions",
    "engine.orders.compose",
    "engine.orders.corrections",
    "engine.orders.numbers",
    "engine.orders.split",
    "engine.orders.stock",
    "engine.quotes.change",
    "engine.quotes.create",
    "engine.quotes.edit",
    "engine.quotes.parties",
    "engine.quotes.sizes",
    "engine.quotes.steps",
    "engine.orders.status",
    "engine.search.audit",
    "engine.site.schemas",
    "engine.stock.stock",
)

FILES_MAX = 16
# Rooms that have rooms of their own, which are no slices: there a folder can become too full as well.
WITH_ROOMS: tuple[Module, ...] = (("dialects",), ("dashboard",))

# Folders of tests that are of no slice: recorded calls, and what is about one of the databases alone, or about all that
# the store asks of them.
BESIDE_SLICES = ("every_query", "exchanges", "postgres", "sqlite")

# In these a name of a class stands for one thing.
NAMED_ONCE = ("domain", "engine", "store")


def slices_without_a_line(root: Path) -> list[str]:
    """Folders of a floor that its table does not have."""
    return [
        f"{folder.relative_to(root).as_posix()}:1: the table of slices does not have it"
        for floor, table in FLOORS.items()
        for folder in folders(root.joinpath("src", PACKAGE, *floor))
        if folder.name not in {*table, "migrations"}
    ]


def folders(parent: Path) -> list[Path]:
    """The folders in a folder, in order, but for what Python leaves there."""
    found = parent.iterdir() if parent.is_dir() else ()
    return sorted(path for path in found if path.is_dir() and path.name != "__pycache__")


def lines_without_a_slice(root: Path) -> list[str]:
    """Slices of the tables, and inner modules, that have gone."""
    package = root / "src" / PACKAGE
    return [
        f"src/{PACKAGE}/{'/'.join(floor)}:1: has no slice {name}"
        for floor, table in FLOORS.items()
        for name in table
        if not package.joinpath(*floor, name).is_dir()
    ] + [
        f"src/{PACKAGE}/{name.replace('.', '/')}.py:1: is not there"
        for name in INNER
        if not package.joinpath(*name.split(".")).with_suffix(".py").is_file()
    ]


def imports_between_slices(root: Path) -> list[str]:
    """Imports of a slice by another one of its floor, or by the floor's top, that the table does not allow."""
    return [
        source.finding(line, f"{'/'.join(source.module)} imports {'.'.join(target)}, which its slice does not know")
        for source in package_sources(root)
        if (floor := floor_of(source.module)) is not None
        for line, target in house_imports(source)
        if floor_of(target) == floor and not may_know(floor, source.module, target)
    ]


def may_know(floor: Module, module: Module, target: Module) -> bool:
    """Whether a module may import another one of its floor."""
    here, there = slice_of(floor, module), slice_of(floor, target)
    if not there or here == there or module in ABOVE_SLICES:
        return True
    return there in FLOORS[floor].get(here, "").split()


def floor_of(module: Module) -> Module | None:
    """The floor with slices that a module is on."""
    return next((floor for floor in FLOORS if module[: len(floor)] == floor), None)


def slice_of(floor: Module, module: Module) -> str:
    """The slice of a module; empty on top of the floor."""
    return module[len(floor)] if len(module) > len(floor) and module[len(floor)] in FLOORS[floor] else ""


def house_imports(source: Source) -> Iterator[tuple[int, Module]]:
    """The file's imports of the package, as names below it."""
    for one in imports(source):
        if one.parts[0] == PACKAGE and len(one.parts) > 1:
            yield one.line, one.parts[1:]


def circles(tables: Iterable[Mapping[str, str]]) -> list[str]:
    """Slices that know each other over any number of steps."""
    found = []
    for table in tables:
        left = {name: set(allowed.split()) for name, allowed in table.items()}
        while free := {name for name, allowed in left.items() if not allowed & set(left)}:
            left = {name: allowed for name, allowed in left.items() if name not in free}
        found += [f"{name} knows itself" for name in sorted(left)]
    return found


def inner_modules_from_outside(root: Path) -> list[str]:
    """Imports from above of what only the slice of the same word may know."""
    inner = {tuple(name.split(".")) for name in INNER}
    return [
        source.finding(line, f"imports {'.'.join(target[:3])}, which is for {target[1]} alone")
        for source in package_sources(root)
        for line, target in house_imports(source)
        if target[:3] in inner and source.module[:1] != target[:1] and target[1] not in source.module[1:-1]
    ]


def folders_too_full(root: Path) -> list[str]:
    """Folders of code, queries or tests with more files than anybody finds a name in."""
    floors = [(top, "/".join(floor)) for top in (f"src/{PACKAGE}", "tests") for floor in [*FLOORS, *WITH_ROOMS]]
    counted: Counter[PurePosixPath] = Counter()
    for path in {path for top, floor in floors for path in (root / top / floor).rglob("*")}:
        if path.suffix in (".py", ".sql") and "migrations" not in path.parts:
            counted[PurePosixPath(path.parent.relative_to(root).as_posix())] += 1
    return [
        f"{folder}:1: has {count} files, {FILES_MAX} at most"
        for folder, count in sorted(counted.items())
        if count > FILES_MAX
    ]


def tests_without_a_slice(root: Path) -> list[str]:
    """Folders of tests below a floor that are no slice of it, on its own floor or another."""
    words = {name for table in FLOORS.values() for name in table}
    return [
        f"{folder.relative_to(root).as_posix()}:1: is no slice"
        for floor in FLOORS
        for folder in folders(root.joinpath("tests", *floor))
        if folder.name not in {*words, *BESIDE_SLICES}
    ]


def classes_of_one_name(root: Path) -> list[str]:
    """Classes that share their name with another one, where a name stands for one thing; private ones are nobody's."""
    seen: dict[str, str] = {}
    found = []
    for source in sources(root, *(f"src/{PACKAGE}/{floor}" for floor in NAMED_ONCE)):
        for node in nodes(source.tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                if node.name in seen:
                    found.append(source.finding(node.lineno, f"{node.name} is a class of {seen[node.name]}, too"))
                seen.setdefault(node.name, str(source.path))
    return found
