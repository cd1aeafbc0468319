"""Letting an application post: consent, code, token, information, withdrawal (docs/wire/scout.md, 2)."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.dialects.scout.test_posts import refused
from tests.harness import Server, run_cli
from tests.owner import REDIRECT, Application, Grant, Owner
from tests.shop import Shop, succeeded

TOKEN = re.compile(r"[0-9a-f]{24}")


def asked(application: Application, **changes: str) -> dict[str, str]:
    """What an application sends a browser to the consent page with."""
    return {
        "client_id": application.client_id,
        "redirect_uri": REDIRECT,
        "scopes": "checkouts,username",
        **changes,
    }


def test_the_whole_round_trip(application: Application, owner: Owner) -> None:
    code = application.code(owner)
    assert TOKEN.fullmatch(code)
    user = succeeded(application.exchange(code), 200)["user"]
    assert user.keys() == {"id", "access_token", "scopes"}
    assert isinstance(user["id"], int)
    assert TOKEN.fullmatch(user["access_token"])
    assert user["scopes"] == ["checkouts", "username"]
    informed = succeeded(application.info(user["access_token"]), 200)
    assert informed == {"success": True, "user": {"id": user["id"], "username": owner.name}}


def test_a_code_is_used_once_and_the_token_made_from_it_stays_valid(application: Application, owner: Owner) -> None:
    code = application.code(owner)
    token = succeeded(application.exchange(code), 200)["user"]["access_token"]
    refused(application.exchange(code), 422, "used")
    assert application.info(token).status_code == 200


# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}


def challenged(application: Application, owner: Owner) -> str:
    """A code that was asked for with a challenge."""
    done = owner.consent(application.client_id, "checkouts", **CHALLENGE)
    (code,) = parse_qs(urlsplit(done.headers["location"]).query)["code"]
    return code


def test_a_code_with_a_challenge_is_exchanged_with_its_verifier_alone(application: Application, owner: Owner) -> None:
    code = challenged(application, owner)
    refused(application.exchange(code), 422, "no such code")
    refused(application.exchange(code, code_verifier=VERIFIER[::-1]), 422, "code_verifier")
    refused(application.exchange(code, code_verifier=CHALLENGE["code_challenge"]), 422, "code_verifier")
    token = succeeded(application.exchange(code, code_verifier=VERIFIER), 200)["user"]["access_token"]
    assert application.info(token).status_code == 200
    refused(application.exchange(code, code_verifier=VERIFIER), 422, "used")
    assert application.info(token).status_code == 200


def test_a_verifier_without_a_challenge_is_refused(application: Application, owner: Owner) -> None:
    code = application.code(owner)
    refused(application.exchange(code, code_verifier=VERIFIER), 422, "code_verifier")
    assert application.exchange(code).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge_method": "plain"},
        {"code_challenge_method": ""},
        {"code_challenge_method": "s256"},
        {"code_challenge": ""},
        {"code_challenge": CHALLENGE["code_challenge"] + "="},
        {"code_challenge": "short"},
    ],
)
def test_a_challenge_is_a_digest_or_there_is_no_consent(
    application: Application, owner: Owner, changes: dict[str, str]
) -> None:
    wanted = asked(application, **{**CHALLENGE, **changes})
    assert "code_challenge" in owner.page("/oauth/new", wanted, status=422)


def test_a_code_is_for_its_application_and_its_address_alone(
    application: Application, other_application: Application, owner: Owner
) -> None:
    code = application.code(owner)
    refused(other_application.exchange(code), 422)
    refused(application.exchange(code, REDIRECT + "/"), 422, "redirect_uri")
    refused(application.exchange("0" * 24), 422)
    assert application.exchange(code).status_code == 200


def test_a_withdrawn_grant_is_403_everywhere(application: Application, owner: Owner, grant: Grant) -> None:
    waiting = application.code(owner)
    gone = owner.send(f"/grants/{application.client_id}/withdraw", page="/grants")
    assert (gone.status_code, gone.headers["location"]) == (303, "/grants")
    assert "No application posts for you yet" in owner.page("/grants")
    refused(application.info(grant.access_token), 403)
    refused(application.post(grant.post()), 403)
    refused(application.exchange(waiting), 403, "withdrawn")


def test_a_new_grant_after_a_withdrawal_has_a_new_token_and_revives_no_old_code(
    application: Application, owner: Owner, grant: Grant
) -> None:
    waiting = application.code(owner)
    owner.send(f"/grants/{application.client_id}/withdraw", page="/grants")
    again = application.granted(owner, "checkouts")
    assert again.access_token != grant.access_token
    refused(application.info(grant.access_token), 403)
    refused(application.exchange(waiting), 403, "withdrawn")


def test_a_repeated_grant_has_the_same_token_and_both_scopes(application: Application, owner: Owner) -> None:
    first = application.granted(owner, "checkouts")
    user = succeeded(application.info(first.access_token), 200)["user"]
    assert user == {"id": first.user_id}
    second = succeeded(application.exchange(application.code(owner, "username")), 200)["user"]
    assert second["access_token"] == first.access_token
    assert second["scopes"] == ["checkouts", "username"]
    assert succeeded(application.info(first.access_token), 200)["user"]["username"] == owner.name


def test_two_users_of_one_application_have_tokens_of_their_own(
    application: Application, owner: Owner, grant: Grant, kith: Shop
) -> None:
    with Owner(kith.url) as other:
        theirs = application.granted(other.sign_up(f"{owner.name}-too"))
    assert theirs.access_token != grant.access_token
    refused(application.post(theirs.post(user_id=grant.user_id)), 403)


def test_denying_goes_back_with_an_error_and_grants_nothing(application: Application, owner: Owner) -> None:
    done = owner.consent(application.client_id, "checkouts", "deny", state="a b&c")
    assert done.status_code == 303
    assert done.headers["location"] == f"{REDIRECT}?error=access_denied&state=a+b%26c"
    assert "No application posts for you yet" in owner.page("/grants")


def test_the_state_comes_back_unchanged(application: Application, owner: Owner) -> None:
    state = "ünï & = # \r\n %00 <script>"
    done = owner.consent(application.client_id, "checkouts", state=state)
    assert parse_qs(urlsplit(done.headers["location"]).query)["state"] == [state]


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": REDIRECT + "/"},
        {"redirect_uri": REDIRECT + "?x=1"},
        {"redirect_uri": REDIRECT.upper()},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": ""},
        {"client_id": "nobody"},
        {"scopes": ""},
        {"scopes": "checkouts,everything"},
        {"response_type": "token"},
    ],
    ids=str,
)
def test_what_is_not_in_order_gets_a_page_and_no_redirect(
    application: Application, owner: Owner, changes: dict[str, str]
) -> None:
    page = owner.page("/oauth/new", asked(application, **changes), status=422)
    assert "not in order" in page
    token = owner.token("/grants")
    done = owner.client.post("/oauth/new", data={**asked(application, **changes), "token": token, "decision": "allow"})
    assert done.status_code == 422
    assert "location" not in done.headers


def test_only_approved_scopes_may_be_asked_for(
    other_application: Application, owner: Owner, shared_server: Server
) -> None:
    grant = other_application.granted(owner)
    changed = run_cli(
        *("app", "change", other_application.client_id, "--scopes", "username"), database_url=shared_server.database_url
    )
    assert changed.returncode == 0, changed.stderr
    owner.page("/oauth/new", asked(other_application), status=422)
    refused(other_application.post(grant.post()), 403, "checkouts")


def test_a_stranger_logs_in_first_and_then_comes_back_to_the_consent(
    application: Application, owner: Owner, kith: Shop
) -> None:
    with Owner(kith.url) as stranger:
        sent = stranger.client.get("/oauth/new", params=asked(application))
        assert sent.status_code == 303
        login = sent.headers["location"]
        assert login.startswith("/login?next=%2Foauth%2Fnew%3F")
        page = stranger.page(login)
        back = unescape(re.search(r'name="next" value="([^"]*)"', page)[1])  # type: ignore[index]
        done = stranger.send("/login", {"name": owner.name, "password": "correct horse battery", "next": back})
        assert (done.status_code, done.headers["location"]) == (303, back)
        assert "Add what you buy" in stranger.page(back)


def test_an_application_without_its_key_learns_nothing(application: Application, owner: Owner, grant: Grant) -> None:
    wrong = {"x-api-key": "wrong"}
    code = application.code(owner)
    exchange = {"code": code, "redirect_uri": REDIRECT}
    refused(application.client.post("/api/v1/oauth/token", json=exchange, headers=wrong), 403, "API key")
    query = {"access_token": grant.access_token}
    refused(application.client.get("/api/v1/oauth/info", params=query, headers=wrong), 403, "API key")
    refused(application.client.get("/api/v1/oauth/info"), 400, "access_token")
    refused(application.client.post("/api/v1/oauth/token", json={}), 400, "code", "redirect_uri")


def test_a_revoked_application_posts_no_more(
    other_application: Application, shared_server: Server, owner: Owner
) -> None:
    grant = other_application.granted(owner)
    done = run_cli("app", "revoke", other_application.client_id, database_url=shared_server.database_url)
    assert done.returncode == 0, done.stderr
    refused(other_application.post(grant.post()), 403, "API key")
    owner.page("/oauth/new", asked(other_application), status=422)


def test_a_revoked_application_is_gone_from_the_grants_and_stays_the_poster_of_its_items(
    other_application: Application, owner: Owner, shared_server: Server
) -> None:
    other_application.post(other_application.granted(owner).post())
    assert "Another bot" in owner.page("/grants")
    done = run_cli("app", "revoke", other_application.client_id, database_url=shared_server.database_url)
    assert done.returncode == 0, done.stderr
    assert "Another bot" not in owner.page("/grants")
    (item,) = set(re.findall(r"/inventory/items/[0-9a-f]{32}", owner.page("/inventory")))
    for page in (owner.page(item), owner.page("/inventory/report?by=application")):
        assert "Another bot" in page
        assert other_application.client_id not in page


@pytest.mark.parametrize(
    "scopes",
    [
        "scopes=checkouts,username",
        "scopes=+checkouts+,+username+",
        "scopes=checkouts&scopes=username",
        "scopes[]=checkouts&scopes[]=username",
        "scopes[0]=checkouts&scopes[1]=username",
        "scopes=checkouts+username",
        "scope=checkouts+username&response_type=code",
    ],
)
def test_scopes_are_read_however_a_client_packs_them(application: Application, owner: Owner, scopes: str) -> None:
    page = owner.client.get(f"/oauth/new?client_id={application.client_id}&redirect_uri={REDIRECT}&{scopes}")
    assert page.status_code == 200, page.text
    assert 'name="scopes" value="checkouts,username"' in page.text
