"""What applications ask about users: a token for a code, and who a token stands for (docs/wire/scout.md, 2).

An application asks in one of two ways, and is answered in the same one:

    Scout's       JSON, `x-api-key`                      {"success", "user": {"id", "access_token", "scopes"}}
    OAuth 2.0     a form, the key as `client_secret`     the same, with `access_token`, `token_type` and `scope` on top;
                  in it or as HTTP Basic                 no is `{"error", "error_description"}` (RFC 6749, 5.2)
"""

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from tillroll.dialects.encoded import basic_credentials, pairs_of
from tillroll.dialects.http import JSON_CONTENT, NO_STORE, Inbound, Malformed, Problem, Response, Route
from tillroll.dialects.scout.errors import SCOUT
from tillroll.dialects.scout.payload import decode_object
from tillroll.dialects.scout.posts import NOT_YOUR_TOKEN, WRONG_KEY, WRONG_TOKEN, applications_of, key_hash
from tillroll.engine.access.access import hash_of
from tillroll.engine.inventory import applications
from tillroll.engine.inventory.applications import (
    USERNAME,
    Application,
    CodeClaim,
    CodeRefused,
    Grant,
    GrantWithdrawn,
    Issued,
)
from tillroll.store import Transaction

TOKEN_PATH = "/api/v1/oauth/token"
INFO_PATH = "/api/v1/oauth/info"

FORM = "application/x-www-form-urlencoded"
WITHDRAWN = "The user has withdrawn the grant."
_TRY_BASIC = (b"www-authenticate", b'Basic realm="tillroll"')
_SCOUTS = decode_object("code", "redirect_uri", optional=("code_verifier",))

Why = Literal["invalid_request", "invalid_client", "invalid_grant", "unsupported_grant_type"]


class Exchange(Struct, frozen=True):
    """A code that somebody wants a token for: with which key, and whether in the way of OAuth 2.0.

    `client_id` is who the application says it is, beside its key; `wrong` is what a form lacks.
    """

    code: str = ""
    redirect_uri: str = ""
    code_verifier: str = ""
    key: str = ""
    client_id: str = ""
    is_standard: bool = False
    is_basic: bool = False
    wrong: tuple[Why, str] | None = None


class Asked(Struct, frozen=True):
    """A token that is asked about, and whether it came as a bearer token."""

    token: str
    is_bearer: bool


def routes() -> list[Route]:
    """Both calls."""
    return [
        Route("POST", TOKEN_PATH, exchange, SCOUT, _read_exchange, True, ("application/json", FORM), False),
        Route("GET", INFO_PATH, inform, SCOUT, decode=_read_token),
    ]


