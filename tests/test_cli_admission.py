"""Who may report events, from the command line: engines, origins, bans and search keys."""

import json
from typing import Any

import pytest

from tests.harness import add_shop, run_cli
from tests.test_cli import said

HASHID = "0123456789abcdef" * 2


def as_json(*words: str, url: str) -> Any:
    """What a command prints with --json."""
    return json.loads(said(run_cli(*words, "--json", database_url=url), 0))


def test_engines_are_added_listed_and_removed(sqlite_url: str) -> None:
    first = add_shop(sqlite_url)["doofinder"]["hashid"]
    named = as_json("shop", "engine", "add", "acme", "--hashid", HASHID.upper(), "--name", "shoes", url=sqlite_url)
    assert named == {"shop": "acme", "hashid": HASHID, "name": "shoes"}
    assert "is taken" in said(run_cli("shop", "engine", "add", "acme", "--hashid", HASHID, database_url=sqlite_url), 1)
    assert "32 hex" in said(run_cli("shop", "engine", "add", "acme", "--hashid", "x", database_url=sqlite_url), 2)
    listed = as_json("shop", "engine", "list", "acme", url=sqlite_url)
    assert [(one["hashid"], one["name"]) for one in listed] == [(first, ""), (HASHID, "shoes")]
    assert as_json("shop", "engine", "remove", "acme", first, url=sqlite_url) == {"shop": "acme", "removed": first}
    assert said(run_cli("shop", "engine", "list", "acme", database_url=sqlite_url), 0) == f"{HASHID}  shoes\n"
    assert "no engine" in said(run_cli("shop", "engine", "remove", "acme", first, database_url=sqlite_url), 1)


@pytest.mark.parametrize(
    ("group", "value", "wrong", "field"),
    [("origin", "https://shop.example", "shop.example", "origin"), ("ban", "203.0.113.0/24", "anywhere", "network")],
)
def test_origins_and_bans_are_added_listed_and_removed(
    sqlite_url: str, group: str, value: str, wrong: str, field: str
) -> None:
    add_shop(sqlite_url)
    assert as_json("shop", group, "add", "acme", value, url=sqlite_url) == {"shop": "acme", field: value}
    assert "already" in said(run_cli("shop", group, "add", "acme", value, database_url=sqlite_url), 1)
    said(run_cli("shop", group, "add", "acme", wrong, database_url=sqlite_url), 2)
    assert "no shop" in said(run_cli("shop", group, "add", "nobody", value, database_url=sqlite_url), 1)
    assert [one[field] for one in as_json("shop", group, "list", "acme", url=sqlite_url)] == [value]
    assert said(run_cli("shop", group, "list", "acme", database_url=sqlite_url), 0) == f"{value}\n"
    assert as_json("shop", group, "remove", "acme", value, url=sqlite_url) == {"shop": "acme", "removed": value}
    assert "was not" in said(run_cli("shop", group, "remove", "acme", value, database_url=sqlite_url), 1)
    assert as_json("shop", group, "list", "acme", url=sqlite_url) == []


def test_a_search_key_is_kept_as_a_hash_unless_it_signs_tokens(sqlite_url: str) -> None:
    add_shop(sqlite_url)
    hashed = as_json("key", "create", "acme", "--for", "doofinder", url=sqlite_url)
    signing = as_json("key", "create", "acme", "--for", "doofinder", "--signs-tokens", url=sqlite_url)
    with open(sqlite_url.removeprefix("sqlite:///"), "rb") as file:
        stored = file.read()
    assert hashed["api_key"].encode() not in stored
    assert signing["api_key"].encode() in stored
    said(run_cli("key", "revoke", "acme", signing["identifier"], database_url=sqlite_url), 0)
    refused = run_cli("key", "create", "acme", "--signs-tokens", database_url=sqlite_url)
    assert "doofinder" in said(refused, 2)
