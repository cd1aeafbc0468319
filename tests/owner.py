"""A user of the inventory at a browser: logs in, fills in forms, and lets applications post.

owner = Owner(url).sign_up("ada")            a client with the user's cookies
app = Application(shop)                      the shop's application, which posts with its key
grant = app.granted(owner)                   the whole OAuth round trip; user id and access token
"""

import re
from collections.abc import Mapping
from html import unescape
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.shop import NO_CERTIFICATES, succeeded, told

PASSWORD = "correct horse battery"
REDIRECT = "https://bot.example/callback"
# What the sample of the reference posts, without the user (seed 003).
SAMPLE: Mapping[str, Any] = {
    "order_id": "123124124",
    "purchase_currency": "usd",
    "purchase_price": 15000,
    "tax": 1500,
    "shipping_price": 1000,
    "name": "Nike Air Force 1 Low Off-White",
    "sku": "CI1173-400",
    "size": "1",
    "brand": "Nike",
    "color": "University Blue",
    "store": "Kith",
    "checkout_time": 1591086812,
}

_TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')


class Grant(NamedTuple):
    """What an application holds of a user."""

    user_id: int
    access_token: str

    def post(self, **changes: Any) -> dict[str, Any]:
        """The sample's body for this user; a change to None leaves a field out."""
        body = {**SAMPLE, "user_id": self.user_id, "access_token": self.access_token, **changes}
        return {name: value for name, value in body.items() if value is not None}


class Owner:
    """One browser."""

    def __init__(self, url: str, name: str = "") -> None:
        self.name = name
        self.client = httpx.Client(base_url=url, verify=NO_CERTIFICATES, trust_env=False, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()

    def page(self, path: str, query: Mapping[str, str] | None = None, *, status: int = 200) -> str:
        """The text of a page; fails where it has another status."""
        answer = self.client.get(path, params=query)
        assert answer.status_code == status, told(answer)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        return answer.text

    def token(self, path: str) -> str:
        """The token of the forms on a page."""
        found = _TOKEN.search(self.page(path))
        assert found is not None
        return found[1]

    def send(self, path: str, fields: Mapping[str, str] | None = None, *, page: str = "") -> httpx.Response:
        """Fill in a form, which stands on `page` or else at its own address, and send it."""
        return self.client.post(path, data={"token": self.token(page or path), **(fields or {})})

    def sign_up(self, name: str, password: str = PASSWORD) -> Self:
        """A new account, logged in."""
        self.name = name
        done = self.send("/sign-up", {"name": name, "password": password, "again": password})
        assert (done.status_code, done.headers["location"]) == (303, "/inventory"), told(done)
        return self

    def log_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        """The answer to a login."""
        self.name = name
        return self.send("/login", {"name": name, "password": password})

    def consent(self, client_id: str, scopes: str, decision: str = "allow", **more: str) -> httpx.Response:
        """Open the consent page as an application sends one there, and decide."""
        asked = {"client_id": client_id, "redirect_uri": REDIRECT, "scopes": scopes, **more}
        page = unescape(self.page("/oauth/new", asked))
        found = _TOKEN.search(page)
        assert found is not None
        return self.client.post("/oauth/new", data={"token": found[1], "decision": decision, **asked})


def codes_of(page: str) -> list[str]:
    """The recovery codes that a page shows once."""
    return re.findall(r'<li class="secret">([0-9a-f]{5}(?:-[0-9a-f]{5}){3})</li>', page)


def new_key(owner: Owner) -> str:
    """A key for programs, as the account page shows it once."""
    page = owner.send("/account/keys", {"label": "my program"}, page="/account")
    assert page.status_code == 200
    found = re.search(r'class="secret">([\w-]{43})<', page.text)
    assert found is not None
    return found[1]


class Application:
    """An application with its key."""

    def __init__(self, url: str, client_id: str, api_key: str) -> None:
        self.client_id = client_id
        self.client = httpx.Client(
            base_url=url, headers={"x-api-key": api_key}, verify=NO_CERTIFICATES, trust_env=False, timeout=30
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()

    def code(self, owner: Owner, scopes: str = "checkouts,username") -> str:
        """A code that the user has just allowed."""
        done = owner.consent(self.client_id, scopes)
        assert done.status_code == 303, told(done)
        place = urlsplit(done.headers["location"])
        assert f"{place.scheme}://{place.netloc}{place.path}" == REDIRECT
        (code,) = parse_qs(place.query)["code"]
        return code

    def exchange(self, code: str, redirect_uri: str = REDIRECT, **more: str) -> httpx.Response:
        """The answer to an exchange of a code."""
        return self.client.post("/api/v1/oauth/token", json={"code": code, "redirect_uri": redirect_uri, **more})

    def granted(self, owner: Owner, scopes: str = "checkouts,username") -> Grant:
        """The whole round trip."""
        user = succeeded(self.exchange(self.code(owner, scopes)), 200)["user"]
        return Grant(user["id"], user["access_token"])

    def post(self, body: Mapping[str, Any], path: str = "/ingest") -> httpx.Response:
        """The answer to a post."""
        return self.client.post(path, json=body)

    def info(self, access_token: str) -> httpx.Response:
        """Who the token stands for."""
        return self.client.get("/api/v1/oauth/info", params={"access_token": access_token})
