"""Locks on an SQLite file that somebody does not give back: a process of ours that hangs, a shell, a backup.

Whoever waits is told, in time; whoever is committed is answered all the same; reads go on; nothing has to be mended
when the lock comes free.
"""

import asyncio
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.harness import new_shop, running_server
from tests.processes import running
from tests.store.ground import WAIT_SECONDS_MAX, all_of, lay_ground, look, note_all, noted, opened
from tillroll.store import Contended, Store
from tillroll.store import sqlite as sqlite_store

# As long as a request may take in these tests: the waits are shares of it.
REQUEST_SECONDS = 1.0

# Holds the turn to write until it is told to go on, then ends.
HOLD = """
import sys
from tillroll.store import open_store

def hold(tx):
    print("held", flush=True)
    input()

store = open_store(sys.argv[1])
store.write_now(hold)
store.close()
"""


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    """A store on SQLite alone, whose requests have little time."""
    with opened(sqlite_url, request_seconds=REQUEST_SECONDS) as store:
        lay_ground(store)
        yield store


@contextmanager
def stopped_holder(url: str) -> Iterator["subprocess.Popen[str]"]:
    """A process of ours that was stopped in the middle of its turn to write; killed at the end."""
    command = [sys.executable, "-c", HOLD, url]
    with running(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.send_signal(signal.SIGSTOP)
        yield holder


def let_go(holder: "subprocess.Popen[str]") -> None:
    """Let a stopped holder go on and finish."""
    assert holder.stdin is not None
    holder.send_signal(signal.SIGCONT)
    holder.stdin.write("\n")
    holder.stdin.flush()
    assert holder.wait(WAIT_SECONDS_MAX) == 0


def kill(holder: "subprocess.Popen[str]") -> None:
    """Kill a stopped holder, as an operator does."""
    holder.kill()
    holder.wait(WAIT_SECONDS_MAX)


@pytest.fixture
def shell(store: Store, sqlite_url: str) -> Iterator[sqlite3.Connection]:
    """Another program with the file open, which knows nothing of our lock."""
    path = sqlite_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)) as shell:
        yield shell


def read_something(store: Store) -> None:
    """Read, as a request does that only reads."""
    assert asyncio.run(store.read(lambda tx, _: tx.rows("shops"), None))


@pytest.mark.parametrize("end", [let_go, kill])
def test_a_process_that_hangs_with_the_lock_is_not_waited_for_without_an_end(
    store: Store, sqlite_url: str, end: Callable[["subprocess.Popen[str]"], None]
) -> None:
    with stopped_holder(sqlite_url) as holder:
        for attempt in ("first", "second"):
            with pytest.raises(Contended, match="turn"):
                asyncio.run(store.write(note_all, attempt))
            read_something(store)
        end(holder)
        assert asyncio.run(store.write(note_all, "afterwards"))[0] == "afterwards"
    assert noted(sqlite_url) == ["afterwards"]


def test_everybody_who_waits_for_a_hanging_process_is_told_and_nobody_is_written_later(
    store: Store, sqlite_url: str
) -> None:
    async def scene() -> list[object]:
        waves: list[asyncio.Task[object]] = []
        for wave in range(3):
            waves += [asyncio.create_task(store.write(note_all, f"{wave} {n}")) for n in range(100)]
            await asyncio.sleep(0.1)
        return await all_of(waves)

    with stopped_holder(sqlite_url) as holder:
        assert {type(result) for result in asyncio.run(scene())} == {Contended}
        let_go(holder)
        asyncio.run(store.write(note_all, "afterwards"))
    assert noted(sqlite_url) == ["afterwards"]


def test_a_lock_that_comes_free_in_time_costs_nobody_anything(sqlite_url: str) -> None:
    with opened(sqlite_url, request_seconds=60) as patient:
        lay_ground(patient)

        async def scene(holder: "subprocess.Popen[str]") -> object:
            write = asyncio.create_task(patient.write(note_all, "it"))
            await asyncio.sleep(0.2)
            assert not write.done()
            await asyncio.to_thread(let_go, holder)
            return await write

        with stopped_holder(sqlite_url) as holder:
            assert asyncio.run(scene(holder)) == ("it", 1)


def test_a_lock_that_nobody_waits_for_any_more_is_not_kept(store: Store, sqlite_url: str) -> None:
    with stopped_holder(sqlite_url) as holder:
        with pytest.raises(Contended):
            asyncio.run(store.write(note_all, "given up"))
        let_go(holder)
        with opened(sqlite_url, request_seconds=60) as other:  # the first store still has its place in the queue
            assert asyncio.run(other.write(note_all, "other"))[0] == "other"
    assert asyncio.run(store.write(note_all, "first"))[0] == "first"


