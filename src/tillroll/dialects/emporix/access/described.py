"""Tokens and the contexts of sessions, described (docs/wire/emporix.md, 2 and 16)."""

from tillroll.dialects.emporix.wire.described import COUNTRY, CURRENCY, TENANT_SCHEMA
from tillroll.dialects.openapi import (
    ANYTHING,
    NAME,
    OBJECT,
    TEXT,
    WHOLE,
    Answer,
    Operation,
    Parameter,
    Schema,
    nullable,
    one_of,
    record,
    ref,
)

_LOGIN = (
    Parameter("tenant", TENANT_SCHEMA, "The shop; older clients name it in `hybris-tenant` alone.", required=True),
    Parameter("hybris-tenant", TENANT_SCHEMA, "The older name of `tenant`."),
    Parameter("client_id", NAME, "The shop's storefront client.", required=True),
)
_CONTEXT = (
    Parameter("currency", CURRENCY, "What the session pays in."),
    Parameter("siteCode", TEXT, "Where it shops."),
    Parameter("language", TEXT, "What it reads."),
    Parameter("targetLocation", TEXT, "The country that it ships to."),
)


_CONTEXT_PATHS = ("/session-context/{tenant}/me/context", "/session-context/{tenant}/context/{sessionId}")


def operations() -> list[Operation]:
    """The operations of these services."""
    guest, stranger = ref("token.Guest"), Answer("The client is unknown.", ref("GatewayFault"))
    form = record(
        {
            "grant_type": one_of("client_credentials"),
            "client_id": NAME,
            "client_secret": NAME,
            "scope?": TEXT,
        },
        others=True,
    )
    return [
        Operation(
            "POST",
            "/oauth/token",
            "Grants a back office a token",
            {200: ref("token.Service"), 401: Answer("Client id and secret do not belong together.", ref("ErrorOAuth"))},
            form,
        ),
        Operation(
            "GET",
            "/customerlogin/auth/anonymous/login",
            "Begins a guest's session",
            {200: guest, 401: stranger},
            parameters=(*_LOGIN, *_CONTEXT),
        ),
        Operation(
            "GET",
            "/customerlogin/auth/anonymous/refresh",
            "Grants a guest the next token; the refresh token answers for 30 seconds more",
            {200: guest, 401: stranger},
            parameters=(*_LOGIN, Parameter("refresh_token", NAME, required=True)),
        ),
        *_contexts(_CONTEXT_PATHS[0], "the session"),
        *_contexts(_CONTEXT_PATHS[1], "a session"),
    ]


def _contexts(path: str, whose: str) -> list[Operation]:
    missing = Answer("There is no session.", ref("session-context.Missing"))
    return [
        Operation("GET", path, f"Shows what {whose} shops with", {200: ref("session-context.Context"), 404: missing}),
        Operation(
            "PATCH",
            path,
            f"Changes what {whose} shops with",
            {204: None, 404: missing},
            ref("session-context.Patch"),
        ),
        Operation(
            "POST",
            path + "/attributes",
            f"Adds an attribute to {whose}",
            {204: None, 404: missing},
            record({"key": NAME, "value?": ANYTHING}, others=True),
        ),
        Operation("DELETE", path + "/attributes/{name}", f"Takes an attribute from {whose}", {204: None, 404: missing}),
    ]


def components() -> dict[str, Schema]:
    """The shapes of these services."""
    token = {"token_type": one_of("Bearer"), "access_token": TEXT, "expires_in": WHOLE, "refresh_token": TEXT}
    return {
        "token.Service": record(
            {"token_type": one_of("Bearer"), "access_token": TEXT, "expires_in": WHOLE}
            | {"scope": TEXT, "session_idle_time": WHOLE}
        ),
        "token.Guest": record({**token, "refresh_token_expires_in": WHOLE, "sessionId": TEXT, "scope": TEXT}),
        **_context_shapes(),
    }


def _context_shapes() -> dict[str, Schema]:
    known = ("siteCode", "currency", "targetLocation", "language", "cartId", "customerId")
    version = record({"version": WHOLE}, others=True)
    changes = {"siteCode?": nullable(NAME), "currency?": nullable(CURRENCY), "targetLocation?": nullable(COUNTRY)}
    changes |= {"language?": nullable(NAME), "context?": nullable(OBJECT)}
    return {
        "session-context.Context": record(
            {"sessionId": TEXT, **{f"{name}?": TEXT for name in known}, "metadata": version, "context?": OBJECT}
        ),
        "session-context.Patch": record({**changes, "metadata": version}, others=True),
        "session-context.Missing": record({"sessionId?": TEXT, "code": WHOLE, "message": TEXT, "status?": TEXT}),
    }
