"""Which operation a method and a path are, and who does it."""

from collections.abc import Callable

from msgspec import Struct

from tillroll.dialects.route_tree import RouteNode
from tillroll.simulator.books import Json, public
from tillroll.simulator.desk import Desk
from tillroll.simulator.objects import charges, disputes, endpoints, intents, lists, methods, refunds
from tillroll.simulator.wire import Outcome

Handler = Callable[[Desk, str, Json], Outcome]


class Route(Struct, frozen=True):
    """One line of the table."""

    method: str
    path: str
    op: str
    handle: Handler
    takes_rest: bool = False


def _look(kind: str) -> Handler:
    return lambda desk, id, _given: Outcome(200, public(desk.find(kind, id)))


def _list(kind: str) -> Handler:
    return lambda desk, _id, given: lists.listed(desk, kind, given)


_INTENTS = "/v1/payment_intents"
_ENDPOINTS = "/v1/webhook_endpoints"

ROUTES = (
    Route("POST", _INTENTS, "payment_intents.create", intents.create),
    Route("GET", _INTENTS, "payment_intents.list", _list("payment_intent")),
    Route("GET", f"{_INTENTS}/search", "payment_intents.search", lists.searched),
    Route("GET", f"{_INTENTS}/{{id}}", "payment_intents.retrieve", intents.retrieve),
    Route("POST", f"{_INTENTS}/{{id}}", "payment_intents.update", intents.update),
    Route("POST", f"{_INTENTS}/{{id}}/confirm", "payment_intents.confirm", intents.confirm),
    Route("POST", f"{_INTENTS}/{{id}}/capture", "payment_intents.capture", intents.capture),
    Route("POST", f"{_INTENTS}/{{id}}/cancel", "payment_intents.cancel", intents.cancel),
    Route("POST", "/v1/refunds", "refunds.create", refunds.create),
    Route("GET", "/v1/refunds", "refunds.list", _list("refund")),
    Route("GET", "/v1/refunds/{id}", "refunds.retrieve", refunds.retrieve),
    Route("GET", "/v1/charges", "charges.list", _list("charge")),
    Route("GET", "/v1/charges/{id}", "charges.retrieve", charges.retrieve),
    Route("GET", "/v1/disputes", "disputes.list", _list("dispute")),
    Route("GET", "/v1/disputes/{id}", "disputes.retrieve", disputes.retrieve),
    Route("GET", "/v1/balance_transactions", "balance_transactions.list", _list("balance_transaction")),
    Route("GET", "/v1/balance_transactions/{id}", "balance_transactions.retrieve", _look("balance_transaction")),
    Route("GET", "/v1/events", "events.list", _list("event")),
    Route("GET", "/v1/events/{id}", "events.retrieve", _look("event")),
    Route("POST", "/v1/payment_methods", "payment_methods.create", methods.create),
    Route("GET", "/v1/payment_methods/{id}", "payment_methods.retrieve", methods.retrieve),
    Route("POST", "/v1/test_helpers/confirmation_tokens", "confirmation_tokens.create", methods.confirmation_token),
    Route("POST", _ENDPOINTS, "webhook_endpoints.create", endpoints.create),
    Route("GET", _ENDPOINTS, "webhook_endpoints.list", _list("webhook_endpoint")),
    Route("GET", f"{_ENDPOINTS}/{{id}}", "webhook_endpoints.retrieve", endpoints.retrieve),
    Route("POST", f"{_ENDPOINTS}/{{id}}", "webhook_endpoints.update", endpoints.update),
    Route("DELETE", f"{_ENDPOINTS}/{{id}}", "webhook_endpoints.delete", endpoints.delete),
)


def tree() -> RouteNode[Route]:
    """The table as a tree of path segments."""
    root: RouteNode[Route] = RouteNode()
    for route in ROUTES:
        root.add(route)
    return root


def found(root: RouteNode[Route], method: str, path: str) -> tuple[Route, str] | None:
    """The route of a request, and the id in its path."""
    values: list[str] = []
    node = root.find(path.split("/")[1:], values)
    entry = node.routes.get(method) if node is not None else None
    return None if entry is None else (entry[0], values[0] if values else "")
