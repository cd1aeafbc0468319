"""What a customer's tokens are good for, and their end: refresh, validation, logout (docs/wire/emporix.md, 2)."""

from msgspec import Struct

from tillroll.dialects.emporix.customers.login import Bearer, LoginDesk
from tillroll.dialects.emporix.wire.errors import CUSTOMER, respond, unauthorized
from tillroll.dialects.emporix.wire.payload import refuse_if
from tillroll.dialects.emporix.wire.secured import CUSTOMERS, SHOPPERS, Call, anybody, secured
from tillroll.dialects.http import Inbound, Problem, Response, Route, new_secret
from tillroll.engine.access import access
from tillroll.engine.access.access import REFRESH
from tillroll.engine.customers import customers
from tillroll.engine.customers.companies import companies_of
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

    def refresh(tx: Transaction, call: Call) -> Response:
        return _refresh(desk, tx, call)

    refreshes = secured(CUSTOMER, anybody(), refresh)
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
    return Refresh(token, query.get("legalEntityId", ""), (new_secret(), new_secret()))


def _refresh(desk: LoginDesk, tx: Transaction, call: Call) -> Response:
    """GET: 200 with new tokens, the old refresh token is spent; 403 for a company that the customer is not of."""
    asked: Refresh = call.inbound.command
    presented = access.hash_of(asked.token)
    known = access.callers(tx, [presented]).get(presented)
    if known is None or known.kind != REFRESH or known.shop != call.shop or known.customer_id is None:
        return desk.guests.wrong(CUSTOMER, call.inbound, unauthorized())
    if known.expires_at <= call.now:
        return unauthorized(expired=True)
    customer = customers.lock(tx, call.shop, [known.customer_id]).get(known.customer_id)
    if customer is None or not customer.active:
        return unauthorized()
    legal_entity_id = asked.legal_entity_id or known.legal_entity_id
    if asked.legal_entity_id:
        companies = {company["id"] for company in companies_of(tx, call.shop, customer.id)}
        if asked.legal_entity_id not in companies:
            message = f"the customer is not assigned to the legal entity '{asked.legal_entity_id[:80]}'"
            return CUSTOMER.refuse(403, [Problem("legalEntityId", "invalid_value", message)])
    if not access.revoke_token(tx, asked.token):
        return unauthorized()
    bearer = Bearer(known.session_id or call.inbound.id, customer.id, legal_entity_id)
    return respond(200, desk.tokens(tx, call, asked.secrets, bearer))


def _validate(_tx: Transaction, call: Call) -> Response:
    """GET: 200 for a token that holds; every other one is a 401 already."""
    seconds = (call.caller.expires_at - call.now) // _MICROSECONDS
    return respond(200, {"valid": True, "customerId": call.caller.customer_id, "expires_in": seconds})


def _read_logout(inbound: Inbound) -> str:
    token = inbound.query.get("accessToken", "")
    refuse_if([None if token else Problem("accessToken", "missing_value", "accessToken is required")])
    return token


def _logout(tx: Transaction, call: Call) -> Response:
    """GET: 204; the token is refused from the next request on, and so is what it could be refreshed with."""
    presented = access.hash_of(call.inbound.command)
    known = access.callers(tx, [presented]).get(presented)
    if known is None or known.customer_id != call.caller.customer_id or known.shop != call.shop:
        message = "accessToken is not a token of this customer"
        return CUSTOMER.refuse(400, [Problem("accessToken", "invalid_value", message)])
    customers.revoke_session(tx, call.shop, known.customer_id or "", known.session_id or "")
    context = access.lock_session_context(tx, call.shop, known.session_id or "")
    if context is not None and context.customer_id == known.customer_id:
        context.customer_id = None
        access.store_session_context(tx, call.shop, context, call.now)
    return Response(204, b"", ())
