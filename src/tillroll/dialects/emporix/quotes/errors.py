"""The quote service's own words, and who may change what is not theirs."""

from tillroll.dialects.emporix.wire.errors import QUOTE, Refusal
from tillroll.dialects.emporix.wire.rejections import detail_of
from tillroll.dialects.emporix.wire.secured import EXTERNAL_PRICES, Call
from tillroll.domain.rejections import Reason, Refused
from tillroll.engine.access.access import SERVICE
from tillroll.engine.quotes.terms import Offerer

MANAGE = "quote.quote_manage"

# Which scope would allow what was refused.
_SCOPES = {Reason.CHANGE_FORBIDDEN: MANAGE, Reason.PRICES_FORBIDDEN: EXTERNAL_PRICES}


def offerer(call: Call) -> Offerer:
    """The caller, with what their scopes let them do to quotes."""
    caller = call.caller
    manages = caller.kind == SERVICE and MANAGE in caller.scopes
    return Offerer(caller, call.now, manages, EXTERNAL_PRICES in caller.scopes)


def refusal(refused: Refused, id: str) -> Refusal:
    """Why a call was refused; `id` names what it was about."""
    first = refused.rejections[0].reason
    if first in _SCOPES:
        return QUOTE.forbidden([_SCOPES[first]])
    if first in (Reason.CART_NOT_FOUND, Reason.QUOTE_NOT_FOUND):
        return missing(id)
    if first is Reason.ID_TAKEN:
        return QUOTE.refusal(409, message="Duplicated key")
    return QUOTE.refusal(400, [detail_of(rejection) for rejection in refused.rejections])


def missing(id: str) -> Refusal:
    """404 for a quote or what it is made from: not there, or not theirs; nobody learns which."""
    body = {"resourceId": id, "code": 404, "status": "Not Found", "message": "Error while getting resource"}
    return Refusal(404, body | {"details": [f"Resource with id '{id}' not found"]})
