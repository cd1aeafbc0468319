"""Servers and databases that end at random moments of a mixed load: what was acknowledged is there, once.

Every run crashes a few times; `make faults` does it fifty times of each kind.
"""

import random
import time
from collections.abc import Callable

import pytest

from tests.crashable_postgres import CrashablePostgres, crashable_postgres
from tests.faults.crowd import audit_passes
from tests.faults.mixed_load import mixed_load
from tests.harness import new_shop, running_server

LOAD_SECONDS = (0.1, 0.8)

# How a database ends; each is followed by its start.
DATABASE_CRASHES: dict[str, Callable[[CrashablePostgres], None]] = {
    "all its processes": CrashablePostgres.kill_everything,
    "its postmaster alone": CrashablePostgres.kill_postmaster,
    "stopped immediately": CrashablePostgres.stop_immediately,
    "one of its backends": CrashablePostgres.kill_a_backend,
}
# The tests of an hour all come from one address.
SETTINGS = {"sign_ups_per_hour": 0}


@pytest.mark.timeout(1200)  # many starts of two processes each, which on a slow day take minutes, and are no hang
def test_a_server_that_is_killed_under_a_mixed_load_loses_and_doubles_nothing(
    database_url: str, crashes: int, record_property: Callable[[str, object], None]
) -> None:
    seed = random.randrange(2**32)
    record_property("seed", seed)
    dice = random.Random(seed)
    with (
        running_server(database_url, workers=2, settings=SETTINGS) as server,
        new_shop(server) as shop,
        mixed_load(server, shop) as load,
    ):
        for _ in range(crashes):

            def crash() -> None:
                time.sleep(dice.uniform(*LOAD_SECONDS))
                server.kill()

            load.run_until(crash)
            server.restart()
            load.ask_again()
        load.compare()
        print(f"{crashes} kills, {load.units} acknowledged units, seed {seed}")  # noqa: T201  for `make faults`
    audit_passes(database_url)


@pytest.mark.timeout(1800)  # as above
def test_a_database_that_crashes_under_a_mixed_load_loses_and_doubles_nothing(
    crashes: int, record_property: Callable[[str, object], None]
) -> None:
    seed = random.randrange(2**32)
    record_property("seed", seed)
    dice = random.Random(seed)
    with (
        crashable_postgres() as postgres,
        running_server(postgres.url, workers=2, settings=SETTINGS) as server,
        new_shop(server) as shop,
        mixed_load(server, shop) as load,
    ):
        for number in range(crashes):
            crash_it = list(DATABASE_CRASHES.values())[number % len(DATABASE_CRASHES)]

            def crash(crash_it: Callable[[CrashablePostgres], None] = crash_it) -> None:
                time.sleep(dice.uniform(*LOAD_SECONDS))
                crash_it(postgres)
                time.sleep(dice.uniform(0, 0.3))
                postgres.start()
                time.sleep(dice.uniform(*LOAD_SECONDS))

            load.run_until(crash)
            load.ask_again()
        load.compare()
        print(f"{crashes} crashes, {load.units} acknowledged units, seed {seed}")  # noqa: T201  for `make faults`
        audit_passes(postgres.url)
