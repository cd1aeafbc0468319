"""What only SQLite has: pragmas, odd file names, other programs on the file, a disk that is full."""

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.store.ground import SHOP, all_of, busy_writers, lay_ground, note, note_all, noted, opened
from tillroll.store import Store, StoreFailed, Transaction, open_store
from tillroll.store.sqlite_connection import SqliteTransaction

FULL = 2  # what PRAGMA synchronous answers when every commit waits for the disk


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    """A store on SQLite alone."""
    with opened(sqlite_url) as store:
        lay_ground(store)
        yield store


def pragma(tx: Transaction, name: str) -> Any:
    """A setting of the connection that runs this transaction."""
    assert isinstance(tx, SqliteTransaction)
    return tx._connection.execute(f"PRAGMA {name}").fetchone()[0]


def path_of(url: str) -> Path:
    """The file of an SQLite address."""
    return Path(url.removeprefix("sqlite:///"))


def test_every_commit_waits_for_the_disk(store: Store) -> None:
    def settings(tx: Transaction) -> list[Any]:
        return [pragma(tx, name) for name in ("synchronous", "journal_mode", "foreign_keys")]

    async def written() -> list[Any]:
        return await store.write(lambda tx, items: [settings(tx) for _ in items], None)

    assert store.write_now(settings) == [FULL, "wal", 1]
    assert asyncio.run(written()) == [FULL, "wal", 1]


def test_foreign_keys_hold_for_readers_and_writers_alike(store: Store) -> None:
    assert asyncio.run(store.read(lambda tx, _: pragma(tx, "foreign_keys"), None)) == 1
    assert store.write_now(lambda tx: pragma(tx, "foreign_keys")) == 1


@pytest.mark.parametrize(
    "name", ["a b.db", "100%.db", "a%20b.db", "what?.db", "a#b.db", "ünï.db", "a'b\"c.db", ":memory:"]
)
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    with opened(f"sqlite:///{tmp_path / name}") as store:
        lay_ground(store)
        asyncio.run(store.write(note_all, "it"))
    assert (tmp_path / name).is_file()
    assert {path.name for path in tmp_path.iterdir()} == {name, f"{name}.lock"}


def test_an_address_without_a_file_is_refused() -> None:
    for address in ("sqlite:///", "sqlite://", "mysql://host/db", "", "tillroll.db"):
        with pytest.raises(ValueError, match="address"):
            open_store(address)


def test_a_store_can_be_closed_twice(sqlite_url: str, tmp_path: Path) -> None:
    store = open_store(sqlite_url)
    store.close()
    with (tmp_path / "other").open("w") as other:  # gets the number that the lock file had
        store.close()
        other.write("still open")
        other.flush()


def test_a_full_disk_fails_the_whole_batch_and_no_later_one(store: Store, sqlite_url: str) -> None:
    def fill(tx: Transaction, items: Sequence[str]) -> Sequence[str]:
        used = pragma(tx, "page_count")
        pragma(tx, f"max_page_count = {used + 3}")  # this connection may not grow the file any further
        for number in range(1000):
            note_all(tx, [f"{number} {'x' * 1000}"])
        return items

    async def scene() -> list[object]:
        async with busy_writers(store, sqlite_url) as release:
            writes = [
                asyncio.create_task(store.write(note_all, "neighbour")),
                asyncio.create_task(store.write(fill, "")),
            ]
            await asyncio.sleep(0)
            release()
            return await all_of(writes)

    assert [type(result) for result in asyncio.run(scene())] == [StoreFailed, StoreFailed]
    assert noted(sqlite_url) == []
    store.write_now(lambda tx: pragma(tx, "max_page_count = 1000000"))
    asyncio.run(store.write(note_all, "afterwards"))
    assert noted(sqlite_url) == ["afterwards"]


def test_a_broken_statement_fails_its_own_item_only(store: Store, sqlite_url: str) -> None:
    def break_it(tx: Transaction, items: Sequence[str]) -> Sequence[str]:
        note_all(tx, items)
        tx.rows("shop_heads", keys="this is not JSON")
        return items

    async def scene() -> list[object]:
        async with busy_writers(store, sqlite_url) as release:
            writes = [
                asyncio.create_task(store.write(break_it, "bad")),
                asyncio.create_task(store.write(note_all, "good")),
            ]
            await asyncio.sleep(0)
            release()
            return await all_of(writes)

    broken, good = asyncio.run(scene())
    assert isinstance(broken, sqlite3.OperationalError)
    assert good == ("good", 1)
    assert noted(sqlite_url) == ["good"]


@pytest.mark.parametrize("suffix", ["", "-wal"])
@pytest.mark.parametrize("is_replaced", [False, True])
def test_nothing_is_written_to_a_file_that_is_no_longer_at_its_address(
    store: Store, sqlite_url: str, suffix: str, is_replaced: bool
) -> None:
    there = Path(f"{path_of(sqlite_url)}{suffix}")
    aside = there.with_name("aside")
    asyncio.run(store.write(note_all, "before"))
    there.rename(aside)
    if is_replaced:
        shutil.copy(aside, there)
    for write in (
        lambda: asyncio.run(store.write(note_all, "lost")),
        lambda: store.write_now(lambda tx: note(tx, "lost")),
    ):
        with pytest.raises(StoreFailed, match="replaced" if is_replaced else "removed"):
            write()
    assert not asyncio.run(store.health()).writing
    assert suffix or there.exists() is is_replaced  # nobody has made an empty one
    aside.rename(there)
    assert asyncio.run(store.write(note_all, "after"))[0] == "after"
    assert noted(sqlite_url) == ["before", "after"]


def test_a_file_that_is_no_database_fails_the_store_and_not_the_program(sqlite_url: str) -> None:
    path_of(sqlite_url).write_text(
        "this is not a database, but it is long enough to be looked at as if it were one\n" * 20
    )
    assert_failing(sqlite_url)


def test_a_folder_in_the_place_of_the_file_fails_the_store_and_not_the_program(sqlite_url: str) -> None:
    path_of(sqlite_url).mkdir()
    assert_failing(sqlite_url)


def assert_failing(url: str) -> None:
    """Fail unless every way into the store says that the store failed."""
    with opened(url) as store:
        for _ in range(2):
            with pytest.raises(StoreFailed):
                asyncio.run(store.write(note_all, "it"))
            with pytest.raises(StoreFailed):
                asyncio.run(store.read(lambda tx, _: tx.rows("shops"), None))
            with pytest.raises(StoreFailed):
                store.write_now(lambda tx: tx.rows("shops"))
            with pytest.raises(StoreFailed):
                store.migrate()


def test_a_reader_sees_its_own_moment_while_writers_go_on(store: Store, sqlite_url: str) -> None:
    def read_twice(tx: Transaction, _: None) -> list[int]:
        counts = [len(tx.rows("events_of_subject", shop=SHOP, subject="it"))]
        asyncio.run(store.write(note_all, "it"))
        return [*counts, len(tx.rows("events_of_subject", shop=SHOP, subject="it"))]

    assert asyncio.run(store.read(read_twice, None)) == [0, 0]
    assert noted(sqlite_url) == ["it"]
