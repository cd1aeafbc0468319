"""What every call to one cart does first: whose cart is it, is it open, is it the version that the client has read?

    calls of one commit ──► lock their carts (one query per shop) ──► handle in order of arrival ──► save each cart once
                                                                          │
                                a copy of the cart for each call, which becomes the cart where the call noted a change

A call that is refused, and one that only looks, leave no trace, whatever they did to their copy.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from tillroll.dialects.emporix.cart.errors import STALE
from tillroll.dialects.emporix.wire.errors import CART, DIALECT, Refusal, Reply
from tillroll.dialects.emporix.wire.secured import EXTERNAL_PRICES, Call, Run, anybody, secured, secured_many
from tillroll.dialects.http import Inbound, Malformed
from tillroll.domain.cart.cart import Cart
from tillroll.domain.events.events import Origin
from tillroll.engine.access.access import SERVICE
from tillroll.engine.cart import carts
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.store import Transaction

EVERYBODY = anybody("cart.cart_manage")

_REFUSED = 300

Handle = Callable[[Desk, Call, StoredCart], Reply]


class Command(Struct, frozen=True):
    """One call to a cart as a step of a chain: what the call would be, and who handles it.

    `path` is what follows the cart's own path, with the option that it needs in braces; `options` are those that become
    query parameters. With `guarded` the step may name the version that it expects (docs/wire/emporix.md, 5).
    """

    method: str
    path: str
    handle: Handle
    decode: Callable[[Inbound], object] | None = None
    options: tuple[str, ...] = ()
    guarded: bool = False

    @property
    def reads(self) -> bool:
        """Whether the step only looks."""
        return self.method == "GET"


def changing(catalogue: Catalogue, handle: Handle) -> Run:
    """A route's `run` for calls that change the open cart of their path."""

    def handle_many(tx: Transaction, calls: Sequence[Call]) -> Sequence[Reply]:
        desk = Desk(tx, catalogue)
        wanted: dict[str, set[str]] = {}
        for call in calls:
            wanted.setdefault(call.shop, set()).add(call.inbound.values["cartId"])
        locked = {shop: carts.lock(tx, shop, wanted[shop]) for shop in sorted(wanted)}
        answers = [change(desk, call, locked[call.shop].get(call.inbound.values["cartId"]), handle) for call in calls]
        now = max(call.now for call in calls)
        for shop in sorted(locked):
            carts.save(tx, Origin(shop, DIALECT), locked[shop].values(), now)
        return answers

    return secured_many(CART, EVERYBODY, handle_many)


def change(desk: Desk, call: Call, stored: StoredCart | None, handle: Handle) -> Reply:
    """The answer to one call that may change its cart, which is locked: a change that is noted is made, no other."""
    if stored is None or not stored.is_open or not carts.belongs_to(stored, call.caller):
        return missing(call.inbound.values["cartId"])
    if is_of_another_session(stored, call):
        return CART.forbidden([])
    if is_stale(stored, version_in(call.inbound.header(b"if-match"))):
        return stale()
    changed = stored.copy()
    try:
        answer = handle(desk, call, changed)
    except Malformed as malformed:
        return CART.refusal(400, malformed.problems)
    noted = len(changed.events) > len(stored.events)
    if answer.status >= _REFUSED or not noted:
        return answer
    discounts = changed.cart.external_discounts
    if discounts and not may_set_prices(call) and _is_worth_something_else(stored.cart, changed.cart):
        changed.cart.external_discounts = ()
        changed.note("external_discounts_dropped", call.now)
    if changed.changes == stored.changes:  # a chain has counted its own steps
        changed.changes, changed.modified_at = stored.changes + 1, call.now
    stored.become(changed)
    return answer


def _is_worth_something_else(before: Cart, after: Cart) -> bool:
    """Whether a cart holds other goods, or holds them elsewhere, than when its external discounts were set."""
    return (before.site, before.currency, _goods(before)) != (after.site, after.currency, _goods(after))


def _goods(cart: Cart) -> list[tuple[object, ...]]:
    return [(line.product_id, line.quantity, line.price, line.external) for line in cart.lines]


def reading(catalogue: Catalogue, handle: Handle) -> Run:
    """A route's `run` for calls that only look at the cart of their path."""

    def handle_one(tx: Transaction, call: Call) -> Reply:
        cart_id = call.inbound.values["cartId"]
        stored = carts.find(tx, call.shop, [cart_id]).get(cart_id)
        if stored is None or not may_see(stored, call):
            return missing(cart_id)
        if is_of_another_session(stored, call):
            return CART.forbidden([])
        return handle(Desk(tx, catalogue), call, stored)

    return secured(CART, EVERYBODY, handle_one)


def may_see(stored: StoredCart, call: Call) -> bool:
    """Its owner sees an open cart, a back office every one."""
    return carts.belongs_to(stored, call.caller) and (stored.is_open or call.caller.kind == SERVICE)


def is_of_another_session(stored: StoredCart, call: Call) -> bool:
    """Whether a guest's cart is to be touched in its own session only, and the call names another (5.1)."""
    named = call.inbound.header(b"session-id")
    if not named or stored.cart.extra.get("sessionValidated") is not True or stored.cart.customer_id is not None:
        return False
    return named != stored.cart.session_id


def is_stale(stored: StoredCart, version: int | None) -> bool:
    """Whether a client has named a version, and it is not the one that the cart has now."""
    return version is not None and version != stored.next_version


def version_in(text: str) -> int | None:
    """The version that an If-Match names, if any."""
    digits = text.strip().strip('"')
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def missing(cart_id: str) -> Refusal:
    """404 for a cart that is not there, not theirs, or closed: nobody learns which."""
    return CART.refusal(404, message=f"Cart with code {cart_id} not found.")


def stale() -> Refusal:
    """409 for a version that is not the latest."""
    return CART.refusal(409, message=STALE)


def may_set_prices(call: Call) -> bool:
    """Whether a caller may set what outside systems set (docs/wire/emporix.md, 5.2)."""
    return call.caller.kind == SERVICE and EXTERNAL_PRICES in call.caller.scopes
