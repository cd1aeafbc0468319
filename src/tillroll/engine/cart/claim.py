"""A login takes the guest's carts over, in the transaction that gives the customer its tokens.

    guest's open cart ──► the customer has one of the same site, type and legal entity? ── yes ──► merged, then closed
                                                                                        └─ no ───► it changes hands

All carts of all owners are locked in one order, and looked at again under their locks: of several logins that find the
same cart, one takes it.
"""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from tillroll.domain.cart.cart import CLOSED, Cart, CartLine
from tillroll.domain.cart.merge import merge
from tillroll.domain.events.events import Origin
from tillroll.engine.cart import carts, pricing
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.documents.snapshot import View
from tillroll.engine.prices.match import PriceMatch
from tillroll.store import Transaction
from tillroll.store.cart.rows import open_carts_of_owners

MERGED_INTO = "mergedInto"


class CartClaim(Struct, frozen=True):
    """A customer who has logged in within a guest's session; `now` is microseconds UTC."""

    session_id: str
    customer_id: str
    now: int
    dialect: str


def claim_carts(tx: Transaction, view: View, claims: Sequence[CartClaim], *, coupons_max: int) -> None:
    """Give each of these customers what is open in its session; carts that can not be merged stay with the guest."""
    shop = view.head.shop
    owners = {owner for one in claims for owner in (_guest(one), _customer(one))}
    locked = carts.lock(tx, shop, open_cart_ids(tx, shop, owners))
    for claim in claims:
        for stored in [one for one in locked.values() if one.is_open and one.owner == _guest(claim)]:
            target = _counterpart(locked.values(), stored, _customer(claim))
            if target is None:
                _hand_over(stored, claim)
            elif stored.cart.lines or stored.cart.coupons:
                arriving = moved(view, stored.cart, target.cart, claim.now)
                if merge(target.cart, arriving, coupons_max=coupons_max) is None:
                    note_merge(target, stored, claim.now)
            else:
                note_merge(target, stored, claim.now)
    if claims:
        carts.save(tx, Origin(shop, claims[0].dialect), locked.values(), max(one.now for one in claims))


def open_cart_ids(tx: Transaction, shop: str, owners: Iterable[str]) -> list[str]:
    """The open carts of these owners."""
    return open_carts_of_owners(tx, shop, owners)


def moved(view: View, source: Cart, target: Cart, now: int) -> Cart:
    """A cart with the prices that hold where another one is; what has none there is left out.

    A price of an outside system is in the currency that it was set in, and stays what it is there.
    """
    if (source.site, source.currency) == (target.site, target.currency):
        return source
    there = msgspec.structs.replace(source, site=target.site, currency=target.currency, customer_id=target.customer_id)
    found = zip(source.lines, pricing.matches(view, there, now), strict=True)
    has_currency = source.currency == target.currency
    arriving = [line if line.is_priced_externally and has_currency else _repriced(line, match) for line, match in found]
    there.lines = [line for line in arriving if line is not None]
    return there


def _repriced(line: CartLine, match: PriceMatch | None) -> CartLine | None:
    """A line of the catalogue at the price that holds elsewhere; None where none does, or somebody else has set it."""
    if match is None or line.is_priced_externally:
        return None
    return msgspec.structs.replace(line, price=pricing.matched_price(match))


def note_merge(target: StoredCart, source: StoredCart, now: int) -> None:
    """Close a cart that was merged into another, and let both tell of it."""
    source.status = CLOSED
    source.cart.extra = {**source.cart.extra, MERGED_INTO: target.cart.id}
    source.note("merged", now, into=target.cart.id)
    quantities = [(line.product_id, line.quantity) for line in target.cart.lines]
    target.note("merged", now, source=source.cart.id, items=quantities)


def _hand_over(stored: StoredCart, claim: CartClaim) -> None:
    stored.owner = _customer(claim)
    stored.cart.customer_id = claim.customer_id
    stored.note("taken_over", claim.now, customer=claim.customer_id)


def _counterpart(known: Iterable[StoredCart], stored: StoredCart, owner: str) -> StoredCart | None:
    wanted = carts.identity_of(stored.cart, owner)
    return next((one for one in known if one.is_open and carts.identity_of(one.cart, one.owner) == wanted), None)


def _guest(claim: CartClaim) -> str:
    return f"session:{claim.session_id}"


def _customer(claim: CartClaim) -> str:
    return f"customer:{claim.customer_id}"
