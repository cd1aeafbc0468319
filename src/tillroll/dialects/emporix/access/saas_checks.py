"""Who buys: what the `saas-token` of a customer's checkout has to say (docs/wire/emporix.md, 4 and 19.7).

A guest sends none. A customer's bearer token is not enough: the saas-token has to be of the same shop and customer.
A back office that looks at a customer's orders sends the customer's beside a token of its own (contracts, 7).
"""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from tillroll.dialects.emporix.access import saas_token
from tillroll.dialects.emporix.access.saas_token import TokenVerdict
from tillroll.dialects.emporix.wire.errors import CHECKOUT, ORDER, Refusal, Reply, unauthorized
from tillroll.dialects.emporix.wire.secured import Call, HandleMany
from tillroll.dialects.http import Problem
from tillroll.engine.access.access import CUSTOMER, SERVICE
from tillroll.engine.customers import customers
from tillroll.store import Transaction

HEADER = "saas-token"


def refused_buyers(tx: Transaction, calls: Sequence[Call]) -> dict[int, Reply]:
    """The answers to those of these calls whose saas-token does not say what it has to, by position."""
    of_customers = [(position, call) for position, call in enumerate(calls) if call.caller.customer_id is not None]
    secrets = {shop: customers.saas_secret(tx, shop) for shop in sorted({call.shop for _, call in of_customers})}
    verdicts = {
        position: saas_token.judge(
            call.inbound.header(HEADER.encode()), secrets[call.shop], call.caller.customer_id or "", call.now
        )
        for position, call in of_customers
    }
    return {
        position: _REFUSALS[verdict]() for position, verdict in verdicts.items() if verdict is not TokenVerdict.VALID
    }


def acting_for_customers(handle: HandleMany) -> HandleMany:
    """A handler for shoppers that also takes a back office's calls, each in the name of its saas-token's customer."""

    def handle_many(tx: Transaction, calls: Sequence[Call]) -> Sequence[Reply]:
        answers: dict[int, Reply] = {}
        theirs: dict[int, Call] = {}
        for position, call in enumerate(calls):
            known = call if call.caller.kind != SERVICE else _in_the_name_of_a_customer(tx, call)
            if isinstance(known, Call):
                theirs[position] = known
            else:
                answers[position] = known
        answers |= zip(theirs, handle(tx, list(theirs.values())), strict=True) if theirs else ()
        return [answers[position] for position in range(len(calls))]

    return handle_many


def _in_the_name_of_a_customer(tx: Transaction, call: Call) -> Call | Refusal:
    token, secret = call.inbound.header(HEADER.encode()), customers.saas_secret(tx, call.shop)
    verdict, customer_id = saas_token.read(token, secret, call.now)
    if verdict is TokenVerdict.MISSING:
        message = (
            "the header saas-token is required beside a service token: send the customer's, or ask salesorders for all"
        )
        return ORDER.refusal(403, [Problem(HEADER, "missing_header", message)])
    if verdict is not TokenVerdict.VALID:
        return unauthorized(expired=verdict is TokenVerdict.EXPIRED)
    caller = replace(call.caller, kind=CUSTOMER, customer_id=customer_id, scopes=frozenset())
    return replace(call, caller=caller)


def _missing() -> Refusal:
    message = "the header saas-token is required for a customer's checkout: send the one that the login has answered"
    return CHECKOUT.refusal(403, [Problem(HEADER, "missing_header", message)])


def _foreign() -> Refusal:
    message = "the saas-token is not that of the customer whose token this is: send the two of one login"
    return CHECKOUT.refusal(403, [Problem(HEADER, "invalid_header", message)])


def _expired() -> Refusal:
    return unauthorized(expired=True)


_REFUSALS: dict[TokenVerdict, Callable[[], Refusal]] = {
    TokenVerdict.MISSING: _missing,
    TokenVerdict.FOREIGN: _foreign,
    TokenVerdict.INVALID: unauthorized,
    TokenVerdict.EXPIRED: _expired,
}
