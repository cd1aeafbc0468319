"""`tillroll user add --shop`, `tillroll user role` and `tillroll user invite`: who may see the dashboard of a shop."""

import json
import time
from pathlib import Path

import pytest

from tests.harness import add_shop, run_cli
from tillroll.engine.inventory import users
from tillroll.engine.shops import members
from tillroll.store import open_store


@pytest.fixture
def address(tmp_path: Path) -> str:
    found = f"sqlite:///{tmp_path / 'till.db'}"
    add_shop(found)
    return found


def role_of(address: str, name: str) -> str | None:
    """What a user is in the shop."""
    store = open_store(address)
    try:
        user = store.read_now(lambda tx: users.by_name(tx, name))
        return None if user is None else store.read_now(lambda tx: members.role_of(tx, "acme", user.id))
    finally:
        store.close()


def test_a_user_is_made_for_a_shop_and_becomes_something_else_there(address: str) -> None:
    done = run_cli("user", "add", "ada", "--shop", "acme", "--role", "admin", "--json", database_url=address)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["username"], said["shop"], said["role"]) == ("ada", "acme", "admin")
    assert len(said["password"]) > 40
    assert role_of(address, "ada") == "admin"
    for role, found in (("viewer", "viewer"), ("none", None)):
        done = run_cli("user", "role", "Ada", "--shop", "acme", "--role", role, database_url=address)
        assert done.returncode == 0, done.stderr
        assert role_of(address, "ada") == found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "bob", "--shop", "acme"), "go together"),
        (("add", "bob", "--role", "viewer"), "go together"),
        (("add", "bob", "--shop", "nosuch", "--role", "viewer"), "there is no shop nosuch"),
        (("add", "bob", "--shop", "acme", "--role", "owner"), "viewer"),
        (("role", "bob", "--shop", "acme", "--role", "viewer"), "there is no user bob"),
        (("role", "bob", "--shop", "nosuch", "--role", "viewer"), "there is no shop nosuch"),
    ],
)
def test_what_can_not_be_meant_is_refused_and_leaves_nobody(address: str, words: tuple[str, ...], said: str) -> None:
    generate = ("--generate",) if words[0] == "add" else ()
    done = run_cli("user", *words, *generate, database_url=address)
    assert done.returncode != 0
    assert said in done.stderr
    assert role_of(address, "bob") is None
    store = open_store(address)
    try:
        assert store.read_now(users.listed) == []
    finally:
        store.close()


def test_an_invitation_is_a_link_whose_secret_is_not_kept(address: str) -> None:
    done = run_cli("user", "invite", "--shop", "acme", "--role", "analyst", "--json", database_url=address)
    assert done.returncode == 0, done.stderr
    path = json.loads(done.stdout)["path"]
    store = open_store(address)
    try:
        found = store.read_now(lambda tx: members.invited(tx, path.removeprefix("/join/"), time.time_ns() // 1000))
    finally:
        store.close()
    assert found is not None
    assert (found[0], found[1].role) == ("acme", "analyst")
    assert found[1].hash not in path
    wrong = run_cli("user", "invite", "--shop", "nosuch", "--role", "viewer", database_url=address)
    assert wrong.returncode != 0
    assert "there is no shop nosuch" in wrong.stderr
