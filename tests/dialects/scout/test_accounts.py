"""Signing up, logging in and out, the password, keys, and what keeps others from doing it."""

import json
import re
from secrets import token_hex
from urllib.parse import quote

import httpx
import pytest

from tests.harness import Server, run_cli, running_server
from tests.owner import PASSWORD, Application, Grant, Owner, new_key
from tests.shop import NO_CERTIFICATES, Shop


def cookie_of(answer: httpx.Response, name: str) -> str:
    """The whole Set-Cookie line of a cookie."""
    (line,) = [line for line in answer.headers.get_list("set-cookie") if line.startswith(f"{name}=")]
    return line


def test_a_session_cookie_is_out_of_reach_and_goes_over_tls_where_there_is_tls(kith: Shop, owner: Owner) -> None:
    with Owner(kith.url) as browser:
        line = cookie_of(browser.log_in(owner.name), "tillroll_session")
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(line.split("; "))
        assert "Secure" not in line
    with Owner(kith.url) as browser:
        browser.client.headers["x-forwarded-proto"] = "https"
        page = browser.client.get("/login")
        visit = cookie_of(page, "__Host-tillroll_visit").partition(";")[0]
        (token,) = re.findall(r'name="token" value="(\w+)"', page.text)
        login = {"token": token, "name": owner.name, "password": PASSWORD}
        secure = browser.client.post("/login", data=login, headers={"cookie": visit})
        assert secure.status_code == 303
        for line in (cookie_of(page, "__Host-tillroll_visit"), cookie_of(secure, "__Host-tillroll_session")):
            assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(line.split("; "))
            assert "Domain" not in line
        out = {"token": token, "cookie": cookie_of(secure, "__Host-tillroll_session").partition(";")[0]}
        account = browser.client.get("/account", headers={"cookie": out["cookie"]})
        (out["token"],) = set(re.findall(r'name="token" value="(\w+)"', account.text))
        done = browser.client.post("/logout", data={"token": out["token"]}, headers={"cookie": out["cookie"]})
        assert done.status_code == 303
        for name in ("__Host-tillroll_session", "tillroll_session", "__Host-tillroll_visit", "tillroll_visit"):
            assert "Max-Age=0" in cookie_of(done, name).split("; ")


def test_over_tls_a_cookie_that_a_neighbour_may_have_set_is_nobodys(kith: Shop, owner: Owner) -> None:
    session = owner.client.cookies["tillroll_session"]
    for name, status in (("tillroll_session", 303), ("__Host-tillroll_session", 200)):
        headers = {"x-forwarded-proto": "https", "cookie": f"{name}={session}"}
        assert (
            httpx.get(f"{kith.url}/inventory", headers=headers, trust_env=False, verify=NO_CERTIFICATES).status_code
            == status
        )


def test_the_secret_of_a_visit_is_worth_nothing_after_the_login(kith: Shop, owner: Owner) -> None:
    with Owner(kith.url) as browser:
        before = browser.token("/login")
        entered = browser.log_in(owner.name)
        assert "Max-Age=0" in cookie_of(entered, "tillroll_visit").split("; ")
        assert browser.send("/logout", page="/account").status_code == 303
        assert browser.token("/login") != before


@pytest.mark.parametrize(("place", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 303)])
def test_a_form_from_elsewhere_logs_nobody_in_not_even_from_a_neighbour(
    kith: Shop, owner: Owner, place: str, status: int
) -> None:
    with Owner(kith.url) as browser:
        browser.client.headers["sec-fetch-site"] = place
        assert browser.log_in(owner.name).status_code == status


def test_no_page_may_be_framed_cached_or_run_a_script(kith: Shop, owner: Owner) -> None:
    for path in ("/inventory", "/account", "/grants", "/inventory/nothing"):
        headers = owner.client.get(path).headers
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'; img-src")


def test_a_wrong_password_and_an_unknown_name_get_the_same_page(kith: Shop, owner: Owner) -> None:
    with Owner(kith.url) as stranger:
        wrong = stranger.log_in(owner.name, "not the password")
        unknown = stranger.log_in(f"nobody-{token_hex(4)}")
    assert (wrong.status_code, unknown.status_code) == (403, 403)
    said = [re.search(r'role="alert">\s*(.*?)\s*</div>', page.text, re.DOTALL) for page in (wrong, unknown)]
    assert {match[1] for match in said if match} == {"That name and password do not belong together."}
    assert "set-cookie" not in wrong.headers


