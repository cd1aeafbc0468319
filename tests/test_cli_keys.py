"""Keys that are made again: what opened a door opens it, and what was revoked or replaced no longer does."""

import json
import re
from datetime import datetime
from typing import Any

import httpx

from tests.harness import add_shop, run_cli, running_server
from tillroll.engine.access.native_keys import SCOPES


def made(database_url: str, *words: str) -> dict[str, Any]:
    """What a command prints for scripts."""
    done = run_cli(*words, "--json", database_url=database_url)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_a_lost_native_key_is_revoked_and_made_again(database_url: str) -> None:
    with running_server(database_url) as server:
        lost = add_shop(database_url, is_served=True)["native"]["api_key"]
        shown = made(database_url, "shop", "show", "acme")
        (identifier,) = [key["identifier"] for key in json.loads(json.dumps(shown["keys"])) if key["kind"] == "native"]
        made(database_url, "key", "revoke", "acme", identifier)
        fresh = made(database_url, "key", "create", "acme", "--for", "native")["api_key"]
        statuses = [
            httpx.get(f"{server.url}/v1/events", headers={"authorization": f"Bearer {key}"}).status_code
            for key in (lost, fresh)
        ]
        assert statuses == [401, 200]


def test_a_native_key_has_the_scopes_that_were_named_and_else_all(database_url: str) -> None:
    with running_server(database_url) as server:
        add_shop(database_url, is_served=True)
        for named, status in (
            ((), 200),
            (("events:read",), 200),
            (("sales:read", "events:read"), 200),
            (("sales:read", "events:write"), 403),
        ):
            words = [word for scope in named for word in ("--scope", scope)]
            key = made(database_url, "key", "create", "acme", "--for", "native", *words)
            assert key["scopes"] == list(named or SCOPES)
            headers = {"authorization": f"Bearer {key['api_key']}"}
            assert httpx.get(f"{server.url}/v1/events", headers=headers).status_code == status


def test_a_storefront_can_have_another_client_id(database_url: str) -> None:
    with running_server(database_url) as server:
        first = add_shop(database_url, is_served=True)["emporix"]["storefront_client_id"]
        second = made(database_url, "key", "create", "acme", "--for", "storefront")["storefront_client_id"]
        made(database_url, "key", "revoke", "acme", first)
        statuses = [
            httpx.get(
                f"{server.url}/customerlogin/auth/anonymous/login", params={"tenant": "acme", "client_id": client_id}
            ).status_code
            for client_id in (first, second)
        ]
        assert statuses == [401, 200]


def test_an_applications_key_is_replaced_and_its_client_id_stays(database_url: str) -> None:
    with running_server(database_url) as server:
        scout = add_shop(database_url, is_served=True)["scout"]
        again = made(database_url, "app", "key", scout["client_id"])
        assert again["client_id"] == scout["client_id"]
        body = {"code": "none", "redirect_uri": "https://bot.example/back"}
        answers = [
            httpx.post(f"{server.url}/api/v1/oauth/token", headers={"x-api-key": key}, json=body)
            for key in (scout["api_key"], again["api_key"])
        ]
        assert answers[0].status_code == 403
        assert answers[1].status_code == 422, answers[1].text  # who it is is known; the code is none
        refused = run_cli("app", "key", "nobody", database_url=database_url)
        assert (refused.returncode, "no live application nobody" in refused.stderr) == (1, True)


def test_options_of_other_kinds_of_keys_are_refused(sqlite_url: str) -> None:
    add_shop(sqlite_url)
    for words in (
        ["--for", "native", "--scopes", "site.site_read"],
        ["--for", "native", "--scope", "site.site_read"],
        ["--for", "storefront", "--scope", "events:read"],
        ["--scope", "events:read"],
        ["--for", "storefront", "--signs-tokens"],
    ):
        assert run_cli("key", "create", "acme", *words, database_url=sqlite_url).returncode == 2


def test_keys_are_listed_with_times_that_people_read(database_url: str) -> None:
    migrated = run_cli("migrate", database_url=database_url)
    assert migrated.returncode == 0, migrated.stderr
    add_shop(database_url)
    key = made(database_url, "key", "create", "acme", "--for", "native")
    made(database_url, "key", "revoke", "acme", key["identifier"])
    listed = json.loads(json.dumps(made(database_url, "key", "list", "acme")))
    assert {one["kind"] for one in listed} == {"alhena", "doofinder", "native", "scout", "service", "storefront"}
    (revoked,) = [one for one in listed if one["revoked_at"] is not None]
    assert revoked["identifier"] == key["identifier"]
    for moment in (revoked["created_at"], revoked["revoked_at"]):
        assert datetime.fromisoformat(moment).tzinfo is not None
    shown = run_cli("key", "list", "acme", database_url=database_url)
    assert shown.stdout.count("\n") == len(listed)
    assert shown.stdout.count("(revoked)") == 1
    assert not [one for one in listed if "secret" in str(one)]
    missing = run_cli("key", "list", "nobody", database_url=database_url)
    assert (missing.returncode, missing.stderr) == (1, "Error: there is no shop nobody\n")


def test_every_time_that_a_script_is_shown_is_one_that_people_read(database_url: str) -> None:
    add_shop(database_url)
    made(database_url, "user", "add", "ada")
    for words in (
        ("shop", "list"),
        ("shop", "show", "acme"),
        ("user", "list"),
        ("app", "list"),
        ("shop", "engine", "list", "acme"),
        ("shop", "origin", "list", "acme"),
    ):
        text = json.dumps(made(database_url, *words))
        assert not re.search(r'_at": \d', text), words
