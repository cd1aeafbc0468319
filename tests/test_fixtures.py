"""What the tests promise each other: a fresh and durable PostgreSQL, and nothing left of it afterwards."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.conftest import KEEPER, url_of
from tests.processes import running

SECONDS_TO_STOP_MAX = 20

# A process that starts a keeper, prints what the keeper prints, and then waits to be killed.
OWNER = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job may have been told to ignore it
import subprocess, sys, time
keeper = subprocess.Popen([sys.executable, "-P", sys.argv[1]], stdin=subprocess.PIPE, start_new_session=True)
time.sleep(300)
"""


def test_postgres_is_the_promised_release_with_durable_commits(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        assert connection.info.server_version // 10_000 == 18
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute("SELECT current_setting(%s)", (setting,)).fetchone() == ("on",)


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_finds_its_postgres_database_empty(postgres_url: str, turn: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE leftover (turn TEXT)")
        connection.execute("INSERT INTO leftover VALUES (%s)", (turn,))
        assert connection.execute("SELECT turn FROM leftover").fetchall() == [(turn,)]


@pytest.mark.parametrize("deadly", [signal.SIGINT, signal.SIGKILL])
def test_no_postgres_survives_the_process_that_started_it(deadly: signal.Signals) -> None:
    with running([sys.executable, "-c", OWNER, str(KEEPER)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        socket_folder = Path(owner.stdout.readline().rstrip("\n"))
        with psycopg.connect(url_of(str(socket_folder), "postgres")) as connection:
            owner.send_signal(deadly)
            wait_until_gone(socket_folder.parent)
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")


def wait_until_gone(folder: Path) -> None:
    """Return once the folder is not there any more; fail when that takes too long."""
    deadline = time.monotonic() + SECONDS_TO_STOP_MAX
    while folder.exists():
        if time.monotonic() > deadline:
            pytest.fail(f"{folder} is still there", pytrace=False)
        time.sleep(0.05)
