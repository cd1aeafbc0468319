"""Where one checkout's time goes below HTTP: the route run in this process, looked at thousands of times a second.

A timer interrupts the run at fixed wall-clock intervals, and each time the innermost frame of ours says which layer is
at work; a layer's share of the looks, times the measured duration, is its time. Nothing is wrapped or counted, so the
proportions are those of the undisturbed program; the looks themselves cost a few percent, spread evenly. Waiting for
the disk counts, because the clock is the wall's. Python lets a timer in between two of its own instructions only, so
the time inside a C function (SQLite, the JSON encoder) belongs to the line of ours that called it.

With n looks a share p is known to about sqrt(p (1 - p) / n): some tenths of a percent. What HTTP costs is the empty
endpoint's figure; what the whole server costs beyond both is the hand-over between its event loop and its writer.
"""

import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import msgspec
from msgspec import Struct

from tillroll.bench.servers import BenchFailed
from tillroll.dialects.emporix.routes import routes
from tillroll.dialects.http import Inbound, Response, Route, uuid7
from tillroll.dialects.passwords import Passwords
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.settings import Settings
from tillroll.store import Store, Transaction, open_store

INTERVAL_SECONDS = 0.0002
WARM_UP_SHARE = 0.2
FUNCTIONS_SHOWN = 40
CHECKOUT_PATH = "/checkout/{tenant}/checkouts/order"

_PACKAGE = "tillroll."
_OTHER = "outside of all rooms"

# The first line that fits the innermost frame of ours: module, functions (none: all), layer.
LAYERS: tuple[tuple[str, frozenset[str], str], ...] = (
    ("store.sqlite_connection", frozenset({"rows", "row"}), "SQL that reads"),
    ("store.sqlite_connection", frozenset({"run", "run_many"}), "SQL that writes"),
    ("store", frozenset(), "begin, commit, fsync"),
    ("domain", frozenset(), "decide: checks, prices, taxes"),
    ("engine.access.access", frozenset(), "tokens"),
    ("dialects.emporix.wire.secured", frozenset(), "tokens"),
    (
        "engine.checkout.place",
        frozenset({"_order_row", "_movement_rows", "_event_row", "_write"}),
        "rows and documents",
    ),
    ("engine", frozenset(), "load facts, bind them together"),
    ("dialects.emporix.checkout.checkout", frozenset({"_answer"}), "response"),
    ("dialects.emporix.wire.errors", frozenset(), "response"),
    ("dialects", frozenset(), "decode"),
)


class Cost(Struct, frozen=True):
    """What something costs of one checkout, microseconds."""

    name: str
    us: float


class Profile(Struct, frozen=True):
    """One checkout by layer, by our own functions (with the C code that they call), and by query."""

    checkouts: int
    batch: int
    looks: int
    us_per_checkout: float
    cpu_us_per_checkout: float
    """Of that, processor time of this thread; the rest waited for the disk, or for others on a busy machine."""
    layers: list[Cost]
    functions: list[Cost]
    queries: list[Cost]


def profile(url: str, requests: Sequence[bytes], batch: int) -> Profile:
    """Run these checkouts on the database at `url`, so many per commit; raises BenchFailed where one is refused."""
    store = open_store(url)
    route = _checkout_route(Settings(db=url))
    looks = _Looks()
    warm_up = int(len(requests) * WARM_UP_SHARE) // batch * batch
    try:
        for group in _groups(requests[:warm_up], batch):
            _answer(route, store, group)
        groups = list(_groups(requests[warm_up:], batch))
        started_at, cpu_at_start = time.perf_counter(), time.thread_time()
        with looks.taken():
            for group in groups:
                _answer(route, store, group)
        seconds, cpu_seconds = time.perf_counter() - started_at, time.thread_time() - cpu_at_start
    finally:
        store.close()
    checkouts = sum(map(len, groups))
    found = looks.profile(seconds, checkouts, batch)
    return msgspec.structs.replace(found, cpu_us_per_checkout=cpu_seconds * 1e6 / checkouts)


def _checkout_route(settings: Settings) -> Route:
    for route in routes(settings, Catalogue(), Passwords(1)):
        if (route.method, route.path) == ("POST", CHECKOUT_PATH):
            return route
    raise BenchFailed(f"there is no route POST {CHECKOUT_PATH}")


def _groups(requests: Sequence[bytes], batch: int) -> Iterator[list[Inbound]]:
    for start in range(0, len(requests), batch):
        yield [_inbound(request) for request in requests[start : start + batch]]


def _inbound(request: bytes) -> Inbound:
    """A request as the door would hand it on."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    path, _, query = first.split()[1].partition(b"?")
    headers = [(name, value) for name, _, value in (line.partition(b": ") for line in lines)]
    values = {"tenant": path.decode().split("/")[2]}
    now = time.time_ns() // 1000
    return Inbound("POST", path.decode(), values, query, headers, body, "127.0.0.1", now, uuid7(now))


def _answer(route: Route, store: Store, group: list[Inbound]) -> None:
    if route.decode is not None:
        for inbound in group:
            inbound.command = route.decode(inbound)

    def work(tx: Transaction) -> list[Response]:
        return list(route.run(tx, group))

    for response in store.write_now(work):
        if response.status != 200:
            raise BenchFailed(f"a checkout was answered {response.status} {response.body[:600]!r}")


class _Looks:
    """What the timer saw."""

    def __init__(self) -> None:
        self.layers: Counter[str] = Counter()
        self.functions: Counter[str] = Counter()
        self.queries: Counter[str] = Counter()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Look at this thread until the end of the block; it has to be the main one, where Python's signals arrive."""
        before = signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, INTERVAL_SECONDS, INTERVAL_SECONDS)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def profile(self, seconds: float, checkouts: int, batch: int) -> Profile:
        """The looks as times."""
        looks = self.layers.total()
        per_look = seconds * 1e6 / checkouts / max(1, looks)

        def costs(seen: Counter[str]) -> list[Cost]:
            return [Cost(name, count * per_look) for name, count in seen.most_common(FUNCTIONS_SHOWN)]

        return Profile(
            checkouts=checkouts,
            batch=batch,
            looks=looks,
            us_per_checkout=seconds * 1e6 / checkouts,
            cpu_us_per_checkout=0.0,
            layers=costs(self.layers),
            functions=costs(self.functions),
            queries=costs(self.queries),
        )

    def _look(self, _signal: int, frame: FrameType | None) -> None:
        while frame is not None:
            module: str = frame.f_globals.get("__name__", "")
            if module.startswith(_PACKAGE):
                break
            frame = frame.f_back
        else:
            self.layers[_OTHER] += 1
            return
        room, function = module.removeprefix(_PACKAGE), frame.f_code.co_name
        self.layers[_layer(room, function)] += 1
        self.functions[f"{room}.{frame.f_code.co_qualname}"] += 1
        if room == "store.sqlite" and "query" in frame.f_locals:
            self.queries[str(frame.f_locals["query"])] += 1


def _layer(room: str, function: str) -> str:
    for module, functions, layer in LAYERS:
        if (room == module or room.startswith(module + ".")) and (not functions or function in functions):
            return layer
    return _OTHER
