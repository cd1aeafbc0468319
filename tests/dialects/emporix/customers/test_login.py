"""Customers sign up and log in: `/customer/{tenant}/signup` and `/login`."""

import base64
import json
import sqlite3
from contextlib import closing

import httpx
import pytest

from tests.harness import Server, new_shop, running_server
from tests.shop import PASSWORD, Guest, Shop, send, succeeded

SPELLINGS = {
    "access_token": "accessToken",
    "saas_token": "saasToken",
    "expires_in": "expiresIn",
    "refresh_token": "refreshToken",
    "refresh_token_expires_in": "refreshTokenExpiresIn",
    "token_type": "tokenType",
    "session_id": "sessionId",
}


def _signup(shop: Shop, email: str = "ada@example.com", password: str = PASSWORD, **fields: object) -> httpx.Response:
    body = {"email": email, "password": password} | fields
    return send(shop.guest(), "POST", f"/customer/{shop.name}/signup", body)


def _login(shop: Shop, email: str, password: str = PASSWORD, guest: Guest | None = None) -> httpx.Response:
    body = {"email": email, "password": password}
    return send(guest or shop.guest(), "POST", f"/customer/{shop.name}/login", body)


def test_a_customer_signs_up_and_gets_a_number(shop: Shop) -> None:
    answer = _signup(
        shop,
        customerDetails={"firstName": "Ada", "preferredCurrency": "EUR"},
        customerAddress={"contactName": "Ada Byron", "country": "DE", "tags": ["BILLING"]},
    )
    assert succeeded(answer, 201) == {"id": "10000001"}
    assert succeeded(_signup(shop, "bob@example.com"), 201) == {"id": "10000002"}


def test_a_login_answers_in_both_spellings(shop: Shop) -> None:
    id = succeeded(_signup(shop), 201)["id"]
    guest = shop.guest()
    answer = succeeded(_login(shop, "ada@example.com", guest=guest), 200)
    for snake, camel in SPELLINGS.items():
        assert answer[snake] == answer[camel]
    assert set(answer) == {*SPELLINGS, *SPELLINGS.values(), "initialPassword"}
    assert answer["token_type"] == "Bearer"
    assert (answer["expires_in"], answer["refresh_token_expires_in"]) == (2591999, 86399)
    assert answer["session_id"] == guest.session_id
    assert answer["initialPassword"] is False
    header, payload, _ = answer["saas_token"].split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {"alg": "HS256", "typ": "JWT"}
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert set(claims) == {"sub", "exp"}
    assert claims["sub"] == id


def test_a_customers_token_is_a_shoppers(shop: Shop) -> None:
    shop.standard()
    customer = shop.customer()
    cart_id = shop.cart(customer, ["mug"])
    cart = succeeded(customer.get(f"/cart/{shop.name}/carts/{cart_id}"), 200)
    assert cart["customerId"] == customer.customer_id


def test_an_email_signs_up_once_whatever_its_case(shop: Shop) -> None:
    assert _signup(shop, "Ada@Example.com").status_code == 201
    again = _signup(shop, "aDA@example.COM")
    assert again.status_code == 409
    assert again.json()["message"] == f"Duplicate account 'aDA@example.COM' for tenant '{shop.name}'."
    assert again.json()["type"] == "conflict_resource"
    assert _login(shop, "ada@EXAMPLE.com").status_code == 200


def test_the_same_email_may_be_a_customer_of_two_shops(shop: Shop, shared_server: Server) -> None:
    with new_shop(shared_server) as other:
        assert _signup(shop).status_code == _signup(other, password="another horse").status_code == 201
        assert _login(shop, "ada@example.com", "another horse").status_code == 401
        assert _login(other, "ada@example.com", "another horse").status_code == 200


def test_a_wrong_password_and_an_unknown_email_are_told_the_same(shop: Shop) -> None:
    _signup(shop)
    wrong, unknown = _login(shop, "ada@example.com", "wrong horse"), _login(shop, "eve@example.com")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.content == unknown.content
    assert wrong.json()["fault"]["faultstring"] == "Invalid email or password"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"email", "password"}),
        ({"email": "nobody", "password": PASSWORD}, {"email"}),
        ({"email": "a b@c", "password": "short"}, {"email", "password"}),
        ({"email": "a@b", "password": "x" * 257}, {"password"}),
        ({"email": "a@" + "b" * 320, "password": PASSWORD}, {"email"}),
        (
            {
                "email": "a@b",
                "password": PASSWORD,
                "customerDetails": {"contactEmail": "c", "preferredCurrency": "EURO"},
                "customerAddress": {"country": "DEU", "tags": [""]},
            },
            {
                "customerDetails.contactEmail",
                "customerDetails.preferredCurrency",
                "customerAddress.contactName",
                "customerAddress.country",
                "customerAddress.tags",
            },
        ),
        ({"email": 1, "password": PASSWORD}, {"email"}),
        ({"email": "a@b", "password": None}, {"password"}),
    ],
)
def test_a_signup_that_is_wrong_names_all_that_is(shop: Shop, body: object, fields: set[str]) -> None:
    answer = send(shop.guest(), "POST", f"/customer/{shop.name}/signup", body)
    assert answer.status_code == 400, answer.text
    assert {detail["field"] for detail in answer.json()["details"]} == fields


