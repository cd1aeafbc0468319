"""Whether a server lives and whether it is ready are two questions."""

import httpx
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.harness import run_cli, running_server
from tests.house import documents
from tests.house.tree import ROOT


def _cut_off(postgres_url: str) -> None:
    """Let nobody into the database any more, and put out those who are in."""
    name = conninfo_to_dict(postgres_url)["dbname"]
    with psycopg.connect(make_conninfo(postgres_url, dbname="postgres"), autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


def test_a_server_without_its_database_lives_but_is_not_ready(postgres_url: str) -> None:
    with running_server(postgres_url) as server:
        assert httpx.get(f"{server.url}/readyz").status_code == 200
        _cut_off(postgres_url)
        answer = httpx.get(f"{server.url}/readyz")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert httpx.get(f"{server.url}/healthz").json()["status"] == "ok"


def test_the_audit_of_a_mistyped_file_says_so_and_makes_none(sqlite_url: str) -> None:
    found = run_cli("audit", database_url=sqlite_url + ".typo")
    assert found.returncode == 1
    assert "there is no database at" in found.stderr
    assert run_cli("audit", database_url=sqlite_url + ".typo").returncode == 1


def test_the_audit_of_a_new_database_finds_nothing_wrong(database_url: str) -> None:
    assert run_cli("migrate", database_url=database_url).returncode == 0
    found = run_cli("audit", database_url=database_url)
    documented = documents.table(ROOT, documents.OPERATING, "property")
    assert (found.returncode, found.stdout.count("\n")) == (0, len(documented))
    assert all(line.startswith("ok ") for line in found.stdout.splitlines())
