"""Tokens and sessions: `/oauth/token`, the anonymous login and its refresh (docs/wire/emporix.md, 2).

Token calls take no Idempotency-Key: keeping their answers would mean keeping secrets in plain.
"""

from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.access.guest_limits import GuestLimits
from tillroll.dialects.emporix.wire.errors import CUSTOMER_LOGIN, DIALECT, OAUTH, Reply, rendered, respond, unauthorized
from tillroll.dialects.emporix.wire.payload import read_json, refuse_if, typed
from tillroll.dialects.emporix.wire.secured import TENANT, Run
from tillroll.dialects.encoded import FORM_CHARACTERS_MAX, PAIRS_MAX, basic_credentials, pairs_of
from tillroll.dialects.http import Inbound, Malformed, Problem, Response, Route, new_secret
from tillroll.engine.access import access
from tillroll.engine.access.access import ANONYMOUS, REFRESH, SERVICE, NewToken, SessionContext
from tillroll.settings import Settings
from tillroll.store import Transaction

_MICROSECONDS = 1_000_000
_JSON = "application/json"
_ANY_FIELDS = msgspec.json.Decoder(dict[str, Any])
# What a refused client is told of the ways to say who it is (RFC 6749, 5.2).
_TRY_BASIC = (b"www-authenticate", b'Basic realm="tillroll"')
# The longest id of a site; a guest's session keeps what its login says.
CONTEXT_CHARACTERS_MAX = 64


class ClientGrant(Struct, frozen=True):
    """A back office's request for a token, with the secret of the token it may get."""

    client_id: str
    client_secret: str
    scopes: frozenset[str]
    secret: str


class AnonymousLogin(Struct, frozen=True):
    """A storefront's request for a guest session, or for its next token."""

    tenant: str
    client_id: str
    refresh_token: str
    context: SessionContext
    secret: str
    refresh_secret: str


def routes(settings: Settings, guests: GuestLimits) -> list[Route]:
    """The token routes."""

    def read_login(inbound: Inbound) -> AnonymousLogin:
        asked = _read_login(inbound)
        guests.begin_session(inbound)
        return asked

    json_or_form = ("application/x-www-form-urlencoded", _JSON)
    login = "/customerlogin/auth/anonymous/login"
    refresh = "/customerlogin/auth/anonymous/refresh"
    return [
        Route("POST", "/oauth/token", _grants(settings, guests), OAUTH, _read_grant, True, json_or_form, False),
        Route("GET", login, _logins(settings), CUSTOMER_LOGIN, read_login, True, keeps_answers=False),
        Route("GET", refresh, _refreshes(settings, guests), CUSTOMER_LOGIN, read_login, True, keeps_answers=False),
    ]


def _read_grant(inbound: Inbound) -> ClientGrant:
    """The form, with the client's name and secret in it or, as HTTP Basic, in the header (RFC 6749, 2.3.1).

    Some clients send the same fields as JSON, or in the address and no body at all.
    """
    form = _fields(inbound)
    if form.get("grant_type") != "client_credentials":
        raise Malformed([Problem("grant_type", "invalid_value", "grant_type must be client_credentials")])
    try:
        in_header = basic_credentials(inbound.header(b"authorization"))
    except ValueError as error:
        raise Malformed([Problem("Authorization", "invalid_value", str(error))]) from error
    if in_header is not None:
        if "client_secret" in form or form.get("client_id", in_header[0]).strip() != in_header[0].strip():
            raise Malformed([Problem("Authorization", "invalid_value", "say who the client is in one place only")])
        form |= dict(zip(("client_id", "client_secret"), in_header, strict=True))
    form["client_id"] = typed(form, "client_id")
    missing = [name for name in ("client_id", "client_secret") if not form.get(name)]
    if missing:
        raise Malformed([Problem(name, "missing_value", f"{name} is required") for name in missing])
    if "\0" in form["client_id"]:
        raise Malformed([Problem("client_id", "invalid_value", "client_id holds a NUL character")])
    scopes = frozenset(scope for scope in form.get("scope", "").split() if not scope.startswith("tenant="))
    return ClientGrant(form["client_id"], form["client_secret"], scopes, new_secret())


def _fields(inbound: Inbound) -> dict[str, str]:
    """What is asked for, by name, however it was packed."""
    if not inbound.body:
        return dict(inbound.query)
    if inbound.header(b"content-type").lower().startswith(_JSON):
        return {name: text for name, text in read_json(_ANY_FIELDS, inbound.body).items() if isinstance(text, str)}
    try:
        return dict(pairs_of(inbound.body.decode("utf-8")))
    except ValueError as error:
        said = f"the form can not be read as {PAIRS_MAX} UTF-8 pairs, or {FORM_CHARACTERS_MAX} characters, at most"
        raise Malformed([Problem("body", "invalid_value", said)]) from error


