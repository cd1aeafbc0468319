"""Tokens, described (contracts/emporix.md, 2)."""

from tillroll.dialects.emporix.described.common import CURRENCY, TENANT_SCHEMA
from tillroll.dialects.openapi import (
    NAME,
    TEXT,
    WHOLE,
    Answer,
    Operation,
    Parameter,
    Schema,
    one_of,
    record,
    ref,
)

_LOGIN = (
    Parameter("tenant", TENANT_SCHEMA, "The shop.", required=True),
    Parameter("client_id", NAME, "The shop's storefront client.", required=True),
)
_CONTEXT = (
    Parameter("currency", CURRENCY, "What the session pays in."),
    Parameter("siteCode", TEXT, "Where it shops."),
    Parameter("language", TEXT, "What it reads."),
    Parameter("targetLocation", TEXT, "The country that it ships to."),
)


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
            "Grants a guest the next token; the refresh token is spent",
            {200: guest, 401: stranger},
            parameters=(*_LOGIN, Parameter("refresh_token", NAME, required=True)),
        ),
    ]


def components() -> dict[str, Schema]:
    """The shapes of these services."""
    token = {"token_type": one_of("Bearer"), "access_token": TEXT, "expires_in": WHOLE, "refresh_token": TEXT}
    return {
        "token.Service": record({**token, "scope": TEXT, "session_idle_time": WHOLE}),
        "token.Guest": record({**token, "refresh_token_expires_in": WHOLE, "sessionId": TEXT, "scope": TEXT}),
    }
