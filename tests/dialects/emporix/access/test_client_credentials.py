"""How a back office says who it is: in the form, or by HTTP Basic (RFC 6749, 2.3.1)."""

from base64 import b64encode
from urllib.parse import quote_plus

import httpx
import pytest

from tests.shop import Shop

FORM = {"content-type": "application/x-www-form-urlencoded"}


def grant(shop: Shop, form: dict[str, str], header: str | None = None) -> httpx.Response:
    headers = FORM | ({} if header is None else {"authorization": header})
    return shop.client().post("/oauth/token", data={"grant_type": "client_credentials"} | form, headers=headers)


def basic(name: str, secret: str) -> str:
    return "Basic " + b64encode(f"{quote_plus(name)}:{quote_plus(secret)}".encode()).decode()


def test_a_client_may_say_who_it_is_in_the_header(shop: Shop) -> None:
    keys = shop.credentials["emporix"]
    for form, scheme in (
        ({}, "Basic"),
        ({"client_id": keys["client_id"]}, "basic"),
        ({"scope": "site.site_read"}, "BASIC"),
    ):
        header = basic(keys["client_id"], keys["client_secret"]).replace("Basic", scheme)
        granted = grant(shop, form, header)
        assert granted.status_code == 200, granted.text
        token = granted.json()["access_token"]
        headers = {"authorization": f"Bearer {token}"}
        assert shop.client().get(f"/site/{shop.name}/sites", headers=headers).status_code == 200


def test_a_wrong_secret_in_the_header_is_401_and_told_the_scheme(shop: Shop) -> None:
    refused = grant(shop, {}, basic(shop.credentials["emporix"]["client_id"], "wrong"))
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Basic " + b64encode(b"no colon").decode(), "Basic /w=="])
def test_credentials_that_can_not_be_read_are_named(shop: Shop, header: str) -> None:
    refused = grant(shop, {}, header)
    assert (refused.status_code, "Authorization" in refused.text or "Basic" in refused.text) == (400, True)


def test_a_client_says_who_it_is_in_one_place_only(shop: Shop) -> None:
    keys = shop.credentials["emporix"]
    header = basic(keys["client_id"], keys["client_secret"])
    for form in ({"client_id": keys["client_id"], "client_secret": keys["client_secret"]}, {"client_id": "another"}):
        assert grant(shop, form, header).status_code == 400


def test_a_client_may_send_json_or_say_it_in_the_address(shop: Shop) -> None:
    keys = shop.credentials["emporix"]
    asked = {"client_id": keys["client_id"], "client_secret": keys["client_secret"]}
    asked |= {"grant_type": "client_credentials", "scope": "site.site_read"}
    client = shop.client()
    for granted in (
        client.post("/oauth/token", json=asked),
        client.post("/oauth/token", params=asked),
        client.post(
            "/oauth/token", json={"grant_type": "client_credentials"}, auth=(asked["client_id"], asked["client_secret"])
        ),
    ):
        assert granted.status_code == 200, granted.text
        assert "refresh_token" not in granted.json()
    for wrong in (asked | {"client_secret": 7}, asked | {"grant_type": "password"}, {}, [asked]):
        assert client.post("/oauth/token", json=wrong).status_code == 400
    assert client.post("/oauth/token", json=asked | {"client_secret": "wrong"}).status_code == 401


def test_another_scheme_is_no_client(shop: Shop) -> None:
    keys = shop.credentials["emporix"]
    form = {"client_id": keys["client_id"], "client_secret": keys["client_secret"]}
    assert grant(shop, form, "Bearer whatever").status_code == 200
    assert grant(shop, {}, "Bearer whatever").status_code == 400


@pytest.mark.parametrize("form", [b"a&" * 300_000, b"a=" + b"%41" * 300_000], ids=["pairs", "letters"])
def test_a_form_that_nobody_honest_sends_is_refused_before_it_is_read(shop: Shop, form: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = shop.client().post("/oauth/token", content=form, headers=headers)
    assert answer.status_code == 400
    assert "at most" in answer.text
