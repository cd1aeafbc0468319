"""Real servers for tests: processes that can be killed, and new shops on them.

    running_server(database_url) ──► Server   a `tillroll serve` process, its log watched, stopped at the end
    add_shop(database_url)       ──► dict     the credentials that `tillroll shop add --json` prints
    new_shop(server)             ──► Shop     a new shop on that server; see `tests/shop.py`

Tests that mostly read share one server per database: each test that asks for `shop` gets a new shop on that server.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from secrets import token_hex
from typing import IO, Any, Literal

import httpx
import pytest
from msgspec.structs import replace

from tests.conftest import new_database
from tests.processes import Forked, nursery
from tests.shop import NO_CERTIFICATES, Shop
from tests.standard_shops import StandardShops
from tillroll.cli import shop_document
from tillroll.engine.access import access
from tillroll.engine.access.access import CUSTOMER, NATIVE, NewToken
from tillroll.engine.access.native_keys import identifier_of
from tillroll.engine.inventory import applications
from tillroll.engine.shops import shops
from tillroll.engine.shops.shops import NewKey, NewShop
from tillroll.keymaker import new_secret, new_shop_keys
from tillroll.store import Store, open_store

# Every test comes from one address: what an address may do is limited only where a test says so.
UNLIMITED = {
    "address_reports_per_minute": 0,
    "refused_calls_per_minute": 0,
    "sessions_per_minute": 0,
    "customer_sign_ups_per_hour": 0,
    "password_resets_per_hour": 0,
    "guesses_per_minute": 0,
}
Start = Literal["command", "forked"]
"""How a server is started: as an operator does it, or by the nursery, where neither how a process begins nor what the
hash of a password costs makes a difference to the test."""

START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 20
CLI_SECONDS_MAX = 110

_LISTENING = re.compile(r"running on \S*http://127\.0\.0\.1:(?P<port>\d+)")
_PORT_TAKEN = "address already in use"
# What a healthy server never logs: uvicorn's and our own ways of writing the level, and any stack.
_FAULT = re.compile(r"Traceback \(most recent call last\)|\b(ERROR|CRITICAL)\b|\blevel\W{1,4}(error|critical)\b")
_NEW_RECORD = re.compile(r"^(?!\s|Traceback |The above exception|During handling|[\w.]+(Error|Exception|Failure)\b)\S")


class Server:
    """One `tillroll serve`, as an operator would start it; `url` stays the same over restarts."""

    def __init__(self, database_url: str, *, workers: int, settings: Mapping[str, object], log_file: Path) -> None:
        self.database_url = database_url
        self.log_file = log_file
        self.process: subprocess.Popen[str] | Forked
        self.how: Start = "command"
        self.shops: StandardShops | None = None
        """How new shops of this server are made at once, where many tests share it."""
        self._arguments = ["--db", database_url, "--workers", str(workers)]
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("TILLROLL_")}
        given = {**UNLIMITED, **settings}
        self._environment |= {f"TILLROLL_{name.upper()}": str(value) for name, value in given.items()}
        self._environment["PYTHONUNBUFFERED"] = "1"
        self._port = 0  # the kernel's choice at the first start, kept from then on
        self._expected: list[str] = []
        self._checked = 0

    @property
    def url(self) -> str:
        """Where the server answers."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def log(self) -> str:
        """Everything that the server has written so far, over all of its lives."""
        return self.log_file.read_text("utf-8", "replace")

    def start(self) -> None:
        """Start and wait until it is ready; a port that somebody else took meanwhile is waited for."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._started(deadline):
            if time.monotonic() > deadline or _PORT_TAKEN not in self.log:
                pytest.fail(f"the server did not start:\n{self.log[-4000:]}", pytrace=False)

    def kill(self) -> None:
        """End the server and its worker processes at once, as a power cut would; nobody else's processes."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self._wait()

    def stop(self) -> None:
        """Ask the server to finish what it has begun and to end; fails where it does not."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.kill()
                pytest.fail(f"the server did not stop:\n{self.log[-4000:]}", pytrace=False)
        self._wait()

    def restart(self) -> None:
        """Stop it unless it is gone already, and start it again on the same port."""
        self.stop()
        self.start()

    def expect_fault(self, text: str) -> None:
        """Allow errors in the log whose record contains `text`."""
        self._expected.append(text)

    def check_log(self) -> None:
        """Fail for errors and stack traces in the log that nobody expected, since the last time it was asked."""
        log = self.log
        new, self._checked = log[self._checked :], len(log)
        faults = [
            record
            for record in records_of(new)
            if any(_FAULT.search(line) for line in record.splitlines())
            and not any(text in record for text in self._expected)
        ]
        if faults:
            pytest.fail("the server logged:\n" + "\n".join(faults), pytrace=False)

    def _started(self, deadline: float) -> bool:
        log_before = len(self.log) if self.log_file.exists() else 0
        self.process = self._begun(["serve", "--port", str(self._port), *self._arguments])
        assert self.process.stdout is not None
        listening = threading.Event()
        self._reader = threading.Thread(target=self._copy_log, args=(self.process.stdout, listening), daemon=True)
        self._reader.start()
        listening.wait(START_SECONDS_MAX)
        place = _LISTENING.search(self.log[log_before:])
        if place is None:
            self.kill()
            return False
        self._port = int(place["port"])
        return self._is_ready(deadline)

    def _begun(self, arguments: list[str]) -> "subprocess.Popen[str] | Forked":
        """The process, in a group of its own, so that `kill` can mean all of it."""
        if self.how == "forked":
            return nursery().start(arguments, self._environment, quick_passwords=True)
        return subprocess.Popen(
            [sys.executable, "-m", "tillroll", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=self._environment,
            start_new_session=True,
        )

    def _is_ready(self, deadline: float) -> bool:
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                answer = httpx.get(f"{self.url}/readyz", trust_env=False, verify=NO_CERTIFICATES, timeout=5)
                if answer.status_code == 200:
                    return True
            except httpx.TransportError:
                pass  # the workers are not listening yet
            time.sleep(0.02)
        self.kill()
        return False

    def _copy_log(self, lines: IO[str], listening: threading.Event) -> None:
        """Copy the output into the log file until every process of the server has closed its end."""
        with lines, self.log_file.open("a", encoding="utf-8") as log:
            for line in lines:
                log.write(line)
                log.flush()
                if _LISTENING.search(line):
                    listening.set()
        listening.set()

    def _wait(self) -> None:
        """Wait for the end of the process and, by the end of its output, of all of its workers."""
        self.process.wait(STOP_SECONDS_MAX)
        self._reader.join(STOP_SECONDS_MAX)
        if self._reader.is_alive():
            os.killpg(self.process.pid, signal.SIGKILL)
            pytest.fail("a worker process outlived its server", pytrace=False)


def records_of(log: str) -> list[str]:
    """A log as records: a line with the stack trace that follows it."""
    records: list[list[str]] = []
    for line in log.splitlines():
        if not records or _NEW_RECORD.search(line):
            records.append([])
        records[-1].append(line)
    return ["\n".join(record) for record in records]


@contextmanager
def running_server(
    database_url: str,
    *,
    workers: int = 1,
    settings: Mapping[str, object] | None = None,
    start: Start = "forked",
) -> Iterator[Server]:
    """A server on a free port, ready; `settings` are those of `tillroll.settings`, by name.

    At the end it is stopped, and the test fails where the log holds an error that it did not expect.
    """
    with tempfile.TemporaryDirectory(prefix="tillroll-server-") as folder:
        server = Server(database_url, workers=workers, settings=settings or {}, log_file=Path(folder) / "server.log")
        server.how = start
        server.start()
        try:
            yield server
        finally:
            server.stop()
        server.check_log()


@contextmanager
def running_servers(
    database_url: str, count: int, *, settings: Mapping[str, object] | None = None
) -> Iterator[list[Server]]:
    """Several servers on one database."""
    with ExitStack() as stack:
        yield [stack.enter_context(running_server(database_url, settings=settings)) for _ in range(count)]


def run_cli(*arguments: str, database_url: str | None = None) -> "subprocess.CompletedProcess[str]":
    """Run `tillroll` with these arguments, on `database_url` where one is given."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TILLROLL_")}
    if database_url is not None:
        environment["TILLROLL_DB"] = database_url
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = nursery().start(arguments, environment, output, errors=errors)
        try:
            status = process.wait(CLI_SECONDS_MAX)
        finally:
            process.kill()
        for file in (output, errors):
            file.seek(0)
        return subprocess.CompletedProcess(["tillroll", *arguments], status, output.read(), errors.read())


