"""A COMMIT whose answer is lost, while the server crashes, waits or is another one: nobody is told what is not true."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from secrets import token_hex
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from tests.crashable_postgres import CrashablePostgres, crashable_postgres
from tests.store.ground import WAIT_SECONDS_MAX, lay_ground, look, note_all, noted, opened
from tests.store.postgres.wire import Wire
from tillroll.store import Store, StoreFailed, Transaction

NUMBER_AT_WORK = """
    SELECT backend_xid::text FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL
"""

CANCEL_WAITING = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


@pytest.fixture(scope="module")
def postgres() -> Iterator[CrashablePostgres]:
    """A PostgreSQL that the tests of this file may crash."""
    with crashable_postgres() as postgres:
        # Processes end here, not the power, so what was written is there. Only what is committed is written soon.
        set_for_all(postgres, "fsync", "off")
        set_for_all(postgres, "wal_writer_delay", "10s")
        yield postgres


@pytest.fixture
def url(postgres: CrashablePostgres) -> str:
    """The address of a database with an up-to-date schema and one shop."""
    name = f"test_{token_hex(4)}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = postgres.url.replace("/postgres?", f"/{name}?")
    with opened(url) as store:
        lay_ground(store)
    return url


def set_for_all(postgres: CrashablePostgres, name: str, value: str) -> None:
    """Change a setting for all sessions."""
    change = sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(change)
        connection.execute("SELECT pg_reload_conf()")


def kill_everything_and_start(postgres: CrashablePostgres) -> None:
    """A power cut, and the start after it."""
    postgres.kill_everything()
    postgres.start()


def stop_and_start(postgres: CrashablePostgres) -> None:
    """What an impatient administrator does."""
    postgres.stop_immediately()
    postgres.start()


def kill_a_session(postgres: CrashablePostgres) -> None:
    """End one session's process, as the kernel does when memory runs out; the first one then restarts all others."""
    with closing(psycopg.connect(postgres.url, autocommit=True)) as session:
        postgres.kill_a_backend()
        wait_for(lambda: not answers(session))
    postgres.start()


def answers(session: psycopg.Connection[Any]) -> bool:
    """Whether the session lives."""
    try:
        session.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until it says yes; fails where it does not in time."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def require_a_replica(postgres: CrashablePostgres, url: str) -> None:
    """Let every COMMIT wait for a replica that does not exist, from the return of this function on."""
    warnings: list[str | None] = []

    def commit_until_it_is_made_to_wait() -> None:
        with psycopg.connect(url, autocommit=True) as other:
            other.add_notice_handler(lambda notice: warnings.append(notice.message_primary))
            while not warnings:
                other.execute("UPDATE commit_mark SET mark = mark + 1 WHERE writer = 'other'")

    with psycopg.connect(url) as other:
        other.execute("INSERT INTO commit_mark VALUES ('other', 9e15) ON CONFLICT DO NOTHING")
    set_for_all(postgres, "synchronous_standby_names", "nobody")
    waiting = threading.Thread(target=commit_until_it_is_made_to_wait)
    waiting.start()
    wait_for(lambda: look(url, CANCEL_WAITING))
    waiting.join()


@pytest.mark.parametrize("crash", [kill_everything_and_start, stop_and_start, kill_a_session])
def test_a_transaction_number_that_is_given_out_again_is_nobodys_proof(
    postgres: CrashablePostgres, url: str, crash: Callable[[CrashablePostgres], None]
) -> None:
    numbers: list[str] = []

    def note_and_number(tx: Transaction, items: Sequence[str]) -> Sequence[int]:
        note_all(tx, items)
        ((number,),) = look(url, NUMBER_AT_WORK)
        numbers.append(number)
        return [len(numbers) for _ in items]

    def crash_after_the_cut(wire: Wire) -> None:
        wait_for(lambda: wire.cuts == 1)
        crash(postgres)
        with psycopg.connect(url, autocommit=True) as other:  # somebody else commits, until the number is taken
            while other.execute("SELECT pg_current_xact_id() < %s::xid8", numbers).fetchone() == (True,):
                pass
            assert other.execute("SELECT pg_xact_status(%s::xid8)", numbers).fetchone() == ("committed",)
        wire.broken = False

    with Wire(url) as wire, opened(wire.url, request_seconds=30) as store:
        wire.cut, wire.break_with_cut = "before", True
        crashing = threading.Thread(target=crash_after_the_cut, args=(wire,))
        crashing.start()
        attempts = asyncio.run(store.write(note_and_number, "it"))
        crashing.join()
    assert attempts == 2
    assert noted(url) == ["it"]


