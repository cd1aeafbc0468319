"""The load generator: many keep-alive connections on one thread of its own process, nothing parsed that need not be.

    closed loop   each connection sends its next request when its last was answered: the highest rate there is
    open loop     requests fall due at a constant rate, whatever the server does: the latency at that rate

A latency runs from the moment a request was due (open) or was sent (closed) to the last byte of its answer, so waiting
in the generator counts. What is sent is made before the clock starts; of an answer only the status line and the length
are looked at. The generator's own processor time is part of the result: near one core, the figure is the generator's.
"""

import gc
import os
import select
import socket
import time
from array import array
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

from msgspec import Struct

# An answer that takes longer is a hang: the run fails instead of waiting for ever.
SILENCE_SECONDS_MAX = 30.0
# How many connections the open loop opens when all others wait for their answer.
OPEN_CONNECTIONS_MAX = 512
# How many of the unexpected answers are kept, and how much of each.
SAMPLES_MAX = 3
SAMPLE_BYTES_MAX = 600

_RECEIVE_BYTES = 65_536
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Plan(Struct, frozen=True):
    """How to send: `rate` is requests per second, 0 for a closed loop; the first `warm_up` answers are not counted."""

    port: int
    connections: int = 32
    warm_up: int = 0
    rate: float = 0.0
    expected: int = 200
    keep_bodies: bool = False
    watched: tuple[int, ...] = ()
    """Process ids; each stands for itself and all of its descendants."""


class Answers(Struct):
    """What came back, and what it cost. Warm-up is in `statuses` only."""

    statuses: dict[int, int]
    samples: list[str]
    bodies: list[bytes]
    seconds: float
    """From the last answer of the warm-up to the last one while every connection was still busy."""
    counted: int
    latencies_us: list[int]
    """Sorted."""
    own_cpu_seconds: float
    watched_cpu_seconds: list[float]

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return self.counted / self.seconds

    def latency_ms(self, share: float) -> float:
        """The latency that this share of the answers did not exceed, in milliseconds."""
        position = min(len(self.latencies_us) - 1, int(share * len(self.latencies_us)))
        return self.latencies_us[position] / 1000

    def unexpected(self, expected: int) -> int:
        """How many answers had another status."""
        return sum(count for status, count in self.statuses.items() if status != expected)


class Drive(Protocol):
    """Sends requests according to a plan and waits for all of the answers."""

    def __call__(self, plan: Plan, requests: Sequence[bytes]) -> Answers:
        """One answer per request."""
        ...


