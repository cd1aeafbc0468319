"""Libraries for OAuth 2.0 get their tokens: a back office's, and, with a user's consent, an application's.

The libraries are not ours and not changed, and are asked for nothing but what their first example shows.
"""

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from secrets import token_hex
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.integrations.requests_client import OAuthError
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

from tests.clients.npm import run_module
from tests.harness import Server, save_redirect_uri
from tests.owner import REDIRECT, Application, Owner
from tests.shop import Shop

SCRIPT = Path(__file__).parent / "oauth.mjs"
_FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
# What the libraries for Python refuse to do without TLS, unless they are told that it is a test.
INSECURE = {"OAUTHLIB_INSECURE_TRANSPORT": "1", "AUTHLIB_INSECURE_TRANSPORT": "1"}


@pytest.fixture
def insecure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the libraries speak to a server of this machine without TLS."""
    for name, value in INSECURE.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def application(shop: Shop, shared_server: Server) -> Iterator[Application]:
    """The shop's application, which sends users back to `REDIRECT`."""
    keys = shop.credentials["scout"]
    save_redirect_uri(shared_server.database_url, keys["client_id"], REDIRECT)
    with Application(shop.url, keys["client_id"], keys["api_key"]) as application:
        yield application


@pytest.fixture
def owner(shared_server: Server) -> Iterator[Owner]:
    """A user who is logged in."""
    with Owner(shared_server.url) as owner:
        yield owner.sign_up(f"user-{token_hex(6)}")


def key_of(application: Application) -> str:
    """The key of an application."""
    return str(application.client.headers["x-api-key"])


def allowed(owner: Owner, address: str) -> str:
    """Where a user comes back to who was sent to this address, reads the page there, and presses its button."""
    page = owner.client.get(address)
    assert page.status_code == 200, page.text
    fields = {name: unescape(value) for name, value in _FIELD.findall(page.text)}
    done = owner.client.post("/oauth/new", data={**fields, "decision": "allow"})
    assert done.status_code == 303, done.text
    assert done.headers["location"].startswith(f"{REDIRECT}?")
    return str(done.headers["location"])


def works_for_a_back_office(shop: Shop, token: str) -> bool:
    """Whether a token is a service token of this shop."""
    return shop.client(token).get(f"/coupon/{shop.name}/coupons").status_code == 200


def who(shop: Shop, token: str) -> str:
    """The name of the user behind a token, which is asked as any library would."""
    answer = shop.client(token).get("/api/v1/oauth/info")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["user"]["username"])


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
@pytest.mark.usefixtures("insecure")
def test_authlib_gets_a_back_offices_token(shop: Shop, method: str) -> None:
    keys = shop.credentials["emporix"]
    with AuthlibSession(keys["client_id"], keys["client_secret"], token_endpoint_auth_method=method) as session:
        token = session.fetch_token(f"{shop.url}/oauth/token", grant_type="client_credentials")
        assert works_for_a_back_office(shop, token["access_token"])
    with (
        AuthlibSession(keys["client_id"], "wrong", token_endpoint_auth_method=method) as session,
        pytest.raises(OAuthError, match="invalid_client"),
    ):
        session.fetch_token(f"{shop.url}/oauth/token", grant_type="client_credentials")


@pytest.mark.parametrize("in_form", [False, True])
@pytest.mark.usefixtures("insecure")
def test_requests_oauthlib_gets_a_back_offices_token(shop: Shop, in_form: bool) -> None:
    keys = shop.credentials["emporix"]
    client = BackendApplicationClient(client_id=keys["client_id"])
    with OAuth2Session(client=client) as session:
        token = session.fetch_token(
            f"{shop.url}/oauth/token",
            client_id=keys["client_id"],
            client_secret=keys["client_secret"],
            include_client_id=True if in_form else None,
        )
        assert works_for_a_back_office(shop, token["access_token"])


@pytest.mark.parametrize("has_proof", [False, True])
@pytest.mark.usefixtures("insecure")
def test_authlib_gets_a_users_token(shop: Shop, application: Application, owner: Owner, has_proof: bool) -> None:
    wanted = {"redirect_uri": REDIRECT, "scope": "checkouts username"}
    proof = {"code_challenge_method": "S256"} if has_proof else {}
    known = {"code_verifier": "a" * 48} if has_proof else {}
    with AuthlibSession(application.client_id, key_of(application), **wanted, **proof) as session:
        address, state = session.create_authorization_url(f"{shop.url}/oauth/new", **known)
        back = allowed(owner, address)
        endpoint = f"{shop.url}/api/v1/oauth/token"
        if has_proof:
            with pytest.raises(OAuthError, match="invalid_grant"):
                session.fetch_token(endpoint, authorization_response=back, state=state, code_verifier="b" * 48)
        token = session.fetch_token(endpoint, authorization_response=back, state=state, **known)
        assert (token["token_type"], token["scope"]) == ("Bearer", "checkouts username")
        assert who(shop, token["access_token"]) == owner.name


