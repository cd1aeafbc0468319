"""Who buys: what the `saas-token` of a customer's checkout has to say (contracts/emporix.md, 4 and 19.7).

A guest sends none. A customer's bearer token is not enough: the saas-token has to be of the same shop and customer.
"""

from collections.abc import Callable, Sequence

from tillroll.dialects.emporix import saas_token
from tillroll.dialects.emporix.errors import CHECKOUT, unauthorized
from tillroll.dialects.emporix.saas_token import Verdict
from tillroll.dialects.emporix.secured import Call
from tillroll.dialects.http import Problem, Response
from tillroll.engine import customers
from tillroll.store import Transaction

HEADER = "saas-token"


def refused_buyers(tx: Transaction, calls: Sequence[Call]) -> dict[int, Response]:
    """The answers to those of these calls whose saas-token does not say what it has to, by position."""
    of_customers = [(position, call) for position, call in enumerate(calls) if call.caller.customer_id is not None]
    secrets = {shop: customers.saas_secret(tx, shop) for shop in sorted({call.shop for _, call in of_customers})}
    verdicts = {
        position: saas_token.judge(
            call.inbound.header(HEADER.encode()), secrets[call.shop], call.caller.customer_id or "", call.now
        )
        for position, call in of_customers
    }
    return {position: _REFUSALS[verdict]() for position, verdict in verdicts.items() if verdict is not Verdict.VALID}


def _missing() -> Response:
    message = "the header saas-token is required for a customer's checkout: send the one that the login has answered"
    return CHECKOUT.refuse(403, [Problem(HEADER, "missing_header", message)])


def _foreign() -> Response:
    message = "the saas-token is not that of the customer whose token this is: send the two of one login"
    return CHECKOUT.refuse(403, [Problem(HEADER, "invalid_header", message)])


def _expired() -> Response:
    return unauthorized(expired=True)


_REFUSALS: dict[Verdict, Callable[[], Response]] = {
    Verdict.MISSING: _missing,
    Verdict.FOREIGN: _foreign,
    Verdict.INVALID: unauthorized,
    Verdict.EXPIRED: _expired,
}