def exchange(tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
    """Access tokens for codes, each once."""
    apps = applications.by_keys(tx, {hash_of(inbound.command.key) for inbound in requests})
    # By code: those that lock a grant each lock them in one order, whatever the order of arrival.
    answers: dict[int, Response] = {}
    for position in sorted(range(len(requests)), key=lambda n: str(requests[n].command.code)):
        asked: Exchange = requests[position].command
        answers[position] = _exchange(tx, asked, apps.get(hash_of(asked.key)), requests[position].received_at)
    return [answers[position] for position in range(len(requests))]


def inform(tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
    """Who a token stands for; the name only with the scope `username`.

    Scout asks for the application's key as well; a bearer token stands for itself, as OAuth 2.0 has it.
    """
    apps = applications_of(tx, requests)
    grants = applications.by_tokens(tx, {hash_of(inbound.command.token) for inbound in requests})
    return [_inform(tx, inbound, apps.get(key_hash(inbound)), grants) for inbound in requests]


def _inform(tx: Transaction, inbound: Inbound, application: Application | None, grants: dict[str, Grant]) -> Response:
    asked: Asked = inbound.command
    grant = grants.get(hash_of(asked.token))
    if application is None and asked.is_bearer and grant is not None and not inbound.header(b"x-api-key"):
        application = applications.by_client_id(tx, grant.client_id)
    if application is None and not (asked.is_bearer and grant is None):
        return SCOUT.refuse(403, message=WRONG_KEY)
    if not asked.token:
        return SCOUT.refuse(400, message="access_token is required.")
    if application is None or grant is None:
        return SCOUT.refuse(403, message=WRONG_TOKEN)
    if grant.client_id != application.client_id:
        return SCOUT.refuse(403, message=NOT_YOUR_TOKEN)
    user: dict[str, object] = {"id": grant.user_id}
    if USERNAME in grant.scopes & application.scopes:
        user["username"] = grant.user_name
    return Response(200, msgspec.json.encode({"success": True, "user": user}))


def _exchange(tx: Transaction, asked: Exchange, application: Application | None, now: int) -> Response:
    if asked.wrong is not None:
        return _no(asked, 400, *asked.wrong)
    if application is None or asked.client_id not in ("", application.client_id):
        return _no(asked, 403, "invalid_client", WRONG_KEY)
    claim = CodeClaim(asked.code, asked.redirect_uri, asked.key, asked.code_verifier)
    try:
        issued = applications.exchange(tx, application, claim, now)
    except CodeRefused as refused:
        return _no(asked, 422, "invalid_grant", str(refused))
    except GrantWithdrawn:
        return _no(asked, 403, "invalid_grant", WITHDRAWN)
    return _granted(asked, issued, applications.in_order(issued.scopes & application.scopes))


def _granted(asked: Exchange, issued: Issued, scopes: Sequence[str]) -> Response:
    user = {"id": issued.user_id, "access_token": issued.token, "scopes": scopes}
    told: dict[str, object] = {"success": True, "user": user}
    if asked.is_standard:
        told |= {"access_token": issued.token, "token_type": "Bearer", "scope": " ".join(scopes)}
    return Response(200, msgspec.json.encode(told))


def _no(asked: Exchange, status: int, why: Why, said: str) -> Response:
    """A no in the way in which was asked: Scout's status and message, or those of OAuth 2.0 (RFC 6749, 5.2)."""
    if not asked.is_standard:
        return SCOUT.refuse(status, message=said)
    told = {"success": False, "message": said, "error": why, "error_description": said}
    is_stranger = why == "invalid_client"
    headers = (JSON_CONTENT, *NO_STORE, *((_TRY_BASIC,) if is_stranger and asked.is_basic else ()))
    return Response(401 if is_stranger else 400, msgspec.json.encode(told), headers)


def _read_exchange(inbound: Inbound) -> Exchange:
    if not inbound.header(b"content-type").lower().startswith(FORM):
        found = _SCOUTS(inbound)
        return Exchange(
            found["code"], found["redirect_uri"], found["code_verifier"], inbound.header(b"x-api-key").strip()
        )
    try:
        form = dict(pairs_of(inbound.body.decode("utf-8")))
        basic = basic_credentials(inbound.header(b"authorization"))
    except ValueError as error:
        raise Malformed([Problem("", "invalid_value", "The form can not be read.")]) from error
    name, secret = basic or (form.get("client_id", ""), form.get("client_secret", ""))
    return Exchange(
        form.get("code", "").strip(),
        form.get("redirect_uri", ""),
        form.get("code_verifier", ""),
        (secret or inbound.header(b"x-api-key")).strip(),
        name.strip(),
        is_standard=True,
        is_basic=basic is not None,
        wrong=_wrong_with(form),
    )


def _wrong_with(form: dict[str, str]) -> tuple[Why, str] | None:
    if form.get("grant_type") != "authorization_code":
        return "unsupported_grant_type", "The grant_type has to be authorization_code."
    missing = [name for name in ("code", "redirect_uri") if not form.get(name)]
    return (
        ("invalid_request", f"{' and '.join(missing)} missing: send what the code was made for.") if missing else None
    )


def _read_token(inbound: Inbound) -> Asked:
    scheme, _, bearer = inbound.header(b"authorization").partition(" ")
    named = inbound.query.get("access_token", "").strip()
    if named or scheme.lower() != "bearer":
        return Asked(named, is_bearer=False)
    return Asked(bearer.strip(), is_bearer=True)
