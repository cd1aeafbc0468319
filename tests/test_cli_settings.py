"""The command line and its database: the file of settings counts for every command, and a look changes nothing."""

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from tests.harness import add_shop
from tests.test_cli import commands
from tillroll.cli import main

# Those that make a database where there is none, the simulator one of its own; every other one refuses an address that
# leads nowhere.
MAKING = {("serve",), ("demo",), ("migrate",), ("shop", "add"), ("bench",), ("simulate-psp",)}


def _command(words: tuple[str, ...]) -> click.Command:
    command: click.Command = main
    for word in words:
        assert isinstance(command, click.Group)
        command = command.commands[word]
    return command


def leaves() -> Iterator[tuple[str, ...]]:
    """Every command that does something."""
    return (words for words in commands() if not isinstance(_command(words), click.Group))


# What a command must be told that is neither a shop, a user, nor an application.
ARGUMENTS = {
    "origin": "https://shop.example",
    "network": "203.0.113.7",
    "name": "ada",
    "client_id": "c",
    "hashid": "0" * 32,
    "identifier": "i",
    "payment": "p",
    "webhook_id": "we_1",
    "message": "msg_1",
}
OPTIONS: dict[tuple[str, ...], list[str]] = {
    ("user", "add"): ["--generate"],
    ("user", "password"): ["--generate"],
    ("user", "role"): ["--shop", "acme", "--role", "viewer"],
    ("user", "invite"): ["--shop", "acme", "--role", "viewer"],
}


def call(*words: str, **environment: str) -> Result:
    """Run a command in this process."""
    given = dict.fromkeys([name for name in os.environ if name.startswith("TILLROLL_")]) | environment
    return CliRunner().invoke(main, words, env=given)


def complete(words: tuple[str, ...]) -> list[str]:
    """The command with an argument for each that it needs."""
    arguments = [one.name for one in _command(words).params if isinstance(one, click.Argument)]
    return [*words, *(ARGUMENTS.get(name or "", "acme") for name in arguments), *OPTIONS.get(words, [])]


@pytest.mark.parametrize("words", [one for one in leaves() if one not in MAKING], ids=" ".join)
@pytest.mark.parametrize("how", ["in front", "behind", "variable", "file", "named file"])
def test_an_address_that_leads_nowhere_makes_no_database(words: tuple[str, ...], how: str, tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'typo.db'}"
    config = tmp_path / "t.toml"
    config.write_text(f'db = "{address}"')
    done = {
        "in front": lambda: call("--db", address, *complete(words)),
        "behind": lambda: call(*complete(words), "--db", address),
        "variable": lambda: call(*complete(words), TILLROLL_DB=address),
        "file": lambda: call(*complete(words), "--config", str(config)),
        "named file": lambda: call(*complete(words), TILLROLL_CONFIG=str(config)),
    }[how]()
    assert (done.exit_code, "there is no database at" in done.output) == (1, True), done.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.toml"]


