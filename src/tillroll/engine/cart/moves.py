"""A cart's prices as they are now, and carts that go elsewhere: to another site, currency, type or company."""

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.rejections import Reason, Refused, Rejection
from tillroll.engine.cart import carts, pricing
from tillroll.engine.cart.carts import Identity, StoredCart
from tillroll.engine.documents.snapshot import View

_NAMED_MAX = 20


class Goal(Struct, frozen=True):
    """Where a cart is to go; without a currency, another site means that of the site."""

    identity: Identity
    currency: str | None


def refresh(view: View, stored: StoredCart, now: int) -> None:
    """Give each line of a locked cart the best price now; a line without one keeps its price."""
    cart = stored.cart
    refreshed = [
        line if match is None or line.is_priced_externally else replace(line, price=pricing.matched_price(match))
        for line, match in zip(cart.lines, pricing.matches(view, cart, now), strict=True)
    ]
    changed = [new.id for old, new in zip(cart.lines, refreshed, strict=True) if old.price != new.price]
    if changed:
        cart.lines = refreshed
        stored.note("refreshed", now, items=changed)


def move(view: View, stored: StoredCart, goal: Goal, now: int) -> Refused | None:
    """Give a locked cart another identity or currency, with the prices that hold there; or say why not.

    Nothing is changed where its owner has such a cart already, or a line has no price there.
    """
    target, currency, cart = goal.identity, goal.currency, stored.cart
    if target != carts.identity_of(cart, stored.owner):
        rival = carts.open_cart_id(view.tx, view.head.shop, target)
        if rival not in (None, cart.id):
            message = f"the owner has an open cart of that site, type and company already: {rival}"
            return Refused((Rejection(Reason.CART_EXISTS, rival or "", message),))
    site = view.site(target.site)
    if currency is None:
        currency = site.currency if site is not None and target.site != cart.site else cart.currency
    moved = replace(cart, site=target.site, currency=currency)
    if (target.site, currency) != (cart.site, cart.currency):
        matches = pricing.matches(view, moved, now)
        pairs = list(zip(cart.lines, matches, strict=True))
        lost = [line.id for line, match in pairs if match is None or line.external]
        if lost:
            message = (
                f"The items {', '.join(lost[:_NAMED_MAX])} have no price in {currency} on the site {target.site}. "
                "Remove them from the cart first."
            )
            return Refused((Rejection(Reason.LINE_REFUSED, ",".join(lost), message),))
        cart.lines = [replace(line, price=pricing.matched_price(match)) for line, match in pairs if match is not None]
    cart.site, cart.currency = target.site, currency
    cart.type, cart.legal_entity_id = target.type, target.legal_entity_id
    return None