def test_a_login_needs_a_token_and_a_back_office_may_log_customers_in(shop: Shop) -> None:
    _signup(shop)
    body = {"email": "ada@example.com", "password": PASSWORD}
    path = f"/customer/{shop.name}/login"
    assert send(shop.client(), "POST", path, body).status_code == 401
    first, second = (succeeded(send(shop.service, "POST", path, body), 200) for _ in range(2))
    assert first["session_id"] != second["session_id"]
    customer = shop.client(first["access_token"])
    context = succeeded(customer.get(f"/session-context/{shop.name}/me/context"), 200)
    assert (context["sessionId"], context["customerId"]) == (first["session_id"], "10000001")


def test_a_password_may_be_any_text(shop: Shop) -> None:
    for number, password in enumerate(["päßwörd \U0001f40e", "x" * 256, "        "]):
        email = f"ada{number}@example.com"
        assert _signup(shop, email, password).status_code == 201
        assert _login(shop, email, password).status_code == 200
        assert _login(shop, email, password + "x").status_code == 401


def test_failed_logins_are_slowed_down_whether_the_account_exists_or_not(sqlite_url: str) -> None:
    settings = {"login_account_failures_max": 3, "login_delay_seconds_max": 3600}
    with running_server(sqlite_url, settings=settings) as server, new_shop(server) as shop:
        _signup(shop)
        for email in ("ada@example.com", "eve@example.com"):
            assert [_login(shop, email, "wrong horse").status_code for _ in range(3)] == [401, 401, 401]
            _make_older(sqlite_url, 2)
            assert _login(shop, email, "wrong horse").status_code == 401
            slowed = _login(shop, email)
            assert slowed.status_code == 429
            assert 1 <= int(slowed.headers["retry-after"]) <= 2
            assert slowed.json()["type"] == "too_many_requests"
        _make_older(sqlite_url, 2)
        assert _login(shop, "ada@example.com").status_code == 200
        assert [_login(shop, "ada@example.com", "wrong horse").status_code for _ in range(3)] == [401, 401, 401]


def test_an_address_that_fails_at_many_accounts_is_slowed_down(sqlite_url: str) -> None:
    settings = {"login_address_failures_max": 2, "login_delay_seconds_max": 3600}
    with running_server(sqlite_url, settings=settings) as server, new_shop(server) as shop:
        _signup(shop)
        answers = [_login(shop, f"eve{number}@example.com").status_code for number in range(2)]
        assert answers == [401, 401]
        assert _login(shop, "ada@example.com").status_code == 429
        _make_older(sqlite_url, 1000)
        assert _login(shop, "ada@example.com").status_code == 200


def test_behind_a_trusted_proxy_the_address_is_that_of_the_client(sqlite_url: str) -> None:
    settings = {"login_address_failures_max": 2, "login_delay_seconds_max": 3600, "trusted_proxies": "127.0.0.0/8"}
    with running_server(sqlite_url, settings=settings) as server, new_shop(server) as shop:
        _signup(shop)
        guest, path = shop.guest(), f"/customer/{shop.name}/login"

        def login(name: str, forwarded: str, password: str = "wrong horse") -> int:
            body = {"email": f"{name}@example.com", "password": password}
            return send(guest, "POST", path, body, headers={"x-forwarded-for": forwarded}).status_code

        claims = [login(f"eve{number}", f"192.0.2.{number}, 203.0.113.7") for number in range(3)]
        assert claims == [401, 401, 429]
        assert login("ada", "192.0.2.9, 203.0.113.7:4711", PASSWORD) == 429
        assert login("ada", "203.0.113.7, 203.0.113.8", PASSWORD) == 200


def _make_older(url: str, seconds: int) -> None:
    """Let the failures have happened earlier, so that no test has to wait."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.execute("UPDATE login_failure SET failed_at = failed_at - ?", [seconds * 1_000_000])
        connection.commit()


def test_nothing_that_a_password_could_be_found_from_is_kept_but_its_slow_hash(sqlite_url: str) -> None:
    with running_server(sqlite_url, start="command") as server, new_shop(server) as shop:
        body = {"email": "ada@example.com", "password": "a secret horse"}
        key = {"idempotency-key": "one"}
        first = send(shop.guest(), "POST", f"/customer/{shop.name}/signup", body, headers=key)
        again = send(shop.guest(), "POST", f"/customer/{shop.name}/signup", body, headers=key)
        assert (first.status_code, again.status_code) == (201, 409)
        token = _login(shop, "ada@example.com", "a secret horse").json()["access_token"]
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        dump = "\n".join(connection.iterdump())
        (hashed,) = connection.execute("SELECT password_hash FROM customer").fetchone()
        (secret,) = connection.execute("SELECT secret FROM saas_secret").fetchone()
        (answers,) = connection.execute("SELECT count(*) FROM idempotency_key").fetchone()
    assert "secret horse" not in dump
    assert token not in dump
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert len(secret) >= 43
    assert answers == 0
