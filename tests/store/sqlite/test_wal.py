"""SQLite's write-ahead log: small again when nobody needs it, bounded while somebody does, and full disks."""

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.store.ground import NOW, SHOP, WAIT_SECONDS_MAX, lay_ground, look, noted, opened
from tillroll.store import Overloaded, Store, StoreFailed, Transaction

MEBIBYTE = 1024 * 1024
LIMIT = 12 * MEBIBYTE
# One write of these tests, with the pages that it touches.
WRITE_BYTES = MEBIBYTE

WRITE_TO_THE_LIMIT = """
import asyncio, json, resource, signal, sys
from tests.store.sqlite.test_wal import write_much
from tillroll.store import StoreFailed, open_store

async def write_until_refused(store):
    written = 0
    for number in range(100):
        try:
            await store.write(write_much, str(number))
        except StoreFailed:
            return written
        written += 1

store = open_store(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), unlimited[1]))
written = asyncio.run(write_until_refused(store))
readable = len(asyncio.run(store.read(lambda tx, _: tx.rows("shops"), None)))
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
asyncio.run(store.write(write_much, "afterwards"))
print(json.dumps([written, readable]))
store.close()
"""


def write_much(tx: Transaction, items: Sequence[str]) -> list[str]:
    """Note each item with a document of some size."""
    for item in items:
        document = json.dumps("x" * (WRITE_BYTES - 100_000))
        row = {"shop": SHOP, "dialect": "native", "kind": "noted", "subject": item, "visitor": None}
        tx.run("insert_event", **row, happened_at=NOW, received_at=NOW, document=document)
    return list(items)


def log_size(url: str) -> int:
    """How long the log of this database is."""
    path = Path(url.removeprefix("sqlite:///") + "-wal")
    return path.stat().st_size if path.exists() else 0


def eventually(holds: Callable[[], object]) -> None:
    """Fail unless this holds before long."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def long_reader(url: str) -> Iterator[None]:
    """Another program that reads one snapshot for as long as the block lasts."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as shell:
        shell.execute("BEGIN")
        shell.execute("SELECT count(*) FROM event").fetchone()
        yield


def write_until_refused(store: Store) -> tuple[list[str], str]:
    """Write until the store refuses: what was written, and the reason."""
    written: list[str] = []
    while len(written) < 1000:
        try:
            written.append(asyncio.run(store.write(write_much, str(len(written)))))
        except StoreFailed as refusal:
            return written, str(refusal)
    pytest.fail("nothing was refused")


def is_written(store: Store, item: str) -> bool:
    """Whether a write goes through by now."""
    try:
        return asyncio.run(store.write(write_much, item)) == item
    except StoreFailed:
        return False


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    """A store on SQLite whose log may become 12 MiB."""
    with opened(sqlite_url, wal_bytes_max=LIMIT) as store:
        lay_ground(store)
        yield store


def test_a_program_that_reads_for_long_can_not_make_the_log_grow_without_an_end(store: Store, sqlite_url: str) -> None:
    with long_reader(sqlite_url):
        written, reason = write_until_refused(store)
        assert "wal_bytes_max" in reason
        assert LIMIT <= log_size(sqlite_url) <= LIMIT + 2 * WRITE_BYTES
        with pytest.raises(StoreFailed, match="wal_bytes_max"):
            store.write_now(lambda tx: write_much(tx, ["by a command"]))
        assert asyncio.run(store.read(lambda tx, _: len(tx.rows("shops")), None)) == 1
        assert noted(sqlite_url) == written
    eventually(lambda: is_written(store, "afterwards"))
    assert noted(sqlite_url) == [*written, "afterwards"]


