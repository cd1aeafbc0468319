"""One build's side of a comparison: a process that serves with the `tillroll` that it finds, and drives rounds of it.

    against ── stdin ──▶ {"kind": "checkout", "database": 0}     this file, run with the other build's path
            ◀─ stdout ── {"per_second", "server_us", "behind_us"}

It is run as a file, and imports of `tillroll` only what every build since d5fe4a3 has, so that one side of a comparison
can be an older build. It ends with its stdin.

A round's costs are processor time of the server and of its database: `server_us` until the last answer, and `behind_us`
from then until both have come to rest, which is what follows behind the acknowledgements.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from secrets import token_hex
from typing import Any

from tillroll.bench.events import cart_requests
from tillroll.bench.load import Plan, cpu_seconds, generator
from tillroll.bench.servers import add_shop, tillroll_server
from tillroll.bench.shop import checkout_requests, open_shop, order_count

_WARM_UP_SHARE = 0.1
# A server is at rest when it has used less than this share of a core for so long.
_REST_SHARE = 0.05
_REST_SECONDS = 0.5
_REST_SECONDS_MAX = 120.0


class Side:
    """A server of this build on one database, with the requests of all rounds."""

    def __init__(self, asked: dict[str, Any], stack: ExitStack) -> None:
        """Start it and make its carts; `asked` names `url`, `folder`, `database_pid`, `rounds`, `count`, `clients`."""
        self._drive = stack.enter_context(generator())
        self._count, self._clients = asked["count"], asked["clients"]
        credentials = add_shop(asked["url"], f"bench{token_hex(4)}")
        server = stack.enter_context(tillroll_server(asked["url"], 1, Path(asked["folder"])))
        self._port = server.port
        self._watched = tuple(pid for pid in (server.pid, asked["database_pid"]) if pid)
        self._shop = open_shop(server, credentials)
        carts = checkout_requests(self._shop, self._drive, asked["rounds"] * self._count)
        events = cart_requests(credentials, self._count)
        self._requests: dict[str, Callable[[], list[bytes]]] = {
            "checkout": _parts(carts, self._count).__next__,
            "event": lambda: events,
        }
        self._ordered = 0
        self._rest()

    def round(self, kind: str) -> dict[str, float]:
        """Drive one round, and wait until the server has come to rest."""
        requests = self._requests[kind]()
        before = self._cpu()
        plan = Plan(self._port, self._clients, int(self._count * _WARM_UP_SHARE))
        answers = self._drive(plan, requests)
        answered = self._cpu()
        if answers.unexpected(200):
            raise RuntimeError(f"a round failed: {answers.statuses}, for example {answers.samples}")
        self._ordered += len(requests) * (kind == "checkout")
        behind = self._rest() - answered
        us = 1e6 / len(requests)
        return {
            "per_second": answers.per_second,
            "server_us": (answered - before) * us,
            "behind_us": behind * us,
        }

    def check(self) -> None:
        """Raises unless there are as many orders as checkouts were acknowledged."""
        if (orders := order_count(self._shop)) != self._ordered:
            raise RuntimeError(f"{self._ordered} checkouts were acknowledged, but there are {orders} orders")

    def _cpu(self) -> float:
        return sum(cpu_seconds(self._watched))

    def _rest(self) -> float:
        """Wait until the server does next to nothing; the processor time at which it began to rest."""
        give_up_at = time.monotonic() + _REST_SECONDS_MAX
        used = self._cpu()
        while time.monotonic() < give_up_at:
            time.sleep(_REST_SECONDS)
            before, used = used, self._cpu()
            if used - before <= _REST_SHARE * _REST_SECONDS:
                return before
        raise RuntimeError(f"the server was not at rest after {_REST_SECONDS_MAX:.0f} s")


def _parts(requests: list[bytes], count: int) -> Iterator[list[bytes]]:
    """The requests, so many at a time."""
    for start in range(0, len(requests), count):
        yield requests[start : start + count]


def main() -> None:
    """Start, say so, and drive one round for each line of stdin."""
    with ExitStack() as stack:
        side = Side(json.loads(sys.argv[1]), stack)
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            print(json.dumps(side.round(json.loads(line)["kind"])), flush=True)
        side.check()


if __name__ == "__main__":
    main()
