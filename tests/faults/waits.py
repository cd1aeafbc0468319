"""What everybody else waits for while something is held, hung, frozen or full: a table for `docs/operating.md`.

    python -m tests.faults.waits [WORD ...]      only the troubles whose names hold one of these words

Not a test, because what it prints are seconds: the tests say who is answered at all. Each trouble lasts TROUBLE_SECONDS
at most, and concerns databases and servers that were started for it.
"""

import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psutil
import psycopg

from tests.crashable_postgres import CrashablePostgres, crashable_postgres
from tests.dialects.alhena.storefront import Visitor
from tests.harness import Server, new_shop, running_servers
from tests.shop import NO_CERTIFICATES, Shop

TROUBLE_SECONDS = 12.0
# Longer than anybody should ever wait: what takes longer is told as this.
PATIENCE_SECONDS = 150.0

Trouble = Callable[["Stage"], AbstractContextManager[None]]


class Stage(NamedTuple):
    """Two servers on one database, a shop on them, and where to make trouble."""

    shop: Shop
    servers: list[Server]
    postgres: CrashablePostgres | None
    sqlite: Path


class Asked(NamedTuple):
    """Who asks again and again: a name, and one request."""

    name: str
    ask: Callable[[], httpx.Response]


class Waits:
    """What one of them has waited for."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.longest = 0.0

    def note(self, status: str, seconds: float) -> None:
        """One more answer."""
        self.statuses[status] += 1
        self.longest = max(self.longest, seconds)

    def __str__(self) -> str:
        said = ", ".join(f"{count} × {status}" for status, count in sorted(self.statuses.items()))
        return f"{self.longest:.1f} s ({said})"


# --- the troubles ---


@contextmanager
def held_row(stage: Stage) -> Iterator[None]:
    """A shell that has counted the stock of mugs and not committed."""
    assert stage.postgres is not None
    with psycopg.connect(stage.postgres.url) as connection:
        connection.execute("SELECT * FROM availability WHERE product_id = 'mug' FOR UPDATE")
        yield
        connection.rollback()


@contextmanager
def hung_server(stage: Stage) -> Iterator[None]:
    """One server process stops in the middle of its work, and the others are asked."""
    hung = stage.servers[1]
    stopped = threading.Event()
    away = stage.shop.at(hung.url)

    def buy() -> None:
        try:
            guest = away.guest()
            while not stopped.is_set():
                away.checkout(guest, away.order_request(away.cart(guest, ["mug"])))
        except (httpx.TransportError, AssertionError):
            return  # it was stopped in the middle of this

    threads = [threading.Thread(target=buy, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(2_000):
        os.killpg(hung.process.pid, signal.SIGSTOP)
        if _somebody_writes(stage):
            break
        os.killpg(hung.process.pid, signal.SIGCONT)
        time.sleep(0.003)
    try:
        yield
    finally:
        stopped.set()
        os.killpg(hung.process.pid, signal.SIGCONT)


def _somebody_writes(stage: Stage) -> bool:
    """Whether the process that was just stopped is in the middle of a transaction."""
    if stage.postgres is not None:
        with psycopg.connect(stage.postgres.url) as connection:
            try:
                connection.execute("SELECT * FROM availability WHERE product_id = 'mug' FOR UPDATE NOWAIT")
            except psycopg.errors.LockNotAvailable:
                return True
        return False
    with Path(f"{stage.sqlite}.lock").open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def frozen_database(stage: Stage) -> Iterator[None]:
    """Every process of PostgreSQL stops, as on a machine that hangs."""
    assert stage.postgres is not None
    stage.postgres.freeze()
    try:
        yield
    finally:
        stage.postgres.thaw()


@contextmanager
def database_gone(stage: Stage) -> Iterator[None]:
    """PostgreSQL ends, and comes back."""
    assert stage.postgres is not None
    stage.postgres.kill_everything()
    try:
        yield
    finally:
        stage.postgres.start()


@contextmanager
def locked_file(stage: Stage) -> Iterator[None]:
    """A shell that has begun to write into the SQLite file and does nothing more."""
    connection = sqlite3.connect(stage.sqlite, isolation_level=None, timeout=30)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@contextmanager
def long_reader(stage: Stage) -> Iterator[None]:
    """A backup or an analyst that reads the SQLite file in one long transaction."""
    connection = sqlite3.connect(stage.sqlite, isolation_level=None, timeout=30)
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@contextmanager
def full_disk(stage: Stage) -> Iterator[None]:
    """The disk of the SQLite file is full: it is a small one in memory, and a file takes what is left of it."""
    filler = stage.sqlite.parent / "filler"
    with filler.open("wb") as file:
        try:
            while True:
                file.write(b"\0" * 65536)
                file.flush()
        except OSError:
            pass
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def no_more_writing(stage: Stage) -> Iterator[None]:
    """The system refuses every write of the server that is asked, as on a disk that has become read-only."""
    processes = [psutil.Process(stage.servers[0].process.pid)]
    processes += processes[0].children(recursive=True)
    for process in processes:
        process.rlimit(psutil.RLIMIT_FSIZE, (0, psutil.RLIM_INFINITY))
    try:
        yield
    finally:
        for process in processes:
            process.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))


POSTGRES: dict[str, Trouble] = {
    "held row": held_row,
    "hung server": hung_server,
    "frozen database": frozen_database,
    "database gone": database_gone,
}
SQLITE: dict[str, Trouble] = {
    "hung server": hung_server,
    "locked file": locked_file,
    "long reader": long_reader,
    "full disk": full_disk,
    "no more writing": no_more_writing,
}


# --- who asks ---


def _everybody(shop: Shop) -> list[Asked]:
    visitor = Visitor(shop)
    assert visitor.talk().status_code == 200
    return [
        *[Asked("checkout of a mug", _buyer(shop, "mug")) for _ in range(3)],
        Asked("checkout of tea", _buyer(shop, "tea")),
        Asked("event", visitor.cart),
        Asked("read", lambda: shop.service.get(f"/product/{shop.name}/products/mug")),
        Asked(
            "/readyz",
            lambda: httpx.get(f"{shop.url}/readyz", trust_env=False, verify=NO_CERTIFICATES, timeout=PATIENCE_SECONDS),
        ),
        Asked(
            "/healthz",
            lambda: httpx.get(f"{shop.url}/healthz", trust_env=False, verify=NO_CERTIFICATES, timeout=PATIENCE_SECONDS),
        ),
    ]


def _buyer(shop: Shop, product: str) -> Callable[[], httpx.Response]:
    """Checks out carts that were filled before the trouble began, one after the other."""
    carts: list[tuple[httpx.Client, dict[str, Any]]] = []
    for _ in range(40):
        guest = shop.guest()
        guest.timeout = httpx.Timeout(PATIENCE_SECONDS)
        carts.append((guest, shop.order_request(shop.cart(guest, [product]))))

    def ask() -> httpx.Response:
        time.sleep(0.2)
        guest, body = carts.pop() if len(carts) > 1 else carts[0]
        return shop.checkout(guest, body)

    return ask


def _watch(stage: Stage, trouble: Trouble) -> dict[str, Waits]:
    everybody = _everybody(stage.shop)
    waits = {asked.name: Waits() for asked in everybody}
    over = threading.Event()

    def keep_asking(asked: Asked) -> None:
        kept = waits[asked.name]
        while not over.is_set():
            begun = time.monotonic()
            try:
                status = str(asked.ask().status_code)
            except httpx.TransportError as error:
                status = type(error).__name__
            kept.note(status, time.monotonic() - begun)
            time.sleep(0.05)

    with trouble(stage):
        threads = [threading.Thread(target=keep_asking, args=[asked]) for asked in everybody]
        for thread in threads:
            thread.start()
        time.sleep(TROUBLE_SECONDS)
        over.set()
        ended_at = time.monotonic()
    for thread in threads:
        thread.join()
    print(f"  all answered {time.monotonic() - ended_at:.1f} s after its end", flush=True)
    return waits


@contextmanager
def _stage(database: str) -> Iterator[Stage]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tillroll-waits-")))
        postgres = stack.enter_context(crashable_postgres()) if database == "PostgreSQL" else None
        if postgres is None:
            _mount("size=64m", folder, "tmpfs")
            stack.callback(lambda: subprocess.run(["umount", "--lazy", str(folder)], check=True))
        file = folder / "tillroll.db"
        url = postgres.url if postgres is not None else f"sqlite:///{file}"
        servers = stack.enter_context(running_servers(url, 2, settings={"sign_ups_per_hour": 0}))
        for server in servers:
            server.expect_fault("")  # what a build logs in trouble is not what is measured
        shop = stack.enter_context(new_shop(servers))
        shop.standard()
        for product in ("mug", "tea"):
            shop.stock(product, 1_000_000)
        yield Stage(shop, servers, postgres, file)


def _mount(options: str, folder: Path, kind: str = "") -> None:
    of_kind = ["-t", kind, kind] if kind else []
    subprocess.run(["mount", *of_kind, "-o", options, str(folder)], check=True)


def main(words: list[str]) -> None:
    """Print one line for each trouble and each who asked."""
    for database, troubles in (("PostgreSQL", POSTGRES), ("SQLite", SQLITE)):
        for name, trouble in troubles.items():
            if words and not any(word in f"{database} {name}" for word in words):
                continue
            print(f"{database}, {name}", flush=True)
            with _stage(database) as stage:
                for asked, kept in _watch(stage, trouble).items():
                    print(f"  {asked:20} {kept}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
