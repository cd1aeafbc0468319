"""The processes under measurement: `tillroll serve`, the empty endpoint, and what the command line says."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from msgspec import Struct

from tillroll.server import lifeline

START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 20
COMMAND_SECONDS_MAX = 600

_LISTENING = re.compile(r"running on http://127\.0\.0\.1:(?P<port>\d+)")
_STARTED = "Application startup complete"


class BenchFailed(Exception):
    """The run can not go on; the message says what was found."""


class Running(Struct, frozen=True):
    """A server process that answers on 127.0.0.1."""

    port: int
    pid: int


@contextmanager
def tillroll_server(database_url: str, workers: int, folder: Path) -> Iterator[Running]:
    """`tillroll serve` on this database, ready with all of its workers; stopped at the end."""
    command = ["tillroll", "serve", "--db", database_url, "--port", "0", "--workers", str(workers)]
    with _process(command, folder / "server.log", workers) as running:
        _await_readiness(running)
        yield running


def _await_readiness(running: Running) -> None:
    """A server that has begun to answer is ready once it has proven that it can write."""
    give_up_at = time.monotonic() + START_SECONDS_MAX
    while True:
        connection = HTTPConnection("127.0.0.1", running.port, timeout=START_SECONDS_MAX)
        connection.request("GET", "/readyz")
        status = connection.getresponse().status
        connection.close()
        if status == 200:
            return
        if time.monotonic() > give_up_at:
            raise BenchFailed(f"the server is not ready: /readyz answers {status}")
        time.sleep(0.1)


@contextmanager
def empty_endpoint(folder: Path) -> Iterator[Running]:
    """The empty endpoint; stopped at the end."""
    with _process(["tillroll.bench.empty"], folder / "empty.log", 1) as running:
        yield running


def command_line(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `tillroll` with these arguments, with settings from flags only."""
    command = [sys.executable, "-m", "tillroll", *arguments]
    return subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX, check=False
    )


def add_shop(database_url: str, name: str) -> dict[str, Any]:
    """A new shop's credentials, as `tillroll shop add --json` prints them."""
    done = command_line("shop", "add", name, "--json", "--db", database_url)
    if done.returncode != 0:
        raise BenchFailed(f"the shop could not be added: {done.stderr.strip()}")
    credentials: dict[str, Any] = json.loads(done.stdout)
    return credentials


@contextmanager
def _process(module: Sequence[str], log: Path, workers: int) -> Iterator[Running]:
    with lifeline.given() as (descriptor, named):
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *module],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment() | named,
                pass_fds=[descriptor],
                start_new_session=True,  # a process group of its own, so that ending it means all of it
            )
        try:
            yield Running(_port_when_started(process, log, workers), process.pid)
        finally:
            _stop(process)


def _port_when_started(process: "subprocess.Popen[bytes]", log: Path, workers: int) -> int:
    give_up_at = time.monotonic() + START_SECONDS_MAX
    while process.poll() is None and time.monotonic() < give_up_at:
        text = log.read_text("utf-8", "replace")
        place = _LISTENING.search(text)
        if place is not None and text.count(_STARTED) >= workers:
            return int(place["port"])
        time.sleep(0.02)
    raise BenchFailed(f"a server did not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOP_SECONDS_MAX)


def environment() -> dict[str, str]:
    """What our processes find in theirs: no settings but those that a load from one address needs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TILLROLL_")}
    # All load comes from one address.
    limits = ("sessions_per_minute", "address_reports_per_minute", "guesses_per_minute")
    return kept | {"PYTHONUNBUFFERED": "1"} | {f"TILLROLL_{name.upper()}": "0" for name in limits}
