"""The making of sales, and reports of them, over a ledger of a million events: rates, memory, and growth.

    for each database:  ( durable single events ─► a part of the ledger ─► sales of it ) × rounds
                        ─► reports ─► rebuild ─► the same reports ─► as many events twice more ─► reports ─► audit

The rate of single events is that of a server on the same machine directly before. Sales are made by `tillroll
attribute`, with the start of its process and all that it says. A report is asked for by a server's only client, one
request after the other, so that what it takes is the server's own time.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.bench.events import cart_requests
from tillroll.bench.ledger import DAY, DAYS, Filled, fill
from tillroll.bench.load import Drive, Plan, generator, request_bytes
from tillroll.bench.machine import Machine, this_machine
from tillroll.bench.measure import Figure, Wishes, figure, postgres, terminated_tidily
from tillroll.bench.postgres import Cluster
from tillroll.bench.servers import BenchFailed, add_shop, command_line, environment, tillroll_server
from tillroll.store import open_store

# Every step with few events: whether it works, not how fast.
QUICK_EVENTS = 3_000
# How much larger the ledger is at the end.
GROWTH = 3
_REPORTS_ASKED, _WARM_UP = 60, 10
REVENUE, CARTS = "revenue by day and source", "carts"
REPORTS = {
    REVENUE: "/v1/reports/revenue?by=source,day&",
    "all models": "/v1/reports/attribution?",
    CARTS: "/v1/reports/carts?",
    "search": "/v1/reports/search?",
}


class FollowRound(Struct, frozen=True):
    """Durable single events, and the making of sales of a part of the ledger, one directly after the other."""

    single: Figure
    events: int
    seconds: float
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Events a second that sales were made of."""
        return self.events / self.seconds

    @property
    def ratio(self) -> float:
        """Events followed for each that a server takes in the same time."""
        return self.per_second / self.single.per_second


class Rebuilt(Struct, frozen=True):
    """How long a rebuild took, and the memory of its process at the most."""

    events: int
    seconds: float
    peak_mib: float


class OfDatabase(Struct):
    """What one database achieved; the figures of reports by name, at the first size and at the last one."""

    database: str
    rounds: list[FollowRound]
    rebuilt: Rebuilt
    events: list[int]
    sales: list[int]
    reports: dict[str, list[Figure]]
    failures: list[str]


class SalesReport(Struct):
    """Everything that one run found."""

    machine: Machine
    databases: list[OfDatabase] = []
    skipped: list[str] = []

    @property
    def failures(self) -> list[str]:
        """What must not be, of all databases."""
        return [f"{one.database}: {said}" for one in self.databases for said in one.failures]


class _Shop(Struct, frozen=True):
    """The shop with the large ledger, and how to measure."""

    url: str
    folder: Path
    credentials: dict[str, Any]
    drive: Drive
    rounds: int
    say: Callable[[str], None]

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.credentials["shop"])


class _Ended(Struct, frozen=True):
    """A command that has ended, and what it took: by the clock, of a processor, and of memory at the most."""

    seconds: float
    cpu_seconds: float
    peak_mib: float


def run(wishes: Wishes, events: int, say: Callable[[str], None]) -> SalesReport:
    """Measure with a ledger of so many events; `say` is told what is going on. Raises BenchFailed."""
    with terminated_tidily(), ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="tillroll-bench-", dir=wishes.folder)))
        folder.chmod(0o755)  # as root, PostgreSQL runs as another user, who has to pass
        report = SalesReport(this_machine(folder))
        drive = stack.enter_context(generator())
        plain = _Shop("", folder, {}, drive, wishes.scale.rounds, say)
        report.databases.append(_measure(_with_shop(plain, f"sqlite:///{folder / 'sales.db'}"), events))
        with postgres(wishes, folder) as cluster:
            if isinstance(cluster, Cluster):
                report.databases.append(_measure(_with_shop(plain, cluster.url), events))
            else:
                report.skipped.append(cluster)
    return report


def _with_shop(plain: _Shop, url: str) -> _Shop:
    return replace(plain, url=url, credentials=add_shop(url, f"sales{os.urandom(4).hex()}"))