def add_shop(
    database_url: str, name: str = "acme", currency: str = "EUR", *, is_served: bool = False
) -> dict[str, Any]:
    """A new shop's credentials, as `tillroll shop add --json` prints them; without the time that a process takes.

    A database that `is_served` has its tables: its server has seen to that.
    """
    store = open_store(database_url)
    try:
        if not is_served:
            store.migrate()
        return _added(store, name, currency)
    finally:
        store.close()


def _added(store: Store, name: str, currency: str) -> dict[str, Any]:
    keys = new_shop_keys()
    assert store.write_now(lambda tx: shops.add_shop(tx, NewShop(name, currency, keys), time.time_ns() // 1000))
    return shop_document(name, keys)


def new_native_key(database_url: str, shop: str, *scopes: str) -> str:
    """A key of our own API with these scopes, as `tillroll key create --for native` makes one; its secret."""
    secret = new_secret()
    store = open_store(database_url)
    try:
        key = NewKey(NATIVE, identifier_of(secret), secret, " ".join(scopes))
        store.write_now(lambda tx: shops.add_key(tx, shop, key, time.time_ns() // 1000))
    finally:
        store.close()
    return secret


def new_shop_name() -> str:
    """A name that no other test has."""
    return f"shop{token_hex(6)}"


@contextmanager
def new_shop(servers: Server | Sequence[Server], currency: str = "EUR") -> Iterator[Shop]:
    """A new shop, driven through the first of these servers."""
    server = servers if isinstance(servers, Server) else servers[0]
    name, makes = new_shop_name(), server.shops
    added = (
        _added(makes.store, name, currency) if makes else add_shop(server.database_url, name, currency, is_served=True)
    )
    with Shop(server.url, added) as shop:
        shop.made_standard = makes.make if makes else None
        yield shop


def save_redirect_uri(database_url: str, client_id: str, uri: str) -> None:
    """Let an application send users back there, as `tillroll app change` does, without the time of a process."""
    store = open_store(database_url)
    try:
        known = store.write_now(lambda tx: applications.by_client_id(tx, client_id))
        assert known is not None
        changed = replace(known, redirect_uris=(uri,))
        assert store.write_now(lambda tx: applications.change(tx, changed))
    finally:
        store.close()


def known_customer(server: Server, shop: Shop, id: str) -> httpx.Client:
    """A client with the token of a customer who has this number, which a signup would not have given."""
    secret = f"token-of-{id}-{shop.name}"
    token = NewToken(secret, CUSTOMER, "storefront", "", 2**62, f"session-{id}", id)
    email = f"{id.lower()}@example.com"
    row = {"shop": shop.name, "id": id, "email": email, "contact_email": email, "password_hash": None, "initial": 0}
    store = open_store(server.database_url)
    try:
        store.write_now(
            lambda tx: tx.run("insert_customer", **row, active=1, on_hold=0, document='{"profile":{}}', now=1)
        )
        store.write_now(lambda tx: access.store_tokens(tx, shop.name, [token]))
    finally:
        store.close()
    return shop.client(secret)


# The tests of an hour all come from one address.
SHARED_SETTINGS = {"sign_ups_per_hour": 0, "webhook_private_targets": True}


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def shared_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on SQLite, then one on PostgreSQL, each for all the tests of this process that ask for it."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path_factory.mktemp('shared') / 'tillroll.db'}"
        with _shared(address) as server:
            yield server
        return
    with new_database(request.getfixturevalue("postgres_socket_folder")) as address, _shared(address) as server:
        yield server


@contextmanager
def _shared(address: str) -> Iterator[Server]:
    with running_server(address, settings=SHARED_SETTINGS) as server, closing(StandardShops(address)) as makes:
        server.shops = makes
        yield server


@pytest.fixture
def shop(shared_server: Server) -> Iterator[Shop]:
    """A new shop on the shared server; what the server logs as an error meanwhile fails the test that caused it."""
    with new_shop(shared_server) as shop:
        yield shop
    shared_server.check_log()
