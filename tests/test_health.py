"""Whether a server lives and whether it is ready are two questions."""

import sqlite3
import time
from contextlib import closing

import httpx
import psutil
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.crashable_postgres import crashable_postgres
from tests.harness import Server, run_cli, running_server
from tests.house import documents
from tests.house.tree import ROOT
from tests.shop import NO_CERTIFICATES
from tillroll.store import health


def _cut_off(postgres_url: str) -> None:
    """Let nobody into the database any more, and put out those who are in."""
    name = conninfo_to_dict(postgres_url)["dbname"]
    with psycopg.connect(make_conninfo(postgres_url, dbname="postgres"), autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


def test_a_server_without_its_database_lives_but_is_not_ready(postgres_url: str) -> None:
    with running_server(postgres_url) as server:
        assert httpx.get(f"{server.url}/readyz", verify=NO_CERTIFICATES).status_code == 200
        _cut_off(postgres_url)
        answer = httpx.get(f"{server.url}/readyz", verify=NO_CERTIFICATES)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["reading"] is False
        assert httpx.get(f"{server.url}/healthz", verify=NO_CERTIFICATES).json()["status"] == "ok"


def test_a_replica_is_not_ready_for_anything() -> None:
    with crashable_postgres() as postgres, running_server(postgres.url) as server:
        postgres.demote()
        time.sleep(health.WRITTEN_SECONDS)  # the last write that went through is proof for so long
        assert not_ready(server) == (False, False)


def test_a_file_that_another_program_locks_can_be_read_but_not_written(sqlite_url: str) -> None:
    with running_server(sqlite_url) as server, closing(sqlite3.connect(sqlite_url[10:])) as shell:
        wait_until_ready(server)
        time.sleep(health.WRITTEN_SECONDS)  # the last write that went through is proof for so long
        shell.execute("BEGIN IMMEDIATE")
        assert not_ready(server) == (True, False)
        shell.execute("ROLLBACK")
        wait_until_ready(server)


def test_a_file_that_may_not_grow_can_be_read_but_not_written(sqlite_url: str) -> None:
    with running_server(sqlite_url) as server:
        wait_until_ready(server)
        time.sleep(health.WRITTEN_SECONDS)
        process = psutil.Process(server.process.pid)
        limits = process.rlimit(psutil.RLIMIT_FSIZE)
        process.rlimit(psutil.RLIMIT_FSIZE, (0, limits[1]))
        assert not_ready(server) == (True, False)
        process.rlimit(psutil.RLIMIT_FSIZE, limits)
        wait_until_ready(server)


def not_ready(server: Server) -> tuple[bool, bool]:
    """What a server that is not ready says of reading and writing, in time."""
    begun = time.monotonic()
    answer = httpx.get(f"{server.url}/readyz", verify=NO_CERTIFICATES, timeout=30)
    assert time.monotonic() - begun < health.LOOK_SECONDS + 2
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    said = answer.json()
    assert (said["status"], bool(said["reason"])) == ("unavailable", True)
    return said["reading"], said["writing"]


def wait_until_ready(server: Server) -> None:
    """Ask until it is ready."""
    deadline = time.monotonic() + 30
    while httpx.get(f"{server.url}/readyz", verify=NO_CERTIFICATES, timeout=30).status_code != 200:
        assert time.monotonic() < deadline


def test_the_audit_of_a_mistyped_file_says_so_and_makes_none(sqlite_url: str) -> None:
    found = run_cli("audit", database_url=sqlite_url + ".typo")
    assert found.returncode == 1
    assert "there is no database at" in found.stderr
    assert run_cli("audit", database_url=sqlite_url + ".typo").returncode == 1


def test_the_audit_of_a_new_database_finds_nothing_wrong(empty_url: str) -> None:
    assert run_cli("migrate", database_url=empty_url).returncode == 0
    found = run_cli("audit", database_url=empty_url)
    documented = documents.table(ROOT, documents.OPERATING, "property")
    assert (found.returncode, found.stdout.count("\n")) == (0, len(documented))
    assert all(line.startswith("ok ") for line in found.stdout.splitlines())