def test_whoever_guesses_too_often_waits_and_the_owner_elsewhere_does_not(kith: Shop, owner: Owner) -> None:
    with Owner(kith.url) as guesser:
        statuses = [guesser.log_in(owner.name, f"guess {n}").status_code for n in range(11)]
        assert statuses == [403] * 10 + [429]
        blocked = guesser.log_in(owner.name, PASSWORD)
        assert (blocked.status_code, blocked.headers["retry-after"]) == (429, "900")
    owner.page("/inventory")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "A name is needed"),
        ({"name": " ada"}, "without spaces around it"),
        ({"name": "x" * 41}, "40 characters at most"),
        ({"name": "a\u202eb"}, "no control characters"),
        ({"password": "short", "again": "short"}, "8 characters at least"),
        ({"password": "x" * 257, "again": "x" * 257}, "256 characters at most"),
        ({"again": "another password"}, "not the same"),
    ],
    ids=str,
)
def test_a_sign_up_that_is_not_in_order_says_why(kith: Shop, fields: dict[str, str], said: str) -> None:
    with Owner(kith.url) as stranger:
        asked = {"name": f"user-{token_hex(6)}", "password": PASSWORD, "again": PASSWORD, **fields}
        done = stranger.send("/sign-up", asked)
        assert done.status_code == 422
        assert said in done.text


def test_an_address_signs_up_so_many_an_hour(database_url: str) -> None:
    with running_server(database_url, settings={"sign_ups_per_hour": 2}) as server, Owner(server.url) as stranger:
        for name in ("", " ada"):
            assert stranger.send("/sign-up", {"name": name, "password": PASSWORD, "again": PASSWORD}).status_code == 422
        for name in ("ada", "grace"):
            with Owner(server.url) as owner:
                owner.sign_up(name)
        refused = stranger.send("/sign-up", {"name": "alan", "password": PASSWORD, "again": PASSWORD})
        assert refused.status_code == 429
        assert "Too many accounts were made from your address" in refused.text
        assert 0 < int(refused.headers["retry-after"]) <= 3600
        assert stranger.log_in("alan").status_code == 403
        assert stranger.log_in("ada").status_code == 303


def test_a_name_is_taken_in_any_spelling(kith: Shop, owner: Owner) -> None:
    with Owner(kith.url) as stranger:
        for name in (owner.name, owner.name.upper(), "\uff55" + owner.name[1:]):
            done = stranger.send("/sign-up", {"name": name, "password": PASSWORD, "again": PASSWORD})
            assert done.status_code == 422
            assert "taken" in done.text


def test_logging_out_ends_the_session_for_good(kith: Shop, owner: Owner) -> None:
    session = owner.client.cookies["tillroll_session"]
    owner.send("/logout", page="/inventory")
    answer = httpx.get(
        f"{kith.url}/inventory", cookies={"tillroll_session": session}, trust_env=False, verify=NO_CERTIFICATES
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Finventory")


def test_a_new_password_logs_out_every_other_browser_and_key(kith: Shop, owner: Owner) -> None:
    key = new_key(owner)
    with Owner(kith.url) as elsewhere:
        assert elsewhere.log_in(owner.name).status_code == 303
        fields = {"known": PASSWORD, "password": "another password", "again": "another password"}
        done = owner.send("/account/password", fields, page="/account")
        assert (done.status_code, done.headers["location"]) == (303, "/account?changed=password")
        assert "is changed" in owner.page("/account?changed=password")
        assert elsewhere.client.get("/inventory").status_code == 303
        assert elsewhere.log_in(owner.name).status_code == 403
        assert elsewhere.log_in(owner.name, "another password").status_code == 303
    assert owner.client.get("/v1/inventory", headers={"authorization": f"Bearer {key}"}).status_code == 401


def test_the_operator_sets_a_forgotten_password_and_all_sessions_and_keys_end(
    kith: Shop, owner: Owner, shared_server: Server
) -> None:
    bearer = {"authorization": f"Bearer {new_key(owner)}"}
    command = ("user", "password", owner.name.upper(), "--json")
    done = run_cli(*command, database_url=shared_server.database_url)
    assert done.returncode == 0, done.stderr
    assert owner.client.get("/inventory").status_code == 303
    assert owner.client.get("/v1/inventory", headers=bearer).status_code == 401
    with Owner(kith.url) as elsewhere:
        assert "Ask the people who run this server" in elsewhere.page("/login")
        assert elsewhere.log_in(owner.name).status_code == 403
        assert elsewhere.log_in(owner.name, json.loads(done.stdout)["password"]).status_code == 303
    unknown = run_cli("user", "password", f"{owner.name}-x", "--generate", database_url=shared_server.database_url)
    assert (unknown.returncode, unknown.stderr) == (1, f"Error: there is no user {owner.name}-x\n")


def test_the_current_password_is_needed_for_a_new_one(owner: Owner) -> None:
    fields = {"known": "wrong", "password": "another password", "again": "another password"}
    done = owner.send("/account/password", fields, page="/account")
    assert done.status_code == 422
    assert "The current password is another one" in done.text


def test_a_revoked_key_is_worth_nothing(owner: Owner) -> None:
    bearer = {"authorization": f"Bearer {new_key(owner)}"}
    assert owner.client.get("/v1/inventory", headers=bearer).status_code == 200
    (path,) = re.findall(r'action="(/account/keys/[0-9a-f]{64}/revoke)"', owner.page("/account"))
    owner.send(path, page="/account")
    assert owner.client.get("/v1/inventory", headers=bearer).status_code == 401


@pytest.mark.parametrize("place", ["/login", "/sign-up"])
@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\r\nx: y",
        "evil",
        "",
        "//[",
    ],
)
def test_nobody_is_sent_elsewhere_after_logging_in(kith: Shop, owner: Owner, place: str, elsewhere: str) -> None:
    with Owner(kith.url) as stranger:
        page = stranger.page(f"{place}?next={quote(elsewhere, safe='')}")
        assert 'name="next" value=""' in page
        name = owner.name if place == "/login" else f"user-{token_hex(6)}"
        done = stranger.send(place, {"name": name, "password": PASSWORD, "again": PASSWORD, "next": elsewhere})
        assert (done.status_code, done.headers["location"]) == (303, "/inventory")