def test_a_store_closes_while_another_process_hangs_with_the_lock(sqlite_url: str) -> None:
    with opened(sqlite_url, request_seconds=REQUEST_SECONDS) as closing_one:
        lay_ground(closing_one)
        with stopped_holder(sqlite_url):
            with pytest.raises(Contended):
                asyncio.run(closing_one.write(note_all, "it"))
            closing_one.close()


def test_commands_tell_who_hangs_instead_of_hanging_too(
    store: Store, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_store, "COMMAND_SECONDS", 0.2)
    monkeypatch.setattr(sqlite_store, "MIGRATION_SECONDS", 0.2)
    with stopped_holder(sqlite_url):
        with pytest.raises(Contended, match="hangs, or it migrates"):
            store.write_now(lambda tx: note_all(tx, ["it"]))
        with pytest.raises(Contended, match="hangs, or it migrates"):
            store.migrate()
    assert store.migrate() == []


def test_a_writer_that_knows_nothing_of_our_lock_is_waited_for(
    store: Store, shell: sqlite3.Connection, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_store, "COMMAND_SECONDS", 0.2)
    shell.execute("BEGIN IMMEDIATE")
    with pytest.raises(Contended):
        asyncio.run(store.write(note_all, "while it was held"))
    with pytest.raises(Contended):
        store.write_now(lambda tx: note_all(tx, ["while it was held"]))
    read_something(store)
    shell.execute("COMMIT")
    assert asyncio.run(store.write(note_all, "afterwards"))[0] == "afterwards"
    assert noted(sqlite_url) == ["afterwards"]


def test_a_file_that_is_locked_before_it_is_opened_is_waited_for_no_longer(store: Store, sqlite_url: str) -> None:
    shell = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    store.close()  # the last one out folds the log back, so that the whole file can be locked
    with closing(shell):
        shell.execute("PRAGMA locking_mode = EXCLUSIVE")
        shell.execute("BEGIN EXCLUSIVE")
        shell.execute("UPDATE shop SET id = id")
        with opened(sqlite_url, request_seconds=REQUEST_SECONDS) as late:
            with pytest.raises(Contended):
                asyncio.run(late.write(note_all, "it"))
            with pytest.raises(Contended):
                read_something(late)
            shell.execute("ROLLBACK")
            shell.close()
            assert asyncio.run(late.write(note_all, "it"))[0] == "it"
            read_something(late)


def test_what_is_committed_is_answered_while_somebody_else_holds_the_lock(
    shell: sqlite3.Connection, sqlite_url: str
) -> None:
    answered: set[str] = set()

    async def scene(store: Store) -> None:
        async def keep_writing(name: str) -> None:
            for number in range(2000):
                if held.is_set():
                    return
                await store.write(note_all, f"{name} {number}")
                answered.add(f"{name} {number}")

        held = threading.Event()
        writers = [asyncio.create_task(keep_writing(str(name))) for name in range(300)]
        await asyncio.to_thread(take, held)
        committed = {subject for (subject,) in shell.execute("SELECT subject FROM event")}
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while not committed <= answered and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        untold = committed - answered  # and the lock is still held
        shell.execute("ROLLBACK")
        assert committed
        assert untold == set()
        await asyncio.gather(*writers)

    def take(held: threading.Event) -> None:
        time.sleep(0.3)  # until the writers are in full swing
        shell.execute("PRAGMA busy_timeout = 0")
        while True:
            try:
                shell.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                continue
            held.set()
            return

    with opened(sqlite_url, request_seconds=600) as patient:
        asyncio.run(scene(patient))


def test_shoppers_are_told_503_while_another_process_hangs_and_served_when_it_goes_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tillroll.db'}"
    with running_server(url, settings={"request_seconds": REQUEST_SECONDS}) as server, new_shop(server) as shop:
        service, products = shop.service, f"/product/{shop.name}/products"
        with stopped_holder(url) as holder:
            for _ in range(2):
                refused = service.post(products, json={"code": "mug", "name": "Mug"})
                assert refused.status_code == 503
                assert refused.headers["retry-after"] == "1"
            assert service.get(products).status_code == 200
            let_go(holder)
        assert service.post(products, json={"code": "mug", "name": "Mug"}).status_code == 201
    assert look(url, "SELECT count(*) FROM catalogue_entry WHERE kind = 'product'") == [(1,)]
