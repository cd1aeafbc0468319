"""A cart is changed as a whole: its fields, its place, its discounts; or it is deleted (docs/wire/emporix.md, 5)."""

from msgspec import UNSET, Struct, UnsetType

from tillroll.domain.cart.cart import CART_BYTES_MAX, CLOSED
from tillroll.domain.cart.commands import CartFields, fill
from tillroll.domain.pricing.external import ExternalCartDiscount
from tillroll.domain.rejections import Reason, Refused, Rejection
from tillroll.engine.access.access import Caller
from tillroll.engine.cart import carts
from tillroll.engine.cart.carts import Identity, StoredCart
from tillroll.engine.cart.create import check_company, site_code
from tillroll.engine.cart.moves import Goal, move
from tillroll.engine.documents.desk import Desk
from tillroll.engine.rejected import Rejected, invalid, refuse_if


class CartEdit(Struct, frozen=True, kw_only=True):
    """What a caller wants of a locked cart; None leaves its version unasked, and its place as it is.

    `discounts` are what outside systems take off, for whoever `sets_prices`. `names` are those of the fields that were
    sent, for the ledger, and `bytes_sent` is how large they are together.
    """

    caller: Caller
    now: int
    names: tuple[str, ...]
    bytes_sent: int
    version: int | None = None
    customer_id: str | None = None
    site_code: str | None = None
    currency: str | None = None
    type: str | None = None
    legal_entity_id: str | None = None
    fields: CartFields = CartFields()
    discounts: tuple[ExternalCartDiscount, ...] | UnsetType = UNSET
    sets_prices: bool = False
    closes: bool = False
    unreadable: tuple[Rejection, ...] = ()


def change_cart(desk: Desk, stored: StoredCart, change: CartEdit) -> Refused | None:
    """Change a locked cart, or say why not; half-way changed it is to be thrown away then."""
    try:
        _change(desk, stored, change)
    except Rejected as rejected:
        return rejected.refused
    return None


def delete_cart(stored: StoredCart, now: int) -> None:
    """Delete a locked cart."""
    stored.deleted = True
    stored.note("deleted", now)


def _change(desk: Desk, stored: StoredCart, change: CartEdit) -> None:
    cart = stored.cart
    if change.version is not None and change.version != stored.next_version:
        message = f"the cart has the version {stored.next_version}, not {change.version}: read it again"
        raise Rejected(Rejection(Reason.CART_OUTDATED, cart.id, message))
    if change.customer_id and change.customer_id != cart.customer_id:
        raise invalid("customer_id", "customer_id can not be changed: make a cart for this customer")
    refuse_if(change.unreadable)
    if change.discounts and not change.sets_prices:
        message = "external discounts are for whoever may set prices"
        raise Rejected(Rejection(Reason.PRICES_FORBIDDEN, "external_discounts", message))
    target = _target(desk, stored, change)
    if carts.bytes_of(cart) + change.bytes_sent > CART_BYTES_MAX:
        message = f"a cart must not have more than {CART_BYTES_MAX} bytes of JSON in all"
        raise Rejected(Rejection(Reason.VALUE_TOO_LARGE, "attached", message))
    refused = move(desk.view(change.caller.shop), stored, Goal(target, change.currency), change.now)
    if refused is not None:
        raise Rejected(*refused.rejections)
    fill(cart, change.fields)
    if change.discounts is not UNSET:
        cart.external_discounts = change.discounts
    if change.closes:
        stored.status = CLOSED
    stored.note("closed" if change.closes else "changed", change.now, fields=sorted(change.names))


def _target(desk: Desk, stored: StoredCart, change: CartEdit) -> Identity:
    """Where the cart is to go: what is not named stays. Raises Rejected."""
    cart, view = stored.cart, desk.view(change.caller.shop)
    target = Identity(
        stored.owner,
        site_code(view, change.site_code) if change.site_code else cart.site,
        cart.type if change.type is None else change.type,
        cart.legal_entity_id if change.legal_entity_id is None else change.legal_entity_id,
    )
    if target.legal_entity_id != cart.legal_entity_id:
        check_company(desk, change.caller, stored.owner, target.legal_entity_id)
    return target