def _measure(shop: _Shop, events: int) -> OfDatabase:
    database = shop.url.partition(":")[0]
    shop.say(f"{database}: a ledger of {events:,} events, and sales of it")
    rounds: list[FollowRound] = []
    next_visit = 0
    for _ in range(shop.rounds):
        single = _single_events(shop)
        next_visit = _fill(shop, events // shop.rounds, next_visit)
        ended = _attribute(shop)
        rounds.append(FollowRound(single, events // shop.rounds, ended.seconds, ended.cpu_seconds))
        shop.say(f"  {rounds[-1].per_second:,.0f}/s beside {single.per_second:,.0f}/s: {rounds[-1].ratio:.2f}")
    found, said = _reports(shop)
    shop.say("  rebuild")
    again = _attribute(shop, "--rebuild")
    rebuilt = Rebuilt(events, again.seconds, again.peak_mib)
    failures = _differences(said, _reports(shop, asked=1)[1])
    shop.say(f"  {rebuilt.seconds:,.0f} s, {rebuilt.peak_mib:,.0f} MiB at the most; then {GROWTH} times as many events")
    _fill(shop, (GROWTH - 1) * events, next_visit)
    _attribute(shop)
    grown, said_then = _reports(shop)
    shop.say("  audit")
    audit = command_line("audit", "--db", shop.url)
    failures += [f"the audit failed: {(audit.stdout + audit.stderr).strip()[-600:]}"] if audit.returncode else []
    return OfDatabase(
        database=database,
        rounds=rounds,
        rebuilt=rebuilt,
        events=[events, GROWTH * events],
        sales=[_orders(said), _orders(said_then)],
        reports={name: [found[name], grown[name]] for name in REPORTS},
        failures=failures,
    )


def _single_events(shop: _Shop) -> Figure:
    """Durable single events of another shop, while nothing of the large ledger waits to be followed."""
    credentials = add_shop(shop.url, f"single{os.urandom(4).hex()}")
    requests = cart_requests(credentials, 6_000)
    with tillroll_server(shop.url, 1, shop.folder) as server:
        answers = shop.drive(Plan(server.port, warm_up=600, watched=(server.pid,)), requests)
    if answers.unexpected(200):
        raise BenchFailed(f"single events failed: {answers.statuses}, {answers.samples}")
    return figure(answers)


def _fill(shop: _Shop, events: int, first_visit: int) -> int:
    """Write so many events more; the visit that the next ones begin with."""
    store = open_store(shop.url)
    try:
        hashid = shop.credentials["doofinder"]["hashid"]
        stretch = Filled(shop.name, hashid, events, first_visit, time.time_ns() // 1000)
        return fill(store, stretch)
    finally:
        store.close()


def _attribute(shop: _Shop, *options: str) -> _Ended:
    """`tillroll attribute`, measured by the system."""
    of_shop = ("--db", shop.url, "--shop", shop.name, "--json")
    command = [sys.executable, "-m", "tillroll", "attribute", *of_shop, *options]
    began = time.monotonic()
    with (shop.folder / "attribute.log").open("w") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment())
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise BenchFailed(f"sales could not be made: {(shop.folder / 'attribute.log').read_text()[-2000:]}")
    return _Ended(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _reports(shop: _Shop, asked: int = _REPORTS_ASKED) -> tuple[dict[str, Figure], dict[str, bytes]]:
    """What each report takes, and what it says."""
    today = time.time_ns() // 1000 // DAY
    days = f"from={_day(today - DAYS + 1)}&to={_day(today)}"
    headers = [("authorization", f"Bearer {shop.credentials['native']['api_key']}")]
    figures, said = {}, {}
    with tillroll_server(shop.url, 1, shop.folder) as server:
        for name, path in REPORTS.items():
            warm_up = min(_WARM_UP, asked - 1)
            plan = Plan(server.port, 1, warm_up, watched=(server.pid,), keep_bodies=True)
            answers = shop.drive(plan, [request_bytes("GET", path + days, headers)] * (asked + warm_up))
            if answers.unexpected(200):
                raise BenchFailed(f"{name}: {answers.statuses}, {answers.samples}")
            figures[name], said[name] = figure(answers), answers.bodies[-1]
            shop.say(f"    {name}: {figures[name].p50_ms:.1f} ms")
    return figures, said


def _differences(said: dict[str, bytes], said_then: dict[str, bytes]) -> list[str]:
    """The reports that are others after a rebuild; which carts are abandoned is a matter of the time of day."""
    others = [name for name in REPORTS if name != CARTS and said[name] != said_then[name]]
    return [f"after a rebuild the report says something else: {name}" for name in others]


def _day(days: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(days * DAY // 1_000_000))


def _orders(said: dict[str, bytes]) -> int:
    return int(msgspec.json.decode(said[REVENUE])["orders"])
