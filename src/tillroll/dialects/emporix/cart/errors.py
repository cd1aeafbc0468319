"""How the cart service says no: a status, a sentence, and what is wrong in detail; bytes are made of it once."""

from msgspec.structs import replace

from tillroll.dialects.emporix.wire.errors import CART, Refusal
from tillroll.dialects.emporix.wire.rejections import detail_of
from tillroll.dialects.emporix.wire.secured import EXTERNAL_PRICES
from tillroll.dialects.http import Malformed, Problem
from tillroll.domain.rejections import Reason, Refused, Rejection

STALE = (
    "The version of the object that you are trying to update has already changed. "
    "Please refresh and try again with the latest version!"
)
DUPLICATE = "Duplicate key found for a unique index"

# The statuses of what is told in one sentence; everything else is a 400 with details.
_SENTENCES = {
    Reason.CHANGE_FORBIDDEN: 403,
    Reason.LINE_REFUSED: 400,
    Reason.CARTS_NOT_MERGEABLE: 400,
    Reason.CART_NOT_FOUND: 404,
    Reason.COUPON_NOT_FOUND: 404,
    Reason.CART_EXISTS: 409,
    Reason.CART_OUTDATED: 409,
    Reason.COUPON_CURRENCY_INCORRECT: 409,
    Reason.COUPON_REFUSED: 409,
}
# What the vendor says in these cases, whatever the case is.
_FIXED = {
    Reason.CHANGE_FORBIDDEN: "",
    Reason.CART_EXISTS: DUPLICATE,
    Reason.CART_OUTDATED: STALE,
    Reason.CART_NOT_FOUND: "Cart with code {} not found.",
}


def refusal_of(refused: Refused) -> Refusal:
    """What the service says to a use case's refusal."""
    first = refused.rejections[0]
    if first.reason is Reason.PRICES_FORBIDDEN:
        return may_not_set_prices()
    status = _SENTENCES.get(first.reason)
    if status is None:
        return CART.refusal(400, [_problem_of(rejection) for rejection in refused.rejections])
    fixed = _FIXED.get(first.reason)
    return CART.refusal(status, message=first.message if fixed is None else fixed.format(first.subject))


def _problem_of(rejection: Rejection) -> Problem:
    """One detail; what clients attach is their mixins."""
    return detail_of(replace(rejection, subject="mixins") if rejection.subject == "attached" else rejection)


def malformed_item(malformed: Malformed) -> Refusal:
    """400 for what can not be read."""
    return CART.refusal(400, malformed.problems)


def missing_item(cart_id: str, item_id: str) -> Refusal:
    """404 for an item."""
    return CART.refusal(404, message=f"Cart item not found in cart {cart_id} with code {item_id}")


def may_not_set_prices() -> Refusal:
    """403 for external prices, fees and discounts from anybody who may not set them."""
    return CART.forbidden([EXTERNAL_PRICES])