def _grants(settings: Settings, guests: GuestLimits) -> Run:
    seconds = settings.service_token_seconds

    def grant(tx: Transaction, inbound: Inbound) -> Reply:
        asked: ClientGrant = inbound.command
        client = access.verify_client(tx, asked.client_id, asked.client_secret)
        if client is None:
            refusal = OAUTH.refusal(401, message="Client id and secret do not belong together.", type="invalid_client")
            return guests.wrong(OAUTH, inbound, refusal.beside(_TRY_BASIC))
        shop, registered = client
        owned = registered.split()
        scopes = " ".join(scope for scope in owned if scope in asked.scopes) if asked.scopes else registered
        if asked.scopes and not scopes:
            return OAUTH.refusal(400, message="The client has none of these scopes.", type="invalid_scope")
        expires_at = inbound.received_at + seconds * _MICROSECONDS
        access.store_tokens(tx, shop, [NewToken(asked.secret, SERVICE, asked.client_id, scopes, expires_at)])
        return respond(
            200,
            {
                "access_token": asked.secret,
                "token_type": "Bearer",
                "expires_in": seconds,
                "scope": f"tenant={shop} {scopes}".strip(),
                "session_idle_time": seconds,
            },
        )

    return lambda tx, requests: [rendered(grant(tx, inbound)) for inbound in requests]


def _read_login(inbound: Inbound) -> AnonymousLogin:
    query = inbound.query
    tenant, older = typed(query, "tenant"), typed(query, "hybris-tenant")
    client_id, tenant = typed(query, "client_id"), tenant or older
    refresh_token = query.get("refresh_token", "")
    refuse_if(
        [
            None if TENANT.fullmatch(tenant) else Problem("tenant", "invalid_value", "tenant must name a shop"),
            None if older in ("", tenant) else Problem("hybris-tenant", "invalid_value", "name one shop, in tenant"),
            None if client_id else Problem("client_id", "missing_value", "client_id is required"),
            None
            if refresh_token or inbound.path.endswith("/login")
            else Problem("refresh_token", "missing_value", "refresh_token is required"),
        ]
    )
    context = SessionContext(
        session_id=inbound.id,
        site_code=typed(query, "siteCode") or query.get("siteCode"),
        currency=typed(query, "currency") or query.get("currency"),
        target_location=query.get("targetLocation"),
        language=query.get("language"),
    )
    refuse_if(
        [
            Problem(name, "invalid_value", f"{name} has {CONTEXT_CHARACTERS_MAX} characters at most")
            for name in ("siteCode", "currency", "targetLocation", "language")
            if len(query.get(name, "")) > CONTEXT_CHARACTERS_MAX
        ]
    )
    return AnonymousLogin(tenant, client_id, refresh_token, context, new_secret(), new_secret())


def _logins(settings: Settings) -> Run:
    def login(tx: Transaction, inbound: Inbound) -> Reply:
        asked: AnonymousLogin = inbound.command
        if not access.is_storefront_client(tx, asked.tenant, asked.client_id):
            return unauthorized()
        access.store_session_context(tx, asked.tenant, asked.context, inbound.received_at)
        return _anonymous_tokens(tx, settings, inbound, asked.context.session_id)

    return lambda tx, requests: [rendered(login(tx, inbound)) for inbound in requests]


def _refreshes(settings: Settings, guests: GuestLimits) -> Run:
    def refresh(tx: Transaction, inbound: Inbound) -> Reply:
        asked: AnonymousLogin = inbound.command
        presented = access.hash_of(asked.refresh_token)
        known = access.callers(tx, [presented], DIALECT).get(presented)
        if (
            known is None
            or not access.may_refresh(known)
            or known.customer_id
            or (known.shop, known.client_id) != (asked.tenant, asked.client_id)
        ):
            return guests.wrong(CUSTOMER_LOGIN, inbound, unauthorized())
        if known.expires_at <= inbound.received_at or known.session_id is None:
            return unauthorized(expired=True)
        if not access.spend_refresh_token(tx, asked.refresh_token, inbound.received_at):
            return unauthorized()
        return _anonymous_tokens(tx, settings, inbound, known.session_id)

    return lambda tx, requests: [rendered(refresh(tx, inbound)) for inbound in requests]


def _anonymous_tokens(tx: Transaction, settings: Settings, inbound: Inbound, session_id: str) -> Response:
    asked: AnonymousLogin = inbound.command
    seconds, refresh_seconds = settings.anonymous_token_seconds, settings.refresh_token_seconds
    tokens = [
        NewToken(secret, kind, asked.client_id, "", inbound.received_at + lifetime * _MICROSECONDS, session_id)
        for secret, kind, lifetime in (
            (asked.secret, ANONYMOUS, seconds),
            (asked.refresh_secret, REFRESH, refresh_seconds),
        )
    ]
    access.store_tokens(tx, asked.tenant, tokens)
    return respond(
        200,
        {
            "token_type": "Bearer",
            "access_token": asked.secret,
            "expires_in": seconds,
            "refresh_token": asked.refresh_secret,
            "refresh_token_expires_in": refresh_seconds,
            "sessionId": session_id,
            "scope": f"tenant={asked.tenant}",
        },
    )