@pytest.mark.usefixtures("insecure")
def test_requests_oauthlib_gets_a_users_token(shop: Shop, application: Application, owner: Owner) -> None:
    with OAuth2Session(application.client_id, redirect_uri=REDIRECT, scope=["checkouts", "username"]) as session:
        address, _ = session.authorization_url(f"{shop.url}/oauth/new")
        endpoint, back = f"{shop.url}/api/v1/oauth/token", allowed(owner, address)
        token = session.fetch_token(endpoint, authorization_response=back, client_secret=key_of(application))
        assert who(shop, token["access_token"]) == owner.name


def test_the_npm_packages_get_a_back_offices_token_in_every_way_they_know(shop: Shop, node_modules: Path) -> None:
    keys = shop.credentials["emporix"]
    said = json.loads(
        run_module(node_modules, SCRIPT, **environment(shop, keys["client_id"], keys["client_secret"], "service"))
    )
    assert len(said) == 5
    assert {name for name, token in said.items() if not works_for_a_back_office(shop, token)} == set()


def test_the_npm_packages_get_a_users_token(
    shop: Shop, application: Application, owner: Owner, node_modules: Path
) -> None:
    keys = application.client_id, key_of(application)
    addresses = json.loads(run_module(node_modules, SCRIPT, **environment(shop, *keys, "ask")))
    assert addresses.keys() == {"simple-oauth2", "openid-client", "passport-oauth2"}
    back = {name: allowed(owner, address) for name, address in addresses.items()}
    assert parse_qs(urlsplit(back["simple-oauth2"]).query)["state"] == ["s 1"]
    said = json.loads(
        run_module(node_modules, SCRIPT, **environment(shop, *keys, "exchange"), CALLBACKS=json.dumps(back))
    )
    assert {who(shop, token) for token in said.values()} == {owner.name}
    assert len(said) == 3


def environment(shop: Shop, id: str, secret: str, phase: str) -> dict[str, str]:
    """What the script is told."""
    return {"PHASE": phase, "URL_OF_SERVER": shop.url, "CLIENT_ID": id, "CLIENT_SECRET": secret, "REDIRECT": REDIRECT}


def test_a_form_is_refused_as_oauth_has_it(shop: Shop, application: Application, owner: Owner) -> None:
    with httpx.Client(base_url=shop.url, trust_env=False) as client:
        endpoint = "/api/v1/oauth/token"
        known = {"client_id": application.client_id, "client_secret": key_of(application)}
        asked = {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code": application.code(owner)}
        for form, auth, status, error in (
            (asked | known | {"grant_type": "password"}, None, 400, "unsupported_grant_type"),
            (known | {"grant_type": "authorization_code"}, None, 400, "invalid_request"),
            (asked | known | {"client_secret": "wrong"}, None, 401, "invalid_client"),
            (asked | known | {"client_id": "another"}, None, 401, "invalid_client"),
            (asked, (application.client_id, "wrong"), 401, "invalid_client"),
            (asked | known | {"code": "0" * 24}, None, 400, "invalid_grant"),
            (asked | known | {"redirect_uri": "https://else.example"}, None, 400, "invalid_grant"),
        ):
            refused = client.post(endpoint, data=form, auth=auth or httpx.USE_CLIENT_DEFAULT)
            assert (refused.status_code, refused.json()["error"]) == (status, error), refused.text
            assert ("www-authenticate" in refused.headers) == (auth is not None)
        granted = client.post(endpoint, data=asked, auth=(application.client_id, key_of(application)))
        assert granted.status_code == 200, granted.text
        assert client.post(endpoint, data=asked | known).json()["error"] == "invalid_grant"
        token = {"authorization": f"Bearer {granted.json()['access_token']}"}
        info = "/api/v1/oauth/info"
        assert client.get(info, headers=token).json()["user"]["username"] == owner.name
        assert client.get(info, headers=token | {"x-api-key": "wrong"}).status_code == 403
        assert client.get(info, headers={"authorization": "Bearer nothing"}).status_code == 403
        assert client.get("/oauth/new", params={"response_type": "token"}).status_code in (303, 422)
