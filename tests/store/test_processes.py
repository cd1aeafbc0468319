"""Several processes on one database, and processes that are killed in the middle of a migration."""

import asyncio
import json
import signal
import subprocess
import sys
from contextlib import ExitStack

import pytest

from tests.store.ground import NOW, SHOP, WAIT_SECONDS_MAX, change, lay_ground, look, next_numbers, opened, run_together
from tillroll.store import Store
from tillroll.store.queries import keys

TAKE_NUMBERS = """
import asyncio, json, sys
from tillroll.store import open_store

def take(tx, items):
    return [tx.row("take_numbers", shop="acme", name=name, first=0, count=1)[0] for name in items]

async def main(store, count):
    return await asyncio.gather(*(store.write(take, "n") for _ in range(count)))

store = open_store(sys.argv[1], request_seconds=60)  # on a slow day so many numbers take a while
print("ready", flush=True)
input()
print(json.dumps(asyncio.run(main(store, int(sys.argv[2])))))
store.close()
"""

MIGRATE = """
import json, sys
from tillroll.store import open_store

store = open_store(sys.argv[1])
print("ready", flush=True)
input()
print(json.dumps(store.migrate()))
store.close()
"""

# Kills itself at the first return from a function of the migration tool, as a power cut there would.
MIGRATE_AND_DIE = """
import os, signal, sys
from tillroll.store import open_store

def watch(frame, event, argument):
    if event == "return" and frame.f_code.co_name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

store = open_store(sys.argv[1])
sys.setprofile(watch)
store.migrate()
"""


def test_two_processes_never_lose_an_increment(store: Store, database_url: str) -> None:
    outputs = run_together(TAKE_NUMBERS, database_url, "300", count=2)
    taken = [number for output in outputs for number in json.loads(output)]
    assert sorted(taken) == list(range(1, 601))
    assert look(database_url, "SELECT next FROM sequence") == [(600,)]


def test_two_stores_in_one_process_never_lose_an_increment(store: Store, database_url: str) -> None:
    async def scene(stores: list[Store]) -> list[int]:
        return list(await asyncio.gather(*(one.write(next_numbers, "n") for one in stores for _ in range(200))))

    with ExitStack() as stack:
        others = [stack.enter_context(opened(database_url)) for _ in range(2)]
        assert sorted(asyncio.run(scene([store, *others]))) == list(range(1, 601))


def test_what_one_store_has_committed_the_other_reads_at_once(store: Store, database_url: str) -> None:
    async def scene(other: Store) -> None:
        for number in range(1, 20):
            await store.write(next_numbers, "n")
            assert await other.read(lambda tx, _: tx.rows("shop_heads", keys=keys([SHOP])), None) == [
                (SHOP, 1, "EUR", "{}")
            ]
            assert (await other.write(next_numbers, "n")) == 2 * number

    with opened(database_url) as other:
        asyncio.run(scene(other))


def test_a_second_migration_has_nothing_to_do(empty_url: str) -> None:
    with opened(empty_url) as store:
        assert store.migrate() != []
        assert store.migrate() == []
    with opened(empty_url) as store:
        assert store.migrate() == []


def test_processes_that_migrate_at_once_apply_each_migration_once(empty_url: str) -> None:
    applied = [json.loads(output) for output in run_together(MIGRATE, empty_url, count=4)]
    with opened(empty_url) as store:
        assert store.migrate() == []
        store.write_now(lambda tx: tx.run("insert_shop", id=SHOP, currency="EUR", settings="{}", now=NOW))
    everything = max(applied, key=len)
    assert everything != []
    assert sorted(applied, key=len) == [[], [], [], everything]


@pytest.mark.parametrize("moment", ["get_backend", "ensure_internal_schema_updated", "process_steps", "mark_one"])
def test_a_migration_that_was_killed_is_done_at_the_next_start(empty_url: str, moment: str) -> None:
    command = [sys.executable, "-c", MIGRATE_AND_DIE, empty_url, moment]
    died = subprocess.run(command, timeout=WAIT_SECONDS_MAX, check=False)
    assert died.returncode == -signal.SIGKILL
    with opened(empty_url) as store:
        lay_ground(store)
        assert store.write_now(lambda tx: next_numbers(tx, ["n"])) == [1]
        assert store.migrate() == []


def test_a_lock_of_the_migration_tool_that_nobody_holds_any_more_stops_nobody(empty_url: str) -> None:
    with opened(empty_url) as store:
        store.migrate()
        change(empty_url, "INSERT INTO yoyo_lock (locked, pid) VALUES (1, 1)")
        assert store.migrate() == []
