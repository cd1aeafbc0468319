"""How the order service says no to what a back office wants changed (docs/wire/emporix.md, 7)."""

from tillroll.dialects.emporix.wire.errors import ORDER, Refusal
from tillroll.dialects.emporix.wire.rejections import detail_of
from tillroll.dialects.http import Problem
from tillroll.domain.rejections import Reason, Refused, Rejection

UPDATE, UPDATE_COMPLETED = "order.order_update", "order.order_update_completed"
STALE = "Order update cannot be done. Update version is not valid."


def refusal_of(refused: Refused) -> Refusal:
    """The answer to a refusal: 404, 403 and 409 in the service's own words, everything else a 400 with details."""
    match refused.rejections[0].reason:
        case Reason.ORDER_NOT_FOUND:
            return ORDER.refusal(404)
        case Reason.CHANGE_FORBIDDEN:
            return ORDER.forbidden([UPDATE_COMPLETED])
        case Reason.ORDER_OUTDATED:
            return ORDER.refusal(409, message=STALE)
    return ORDER.refusal(400, [_problem_of(rejection) for rejection in refused.rejections])


def _problem_of(rejection: Rejection) -> Problem:
    """One detail; what is out of stock is told of the entries."""
    if rejection.reason is Reason.OUT_OF_STOCK:
        return Problem("entries", "out_of_stock", rejection.message)
    return detail_of(rejection)
