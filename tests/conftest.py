"""Databases for tests: an SQLite file, and a real PostgreSQL that starts when the first test asks for it.

Each test that asks gets a database of its own, empty or with all tables, which is gone afterwards. With pytest-xdist
each worker process has a PostgreSQL of its own: it is there in under a second, and no worker can disturb another.
"""

import gc
import itertools
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from tests.processes import running
from tests.scratch import work_in_memory
from tillroll.domain.times import pin_zones
from tillroll.store import open_store

# `make fuzz`: the generated requests of `tests/fuzz`, for as long as somebody has time for them.
settings.register_profile("fuzz", deadline=None)
# `make oracles`: the laws of attribution, two hundred times as often as with every run.
settings.register_profile("laws", deadline=None, max_examples=20_000)

# The servers, shops and browsers of these two are there for every test that names them.
pytest_plugins = ["tests.harness", "tests.browser"]

# Before anybody asks for a temporary folder.
work_in_memory()

# A background job is told to ignore Ctrl-C, and so is whoever it starts; servers are to heed one that tests send them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Thousands of tests and their syntax live until the end: to look through them again and again takes a fifth of the time
# in which they are collected.
gc.set_threshold(200_000, 50, 50)

# Tests of functions see the zones that a server sees.
pin_zones()

KEEPER = Path(__file__).parent / "postgres_keeper.py"
# For PostgreSQL to end all sessions and write what it holds.
KEEPER_STOP_SECONDS_MAX = 30
DATABASE_NUMBERS = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--crashes N`: how often servers and databases are ended under a load, of each kind (`make faults`)."""
    parser.addoption("--crashes", type=int, default=5, help="crashes of each kind under a mixed load")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'tillroll.db'}"


@pytest.fixture(scope="session")
def postgres_socket_folder() -> Iterator[str]:
    """The folder of the socket on which this process's PostgreSQL listens; see `postgres_keeper.py`."""
    command = [sys.executable, "-P", str(KEEPER)]
    with running(
        command, patience=KEEPER_STOP_SECONDS_MAX, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as keeper:
        assert keeper.stdout is not None
        socket_folder = keeper.stdout.readline().rstrip("\n")
        if not socket_folder:
            pytest.fail("PostgreSQL did not start; the reason is in the captured stderr", pytrace=False)
        yield socket_folder
        # Leaving the block closes the leash and waits for the keeper, and with it for PostgreSQL, to end.


@pytest.fixture
def postgres_url(postgres_socket_folder: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, for psycopg and for `tillroll --db` alike."""
    with new_database(postgres_socket_folder) as url:
        yield url


@pytest.fixture
def another_postgres_url(postgres_socket_folder: str) -> Iterator[str]:
    """The URL of a second empty database of the same PostgreSQL server."""
    with new_database(postgres_socket_folder) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database: the test runs once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables and nothing in them, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "tillroll.db"
    migrate(f"sqlite:///{path}")
    assert not path.with_name("tillroll.db-wal").exists()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_socket_folder: str) -> str:
    """The name of a PostgreSQL database with all tables and nothing in them, to be copied."""
    name = "migrated"
    administer(postgres_socket_folder, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    migrate(url_of(postgres_socket_folder, name))
    return name


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database whose schema is up to date, on SQLite and on PostgreSQL: a copy, which takes no time."""
    if request.param == "sqlite":
        copy = tmp_path / "tillroll.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), copy)
        yield f"sqlite:///{copy}"
        return
    template = request.getfixturevalue("migrated_postgres")
    with new_database(request.getfixturevalue("postgres_socket_folder"), template) as url:
        yield url


def migrate(url: str) -> None:
    """Bring a database up to date."""
    store = open_store(url)
    try:
        store.migrate()
    finally:
        store.close()


@contextmanager
def new_database(socket_folder: str, template: str = "template1") -> Iterator[str]:
    """The URL of a PostgreSQL database of its own, like the template, which is gone at the end."""
    name = f"tillroll_{next(DATABASE_NUMBERS)}"
    command = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    administer(socket_folder, command.format(sql.Identifier(name), sql.Identifier(template)))
    yield url_of(socket_folder, name)
    # With force: a server that the test killed or forgot may still hold a connection.
    administer(socket_folder, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def administer(socket_folder: str, command: sql.Composed) -> None:
    """Run one command outside any transaction, on a connection of its own, which outlives no restart."""
    with psycopg.connect(url_of(socket_folder, "postgres"), autocommit=True) as connection:
        connection.execute(command)


def url_of(socket_folder: str, database: str) -> str:
    """The URL of a database on a local socket; in a shell it has to stand in quotes, because of the question mark."""
    return f"postgresql://postgres@/{database}?host={quote(socket_folder)}"
