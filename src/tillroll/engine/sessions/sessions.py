"""What becomes of a customer's session: it goes on with new tokens, or it ends."""

from enum import StrEnum

from msgspec import Struct

from tillroll.engine.access import access
from tillroll.engine.access.access import Caller
from tillroll.engine.customers import customers
from tillroll.engine.customers.companies import companies_of
from tillroll.engine.sessions.tokens import Bearer, TokenPair, give_tokens
from tillroll.store import Transaction


class Refreshing(Struct, frozen=True):
    """A refresh token, for which company the customer goes on to act (empty: as before), and the tokens to be given.

    `new_session_id` is the session where the token is of none; `now` is microseconds UTC.
    """

    shop: str
    dialect: str
    token: str
    legal_entity_id: str
    pair: TokenPair
    new_session_id: str
    now: int


class RefreshRefusal(StrEnum):
    """Why a refresh token is good for nothing."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    NOT_ACTIVE = "not_active"
    NOT_OF_THE_COMPANY = "not_of_the_company"
    SPENT = "spent"


def refresh(tx: Transaction, refreshing: Refreshing) -> Bearer | RefreshRefusal:
    """Give a customer the next two tokens, whom they are for; the old refresh token is spent, but for its grace."""
    shop = refreshing.shop
    presented = access.hash_of(refreshing.token)
    known = access.callers(tx, [presented], refreshing.dialect).get(presented)
    if known is None or not access.may_refresh(known) or known.shop != shop or known.customer_id is None:
        return RefreshRefusal.UNKNOWN
    if known.expires_at <= refreshing.now:
        return RefreshRefusal.EXPIRED
    customer = customers.lock(tx, shop, [known.customer_id]).get(known.customer_id)
    if customer is None or not customer.active:
        return RefreshRefusal.NOT_ACTIVE
    company = refreshing.legal_entity_id
    if company and company not in {known_one["id"] for known_one in companies_of(tx, shop, customer.id)}:
        return RefreshRefusal.NOT_OF_THE_COMPANY
    if not access.spend_refresh_token(tx, refreshing.token, refreshing.now):
        return RefreshRefusal.SPENT
    bearer = Bearer(known.session_id or refreshing.new_session_id, customer.id, company or known.legal_entity_id)
    give_tokens(tx, shop, refreshing.pair, bearer, now=refreshing.now)
    return bearer


def log_out(tx: Transaction, caller: Caller, token: str, now: int) -> bool:
    """End the session of one of the caller's own tokens; False where it is none.

    The token is refused from the next request on, and so is what it could be refreshed with.
    """
    presented = access.hash_of(token)
    known = access.callers(tx, [presented], caller.dialect).get(presented)
    if known is None or known.customer_id != caller.customer_id or known.shop != caller.shop:
        return False
    customers.lock(tx, caller.shop, [known.customer_id or ""])  # a refresh that has begun is over, or comes too late
    customers.revoke_session(tx, caller.shop, known.customer_id or "", known.session_id or "")
    context = access.lock_session_context(tx, caller.shop, known.session_id or "")
    if context is not None and context.customer_id == known.customer_id:
        context.customer_id = None
        access.store_session_context(tx, caller.shop, context, now)
    return True
