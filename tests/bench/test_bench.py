"""The benchmark runs through and its counts agree; how fast anything is, is no business of a test."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.harness import run_cli
from tillroll.bench.load import Plan, generator, request_bytes
from tillroll.bench.servers import empty_endpoint

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the benchmark needs Linux")


def bench(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    """What a quick run wrote as JSON; fails with what it said unless it ended well."""
    file = tmp_path / "figures.json"
    done = run_cli("bench", "--quick", "--dir", str(tmp_path), "--json", str(file), *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "acknowledged" in done.stdout
    document: dict[str, Any] = json.loads(file.read_text())
    assert [left.name for left in tmp_path.iterdir()] == [file.name], "the bench left something behind"
    return document


def test_a_quick_run_counts_as_many_orders_as_it_acknowledged(tmp_path: Path) -> None:
    found = bench(tmp_path)
    assert found["failures"] == []
    assert [(one["database"], one["workers"]) for one in found["outcomes"]] == [
        ("sqlite", 1),
        ("postgresql", 1),
        ("postgresql", 2),
    ]
    assert found["events"]["kept"] == found["events"]["answered_200"] == 200 * found["scale"]["rounds"]
    for outcome in found["outcomes"]:
        assert outcome["answered_otherwise"] == 0, outcome["samples"]
        assert outcome["orders"] == outcome["answered_200"] > found["scale"]["orders_per_round"]
        assert outcome["audit_status"] == 0, outcome["audit_said"]


def test_a_profile_names_the_layers_of_a_checkout(tmp_path: Path) -> None:
    found = bench(tmp_path, "--no-postgres", "--profile")
    profile = found["profile"]
    assert profile["us_per_checkout"] > 0
    assert "SQL that writes" in {layer["name"] for layer in profile["layers"]}
    assert sum(layer["us"] for layer in profile["layers"]) == pytest.approx(profile["us_per_checkout"])


def test_an_unreachable_postgresql_is_said_in_one_line(tmp_path: Path) -> None:
    url = f"postgresql://postgres@/none?host={tmp_path}"
    done = run_cli("bench", "--quick", "--dir", str(tmp_path), "--postgres", url)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "the shop could not be added" in done.stderr


@pytest.mark.parametrize("rate", [0.0, 2000.0])
def test_the_generator_counts_every_answer(tmp_path: Path, rate: float) -> None:
    with empty_endpoint(tmp_path) as server, generator() as drive:
        plan = Plan(server.port, warm_up=100, rate=rate, keep_bodies=True)
        answers = drive(plan, [request_bytes("POST", "/", (), b'{"a":1}')] * 300)
    assert answers.statuses == {200: 300}
    assert (answers.unexpected(200), answers.samples) == (0, [])
    assert all(body.startswith(b'{"orderId"') for body in answers.bodies)
    assert len(answers.latencies_us) == 200
    assert answers.latencies_us == sorted(answers.latencies_us)


def test_the_generator_keeps_samples_of_what_was_not_expected(tmp_path: Path) -> None:
    with empty_endpoint(tmp_path) as server, generator() as drive:
        answers = drive(Plan(server.port, expected=201), [request_bytes("GET", "/", ())] * 50)
    assert answers.unexpected(201) == 50
    assert {sample[:15] for sample in answers.samples} == {'200 {"orderId":'}


def test_a_build_that_is_compared_with_itself_is_driven_on_both_sides(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    itself = Path(__file__).parents[2]
    done = run_cli(
        *("bench", "--quick", "--no-postgres", "--dir", str(tmp_path), "--json", str(file), "--against", str(itself))
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(file.read_text())
    assert [(one["database"], one["kind"]) for one in found["compared"]] == [
        ("sqlite", "checkout"),
        ("sqlite", "event"),
    ]
    for one in found["compared"]:
        assert len(one["pairs"]) == found["scale"]["rounds"]
        assert all(half["per_second"] > 0 for pair in one["pairs"] for half in pair.values())
    assert [left.name for left in tmp_path.iterdir()] == [file.name], "the bench left something behind"


def test_a_folder_that_holds_no_build_is_said_to_be_none(tmp_path: Path) -> None:
    done = run_cli("bench", "--quick", "--dir", str(tmp_path), "--against", str(tmp_path))
    assert done.returncode == 1
    assert f"{tmp_path} is no checkout of Tillroll" in done.stderr


def test_sales_are_made_of_a_ledger_and_come_out_the_same_when_they_are_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    done = run_cli("bench", "--sales", "--quick", "--no-postgres", "--dir", str(tmp_path), "--json", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(file.read_text())
    assert found["failures"] == []
    (of_sqlite,) = found["databases"]
    first, last = of_sqlite["events"]
    assert last == 3 * first
    assert [round(sales * 10 / events, 1) for sales, events in zip(of_sqlite["sales"], (first, last), strict=True)] == [
        1.0,
        1.0,
    ]
    assert [left.name for left in tmp_path.iterdir()] == [file.name], "the bench left something behind"
