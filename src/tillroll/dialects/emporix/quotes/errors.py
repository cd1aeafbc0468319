"""The quote service's own words, and who may change what is not theirs."""

from tillroll.dialects.emporix.wire.errors import QUOTE, respond
from tillroll.dialects.emporix.wire.secured import Call
from tillroll.dialects.http import Response
from tillroll.engine.access.access import SERVICE

MANAGE = "quote.quote_manage"


def may_manage(call: Call) -> bool:
    """Whether the caller may change every quote of the shop."""
    return call.caller.kind == SERVICE and MANAGE in call.caller.scopes


def missing(id: str) -> Response:
    """404 for a quote or what it is made from: not there, or not theirs; nobody learns which."""
    body = {"resourceId": id, "code": 404, "status": "Not Found", "message": "Error while getting resource"}
    return respond(404, body | {"details": [f"Resource with id '{id}' not found"]})


def duplicated() -> Response:
    """409 for an id that is taken."""
    return QUOTE.refuse(409, message="Duplicated key")