@contextmanager
def generator() -> Iterator[Drive]:
    """A load generator in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:

        def drive(plan: Plan, requests: Sequence[bytes]) -> Answers:
            return process.submit(send_all, plan, requests).result()

        yield drive


def request_bytes(method: str, path: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> bytes:
    """One HTTP/1.1 request, as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", "user-agent: tillroll-bench", "accept: */*"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def send_all(plan: Plan, requests: Sequence[bytes]) -> Answers:
    """Send every request once and wait for all answers; raises where the server hangs up or falls silent."""
    gc.disable()
    try:
        with ExitStack() as stack:
            return _Load(plan, requests, stack).run()
    finally:
        gc.enable()


class _Connection:
    """One socket, and the request that it waits for."""

    __slots__ = ("due", "position", "received", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SILENCE_SECONDS_MAX)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.received = b""
        self.position = -1
        self.due = 0


class _Load:
    def __init__(self, plan: Plan, requests: Sequence[bytes], stack: ExitStack) -> None:
        self._plan = plan
        self._requests = requests
        self._stack = stack
        self._poll = stack.enter_context(select.epoll())
        self._connections: dict[int, _Connection] = {}
        self._idle = deque(self._connect() for _ in range(min(plan.connections, len(requests))))
        self._sent = 0
        self._finished = array("q")
        self._latencies = array("q")
        self._statuses: Counter[int] = Counter()
        self._samples: list[str] = []
        self._bodies: list[bytes] = [b""] * len(requests) if plan.keep_bodies else []
        self._cpu_at_start = self._cpu()
        self._cpu_at_end: list[float] = []

    def run(self) -> Answers:
        """See `send_all`."""
        started_at = time.perf_counter_ns()
        if self._plan.rate:
            self._open_loop(started_at)
        else:
            self._closed_loop()
        warm_up = self._plan.warm_up
        counted_to = len(self._finished)
        if not self._plan.rate:  # the last answers come while ever fewer connections are busy
            counted_to = max(warm_up + 1, counted_to - len(self._connections))
        since = self._finished[warm_up - 1] if warm_up else started_at
        cpu = [end - start for start, end in zip(self._cpu_at_start, self._cpu_at_end or self._cpu(), strict=True)]
        return Answers(
            statuses=dict(self._statuses),
            samples=self._samples,
            bodies=self._bodies,
            seconds=(self._finished[counted_to - 1] - since) / 1e9,
            counted=counted_to - warm_up,
            latencies_us=sorted(latency // 1000 for latency in self._latencies[warm_up:]),
            own_cpu_seconds=cpu[0],
            watched_cpu_seconds=cpu[1:],
        )

    def _closed_loop(self) -> None:
        while self._idle:
            self._send(self._idle.popleft(), time.perf_counter_ns())
        while len(self._finished) < len(self._requests):
            self._receive(SILENCE_SECONDS_MAX)
            while self._idle and self._sent < len(self._requests):
                self._send(self._idle.popleft(), time.perf_counter_ns())

    def _open_loop(self, started_at: int) -> None:
        interval = 1e9 / self._plan.rate
        waiting = [self._poll.fileno()]
        while len(self._finished) < len(self._requests):
            due = started_at + int(self._sent * interval)
            wait_seconds = (due - time.perf_counter_ns()) / 1e9
            if self._sent == len(self._requests):
                self._receive(SILENCE_SECONDS_MAX)
            elif wait_seconds > 0:
                # select() on the poll: it sleeps for microseconds, where epoll only knows milliseconds
                if select.select(waiting, [], [], wait_seconds)[0]:
                    self._receive(0)
            else:
                self._send(self._idle.popleft() if self._idle else self._connect(), due)

    def _connect(self) -> _Connection:
        if len(self._connections) >= max(OPEN_CONNECTIONS_MAX, self._plan.connections):
            raise TimeoutError(f"{len(self._connections)} requests wait: the server can not keep this rate")
        connection = _Connection(self._plan.port)
        self._stack.enter_context(connection.socket)
        self._connections[connection.socket.fileno()] = connection
        self._poll.register(connection.socket.fileno(), select.EPOLLIN)
        return connection

    def _send(self, connection: _Connection, due: int) -> None:
        request = self._requests[self._sent]
        connection.position, connection.due = self._sent, due
        self._sent += 1
        if connection.socket.send(request) != len(request):
            raise OSError("a request did not fit into the socket's buffer")

    def _receive(self, seconds: float) -> None:
        """Take what has arrived; every connection whose answer is whole is idle again."""
        ready = self._poll.poll(seconds)
        if not ready and seconds:
            raise TimeoutError(f"no answer in {seconds} seconds, {self._sent - len(self._finished)} are missing")
        for number, _ in ready:
            connection = self._connections[number]
            received = connection.socket.recv(_RECEIVE_BYTES)
            if not received:
                raise ConnectionError("the server closed a connection while a request was on its way")
            answer = connection.received + received if connection.received else received
            body_at = _body_if_whole(answer)
            if body_at is None:
                connection.received = answer
                continue
            connection.received = b""
            self._finish(connection, answer, body_at)
            self._idle.append(connection)

    def _finish(self, connection: _Connection, answer: bytes, body_at: int) -> None:
        now = time.perf_counter_ns()
        finished = self._finished
        finished.append(now)
        self._latencies.append(now - connection.due)
        status = int(answer[9:12])
        self._statuses[status] += 1
        if status != self._plan.expected and len(self._samples) < SAMPLES_MAX:
            self._samples.append(f"{status} {answer[body_at : body_at + SAMPLE_BYTES_MAX].decode('utf-8', 'replace')}")
        if self._plan.keep_bodies:
            self._bodies[connection.position] = answer[body_at:]
        if len(finished) == self._plan.warm_up:
            self._cpu_at_start = self._cpu()
            finished[-1] = time.perf_counter_ns()  # the reading just now is nobody's work
        elif len(finished) == len(self._requests):
            self._cpu_at_end = self._cpu()

    def _cpu(self) -> list[float]:
        return [time.process_time(), *cpu_seconds(self._plan.watched)]


def _body_if_whole(answer: bytes) -> int | None:
    """Where the body of an answer begins, or None while some of it is missing."""
    head_ends = answer.find(b"\r\n\r\n")
    if head_ends < 0:
        return None
    body_at = head_ends + 4
    length_at = answer.find(b"content-length: ", 0, body_at)
    if length_at < 0:
        if answer[9:12] == b"204":
            return body_at
        raise ValueError(f"an answer without a length: {answer[:body_at]!r}")
    length = int(answer[length_at + 16 : answer.find(b"\r", length_at)])
    return body_at if len(answer) >= body_at + length else None


def cpu_seconds(roots: Sequence[int]) -> list[float]:
    """The processor time that each of these processes has used so far, together with its living descendants."""
    if not roots:
        return []
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                text = (folder / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended meanwhile
            fields = text.rpartition(")")[2].split()
            parents[int(folder.name)] = int(fields[1])
            ticks[int(folder.name)] = int(fields[11]) + int(fields[12])
    return [sum(ticks[id] for id in parents if _descends(id, root, parents)) / _TICKS_PER_SECOND for root in roots]


def _descends(id: int, root: int, parents: dict[int, int]) -> bool:
    while id and id != root:
        id = parents.get(id, 0)
    return id == root
