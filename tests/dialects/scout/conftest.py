"""A user, an application and the user's grant, on the shared server. One shop and its application serve many tests."""

import json
from collections.abc import Iterator
from secrets import token_hex

import httpx
import pytest

from tests.harness import Server, new_shop, run_cli, save_redirect_uri
from tests.owner import REDIRECT, Application, Grant, Owner, new_key
from tests.shop import Shop


@pytest.fixture(scope="session")
def kith(shared_server: Server) -> Iterator[Shop]:
    """A shop on the shared server, for all the tests of this folder."""
    with new_shop(shared_server) as shop:
        yield shop


@pytest.fixture(scope="session")
def application(kith: Shop, shared_server: Server) -> Iterator[Application]:
    """The application that came with the shop, with an address to send people back to; tests leave it as it is."""
    keys = kith.credentials["scout"]
    save_redirect_uri(shared_server.database_url, keys["client_id"], REDIRECT)
    with Application(kith.url, keys["client_id"], keys["api_key"]) as application:
        yield application


@pytest.fixture
def other_application(kith: Shop, shared_server: Server) -> Iterator[Application]:
    """One more application of the shop, to do with as one likes."""
    done = run_cli(
        *("app", "add", kith.name, "Another bot", "--redirect-uri", REDIRECT, "--json"),
        database_url=shared_server.database_url,
    )
    assert done.returncode == 0, done.stderr
    keys = json.loads(done.stdout)
    with Application(kith.url, keys["client_id"], keys["api_key"]) as application:
        yield application


@pytest.fixture
def owner(kith: Shop, shared_server: Server) -> Iterator[Owner]:
    """A user who has just signed up; what the server logs as an error meanwhile fails the test."""
    with Owner(kith.url) as owner:
        yield owner.sign_up(f"user-{token_hex(6)}")
    shared_server.check_log()


@pytest.fixture
def grant(application: Application, owner: Owner) -> Grant:
    """What the user lets the application do: everything."""
    return application.granted(owner)


@pytest.fixture
def program(owner: Owner) -> httpx.Client:
    """A program of the owner's, with a key; closed with the owner's browser."""
    owner.client.headers["authorization"] = f"Bearer {new_key(owner)}"
    return owner.client
