"""Two builds side by side: this one and another checkout of Tillroll, in rounds that take turns.

    for each database:  both sides start ─► ( this ─► other, then other ─► this ) × rounds ─► orders counted

A ratio compares two rounds that were driven directly after each other, so that a machine whose speed drifts cancels
out; who goes first changes with every round. Each side has a server and a database of its own (`side`).
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import msgspec
from msgspec import Struct

from tillroll.bench import side
from tillroll.bench.machine import Machine, this_machine
from tillroll.bench.postgres import Cluster, can_be_started, temporary_cluster
from tillroll.bench.servers import BenchFailed

KINDS = ("checkout", "event")
SQLITE, POSTGRESQL = "sqlite", "postgresql"


class Pairs(Struct, frozen=True):
    """How much is compared: so many pairs of rounds of so many requests for each kind."""

    rounds: int
    requests: int
    connections: int = 32


FULL = Pairs(rounds=11, requests=1500)
QUICK = Pairs(rounds=1, requests=80)


class Half(Struct, frozen=True):
    """One side of one round: answers per second, and processor time for one request, in microseconds."""

    per_second: float
    server_us: float
    behind_us: float

    @property
    def whole_us(self) -> float:
        """All that one request costs, what follows behind its acknowledgement included."""
        return self.server_us + self.behind_us


class Pair(Struct, frozen=True):
    """The same round on both sides."""

    ours: Half
    other: Half


class Compared(Struct, frozen=True):
    """All pairs of one kind of request on one database."""

    database: str
    kind: str
    pairs: list[Pair]

    def ratio(self, value: Callable[[Half], float]) -> float:
        """The median over the pairs of ours by the other's."""
        return median(value(pair.ours) / value(pair.other) for pair in self.pairs)


class Comparison(Struct, frozen=True):
    """Everything one run found."""

    machine: Machine
    other: str
    scale: Pairs
    compared: list[Compared]


class Sides(Struct, frozen=True):
    """What is compared, where its files lie meanwhile, and whether on PostgreSQL, too."""

    other: Path
    folder: Path
    scale: Pairs = FULL
    postgres: bool = True


class _Driver:
    """A side's process, spoken to line by line."""

    def __init__(self, process: "subprocess.Popen[str]", name: str) -> None:
        self._process, self._name = process, name

    def told(self) -> dict[str, float]:
        """The next line that it says."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise BenchFailed(f"{self._name} ended; the reason stands above")
        said: dict[str, float] = json.loads(line)
        return said

    def round(self, kind: str) -> Half:
        """One round."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"kind": kind}) + "\n")
        self._process.stdin.flush()
        return Half(**self.told())

    def end(self) -> None:
        """Let it count its orders and go; raises BenchFailed where they do not match."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        if self._process.wait() != 0:
            raise BenchFailed(f"{self._name} failed; the reason stands above")


def run(sides: Sides, say: Callable[[str], None]) -> Comparison:
    """Compare; `say` is told what is going on. Raises BenchFailed where it can not go on."""
    source = sides.other.resolve() / "src"
    if not (source / "tillroll" / "bench" / "shop.py").is_file():
        raise BenchFailed(f"{sides.other} is no checkout of Tillroll: it has no src/tillroll/bench")
    with tempfile.TemporaryDirectory(prefix="tillroll-bench-", dir=sides.folder) as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root, PostgreSQL runs as another user, who has to pass
        databases = [SQLITE, *([POSTGRESQL] if sides.postgres and can_be_started() else [])]
        compared = [one for database in databases for one in _database(sides, (folder, source), database, say)]
        return Comparison(this_machine(folder), str(sides.other), sides.scale, compared)


def _database(sides: Sides, places: tuple[Path, Path], database: str, say: Callable[[str], None]) -> list[Compared]:
    folder, source = places
    pairs: dict[str, list[Pair]] = {kind: [] for kind in KINDS}
    with ExitStack() as stack:
        say(f"{database}: both sides make {sides.scale.rounds * sides.scale.requests} carts")
        ours = stack.enter_context(_driver(sides.scale, Path(side.__file__).parents[2], folder / f"{database}-ours"))
        other = stack.enter_context(_driver(sides.scale, source, folder / f"{database}-other"))
        for driver in (ours, other):
            driver.told()
        for number in range(sides.scale.rounds):
            for kind in KINDS:
                if number % 2:
                    others = other.round(kind)
                    pair = Pair(ours.round(kind), others)
                else:
                    pair = Pair(ours.round(kind), other.round(kind))
                pairs[kind].append(pair)
                cost = pair.ours.whole_us / pair.other.whole_us
                say(f"  {kind} {number + 1}: {pair.ours.per_second:,.0f}/s, cost {cost:.3f} of the other's")
        for driver in (ours, other):
            driver.end()
    return [Compared(database, kind, found) for kind, found in pairs.items()]


@contextmanager
def _driver(scale: Pairs, source: Path, folder: Path) -> Iterator[_Driver]:
    """A side that begins to start, on a database of its own in this folder."""
    folder.mkdir(mode=0o755)
    with ExitStack() as stack:
        if folder.name.startswith(POSTGRESQL):
            cluster = stack.enter_context(temporary_cluster(folder))
        else:
            cluster = Cluster(f"sqlite:///{folder / 'tillroll.db'}")
        asked = {"url": cluster.url, "database_pid": cluster.pid, "folder": str(folder)}
        asked |= {"rounds": scale.rounds, "count": scale.requests, "clients": scale.connections}
        process = subprocess.Popen(
            [sys.executable, "-P", str(side.__file__), json.dumps(asked)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(source)},
            text=True,
        )
        try:
            yield _Driver(process, str(source))
        finally:
            process.terminate()
            process.wait()


def as_json(found: Comparison) -> bytes:
    """Every pair, with the ratios that the table shows."""
    document = msgspec.to_builtins(found)
    for told, one in zip(document["compared"], found.compared, strict=True):
        told["ratios"] = {name: one.ratio(value) for name, value in _VALUES.items()}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def as_text(found: Comparison) -> str:
    """The table: rates and processor time, ours and as a share of the other build's."""
    machine, scale = found.machine, found.scale
    lines = [
        f"{machine.processor}, {machine.cores} cores, {machine.system}, Python {machine.python}",
        f"this build against {found.other}: {scale.rounds} pair(s) of rounds of {scale.requests} requests",
        "",
        f"{'median of the pairs':<28}{'per second':>12}{'ratio':>8}{'server µs':>12}{'ratio':>8}"
        f"{'with what follows':>20}{'ratio':>8}",
    ]
    for one in found.compared:
        cells = [f"{one.kind + ', ' + one.database:<28}"]
        for (_, value), width in zip(_VALUES.items(), (12, 12, 20), strict=True):
            ours = median(value(pair.ours) for pair in one.pairs)
            cells.append(f"{ours:>{width},.0f}{one.ratio(value):>8.3f}")
        lines.append("".join(cells))
    return "\n".join(lines)


_VALUES: dict[str, Callable[[Half], float]] = {
    "per_second": lambda half: half.per_second,
    "server_us": lambda half: half.server_us,
    "whole_us": lambda half: half.whole_us,
}
