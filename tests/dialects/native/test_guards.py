"""What keeps answers where they belong: secrets out of every cache, pages out of other sites' frames."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.harness import Server, new_shop, running_server
from tests.owner import Owner, new_key
from tests.shop import NO_CERTIFICATES, Shop
from tillroll.app import described_routes
from tillroll.settings import Settings

DESCRIPTIONS, ROUTES = described_routes(Settings())

# What is the same for everybody: documents, the start page, the scripts, the stylesheet, whether the server lives.
PUBLIC = re.compile(r"/(|docs.*|openapi.*|sdk/.*|healthz|readyz|assets/.*)")
PRIVATE = [route for route in ROUTES if not PUBLIC.fullmatch(route.path)]
PAGES = [
    operation
    for description in DESCRIPTIONS
    for operation in description.operations
    if operation.method == "GET" and "{" not in operation.path
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for what does not depend on the database."""
    with running_server(f"sqlite:///{tmp_path_factory.mktemp('guards') / 'tillroll.db'}") as server:
        yield server


@pytest.fixture(scope="module")
def kept_shop(server: Server) -> Iterator[Shop]:
    """A shop on it."""
    with new_shop(server) as shop:
        yield shop


@pytest.fixture(scope="module")
def owner(server: Server) -> Iterator[Owner]:
    """A user who is logged in."""
    with Owner(server.url) as owner:
        yield owner.sign_up("ada")


@pytest.fixture(scope="module")
def stranger(server: Server) -> Iterator[httpx.Client]:
    """Somebody without a token or a cookie."""
    with httpx.Client(base_url=server.url, trust_env=False, verify=NO_CERTIFICATES) as client:
        yield client


def test_no_answer_of_a_route_about_somebody_is_kept_by_a_cache(stranger: httpx.Client, kept_shop: Shop) -> None:
    kept = []
    for route in PRIVATE:
        path = re.sub(r"\{\w+\}", "x", route.path.replace("{tenant}", kept_shop.name))
        for headers in ({}, {"authorization": kept_shop.service.headers["authorization"]}):
            answer = stranger.request(route.method, path, headers=headers)
            if answer.headers.get("cache-control") != "no-store":
                kept.append(f"{route.method} {path}: {answer.status_code} {answer.headers}")
    assert kept == []


def test_no_answer_with_a_token_is_kept_by_a_cache(stranger: httpx.Client, kept_shop: Shop, owner: Owner) -> None:
    keys = kept_shop.credentials["emporix"]
    grant = {"grant_type": "client_credentials", "client_id": keys["client_id"], "client_secret": keys["client_secret"]}
    login = {"tenant": kept_shop.name, "client_id": keys["storefront_client_id"]}
    program = {"authorization": f"Bearer {new_key(owner)}"}
    for answer in (
        stranger.post("/oauth/token", data=grant),
        stranger.get("/customerlogin/auth/anonymous/login", params=login),
        stranger.get("/v1/inventory", headers=program),
        stranger.get("/v1/inventory/sheet", headers=program),
        owner.client.get("/inventory/export"),
        owner.client.get("/account"),
    ):
        assert answer.status_code == 200
        assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")


def test_no_page_can_be_framed_or_tells_other_sites_where_somebody_was(stranger: httpx.Client, owner: Owner) -> None:
    seen = set()
    for operation in PAGES:
        for client in (owner.client, stranger):
            answer = client.get(operation.path)
            if not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            seen.add(operation.path)
            policy = answer.headers["content-security-policy"].split("; ")
            assert {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy), operation.path
            assert any(directive.startswith("form-action ") for directive in policy)
            assert answer.headers["x-frame-options"] == "DENY"
            assert answer.headers["referrer-policy"] == "same-origin"
            assert answer.headers["x-content-type-options"] == "nosniff"
    assert {
        "/",
        "/docs",
        "/docs/emporix",
        "/login",
        "/sign-up",
        "/account",
        "/grants",
        "/inventory",
        "/dashboard",
        "/oauth/new",
    } <= seen
