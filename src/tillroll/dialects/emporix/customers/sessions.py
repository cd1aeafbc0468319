"""What a customer's tokens are good for, and their end: refresh, validation, logout (docs/wire/emporix.md, 2)."""

from msgspec import Struct

from tillroll.dialects.emporix.customers.login import LoginDesk, shown_tokens
from tillroll.dialects.emporix.wire.errors import CUSTOMER, Reply, respond, unauthorized
from tillroll.dialects.emporix.wire.payload import refuse_if, typed
from tillroll.dialects.emporix.wire.secured import CUSTOMERS, SHOPPERS, Call, anybody, secured
from tillroll.dialects.http import Inbound, Problem, Response, Route, new_secret
from tillroll.engine.sessions.sessions import Refreshing, RefreshRefusal, log_out, refresh
from tillroll.engine.sessions.tokens import Bearer
from tillroll.store import Transaction

_MICROSECONDS = 1_000_000


class Refresh(Struct, frozen=True):
    """A refresh token, for which company the customer goes on to act, and the secrets that may be given out."""

    token: str
    legal_entity_id: str
    secrets: tuple[str, str]


def routes(desk: LoginDesk) -> list[Route]:
    """The routes of tokens that exist; all of them are GETs, as documented, two of them write."""
    base = "/customer/{tenant}"

    refreshes = secured(CUSTOMER, anybody(), lambda tx, call: _refresh(desk, tx, call))
    return [
        Route("GET", base + "/refreshauthtoken", refreshes, CUSTOMER, _read_refresh, True, keeps_answers=False),
        Route("GET", base + "/validateauthtoken", secured(CUSTOMER, SHOPPERS, _validate), CUSTOMER),
        Route("GET", base + "/logout", secured(CUSTOMER, CUSTOMERS, _logout), CUSTOMER, _read_logout, True,
              keeps_answers=False),
    ]  # fmt: skip


def _read_refresh(inbound: Inbound) -> Refresh:
    query = inbound.query
    token = query.get("refreshToken", "")
    refuse_if([None if token else Problem("refreshToken", "missing_value", "refreshToken is required")])
    return Refresh(token, typed(query, "legalEntityId"), (new_secret(), new_secret()))


def _refresh(desk: LoginDesk, tx: Transaction, call: Call) -> Reply:
    """GET: 200 with new tokens, the old refresh token is spent, but for some seconds of grace; 403 for a company that
    the customer is not of."""
    sent: Refresh = call.inbound.command
    pair = desk.pair(call, sent.secrets)
    refreshing = Refreshing(
        call.shop, call.caller.dialect, sent.token, sent.legal_entity_id, pair, call.inbound.id, call.now
    )
    outcome = refresh(tx, refreshing)
    if isinstance(outcome, Bearer):
        return respond(200, shown_tokens(pair, outcome.session_id))
    if outcome is RefreshRefusal.UNKNOWN:
        return desk.guests.wrong(CUSTOMER, call.inbound, unauthorized())
    if outcome is RefreshRefusal.NOT_OF_THE_COMPANY:
        message = f"the customer is not assigned to the legal entity '{sent.legal_entity_id[:80]}'"
        return CUSTOMER.refusal(403, [Problem("legalEntityId", "invalid_value", message)])
    return unauthorized(expired=outcome is RefreshRefusal.EXPIRED)


def _validate(_tx: Transaction, call: Call) -> Response:
    """GET: 200 for a token that holds; every other one is a 401 already."""
    seconds = (call.caller.expires_at - call.now) // _MICROSECONDS
    return respond(200, {"valid": True, "customerId": call.caller.customer_id, "expires_in": seconds})


def _read_logout(inbound: Inbound) -> str:
    token = inbound.query.get("accessToken", "")
    refuse_if([None if token else Problem("accessToken", "missing_value", "accessToken is required")])
    return token


def _logout(tx: Transaction, call: Call) -> Reply:
    """GET: 204; the token is refused from the next request on, and so is what it could be refreshed with."""
    if not log_out(tx, call.caller, call.inbound.command, call.now):
        message = "accessToken is not a token of this customer"
        return CUSTOMER.refusal(400, [Problem("accessToken", "invalid_value", message)])
    return Response(204, b"", ())
