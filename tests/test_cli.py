"""The command line: what it prints for people and for scripts, and how it says no."""

import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import click
import httpx
import pytest

from tests.harness import add_shop, run_cli, running_server
from tests.shop import Shop
from tillroll import __version__
from tillroll.cli import main

# Random characters that may stand in a URL, a form and a shell.
SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
IDENTIFIER = re.compile(r"[A-Za-z0-9]{22}")


def commands(group: click.Group = main, before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command and group below this one, as the words that call it."""
    found = [before]
    for name, command in sorted(group.commands.items()):
        words = (*before, name)
        found += commands(command, words) if isinstance(command, click.Group) else [words]
    return found


def said(done: "subprocess.CompletedProcess[str]", status: int) -> str:
    """What a command said as it ended with this status; fails for a stack trace."""
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout if status == 0 else done.stderr


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_says_what_it_does(words: tuple[str, ...]) -> None:
    text = said(run_cli(*words, "--help"), 0)
    assert text.startswith(f"Usage: python -m tillroll {' '.join(words)}".rstrip())
    for line in text.split("Options:")[1].splitlines():
        assert re.match(r"\s*(-\w, )?--[\w-]+( \w+)?$", line) is None, f"{line.strip()} says nothing of itself"


def test_the_version_is_that_of_the_package_and_of_its_time_zones() -> None:
    zones = metadata.version("tzdata")
    assert said(run_cli("--version"), 0) == f"tillroll, version {__version__} (tzdata {zones})\n"


def test_the_installed_command_and_the_module_are_the_same() -> None:
    script = Path(sys.executable).with_name("tillroll")
    if not script.exists():
        pytest.skip("the package is not installed here, only on the path")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, timeout=60, check=False)
    assert said(done, 0) == said(run_cli("--version"), 0).replace("python -m tillroll", "tillroll")


def test_a_new_shop_gets_credentials_for_every_dialect(empty_url: str) -> None:
    document = add_shop(empty_url)
    assert {name: set(part) if isinstance(part, dict) else part for name, part in document.items()} == {
        "shop": "acme",
        "emporix": {"tenant", "client_id", "client_secret", "storefront_client_id"},
        "doofinder": {"hashid", "api_key"},
        "alhena": {"company_key"},
        "scout": {"client_id", "api_key"},
        "native": {"api_key"},
    }
    emporix, doofinder = document["emporix"], document["doofinder"]
    assert emporix["tenant"] == document["alhena"]["company_key"] == "acme"
    assert re.fullmatch(r"[0-9a-f]{32}", doofinder["hashid"])
    assert re.fullmatch(r"eu1-[0-9a-f]{40}", doofinder["api_key"])
    for identifier in (emporix["client_id"], emporix["storefront_client_id"], document["scout"]["client_id"]):
        assert IDENTIFIER.fullmatch(identifier)
    for secret in (emporix["client_secret"], document["scout"]["api_key"], document["native"]["api_key"]):
        assert SECRET.fullmatch(secret)


def test_no_two_shops_share_a_secret(sqlite_url: str) -> None:
    first, second = (json.dumps(add_shop(sqlite_url, name)) for name in ("first", "second"))
    words = [set(re.findall(r'"([\w-]{21,})"', document)) for document in (first, second)]
    assert len(words[0]) == len(words[1]) == 8
    assert not words[0] & words[1]


def test_secrets_are_shown_once(database_url: str) -> None:
    document = add_shop(database_url)
    secrets = [
        document["emporix"]["client_secret"],
        document["doofinder"]["api_key"],
        document["scout"]["api_key"],
        document["native"]["api_key"],
    ]
    for arguments in (("shop", "show", "acme"), ("shop", "show", "acme", "--json"), ("shop", "list", "--json")):
        text = said(run_cli(*arguments, database_url=database_url), 0)
        assert "acme" in text
        assert [secret for secret in secrets if secret in text] == []
    if database_url.startswith("sqlite:"):
        stored = b"".join(path.read_bytes() for path in Path(database_url.removeprefix("sqlite:///")).parent.iterdir())
        assert [secret for secret in secrets if secret.encode() in stored] == []


def test_shops_are_listed_for_people_and_for_scripts(database_url: str) -> None:
    said(run_cli("migrate", database_url=database_url), 0)
    assert "no shops yet" in said(run_cli("shop", "list", database_url=database_url), 0)
    add_shop(database_url, "acme", "EUR")
    add_shop(database_url, "bistro", "JPY")
    assert said(run_cli("shop", "list", database_url=database_url), 0) == "acme  EUR\nbistro  JPY\n"
    listed = json.loads(said(run_cli("shop", "list", "--json", database_url=database_url), 0))
    assert [(one["shop"], one["currency"]) for one in listed] == [("acme", "EUR"), ("bistro", "JPY")]


def test_a_shop_for_people_shows_the_same_credentials(sqlite_url: str) -> None:
    text = said(run_cli("shop", "add", "acme", database_url=sqlite_url), 0)
    shown = json.loads(said(run_cli("shop", "show", "acme", "--json", database_url=sqlite_url), 0))
    for key in shown["keys"]:
        assert key["kind"] == "native" or key["identifier"] in text


@pytest.mark.parametrize(
    "name", ["", "ab", "a" * 17, "Acme", "1shop", "my-shop", "my_shop", "shop ", "shöp", "a/b", "shop\n"]
)
def test_a_name_that_no_tenant_can_have_is_refused(sqlite_url: str, name: str) -> None:
    assert "3 to 16 lower-case letters and digits" in said(run_cli("shop", "add", name, database_url=sqlite_url), 2)
    assert not Path(sqlite_url.removeprefix("sqlite:///")).exists()


@pytest.mark.parametrize("currency", ["", "EURO", "€", "XXY", "E R"])
def test_a_currency_that_does_not_exist_is_refused(sqlite_url: str, currency: str) -> None:
    said(run_cli("migrate", database_url=sqlite_url), 0)
    done = run_cli("shop", "add", "acme", "--currency", currency, database_url=sqlite_url)
    assert "ISO 4217" in said(done, 2)
    assert said(run_cli("shop", "list", "--json", database_url=sqlite_url), 0) == "[]\n"


def test_a_shop_that_exists_is_left_as_it_is(sqlite_url: str) -> None:
    add_shop(sqlite_url)
    before = said(run_cli("shop", "show", "acme", "--json", database_url=sqlite_url), 0)
    assert "exists already" in said(run_cli("shop", "add", "acme", "--currency", "USD", database_url=sqlite_url), 1)
    assert said(run_cli("shop", "show", "acme", "--json", database_url=sqlite_url), 0) == before


ON_A_DATABASE = [["serve", "--port", "0"], ["migrate"], ["shop", "add", "acme"]]


@pytest.mark.parametrize("words", ON_A_DATABASE, ids=" ".join)
@pytest.mark.parametrize("address", ["mysql://host/db", "tillroll.db", "sqlite:///", "sqlite:///nowhere/at/all.db"])
def test_an_address_that_is_none_is_refused(words: list[str], address: str) -> None:
    assert "--db" in said(run_cli(*words, "--db", address), 2)


@pytest.mark.parametrize("words", ON_A_DATABASE, ids=" ".join)
@pytest.mark.parametrize("fault", ["no server", "no database"])
def test_a_database_that_can_not_be_used_is_reported_in_one_sentence(
    words: list[str], fault: str, tmp_path: Path
) -> None:
    (tmp_path / "text.db").write_text("this is not a database\n" * 100)
    address = {
        "no server": f"postgresql://postgres@/nowhere?host={tmp_path}",
        "no database": f"sqlite:///{tmp_path / 'text.db'}",
    }[fault]
    assert said(run_cli(*words, "--db", address), 1).startswith("Error: ")


@pytest.mark.parametrize(
    "words",
    [
        ["shop", "show", "nobody"],
        ["key", "create", "nobody"],
        ["key", "revoke", "nobody", "x"],
        ["key", "revoke", "acme", "x"],
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_said_to_be_missing(sqlite_url: str, words: list[str]) -> None:
    add_shop(sqlite_url)
    assert re.search(r"no (shop|live key)", said(run_cli(*words, database_url=sqlite_url), 1))


@pytest.mark.parametrize(
    "words", [["nonsense"], ["shop", "nonsense"], ["shop", "add"], ["serve", "--port", "x"], ["migrate", "--nonsense"]]
)
def test_a_command_that_is_none_is_refused(words: list[str]) -> None:
    assert "Usage: " in said(run_cli(*words), 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [("TILLROLL_PORT", "x"), ("TILLROLL_BODY_BYTES_MAX", "1.5"), ("TILLROLL_TRUSTED_PROXIES", "::1, proxy")],
)
def test_a_setting_of_the_wrong_type_is_refused(
    monkeypatch: pytest.MonkeyPatch, sqlite_url: str, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    command = [sys.executable, "-m", "tillroll", "migrate", "--db", sqlite_url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert f"Error: {name}: " in said(done, 2)


def test_a_schema_is_brought_up_to_date_once(empty_url: str) -> None:
    first = json.loads(said(run_cli("migrate", "--json", database_url=empty_url), 0))
    assert first["applied"] != []
    assert json.loads(said(run_cli("migrate", "--json", database_url=empty_url), 0)) == {"applied": []}
    assert said(run_cli("migrate", database_url=empty_url), 0) == "the schema is up to date\n"


def test_keys_take_effect_on_the_running_server_when_created_and_when_revoked(database_url: str) -> None:
    with running_server(database_url) as server, Shop(server.url, add_shop(database_url)) as shop:
        created = run_cli("key", "create", "acme", "--scopes", "site.site_manage", "--json", database_url=database_url)
        key = json.loads(said(created, 0))
        assert set(key) == {"shop", "client_id", "client_secret", "scopes"}
        assert key["scopes"] == ["site.site_manage"]
        with_key = Shop(server.url, {"shop": "acme", "emporix": key})
        with with_key:
            client = with_key.client(with_key.service_token())
            assert client.post("/site/acme/sites", json={"code": "main", "currency": "EUR"}).status_code == 201
            assert client.get("/tax/acme/taxes").status_code == 403
            said(run_cli("key", "revoke", "acme", key["client_id"], database_url=database_url), 0)
            assert client.get("/site/acme/sites").status_code == 401
            assert grant(with_key).status_code == 401
        assert shop.service.get("/site/acme/sites").status_code == 200
        assert "(revoked)" in said(run_cli("shop", "show", "acme", database_url=database_url), 0)


def test_a_key_for_a_scope_that_does_not_exist_is_refused(sqlite_url: str) -> None:
    add_shop(sqlite_url)
    refused = run_cli("key", "create", "acme", "--scopes", "site.site_manage site.everything", database_url=sqlite_url)
    assert "site.everything" in said(refused, 2)


def grant(shop: Shop) -> httpx.Response:
    """Ask for a token on the shop's key."""
    keys = shop.credentials["emporix"]
    form = {name: keys[name] for name in ("client_id", "client_secret")} | {"grant_type": "client_credentials"}
    return shop.client().post("/oauth/token", data=form)