@pytest.mark.parametrize("words", [one for one in leaves() if one not in MAKING], ids=" ".join)
def test_a_database_without_our_tables_is_told_to_be_migrated_and_left_as_it_is(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    done = call(*complete(words), "--db", f"sqlite:///{path}")
    assert (done.exit_code, "tillroll migrate" in done.output) == (1, True), done.output
    assert path.stat().st_size == 0


def test_the_file_of_settings_counts_for_commands_that_make_a_database(tmp_path: Path) -> None:
    config = tmp_path / "t.toml"
    config.write_text(f'db = "sqlite:///{tmp_path / "real.db"}"')
    assert call("--config", str(config), "shop", "add", "acme").exit_code == 0
    assert call("shop", "list", TILLROLL_CONFIG=str(config)).output == "acme  EUR\n"
    assert call("audit", "--config", str(config)).exit_code == 0
    assert json.loads(call("migrate", "--json", "--config", str(config)).output) == {"applied": []}


def test_what_stands_behind_a_command_goes_before_what_stands_in_front_of_it(tmp_path: Path) -> None:
    add_shop(f"sqlite:///{tmp_path / 'one.db'}", "one")
    add_shop(f"sqlite:///{tmp_path / 'two.db'}", "two")
    done = call("--db", f"sqlite:///{tmp_path / 'one.db'}", "shop", "list", "--db", f"sqlite:///{tmp_path / 'two.db'}")
    assert done.output == "two  EUR\n"


def test_a_file_that_a_variable_names_has_to_be_there(tmp_path: Path) -> None:
    done = call("shop", "list", TILLROLL_CONFIG=str(tmp_path / "none.toml"))
    assert (done.exit_code, "TILLROLL_CONFIG: there is no file" in done.output) == (2, True)


@pytest.mark.parametrize("words", [["shop", "list"], ["serve", "--port", "0"], ["migrate"], ["audit"]], ids=" ".join)
def test_an_older_program_refuses_a_newer_database(words: list[str], sqlite_url: str) -> None:
    add_shop(sqlite_url)
    with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as database, database:
        database.execute("INSERT INTO _yoyo_migration (migration_hash, migration_id) VALUES ('x', '0099-future')")
    done = call(*words, "--db", sqlite_url)
    assert done.exit_code == 1
    assert "newer version" in done.output
    assert "0099-future" in done.output


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+psycopg://u:hunter2@host/x",
        "mysql://u:hunter2@host/x",
        "postgresql://u:hun@hunter2@host/x",
        "postgresql://u:hun/hunter2@host/x",
        "postgresql://u:hunter2/w@host/x",
        "host=shop password=hunter2",
        "Server=shop;Password=hunter2",
        "mysql://host/x?user=u&password=hunter2",
    ],
)
def test_a_password_in_an_address_is_never_told(address: str) -> None:
    for words in (["shop", "list"], ["serve", "--port", "0"]):
        done = call(*words, "--db", address)
        assert done.exit_code == 2
        assert "hunter2" not in done.output


@pytest.mark.parametrize("words", [["serve", "--port", "99999"], ["demo", "--port", "-1"], ["serve", "--workers", "0"]])
def test_a_number_out_of_its_range_is_refused(words: list[str]) -> None:
    done = call(*words)
    assert (done.exit_code, "is not in the range" in done.output) == (2, True)


def test_a_benchmark_heeds_no_settings_and_says_so(tmp_path: Path) -> None:
    done = call("--db", f"sqlite:///{tmp_path / 'x.db'}", "bench")
    assert (done.exit_code, "--db: bench makes its own" in done.output) == (2, True)


@pytest.mark.parametrize("words", list(leaves()), ids=" ".join)
def test_a_variable_that_names_no_setting_stops_every_command(words: tuple[str, ...], tmp_path: Path) -> None:
    given = [] if words in {("bench",), ("simulate-psp",)} else ["--db", f"sqlite:///{tmp_path / 'x.db'}"]
    done = call(*complete(words), *given, TILLROLL_PROT="1")
    assert (done.exit_code, "TILLROLL_PROT: there is no setting prot; did you mean port?" in done.output) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_a_currency_a_country_and_an_address_may_be_typed_with_blanks_and_small_letters(tmp_path: Path) -> None:
    address = f" sqlite:///{tmp_path / 'x.db'} "
    done = call("shop", "add", "acme", "--currency", " usd", "--country", "us ", TILLROLL_DB=address)
    assert done.exit_code == 0, done.output
    assert call("shop", "list", TILLROLL_DB=address).output == "acme  USD\n"
    assert sorted(path.name for path in tmp_path.glob("*.db")) == ["x.db"]
    assert call("shop", "add", "other", "--currency", "us$", TILLROLL_DB=address).exit_code == 2


def test_a_password_can_come_from_the_standard_input(sqlite_url: str) -> None:
    add_shop(sqlite_url)
    words = ["user", "add", "ada", "--db", sqlite_url]
    assert "--password-stdin" in CliRunner().invoke(main, words, input="").output
    done = CliRunner().invoke(main, [*words, "--password-stdin", "--json"], input="correct horse battery\nx\n")
    assert json.loads(done.output) == {"id": 1, "username": "ada"}