def test_the_log_becomes_small_again_by_itself_when_the_reader_has_left(store: Store, sqlite_url: str) -> None:
    with long_reader(sqlite_url):
        write_until_refused(store)
    eventually(lambda: log_size(sqlite_url) <= LIMIT // 2)


@pytest.mark.parametrize("way", ["group", "alone"])
def test_the_log_becomes_small_again_when_nobody_writes_after_the_one_that_made_it_long(
    store: Store, sqlite_url: str, way: str
) -> None:
    items = list(map(str, range(8)))  # in one commit more than the log may keep, and nothing comes after it
    with long_reader(sqlite_url):
        if way == "alone":
            store.write_now(lambda tx: write_much(tx, items))
        else:
            asyncio.run(store.write(lambda tx, _: [write_much(tx, items)], None))
        assert LIMIT // 2 < log_size(sqlite_url) < LIMIT
    eventually(lambda: log_size(sqlite_url) <= LIMIT // 2)
    assert noted(sqlite_url) == items


def test_the_operator_is_told_once_why_the_log_grows(
    store: Store, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    def told() -> list[str]:
        return [record.getMessage() for record in caplog.records if "reading" in record.getMessage()]

    with long_reader(sqlite_url):
        write_until_refused(store)
        eventually(told)
        time.sleep(1.5)  # long enough for the keeper to look again
        assert len(told()) == 1
        assert sqlite_url.removeprefix("sqlite:///") in told()[0]


def test_readers_of_our_own_that_never_pause_do_not_keep_the_log_long(store: Store, sqlite_url: str) -> None:
    def read_slowly(tx: Transaction, _: None) -> int:
        count = len(tx.rows("shops"))
        time.sleep(0.05)
        return count

    async def scene() -> None:
        async def keep_reading() -> None:
            while not done.is_set():
                await store.read(read_slowly, None, "list", ("192.0.2.1", ""))

        done = asyncio.Event()
        readers = [asyncio.create_task(keep_reading()) for _ in range(2)]
        await asyncio.sleep(0.02)
        for number in range(40):
            while True:
                try:
                    await store.write(write_much, str(number))
                except StoreFailed:  # the keeper has yet to come
                    await asyncio.sleep(0.02)
                else:
                    break
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while log_size(sqlite_url) > LIMIT // 2 and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        assert log_size(sqlite_url) <= LIMIT // 2  # and the readers are still at it
        done.set()
        await asyncio.gather(*readers)

    asyncio.run(scene())


def test_a_read_of_our_own_gives_its_snapshot_back_in_time(sqlite_url: str) -> None:
    def read_for_ever(tx: Transaction, _: None) -> None:
        while True:
            tx.rows("shops")

    with opened(sqlite_url, request_seconds=1, wal_bytes_max=LIMIT) as store:
        lay_ground(store)

        async def scene() -> None:
            reading = asyncio.create_task(store.read(read_for_ever, None, "report"))
            for number in range(12):
                await store.write(write_much, str(number))
            with pytest.raises(Overloaded):
                await reading

        asyncio.run(scene())
        eventually(lambda: is_written(store, "afterwards") and log_size(sqlite_url) <= LIMIT // 2)


def test_a_long_log_that_a_kill_left_behind_is_folded_back_and_loses_nothing(
    store: Store, sqlite_url: str, tmp_path: Path
) -> None:
    path = sqlite_url.removeprefix("sqlite:///")
    left = str(tmp_path / "left.db")
    with long_reader(sqlite_url):
        written, _ = write_until_refused(store)
        for suffix in ("", "-wal"):  # what a disk holds after a power cut
            shutil.copyfile(path + suffix, left + suffix)
    with opened(f"sqlite:///{left}", wal_bytes_max=LIMIT // 2) as restarted:
        eventually(lambda: is_written(restarted, "afterwards"))
        eventually(lambda: log_size(f"sqlite:///{left}") <= LIMIT // 4)
    assert noted(f"sqlite:///{left}") == [*written, "afterwards"]


def test_a_file_that_may_not_grow_fails_writes_loses_nothing_and_recovers(store: Store, sqlite_url: str) -> None:
    store.close()
    limit = str(6 * MEBIBYTE)
    command = [sys.executable, "-c", WRITE_TO_THE_LIMIT, sqlite_url, limit]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_SECONDS_MAX, check=False)
    assert ended.returncode == 0, ended.stderr
    written, readable = json.loads(ended.stdout)
    assert 0 < written < 100
    assert readable == 1
    assert noted(sqlite_url) == [*map(str, range(written)), "afterwards"]
    assert look(sqlite_url, "PRAGMA integrity_check") == [("ok",)]