FORMS = (
    "/login",
    "/sign-up",
    "/logout",
    "/account/password",
    "/account/keys",
    "/account/keys/0/revoke",
    "/oauth/new",
    "/grants/{client}/withdraw",
    "/inventory/new",
    "/inventory/items/{item}/state",
    "/inventory/items/{item}/edit",
    "/inventory/import",
)


@pytest.mark.parametrize("form", FORMS)
def test_a_form_without_the_visitors_own_token_does_nothing(
    application: Application, owner: Owner, grant: Grant, kith: Shop, form: str
) -> None:
    application.post(grant.post())
    (item,) = re.findall(r"/inventory/items/([0-9a-f]{32})", owner.page("/inventory"))
    path = form.format(client=application.client_id, item=item)
    fields = {"name": owner.name, "password": PASSWORD, "again": PASSWORD, "label": "x", "state": "lost"}
    fields |= {"client_id": application.client_id, "decision": "allow", "date": "2026-01-01", "currency": "usd"}
    fields |= {"purchase_price": "1", "known": PASSWORD}
    with Owner(kith.url) as other:
        foreign = other.token("/login")
    for token in ("", "x", foreign):
        sent = {**fields, "token": token}
        if form == "/inventory/import":
            done = owner.client.post(path, data=sent, files={"file": ("a.csv", b"name\nx\n")})
        else:
            done = owner.client.post(path, data=sent)
        assert done.status_code == 403, done.text
        assert "out of date" in done.text
    page = owner.page("/inventory")
    assert page.count("chip-in_stock") == 1
    assert application.info(grant.access_token).status_code == 200


def test_a_form_from_another_site_does_nothing_even_with_the_token(owner: Owner) -> None:
    token = owner.token("/account")
    done = owner.client.post(
        "/account/keys", data={"token": token, "label": "x"}, headers={"sec-fetch-site": "cross-site"}
    )
    assert done.status_code == 403


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\xff=%ff", "application/x-www-form-urlencoded"),
        (b"name=%00", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(100)), "application/x-www-form-urlencoded"),
    ],
)
def test_a_form_that_can_not_be_read_is_a_page_with_400(kith: Shop, body: bytes, content_type: str) -> None:
    with Owner(kith.url) as stranger:
        done = stranger.client.post("/login", content=body, headers={"content-type": content_type})
        assert done.status_code == 400
        assert "can not be read" in done.text


@pytest.mark.parametrize(
    "boundary", [b"", b"; boundary=", b"; boundary=x", b"; boundary=\xff", b"; boundary=" + b"x" * 500]
)
def test_an_upload_that_can_not_be_read_is_a_page_with_400(owner: Owner, boundary: bytes) -> None:
    kind = b"multipart/form-data" + boundary
    for body in (b"x", b"--x\r\n\r\n", b"--x\r\ncontent-disposition: form-data; name=file\r\n\r\n\xff\r\n--x--"):
        done = owner.client.post("/inventory/import", content=body, headers={b"content-type": kind})
        assert done.status_code == 400, done.text
