"""The currency of a checkout: the cart's, the site's and the request's are one."""

from tillroll.domain.cart.cart import Cart
from tillroll.domain.checkout.inputs import Attempt
from tillroll.domain.rejections import Reason, Rejection, Rejections
from tillroll.domain.site.sites import Site


def currency_rejections(attempt: Attempt, cart: Cart, site: Site) -> Rejections:
    """The cart's currency is the site's, and the request, where it names one, means the same."""
    if cart.currency != site.currency:
        message = (
            f"the cart is in {cart.currency}, the site {site.code} sells in {site.currency}: change the cart's currency"
        )
        yield Rejection(Reason.CURRENCY_MISMATCH, "currency", message)
    asked = attempt.request.currency
    if asked is not None and asked != cart.currency:
        message = f"the request is in {asked[:8]}, the cart in {cart.currency}: send {cart.currency}"
        yield Rejection(Reason.CURRENCY_MISMATCH, "currency", message)