@pytest.mark.parametrize("crash", [kill_everything_and_start, stop_and_start])
def test_a_commit_that_was_on_disk_before_the_crash_is_found(
    postgres: CrashablePostgres, url: str, crash: Callable[[CrashablePostgres], None]
) -> None:
    def crash_after_the_cut(wire: Wire) -> None:
        wait_for(lambda: noted(url) == ["it"])
        crash(postgres)
        wire.broken = False

    with Wire(url) as wire, opened(wire.url, request_seconds=30) as store:
        wire.cut, wire.break_with_cut = "after", True
        crashing = threading.Thread(target=crash_after_the_cut, args=(wire,))
        crashing.start()
        assert asyncio.run(store.write(note_all, "it")) == ("it", 1)
        crashing.join()
    assert noted(url) == ["it"]


def test_a_transaction_that_the_cut_left_open_is_ended_and_can_not_be_committed_later(url: str) -> None:
    with Wire(url) as wire, opened(wire.url) as store:
        wire.cut = "held"
        assert asyncio.run(store.write(note_all, "it")) == ("it", 1)
        assert noted(url) == ["it"]
        wire.deliver_held()
        assert asyncio.run(store.write(note_all, "later")) == ("later", 1)
        assert noted(url) == ["it", "later"]


def test_a_commit_that_waits_for_a_replica_is_neither_cut_short_nor_reported_as_done(
    postgres: CrashablePostgres, url: str
) -> None:
    def note_and_lose_the_replica(tx: Transaction, items: Sequence[str]) -> Sequence[str]:
        note_all(tx, items)
        require_a_replica(postgres, url)
        return items

    try:
        with Wire(url) as wire, opened(wire.url, request_seconds=5) as store:
            asyncio.run(store.write(note_all, "before"))
            wire.cut = "after"
            with pytest.raises(StoreFailed, match="unknown"):
                asyncio.run(store.write(note_and_lose_the_replica, "it"))
            time.sleep(2)  # longer than any limit of ours that could end it after all
            assert noted(url) == ["before"]
            set_for_all(postgres, "synchronous_standby_names", "")
            wait_for(lambda: noted(url) == ["before", "it"])
            assert asyncio.run(store.write(note_all, "after")) == ("after", 1)
    finally:
        set_for_all(postgres, "synchronous_standby_names", "")


def test_a_commit_whose_wait_for_a_replica_somebody_cancels_is_not_taken_for_done(
    postgres: CrashablePostgres, url: str
) -> None:
    def cancel_it() -> None:
        wait_for(lambda: look(url, CANCEL_WAITING))

    try:
        with opened(url, request_seconds=2) as store:
            asyncio.run(store.write(note_all, "before"))
            require_a_replica(postgres, url)
            cancelling = threading.Thread(target=cancel_it)
            cancelling.start()
            with pytest.raises(StoreFailed, match="unknown"):
                asyncio.run(store.write(note_all, "it"))
            cancelling.join()
            set_for_all(postgres, "synchronous_standby_names", "")
            assert asyncio.run(store.write(note_all, "after")) == ("after", 1)
    finally:
        set_for_all(postgres, "synchronous_standby_names", "")


def test_a_writer_whose_mark_was_cleared_away_makes_it_again(url: str) -> None:
    with Wire(url) as wire, opened(wire.url) as store:
        store.write_now(lambda tx: note_all(tx, ["one"]))
        with psycopg.connect(url) as other:
            other.execute("DELETE FROM commit_mark")
        store.write_now(lambda tx: note_all(tx, ["two"]))
        wire.cut = "after"
        store.write_now(lambda tx: note_all(tx, ["three"]))
        assert wire.cuts == 1
    assert noted(url) == ["one", "two", "three"]


def test_marks_of_writers_long_gone_are_cleared_away_by_the_next_one(url: str) -> None:
    with psycopg.connect(url) as other:
        other.execute("INSERT INTO commit_mark SELECT 'w' || n, 1 FROM generate_series(1, 100) AS n")
    with opened(url) as store:
        store.write_now(lambda tx: note_all(tx, ["it"]))
    assert look(url, "SELECT count(*) FROM commit_mark WHERE mark = 1") == [(0,)]


def test_of_several_hosts_the_primary_is_taken_and_a_replica_alone_is_refused(postgres: CrashablePostgres) -> None:
    def everything(store: Store) -> None:
        assert asyncio.run(store.write(note_all, "it")) == ("it", 1)
        assert asyncio.run(store.read(lambda tx, _: len(tx.rows("shops")), None)) == 1

    with opened(postgres.url) as store:
        lay_ground(store)
    with crashable_postgres() as replica:
        replica.demote()
        assert look(replica.url, "SELECT pg_is_in_recovery()") == [(True,)]
        folders = [str(conninfo_to_dict(one.url)["host"]) for one in (replica, postgres)]
        with opened(f"postgresql://postgres@/postgres?host={quote(','.join(folders))}") as store:
            everything(store)
            assert asyncio.run(store.health()).writing
        assert noted(postgres.url) == ["it"]
        with opened(replica.url) as store:
            with pytest.raises(StoreFailed):
                everything(store)
            health = asyncio.run(store.health())
            assert (health.reading, health.writing) == (False, False)
